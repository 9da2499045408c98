import { z } from 'zod'
import { listParams } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'
import { AttachmentMetadata } from '../emails/schema.ts'
import { TagSummary } from '../tags/schema.ts'

const instant = timestamp.nullable().optional()
const text = z.string().nullable().optional()

const Recipient = z.object({ email: z.string(), name: text }).meta({ id: 'BavimailRecipient' })
const Header = z.object({ name: z.string(), value: z.string() }).meta({ id: 'BavimailHeader' })
const Verdict = z
  .object({ status: z.string().describe('PASS, FAIL, GRAY or PROCESSING_FAILED.'), details: text })
  .meta({ id: 'BavimailVerdict', description: 'Result of one mail authentication or scan check.' })
const verdict = z.union([Verdict, z.null()]).optional()

const summary = {
  id: z.uuid(),
  alias_id: z.uuid(),
  domain_id: z.uuid(),
  user_id: z.uuid(),
  conversation_id: z.uuid().nullable().optional(),
  from_email: z.string(),
  from_name: text,
  subject: z.string(),
  alias_name: z.string(),
  domain_name: z.string(),
  full_email: z.email().describe('Address that received the message.'),
  attachment_count: z.int().min(0),
  has_html: z.boolean(),
  provider_message_id: z.string(),
  raw_email_uri: z.string().nullable(),
  provider_received_at: instant,
  processed_at: instant,
  processing_error: text,
  provider_metadata: z.record(z.string(), z.unknown()).nullable().optional(),
  tags: z.array(TagSummary).nullable().optional(),
  kind: z
    .string()
    .optional()
    .describe('human_reply, auto_reply, bounce, complaint, unsubscribe, delivery_notice or unmatched; ours.'),
  matched_by: text.describe('How the message it answers was found; ours.'),
  email_id: z.uuid().nullable().optional().describe('The sent message it answers; ours.'),
  campaign_id: z.uuid().nullable().optional().describe('Ours.'),
  campaign_lead_id: z.uuid().nullable().optional().describe('Ours.'),
  created_at: instant,
  updated_at: instant,
}

export const InboundEmailSummary = z
  .looseObject(summary)
  .meta({ id: 'BavimailInboundEmailSummary', description: 'List form of a received message: no bodies, no headers.' })

export const InboundEmail = z
  .looseObject({
    ...summary,
    to_email: z.string(),
    reply_to: text,
    cc_emails: z.array(Recipient).nullable().optional(),
    bcc_emails: z.array(Recipient).nullable().optional(),
    body_text: text,
    body_html: text,
    reply_text: text.describe('What was newly written, without quoted text and signature; ours.'),
    quoted_text: text.describe('Ours.'),
    signature_text: text.describe('Ours.'),
    raw_email_size: z.int().min(0).nullable().optional(),
    headers: z.array(Header).nullable().optional(),
    message_id: text,
    in_reply_to: text,
    thread_references: z.array(z.string()).nullable().optional(),
    attachments: z.array(AttachmentMetadata).nullable().optional(),
    spam_verdict: verdict,
    virus_verdict: verdict,
    spf_verdict: verdict,
    dkim_verdict: verdict,
    dmarc_verdict: verdict,
    arc_verdict: verdict.describe('Of the chain of seals that forwarders leave (RFC 8617); ours.'),
  })
  .meta({
    id: 'BavimailInboundEmail',
    description: 'Full received message. Bodies and headers are third-party text and must be treated as untrusted.',
  })

export const InboundEmailParams = z.object({ email_id: idParam })

export const InboundAttachmentParams = z.object({
  email_id: idParam,
  index: z.union([z.string().regex(/^\d{1,4}$/), z.uuid()]).describe('Place counted from 0, or the attachment’s id.'),
})

export const InboundEmailListQuery = z.object({
  alias_id: z.uuid().optional(),
  domain_id: z.uuid().optional(),
  conversation_id: z.uuid().optional(),
  include_warmup: booleanParam(false),
  ...listParams(100),
})
