import { type ColumnName, type LeadField, normalizeColumnNames, variableName } from '../../column-mapping.ts'
import type { CsvRow } from '../../csv-records.ts'
import { splitFullName } from '../../person-name.ts'
import type { TableShape } from './row-policy.ts'

/** The parts of a full name, and what a column of them is called. */
const PARTS = [
  ['first_name', 'First name'],
  ['last_name', 'Last name'],
] as const satisfies readonly (readonly [LeadField, string])[]

type Part = (typeof PARTS)[number][0]

export type NameSplit = {
  /** The column that holds full names. */
  column: string
  /** The columns that the dataset gains; null where the file has one for that part already. */
  first_name: string | null
  last_name: string | null
  examples: { full_name: string; first_name: string | null; last_name: string | null }[]
}

const EXAMPLES = 3

/**
 * Whether the full names of a file are split into columns of their own, so that a template can greet by the first name: they
 * are where a part has no column and at least half of the names in the sample can be split with certainty. A dataset that is
 * there gains no columns by it: there only the parts that it has are filled.
 */
export const planNameSplit = (
  columns: Pick<ColumnName, 'name'>[],
  mapping: Readonly<Record<string, LeadField>>,
  samples: readonly Readonly<Record<string, string>>[],
  dataset: Pick<TableShape, 'column_mapping'> | null = null,
): NameSplit | null => {
  const fields = new Set<string>(Object.values(mapping))
  const column = Object.keys(mapping).find((name) => mapping[name] === 'full_name')
  const wanted = dataset && new Set(Object.values(dataset.column_mapping))
  const missing = PARTS.filter(([part]) => !fields.has(part) && (wanted === null || wanted.has(part)))
  if (column === undefined || missing.length === 0) return null
  const names = samples.map((sample) => sample[column] ?? '').filter((name) => name !== '')
  const split = names.map((full_name) => ({ full_name, ...splitFullName(full_name) }))
  const readable = split.filter((name) => missing.some(([part]) => name[part] !== null))
  if (readable.length === 0 || readable.length * 2 < names.length) return null
  const taken = columns.map(({ name }) => name)
  const given: Record<Part, string | null> = { first_name: null, last_name: null }
  for (const [part, title] of missing) {
    const name = normalizeColumnNames([...taken, title]).at(-1)?.name as string
    taken.push(name)
    given[part] = name
  }
  return { column, ...given, examples: readable.slice(0, EXAMPLES) }
}

/** The mapping with the columns that the split adds behind those of the file. */
export const mappingWithNames = (
  mapping: Readonly<Record<string, LeadField>>,
  split: NameSplit | null,
): Record<string, LeadField> => {
  const extended = { ...mapping }
  for (const [part] of PARTS) {
    const column = split?.[part]
    if (column) extended[column] = part
  }
  return extended
}

/**
 * The columns that a mapping has beyond those of its file, the first name before the last: a mapping that was stored comes
 * back in another order.
 */
const addedColumns = (columns: ReadonlySet<string>, mapping: Readonly<Record<string, string>>) =>
  PARTS.flatMap(([part]) => {
    const name = Object.keys(mapping).find((one) => mapping[one] === part)
    return name !== undefined && !columns.has(name) ? [{ name, part }] : []
  })

/** The columns of a dataset that is made of a file: those of the file, then those that the mapping adds by splitting names. */
export const columnsWithNames = (columns: string[], mapping: Readonly<Record<string, string>>): string[] => [
  ...columns,
  ...addedColumns(new Set(columns), mapping).map(({ name }) => name),
]

/** Whether an entry of a mapping is one that a split added, as an earlier answer named it. */
export const isOfSplit = (column: string, field: unknown): boolean =>
  PARTS.some(([part, title]) => part === field && (column === title || column.startsWith(`${title} (`)))

export type NameSplitter = {
  /** Columns of the file, then those that are added. */
  columns: ColumnName[]
  extend: (row: CsvRow) => CsvRow
  /**
   * Takes parts out of `given`, the cells for a row that is there: what somebody wrote there is better than a guess. A part
   * that only repeats the row's former full name follows the new one.
   */
  keepWritten: (
    stored: Readonly<Record<string, unknown>>,
    given: Record<string, string>,
    under: readonly (string | null)[],
  ) => void
}

/**
 * Adds the parts of full names to the rows of a table whose mapping has columns for them that the table has not; null for
 * any other table. A part is left empty where the split is uncertain or does not fit the part that the row has.
 */
export const createNameSplitter = (
  columns: ColumnName[],
  mapping: Readonly<Record<string, LeadField>>,
): NameSplitter | null => {
  const added = addedColumns(new Set(columns.map(({ name }) => name)), mapping)
  const placeOf = (field: LeadField): number => columns.findIndex(({ name }) => mapping[name] === field)
  const fullAt = placeOf('full_name')
  if (added.length === 0 || fullAt === -1) return null
  const width = columns.length
  const ownAt = { first_name: placeOf('first_name'), last_name: placeOf('last_name') }

  const fits = (values: string[], part: Part, found: string | null): boolean => {
    const own = ownAt[part] === -1 ? '' : (values[ownAt[part]] ?? '').trim()
    return own === '' || found === null || own === found
  }
  return {
    columns: [...columns, ...added.map(({ name }) => ({ header: '', name, variable_name: variableName(name) }))],
    extend: (row) => {
      const { values } = row
      const full = row.problem && !row.problem.usable ? '' : (values[fullAt] ?? '').trim()
      const split = full === '' ? null : splitFullName(full)
      const isWhole = split !== null && PARTS.every(([part]) => fits(values, part, split[part]))
      const parts = added.map(({ part }) => (isWhole ? (split[part] ?? '') : ''))
      const own = values.slice(0, width)
      while (own.length < width) own.push('')
      // A row with more fields than columns keeps them, behind all columns.
      row.values = own.concat(parts, values.slice(width))
      return row
    },
    keepWritten: (stored, given, under) => {
      const before = splitFullName(String(stored[under[fullAt] ?? ''] ?? ''))
      for (const [index, { part }] of added.entries()) {
        const key = under[width + index]
        if (!key) continue
        const written = stored[key] ?? ''
        if (written !== '' && written !== before[part]) delete given[key]
      }
    },
  }
}
