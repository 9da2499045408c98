import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'

export type NewSession = {
  session_id: string
  workspace_id: string
  user_id: string
  session_type: 'enrichment' | 'personalization'
  sender_data: Record<string, unknown> | null
  now: Date
}

export const insertSession = async (db: Db, s: NewSession): Promise<void> => {
  await sql`
    insert into processing_sessions (session_id, workspace_id, user_id, session_type, status, sender_data, created_at, updated_at)
    values (${s.session_id}, ${s.workspace_id}, ${s.user_id}, ${s.session_type}, 'created', ${s.sender_data ? JSON.stringify(s.sender_data) : null}, ${s.now}, ${s.now})`.execute(
    db,
  )
}

export type SessionState = {
  session_id: string
  session_type: string
  status: string
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

/** Everything by key or index, so polling it costs little. */
export const findSessionState = async (
  db: Db,
  workspaceId: string,
  sessionId: string,
): Promise<SessionState | null> => {
  const found = await sql<SessionState>`
    select s.session_id, s.session_type, s.status, s.dataset_id, d.dataset_name, s.sender_profile_id, coalesce(d.row_count, 0) as leads_count,
      s.processed_count, s.failed_count, s.metadata, s.created_at,
      array(select i.import_id from imports i where i.workspace_id = s.workspace_id and i.session_id = s.session_id order by i.import_id) as import_ids
    from processing_sessions s left join datasets d on d.workspace_id = s.workspace_id and d.dataset_id = s.dataset_id
    where s.workspace_id = ${workspaceId} and s.session_id = ${sessionId}`.execute(db)
  return found.rows[0] ?? null
}

export type SessionJob = {
  job_id: string
  kind: string
  status: string
  progress_done: number
  progress_total: number | null
  message: string | null
  error: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
}

const RECENT = 20

export const listSessionJobs = async (
  db: Db,
  workspaceId: string,
  sessionId: string,
  importIds: string[],
): Promise<SessionJob[]> => {
  const found = await sql<SessionJob>`
    select id as job_id, kind, status, progress_done, progress_total, message, error, created_at, started_at, finished_at
    from jobs where workspace_id = ${workspaceId} and subject_id = any(${[sessionId, ...importIds]}::uuid[]) order by id desc limit ${RECENT}`.execute(
    db,
  )
  return found.rows
}
