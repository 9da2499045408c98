import { Readable } from 'node:stream'
import { csvPieces } from './csv-writer.ts'
import { type WorkbookRow, writeWorkbook } from './xlsx-writer.ts'

export type DownloadFormat = 'csv' | 'excel' | 'json'

export const DOWNLOAD_TYPES: Record<DownloadFormat, { type: string; extension: string }> = {
  csv: { type: 'text/csv; charset=utf-8', extension: 'csv' },
  excel: { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', extension: 'xlsx' },
  json: { type: 'application/json; charset=utf-8', extension: 'json' },
}

/**
 * Streams a table in the given format: CSV with guarded formulas and a byte order mark, a workbook of text, or a list of
 * objects with every column, in which an empty cell is null. A row has its values in the order of the columns. Nothing is read
 * ahead of the reader but one batch, and nothing at all once it is gone; a batch is best an iterator, so that only one row
 * of it is parsed at a time.
 */
export const writeTable = (
  columns: readonly string[],
  batches: AsyncIterable<Iterable<WorkbookRow>>,
  format: DownloadFormat,
): Readable => {
  if (format === 'excel') return writeWorkbook(columns, batches)
  const pieces = format === 'csv' ? csvPieces(columns, batches, { bom: true }) : jsonPieces(columns, batches)
  return Readable.from(pieces, { objectMode: false })
}

const PIECE = 64 << 10

async function* jsonPieces(
  columns: readonly string[],
  batches: AsyncIterable<Iterable<WorkbookRow>>,
): AsyncGenerator<string, void, undefined> {
  // Put together by hand, because in an object a column that is called `2024` would come before all others.
  const keys = columns.map((column, index) => `${index ? ',' : ''}${JSON.stringify(column)}:`)
  let piece = '['
  let between = ''
  for await (const rows of batches)
    for (const row of rows) {
      piece += `${between}{`
      between = ',\n'
      for (let index = 0; index < keys.length; index++) piece += keys[index] + JSON.stringify(row[index] ?? null)
      piece += '}'
      if (piece.length < PIECE) continue
      yield piece
      piece = ''
    }
  yield `${piece}]`
}

/** The name under which a browser saves it: plain ASCII for old ones, the real name by RFC 5987 for the rest. */
export const attachment = (name: string, extension: string): string => {
  const clean =
    name
      .replaceAll(/[\p{Cc}"\\/:*?<>|]+/gu, '_')
      .trim()
      .slice(0, 150)
      .toWellFormed() || 'dataset'
  const ascii =
    clean
      .normalize('NFKD')
      .replaceAll(/[^\x20-\x7e]/g, '')
      .replaceAll(/[%;]/g, '_')
      .trim() || 'dataset'
  const encoded = encodeURIComponent(`${clean}.${extension}`).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}.${extension}"; filename*=UTF-8''${encoded}`
}
