import { z } from 'zod'
import { limitParam, offsetParam } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'
import { Email } from '../emails/schema.ts'

const address = z.string().min(3).max(320).meta({ format: 'email' })
const addresses = z.array(address).max(50)

export const StoredAttachmentRef = z.strictObject({
  attachment_id: z.uuid().describe('Attachment stored earlier.'),
  is_inline: z.boolean().default(false).describe('Shown by the HTML as cid: and its content_id.'),
  content_id: z.string().min(1).max(255).nullable().optional(),
})

export const InlineAttachment = z.strictObject({
  filename: z.string().min(1).max(255),
  content: z.base64().meta({ contentEncoding: 'base64' }),
  mime_type: z.string().min(1).max(255),
  is_inline: z.boolean().default(false),
  content_id: z.string().min(1).max(255).nullable().optional(),
})

export const SendAttachment = z.union([StoredAttachmentRef, InlineAttachment]).meta({ id: 'BavimailSendAttachment' })

export const SendRequest = z
  .strictObject({
    alias_id: z.uuid().describe('Identity to send from.'),
    to_email: address.optional().describe('Single recipient; give this or to_emails.'),
    to_emails: addresses.min(1).optional(),
    cc_emails: addresses.nullable().optional(),
    bcc_emails: addresses.nullable().optional(),
    subject: z.string().min(1).max(998),
    body: z
      .string()
      .min(1)
      .max(1_048_576)
      .describe('HTML if it has a block element, else plain text; a text version is derived from HTML.'),
    track_opens: z.boolean().default(true),
    track_clicks: z.boolean().default(false),
    click_tracking_patterns: z
      .array(z.string().min(1).max(500))
      .max(50)
      .nullable()
      .optional()
      .describe('Only links that match are tracked: part of the address, or the whole with * for any characters.'),
    conversation_id: z.uuid().nullable().optional().describe('Thread to add the message to.'),
    in_reply_to: z.string().min(1).max(998).nullable().optional().describe('Message-ID answered.'),
    reply_to: address.nullable().optional().describe('Reply-To address.'),
    headers: z
      .record(z.string().min(1).max(76), z.string().max(2000))
      .nullable()
      .optional()
      .describe('Further header fields: X-… and a few that describe the message; ours.'),
    send_at: z
      .string()
      .min(19)
      .max(35)
      .nullable()
      .optional()
      .describe('ISO 8601 with Z or an offset, or a wall-clock time that is read in send_at_timezone.'),
    send_at_timezone: z.string().min(3).max(64).nullable().optional().describe('IANA zone in which send_at is read.'),
    attachments: z.array(SendAttachment).max(20).nullable().optional(),
  })
  .meta({ id: 'BavimailSendEmailRequest', description: 'One message to one or more recipients.' })

export type SendInput = z.output<typeof SendRequest>

/** Each message is read by itself, so that a wrong one does not take the others with it. */
export const BatchRequest = z.preprocess(
  (given) => (Array.isArray(given) ? { emails: given } : given),
  z.strictObject({ emails: z.array(z.record(z.string(), z.unknown())).min(1).max(100) }).meta({
    id: 'MailBatchRequest',
    description: 'Up to 100 messages, each as for a single one; the bare array is taken too.',
  }),
)

const ItemError = z.object({ message: z.string(), code: z.string(), category: z.string() })

export const BatchResult = z
  .object({
    total: z.int().min(0),
    accepted: z.int().min(0),
    rejected: z.int().min(0),
    results: z.array(
      z.object({
        index: z.int().min(0).describe('Position in the request.'),
        status: z.enum(['accepted', 'rejected']),
        email: Email.nullable(),
        error: ItemError.nullable(),
      }),
    ),
  })
  .meta({ id: 'MailBatchResult' })

export const EmailParams = z.object({ email_id: idParam })

export const MailEmailListQuery = z.object({
  alias_id: z.uuid().optional(),
  limit: limitParam(100),
  offset: offsetParam,
})

export const ClickListQuery = z.object({
  link_id: z.uuid().optional(),
  include_bots: booleanParam(false),
  limit: limitParam(100),
  offset: offsetParam,
})

const instant = timestamp.nullable().optional()

export const EmailClick = z
  .object({
    id: z.uuid(),
    link_id: z.uuid(),
    original_url: z.string().meta({ format: 'uri' }),
    position: z.int().min(0),
    clicked_at: timestamp,
    user_agent: z.string().nullable(),
    ip_address: z.string().nullable(),
    referer: z.string().nullable(),
    device_type: z.string().nullable(),
    browser_name: z.string().nullable(),
    os_name: z.string().nullable(),
    is_first_click: z.boolean(),
    is_bot: z.boolean(),
    bot_reason: z.string().nullable(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'BavimailEmailClick' })

export const EmailClicks = z
  .object({
    clicks: z.array(EmailClick),
    total: z.int().min(0),
    limit: z.int().min(1),
    offset: z.int().min(0),
  })
  .meta({ id: 'BavimailEmailClicksResponse' })

export const TrackedLink = z
  .object({
    id: z.uuid(),
    link_id: z.uuid(),
    original_url: z.string().meta({ format: 'uri' }),
    position: z.int().min(0),
    anchor_text: z.string().nullable(),
    click_count: z.int().min(0),
    unique_click_count: z.int().min(0).describe('1 once a person has clicked it, else 0: a message has one reader.'),
    first_clicked_at: instant,
    last_clicked_at: instant,
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'BavimailTrackedLink' })

export const EventListQuery = z.object({
  event_type: z.string().min(1).max(64).optional().describe('Such as delivered, or email.outbound.delivered.'),
  limit: limitParam(100),
  offset: offsetParam,
})

export const EmailEvent = z
  .object({
    id: z.uuid(),
    user_id: z.uuid(),
    email_id: z.uuid(),
    event_type: z.string(),
    occurred_at: timestamp,
    recipient: z.string().nullable().describe('Whom it is about, where that is known.'),
    bounce_type: z.enum(['Permanent', 'Transient']).nullable(),
    bounce_sub_type: z.string().nullable(),
    complaint_feedback_type: z.string().nullable(),
    error_message: z.string().nullable(),
    url: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'MailEmailEvent' })

export const EmailEvents = z
  .object({
    events: z.array(EmailEvent),
    total: z.int().min(0),
    limit: z.int().min(1),
    offset: z.int().min(0),
  })
  .meta({ id: 'MailEmailEvents' })

export const ValidateRequest = z.strictObject({
  email: z.string().min(1).max(2000),
  check_mx: z.boolean().default(true).describe('Ask the DNS whether the domain takes mail.'),
})

export const AddressCheck = z.object({
  name: z.enum(['syntax', 'mx_records', 'role_based', 'disposable', 'free_provider', 'typo', 'suppressed']),
  passed: z.boolean(),
  result: z.enum(['passed', 'failed', 'skipped', 'unknown']),
  weight: z.number().describe('What a failure adds to the risk.'),
  detail: z.string(),
})

export const AddressRisk = z
  .object({
    email: z.string(),
    normalized_email: z.string().nullable(),
    suggestion: z.string().nullable().describe('The address that was probably meant.'),
    risk_score: z.number().min(0).max(100),
    risk_level: z.enum(['safe', 'low', 'medium', 'high', 'critical']),
    is_risky: z.boolean().describe('True from a score of 50 on.'),
    checks: z.array(AddressCheck),
  })
  .meta({ id: 'MailAddressRisk' })
