import { hash } from 'node:crypto'

/**
 * JSON with its keys in order, so that equal things have equal texts wherever they come from. Members that are undefined are
 * left out; dates are their ISO text.
 */
export const canonicalJson = (value: unknown): string => {
  if (value === undefined) return 'null'
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Date) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.entries(value as Record<string, unknown>)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`
}

/** SHA-256 of the canonical JSON, in lower-case hex. */
export const fingerprintOf = (value: unknown): string => hash('sha256', canonicalJson(value))

/** SHA-256 of the UTF-8 bytes of a text, in lower-case hex. */
export const textSha256 = (text: string): string => hash('sha256', text)

/** Who the lead is and what their row says: a corrected address or any changed cell makes another one. */
export const leadFingerprint = (lead: { email: string | null; lead_data: Record<string, unknown> }): string =>
  fingerprintOf({ email: lead.email, row: lead.lead_data })

/** What stands below the words, and in whose name they come. */
export type FooterFacts = {
  from_email: string
  signature_html: string | null
  signature_text: string | null
  postal_address: string | null
}

export const footerFingerprint = (footer: FooterFacts): string =>
  fingerprintOf({
    from_email: footer.from_email,
    signature_html: footer.signature_html,
    signature_text: footer.signature_text,
    postal_address: footer.postal_address,
  })

type FingerprintedStep = {
  step: number
  channel: string
  variants: readonly {
    label: string
    type: string
    template_id?: string | null
    sender_profile_id?: string | null
  }[]
}

/** What a text depends on besides its lead: the variant of the step, the words of its template, the data of its sender. */
export type StepSources = {
  templates: ReadonlyMap<string, { subject: string; body: string; body_text: string | null }>
  senders: ReadonlyMap<string, { sender_data: Record<string, unknown> }>
}

/**
 * The step as far as a text depends on it: variant, sender and template with what they say at present. Delay, weight and
 * tracking do not count, because they change nothing in what was read and approved. Null for a variant that is not there.
 */
export const stepFingerprint = (
  step: FingerprintedStep | undefined,
  label: string,
  sources: StepSources,
): string | null => {
  const variant = step?.variants.find((candidate) => candidate.label === label)
  if (!step || !variant) return null
  const template = variant.template_id ? sources.templates.get(variant.template_id) : undefined
  const sender = variant.sender_profile_id ? sources.senders.get(variant.sender_profile_id) : undefined
  // Prompts are bound by themselves, so that saving one does not void what was written with another.
  const { prompts: _prompts, custom_prompt: _prompt, ...facts } = sender?.sender_data ?? {}
  return fingerprintOf({
    step: step.step,
    channel: step.channel,
    label: variant.label,
    type: variant.type,
    template_id: variant.type === 'TEMPLATE' ? (variant.template_id ?? null) : null,
    template:
      variant.type === 'TEMPLATE' && template
        ? { subject: template.subject, body: template.body, body_text: template.body_text }
        : null,
    sender_profile_id: variant.type === 'PERSONALIZATION' ? (variant.sender_profile_id ?? null) : null,
    sender: variant.type === 'PERSONALIZATION' && sender ? facts : null,
  })
}
