import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { notFound } from '../../http/errors.ts'

export type TagRow = {
  id: string
  name: string
  type: 'tag' | 'folder'
  sort_order: number
  is_pinned: boolean
  is_system: boolean
  email_count: number
  is_visible: boolean
  user_id: string
  description: string | null
  color: string | null
  icon: string | null
  created_at: Date
  updated_at: Date
}

export type TagSummaryRow = Pick<TagRow, 'id' | 'name' | 'type' | 'color' | 'icon'>

/** What stands in the folder Inbox: no warm-up mail and no reports about our own messages. Over inbound_emails i. */
export const inInboxSql: RawBuilder<boolean> = sql`(not i.is_warmup and i.kind not in ('bounce', 'complaint', 'delivery_notice'))`

const columns = (
  userId: string,
): RawBuilder<unknown> => sql`t.id, t.name, t.type, t.sort_order, t.is_pinned, t.system_name is not null as is_system,
  case t.system_name
    when 'inbox' then (select count(*) from inbound_emails i where i.workspace_id = t.workspace_id and ${inInboxSql})
    when 'sent' then (select count(*) from emails e where e.workspace_id = t.workspace_id and e.sent_at is not null)
    else (select count(*) from inbound_email_tags m where m.workspace_id = t.workspace_id and m.tag_id = t.id)
  end as email_count,
  t.is_visible, coalesce(t.user_id, ${userId}::uuid) as user_id, t.description, t.color, t.icon, t.created_at, t.updated_at`

export type TagReader = {
  workspace_id: string
  /** Stands as the owner of a tag whose maker is gone. */
  user_id: string
}

/** Pinned ones first, then by sort_order and name. */
export const listTags = async (db: Db, who: TagReader, options: { include_hidden: boolean }): Promise<TagRow[]> => {
  const { rows } = await sql<TagRow>`
    select ${columns(who.user_id)} from tags t
    where t.workspace_id = ${who.workspace_id} ${options.include_hidden ? sql`` : sql`and t.is_visible`}
    order by t.is_pinned desc, t.sort_order, lower(t.name), t.id`.execute(db)
  return rows
}

/** Throws NOT_FOUND. */
export const getTag = async (db: Db, who: TagReader, id: string): Promise<TagRow> => {
  const { rows } = await sql<TagRow>`
    select ${columns(who.user_id)} from tags t where t.workspace_id = ${who.workspace_id} and t.id = ${id}`.execute(db)
  if (!rows[0]) throw noSuchTag()
  return rows[0]
}

export const noSuchTag = () => notFound('There is no such tag in this workspace.')

/** The tags that people put on these received messages, by message, in the order of the list of tags. */
export const tagsOfMessages = async (db: Db, ids: string[]): Promise<Map<string, TagSummaryRow[]>> => {
  const found = new Map<string, TagSummaryRow[]>()
  if (!ids.length) return found
  const { rows } = await sql<TagSummaryRow & { inbound_email_id: string }>`
    select m.inbound_email_id, t.id, t.name, t.type, t.color, t.icon
    from inbound_email_tags m join tags t on t.id = m.tag_id
    where m.inbound_email_id = any(${ids}::uuid[])
    order by t.is_pinned desc, t.sort_order, lower(t.name), t.id`.execute(db)
  for (const { inbound_email_id, ...tag } of rows)
    found.set(inbound_email_id, [...(found.get(inbound_email_id) ?? []), tag])
  return found
}

/**
 * The condition by which a list of received messages (inbound_emails i) is narrowed to tags. Inbox and Sent have no rows: the
 * one holds what an inbox shows, the other nothing that was received. An id that is no tag here is on no message.
 */
export const taggedSql = async (
  db: Db,
  workspaceId: string,
  ids: string[],
  match: 'any' | 'all',
): Promise<RawBuilder<boolean>> => {
  const { rows } = await sql<{ id: string; system_name: 'inbox' | 'sent' | null }>`
    select id, system_name from tags where workspace_id = ${workspaceId} and id = any(${ids}::uuid[])`.execute(db)
  const known = new Map(rows.map((row) => [row.id, row.system_name]))
  const conditions = [...new Set(ids.map((id) => id.toLowerCase()))].map((id) => {
    const system = known.get(id)
    if (system === undefined || system === 'sent') return sql<boolean>`false`
    if (system === 'inbox') return inInboxSql
    return sql<boolean>`exists (select 1 from inbound_email_tags m where m.inbound_email_id = i.id and m.tag_id = ${id})`
  })
  if (!conditions.length) return sql`true`
  return sql`(${sql.join(conditions, match === 'all' ? sql` and ` : sql` or `)})`
}
