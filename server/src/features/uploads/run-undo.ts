import { copyTransaction } from '../../db/copy-transaction.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { failJob, finishJob, reportProgress, startJob } from '../jobs/progress.ts'
import { undoImportJob } from './jobs.ts'
import { lockRowsOfDataset, waitForOthers } from './lock-rows.ts'
import { findImportToUndo, isJobCancelled, lockImport } from './queries.ts'
import { takeBack } from './take-back.ts'
import { undoneSentence } from './undo-import.ts'

const PROGRESS_EVERY_MS = 500
const CANCELLED = 'Undoing was cancelled; nothing has changed.'

/**
 * Takes a large import back in one transaction: a kill at any moment leaves the import as it was, and the next run begins
 * anew. A run that meets another one waits for its end and finds the work done.
 */
export const runUndo = async (
  { import_id, job_id }: { import_id: string; job_id: string },
  deps: Deps,
  run: JobRun,
): Promise<void> => {
  const found = await findImportToUndo(deps.db, import_id, job_id)
  if (!found) return
  const now = workspaceNow(found, deps.clock.now())
  const fail = (error: string): Promise<void> => failJob(deps.db, job_id, { error, now: deps.clock.now() })
  await startJob(deps.db, job_id, deps.clock.now())
  const total = found.rows_imported + found.rows_updated
  let reporting: Promise<void> | null = null
  let reported = performance.now()
  const report = (done: number): void => {
    if (reporting || performance.now() - reported < PROGRESS_EVERY_MS) return
    reporting = reportProgress(deps.db, job_id, done, total, `${done} of ${total} rows done`, deps.clock.now())
      .catch((error) => run.log.warn({ message: (error as Error).message }, 'progress could not be written'))
      .finally(() => {
        reporting = null
        reported = performance.now()
      })
  }
  try {
    await copyTransaction(
      deps.pool,
      async ({ tx }) => {
        await waitForOthers(tx)
        if (!(await lockImport(tx, import_id, ['completed']))) return
        await lockRowsOfDataset(tx, found.dataset_id, true)
        const { kept, ...taken } = await takeBack(tx, found, now, report)
        await reporting
        // Only now: the row of the job is written by the reports, on another connection.
        if (await isJobCancelled(tx, job_id)) throw new ApiError('CONFLICT', CANCELLED)
        await finishJob(tx, job_id, {
          result: { ...taken },
          message: undoneSentence({ ...taken, kept }),
          now: deps.clock.now(),
        })
      },
      run.signal,
    ).finally(() => reporting)
  } catch (error) {
    if (error instanceof ApiError) return fail(error.message)
    if (run.attempt < undoImportJob.attempts) throw error
    run.log.error({ err: error }, 'import could not be undone')
    await fail('The import could not be undone; see the server’s log.')
  }
}
