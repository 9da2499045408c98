import type { OAuth2Client } from 'google-auth-library'
import type { GoogleSheets } from '../../config.ts'
import { challengeOf, OAuthFault, oauthFaultOf } from '../../oauth-consent.ts'
import { systemNowMs } from '../clock.ts'
import { outboundFetch } from '../outbound-fetch.ts'
import type { OutboundHttp } from '../outbound-http.ts'
import type { GoogleConsent, GoogleTokens } from './port.ts'

/** Files that a person picked in the Google Picker; Google asks for no verification of it. */
export const PICKED_SCOPE = 'https://www.googleapis.com/auth/drive.file'
/** Every sheet of the person, for those whose address is pasted. */
export const ALL_SHEETS_SCOPE = 'https://www.googleapis.com/auth/spreadsheets.readonly'
/** `openid email` tells whose account it is. */
const IDENTITY = ['openid', 'email']
/** Google answers the short name with the long one. */
const LONG_NAMES: Record<string, string> = { email: 'https://www.googleapis.com/auth/userinfo.email' }

const ANSWER = { timeout_ms: 15_000, max_response_bytes: 262_144 }
const EXPIRES_IN_S = 3600

/** The library is loaded on first use: it takes half a second, and most processes never need it. */
const loadLibrary = () => import('google-auth-library')

const isGranted = (granted: readonly string[], scope: string): boolean =>
  granted.includes(scope) || granted.includes(LONG_NAMES[scope] ?? scope)

export const createGoogleConsent = (settings: GoogleSheets, http: OutboundHttp): GoogleConsent => {
  const fetchImplementation = outboundFetch(http, ANSWER)
  const clientFor = async (redirectUri?: string): Promise<OAuth2Client> => {
    const { OAuth2Client } = await loadLibrary()
    return new OAuth2Client({
      clientId: settings.client_id,
      clientSecret: settings.client_secret,
      redirectUri,
      endpoints: {
        oauth2AuthBaseUrl: settings.authorize_url,
        oauth2TokenUrl: settings.token_url,
        oauth2RevokeUrl: settings.revoke_url ?? undefined,
      },
      // The library's own interceptors would log tokens when GOOGLE_SDK_NODE_LOGGING is set.
      useAuthRequestParameters: false,
      transporterOptions: { fetchImplementation },
    })
  }

  const tokenHost = new URL(settings.token_url).host
  const asking = async (ask: () => Promise<{ tokens: Record<string, unknown> }>): Promise<GoogleTokens> => {
    let tokens: Record<string, unknown>
    try {
      ;({ tokens } = await ask())
    } catch (error) {
      throw faultOf(tokenHost, error)
    }
    const { access_token, refresh_token, scope, expiry_date } = tokens
    if (typeof access_token !== 'string') throw new OAuthFault('LATER', `${tokenHost} answered with no token.`)
    // The library turns the lifetime into a moment of the system's clock; ours may be steered.
    const left = typeof expiry_date === 'number' ? Math.round((expiry_date - systemNowMs()) / 1000) : EXPIRES_IN_S
    return {
      access_token,
      expires_in_s: left > 0 ? left : EXPIRES_IN_S,
      refresh_token: typeof refresh_token === 'string' ? refresh_token : null,
      scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean).sort() : [],
    }
  }

  const scopes = [...IDENTITY, PICKED_SCOPE, ...(settings.access === 'all' ? [ALL_SHEETS_SCOPE] : [])]
  return {
    scopes,
    missingAdvice: (granted) => {
      const missing = scopes.filter((scope) => !isGranted(granted, scope))
      const words = [
        missing.includes(ALL_SHEETS_SCOPE) ? '“See all your Google Sheets spreadsheets”' : null,
        missing.includes(PICKED_SCOPE) ? '“See, edit, create and delete only the specific Google Drive files”' : null,
      ].filter((word) => word !== null)
      if (!words.length) return { missing, advice: null }
      return {
        missing,
        advice: `The consent page had ${words.join(' and ')} left unticked. Link the account again and tick ${words.length > 1 ? 'both' : 'it'}.`,
      }
    },
    authorizeUrl: async ({ redirect_uri, state, verifier }) => {
      const { CodeChallengeMethod } = await loadLibrary()
      return (await clientFor(redirect_uri)).generateAuthUrl({
        // A refresh token comes only with offline access, and again only when consent is asked for again.
        access_type: 'offline',
        prompt: 'consent select_account',
        scope: scopes,
        state,
        code_challenge: challengeOf(verifier),
        code_challenge_method: CodeChallengeMethod.S256,
      })
    },
    exchange: async ({ code, verifier, redirect_uri }) => {
      const client = await clientFor(redirect_uri)
      return asking(async () => ({ tokens: { ...(await client.getToken({ code, codeVerifier: verifier })).tokens } }))
    },
    renew: async (refreshToken) => {
      const client = await clientFor()
      client.setCredentials({ refresh_token: refreshToken })
      return asking(async () => ({ tokens: { ...(await client.refreshAccessToken()).credentials } }))
    },
    accountOf: async (accessToken) => {
      const client = await clientFor()
      client.setCredentials({ access_token: accessToken })
      const host = new URL(settings.userinfo_url).host
      try {
        const { data } = await client.request<{ email?: unknown; email_verified?: unknown }>({
          url: settings.userinfo_url,
        })
        if (typeof data.email === 'string' && /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(data.email))
          return data.email.toLowerCase()
      } catch (error) {
        throw faultOf(host, error)
      }
      throw new OAuthFault('REFUSED', `${host} did not say whose account it is.`)
    },
    revoke: async (token) => {
      const client = await clientFor()
      return client.revokeToken(token).then(
        ({ status }) => status === 200,
        () => false,
      )
    },
  }
}

/** The library's errors hold the request with its tokens; nothing of them goes on but status and OAuth's own two fields. */
const faultOf = (host: string, error: unknown): OAuthFault => {
  const { response, code, cause } = error as {
    response?: { status?: number; data?: { error?: unknown; error_description?: unknown } }
    code?: unknown
    cause?: { code?: unknown; name?: unknown }
  }
  if (!response?.status)
    return oauthFaultOf(host, {
      status: 0,
      error: cause?.code ?? code ?? cause?.name ?? 'no answer',
      description: null,
    })
  const data = typeof response.data === 'object' ? response.data : null
  return oauthFaultOf(host, { status: response.status, error: data?.error, description: data?.error_description })
}
