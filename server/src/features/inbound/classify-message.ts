import { type AutoReply, readAutoReply } from './auto-reply.ts'
import { type BounceReport, readBounce } from './bounce-report.ts'
import { type Complaint, type FeedbackReport, readComplaint, readFeedbackReport } from './feedback-report.ts'
import { headerValue, type ParsedMessage } from './parse-message.ts'
import { type SplitReply, splitReply } from './reply-text.ts'
import { readUnsubscribe } from './unsubscribe-request.ts'

export type MessageClass =
  | { kind: 'complaint'; complaint: Complaint }
  | { kind: 'bounce'; reports: BounceReport[] }
  /** Delays, successes, read receipts, and feedback that is no complaint: kept in the timeline, nothing follows. */
  | { kind: 'delivery_notice'; reports: BounceReport[]; feedback: FeedbackReport | null; because: string }
  | { kind: 'unsubscribe'; because: string }
  | { kind: 'auto_reply'; auto_reply: AutoReply; mentions_opt_out: boolean }
  | { kind: 'human_reply'; reply: SplitReply; mentions_opt_out: boolean }

export interface ClassifyOptions {
  now: Temporal.Instant
  /** Whether the envelope recipient was an unsubscribe address; only the caller can check its token. */
  to_unsubscribe_address: boolean
}

function isReadReceipt(message: ParsedMessage): boolean {
  const type = headerValue(message, 'content-type') ?? ''
  return /^\s*multipart\/report\b/i.test(type) && /report-type\s*=\s*"?disposition-notification/i.test(type)
}

/**
 * What a message is, in the order in which the readings exclude each other: feedback report, delivery report, read
 * receipt, unsubscribe request, automatic answer, person. A report with one failed recipient among others is a bounce.
 */
export function classifyMessage(message: ParsedMessage, options: ClassifyOptions): MessageClass {
  const feedback = readFeedbackReport(message)
  if (feedback) {
    const complaint = readComplaint(message)
    if (complaint) return { kind: 'complaint', complaint }
    if (feedback.feedback_type === 'opt-out')
      return { kind: 'unsubscribe', because: 'a feedback report of type opt-out' }
    return {
      kind: 'delivery_notice',
      reports: [],
      feedback,
      because: `a feedback report of type ${feedback.feedback_type}`,
    }
  }
  const reports = readBounce(message)
  if (reports) {
    if (reports.some((report) => report.action === 'failed')) return { kind: 'bounce', reports }
    return {
      kind: 'delivery_notice',
      reports,
      feedback: null,
      because: `a delivery report: ${reports[0]?.action ?? 'none'}`,
    }
  }
  if (isReadReceipt(message)) return { kind: 'delivery_notice', reports: [], feedback: null, because: 'a read receipt' }
  const unsubscribe = readUnsubscribe(message, options)
  const auto = readAutoReply(message, options.now)
  if (unsubscribe.is_request) return { kind: 'unsubscribe', because: unsubscribe.because }
  if (auto.is_auto) return { kind: 'auto_reply', auto_reply: auto, mentions_opt_out: unsubscribe.mentions_opt_out }
  return {
    kind: 'human_reply',
    reply: splitReply(message.text, message.html),
    mentions_opt_out: unsubscribe.mentions_opt_out,
  }
}
