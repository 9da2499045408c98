import type { BounceBlame, BounceReason } from './bounce-reason.ts'
import { bounceReasons, findEnhancedCode, reasonFromText } from './bounce-reason.ts'
import type { ReplyAction, ReplyExplanation } from './provider-replies.ts'
import { explainReply, generalAdvice, retryHint } from './provider-replies.ts'

/**
 * Where the conversation stood when it ended: opening the connection (`connect`), the banner, EHLO, TLS and log-in
 * (`greeting`), the commands MAIL, RCPT and DATA, and the wait for the answer to the content (`final`). A failure belongs
 * to `final` from the first octet of content on.
 */
export type DeliveryPhase = 'connect' | 'greeting' | 'mail' | 'rcpt' | 'data' | 'final'

/** How one attempt ended: with a reply of the server, or, where there was none, with the name of the error. */
export type DeliveryReply = {
  phase: DeliveryPhase
  reply_code?: number
  enhanced_code?: string
  text?: string
  /** `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT`, `ECLOSED`, … Only read when there is no reply code. */
  error_name?: string
  /** The host that said so, where mail goes direct to many. */
  host?: string
  /** This side has not tried, and will not for so long. */
  held_ms?: number
}

export type DeliveryVerdict = {
  outcome: 'accepted' | 'retry' | 'failed' | 'unknown'
  reason: BounceReason
  /** `hard` only where the address is known to be gone, which is also where it is suppressed. */
  kind: 'hard' | 'soft'
  blames: BounceBlame
  /** Whether the address goes to the suppression list. Only ever with `failed`. */
  suppress: boolean
  /** One sentence for people and the timeline; the server's own words follow it where there are any. */
  message: string
  /** What happened in plain words, without the server's own: the sentence of a known reply, else of the reason. */
  cause: string
  /** What helps; null where nothing is known to. */
  advice: string | null
  /** Whose known reply it was, `any` for a wording that many servers share; null where no pattern knows it. */
  provider: string | null
  /** What should follow besides the verdict. */
  action: ReplyAction
  /** The wait that was asked for, or that this side imposes; null where the usual back-off counts. Only with `retry`. */
  wait_ms: number | null
  /** False where this side has not even tried: that is no attempt, and nothing the receiver has said. */
  attempted: boolean
}

/**
 * What one attempt means. The reply code decides: 2yz to the content is acceptance, 4yz is tried again on the same row,
 * 5yz is final (RFC 5321 section 4.2.1). Only where there is no reply does the error's name count: a connection lost
 * after content was sent leaves the message `unknown`, and it is never sent again, because the server may have taken
 * it (RFC 5321 section 4.5.3.2.6 and RFC 1047); lost before that it is tried again. 5.7.x never makes an address dead.
 */
export function judgeDelivery(reply: DeliveryReply): DeliveryVerdict {
  const { phase, reply_code: code } = reply
  if (code === undefined || code < 200 || code > 599) return judgeError(reply)
  if (code < 300 && phase === 'final') {
    return verdict('accepted', 'undefined', 'none', false, 'The receiving server took the message.')
  }
  if (code < 400) {
    // A 2yz or 3yz that ends the attempt elsewhere is a server out of step. Before the content it is safe to try again.
    if (phase === 'final') return unknown(`The server answered the content with ${code}, which is no verdict.`)
    return verdict('retry', 'system_error', 'network', false, withText('The server answered out of order.', reply))
  }
  const known = explainReply(reply)
  const reason = refusalReason(reply, code, known)
  const explained = known && known.reason === reason ? known : null
  const { blames, suppress, meaning } = bounceReasons[reason]
  const isDead = suppress && code >= 500
  const judged = verdict(
    code < 500 ? 'retry' : 'failed',
    reason,
    blames,
    isDead,
    withText(explained?.cause ?? meaning, reply),
  )
  return {
    ...judged,
    cause: explained?.cause ?? meaning,
    advice: explained?.advice ?? generalAdvice(reason),
    provider: explained?.provider ?? null,
    action: isDead ? 'suppress' : explained && explained.action !== 'suppress' ? explained.action : 'none',
    wait_ms: code < 500 ? retryHint(reply.text) : null,
  }
}

