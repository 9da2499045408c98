import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { createJob, failJob, finishJob, reportProgress, startJob } from '../jobs/progress.ts'
import type { EndpointRef } from './change-endpoint.ts'
import { lockEndpoint } from './endpoint-row.ts'
import { wantsEvent } from './event-pattern.ts'
import { replayWebhooksJob } from './jobs.ts'

const requireActive = async (tx: Tx, ref: EndpointRef): Promise<void> => {
  const endpoint = await lockEndpoint(tx, ref.workspace_id, ref.endpoint_id, ref.face)
  if (!endpoint.is_active || !endpoint.is_verified)
    throw problem('CONFLICT', 'Only a verified and active webhook can be sent anything again.')
}

/**
 * Sends one delivery's event again, with the same event id and bytes, as a delivery of its own. Throws NOT_FOUND, also for one
 * whose event is kept no longer, and CONFLICT for an endpoint that is not active, a verification, or one that still waits.
 */
export const replayDelivery = (
  deps: Pick<Deps, 'db' | 'clock'>,
  ref: EndpointRef,
  deliveryId: string,
): Promise<string> =>
  transaction(deps.db, async (tx) => {
    await requireActive(tx, ref)
    const { rows } = await sql<{ kind: string; status: string; has_body: boolean }>`
      select d.kind, d.status, d.body is not null or p.event_id is not null as has_body
      from webhook_deliveries d left join published_events p on p.event_id = d.event_id where d.endpoint_id = ${ref.endpoint_id} and d.id = ${deliveryId}`.execute(
      tx,
    )
    const known = rows[0]
    if (!known || (!known.has_body && known.kind !== 'verification'))
      throw notFound('There is no such delivery of this webhook.')
    if (known.kind === 'verification') throw problem('CONFLICT', 'Ask for a new verification code instead.')
    if (known.status === 'waiting') throw problem('CONFLICT', 'This delivery is still waiting for its next try.')
    const id = newId()
    const now = deps.clock.now()
    await sql`
      insert into webhook_deliveries (id, workspace_id, endpoint_id, event_id, event_type, kind, replay_of, body, due_at, created_at)
      select ${id}, workspace_id, endpoint_id, event_id, event_type, 'replay', id, body, ${now}, ${now} from webhook_deliveries where id = ${deliveryId}`.execute(
      tx,
    )
    return id
  })

export type ReplayRange = { from: Date; to: Date; event_types?: string[]; only_undelivered: boolean }

