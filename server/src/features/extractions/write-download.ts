import { PassThrough, Readable, type Writable } from 'node:stream'
import ExcelJS from 'exceljs'
import { csvPieces } from '../../csv-writer.ts'
import type { ExportFormat } from '../datasets/write-export.ts'
import { asText, type Lead, type Scalar } from './column-values.ts'
import { readStoredLeads } from './stored-leads.ts'

/**
 * Streams the columns of stored leads, which are what stands under columnValues; the prefix is gone. Memory holds one batch of
 * leads. Text that a spreadsheet would run as a formula is guarded in CSV, and cells of the workbook are text alone.
 */
export const writeDownload = (source: Readable, columns: string[], format: ExportFormat): Readable => {
  if (format === 'excel') return writeWorkbook(source, columns)
  const pieces =
    format === 'csv' ? csvPieces(columns, rows(source, columns), { bom: true }) : jsonPieces(source, columns)
  return Readable.from(pieces, { objectMode: false })
}

const cellOf = (lead: Lead, column: string): Scalar | undefined =>
  Object.hasOwn(lead.columnValues, column) ? lead.columnValues[column] : undefined

async function* rows(source: Readable, columns: string[]): AsyncGenerator<string[]> {
  for await (const leads of readStoredLeads(source))
    for (const lead of leads) yield columns.map((column) => asText(cellOf(lead, column)))
}

/** A list of objects, each with every column; an empty one is null. */
async function* jsonPieces(source: Readable, columns: string[]): AsyncGenerator<string> {
  let start = '['
  for await (const leads of readStoredLeads(source)) {
    yield start +
      leads
        .map((lead) =>
          JSON.stringify(Object.fromEntries(columns.map((column) => [column, cellOf(lead, column) ?? null]))),
        )
        .join(',\n')
    start = ',\n'
  }
  yield start === '[' ? '[]' : ']'
}

// What Excel takes: rows of a sheet with the header, and characters of a cell.
const SHEET_ROWS = 1_048_576
const CELL_CHARACTERS = 32_767
const BUFFERED_BYTES = 4 << 20

const writeWorkbook = (source: Readable, columns: string[]): Readable => {
  const out = new PassThrough()
  const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({ stream: out, useStyles: false, useSharedStrings: false })
  const write = async (): Promise<void> => {
    let sheets = 0
    let free = 0
    const openSheet = (): ExcelJS.Worksheet => {
      const sheet = workbook.addWorksheet(`Leads${sheets++ ? ` ${sheets}` : ''}`)
      sheet.addRow(columns.map((column) => column.slice(0, CELL_CHARACTERS))).commit()
      free = SHEET_ROWS - 1
      return sheet
    }
    let sheet = openSheet()
    for await (const leads of readStoredLeads(source)) {
      for (const lead of leads) {
        if (free-- === 0) {
          sheet.commit()
          sheet = openSheet()
          free--
        }
        sheet
          .addRow(columns.map((column) => asText(cellOf(lead, column)).slice(0, CELL_CHARACTERS) || undefined))
          .commit()
      }
      if (out.destroyed) return
      await behind(sheet, out)
    }
    await workbook.commit()
  }
  write().catch((error: Error) => out.destroy(error))
  return out
}

/** Waits while the reader is slow: the library never does and would hold the whole file in memory. */
const behind = async (sheet: ExcelJS.Worksheet, out: PassThrough): Promise<void> => {
  const [entry] = (sheet as unknown as { stream: { pipes: Writable[] } }).stream.pipes
  while (entry && entry.writableLength > BUFFERED_BYTES && !out.destroyed)
    await new Promise<void>((resolve) => {
      const done = (): void => {
        entry.off('drain', done)
        out.off('close', done)
        resolve()
      }
      entry.once('drain', done)
      out.once('close', done)
    })
}
