import { type RawBuilder, sql } from 'kysely'
import type { LeadField } from '../../column-mapping.ts'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { PageRequest } from '../../http/pagination.ts'
import type { ImportCounts } from './append-rows.ts'
import type { SheetPlan } from './open-tables.ts'
import type { RowPolicy } from './row-policy.ts'
import type { ImportRequest } from './store-import.ts'
import type { ImportToUndo } from './take-back.ts'

/** A session may take another file when the one before came to nothing. */
export const isSessionFree = async (db: Db, datasetId: string): Promise<boolean> => {
  const found = await sql`
      select 1 from imports where dataset_id = ${datasetId} and status not in ('failed', 'undone')
      union all select 1 from datasets where dataset_id = ${datasetId} and row_count > 0 limit 1`.execute(db)
  return found.rows.length === 0
}

export type ImportToRun = {
  import_id: string
  workspace_id: string
  dataset_id: string | null
  session_id: string | null
  column_mapping: Record<string, LeadField>
  columns: string[]
  sheets: SheetPlan[] | null
  duplicates: RowPolicy['duplicates']
  duplicates_in: RowPolicy['duplicates_in']
  is_append: boolean
  is_plan: boolean
  plan_fingerprint: string | null
  /** Set where the import was planned: what is done must come to the same. */
  plan_digest: string | null
  sha256: Buffer | null
  size_bytes: number
  clock_offset_ms: number
  clock_frozen_at: Date | null
}

/** What reading a stored file needs; null when the import is over or gone. */
export const findImportToRun = async (db: Db, importId: string): Promise<ImportToRun | null> => {
  const found = await sql<ImportToRun>`
    select i.import_id, i.workspace_id, i.dataset_id, i.session_id, i.column_mapping, coalesce(i.columns, d.columns, '[]') as columns, i.sheets,
      i.duplicates, i.duplicates_in, i.is_append, i.is_plan, i.plan_fingerprint, i.plan_digest, f.sha256, coalesce(f.size_bytes, 0) as size_bytes,
      w.clock_offset_ms, w.clock_frozen_at
    from imports i join workspaces w on w.id = i.workspace_id left join stored_files f on f.id = i.file_id
      left join datasets d on d.dataset_id = i.dataset_id
    where i.import_id = ${importId} and i.status in ('queued', 'running')`.execute(db)
  return found.rows[0] ?? null
}

export type PlannedImport = {
  import_id: string
  dataset_id: string | null
  session_id: string | null
  user_id: string | null
  status: ImportRow['status']
  is_plan: boolean
  filename: string | null
  size_bytes: number | null
  request: ImportRequest | null
  columns: string[] | null
  column_mapping: Record<string, LeadField>
  sheets: SheetPlan[] | null
  rows_read: number
  plan_fingerprint: string | null
}

/** An import of the workspace with what carrying out its plan needs, held until the transaction ends. */
export const lockPlan = async (tx: Tx, workspaceId: string, importId: string): Promise<PlannedImport | null> => {
  const found = await sql<PlannedImport>`
    select i.import_id, i.dataset_id, i.session_id, i.user_id, i.status, i.is_plan, f.filename, f.size_bytes, i.request, i.columns, i.column_mapping,
      i.sheets, i.rows_read, i.plan_fingerprint
    from imports i left join stored_files f on f.id = i.file_id
    where i.workspace_id = ${workspaceId} and i.import_id = ${importId} for update of i`.execute(tx)
  return found.rows[0] ?? null
}

/** Makes an import of a plan; a job or the caller reads the file next. */
export const openPlan = async (tx: Tx, importId: string, datasetId: string, jobId: string | null): Promise<void> => {
  await sql`
    update imports set status = ${jobId ? 'queued' : 'running'}, is_plan = false, dataset_id = ${datasetId}, job_id = ${jobId}, request = null
    where import_id = ${importId}`.execute(tx)
}

/** Takes a plan back with all it wrote down; the stored file is swept when nothing else refers to it. */
export const deletePlan = async (tx: Tx, importId: string): Promise<void> => {
  await sql`
    with gone as (delete from imports where import_id = ${importId} and is_plan returning file_id, job_id),
      stopped as (update jobs set status = 'cancelled' where id in (select job_id from gone) and status in ('queued', 'running'))
    delete from stored_files where id in (select file_id from gone)`.execute(tx)
}

