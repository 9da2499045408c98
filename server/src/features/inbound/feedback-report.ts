import { headerValue, type ParsedMessage, readableText } from './parse-message.ts'
import { addressesIn, readReturnedMessage } from './returned-message.ts'

export interface FeedbackReport {
  /** `abuse`, `fraud`, `virus`, `other`, `not-spam`, `opt-out`, `auth-failure` …, in lower case (RFC 5965 §7.3). */
  feedback_type: string
  user_agent: string | null
  arrival_date: string | null
  source_ip: string | null
  reported_domain: string | null
  /** Who complained, as far as the report says; mailbox providers often replace the address. */
  recipients: string[]
  /** From the message that the report carries; null where it was taken out. */
  original_message_id: string | null
  original_references: string[]
  original_from: string | null
  original_to: string[]
  original_return_path: string | null
  original_subject: string | null
  /** Feedback-ID of the reported message: it survives where addresses were taken out. */
  original_feedback_id: string | null
  is_redacted: boolean
}

export type Complaint = FeedbackReport

const REDACTED = /redact|anonym|removed|^x+@|^\*+@|\[?hidden|undisclosed|^(?:user|recipient)@(?:example|invalid)\b/i

function readFields(content: string): Map<string, string[]> {
  const fields = new Map<string, string[]>()
  let last: string[] | null = null
  for (const line of content.slice(0, 64 * 1024).split('\n')) {
    const field = /^([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:[ \t]*(.*)$/.exec(line)
    if (field) {
      const name = (field[1] as string).toLowerCase()
      last = fields.get(name) ?? []
      if (last.length < 100) last.push((field[2] as string).trim())
      fields.set(name, last)
    } else if (/^[ \t]+\S/.test(line) && last && last.length > 0) {
      last[last.length - 1] = `${last[last.length - 1]} ${line.trim()}`.slice(0, 4000)
    }
  }
  return fields
}

function toIso(value: string | undefined): string | null {
  if (!value) return null
  const parsed = new Date(value.replace(/\([^()]*\)/g, ' ').trim())
  return Number.isNaN(parsed.getTime()) ? null : parsed.toISOString()
}

function readable(address: string | null): string | null {
  return address !== null && !REDACTED.test(address) ? address : null
}

/** Outlook's programme sends no feedback part: only a fixed subject and the message, with its own header for the reader. */
function isOutlookComplaint(message: ParsedMessage): boolean {
  if (!/^complaint about message from \[?[0-9a-f.:]+\]?/i.test(message.subject)) return false
  return message.report_parts.some((part) => part.mime_type === 'message/rfc822')
}

/**
 * Any feedback report (ARF, RFC 5965), whatever its type; null where the message is none. A report counts only as such:
 * the message must be a multipart/report of that type or have the feedback part at its own top level, so a person who
 * forwards one is not one. Fields that a provider redacted are null.
 */
export function readFeedbackReport(message: ParsedMessage): FeedbackReport | null {
  const contentType = headerValue(message, 'content-type') ?? ''
  const part = message.report_parts.find((entry) => entry.mime_type === 'message/feedback-report')
  const declared = /^\s*multipart\/report\b/i.test(contentType) && /feedback-report/i.test(contentType)
  const outlook = part === undefined && isOutlookComplaint(message)
  if (part === undefined && !outlook) return null
  const fields = readFields(part?.content ?? '')
  const type = (fields.get('feedback-type')?.[0] ?? '').toLowerCase().replace(/[^a-z-].*$/, '')
  // Without the declaration and without its one obligatory field (RFC 5965 §3.1) the part is something a person attached.
  if (!outlook && !declared && (type === '' || !fields.has('user-agent'))) return null

  const returned = readReturnedMessage(message, outlook ? '' : readableText(message))
  const returnedHeader = (name: string): string | null =>
    returned?.headers.find((header) => header.name.toLowerCase() === name)?.value ?? null
  const named = [
    ...(fields.get('original-rcpt-to') ?? []),
    ...(fields.get('removal-recipient') ?? []),
    returnedHeader('x-hmxmroriginalrecipient') ?? '',
  ].flatMap((value) => addressesIn(value))
  const originalTo = returned?.to ?? []
  const mailFrom = addressesIn(fields.get('original-mail-from')?.[0] ?? '')[0] ?? null
  const everyone = [...named, ...originalTo]
  const recipients = [...new Set(everyone.filter((address) => readable(address) !== null))]
  return {
    feedback_type: type === '' ? 'abuse' : type,
    user_agent: fields.get('user-agent')?.[0] ?? null,
    arrival_date: toIso(
      fields.get('arrival-date')?.[0] ?? fields.get('received-date')?.[0] ?? message.date ?? undefined,
    ),
    source_ip: /[0-9a-f]*[.:][0-9a-f.:]+/i.exec((fields.get('source-ip')?.[0] ?? '').slice(0, 100))?.[0] ?? null,
    reported_domain: fields.get('reported-domain')?.[0]?.toLowerCase() ?? null,
    recipients,
    original_message_id: returned?.message_id ?? null,
    original_references: returned?.references ?? [],
    original_from: readable(returned?.from ?? null),
    original_to: originalTo.filter((address) => readable(address) !== null),
    original_return_path: readable(returned?.return_path ?? mailFrom),
    original_subject: returned?.subject ?? null,
    original_feedback_id: returnedHeader('feedback-id'),
    is_redacted: everyone.some((address) => readable(address) === null) || (returned !== null && everyone.length === 0),
  }
}

const COMPLAINT_TYPES = new Set([
  'abuse',
  'fraud',
  'virus',
  'other',
  'miscategorized',
  'opt-out-list',
  'spam',
  'complaint',
])

/**
 * A recipient's complaint, or null. `not-spam` takes a complaint back, `auth-failure` and `dmarc` (RFC 6591) speak about
 * signatures, and `opt-out` asks to be left alone without calling the mail abuse: none of them is a complaint.
 */
export function readComplaint(message: ParsedMessage): Complaint | null {
  const report = readFeedbackReport(message)
  return report && COMPLAINT_TYPES.has(report.feedback_type) ? report : null
}
