import { type ColumnKind, kindOfColumn } from '../../column-kinds.ts'
import { type ColumnConflict, type ColumnName, guessMapping, type LeadField } from '../../column-mapping.ts'
import type { TableBatch } from '../../table-file.ts'
import { ignoredColumns } from './read-row.ts'

export type TableInspection = {
  /** The columns that an import stores: all but those that an error file of ours put in front. */
  columns: ColumnName[]
  guessed: Record<string, LeadField>
  conflicts: ColumnConflict[]
  /** What the values of each column look like. */
  types: Record<string, ColumnKind>
  samples: Record<string, string>[]
  /** Rows read; the whole table's number only when `whole`. */
  row_count: number
  whole: boolean
}

/** How many rows the guess of the mapping looks at. */
const GUESSED_FROM = 200
/** Of a very wide table fewer rows are kept, so that the samples stay small. */
const SAMPLE_CELLS = 400_000

/**
 * Reads a table up to `most` rows and says what its columns seem to hold. Rows are counted and dropped, so memory holds the
 * samples alone. `labels` is the lowest line of a header of several, by column.
 */
export const inspectTable = async (
  table: { columns: ColumnName[]; labels?: string[]; batches: () => AsyncGenerator<TableBatch, void, undefined> },
  most: number,
): Promise<TableInspection> => {
  const ignored = ignoredColumns(table.columns)
  const columns = table.columns.filter((_, index) => !ignored.has(index))
  const kept = Math.max(10, Math.min(GUESSED_FROM, Math.floor(SAMPLE_CELLS / Math.max(1, columns.length))))
  const samples: Record<string, string>[] = []
  let row_count = 0
  let whole = true
  for await (const { rows } of table.batches()) {
    row_count += rows.length
    for (const row of rows) {
      if (samples.length >= kept) break
      if (row.problem && !row.problem.usable) continue
      const cells: [string, string][] = []
      for (const [index, { name }] of table.columns.entries())
        if (!ignored.has(index)) cells.push([name, (row.values[index] ?? '').trim()])
      samples.push(Object.fromEntries(cells))
    }
    if (row_count > most) {
      whole = false
      break
    }
  }
  const labels = table.labels?.filter((_, index) => !ignored.has(index))
  const { mapping, conflicts } = guessMapping(
    columns.map(({ name }) => name),
    samples,
    labels,
  )
  const types = Object.fromEntries(
    columns.map(({ name }) => [name, kindOfColumn(samples.map((sample) => sample[name] ?? ''))]),
  )
  return { columns, guessed: mapping, conflicts, types, samples, row_count, whole }
}

/** For each field that several columns could hold, the sentence that says so and which one won. */
export const conflictNotices = (conflicts: ColumnConflict[]): string[] =>
  conflicts.map(
    ({ field, columns, chosen }) =>
      `${columns.map((name) => `"${name}"`).join(' and ')} could all be ${field}; "${chosen}" was chosen. Say otherwise with column_mapping.`,
  )
