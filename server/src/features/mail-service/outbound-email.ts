import type { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { invalid, notFound } from '../../http/errors.ts'
import { problemsOf } from '../../http/request-body.ts'
import { downloadLink } from '../attachments/download-link.ts'
import { type EmailFilter, readEmail, type ShownEmail } from '../emails/read-emails.ts'
import { complaintTypesOf } from '../mail-messages/event-feed.ts'
import { type FetchedAttachment, fetchAttachments } from '../mail-messages/fetch-attachments.ts'
import { bounceSubType } from '../mail-messages/message-activity.ts'
import type { SendInput } from '../mail-messages/schema.ts'
import { type OutboundInput, OutboundRequest, type OutboundStatus } from './outbound-schema.ts'

export type LinkDeps = Pick<Deps, 'secrets' | 'address' | 'clock'>

export type ListedFile = {
  id: string
  filename: string | null
  size_bytes: number
  mime_type: string
  sha256: string | null
  content_id?: string | null
  is_inline?: boolean
}

/** A file of a message with a signed address, as the clients from 1.0 on read it. */
export const messageFiles = (deps: LinkDeps, files: readonly ListedFile[]) =>
  files.map((file, position) => ({
    id: file.id,
    filename: file.filename ?? 'attachment',
    size_bytes: file.size_bytes,
    mime_type: file.mime_type,
    sha256: file.sha256 ?? '',
    ...downloadLink(deps, file.id),
    content_id: file.content_id ?? null,
    is_inline: file.is_inline ?? false,
    position,
  }))

const BOUNCE_TYPES: Record<string, string> = { hard: 'Permanent', soft: 'Transient' }

const show = (deps: LinkDeps, row: ShownEmail, complaints: Map<string, string>) => {
  const references = row.thread_references as string | null
  return {
    id: row.id,
    user_id: row.user_id,
    inbox_id: row.alias_id,
    thread_id: row.conversation_id,
    domain_id: row.domain_id,
    from_email: row.from_email,
    inbox_name: row.alias_name,
    domain_name: row.domain_name,
    in_reply_to: row.in_reply_to,
    thread_references: references ? references.split(' ') : null,
    to_emails: row.to_emails,
    cc_emails: row.cc_emails,
    bcc_emails: row.bcc_emails,
    reply_to: row.reply_to,
    subject: row.subject,
    body_html: row.body_html,
    body_text: row.body_text,
    ses_message_id: row.provider_message_id,
    headers: row.headers,
    status: row.complained_at ? 'complained' : row.status,
    scheduled_at: row.send_at_utc,
    scheduled_timezone: row.send_at_timezone,
    cancelled_at: row.cancelled_at,
    attachments: messageFiles(deps, row.attachments as ListedFile[]),
    attachment_count: row.attachment_count,
    sent_at: row.sent_at,
    delivered_at: row.delivered_at,
    error_message: row.error_message,
    track_opens: row.track_opens,
    track_clicks: row.track_clicks,
    open_count: row.open_count,
    click_count: row.click_count,
    latest_bounce_type: BOUNCE_TYPES[row.bounce_kind as string] ?? null,
    latest_bounce_sub_type: row.bounce_kind ? bounceSubType(row.bounce_reason) : null,
    latest_complaint_feedback_type: row.complained_at ? (complaints.get(row.id) ?? 'abuse') : null,
    recipients: row.recipients,
    campaign_id: row.campaign_id,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

export type ShownOutbound = ReturnType<typeof show>

/** Messages in the words of the clients from 1.0 on. */
export const showOutbound = async (
  deps: LinkDeps & Pick<Deps, 'db'>,
  rows: readonly ShownEmail[],
): Promise<ShownOutbound[]> => {
  const complained = rows.flatMap((row) => (row.complained_at ? [row.id] : []))
  const complaints = await complaintTypesOf(deps.db, complained)
  return rows.map((row) => show(deps, row, complaints))
}

export const showOneOutbound = async (deps: LinkDeps & Pick<Deps, 'db'>, row: ShownEmail): Promise<ShownOutbound> =>
  (await showOutbound(deps, [row]))[0] as ShownOutbound

/** Throws NOT_FOUND. */
export const getMessage = async (db: Deps['db'], workspaceId: string, id: string): Promise<ShownEmail> => {
  const email = await readEmail(db, workspaceId, id)
  if (!email) throw notFound('There is no such message in this workspace.')
  return email
}

export const filterOfStatus = (
  status: z.output<typeof OutboundStatus> | undefined,
): Pick<EmailFilter, 'status' | 'complained'> =>
  status === undefined ? {} : status === 'complained' ? { complained: true } : { status, complained: false }

type InputAttachment = NonNullable<OutboundInput['attachments']>[number]

const attachmentOf = (
  given: InputAttachment,
  fetched: FetchedAttachment | undefined,
): NonNullable<SendInput['attachments']>[number] => {
  const { is_inline, content_id } = given
  if (given.attachment_id !== undefined) return { attachment_id: given.attachment_id, is_inline, content_id }
  if (fetched) {
    const { content, ...file } = fetched
    return { ...file, content: content.toString('base64'), is_inline, content_id }
  }
  return {
    filename: given.filename ?? 'attachment',
    content: given.content ?? '',
    mime_type: given.content_type ?? 'application/octet-stream',
    is_inline,
    content_id,
  }
}

/** What is to be sent, in the words of the command that sends it; files named by an address are read here. */
export const sendInputOf = async (
  deps: Pick<Deps, 'http' | 'config'>,
  workspace: Pick<Workspace, 'mode'>,
  input: OutboundInput,
): Promise<SendInput> => {
  const { inbox_id, thread_id, scheduled_at, scheduled_timezone, attachments, ...rest } = input
  const linked = (attachments ?? []).flatMap(({ path, filename, content_type }, index) =>
    path === undefined ? [] : [{ index, attachment: { path, filename, content_type } }],
  )
  const fetched = await fetchAttachments(deps, workspace, linked)
  return {
    ...rest,
    alias_id: inbox_id,
    conversation_id: thread_id,
    send_at: scheduled_at,
    send_at_timezone: scheduled_timezone,
    attachments: attachments?.map((one, index) => attachmentOf(one, fetched.get(index))),
  }
}

/** The same for an item of a batch. Throws VALIDATION_ERROR. */
export const readBatchItem = async (
  deps: Pick<Deps, 'http' | 'config'>,
  workspace: Pick<Workspace, 'mode'>,
  item: unknown,
): Promise<SendInput> => {
  const parsed = OutboundRequest.safeParse(item)
  if (!parsed.success) throw invalid(problemsOf(parsed.error, 'body'))
  return sendInputOf(deps, workspace, parsed.data)
}
