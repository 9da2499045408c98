import type { CampaignStep } from '../campaigns/schema.ts'
import type { SendingContext } from '../campaigns/sending-context.ts'
import { differingParts, isSignedBy, type RenderedMessage, readStatement } from './approval-statement.ts'
import { type FooterFacts, footerFingerprint, leadFingerprint, stepFingerprint } from './fingerprints.ts'

/** The contract's ApprovedEmail. */
export type ApprovedEmail = {
  subject: string
  body: string
  prompt_snapshot: string
  prompt_version_hash: string
  lead_identity_fingerprint: string
  step_index: number
  variant_label: string
  step_config_fingerprint: string
  approved_at: string
  approved_by: string
  research_cache_fingerprint: string | null
  sender_profile_id: string | null
  template_id: string | null
  model: string | null
  generation_latency_ms: number | null
}

/** An approval as it is kept with its lead, under the number of its step: all that sending needs to hold it against the present. */
export type ApprovedEntry = ApprovedEmail & {
  approval_id: string
  statement: string
  signature: string
  rendered: RenderedMessage
}

/** A text that was written for sending and approved by nobody, kept with its lead under the number of its step. */
export type WrittenEntry = {
  draft_id: string
  subject: string
  body: string
  model: string
  prompt_version_hash: string
  lead_identity_fingerprint: string
  step_config_fingerprint: string
}

export const VOID_REASONS = [
  'lead_changed',
  'step_changed',
  'template_changed',
  'sender_changed',
  'prompt_changed',
  'footer_changed',
  'record_invalid',
] as const
export type VoidReason = (typeof VOID_REASONS)[number]

export const VOID_TEXT: Record<VoidReason, string> = {
  lead_changed: 'The lead is not what it was when the text was approved.',
  step_changed: 'The step, its variant or its sender is another than when the text was approved.',
  template_changed: 'The template of the step was changed after the approval.',
  sender_changed: 'The sender profile of the step was changed after the approval.',
  prompt_changed: 'The prompt was changed after the approval.',
  footer_changed: 'The sending address, its signature or the postal address was changed after the approval.',
  record_invalid: 'The approval is not what was signed.',
}

/** A lead and its sender as they are now, for the step in question. */
export type PresentLead = {
  campaign_lead_id: string
  email: string | null
  lead_data: Record<string, unknown>
  variant_label: string
  footer: Omit<FooterFacts, 'postal_address'>
}

export const stepAt = (context: Pick<SendingContext, 'steps'>, step: number): CampaignStep | undefined =>
  context.steps.find((candidate) => candidate.step === step)

/** The prompt that the order yields for a variant at present, or null for one that no text is written for. */
export const promptOf = (context: SendingContext, step: number, label: string) => {
  const variant = stepAt(context, step)?.variants.find((candidate) => candidate.label === label)
  if (variant?.type !== 'PERSONALIZATION' || !variant.sender_profile_id) return null
  return context.senders.get(variant.sender_profile_id)?.prompt ?? null
}

/**
 * Why an approval does not hold any more, or null when it does. Everything is compared with what was signed, never with the
 * unsigned copy beside it.
 */
export const approvalFault = (
  entry: ApprovedEntry,
  context: SendingContext,
  lead: PresentLead,
  keys: readonly Buffer[],
): VoidReason | null => {
  const statement = isSignedBy(keys, entry.statement, entry.signature) ? readStatement(entry.statement) : null
  if (
    !statement ||
    statement.workspace_id !== context.workspace_id ||
    statement.campaign_id !== context.campaign_id ||
    statement.campaign_lead_id !== lead.campaign_lead_id ||
    statement.step_index !== entry.step_index ||
    differingParts(statement, entry.rendered).length
  )
    return 'record_invalid'
  if (statement.lead_identity_fingerprint !== leadFingerprint(lead)) return 'lead_changed'
  const { step_index, variant_label } = statement
  const step = stepAt(context, step_index)
  if (lead.variant_label !== variant_label) return 'step_changed'
  if (stepFingerprint(step, variant_label, context) !== statement.step_config_fingerprint) {
    const variant = step?.variants.find(({ label }) => label === variant_label)
    if (!variant) return 'step_changed'
    if (statement.template_id && variant.template_id === statement.template_id) return 'template_changed'
    if (statement.sender_profile_id && variant.sender_profile_id === statement.sender_profile_id)
      return 'sender_changed'
    return 'step_changed'
  }
  if (
    statement.prompt_binding === 'resolved' &&
    promptOf(context, step_index, variant_label)?.version_hash !== statement.prompt_version_hash
  )
    return 'prompt_changed'
  const footer = { ...lead.footer, postal_address: context.postal_address }
  return footerFingerprint(footer) === statement.footer_fingerprint ? null : 'footer_changed'
}

/** Whether a text that was written ahead is still the one that would be written: same lead, step and prompt. */
export const isWrittenForPresent = (
  entry: WrittenEntry,
  context: SendingContext,
  step: number,
  lead: Pick<PresentLead, 'email' | 'lead_data' | 'variant_label'>,
): boolean =>
  entry.lead_identity_fingerprint === leadFingerprint(lead) &&
  entry.step_config_fingerprint === stepFingerprint(stepAt(context, step), lead.variant_label, context) &&
  entry.prompt_version_hash === promptOf(context, step, lead.variant_label)?.version_hash
