import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound, problem } from '../../http/errors.ts'
import { emptySession } from '../sessions/session-dataset.ts'
import { NO_IMPORT } from './apply-plan.ts'
import { lockRowsOfDataset } from './lock-rows.ts'
import { emailOf, profileOf } from './match-rows.ts'
import { campaignsUsing, findImport, removeImportedRows } from './queries.ts'
import { type CellChanges, undoCells } from './row-policy.ts'

const NOT_YET = 'The import is still being read; it can be undone when it is over.'
const WHY_NOT: Record<string, string> = {
  queued: NOT_YET,
  running: NOT_YET,
  planned: 'This is a plan that was not carried out; there is nothing to undo.',
  failed: 'The import failed and left no rows; there is nothing to undo.',
  undone: 'The import has been undone already.',
}

const PAGE = 500
const MOST_NAMED = 100

/**
 * Takes an import back: its rows out of the dataset, as long as no campaign has made leads of them, and the cells that it
 * changed to what they were, wherever they still hold what it wrote. Cells that somebody has written since stay, and the
 * answer names them. Rows are marked, not deleted (DOMAIN.md §10), and keep their positions. Throws IMPORT_STATE and IN_USE.
 */
export const undoImport = (deps: Pick<Deps, 'db'>, workspaceId: string, importId: string, now: Date) =>
  transaction(deps.db, async (tx) => {
    const found = await findImport(tx, workspaceId, importId)
    if (!found) throw notFound(NO_IMPORT)
    // A running import is refused before the lock, which it holds until it is over.
    if (found.status !== 'completed' || !found.dataset_id) throw problem('IMPORT_STATE', WHY_NOT[found.status])
    const datasetId = found.dataset_id
    await lockForUndo(tx, importId)
    await lockRowsOfDataset(tx, datasetId, false)
    await sql`select 1 from datasets where dataset_id = ${datasetId} for update`.execute(tx)
    const campaigns = await campaignsUsing(tx, workspaceId, datasetId, importId)
    if (campaigns.length)
      throw problem(
        'IN_USE',
        `Campaigns write to rows of this import: ${campaigns.map((name) => `"${name}"`).join(', ')}.`,
      )
    const restored = await restoreCells(tx, workspaceId, importId)
    const rows_removed = await removeImportedRows(tx, datasetId, importId, now)
    const columns_removed = await dropEmptyColumns(tx, datasetId, found.columns_added)
    await sql`
      update imports set status = 'undone', undone_at = ${now}, values_restored = ${restored.values_restored}, values_kept = ${restored.values_kept}
      where import_id = ${importId}`.execute(tx)
    await sql`update datasets set row_count = row_count - ${rows_removed}, updated_at = ${now} where dataset_id = ${datasetId}`.execute(
      tx,
    )
    if (found.session_id && !found.is_append) await emptySession(tx, found.session_id, datasetId, now)
    const { rows_restored, values_restored, values_kept, kept } = restored
    return {
      import_id: importId,
      dataset_id: datasetId,
      status: 'undone' as const,
      rows_removed,
      rows_restored,
      values_restored,
      values_kept,
      kept,
      columns_removed,
      undone_at: now,
      message: [
        `${rows_removed} rows were taken out of the dataset.`,
        values_restored ? ` ${values_restored} cells in ${rows_restored} rows have their former values.` : '',
        values_kept ? ` ${values_kept} cells were written since and stay as they are.` : '',
      ].join(''),
    }
  })

