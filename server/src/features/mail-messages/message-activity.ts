import { sql } from 'kysely'
import type { BounceReason } from '../../bounce-reason.ts'
import type { Db } from '../../db/connect.ts'
import { notFound } from '../../http/errors.ts'
import { linkId } from './link-id.ts'

type Page = { limit: number; offset: number }

const requireMessage = async (
  db: Db,
  workspaceId: string,
  emailId: string,
): Promise<{ user_id: string; created_at: Date; updated_at: Date }> => {
  const { rows } = await sql<{ user_id: string; created_at: Date; updated_at: Date }>`
    select user_id, created_at, updated_at from emails where workspace_id = ${workspaceId} and id = ${emailId}`.execute(
    db,
  )
  if (!rows[0]) throw notFound('There is no such message in this workspace.')
  return rows[0]
}

type LinkRow = {
  position: number
  original_url: string
  anchor_text: string | null
  click_count: number
  first_clicked_at: Date | null
  last_clicked_at: Date | null
}

const findLinks = async (db: Db, emailId: string): Promise<LinkRow[]> => {
  const { rows } = await sql<LinkRow>`
    select position, original_url, anchor_text, click_count, first_clicked_at, last_clicked_at
    from email_links where email_id = ${emailId} order by position`.execute(db)
  return rows
}

/** The tracked links of a message, in its order. Throws NOT_FOUND. */
export const listMessageLinks = async (db: Db, workspaceId: string, emailId: string) => {
  const message = await requireMessage(db, workspaceId, emailId)
  return (await findLinks(db, emailId)).map((link) => ({
    id: linkId(emailId, link.position),
    link_id: linkId(emailId, link.position),
    ...link,
    unique_click_count: link.first_clicked_at ? 1 : 0,
    created_at: message.created_at,
    updated_at: link.last_clicked_at ?? message.created_at,
  }))
}

type ClickRow = {
  id: string
  position: number
  original_url: string
  clicked_at: Date
  user_agent: string | null
  ip_address: string | null
  referer: string | null
  device_type: string | null
  browser_name: string | null
  os_name: string | null
  is_first_click: boolean
  is_bot: boolean
  bot_reason: string | null
}

/** The clicks of a message, newest first; machines only where asked for. Throws NOT_FOUND for a message or a link that is none. */
export const listMessageClicks = async (
  db: Db,
  workspaceId: string,
  emailId: string,
  filter: Page & { link_id?: string | null; include_bots: boolean },
) => {
  await requireMessage(db, workspaceId, emailId)
  let position: number | null = null
  if (filter.link_id) {
    const link = (await findLinks(db, emailId)).find((one) => linkId(emailId, one.position) === filter.link_id)
    if (!link) throw notFound('This message has no such tracked link.')
    position = link.position
  }
  const where = sql`c.email_id = ${emailId} ${filter.include_bots ? sql`` : sql`and not c.is_bot`} ${position === null ? sql`` : sql`and c.position = ${position}`}`
  const { rows } = await sql<ClickRow>`
    select c.id, c.position, l.original_url, c.clicked_at, c.user_agent, c.ip_address, c.referer, c.device_type, c.browser_name, c.os_name,
      c.is_first_click, c.is_bot, c.bot_reason
    from email_clicks c join email_links l on l.email_id = c.email_id and l.position = c.position
    where ${where} order by c.id desc limit ${filter.limit} offset ${filter.offset}`.execute(db)
  const counted = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from email_clicks c where ${where} limit 10000) found`.execute(db)
  return {
    clicks: rows.map((row) => ({
      ...row,
      link_id: linkId(emailId, row.position),
      created_at: row.clicked_at,
      updated_at: row.clicked_at,
    })),
    total: counted.rows[0]?.n ?? 0,
    limit: filter.limit,
    offset: filter.offset,
  }
}

/** The names that the mail service's clients know from Amazon SES for what we call by the field's own. */
const SUB_TYPES: Partial<Record<BounceReason, string>> = {
  user_unknown: 'NoEmail',
  has_moved: 'NoEmail',
  mailbox_full: 'MailboxFull',
  message_too_big: 'MessageTooLarge',
  content_error: 'ContentRejected',
  spam_detected: 'ContentRejected',
}

/** The service's word for why a message bounced; `General` for what has none. */
export const bounceSubType = (reason: unknown): string => SUB_TYPES[reason as BounceReason] ?? 'General'

export type EventRow = {
  id: string
  event_type: string
  occurred_at: Date
  url: string | null
  metadata: Record<string, unknown>
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** An event of the timeline as the mail service shows it. */
export const shownEvent = (row: EventRow, message: { user_id: string }, emailId: string) => {
  const { metadata, event_type } = row
  const isBounce = event_type === 'bounced'
  const said =
    textOf(metadata.message) ?? textOf(metadata.diagnostic) ?? textOf(metadata.text) ?? textOf(metadata.reason)
  return {
    ...row,
    user_id: message.user_id,
    email_id: emailId,
    recipient: textOf(metadata.recipient),
    bounce_type: isBounce ? (metadata.kind === 'hard' ? 'Permanent' : 'Transient') : null,
    bounce_sub_type: isBounce ? bounceSubType(metadata.reason) : null,
    complaint_feedback_type: event_type === 'complained' ? (textOf(metadata.feedback_type) ?? 'abuse') : null,
    error_message: ['bounced', 'failed', 'deferred'].includes(event_type) ? said : null,
    created_at: row.occurred_at,
    updated_at: row.occurred_at,
  }
}

/**
 * What happened to a message, oldest first. `event_type` is the word of the timeline, with or without the prefix that
 * webhooks give it. Throws NOT_FOUND.
 */
export const listMessageEvents = async (
  db: Db,
  workspaceId: string,
  emailId: string,
  filter: Page & { event_type?: string | null },
) => {
  const message = await requireMessage(db, workspaceId, emailId)
  const type = filter.event_type?.replace(/^email\.outbound\./, '') ?? null
  const where = sql`email_id = ${emailId} and workspace_id = ${workspaceId} ${type === null ? sql`` : sql`and event_type = ${type}`}`
  const { rows } = await sql<EventRow>`
    select event_id as id, event_type, occurred_at, url, metadata from events where ${where}
    order by occurred_at, event_id limit ${filter.limit} offset ${filter.offset}`.execute(db)
  const counted = await sql<{ n: number }>`select count(*)::int as n from events where ${where}`.execute(db)
  return {
    events: rows.map((row) => shownEvent(row, message, emailId)),
    total: counted.rows[0]?.n ?? 0,
    limit: filter.limit,
    offset: filter.offset,
  }
}
