import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { notFound } from '../../http/errors.ts'
import type { CursorKey } from '../../http/pagination.ts'
import { searchQuery } from './search-words.ts'
import { type BodyRow, showBodies } from './shown-body.ts'

export type ConversationRow = {
  id: string
  subject: string
  message_count: number
  user_id: string
  first_message_at: Date | null
  last_message_at: Date
  created_at: Date
  updated_at: Date
  first_from_email: string | null
  first_to_email: string | null
  total_attachment_count: number
  unread_count: number
  alias_id: string
  domain_id: string
  campaign_lead_id: string | null
}

export type MessageRow = {
  id: string
  direction: 'inbound' | 'outbound'
  from_email: string
  from_name: string | null
  to_email: string
  subject: string
  body_text: string | null
  body_html: string | null
  message_id: string | null
  attachment_count: number
  timestamp: Date
  status: string
  kind: string | null
  reply_text: string | null
  read_at: Date | null
  is_warmup: boolean
}

export type ConversationFilter = {
  alias_id?: string
  domain_id?: string
  direction?: 'inbound' | 'outbound'
  include_warmup: boolean
  q?: string
  unread?: boolean
  starred?: boolean
  /** A place, the id of a folder, or `shown`: everywhere but in spam and trash. Without it places do not matter. */
  place?: 'inbox' | 'sent' | 'spam' | 'trash' | 'shown' | (string & {})
  label_id?: string
}

/** Where a thread is, over conversations c. */
export const placeSql: RawBuilder<string> = sql<string>`coalesce(c.folder_id::text, c.place, case when c.inbound_count > 0 then 'inbox' else 'sent' end)`

const inPlace = (place: string): RawBuilder<unknown> => {
  if (place === 'shown') return sql`and (c.place is null or c.place = 'inbox')`
  if (place === 'spam' || place === 'trash') return sql`and c.place = ${place}`
  if (place === 'inbox')
    return sql`and c.folder_id is null and (c.place = 'inbox' or c.place is null and c.inbound_count > 0)`
  if (place === 'sent') return sql`and c.folder_id is null and c.place is null and c.inbound_count = 0`
  return sql`and c.folder_id = ${place}::uuid`
}

/** Threads with this label: on the thread itself, or on a message received in it. */
const labelled = (workspaceId: string, labelId: string): RawBuilder<unknown> => sql`and c.id in (
  select t.conversation_id from conversation_tags t where t.workspace_id = ${workspaceId} and t.tag_id = ${labelId}
  union select i.conversation_id from inbound_email_tags m join inbound_emails i on i.id = m.inbound_email_id
    where m.workspace_id = ${workspaceId} and m.tag_id = ${labelId} and i.conversation_id is not null)`

const sentIn = (conversation: RawBuilder<unknown>) =>
  sql`e.conversation_id = ${conversation} and e.status <> 'cancelled'`

/** Counted from the messages themselves: the row's own count was written by whoever sent or received. */
export const conversationColumns: RawBuilder<unknown> = sql`c.id, c.subject, c.inbound_count + sent.n as message_count, c.user_id, c.first_message_at, c.last_message_at, c.created_at,
  c.updated_at, c.first_from_email, c.first_to_email, sent.attachments + received.attachments as total_attachment_count, c.unread_count, c.alias_id,
  c.domain_id, c.campaign_lead_id`

/** Joined to conversations c, for the columns above. */
export const conversationCounts: RawBuilder<unknown> = sql`cross join lateral (
    select count(*)::int as n, coalesce(sum((select count(*) from email_attachments a where a.email_id = e.id)), 0)::int as attachments
    from emails e where ${sentIn(sql`c.id`)}
  ) sent cross join lateral (
    select coalesce(sum(jsonb_array_length(i.attachments)), 0)::int as attachments from inbound_emails i where i.conversation_id = c.id
  ) received`

type Page = { limit: number; offset: number; after: CursorKey | null }

/** Over conversations c; null where no word of the search can be looked for. */
export const conversationsMatching = (workspaceId: string, filter: ConversationFilter): RawBuilder<unknown> | null => {
  const words = filter.q === undefined || filter.q.trim() === '' ? undefined : searchQuery(filter.q)
  if (words === null) return null
  return sql`c.workspace_id = ${workspaceId}
    ${filter.alias_id ? sql`and c.alias_id = ${filter.alias_id}` : sql``} ${filter.domain_id ? sql`and c.domain_id = ${filter.domain_id}` : sql``}
    ${filter.include_warmup ? sql`` : sql`and not (c.warmup_count > 0 and c.warmup_count = c.inbound_count)`}
    ${filter.unread === undefined ? sql`` : filter.unread ? sql`and c.unread_count > 0` : sql`and c.unread_count = 0`}
    ${filter.starred ? sql`and c.starred_at is not null` : sql``} ${filter.place === undefined ? sql`` : inPlace(filter.place)}
    ${filter.label_id ? labelled(workspaceId, filter.label_id) : sql``}
    ${filter.direction === 'inbound' ? sql`and c.inbound_count > 0` : sql``}
    ${filter.direction === 'outbound' ? sql`and exists (select 1 from emails e where ${sentIn(sql`c.id`)})` : sql``}
    ${
      words === undefined
        ? sql``
        : // Found first and then looked up: a join lets the planner walk the whole list for a rare word (1.2 s for 7 ms measured).
          sql`and c.id = any(array(select conversation_id from conversation_search where workspace_id = ${workspaceId} and words @@ to_tsquery('simple', ${words})))`
    }`
}

