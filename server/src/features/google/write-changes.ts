import { sql } from 'kysely'
import type { LeadField } from '../../column-mapping.ts'
import { unguardFormula } from '../../csv-writer.ts'
import type { Tx } from '../../db/transaction.ts'
import { emailOf, profileOf } from '../uploads/match-rows.ts'
import { alignColumns, type CellChanges, type TableShape } from '../uploads/row-policy.ts'
import type { Person } from './find-people.ts'
import { type Refusal, type RowChange, SHOWN, type SyncCounts } from './sync-result.ts'
import type { OpenSync, SyncSettings } from './sync-settings.ts'
import type { Gone, StateWriter } from './sync-state.ts'
import type { Tab } from './sync-tabs.ts'

const PIECE = 500

export type Changed = {
  tab: number
  row: number
  key: Buffer
  row_id: string
  at: number[]
  values: string[]
  cells: Buffer
}

type Outcome = {
  counts: SyncCounts
  changes: RowChange[]
  state: StateWriter
}

/** Writes the changed cells of rows that are there, and what stood in them before, so that the import can be undone. */
export const writeChanges = async (
  tx: Tx,
  target: OpenSync,
  importId: string,
  tabs: Tab[],
  shape: TableShape,
  changed: Changed[],
  outcome: Outcome,
): Promise<Refusal[]> => {
  const refusals: Refusal[] = []
  const alignments = tabs.map((tab) => alignColumns(tab.columns, tab.mapping, shape).keys)
  const emailColumn = columnOf(shape, 'email')
  const linkedinColumn = columnOf(shape, 'linkedin_url')
  const last = await sql<{ seq: number }>`
    select coalesce(max(seq) + 1, 0) as seq from import_changes where import_id = ${importId}`.execute(tx)
  let seq = Number(last.rows[0]?.seq ?? 0)
  for (let at = 0; at < changed.length; at += PIECE) {
    const some = changed.slice(at, at + PIECE)
    const found = await sql<Person>`
      select id, email, linkedin_url, data from dataset_rows
      where workspace_id = ${target.workspace_id} and dataset_id = ${target.dataset_id} and id = any(${some.map(({ row_id }) => row_id)}::uuid[])
      order by id for update`.execute(tx)
    const byId = new Map(found.rows.map((row) => [row.id, row]))
    const wantedEmails = some.flatMap((change) => {
      const place = change.at.find((column) => alignments[change.tab]?.[column] === emailColumn)
      return place === undefined ? [] : (emailOf(unguardFormula(change.values[place] ?? '')) ?? [])
    })
    const holders = wantedEmails.length ? await holdersOf(tx, target, wantedEmails) : new Map<string, string>()
    const written: { person: Person; cells: CellChanges; change: Changed }[] = []
    for (const change of some) {
      const person = byId.get(change.row_id)
      const tab = tabs[change.tab] as Tab
      if (!person) continue
      const cells: CellChanges = {}
      let refusal: Omit<Refusal, 'tab' | 'sheet_row'> | null = null
      for (const column of change.at) {
        const key = alignments[change.tab]?.[column] as string
        const value = unguardFormula(change.values[column] ?? '')
        const after = value === '' ? null : value
        const before = person.data[key] ?? null
        if (after === before) continue
        if (key === emailColumn && after !== null) {
          const email = emailOf(after)
          const holder = email === null ? undefined : holders.get(email)
          if (email === null)
            refusal = { code: 'invalid_email', message: `"${after.slice(0, 200)}" is no e-mail address.` }
          else if (holder !== undefined && holder !== person.id)
            refusal = { code: 'in_dataset', message: `Another row of the dataset has the address ${email} already.` }
          else {
            if (person.email !== null && holders.get(person.email) === person.id) holders.delete(person.email)
            holders.set(email, person.id)
          }
        }
        cells[key] = [before, after]
      }
      if (refusal) {
        outcome.counts.refused++
        refusals.push({ tab: tab.title, sheet_row: change.row, ...refusal })
        continue
      }
      outcome.state.put(tab.tab_id, change.key, change.cells, person.id)
      if (!Object.keys(cells).length) {
        outcome.counts.unchanged++
        continue
      }
      for (const [key, [, after]] of Object.entries(cells))
        if (after === null) delete person.data[key]
        else person.data[key] = after
      if (emailColumn && emailColumn in cells) person.email = emailOf(person.data[emailColumn])
      if (linkedinColumn && linkedinColumn in cells) person.linkedin_url = profileOf(person.data[linkedinColumn])
      outcome.counts.updated++
      written.push({ person, cells, change })
      if (outcome.changes.length < SHOWN)
        outcome.changes.push({ action: 'update', tab: tab.title, sheet_row: change.row, row_id: person.id, cells })
    }
    if (!written.length) continue
    await sql`
      update dataset_rows r set data = u.data::jsonb, email = u.email, linkedin_url = u.linkedin_url
      from unnest(${written.map(({ person }) => person.id)}::uuid[], ${written.map(({ person }) => person.email)}::text[],
        ${written.map(({ person }) => person.linkedin_url)}::text[], ${written.map(({ person }) => JSON.stringify(person.data))}::text[])
        as u (id, email, linkedin_url, data)
      where r.id = u.id and r.workspace_id = ${target.workspace_id}`.execute(tx)
    const first = seq
    seq += written.length
    await sql`
      insert into import_changes (import_id, workspace_id, seq, source_row, sheet_name, action, row_id, dataset_id, cells, email)
      select ${importId}::uuid, ${target.workspace_id}::uuid, given.seq, given.source_row, given.sheet_name, 'update', given.row_id, ${target.dataset_id}::uuid, given.cells::jsonb, given.email
      from unnest(${written.map((_, index) => first + index)}::int[], ${written.map(({ change }) => change.row)}::int[], ${written.map(({ change }) => (tabs.length > 1 ? (tabs[change.tab]?.title ?? null) : null))}::text[],
        ${written.map(({ person }) => person.id)}::uuid[], ${written.map(({ cells }) => JSON.stringify(cells))}::text[], ${written.map(({ person }) => person.email)}::text[])
        as given (seq, source_row, sheet_name, row_id, cells, email)`.execute(tx)
  }
  if (outcome.counts.updated)
    await sql`
      update datasets set updated_at = (select created_at from imports where import_id = ${importId})
      where workspace_id = ${target.workspace_id} and dataset_id = ${target.dataset_id}`.execute(tx)
  return refusals
}

