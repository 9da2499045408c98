import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { CopyTransaction } from '../../db/copy-transaction.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound, problem } from '../../http/errors.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { createJob } from '../jobs/progress.ts'
import { findOpenDataset } from '../uploads/import-target.ts'
import { lockRowsOfDataset } from '../uploads/lock-rows.ts'
import {
  addColumn,
  mapColumn,
  movesIdentity,
  removeColumn,
  renameColumn,
  reorderColumns,
  type TableShape,
} from './change-columns.ts'
import {
  type ChangeContext,
  countChanged,
  countSelected,
  identityColumns,
  removeRows,
  restoreRows,
  updateRows,
} from './change-rows.ts'
import { copyRows, mergeDatasets } from './combine-datasets.ts'
import { type ChangeResult, changeSummary, type DatasetChange } from './dataset-change.ts'
import { readDatasetColumns } from './dataset-rows.ts'
import { changeDatasetJob } from './jobs.ts'

/** Up to so many rows a change is carried out while the client waits; the answer is there in about a second. */
export const ROWS_IN_REQUEST = 10_000

export const noDataset = () => notFound('There is no such dataset in this workspace.')

type Who = { workspace_id: string; user_id: string }

/** Does all of a change in the caller's transaction, which holds the rows of the datasets. */
export const carryOutChange = async (
  context: ChangeContext,
  change: DatasetChange,
  via: { to: Tx | CopyTransaction; reading: Db },
): Promise<ChangeResult> => {
  const dataset = await readDatasetColumns(context.tx, context.workspace_id, context.dataset_id)
  if (!dataset) throw noDataset()
  const shape: TableShape = dataset
  switch (change.kind) {
    case 'update_rows':
      return updateRows(context, change, identityColumns(dataset.column_mapping))
    case 'add_column': {
      const made = await addColumn(context, shape, change)
      if (change.value === null) return { rows_changed: 0 }
      return updateRows(
        context,
        { kind: 'update_rows', rows: { all: true }, cells: { [change.name]: change.value } },
        identityColumns(made.column_mapping),
      )
    }
    case 'reorder_columns':
      await reorderColumns(context, shape, change.columns)
      return {}
    case 'remove_rows':
      return removeRows(context, change.rows)
    case 'restore_rows':
      return restoreRows(context, change.rows)
    case 'rename_column':
      return renameColumn(context, shape, change)
    case 'remove_column':
      return removeColumn(context, shape, change)
    case 'map_column':
      return mapColumn(context, shape, change)
    case 'merge':
      return mergeDatasets(context, via.to, via.reading, change)
    case 'split':
      return copyRows(context, change.target_id, change.rows, change.move)
    case 'copy':
      return copyRows(context, change.target_id, { all: true }, false)
  }
}

/** Holds the rows of every dataset that a change reads or writes, always in the same order. */
export const lockDatasets = async (tx: Tx, datasetId: string, change: DatasetChange, wait: boolean): Promise<void> => {
  const ids = change.kind === 'merge' ? [datasetId, change.source_id].sort() : [datasetId]
  for (const id of ids) await lockRowsOfDataset(tx, id, wait)
}

export type ChangeAnswer = {
  dataset_id: string
  status: 'completed' | 'queued'
  job_id: string | null
  dry_run: boolean
  result: ChangeResult | null
  message: string
}

/**
 * Carries a change out, or hands it to a job where the datasets are too large for a request; the answer's `job_id` is set
 * then. `plan` sees the dataset, held, and says what is to be done; what it throws is the answer. Throws NOT_FOUND, CONFLICT
 * for an archived dataset, IMPORT_STATE while rows are added, DATASET_BUSY while another change waits for its job.
 */
