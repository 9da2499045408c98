import { composeWritten } from '../../message-text.ts'
import type { SendingContext } from '../campaigns/sending-context.ts'
import { OPT_OUT_MARKER, type RenderedMessage, readStatement, withOptOut } from '../playground/approval-statement.ts'
import { approvalFault, isWrittenForPresent, stepAt, type VoidReason } from '../playground/approved-entry.ts'
import type { ClaimedEmail } from './claim-emails.ts'

/**
 * The message has no text that may leave: its approval does not hold any more, or what was written for it is not what would
 * be written now. Nothing is wrong with its lead, so it goes back to whoever provides texts.
 */
export class TextMissing extends Error {
  readonly voided: { approval_id: string; reason: VoidReason } | null
  constructor(voided: TextMissing['voided']) {
    super(voided ? `The approval does not hold any more: ${voided.reason}.` : 'The text has to be written anew.')
    this.voided = voided
  }
}

export type FixedText = RenderedMessage & {
  /** For the timeline: where the words come from. */
  facts: { text_source: 'approved' | 'written'; approval_id?: string; draft_id?: string; model?: string }
}

/**
 * The text of a message that is not rendered from a template: the approved one byte for byte, or what was written for it. Null
 * for a template's. No model is called here and nothing is asked of the database: all comes with the claim. Throws TextMissing.
 */
export const fixedText = (
  claimed: ClaimedEmail,
  context: SendingContext,
  keys: readonly Buffer[],
  optOut: string,
): FixedText | null => {
  const lead = {
    campaign_lead_id: claimed.campaign_lead_id,
    email: claimed.to_email,
    lead_data: claimed.lead_data,
    variant_label: claimed.variant_label,
    footer: {
      from_email: claimed.from_email,
      signature_html: claimed.signature_html,
      signature_text: claimed.signature_text,
    },
  }
  const approved = claimed.approvals[String(claimed.step)]
  if (approved) {
    const { approval_id, draft_id } = { draft_id: readStatement(approved.statement)?.draft_id, ...approved }
    const reason = approvalFault(approved, context, lead, keys)
    if (reason) throw new TextMissing({ approval_id, reason })
    const marker = readStatement(approved.statement)?.opt_out_marker ?? OPT_OUT_MARKER
    return {
      ...withOptOut(approved.rendered, marker, optOut),
      facts: { text_source: 'approved', approval_id, ...(draft_id ? { draft_id } : {}) },
    }
  }
  const variant = stepAt(context, claimed.step)?.variants.find(({ label }) => label === claimed.variant_label)
  if (variant?.type !== 'PERSONALIZATION') return null
  const written = claimed.written[String(claimed.step)]
  if (
    !written ||
    context.unreviewed_launch_policy !== 'launch_default' ||
    !isWrittenForPresent(written, context, claimed.step, lead)
  )
    throw new TextMissing(null)
  const { subject, text, html } = composeWritten(
    { subject: written.subject, body: written.body, is_html: false },
    {
      signature_html: claimed.signature_html,
      signature_text: claimed.signature_text,
      postal_address: context.postal_address,
      opt_out_url: optOut,
    },
  )
  const { draft_id, model } = written
  return { subject, text, html, facts: { text_source: 'written', draft_id, model } }
}
