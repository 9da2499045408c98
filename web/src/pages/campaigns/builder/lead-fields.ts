import type { DatasetColumnUpdateRequest } from '@bavlio/sdk/types'

export type LeadField = NonNullable<DatasetColumnUpdateRequest['field']>

/** What the product itself reads of a lead, in the order a person thinks of it. */
export const LEAD_FIELDS: { id: LeadField; label: string }[] = [
  { id: 'email', label: 'E-mail address' },
  { id: 'first_name', label: 'First name' },
  { id: 'last_name', label: 'Last name' },
  { id: 'full_name', label: 'Full name' },
  { id: 'title', label: 'Job title' },
  { id: 'company_name', label: 'Company' },
  { id: 'company_domain', label: 'Company domain' },
  { id: 'website', label: 'Website' },
  { id: 'linkedin_url', label: 'LinkedIn profile' },
  { id: 'phone', label: 'Phone' },
  { id: 'city', label: 'City' },
  { id: 'country', label: 'Country' },
  { id: 'timezone', label: 'Time zone' },
]

export type Mapping = Record<string, LeadField>

/** A field belongs to one column, so whoever had it loses it. */
export const withField = (mapping: Mapping, column: string, field: LeadField | null): Mapping => {
  const rest = Object.entries(mapping).filter(([name, mapped]) => name !== column && mapped !== field)
  return Object.fromEntries(field ? [...rest, [column, field]] : rest)
}
