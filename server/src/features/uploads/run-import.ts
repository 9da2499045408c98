import type { Db } from '../../db/connect.ts'
import { copyTransaction } from '../../db/copy-transaction.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { failJob, finishJob, reportProgress, startJob } from '../jobs/progress.ts'
import { type ImportCounts, ImportFault, NO_COUNTS } from './append-rows.ts'
import { carryOut, readOneMoment } from './carry-out.ts'
import { unreadable } from './inspect-csv.ts'
import { importFileJob } from './jobs.ts'
import { waitForOthers } from './lock-rows.ts'
import { findFinishedImport, findImportToRun, isJobCancelled, lockImport } from './queries.ts'
import { countsOf, summaryOf } from './start-upload.ts'
import { failImport } from './store-import.ts'

const PROGRESS_EVERY_MS = 500
const CANCELLED = 'The import was cancelled.'

/**
 * Reads a stored file into its dataset, or into a plan. All of it is one transaction, so a kill at any moment leaves nothing
 * behind and the next run begins again at the start of the file; a run that meets another one waits for its end and then
 * finds the work done. Progress is written on another connection, or nobody would see it before the end; it counts what this
 * run has read, so after a kill it begins at 0 again.
 *
 * A fault of the file fails the import at once; a fault of the infrastructure is tried again by the queue.
 */
export const runImport = async (
  { import_id, job_id }: { import_id: string; job_id: string },
  deps: Deps,
  run: JobRun,
): Promise<void> => {
  const file = await findImportToRun(deps.db, import_id)
  if (!file) return settleJob(deps, import_id, job_id)
  const now = workspaceNow(file, deps.clock.now())
  const fail = async (message: string): Promise<void> => {
    await failImport(deps.db, file, message, now)
    await failJob(deps.db, job_id, { error: message, now: deps.clock.now() })
  }
  if (!file.sha256) return fail('The uploaded file is no longer stored.')
  if (await isJobCancelled(deps.db, job_id)) return fail(CANCELLED)
  await startJob(deps.db, job_id, deps.clock.now())
  const tell = (bytes: number, counts: ImportCounts): Promise<void> =>
    reportProgress(deps.db, job_id, bytes, file.size_bytes, `${counts.rows_read} rows read`, deps.clock.now(), {
      ...counts,
    })
  await tell(0, NO_COUNTS)

  const stop = new AbortController()
  const signal = AbortSignal.any([run.signal, stop.signal])
  let reporting: Promise<void> | null = null
  let reported = performance.now()
  const report = (bytes: number, counts: ImportCounts): void => {
    if (reporting || performance.now() - reported < PROGRESS_EVERY_MS) return
    reporting = (async () => {
      await tell(bytes, counts)
      if (await isJobCancelled(deps.db, job_id)) stop.abort(new ImportFault(CANCELLED))
    })()
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
        if (file.is_plan) await readOneMoment(copying.tx)
        await waitForOthers(copying.tx)
        if (!(await lockImport(copying.tx, import_id))) return
        const result = await carryOut(copying, deps, file, { now, wait: true, onBatch: report })
        await reporting
        if (await isJobCancelled(deps.db, job_id)) throw new ImportFault(CANCELLED)
        // A plan reads one moment, in which the job has no progress yet: its transaction cannot write the job.
        if (!file.is_plan) await finish(copying.tx, deps, job_id, result, false)
      },
      signal,
    ).finally(() => reporting)
    if (file.is_plan) await settleJob(deps, import_id, job_id)
  } catch (error) {
    const known =
      error instanceof ImportFault || (error instanceof ApiError && error.code === 'PLAN_OUTDATED')
        ? error.message
        : (unreadable(error)?.message ?? null)
    if (known) return fail(known)
    if (run.attempt < importFileJob.attempts) throw error
    run.log.error({ err: error }, 'import failed')
    await fail('The file could not be imported; see the server’s log.')
  }
}

const finish = (
  db: Db,
  deps: Pick<Deps, 'clock'>,
  jobId: string,
  result: ImportCounts,
  isPlan: boolean,
): Promise<void> => {
  const counts = countsOf(result)
  return finishJob(db, jobId, {
    result: { ...counts },
    counts: { ...counts },
    message: summaryOf(counts, isPlan),
    now: deps.clock.now(),
  })
}

/** What an earlier run has done, but not said before it was killed. */
const settleJob = async (deps: Pick<Deps, 'db' | 'clock'>, importId: string, jobId: string): Promise<void> => {
  const done = await findFinishedImport(deps.db, importId, jobId)
  if (done) await finish(deps.db, deps, jobId, done, done.is_plan)
}