/** The reason by the words, held against where in the session they were said. A provider's own wording outweighs the general rules. */
function refusalReason(reply: DeliveryReply, code: number, known: ReplyExplanation | null): BounceReason {
  const { phase } = reply
  // Our own log-in at the relay was refused (RFC 4954 section 6), which says nothing of any recipient.
  if (phase === 'greeting' && (code === 530 || code === 534 || code === 535)) return 'policy_violation'
  const general = reasonFromText(code, reply.enhanced_code, reply.text)
  const reason = known && (known.provider !== 'any' || general === 'undefined') ? known.reason : general
  if (!bounceReasons[reason].suppress) return reason
  // Before RCPT nothing was said about the recipient, whatever the words; the server may be our own relay.
  if (phase === 'mail') return 'rejected'
  if (phase === 'connect' || phase === 'greeting') return 'blocked'
  // 5.7.x is security or policy (RFC 3463 section 3.8): the sender's problem, even where it sounds like an unknown user.
  const enhanced = reply.enhanced_code ?? findEnhancedCode(reply.text ?? '')
  return enhanced && /^[45]\.7\./.test(enhanced) ? 'policy_violation' : reason
}

/** Errors of the name service that say the host is not there. A timeout of the service (EAI_AGAIN) is none of them. */
const hostIsUnknown = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

function judgeError(reply: DeliveryReply): DeliveryVerdict {
  const name = reply.error_name ?? 'ECLOSED'
  if (reply.held_ms !== undefined) {
    const why = reply.text ? ` (${reply.text.replace(/\s+/g, ' ').slice(0, 200)})` : ''
    const held = verdict(
      'retry',
      'rate_limited',
      'none',
      false,
      `Put off on this side: the receiver is not to be asked now${why}.`,
    )
    return { ...held, wait_ms: reply.held_ms, attempted: false }
  }
  if (reply.phase === 'final') return unknown(`The connection ended (${name}) before the server answered the content.`)
  if (name === 'EENVELOPE') {
    return verdict('failed', 'content_error', 'none', false, withText('The address cannot be sent over SMTP.', reply))
  }
  if (name === 'ENULLMX') {
    // RFC 7505 section 3: the domain says of itself that it takes no mail.
    return verdict('failed', 'not_accepting', 'recipient', true, withText('The domain takes no mail at all.', reply))
  }
  if (name === 'ENODOMAIN') {
    const sentence = 'The domain of the address was looked for more than once and does not exist for mail.'
    return verdict('failed', 'host_unknown', 'recipient', true, withText(sentence, reply))
  }
  if (name === 'EMXPRIVATE') {
    // The record may be mended, so the address is not condemned; nothing is gained by asking it again today.
    const sentence = 'The domain names mail servers that are not on the public internet.'
    return verdict('failed', 'host_unknown', 'recipient', false, withText(sentence, reply))
  }
  if (name === 'EMTASTS' || name === 'ETLS') {
    const sentence = 'No encrypted connection could be made that the receiving side demands.'
    return verdict('retry', 'failed_starttls', 'network', false, withText(sentence, reply))
  }
  if (name === 'EAUTH' || name === 'EGRESS_REFUSED' || name === 'ENOTRANSPORT') {
    // Our own set-up: nothing is wrong with the recipient, and it goes out once the operator has put it right.
    const sentence = 'The way out for mail cannot be used as it is set up.'
    return verdict('retry', 'system_error', 'sender', false, withText(sentence, reply))
  }
  if (reply.phase === 'connect' && hostIsUnknown.has(name)) {
    // One answer of one resolver is no proof: the host may be our own relay, or back in an hour.
    return verdict('retry', 'host_unknown', 'network', false, `The host was not found (${name}).`)
  }
  const sentence = `The connection failed (${name}) before the content was sent.`
  return verdict('retry', 'network_error', 'network', false, sentence)
}

function unknown(message: string): DeliveryVerdict {
  return verdict('unknown', 'network_error', 'network', false, `${message} It may have arrived and is not sent again.`)
}

const LONGEST_QUOTE = 400

function withText(sentence: string, reply: DeliveryReply): string {
  const whole = (reply.text ?? '').replace(/\s+/g, ' ').trim()
  const said = whole.length > LONGEST_QUOTE ? `${whole.slice(0, LONGEST_QUOTE)}…` : whole
  const code = [reply.reply_code, reply.enhanced_code].filter((one) => one !== undefined && one !== '').join(' ')
  if (code === '') return said === '' ? sentence : `${sentence} ${said}`
  return `${sentence} The server answered ${code}${said === '' ? '' : `: ${said}`}`
}

function verdict(
  outcome: DeliveryVerdict['outcome'],
  reason: BounceReason,
  blames: BounceBlame,
  suppress: boolean,
  message: string,
): DeliveryVerdict {
  const cause = message.slice(0, message.indexOf('.') + 1) || message
  return {
    outcome,
    reason,
    kind: suppress ? 'hard' : 'soft',
    blames,
    suppress,
    message,
    cause: outcome === 'failed' || outcome === 'retry' ? cause : message,
    advice: outcome === 'accepted' ? null : generalAdvice(reason),
    provider: null,
    action: suppress ? 'suppress' : 'none',
    wait_ms: null,
    attempted: true,
  }
}
