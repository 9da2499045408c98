import { z } from 'zod'
import { limitParam, offsetParam } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp, timestampInput } from '../../http/params.ts'
import { EmailRecipient, EmailStatus } from '../emails/schema.ts'
import { EmailEvent } from '../mail-messages/schema.ts'

const address = z.string().min(3).max(320).meta({ format: 'email' })
const addresses = z.array(address).max(50)
const count = z.int().min(0)
const instant = timestamp.nullable()
const text = z.string().nullable()

const shown = {
  is_inline: z.boolean().default(false).describe('Shown by the HTML as cid: and its content_id.'),
  content_id: z.string().min(1).max(255).nullable().optional(),
}
const filename = z.string().min(1).max(255)
const mediaType = z.string().min(1).max(255)

/** One shape with exactly one of three sources, so that what is wrong with it can be said. */
export const OutboundAttachment = z
  .strictObject({
    attachment_id: z.uuid().optional().describe('A file that was uploaded before.'),
    content: z.base64().optional().meta({ contentEncoding: 'base64' }),
    path: z.string().min(1).max(2_000).optional().describe('A public https address, from which the file is read once.'),
    filename: filename.optional().describe('Needed with content.'),
    content_type: mediaType.optional(),
    ...shown,
  })
  .superRefine((given, context) => {
    const sources = (['attachment_id', 'content', 'path'] as const).filter((name) => given[name] !== undefined)
    if (sources.length !== 1)
      context.addIssue({ code: 'custom', message: 'has exactly one of attachment_id, content and path', path: [] })
    if (given.content !== undefined && given.filename === undefined)
      context.addIssue({ code: 'custom', message: 'is needed with content', path: ['filename'] })
  })
  .meta({ id: 'MailOutboundAttachment' })

export const OutboundRequest = z
  .strictObject({
    inbox_id: z.uuid().describe('Inbox to send from.'),
    to_emails: addresses.min(1),
    cc_emails: addresses.nullable().optional(),
    bcc_emails: addresses.nullable().optional(),
    subject: z.string().min(1).max(998),
    body: z
      .string()
      .min(1)
      .max(1_048_576)
      .describe('HTML if it has a block element, else plain text; a text version is derived from HTML.'),
    thread_id: z.uuid().nullable().optional().describe('Thread to add the message to.'),
    in_reply_to: z.string().min(1).max(998).nullable().optional().describe('Message-ID answered.'),
    reply_to: address.nullable().optional().describe('Reply-To address; ours.'),
    headers: z
      .record(z.string().min(1).max(76), z.string().max(2000))
      .nullable()
      .optional()
      .describe('Further header fields: X-… and a few that describe the message.'),
    attachments: z.array(OutboundAttachment).max(20).nullable().optional(),
    scheduled_at: z
      .string()
      .min(19)
      .max(35)
      .nullable()
      .optional()
      .describe(
        'A wall-clock time that is read in scheduled_timezone; with Z or an offset it says its instant itself.',
      ),
    scheduled_timezone: z.string().min(3).max(64).nullable().optional().describe('IANA zone of scheduled_at.'),
    track_opens: z.boolean().default(false),
    track_clicks: z.boolean().default(false),
    click_tracking_patterns: z
      .array(z.string().min(1).max(500))
      .max(50)
      .nullable()
      .optional()
      .describe('Only links that match are tracked; ours.'),
  })
  .meta({ id: 'MailOutboundRequest', description: 'One message to one or more recipients.' })
export type OutboundInput = z.output<typeof OutboundRequest>

export const OutboundBatchRequest = z
  .strictObject({ emails: z.array(z.record(z.string(), z.unknown())).min(1).max(100) })
  .meta({ id: 'MailOutboundBatchRequest', description: 'Up to 100 messages, each as for a single one.' })

/** A complaint is a status here, as the clients from 1.0 on know it, and a timestamp beside the status in the first line. */
export const OutboundStatus = z.enum([...EmailStatus.options, 'complained']).meta({ id: 'MailOutboundStatus' })

export const MessageAttachment = z
  .object({
    id: z.uuid(),
    filename: z.string(),
    size_bytes: count,
    mime_type: z.string(),
    sha256: z.string(),
    download_url: z.url().nullable().describe('Works without a credential until expires_at.'),
    expires_at: instant,
    content_id: text,
    is_inline: z.boolean(),
    position: count,
  })
  .meta({ id: 'MailMessageAttachment' })

