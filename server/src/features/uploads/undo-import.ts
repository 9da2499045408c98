import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound, problem } from '../../http/errors.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { createJob } from '../jobs/progress.ts'
import { NO_IMPORT } from './apply-plan.ts'
import { undoImportJob } from './jobs.ts'
import { lockRowsOfDataset, orBusy } from './lock-rows.ts'
import { findImport, noteUndoing } from './queries.ts'
import { type Taken, takeBack } from './take-back.ts'
import { ROWS_IN_REQUEST } from './uploaded-table.ts'

const NOT_YET = 'The import is still being read; it can be undone when it is over.'
const WHY_NOT: Record<string, string> = {
  queued: NOT_YET,
  running: NOT_YET,
  planned: 'This is a plan that was not carried out; there is nothing to undo.',
  failed: 'The import failed and left no rows; there is nothing to undo.',
  undoing: 'The import is being undone already.',
  undone: 'The import has been undone already.',
}

const NOTHING: Taken = {
  rows_removed: 0,
  rows_restored: 0,
  values_restored: 0,
  values_kept: 0,
  kept: [],
  columns_removed: [],
}

/**
 * Takes an import back, see takeBack: in the request where it has changed and added up to 10,000 rows, else by a job. Throws
 * IMPORT_STATE for an import that is not over, failed or is undone, IN_USE where a campaign has made leads of its rows.
 */
export const undoImport = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  who: { workspace_id: string; user_id: string },
  importId: string,
  now: Date,
) => {
  try {
    return await transaction(deps.db, (tx) => undoWithin(tx, deps, who, importId, now))
  } catch (error) {
    throw orBusy(error)
  }
}

const undoWithin = async (
  tx: Tx,
  deps: Pick<Deps, 'clock'>,
  who: { workspace_id: string; user_id: string },
  importId: string,
  now: Date,
) => {
  const found = await findImport(tx, who.workspace_id, importId)
  if (!found) throw notFound(NO_IMPORT)
  // A running import is refused before the lock, which it holds until it is over.
  const { dataset_id } = found
  if (found.status !== 'completed' || !dataset_id) throw problem('IMPORT_STATE', WHY_NOT[found.status])
  await lockForUndo(tx, who.workspace_id, importId)
  const about = { import_id: importId, dataset_id }
  const size = found.rows_imported + found.rows_updated
  if (size > ROWS_IN_REQUEST) {
    const job_id = await createJob(tx, {
      ...who,
      kind: undoImportJob.name,
      subject_id: importId,
      total: size,
      message: 'Waiting to be undone.',
      now: deps.clock.now(),
    })
    await noteUndoing(tx, importId, job_id)
    await enqueue(tx, undoImportJob, { import_id: importId, job_id })
    return {
      ...about,
      ...NOTHING,
      status: 'queued' as const,
      job_id,
      undone_at: null,
      message: 'The import is large and is being undone; follow job_id.',
    }
  }
  await lockRowsOfDataset(tx, dataset_id, false)
  const taken = await takeBack(tx, { ...found, ...about, workspace_id: who.workspace_id }, now)
  return {
    ...about,
    ...taken,
    status: 'undone' as const,
    job_id: null,
    undone_at: now,
    message: undoneSentence(taken),
  }
}

/** Two requests to undo go one after the other; the second finds it done, or a job on its way. */
const lockForUndo = async (tx: Tx, workspaceId: string, importId: string): Promise<void> => {
  await sql`select 1 from imports where import_id = ${importId} for update`.execute(tx)
  const status = (await findImport(tx, workspaceId, importId))?.status ?? 'undone'
  if (status !== 'completed') throw problem('IMPORT_STATE', WHY_NOT[status])
}

const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** What undoing has done, for a person. */
export const undoneSentence = (taken: Taken): string => {
  const { rows_removed, rows_restored, values_restored, values_kept } = taken
  return [
    `${counted(rows_removed, 'row was', 'rows were')} taken out of the dataset.`,
    values_restored
      ? ` ${counted(values_restored, 'cell')} in ${counted(rows_restored, 'row')} ${values_restored === 1 ? 'has its former value' : 'have their former values'}.`
      : '',
    values_kept ? ` ${counted(values_kept, 'cell was', 'cells were')} written since and left alone.` : '',
  ].join('')
}
