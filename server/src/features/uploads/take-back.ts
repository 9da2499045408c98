import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { problem } from '../../http/errors.ts'
import { emptySession } from '../sessions/session-dataset.ts'
import { emailOf, profileOf } from './match-rows.ts'
import { campaignsUsing } from './queries.ts'
import { type CellChanges, undoCells } from './row-policy.ts'
import { createSeenSet } from './seen-set.ts'

export type Taken = {
  rows_removed: number
  /** Rows of before that have former values again. */
  rows_restored: number
  values_restored: number
  /** Cells that somebody has written since; they stay. */
  values_kept: number
  /** The first hundred of those. */
  kept: Kept[]
  columns_removed: string[]
}

export type ImportToUndo = {
  import_id: string
  workspace_id: string
  dataset_id: string
  session_id: string | null
  is_append: boolean
  columns_added: string[]
}

type Change = { seq: number; row_id: string; cells: CellChanges }
type Changed = {
  id: string
  dataset_id: string
  email: string | null
  linkedin_url: string | null
  data: Record<string, unknown>
}
type Kept = {
  row_id: string
  dataset_id: string
  column: string
  value: unknown
  imported: unknown
  before: unknown
}
type Identity = { email: string | null; linkedin_url: string | null }

const PAGE = 1_000
const ROWS_AT_ONCE = 10_000
const MOST_NAMED = 100

/**
 * Takes an import back in the caller's transaction, which holds the import and the rows of its dataset: its rows out of the
 * dataset, as long as no campaign has made leads of them, and the cells that it changed to what they were, wherever they still
 * hold what it wrote. Rows are marked, not deleted (DOMAIN.md §10), and keep their positions. Memory does not grow with the
 * import. `report` hears how many of its changes and rows are done. Throws IN_USE.
 */
export const takeBack = async (
  tx: Tx,
  from: ImportToUndo,
  now: Date,
  report: (done: number) => void = () => {},
): Promise<Taken> => {
  const { import_id, dataset_id, workspace_id } = from
  await sql`select 1 from datasets where dataset_id = ${dataset_id} for update`.execute(tx)
  const campaigns = await campaignsUsing(tx, workspace_id, dataset_id, import_id)
  if (campaigns.length)
    throw problem(
      'IN_USE',
      `Campaigns write to rows of this import: ${campaigns.map((name) => `"${name}"`).join(', ')}.`,
    )
  const { changes, ...restored } = await restoreCells(tx, from, report)
  const rows_removed = await removeRows(tx, from, now, (done) => report(changes + done))
  const columns_removed = await dropEmptyColumns(tx, from)
  await sql`
    update imports set status = 'undone', undone_at = ${now}, values_restored = ${restored.values_restored}, values_kept = ${restored.values_kept}
    where import_id = ${import_id}`.execute(tx)
  await sql`update datasets set row_count = row_count - ${rows_removed}, updated_at = ${now} where dataset_id = ${dataset_id}`.execute(
    tx,
  )
  if (from.session_id && !from.is_append) await emptySession(tx, from.session_id, dataset_id, now)
  return { rows_removed, ...restored, columns_removed }
}

