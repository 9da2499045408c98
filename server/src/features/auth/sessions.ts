import { createHash, randomBytes } from 'node:crypto'
import { isAPIError } from 'better-auth/api'
import { decodeJwt, importJWK, type JWK, jwtVerify } from 'jose'
import { sql } from 'kysely'
import type { Config } from '../../config.ts'
import { type Db, violatedConstraint } from '../../db/connect.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Workspace } from '../../http/access.ts'
import type { VerifySession } from '../../http/authenticate.ts'
import { problem } from '../../http/errors.ts'
import type { Logger } from '../../log.ts'
import { type Clock, systemNowMs } from '../../ports/clock.ts'
import type { SystemMail } from '../../ports/mail/port.ts'
import { enqueue } from '../../queue/enqueue.ts'
import type { Secrets } from '../../secrets.ts'
import { createWorkspace } from '../workspaces/create-workspace.ts'
import { acceptInvitation, claimInvitation } from '../workspaces/invitations.ts'
import {
  ACCESS_TOKEN_SECONDS,
  AUDIENCE,
  CLIENT_IP_HEADER,
  createBetterAuth,
  ISSUER,
  resetTokens,
} from './better-auth.ts'
import { sendSystemMail } from './jobs.ts'
import { accountOf, createOutsideVerifier } from './outside-issuer.ts'

export type Tokens = { access_token: string; refresh_token: string; token_type: 'bearer'; expires_in: number }

export type NewAccount = {
  email: string
  password: string
  name: string
  workspace_name?: string
  workspace_mode?: Workspace['mode']
  timezone?: string
}

export type Created = { user_id: string; workspace_id: string }

/** What a session remembers of who opened it. */
export type Client = { ip: string; user_agent: string | null }

/** Log-in sessions: made, verified and ended here; the accounts behind them are better-auth's. */
export type Sessions = {
  verify: VerifySession
  /** Opens a session for a user that is already known to be who they say. For log-in, tests and the operator's command. */
  open: (userId: string) => Promise<Tokens>
  /** Who may make an account now, as a form says it before it is filled in; signUp decides. */
  signupPolicy: () => Promise<'open' | 'first_user' | 'invited'>
  /** Makes an account with its workspace if this instance takes one; the policy and the account are decided together. */
  signUp: (account: NewAccount & { invitation_token?: string }) => Promise<Created & { tokens: Tokens }>
  /** Makes an account whatever the policy says: for the operator. */
  createUser: (account: NewAccount) => Promise<Created>
  logIn: (email: string, password: string, client: Client) => Promise<{ user_id: string; tokens: Tokens }>
  refresh: (refreshToken: string) => Promise<Tokens>
  logOut: (sessionId: string) => Promise<void>
  /** Has a letter written if there is an account with a password; the caller learns nothing either way. */
  requestPasswordReset: (email: string) => Promise<void>
  /** A token for that letter, good for an hour; null when the account is gone. */
  passwordResetToken: (email: string) => Promise<string | null>
  resetPassword: (token: string, password: string) => Promise<void>
  /** Sets a password and ends every session of the user: for the operator. */
  setPassword: (userId: string, password: string) => Promise<void>
  /** Where to send the browser; null while Google log-in is not configured. */
  startGoogle: (redirectUri: string) => Promise<{ authorization_url: string; state: string } | null>
  finishGoogle: (code: string, state: string) => Promise<{ user_id: string; tokens: Tokens; created: boolean }>
}

export type SessionsOptions = {
  config: Config
  db: Db
  log: Logger
  clock: Clock
  secrets: Secrets
  address: { base_url: string }
  system_mail: SystemMail | null
}

const GOOGLE_STATE_MS = 600_000

