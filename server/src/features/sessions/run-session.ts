import { sql } from 'kysely'
import { type LeadField, normalizeColumnNames } from '../../column-mapping.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { normalizeEmailAddress } from '../../email-address.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { EnrichmentOutcome, LeadFacts } from '../../ports/enrichment/port.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { withinBytes } from '../datasets/row-pages.ts'
import { failJob, finishJob, reportProgress, startJob } from '../jobs/progress.ts'
import { findRunOfJob } from '../personalization/generation-run.ts'
import { lockRowsOfDataset } from '../uploads/lock-rows.ts'
import { processSessionJob } from './jobs.ts'
import { findRun, type SessionRun } from './queries.ts'
import { findSession, moveSession } from './session-dataset.ts'
import { settleCredits } from './start-processing.ts'

const BATCH = 500
/** Of text; leads with huge cells come fewer at a time. */
const BATCH_BYTES = 4 << 20

export type Lead = { id: string; row_index: number; data: Record<string, unknown> }
export type Batch = { run: SessionRun; leads: Lead[]; mapping: Record<string, LeadField>; now: Date }

/**
 * Works through a session in batches: one transaction says which leads are next, the port is asked outside of any, and a
 * second transaction holds the outcomes, the cells they fill, the counters and the cursor. A kill in between repeats at most
 * one question to the port; two workers at once record a batch once. A session that was cancelled or deleted meanwhile ends
 * the job quietly.
 */
export const runSession = async ({ job_id }: { job_id: string }, deps: Deps, run: JobRun): Promise<void> => {
  await startJob(deps.db, job_id, deps.clock.now())
  try {
    for (let limit = BATCH; ; ) {
      run.signal.throwIfAborted()
      const batch = await claimBatch(deps, job_id, limit)
      if (!batch) return
      limit = Math.min(BATCH, batch.leads.length * 2)
      if (batch.leads.length === 0) {
        await endRun(deps, job_id, 'processed')
        return
      }
      const outcomes = await deps.enrichment.enrich(
        batch.leads.map((lead) => factsOf(lead.data, batch.mapping)),
        { workspace_id: batch.run.workspace_id, now: batch.now, signal: run.signal },
      )
      if (outcomes.length !== batch.leads.length)
        throw new Error(`${deps.enrichment.name} answered ${outcomes.length} outcomes for ${batch.leads.length} leads.`)
      await recordBatch(deps, batch, outcomes)
    }
  } catch (error) {
    if (run.attempt < processSessionJob.attempts) throw error
    run.log.error({ err: error }, 'session could not be worked through')
    await endRun(deps, job_id, 'process_failed')
  }
}

/** Says which leads are next, `limit` at most and no more than fit in memory; null when the run is over. */
export const claimBatch = (deps: Deps, jobId: string, limit: number): Promise<Batch | null> =>
  transaction(deps.db, async (tx) => {
    const run = await findRun(tx, jobId, true)
    if (run?.status !== 'running') return null
    const shape = await sql<{
      column_mapping: Record<string, LeadField>
      clock_offset_ms: number
      clock_frozen_at: Date | null
    }>`
      select d.column_mapping, w.clock_offset_ms, w.clock_frozen_at from datasets d join workspaces w on w.id = d.workspace_id
      where d.dataset_id = ${run.dataset_id} and d.workspace_id = ${run.workspace_id}`.execute(tx)
    const dataset = shape.rows[0]
    if (!dataset) return null
    const found = await withinBytes(
      sql`
        select r.id, r.row_index, r.data from dataset_rows r
        where r.dataset_id = ${run.dataset_id} and r.removed_at is null and r.row_index > ${run.done_index} and r.row_index <= ${run.last_index}
          and not exists (select 1 from session_results x where x.session_id = ${run.session_id} and x.row_id = r.id)
          ${run.only_rows ? sql`and exists (select 1 from session_run_rows c where c.job_id = ${jobId} and c.row_id = r.id)` : sql``}
        order by r.row_index limit ${limit}`,
      BATCH_BYTES,
    ).execute(tx)
    const last = found.rows.at(-1)
    if (last) await sql`update session_runs set batch_index = ${last.row_index} where job_id = ${jobId}`.execute(tx)
    return {
      run,
      leads: found.rows.map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> })),
      mapping: dataset.column_mapping,
      now: workspaceNow(dataset, deps.clock.now()),
    }
  })