/** Two requests to undo go one after the other; the second finds it done. */
const lockForUndo = async (tx: Tx, importId: string): Promise<void> => {
  const locked = await sql<{
    status: string
  }>`select status from imports where import_id = ${importId} for update`.execute(tx)
  if (locked.rows[0]?.status !== 'completed') throw problem('IMPORT_STATE', WHY_NOT[locked.rows[0]?.status ?? 'undone'])
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

/** The last change first, because one row of a file may have changed what an earlier one of the same file wrote. */
const restoreCells = async (tx: Tx, workspaceId: string, importId: string) => {
  const sum = { rows_restored: 0, values_restored: 0, values_kept: 0, kept: [] as Kept[] }
  const restoredRows = new Set<string>()
  const identities = new Map<string, { email: string | null; linkedin_url: string | null }>()
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const { rows: changes } = await sql<Change>`
      select seq, row_id, cells from import_changes
      where import_id = ${importId} and action = 'update' and row_id is not null and seq < ${before}::bigint order by seq desc limit ${PAGE}`.execute(
      tx,
    )
    if (!changes.length) break
    before = changes.at(-1)?.seq ?? 0
    const ids = [...new Set(changes.map((change) => change.row_id))]
    const { rows } = await sql<Changed>`
      select id, dataset_id, email, linkedin_url, data from dataset_rows
      where workspace_id = ${workspaceId} and id = any(${ids}::uuid[]) order by id for update`.execute(tx)
    const byId = new Map(rows.map((row) => [row.id, row]))
    const written = new Map<string, Changed>()
    const left: { seq: number; kept: Record<string, unknown> }[] = []
    for (const change of changes) {
      const row = byId.get(change.row_id)
      if (!row) continue
      const { restored, kept } = undoCells(row.data, change.cells)
      const columns = Object.keys(restored)
      if (columns.length) {
        sum.values_restored += columns.length
        restoredRows.add(row.id)
        for (const column of columns)
          if (restored[column] === null) delete row.data[column]
          else row.data[column] = restored[column]
        const identity = await identityOf(tx, identities, row.dataset_id)
        if (identity.email !== null && identity.email in restored) row.email = emailOf(row.data[identity.email])
        if (identity.linkedin_url !== null && identity.linkedin_url in restored)
          row.linkedin_url = profileOf(row.data[identity.linkedin_url])
        written.set(row.id, row)
      }
      const stayed = Object.entries(kept)
      if (!stayed.length) continue
      sum.values_kept += stayed.length
      left.push({ seq: change.seq, kept })
      for (const [column, value] of stayed)
        if (sum.kept.length < MOST_NAMED) {
          const [was, imported] = change.cells[column] ?? [null, null]
          sum.kept.push({ row_id: row.id, dataset_id: row.dataset_id, column, value, imported, before: was })
        }
    }
    const changed = [...written.values()]
    if (changed.length)
      await sql`
        update dataset_rows r set data = u.data::jsonb, email = u.email, linkedin_url = u.linkedin_url
        from unnest(${changed.map(({ id }) => id)}::uuid[], ${changed.map(({ email }) => email)}::text[],
          ${changed.map(({ linkedin_url }) => linkedin_url)}::text[], ${changed.map(({ data }) => JSON.stringify(data))}::text[])
          as u (id, email, linkedin_url, data)
        where r.id = u.id and r.workspace_id = ${workspaceId}`.execute(tx)
    if (left.length)
      await sql`
        update import_changes c set kept = u.kept::jsonb
        from unnest(${left.map(({ seq }) => seq)}::integer[], ${left.map(({ kept }) => JSON.stringify(kept))}::text[]) as u (seq, kept)
        where c.import_id = ${importId} and c.seq = u.seq`.execute(tx)
  }
  sum.rows_restored = restoredRows.size
  return sum
}

const identityOf = async (
  tx: Tx,
  known: Map<string, { email: string | null; linkedin_url: string | null }>,
  datasetId: string,
) => {
  const found = known.get(datasetId)
  if (found) return found
  const { rows } = await sql<{ email: string | null; linkedin_url: string | null }>`
    select (select key from jsonb_each_text(column_mapping) where value = 'email' limit 1) as email,
      (select key from jsonb_each_text(column_mapping) where value = 'linkedin_url' limit 1) as linkedin_url
    from datasets where dataset_id = ${datasetId}`.execute(tx)
  const identity = rows[0] ?? { email: null, linkedin_url: null }
  known.set(datasetId, identity)
  return identity
}

/** Of the columns that came with the import those go again in which no row of another origin has written anything. */
const dropEmptyColumns = async (tx: Tx, datasetId: string, added: string[]): Promise<string[]> => {
  if (!added.length) return []
  const { rows } = await sql<{ column: string }>`
    select c.column from unnest(${added}::text[]) as c ("column")
    where not exists (select 1 from dataset_rows r where r.dataset_id = ${datasetId} and r.removed_at is null and r.data ? c.column)`.execute(
    tx,
  )
  const empty = rows.map(({ column }) => column)
  if (empty.length)
    await sql`
      update datasets set columns = columns - ${empty}::text[], column_mapping = column_mapping - ${empty}::text[] where dataset_id = ${datasetId}`.execute(
      tx,
    )
  return empty
}
