import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { LeadField } from '../../column-mapping.ts'
import { openCsv } from '../../csv-reader.ts'
import type { Table } from '../../table-file.ts'
import { openWorkbook } from '../../xlsx-reader.ts'

/** How one sheet of a workbook is read; stored with the import (`imports.sheets`), so that every reading comes to the same. */
export type SheetPlan = {
  sheet_name: string
  /** Excel's number of the first header row; 0 where the sheet has none. */
  header_row: number
  /** Rows of the header, 2 where it is merged from two. */
  header_rows: number
  /** The name of a column, added behind the others, that holds the sheet's name; null where one sheet alone is read. */
  sheet_column: string | null
  /** Columns of this sheet to lead fields, those that a split of full names adds included. */
  column_mapping: Record<string, LeadField>
  /**
   * For each column of the sheet, that of `sheet_column` and then those of a split of full names included, the column of the
   * dataset that takes its values.
   */
  keys: string[]
}

/**
 * The tables of an uploaded file, one after the other: the one of a CSV file where `sheets` is null, else those sheets of
 * the workbook. A workbook needs a file that can be read at any place, so its copy lies in `folder` meanwhile; the rows of a
 * table end before the next table is asked for. Throws NotCsvError, TooManyColumnsError or WorkbookError.
 */
export async function* openTables(
  source: Readable,
  sheets: SheetPlan[] | null,
  folder: string,
): AsyncGenerator<Table, void, undefined> {
  if (!sheets) {
    const file = await openCsv(source)
    yield { sheet_name: null, columns: file.columns, batches: file.batches }
    return
  }
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomUUID())
  try {
    await pipeline(source, createWriteStream(path, { mode: 0o600 }))
    const workbook = await openWorkbook(path)
    try {
      for (const sheet of sheets) yield await workbook.openSheet(sheet.sheet_name, sheet)
    } finally {
      await workbook.close()
    }
  } finally {
    await rm(path, { force: true })
  }
}
