import { randomBytes } from 'node:crypto'
import { newId } from '../src/ids.ts'
import { sha256 } from '../src/secrets.ts'
import type { Harness } from './harness.ts'

export type TestTenant = { workspace_id: string; user_id: string; email: string; key: string; session: string }

/** A user with a workspace, an API key with every scope, and an open session. */
export const createTenant = async (
  h: Harness,
  options: { mode?: 'sandbox' | 'live'; timezone?: string; scopes?: string[] | null; postal_address?: string | null; plan?: string } = {},
): Promise<TestTenant> => {
  const { db, clock, sessions } = h.deps
  const now = clock.now()
  const user_id = newId()
  const workspace_id = newId()
  const email = `user-${user_id.slice(-12)}@example.com`
  const key = `bav_live_${randomBytes(32).toString('base64url')}`
  await db
    .insertInto('users')
    .values({ id: user_id, name: 'Test Person', email, email_verified: true, created_at: now, updated_at: now })
    .execute()
  await db
    .insertInto('workspaces')
    .values({
      id: workspace_id,
      name: 'Test workspace',
      mode: options.mode ?? 'sandbox',
      plan: options.plan ?? 'self_hosted',
      timezone: options.timezone ?? 'UTC',
      postal_address: options.postal_address === undefined ? 'Main Street 1, 0150 Oslo, Norway' : options.postal_address,
      created_by: user_id,
      personal_of: user_id,
      created_at: now,
      updated_at: now,
    })
    .execute()
  await db.insertInto('workspace_members').values({ workspace_id, user_id, role: 'owner', created_at: now }).execute()
  await db
    .insertInto('api_keys')
    .values({
      id: newId(),
      workspace_id,
      user_id,
      name: 'test',
      key_prefix: key.slice(0, 17),
      key_hash: sha256(key),
      scopes: options.scopes ?? null,
      created_at: now,
    })
    .execute()
  const { access_token } = await sessions.open(user_id)
  return { workspace_id, user_id, email, key, session: access_token }
}
