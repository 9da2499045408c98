import { z } from 'zod'
import { timestamp } from '../../http/params.ts'
import type { ReceivedInFull } from '../inbound/received-messages.ts'
import { type LinkDeps, type ListedFile, messageFiles } from './outbound-email.ts'
import { MessageAttachment } from './outbound-schema.ts'

const text = z.string().nullable()
const count = z.int().min(0)

const summary = {
  inbox_id: z.uuid(),
  thread_id: z.uuid().nullable(),
  inbox_address: z.string(),
  domain: z.string(),
  from_address: z.string(),
  ses_message_id: z.string().describe('The Message-ID; ours where the message has none.'),
  received_at: timestamp,
}

/** A received message in a list, in the words of the clients from 1.0 on. */
const InboundRow = z
  .object({
    id: z.uuid(),
    user_id: z.uuid(),
    ...summary,
    from_name: text,
    subject: z.string(),
    processing_error: text,
    attachment_count: count,
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'MailInboundRow' })

export const InboundPage = z
  .object({ inbound_emails: z.array(InboundRow), total: count.describe('Exact to 10,000.') })
  .meta({ id: 'MailInboundPage', description: 'The list as clients from 1.0 on read it.' })

const Recipients = z.array(z.object({ address: z.string(), name: text }))
const verdict = z.enum(['PASS', 'FAIL', 'GRAY', 'PROCESSING_FAILED'])

/** What those clients read of one message beside what the first line does. */
export const InboundNames = z.object({
  ...summary,
  recipients: z.object({ to: Recipients, cc: Recipients }),
  verdicts: z
    .object({ spam: verdict, virus: verdict, spf: verdict, dkim: verdict, dmarc: verdict, dmarc_policy: text })
    .describe('GRAY where nothing is known.'),
  attachments: z.array(MessageAttachment),
})

type Summary = {
  id: string
  alias_id?: string
  conversation_id?: string | null
  full_email?: string
  domain_name?: string
  from_email?: string
  provider_message_id: string
  provider_received_at?: Date
}

/** The fields that have another name from 1.0 on, for lists and single messages alike. */
export const inboundNames = <Row extends Summary>(row: Row) => ({
  ...row,
  inbox_id: row.alias_id,
  thread_id: row.conversation_id ?? null,
  inbox_address: row.full_email,
  domain: row.domain_name,
  from_address: row.from_email,
  ses_message_id: row.provider_message_id,
  received_at: row.provider_received_at,
})

type Detail = ReceivedInFull & {
  to_email?: string
  cc_emails?: { email: string; name?: string | null }[] | null
  attachments: ListedFile[]
}

const statusOf = (found: { status: string } | null): string =>
  found && verdict.safeParse(found.status).success ? found.status : 'GRAY'

/** All that is read of one message from 1.0 on; attachments come with signed addresses. */
export const inboundDetail = (deps: LinkDeps, message: ReceivedInFull) => {
  const row = message as Detail
  return {
    ...inboundNames(row),
    recipients: {
      to: row.to_email ? [{ address: row.to_email, name: null }] : [],
      cc: (row.cc_emails ?? []).map(({ email, name }) => ({ address: email, name: name ?? null })),
    },
    verdicts: {
      spam: statusOf(row.spam_verdict),
      virus: statusOf(row.virus_verdict),
      spf: statusOf(row.spf_verdict),
      dkim: statusOf(row.dkim_verdict),
      dmarc: statusOf(row.dmarc_verdict),
      dmarc_policy: null,
    },
    attachments: messageFiles(deps, row.attachments),
  }
}
