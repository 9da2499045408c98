import { normalizeEmailAddress } from '../../email-address.ts'
import type { Detail } from '../../http/errors.ts'

export type RecipientKind = 'to' | 'cc' | 'bcc'

export type MessageRecipient = { address: string; kind: RecipientKind; domain: string }

type Given = {
  to_email?: string | null
  to_emails?: readonly string[] | null
  cc_emails?: readonly string[] | null
  bcc_emails?: readonly string[] | null
}

/**
 * Everybody a message goes to, in order, each address once: whoever stands in To is not written to again as Cc or Bcc.
 * `problems` names every address that is none.
 */
export const readRecipients = (given: Given): { recipients: MessageRecipient[]; problems: Detail[] } => {
  const recipients = new Map<string, MessageRecipient>()
  const problems: Detail[] = []
  const add = (kind: RecipientKind, written: string, loc: (string | number)[]): void => {
    const read = normalizeEmailAddress(written)
    if (!read.ok) problems.push({ loc: ['body', ...loc], msg: read.message, type: `email_${read.reason}` })
    else if (!recipients.has(read.email)) recipients.set(read.email, { address: read.email, kind, domain: read.domain })
  }
  if (given.to_email) add('to', given.to_email, ['to_email'])
  for (const [index, one] of (given.to_emails ?? []).entries()) add('to', one, ['to_emails', index])
  for (const [index, one] of (given.cc_emails ?? []).entries()) add('cc', one, ['cc_emails', index])
  for (const [index, one] of (given.bcc_emails ?? []).entries()) add('bcc', one, ['bcc_emails', index])
  return { recipients: [...recipients.values()], problems }
}
