import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type OAuthIssuer = {
  url: string
  port: number
  /** Where dovecot asks whose a token is. */
  token_info_url: string
  client_id: string
  client_secret: string
  /** Whose consent the next visit to the authorization page gives. */
  account: string
  /** The person says no. */
  refuses: boolean
  /** Every answer of the token endpoint, by grant and outcome. */
  grants: { type: string; outcome: string }[]
  revoked: string[]
  secrets: Set<string>
  isToken: (user: string, token: string) => boolean
  /** Takes back all access tokens, as a provider does early when it likes. */
  dropAccessTokens: () => void
  /** Ends all consents: refresh tokens answer invalid_grant from then on. */
  endConsents: () => void
  /** The token endpoint answers 503. */
  isDown: boolean
  /** Scopes that the person ticks; null: all that are asked for. */
  granted: string[] | null
  /** What the last visit to the authorization page asked for. */
  asked: URLSearchParams
  /** Held until it settles, before the token endpoint answers. */
  hold: Promise<void> | null
  /** Seconds that access tokens live. */
  lives_s: number
  close: () => Promise<void>
}

export type TokenHolder = { account: string; scopes: string[] }

/** Further addresses on the same server, for APIs that take its tokens; false where it is none of them. */
export type MoreRoutes = (
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  holder: TokenHolder | undefined,
) => Promise<boolean>

const formOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString())
}

/**
 * An authorization server on loopback that speaks the protocol and holds its clients to it: code with PKCE (S256), exact
 * redirect address, codes for one use, client secret, refresh, revocation, scopes, ID token, userinfo.
 */
export const startOAuthIssuer = async (more: MoreRoutes = async () => false): Promise<OAuthIssuer> => {
  const codes = new Map<string, TokenHolder & { challenge: string; redirect_uri: string }>()
  const access = new Map<string, TokenHolder>()
  const refresh = new Map<string, TokenHolder>()
  const fresh = (): string => {
    const token = randomBytes(24).toString('base64url')
    issuer.secrets.add(token)
    return token
  }
  const tokensFor = ({ account, scopes }: TokenHolder, withRefresh: boolean): Record<string, unknown> => {
    const access_token = fresh()
    access.set(access_token, { account, scopes })
    const claims = { iss: issuer.url, aud: issuer.client_id, email: account, email_verified: true }
    const id_token = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`
    const more: Record<string, unknown> = { id_token, scope: scopes.join(' ') }
    if (withRefresh) {
      const refresh_token = fresh()
      refresh.set(refresh_token, { account, scopes })
      more.refresh_token = refresh_token
    }
    return { access_token, token_type: 'Bearer', expires_in: issuer.lives_s, ...more }
  }

  const grant = (form: URLSearchParams): { status: number; body: Record<string, unknown> } => {
    const refuse = (error: string) => ({ status: 400, body: { error, error_description: `refused: ${error}` } })
    if (issuer.isDown) return { status: 503, body: { error: 'temporarily_unavailable' } }
    if (form.get('client_id') !== issuer.client_id || form.get('client_secret') !== issuer.client_secret)
      return { status: 401, body: { error: 'invalid_client' } }
    if (form.get('grant_type') === 'refresh_token') {
      const holder = refresh.get(form.get('refresh_token') ?? '')
      return holder ? { status: 200, body: tokensFor(holder, false) } : refuse('invalid_grant')
    }
    const code = form.get('code') ?? ''
    const known = codes.get(code)
    codes.delete(code)
    if (!known || known.redirect_uri !== form.get('redirect_uri')) return refuse('invalid_grant')
    const verifier = form.get('code_verifier') ?? ''
    if (createHash('sha256').update(verifier).digest('base64url') !== known.challenge) return refuse('invalid_grant')
    return { status: 200, body: tokensFor(known, true) }
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (url.pathname === '/authorize') {
      const asked = url.searchParams
      issuer.asked = asked
      const isComplete =
        asked.get('client_id') === issuer.client_id &&
        asked.get('response_type') === 'code' &&
        asked.get('code_challenge_method') === 'S256' &&
        Boolean(asked.get('state'))
      if (!isComplete) return json(400, { error: 'invalid_request' })
      const back = new URL(asked.get('redirect_uri') ?? '')
      back.searchParams.set('state', asked.get('state') ?? '')
      if (issuer.refuses) back.searchParams.set('error', 'access_denied')
      else {
        const code = fresh()
        codes.set(code, {
          challenge: asked.get('code_challenge') ?? '',
          redirect_uri: asked.get('redirect_uri') ?? '',
          account: issuer.account,
          scopes: issuer.granted ?? (asked.get('scope') ?? '').split(' '),
        })
        back.searchParams.set('code', code)
      }
      response.writeHead(302, { location: back.href }).end()
      return
    }
    if (url.pathname === '/token' && request.method === 'POST') {
      const form = await formOf(request)
      await issuer.hold
      const { status, body } = grant(form)
      issuer.grants.push({ type: form.get('grant_type') ?? '', outcome: status === 200 ? 'given' : String(body.error) })
      return json(status, body)
    }
    if (url.pathname === '/revoke' && request.method === 'POST') {
      if (issuer.isDown) return json(503, {})
      // Google's own library writes the token into the address; RFC 7009 has it in the body.
      const token = (await formOf(request)).get('token') ?? url.searchParams.get('token') ?? ''
      issuer.revoked.push(refresh.get(token)?.account ?? 'unknown')
      refresh.delete(token)
      return json(200, {})
    }
    if (url.pathname === '/tokeninfo') {
      const email = access.get(url.searchParams.get('access_token') ?? '')?.account
      return email ? json(200, { active: 'true', email }) : json(400, { error: 'invalid_token' })
    }
    const holder = access.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '')
    if (url.pathname === '/userinfo')
      return holder ? json(200, { sub: holder.account, email: holder.account, email_verified: true }) : json(401, {})
    if (!(await more(request, response, url, holder))) json(404, {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  const issuer: OAuthIssuer = {
    url: `http://127.0.0.1:${port}`,
    port,
    token_info_url: `http://127.0.0.1:${port}/tokeninfo?access_token=`,
    client_id: 'client-of-the-test',
    client_secret: randomBytes(16).toString('hex'),
    account: '',
    refuses: false,
    grants: [],
    revoked: [],
    secrets: new Set(),
    isToken: (user, token) => access.get(token)?.account === user,
    dropAccessTokens: () => access.clear(),
    endConsents: () => refresh.clear(),
    isDown: false,
    granted: null,
    asked: new URLSearchParams(),
    hold: null,
    lives_s: 3600,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  issuer.secrets.add(issuer.client_secret)
  return issuer
}
