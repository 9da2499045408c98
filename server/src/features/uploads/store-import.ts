import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { createDataset, type NewDataset, settleDataset } from '../datasets/create-dataset.ts'
import { settleSession } from '../sessions/session-dataset.ts'
import type { ImportCounts } from './import-rows.ts'
import type { CsvInspection } from './inspect-csv.ts'

export type StoredUpload = { filename: string; sha256: Buffer; size_bytes: number }

export type NewImport = Pick<
  NewDataset,
  'workspace_id' | 'user_id' | 'dataset_name' | 'pipeline_type' | 'session_id' | 'column_mapping' | 'now'
> & {
  import_id: string
  file: StoredUpload
  inspection: Pick<CsvInspection, 'columns' | 'dialect'>
  /** The job that will read it, or null when the caller reads it in the same transaction. */
  job_id: string | null
}

/** Writes down that a stored file fills a new dataset: the rows of stored_files, datasets and imports. */
export const insertImport = async (tx: Tx, made: NewImport): Promise<{ dataset_id: string; import_id: string }> => {
  const dataset_id = newId()
  const file_id = newId()
  const { import_id, workspace_id, user_id, file, now } = made
  await sql`
    insert into stored_files (id, workspace_id, filename, sha256, size_bytes, created_at)
    values (${file_id}, ${workspace_id}, ${file.filename.slice(0, 500).toWellFormed()}, ${file.sha256}, ${file.size_bytes}, ${now})`.execute(
    tx,
  )
  await createDataset(tx, {
    ...made,
    dataset_id,
    source_type: 'csv',
    columns: made.inspection.columns.map(({ name }) => name),
  })
  await sql`
    insert into imports (import_id, workspace_id, dataset_id, session_id, job_id, file_id, user_id, status, column_mapping, dialect, created_at)
    values (${import_id}, ${workspace_id}, ${dataset_id}, ${made.session_id}, ${made.job_id}, ${file_id}, ${user_id},
      ${made.job_id ? 'queued' : 'running'}, ${JSON.stringify(made.column_mapping)}, ${JSON.stringify(made.inspection.dialect)}, ${now})`.execute(
    tx,
  )
  return { dataset_id, import_id }
}

type Settled = { import_id: string; dataset_id: string; session_id: string | null }

/** In the transaction that holds the rows, so that counts and rows appear together. */
export const completeImport = async (tx: Tx, settled: Settled, counts: ImportCounts, now: Date): Promise<void> => {
  await sql`
    update imports set status = 'completed', error = null, finished_at = ${now}, rows_read = ${counts.rows_read}, rows_imported = ${counts.rows_imported},
      rows_rejected = ${counts.rows_rejected}, rows_duplicate = ${counts.rows_duplicate}, rows_known = ${counts.rows_known}, rows_without_email = ${counts.rows_without_email}
    where import_id = ${settled.import_id}`.execute(tx)
  await settleDataset(tx, settled.dataset_id, 'completed', counts.rows_imported, now)
  if (settled.session_id) await settleSession(tx, settled.session_id, settled.dataset_id, 'ready', now)
}

export const failImport = (db: Db, settled: Settled, message: string, now: Date): Promise<void> =>
  transaction(db, async (tx) => {
    await sql`update imports set status = 'failed', error = ${message}, finished_at = ${now} where import_id = ${settled.import_id}`.execute(
      tx,
    )
    await settleDataset(tx, settled.dataset_id, 'failed', 0, now)
    if (settled.session_id) await settleSession(tx, settled.session_id, settled.dataset_id, 'failed', now)
  })
