import { sql } from 'kysely'
import type { LeadField } from '../../column-mapping.ts'
import { readCompanyDomain } from '../../company-domain.ts'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { addLeads } from '../sessions/add-leads.ts'
import { findSession, type SessionRow } from '../sessions/session-dataset.ts'
import type { Wanted } from './wanted-leads.ts'

/** An empty enrichment session for leads that are about to be named. Returns its id. */
export const createSession = async (
  tx: Tx,
  who: { workspace_id: string; user_id: string },
  now: Date,
): Promise<string> => {
  const session_id = newId()
  await sql`
    insert into processing_sessions (session_id, workspace_id, user_id, session_type, status, created_at, updated_at)
    values (${session_id}, ${who.workspace_id}, ${who.user_id}, 'enrichment', 'created', ${now}, ${now})`.execute(tx)
  return session_id
}

/**
 * The rows of a session's dataset for everybody wanted; who is in none gets a row of their own, which makes the dataset where
 * there is none. A domain stands for all rows of that company, by its cells or the address. Throws SESSION_STATE and IMPORT_STATE where rows would have to
 * be added and the session takes none.
 */
export const chooseRows = async (
  tx: Tx,
  who: { workspace_id: string; user_id: string },
  session: SessionRow,
  wanted: Wanted[],
  now: Date,
): Promise<{ row_ids: string[]; added: number }> => {
  const found = await findRows(tx, session, wanted)
  const missing = wanted.filter(({ key }) => !found.has(key))
  if (!missing.length) return { row_ids: distinct(found), added: 0 }
  const { columnOf } = await shapeOf(tx, session.dataset_id)
  const leads = missing.map((one) => leadOf(one, columnOf))
  const { leads_added } = await addLeads({ db: tx }, who, session.session_id, leads, now)
  const filled = await findSession(tx, who.workspace_id, session.session_id)
  return { row_ids: distinct(await findRows(tx, filled ?? session, wanted)), added: leads_added }
}

const distinct = (found: Map<string, string[]>): string[] => [...new Set([...found.values()].flat())]

type Columns = (field: LeadField) => string | null

const shapeOf = async (tx: Tx, datasetId: string | null): Promise<{ columnOf: Columns }> => {
  const { rows } = await sql<{ column_mapping: Record<string, LeadField> }>`
    select column_mapping from datasets where dataset_id = ${datasetId}`.execute(tx)
  const byField = new Map(Object.entries(rows[0]?.column_mapping ?? {}).map(([column, field]) => [field, column]))
  return { columnOf: (field) => byField.get(field) ?? null }
}

const leadOf = (one: Wanted, columnOf: Columns): Record<string, string> => {
  const cells = (fields: [LeadField, string | null][]): Record<string, string> =>
    Object.fromEntries(fields.flatMap(([field, value]) => (value ? [[columnOf(field) ?? field, value]] : [])))
  if (one.kind === 'linkedin_url') return cells([['linkedin_url', one.url]])
  if (one.kind === 'email') return cells([['email', one.email]])
  if (one.kind === 'domain') return cells([['company_domain', one.domain]])
  return cells([
    ['full_name', one.full_name],
    ['company_name', one.company_name],
    ['company_domain', one.company_domain],
  ])
}

type Found = { id: string; linkedin_url: string | null; email: string | null; data: Record<string, unknown> }

/** Rows by the key of who is wanted. Profiles and addresses are looked up by index, domains and names in one pass over the dataset. */
const findRows = async (tx: Tx, session: SessionRow, wanted: Wanted[]): Promise<Map<string, string[]>> => {
  const out = new Map<string, string[]>()
  if (!session.dataset_id) return out
  const add = (key: string, id: string): void => {
    const ids = out.get(key)
    if (ids) ids.push(id)
    else out.set(key, [id])
  }
  const profiles = new Set(wanted.flatMap((one) => (one.kind === 'linkedin_url' ? [one.key] : [])))
  const emails = new Map(wanted.flatMap((one) => (one.kind === 'email' ? [[one.email, one.key]] : [])))
  if (profiles.size || emails.size) {
    const { rows } = await sql<Found>`
      select r.id, r.linkedin_url, r.email, '{}'::jsonb as data from dataset_rows r, processing_sessions s
      where s.session_id = ${session.session_id} and r.workspace_id = s.workspace_id and r.dataset_id = ${session.dataset_id} and r.removed_at is null
        and (r.linkedin_url = any(${[...profiles]}::text[]) or r.email = any(${[...emails.keys()]}::text[]))`.execute(
      tx,
    )
    for (const row of rows) {
      if (row.linkedin_url !== null && profiles.has(row.linkedin_url)) add(row.linkedin_url, row.id)
      const key = row.email === null ? undefined : emails.get(row.email)
      if (key) add(key, row.id)
    }
  }
  const domains = new Map(wanted.flatMap((one) => (one.kind === 'domain' ? [[one.domain, one.key]] : [])))
  const names = wanted.filter((one) => one.kind === 'name')
  if (!domains.size && !names.length) return out
  const { columnOf } = await shapeOf(tx, session.dataset_id)
  const cell = (field: LeadField) => sql`lower(btrim(coalesce(r.data->>${columnOf(field)}::text, '')))`
  const host = (field: LeadField) =>
    sql`split_part(regexp_replace(${cell(field)}, '^(https?://)?(www\\.)?', ''), '/', 1)`
  const lowered = names.map((one) => one.full_name.toLowerCase())
  const { rows } = await sql<Found>`
    select r.id, r.linkedin_url, r.email, r.data from dataset_rows r
    where r.dataset_id = ${session.dataset_id} and r.removed_at is null and (
      ${host('company_domain')} = any(${[...domains.keys()]}::text[]) or ${host('website')} = any(${[...domains.keys()]}::text[])
      or split_part(r.email, '@', 2) = any(${[...domains.keys()]}::text[])
      or ${cell('full_name')} = any(${lowered}::text[])
      or ${cell('first_name')} || ' ' || ${cell('last_name')} = any(${lowered}::text[]))
    order by r.row_index`.execute(tx)
  for (const row of rows) {
    const cellOf = (field: LeadField): string => {
      const column = columnOf(field)
      const value = column !== null && Object.hasOwn(row.data, column) ? row.data[column] : ''
      return typeof value === 'string' ? value.trim() : ''
    }
    const domain =
      readCompanyDomain(cellOf('company_domain')) ??
      readCompanyDomain(cellOf('website')) ??
      readCompanyDomain(row.email ?? '')
    const domainKey = domain === null ? undefined : domains.get(domain)
    if (domainKey) add(domainKey, row.id)
    const full = (cellOf('full_name') || `${cellOf('first_name')} ${cellOf('last_name')}`).toLowerCase()
    const company = cellOf('company_name').toLowerCase()
    for (const one of names) {
      if (one.full_name.toLowerCase() !== full) continue
      const isElsewhere =
        (one.company_domain && domain && one.company_domain !== domain) ||
        (one.company_name && company && one.company_name.toLowerCase() !== company)
      if (!isElsewhere) add(one.key, row.id)
    }
  }
  return out
}
