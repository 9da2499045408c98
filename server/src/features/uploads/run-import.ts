import { copyTransaction } from '../../db/copy-transaction.ts'
import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { failJob, finishJob, reportProgress, startJob } from '../jobs/progress.ts'
import { ImportFault, importRows } from './import-rows.ts'
import { unreadable } from './inspect-csv.ts'
import { importFileJob } from './jobs.ts'
import { findImportToRun, isJobCancelled, lockImport } from './queries.ts'
import { summaryOf } from './start-upload.ts'
import { completeImport, failImport } from './store-import.ts'

const PROGRESS_EVERY_MS = 500
const CANCELLED = 'The import was cancelled.'

/**
 * Reads a stored file into its dataset. All of it is one transaction, so a kill at any moment leaves nothing behind and the
 * next run begins again at the start of the file; a run that meets another one waits for its end and then finds the work
 * done. Progress is written on another connection, or nobody would see it before the end.
 *
 * A fault of the file fails the import at once; a fault of the infrastructure is tried again by the queue.
 */
export const runImport = async (
  { import_id, job_id }: { import_id: string; job_id: string },
  deps: Deps,
  run: JobRun,
): Promise<void> => {
  const plan = await findImportToRun(deps.db, import_id)
  if (!plan) return
  const systemNow = deps.clock.now()
  const now = workspaceNow(plan, systemNow)
  const fail = async (message: string): Promise<void> => {
    await failImport(deps.db, plan, message, now)
    await failJob(deps.db, job_id, { error: message, now: deps.clock.now() })
  }
  if (!plan.sha256) return fail('The uploaded file is no longer stored.')
  if (await isJobCancelled(deps.db, job_id)) return fail(CANCELLED)
  await startJob(deps.db, job_id, systemNow)

  const stop = new AbortController()
  const signal = AbortSignal.any([run.signal, stop.signal])
  let reporting: Promise<void> | null = null
  let reported = performance.now()
  const report = (bytes: number, rowsRead: number): void => {
    if (reporting || performance.now() - reported < PROGRESS_EVERY_MS) return
    reporting = (async () => {
      await reportProgress(deps.db, job_id, bytes, plan.size_bytes, `${rowsRead} rows read`, deps.clock.now())
      if (await isJobCancelled(deps.db, job_id)) stop.abort(new ImportFault(CANCELLED))
    })()
      .catch((error) => run.log.warn({ message: (error as Error).message }, 'progress could not be written'))
      .finally(() => {
        reporting = null
        reported = performance.now()
      })
  }

  try {
    const source = await deps.storage.read(plan.sha256)
    try {
      await copyTransaction(
        deps.pool,
        async (copying) => {
          if (!(await lockImport(copying.tx, import_id))) return
          const counts = await importRows(copying, { ...plan, max_rows: deps.config.uploads.max_rows }, source, report)
          await reporting
          if (await isJobCancelled(copying.tx, job_id)) throw new ImportFault(CANCELLED)
          await completeImport(copying.tx, plan, counts, workspaceNow(plan, deps.clock.now()))
          await finishJob(copying.tx, job_id, {
            result: { ...counts },
            message: summaryOf(counts),
            now: deps.clock.now(),
          })
        },
        signal,
      )
    } finally {
      source.destroy()
      await reporting
    }
  } catch (error) {
    const known = error instanceof ImportFault ? error.message : (unreadable(error)?.message ?? null)
    if (known) return fail(known)
    if (run.attempt < importFileJob.attempts) throw error
    run.log.error({ err: error }, 'import failed')
    await fail('The file could not be imported; see the server’s log.')
  }
}
