import { once } from 'node:events'
import { PassThrough, Readable, type Writable } from 'node:stream'
import ExcelJS from 'exceljs'
import { sql } from 'kysely'
import { csvPieces } from '../../csv-writer.ts'
import type { Db } from '../../db/connect.ts'

export type ExportFormat = 'csv' | 'excel' | 'json'

export const EXPORT_TYPES: Record<ExportFormat, { type: string; extension: string }> = {
  csv: { type: 'text/csv; charset=utf-8', extension: 'csv' },
  excel: { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', extension: 'xlsx' },
  json: { type: 'application/json; charset=utf-8', extension: 'json' },
}

const PAGE = 1_000
const FIRST_PAGE = 100
/** Of text. Rows with huge cells come fewer at a time, one at least. */
const PAGE_BYTES = 512 << 10

type ExportedRow = { row_index: number; data: string }

/**
 * The cells stay text until they are written: whole pages of parsed rows would live long enough to crowd the old heap. How
 * long a row is shows only when it is unpacked, for a long one is stored compressed, up to a hundred times as small; what is
 * stored bounds how many PostgreSQL unpacks, and the text how many it sends.
 */
const readPageAfter = async (db: Db, datasetId: string, after: number, limit: number): Promise<ExportedRow[]> => {
  const found = await sql<ExportedRow>`
    select row_index, text as data from (
      select row_index, text, sum(octet_length(text)) over (order by row_index rows between unbounded preceding and 1 preceding) as before from (
        select row_index, data::text as text from (
          select row_index, data, sum(pg_column_size(data)) over (order by row_index rows between unbounded preceding and 1 preceding) as stored_before from (
            select row_index, data from dataset_rows
            where dataset_id = ${datasetId} and removed_at is null and row_index > ${after} order by row_index limit ${limit}) page) stored
        where coalesce(stored_before, 0) < ${PAGE_BYTES} offset 0) unpacked) sized
    where coalesce(before, 0) < ${PAGE_BYTES} order by row_index`.execute(db)
  return found.rows
}

/**
 * The rows of a dataset page by page; the next one is on its way while one is written. No transaction stays open for a slow
 * reader; a page begins behind the last position, so a row is never given twice.
 */
async function* pages(db: Db, datasetId: string): AsyncGenerator<ExportedRow[]> {
  const read = (after: number, limit: number): Promise<ExportedRow[]> => {
    const rows = readPageAfter(db, datasetId, after, limit)
    // A reader that leaves never asks for it again, and then nobody else would hear of its fault.
    rows.catch(() => {})
    return rows
  }
  for (let next = read(-1, FIRST_PAGE); ; ) {
    const rows = await next
    const last = rows.at(-1)
    if (!last) return
    // Among huge rows the next page asks for few, so that not many are unpacked in vain.
    next = read(last.row_index, Math.min(PAGE, rows.length * 2))
    yield rows
  }
}

const cellsOf = (row: ExportedRow): Record<string, string | undefined> => JSON.parse(row.data)

/** Streams every row in the given format, with memory that does not grow with their number. */
export const writeExport = (db: Db, datasetId: string, columns: string[], format: ExportFormat): Readable => {
  if (format === 'excel') return writeWorkbook(db, datasetId, columns)
  const text =
    format === 'csv'
      ? csvPieces(columns, cells(db, datasetId, columns), { bom: true })
      : jsonPieces(db, datasetId, columns)
  return Readable.from(text, { objectMode: false })
}

async function* cells(db: Db, datasetId: string, columns: string[]): AsyncGenerator<unknown[]> {
  for await (const rows of pages(db, datasetId))
    for (const row of rows) {
      const found = cellsOf(row)
      yield columns.map((column) => found[column])
    }
}

/** An array of objects, each with every column in file order; an empty cell is null. */
async function* jsonPieces(db: Db, datasetId: string, columns: string[]): AsyncGenerator<string> {
  let start = '['
  for await (const rows of pages(db, datasetId)) {
    let text = ''
    for (const row of rows) {
      const found = cellsOf(row)
      text += start + JSON.stringify(Object.fromEntries(columns.map((column) => [column, found[column] ?? null])))
      start = ',\n'
    }
    yield text
  }
  yield start === '[' ? '[]' : ']'
}

// What Excel takes: rows of a sheet with the header, and characters of a cell.
const SHEET_ROWS = 1_048_576
const CELL_CHARACTERS = 32_767
const BUFFERED_BYTES = 4 << 20

/**
 * A workbook whose cells are all text, so nothing in it is ever a formula; a further sheet begins where one is full. Cells
 * longer than Excel can hold are cut there.
 */
const writeWorkbook = (db: Db, datasetId: string, columns: string[]): Readable => {
  const out = new PassThrough()
  const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({ stream: out, useStyles: false, useSharedStrings: false })
  const write = async (): Promise<void> => {
    let sheets = 0
    let sheet: ExcelJS.Worksheet | null = null
    let free = 0
    const openSheet = (): ExcelJS.Worksheet => {
      sheet?.commit()
      sheets++
      const opened = workbook.addWorksheet(`Leads${sheets > 1 ? ` ${sheets}` : ''}`)
      opened.addRow(columns).commit()
      free = SHEET_ROWS - 1
      sheet = opened
      return opened
    }
    let current = openSheet()
    for await (const rows of pages(db, datasetId)) {
      for (const row of rows) {
        if (free-- === 0) current = openSheet()
        const found = cellsOf(row)
        current.addRow(columns.map((column) => found[column]?.slice(0, CELL_CHARACTERS))).commit()
      }
      if (out.destroyed) return
      await behind(current, out)
    }
    await workbook.commit()
  }
  write().catch((error: Error) => out.destroy(error))
  return out
}

/** Waits while the reader is slow: the library itself never does and would hold the whole file in memory. */
const behind = async (sheet: ExcelJS.Worksheet, out: PassThrough): Promise<void> => {
  const [entry] = (sheet as unknown as { stream: { pipes: Writable[] } }).stream.pipes
  while (entry && entry.writableLength > BUFFERED_BYTES && !out.destroyed) {
    const waiting = new AbortController()
    try {
      await Promise.race([
        once(entry, 'drain', { signal: waiting.signal }),
        once(out, 'close', { signal: waiting.signal }),
      ])
    } finally {
      waiting.abort()
    }
  }
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
