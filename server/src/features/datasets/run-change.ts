import { sql } from 'kysely'
import { copyTransaction } from '../../db/copy-transaction.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { ApiError, problem } from '../../http/errors.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { failJob, finishJob, reportProgress, startJob } from '../jobs/progress.ts'
import { findOpenDataset } from '../uploads/import-target.ts'
import { carryOutChange, lockDatasets } from './carry-out-change.ts'
import { settleDataset } from './create-dataset.ts'
import { changeSummary, type DatasetChange, outdatedChange } from './dataset-change.ts'
import { changeDatasetJob } from './jobs.ts'

const PROGRESS_EVERY_MS = 500
/** Longer than any import or change before it takes. */
const LONGEST_WAIT = '2h'

type Waiting = {
  workspace_id: string
  dataset_id: string
  request: DatasetChange
  total: number | null
  clock_offset_ms: number
  clock_frozen_at: Date | null
}

/**
 * Carries a change out in one transaction: a kill at any moment leaves nothing of it, and the next run begins anew. A run
 * that meets another one waits for its end and finds the work done. Progress is written on another connection.
 */
export const runChange = async ({ job_id }: { job_id: string }, deps: Deps, run: JobRun): Promise<void> => {
  const found = await sql<Waiting>`
    select c.workspace_id, c.dataset_id, c.request, j.progress_total as total, w.clock_offset_ms, w.clock_frozen_at
    from dataset_changes c join jobs j on j.id = c.job_id join workspaces w on w.id = c.workspace_id
    where c.job_id = ${job_id} and c.status = 'queued' and j.status in ('queued', 'running')`.execute(deps.db)
  const change = found.rows[0]
  if (!change) return
  const now = workspaceNow(change, deps.clock.now())
  await startJob(deps.db, job_id, deps.clock.now())
  let reporting: Promise<void> | null = null
  let reported = performance.now()
  const report = (done: number): void => {
    if (reporting || performance.now() - reported < PROGRESS_EVERY_MS) return
    reporting = reportProgress(deps.db, job_id, done, change.total, `${done} rows done`, deps.clock.now())
      .catch((error) => run.log.warn({ message: (error as Error).message }, 'progress could not be written'))
      .finally(() => {
        reporting = null
        reported = performance.now()
      })
  }
  try {
    await copyTransaction(
      deps.pool,
      async (copying) => {
        const { tx } = copying
        await sql`select set_config('lock_timeout', ${LONGEST_WAIT}, true)`.execute(tx)
        const held = await sql<{ status: string }>`
          select status from dataset_changes where job_id = ${job_id} for update`.execute(tx)
        if (held.rows[0]?.status !== 'queued') return
        await lockDatasets(tx, change.dataset_id, change.request, true)
        // Time has passed since the request: it may be archived, or have other columns.
        const { columns } = await findOpenDataset(tx, change.workspace_id, change.dataset_id)
        const outdated = outdatedChange(change.request, columns)
        if (outdated) throw problem('CONFLICT', outdated)
        const context = { tx, workspace_id: change.workspace_id, dataset_id: change.dataset_id, now, report }
        const result = await carryOutChange(context, change.request, { to: copying, reading: deps.db })
        await reporting
        await sql`update dataset_changes set status = 'completed', finished_at = ${now} where job_id = ${job_id}`.execute(
          tx,
        )
        await finishJob(tx, job_id, {
          result: { ...result },
          message: changeSummary(change.request, result),
          now: deps.clock.now(),
        })
      },
      run.signal,
    ).finally(() => reporting)
  } catch (error) {
    const known = error instanceof ApiError ? error.message : null
    if (!known && run.attempt < changeDatasetJob.attempts) throw error
    if (!known) run.log.error({ err: error }, 'dataset could not be changed')
    await transaction(deps.db, async (tx) => {
      await sql`update dataset_changes set status = 'failed', finished_at = ${now} where job_id = ${job_id} and status = 'queued'`.execute(
        tx,
      )
      if ('target_id' in change.request) await settleDataset(tx, change.request.target_id, 'failed', 0, now)
      await failJob(tx, job_id, {
        error: known ?? 'The dataset could not be changed; see the server’s log.',
        now: deps.clock.now(),
      })
    })
  }
}
