import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { CursorKey } from '../../http/pagination.ts'
import { type EventRow, shownEvent } from './message-activity.ts'

export type FeedFilter = {
  event_type?: string
  email_id?: string
  start_at?: Date
  end_at?: Date
}

type FeedRow = EventRow & { email_id: string; user_id: string; position: string }

/**
 * What happened to all messages of the workspace, newest first; one more than `limit`. `event_type` is the word of the
 * timeline, with or without the prefix that webhooks give it; `position` is the instant to the microsecond, as it is sorted.
 */
export const listEventFeed = async (
  db: Db,
  workspaceId: string,
  filter: FeedFilter,
  page: { limit: number; after: CursorKey | null },
) => {
  const type = filter.event_type?.replace(/^email\.outbound\./, '')
  const { rows } = await sql<FeedRow>`
    select v.event_id as id, v.event_type, v.occurred_at, v.url, v.metadata, v.email_id, e.user_id,
      to_char(v.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position
    from events v join emails e on e.id = v.email_id
    where v.workspace_id = ${workspaceId} and v.email_id is not null
      ${type === undefined ? sql`` : sql`and v.event_type = ${type}`} ${filter.email_id ? sql`and v.email_id = ${filter.email_id}` : sql``}
      ${filter.start_at ? sql`and v.occurred_at >= ${filter.start_at}` : sql``} ${filter.end_at ? sql`and v.occurred_at < ${filter.end_at}` : sql``}
      ${page.after ? sql`and (v.occurred_at, v.event_id) < (${page.after[0]}::timestamptz, ${page.after[1]}::uuid)` : sql``}
    order by v.occurred_at desc, v.event_id desc limit ${page.limit + 1}`.execute(db)
  return rows.map(({ email_id, user_id, position, ...row }) => ({
    position,
    event: shownEvent(row, { user_id }, email_id),
  }))
}

export type OpenRow = {
  id: string
  opened_at: Date
  is_first_open: boolean
  is_bot: boolean
  bot_reason: string | null
  user_agent: string | null
}

/** The recorded opens of a message, newest first, those of machines too. */
export const listMessageOpens = async (
  db: Db,
  workspaceId: string,
  emailId: string,
  page: { limit: number; offset: number },
): Promise<OpenRow[]> => {
  const { rows } = await sql<OpenRow>`
    select id, opened_at, not is_bot and row_number() over (partition by is_bot order by opened_at, id) = 1 as is_first_open, is_bot,
      case when is_bot then reason end as bot_reason, user_agent
    from (
      select event_id as id, occurred_at as opened_at, coalesce((metadata->>'is_machine')::boolean, false) as is_bot, metadata->>'reason' as reason,
        metadata->>'user_agent' as user_agent
      from events where email_id = ${emailId} and workspace_id = ${workspaceId} and event_type = 'opened'
    ) seen order by opened_at desc, id desc limit ${page.limit} offset ${page.offset}`.execute(db)
  return rows
}

/** When a person opened it last. */
export const lastOpenOf = async (db: Db, workspaceId: string, emailId: string): Promise<Date | null> => {
  const { rows } = await sql<{ at: Date | null }>`
    select max(occurred_at) as at from events
    where email_id = ${emailId} and workspace_id = ${workspaceId} and event_type = 'opened' and not coalesce((metadata->>'is_machine')::boolean, false)`.execute(
    db,
  )
  return rows[0]?.at ?? null
}

/** How these messages were complained about, in the words of their first report. */
export const complaintTypesOf = async (db: Db, ids: readonly string[]): Promise<Map<string, string>> => {
  if (!ids.length) return new Map()
  const { rows } = await sql<{ email_id: string; feedback_type: string }>`
    select distinct on (email_id) email_id, coalesce(nullif(metadata->>'feedback_type', ''), 'abuse') as feedback_type from events
    where email_id = any(${[...ids]}::uuid[]) and event_type = 'complained' order by email_id, occurred_at`.execute(db)
  return new Map(rows.map(({ email_id, feedback_type }) => [email_id, feedback_type]))
}
