import { sql } from 'kysely'
import type { LeadField } from '../../column-mapping.ts'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { ImportCounts } from './import-rows.ts'

/** A session may take another file when the one before came to nothing. */
export const isSessionFree = async (db: Db, datasetId: string): Promise<boolean> => {
  const found =
    await sql`select 1 from imports where dataset_id = ${datasetId} and status not in ('failed', 'undone') limit 1`.execute(
      db,
    )
  return found.rows.length === 0
}

export type ImportToRun = {
  import_id: string
  workspace_id: string
  dataset_id: string
  session_id: string | null
  column_mapping: Record<string, LeadField>
  sha256: Buffer | null
  size_bytes: number
  clock_offset_ms: number
  clock_frozen_at: Date | null
}

/** What a job needs to read its file; null when the import is over or gone. */
export const findImportToRun = async (db: Db, importId: string): Promise<ImportToRun | null> => {
  const found = await sql<ImportToRun>`
    select i.import_id, i.workspace_id, i.dataset_id, i.session_id, i.column_mapping, f.sha256, coalesce(f.size_bytes, 0) as size_bytes,
      w.clock_offset_ms, w.clock_frozen_at
    from imports i join workspaces w on w.id = i.workspace_id left join stored_files f on f.id = i.file_id
    where i.import_id = ${importId} and i.status in ('queued', 'running')`.execute(db)
  return found.rows[0] ?? null
}

/** Holds the import until the transaction ends; false when another run has done it meanwhile. */
export const lockImport = async (tx: Tx, importId: string): Promise<boolean> => {
  const found = await sql<{
    status: string
  }>`select status from imports where import_id = ${importId} for update`.execute(tx)
  return ['queued', 'running'].includes(found.rows[0]?.status ?? '')
}

export const isJobCancelled = async (db: Db, jobId: string): Promise<boolean> => {
  const found = await sql`select 1 from jobs where id = ${jobId} and status = 'cancelled'`.execute(db)
  return found.rows.length > 0
}

export type ImportRow = ImportCounts & {
  import_id: string
  dataset_id: string
  session_id: string | null
  job_id: string | null
  user_id: string | null
  filename: string | null
  size_bytes: number | null
  status: 'queued' | 'running' | 'completed' | 'failed' | 'undone'
  column_mapping: Record<string, string>
  dialect: Record<string, unknown> | null
  error: string | null
  created_at: Date
  finished_at: Date | null
  undone_at: Date | null
}

/** A job that is reading makes its import "running", which the import's own row, locked by that very reading, cannot say. */
export const findImport = async (db: Db, workspaceId: string, importId: string): Promise<ImportRow | null> => {
  const found = await sql<ImportRow>`
    select i.import_id, i.dataset_id, i.session_id, i.job_id, i.user_id, f.filename, f.size_bytes,
      case when i.status = 'queued' and j.status = 'running' then 'running' else i.status end as status,
      i.column_mapping, i.dialect, i.rows_read, i.rows_imported, i.rows_rejected, i.rows_duplicate, i.rows_known, i.rows_without_email,
      i.error, i.created_at, i.finished_at, i.undone_at
    from imports i left join stored_files f on f.id = i.file_id left join jobs j on j.id = i.job_id
    where i.workspace_id = ${workspaceId} and i.import_id = ${importId}`.execute(db)
  return found.rows[0] ?? null
}

export type IssueCount = { severity: 'rejected' | 'duplicate' | 'notice'; code: string; rows: number }

export const countIssues = async (db: Db, workspaceId: string, importId: string): Promise<IssueCount[]> => {
  const found = await sql<IssueCount>`
    select severity, code, count(*)::int as rows from import_issues
    where workspace_id = ${workspaceId} and import_id = ${importId} group by severity, code order by severity, code`.execute(
    db,
  )
  return found.rows
}

export type IssueRow = { seq: number; source_row: number; code: string; message: string; row_values: string[] | null }

export const readIssuesAfter = async (
  db: Db,
  importId: string,
  severities: string[],
  after: number,
  limit: number,
): Promise<IssueRow[]> => {
  const found = await sql<IssueRow>`
    select seq, source_row, code, message, row_values from import_issues
    where import_id = ${importId} and seq > ${after} and severity = any(${severities}::text[]) order by seq limit ${limit}`.execute(
    db,
  )
  return found.rows
}

/** Campaigns that have made leads of the dataset, or are making them. */
export const campaignsUsing = async (tx: Tx, workspaceId: string, datasetId: string): Promise<string[]> => {
  const found = await sql<{ name: string }>`
    select c.name from campaigns c
    where c.workspace_id = ${workspaceId} and c.dataset_id = ${datasetId}
      and (c.status = 'launching' or exists (select 1 from campaign_leads l where l.campaign_id = c.campaign_id))
    order by c.campaign_id limit 5`.execute(tx)
  return found.rows.map((row) => row.name)
}

export const removeImportedRows = async (tx: Tx, datasetId: string, importId: string, now: Date): Promise<number> => {
  const { numAffectedRows } = await sql`
    update dataset_rows set removed_at = ${now} where dataset_id = ${datasetId} and import_id = ${importId} and removed_at is null`.execute(
    tx,
  )
  return Number(numAffectedRows ?? 0)
}
