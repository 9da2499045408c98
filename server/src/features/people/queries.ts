import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import type { PageRequest } from '../../http/pagination.ts'
import { searchQuery } from '../conversations/search-words.ts'

export type PersonRow = {
  person_id: string
  email: string | null
  linkedin_url: string | null
  full_name: string | null
  first_name: string | null
  last_name: string | null
  title: string | null
  company_name: string | null
  company_domain: string | null
  company_id: string | null
  phone: string | null
  country: string | null
  city: string | null
  row_count: number
  created_at: Date
  updated_at: Date
}

const COLUMNS: RawBuilder<unknown> = sql`p.person_id, p.email, p.linkedin_url, p.full_name, p.first_name, p.last_name, p.title, p.company_name, p.company_domain,
  p.company_id, p.phone, p.country, p.city, p.row_count, p.created_at, p.updated_at`

const COUNT_LIMIT = 10_001

export type PeopleFilter = {
  workspace_id: string
  search: string | null
  company_id: string | null
  company_domain: string | null
  country: string | null
  has_email: boolean | null
  dataset_id: string | null
}

/** Whole words or their beginnings, a part of a word, or something spelt nearly so (trigrams, from three letters on). */
const matches = (search: string): RawBuilder<boolean> => {
  const text = search.toLowerCase()
  const query = searchQuery(text)
  const parts = [
    query ? sql`p.words @@ to_tsquery('simple', ${query})` : null,
    text.length >= 3 ? sql`p.search_text like ${`%${text.replace(/[\\%_]/g, '\\$&')}%`}` : null,
    text.length >= 4 ? sql`${text} <% p.search_text` : null,
  ].filter((part) => part !== null)
  return parts.length ? sql<boolean>`(${sql.join(parts, sql` or `)})` : sql<boolean>`false`
}

/** 0: the address itself; 1: every word is there; 2: spelt nearly so. */
const levelOf = (search: string): RawBuilder<number> => {
  const query = searchQuery(search.toLowerCase())
  return sql<number>`case when p.email = ${search.toLowerCase()} then 0
    when ${query ? sql`p.words @@ to_tsquery('simple', ${query})` : sql`false`} then 1 else 2 end`
}

/**
 * How near a spelling has to be, of 1: one wrong or missing letter in a word of eight passes, a common beginning does not. The
 * operator reads it from a setting, which is set for the one transaction.
 */
const NEAR = '0.5'

const nearEnough = (tx: Db): Promise<unknown> =>
  sql`select set_config('pg_trgm.word_similarity_threshold', ${NEAR}, true)`.execute(tx)

/** One page: of a search the best matches first, else the newest. Reads limit + 1 rows; counts up to 10,001. */
export const listPeople = (
  db: Db,
  filter: PeopleFilter,
  page: PageRequest,
): Promise<{ rows: (PersonRow & { level: number })[]; total: number }> =>
  filter.search
    ? transaction(db, async (tx) => {
        await nearEnough(tx)
        return readPeople(tx, filter, page)
      })
    : readPeople(db, filter, page)

