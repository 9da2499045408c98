import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { settleSession } from '../sessions/session-dataset.ts'
import type { AppendResult } from './append-rows.ts'
import type { SenderChoice } from './choose-sender.ts'
import type { RowPolicy } from './row-policy.ts'
import type { UploadedTable } from './uploaded-table.ts'

export type StoredUpload = { filename: string; sha256: Buffer; size_bytes: number }

/** What a plan needs later to make the dataset of a session; null where the dataset is there. */
export type ImportRequest = {
  session_id: string
  pipeline_type: 'enrichment' | 'personalization' | 'lead_finder' | 'email_finder'
  dataset_name: string
  sender: SenderChoice
}

export type NewImport = {
  import_id: string
  workspace_id: string
  user_id: string
  /** Null for a plan whose dataset does not exist yet. */
  dataset_id: string | null
  session_id: string | null
  file: StoredUpload
  table: Pick<UploadedTable, 'columns' | 'column_mapping' | 'dialect' | 'sheets'>
  policy: RowPolicy
  is_append: boolean
  is_plan: boolean
  request: ImportRequest | null
  /** The job that will read it, or null when the caller reads it in the same transaction. */
  job_id: string | null
  now: Date
}

/** Writes down that a stored file is to be read: the rows of stored_files and imports. */
export const insertImport = async (tx: Tx, made: NewImport): Promise<void> => {
  const file_id = newId()
  const { import_id, workspace_id, user_id, file, table, policy, now } = made
  await sql`
    insert into stored_files (id, workspace_id, filename, sha256, size_bytes, created_at)
    values (${file_id}, ${workspace_id}, ${file.filename.slice(0, 500).toWellFormed()}, ${file.sha256}, ${file.size_bytes}, ${now})`.execute(
    tx,
  )
  await sql`
    insert into imports (import_id, workspace_id, dataset_id, session_id, job_id, file_id, user_id, status, column_mapping, dialect, columns, sheets,
      duplicates, duplicates_in, is_append, is_plan, request, created_at)
    values (${import_id}, ${workspace_id}, ${made.dataset_id}, ${made.session_id}, ${made.job_id}, ${file_id}, ${user_id},
      ${made.job_id ? 'queued' : 'running'}, ${JSON.stringify(table.column_mapping)}, ${jsonOrNull(table.dialect)}, ${JSON.stringify(table.columns)}, ${jsonOrNull(table.sheets)},
      ${policy.duplicates}, ${policy.duplicates_in}, ${made.is_append}, ${made.is_plan}, ${jsonOrNull(made.request)}, ${now})`.execute(
    tx,
  )
}

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

export type Settled = { import_id: string; dataset_id: string | null; session_id: string | null; is_append: boolean }

const countsOf = (result: AppendResult) => sql`
  rows_read = ${result.rows_read}, rows_imported = ${result.rows_imported}, rows_updated = ${result.rows_updated}, rows_unchanged = ${result.rows_unchanged},
  rows_rejected = ${result.rows_rejected}, rows_duplicate = ${result.rows_duplicate}, rows_known = ${result.rows_known}, rows_without_email = ${result.rows_without_email},
  columns_added = ${JSON.stringify(result.columns_added)}, mapping_added = ${JSON.stringify(result.mapping_added)}`

/** In the transaction that holds the rows, so that counts and rows appear together. */
export const completeImport = async (tx: Tx, settled: Settled, result: AppendResult, now: Date): Promise<void> => {
  await sql`
    update imports set status = 'completed', error = null, finished_at = ${now}, ${countsOf(result)} where import_id = ${settled.import_id}`.execute(
    tx,
  )
  if (settled.is_append || !settled.dataset_id) return
  await sql`update datasets set status = 'completed' where dataset_id = ${settled.dataset_id}`.execute(tx)
  if (settled.session_id) await settleSession(tx, settled.session_id, settled.dataset_id, 'ready', now)
}

/** The plan is whole; `fingerprint` is the dataset as it found it. */
export const settlePlan = async (
  tx: Tx,
  importId: string,
  result: AppendResult,
  fingerprint: string | null,
  now: Date,
): Promise<void> => {
  await sql`
    update imports set status = 'planned', error = null, planned_at = ${now}, plan_fingerprint = ${fingerprint}, plan_digest = ${result.digest}, ${countsOf(result)}
    where import_id = ${importId}`.execute(tx)
}

/** A dataset that was there before stays as it was; one that was made for the import has come to nothing. */
export const failImport = (db: Db, settled: Settled, message: string, now: Date): Promise<void> =>
  transaction(db, async (tx) => {
    await sql`update imports set status = 'failed', error = ${message}, finished_at = ${now} where import_id = ${settled.import_id}`.execute(
      tx,
    )
    if (settled.is_append || !settled.dataset_id) return
    await sql`update datasets set status = 'failed', updated_at = ${now} where dataset_id = ${settled.dataset_id}`.execute(
      tx,
    )
    if (settled.session_id) await settleSession(tx, settled.session_id, settled.dataset_id, 'failed', now)
  })
