import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../http/access.ts'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { invalid, problem } from '../../http/errors.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { acceptInvitation, claimInvitation } from '../workspaces/invitations.ts'
import { sendSystemMail } from './jobs.ts'
import { shownEmail } from './outside-issuer.ts'
import {
  AccountOptions,
  AuthenticatedUser,
  GoogleCallbackRequest,
  GoogleStarted,
  GoogleStartRequest,
  InvitationAccepted,
  InvitationAcceptRequest,
  LoggedIn,
  LogInRequest,
  PasswordResetAccepted,
  PasswordResetConfirm,
  PasswordResetRequest,
  RefreshRequest,
  SignedUp,
  SignUpRequest,
  Tokens,
  WelcomeEmailResult,
} from './schema.ts'
import { loginAttemptKey } from './sessions.ts'

/** Tries a minute for one address from one place, and for anything that costs a password hash from one place. */
const LOGIN_TRIES = 10
const PLACE_TRIES = 120

const ACCOUNT = '/api/v1/account'
const KEYLESS = 'Public: it reads no Idempotency-Key.'

const identityOf = (principal: Principal) => ({
  user_id: principal.user_id,
  email: shownEmail(principal.email),
  role: principal.user_role,
  authenticated: true,
  app_metadata: {
    credential: principal.kind,
    workspace_id: principal.workspace.workspace_id,
    workspace_mode: principal.workspace.mode,
    workspace_role: principal.role,
    plan: principal.workspace.plan,
    scopes: [...principal.scopes],
  },
  user_metadata: { name: principal.name },
})

const limitPlace = (deps: Deps, ip: string) => deps.rate_limiter.consume(`account:${ip}`, PLACE_TRIES)

const verifyToken = defineOperation({
  id: 'verify_token',
  method: 'GET',
  path: '/api/v1/auth/verify',
  tag: 'authentication',
  summary: 'Verify the credential',
  description: 'Who the bearer credential speaks for; 401 when it is missing or not valid.',
  access: 'credential',
  impact: 'read',
  responses: { 200: AuthenticatedUser },
  handle: async (request) => identityOf(request.principal),
})

const getCurrentUser = defineOperation({
  id: 'get_current_user',
  method: 'GET',
  path: '/api/v1/auth/me',
  tag: 'authentication',
  summary: 'Current user',
  access: 'credential',
  impact: 'read',
  responses: { 200: AuthenticatedUser },
  handle: async (request) => identityOf(request.principal),
})

const sendWelcomeEmail = defineOperation({
  id: 'send_welcome_email',
  method: 'POST',
  path: '/api/v1/auth/welcome-email',
  tag: 'authentication',
  summary: 'Send the welcome e-mail',
  description:
    'Once per user: later calls answer already_sent and send nothing. 503 while system mail is not configured.',
  access: 'account:write',
  impact: 'sends',
  responses: { 200: WelcomeEmailResult },
  errors: ['UNAVAILABLE'],
  handle: async (request, deps) => {
    const { user_id } = request.principal
    if (!deps.system_mail)
      throw problem('UNAVAILABLE', 'System mail is not configured on this instance (SYSTEM_SMTP_URL).')
    return transaction(deps.db, async (tx) => {
      const first = await sql`
        update users set welcome_sent_at = ${deps.clock.now()} where id = ${user_id} and welcome_sent_at is null returning id`.execute(
        tx,
      )
      if (!first.rows.length) return { status: 'already_sent' }
      await enqueue(tx, sendSystemMail, { letter: 'welcome', subject_id: user_id })
      return { status: 'sent' }
    })
  },
})

const getAccountOptions = defineOperation({
  id: 'get_account_options',
  method: 'GET',
  path: `${ACCOUNT}/options`,
  tag: 'account',
  summary: 'Ways to get in',
  description: 'What a page of log-in shows: who may make an account, and which other ways there are.',
  access: 'public',
  impact: 'read',
  source: 'ours',
  responses: { 200: AccountOptions },
  handle: async (_request, deps) => ({
    signup: await deps.sessions.signupPolicy(),
    google: deps.config.google !== null,
    password_reset: deps.system_mail !== null,
  }),
})

