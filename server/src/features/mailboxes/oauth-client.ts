import type { Config, MailboxOAuth } from '../../config.ts'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import { challengeOf, OAuthFault, oauthFaultOf } from '../../oauth-consent.ts'

export type OAuthProvider = 'google' | 'microsoft'

/** What mail needs and no more; `openid email` tells whose account it is. Microsoft gives a refresh token only for offline_access. */
const SCOPES: Record<OAuthProvider, string> = {
  google: 'openid email https://mail.google.com/',
  microsoft:
    'openid email profile offline_access https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send',
}

const PROVIDER_NAMES: Record<OAuthProvider, string> = { google: 'Google', microsoft: 'Microsoft' }
const SETTING_NAMES: Record<OAuthProvider, string> = {
  google: 'GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET',
  microsoft: 'MICROSOFT_CLIENT_ID and MICROSOFT_CLIENT_SECRET',
}

/** Throws OAUTH_NOT_CONFIGURED that names the settings. */
export const oauthOf = (config: Pick<Config, 'mailbox_oauth'>, provider: OAuthProvider): MailboxOAuth => {
  const found = config.mailbox_oauth[provider]
  if (!found)
    throw problem(
      'OAUTH_NOT_CONFIGURED',
      `Mailboxes cannot be connected by consent at ${PROVIDER_NAMES[provider]} here: ${SETTING_NAMES[provider]} are not set.`,
    )
  return found
}

/** Where the person gives consent: authorization code with PKCE (RFC 7636) and an account chooser, so that no other account is taken by mistake. */
export const authorizeUrl = (
  oauth: MailboxOAuth,
  provider: OAuthProvider,
  request: { redirect_uri: string; state: string; verifier: string; email: string | null },
): string => {
  const url = new URL(oauth.authorize_url)
  const fields: Record<string, string> = {
    client_id: oauth.client_id,
    redirect_uri: request.redirect_uri,
    response_type: 'code',
    scope: SCOPES[provider],
    state: request.state,
    code_challenge: challengeOf(request.verifier),
    code_challenge_method: 'S256',
    // Google gives a refresh token only for offline access, and again only when consent is asked for again.
    ...(provider === 'google'
      ? { access_type: 'offline', prompt: 'consent select_account' }
      : { prompt: 'select_account' }),
    ...(request.email ? { login_hint: request.email } : {}),
  }
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value)
  return url.href
}

export type Tokens = {
  access_token: string
  expires_in_s: number
  /** Google keeps the old one valid and sends none; Microsoft sends a new one each time (RFC 6749 §6). */
  refresh_token: string | null
  email: string | null
}

/**
 * The address in an ID token. It came over TLS straight from the token endpoint, so its signature need not be checked
 * (OpenID Connect Core §3.1.3.7, 6); that it was made for this client must be.
 */
const emailIn = (idToken: unknown, clientId: string): string | null => {
  if (typeof idToken !== 'string') return null
  try {
    const claims = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<
      string,
      unknown
    >
    if (claims.aud !== clientId || claims.email_verified === false) return null
    const address = claims.email ?? claims.preferred_username
    return typeof address === 'string' && /^[^\s@]+@[^\s@]+$/.test(address) ? address.toLowerCase() : null
  } catch {
    return null
  }
}

const TOKEN_MS = 15_000

/** Asks the token endpoint. Throws OAuthFault; its message holds the provider's error code and description and no token. */
const askForTokens = async (
  deps: Pick<Deps, 'http'>,
  oauth: MailboxOAuth,
  fields: Record<string, string>,
): Promise<Tokens> => {
  const form = new URLSearchParams({ ...fields, client_id: oauth.client_id, client_secret: oauth.client_secret })
  const host = new URL(oauth.token_url).host
  const answered = await deps.http
    .request(oauth.token_url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
      timeout_ms: TOKEN_MS,
      max_response_bytes: 65_536,
    })
    .catch((error: Error & { code?: string }) => {
      throw oauthFaultOf(host, { status: 0, error: error.code ?? error.name, description: null })
    })
  let body: Record<string, unknown>
  try {
    body = JSON.parse(answered.body.toString('utf8')) as Record<string, unknown>
  } catch {
    throw new OAuthFault('LATER', `${host} answered ${answered.status} with something that is no token.`)
  }
  if (answered.status === 200 && typeof body.access_token === 'string')
    return {
      access_token: body.access_token,
      expires_in_s: typeof body.expires_in === 'number' && body.expires_in > 0 ? body.expires_in : 3600,
      refresh_token: typeof body.refresh_token === 'string' ? body.refresh_token : null,
      email: emailIn(body.id_token, oauth.client_id),
    }
  throw oauthFaultOf(host, { status: answered.status, error: body.error, description: body.error_description })
}

export const exchangeCode = (
  deps: Pick<Deps, 'http'>,
  oauth: MailboxOAuth,
  request: { code: string; verifier: string; redirect_uri: string },
): Promise<Tokens> =>
  askForTokens(deps, oauth, {
    grant_type: 'authorization_code',
    code: request.code,
    code_verifier: request.verifier,
    redirect_uri: request.redirect_uri,
  })

export const refreshTokens = (deps: Pick<Deps, 'http'>, oauth: MailboxOAuth, refreshToken: string): Promise<Tokens> =>
  askForTokens(deps, oauth, { grant_type: 'refresh_token', refresh_token: refreshToken })

/** Gives a consent back (RFC 7009). Whether it worked cannot be helped by anybody here, so it only says so. */
export const revokeToken = async (deps: Pick<Deps, 'http'>, oauth: MailboxOAuth, token: string): Promise<boolean> => {
  if (!oauth.revoke_url) return false
  const form = new URLSearchParams({ token, client_id: oauth.client_id, client_secret: oauth.client_secret })
  return deps.http
    .request(oauth.revoke_url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      timeout_ms: TOKEN_MS,
    })
    .then(({ status }) => status === 200)
    .catch(() => false)
}
