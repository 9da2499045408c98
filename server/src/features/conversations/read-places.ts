import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { placeSql } from './read-conversations.ts'

export type ThreadState = {
  starred: boolean
  /** inbox, sent, spam, trash, or the id of a folder. */
  folder_id: string
  label_ids: string[]
  last_from: string | null
  last_from_name: string | null
}

/** What a mailbox keeps of each thread beside its messages, and who wrote last. */
export const readThreadStates = async (db: Db, ids: readonly string[]): Promise<Map<string, ThreadState>> => {
  if (!ids.length) return new Map()
  const { rows } = await sql<ThreadState & { id: string }>`
    select c.id, c.starred_at is not null as starred, ${placeSql} as folder_id, coalesce(labels.ids, '{}') as label_ids,
      newest.address as last_from, newest.name as last_from_name
    from conversations c
    left join lateral (
      select array_agg(t.id order by lower(t.name), t.id) as ids from tags t
      where t.type = 'tag' and t.system_name is null and t.id in (
        select l.tag_id from conversation_tags l where l.conversation_id = c.id
        union select m.tag_id from inbound_email_tags m join inbound_emails i on i.id = m.inbound_email_id where i.conversation_id = c.id)
    ) labels on true
    left join lateral (
      select address, name from (
        (select i.from_email as address, i.from_name as name, i.received_at as at from inbound_emails i
          where i.conversation_id = c.id order by i.received_at desc, i.id desc limit 1)
        union all
        (select e.from_email, a.display_name, coalesce(e.sent_at, e.due_at) from emails e left join aliases a on a.id = e.alias_id
          where e.conversation_id = c.id and e.status <> 'cancelled' order by coalesce(e.sent_at, e.due_at) desc, e.id desc limit 1)
      ) both_ways order by at desc limit 1
    ) newest on true
    where c.id = any(${[...ids]}::uuid[])`.execute(db)
  return new Map(rows.map(({ id, ...state }) => [id, state]))
}

export type PlaceCounts = { place: string; total: number; unread: number }

/** Threads in each place and folder; warm-up threads, which lists leave out, are not counted. */
export const countPlaces = async (db: Db, workspaceId: string): Promise<Map<string, PlaceCounts>> => {
  const { rows } = await sql<PlaceCounts>`
    select ${placeSql} as place, count(*)::int as total, count(*) filter (where c.unread_count > 0)::int as unread
    from conversations c where c.workspace_id = ${workspaceId} and not (c.warmup_count > 0 and c.warmup_count = c.inbound_count)
    group by 1`.execute(db)
  return new Map(rows.map((row) => [row.place, row]))
}

/** Threads with each label. */
export const countLabels = async (db: Db, workspaceId: string): Promise<Map<string, Omit<PlaceCounts, 'place'>>> => {
  const { rows } = await sql<{ tag_id: string; total: number; unread: number }>`
    select l.tag_id, count(*)::int as total, count(*) filter (where c.unread_count > 0)::int as unread
    from (
      select tag_id, conversation_id from conversation_tags where workspace_id = ${workspaceId}
      union
      select m.tag_id, i.conversation_id from inbound_email_tags m join inbound_emails i on i.id = m.inbound_email_id where m.workspace_id = ${workspaceId}
    ) l join conversations c on c.id = l.conversation_id
    where not (c.warmup_count > 0 and c.warmup_count = c.inbound_count)
    group by l.tag_id`.execute(db)
  return new Map(rows.map(({ tag_id, ...counts }) => [tag_id, counts]))
}

/** Starred threads outside spam and trash. */
export const countStarred = async (db: Db, workspaceId: string): Promise<{ total: number; unread: number }> => {
  const { rows } = await sql<{ total: number; unread: number }>`
    select count(*)::int as total, count(*) filter (where unread_count > 0)::int as unread from conversations
    where workspace_id = ${workspaceId} and starred_at is not null and (place is null or place = 'inbox')`.execute(db)
  return rows[0] ?? { total: 0, unread: 0 }
}
