import { z } from 'zod'
import { workspaceMode, zoneName } from '../workspaces/zone-name.ts'
import { PASSWORD_LENGTH } from './password-length.ts'

export const AuthenticatedUser = z
  .object({
    user_id: z.uuid().describe('The account behind the credential.'),
    email: z.email().nullable(),
    role: z.string(),
    authenticated: z.literal(true).describe('Always true in a success response.'),
    app_metadata: z
      .record(z.string(), z.unknown())
      .describe('What the application knows: workspace, role, plan, scopes.'),
    user_metadata: z.record(z.string(), z.unknown()).describe('What the user says of themselves.'),
  })
  .meta({ id: 'AuthenticatedUser' })

export const WelcomeEmailResult = z
  .object({ status: z.enum(['sent', 'already_sent']) })
  .meta({ id: 'WelcomeEmailResult' })

export const Tokens = z
  .object({
    access_token: z.string().describe('Session JWT for the Authorization header.'),
    refresh_token: z.string().describe('Gets a new access token; keep it secret.'),
    token_type: z.literal('bearer'),
    expires_in: z.int().describe('Seconds until the access token expires.'),
  })
  .meta({ id: 'Tokens' })

export const LoggedIn = Tokens.extend({ user_id: z.uuid() }).meta({ id: 'LoggedIn' })

export const SignedUp = LoggedIn.extend({ workspace_id: z.uuid().describe('The personal workspace.') }).meta({
  id: 'SignedUp',
})

export const AccountOptions = z
  .object({
    signup: z
      .enum(['open', 'first_user', 'invited'])
      .describe('Who may make an account: everybody, the first user, who is still missing, or only who was invited.'),
    google: z.boolean().describe('Log-in with Google is configured.'),
    password_reset: z.boolean().describe('A letter to set a new password can be sent.'),
  })
  .meta({ id: 'AccountOptions' })

const email = z.email().max(254)
const password = z
  .string()
  .min(PASSWORD_LENGTH.min)
  .max(PASSWORD_LENGTH.max)
  .describe(`${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters.`)

export const SignUpRequest = z
  .strictObject({
    email,
    password,
    name: z.string().trim().min(1).max(200),
    workspace_name: z.string().trim().min(1).max(100).optional(),
    workspace_mode: workspaceMode.optional(),
    timezone: zoneName.optional(),
    invitation_token: z.string().min(1).max(200).optional(),
  })
  .meta({ id: 'SignUpRequest' })

export const LogInRequest = z
  .strictObject({ email, password: z.string().min(1).max(1000) })
  .meta({ id: 'LogInRequest' })

export const RefreshRequest = z
  .strictObject({ refresh_token: z.string().min(1).max(200) })
  .meta({ id: 'RefreshRequest' })

export const PasswordResetRequest = z.strictObject({ email }).meta({ id: 'PasswordResetRequest' })

export const PasswordResetAccepted = z
  .object({ status: z.literal('accepted').describe('The same whether or not there is such an account.') })
  .meta({ id: 'PasswordResetAccepted' })

export const PasswordResetConfirm = z
  .strictObject({ token: z.string().min(1).max(200), password })
  .meta({ id: 'PasswordResetConfirm' })

export const GoogleStartRequest = z
  .strictObject({
    redirect_uri: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .describe('Page that gets code and state; on the origin of this instance or one of CORS_ORIGINS.'),
  })
  .meta({ id: 'GoogleStartRequest' })

export const GoogleStarted = z
  .object({
    authorization_url: z.url(),
    state: z.string().describe('Must come back unchanged; compare it in the page.'),
  })
  .meta({ id: 'GoogleStarted' })

export const GoogleCallbackRequest = z
  .strictObject({ code: z.string().min(1).max(2000), state: z.string().min(1).max(200) })
  .meta({ id: 'GoogleCallbackRequest' })

export const InvitationAcceptRequest = z
  .strictObject({ token: z.string().min(1).max(200) })
  .meta({ id: 'InvitationAcceptRequest' })

export const InvitationAccepted = z
  .object({ workspace_id: z.uuid().nullable().describe('The workspace that was joined.') })
  .meta({ id: 'InvitationAccepted' })