const readPeople = async (
  db: Db,
  filter: PeopleFilter,
  page: PageRequest,
): Promise<{ rows: (PersonRow & { level: number })[]; total: number }> => {
  const where = sql`p.workspace_id = ${filter.workspace_id} and p.row_count > 0
    ${filter.search ? sql`and ${matches(filter.search)}` : sql``}
    ${filter.company_id ? sql`and p.company_id = ${filter.company_id}` : sql``}
    ${filter.company_domain ? sql`and p.company_domain = ${filter.company_domain.toLowerCase()}` : sql``}
    ${filter.country ? sql`and lower(p.country) = ${filter.country.toLowerCase()}` : sql``}
    ${filter.has_email === null ? sql`` : filter.has_email ? sql`and p.email is not null` : sql`and p.email is null`}
    ${filter.dataset_id ? sql`and exists (select 1 from dataset_rows r where r.person_id = p.person_id and r.removed_at is null and r.dataset_id = ${filter.dataset_id})` : sql``}`
  const level = filter.search ? levelOf(filter.search) : sql<number>`1`
  const counted = await sql<{
    n: number
  }>`select count(*)::int as n from (select 1 from people p where ${where} limit ${COUNT_LIMIT}) counted`.execute(db)
  const found = await sql<PersonRow & { level: number }>`
    select * from (select ${COLUMNS}, ${level} as level from people p where ${where}) p
    ${page.after ? sql`where (p.level > ${page.after[0]} or p.level = ${page.after[0]} and p.person_id < ${page.after[1]}::uuid)` : sql``}
    order by ${filter.search ? sql`p.level, ` : sql``} p.person_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(
    db,
  )
  return { rows: found.rows, total: counted.rows[0]?.n ?? 0 }
}

export const findPersonById = async (db: Db, workspaceId: string, id: string): Promise<PersonRow | null> =>
  (
    await sql<PersonRow>`select ${COLUMNS} from people p where workspace_id = ${workspaceId} and person_id = ${id}`.execute(
      db,
    )
  ).rows[0] ?? null

export type CompanyRow = {
  company_id: string
  domain: string
  company_name: string | null
  people_count: number
  created_at: Date
  updated_at: Date
}

const PEOPLE_OF_COMPANY = sql<number>`(
  select count(*)::int from (select 1 from people p where p.company_id = c.company_id and p.row_count > 0 limit ${COUNT_LIMIT}) counted)`

/** One page, the newest first; only companies of which somebody is known. */
export const listCompanies = (
  db: Db,
  filter: { workspace_id: string; search: string | null },
  page: PageRequest,
): Promise<{ rows: CompanyRow[]; total: number }> =>
  filter.search
    ? transaction(db, async (tx) => {
        await nearEnough(tx)
        return readCompanies(tx, filter, page)
      })
    : readCompanies(db, filter, page)

const readCompanies = async (
  db: Db,
  filter: { workspace_id: string; search: string | null },
  page: PageRequest,
): Promise<{ rows: CompanyRow[]; total: number }> => {
  const text = filter.search?.toLowerCase() ?? null
  const where = sql`c.workspace_id = ${filter.workspace_id} and exists (select 1 from people p where p.company_id = c.company_id and p.row_count > 0)
    ${text ? sql`and (c.search_text like ${`%${text.replace(/[\\%_]/g, '\\$&')}%`} ${text.length >= 4 ? sql`or ${text} <% c.search_text` : sql``})` : sql``}`
  const counted = await sql<{
    n: number
  }>`select count(*)::int as n from (select 1 from companies c where ${where} limit ${COUNT_LIMIT}) counted`.execute(db)
  const found = await sql<CompanyRow>`
    select c.company_id, c.domain, c.company_name, ${PEOPLE_OF_COMPANY} as people_count, c.created_at, c.updated_at
    from companies c where ${where} ${page.after ? sql`and c.company_id < ${page.after[0]}::uuid` : sql``}
    order by c.company_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return { rows: found.rows, total: counted.rows[0]?.n ?? 0 }
}

export const findCompany = async (db: Db, workspaceId: string, id: string): Promise<CompanyRow | null> =>
  (
    await sql<CompanyRow>`
      select c.company_id, c.domain, c.company_name, ${PEOPLE_OF_COMPANY} as people_count, c.created_at, c.updated_at
      from companies c where c.workspace_id = ${workspaceId} and c.company_id = ${id}`.execute(db)
  ).rows[0] ?? null

export type ErasureRow = {
  erasure_id: string
  status: 'queued' | 'running' | 'completed' | 'failed'
  subject_hash: Buffer | null
  requested_by: string | null
  job_id: string | null
  note: string | null
  removed: Record<string, number>
  created_at: Date
  completed_at: Date | null
}

const ERASURE = sql`erasure_id, status, subject_hash, requested_by, job_id, note, removed, created_at, completed_at`

export const listErasures = async (
  db: Db,
  workspaceId: string,
  page: PageRequest,
): Promise<{ rows: ErasureRow[]; total: number }> => {
  const counted = await sql<{
    n: number
  }>`select count(*)::int as n from (select 1 from erasures where workspace_id = ${workspaceId} limit ${COUNT_LIMIT}) counted`.execute(
    db,
  )
  const found = await sql<ErasureRow>`
    select ${ERASURE} from erasures where workspace_id = ${workspaceId} ${page.after ? sql`and erasure_id < ${page.after[0]}::uuid` : sql``}
    order by erasure_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return { rows: found.rows, total: counted.rows[0]?.n ?? 0 }
}

export const findErasure = async (db: Db, workspaceId: string, id: string): Promise<ErasureRow | null> =>
  (
    await sql<ErasureRow>`select ${ERASURE} from erasures where workspace_id = ${workspaceId} and erasure_id = ${id}`.execute(
      db,
    )
  ).rows[0] ?? null
