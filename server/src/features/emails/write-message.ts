import { type ComplianceProblem, complianceProblems } from '../../compliance-gate.ts'
import { signedMessage } from '../../dkim.ts'
import { newId } from '../../ids.ts'
import type { MailTokens } from '../../mail-token.ts'
import { composeText } from '../../message-text.ts'
import { composeMessage } from '../../mime-message.ts'
import { addOpenPixel, rewriteLinks } from '../../tracking.ts'
import { leadVariables } from '../campaigns/lead-variables.ts'
import type { SendingContext } from '../campaigns/sending-context.ts'
import type { ClaimedEmail } from './claim-emails.ts'
import { fixedText } from './fixed-text.ts'
import { clickUrl, openPixelUrl, trackingBase, unsubscribeUrl } from './link-builder.ts'

export type WrittenMessage = {
  mail_from: string
  raw: Buffer
  message_id: string
  in_reply_to: string | null
  conversation_id: string
  is_new_conversation: boolean
  subject: string
  body_text: string
  body_html: string
  thread_references: string[]
  links: { position: number; original_url: string; anchor_text: string }[]
  /** What the timeline says about a text that no template made. */
  text_facts: Record<string, unknown>
}

/** Gives one signature for each key that signs. */
export type Signer = (message: { headers: readonly (readonly [string, string])[]; body: Buffer }) => Promise<string[]>

/** Why a message cannot be written: its template or variant is gone, or does not render. The text is for the operator. */
export class UnwritableMessage extends Error {}

/** What a message lacks that it may not leave without. Nothing is wrong with its lead, so it waits until that is mended. */
export class UnlawfulMessage extends Error {
  readonly problems: readonly ComplianceProblem[]
  constructor(problems: readonly ComplianceProblem[]) {
    super(problems.map(({ message }) => message).join(' '))
    this.problems = problems
  }
}

const REPLY_PREFIX = /^(?:\s*re\s*:\s*)+/i

/**
 * Writes one message as it goes on the wire: text in DOMAIN.md §6's order, links and pixel, MIME, DKIM. What is stored is
 * the text before link rewriting. A follow-up whose template has an empty subject continues the thread of the step before
 * (RFC 5322 §3.6.4); with a subject of its own it starts a new one. An approved text leaves exactly as it was approved; one
 * whose subject is the thread's continues it. Throws UnwritableMessage, TextMissing, and UnlawfulMessage for one that must not
 * leave as it is.
 */
export const writeMessage = async (
  claimed: ClaimedEmail,
  context: SendingContext,
  deps: { mail_tokens: MailTokens; base_url: string; sign: Signer | null; approval_keys: readonly Buffer[] },
  now: Date,
): Promise<WrittenMessage> => {
  const links = { base_url: deps.base_url, mail_tokens: deps.mail_tokens }
  const optOut = unsubscribeUrl(links, {
    email_id: claimed.id,
    workspace_id: claimed.workspace_id,
    to_email: claimed.to_email,
  })
  const fixed = fixedText(claimed, context, deps.approval_keys, optOut)
  const composed = fixed ?? renderTemplateOf(claimed, context, optOut, now)

  const isOfThread = fixed !== null && topicOf(fixed.subject) === topicOf(claimed.previous?.subject ?? '')
  const continued = composed.subject === '' || isOfThread ? claimed.previous : null
  // A thread has one sender: another address that takes over begins a new one, under the same subject (DOMAIN.md §12).
  const previous = continued?.alias_id === claimed.alias_id ? continued : null
  const topic = continued && topicOf(continued.subject)
  const subject = fixed ? fixed.subject : previous ? `Re: ${topic}` : (topic ?? composed.subject)
  const thread_references = previous ? [...(previous.references ?? []), previous.message_id] : []

  // The opt-out stays on the instance's own address: it has to work when the domain is long gone.
  const tracking = { ...links, base_url: trackingBase(deps.base_url, claimed.tracking_host) }
  let html = composed.html
  let tracked: WrittenMessage['links'] = []
  if (claimed.track_clicks) {
    const rewritten = rewriteLinks(html, (link) => clickUrl(tracking, claimed.id, link.position), [optOut])
    html = rewritten.html
    tracked = rewritten.links.map((link) => ({
      position: link.position,
      original_url: link.url,
      anchor_text: link.text,
    }))
  }
  if (claimed.track_opens) html = addOpenPixel(html, openPixelUrl(tracking, claimed.id))

  const isMailbox = claimed.mailbox_id !== null
  const message_id = deps.mail_tokens.messageId(claimed.id, claimed.domain)
  const message = composeMessage({
    from: { address: claimed.from_email, name: claimed.display_name },
    to: [{ address: claimed.to_email }],
    subject,
    date: now,
    message_id,
    in_reply_to: previous?.message_id ?? null,
    references: thread_references,
    text: composed.text,
    html,
    // A person's own mailbox has no address of ours to ask by mail; requests would only pile up among their letters. One
    // click by https is what RFC 8058 asks for.
    list_unsubscribe: isMailbox
      ? { https: optOut }
      : { https: optOut, mailto: `mailto:${deps.mail_tokens.unsubscribeAddress(claimed.id, claimed.domain)}` },
    // Campaign, sender and product let a feedback loop tell streams apart; ids only, nothing about the person.
    feedback_id: isMailbox ? null : `${claimed.campaign_id}:${claimed.alias_id}:campaign:bavlio`,
  })
  // Nobody outside is reached from a sandbox, so it may try texts without an address.
  const problems =
    context.mode === 'live'
      ? complianceProblems({
          text: composed.text,
          html,
          opt_out_url: optOut,
          headers: message.headers,
          postal_address: context.postal_address,
          from_email: claimed.from_email,
          authenticated_domains: isMailbox ? null : [claimed.domain, claimed.envelope_domain],
        })
      : []
  if (problems.length) throw new UnlawfulMessage(problems)
  // The provider signs what leaves through a mailbox, and takes no envelope sender but the account's own.
  const signatures = deps.sign ? await deps.sign(message) : []
  return {
    mail_from: isMailbox ? claimed.from_email : deps.mail_tokens.bounceAddress(claimed.id, claimed.envelope_domain),
    raw: signatures.length ? signedMessage(message.raw, signatures) : message.raw,
    message_id,
    in_reply_to: previous?.message_id ?? null,
    conversation_id: previous?.conversation_id ?? newId(),
    is_new_conversation: !previous?.conversation_id,
    subject,
    body_text: composed.text,
    body_html: composed.html,
    thread_references,
    links: tracked,
    text_facts: fixed?.facts ?? {},
  }
}

const topicOf = (subject: string): string => subject.replace(REPLY_PREFIX, '')

const renderTemplateOf = (claimed: ClaimedEmail, context: SendingContext, optOut: string, now: Date) => {
  const step = context.steps[claimed.step - 1]
  const variant = step?.variants.find(({ label }) => label === claimed.variant_label)
  const template = variant?.template_id ? context.templates.get(variant.template_id) : undefined
  if (!template)
    throw new UnwritableMessage(`Variant ${claimed.variant_label} of step ${claimed.step} has no template any more.`)
  return composeText({
    template,
    variables: leadVariables(context.variable_names, claimed.lead_data),
    seed: `${claimed.dataset_row_id}:${claimed.step}`,
    footer: {
      signature_html: claimed.signature_html,
      signature_text: claimed.signature_text,
      postal_address: context.postal_address,
      opt_out_url: optOut,
    },
    now: Temporal.Instant.fromEpochMilliseconds(now.getTime()),
  })
}
