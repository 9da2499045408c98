import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { newState, newVerifier, OAuthFault } from '../../oauth-consent.ts'
import type { GoogleConsent, GoogleTokens } from '../../ports/sheets/port.ts'
import { sha256 } from '../../secrets.ts'
import { isConsentInUse } from '../mailboxes/find-mailbox.ts'
import { type AccountRow, findAccount, type Holder } from './google-token.ts'

export const CONSENT_PATH = '/api/v1/auth/google/callback'

/** How long a person may take to give consent. */
const VALID_MS = 600_000

type LinkDeps = Pick<Deps, 'db' | 'secrets' | 'clock' | 'address' | 'sheets'>

const redirectUri = (deps: Pick<Deps, 'address'>): string => deps.address.base_url + CONSENT_PATH

/** Throws GOOGLE_NOT_CONFIGURED, which names the settings. */
export const consentOf = (deps: Pick<Deps, 'sheets'>): GoogleConsent => {
  if (!deps.sheets.consent)
    throw problem(
      'GOOGLE_NOT_CONFIGURED',
      'Google is not configured on this instance: GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET are not set.',
    )
  return deps.sheets.consent
}

/** Notes that a person asked for consent and says where it is given. Throws GOOGLE_NOT_CONFIGURED and LIVE_WORKSPACE_ONLY. */
export const beginLink = async (
  deps: LinkDeps,
  who: { workspace: Workspace; user_id: string },
): Promise<{ authorization_url: string; state: string; expires_at: Date; scopes: readonly string[] }> => {
  const consent = consentOf(deps)
  if (who.workspace.mode !== 'live')
    throw problem(
      'LIVE_WORKSPACE_ONLY',
      'A sandbox reads sheets from a folder of CSV files and links no Google account.',
    )
  const now = deps.clock.now()
  const expires_at = new Date(now.getTime() + VALID_MS)
  const [state, verifier, id] = [newState(), newVerifier(), newId()]
  await sql`
    insert into google_authorizations (state_digest, id, workspace_id, user_id, code_verifier, expires_at, created_at)
    values (${sha256(state)}, ${id}, ${who.workspace.workspace_id}, ${who.user_id}, ${deps.secrets.seal(verifier, id)}, ${expires_at}, ${now})`.execute(
    deps.db,
  )
  const authorization_url = await consent.authorizeUrl({ redirect_uri: redirectUri(deps), state, verifier })
  return { authorization_url, state, expires_at, scopes: consent.scopes }
}

export type PendingLink = { workspace_name: string; asked_by: string }

/** For whom a consent would be, told to the person before anything is done with it; null when it is not known any more. */
export const findPendingLink = async (deps: Pick<Deps, 'db' | 'clock'>, state: string): Promise<PendingLink | null> => {
  const { rows } = await sql<PendingLink>`
    select w.name as workspace_name, u.email as asked_by
    from google_authorizations p join workspaces w on w.id = p.workspace_id join users u on u.id = p.user_id
    where p.state_digest = ${sha256(state)} and p.expires_at > ${deps.clock.now()}`.execute(deps.db)
  return rows[0] ?? null
}

/**
 * Takes a consent: the state is used up, the code is exchanged with its PKCE verifier, the account is stored. Answers its
 * address and what the person left out. Throws OAUTH_STATE and UPSTREAM_ERROR; a token that is not kept is given back.
 */
