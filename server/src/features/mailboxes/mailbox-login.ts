import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { OAuthFault } from '../../oauth-consent.ts'
import { MailboxFault, type MailboxLogin } from '../../ports/mailbox/port.ts'
import type { Secrets } from '../../secrets.ts'
import { findMailboxRow } from './find-mailbox.ts'
import type { MailboxRow } from './mailbox-row.ts'
import { oauthOf, refreshTokens, type Tokens } from './oauth-client.ts'

export type LoginDeps = Pick<Deps, 'db' | 'secrets' | 'clock' | 'http' | 'config'>

/** A token is replaced this long before it ends, so that none ends inside a session's first commands. */
const BEFORE_END_MS = 300_000

export type Credentials = { password: string } | { refresh_token: string }

export const sealCredentials = (secrets: Secrets, mailboxId: string, credentials: Credentials): string =>
  secrets.seal(JSON.stringify(credentials), mailboxId)

export const openCredentials = (secrets: Secrets, row: Pick<MailboxRow, 'id' | 'credentials'>): Credentials => {
  if (row.credentials === null) throw new MailboxFault('AUTH', 'The mailbox is disconnected; its credentials are gone.')
  return JSON.parse(secrets.open(row.credentials, row.id).toString('utf8')) as Credentials
}

const isFresh = (row: MailboxRow, now: Date): row is MailboxRow & { access_token: string } =>
  row.access_token !== null &&
  row.access_token_expires_at !== null &&
  row.access_token_expires_at.getTime() - BEFORE_END_MS > now.getTime()

/** Tokens as columns: the access token sealed, and the new refresh token where there is one. */
export const keepTokens = async (deps: LoginDeps, row: MailboxRow, tokens: Tokens): Promise<void> => {
  const { db, secrets, clock } = deps
  const ends = new Date(clock.now().getTime() + tokens.expires_in_s * 1000)
  const credentials = tokens.refresh_token
    ? sealCredentials(secrets, row.id, { refresh_token: tokens.refresh_token })
    : row.credentials
  // Credentials that were replaced meanwhile are newer than this answer.
  await sql`
    update mailboxes set access_token = ${secrets.seal(tokens.access_token, row.id)}, access_token_expires_at = ${ends}, credentials = ${credentials}
    where id = ${row.id} and credentials_version = ${row.credentials_version} and credentials is not null`.execute(db)
}

// One refresh at a time in a process; between processes the last answer wins, and Google's and Microsoft's refresh tokens
// stay valid after a newer one was given.
const underWay = new WeakMap<Secrets, Map<string, Promise<string>>>()

const freshAccessToken = (deps: LoginDeps, row: MailboxRow, refused: string | null): Promise<string> => {
  const waiting = underWay.get(deps.secrets) ?? new Map<string, Promise<string>>()
  underWay.set(deps.secrets, waiting)
  const key = `${row.id} ${row.credentials_version}`
  const known = waiting.get(key)
  if (known) return known
  const work = (async () => {
    // Another process may have asked meanwhile.
    const latest = (await findMailboxRow(deps.db, row.id)) ?? row
    if (isFresh(latest, deps.clock.now())) {
      const token = deps.secrets.open(latest.access_token, row.id).toString('utf8')
      if (token !== refused) return token
    }
    const credentials = openCredentials(deps.secrets, latest)
    if (!('refresh_token' in credentials) || row.provider === 'other')
      throw new MailboxFault('AUTH', 'The mailbox has no consent that could be renewed.')
    try {
      const tokens = await refreshTokens(deps, oauthOf(deps.config, row.provider), credentials.refresh_token)
      await keepTokens(deps, latest, tokens)
      return tokens.access_token
    } catch (error) {
      if (!(error instanceof OAuthFault)) throw error
      // A client that is set up wrongly is the operator's to mend; asking again does no harm, so the mailbox stays.
      throw new MailboxFault(error.code === 'GONE' ? 'AUTH' : 'AUTH_LATER', error.message)
    }
  })().finally(() => waiting.delete(key))
  waiting.set(key, work)
  return work
}

/**
 * What to log in with, for SMTP or IMAP. An access token is taken from the row until shortly before it ends and renewed
 * then; `refused` is one that a server did not take although it had not ended, so that it is not given out again. Throws
 * MailboxFault: AUTH when consent has ended, AUTH_LATER when the token endpoint could not say.
 */
export const loadLogin = async (
  deps: LoginDeps,
  row: MailboxRow,
  server: 'smtp' | 'imap',
  refused: string | null = null,
): Promise<MailboxLogin> => {
  const user = server === 'smtp' ? row.smtp_user : row.imap_user
  if (row.auth_kind === 'password') {
    const credentials = openCredentials(deps.secrets, row)
    if (!('password' in credentials)) throw new MailboxFault('AUTH', 'The mailbox has no password.')
    return { user, password: credentials.password }
  }
  if (isFresh(row, deps.clock.now())) {
    const token = deps.secrets.open(row.access_token, row.id).toString('utf8')
    if (token !== refused) return { user, access_token: token }
  }
  return { user, access_token: await freshAccessToken(deps, row, refused) }
}
