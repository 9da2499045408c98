import { z } from 'zod'
import { listParams } from '../../http/pagination.ts'
import { idParam, timestamp } from '../../http/params.ts'

export const EmailStatus = z
  .enum(['queued', 'scheduled', 'sending', 'sent', 'delivered', 'bounced', 'failed', 'cancelled'])
  .meta({
    id: 'BavimailEmailStatus',
    description:
      'queued or scheduled, then sending, sent, and delivered, bounced or failed; queued or scheduled with a send time ahead may become cancelled. Opens, clicks and complaints are events: they show in counters and timestamps, not here.',
  })

export const AttachmentMetadata = z
  .object({
    id: z.uuid().nullable().optional(),
    filename: z.string().nullable().optional(),
    size_bytes: z.int().min(0),
    mime_type: z.string(),
    sha256: z.string().nullable().optional(),
    content_id: z.string().nullable().optional(),
    is_inline: z.boolean().optional(),
  })
  .meta({ id: 'BavimailAttachmentMetadata' })

export const EmailRecipient = z
  .object({
    email: z.string(),
    kind: z.enum(['to', 'cc', 'bcc']),
    status: z.enum(['queued', 'deferred', 'sending', 'delivered', 'unknown', 'bounced', 'failed', 'cancelled']),
    delivered_at: timestamp.nullable(),
    bounced_at: timestamp.nullable(),
    bounce_kind: z.enum(['hard', 'soft']).nullable(),
    bounce_reason: z.string().nullable(),
    next_attempt_at: timestamp.nullable(),
    attempts: z.int().min(0),
    smtp_code: z.int().nullable(),
    smtp_enhanced: z.string().nullable(),
    error_message: z.string().nullable(),
    cause: z.string().nullable().describe('The last answer in plain words.'),
    advice: z.string().nullable().describe('What helps against it.'),
  })
  .meta({ id: 'EmailRecipient', description: 'What became of a message for one of its recipients.' })

const count = z.int().min(0)
const instant = timestamp.nullable().optional()

export const Email = z
  .looseObject({
    id: z.uuid(),
    alias_id: z.uuid(),
    domain_id: z.uuid(),
    user_id: z.uuid(),
    conversation_id: z.uuid().nullable().optional(),
    from_email: z.email(),
    to_email: z.email().describe('First recipient.'),
    to_emails: z.array(z.email()),
    cc_emails: z.array(z.email()).nullable().optional(),
    bcc_emails: z.array(z.email()).nullable().optional(),
    subject: z.string(),
    body_text: z.string(),
    body_html: z.string().nullable().optional(),
    status: EmailStatus,
    provider_message_id: z.string().nullable().optional(),
    in_reply_to: z.string().nullable().optional(),
    thread_references: z.string().nullable().optional(),
    attachments: z.array(AttachmentMetadata).nullable().optional(),
    attachment_count: count,
    provider_metadata: z.record(z.string(), z.unknown()).nullable().optional(),
    warmup_suspicious: z.boolean().optional(),
    warmup_suspicious_tokens: z.array(z.string()).optional(),
    alias_name: z.string().nullable().optional(),
    domain_name: z.string().nullable().optional(),
    send_at: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .describe('Requested time, as the clocks of send_at_timezone show it.'),
    send_at_timezone: z.string().nullable().optional(),
    send_at_utc: instant,
    sent_at: instant,
    delivered_at: instant,
    cancelled_at: instant,
    error_message: z.string().nullable().optional(),
    tracking_id: z.uuid().nullable().optional(),
    track_opens: z.boolean(),
    open_count: count,
    first_opened_at: instant,
    track_clicks: z.boolean(),
    click_count: count,
    first_clicked_at: instant,
    last_clicked_at: instant,
    tracked_links_count: count,
    created_at: instant,
    updated_at: instant,
    source: z.enum(['campaign', 'api']).optional().describe('Who composed it: a campaign, or a client; ours.'),
    reply_to: z.string().nullable().optional().describe('Ours.'),
    headers: z.record(z.string(), z.string()).nullable().optional().describe('Further header fields it carries; ours.'),
    smtp_code: z.int().nullable().optional().describe('Of the last answer, as the three below; ours.'),
    smtp_enhanced: z.string().nullable().optional().describe('Ours.'),
    smtp_text: z.string().nullable().optional().describe('Ours.'),
    cause: z.string().nullable().optional().describe('The last answer in plain words; ours.'),
    advice: z.string().nullable().optional().describe('What helps against it; ours.'),
    recipients: z
      .array(EmailRecipient)
      .nullable()
      .optional()
      .describe('Of a message that a client composed: each recipient, sent to in an envelope of its own; ours.'),
    campaign_id: z.uuid().nullable().optional().describe('Ours.'),
    campaign_lead_id: z.uuid().nullable().optional().describe('Ours.'),
    step: z.int().nullable().optional().describe('Ours.'),
    variant_label: z.string().nullable().optional().describe('Ours.'),
    verdict: z
      .enum(['accepted', 'unknown', 'refused'])
      .nullable()
      .optional()
      .describe('What is known of the delivery; ours.'),
    bounced_at: instant.describe('Ours.'),
    bounce_kind: z.enum(['hard', 'soft']).nullable().optional().describe('Ours.'),
    bounce_reason: z.string().nullable().optional().describe('Ours.'),
    complained_at: instant.describe('Ours.'),
    unsubscribed_at: instant.describe('Ours.'),
    replied_at: instant.describe('Ours.'),
    machine_open_count: count.optional().describe('Opens by machines, which open_count leaves out; ours.'),
    machine_click_count: count.optional().describe('Clicks by machines, which click_count leaves out; ours.'),
  })
  .meta({ id: 'BavimailEmail', description: 'An outbound message.' })

export const EmailParams = z.object({ email_id: idParam })

export const EmailListQuery = z.object({ alias_id: z.uuid().optional(), ...listParams(100) })
