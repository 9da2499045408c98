import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound } from '../../http/errors.ts'
import type { CursorKey } from '../../http/pagination.ts'
import { displayBody } from '../conversations/shown-body.ts'
import { taggedSql, tagsOfMessages } from '../tags/read-tags.ts'
import { parseMessage } from './parse-message.ts'

type Row = { id: string; message_id: string | null; raw_kept: boolean }
type DetailRow = Row & {
  body_html: string | null
  strip_tracking_on_read: boolean
  verdicts: Record<string, { status: string; details?: string | null } | undefined>
}

const columns: RawBuilder<unknown> = sql`i.id, i.alias_id, i.domain_id, i.user_id, i.conversation_id, i.from_email, i.from_name, i.subject, a.alias as alias_name,
  d.domain as domain_name, a.full_email, jsonb_array_length(i.attachments) as attachment_count, i.body_html is not null as has_html, i.message_id,
  i.raw is not null as raw_kept, i.received_at as provider_received_at, i.created_at as processed_at, i.processing_error, i.kind, i.matched_by, i.email_id,
  i.campaign_id, i.campaign_lead_id, i.read_at, i.is_warmup, i.created_at, i.updated_at`

const sources: RawBuilder<unknown> = sql`inbound_emails i join aliases a on a.id = i.alias_id join sending_domains d on d.id = i.domain_id`

export type ReceivedFilter = {
  alias_id?: string
  domain_id?: string
  conversation_id?: string
  tag_ids?: string[]
  tag_match?: 'any' | 'all'
  include_warmup: boolean
  include_bounce: boolean
}

const summary = <T extends Row>(
  { raw_kept, ...row }: T,
  face: string,
  tags: Awaited<ReturnType<typeof tagsOfMessages>>,
) => ({
  ...row,
  // A message without an id of its own is known by ours.
  provider_message_id: row.message_id ?? row.id,
  raw_email_uri: raw_kept ? `${face}/inbound-emails/${row.id}/raw` : null,
  provider_metadata: null,
  tags: tags.get(row.id) ?? [],
})

/**
 * Received messages without their bodies, newest first; one more than `limit`. `face` is the prefix of the API that shows
 * them. Reports about our own messages are left out unless `include_bounce` is true, warm-up mail unless `include_warmup` is.
 */
