import { receivingProvider } from '../../email-address.ts'

/** What a person's entry shows; null where no row says it. */
export type PersonFields = {
  email: string | null
  linkedin_url: string | null
  full_name: string | null
  first_name: string | null
  last_name: string | null
  title: string | null
  company_name: string | null
  company_domain: string | null
  phone: string | null
  country: string | null
  city: string | null
}

/** A row as a source of facts: its cells by column, and which field each column holds. Newest first. */
export type PersonSource = {
  email: string | null
  linkedin_url: string | null
  data: Record<string, string>
  column_mapping: Record<string, string>
}

export const PERSON_FIELDS = [
  'full_name',
  'first_name',
  'last_name',
  'title',
  'company_name',
  'company_domain',
  'phone',
  'country',
  'city',
] as const

export type FactField = (typeof PERSON_FIELDS)[number] | 'email' | 'linkedin_url'

const MOST_CHARACTERS = 300

/** The row's cells by field; the first column of a field that is not empty counts. */
export const factsOfRow = (row: PersonSource): Partial<Record<FactField, string>> => {
  const facts: Partial<Record<FactField, string>> = {}
  if (row.email) facts.email = row.email
  if (row.linkedin_url) facts.linkedin_url = row.linkedin_url
  for (const [column, field] of Object.entries(row.column_mapping)) {
    if (!(PERSON_FIELDS as readonly string[]).includes(field)) continue
    const value = row.data[column]?.replaceAll(/\s+/g, ' ').trim().slice(0, MOST_CHARACTERS).toWellFormed()
    if (value) facts[field as FactField] ??= value
  }
  if (facts.company_domain) facts.company_domain = bareDomain(facts.company_domain)
  return facts
}

/** A domain as companies are told apart by: no scheme, no path, no www, lower case. */
const bareDomain = (text: string): string =>
  (
    text
      .toLowerCase()
      .replace(/^[a-z]+:\/\//, '')
      .split(/[/?#:]/)[0] ?? ''
  )
    .replace(/^www\./, '')
    .replace(/\.$/, '')

/** The company's domain that an address tells, or null at a provider where everybody has a mailbox. */
const domainOfAddress = (email: string | null): string | null => {
  const domain = email?.slice(email.lastIndexOf('@') + 1)
  return domain && receivingProvider(domain) === domain ? domain : null
}

/**
 * One entry of several rows about the same person, the newest first: each field has the newest value that is not empty. A
 * name that came in one part or in two is shown either way.
 */
export const mergePerson = (rows: PersonSource[]): PersonFields => {
  const merged: Partial<Record<FactField, string>> = {}
  for (const row of rows)
    for (const [field, value] of Object.entries(factsOfRow(row))) merged[field as FactField] ??= value
  const joined = [merged.first_name, merged.last_name].filter(Boolean).join(' ')
  return {
    email: merged.email ?? null,
    linkedin_url: merged.linkedin_url ?? null,
    full_name: merged.full_name ?? (joined || null),
    first_name: merged.first_name ?? null,
    last_name: merged.last_name ?? null,
    title: merged.title ?? null,
    company_name: merged.company_name ?? null,
    company_domain: merged.company_domain || domainOfAddress(merged.email ?? null),
    phone: merged.phone ?? null,
    country: merged.country ?? null,
    city: merged.city ?? null,
  }
}

/** What a person is found by, in the spelling in which it is compared. */
export const searchTextOf = (person: PersonFields): string =>
  [
    person.full_name,
    person.email,
    person.title,
    person.company_name,
    person.company_domain,
    person.city,
    person.country,
    person.linkedin_url?.replace(/^https?:\/\/(www\.)?linkedin\.com\//, ''),
  ]
    .filter(Boolean)
    .join(' ')
    .toLowerCase()
    .slice(0, 2_000)
    .toWellFormed()