export const Outbound = z
  .object({
    id: z.uuid(),
    user_id: z.uuid(),
    inbox_id: z.uuid(),
    thread_id: z.uuid().nullable().describe('Null once its thread has been deleted.'),
    domain_id: z.uuid(),
    from_email: z.string(),
    inbox_name: text,
    domain_name: text,
    in_reply_to: text,
    thread_references: z.array(z.string()).nullable(),
    to_emails: z.array(z.string()),
    cc_emails: z.array(z.string()),
    bcc_emails: z.array(z.string()),
    reply_to: text.describe('Ours.'),
    subject: z.string(),
    body_html: text,
    body_text: text,
    ses_message_id: text.describe('The Message-ID.'),
    headers: z.record(z.string(), z.string()).nullable(),
    status: OutboundStatus,
    scheduled_at: instant,
    scheduled_timezone: text,
    cancelled_at: instant,
    attachments: z.array(MessageAttachment),
    attachment_count: count,
    sent_at: instant,
    delivered_at: instant,
    error_message: text,
    track_opens: z.boolean(),
    track_clicks: z.boolean(),
    open_count: count,
    click_count: count,
    latest_bounce_type: text.describe('Permanent or Transient.'),
    latest_bounce_sub_type: text,
    latest_complaint_feedback_type: text,
    recipients: z.array(EmailRecipient).nullable().describe('What became of it for each; ours.'),
    campaign_id: z.uuid().nullable().describe('Null for a message that a client composed; ours.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'MailOutboundEmail', description: 'A sent message, in the words of the clients from 1.0 on.' })

export const OutboundPage = z
  .object({ outbound_emails: z.array(Outbound), total: count.describe('Exact to 10,000.') })
  .meta({ id: 'MailOutboundPage' })

export const OutboundBatchResult = z
  .object({
    total: count,
    accepted: count,
    rejected: count,
    results: z.array(
      z.object({
        index: count,
        status: z.enum(['accepted', 'rejected']),
        outbound_email: Outbound.nullable(),
        error: z.object({ message: z.string(), code: z.string(), category: z.string() }).nullable(),
      }),
    ),
  })
  .meta({ id: 'MailOutboundBatchResult' })

export const OutboundParams = z.object({ email_id: idParam })

export const OutboundListQuery = z.object({
  status: OutboundStatus.optional(),
  inbox_id: z.uuid().optional(),
  domain_id: z.uuid().optional(),
  thread_id: z.uuid().optional().describe('Ours.'),
  recipient: z.string().min(1).max(320).optional().describe('An address in To, Cc or Bcc.'),
  sent_only: booleanParam(false).describe('Only what has left.'),
  sent_after: timestampInput.optional(),
  sent_before: timestampInput.optional(),
  order_by: z.enum(['created_at', 'sent_at']).default('created_at').describe('sent_at leaves out what has not left.'),
  limit: limitParam(100),
  offset: offsetParam,
})

export const EventFeedQuery = z.object({
  event_type: z.string().min(1).max(64).optional().describe('Such as delivered, or email.outbound.delivered.'),
  email_id: z.uuid().optional(),
  start_at: timestampInput.optional().describe('From this instant on.'),
  end_at: timestampInput.optional().describe('Before this instant.'),
  limit: limitParam(100),
  cursor: z.string().max(1000).optional().describe('Opaque position from next_cursor.'),
})

export const EventFeed = z
  .object({ events: z.array(EmailEvent), next_cursor: z.string().nullable() })
  .meta({ id: 'MailEventFeed' })

export const PageQuery = z.object({ limit: limitParam(100), offset: offsetParam })

const visit = {
  id: z.uuid(),
  is_bot: z.boolean(),
  bot_reason: text,
  user_agent: text,
}

export const Tracking = z
  .object({
    email_id: z.uuid(),
    track_opens: z.boolean(),
    track_clicks: z.boolean(),
    open_count: count.describe('By people; opens also lists those of machines.'),
    click_count: count.describe('By people; clicks also lists those of machines.'),
    first_opened_at: instant,
    last_opened_at: instant,
    first_clicked_at: instant,
    last_clicked_at: instant,
    links: z.array(
      z.object({
        id: z.uuid(),
        link_id: z.uuid(),
        position: count,
        original_url: z.string(),
        anchor_text: text,
        click_count: count,
        unique_click_count: count,
        first_clicked_at: instant,
        last_clicked_at: instant,
      }),
    ),
    opens: z.array(z.object({ ...visit, opened_at: timestamp, is_first_open: z.boolean() })),
    clicks: z.array(
      z.object({
        ...visit,
        link_id: z.uuid(),
        clicked_at: timestamp,
        is_first_click: z.boolean(),
        device_type: text,
        browser_name: text,
        os_name: text,
      }),
    ),
  })
  .meta({ id: 'MailEmailTracking' })
