import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import { OAuthFault } from '../../oauth-consent.ts'
import type { GoogleTokens } from '../../ports/sheets/port.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'

export type TokenDeps = Pick<Deps, 'db' | 'secrets' | 'clock' | 'sheets'>

/** A Google account is a person's, also inside a workspace (docs/decisions/0027). */
export type Holder = { workspace_id: string; user_id: string }

export type AccountRow = {
  id: string
  workspace_id: string
  user_id: string
  google_email: string
  scopes: string[]
  status: 'active' | 'ended'
  refresh_token: string | null
  access_token: string | null
  access_token_expires_at: Date | null
  version: number
  renewing_until: Date | null
  last_error: string | null
  connected_at: Date
}

/** A token that ends sooner is renewed first. */
const BEFORE_END_MS = 300_000
/** How long one renewal may take before another process may try. */
const RENEWAL_MS = 20_000
const LOOK_AGAIN_MS = 100

export const findAccount = async (db: Db, holder: Holder): Promise<AccountRow | null> => {
  const { rows } = await sql<AccountRow>`
    select id, workspace_id, user_id, google_email, scopes, status, refresh_token, access_token, access_token_expires_at, version, renewing_until,
      last_error, connected_at
    from google_accounts where workspace_id = ${holder.workspace_id} and user_id = ${holder.user_id}`.execute(db)
  return rows[0] ?? null
}

export const notLinked = () =>
  problem('GOOGLE_NOT_LINKED', 'No Google account is linked here. Link one with POST /api/v1/auth/google/login.')

const consentEnded = (email: string) =>
  problem(
    'GOOGLE_NOT_LINKED',
    `Google says that consent of ${email} has ended. Link the account again with POST /api/v1/auth/google/login.`,
  )

export type AccessToken = { token: string; expires_at: Date }

const freshToken = (deps: TokenDeps, row: AccountRow, refused: string | null): AccessToken | null => {
  const ends = row.access_token_expires_at
  if (row.access_token === null || ends === null) return null
  if (ends.getTime() - BEFORE_END_MS <= deps.clock.now().getTime()) return null
  const token = deps.secrets.open(row.access_token, row.id).toString('utf8')
  return token === refused ? null : { token, expires_at: ends }
}

/**
 * A valid access token of a person's account, renewed when it has less than five minutes left or when Google refused it.
 * Throws GOOGLE_NOT_LINKED, also when consent has ended, and UPSTREAM_ERROR when Google cannot say.
 */
export const accessTokenOf = async (
  deps: TokenDeps,
  holder: Holder,
  refused: string | null = null,
): Promise<AccessToken> => {
  const giveUp = performance.now() + RENEWAL_MS
  for (;;) {
    const row = await findAccount(deps.db, holder)
    if (!row) throw notLinked()
    if (row.status === 'ended' || row.refresh_token === null) throw consentEnded(row.google_email)
    const fresh = freshToken(deps, row, refused)
    if (fresh) return fresh
    if (await claimRenewal(deps, row)) return renew(deps, row, row.refresh_token)
    // Somebody else is asking; two answers at once would leave it to chance which one is kept.
    if (performance.now() > giveUp)
      throw problem('UPSTREAM_ERROR', 'Google did not give a token in time; try again in a moment.')
    await wait(LOOK_AGAIN_MS)
  }
}

const claimRenewal = async (deps: TokenDeps, row: AccountRow): Promise<boolean> => {
  const now = deps.clock.now()
  const { rows } = await sql`
    update google_accounts set renewing_until = ${new Date(now.getTime() + RENEWAL_MS)}
    where id = ${row.id} and version = ${row.version} and (renewing_until is null or renewing_until <= ${now}) returning id`.execute(
    deps.db,
  )
  return rows.length > 0
}

const renew = async (deps: TokenDeps, row: AccountRow, sealed: string): Promise<AccessToken> => {
  const { db, secrets, clock, sheets } = deps
  if (!sheets.consent) throw problem('GOOGLE_NOT_CONFIGURED')
  let tokens: GoogleTokens
  try {
    tokens = await sheets.consent.renew(secrets.open(sealed, row.id).toString('utf8'))
  } catch (error) {
    if (error instanceof OAuthFault && error.code === 'GONE') {
      await endConsent(deps, row, error.message)
      throw consentEnded(row.google_email)
    }
    await sql`update google_accounts set renewing_until = null where id = ${row.id} and version = ${row.version}`.execute(
      db,
    )
    if (error instanceof OAuthFault) throw problem('UPSTREAM_ERROR', error.message)
    throw error
  }
  const expires_at = new Date(clock.now().getTime() + tokens.expires_in_s * 1000)
  // An account that was linked anew meanwhile has newer tokens, and this one is good all the same.
  await sql`
    update google_accounts set access_token = ${secrets.seal(tokens.access_token, row.id)}, access_token_expires_at = ${expires_at},
      refresh_token = ${tokens.refresh_token ? secrets.seal(tokens.refresh_token, row.id) : row.refresh_token},
      scopes = ${JSON.stringify(tokens.scopes.length ? tokens.scopes : row.scopes)}, version = version + 1, renewing_until = null, last_error = null,
      updated_at = ${clock.now()}
    where id = ${row.id} and version = ${row.version}`.execute(db)
  return { token: tokens.access_token, expires_at }
}

/** Google took the consent back: the tokens are forgotten, and one alert asks the person. */
const endConsent = (deps: TokenDeps, row: AccountRow, why: string): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const now = deps.clock.now()
    const { rows } = await sql`
      update google_accounts set status = 'ended', refresh_token = null, access_token = null, access_token_expires_at = null, renewing_until = null,
        last_error = ${why.slice(0, 1000)}, version = version + 1, updated_at = ${now}
      where id = ${row.id} and version = ${row.version} and status = 'active' returning id`.execute(tx)
    if (!rows.length) return
    await raiseAlert(tx, {
      workspace_id: row.workspace_id,
      alert_type: 'system',
      severity: 'warning',
      title: `Google sheets of ${row.google_email} cannot be read any more`,
      message: `${why} Sheets are neither imported nor kept in step until the account is linked again.`,
      metadata: { cause: 'google_consent_ended', user_id: row.user_id, google_email: row.google_email },
      now,
    })
  })