/** The counts of an import that this job has read. */
export const findFinishedImport = async (
  db: Db,
  importId: string,
  jobId: string,
): Promise<(ImportCounts & { is_plan: boolean }) | null> => {
  const found = await sql<ImportCounts & { is_plan: boolean }>`
    select is_plan, rows_read, rows_imported, rows_updated, rows_unchanged, rows_rejected, rows_duplicate, rows_known, rows_without_email
    from imports where import_id = ${importId} and job_id = ${jobId} and status in ('planned', 'completed')`.execute(db)
  return found.rows[0] ?? null
}

/** Holds the import until the transaction ends; false when another run has done it meanwhile. */
export const lockImport = async (
  tx: Tx,
  importId: string,
  open: ImportRow['status'][] = ['queued', 'running'],
): Promise<boolean> => {
  const found = await sql<{
    status: string
  }>`select status from imports where import_id = ${importId} for update`.execute(tx)
  return (open as string[]).includes(found.rows[0]?.status ?? '')
}

export const isJobCancelled = async (db: Db, jobId: string): Promise<boolean> => {
  const found = await sql`select 1 from jobs where id = ${jobId} and status = 'cancelled'`.execute(db)
  return found.rows.length > 0
}

export type ImportRow = ImportCounts & {
  import_id: string
  dataset_id: string | null
  session_id: string | null
  job_id: string | null
  user_id: string | null
  filename: string | null
  size_bytes: number | null
  status: 'queued' | 'running' | 'planned' | 'completed' | 'failed' | 'undoing' | 'undone'
  is_plan: boolean
  is_append: boolean
  duplicates: RowPolicy['duplicates']
  duplicates_in: RowPolicy['duplicates_in']
  columns: string[] | null
  column_mapping: Record<string, string>
  columns_added: string[]
  dialect: Record<string, unknown> | null
  sheet_names: string[] | null
  error: string | null
  created_at: Date
  planned_at: Date | null
  finished_at: Date | null
  undone_at: Date | null
  /** The job that undoes it, or has tried to. */
  undo_job_id: string | null
  values_restored: number
  values_kept: number
}

/**
 * A job that is reading makes its import "running", and one that undoes it "undoing", which the import's own row, locked by
 * that very work, cannot say.
 */
const STATUS: RawBuilder<unknown> = sql`
  case when i.status = 'queued' and j.status = 'running' then 'running'
    when i.status = 'completed' and u.status in ('queued', 'running') then 'undoing' else i.status end`

const IMPORT: RawBuilder<unknown> = sql`
  i.import_id, i.dataset_id, i.session_id, i.job_id, i.user_id, f.filename, f.size_bytes,
  ${STATUS} as status, i.undo_job_id, i.is_plan, i.is_append, i.duplicates, i.duplicates_in,
  i.columns, i.column_mapping, i.columns_added, i.dialect, jsonb_path_query_array(i.sheets, '$[*].sheet_name') as sheet_names,
  i.rows_read, i.rows_imported, i.rows_updated, i.rows_unchanged, i.rows_rejected, i.rows_duplicate, i.rows_known, i.rows_without_email,
  i.error, i.created_at, i.planned_at, i.finished_at, i.undone_at, i.values_restored, i.values_kept`

const JOINED: RawBuilder<unknown> = sql`
  imports i left join stored_files f on f.id = i.file_id left join jobs j on j.id = i.job_id left join jobs u on u.id = i.undo_job_id`

export const findImport = async (db: Db, workspaceId: string, importId: string): Promise<ImportRow | null> => {
  const found = await sql<ImportRow>`
    select ${IMPORT} from ${JOINED} where i.workspace_id = ${workspaceId} and i.import_id = ${importId}`.execute(db)
  return found.rows[0] ?? null
}

const COUNT_LIMIT = 10_001

