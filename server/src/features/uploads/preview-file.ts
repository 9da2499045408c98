import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import ExcelJS from 'exceljs'
import { guessMapping, normalizeColumnNames } from '../../column-mapping.ts'
import { detectFileKind } from '../../csv-dialect.ts'
import { NotCsvError } from '../../csv-reader.ts'
import type { UploadedFile } from '../../http/define-operation.ts'
import { ApiError, problem } from '../../http/errors.ts'
import { inspectCsv, unreadable } from './inspect-csv.ts'

const SAMPLE_ROWS = 10
const GUESSED_FROM = 200
const LARGEST_WORKBOOK = 100 << 20
const LARGEST_UNPACKED = 1 << 30
const WIDEST_SHEET = 16_384

/**
 * What an uploaded file holds, without keeping any of it: columns, first rows, number of rows, the guessed mapping and where
 * it had to choose. Throws UNSUPPORTED_MEDIA_TYPE for what is no table and UNREADABLE_FILE for an empty or broken file.
 */
export const previewFile = async (file: UploadedFile, maxRows: number) => {
  const kind = detectFileKind(await firstBytes(file.path))
  if (kind === 'xlsx') {
    const sheets = await previewWorkbook(file.path, file.size_bytes, maxRows)
    const names = Object.keys(sheets)
    if (!names.length) throw problem('UNREADABLE_FILE', 'The workbook has no sheet with cells.')
    return {
      filename: file.filename,
      file_type: 'excel' as const,
      message: `The workbook has ${names.length} ${names.length === 1 ? 'sheet' : 'sheets'}.`,
      csv_info: null,
      sheets,
      total_sheets: names.length,
    }
  }
  if (kind !== 'text') {
    const error = new NotCsvError(kind)
    throw unreadable(error) ?? error
  }
  const found = await inspectCsv(file.path, Number.POSITIVE_INFINITY)
  return {
    filename: file.filename,
    file_type: 'csv' as const,
    message: `The file has ${found.row_count} rows and ${found.columns.length} columns.`,
    csv_info: {
      row_count: found.row_count,
      column_count: found.columns.length,
      columns: found.columns.map(({ name }) => name),
      sample_data: found.samples.slice(0, SAMPLE_ROWS),
      column_mapping: found.guessed,
      conflicts: found.conflicts,
      variables: Object.fromEntries(found.columns.map(({ name, variable_name }) => [name, variable_name])),
      dialect: found.dialect,
    },
    sheets: null,
    total_sheets: null,
  }
}

const firstBytes = async (path: string): Promise<Buffer> => {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

const previewWorkbook = async (path: string, size: number, maxRows: number) => {
  if (size > LARGEST_WORKBOOK)
    throw problem('PAYLOAD_TOO_LARGE', `Workbooks are read up to ${LARGEST_WORKBOOK >> 20} MB; save the sheet as CSV.`)
  const unpacked = await unpackedSize(path)
  if (unpacked === null) throw problem('UNREADABLE_FILE', 'The workbook is damaged.')
  if (unpacked > LARGEST_UNPACKED)
    throw problem('PAYLOAD_TOO_LARGE', 'The workbook is too large when unpacked; save the sheet as CSV.')
  const sheets: Record<string, ReturnType<typeof sheetInfo>> = {}
  try {
    const source = createReadStream(path)
    const workbook = new ExcelJS.stream.xlsx.WorkbookReader(source, {
      worksheets: 'emit',
      sharedStrings: 'cache',
      hyperlinks: 'ignore',
      styles: 'cache',
      entries: 'ignore',
    })
    for await (const sheet of workbook) {
      let header: string[] | null = null
      let rowCount = 0
      const rows: string[][] = []
      for await (const row of sheet) {
        const cells = (row.values as unknown[]).slice(1, WIDEST_SHEET + 1)
        const values = Array.from(cells, cellText)
        if (values.every((value) => value === '')) continue
        if (!header) {
          header = values
          continue
        }
        if (++rowCount > maxRows)
          throw problem(
            'PAYLOAD_TOO_LARGE',
            `A sheet has more than ${maxRows} rows, the limit of this instance (IMPORT_MAX_ROWS).`,
          )
        if (rows.length < GUESSED_FROM) rows.push(values)
      }
      if (!header) continue
      const { name } = sheet as unknown as { name?: string }
      sheets[name ?? `Sheet${Object.keys(sheets).length + 1}`] = sheetInfo(header, rows, rowCount)
    }
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw problem('UNREADABLE_FILE', 'The workbook is damaged.')
  }
  return sheets
}

const sheetInfo = (header: string[], rows: string[][], row_count: number) => {
  const width = Math.max(header.length, ...rows.map((row) => row.length))
  const columns = normalizeColumnNames(Array.from({ length: width }, (_, index) => header[index] ?? ''))
  const samples = rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? ''])))
  const names = columns.map(({ name }) => name)
  const { mapping, conflicts } = guessMapping(names, samples)
  return {
    row_count,
    column_count: names.length,
    columns: names,
    sample_data: samples.slice(0, SAMPLE_ROWS),
    column_mapping: mapping,
    conflicts,
    variables: Object.fromEntries(columns.map(({ name, variable_name }) => [name, variable_name])),
  }
}

/** What a cell shows: the result of a formula, the text of a link or of rich text, dates by ISO 8601. */
const cellText = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? '' : value.toISOString().replace('T00:00:00.000Z', '')
  if (typeof value !== 'object') return String(value).replaceAll('\0', '').toWellFormed().trim()
  const cell = value as {
    result?: unknown
    text?: unknown
    richText?: { text: string }[]
    error?: unknown
    hyperlink?: string
  }
  if (cell.richText) return cellText(cell.richText.map(({ text }) => text).join(''))
  if (cell.text !== undefined) return cellText(cell.text)
  if (cell.result !== undefined) return cellText(cell.result)
  return ''
}

/** What the entries of a ZIP archive say they unpack to (APPNOTE 4.3.12), or null when there is no directory. */
const unpackedSize = async (path: string): Promise<number | null> => {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const tail = Buffer.alloc(Math.min(size, 65_557))
    await handle.read(tail, 0, tail.length, size - tail.length)
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
    if (end === -1 || end + 22 > tail.length) return null
    const length = tail.readUInt32LE(end + 12)
    const start = tail.readUInt32LE(end + 16)
    if (start + length > size) return null
    const directory = Buffer.alloc(length)
    await handle.read(directory, 0, length, start)
    let total = 0
    for (let at = 0; at + 46 <= length && directory.readUInt32LE(at) === 0x02014b50; ) {
      total += directory.readUInt32LE(at + 24)
      at += 46 + directory.readUInt16LE(at + 28) + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
    }
    return total
  } finally {
    await handle.close()
  }
}
