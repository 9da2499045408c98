import { copyTransaction } from '../../db/copy-transaction.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound, problem } from '../../http/errors.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { type ImportCounts, NO_COUNTS } from './append-rows.ts'
import { carryOut, checkFingerprint } from './carry-out.ts'
import { findOpenDataset, openSessionDataset } from './import-target.ts'
import { importFileJob } from './jobs.ts'
import { lockRowsOfDataset } from './lock-rows.ts'
import { deletePlan, findImport, findImportToRun, lockPlan, openPlan } from './queries.ts'
import { announceJob, countsOf, readingInRequest, summaryOf } from './start-upload.ts'
import { ROWS_IN_REQUEST } from './uploaded-table.ts'

export const NO_IMPORT = 'There is no such import in this workspace.'

const WHY_NOT: Record<string, string> = {
  queued: 'The plan is still being made.',
  running: 'The plan is still being made.',
  failed: 'The plan came to nothing; see its error.',
}

/**
 * Carries a plan out as it was made, from the stored file: in the request for a small file, else by a job. Throws
 * PLAN_OUTDATED, with nothing changed and the plan as it was, when the dataset is not what the plan found or any row would
 * now be decided otherwise; where a job reads the file it may be the job that finds it, and then the import fails with that
 * word. Throws IMPORT_STATE for what is no finished plan.
 */
export const applyPlan = async (
  deps: Pick<Deps, 'db' | 'pool' | 'storage' | 'config' | 'clock'>,
  who: { workspace_id: string; user_id: string },
  importId: string,
  now: Date,
) => {
  // A plan that is being read holds its row; it is refused before that lock is waited for.
  const seen = await findImport(deps.db, who.workspace_id, importId)
  if (!seen) throw notFound(NO_IMPORT)
  if (seen.status !== 'planned') throw refusal(seen.is_plan, seen.status)
  return readingInRequest(() =>
    copyTransaction(deps.pool, async (copying) => {
      const { tx } = copying
      const plan = await lockPlan(tx, who.workspace_id, importId)
      if (!plan) throw notFound(NO_IMPORT)
      if (plan.status !== 'planned') throw refusal(plan.is_plan, plan.status)
      if (plan.dataset_id) {
        await findOpenDataset(tx, who.workspace_id, plan.dataset_id)
        await lockRowsOfDataset(tx, plan.dataset_id, false)
      }
      await checkFingerprint(tx, plan)
      let dataset_id = plan.dataset_id
      if (plan.request)
        ({ dataset_id } = await openSessionDataset(
          tx,
          who,
          plan.request,
          {
            source_type: plan.sheets ? 'excel' : 'csv',
            columns: plan.columns ?? [],
            column_mapping: plan.column_mapping,
          },
          now,
        ))
      if (!dataset_id) throw problem('CONFLICT', 'The dataset of this plan is gone.')
      const job_id =
        plan.rows_read <= ROWS_IN_REQUEST ? null : await announceJob(tx, deps, who, importId, plan.size_bytes ?? 0)
      await openPlan(tx, importId, dataset_id, job_id)
      let counts: ImportCounts = NO_COUNTS
      if (job_id) await enqueue(tx, importFileJob, { import_id: importId, job_id })
      else {
        const run = await findImportToRun(tx, importId)
        if (run) counts = countsOf(await carryOut(copying, deps, run, { now, wait: false }))
      }
      return {
        import_id: importId,
        dataset_id,
        session_id: plan.session_id,
        job_id,
        status: job_id ? ('queued' as const) : ('completed' as const),
        message: job_id ? 'The plan is being carried out; follow job_id.' : summaryOf(counts),
        ...counts,
      }
    }),
  )
}

const refusal = (isPlan: boolean, status: string) =>
  problem(
    'IMPORT_STATE',
    isPlan ? (WHY_NOT[status] ?? 'This is no finished plan.') : 'This import is no plan, or was carried out already.',
  )

/** Forgets a plan that nobody wants. Throws IMPORT_STATE for one that is being made and for what is no plan. */
export const discardPlan = (deps: Pick<Deps, 'db'>, workspaceId: string, importId: string) =>
  transaction(deps.db, async (tx) => {
    const seen = await findImport(tx, workspaceId, importId)
    if (!seen) throw notFound(NO_IMPORT)
    if (!seen.is_plan)
      throw problem('IMPORT_STATE', 'This import was carried out; it can be undone, but not discarded.')
    if (seen.status === 'running') throw refusal(true, seen.status)
    const plan = await lockPlan(tx, workspaceId, importId)
    if (!plan?.is_plan || plan.status === 'running') throw refusal(true, plan?.status ?? 'failed')
    await deletePlan(tx, importId)
    return { import_id: importId, deleted: true, message: 'The plan was discarded.' }
  })
