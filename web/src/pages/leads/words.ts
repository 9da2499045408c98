import type { DatasetSummary, Import } from '@bavlio/sdk/types'
import type { Tone } from '../../ui/badge.tsx'

export type LeadField = Import['column_mapping'][string]

/** The lead fields in the order in which a person reads them. */
export const LEAD_FIELDS: Record<LeadField, string> = {
  email: 'Email address',
  first_name: 'First name',
  last_name: 'Last name',
  full_name: 'Full name',
  title: 'Job title',
  company_name: 'Company',
  company_domain: 'Company domain',
  linkedin_url: 'LinkedIn profile',
  phone: 'Phone',
  country: 'Country',
  city: 'City',
  timezone: 'Time zone',
  website: 'Website',
}

export const fieldWords = (field: string): string =>
  LEAD_FIELDS[field as LeadField] ?? `${field.charAt(0).toUpperCase()}${field.slice(1).replaceAll('_', ' ')}`

export const SOURCES: Record<DatasetSummary['source_type'], string> = {
  csv: 'CSV file',
  excel: 'Workbook',
  google_sheets: 'Google Sheets',
  extraction: 'Extraction',
  linkedin_search: 'LinkedIn search',
  lead_finder: 'Lead finder',
  email_finder: 'Email finder',
  api: 'API',
}

export const sourceWords = (source: string): string => SOURCES[source as DatasetSummary['source_type']] ?? source

export const DATASET_STATES: Record<DatasetSummary['status'], { words: string; tone: Tone }> = {
  pending: { words: 'Empty', tone: 'neutral' },
  processing: { words: 'Being read', tone: 'info' },
  completed: { words: 'Ready', tone: 'good' },
  failed: { words: 'Failed', tone: 'bad' },
}

export const IMPORT_STATES: Record<Import['status'], { words: string; tone: Tone }> = {
  queued: { words: 'Waiting', tone: 'info' },
  running: { words: 'Running', tone: 'info' },
  planned: { words: 'Dry run', tone: 'accent' },
  completed: { words: 'Imported', tone: 'good' },
  failed: { words: 'Failed', tone: 'bad' },
  undoing: { words: 'Being undone', tone: 'warn' },
  undone: { words: 'Undone', tone: 'neutral' },
}

export const bytes = (size: number): string => {
  if (size < 1_000) return `${size} B`
  if (size < 1_000_000) return `${Math.round(size / 1_000)} kB`
  return `${(size / 1_000_000).toLocaleString(undefined, { maximumFractionDigits: 1 })} MB`
}

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString()} ${n === 1 ? one : many}`