const signUp = defineOperation({
  id: 'sign_up',
  method: 'POST',
  path: `${ACCOUNT}/signup`,
  tag: 'account',
  summary: 'Make an account',
  description: `Makes the account, its personal workspace and a session. Who may is the setting SIGNUP. ${KEYLESS}`,
  access: 'public',
  impact: 'write',
  source: 'ours',
  body: SignUpRequest,
  responses: { 201: SignedUp },
  errors: ['SIGNUP_CLOSED', 'EMAIL_TAKEN', 'NOT_FOUND', 'RATE_LIMITED'],
  handle: async (request, deps) => {
    await limitPlace(deps, request.ip)
    const { tokens, ...created } = await deps.sessions.signUp({
      ...request.body,
      email: request.body.email.toLowerCase(),
    })
    return { ...tokens, ...created }
  },
})

const logIn = defineOperation({
  id: 'log_in',
  method: 'POST',
  path: `${ACCOUNT}/login`,
  tag: 'account',
  summary: 'Log in',
  description: `Opens a session. A wrong address and a wrong password answer the same. ${KEYLESS}`,
  access: 'public',
  impact: 'write',
  source: 'ours',
  body: LogInRequest,
  responses: { 200: LoggedIn },
  errors: ['INVALID_CREDENTIALS', 'RATE_LIMITED'],
  handle: async (request, deps) => {
    const { email, password } = request.body
    await limitPlace(deps, request.ip)
    await deps.rate_limiter.consume(loginAttemptKey(email, request.ip), LOGIN_TRIES)
    const agent = request.headers['user-agent']
    const { tokens, user_id } = await deps.sessions.logIn(email, password, {
      ip: request.ip,
      user_agent: typeof agent === 'string' ? agent : null,
    })
    return { ...tokens, user_id }
  },
})

const refreshSession = defineOperation({
  id: 'refresh_session',
  method: 'POST',
  path: `${ACCOUNT}/refresh`,
  tag: 'account',
  summary: 'Get a new access token',
  description: `The session lives 30 days after its last use. ${KEYLESS}`,
  access: 'public',
  impact: 'write',
  source: 'ours',
  body: RefreshRequest,
  responses: { 200: Tokens },
  errors: ['UNAUTHORIZED', 'RATE_LIMITED'],
  handle: async (request, deps) => {
    await limitPlace(deps, request.ip)
    return deps.sessions.refresh(request.body.refresh_token)
  },
})

const logOut = defineOperation({
  id: 'log_out',
  method: 'POST',
  path: `${ACCOUNT}/logout`,
  tag: 'account',
  summary: 'Log out',
  description: 'Ends the session of the token that makes this call. A session of an outside issuer ends there.',
  access: 'session',
  impact: 'write',
  source: 'ours',
  responses: { 204: null },
  errors: ['CONFLICT'],
  handle: async (request, deps) => {
    const token = String(request.headers.authorization).replace(/^Bearer +/i, '')
    const identity = await deps.sessions.verify(token)
    if (!identity?.session_id) throw problem('CONFLICT', 'This session belongs to an outside issuer and ends there.')
    await deps.sessions.logOut(identity.session_id)
  },
})

const requestPasswordReset = defineOperation({
  id: 'request_password_reset',
  method: 'POST',
  path: `${ACCOUNT}/password-reset`,
  tag: 'account',
  summary: 'Ask for a letter to set a new password',
  description: `Answers the same whether or not there is such an account. ${KEYLESS}`,
  access: 'public',
  impact: 'sends',
  source: 'ours',
  body: PasswordResetRequest,
  responses: { 202: PasswordResetAccepted },
  errors: ['MAIL_NOT_CONFIGURED', 'RATE_LIMITED'],
  handle: async (request, deps) => {
    if (!deps.system_mail)
      throw problem('MAIL_NOT_CONFIGURED', 'System mail is not configured; the operator can run `bavlio user reset`.')
    await limitPlace(deps, request.ip)
    await deps.rate_limiter.consume(loginAttemptKey(request.body.email, request.ip), LOGIN_TRIES)
    await deps.sessions.requestPasswordReset(request.body.email)
    return { status: 'accepted' }
  },
})

