import type { MailTokens } from '../../mail-token.ts'
import { composeMessage, type Header, type Mailbox, type MessageAttachment } from '../../mime-message.ts'
import { addOpenPixel, rewriteLinks } from '../../tracking.ts'
import { clickUrl, openPixelUrl, trackingBase, unsubscribeUrl } from '../emails/link-builder.ts'
import { isTracked } from './click-patterns.ts'

/** A composed message with all that its copies have in common. */
export type MessageToWrite = {
  id: string
  workspace_id: string
  alias_id: string
  /** Set where the alias is a connected mailbox: the message leaves through that mailbox’s own server. */
  mailbox_id: string | null
  message_id: string
  from: Mailbox
  domain: string
  /** Where the envelope sender is: the MAIL FROM name while its records are there, else the domain. */
  envelope_domain: string
  /** Where tracked links and the pixel lead, once the domain's own name answers there; null for the instance's address. */
  tracking_host: string | null
  to_emails: string[]
  cc_emails: string[]
  reply_to: string | null
  in_reply_to: string | null
  thread_references: string[]
  subject: string
  body_text: string
  body_html: string | null
  headers: Header[]
  track_opens: boolean
  track_clicks: boolean
  click_tracking_patterns: string[] | null
  attachments: MessageAttachment[]
}

export type WrittenCopy = { mail_from: string; headers: Header[]; body: Buffer; raw: Buffer }

/** Of the first recipient nothing stands in a token, so a message to one person has the same short ones as a campaign's. */
export const recipientMark = (position: number): string | undefined => (position === 0 ? undefined : `r${position}`)

/** The position that a token's mark names; null for a token without one. */
export const markedRecipient = (extra: string | undefined): number | null =>
  extra !== undefined && /^r\d{1,4}$/.test(extra) ? Number(extra.slice(1)) : null

/**
 * Writes the copy of one recipient, not yet signed. Copies differ in where their bounce comes back to and in how their
 * reader unsubscribes; what a person sees is the same in all, Bcc standing in none. Throws MessageInputError.
 */
export const writeCopy = (
  message: MessageToWrite,
  recipient: { position: number; address: string },
  deps: { mail_tokens: MailTokens; base_url: string },
  now: Date,
): WrittenCopy => {
  const links = { base_url: deps.base_url, mail_tokens: deps.mail_tokens }
  const mark = recipientMark(recipient.position)
  const https = unsubscribeUrl(links, {
    email_id: message.id,
    workspace_id: message.workspace_id,
    to_email: recipient.address,
  })
  // A mailbox has no address of ours to ask by mail, and its provider takes no envelope sender but the account's own.
  const isMailbox = message.mailbox_id !== null
  // The opt-out stays on the instance's own address: it has to work when the domain is long gone.
  const tracking = { ...links, base_url: trackingBase(deps.base_url, message.tracking_host) }
  let html = message.body_html
  if (html !== null && message.track_clicks)
    html = rewriteLinks(html, ({ url, position }) =>
      isTracked(url, message.click_tracking_patterns) ? clickUrl(tracking, message.id, position) : null,
    ).html
  if (html !== null && message.track_opens) html = addOpenPixel(html, openPixelUrl(tracking, message.id))
  const composed = composeMessage({
    from: message.from,
    to: message.to_emails.map((address) => ({ address })),
    cc: message.cc_emails.map((address) => ({ address })),
    subject: message.subject,
    date: now,
    message_id: message.message_id,
    reply_to: message.reply_to ? { address: message.reply_to } : null,
    in_reply_to: message.in_reply_to,
    references: message.thread_references,
    text: message.body_text,
    html,
    list_unsubscribe: isMailbox
      ? { https }
      : { https, mailto: `mailto:${deps.mail_tokens.unsubscribeAddress(message.id, message.domain, mark)}` },
    feedback_id: isMailbox ? null : `${message.workspace_id}:${message.alias_id}:api:bavlio`,
    extra_headers: message.headers,
    attachments: message.attachments,
  })
  const mail_from = isMailbox
    ? message.from.address
    : deps.mail_tokens.bounceAddress(message.id, message.envelope_domain, mark)
  return { ...composed, mail_from }
}
