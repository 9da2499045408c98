import type { EnrichmentPort, LeadFacts } from '../src/ports/enrichment/port.ts'

/** A service that takes two credits for a lead and knows a title for everybody, except profiles that end in 7. */
export const pricedEnrichment = (before: (leads: LeadFacts[]) => Promise<void> = async () => {}): EnrichmentPort => ({
  name: 'priced',
  credits_per_lead: 2,
  enrich: async (leads) => {
    await before(leads)
    return leads.map((lead) =>
      lead.linkedin_url?.endsWith('7')
        ? { ok: false, error: 'This profile is not known.' }
        : { ok: true, fields: { title: { value: 'Harbour master', source: 'the priced service' } } },
    )
  },
})
