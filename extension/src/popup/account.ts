import { api } from './browser-api.ts'

/** The log-in, which is all that this extension ever stores. */
export type Account = { base_url: string; api_key: string }

/** What went wrong, in words for the person, and which of the two fields it is about. */
export class AccountProblem extends Error {
  readonly field: keyof Account
  /** The browser may be in the way, and can be asked to let us through. */
  readonly can_allow: boolean
  constructor(field: keyof Account, message: string, can_allow = false) {
    super(message)
    this.field = field
    this.can_allow = can_allow
  }
}

export const loadAccount = async (): Promise<Account | null> => {
  const { base_url, api_key } = await api.storage.local.get(['base_url', 'api_key'])
  return typeof base_url === 'string' && typeof api_key === 'string' ? { base_url, api_key } : null
}

export const saveAccount = (account: Account): Promise<void> => api.storage.local.set({ ...account })

/** Nothing is left behind, the right to reach the instance included. */
export const forgetAccount = async (account: Account | null): Promise<void> => {
  await api.storage.local.clear()
  if (account) await api.permissions.remove({ origins: [originPattern(account.base_url)] }).catch(() => false)
}

/** Asks the person, by the browser, to let the extension reach the instance. Must be called from a click. */
export const askForAccess = (base_url: string): Promise<boolean> =>
  api.permissions.request({ origins: [originPattern(base_url)] })

const originPattern = (base_url: string): string => {
  const { protocol, hostname } = new URL(base_url)
  return `${protocol}//${hostname}/*`
}

const OWN_NETWORK =
  /^(?:localhost|127(?:\.\d+){3}|\[::1\]|10(?:\.\d+){3}|192\.168(?:\.\d+){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2}|[\w.-]+\.(?:local|lan|internal|home\.arpa))$/i

/**
 * The address of an instance and a key as typed, made ready for use. Throws AccountProblem for what cannot be one: a key must not
 * travel unencrypted over the internet.
 */
export const readLogIn = (address: string, key: string): Account => {
  const typed = address.trim()
  const text = /^[a-z]+:\/\//i.test(typed) ? typed : `https://${typed}`
  if (!typed || /\s/.test(typed) || !URL.canParse(text))
    throw new AccountProblem('base_url', 'This is not an address. It looks like https://bavlio.example.com.')
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol)) throw new AccountProblem('base_url', 'The address has to begin with https://.')
  if (url.protocol === 'http:' && !OWN_NETWORK.test(url.hostname))
    throw new AccountProblem(
      'base_url',
      'Without https:// the key could be read on its way. Use an address that begins with https://.',
    )
  const api_key = key.trim()
  if (!/^bav_live_[\w-]{20,}$/.test(api_key))
    throw new AccountProblem(
      'api_key',
      'This is not an API key of Bavlio: those begin with bav_live_. Make one under API keys.',
    )
  return { base_url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, api_key }
}

const TIMEOUT_MS = 15_000

/** One request to the instance. Throws AccountProblem where there is no answer at all. */
export const callInstance = async (account: Account, path: string, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${account.api_key}`)
  try {
    return await fetch(account.base_url + path, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...init,
      headers,
      credentials: 'omit',
      redirect: 'error',
      cache: 'no-store',
    })
  } catch {
    throw new AccountProblem(
      'base_url',
      `${hostOf(account)} cannot be reached. Check the address, and that the instance runs.`,
      true,
    )
  }
}

export const hostOf = (account: Account): string => new URL(account.base_url).host

type ErrorBody = { detail?: unknown; message?: unknown; details?: { msg?: string }[] }

/** Why the instance refused, in its own words where they help. */
export const refusalOf = async (account: Account, response: Response): Promise<AccountProblem> => {
  const body = (await response.json().catch(() => ({}))) as ErrorBody
  const message = typeof body.message === 'string' ? body.message : null
  const host = hostOf(account)
  if (response.status === 401)
    return new AccountProblem(
      'api_key',
      `${host} does not know this key. It may have been revoked, or belong to another instance.`,
    )
  if (response.status === 403)
    return new AccountProblem('api_key', `This key may not do that at ${host}: ${message ?? 'forbidden'}`)
  if (response.status === 429) {
    const wait = response.headers.get('retry-after')
    return new AccountProblem(
      'base_url',
      `${host} takes no more requests right now. Try again ${wait ? `in ${wait} s` : 'later'}.`,
    )
  }
  if (typeof body.detail !== 'string')
    return new AccountProblem(
      'base_url',
      `${host} answered, but not as Bavlio does (${response.status}). Check the address.`,
    )
  const problems = (body.details ?? []).flatMap(({ msg }) => (msg ? [msg] : [])).slice(0, 3)
  return new AccountProblem('base_url', [message ?? `${host} refused (${response.status}).`, ...problems].join(' '))
}

/** Whether the key opens the instance. Throws AccountProblem with what to do otherwise. */
export const checkAccount = async (account: Account): Promise<void> => {
  const response = await callInstance(account, '/api/v1/user-extractions/?limit=1')
  if (!response.ok) throw await refusalOf(account, response)
  const body = (await response.json().catch(() => null)) as { items?: unknown } | null
  if (!Array.isArray(body?.items))
    throw new AccountProblem('base_url', `${hostOf(account)} answered, but not as Bavlio does. Check the address.`)
}
