import type { LeadField } from './column-mapping.ts'
import { readCompanyDomain, readWebsite } from './company-domain.ts'
import { readLinkedinUrl } from './linkedin-url.ts'

const spellings: Partial<Record<LeadField, (value: string) => string | null>> = {
  linkedin_url: (value) => readLinkedinUrl(value)?.url ?? null,
  company_domain: readCompanyDomain,
  website: readWebsite,
}

/**
 * How the cells of a column that holds `field` are stored: LinkedIn addresses, company domains and web addresses in one
 * spelling each, so that the same page or company is the same text. What cannot be read as one stays as it was written.
 * Null for fields whose cells are never changed.
 */
export const spellingOf = (field: LeadField | undefined): ((value: string) => string) | null => {
  const read = field === undefined ? undefined : spellings[field]
  return read ? (value) => read(value) ?? value : null
}
