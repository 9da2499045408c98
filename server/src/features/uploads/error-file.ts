import { Readable } from 'node:stream'
import { csvPieces } from '../../csv-writer.ts'
import type { Db } from '../../db/connect.ts'
import { readIssuesAfter } from './queries.ts'
import { ERROR_COLUMNS, ERROR_SHEET_COLUMN } from './read-row.ts'

const PAGE = 1_000

/**
 * The rows of an import that need a look, as a CSV file: row number in the upload, problem, message, then the columns as the
 * upload had them. Corrected and uploaded again it is read without the first ones; behind those three a workbook has the name
 * of the sheet. Cells that spreadsheets would run as
 * formulas are guarded. Read page by page, so the size of the file does not matter.
 */
export const writeErrorFile = (
  db: Db,
  importId: string,
  columns: string[],
  severities: string[],
  ofWorkbook: boolean,
): Readable => {
  const front = ofWorkbook ? [...ERROR_COLUMNS, ERROR_SHEET_COLUMN] : ERROR_COLUMNS
  async function* pages(): AsyncGenerator<unknown[][]> {
    let after = -1
    for (;;) {
      const page = await readIssuesAfter(db, importId, severities, after, PAGE)
      yield page.map((issue) => [
        issue.source_row,
        issue.code,
        issue.message,
        ...(ofWorkbook ? [issue.sheet_name] : []),
        ...(issue.row_values ?? []),
      ])
      const last = page.at(-1)
      if (!last || page.length < PAGE) return
      after = last.seq
    }
  }
  return Readable.from(csvPieces([...front, ...columns], pages(), { bom: true }), { objectMode: false })
}