/** Later changes first, because one row of a file may have changed what an earlier one of the same file wrote. */
const restoreCells = async (tx: Tx, from: ImportToUndo, report: (done: number) => void) => {
  const { import_id, workspace_id } = from
  const sum = { changes: 0, rows_restored: 0, values_restored: 0, values_kept: 0, kept: [] as Kept[] }
  const seen = createSeenSet()
  const identities = new Map<string, Identity>()
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const { rows: changes } = await sql<Change>`
      select seq, row_id, cells from import_changes
      where import_id = ${import_id} and action = 'update' and row_id is not null and seq < ${before}::bigint order by seq desc limit ${PAGE}`.execute(
      tx,
    )
    if (!changes.length) break
    before = changes.at(-1)?.seq ?? 0
    const ids = [...new Set(changes.map((change) => change.row_id))]
    const { rows } = await sql<Changed>`
      select id, dataset_id, email, linkedin_url, data from dataset_rows
      where workspace_id = ${workspace_id} and id = any(${ids}::uuid[]) order by id for update`.execute(tx)
    const byId = new Map(rows.map((row) => [row.id, row]))
    const written = new Map<string, Changed>()
    const left: { seq: number; kept: Record<string, unknown> }[] = []
    const overwritten: Change[] = []
    for (const change of changes) {
      const row = byId.get(change.row_id)
      if (!row) continue
      const { restored, kept, overwritten: others } = undoCells(row.data, change.cells)
      const columns = Object.keys(restored)
      if (columns.length) {
        sum.values_restored += columns.length
        if (!seen.add(row.id, 1)) sum.rows_restored++
        for (const column of columns)
          if (restored[column] === null) delete row.data[column]
          else row.data[column] = restored[column]
        const identity = await identityOf(tx, identities, row.dataset_id)
        if (identity.email !== null && identity.email in restored) row.email = emailOf(row.data[identity.email])
        if (identity.linkedin_url !== null && identity.linkedin_url in restored)
          row.linkedin_url = profileOf(row.data[identity.linkedin_url])
        written.set(row.id, row)
      }
      if (Object.keys(others).length) overwritten.push({ ...change, cells: others })
      const stayed: Record<string, unknown> = {}
      for (const [column, value] of Object.entries(kept)) {
        const [was, imported] = change.cells[column] ?? [null, null]
        // An earlier row of the file may have written the cell too; then only what stood before that one is new.
        if (seen.add(`${row.id} ${column}`, 1)) {
          const named = sum.kept.find((one) => one.row_id === row.id && one.column === column)
          if (named) named.before = was
          continue
        }
        stayed[column] = value
        sum.values_kept++
        if (sum.kept.length < MOST_NAMED)
          sum.kept.push({ row_id: row.id, dataset_id: row.dataset_id, column, value, imported, before: was })
      }
      if (Object.keys(stayed).length) left.push({ seq: change.seq, kept: stayed })
    }
    if (overwritten.length) await handOn(tx, import_id, overwritten)
    const changed = [...written.values()]
    if (changed.length)
      await sql`
        update dataset_rows r set data = u.data::jsonb, email = u.email, linkedin_url = u.linkedin_url
        from unnest(${changed.map(({ id }) => id)}::uuid[], ${changed.map(({ email }) => email)}::text[],
          ${changed.map(({ linkedin_url }) => linkedin_url)}::text[], ${changed.map(({ data }) => JSON.stringify(data))}::text[])
          as u (id, email, linkedin_url, data)
        where r.id = u.id and r.workspace_id = ${workspace_id}`.execute(tx)
    if (left.length)
      await sql`
        update import_changes c set kept = u.kept::jsonb
        from unnest(${left.map(({ seq }) => seq)}::integer[], ${left.map(({ kept }) => JSON.stringify(kept))}::text[]) as u (seq, kept)
        where c.import_id = ${import_id} and c.seq = u.seq`.execute(tx)
    sum.changes += changes.length
    report(sum.changes)
  }
  return sum
}

type Later = Change & { import_id: string }

/**
 * A later import that has written over a cell remembers what this one wrote there. Undone later it would bring that back, so
 * it is told what stood there before: whichever is undone first, the first value is back when both are.
 */
const handOn = async (tx: Tx, importId: string, overwritten: Change[]): Promise<void> => {
  const ids = [...new Set(overwritten.map(({ row_id }) => row_id))]
  const { rows } = await sql<Later>`
    select c.import_id, c.seq, c.row_id, c.cells from import_changes c join imports i on i.import_id = c.import_id
    where c.row_id = any(${ids}::uuid[]) and c.action = 'update' and c.import_id <> ${importId} and i.status = 'completed' and not i.is_plan
      and i.finished_at >= (select finished_at from imports where import_id = ${importId})
    order by i.finished_at, c.import_id, c.seq for update of c`.execute(tx)
  const byRow = Map.groupBy(rows, ({ row_id }) => row_id)
  const told = new Set<Later>()
  for (const { row_id, cells } of overwritten)
    for (const [column, [before, after]] of Object.entries(cells)) {
      const next = byRow.get(row_id)?.find((later) => later.cells[column]?.[0] === after)
      const cell = next?.cells[column]
      if (!next || !cell) continue
      cell[0] = before
      told.add(next)
    }
  const changed = [...told]
  if (changed.length)
    await sql`
      update import_changes c set cells = u.cells::jsonb
      from unnest(${changed.map((one) => one.import_id)}::uuid[], ${changed.map(({ seq }) => seq)}::integer[],
        ${changed.map(({ cells }) => JSON.stringify(cells))}::text[]) as u (import_id, seq, cells)
      where c.import_id = u.import_id and c.seq = u.seq`.execute(tx)
}

