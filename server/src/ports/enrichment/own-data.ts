import { sql } from 'kysely'
import { type LeadField, leadFields } from '../../column-mapping.ts'
import { readCompanyDomain } from '../../company-domain.ts'
import type { Db } from '../../db/connect.ts'
import { normalizeEmailAddress } from '../../email-address.ts'
import { linkedinKey } from '../../linkedin-url.ts'
import { deriveFields } from './own-fields.ts'
import type { EnrichedValue, EnrichmentPort, LeadFacts } from './port.ts'

/** Rows of one person that are read, the newest first. */
const ROWS_OF_PERSON = 5

type KnownRow = {
  at: number
  person_id: string
  data: Record<string, unknown>
  column_mapping: Record<string, LeadField>
  dataset_name: string
  row_index: number
}

/**
 * The embedded adapter: it asks nobody outside. What other rows of the workspace say about the same person comes first, told
 * by the LinkedIn profile, the address, or the name together with the company's domain; then what follows from the cells. A
 * field on which two rows of a person differ is taken from the newer one, an address only where all agree. A name that two
 * people of a company have gives nothing. Costs nothing.
 */
export const createOwnData = (db: Db): EnrichmentPort => ({
  name: 'own data',
  credits_per_lead: 0,
  enrich: async (leads, { workspace_id, now }) => {
    const asked = leads.map(askedFor)
    const [rows, companies] = await Promise.all([
      findRows(db, workspace_id, asked),
      findCompanies(db, workspace_id, asked),
    ])
    return leads.map((lead, at) => {
      const known = learnFromRows(
        lead,
        rows.filter((row) => row.at === at),
      )
      const domain = asked[at]?.domain
      const company = domain ? companies.get(domain) : undefined
      if (company && !lead.company_name && !known.company_name)
        known.company_name = { value: company, source: `what your datasets call the company of ${domain}` }
      const whole: LeadFacts = { ...lead }
      for (const [field, { value }] of Object.entries(known) as [LeadField, EnrichedValue][]) whole[field] = value
      const derived = deriveFields(whole, now)
      return derived.ok ? { ok: true, fields: { ...known, ...derived.fields } } : derived
    })
  },
})

type Asked = { profile: string | null; email: string | null; domain: string | null; name: string | null }

const askedFor = (lead: LeadFacts): Asked => {
  const address = lead.email ? normalizeEmailAddress(lead.email) : null
  const name = lead.full_name ?? (lead.first_name && lead.last_name ? `${lead.first_name} ${lead.last_name}` : null)
  return {
    profile: lead.linkedin_url ? linkedinKey(lead.linkedin_url) : null,
    email: address?.ok ? address.email : null,
    domain: readCompanyDomain(lead.company_domain ?? lead.website ?? ''),
    name: name ? name.replaceAll(/\s+/gu, ' ').trim().toLowerCase() : null,
  }
}

const findRows = async (db: Db, workspaceId: string, asked: Asked[]): Promise<KnownRow[]> => {
  const found = await sql<KnownRow>`
    with asked as (
      select (o - 1)::int as at, profile, email, domain, name
      from unnest(${asked.map((a) => a.profile)}::text[], ${asked.map((a) => a.email)}::text[], ${asked.map((a) => a.domain)}::text[],
        ${asked.map((a) => a.name)}::text[]) with ordinality as u (profile, email, domain, name, o)
    ), named as (
      select a.at, min(p.person_id::text)::uuid as person_id
      from asked a join companies c on c.workspace_id = ${workspaceId} and c.domain = a.domain
      join people p on p.company_id = c.company_id and p.row_count > 0 and lower(p.full_name) = a.name
      where a.profile is null and a.email is null
      group by a.at having count(*) = 1
    ), who as (
      select a.at, p.person_id from asked a join people p on p.workspace_id = ${workspaceId} and p.linkedin_url = a.profile and p.row_count > 0
      union
      select a.at, p.person_id from asked a join people p on p.workspace_id = ${workspaceId} and p.identity = a.email and p.row_count > 0
      union
      select at, person_id from named
    )
    select w.at, w.person_id, r.data, d.column_mapping, d.dataset_name, r.row_index
    from who w cross join lateral (
      select id, data, dataset_id, row_index from dataset_rows
      where person_id = w.person_id and removed_at is null order by id desc limit ${ROWS_OF_PERSON}) r
    join datasets d on d.workspace_id = ${workspaceId} and d.dataset_id = r.dataset_id
    order by w.at, r.id desc`.execute(db)
  return found.rows
}

const findCompanies = async (db: Db, workspaceId: string, asked: Asked[]): Promise<Map<string, string>> => {
  const domains = [...new Set(asked.flatMap(({ domain }) => domain ?? []))]
  if (!domains.length) return new Map()
  const found = await sql<{ domain: string; company_name: string }>`
    select domain, company_name from companies
    where workspace_id = ${workspaceId} and domain = any(${domains}::text[]) and company_name is not null`.execute(db)
  return new Map(found.rows.map(({ domain, company_name }) => [domain, company_name]))
}

/** Rows stand with the newest first. */
const learnFromRows = (lead: LeadFacts, rows: KnownRow[]): Partial<Record<LeadField, EnrichedValue>> => {
  const fields: Partial<Record<LeadField, EnrichedValue>> = {}
  for (const field of leadFields) {
    if (lead[field]) continue
    const values = rows.flatMap((row) => {
      const column = Object.entries(row.column_mapping).find(([, mapped]) => mapped === field)?.[0]
      const cell = column !== undefined && Object.hasOwn(row.data, column) ? row.data[column] : null
      return typeof cell === 'string' && cell.trim() !== '' ? [{ row, value: cell.trim() }] : []
    })
    const [first] = values
    if (!first) continue
    if (field === 'email' && new Set(values.map(({ value }) => value.toLowerCase())).size > 1) continue
    fields[field] = {
      value: first.value,
      source: `row ${first.row.row_index + 1} of your dataset “${first.row.dataset_name}”`,
    }
  }
  return fields
}
