import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'

export type JobRow = {
  job_id: string
  kind: string
  subject_id: string | null
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

export const findJob = async (db: Db, workspaceId: string, id: string): Promise<JobRow | undefined> => {
  const found = await sql<JobRow>`
    select id as job_id, kind, subject_id, status, progress_done, progress_total, counts, message, result, error, created_at,
      started_at, finished_at
    from jobs where id = ${id} and workspace_id = ${workspaceId}`.execute(db)
  return found.rows[0]
}
