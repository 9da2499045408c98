import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { mergePerson, type PersonSource, searchTextOf } from './merge-person.ts'

/** Rows and people of one transaction: large enough for a million rows in minutes, small enough to be in nobody's way. */
const ROWS_AT_ONCE = 2_000
const PEOPLE_AT_ONCE = 1_000
/** Rows of one person that are read; who stands in more datasets than that is told by the newest. */
const ROWS_OF_PERSON = 50

/** What joins words into one token for PostgreSQL's parser (addresses, hosts, paths) and would hide them from a search. */
const JOINTS = '@._-+/:#=&~%\\'

/**
 * Brings people and companies up to what the rows of datasets say: rows that nobody has looked at get their person, then
 * people of whom a row came, changed or went are made anew. It is done apart from imports and edits, which only leave marks.
 * Returns how many rows and people were looked at; 0 when everything is up to date.
 */
export const indexPeople = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<number> => {
  const now = deps.clock.now()
  const seen = await transaction(deps.db, (tx) => seeRows(tx, now))
  const made = await transaction(deps.db, (tx) => makePeople(tx, now))
  return seen + made
}

/** A profile's URL of any length is told apart by its beginning, since a key has to fit into an index. */
const identityOf = (row: { email: string | null; linkedin_url: string | null }): string =>
  row.email ?? (row.linkedin_url as string).slice(0, 500).toWellFormed()

/** Gives rows their person: the one of the same address, else of the same LinkedIn profile. */
const seeRows = async (tx: Tx, now: Date): Promise<number> => {
  const { rows } = await sql<{ id: string; workspace_id: string; email: string | null; linkedin_url: string | null }>`
    select id, workspace_id, email, linkedin_url from dataset_rows
    where person_id is null and removed_at is null and (email is not null or linkedin_url is not null)
    limit ${ROWS_AT_ONCE} for update skip locked`.execute(tx)
  if (!rows.length) return 0
  const named = rows.map((row) => ({
    row_id: row.id,
    person_id: newId(),
    workspace_id: row.workspace_id,
    identity: identityOf(row),
    email: row.email,
    linkedin_url: row.linkedin_url,
  }))
  // One order for all, so that two workers wait for each other instead of deadlocking.
  named.sort((a, b) => (a.identity < b.identity ? -1 : a.identity > b.identity ? 1 : 0))
  await sql`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(named)}::jsonb)
        as g (row_id uuid, person_id uuid, workspace_id uuid, identity text, email text, linkedin_url text)
    ), made as (
      insert into people (person_id, workspace_id, identity, email, linkedin_url, created_at, updated_at)
      select distinct on (workspace_id, identity) person_id, workspace_id, identity, email, linkedin_url, ${now}, ${now} from given
      order by workspace_id, identity
      on conflict (workspace_id, identity) do nothing
    )
    select 1`.execute(tx)
  await sql`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(named)}::jsonb) as g (row_id uuid, workspace_id uuid, identity text)
    ), known as (
      select g.row_id, p.person_id from given g join people p on p.workspace_id = g.workspace_id and p.identity = g.identity
    ), due as (
      insert into people_due (person_id) select distinct person_id from known order by 1 on conflict do nothing
    )
    update dataset_rows r set person_id = k.person_id from known k where r.id = k.row_id`.execute(tx)
  return rows.length
}

type Due = { person_id: string; workspace_id: string; email: string | null; linkedin_url: string | null }

const makePeople = async (tx: Tx, now: Date): Promise<number> => {
  const { rows: due } = await sql<Due>`
    with taken as (
      delete from people_due where person_id = any(array(
        select person_id from people_due order by person_id limit ${PEOPLE_AT_ONCE} for update skip locked))
      returning person_id
    )
    select p.person_id, p.workspace_id, p.email, p.linkedin_url from taken t join people p on p.person_id = t.person_id`.execute(
    tx,
  )
  if (!due.length) return 0
  // Whether a row was removed is asked outside: inside, it lets the planner read the whole index of positions for each person.
  const { rows } = await sql<PersonSource & { person_id: string }>`
    select r.person_id, r.email, r.linkedin_url, r.data, d.column_mapping
    from unnest(${due.map(({ person_id }) => person_id)}::uuid[]) as p (person_id)
    cross join lateral (
      select own.* from (select * from dataset_rows where person_id = p.person_id order by id desc offset 0) own
      where own.removed_at is null order by own.id desc limit ${ROWS_OF_PERSON}) r
    join datasets d on d.dataset_id = r.dataset_id
    order by r.id desc`.execute(tx)
  const rowsOf = Map.groupBy(rows, ({ person_id }) => person_id)
  const entries = due.map(({ person_id, workspace_id, email, linkedin_url }) => {
    const sources = rowsOf.get(person_id) ?? []
    const person = mergePerson(sources.length ? sources : [{ email, linkedin_url, data: {}, column_mapping: {} }])
    const search_text = searchTextOf(person)
    const words = [...search_text].map((c) => (JOINTS.includes(c) ? ' ' : c)).join('')
    return { person_id, workspace_id, ...person, row_count: sources.length, search_text, words }
  })
  await saveCompanies(tx, entries, now)
  await sql`
    update people p set email = e.email, linkedin_url = e.linkedin_url, full_name = e.full_name, first_name = e.first_name,
      last_name = e.last_name, title = e.title, company_name = e.company_name, company_domain = e.company_domain,
      company_id = (select company_id from companies c where c.workspace_id = p.workspace_id and c.domain = e.company_domain),
      phone = e.phone, country = e.country, city = e.city, row_count = e.row_count, search_text = e.search_text,
      words = to_tsvector('simple', e.words), updated_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
      as e (person_id uuid, email text, linkedin_url text, full_name text, first_name text, last_name text, title text, company_name text,
        company_domain text, phone text, country text, city text, row_count integer, search_text text, words text)
    where p.person_id = e.person_id`.execute(tx)
  return due.length
}

/** A company is its domain; its name is the one that was said last. */
const saveCompanies = async (
  tx: Tx,
  people: { workspace_id: string; company_domain: string | null; company_name: string | null; row_count: number }[],
  now: Date,
): Promise<void> => {
  const companies = new Map<string, Record<string, unknown>>()
  for (const { workspace_id, company_domain, company_name, row_count } of people) {
    if (!company_domain || !row_count) continue
    const key = `${workspace_id} ${company_domain}`
    const known = companies.get(key)
    companies.set(key, {
      company_id: newId(),
      workspace_id,
      domain: company_domain,
      company_name: company_name ?? known?.company_name ?? null,
    })
  }
  const sorted = [...companies.keys()].sort().map((key) => companies.get(key))
  if (!sorted.length) return
  await sql`
    insert into companies as c (company_id, workspace_id, domain, company_name, search_text, created_at, updated_at)
    select company_id, workspace_id, domain, company_name, lower(concat_ws(' ', company_name, domain)), ${now}, ${now}
    from jsonb_to_recordset(${JSON.stringify(sorted)}::jsonb) as g (company_id uuid, workspace_id uuid, domain text, company_name text)
    on conflict (workspace_id, domain) do update set company_name = excluded.company_name, updated_at = excluded.updated_at,
      search_text = lower(concat_ws(' ', excluded.company_name, c.domain))
    where excluded.company_name is not null and excluded.company_name is distinct from c.company_name`.execute(tx)
}
