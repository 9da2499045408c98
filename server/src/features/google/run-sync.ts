import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { failJob, finishJob, reportProgress, startJob } from '../jobs/progress.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { syncSheetJob } from './jobs.ts'
import { findSyncToRun, recordFailure, type SyncToRun } from './queries.ts'
import { readForSync, summaryOf } from './start-sync.ts'
import { bringChanges } from './sync-sheet.ts'

const PROGRESS_EVERY_MS = 500
/** What passes by itself is told after so many times in a row, everything else the first time. */
const PATIENCE = 3
const PASSING = new Set(['UPSTREAM_ERROR', 'IMPORT_STATE', 'RATE_LIMITED'])

/**
 * Reads a sheet and brings its changes into the dataset. The sheet is read anew after a crash, and the changes are one
 * transaction, so a kill at any moment leaves nothing half-way. A fault that a person can read ends the run; a fault of the
 * infrastructure is tried again by the queue.
 */
export const runSync = async (
  input: { sync_id: string; job_id: string | null; allow_mass_removal: boolean },
  deps: Deps,
  run: JobRun,
): Promise<void> => {
  const { sync_id, job_id } = input
  const sync = await findSyncToRun(deps.db, sync_id)
  if (!sync) {
    if (job_id) await failJob(deps.db, job_id, { error: 'The synchronisation was deleted.', now: deps.clock.now() })
    return
  }
  const now = workspaceNow(sync, deps.clock.now())
  const reader = { workspace: sync, user_id: sync.user_id }
  if (job_id) await startJob(deps.db, job_id, deps.clock.now())
  let reported = performance.now()
  const report = (done: number, total: number): void => {
    if (!job_id || performance.now() - reported < PROGRESS_EVERY_MS) return
    reported = performance.now()
    reportProgress(deps.db, job_id, done, Math.max(done, total), `${done} rows read`, deps.clock.now()).catch((error) =>
      run.log.warn({ message: (error as Error).message }, 'progress could not be written'),
    )
  }
  try {
    const { settings, spool, all_tab_ids } = await readForSync(
      deps,
      reader,
      sync.sheet_id,
      (sheet) => ({ ...settingsIn(sync), ...sheet }),
      { most: Number.POSITIVE_INFINITY, signal: run.signal, onRows: report },
    )
    if (!spool) throw new Error('A sheet without limit was not read.')
    try {
      const result = await bringChanges(deps, sync, settings, spool, {
        now,
        dry_run: false,
        allow_mass_removal: input.allow_mass_removal,
        wait: true,
        all_tab_ids,
        job_id,
      })
      const { changes: _changes, refusals: _refusals, ...counts } = result
      if (job_id)
        await finishJob(deps.db, job_id, {
          result: counts,
          message: summaryOf(result, false),
          now: deps.clock.now(),
        })
    } finally {
      await spool.remove()
    }
  } catch (error) {
    const isKnown = error instanceof ApiError
    if (!isKnown && run.attempt < syncSheetJob.attempts) throw error
    if (!isKnown) run.log.error({ err: error }, 'a sheet could not be synchronised')
    const why = isKnown ? describe(error) : 'The sheet could not be synchronised; see the server’s log.'
    if (job_id) await failJob(deps.db, job_id, { error: why, now: deps.clock.now() })
    await settleFailure(deps, sync, why, isKnown && PASSING.has(error.code), now)
  }
}

const settingsIn = (sync: SyncToRun) => ({
  tab_names: sync.tab_names,
  header_row: sync.header_row,
  key_column: sync.key_column,
  duplicates: sync.duplicates,
  missing_rows: sync.missing_rows,
  every_minutes: sync.every_minutes,
})

/** Of a 422 the details say more than its message. */
const describe = (error: ApiError): string =>
  error.details?.length ? error.details.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join('; ') : error.message

/** A synchronisation that repeats by itself has nobody who waits for its answer: one alert tells of a row of failures. */
const settleFailure = (
  deps: Pick<Deps, 'db'>,
  sync: SyncToRun,
  why: string,
  isPassing: boolean,
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const failures = await recordFailure(tx, sync.sync_id, why, now)
    if (sync.every_minutes === null || failures !== (isPassing ? PATIENCE : 1)) return
    await raiseAlert(tx, {
      workspace_id: sync.workspace_id,
      alert_type: 'system',
      severity: 'warning',
      title: `“${sync.title.slice(0, 100)}” is no longer brought into “${sync.dataset_name.slice(0, 100)}”`,
      message: `${why} It is tried again every ${sync.every_minutes} minutes.`,
      metadata: { cause: 'sheet_sync_failed', sync_id: sync.sync_id, dataset_id: sync.dataset_id },
      now,
    })
  })
