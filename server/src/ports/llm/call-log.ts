import { sql } from 'kysely'
import { createBatcher } from '../../batcher.ts'
import type { Db } from '../../db/connect.ts'
import { newId } from '../../ids.ts'
import type { Logger } from '../../log.ts'
import type { Clock } from '../clock.ts'
import type { ModelFailure } from './port.ts'

/** What one request to a model took. */
export type ModelCall = {
  workspace_id: string
  purpose: string
  reference: string | null
  owner: 'workspace' | 'instance'
  provider: string
  model: string
  /** From 1, over retries and further models of one task. */
  attempt: number
  outcome: 'answered' | 'failed'
  failure: ModelFailure | null
  status: number | null
  /** The provider's own words about a failure, fit to be kept (model-answer.ts). */
  said: string | null
  input_tokens: number
  output_tokens: number
  cost_microusd: number | null
  latency_ms: number
}

/**
 * Writes calls to `model_calls`, those that end together in one commit. Nobody waits for it: a message is not lost because its
 * entry in a log was. A workspace that is gone leaves no entry.
 */
export const createCallLog = (deps: {
  db: Db
  clock: Clock
  log: Logger
}): { add: (call: ModelCall) => void; idle: () => Promise<void> } => {
  const batcher = createBatcher<ModelCall & { id: string; created_at: Date }, void>(
    async (calls) => {
      await sql`
        insert into model_calls (id, workspace_id, purpose, reference, owner, provider, model, attempt, outcome, failure, status, said,
          input_tokens, output_tokens, cost_microusd, latency_ms, created_at)
        select c.* from json_to_recordset(${JSON.stringify(calls)}::json) as c (id uuid, workspace_id uuid, purpose text, reference text,
          owner text, provider text, model text, attempt integer, outcome text, failure text, status integer, said text,
          input_tokens integer, output_tokens integer, cost_microusd bigint, latency_ms integer, created_at timestamptz)
        where exists (select 1 from workspaces w where w.id = c.workspace_id)`.execute(deps.db)
      return calls.map(() => undefined)
    },
    // Of a job whose model answers at once, a hundred calls end in such a time.
    { max: 200, gather: { enough: 100, ms: 100 } },
  )
  return {
    add: ({ workspace_id, purpose, reference, owner, provider, model, ...call }) => {
      const row = { id: newId(), workspace_id, purpose, reference, owner, provider, model, ...call }
      batcher
        .add({ ...row, created_at: deps.clock.now() })
        .catch((error) => deps.log.warn({ message: (error as Error).message }, 'a call to a model was not recorded'))
    },
    idle: batcher.idle,
  }
}
