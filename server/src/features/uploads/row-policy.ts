import type { ColumnName, LeadField } from '../../column-mapping.ts'

export const DUPLICATES = ['skip', 'update', 'keep'] as const
export const DUPLICATES_IN = ['dataset', 'workspace'] as const

/**
 * What becomes of a row whose person is there already. `skip` leaves the row that is there as it is, `update` fills its
 * cells from the new one, `keep` adds the new row beside it. `duplicates_in` says where one looks: in the dataset that the
 * rows go to, or in all datasets of the workspace.
 *
 * Two rows are the same person when their normalised addresses are equal. A row without an address is the person of a row
 * with the same LinkedIn address; a row with an address is that of a row without one only for `update`, which then learns
 * the address: skipping would lose it.
 */
export type RowPolicy = {
  duplicates: (typeof DUPLICATES)[number]
  duplicates_in: (typeof DUPLICATES_IN)[number]
}

export const DEFAULT_POLICY: RowPolicy = { duplicates: 'skip', duplicates_in: 'dataset' }

export type TableShape = { columns: string[]; column_mapping: Record<string, string> }

export type Alignment = {
  /** For each column of the file the column of the dataset that takes its values. */
  keys: string[]
  columns_added: string[]
  mapping_added: Record<string, string>
}

/**
 * Which column of a dataset takes which column of a file: the one of the same name, else the one that holds the same lead
 * field, else one whose name differs in case alone, else a new one at the end. No two columns of the file share one. A lead
 * field that the dataset has no column for is mapped to the new one.
 */
export const alignColumns = (
  columns: Pick<ColumnName, 'name'>[],
  mapping: Readonly<Record<string, LeadField>>,
  dataset: TableShape,
): Alignment => {
  const present = new Set(dataset.columns)
  const taken = new Set<string>()
  const keys: (string | null)[] = columns.map(({ name }) => {
    if (!present.has(name)) return null
    taken.add(name)
    return name
  })
  const columnOfField = new Map(Object.entries(dataset.column_mapping).map(([column, field]) => [field, column]))
  const byLowerCase = new Map(dataset.columns.map((column) => [column.toLowerCase(), column]))
  const settle = (find: (name: string) => string | undefined): void => {
    for (const [index, column] of columns.entries()) {
      if (keys[index] !== null) continue
      const found = find(column.name)
      if (found === undefined || taken.has(found) || !present.has(found)) continue
      taken.add(found)
      keys[index] = found
    }
  }
  settle((name) => columnOfField.get(mapping[name] ?? ''))
  settle((name) => byLowerCase.get(name.toLowerCase()))
  const columns_added: string[] = []
  const settled = columns.map(({ name }, index) => {
    const key = keys[index]
    if (key) return key
    columns_added.push(name)
    return name
  })
  const mapping_added: Record<string, string> = {}
  const mapped = new Set(Object.keys(dataset.column_mapping))
  for (const [index, { name }] of columns.entries()) {
    const field = mapping[name]
    const key = settled[index] as string
    if (field && !columnOfField.has(field) && !mapped.has(key)) mapping_added[key] = field
  }
  return { keys: settled, columns_added, mapping_added }
}

/** Column to what stood there and what stands there now; null is an empty cell. */
export type CellChanges = Record<string, [before: unknown, after: unknown]>

/**
 * What a row gains from a new one, cell by cell. An empty cell never erases, and a cell that only writes the same thing
 * differently (`isSame`) stays as it is.
 */
export const mergeCells = (
  row: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, string>>,
  isSame: (column: string, before: string, after: string) => boolean,
): CellChanges => {
  const changes: CellChanges = {}
  for (const [column, after] of Object.entries(given)) {
    if (after === '') continue
    const before = row[column] ?? null
    if (before === after) continue
    if (before !== null && isSame(column, String(before), after)) continue
    changes[column] = [before, after]
  }
  return changes
}

export type Undoing = {
  restored: Record<string, unknown>
  kept: Record<string, unknown>
  /** Those of the changes that the row shows no more, whoever wrote over them. */
  overwritten: CellChanges
}

/**
 * Takes changes back: `restored` has the former value of each cell that still holds what the change wrote (null: empty),
 * `kept` the present value of each that somebody has written since.
 */
export const undoCells = (row: Readonly<Record<string, unknown>>, changes: CellChanges): Undoing => {
  const undoing: Undoing = { restored: {}, kept: {}, overwritten: {} }
  for (const [column, [before, after]] of Object.entries(changes)) {
    const now = row[column] ?? null
    if (now === after) {
      undoing.restored[column] = before
      continue
    }
    undoing.overwritten[column] = [before, after]
    if (now !== before) undoing.kept[column] = now
  }
  return undoing
}
