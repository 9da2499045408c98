import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { renewInvitationToken } from '../workspaces/invitations.ts'
import { sendSystemMail } from './jobs.ts'
import { invitationLetter, type Letter, passwordResetLetter, welcomeLetter } from './letters.ts'

type Recipient = { email: string; name: string }

const userOf = async (deps: Deps, id: string): Promise<Recipient | undefined> =>
  (await sql<Recipient>`select email, name from users where id = ${id}`.execute(deps.db)).rows[0]

const invitationOf = async (deps: Deps, id: string) =>
  (
    await sql<{ email: string; inviter: string | null; workspace: string | null }>`
      select i.email, u.name as inviter, w.name as workspace
      from invitations i left join users u on u.id = i.invited_by left join workspaces w on w.id = i.workspace_id
      where i.id = ${id}`.execute(deps.db)
  ).rows[0]

/** The letter and its address, or null when what it is about is gone by now. */
const write = async (deps: Deps, letter: string, id: string): Promise<(Letter & { to: string }) | null> => {
  const { base_url } = deps.address
  if (letter === 'invitation') {
    const invitation = await invitationOf(deps, id)
    const token = invitation && (await renewInvitationToken(deps.db, id, deps.clock.now()))
    return invitation && token
      ? { to: invitation.email, ...invitationLetter({ ...invitation, base_url, token }) }
      : null
  }
  const user = await userOf(deps, id)
  if (!user) return null
  if (letter === 'welcome') return { to: user.email, ...welcomeLetter({ name: user.name, base_url }) }
  const token = await deps.sessions.passwordResetToken(user.email)
  return token ? { to: user.email, ...passwordResetLetter({ name: user.name, base_url, token }) } : null
}

export const bindings: JobBinding[] = [
  work(sendSystemMail, async (input, deps, run) => {
    if (!deps.system_mail) {
      run.log.warn({ letter: input.letter }, 'no letter sent: system mail is not configured any more')
      return
    }
    const letter = await write(deps, input.letter, input.subject_id)
    if (letter) await deps.system_mail.send(letter)
  }),
]

export const ticks: Tick[] = []
