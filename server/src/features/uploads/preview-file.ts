import { open } from 'node:fs/promises'
import { detectFileKind } from '../../csv-dialect.ts'
import { NotCsvError } from '../../csv-reader.ts'
import type { UploadedFile } from '../../http/define-operation.ts'
import { problem } from '../../http/errors.ts'
import { openWorkbook, type Workbook } from '../../xlsx-reader.ts'
import { inspectCsv, unreadable } from './inspect-csv.ts'
import { conflictNotices, inspectTable, type TableInspection } from './inspect-table.ts'
import { unpackedLimit } from './read-workbook-table.ts'
import { planNameSplit } from './split-names.ts'

const SAMPLE_ROWS = 10

export type PreviewLimits = { max_bytes: number; max_rows: number }

/**
 * What an uploaded file holds, without keeping any of it: columns with their kinds, first rows, number of rows, the guessed
 * mapping and where it had to choose. Throws UNSUPPORTED_MEDIA_TYPE for what is no table, UNREADABLE_FILE for an empty or
 * broken file and PAYLOAD_TOO_LARGE past the limits.
 */
export const previewFile = async (file: UploadedFile, limits: PreviewLimits) => {
  const kind = await fileKind(file.path)
  if (kind === 'xlsx' || kind === 'xls') {
    const { message, ...seen } = await previewWorkbook(file, limits)
    return { ...seen, file_type: 'excel' as const, message, csv_info: null }
  }
  if (kind !== 'text') {
    const error = new NotCsvError(kind)
    throw unreadable(error) ?? error
  }
  const found = await inspectCsv(file.path, limits.max_rows)
  if (!found.whole)
    throw problem(
      'PAYLOAD_TOO_LARGE',
      `The file has more than ${limits.max_rows} rows, the limit of this instance (IMPORT_MAX_ROWS).`,
    )
  return {
    filename: file.filename,
    file_type: 'csv' as const,
    message: `The file has ${found.row_count} rows and ${found.columns.length} columns.`,
    csv_info: { ...tableInfo(found), dialect: found.dialect },
    sheets: null,
    total_sheets: null,
  }
}

/** Every sheet of a workbook, in its order; hidden and empty ones too, named as such. Throws like previewFile. */
export const previewWorkbook = async (file: UploadedFile, limits: PreviewLimits) => {
  let workbook: Workbook
  try {
    workbook = await openWorkbook(file.path, { max_unpacked_bytes: unpackedLimit(limits) })
  } catch (error) {
    throw unreadable(error) ?? error
  }
  try {
    const sheets: [string, ReturnType<typeof sheetInfo>][] = []
    for (const { name, is_hidden } of workbook.sheets) {
      const table = await workbook.openSheet(name)
      const found = await inspectTable(table, limits.max_rows)
      if (!found.whole)
        throw problem(
          'PAYLOAD_TOO_LARGE',
          `The sheet "${name}" has more than ${limits.max_rows} rows, the limit of this instance (IMPORT_MAX_ROWS).`,
        )
      sheets.push([name, sheetInfo(found, { ...table, is_hidden })])
    }
    if (!sheets.some(([, { column_count }]) => column_count > 0))
      throw problem('UNREADABLE_FILE', 'The workbook has no sheet with cells.')
    const hidden = sheets.filter(([, { is_hidden }]) => is_hidden).map(([name]) => `"${name}"`)
    return {
      filename: file.filename,
      message: `The workbook has ${sheets.length} ${sheets.length === 1 ? 'sheet' : 'sheets'}${hidden.length ? `; ${hidden.join(', ')} hidden` : ''}.`,
      sheets: Object.fromEntries(sheets),
      sheet_names: sheets.map(([name]) => name),
      total_sheets: sheets.length,
    }
  } catch (error) {
    throw unreadable(error) ?? error
  } finally {
    await workbook.close()
  }
}

/** What a file is by its first bytes. */
export const fileKind = async (path: string): Promise<ReturnType<typeof detectFileKind>> => {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0)
    return detectFileKind(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

const tableInfo = (found: TableInspection) => ({
  row_count: found.row_count,
  column_count: found.columns.length,
  columns: found.columns.map(({ name }) => name),
  sample_data: found.samples.slice(0, SAMPLE_ROWS),
  column_mapping: found.guessed,
  full_name_split: planNameSplit(found.columns, found.guessed, found.samples),
  column_types: found.types,
  conflicts: found.conflicts,
  notices: conflictNotices(found.conflicts),
  variables: Object.fromEntries(found.columns.map(({ name, variable_name }) => [name, variable_name])),
})

const sheetInfo = (found: TableInspection, sheet: { is_hidden: boolean; header_row: number; header_rows: number }) => ({
  ...tableInfo(found),
  is_hidden: sheet.is_hidden,
  header_row: sheet.header_row,
  header_rows: sheet.header_rows,
})
