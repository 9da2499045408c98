import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Scope } from '../../http/access.ts'
import { notFound, problem } from '../../http/errors.ts'
import { mintApiKey } from '../api-keys/mint-api-key.ts'

/** A partner's key serves mail and nothing else of the product. */
const SCOPES: Scope[] = ['mail:read', 'mail:write', 'suppression:read', 'suppression:write']

/** Whoever a partner acts for: the account and its own workspace. */
export type IntegrationUser = { integration_id: string; user_id: string; workspace_id: string }

/** Throws NOT_FOUND for an account without a workspace of its own. */
export const findIntegrationUser = async (
  deps: Pick<Deps, 'db'>,
  integrationId: string,
  userId: string,
): Promise<IntegrationUser> => {
  const { rows } = await sql<{ id: string }>`select id from workspaces where personal_of = ${userId}`.execute(deps.db)
  if (!rows[0]) throw notFound('This user has no workspace of their own.')
  return { integration_id: integrationId, user_id: userId, workspace_id: rows[0].id }
}

type HeldKey = { api_key_id: string; sealed_key: string; expires_at: Date | null; is_alive: boolean }

const findHeld = async (tx: Tx, user: IntegrationUser, now: Date): Promise<HeldKey | undefined> => {
  const { rows } = await sql<HeldKey>`
    select i.api_key_id, i.sealed_key, k.expires_at, k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now}) as is_alive
    from integration_keys i join api_keys k on k.id = i.api_key_id
    where i.integration_id = ${user.integration_id} and i.user_id = ${user.user_id} and i.workspace_id = ${user.workspace_id} for update of i`.execute(
    tx,
  )
  return rows[0]
}

const checkPlan = async (tx: Tx, workspaceId: string, now: Date): Promise<void> => {
  const { rows } = await sql<{ keys_allowed: boolean; key_limit: number; n: number }>`
    select p.keys_allowed, p.key_limit, (
      select count(*) from api_keys k where k.workspace_id = w.id and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})) as n
    from workspaces w join plans p on p.id = w.plan where w.id = ${workspaceId} for no key update of w`.execute(tx)
  const plan = rows[0]
  if (!plan?.keys_allowed) throw problem('PLAN_FORBIDS_KEYS')
  if (plan.key_limit > 0 && plan.n >= plan.key_limit) throw problem('KEY_LIMIT_REACHED')
}

/** The one key of this partner for this user, made on first asking; a revoked or expired one is replaced. */
export const bootstrapKey = (
  deps: Pick<Deps, 'db' | 'secrets'>,
  user: IntegrationUser,
  label: string,
  now: Date,
): Promise<{ api_key: string; created: boolean; expires_at: Date | null }> =>
  transaction(deps.db, async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`integration_key:${user.integration_id}:${user.user_id}`}, 0))`.execute(
      tx,
    )
    const held = await findHeld(tx, user, now)
    if (held?.is_alive)
      return {
        api_key: deps.secrets.open(held.sealed_key, held.api_key_id).toString(),
        created: false,
        expires_at: held.expires_at,
      }
    await checkPlan(tx, user.workspace_id, now)
    const made = await mintApiKey(tx, {
      workspace_id: user.workspace_id,
      user_id: user.user_id,
      name: label.slice(0, 100),
      scopes: SCOPES,
      now,
    })
    await sql`
      insert into integration_keys (integration_id, user_id, workspace_id, api_key_id, sealed_key, created_at)
      values (${user.integration_id}, ${user.user_id}, ${user.workspace_id}, ${made.id}, ${deps.secrets.seal(made.key, made.id)}, ${now})
      on conflict (integration_id, user_id) do update set workspace_id = excluded.workspace_id, api_key_id = excluded.api_key_id,
        sealed_key = excluded.sealed_key, created_at = excluded.created_at`.execute(tx)
    return { api_key: made.key, created: true, expires_at: null }
  })

/** False when the partner holds no key for this user, or it was revoked before. */
export const revokeIntegrationKey = (deps: Pick<Deps, 'db'>, user: IntegrationUser, now: Date): Promise<boolean> =>
  transaction(deps.db, async (tx) => {
    const held = await findHeld(tx, user, now)
    if (!held) return false
    await sql`delete from integration_keys where integration_id = ${user.integration_id} and user_id = ${user.user_id}`.execute(
      tx,
    )
    await sql`update api_keys set revoked_at = ${now} where id = ${held.api_key_id} and revoked_at is null`.execute(tx)
    return held.is_alive
  })