const factsOf = (data: Record<string, unknown>, mapping: Record<string, LeadField>): LeadFacts => {
  const facts: LeadFacts = {}
  for (const [column, field] of Object.entries(mapping)) {
    const value = Object.hasOwn(data, column) ? data[column] : null
    if (typeof value === 'string' && value !== '') facts[field] = value
  }
  return facts
}

/** Records what came of a batch, unless the run has ended or another worker has recorded it. */
const recordBatch = (deps: Deps, batch: Batch, outcomes: EnrichmentOutcome[]): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const { run: claimed, now } = batch
    // The order of locks is that of whoever cancels: the session before its run.
    const session = await findSession(tx, claimed.workspace_id, claimed.session_id, true)
    const run = await findRun(tx, claimed.job_id, true)
    if (!session || run?.status !== 'running' || run.done_index !== claimed.done_index) return
    if (run.fill_empty_cells) await lockRowsOfDataset(tx, run.dataset_id, true)
    const present = await sql<Lead & { email: string | null }>`
      select id, row_index, data, email from dataset_rows
      where id = any(${batch.leads.map(({ id }) => id)}::uuid[]) and workspace_id = ${run.workspace_id} and removed_at is null
      order by id for update`.execute(tx)
    const byId = new Map(present.rows.map((row) => [row.id, row]))
    const done = batch.leads.flatMap((lead, index) => {
      const row = byId.get(lead.id)
      const outcome = outcomes[index]
      return row && outcome ? [{ row, outcome }] : []
    })
    await sql`
      insert into session_results (session_id, workspace_id, row_id, row_index, status, result, error, processed_at)
      select ${run.session_id}, ${run.workspace_id}, u.row_id, u.row_index, u.status, u.result::jsonb, u.error, ${now}
      from unnest(${done.map(({ row }) => row.id)}::uuid[], ${done.map(({ row }) => row.row_index)}::integer[],
        ${done.map(({ outcome }) => (outcome.ok ? 'completed' : 'failed'))}::text[], ${done.map(({ outcome }) => (outcome.ok ? JSON.stringify(resultOf(outcome)) : null))}::text[],
        ${done.map(({ outcome }) => (outcome.ok ? null : outcome.error))}::text[]) as u (row_id, row_index, status, result, error)
      on conflict (session_id, row_id) do nothing`.execute(tx)
    const cells_filled = run.fill_empty_cells ? await fillCells(tx, run, done, now) : 0
    const processed = done.filter(({ outcome }) => outcome.ok).length
    const failed = done.length - processed
    await sql`
      update session_runs set done_index = ${batch.leads.at(-1)?.row_index ?? run.done_index}, batch_index = null, processed_count = processed_count + ${processed},
        failed_count = failed_count + ${failed}, cells_filled = cells_filled + ${cells_filled}
      where job_id = ${run.job_id}`.execute(tx)
    const counts = { processed: run.processed_count + processed, failed: run.failed_count + failed }
    await reportProgress(
      tx,
      run.job_id,
      counts.processed + counts.failed,
      run.leads_count,
      `${counts.processed + counts.failed} of ${run.leads_count} leads are done.`,
      deps.clock.now(),
      counts,
    )
  })

/** What an answer shows: the fields by name and, beside them, where each is from. */
const resultOf = (outcome: EnrichmentOutcome & { ok: true }): Record<string, unknown> => {
  const fields = Object.entries(outcome.fields)
  return {
    ...Object.fromEntries(fields.map(([field, { value }]) => [field, value])),
    sources: Object.fromEntries(fields.map(([field, { source }]) => [field, source])),
  }
}

/**
 * Writes what was learned where nothing stands, into the column of each field; a field that no column holds gets one. What
 * somebody has written meanwhile stays. Returns how many cells were filled.
 */
