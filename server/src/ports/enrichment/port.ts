import type { LeadField } from '../../column-mapping.ts'

/** What is known of one lead: its filled cells, as far as they are fields that the product reads. */
export type LeadFacts = Partial<Record<LeadField, string>>

/** `source` says where a value comes from, in words for a person. */
export type EnrichedValue = { value: string; source: string }

export type EnrichmentOutcome =
  /** What was learned; a field that was known already and would be the same is left out, so it may be empty. */
  { ok: true; fields: Partial<Record<LeadField, EnrichedValue>> } | { ok: false; error: string }

/**
 * Learns more about leads. Outcomes stand in the order of the leads. It is asked outside of any transaction and may be asked
 * again about the same leads after a crash: it must not charge for them itself, `credits_per_lead` is what the caller does.
 * A fault of the service is thrown; what cannot be learned of one lead is that lead's outcome.
 */
export type EnrichmentPort = {
  name: string
  /** Credits for each lead that is worked on with success; 0 for what costs nothing. */
  credits_per_lead: number
  /** `workspace_id`: whose leads they are. */
  enrich: (
    leads: LeadFacts[],
    options: { workspace_id: string; now: Date; signal: AbortSignal },
  ) => Promise<EnrichmentOutcome[]>
}
