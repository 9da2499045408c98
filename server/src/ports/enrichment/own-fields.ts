import type { LeadField } from '../../column-mapping.ts'
import { zoneOfCountry } from '../../country-zone.ts'
import { isDisposableDomain } from '../../disposable-domains.ts'
import { normalizeEmailAddress, receivingProvider } from '../../email-address.ts'
import { splitFullName } from '../../person-name.ts'
import type { EnrichedValue, EnrichmentOutcome, LeadFacts } from './port.ts'

/**
 * What follows from a lead's own cells, each value with its source. Where two readings are possible (a name of three words, a
 * country of several time zones) the field is left alone. `now` decides whether the time zones of a country show the same time
 * at present.
 */
export const deriveFields = (lead: LeadFacts, now: Date): EnrichmentOutcome => {
  const fields: Partial<Record<LeadField, EnrichedValue>> = {}
  const learn = (field: LeadField, value: string | null, source: string): void => {
    if (value && !lead[field] && !fields[field]) fields[field] = { value, source }
  }
  const address = lead.email ? normalizeEmailAddress(lead.email) : null
  if (
    !address?.ok &&
    ![lead.linkedin_url, lead.full_name, lead.first_name, lead.last_name, lead.company_name, lead.company_domain].some(
      Boolean,
    )
  )
    return {
      ok: false,
      error: address ? address.message : 'Nothing in this lead says who it is: no address, profile, name or company.',
    }
  if (address?.ok && address.email !== lead.email)
    fields.email = { value: address.email, source: 'the e-mail address, in its plain spelling' }
  learn('company_domain', lead.website ? hostOf(lead.website) : null, 'the website')
  if (address?.ok) learn('company_domain', businessDomain(address.domain), 'the domain of the e-mail address')
  if (lead.full_name) {
    const { first_name, last_name } = splitFullName(lead.full_name)
    // A first name that is known and is another one says that the full name is read wrongly here.
    if (!lead.first_name || lead.first_name === first_name) learn('last_name', last_name, 'the full name')
    if (!lead.last_name || lead.last_name === last_name || last_name === null)
      learn('first_name', first_name, 'the full name')
  } else if (lead.first_name && lead.last_name)
    learn('full_name', `${lead.first_name} ${lead.last_name}`, 'first and last name')
  if (lead.country) learn('timezone', zoneOfCountry(lead.country, now), 'the country, whose zones show one time')
  return { ok: true, fields }
}

/** Null for the domains of mail providers, where the domain says nothing about an employer. */
const businessDomain = (domain: string): string | null =>
  receivingProvider(domain) !== domain || isDisposableDomain(domain) ? null : domain

/** Sites on which many companies have their page. */
const SOCIAL =
  /(?:^|\.)(?:linkedin|facebook|instagram|twitter|x|youtube|tiktok|xing|github|medium|crunchbase|bit|linktr|wordpress|blogspot|wixsite|google|notion|substack)\.(?:com|ly|ee|site|so)$/

/** The host of a website without www, or null where it is none or one of many tenants. */
const hostOf = (website: string): string | null => {
  let host: string
  try {
    host = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(website) ? website : `https://${website}`).hostname
  } catch {
    return null
  }
  host = host
    .toLowerCase()
    .replace(/^www\d?\./, '')
    .replace(/\.$/, '')
  if (!/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)$/.test(host) || SOCIAL.test(host))
    return null
  return receivingProvider(host) === host ? host : null
}
