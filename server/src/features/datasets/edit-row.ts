import { sql } from 'kysely'
import type { LeadField } from '../../column-mapping.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound, problem } from '../../http/errors.ts'
import { appendRows } from '../uploads/append-rows.ts'
import { findOpenDataset } from '../uploads/import-target.ts'
import { shareRowsOfDataset } from '../uploads/lock-rows.ts'
import { emailOf, profileOf } from '../uploads/match-rows.ts'
import type { RowPolicy } from '../uploads/row-policy.ts'
import { addToCount, checkCells, identityColumns, touch, trimmedCells } from './change-rows.ts'
import { findRow, type ListedRow, ROW_COLUMNS } from './dataset-rows.ts'

export const noRow = () => notFound('There is no such row in this dataset of this workspace.')

type Place = { workspace_id: string; dataset_id: string; now: Date }

/** A row that is there, held. A row that was removed is no longer edited. */
const holdRow = async (tx: Tx, place: Place, rowId: string): Promise<ListedRow> => {
  const row = await findRow(tx, place.workspace_id, place.dataset_id, rowId, true)
  if (!row) throw noRow()
  return row
}

/**
 * Writes cells of one row; those that are not named stay, so two people who edit different cells both keep theirs. With
 * `version` the row has to be what the client saw. Throws ROW_CHANGED, ALREADY_EXISTS for the address of another row,
 * CONFLICT for a removed row, and VALIDATION_ERROR.
 */
export const updateRow = (
  deps: Pick<Deps, 'db'>,
  place: Place,
  rowId: string,
  edit: { cells: Record<string, string | number | boolean | null>; version?: string; allow_duplicate: boolean },
): Promise<ListedRow> =>
  transaction(deps.db, async (tx) => {
    if (!(await findRow(tx, place.workspace_id, place.dataset_id, rowId))) throw noRow()
    const dataset = await findOpenDataset(tx, place.workspace_id, place.dataset_id)
    await shareRowsOfDataset(tx, place.dataset_id)
    const row = await holdRow(tx, place, rowId)
    if (row.removed_at) throw problem('CONFLICT', 'The row was removed; restore it first.')
    if (edit.version !== undefined && edit.version !== row.version) throw problem('ROW_CHANGED')
    const cells = trimmedCells(edit.cells)
    checkCells(cells, dataset)
    const identity = identityColumns(dataset.column_mapping)
    const data = Object.fromEntries(
      Object.entries({ ...row.cells, ...cells }).filter((entry): entry is [string, string] => entry[1] !== null),
    )
    const email =
      identity.email !== null && Object.hasOwn(cells, identity.email) ? emailOf(data[identity.email]) : row.email
    const linkedin_url =
      identity.linkedin_url !== null && Object.hasOwn(cells, identity.linkedin_url)
        ? profileOf(data[identity.linkedin_url])
        : row.linkedin_url
    if (email !== null && email !== row.email && !edit.allow_duplicate) {
      const other = await sql<{ row_index: number }>`
        select row_index from dataset_rows
        where workspace_id = ${place.workspace_id} and email = ${email} and removed_at is null and dataset_id = ${place.dataset_id} and id <> ${rowId} limit 1`.execute(
        tx,
      )
      if (other.rows[0])
        throw problem(
          'ALREADY_EXISTS',
          `${email} is in the dataset already, at position ${other.rows[0].row_index + 1}.`,
        )
    }
    const written = await sql<ListedRow>`
      update dataset_rows r set data = ${JSON.stringify(data)}::jsonb, email = ${email}, linkedin_url = ${linkedin_url}
      where r.id = ${rowId} and r.workspace_id = ${place.workspace_id} returning ${ROW_COLUMNS}`.execute(tx)
    await touch({ tx, ...place })
    return written.rows[0] as ListedRow
  })

/** Takes a row out; it can be brought back. A row that is out already stays as it is. */
export const removeRow = (deps: Pick<Deps, 'db'>, place: Place, rowId: string): Promise<ListedRow> =>
  transaction(deps.db, async (tx) => {
    if (!(await findRow(tx, place.workspace_id, place.dataset_id, rowId))) throw noRow()
    await findOpenDataset(tx, place.workspace_id, place.dataset_id)
    await shareRowsOfDataset(tx, place.dataset_id)
    const row = await holdRow(tx, place, rowId)
    if (row.removed_at) return row
    await sql`update dataset_rows set removed_at = ${place.now} where id = ${rowId} and workspace_id = ${place.workspace_id}`.execute(
      tx,
    )
    await addToCount({ tx, ...place }, -1)
    return { ...row, removed_at: place.now }
  })

/**
 * Adds rows at the end, judged like those of an import, except that nobody is refused for a missing address. An address that
 * cannot be right is refused with the whole request, because a person has just typed it. Throws VALIDATION_ERROR,
 * IMPORT_STATE and CONFLICT.
 */
export const addRows = (
  deps: Pick<Deps, 'db'>,
  place: Place,
  rows: Record<string, string | number | boolean | null>[],
  duplicates: RowPolicy['duplicates'],
) =>
  transaction(deps.db, async (tx) => {
    const { workspace_id, dataset_id, now } = place
    const dataset = await findOpenDataset(tx, workspace_id, dataset_id)
    const trimmed = rows.map(trimmedCells)
    for (const cells of trimmed) checkCells(cells, dataset)
    const end = await sql<{ next: number }>`
      select coalesce(max(row_index), -1) + 1 as next from dataset_rows where dataset_id = ${dataset_id} and removed_at is null`.execute(
      tx,
    )
    const added = await appendRows(tx, {
      workspace_id,
      dataset_id,
      import_id: null,
      policy: { duplicates, duplicates_in: 'dataset' },
      keep_all: true,
      columns: dataset.columns,
      column_mapping: dataset.column_mapping as Record<string, LeadField>,
      rows: trimmed.map((cells) => dataset.columns.map((column) => cells[column] ?? '')),
      now,
    })
    const made = await sql<{ id: string }>`
      select id from dataset_rows where dataset_id = ${dataset_id} and removed_at is null and row_index >= ${end.rows[0]?.next ?? 0}
      order by row_index`.execute(tx)
    return {
      dataset_id,
      rows_added: added.rows_imported,
      rows_updated: added.rows_updated,
      rows_unchanged: added.rows_unchanged,
      rows_duplicate: added.rows_duplicate,
      row_ids: made.rows.map(({ id }) => id),
      row_count: added.row_count,
      issues: added.issues.map(({ source_row, severity, code, message, column_name }) => ({
        row: source_row,
        severity,
        code,
        message,
        column: column_name,
      })),
      message: `${added.rows_imported} of ${rows.length} rows were added.`,
    }
  })
