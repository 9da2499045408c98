import type { RowFilter } from './row-filter.ts'

/** Which rows a change is about: these, those that match, or every one. */
export type RowSelection = { row_ids: string[] } | { filter: RowFilter | null; search: string | null } | { all: true }

/** A cell as it is written; null empties it. */
export type CellValue = string | null

/**
 * A change of many rows or of all of them. It is carried out in the request where the dataset is small, else by a job, in
 * one transaction either way.
 */
export type DatasetChange =
  | { kind: 'update_rows'; rows: RowSelection; cells: Record<string, CellValue> }
  | { kind: 'remove_rows'; rows: RowSelection }
  | { kind: 'restore_rows'; rows: { row_ids: string[] } | { removed_at: string } | { all: true } }
  | { kind: 'add_column'; name: string; after: string | null; field: string | null; value: string | null }
  | { kind: 'reorder_columns'; columns: string[] }
  | { kind: 'rename_column'; column: string; name: string }
  | { kind: 'remove_column'; column: string }
  | { kind: 'map_column'; column: string; field: string | null }
  | {
      kind: 'merge'
      source_id: string
      duplicates: 'skip' | 'update' | 'keep'
      archive_source: boolean
      dry_run: boolean
    }
  | { kind: 'split'; target_id: string; rows: RowSelection; move: boolean }
  | { kind: 'copy'; target_id: string }

/** Numbers, and lists of names where they help; what each kind of change answers is written in docs/datasets.md. */
export type ChangeResult = {
  rows_changed?: number
  rows_removed?: number
  /** Names what was removed together, to restore it together. */
  removed_at?: Date
  rows_restored?: number
  rows_copied?: number
  rows_added?: number
  rows_updated?: number
  rows_unchanged?: number
  rows_duplicate?: number
  rows_without_email?: number
  columns_added?: string[]
  new_dataset_id?: string
  row_count?: number
  /** Campaigns that have leads of the rows and go on writing to them from their snapshot. */
  campaigns?: { campaign_id: string; name: string; status: string; leads: number }[]
}

/** Columns that a selection asks about. */
const columnsOf = (rows: RowSelection): string[] =>
  'filter' in rows ? (rows.filter?.conditions.map(({ column }) => column) ?? []) : []

/**
 * Why a change that waited can no longer be carried out over these columns, or null. Between the request and its job an
 * import or a session may have added columns, and its undoing taken some away.
 */
export const outdatedChange = (change: DatasetChange, columns: readonly string[]): string | null => {
  const needed =
    change.kind === 'update_rows'
      ? [...columnsOf(change.rows), ...Object.keys(change.cells)]
      : change.kind === 'remove_rows' || change.kind === 'split'
        ? columnsOf(change.rows)
        : 'column' in change
          ? [change.column]
          : []
  const gone = needed.find((column) => !columns.includes(column))
  if (gone !== undefined) return `Nothing was changed: the dataset has no column "${gone}" any more.`
  const made = change.kind === 'add_column' || change.kind === 'rename_column' ? change.name : null
  return made !== null && columns.includes(made)
    ? `Nothing was changed: the dataset has a column "${made}" by now.`
    : null
}

const rows = (n: number | undefined): string => (n === 1 ? '1 row' : `${n ?? 0} rows`)

/** One sentence for a person about what a change did, or would do. */
export const changeSummary = (change: DatasetChange, result: ChangeResult): string => {
  switch (change.kind) {
    case 'update_rows':
      return `${rows(result.rows_changed)} changed.`
    case 'add_column':
      return `The column "${change.name}" was added${change.value === null ? '' : `, with a value in ${rows(result.rows_changed)}`}.`
    case 'reorder_columns':
      return 'The columns are in the new order.'
    case 'remove_rows': {
      const campaigns = result.campaigns ?? []
      const named = campaigns.length
        ? ` These campaigns have leads of them and go on: ${campaigns.map(({ name }) => `"${name}"`).join(', ')}.`
        : ''
      return `${rows(result.rows_removed)} removed; they can be restored.${named}`
    }
    case 'restore_rows':
      return `${rows(result.rows_restored)} restored.`
    case 'rename_column':
      return `The column "${change.column}" is "${change.name}" now, in ${rows(result.rows_changed)}.`
    case 'remove_column':
      return `The column "${change.column}" is gone, with its values in ${rows(result.rows_changed)}.`
    case 'map_column':
      return change.field
        ? `The column "${change.column}" is ${change.field} now.`
        : `The column "${change.column}" is no lead field any more.`
    case 'merge':
      return `${rows(result.rows_added)} ${change.dry_run ? 'would be added' : 'added'}, ${rows(result.rows_updated)} ${
        change.dry_run ? 'would change' : 'changed'
      }, ${rows(result.rows_duplicate)} there already.`
    case 'split':
      return `${rows(result.rows_copied)} ${change.move ? 'moved' : 'copied'} into a new dataset.`
    case 'copy':
      return `${rows(result.rows_copied)} copied into a new dataset.`
  }
}
