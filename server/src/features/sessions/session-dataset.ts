import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { problem } from '../../http/errors.ts'
import { isUuid } from '../../ids.ts'
import {
  nextState,
  type SessionEvent,
  type SessionStatus,
  statesThatAllow,
  transitionRefusal,
} from './session-state.ts'

export type SessionRow = {
  session_id: string
  session_type: 'enrichment' | 'personalization' | 'lead_finder' | 'email_finder'
  status: SessionStatus
  dataset_id: string | null
  sender_profile_id: string | null
}

/** Throws CONFLICT where the dataset of a session is archived: it can be read then, not filled nor worked on. */
export const refuseArchived = async (db: Db, workspaceId: string, datasetId: string | null): Promise<void> => {
  if (datasetId === null) return
  const found = await sql`
    select 1 from datasets where workspace_id = ${workspaceId} and dataset_id = ${datasetId} and archived_at is not null`.execute(
    db,
  )
  if (found.rows.length) throw problem('CONFLICT', 'The dataset of the session is archived; restore it first.')
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
    where workspace_id = ${workspaceId} and session_id = ${sessionId} ${lock ? sql`for no key update` : sql``}`.execute(
    db,
  )
  return found.rows[0] ?? null
}

/** Moves a session that the caller holds; throws SESSION_STATE where the event may not happen. Returns the state after it. */
export const moveSession = async (
  tx: Tx,
  session: Pick<SessionRow, 'session_id' | 'status'>,
  event: SessionEvent,
  now: Date,
): Promise<SessionStatus> => {
  const status = nextState(session.status, event)
  if (!status) throw problem('SESSION_STATE', transitionRefusal(session.status, event))
  await sql`update processing_sessions set status = ${status}, updated_at = ${now} where session_id = ${session.session_id}`.execute(
    tx,
  )
  return status
}

export type SessionSender = { sender_profile_id: string | null; sender_data: Record<string, unknown> | null }

/**
 * Gives a session its dataset and, where one was named, its sender. `status` is what it is after that: `processing` while a
 * job still reads the rows, else `ready`. What was worked out for rows of a dataset that it had before goes with that
 * dataset. Throws SESSION_STATE for a session that takes no rows now.
 */
export const bindSession = async (
  tx: Tx,
  sessionId: string,
  datasetId: string,
  status: 'processing' | 'ready',
  sender: SessionSender,
  now: Date,
): Promise<void> => {
  const event: SessionEvent = status === 'processing' ? 'fill_begins' : 'filled'
  const found = await sql<{ status: SessionStatus; dataset_id: string | null }>`
    select status, dataset_id from processing_sessions where session_id = ${sessionId} for no key update`.execute(tx)
  const session = found.rows[0]
  // A session that is being filled goes on to `filled` when its reader is through; nothing else can bind it meanwhile.
  if (!session || session.status === 'processing' || !nextState(session.status, event))
    throw problem('SESSION_STATE', transitionRefusal(session?.status ?? 'processing', 'fill_begins'))
  if (session.dataset_id && session.dataset_id !== datasetId)
    await sql`delete from session_results where session_id = ${sessionId}`.execute(tx)
  await sql`
    update processing_sessions set dataset_id = ${datasetId}, status = ${status}, updated_at = ${now},
      sender_profile_id = coalesce(${sender.sender_profile_id}::uuid, sender_profile_id),
      sender_data = coalesce(${sender.sender_data ? JSON.stringify(sender.sender_data) : null}::jsonb, sender_data)
    where session_id = ${sessionId}`.execute(tx)
}

/** Leads that were sent one by one get a dataset of their own. */
export const giveDataset = async (tx: Tx, sessionId: string, datasetId: string): Promise<void> => {
  await sql`update processing_sessions set dataset_id = ${datasetId} where session_id = ${sessionId}`.execute(tx)
}

/**
 * Moves the session on when what fills its dataset has ended; a session that has gone on to another dataset, or is not in a
 * state that this could follow, stays as it is.
 */
export const settleSession = async (
  db: Db,
  sessionId: string,
  datasetId: string,
  status: 'ready' | 'failed',
  now: Date,
): Promise<void> => {
  const from = statesThatAllow(status === 'ready' ? 'filled' : 'fill_failed')
  await sql`
    update processing_sessions set status = ${status}, updated_at = ${now}
    where session_id = ${sessionId} and dataset_id = ${datasetId} and status = any(${from}::text[])
      and not exists (select 1 from session_runs r where r.session_id = processing_sessions.session_id and r.status = 'running')`.execute(
    db,
  )
}

/** After an import was undone: a session whose dataset has no rows left is as it was before. */
export const emptySession = async (tx: Tx, sessionId: string, datasetId: string, now: Date): Promise<void> => {
  await sql`
    update processing_sessions s set status = ${nextState('ready', 'emptied')}, updated_at = ${now}
    where s.session_id = ${sessionId} and s.dataset_id = ${datasetId} and s.status = any(${statesThatAllow('emptied')}::text[])
      and not exists (select 1 from imports i where i.dataset_id = ${datasetId} and i.status in ('queued', 'running', 'completed'))
      and not exists (select 1 from datasets d where d.dataset_id = ${datasetId} and d.row_count > 0)`.execute(tx)
}