export const createSessions = (options: SessionsOptions): Sessions => {
  const { config, db, clock } = options
  const auth = createBetterAuth(options)
  const outside = config.outside_issuer
  const verifyOutside = outside ? createOutsideVerifier(outside, clock) : null

  type VerifyingKey = Awaited<ReturnType<typeof importJWK>>
  const keys = new Map<string, VerifyingKey>()

  /** Public keys of this instance. An unknown id reads them anew: another process may have made a key meanwhile. */
  const keyOf = async (kid: string): Promise<VerifyingKey | null> => {
    if (!keys.has(kid)) {
      const set = await auth.api.getJwks()
      for (const key of set.keys as (JWK & { kid: string })[]) keys.set(key.kid, await importJWK(key, 'EdDSA'))
    }
    return keys.get(kid) ?? null
  }

  const verifyOwn = async (token: string): ReturnType<VerifySession> => {
    const found = await jwtVerify(
      token,
      async (header) => {
        const key = header.kid ? await keyOf(header.kid) : null
        if (!key) throw new UnknownKey()
        return key
      },
      {
        algorithms: ['EdDSA'],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'sid', 'exp'],
        currentDate: clock.now(),
      },
    ).catch((error) => {
      if (error instanceof UnknownKey || /^ERR_J/.test((error as { code?: string }).code ?? '')) return null
      throw error
    })
    const { sub, sid } = (found?.payload ?? {}) as { sub?: unknown; sid?: unknown }
    return typeof sub === 'string' && typeof sid === 'string' ? { user_id: sub, session_id: sid } : null
  }

  const tokensFor = async (session: { id: string; userId: string; token: string }): Promise<Tokens> => {
    // The system's clock, not the library's: what is issued is verified by the same clock.
    const iat = Math.floor(clock.now().getTime() / 1000)
    const { token } = await auth.api.signJWT({
      body: { payload: { sub: session.userId, sid: session.id, iat, exp: iat + ACCESS_TOKEN_SECONDS } },
    })
    return { access_token: token, refresh_token: session.token, token_type: 'bearer', expires_in: ACCESS_TOKEN_SECONDS }
  }

  const open = async (userId: string): Promise<Tokens> => {
    const { internalAdapter } = await auth.$context
    return tokensFor(await internalAdapter.createSession(userId, false))
  }

  const mode = (asked: Workspace['mode'] | undefined): Workspace['mode'] =>
    asked ?? (config.mail_delivery === 'none' ? 'sandbox' : 'live')

  /** The account, its way to log in, and its personal workspace: all three or none. */
  const insertAccount = async (
    tx: Tx,
    account: Omit<NewAccount, 'password'>,
    login: { providerId: string; accountId?: string; password?: string },
    emailVerified = false,
  ): Promise<Created> => {
    const { internalAdapter } = await createBetterAuth(options, tx).$context
    try {
      const user = await internalAdapter.createUser({ email: account.email, name: account.name, emailVerified })
      await internalAdapter.linkAccount({ accountId: user.id, ...login, userId: user.id })
      const workspace_id = await createWorkspace(tx, {
        name: account.workspace_name ?? `${account.name.slice(0, 80)}’s workspace`,
        mode: mode(account.workspace_mode),
        timezone: account.timezone,
        user_id: user.id,
        personal: true,
        now: clock.now(),
      })
      return { user_id: user.id, workspace_id }
    } catch (error) {
      if (violatedConstraint(error) === 'users_email_key') throw problem('EMAIL_TAKEN')
      throw error
    }
  }

  /**
   * May a new account be made? The lock is held until the account exists, so that of two first users at the same instant
   * one is the first and the other is refused.
   */
  const admit = async (tx: Tx): Promise<void> => {
    if (config.signup === 'open') return
    if (config.signup === 'first_user') {
      await sql`select pg_advisory_xact_lock(hashtextextended('bavlio sign-up', 0))`.execute(tx)
      const somebody = await sql`select 1 from users limit 1`.execute(tx)
      if (!somebody.rows.length) return
    }
    throw problem('SIGNUP_CLOSED')
  }

  const hash = async (password: string): Promise<string> => (await auth.$context).password.hash(password)

  return {
    verify: async (token) => {
      let issuer: string | undefined
      try {
        issuer = decodeJwt(token).iss
      } catch {
        return null
      }
      if (issuer === ISSUER) return verifyOwn(token)
      if (!outside || !verifyOutside || issuer !== outside.issuer) return null
      const claims = await verifyOutside(token)
      return claims && { user_id: await accountOf(options, outside.issuer, claims), session_id: null }
    },

    open,

    signupPolicy: async () => {
      if (config.signup === 'open') return 'open'
      if (config.signup === 'invite') return 'invited'
      const somebody = await sql`select 1 from users limit 1`.execute(db)
      return somebody.rows.length ? 'invited' : 'first_user'
    },

    signUp: async ({ invitation_token, ...account }) => {
      const password = await hash(account.password)
      const created = await transaction(db, async (tx) => {
        const now = clock.now()
        const invitation = invitation_token ? await claimInvitation(tx, invitation_token, now) : null
        if (!invitation) await admit(tx)
        const made = await insertAccount(tx, account, { providerId: 'credential', password })
        if (invitation) await acceptInvitation(tx, invitation, made.user_id, now)
        return made
      })
      return { ...created, tokens: await open(created.user_id) }
    },

    createUser: async (account) => {
      const password = await hash(account.password)
      return transaction(db, (tx) => insertAccount(tx, account, { providerId: 'credential', password }))
    },

    logIn: async (email, password, client) => {
      const headers = new Headers({ [CLIENT_IP_HEADER]: client.ip })
      if (client.user_agent) headers.set('user-agent', client.user_agent.slice(0, 300))
      const { internalAdapter } = await auth.$context
      const signedIn = await auth.api.signInEmail({ body: { email, password }, headers }).catch((error: unknown) => {
        // Whatever was wrong with them, the pair of address and password is what the client may know about.
        if (isAPIError(error) && error.statusCode < 500) throw problem('INVALID_CREDENTIALS')
        throw error
      })
      const found = await internalAdapter.findSession(signedIn.token)
      if (!found) throw problem('INVALID_CREDENTIALS')
      return { user_id: found.user.id, tokens: await tokensFor(found.session) }
    },

    refresh: async (refreshToken) => {
      const headers = new Headers({ authorization: `Bearer ${refreshToken}` })
      const found = await auth.api.getSession({ headers })
      if (!found) throw problem('UNAUTHORIZED', 'The session has ended; log in again.')
      return tokensFor(found.session)
    },

    logOut: async (sessionId) => {
      await sql`delete from auth_sessions where id = ${sessionId}`.execute(db)
    },

    requestPasswordReset: async (email) => {
      const found = await sql<{ id: string }>`
        select u.id from users u
        where u.email = ${email.toLowerCase()}
          and exists (select 1 from auth_accounts a where a.user_id = u.id and a.provider_id = 'credential')`.execute(
        db,
      )
      const user = found.rows[0]
      if (user)
        await transaction(db, (tx) =>
          enqueue(
            tx,
            sendSystemMail,
            { letter: 'password_reset', subject_id: user.id },
            { key: `password_reset:${user.id}` },
          ),
        )
    },

    passwordResetToken: async (email) => {
      const waiting: { token: string | null } = { token: null }
      await resetTokens.run(waiting, () => auth.api.requestPasswordReset({ body: { email } }))
      return waiting.token
    },

    resetPassword: async (token, password) => {
      await auth.api.resetPassword({ body: { token, newPassword: password } }).catch((error: unknown) => {
        if (isAPIError(error) && error.statusCode < 500)
          throw problem('NOT_FOUND', 'This link to reset a password does not exist, was used, or has expired.')
        throw error
      })
    },

    setPassword: async (userId, password) => {
      const { internalAdapter } = await auth.$context
      const hashed = await hash(password)
      const accounts = await internalAdapter.findAccounts(userId)
      if (accounts.some((account) => account.providerId === 'credential'))
        await internalAdapter.updatePassword(userId, hashed)
      else await internalAdapter.linkAccount({ userId, providerId: 'credential', accountId: userId, password: hashed })
      await internalAdapter.deleteUserSessions(userId)
    },

    startGoogle: async (redirectUri) => {
      const { internalAdapter, socialProviders } = await auth.$context
      const google = socialProviders.find((provider) => provider.id === 'google')
      if (!google) return null
      const state = randomBytes(32).toString('base64url')
      const codeVerifier = randomBytes(48).toString('base64url')
      await internalAdapter.createVerificationValue({
        identifier: `google-login:${state}`,
        value: JSON.stringify({ code_verifier: codeVerifier, redirect_uri: redirectUri }),
        expiresAt: new Date(systemNowMs() + GOOGLE_STATE_MS),
      })
      const url = await google.createAuthorizationURL({ state, codeVerifier, redirectURI: redirectUri })
      return { authorization_url: url.href, state }
    },

    finishGoogle: async (code, state) => {
      const { internalAdapter, socialProviders } = await auth.$context
      const google = socialProviders.find((provider) => provider.id === 'google')
      const stored = google ? await internalAdapter.consumeVerificationValue(`google-login:${state}`) : null
      if (!google || !stored)
        throw problem('INVALID_CREDENTIALS', 'This Google log-in was not begun here, was used, or has expired.')
      const { code_verifier, redirect_uri } = JSON.parse(stored.value) as {
        code_verifier: string
        redirect_uri: string
      }
      const person = await google
        .validateAuthorizationCode({ code, codeVerifier: code_verifier, redirectURI: redirect_uri })
        .then((tokens) => (tokens ? google.getUserInfo(tokens) : null))
        .catch((error: Error) => {
          options.log.warn({ message: error.message }, 'Google log-in')
          throw problem('UPSTREAM_ERROR', 'Google did not confirm this log-in.')
        })
      if (!person?.user.email) throw problem('UPSTREAM_ERROR', 'Google did not say who this is.')
      const { user } = person
      const email = String(user.email).toLowerCase()
      const known = await internalAdapter.findAccountByProviderId(String(user.id), 'google')
      if (known) return { user_id: known.userId, tokens: await open(known.userId), created: false }
      const made = await transaction(db, async (tx) => {
        await admit(tx)
        const name = user.name?.trim() || (email.split('@')[0] as string)
        return insertAccount(
          tx,
          { email, name },
          { providerId: 'google', accountId: String(user.id) },
          user.emailVerified,
        )
      })
      return { user_id: made.user_id, tokens: await open(made.user_id), created: true }
    },
  }
}

class UnknownKey extends Error {}

/** Key of the log-in limit: no address stands in a store of counters. */
export const loginAttemptKey = (email: string, ip: string): string =>
  `login:${createHash('sha256').update(`${email.toLowerCase()} ${ip}`).digest('base64url')}`
