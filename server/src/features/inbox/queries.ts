import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { CursorKey } from '../../http/pagination.ts'
import {
  type ConversationRow,
  conversationColumns,
  conversationCounts,
  conversationsMatching,
  placeSql,
} from '../conversations/read-conversations.ts'
import type { OwnFile } from '../conversations/shown-body.ts'
import { inView, isOpen, isReceived, isSnoozed, needsAnswer, type ThreadView } from './thread-views.ts'

export type ThreadRow = ConversationRow & {
  kind: string | null
  needs_answer: boolean
  is_starred: boolean
  done_at: Date | null
  snoozed_until: Date | null
  outcome: string | null
  place: string
  listed_at: Date
  alias_email: string | null
  campaign_id: string | null
  campaign_name: string | null
  person_name: string | null
  person_email: string | null
}

export type ThreadFilter = {
  view: ThreadView
  kind?: string
  unread?: boolean
  starred?: boolean
  needs_answer?: boolean
  outcome?: string
  alias_id?: string
  campaign_id?: string
  q?: string
}

const shown: RawBuilder<unknown> = sql`${conversationColumns}, c.kind, ${needsAnswer} as needs_answer, c.starred_at is not null as is_starred, c.done_at,
  c.snoozed_until, c.outcome, c.listed_at, ${placeSql} as place, a.full_email as alias_email, g.campaign_id, g.name as campaign_name,
  coalesce(person.from_name, nullif(btrim(concat_ws(' ', l.lead_data->>'first_name', l.lead_data->>'last_name')), '')) as person_name,
  coalesce(person.from_email, l.email) as person_email`

const around: RawBuilder<unknown> = sql`${conversationCounts}
  left join aliases a on a.id = c.alias_id
  left join campaign_leads l on l.campaign_lead_id = c.campaign_lead_id and l.workspace_id = c.workspace_id
  left join campaigns g on g.campaign_id = l.campaign_id
  left join lateral (
    select i.from_name, i.from_email from inbound_emails i where i.conversation_id = c.id and not i.is_warmup order by i.received_at desc, i.id desc limit 1
  ) person on true`

const ofCampaign = (workspaceId: string, campaignId: string | undefined): RawBuilder<unknown> =>
  campaignId
    ? sql`and c.campaign_lead_id in (select campaign_lead_id from campaign_leads where workspace_id = ${workspaceId} and campaign_id = ${campaignId})`
    : sql``

type Page = { limit: number; after: CursorKey | null }

/** What is received stands where it came back from its snooze; what was only sent, where it was last sent. */
const isByInbox = (view: ThreadView): boolean => view === 'open' || view === 'snoozed' || view === 'done'

/** Newest first; of the snoozed ones, which comes back first. One more than `limit`. */
export const listThreads = async (
  db: Db,
  workspaceId: string,
  filter: ThreadFilter,
  page: Page,
  now: Date,
): Promise<ThreadRow[]> => {
  const condition = conversationsMatching(workspaceId, {
    alias_id: filter.alias_id,
    include_warmup: false,
    q: filter.q,
    unread: filter.unread,
    starred: filter.starred,
  })
  if (!condition) return []
  const isRising = filter.view === 'snoozed'
  const key = isByInbox(filter.view) ? sql`c.listed_at` : sql`c.last_message_at`
  const order = isRising ? sql`${key}, c.id` : sql`${key} desc, c.id desc`
  const after = page.after
    ? sql`and (${key}, c.id) ${sql.raw(isRising ? '>' : '<')} (${page.after[0]}::timestamptz, ${page.after[1]}::uuid)`
    : sql``
  const { rows } = await sql<ThreadRow>`
    with page as materialized (
      select c.* from conversations c
      where ${condition} and ${inView(filter.view, now)} ${filter.kind ? sql`and c.kind = ${filter.kind}` : sql``}
        ${filter.needs_answer ? sql`and ${needsAnswer}` : sql``} ${filter.outcome ? sql`and c.outcome = ${filter.outcome}` : sql``}
        ${ofCampaign(workspaceId, filter.campaign_id)} ${after}
      order by ${order} limit ${page.limit + 1}
    )
    select ${shown} from page c ${around} order by ${order}`.execute(db)
  return rows
}

export type ReceivedHtml = { body_html: string | null; attachments: OwnFile[] | null }

export const findReceivedHtml = (db: Db, workspaceId: string, id: string): Promise<ReceivedHtml | undefined> =>
  sql<ReceivedHtml>`select body_html, attachments from inbound_emails where workspace_id = ${workspaceId} and id = ${id}`
    .execute(db)
    .then(({ rows }) => rows[0])

export const threadCursor =
  (view: ThreadView) =>
  (row: ThreadRow): CursorKey => [(isByInbox(view) ? row.listed_at : row.last_message_at).toISOString(), row.id]

export const findThread = async (db: Db, workspaceId: string, id: string): Promise<ThreadRow | undefined> => {
  const { rows } = await sql<ThreadRow>`
    select ${shown} from conversations c ${around} where c.workspace_id = ${workspaceId} and c.id = ${id}`.execute(db)
  return rows[0]
}

/** What is done piles up for years; more than this is said to be this many. */
const COUNTED = 10_000

type CountRow = {
  kind: string | null
  open: number
  unread: number
  needs_answer: number
  snoozed: number
  starred: number
}

export const countThreads = async (
  db: Db,
  workspaceId: string,
  filter: { alias_id?: string; campaign_id?: string },
  now: Date,
) => {
  const mine = sql`c.workspace_id = ${workspaceId} ${filter.alias_id ? sql`and c.alias_id = ${filter.alias_id}` : sql``}
    ${ofCampaign(workspaceId, filter.campaign_id)} and c.inbound_count > 0`
  const [{ rows }, done] = await Promise.all([
    sql<CountRow>`
      select c.kind, count(*) filter (where ${isOpen(now)})::int as open,
        count(*) filter (where ${isOpen(now)} and c.unread_count > 0)::int as unread,
        count(*) filter (where ${isOpen(now)} and ${needsAnswer})::int as needs_answer,
        count(*) filter (where ${isSnoozed(now)})::int as snoozed,
        count(*) filter (where ${isOpen(now)} and c.starred_at is not null)::int as starred
      from conversations c where ${mine} and c.done_at is null group by c.kind`.execute(db),
    sql<{ n: number }>`
      select count(*)::int as n from (
        select 1 from conversations c where ${mine} and ${isReceived} and c.done_at is not null limit ${COUNTED}) done`.execute(
      db,
    ),
  ])
  const sum = (field: Exclude<keyof CountRow, 'kind'>): number => rows.reduce((total, row) => total + row[field], 0)
  return {
    open: sum('open'),
    unread: sum('unread'),
    needs_answer: sum('needs_answer'),
    snoozed: sum('snoozed'),
    done: done.rows[0]?.n ?? 0,
    starred: sum('starred'),
    kinds: rows.flatMap(({ kind, open, unread }) => (kind === null || !open ? [] : [{ kind, open, unread }])),
  }
}
