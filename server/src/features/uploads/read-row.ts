import type { ColumnName, LeadField } from '../../column-mapping.ts'
import type { CsvRow } from '../../csv-records.ts'
import { unguardFormula } from '../../csv-writer.ts'
import { normalizeEmailAddress } from '../../email-address.ts'
import { spellingOf } from '../../lead-cell.ts'
import { linkedinKey, personKey } from '../../linkedin-url.ts'
import type { SeenSet } from './seen-set.ts'

export type RowIssue = {
  severity: 'rejected' | 'duplicate' | 'notice'
  code: string
  message: string
  column_name: string | null
}

/** What became of one record: a row to store, perhaps with a word about it, or the reason why not. */
export type RowVerdict = { email: string | null; linkedin_url: string | null; notice: RowIssue | null } | RowIssue

/** Columns that the error file puts before those of the upload; an error file that comes back loses them again. */
export const ERROR_COLUMNS = ['import_row', 'import_problem', 'import_message'] as const

/** Stands behind those where the upload was a workbook. */
export const ERROR_SHEET_COLUMN = 'import_sheet'

/** What people write where there is no address. */
const PLACEHOLDER = /^(?:n\/?a|#n\/a|none|null|nil|undefined|unknown|no e-?mail|not (?:available|found)|[-–—.?]+)$/i

export type RowReaderOptions = {
  /** For each column the name under which its values are stored; its own by default. */
  keys?: string[]
  /** Remembers who was there in an earlier row; null where every row counts. */
  seen: SeenSet | null
  /** The number under which `seen` remembers a row, and what to call that row to a person. */
  row_number?: (sourceRow: number) => number
  row_name?: (rowNumber: number) => string
  /** Nobody is refused for the address: one that cannot be right is none, and people without any are kept. */
  keep_all?: boolean
}

/**
 * Judges the records of one file, one after the other; records come in file order, because of two rows of one person the
 * first counts.
 *
 * A row needs one usable address. One without any is kept when it has a LinkedIn address, because there are people who can
 * only be met there; `notice` then says so. An address that cannot be right rejects the row even so: storing the person
 * without it would hide the mistake. The first row of an address wins and later ones are duplicates; rows without an
 * address are compared by their LinkedIn address with all rows before them.
 *
 * `json` is the object of the row, column name to trimmed value, in the escaping of PostgreSQL's COPY text format. Empty
 * cells are left out, which is a third of a usual export; readers take an absent column for an empty one. The apostrophe
 * that our exports put before formulas is taken off. LinkedIn addresses, company domains and web addresses are stored in
 * one spelling each.
 */
export const createRowReader = (
  columns: ColumnName[],
  mapping: Readonly<Record<string, LeadField>>,
  options: RowReaderOptions,
) => {
  const { seen } = options
  const rowNumber = options.row_number ?? ((sourceRow: number) => sourceRow)
  const rowName = options.row_name ?? ((row: number) => `row ${row}`)
  const indexOf = (field: LeadField): number => columns.findIndex((column) => mapping[column.name] === field)
  const emailAt = indexOf('email')
  const linkedinAt = indexOf('linkedin_url')
  const emailColumn = columns[emailAt]?.name ?? null
  const linkedinColumn = columns[linkedinAt]?.name ?? null
  const ignored = ignoredColumns(columns)
  const names = columns.map((column, index) => options.keys?.[index] ?? column.name)
  const keys = names.map((name) => `${doubleBackslashes(JSON.stringify(name))}:`)

  const cell = (row: CsvRow, index: number): string => {
    const value = row.values[index]
    return value === undefined ? '' : unguardFormula(value.trim())
  }

  const spelled = columns.map(({ name }) => spellingOf(mapping[name]))
  /** The LinkedIn address of a row is needed twice, for telling people apart and for storing. */
  let spelledRow: CsvRow | null = null
  let spelledProfile = ''
  /** The cell as it is stored. */
  const storedCell = (row: CsvRow, index: number): string => {
    if (index === linkedinAt && row === spelledRow) return spelledProfile
    const value = cell(row, index)
    const spell = spelled[index]
    return spell && value !== '' ? spell(value) : value
  }

  const read = (row: CsvRow): RowVerdict => {
    if (row.problem && !row.problem.usable)
      return { severity: 'rejected', code: row.problem.code, message: row.problem.message, column_name: null }
    let email: string | null = null
    let notice: RowIssue | null = null
    const written = emailAt === -1 ? '' : cell(row, emailAt)
    if (written !== '' && !PLACEHOLDER.test(written)) {
      const address = normalizeEmailAddress(written)
      if (address.ok) email = address.email
      else if (address.reason !== 'empty' && !options.keep_all)
        return { severity: 'rejected', code: 'invalid_email', message: address.message, column_name: emailColumn }
    }
    const profile = linkedinAt === -1 ? '' : storedCell(row, linkedinAt)
    spelledRow = row
    spelledProfile = profile
    const linkedin_url =
      profile === '' ? null : CANONICAL.test(profile) ? profile.slice('https://www.'.length) : personKey(profile)
    if (email !== null) {
      const first = seen?.add(email, rowNumber(row.source_row))
      if (first)
        return {
          severity: 'duplicate',
          code: 'duplicate_email',
          message: `${email} stands in ${rowName(first)} already.`,
          column_name: emailColumn,
        }
      const same = linkedin_url === null ? null : seen?.add(`linkedin ${linkedin_url}`, rowNumber(row.source_row))
      if (same)
        notice = {
          severity: 'notice',
          code: 'same_profile',
          message: `The LinkedIn profile stands in ${rowName(same)} already, beside another address or none; both rows were kept.`,
          column_name: linkedinColumn,
        }
    } else {
      if (linkedin_url === null && options.keep_all) return { email, linkedin_url, notice: null }
      if (linkedin_url === null)
        return {
          severity: 'rejected',
          code: 'missing_email',
          message: row.problem
            ? `The row has no e-mail address. ${row.problem.message}`
            : 'The row has no e-mail address.',
          column_name: emailColumn,
        }
      const first = seen?.add(`linkedin ${linkedin_url}`, rowNumber(row.source_row))
      if (first)
        return {
          severity: 'duplicate',
          code: 'duplicate_profile',
          message: `The LinkedIn profile stands in ${rowName(first)} already.`,
          column_name: linkedinColumn,
        }
      notice = {
        severity: 'notice',
        code: 'missing_email',
        message: 'The row has no e-mail address; it was kept for its LinkedIn profile.',
        column_name: emailColumn,
      }
    }
    if (row.problem && !notice)
      notice = { severity: 'notice', code: row.problem.code, message: row.problem.message, column_name: null }
    return { email, linkedin_url, notice }
  }

  const json = (row: CsvRow): string => {
    let text = '{'
    for (let index = 0; index < keys.length; index++) {
      if (ignored.has(index)) continue
      const value = storedCell(row, index)
      if (value === '') continue
      if (text.length > 1) text += ','
      text += keys[index] + jsonText(value)
    }
    return `${text}}`
  }

  /** The filled cells under the names of `keys`, which may leave columns out. */
  const cells = (row: CsvRow, under: readonly (string | null)[] = names): Record<string, string> => {
    const found: Record<string, string> = {}
    for (const [index, key] of under.entries()) {
      if (key === null || ignored.has(index)) continue
      const value = storedCell(row, index)
      if (value !== '') found[key] = value.toWellFormed()
    }
    return found
  }

  return { read, json, cells, email_column: emailColumn, linkedin_column: linkedinColumn }
}

export type RowReader = ReturnType<typeof createRowReader>

/** An object as `json` writes it. */
export const cellsJson = (cells: Record<string, unknown>): string => doubleBackslashes(JSON.stringify(cells))

/** The positions of the columns that an error file has in front, when the file begins with them. */
export const ignoredColumns = (columns: ColumnName[]): ReadonlySet<number> => {
  if (!ERROR_COLUMNS.every((name, index) => columns[index]?.header === name)) return new Set()
  const ignored = ERROR_COLUMNS.map((_, index): number => index)
  if (columns[ERROR_COLUMNS.length]?.header === ERROR_SHEET_COLUMN) ignored.push(ERROR_COLUMNS.length)
  return new Set(ignored)
}

/** A cell that is in its one spelling already, as nearly all are once they are spelled. */
const CANONICAL = /^https:\/\/www\.linkedin\.com\/in\/[^/?#]+$/

/** The same for every spelling of one profile. */
export const profileKey = linkedinKey

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that JSON escapes.
const ESCAPED_IN_JSON = /["\\\u0000-\u001f\ud800-\udfff]/

/** A JSON string in COPY's escaping. Nearly every cell needs none of either. */
const jsonText = (value: string): string =>
  ESCAPED_IN_JSON.test(value) ? doubleBackslashes(JSON.stringify(value.toWellFormed())) : `"${value}"`

const doubleBackslashes = (text: string): string => (text.includes('\\') ? text.replaceAll('\\', '\\\\') : text)
