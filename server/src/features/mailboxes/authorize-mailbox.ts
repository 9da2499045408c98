import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { newState, newVerifier, OAuthFault } from '../../oauth-consent.ts'
import { sha256 } from '../../secrets.ts'
import { connectMailbox, type MailboxSettings, mustBeLive, renewCredentials } from './connect-mailbox.ts'
import { findMailboxRow, isConsentInUse } from './find-mailbox.ts'
import { knownServers } from './mail-servers.ts'
import { authorizeUrl, exchangeCode, type OAuthProvider, oauthOf, revokeToken, type Tokens } from './oauth-client.ts'
import type { MailboxAuthorize } from './schema.ts'

export const CONSENT_PATH = '/api/v1/mailboxes/oauth/callback'

/** How long a person may take to give consent. */
const VALID_MS = 900_000

type AuthorizeDeps = Pick<Deps, 'db' | 'secrets' | 'config' | 'address' | 'clock'>

const redirectUri = (deps: Pick<Deps, 'address'>): string => deps.address.base_url + CONSENT_PATH

/**
 * Notes that a consent was asked for and says where it is given. Throws OAUTH_NOT_CONFIGURED, LIVE_WORKSPACE_ONLY, and
 * NOT_FOUND for a mailbox of somebody else.
 */
export const authorizeMailbox = async (
  deps: AuthorizeDeps,
  who: { workspace: Workspace; user_id: string },
  body: MailboxAuthorize,
): Promise<{ authorize_url: string; redirect_uri: string; expires_at: Date }> => {
  const { provider, email, mailbox_id, ...settings } = body
  const { workspace_id } = who.workspace
  const known = mailbox_id ? await findMailboxRow(deps.db, mailbox_id, workspace_id) : undefined
  if (mailbox_id && (!known || known.status === 'disconnected'))
    throw problem('NOT_FOUND', 'There is no such mailbox in this workspace.')
  mustBeLive(who.workspace)
  const oauth = oauthOf(deps.config, provider)
  const now = deps.clock.now()
  const expires_at = new Date(now.getTime() + VALID_MS)
  const state = newState()
  const verifier = newVerifier()
  const id = newId()
  await sql`
    insert into mailbox_authorizations (state_digest, id, workspace_id, user_id, mailbox_id, provider, code_verifier, settings, expires_at, created_at)
    values (${sha256(state)}, ${id}, ${workspace_id}, ${who.user_id}, ${known?.id ?? null}, ${provider}, ${deps.secrets.seal(verifier, id)},
      ${JSON.stringify(settings)}, ${expires_at}, ${now})`.execute(deps.db)
  const redirect_uri = redirectUri(deps)
  const request = { redirect_uri, state, verifier, email: known?.email ?? email ?? null }
  return { authorize_url: authorizeUrl(oauth, provider, request), redirect_uri, expires_at }
}

export type PendingConsent = {
  workspace_name: string
  asked_by: string
  provider: OAuthProvider
  mailbox: string | null
}

/** For whom a consent would be, told to the person before anything is done with it; null when it is not known any more. */
export const findPendingConsent = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  state: string,
): Promise<PendingConsent | null> => {
  const { rows } = await sql<PendingConsent>`
    select w.name as workspace_name, u.email as asked_by, p.provider, m.email as mailbox
    from mailbox_authorizations p join workspaces w on w.id = p.workspace_id join users u on u.id = p.user_id left join mailboxes m on m.id = p.mailbox_id
    where p.state_digest = ${sha256(state)} and p.expires_at > ${deps.clock.now()}`.execute(deps.db)
  return rows[0] ?? null
}

type Consent = {
  id: string
  workspace_id: string
  user_id: string
  mailbox_id: string | null
  provider: OAuthProvider
  code_verifier: string
  settings: MailboxSettings
  name: string
  mode: 'sandbox' | 'live'
}

type CompleteDeps = AuthorizeDeps & Pick<Deps, 'http' | 'mailboxes' | 'log'>

const connectWith = async (
  deps: CompleteDeps,
  consent: Consent,
  tokens: Tokens & { refresh_token: string; email: string },
): Promise<void> => {
  const now = deps.clock.now()
  const { provider, email } = { ...consent, email: tokens.email }
  const servers = knownServers(deps.config, provider)
  if (!servers) throw problem('OAUTH_NOT_CONFIGURED')
  const user_id = consent.user_id
  const workspace = { workspace_id: consent.workspace_id, mode: consent.mode } as Workspace
  const described = {
    auth_kind: 'oauth2' as const,
    credentials: { refresh_token: tokens.refresh_token },
    access: { token: tokens.access_token, expires_at: new Date(now.getTime() + tokens.expires_in_s * 1000) },
    smtp: { ...servers.smtp, user: email },
    imap: { ...servers.imap, user: email },
  }
  if (!consent.mailbox_id) {
    await connectMailbox(
      deps,
      { workspace, user_id },
      { ...described, email, provider, settings: consent.settings },
      now,
    )
    return
  }
  const row = await findMailboxRow(deps.db, consent.mailbox_id, consent.workspace_id)
  if (!row) throw problem('NOT_FOUND', 'The mailbox is gone.')
  if (row.email !== email)
    throw problem(
      'MAILBOX_REFUSED',
      `The consent is for ${email}, but the mailbox is ${row.email}. Choose that account.`,
    )
  await renewCredentials(deps, { workspace }, row, described, now)
}

/**
 * Takes a consent: the state is used up, the code is exchanged with its PKCE verifier, both log-ins are tried, the mailbox
 * is stored. Returns the address. A token that is not kept is given back. Throws ApiError for all that a person can read.
 */
export const completeAuthorization = async (
  deps: CompleteDeps,
  given: { state: string; code: string },
): Promise<string> => {
  const { rows } = await sql<Consent>`
    with used as (
      delete from mailbox_authorizations where state_digest = ${sha256(given.state)} and expires_at > ${deps.clock.now()} returning *
    )
    select u.id, u.workspace_id, u.user_id, u.mailbox_id, u.provider, u.code_verifier, u.settings, w.name, w.mode
    from used u join workspaces w on w.id = u.workspace_id`.execute(deps.db)
  const consent = rows[0]
  if (!consent) throw problem('OAUTH_STATE')
  const oauth = oauthOf(deps.config, consent.provider)
  const verifier = deps.secrets.open(consent.code_verifier, consent.id).toString('utf8')
  let tokens: Tokens
  try {
    tokens = await exchangeCode(deps, oauth, { code: given.code, verifier, redirect_uri: redirectUri(deps) })
  } catch (error) {
    if (!(error instanceof OAuthFault)) throw error
    throw problem(error.code === 'LATER' ? 'UPSTREAM_ERROR' : 'OAUTH_STATE', error.message)
  }
  const { refresh_token, email } = tokens
  try {
    if (!refresh_token)
      throw problem('UPSTREAM_ERROR', 'The provider gave no lasting consent (no refresh token). Ask for consent again.')
    if (!email) throw problem('UPSTREAM_ERROR', 'The provider did not say whose mailbox it is.')
    await connectWith(deps, consent, { ...tokens, refresh_token, email })
    return email
  } catch (error) {
    if (!email || !(await isConsentInUse(deps.db, consent.provider, email)))
      await revokeToken(deps, oauth, refresh_token ?? tokens.access_token)
    throw error
  }
}
