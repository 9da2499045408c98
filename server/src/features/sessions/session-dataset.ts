import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { isUuid } from '../../ids.ts'

export type SessionRow = {
  session_id: string
  session_type: 'enrichment' | 'personalization' | 'lead_finder' | 'email_finder'
  status: 'created' | 'ready' | 'processing' | 'completed' | 'failed'
  dataset_id: string | null
  sender_profile_id: string | null
}

/** A session of the workspace, locked when asked so that two uploads into it go one after the other. Ids that are no UUID are unknown ids. */
export const findSession = async (
  db: Db,
  workspaceId: string,
  sessionId: string,
  lock = false,
): Promise<SessionRow | null> => {
  if (!isUuid(sessionId)) return null
  const found = await sql<SessionRow>`
    select session_id, session_type, status, dataset_id, sender_profile_id from processing_sessions
    where workspace_id = ${workspaceId} and session_id = ${sessionId} ${lock ? sql`for update` : sql``}`.execute(db)
  return found.rows[0] ?? null
}

export type SessionSender = { sender_profile_id: string | null; sender_data: Record<string, unknown> | null }

/** Gives a session its dataset and, where one was named, its sender. */
export const bindSession = async (
  tx: Tx,
  sessionId: string,
  datasetId: string,
  status: SessionRow['status'],
  sender: SessionSender,
  now: Date,
): Promise<void> => {
  await sql`
    update processing_sessions set dataset_id = ${datasetId}, status = ${status}, updated_at = ${now},
      sender_profile_id = coalesce(${sender.sender_profile_id}::uuid, sender_profile_id),
      sender_data = coalesce(${sender.sender_data ? JSON.stringify(sender.sender_data) : null}::jsonb, sender_data)
    where session_id = ${sessionId}`.execute(tx)
}

/** Moves the session on when what fills its dataset has ended; a session that has gone on to another dataset stays as it is. */
export const settleSession = async (
  db: Db,
  sessionId: string,
  datasetId: string,
  status: SessionRow['status'],
  now: Date,
): Promise<void> => {
  await sql`update processing_sessions set status = ${status}, updated_at = ${now} where session_id = ${sessionId} and dataset_id = ${datasetId}`.execute(
    db,
  )
}