const columnOf = (shape: TableShape, field: LeadField): string | null =>
  Object.entries(shape.column_mapping).find(([, mapped]) => mapped === field)?.[0] ?? null

const holdersOf = async (tx: Tx, target: OpenSync, emails: string[]): Promise<Map<string, string>> => {
  const { rows } = await sql<{ email: string; id: string }>`
    select email, id from dataset_rows
    where workspace_id = ${target.workspace_id} and email = any(${emails}) and dataset_id = ${target.dataset_id} and removed_at is null`.execute(
    tx,
  )
  return new Map(rows.map(({ email, id }) => [email, id]))
}

/** Changes that were refused stand in the import's list of problems, behind those of its new rows. */
export const noteRefusals = async (
  tx: Tx,
  target: OpenSync,
  importId: string,
  tabs: Tab[],
  refusals: Refusal[],
): Promise<void> => {
  if (!refusals.length) return
  await sql`
    insert into import_issues (import_id, workspace_id, seq, source_row, severity, code, message, sheet_name)
    select ${importId}::uuid, ${target.workspace_id}::uuid, (select coalesce(max(seq), -1) from import_issues where import_id = ${importId}) + given.at,
      given.source_row, 'rejected', given.code, given.message, given.sheet_name
    from unnest(${refusals.map((_, index) => index + 1)}::int[], ${refusals.map(({ sheet_row }) => sheet_row)}::int[], ${refusals.map(({ code }) => code)}::text[],
      ${refusals.map(({ message }) => message)}::text[], ${refusals.map(({ tab }) => (tabs.length > 1 ? tab : null))}::text[]) as given (at, source_row, code, message, sheet_name)`.execute(
    tx,
  )
}

export const readRefusals = async (tx: Tx, importId: string, tabs: Tab[]): Promise<Refusal[]> => {
  const { rows } = await sql<Refusal>`
    select coalesce(sheet_name, ${tabs[0]?.title ?? ''}::text) as tab, source_row as sheet_row, code, message from import_issues
    where import_id = ${importId} and severity = 'rejected' order by seq limit ${SHOWN}`.execute(tx)
  return rows
}

/** Takes the rows that are gone from the sheet out of the dataset, or lets them be. Rows that campaigns write to stay. */
export const settleGone = async (
  tx: Tx,
  target: OpenSync,
  settings: SyncSettings,
  gone: Gone[],
  counts: SyncCounts,
  changes: RowChange[],
  now: Date,
): Promise<void> => {
  if (settings.missing_rows === 'keep') {
    counts.missing = gone.length
    return
  }
  for (let at = 0; at < gone.length; at += PIECE) {
    const some = gone.slice(at, at + PIECE)
    const ids = some.flatMap(({ row_id }) => row_id ?? [])
    const used = await sql<{ id: string }>`
      select distinct l.dataset_row_id as id from campaigns c join campaign_leads l on l.campaign_id = c.campaign_id
      where c.workspace_id = ${target.workspace_id} and c.dataset_id = ${target.dataset_id} and l.dataset_row_id = any(${ids}::uuid[])`.execute(
      tx,
    )
    const inUse = new Set(used.rows.map(({ id }) => id))
    const removed = await sql<{ id: string; data: Record<string, unknown> }>`
      update dataset_rows r set removed_at = ${now}
      where r.workspace_id = ${target.workspace_id} and r.dataset_id = ${target.dataset_id} and r.removed_at is null
        and r.id = any(${ids.filter((id) => !inUse.has(id))}::uuid[])
        and not exists (select 1 from sheet_sync_rows s where s.row_id = r.id and s.sync_id = ${target.sync_id} and not (s.key_digest = any(${some.map(({ key_digest }) => key_digest)}::bytea[])))
      returning r.id, r.data`.execute(tx)
    counts.removed += removed.rows.length
    counts.in_use += inUse.size
    counts.missing += inUse.size
    for (const { id, data } of removed.rows)
      if (changes.length < SHOWN)
        changes.push({
          action: 'remove',
          tab: null,
          sheet_row: null,
          row_id: id,
          cells: Object.fromEntries(Object.entries(data).map(([name, value]) => [name, [value, null]])),
        })
    const forgotten = some.filter(({ row_id }) => row_id === null || !inUse.has(row_id))
    await sql`
      delete from sheet_sync_rows s using unnest(${forgotten.map(({ tab_id }) => tab_id)}::bigint[], ${forgotten.map(({ key_digest }) => key_digest)}::bytea[]) as given (tab_id, key_digest)
      where s.sync_id = ${target.sync_id} and s.tab_id = given.tab_id and s.key_digest = given.key_digest`.execute(tx)
  }
  if (counts.removed)
    await sql`
      update datasets set row_count = row_count - ${counts.removed}, updated_at = ${now}
      where workspace_id = ${target.workspace_id} and dataset_id = ${target.dataset_id}`.execute(tx)
}
