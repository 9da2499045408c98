import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'

export type EnrichmentRun = {
  job_id: string
  session_id: string
  status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'
  adapter: string
  leads_count: number
  processed_count: number
  failed_count: number
  cells_filled: number
  credits_per_lead: number
  only_rows: boolean
  error: string | null
  /** By the system's clock, as those who wait see it. */
  started_at: Date | null
  finished_at: Date | null
  updated_at: Date
}

const RUN = sql`
  j.id as job_id, r.session_id, j.status, r.adapter, r.leads_count, r.processed_count, r.failed_count, r.cells_filled, r.credits_per_lead,
  r.only_rows, j.error, j.started_at, j.finished_at, j.updated_at`

/** A job that enriches leads; one that writes to them is none. */
export const findRunOf = async (db: Db, workspaceId: string, jobId: string): Promise<EnrichmentRun | null> => {
  const found = await sql<EnrichmentRun>`
    select ${RUN} from jobs j join session_runs r on r.job_id = j.id
    join processing_sessions s on s.workspace_id = r.workspace_id and s.session_id = r.session_id and s.session_type = 'enrichment'
    where j.workspace_id = ${workspaceId} and j.id = ${jobId}`.execute(db)
  return found.rows[0] ?? null
}

export const findLastRunOf = async (db: Db, workspaceId: string, sessionId: string): Promise<EnrichmentRun | null> => {
  const found = await sql<EnrichmentRun>`
    select ${RUN} from session_runs r join jobs j on j.id = r.job_id
    where r.workspace_id = ${workspaceId} and r.session_id = ${sessionId} order by r.job_id desc limit 1`.execute(db)
  return found.rows[0] ?? null
}

export type SessionState = {
  session_id: string
  status: 'created' | 'ready' | 'processing' | 'completed' | 'failed'
  dataset_id: string | null
  dataset_name: string | null
  columns: string[]
  column_mapping: Record<string, string>
  row_count: number
  /** Leads without a good outcome, which work on all of them would do. */
  waiting: number
  updated_at: Date
}

/** An enrichment session with its dataset. Everything by key or index, so polling it costs little. */
export const findSessionState = async (
  db: Db,
  workspaceId: string,
  sessionId: string,
): Promise<SessionState | null> => {
  const found = await sql<SessionState>`
    select s.session_id, s.status, s.dataset_id, d.dataset_name, coalesce(d.columns, '[]') as columns, coalesce(d.column_mapping, '{}') as column_mapping,
      coalesce(d.row_count, 0) as row_count, s.updated_at,
      coalesce(d.row_count, 0) - case when s.processed_count = 0 then 0 else s.processed_count - (
        select count(*)::int from (
          select r.id from dataset_rows r where r.dataset_id = s.dataset_id and r.removed_at is not null offset 0) gone
        join session_results x on x.session_id = s.session_id and x.row_id = gone.id and x.status = 'completed') end as waiting
    from processing_sessions s left join datasets d on d.workspace_id = s.workspace_id and d.dataset_id = s.dataset_id
    where s.workspace_id = ${workspaceId} and s.session_id = ${sessionId} and s.session_type = 'enrichment'`.execute(db)
  return found.rows[0] ?? null
}

/** The first rows of a session that have no good outcome yet, in their order. */
export const listWaitingRows = async (db: Db, sessionId: string, limit: number): Promise<string[]> => {
  const found = await sql<{ id: string }>`
    select r.id from processing_sessions s join dataset_rows r on r.dataset_id = s.dataset_id and r.workspace_id = s.workspace_id
    where s.session_id = ${sessionId} and r.removed_at is null
      and not exists (select 1 from session_results x where x.session_id = s.session_id and x.row_id = r.id and x.status = 'completed')
    order by r.row_index limit ${limit}`.execute(db)
  return found.rows.map(({ id }) => id)
}

/** Rows of a session without a good outcome that are not among these. */
export const countWaitingBeside = async (db: Db, sessionId: string, rowIds: string[]): Promise<number> => {
  const found = await sql<{ n: number }>`
    select count(*)::int as n from processing_sessions s join dataset_rows r on r.dataset_id = s.dataset_id and r.workspace_id = s.workspace_id
    where s.session_id = ${sessionId} and r.removed_at is null and r.id <> all(${rowIds}::uuid[])
      and not exists (select 1 from session_results x where x.session_id = s.session_id and x.row_id = r.id and x.status = 'completed')`.execute(
    db,
  )
  return found.rows[0]?.n ?? 0
}

/** What came of the leads of a run, the first ones in their order, each with where its values are from. */
export const listOutcomes = async (
  db: Db,
  run: Pick<EnrichmentRun, 'job_id' | 'session_id' | 'only_rows'>,
  limit: number,
): Promise<{ row_id: string; row_index: number; status: string; result: unknown; error: string | null }[]> => {
  const found = await sql<{ row_id: string; row_index: number; status: string; result: unknown; error: string | null }>`
    select x.row_id, x.row_index, x.status, x.result, x.error from session_results x
    where x.session_id = ${run.session_id}
      ${run.only_rows ? sql`and exists (select 1 from session_run_rows c where c.job_id = ${run.job_id} and c.row_id = x.row_id)` : sql``}
    order by x.row_index limit ${limit}`.execute(db)
  return found.rows
}

/** Rows as they stand in the dataset, one page. */
export const listFileRows = async (
  db: Db,
  datasetId: string,
  page: { limit: number; offset: number },
): Promise<Record<string, unknown>[]> => {
  const found = await sql<{ data: Record<string, unknown> }>`
    select data from dataset_rows where dataset_id = ${datasetId} and removed_at is null
    order by row_index limit ${page.limit} offset ${page.offset}`.execute(db)
  return found.rows.map(({ data }) => data)
}