const fillCells = async (
  tx: Tx,
  run: SessionRun,
  done: { row: Lead & { email: string | null }; outcome: EnrichmentOutcome }[],
  now: Date,
): Promise<number> => {
  const learned = new Set(
    done.flatMap(({ outcome }) => (outcome.ok ? (Object.keys(outcome.fields) as LeadField[]) : [])),
  )
  if (!learned.size) return 0
  const shape = await sql<{ columns: string[]; column_mapping: Record<string, LeadField> }>`
    select columns, column_mapping from datasets
    where dataset_id = ${run.dataset_id} and workspace_id = ${run.workspace_id} and archived_at is null`.execute(tx)
  const dataset = shape.rows[0]
  // Archived since the work began: what was learned stands in the results alone.
  if (!dataset) return 0
  const columnOf = new Map(Object.entries(dataset.column_mapping).map(([column, field]) => [field, column]))
  const added: string[] = []
  for (const field of learned) {
    if (columnOf.has(field)) continue
    const name = normalizeColumnNames([...dataset.columns, ...added, field]).at(-1)?.name as string
    added.push(name)
    columnOf.set(field, name)
  }
  let filled = 0
  const changed = done.flatMap(({ row, outcome }) => {
    if (!outcome.ok) return []
    const cells: Record<string, string> = {}
    for (const [field, { value }] of Object.entries(outcome.fields) as [LeadField, { value: string }][]) {
      const column = columnOf.get(field) as string
      if (!Object.hasOwn(row.data, column) || row.data[column] === '') cells[column] = value
    }
    const count = Object.keys(cells).length
    if (!count) return []
    filled += count
    const address = cells[columnOf.get('email') ?? ''] ?? null
    const normal = address === null ? null : normalizeEmailAddress(address)
    return [{ id: row.id, cells: JSON.stringify(cells), email: row.email ?? (normal?.ok ? normal.email : null) }]
  })
  if (!changed.length) return 0
  await sql`
    update dataset_rows r set data = r.data || u.cells::jsonb, email = u.email
    from unnest(${changed.map(({ id }) => id)}::uuid[], ${changed.map(({ cells }) => cells)}::text[], ${changed.map(({ email }) => email)}::text[]) as u (id, cells, email)
    where r.id = u.id and r.workspace_id = ${run.workspace_id}`.execute(tx)
  const mapped = Object.fromEntries(
    [...columnOf].filter(([, column]) => added.includes(column)).map(([f, c]) => [c, f]),
  )
  await sql`
    update datasets set updated_at = ${now}, columns = columns || ${JSON.stringify(added)}::jsonb, column_mapping = column_mapping || ${JSON.stringify(mapped)}::jsonb
    where dataset_id = ${run.dataset_id} and workspace_id = ${run.workspace_id}`.execute(tx)
  return filled
}

/** Whether some lead of the session has no outcome at all, good or bad. */
const hasUntouched = async (tx: Tx, run: SessionRun): Promise<boolean> => {
  const found = await sql<{ some: boolean }>`
    select exists (
      select 1 from dataset_rows r where r.dataset_id = ${run.dataset_id} and r.removed_at is null
        and not exists (select 1 from session_results x where x.session_id = ${run.session_id} and x.row_id = r.id)) as some`.execute(
    tx,
  )
  return found.rows[0]?.some ?? false
}

/** Ends the run, settles its credits and moves the session on; does nothing to a run that is over. */
export const endRun = (deps: Deps, jobId: string, event: 'processed' | 'process_failed'): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const before = await findRun(tx, jobId)
    if (!before) return
    const session = await findSession(tx, before.workspace_id, before.session_id, true)
    const run = await findRun(tx, jobId, true)
    if (!session || run?.status !== 'running') return
    const clock = await sql<{ clock_offset_ms: number; clock_frozen_at: Date | null }>`
      select clock_offset_ms, clock_frozen_at from workspaces where id = ${run.workspace_id}`.execute(tx)
    const systemNow = deps.clock.now()
    const now = clock.rows[0] ? workspaceNow(clock.rows[0], systemNow) : systemNow
    const run_id = await findRunOfJob(tx, jobId)
    const credits_used = await settleCredits(tx, run, now, event === 'processed' ? null : 'The work broke off.')
    await sql`
      update session_runs set status = ${event === 'processed' ? 'completed' : 'failed'}, batch_index = null, finished_at = ${now} where job_id = ${jobId}`.execute(
      tx,
    )
    const isPart = event === 'processed' && run.only_rows && (await hasUntouched(tx, run))
    await moveSession(tx, session, isPart ? 'part_processed' : event, now)
    if (event === 'process_failed')
      return failJob(tx, jobId, {
        error: 'The leads could not be worked through; those that were done stay done. See the server’s log.',
        now: systemNow,
      })
    const { processed_count: processed, failed_count: failed, cells_filled, adapter } = run
    if (run_id)
      return finishJob(tx, jobId, {
        result: { processed, failed, credits_used, adapter, run_id },
        counts: { processed, failed },
        message: `${processed} messages were written, ${failed} could not be.`,
        now: systemNow,
      })
    await finishJob(tx, jobId, {
      result: { processed, failed, cells_filled, credits_used, adapter },
      counts: { processed, failed },
      message: `${processed} leads were worked on, ${failed} could not be; ${cells_filled} cells were filled.`,
      now: systemNow,
    })
  })
