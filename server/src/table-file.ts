import type { ColumnName } from './column-mapping.ts'
import type { CsvRow } from './csv-records.ts'

export type TableBatch = {
  rows: CsvRow[]
  /** Bytes of the uploaded file taken so far, for progress; of a workbook the share of its compressed parts. */
  bytes_read: number
}

/** One table of an uploaded file: a CSV file is one, a workbook has one in each sheet. */
export type Table = {
  /** The sheet of a workbook; null for CSV. Rows are numbered within it. */
  sheet_name: string | null
  columns: ColumnName[]
  /** The rows, once. Values are in column order; only a row with a problem may have more or fewer. */
  batches(): AsyncGenerator<TableBatch, void, undefined>
}
