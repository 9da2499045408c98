import { sql } from 'kysely'
import { unguardFormula } from '../../csv-writer.ts'
import type { Tx } from '../../db/transaction.ts'
import { emailOf, profileOf } from '../uploads/match-rows.ts'
import { rowsByKey } from '../uploads/rows-by-key.ts'
import type { SheetRow } from './spool-sheet.ts'
import type { OpenSync } from './sync-settings.ts'
import type { Tab } from './sync-tabs.ts'

export type Person = { id: string; email: string | null; linkedin_url: string | null; data: Record<string, unknown> }

const identity = (row: SheetRow, tab: Tab): { email: string | null; linkedin_url: string | null } => ({
  email: tab.keys.email_at === -1 ? null : emailOf(unguardFormula(row.values[tab.keys.email_at] ?? '')),
  linkedin_url: tab.keys.linkedin_at === -1 ? null : profileOf(unguardFormula(row.values[tab.keys.linkedin_at] ?? '')),
})

/** Rows of the dataset that no row of the sheet has yet, by their address, their profile, or by holding the very same cells. */
export const findPeople = async (
  tx: Tx,
  target: OpenSync,
  tabs: Tab[],
  fresh: { row: SheetRow }[],
  importId: string | null = null,
) => {
  const given = fresh.map(({ row }) => ({ ...identity(row, tabs[row.tab] as Tab), row }))
  const emails = given.flatMap(({ email }) => email ?? [])
  const profiles = given.flatMap(({ linkedin_url }) => linkedin_url ?? [])
  const plain = given.flatMap(({ email, linkedin_url, row }) =>
    email || linkedin_url ? [] : [JSON.stringify(cellsOf(row, tabs[row.tab] as Tab))],
  )
  const isFree = sql`not exists (select 1 from sheet_sync_rows s where s.row_id = r.id and s.sync_id = ${target.sync_id})`
  const people: Person[] = []
  const keyed = (column: 'email' | 'linkedin_url', keys: string[]) => sql`
    select r.id, r.email, r.linkedin_url, r.data from unnest(${[...new Set(keys)]}::text[]) as given (key)
    cross join lateral (${rowsByKey(column, target.workspace_id, sql`given.key`)}) f join dataset_rows r on r.id = f.id
    where f.dataset_id = ${target.dataset_id} and f.removed_at is null ${importId ? sql`and f.import_id = ${importId}` : sql``} and ${isFree}`
  if (emails.length || profiles.length)
    people.push(
      ...(await sql<Person>`${keyed('email', emails)} union ${keyed('linkedin_url', profiles)}`.execute(tx)).rows,
    )
  if (plain.length)
    people.push(
      ...(
        await sql<Person>`
          select r.id, r.email, r.linkedin_url, r.data from dataset_rows r
          where r.workspace_id = ${target.workspace_id} and r.dataset_id = ${target.dataset_id} and r.removed_at is null
            ${importId ? sql`and r.import_id = ${importId}` : sql``} and ${isFree}
            and r.email is null and r.linkedin_url is null and r.data = any(${plain}::jsonb[])`.execute(tx)
      ).rows,
    )
  const group = (key: (person: Person) => string | null): Map<string, Person[]> => {
    const groups = new Map<string, Person[]>()
    for (const person of people) {
      const name = key(person)
      if (name === null) continue
      const some = groups.get(name)
      if (some) some.push(person)
      else groups.set(name, [person])
    }
    return groups
  }
  const byEmail = group(({ email }) => email)
  const byProfile = group(({ email, linkedin_url }) => (email === null ? linkedin_url : null))
  const byCells = group(({ email, linkedin_url, data }) => (email || linkedin_url ? null : canonical(data)))
  // A row that brings the address of somebody known by profile alone is theirs only if it may be written.
  return (row: SheetRow, tab: Tab, taken: ReadonlySet<string>, mayWrite: boolean): Person | null => {
    const { email, linkedin_url } = identity(row, tab)
    const some = email
      ? (byEmail.get(email) ?? (linkedin_url && mayWrite ? byProfile.get(linkedin_url) : undefined))
      : linkedin_url
        ? byProfile.get(linkedin_url)
        : byCells.get(canonical(cellsOf(row, tab)))
    return some?.find(({ id }) => !taken.has(id)) ?? null
  }
}

const cellsOf = (row: SheetRow, tab: Tab): Record<string, string> =>
  Object.fromEntries(
    tab.names.flatMap((name, at) => {
      const value = unguardFormula(row.values[at] ?? '')
      return value === '' ? [] : [[name, value]]
    }),
  )

const canonical = (data: Record<string, unknown>): string =>
  JSON.stringify(
    Object.entries(data)
      .map(([name, value]) => [name, String(value)])
      .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
  )

/** Of a row that is met for the first time: the filled cells that the dataset has otherwise. */
export const differing = (row: SheetRow, tab: Tab, person: Person): number[] =>
  tab.names.flatMap((_, at) => {
    const value = unguardFormula(row.values[at] ?? '')
    if (value === '') return []
    const before = person.data[tab.stored_as[at] as string]
    return before === value || isSamePerson(tab, at, before, value) ? [] : [at]
  })

/** An address or a profile that is only written in another way. */
const isSamePerson = (tab: Tab, at: number, before: unknown, after: string): boolean => {
  const read = at === tab.keys.email_at ? emailOf : at === tab.keys.linkedin_at ? profileOf : null
  const known = read?.(before) ?? null
  return known !== null && known === read?.(after)
}
