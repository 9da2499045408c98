import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { CursorKey } from '../../http/pagination.ts'

export type EmailRow = { id: string; to_email: string }

const columns: RawBuilder<unknown> = sql`e.id, e.alias_id, e.domain_id, e.user_id, e.conversation_id, e.from_email, e.to_email,
  coalesce(c.subject, '') as subject, coalesce(c.body_text, '') as body_text, c.body_html, e.status, e.message_id as provider_message_id, e.in_reply_to,
  array_to_string(c.thread_references, ' ') as thread_references, a.alias as alias_name, d.domain as domain_name, e.sent_at, e.delivered_at, e.cancelled_at,
  e.error_message, e.track_opens, e.open_count, e.first_opened_at, e.track_clicks, e.click_count, e.first_clicked_at, e.last_clicked_at,
  (select count(*)::int from email_links l where l.email_id = e.id) as tracked_links_count, e.created_at, e.updated_at, e.campaign_id, e.campaign_lead_id,
  e.step, e.variant_label, e.verdict, e.bounced_at, e.bounce_kind, e.bounce_reason, e.complained_at, e.unsubscribed_at, e.replied_at,
  e.machine_open_count, e.machine_click_count`

const sources: RawBuilder<unknown> = sql`emails e left join email_contents c on c.email_id = e.id
  left join aliases a on a.id = e.alias_id left join sending_domains d on d.id = e.domain_id`

type EmailPage = { limit: number; offset: number; after: CursorKey | null }

/** Newest first; one row more than asked for, to know whether others follow. */
export const listEmails = async (
  db: Db,
  workspaceId: string,
  aliasId: string | null,
  page: EmailPage,
): Promise<EmailRow[]> => {
  const { rows } = await sql<EmailRow>`
    select ${columns} from ${sources}
    where e.workspace_id = ${workspaceId} ${aliasId ? sql`and e.alias_id = ${aliasId}` : sql``} ${page.after ? sql`and e.id < ${page.after[0]}::uuid` : sql``}
    order by e.id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

export const findEmail = async (db: Db, workspaceId: string, id: string): Promise<EmailRow | undefined> => {
  const { rows } =
    await sql<EmailRow>`select ${columns} from ${sources} where e.workspace_id = ${workspaceId} and e.id = ${id}`.execute(
      db,
    )
  return rows[0]
}