/** Newest activity first; one more than `limit`, to know whether others follow. */
export const listConversations = async (
  db: Db,
  workspaceId: string,
  filter: ConversationFilter,
  page: Page,
): Promise<ConversationRow[]> => {
  const condition = conversationsMatching(workspaceId, filter)
  if (!condition) return []
  // The page is cut before anything is counted, so that the cost is that of the rows shown.
  const { rows } = await sql<ConversationRow>`
    with page as materialized (
      select c.* from conversations c
      where ${condition} ${page.after ? sql`and (c.last_message_at, c.id) < (${page.after[0]}::timestamptz, ${page.after[1]}::uuid)` : sql``}
      order by c.last_message_at desc, c.id desc limit ${page.limit + 1} offset ${page.offset}
    )
    select ${conversationColumns} from page c ${conversationCounts} order by c.last_message_at desc, c.id desc`.execute(
    db,
  )
  return rows
}

export const cursorOf = (row: ConversationRow): CursorKey => [row.last_message_at.toISOString(), row.id]

export const noSuchConversation = () => notFound('There is no such conversation in this workspace.')

/** Throws NOT_FOUND. */
export const getConversation = async (db: Db, workspaceId: string, id: string): Promise<ConversationRow> => {
  const { rows } = await sql<ConversationRow>`
    select ${conversationColumns} from conversations c ${conversationCounts} where c.workspace_id = ${workspaceId} and c.id = ${id}`.execute(
    db,
  )
  if (!rows[0]) throw noSuchConversation()
  return rows[0]
}

/** A thread longer than this shows its newest messages. */
const MOST_MESSAGES = 1_000

/** Messages of both directions, oldest first. Bodies of received ones are made safe to show. */
export const listMessages = async (db: Db, workspaceId: string, conversationId: string): Promise<MessageRow[]> => {
  const { rows } = await sql<MessageRow & BodyRow>`
    select * from (
      select i.id, 'inbound' as direction, i.from_email, i.from_name, i.to_email, i.subject, i.body_text, i.body_html, i.message_id,
        jsonb_array_length(i.attachments) as attachment_count, i.received_at as timestamp, 'received' as status, i.kind, i.reply_text, i.read_at, i.is_warmup,
        i.attachments as files, coalesce(d.strip_tracking_on_read, false) as strip_tracking_on_read
      from inbound_emails i left join sending_domains d on d.id = i.domain_id
      where i.workspace_id = ${workspaceId} and i.conversation_id = ${conversationId}
      union all
      select e.id, 'outbound', e.from_email, a.display_name, e.to_email, coalesce(t.subject, ''), t.body_text, t.body_html, e.message_id,
        (select count(*)::int from email_attachments x where x.email_id = e.id), coalesce(e.sent_at, e.due_at), e.status, null, null, null, false, null, false
      from emails e left join email_contents t on t.email_id = e.id left join aliases a on a.id = e.alias_id
      where e.workspace_id = ${workspaceId} and ${sentIn(sql`${conversationId}`)}
    ) m order by m.timestamp desc, m.id desc limit ${MOST_MESSAGES}`.execute(db)
  return showBodies(rows.reverse())
}

export type ThreadExtra = {
  participants: string[]
  snippet: string | null
  last_direction: 'inbound' | 'outbound' | null
}

const SNIPPET = 160
const PARTICIPANTS = 20

/** What an inbox shows of each thread beside its counts; our own aliases are no participants. */
export const readThreadExtras = async (db: Db, ids: string[]): Promise<Map<string, ThreadExtra>> => {
  if (!ids.length) return new Map()
  const { rows } = await sql<ThreadExtra & { id: string }>`
    select c.id, coalesce(people.addresses, '{}') as participants, nullif(newest.text, '') as snippet, newest.direction as last_direction
    from conversations c
    left join lateral (
      select array_agg(address order by first_at) as addresses from (
        select address, min(at) as first_at from (
          select lower(i.from_email) as address, i.received_at as at from inbound_emails i where i.conversation_id = c.id
          union all
          select lower(e.to_email), coalesce(e.sent_at, e.due_at) from emails e where ${sentIn(sql`c.id`)}
        ) said group by address order by min(at) limit ${PARTICIPANTS}
      ) known
    ) people on true
    left join lateral (
      select direction, btrim(regexp_replace(left(text, 1000), '\\s+', ' ', 'g')) as text from (
        (select 'inbound' as direction, coalesce(i.reply_text, i.body_text, '') as text, i.received_at as at from inbound_emails i
          where i.conversation_id = c.id order by i.received_at desc, i.id desc limit 1)
        union all
        (select 'outbound', coalesce(t.body_text, ''), coalesce(e.sent_at, e.due_at) from emails e left join email_contents t on t.email_id = e.id
          where ${sentIn(sql`c.id`)} order by coalesce(e.sent_at, e.due_at) desc, e.id desc limit 1)
      ) both_ways order by at desc limit 1
    ) newest on true
    where c.id = any(${ids}::uuid[])`.execute(db)
  return new Map(
    rows.map(({ id, ...extra }) => [
      id,
      { ...extra, snippet: extra.snippet === null ? null : [...extra.snippet].slice(0, SNIPPET).join('') },
    ]),
  )
}
