/** The right reading of a table, written down by hand. */
export type RightTable = {
  columns: string[]
  /** The rows that can be used, cell by cell, without the spaces around a cell. */
  rows: string[][]
  /** The spreadsheet's number of each usable row; from 2 on, one by one, where it is left out. */
  row_numbers?: number[]
  /** Rows that are refused: number of the row to the code of the problem. */
  refused?: Record<number, string>
  /** Words about usable rows: number of the row to the code. */
  noticed?: Record<number, string>
  /** Columns that the mapping must find. */
  mapping?: Record<string, string>
}

/** The answer to a file that is no table: its status and what the message says. */
export type RightRefusal = { status: number; says: RegExp }

export type AwkwardFile = {
  /** What is awkward about it. */
  about: string
  filename: string
  content: () => Buffer
  /** The answer of the preview, and of the upload where `upload` does not say otherwise. */
  right: RightTable | RightRefusal
  upload?: RightRefusal
  /** What the import says where only its job can find out what is wrong. */
  job_says?: RegExp
  /** Fields of the upload's form. */
  fields?: Record<string, string>
  /** For workbooks: the sheet whose preview is compared; the first one where it is left out. */
  sheet?: string
  /** First and last name of each usable row, which full names are split into. */
  names?: [first: string, last: string][]
  /** For workbooks of several sheets: what the dataset is, all sheets together. */
  dataset?: { columns: string[]; rows: string[][] }
}

export const isTable = (right: RightTable | RightRefusal): right is RightTable => 'columns' in right
