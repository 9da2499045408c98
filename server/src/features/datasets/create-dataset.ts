import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'

export type NewDataset = {
  dataset_id: string
  workspace_id: string
  user_id: string
  dataset_name: string
  pipeline_type: 'enrichment' | 'personalization' | 'lead_finder' | 'email_finder'
  source_type:
    | 'csv'
    | 'excel'
    | 'google_sheets'
    | 'extraction'
    | 'linkedin_search'
    | 'lead_finder'
    | 'email_finder'
    | 'api'
  session_id: string | null
  columns: string[]
  column_mapping: Record<string, string>
  now: Date
}

/** An empty dataset that something is about to fill. */
export const createDataset = async (tx: Tx, d: NewDataset): Promise<void> => {
  await sql`
    insert into datasets (dataset_id, workspace_id, user_id, dataset_name, pipeline_type, source_type, session_id, status, columns, column_mapping, created_at, updated_at)
    values (${d.dataset_id}, ${d.workspace_id}, ${d.user_id}, ${d.dataset_name}, ${d.pipeline_type}, ${d.source_type}, ${d.session_id}, 'processing',
      ${JSON.stringify(d.columns)}, ${JSON.stringify(d.column_mapping)}, ${d.now}, ${d.now})`.execute(tx)
}

/** Says how filling it ended; `row_count` is what is there now. */
export const settleDataset = async (
  db: Db,
  datasetId: string,
  status: 'completed' | 'failed',
  row_count: number,
  now: Date,
): Promise<void> => {
  await sql`update datasets set status = ${status}, row_count = ${row_count}, updated_at = ${now} where dataset_id = ${datasetId}`.execute(
    db,
  )
}

/** A file's name as a dataset's: without folder and extension, at most 255 characters, never empty. */
export const datasetNameOf = (filename: string): string => {
  const base = filename
    .replace(/^.*[/\\]/, '')
    .replace(/\.(?:csv|tsv|txt|xlsx?)$/i, '')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
  return (base || filename.trim() || 'Upload').slice(0, 255).toWellFormed()
}