export const listReceived = async (
  db: Db,
  workspaceId: string,
  filter: ReceivedFilter,
  page: { limit: number; offset: number; after: CursorKey | null },
  face: string,
) => {
  const tagged = filter.tag_ids?.length
    ? sql`and ${await taggedSql(db, workspaceId, filter.tag_ids, filter.tag_match ?? 'any')}`
    : sql``
  const { rows } = await sql<Row>`
    select ${columns} from ${sources}
    where i.workspace_id = ${workspaceId}
      ${filter.alias_id ? sql`and i.alias_id = ${filter.alias_id}` : sql``} ${filter.domain_id ? sql`and i.domain_id = ${filter.domain_id}` : sql``}
      ${filter.conversation_id ? sql`and i.conversation_id = ${filter.conversation_id}` : sql``} ${filter.include_warmup ? sql`` : sql`and not i.is_warmup`}
      ${filter.include_bounce ? sql`` : sql`and i.kind not in ('bounce', 'complaint', 'delivery_notice')`} ${tagged}
      ${page.after ? sql`and i.id < ${page.after[0]}::uuid` : sql``}
    order by i.id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  const tags = await tagsOfMessages(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => {
    const { message_id: _message_id, ...shown } = summary(row, face, tags)
    return shown
  })
}

export const noSuchMessage = () => notFound('There is no such message in this workspace.')

/** The whole message; its HTML as it may be shown. Throws NOT_FOUND. */
export const getReceived = async (db: Db, workspaceId: string, id: string, face: string) => {
  const { rows } = await sql<DetailRow>`
    select ${columns}, i.to_email, i.reply_to, i.cc_emails, i.body_text, i.body_html, i.reply_text, i.quoted_text, i.signature_text, i.raw_email_size, i.headers,
      i.in_reply_to, i.thread_references, i.attachments, i.verdicts, d.strip_tracking_on_read
    from ${sources} where i.workspace_id = ${workspaceId} and i.id = ${id}`.execute(db)
  if (!rows[0]) throw noSuchMessage()
  const { strip_tracking_on_read, verdicts, ...row } = rows[0]
  return {
    ...summary(row, face, await tagsOfMessages(db, [id])),
    body_html: displayBody(row.body_html, { strip_tracking_on_read }),
    bcc_emails: [],
    spam_verdict: verdicts.spam ?? null,
    virus_verdict: verdicts.virus ?? null,
    spf_verdict: verdicts.spf ?? null,
    dkim_verdict: verdicts.dkim ?? null,
    dmarc_verdict: verdicts.dmarc ?? null,
  }
}

/** The message as it came, where its alias keeps such (and until retention). Throws NOT_FOUND. */
export const getReceivedRaw = async (db: Db, workspaceId: string, id: string): Promise<Buffer> => {
  const { rows } = await sql<{ raw: Buffer | null }>`
    select raw from inbound_emails where workspace_id = ${workspaceId} and id = ${id}`.execute(db)
  if (!rows[0]) throw noSuchMessage()
  if (!rows[0].raw)
    throw notFound('The raw message was not kept: its alias does not ask for it, or it is older than 30 days.')
  return rows[0].raw
}

export type ReceivedFile = { filename: string | null; mime_type: string; content: Buffer }

/** One attachment, by its id or by its place counted from 0. Throws NOT_FOUND, also where its bytes are kept no more. */
export const getReceivedAttachment = async (
  db: Db,
  workspaceId: string,
  id: string,
  which: string,
): Promise<ReceivedFile> => {
  const { rows } = await sql<{ attachments: { id: string }[]; raw: Buffer | null }>`
    select i.attachments, coalesce(i.raw, d.raw) as raw from inbound_emails i left join inbound_deliveries d on d.id = i.id
    where i.workspace_id = ${workspaceId} and i.id = ${id}`.execute(db)
  const message = rows[0]
  if (!message) throw noSuchMessage()
  const at = /^\d{1,4}$/.test(which)
    ? Number(which)
    : message.attachments.findIndex((attachment) => attachment.id === which.toLowerCase())
  if (at < 0 || at >= message.attachments.length) throw noSuchMessage()
  if (!message.raw) throw notFound('The attachment is kept no more.')
  const file = (await parseMessage(message.raw)).attachments[at]
  if (!file) throw notFound('The attachment is kept no more.')
  return { filename: file.filename, mime_type: file.mime_type, content: Buffer.from(file.content) }
}

/** A message that is read keeps the time at which it was. Safe to repeat. Throws NOT_FOUND. */
export const markReceived = async (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  id: string,
  mark: 'read' | 'unread',
  now: Date,
): Promise<void> => {
  const { numAffectedRows } = await sql`
    update inbound_emails set read_at = ${mark === 'read' ? sql`coalesce(read_at, ${now})` : null}, updated_at = ${now}
    where workspace_id = ${workspaceId} and id = ${id}`.execute(deps.db)
  if (!numAffectedRows) throw noSuchMessage()
}

/** For good, with its attachments and what is kept of it raw. Throws NOT_FOUND. */
export const deleteReceived = (deps: Pick<Deps, 'db'>, workspaceId: string, id: string): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const { numAffectedRows } = await sql`
      delete from inbound_emails where workspace_id = ${workspaceId} and id = ${id}`.execute(tx)
    if (!numAffectedRows) throw noSuchMessage()
    await sql`delete from inbound_deliveries where id = ${id} and processed_at is not null`.execute(tx)
  })
