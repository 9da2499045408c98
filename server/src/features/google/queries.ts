import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { PageRequest } from '../../http/pagination.ts'
import type { WorkspaceClockRow } from '../../ports/clock.ts'
import type { SyncRow } from './schema.ts'

const SYNC = sql`s.sync_id, s.sheet_id, s.dataset_id, d.dataset_name, s.title, s.user_id, s.tab_names, s.header_row, s.key_column, s.duplicates, s.missing_rows,
  s.every_minutes, s.due_at, s.last_synced_at, s.last_result, s.last_error, s.created_at, s.updated_at`

const JOINED = sql`sheet_syncs s join datasets d on d.workspace_id = s.workspace_id and d.dataset_id = s.dataset_id`

const COUNT_LIMIT = 10_001

/** One page, newest first, and how many there are. Reads limit + 1 rows so that the caller knows whether more follow. */
export const listSyncs = async (
  db: Db,
  filter: { workspace_id: string; dataset_id: string | null; sheet_id: string | null },
  page: PageRequest,
): Promise<{ rows: SyncRow[]; total: number }> => {
  const where = sql`s.workspace_id = ${filter.workspace_id}
    ${filter.dataset_id ? sql`and s.dataset_id = ${filter.dataset_id}` : sql``}
    ${filter.sheet_id ? sql`and s.sheet_id = ${filter.sheet_id}` : sql``}`
  const counted = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from ${JOINED} where ${where} limit ${COUNT_LIMIT}) counted`.execute(db)
  const found = await sql<SyncRow>`
    select ${SYNC} from ${JOINED} where ${where} ${page.after ? sql`and s.sync_id < ${page.after[0]}::uuid` : sql``}
    order by s.sync_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return { rows: found.rows, total: counted.rows[0]?.n ?? 0 }
}

export const deleteSync = async (db: Db, workspaceId: string, syncId: string): Promise<boolean> => {
  const { rows } = await sql`
    delete from sheet_syncs where workspace_id = ${workspaceId} and sync_id = ${syncId} returning sync_id`.execute(db)
  return rows.length > 0
}

export const findSync = async (
  db: Db,
  workspaceId: string,
  sheetId: string,
  datasetId: string,
): Promise<SyncRow | null> => {
  const { rows } = await sql<SyncRow>`
    select ${SYNC} from ${JOINED} where s.workspace_id = ${workspaceId} and s.sheet_id = ${sheetId} and s.dataset_id = ${datasetId}`.execute(
    db,
  )
  return rows[0] ?? null
}

export type SyncToRun = SyncRow &
  WorkspaceClockRow & { workspace_id: string; mode: 'sandbox' | 'live'; failures: number }

/** With what is needed of its workspace; null when it was deleted meanwhile. */
export const findSyncToRun = async (db: Db, syncId: string): Promise<SyncToRun | null> => {
  const { rows } = await sql<SyncToRun>`
    select ${SYNC}, s.failures, w.id as workspace_id, w.mode, w.clock_offset_ms::float8 as clock_offset_ms, w.clock_frozen_at
    from ${JOINED} join workspaces w on w.id = s.workspace_id where s.sync_id = ${syncId}`.execute(db)
  return rows[0] ?? null
}

/** Takes the syncs that are due, by the clock of their workspace, and says when they are next. A clock that is being advanced waits. */
export const claimDueSyncs = async (db: Db, now: Date, limit: number): Promise<string[]> => {
  const { rows } = await sql<{ sync_id: string }>`
    update sheet_syncs s set due_at = ${now}::timestamptz + make_interval(secs => w.clock_offset_ms / 1000.0) + make_interval(mins => s.every_minutes)
    from workspaces w
    where w.id = s.workspace_id and s.sync_id in (
      select d.sync_id from sheet_syncs d join workspaces dw on dw.id = d.workspace_id
      where d.due_at is not null and dw.clock_frozen_at is null and d.due_at <= ${now}::timestamptz + make_interval(secs => dw.clock_offset_ms / 1000.0)
      order by d.due_at limit ${limit} for update of d skip locked)
    returning s.sync_id`.execute(db)
  return rows.map(({ sync_id }) => sync_id)
}

/** Writes down why a run came to nothing; answers how many have in a row. */
export const recordFailure = async (db: Db, syncId: string, message: string, now: Date): Promise<number> => {
  const { rows } = await sql<{ failures: number }>`
    update sheet_syncs set failures = least(failures + 1, 1000), last_error = ${message.slice(0, 1000)}, updated_at = ${now}
    where sync_id = ${syncId} returning failures`.execute(db)
  return rows[0]?.failures ?? 0
}
