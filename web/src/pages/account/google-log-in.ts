import { finishGoogleLogin, startGoogleLogin } from '@bavlio/sdk/operations'
import { publicCall } from '../../api/call.ts'
import { openSession } from '../../api/session.ts'
import { placeToReturn, returnToWorkspace } from './way-back.ts'

/** What this tab remembers while it is away at Google: the state proves that the log-in was begun here. */
const KEY = 'bavlio.google'
type Begun = { state: string; next?: string }

export const beginGoogleLogin = async (next: string | undefined): Promise<void> => {
  const redirect_uri = `${location.origin}/log-in/google`
  const { authorization_url, state } = await startGoogleLogin(publicCall, { body: { redirect_uri } })
  sessionStorage.setItem(KEY, JSON.stringify({ state, next } satisfies Begun))
  location.assign(authorization_url)
}

/** Opens the session with what Google sent along, and answers where to go. Throws with words where it cannot. */
export const endGoogleLogin = async (answer: URLSearchParams): Promise<string> => {
  const begun = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Begun | null
  sessionStorage.removeItem(KEY)
  const refused = answer.get('error')
  if (refused)
    throw new Error(refused === 'access_denied' ? 'You did not agree at Google.' : `Google answered: ${refused}.`)
  const code = answer.get('code')
  const state = answer.get('state')
  // Somebody else’s log-in, sent as a link, would make this person work in a stranger’s account.
  if (!code || !state || begun?.state !== state) throw new Error('This log-in was not begun in this tab.')
  openSession(await finishGoogleLogin(publicCall, { body: { code, state } }), null)
  await returnToWorkspace()
  return placeToReturn(begun.next)
}