const confirmPasswordReset = defineOperation({
  id: 'confirm_password_reset',
  method: 'POST',
  path: `${ACCOUNT}/password-reset/confirm`,
  tag: 'account',
  summary: 'Set a new password with the token of the letter',
  description: `Ends every session of the account. The token works once, for an hour. ${KEYLESS}`,
  access: 'public',
  impact: 'write',
  source: 'ours',
  body: PasswordResetConfirm,
  responses: { 204: null },
  errors: ['NOT_FOUND', 'RATE_LIMITED'],
  handle: async (request, deps) => {
    await limitPlace(deps, request.ip)
    await deps.sessions.resetPassword(request.body.token, request.body.password)
  },
})

const startGoogleLogin = defineOperation({
  id: 'start_google_login',
  method: 'POST',
  path: `${ACCOUNT}/google/start`,
  tag: 'account',
  summary: 'Begin a log-in with Google',
  description: `Send the browser to authorization_url; Google sends it to redirect_uri with code and state, which go to the callback operation. ${KEYLESS}`,
  access: 'public',
  impact: 'write',
  source: 'ours',
  body: GoogleStartRequest,
  responses: { 200: GoogleStarted },
  errors: ['NOT_FOUND', 'VALIDATION_ERROR', 'RATE_LIMITED'],
  handle: async (request, deps) => {
    await limitPlace(deps, request.ip)
    if (!deps.config.google) throw problem('NOT_FOUND', 'Google log-in is not configured on this instance.')
    const allowed = [deps.address.base_url, ...deps.config.cors_origins].map((address) => new URL(address).origin)
    if (!allowed.includes(new URL(request.body.redirect_uri).origin))
      throw invalid([
        { loc: ['body', 'redirect_uri'], msg: `must begin with ${allowed.join(' or ')}`, type: 'origin_not_allowed' },
      ])
    return deps.sessions.startGoogle(request.body.redirect_uri)
  },
})

const finishGoogleLogin = defineOperation({
  id: 'finish_google_login',
  method: 'POST',
  path: `${ACCOUNT}/google/callback`,
  tag: 'account',
  summary: 'Finish a log-in with Google',
  description: `Opens a session; a first log-in makes the account if this instance takes it. An account is never joined to another by e-mail address. ${KEYLESS}`,
  access: 'public',
  impact: 'write',
  source: 'ours',
  body: GoogleCallbackRequest,
  responses: { 200: LoggedIn, 201: LoggedIn },
  errors: ['INVALID_CREDENTIALS', 'NOT_FOUND', 'SIGNUP_CLOSED', 'EMAIL_TAKEN', 'UPSTREAM_ERROR', 'RATE_LIMITED'],
  handle: async (request, deps) => {
    await limitPlace(deps, request.ip)
    if (!deps.config.google) throw problem('NOT_FOUND', 'Google log-in is not configured on this instance.')
    const { tokens, user_id, created } = await deps.sessions.finishGoogle(request.body.code, request.body.state)
    return answer(created ? 201 : 200, { ...tokens, user_id })
  },
})

const acceptInvitationOperation = defineOperation({
  id: 'accept_invitation',
  method: 'POST',
  path: `${ACCOUNT}/invitations/accept`,
  tag: 'account',
  summary: 'Accept an invitation',
  description:
    'The logged-in user joins the workspace. Somebody without an account passes the token to sign-up instead.',
  access: 'session',
  impact: 'write',
  source: 'ours',
  body: InvitationAcceptRequest,
  responses: { 200: InvitationAccepted },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) =>
    transaction(deps.db, async (tx) => {
      const now = deps.clock.now()
      const invitation = await claimInvitation(tx, request.body.token, now)
      await acceptInvitation(tx, invitation, request.principal.user_id, now)
      return { workspace_id: invitation.workspace_id }
    }),
})

export const operations: Operation[] = [
  verifyToken,
  getCurrentUser,
  sendWelcomeEmail,
  getAccountOptions,
  signUp,
  logIn,
  refreshSession,
  logOut,
  requestPasswordReset,
  confirmPasswordReset,
  startGoogleLogin,
  finishGoogleLogin,
  acceptInvitationOperation,
]
