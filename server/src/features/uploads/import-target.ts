import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { notFound, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { createDataset } from '../datasets/create-dataset.ts'
import { bindSession, findSession, type SessionRow, type SessionSender } from '../sessions/session-dataset.ts'
import { chooseSender } from './choose-sender.ts'
import { isSessionFree } from './queries.ts'
import type { TableShape } from './row-policy.ts'
import { columnsWithNames } from './split-names.ts'
import type { ImportRequest } from './store-import.ts'
import type { UploadedTable } from './uploaded-table.ts'

const sessionTaken = () =>
  problem(
    'CONFLICT',
    'This session has its file already; add rows with POST /api/v1/datasets/{dataset_id}/imports, or open another session.',
  )

/** A session of the workspace that has no file yet. Throws NOT_FOUND and CONFLICT. */
export const findFreeSession = async (
  db: Db,
  workspaceId: string,
  sessionId: string,
  lock = false,
): Promise<SessionRow> => {
  const session = await findSession(db, workspaceId, sessionId, lock)
  if (!session) throw notFound('There is no such session in this workspace.')
  if (session.dataset_id && !(await isSessionFree(db, session.dataset_id))) throw sessionTaken()
  return session
}

export type OpenDataset = TableShape & { dataset_id: string; session_id: string | null }

/** A dataset that rows can be added to. Throws NOT_FOUND, CONFLICT where it is archived and IMPORT_STATE while it is made. */
export const findOpenDataset = async (db: Db, workspaceId: string, datasetId: string): Promise<OpenDataset> => {
  const { rows } = await sql<OpenDataset & { status: string; archived_at: Date | null }>`
    select dataset_id, session_id, columns, column_mapping, status, archived_at from datasets
    where workspace_id = ${workspaceId} and dataset_id = ${datasetId}`.execute(db)
  const found = rows[0]
  if (!found) throw notFound('There is no such dataset in this workspace.')
  if (found.archived_at) throw problem('CONFLICT', 'The dataset is archived; restore it first.')
  if (found.status === 'pending' || found.status === 'processing')
    throw problem('IMPORT_STATE', 'The dataset is still being filled; add rows when that is over.')
  return found
}

/** Makes the dataset that a session's file fills and gives it to the session. */
export const openSessionDataset = async (
  tx: Tx,
  who: { workspace_id: string; user_id: string },
  request: ImportRequest,
  table: Pick<UploadedTable, 'source_type' | 'columns' | 'column_mapping'>,
  now: Date,
): Promise<{ dataset_id: string; sender: SessionSender }> => {
  await findFreeSession(tx, who.workspace_id, request.session_id, true)
  const sender = await chooseSender(tx, who, request.sender, now)
  const dataset_id = newId()
  const columns = columnsWithNames(table.columns, table.column_mapping)
  await createDataset(tx, { ...who, ...request, ...table, columns, dataset_id, now })
  await bindSession(tx, request.session_id, dataset_id, 'processing', sender, now)
  return { dataset_id, sender }
}
