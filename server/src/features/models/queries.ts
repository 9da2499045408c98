import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { ModelProvider } from '../../ports/llm/port.ts'

export type ModelRow = {
  id: string
  position: number
  provider: ModelProvider
  base_url: string | null
  model: string
  has_key: boolean
  input_price_microusd: number | null
  output_price_microusd: number | null
  timeout_ms: number
  concurrency: number
  max_output_tokens: number
  created_at: Date
  updated_at: Date
}

export const listModels = async (db: Db | Tx, workspaceId: string): Promise<ModelRow[]> => {
  const { rows } = await sql<ModelRow>`
    select id, position, provider, base_url, model, api_key is not null as has_key, input_price_microusd, output_price_microusd,
      timeout_ms, concurrency, max_output_tokens, created_at, updated_at
    from workspace_models where workspace_id = ${workspaceId} order by position`.execute(db)
  return rows
}

/** What is needed to keep a key: where it was meant for. */
export type KnownModel = Pick<ModelRow, 'id' | 'provider' | 'base_url' | 'created_at'> & { api_key: string | null }

export const listKnownModels = async (db: Db | Tx, workspaceId: string): Promise<KnownModel[]> => {
  const { rows } = await sql<KnownModel>`
    select id, provider, base_url, created_at, api_key from workspace_models where workspace_id = ${workspaceId}`.execute(
    db,
  )
  return rows
}

/** Returns false where there is none. The ones behind it move up. */
export const deleteModel = async (tx: Tx, workspaceId: string, id: string): Promise<boolean> => {
  await sql`select 1 from workspaces where id = ${workspaceId} for no key update`.execute(tx)
  const { rows } = await sql<{ position: number }>`
    delete from workspace_models where workspace_id = ${workspaceId} and id = ${id} returning position`.execute(tx)
  const [gone] = rows
  if (!gone) return false
  await sql`
    update workspace_models set position = position - 1 where workspace_id = ${workspaceId} and position > ${gone.position}`.execute(
    tx,
  )
  return true
}

export type UsageRow = {
  day: string
  purpose: string
  owner: 'workspace' | 'instance'
  provider: ModelProvider
  model: string
  calls: number
  failed_calls: number
  input_tokens: number
  output_tokens: number
  cost_microusd: number
  unpriced_calls: number
  mean_latency_ms: number
}

/** Sums of the calls of these days, both included, as the zone counts days. */
export const sumUsage = async (
  db: Db,
  workspaceId: string,
  { from, to, timezone }: { from: string; to: string; timezone: string },
): Promise<UsageRow[]> => {
  const { rows } = await sql<UsageRow>`
    select (created_at at time zone ${timezone})::date as day, purpose, owner, provider, model, count(*) as calls,
      count(*) filter (where outcome = 'failed') as failed_calls, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
      coalesce(sum(cost_microusd), 0) as cost_microusd, count(*) filter (where cost_microusd is null) as unpriced_calls,
      round(avg(latency_ms)) as mean_latency_ms
    from model_calls
    where workspace_id = ${workspaceId}
      and created_at >= ${from}::date::timestamp at time zone ${timezone}
      and created_at < (${to}::date + 1)::timestamp at time zone ${timezone}
    group by 1, 2, 3, 4, 5
    order by 1 desc, 2, 3, 4, 5`.execute(db)
  return rows
}
