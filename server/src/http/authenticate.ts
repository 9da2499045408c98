import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import { isUuid } from '../ids.ts'
import { systemNowMs } from '../ports/clock.ts'
import { sha256 } from '../secrets.ts'
import { type Principal, ROLE_SCOPES, type Role, SCOPES, type Scope, type Workspace } from './access.ts'
import { problem } from './errors.ts'

/** Who a session token speaks for, as far as its issuer says. `session_id` is null for outside issuers. */
export type SessionIdentity = { user_id: string; session_id: string | null }

/** Verifies a session JWT; null for anything that is not one, is expired, or comes from an issuer we do not know. */
export type VerifySession = (token: string) => Promise<SessionIdentity | null>

export type Authenticator = {
  /** Throws UNAUTHORIZED for a missing or bad credential, NOT_FOUND for a workspace the session is no member of. */
  principalOf: (headers: { authorization?: string; 'x-workspace-id'?: string | string[] }) => Promise<Principal>
  flush: () => Promise<void>
  close: () => Promise<void>
}

/**
 * A found credential is believed for this long before the database is asked again, which bounds how late a revocation is
 * seen by another process (a second is promised) and takes the look-up off the hot path.
 */
const BELIEVED_MS = 700
const CACHE_LIMIT = 10_000
const LAST_USED_FLUSH_MS = 30_000

type KeyRow = Omit<Workspace, never> & {
  id: string
  user_id: string
  email: string | null
  name: string | null
  user_role: string
  role: Role
  key_scopes: string[] | null
}

const WORKSPACE_COLUMNS =
  sql.raw(`w.id as workspace_id, w.name as workspace_name, w.mode, w.plan, w.timezone, w.postal_address,
  w.clock_offset_ms, w.clock_frozen_at, p.requests_per_minute`)

const toPrincipal = (
  row: KeyRow & { workspace_name: string },
  kind: Principal['kind'],
  credentialId: string,
): Principal => {
  const roleScopes = ROLE_SCOPES[row.role]
  const scopes = row.key_scopes
    ? new Set(row.key_scopes.filter((scope): scope is Scope => roleScopes.has(scope as Scope)))
    : roleScopes
  return {
    kind,
    credential_id: credentialId,
    user_id: row.user_id,
    email: row.email,
    name: row.name,
    user_role: row.user_role,
    role: row.role,
    scopes,
    workspace: {
      workspace_id: row.workspace_id,
      name: row.workspace_name,
      mode: row.mode,
      plan: row.plan,
      timezone: row.timezone,
      postal_address: row.postal_address,
      clock_offset_ms: row.clock_offset_ms,
      clock_frozen_at: row.clock_frozen_at,
      requests_per_minute: row.requests_per_minute,
    },
  }
}

export const createAuthenticator = (db: Db, verifySession: VerifySession): Authenticator => {
  const believed = new Map<string, { principal: Principal; at: number }>()
  const used = new Map<string, Date>()

  const remember = (key: string, principal: Principal): Principal => {
    if (believed.size >= CACHE_LIMIT) for (const [old] of [...believed].slice(0, CACHE_LIMIT / 10)) believed.delete(old)
    believed.set(key, { principal, at: systemNowMs() })
    return principal
  }

  const findKey = async (token: string): Promise<Principal | null> => {
    const now = new Date(systemNowMs())
    const found = await sql<KeyRow & { workspace_name: string }>`
      select k.id, k.user_id, k.scopes as key_scopes, u.email, u.name, u.role as user_role, m.role, ${WORKSPACE_COLUMNS}
      from api_keys k
      join users u on u.id = k.user_id
      join workspaces w on w.id = k.workspace_id
      join plans p on p.id = w.plan
      join workspace_members m on m.workspace_id = k.workspace_id and m.user_id = k.user_id
      where k.key_hash = ${sha256(token)} and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})`.execute(
      db,
    )
    const row = found.rows[0]
    return row ? toPrincipal(row, 'api_key', row.id) : null
  }

  const findSession = async (token: string, workspaceId: string | null): Promise<Principal | null> => {
    const identity = await verifySession(token)
    if (!identity) return null
    const found = await sql<KeyRow & { workspace_name: string }>`
      select u.id, u.id as user_id, null as key_scopes, u.email, u.name, u.role as user_role, m.role, ${WORKSPACE_COLUMNS}
      from users u
      left join workspaces w on ${workspaceId === null ? sql`w.personal_of = u.id` : sql`w.id = ${workspaceId}::uuid`}
      left join plans p on p.id = w.plan
      left join workspace_members m on m.workspace_id = w.id and m.user_id = u.id
      where u.id = ${identity.user_id}`.execute(db)
    const row = found.rows[0]
    if (!row) return null
    if (identity.session_id) {
      const alive =
        await sql`select 1 from auth_sessions where id = ${identity.session_id} and expires_at > ${new Date(systemNowMs())}`.execute(
          db,
        )
      if (!alive.rows.length) return null
    }
    if (!row.role) throw problem('NOT_FOUND', 'You are not a member of this workspace, or there is no such workspace.')
    return toPrincipal(row, 'session', row.user_id)
  }

  const flush = async (): Promise<void> => {
    if (!used.size) return
    const entries = [...used]
    used.clear()
    await sql`
      update api_keys k set last_used_at = u.at
      from unnest(${entries.map(([id]) => id)}::uuid[], ${entries.map(([, at]) => at)}::timestamptz[]) as u (id, at)
      where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)`.execute(db)
  }
  const timer = setInterval(() => void flush().catch(() => {}), LAST_USED_FLUSH_MS)
  timer.unref()

  return {
    principalOf: async (headers) => {
      const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
      if (!token || token.length > 8192)
        throw problem('UNAUTHORIZED', undefined, { headers: { 'www-authenticate': 'Bearer' } })
      const isKey = token.startsWith('bav_live_')
      const asked = headers['x-workspace-id']
      const workspaceId = isKey || asked === undefined || asked === '' ? null : String(asked)
      if (workspaceId !== null && !isUuid(workspaceId))
        throw problem('NOT_FOUND', 'X-Workspace-Id names no workspace of yours.')
      const cacheKey = workspaceId === null ? token : `${token} ${workspaceId}`
      const cached = believed.get(cacheKey)
      let principal = cached && systemNowMs() - cached.at < BELIEVED_MS ? cached.principal : null
      if (!principal) {
        believed.delete(cacheKey)
        principal = isKey ? await findKey(token) : await findSession(token, workspaceId)
        if (!principal)
          throw problem('UNAUTHORIZED', undefined, { headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
        remember(cacheKey, principal)
        if (isKey) used.set(principal.credential_id, new Date(systemNowMs()))
      }
      return principal
    },
    flush,
    close: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}

export const isKnownScope = (scope: string): scope is Scope => (SCOPES as string[]).includes(scope)