/** One page of a workspace's imports, newest first, and how many there are. Reads limit + 1 rows. */
export const listImports = async (
  db: Db,
  filter: { workspace_id: string; dataset_id: string | null; session_id: string | null; status: string | null },
  page: PageRequest,
): Promise<{ rows: ImportRow[]; total: number }> => {
  const where = sql`i.workspace_id = ${filter.workspace_id}
    ${filter.dataset_id ? sql`and i.dataset_id = ${filter.dataset_id}` : sql``}
    ${filter.session_id ? sql`and i.session_id = ${filter.session_id}` : sql``}
    ${filter.status ? sql`and ${STATUS} = ${filter.status}` : sql``}`
  const counted = await sql<{
    n: number
  }>`select count(*)::int as n from (select 1 from ${JOINED} where ${where} limit ${COUNT_LIMIT}) counted`.execute(db)
  const found = await sql<ImportRow>`
    select ${IMPORT} from ${JOINED} where ${where} ${page.after ? sql`and i.import_id < ${page.after[0]}::uuid` : sql``}
    order by i.import_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return { rows: found.rows, total: counted.rows[0]?.n ?? 0 }
}

export type ChangeRow = {
  seq: number
  source_row: number
  sheet_name: string | null
  action: 'insert' | 'update' | 'unchanged' | 'duplicate' | 'reject'
  row_id: string | null
  dataset_id: string | null
  email: string | null
  cells: Record<string, unknown> | null
  code: string | null
  message: string | null
  column_name: string | null
  row_values: string[] | null
  kept: Record<string, unknown> | null
}

type ChangeFilter = { workspace_id: string; import_id: string; action: string | null; kept: boolean }

/** A plan's own rows, so an exact number of any size is cheap by its index. */
export const countChanges = async (db: Db, filter: ChangeFilter): Promise<number> => {
  const found = await sql<{ n: number }>`
    select count(*)::int as n from import_changes
    where import_id = ${filter.import_id} and workspace_id = ${filter.workspace_id}
      ${filter.action ? sql`and action = ${filter.action}` : sql``} ${filter.kept ? sql`and kept is not null` : sql``}`.execute(
    db,
  )
  return found.rows[0]?.n ?? 0
}

/** One page of what an import changes, in the order of its file. Reads limit + 1 rows. */
export const listChanges = async (db: Db, filter: ChangeFilter, page: PageRequest): Promise<ChangeRow[]> => {
  const found = await sql<ChangeRow>`
    select c.seq, c.source_row, c.sheet_name, c.action, c.row_id, c.dataset_id, c.email, c.cells, s.code, s.message, s.column_name, s.row_values, c.kept
    from import_changes c left join import_issues s on s.import_id = c.import_id and s.seq = c.issue_seq
    where c.import_id = ${filter.import_id} and c.workspace_id = ${filter.workspace_id}
      ${filter.action ? sql`and c.action = ${filter.action}` : sql``} ${filter.kept ? sql`and c.kept is not null` : sql``}
      ${page.after ? sql`and c.seq > ${page.after[0]}::integer` : sql``}
    order by c.seq limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return found.rows
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

export type IssueRow = {
  seq: number
  source_row: number
  sheet_name: string | null
  code: string
  message: string
  row_values: string[] | null
}

export const readIssuesAfter = async (
  db: Db,
  importId: string,
  severities: string[],
  after: number,
  limit: number,
): Promise<IssueRow[]> => {
  const found = await sql<IssueRow>`
    select seq, source_row, sheet_name, code, message, row_values from import_issues
    where import_id = ${importId} and seq > ${after} and severity = any(${severities}::text[]) order by seq limit ${limit}`.execute(
    db,
  )
  return found.rows
}

/** Campaigns that have made leads of rows of the import, or are making leads of its dataset. */
export const campaignsUsing = async (
  tx: Tx,
  workspaceId: string,
  datasetId: string,
  importId: string,
): Promise<string[]> => {
  const found = await sql<{ name: string }>`
    select c.name from campaigns c
    where c.workspace_id = ${workspaceId} and c.dataset_id = ${datasetId}
      and (c.status = 'launching' or exists (
        select 1 from campaign_leads l join dataset_rows r on r.id = l.dataset_row_id
        where l.campaign_id = c.campaign_id and r.import_id = ${importId} and r.removed_at is null))
    order by c.campaign_id limit 5`.execute(tx)
  return found.rows.map((row) => row.name)
}

/** A job has been asked to undo the import. The caller holds the import. */
export const noteUndoing = async (tx: Tx, importId: string, jobId: string): Promise<void> => {
  await sql`update imports set undo_job_id = ${jobId} where import_id = ${importId}`.execute(tx)
}

export type UndoToRun = ImportToUndo & {
  rows_imported: number
  rows_updated: number
  clock_offset_ms: number
  clock_frozen_at: Date | null
}

/** What undoing by a job needs; null when it is over. */
export const findImportToUndo = async (db: Db, importId: string, jobId: string): Promise<UndoToRun | null> => {
  const found = await sql<UndoToRun>`
    select i.import_id, i.workspace_id, i.dataset_id, i.session_id, i.is_append, i.columns_added, i.rows_imported, i.rows_updated,
      w.clock_offset_ms, w.clock_frozen_at
    from imports i join jobs j on j.id = i.undo_job_id join workspaces w on w.id = i.workspace_id
    where i.import_id = ${importId} and j.id = ${jobId} and i.status = 'completed' and i.dataset_id is not null
      and j.status in ('queued', 'running')`.execute(db)
  return found.rows[0] ?? null
}