export const completeLink = async (
  deps: LinkDeps,
  given: { state: string; code: string },
): Promise<{ email: string; advice: string | null }> => {
  const consent = consentOf(deps)
  const { rows } = await sql<Holder & { id: string; code_verifier: string }>`
    delete from google_authorizations where state_digest = ${sha256(given.state)} and expires_at > ${deps.clock.now()}
    returning id, workspace_id, user_id, code_verifier`.execute(deps.db)
  const pending = rows[0]
  if (!pending) throw problem('OAUTH_STATE')
  const verifier = deps.secrets.open(pending.code_verifier, pending.id).toString('utf8')
  let tokens: GoogleTokens
  try {
    tokens = await consent.exchange({ code: given.code, verifier, redirect_uri: redirectUri(deps) })
  } catch (error) {
    if (!(error instanceof OAuthFault)) throw error
    throw problem(error.code === 'LATER' ? 'UPSTREAM_ERROR' : 'OAUTH_STATE', error.message)
  }
  const { refresh_token } = tokens
  let email: string | null = null
  try {
    if (!refresh_token)
      throw problem('UPSTREAM_ERROR', 'Google gave no lasting consent (no refresh token). Ask for consent again.')
    email = await consent.accountOf(tokens.access_token)
    await keepAccount(deps, pending, { ...tokens, refresh_token }, email)
  } catch (error) {
    if (!email || !(await isConsentInUse(deps.db, 'google', email)))
      await consent.revoke(refresh_token ?? tokens.access_token)
    if (error instanceof OAuthFault) throw problem('UPSTREAM_ERROR', error.message)
    throw error
  }
  return { email, advice: consent.missingAdvice(tokens.scopes).advice }
}

const keepAccount = async (
  deps: LinkDeps,
  holder: Holder,
  tokens: GoogleTokens & { refresh_token: string },
  email: string,
): Promise<void> => {
  const { db, secrets, clock } = deps
  await transaction(db, async (tx) => {
    const now = clock.now()
    const ends = new Date(now.getTime() + tokens.expires_in_s * 1000)
    const member = await sql`
      select 1 from workspace_members where workspace_id = ${holder.workspace_id} and user_id = ${holder.user_id} for update`.execute(
      tx,
    )
    if (!member.rows.length) throw problem('OAUTH_STATE', 'You are no member of this workspace any more.')
    // The tokens are sealed with the row's id, so the row has to be known first; the lock keeps two consents apart.
    const known = await findAccount(tx, holder)
    const id = known?.id ?? newId()
    await sql`
      insert into google_accounts (id, workspace_id, user_id, google_email, scopes, status, refresh_token, access_token, access_token_expires_at, connected_at, updated_at)
      values (${id}, ${holder.workspace_id}, ${holder.user_id}, ${email}, ${JSON.stringify(tokens.scopes)}, 'active',
        ${secrets.seal(tokens.refresh_token, id)}, ${secrets.seal(tokens.access_token, id)}, ${ends}, ${now}, ${now})
      on conflict (id) do update set google_email = excluded.google_email, scopes = excluded.scopes, status = 'active', refresh_token = excluded.refresh_token,
        access_token = excluded.access_token, access_token_expires_at = excluded.access_token_expires_at, version = google_accounts.version + 1,
        renewing_until = null, last_error = null, connected_at = excluded.connected_at, updated_at = excluded.updated_at`.execute(
      tx,
    )
  })
}

/**
 * Forgets an account, then gives the consent back at Google, unless a mailbox or another person's sheets live on the same
 * one: Google ends them all together. What Google answers changes nothing here. Null: there was none.
 */
export const unlinkAccount = async (
  deps: Pick<Deps, 'db' | 'secrets' | 'sheets'>,
  holder: Holder,
): Promise<{ email: string; revoked: boolean; shared: boolean } | null> => {
  const { rows } = await sql<Pick<AccountRow, 'id' | 'google_email' | 'refresh_token'>>`
    delete from google_accounts where workspace_id = ${holder.workspace_id} and user_id = ${holder.user_id}
    returning id, google_email, refresh_token`.execute(deps.db)
  await sql`delete from google_authorizations where workspace_id = ${holder.workspace_id} and user_id = ${holder.user_id}`.execute(
    deps.db,
  )
  const gone = rows[0]
  if (!gone) return null
  const shared = await isConsentInUse(deps.db, 'google', gone.google_email)
  const revoked =
    gone.refresh_token !== null && !shared && deps.sheets.consent !== null
      ? await deps.sheets.consent.revoke(deps.secrets.open(gone.refresh_token, gone.id).toString('utf8'))
      : false
  return { email: gone.google_email, revoked, shared }
}
