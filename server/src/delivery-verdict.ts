import type { BounceBlame, BounceReason } from './bounce-reason.ts'
import { bounceReasons, findEnhancedCode, reasonFromText } from './bounce-reason.ts'

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

  const reason = senderIsNamed(reply) ?? reasonFromText(code, reply.enhanced_code, reply.text)
  const { blames, suppress, meaning } = bounceReasons[reason]
  if (code < 500) return verdict('retry', reason, blames, false, withText(meaning, reply))
  // Before RCPT nothing was said about the recipient, so whatever the words, the address is not dead. The exception is a
  // host that takes no mail at all: 521 and 556 say so in the banner (RFC 7504).
  const aboutAddress = phase === 'rcpt' || phase === 'data' || phase === 'final' || reason === 'not_accepting'
  return verdict('failed', reason, blames, suppress && aboutAddress, withText(meaning, reply))
}

/**
 * 5.7.x is security or policy (RFC 3463 section 3.8): the sender's problem, even where the words sound like an unknown
 * user. Only an explicit "no such user" in the text outweighs it, which some servers send with 5.7.1.
 */
function senderIsNamed(reply: DeliveryReply): BounceReason | undefined {
  const enhanced = reply.enhanced_code ?? findEnhancedCode(reply.text ?? '')
  if (
    reply.phase === 'greeting' &&
    (reply.reply_code === 535 || reply.reply_code === 534 || reply.reply_code === 530)
  ) {
    // Our own log-in at the relay was refused (RFC 4954 section 6); this says nothing of any recipient.
    return 'policy_violation'
  }
  if (!enhanced || !/^[45]\.7\./.test(enhanced)) return undefined
  const reason = reasonFromText(reply.reply_code, enhanced, reply.text)
  return bounceReasons[reason].suppress && reason !== 'user_unknown' ? 'policy_violation' : undefined
}

/** Errors of the name service that say the host is not there. A timeout of the service (EAI_AGAIN) is none of them. */
const hostIsUnknown = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

function judgeError(reply: DeliveryReply): DeliveryVerdict {
  const name = reply.error_name ?? 'ECLOSED'
  if (reply.phase === 'final') return unknown(`The connection ended (${name}) before the server answered the content.`)
  if (name === 'ENULLMX') {
    // RFC 7505: the domain publishes that it takes no mail.
    const { blames, suppress, meaning } = bounceReasons.not_accepting
    return verdict('failed', 'not_accepting', blames, suppress, meaning)
  }
  if (name === 'EENVELOPE') {
    return verdict('failed', 'content_error', 'sender', false, withText('The address cannot be sent over SMTP.', reply))
  }
  if (name === 'EAUTH') {
    return verdict(
      'retry',
      'system_error',
      'sender',
      false,
      withText('The log-in at the relay is not possible.', reply),
    )
  }
  if (reply.phase === 'connect' && hostIsUnknown.has(name)) {
    // One answer of one resolver is no proof: the host may be our own relay, or back in an hour.
    return verdict('retry', 'host_unknown', 'recipient', false, `The host was not found (${name}).`)
  }
  return verdict(
    'retry',
    'network_error',
    'network',
    false,
    `The connection failed (${name}) before the content was sent.`,
  )
}

function unknown(message: string): DeliveryVerdict {
  return verdict('unknown', 'network_error', 'network', false, `${message} It may have arrived and is not sent again.`)
}

function withText(sentence: string, reply: DeliveryReply): string {
  const said = (reply.text ?? '').replace(/\s+/g, ' ').trim().slice(0, 500)
  const code = [reply.reply_code, reply.enhanced_code].filter((one) => one !== undefined && one !== '').join(' ')
  const quote = said.startsWith(String(reply.reply_code)) ? said : `${code} ${said}`.trim()
  return quote === '' ? sentence : `${sentence} The server said: ${quote}`
}

function verdict(
  outcome: DeliveryVerdict['outcome'],
  reason: BounceReason,
  blames: BounceBlame,
  suppress: boolean,
  message: string,
): DeliveryVerdict {
  return { outcome, reason, kind: suppress ? 'hard' : 'soft', blames, suppress, message }
}
