import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'

export type KeyRow = {
  id: string
  name: string
  key_prefix: string
  scopes: string[] | null
  created_at: Date
  last_used_at: Date | null
  expires_at: Date | null
}

export type KeyPlan = { keys_allowed: boolean; key_limit: number }

export const listActiveKeys = async (db: Db, workspaceId: string, now: Date): Promise<KeyRow[]> => {
  const found = await sql<KeyRow>`
    select id, name, key_prefix, scopes, created_at, last_used_at, expires_at from api_keys
    where workspace_id = ${workspaceId} and revoked_at is null and (expires_at is null or expires_at > ${now})
    order by id desc`.execute(db)
  return found.rows
}

export const getKeyPlan = async (db: Db, workspaceId: string): Promise<KeyPlan> => {
  const found = await sql<KeyPlan>`
    select p.keys_allowed, p.key_limit from workspaces w join plans p on p.id = w.plan where w.id = ${workspaceId}`.execute(
    db,
  )
  return found.rows[0] as KeyPlan
}

/** Counts active keys with the workspace locked, so that two creations at once cannot both take the last place. */
export const countKeysLocked = async (tx: Tx, workspaceId: string, now: Date): Promise<number> => {
  await sql`select 1 from workspaces where id = ${workspaceId} for no key update`.execute(tx)
  const found = await sql<{ n: number }>`
    select count(*) as n from api_keys
    where workspace_id = ${workspaceId} and revoked_at is null and (expires_at is null or expires_at > ${now})`.execute(
    tx,
  )
  return found.rows[0]?.n ?? 0
}

export const revokeKey = async (db: Db, workspaceId: string, id: string, now: Date): Promise<boolean> => {
  const done = await sql`
    update api_keys set revoked_at = ${now}
    where id = ${id} and workspace_id = ${workspaceId} and revoked_at is null returning id`.execute(db)
  return done.rows.length > 0
}
