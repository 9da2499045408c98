/**
 * What a credential may do. Roles are fixed sets of the same scopes that keys have; an operation names the one scope it
 * needs, and there is no default, so a forgotten check does not compile.
 */
const AREAS = [
  'account',
  'workspace',
  'campaigns',
  'leads',
  'templates',
  'sender_profiles',
  'suppression',
  'mail',
  'notifications',
  'credits',
] as const

export type Scope = `${(typeof AREAS)[number]}:${'read' | 'write'}`

export const SCOPES: Scope[] = AREAS.flatMap((area) => [`${area}:read`, `${area}:write`] as Scope[])

export type Role = 'owner' | 'admin' | 'member' | 'viewer'

export const ROLE_SCOPES: Record<Role, ReadonlySet<Scope>> = {
  owner: new Set(SCOPES),
  admin: new Set(SCOPES),
  member: new Set(SCOPES.filter((scope) => scope !== 'workspace:write')),
  viewer: new Set(SCOPES.filter((scope) => scope.endsWith(':read'))),
}

/** A scope; `session`: a logged-in person, never a key, whatever the role; `session:<scope>`: such a person with that scope; `credential`: whoever has a valid
 * credential, whatever its scopes; `integration`: a partner's service that signs its requests (integration-signature.ts) and
 * acts for no workspace by itself; `webhook:<provider>`: whoever signs as that provider, which the handler checks over the raw
 * body and answers in that provider's own words; `public`: nobody in particular. */
export type Access =
  | Scope
  | 'session'
  | `session:${Scope}`
  | 'credential'
  | 'integration'
  | `webhook:${string}`
  | 'public'

/** Whether the server asks for no credential of its own: there is none, or the handler checks a signature. */
export const isOpen = (access: Access): boolean => access === 'public' || access.startsWith('webhook:')

export type Workspace = {
  workspace_id: string
  name: string
  mode: 'sandbox' | 'live'
  plan: string
  timezone: string
  postal_address: string | null
  clock_offset_ms: number
  clock_frozen_at: Date | null
  requests_per_minute: number
}

export type Principal = {
  kind: 'session' | 'api_key'
  /** The key's id, or the user's id for a session: what rate limits and idempotency count by. */
  credential_id: string
  user_id: string
  email: string | null
  name: string | null
  user_role: string
  role: Role
  scopes: ReadonlySet<Scope>
  workspace: Workspace
}
