import { createReadStream } from 'node:fs'
import { type ColumnConflict, type ColumnName, guessMapping, type LeadField } from '../../column-mapping.ts'
import type { CsvDialect } from '../../csv-dialect.ts'
import { type CsvFile, NotCsvError, openCsv, TooManyColumnsError } from '../../csv-reader.ts'
import { type ApiError, problem } from '../../http/errors.ts'
import { ignoredColumns } from './read-row.ts'

export type CsvInspection = {
  dialect: CsvDialect
  columns: ColumnName[]
  guessed: Record<string, LeadField>
  conflicts: ColumnConflict[]
  samples: Record<string, string>[]
  /** Rows read; the whole file's number only when `whole`. */
  row_count: number
  whole: boolean
}

/** How many rows the guess of the mapping looks at. */
const GUESSED_FROM = 200

/** The clear word for a file that is no table: 415 for another kind of file, 422 for one that holds nothing. */
export const unreadable = (error: unknown): ApiError | null => {
  if (error instanceof NotCsvError)
    return error.kind === 'empty'
      ? problem('UNREADABLE_FILE', error.message)
      : problem('UNSUPPORTED_MEDIA_TYPE', error.message)
  if (error instanceof TooManyColumnsError) return problem('UNREADABLE_FILE', error.message)
  return null
}

/** The columns that an import stores: all but those that an error file of ours put in front. */
export const storedColumns = (columns: ColumnName[]): ColumnName[] => {
  const ignored = ignoredColumns(columns)
  return columns.filter((_, index) => !ignored.has(index))
}

/**
 * Reads the beginning of a file, up to `most` rows, and says how it is written and what its columns seem to hold. Rows are
 * counted and dropped, so memory holds the samples alone. Throws UNREADABLE_FILE or UNSUPPORTED_MEDIA_TYPE.
 */
export const inspectCsv = async (path: string, most: number): Promise<CsvInspection> => {
  let file: CsvFile
  try {
    file = await openCsv(createReadStream(path))
  } catch (error) {
    throw unreadable(error) ?? error
  }
  // A file without any record has no columns either.
  if (!file.columns.length) throw problem('UNREADABLE_FILE', 'The file is empty.')
  const columns = storedColumns(file.columns)
  const dialect = { ...file.dialect }
  const samples: Record<string, string>[] = []
  let row_count = 0
  let whole = true
  for await (const { rows } of file.batches()) {
    row_count += rows.length
    for (const row of rows) {
      if (samples.length >= GUESSED_FROM) break
      if (row.problem && !row.problem.usable) continue
      const sample: Record<string, string> = {}
      for (const [index, column] of file.columns.entries())
        if (columns.includes(column)) sample[column.name] = (row.values[index] ?? '').trim()
      samples.push(sample)
    }
    if (row_count > most) {
      whole = false
      break
    }
  }
  const { mapping, conflicts } = guessMapping(
    columns.map(({ name }) => name),
    samples,
  )
  return { dialect, columns, guessed: mapping, conflicts, samples, row_count, whole }
}
