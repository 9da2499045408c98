import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { CursorKey } from '../../http/pagination.ts'

export type InboundSummaryRow = { id: string; message_id: string | null; raw_kept: boolean }
export type InboundRow = InboundSummaryRow & {
  body_html: string | null
  strip_tracking_on_read: boolean
  verdicts: Record<string, { status: string; details?: string | null } | undefined>
}

const columns: RawBuilder<unknown> = sql`i.id, i.alias_id, i.domain_id, i.user_id, i.conversation_id, i.from_email, i.from_name, i.subject, a.alias as alias_name,
  d.domain as domain_name, a.full_email, jsonb_array_length(i.attachments) as attachment_count, i.body_html is not null as has_html, i.message_id,
  i.raw is not null as raw_kept, i.received_at as provider_received_at, i.created_at as processed_at, i.processing_error, i.kind, i.matched_by, i.email_id,
  i.campaign_id, i.campaign_lead_id, i.created_at, i.updated_at`

const sources: RawBuilder<unknown> = sql`inbound_emails i join aliases a on a.id = i.alias_id join sending_domains d on d.id = i.domain_id`

export type InboundFilter = { alias_id?: string; domain_id?: string; conversation_id?: string; include_warmup: boolean }

/** Newest first; one row more than asked for, to know whether others follow. */
export const listInbound = async (
  db: Db,
  workspaceId: string,
  filter: InboundFilter,
  page: { limit: number; offset: number; after: CursorKey | null },
): Promise<InboundSummaryRow[]> => {
  const { rows } = await sql<InboundSummaryRow>`
    select ${columns} from ${sources}
    where i.workspace_id = ${workspaceId}
      ${filter.alias_id ? sql`and i.alias_id = ${filter.alias_id}` : sql``} ${filter.domain_id ? sql`and i.domain_id = ${filter.domain_id}` : sql``}
      ${filter.conversation_id ? sql`and i.conversation_id = ${filter.conversation_id}` : sql``} ${filter.include_warmup ? sql`` : sql`and not i.is_warmup`}
      ${page.after ? sql`and i.id < ${page.after[0]}::uuid` : sql``}
    order by i.id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

export const findInbound = async (db: Db, workspaceId: string, id: string): Promise<InboundRow | undefined> => {
  const { rows } = await sql<InboundRow>`
    select ${columns}, i.to_email, i.reply_to, i.cc_emails, i.body_text, i.body_html, i.reply_text, i.quoted_text, i.signature_text, i.raw_email_size, i.headers,
      i.in_reply_to, i.thread_references, i.attachments, i.verdicts, d.strip_tracking_on_read
    from ${sources} where i.workspace_id = ${workspaceId} and i.id = ${id}`.execute(db)
  return rows[0]
}