const identityOf = async (tx: Tx, known: Map<string, Identity>, datasetId: string): Promise<Identity> => {
  const found = known.get(datasetId)
  if (found) return found
  const { rows } = await sql<Identity>`
    select (select key from jsonb_each_text(column_mapping) where value = 'email' limit 1) as email,
      (select key from jsonb_each_text(column_mapping) where value = 'linkedin_url' limit 1) as linkedin_url
    from datasets where dataset_id = ${datasetId}`.execute(tx)
  const identity = rows[0] ?? { email: null, linkedin_url: null }
  known.set(datasetId, identity)
  return identity
}

/** Piece by piece, so that it can be said how far it is. */
const removeRows = async (
  tx: Tx,
  { dataset_id, import_id }: ImportToUndo,
  now: Date,
  report: (done: number) => void,
): Promise<number> => {
  let removed = 0
  for (let after = -1; ; ) {
    const { rows } = await sql<{ to: number | null; n: number }>`
      with part as (
        select id, row_index from dataset_rows
        where dataset_id = ${dataset_id} and import_id = ${import_id} and removed_at is null and row_index > ${after}
        order by row_index limit ${ROWS_AT_ONCE}
      ), gone as (update dataset_rows r set removed_at = ${now} from part where r.id = part.id)
      select max(row_index) as to, count(*)::int as n from part`.execute(tx)
    const { to, n } = rows[0] ?? { to: null, n: 0 }
    if (to === null) return removed
    after = to
    removed += n
    report(removed)
  }
}

/** Of the columns that came with the import those go again in which no row of another origin has written anything. */
const dropEmptyColumns = async (tx: Tx, { dataset_id, columns_added }: ImportToUndo): Promise<string[]> => {
  if (!columns_added.length) return []
  const { rows } = await sql<{ column: string }>`
    select c.column from unnest(${columns_added}::text[]) as c ("column") join datasets d on d.dataset_id = ${dataset_id} and d.columns ? c.column
    where not exists (select 1 from dataset_rows r where r.dataset_id = ${dataset_id} and r.removed_at is null and r.data ? c.column)`.execute(
    tx,
  )
  const empty = rows.map(({ column }) => column)
  if (empty.length)
    await sql`
      update datasets set columns = columns - ${empty}::text[], column_mapping = column_mapping - ${empty}::text[] where dataset_id = ${dataset_id}`.execute(
      tx,
    )
  return empty
}

/**
 * A column of a dataset has another name: what imports remember of its cells follows, so that they can still be undone.
 * Plans do not: their dataset has changed.
 */
export const renameInImports = async (
  tx: Tx,
  dataset: { workspace_id: string; dataset_id: string },
  column: string,
  name: string,
): Promise<void> => {
  const { workspace_id, dataset_id } = dataset
  const renamed = (cells: RawBuilder<unknown>) =>
    sql`(${cells} - ${column}::text) || jsonb_build_object(${name}::text, ${cells} -> ${column}::text)`
  await sql`
    update import_changes c set cells = ${renamed(sql`c.cells`)}
    from imports i where i.workspace_id = ${workspace_id} and (i.dataset_id = ${dataset_id} or i.duplicates_in = 'workspace') and i.status = 'completed' and c.import_id = i.import_id
      and c.dataset_id = ${dataset_id} and c.action = 'update' and c.cells ? ${column}::text`.execute(tx)
  await sql`
    update imports set columns_added = (
      select jsonb_agg(case when c.column = ${column} then ${name} else c.column end order by c.at)
      from jsonb_array_elements_text(columns_added) with ordinality c ("column", at))
    where dataset_id = ${dataset_id} and workspace_id = ${workspace_id} and columns_added ? ${column}::text`.execute(tx)
}
