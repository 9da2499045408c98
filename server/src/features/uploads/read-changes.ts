import type { Db } from '../../db/connect.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, type PageRequest } from '../../http/pagination.ts'
import { NO_IMPORT } from './apply-plan.ts'
import { type ChangeRow, countChanges, findImport, listChanges } from './queries.ts'

/** One page of what an import changes, as an answer. Throws NOT_FOUND. */
export const readChanges = async (
  db: Db,
  workspaceId: string,
  importId: string,
  wanted: { action?: ChangeRow['action']; kept: boolean },
  page: PageRequest,
) => {
  const found = await findImport(db, workspaceId, importId)
  if (!found) throw notFound(NO_IMPORT)
  const filter = {
    workspace_id: workspaceId,
    import_id: importId,
    action: wanted.action ?? null,
    kept: wanted.kept,
  }
  const rows = await listChanges(db, filter, page)
  const { items, ...rest } = cutPage(rows, page, (row) => [row.seq])
  return {
    items: items.map((row) => changeAnswer(row, found.columns ?? [])),
    ...rest,
    total: await countChanges(db, filter),
    limit: page.limit,
    offset: page.offset,
  }
}

/** Cells in the order of the file's columns; jsonb keeps none. */
const inOrder = <T>(cells: Record<string, T>, columns: string[]): [string, T][] => {
  const place = new Map(columns.map((column, index) => [column, index]))
  const placeOf = (column: string): number => place.get(column) ?? columns.length
  return Object.entries(cells).sort(([a], [b]) => placeOf(a) - placeOf(b))
}

const changeAnswer = (row: ChangeRow, columns: string[]) => ({
  source_row: row.source_row,
  sheet_name: row.sheet_name,
  action: row.action,
  email: row.email,
  dataset_id: row.dataset_id,
  row_id: row.row_id,
  values:
    row.action === 'insert'
      ? Object.fromEntries(inOrder(row.cells ?? {}, columns))
      : row.row_values
        ? named(columns, row.row_values)
        : null,
  changes:
    row.action === 'update'
      ? inOrder(row.cells as Record<string, [unknown, unknown]>, columns).map(([column, [before, after]]) => ({
          column,
          before,
          after,
        }))
      : [],
  code: row.code,
  message: row.message,
  kept: Object.entries(row.kept ?? {}).map(([column, value]) => ({ column, value })),
})

/** The cells of a row as its file has them; what stands beyond the last column is what is wrong with it. */
const named = (columns: string[], values: string[]): Record<string, string> => {
  const cells: Record<string, string> = {}
  for (const [index, value] of values.entries()) {
    const column = columns[index] ?? `beyond column ${columns.length} (${index - columns.length + 1})`
    if (value.trim() !== '') cells[column] = value.trim()
  }
  return cells
}