/** Starts a job that sends a stretch of the past again. Throws NOT_FOUND, CONFLICT for an endpoint that is not active. */
export const startReplay = (
  deps: Pick<Deps, 'db' | 'clock'>,
  ref: EndpointRef & { user_id: string },
  range: ReplayRange,
): Promise<string> =>
  transaction(deps.db, async (tx) => {
    await requireActive(tx, ref)
    const now = deps.clock.now()
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from published_events where workspace_id = ${ref.workspace_id} and published_at >= ${range.from} and published_at < ${range.to}`.execute(
      tx,
    )
    const job_id = await createJob(tx, {
      workspace_id: ref.workspace_id,
      user_id: ref.user_id,
      kind: 'webhook_replay',
      subject_id: ref.endpoint_id,
      total: rows[0]?.n ?? 0,
      now,
    })
    await sql`
      insert into webhook_replays (job_id, workspace_id, endpoint_id, published_from, published_to, only_undelivered, event_types)
      values (${job_id}, ${ref.workspace_id}, ${ref.endpoint_id}, ${range.from}, ${range.to}, ${range.only_undelivered}, ${range.event_types ?? null})`.execute(
      tx,
    )
    await enqueue(tx, replayWebhooksJob, { job_id })
    return job_id
  })

type ReplayRow = {
  workspace_id: string
  endpoint_id: string
  published_from: Date
  published_to: Date
  only_undelivered: boolean
  event_types: string[] | null
  cursor_at: Date | null
  cursor_id: string | null
  subscribed: string[]
  status: string
  progress_done: number
  progress_total: number | null
  result: { queued?: number } | null
}

const BATCH = 500

/**
 * One batch in one commit: its deliveries and how far it is. A job that is run again goes on where it was, and an event that
 * is there already in this replay is not queued twice. Returns false when nothing is left.
 */
const replayBatch = (deps: Pick<Deps, 'db' | 'clock'>, jobId: string): Promise<boolean> =>
  transaction(deps.db, async (tx) => {
    const { rows } = await sql<ReplayRow>`
      select r.workspace_id, r.endpoint_id, r.published_from, r.published_to, r.only_undelivered, r.event_types, r.cursor_at, r.cursor_id,
        e.event_types as subscribed, j.status, j.progress_done, j.progress_total, j.result
      from webhook_replays r join webhook_endpoints e on e.id = r.endpoint_id join jobs j on j.id = r.job_id
      where r.job_id = ${jobId} for update of r`.execute(tx)
    const replay = rows[0]
    const now = deps.clock.now()
    if (!replay) {
      await failJob(tx, jobId, { error: 'The webhook was deleted.', now })
      return false
    }
    if (replay.status !== 'running') return false
    const from = replay.cursor_at ?? replay.published_from
    const found = await sql<{ event_id: string; event_type: string; published_at: Date; is_taken: boolean }>`
      select p.event_id, p.event_type, p.published_at,
        exists (select 1 from webhook_deliveries d where d.endpoint_id = ${replay.endpoint_id} and d.event_id = p.event_id and d.status in ('delivered', 'waiting')) as is_taken
      from published_events p
      where p.workspace_id = ${replay.workspace_id} and p.published_at < ${replay.published_to}
        and (p.published_at, p.event_id) > (${from}, ${replay.cursor_id ?? '00000000-0000-0000-0000-000000000000'}::uuid)
      order by p.published_at, p.event_id limit ${BATCH}`.execute(tx)
    const wanted = found.rows.filter(
      ({ event_type, is_taken }) =>
        wantsEvent(replay.subscribed, event_type) &&
        (!replay.event_types || wantsEvent(replay.event_types, event_type)) &&
        !(replay.only_undelivered && is_taken),
    )
    const deliveries = wanted.map(({ event_id, event_type }) => ({ id: newId(), event_id, event_type }))
    if (deliveries.length)
      await sql`
        insert into webhook_deliveries (id, workspace_id, endpoint_id, event_id, event_type, kind, replay_job, due_at, created_at)
        select d.id, ${replay.workspace_id}, ${replay.endpoint_id}, d.event_id, d.event_type, 'replay', ${jobId}, ${now}, ${now}
        from json_to_recordset(${JSON.stringify(deliveries)}::json) as d (id uuid, event_id uuid, event_type text)
        on conflict do nothing`.execute(tx)
    const done = replay.progress_done + found.rows.length
    const queued = (replay.result?.queued ?? 0) + deliveries.length
    const last = found.rows.at(-1)
    if (!last || found.rows.length < BATCH) {
      await finishJob(tx, jobId, { result: { queued, looked_at: done }, now })
      return false
    }
    await sql`update webhook_replays set cursor_at = ${last.published_at}, cursor_id = ${last.event_id} where job_id = ${jobId}`.execute(
      tx,
    )
    await sql`update jobs set result = ${JSON.stringify({ queued })}::jsonb where id = ${jobId}`.execute(tx)
    await reportProgress(tx, jobId, done, Math.max(done, replay.progress_total ?? 0), undefined, now)
    return true
  })

export const runReplay = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  jobId: string,
  run: Pick<JobRun, 'signal'>,
): Promise<void> => {
  await startJob(deps.db, jobId, deps.clock.now())
  while (await replayBatch(deps, jobId)) run.signal.throwIfAborted()
}
