import type { Readable } from 'node:stream'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { type Answer, sendFile } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import type { CursorKey } from '../../http/pagination.ts'
import { displayHtml } from '../../safe-html.ts'
import { contentDisposition, safeFilename, safeMediaType } from '../attachments/attachment-name.ts'
import { taggedSql, tagsOfMessages } from '../tags/read-tags.ts'

type Row = { id: string; message_id: string | null; raw_kept: boolean }
type DetailRow = Row & {
  body_html: string | null
  attachments: { id: string; content_id?: string | null }[]
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

const matching = async (db: Db, workspaceId: string, filter: ReceivedFilter): Promise<RawBuilder<unknown>> => {
  const tagged = filter.tag_ids?.length
    ? sql`and ${await taggedSql(db, workspaceId, filter.tag_ids, filter.tag_match ?? 'any')}`
    : sql``
  return sql`i.workspace_id = ${workspaceId}
      ${filter.alias_id ? sql`and i.alias_id = ${filter.alias_id}` : sql``} ${filter.domain_id ? sql`and i.domain_id = ${filter.domain_id}` : sql``}
      ${filter.conversation_id ? sql`and i.conversation_id = ${filter.conversation_id}` : sql``} ${filter.include_warmup ? sql`` : sql`and not i.is_warmup`}
      ${filter.include_bounce ? sql`` : sql`and i.kind not in ('bounce', 'complaint', 'delivery_notice')`} ${tagged}`
}

/** How many messages a filter finds; exact to 10,000. */
export const countReceived = async (db: Db, workspaceId: string, filter: ReceivedFilter): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (
      select 1 from inbound_emails i where ${await matching(db, workspaceId, filter)} limit 10000) found`.execute(db)
  return rows[0]?.n ?? 0
}

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
  const { rows } = await sql<Row>`
    select ${columns} from ${sources}
    where ${await matching(db, workspaceId, filter)} ${page.after ? sql`and i.id < ${page.after[0]}::uuid` : sql``}
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

/** `which` may end with an order. */
const readInFull = async (db: Db, workspaceId: string, which: RawBuilder<unknown>, face: string) => {
  const { rows } = await sql<DetailRow>`
    select ${columns}, i.to_email, i.reply_to, i.cc_emails, i.body_text, i.body_html, i.reply_text, i.quoted_text, i.signature_text, i.raw_email_size, i.headers,
      i.in_reply_to, i.thread_references, i.attachments, i.verdicts, d.strip_tracking_on_read
    from ${sources} where i.workspace_id = ${workspaceId} and ${which}`.execute(db)
  const tags = await tagsOfMessages(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map(({ strip_tracking_on_read, verdicts, ...row }) => ({
    ...summary(row, face, tags),
    body_html:
      row.body_html === null
        ? null
        : displayHtml(row.body_html, {
            strip_tracking: strip_tracking_on_read,
            remote_images: true,
            inline_image: (contentId) => {
              const image = row.attachments.find(({ content_id }) => content_id === contentId)
              return image ? `${face}/inbound-emails/${row.id}/attachments/${image.id}` : null
            },
          }),
    bcc_emails: [],
    spam_verdict: verdicts.spam ?? null,
    virus_verdict: verdicts.virus ?? null,
    spf_verdict: verdicts.spf ?? null,
    dkim_verdict: verdicts.dkim ?? null,
    dmarc_verdict: verdicts.dmarc ?? null,
    arc_verdict: verdicts.arc ?? null,
  }))
}

export type ReceivedInFull = Awaited<ReturnType<typeof readInFull>>[number]

/** The whole message; its HTML as it may be shown, with images of its own at their download addresses. Throws NOT_FOUND. */
export const getReceived = async (db: Db, workspaceId: string, id: string, face: string): Promise<ReceivedInFull> => {
  const [message] = await readInFull(db, workspaceId, sql`i.id = ${id}`, face)
  if (!message) throw noSuchMessage()
  return message
}

/** The newest messages received in a conversation, newest first, at most `limit`. */
export const listReceivedInFull = (
  db: Db,
  workspaceId: string,
  conversationId: string,
  limit: number,
  face: string,
): Promise<ReceivedInFull[]> =>
  readInFull(
    db,
    workspaceId,
    sql`i.id in (select id from inbound_emails n where n.workspace_id = ${workspaceId} and n.conversation_id = ${conversationId}
      order by n.received_at desc, n.id desc limit ${limit}) order by i.received_at desc, i.id desc`,
    face,
  )

/** The message as it came, where it is kept. Throws NOT_FOUND. */
export const readRawMessage = async (deps: Pick<Deps, 'db'>, workspaceId: string, id: string): Promise<Buffer> => {
  const { rows } = await sql<{ raw: Buffer | null }>`
    select raw from inbound_emails where workspace_id = ${workspaceId} and id = ${id}`.execute(deps.db)
  if (!rows[0]) throw noSuchMessage()
  if (!rows[0].raw) throw notFound('The raw message is not kept: its alias does not ask for it, or its time is over.')
  return rows[0].raw
}

export type ReceivedFile = { filename: string | null; mime_type: string; size_bytes: number; content: Readable }

/** One attachment, by its id or by its place counted from 0. Throws NOT_FOUND. */
export const openInboundAttachment = async (
  deps: Pick<Deps, 'db' | 'storage'>,
  workspaceId: string,
  id: string,
  which: string,
): Promise<ReceivedFile> => {
  const isPlace = /^\d{1,4}$/.test(which)
  const { rows } = await sql<Omit<ReceivedFile, 'content'> & { sha256: Buffer }>`
    select filename, mime_type, size_bytes::int as size_bytes, sha256 from inbound_attachments
    where workspace_id = ${workspaceId} and inbound_email_id = ${id}
      and ${isPlace ? sql`position = ${Number(which)}` : sql`id = ${which}::uuid`}`.execute(deps.db)
  if (!rows[0]) throw notFound('There is no such attachment of a message in this workspace.')
  const { sha256, ...file } = rows[0]
  const content = await deps.storage.read(sha256).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw notFound('The attachment is kept no more.')
    throw error
  })
  return { ...file, content }
}

