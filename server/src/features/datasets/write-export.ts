import { once } from 'node:events'
import { PassThrough, Readable, type Writable } from 'node:stream'
import ExcelJS from 'exceljs'
import { sql } from 'kysely'
import { csvLine } from '../../csv-writer.ts'
import type { Db } from '../../db/connect.ts'
import { type RowText, rowPages } from './row-pages.ts'

export type ExportFormat = 'csv' | 'excel' | 'json'

export const EXPORT_TYPES: Record<ExportFormat, { type: string; extension: string }> = {
  csv: { type: 'text/csv; charset=utf-8', extension: 'csv' },
  excel: { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', extension: 'xlsx' },
  json: { type: 'application/json; charset=utf-8', extension: 'json' },
}

/** A column that was renamed or removed meanwhile would be empty from here on, in a file that looks whole: better none. */
const checkColumns = async (db: Db, datasetId: string, columns: readonly string[]): Promise<void> => {
  const found = await sql<{ columns: string[] }>`select columns from datasets where dataset_id = ${datasetId}`.execute(
    db,
  )
  const present = new Set(found.rows[0]?.columns)
  const gone = columns.filter((column) => !present.has(column))
  if (gone.length)
    throw new Error(`The columns ${JSON.stringify(gone.slice(0, 5))} were renamed or removed during a download.`)
}

/** The pages of an export; the next one is on its way while one is written, and no transaction stays open for a slow reader. */
async function* pages(db: Db, datasetId: string, columns: readonly string[]): AsyncGenerator<RowText[]> {
  const source = rowPages(db, datasetId)
  const read = () => {
    const page = source.next()
    // A reader that leaves never asks for it again, and then nobody else would hear of its fault.
    page.catch(() => {})
    return page
  }
  for (let next = read(); ; ) {
    const page = await next
    if (page.done) return
    next = read()
    await checkColumns(db, datasetId, columns)
    yield page.value
  }
}

const cellsOf = (row: RowText): Record<string, string | undefined> => JSON.parse(row.data)

/** Streams every row in the given format, with memory that does not grow with their number. */
export const writeExport = (db: Db, datasetId: string, columns: string[], format: ExportFormat): Readable => {
  if (format === 'excel') return writeWorkbook(db, datasetId, columns)
  const text = format === 'csv' ? csvPieces(db, datasetId, columns) : jsonPieces(db, datasetId, columns)
  return Readable.from(text, { objectMode: false })
}

const PIECE = 64 << 10

/** With a byte order mark, without which Excel takes UTF-8 for the code page of the machine. */
async function* csvPieces(db: Db, datasetId: string, columns: string[]): AsyncGenerator<string> {
  let piece = `\ufeff${csvLine(columns)}`
  for await (const rows of pages(db, datasetId, columns))
    for (const row of rows) {
      const cells = cellsOf(row)
      piece += csvLine(columns.map((column) => cells[column]))
      if (piece.length < PIECE) continue
      yield piece
      piece = ''
    }
  if (piece !== '') yield piece
}

/** An array of objects, each with every column in file order; an empty cell is null. */
async function* jsonPieces(db: Db, datasetId: string, columns: string[]): AsyncGenerator<string> {
  let start = '['
  for await (const rows of pages(db, datasetId, columns)) {
    let text = ''
    for (const row of rows) {
      const cells = cellsOf(row)
      text += start + JSON.stringify(Object.fromEntries(columns.map((column) => [column, cells[column] ?? null])))
      start = ',\n'
    }
    yield text
  }
  yield start === '[' ? '[]' : ']'
}

// What Excel takes: rows of a sheet with the header, and characters of a cell.
const SHEET_ROWS = 1_048_576
const CELL_CHARACTERS = 32_767
const BUFFERED_BYTES = 1 << 20

/**
 * The text of a cell, cut where Excel can hold no more. Characters that XML loses, and text that looks like one of them, are
 * written as `_x000D_` and `_x005F_x000D_` (ECMA-376 part 1, 22.9.2.19), as readers of workbooks expect.
 */
const workbookText = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined
  const cut = text.length > CELL_CHARACTERS ? text.slice(0, CELL_CHARACTERS).replace(/[\ud800-\udbff]$/, '') : text
  if (!/_x|\p{Cc}/u.test(cut)) return cut
  return cut
    .replace(/_x(?=[\da-f]{4}_)/gi, '_x005F_x')
    .replace(/\p{Cc}/gu, (character) =>
      character === '\n' || character === '\t'
        ? character
        : `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`,
    )
}

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
      opened.addRow(columns.map(workbookText)).commit()
      free = SHEET_ROWS - 1
      sheet = opened
      return opened
    }
    let current = openSheet()
    for await (const rows of pages(db, datasetId, columns)) {
      for (const row of rows) {
        if (free-- === 0) current = openSheet()
        const cells = cellsOf(row)
        current.addRow(columns.map((column) => workbookText(cells[column]))).commit()
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
