import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'

export type DatasetShape = {
  row_count: number
  columns: string[]
  column_mapping: Record<string, string>
  dataset_name: string
}

/** What a dataset holds, or null when the workspace has none of this id. */
export const readDatasetColumns = async (
  db: Db,
  workspaceId: string,
  datasetId: string,
): Promise<DatasetShape | null> => {
  const found = await sql<DatasetShape>`
    select row_count, columns, column_mapping, dataset_name from datasets
    where workspace_id = ${workspaceId} and dataset_id = ${datasetId}`.execute(db)
  return found.rows[0] ?? null
}

/** `data` is column name to value; empty cells are absent. `email` is normalised, null where the row has none. */
export type StoredRow = { id: string; row_index: number; email: string | null; data: Record<string, string> }

/** The next rows by position; -1 begins at the start. The caller has found the dataset within its workspace before. */
export const readRowsAfter = async (db: Db, datasetId: string, after: number, limit: number): Promise<StoredRow[]> => {
  const found = await sql<StoredRow>`
    select id, row_index, email, data from dataset_rows
    where dataset_id = ${datasetId} and removed_at is null and row_index > ${after} order by row_index limit ${limit}`.execute(
    db,
  )
  return found.rows
}
