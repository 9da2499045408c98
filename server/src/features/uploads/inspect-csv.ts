import { createReadStream } from 'node:fs'
import type { CsvDialect } from '../../csv-dialect.ts'
import { type CsvFile, NotCsvError, openCsv, TooManyColumnsError } from '../../csv-reader.ts'
import { type ApiError, problem } from '../../http/errors.ts'
import { HeaderRowError, WorkbookError } from '../../xlsx-reader.ts'
import { inspectTable, type TableInspection } from './inspect-table.ts'

export type CsvInspection = TableInspection & { dialect: CsvDialect }

/** The clear word for a file that is no table: 415 for another kind of file, 413 for one that unpacks to too much, 422 for one that holds nothing or is damaged. */
export const unreadable = (error: unknown): ApiError | null => {
  if (error instanceof NotCsvError)
    return error.kind === 'empty'
      ? problem('UNREADABLE_FILE', error.message)
      : problem('UNSUPPORTED_MEDIA_TYPE', error.message)
  if (error instanceof WorkbookError)
    return problem(
      error.reason === 'too_large'
        ? 'PAYLOAD_TOO_LARGE'
        : error.reason === 'not_a_workbook'
          ? 'UNSUPPORTED_MEDIA_TYPE'
          : 'UNREADABLE_FILE',
      error.message,
    )
  if (error instanceof TooManyColumnsError || error instanceof HeaderRowError)
    return problem('UNREADABLE_FILE', error.message)
  return null
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
  const dialect = { ...file.dialect }
  return { ...(await inspectTable(file, most)), dialect }
}
