import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { CursorKey } from '../../http/pagination.ts'

export type EmailRow = {
  id: string
  source: 'campaign' | 'api'
  to_email: string
  status: string
  conversation_id: string | null
  send_at: string | null
  send_at_timezone: string | null
  due_at: Date
  attachments: unknown[]
  recipients: RecipientJson[] | null
}

/** As PostgreSQL writes it into JSON: times are text with an offset. */
export type RecipientJson = {
  email: string
  kind: 'to' | 'cc' | 'bcc'
  status: string
  due_at: string
  delivered_at: string | null
  bounced_at: string | null
  bounce_kind: 'hard' | 'soft' | null
  bounce_reason: string | null
  attempts: number
  smtp_code: number | null
  smtp_enhanced: string | null
  error_message: string | null
  cause: string | null
  advice: string | null
}

const columns: RawBuilder<unknown> = sql`e.id, e.alias_id, e.domain_id, e.user_id, e.conversation_id, e.from_email, e.to_email,
  coalesce(c.subject, '') as subject, coalesce(c.body_text, '') as body_text, c.body_html, e.status, e.message_id as provider_message_id, e.in_reply_to,
  array_to_string(c.thread_references, ' ') as thread_references, a.alias as alias_name, d.domain as domain_name, e.sent_at, e.delivered_at, e.cancelled_at,
  e.error_message, e.track_opens, e.open_count, e.first_opened_at, e.track_clicks, e.click_count, e.first_clicked_at, e.last_clicked_at,
  (select count(*)::int from email_links l where l.email_id = e.id) as tracked_links_count, e.created_at, e.updated_at, e.campaign_id, e.campaign_lead_id,
  e.step, e.variant_label, e.verdict, e.bounced_at, e.bounce_kind, e.bounce_reason, e.complained_at, e.unsubscribed_at, e.replied_at,
  e.machine_open_count, e.machine_click_count, e.source, coalesce(e.to_emails, array[e.to_email]) as to_emails, coalesce(e.cc_emails, '{}') as cc_emails,
  coalesce(e.bcc_emails, '{}') as bcc_emails, e.reply_to, e.headers, e.smtp_code, e.smtp_enhanced, e.smtp_text, e.cause, e.advice, e.send_at, e.send_at_timezone, e.due_at,
  case when e.source = 'api' then (
    select coalesce(json_agg(json_build_object('id', t.id, 'filename', t.filename, 'size_bytes', t.size_bytes, 'mime_type', t.mime_type,
      'sha256', encode(t.sha256, 'hex'), 'content_id', x.content_id, 'is_inline', x.is_inline) order by x.position), '[]')
    from email_attachments x join attachments t on t.id = x.attachment_id where x.email_id = e.id
  ) else '[]' end as attachments,
  case when e.source = 'api' then (
    select json_agg(json_build_object('email', r.address, 'kind', r.kind, 'status', r.status, 'due_at', r.due_at, 'delivered_at', r.delivered_at,
      'bounced_at', r.bounced_at, 'bounce_kind', r.bounce_kind, 'bounce_reason', r.bounce_reason, 'attempts', r.attempts, 'smtp_code', r.smtp_code,
      'smtp_enhanced', r.smtp_enhanced, 'error_message', r.error_message, 'cause', r.cause, 'advice', r.advice) order by r.position)
    from email_recipients r where r.email_id = e.id
  ) end as recipients`

const sources: RawBuilder<unknown> = sql`emails e left join email_contents c on c.email_id = e.id
  left join aliases a on a.id = e.alias_id left join sending_domains d on d.id = e.domain_id`

export type EmailPage = { limit: number; offset: number; after: CursorKey | null }

export type EmailFilter = {
  alias_id?: string | null
  domain_id?: string | null
  conversation_id?: string | null
  status?: string | null
  complained?: boolean
  /** An address that stands in To, Cc or Bcc, in its stored spelling. */
  recipient?: string | null
  sent_only?: boolean
  sent_after?: Date | null
  sent_before?: Date | null
  order_by?: 'created_at' | 'sent_at'
}

const conditions = (workspaceId: string, filter: EmailFilter): RawBuilder<unknown> => {
  const all = [sql`e.workspace_id = ${workspaceId}`]
  if (filter.alias_id) all.push(sql`e.alias_id = ${filter.alias_id}`)
  if (filter.domain_id) all.push(sql`e.domain_id = ${filter.domain_id}`)
  if (filter.conversation_id) all.push(sql`e.conversation_id = ${filter.conversation_id}`)
  if (filter.status) all.push(sql`e.status = ${filter.status}`)
  if (filter.complained !== undefined)
    all.push(filter.complained ? sql`e.complained_at is not null` : sql`e.complained_at is null`)
  if (filter.recipient)
    all.push(sql`(e.to_email = ${filter.recipient} or e.id in (
      select r.email_id from email_recipients r where r.workspace_id = ${workspaceId} and r.address = ${filter.recipient}))`)
  if (filter.sent_only || filter.order_by === 'sent_at') all.push(sql`e.sent_at is not null`)
  if (filter.sent_after) all.push(sql`e.sent_at >= ${filter.sent_after}`)
  if (filter.sent_before) all.push(sql`e.sent_at < ${filter.sent_before}`)
  return sql.join(all, sql` and `)
}

/** Newest first; one row more than asked for, to know whether others follow. A cursor goes with the order of creation only. */
export const listEmails = async (
  db: Db,
  workspaceId: string,
  filter: EmailFilter,
  page: EmailPage,
): Promise<EmailRow[]> => {
  const { rows } = await sql<EmailRow>`
    select ${columns} from ${sources}
    where ${conditions(workspaceId, filter)} ${page.after ? sql`and e.id < ${page.after[0]}::uuid` : sql``}
    order by ${filter.order_by === 'sent_at' ? sql`e.sent_at desc, e.id desc` : sql`e.id desc`} limit ${page.limit + 1} offset ${page.offset}`.execute(
    db,
  )
  return rows
}

/** Exact to 10,000. */
export const countEmails = async (db: Db, workspaceId: string, filter: EmailFilter): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from emails e where ${conditions(workspaceId, filter)} limit 10000) found`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}

export const findEmail = async (db: Db, workspaceId: string, id: string): Promise<EmailRow | undefined> => {
  const { rows } =
    await sql<EmailRow>`select ${columns} from ${sources} where e.workspace_id = ${workspaceId} and e.id = ${id}`.execute(
      db,
    )
  return rows[0]
}
