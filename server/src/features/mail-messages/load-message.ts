import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { base64Lines, type Header, type MessageAttachment } from '../../mime-message.ts'
import { readContent } from '../attachments/store-attachments.ts'
import type { MessageToWrite } from './write-copy.ts'

type MessageRow = Omit<MessageToWrite, 'from' | 'headers' | 'attachments'> & {
  from_email: string
  display_name: string | null
  headers: Record<string, string> | null
}

type AttachmentRow = {
  filename: string
  mime_type: string
  sha256: Buffer
  is_inline: boolean
  content_id: string | null
}

/** Reads a message with its attachments, encoded as they go on the wire. Throws where it or a stored file is gone. */
export const loadMessage = async (deps: Pick<Deps, 'db' | 'storage'>, emailId: string): Promise<MessageToWrite> => {
  const found = await sql<MessageRow>`
    select e.id, e.workspace_id, e.alias_id, a.mailbox_id, e.message_id, e.from_email, a.display_name, d.domain,
      case when d.mail_from_verified_at is null then d.domain else coalesce(d.mail_from_host, d.domain) end as envelope_domain,
      case when d.tracking_verified_at is not null and not d.is_sandbox then d.tracking_host end as tracking_host, e.to_emails, coalesce(e.cc_emails, '{}') as cc_emails,
      e.reply_to, e.in_reply_to, coalesce(c.thread_references, '{}') as thread_references, c.subject, c.body_text, c.body_html, e.headers, e.track_opens,
      e.track_clicks, e.click_tracking_patterns
    from emails e join email_contents c on c.email_id = e.id join aliases a on a.id = e.alias_id join sending_domains d on d.id = e.domain_id
    where e.id = ${emailId}`.execute(deps.db)
  const row = found.rows[0]
  if (!row) throw new Error(`The message ${emailId} is gone.`)
  const files = await sql<AttachmentRow>`
    select t.filename, t.mime_type, t.sha256, x.is_inline, x.content_id
    from email_attachments x join attachments t on t.id = x.attachment_id where x.email_id = ${emailId} order by x.position`.execute(
    deps.db,
  )
  const attachments: MessageAttachment[] = []
  for (const { sha256, ...file } of files.rows)
    attachments.push({ ...file, base64: base64Lines(await readContent(deps, sha256)) })
  const { from_email, display_name, headers, ...message } = row
  return {
    ...message,
    from: { address: from_email, name: display_name },
    headers: Object.entries(headers ?? {}) as Header[],
    attachments,
  }
}

/** Messages in memory at a time: those of a lane's connections are mostly copies of one. */
const KEPT = 3

/** Reads each message once while its copies are being sent. A failed reading is not kept. */
export const createMessageCache = (deps: Pick<Deps, 'db' | 'storage'>) => {
  const cache = new Map<string, Promise<MessageToWrite>>()
  return (emailId: string): Promise<MessageToWrite> => {
    const known = cache.get(emailId)
    if (known) return known
    const loading = loadMessage(deps, emailId)
    loading.catch(() => cache.delete(emailId))
    cache.set(emailId, loading)
    const oldest = cache.keys().next().value
    if (cache.size > KEPT && oldest !== undefined) cache.delete(oldest)
    return loading
  }
}