export const startChange = (
  deps: Pick<Deps, 'db' | 'clock'>,
  who: Who,
  datasetId: string,
  options: { dry_run?: boolean; now: Date },
  plan: (tx: Tx, dataset: TableShape & { row_count: number; dataset_name: string }) => Promise<DatasetChange>,
): Promise<ChangeAnswer> =>
  transaction(deps.db, async (tx) => {
    const { workspace_id } = who
    await findOpenDataset(tx, workspace_id, datasetId)
    if (!options.dry_run) await refuseWhileWaiting(tx, datasetId)
    await lockRowsOfDataset(tx, datasetId, false)
    const dataset = await readDatasetColumns(tx, workspace_id, datasetId)
    if (!dataset) throw noDataset()
    const change = await plan(tx, dataset)
    const dry_run = options.dry_run ?? false
    const context: ChangeContext = { tx, workspace_id, dataset_id: datasetId, now: options.now, report: () => {} }
    const size = await rowsToRead(tx, context, change, dataset)
    // Counting rows is cheap enough for a request whatever their number.
    if (dry_run && change.kind !== 'merge') {
      const result = await dryResult(context, change, dataset.row_count)
      return answerOf(datasetId, change, result, true)
    }
    if (size <= ROWS_IN_REQUEST) {
      await lockDatasets(tx, datasetId, change, false)
      const result = await carryOutChange(context, change, { to: tx, reading: tx })
      return answerOf(datasetId, change, result, dry_run)
    }
    const job_id = await createJob(tx, {
      ...who,
      kind: changeDatasetJob.name,
      subject_id: datasetId,
      total: size,
      message: 'Waiting to be carried out.',
      now: deps.clock.now(),
    })
    await sql`
      insert into dataset_changes (job_id, workspace_id, dataset_id, user_id, kind, request, status, created_at)
      values (${job_id}, ${workspace_id}, ${datasetId}, ${who.user_id}, ${change.kind}, ${JSON.stringify(change)}, 'queued', ${options.now})`.execute(
      tx,
    )
    await enqueue(tx, changeDatasetJob, { job_id })
    return {
      dataset_id: datasetId,
      status: 'queued',
      job_id,
      dry_run,
      result: 'target_id' in change ? { new_dataset_id: change.target_id } : null,
      message: 'The dataset is large; the change is carried out by a job, follow job_id.',
    }
  })

/** Changes are carried out in the order in which they were asked for, which several waiting jobs would not keep. */
const refuseWhileWaiting = async (tx: Tx, datasetId: string): Promise<void> => {
  const waiting = await sql<{ job_id: string }>`
    select job_id from dataset_changes where dataset_id = ${datasetId} and status = 'queued' limit 1`.execute(tx)
  const [first] = waiting.rows
  if (first)
    throw problem(
      'DATASET_BUSY',
      `Another change of this dataset is being carried out by the job ${first.job_id}; try again when it is over.`,
    )
}

const answerOf = (datasetId: string, change: DatasetChange, result: ChangeResult, dry_run: boolean): ChangeAnswer => ({
  dataset_id: datasetId,
  status: 'completed',
  job_id: null,
  dry_run,
  result,
  message:
    dry_run && change.kind !== 'merge'
      ? `Nothing changed: ${changeSummary(change, result)}`
      : changeSummary(change, result),
})

const dryResult = async (context: ChangeContext, change: DatasetChange, rowCount: number): Promise<ChangeResult> => {
  if (change.kind === 'update_rows') return { rows_changed: await countChanged(context, change) }
  if (change.kind === 'remove_rows')
    return { rows_removed: await countSelected(context, change.rows), row_count: rowCount }
  if (change.kind === 'split') return { rows_copied: await countSelected(context, change.rows), row_count: rowCount }
  throw new Error(`There is no dry run of ${change.kind}.`)
}

/** How many rows a change has to look at, for the choice between request and job and for its progress. */
const rowsToRead = async (
  tx: Tx,
  who: { workspace_id: string; dataset_id: string },
  change: DatasetChange,
  dataset: TableShape & { row_count: number },
): Promise<number> => {
  switch (change.kind) {
    case 'merge':
      return (await readDatasetColumns(tx, who.workspace_id, change.source_id))?.row_count ?? 0
    case 'reorder_columns':
      return 0
    case 'add_column':
      return change.value === null ? 0 : dataset.row_count
    case 'map_column':
      return movesIdentity(dataset, change) ? dataset.row_count : 0
    case 'restore_rows': {
      if ('row_ids' in change.rows) return change.rows.row_ids.length
      const found = await sql<{ n: number }>`
        select count(*)::int as n from dataset_rows where dataset_id = ${who.dataset_id} and removed_at is not null`.execute(
        tx,
      )
      return found.rows[0]?.n ?? 0
    }
    case 'update_rows':
    case 'remove_rows':
      return 'row_ids' in change.rows ? change.rows.row_ids.length : dataset.row_count
    default:
      return dataset.row_count
  }
}
