import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { PageRequest } from '../../http/pagination.ts'
import type { AlertType } from './schema.ts'

export type AlertRow = {
  alert_id: string
  alert_type: AlertType
  severity: 'info' | 'warning' | 'critical'
  title: string
  message: string
  action_url: string | null
  metadata: Record<string, unknown>
  is_read: boolean
  read_at: Date | null
  created_at: Date
}

const COLUMNS = sql.raw(
  'alert_id, alert_type, severity, title, message, action_url, metadata, read_at is not null as is_read, read_at, created_at',
)

/** Newest first; one row more than the page holds. */
export const listAlerts = async (
  db: Db,
  workspaceId: string,
  unreadOnly: boolean,
  page: PageRequest,
): Promise<AlertRow[]> => {
  const found = await sql<AlertRow>`
    select ${COLUMNS} from alerts
    where workspace_id = ${workspaceId}
      ${unreadOnly ? sql`and read_at is null` : sql``}
      ${page.after ? sql`and alert_id < ${page.after[0]}::uuid` : sql``}
    order by alert_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return found.rows
}

export const countAlerts = async (db: Db, workspaceId: string): Promise<{ total: number; unread: number }> => {
  const found = await sql<{ total: number; unread: number }>`
    select count(*) as total, count(*) filter (where read_at is null) as unread
    from alerts where workspace_id = ${workspaceId}`.execute(db)
  return found.rows[0] as { total: number; unread: number }
}

/** Repeating it keeps the first read_at. */
export const markRead = async (db: Db, workspaceId: string, id: string, now: Date): Promise<AlertRow | undefined> => {
  const found = await sql<AlertRow>`
    update alerts set read_at = coalesce(read_at, ${now})
    where alert_id = ${id} and workspace_id = ${workspaceId} returning ${COLUMNS}`.execute(db)
  return found.rows[0]
}
