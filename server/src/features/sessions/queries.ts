import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { PageRequest } from '../../http/pagination.ts'
import type { RESULT_STATUSES } from './schema.ts'
import type { SessionStatus } from './session-state.ts'

export type NewSession = {
  session_id: string
  workspace_id: string
  user_id: string
  session_type: 'enrichment' | 'personalization'
  status: SessionStatus
  dataset_id: string | null
  sender_data: Record<string, unknown> | null
  now: Date
}

export const insertSession = async (db: Db, s: NewSession): Promise<void> => {
  await sql`
    insert into processing_sessions (session_id, workspace_id, user_id, session_type, status, dataset_id, sender_data, created_at, updated_at)
    values (${s.session_id}, ${s.workspace_id}, ${s.user_id}, ${s.session_type}, ${s.status}, ${s.dataset_id},
      ${s.sender_data ? JSON.stringify(s.sender_data) : null}, ${s.now}, ${s.now})`.execute(db)
}

export type SessionState = {
  session_id: string
  session_type: string
  status: SessionStatus
  dataset_id: string | null
  dataset_name: string | null
  sender_profile_id: string | null
  leads_count: number
  processed_count: number
  failed_count: number
  metadata: Record<string, unknown>
  import_ids: string[]
  created_at: Date
}

/** Outcomes of rows that were removed from the dataset since: they are no leads of the session until they come back. */
const removed = (status: 'completed' | 'failed'): RawBuilder<number> => sql<number>`
  case when s.${sql.ref(status === 'completed' ? 'processed_count' : 'failed_count')} = 0 then 0 else (
    select count(*)::int from (
      select r.id from dataset_rows r where r.dataset_id = s.dataset_id and r.removed_at is not null offset 0) gone
    join session_results x on x.session_id = s.session_id and x.row_id = gone.id and x.status = ${status}) end`

/** Everything by key or index, so polling it costs little. */
export const findSessionState = async (
  db: Db,
  workspaceId: string,
  sessionId: string,
): Promise<SessionState | null> => {
  const found = await sql<SessionState>`
    select s.session_id, s.session_type, s.status, s.dataset_id, d.dataset_name, s.sender_profile_id, coalesce(d.row_count, 0) as leads_count,
      s.processed_count - ${removed('completed')} as processed_count, s.failed_count - ${removed('failed')} as failed_count,
      s.metadata, s.created_at,
      array(select i.import_id from imports i where i.workspace_id = s.workspace_id and i.session_id = s.session_id order by i.import_id) as import_ids
    from processing_sessions s left join datasets d on d.workspace_id = s.workspace_id and d.dataset_id = s.dataset_id
    where s.workspace_id = ${workspaceId} and s.session_id = ${sessionId}`.execute(db)
  return found.rows[0] ?? null
}

export type SessionRun = {
  job_id: string
  workspace_id: string
  session_id: string
  dataset_id: string
  status: 'running' | 'completed' | 'failed' | 'cancelled'
  adapter: string
  leads_count: number
  processed_count: number
  failed_count: number
  done_index: number
  batch_index: number | null
  last_index: number
  fill_empty_cells: boolean
  cells_filled: number
  credits_per_lead: number
  hold_id: string | null
  /** Works on the rows in session_run_rows alone. */
  only_rows: boolean
}

const RUN: RawBuilder<unknown> = sql`job_id, workspace_id, session_id, dataset_id, status, adapter, leads_count, processed_count, failed_count,
  done_index, batch_index, last_index, fill_empty_cells, cells_filled, credits_per_lead, hold_id, only_rows`

/** The latest try to work through the session. */
export const findLastRun = async (db: Db, sessionId: string): Promise<SessionRun | null> => {
  const found = await sql<SessionRun>`
    select ${RUN} from session_runs where session_id = ${sessionId} order by job_id desc limit 1`.execute(db)
  return found.rows[0] ?? null
}

export const findRun = async (db: Db, jobId: string, lock = false): Promise<SessionRun | null> => {
  const found = await sql<SessionRun>`
    select ${RUN} from session_runs where job_id = ${jobId} ${lock ? sql`for update` : sql``}`.execute(db)
  return found.rows[0] ?? null
}

export type SessionJob = {
  job_id: string
  kind: string
  status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'
  progress_done: number
  progress_total: number | null
  counts: Record<string, number> | null
  message: string | null
  result: Record<string, unknown> | null
  error: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
}

const RECENT = 20

const JOB: RawBuilder<unknown> = sql`id as job_id, kind, status, progress_done, progress_total, counts, message, result, error, created_at, started_at, finished_at`

export const listSessionJobs = async (
  db: Db,
  workspaceId: string,
  sessionId: string,
  importIds: string[],
): Promise<SessionJob[]> => {
  const found = await sql<SessionJob>`
    select ${JOB} from jobs
    where workspace_id = ${workspaceId} and subject_id = any(${[sessionId, ...importIds]}::uuid[]) order by id desc limit ${RECENT}`.execute(
    db,
  )
  return found.rows
}

/** A job of the session itself or of a file that was read into it. */
export const findSessionJob = async (
  db: Db,
  workspaceId: string,
  sessionId: string,
  jobId: string,
): Promise<SessionJob | null> => {
  const found = await sql<SessionJob>`
    select ${JOB} from jobs
    where workspace_id = ${workspaceId} and id = ${jobId} and (subject_id = ${sessionId} or subject_id in (
      select import_id from imports where workspace_id = ${workspaceId} and session_id = ${sessionId}))`.execute(db)
  return found.rows[0] ?? null
}

export type ResultStatus = (typeof RESULT_STATUSES)[number]

export type ResultRow = {
  row_index: number
  row_id: string
  status: ResultStatus
  lead_data: Record<string, unknown>
  result: Record<string, unknown> | null
  error: string | null
  processed_at: Date | null
}

/**
 * One page of leads with what came of them, by position. `working` is the range of positions that is being worked on just
 * now. Reads limit + 1 rows.
 */
export const listResults = async (
  db: Db,
  session: { session_id: string; dataset_id: string; status: ResultStatus | null },
  working: { after: number; to: number } | null,
  page: PageRequest,
): Promise<ResultRow[]> => {
  const after = page.after ? sql`and r.row_index > ${page.after[0]}::integer` : sql``
  const isWorking = working
    ? sql`(x.row_id is null and r.row_index > ${working.after} and r.row_index <= ${working.to})`
    : sql`false`
  const isWanted =
    session.status === 'pending'
      ? sql`and x.row_id is null and not ${isWorking}`
      : session.status === 'processing'
        ? sql`and ${isWorking}`
        : sql``
  const isDone = session.status === 'completed' || session.status === 'failed'
  const from = isDone
    ? sql`session_results x join dataset_rows r on r.id = x.row_id`
    : sql`dataset_rows r left join session_results x on x.session_id = ${session.session_id} and x.row_id = r.id`
  const found = await sql<ResultRow>`
    select r.row_index, r.id as row_id, case when x.status is not null then x.status when ${isWorking} then 'processing' else 'pending' end as status,
      r.data as lead_data, x.result, x.error, x.processed_at
    from ${from}
    where r.dataset_id = ${session.dataset_id} and r.removed_at is null ${after} ${isWanted}
      ${isDone ? sql`and x.session_id = ${session.session_id} and x.status = ${session.status} ${page.after ? sql`and x.row_index > ${page.after[0]}::integer` : sql``}` : sql``}
    order by ${isDone ? sql`x.row_index` : sql`r.row_index`} limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return found.rows
}
