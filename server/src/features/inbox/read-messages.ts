import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { displayHtml } from '../../safe-html.ts'
import { showBodies } from '../conversations/shown-body.ts'

type Attachment = { id: string; filename?: string | null; mime_type: string; size_bytes: number; is_inline?: boolean }

type Row = {
  id: string
  direction: 'inbound' | 'outbound'
  kind: string | null
  status: string
  at: Date
  from_email: string
  from_name: string | null
  to_emails: string[]
  cc_emails: string[]
  subject: string
  body_text: string | null
  reply_text: string | null
  body_html: string | null
  attachments: Attachment[]
  files: { id: string; content_id?: string | null }[] | null
  strip_tracking_on_read: boolean
  read_at: Date | null
  has_original: boolean
  dmarc: string | null
  step: number | null
  variant_label: string | null
  open_count: number
  click_count: number
  error: string | null
}

/** A thread longer than this shows its newest messages. */
const MOST_MESSAGES = 500

const REMOTE_IMAGE = /<img\b[^<>]{0,4096}?\bsrc\s{0,5}=\s{0,5}["']?\s{0,5}https?:/gi

/** Images that a browser would fetch from elsewhere, and that are left out of what is shown. */
export const countRemoteImages = (html: string | null): number => html?.match(REMOTE_IMAGE)?.length ?? 0

const VERDICTS: Record<string, 'pass' | 'fail'> = { PASS: 'pass', FAIL: 'fail' }

/** Our own text is cleaned like everybody else's: a lead's cell may stand in it. Its pixel is not loaded, or we would count ourselves. */
const shownHtml = (row: Pick<Row, 'direction' | 'body_html'>): string | null =>
  row.direction === 'inbound' || row.body_html === null
    ? row.body_html
    : displayHtml(row.body_html, { strip_tracking: true, remote_images: false, inline_image: () => null })

/** Messages of both directions as an inbox shows them, oldest first; nothing in them is loaded from elsewhere. */
export const readMessages = async (db: Db, workspaceId: string, conversationId: string) => {
  const { rows } = await sql<Row>`
    select * from (
      select i.id, 'inbound' as direction, i.kind, 'received' as status, i.received_at as at, i.from_email, i.from_name, array[i.to_email] as to_emails,
        array(select x->>'email' from jsonb_array_elements(i.cc_emails) x) as cc_emails, i.subject, i.body_text, i.reply_text, i.body_html, i.attachments,
        i.attachments as files, coalesce(d.strip_tracking_on_read, false) as strip_tracking_on_read, i.read_at, i.raw is not null as has_original,
        i.verdicts->'dmarc'->>'status' as dmarc, null::smallint as step, null::text as variant_label, 0 as open_count, 0 as click_count,
        i.processing_error as error
      from inbound_emails i left join sending_domains d on d.id = i.domain_id
      where i.workspace_id = ${workspaceId} and i.conversation_id = ${conversationId}
      union all
      select e.id, 'outbound', null, e.status, coalesce(e.sent_at, e.due_at), e.from_email, a.display_name, coalesce(e.to_emails, array[e.to_email]),
        coalesce(e.cc_emails, '{}'), coalesce(t.subject, ''), t.body_text, null, t.body_html,
        (select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'filename', f.filename, 'mime_type', f.mime_type, 'size_bytes', f.size_bytes,
          'is_inline', x.is_inline) order by x.position), '[]') from email_attachments x join attachments f on f.id = x.attachment_id where x.email_id = e.id),
        null, false, null, false, null, e.step, e.variant_label, e.open_count, e.click_count, coalesce(e.cause, e.error_message)
      from emails e left join email_contents t on t.email_id = e.id left join aliases a on a.id = e.alias_id
      where e.workspace_id = ${workspaceId} and e.conversation_id = ${conversationId} and e.status <> 'cancelled'
    ) m order by m.at desc, m.id desc limit ${MOST_MESSAGES}`.execute(db)
  const blocked = new Map(rows.map(({ id, body_html }) => [id, countRemoteImages(body_html)]))
  return showBodies(rows.reverse(), { remote_images: false }).map(({ dmarc, read_at, attachments, ...row }) => ({
    ...row,
    body_html: shownHtml(row),
    blocked_images: row.direction === 'inbound' ? (blocked.get(row.id) ?? 0) : 0,
    attachments: attachments.map(({ id, filename, mime_type, size_bytes, is_inline }) => ({
      id,
      filename: filename ?? null,
      mime_type,
      size_bytes,
      is_inline: is_inline ?? false,
    })),
    is_read: row.direction === 'outbound' || read_at !== null,
    authenticity: row.direction === 'inbound' ? (VERDICTS[dmarc ?? ''] ?? 'unknown') : null,
  }))
}