/** The answer that hands a stranger's file over: a browser guesses no type, runs no script, and saves it instead of showing it. */
export const sendReceivedFile = ({ content, mime_type, filename, size_bytes }: ReceivedFile): Answer =>
  sendFile(content, safeMediaType(mime_type), {
    'content-length': String(size_bytes),
    'content-disposition': contentDisposition('attachment', safeFilename(filename ?? 'attachment')),
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
  })

/** The same for a message as it came. */
export const sendRawMessage = (id: string, raw: Buffer): Answer =>
  sendFile(raw, 'message/rfc822', {
    'content-disposition': contentDisposition('attachment', `${id}.eml`),
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
  })

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

/** For good, with its attachments and what is kept of it raw; its conversation counts on without it. Throws NOT_FOUND. */
export const deleteReceived = (deps: Pick<Deps, 'db'>, workspaceId: string, id: string): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const { rows } = await sql<{ conversation_id: string | null }>`
      delete from inbound_emails where workspace_id = ${workspaceId} and id = ${id} returning conversation_id`.execute(
      tx,
    )
    if (!rows[0]) throw noSuchMessage()
    if (rows[0].conversation_id)
      await sql`
        update conversations c set message_count = greatest(0, message_count - 1),
          first_message_at = coalesce(least(
            (select min(received_at) from inbound_emails i where i.conversation_id = c.id),
            (select min(sent_at) from emails e where e.conversation_id = c.id)), c.first_message_at)
        where c.id = ${rows[0].conversation_id}`.execute(tx)
    await sql`delete from inbound_deliveries where id = ${id} and processed_at is not null`.execute(tx)
  })
