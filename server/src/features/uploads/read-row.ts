import type { ColumnName, LeadField } from '../../column-mapping.ts'
import type { CsvRow } from '../../csv-records.ts'
import { unguardFormula } from '../../csv-writer.ts'
import { normalizeEmailAddress } from '../../email-address.ts'
import { createSeenSet } from './seen-set.ts'

export type RowIssue = {
  severity: 'rejected' | 'duplicate' | 'notice'
  code: string
  message: string
  column_name: string | null
}

/** What became of one record: a row to store, perhaps with a word about it, or the reason why not. */
export type RowVerdict = { email: string | null; json: string; notice: RowIssue | null } | RowIssue

/** Columns that the error file puts before those of the upload; an error file that comes back loses them again. */
export const ERROR_COLUMNS = ['import_row', 'import_problem', 'import_message'] as const

/** What people write where there is no address. */
const PLACEHOLDER = /^(?:n\/?a|#n\/a|none|null|nil|undefined|unknown|no e-?mail|not (?:available|found)|[-–—.?]+)$/i

/**
 * Judges the records of one file, one after the other; it remembers the addresses, so records must come in file order.
 *
 * A row needs one usable address. One without any is kept when it has a LinkedIn address, because there are people who can
 * only be met there; `notice` then says so. An address that cannot be right rejects the row even so: storing the person
 * without it would hide the mistake. The first row of an address wins and later ones are duplicates; rows without an
 * address are compared by their LinkedIn address.
 *
 * `json` is the object of the row, column name to trimmed value, in the escaping of PostgreSQL's COPY text format. Empty
 * cells are left out, which is a third of a usual export; readers take an absent column for an empty one. The apostrophe
 * that our exports put before formulas is taken off.
 */
export const createRowReader = (columns: ColumnName[], mapping: Readonly<Record<string, LeadField>>) => {
  const indexOf = (field: LeadField): number => columns.findIndex((column) => mapping[column.name] === field)
  const emailAt = indexOf('email')
  const linkedinAt = indexOf('linkedin_url')
  const emailColumn = columns[emailAt]?.name ?? null
  const linkedinColumn = columns[linkedinAt]?.name ?? null
  const ignored = ignoredColumns(columns)
  const keys = columns.map((column) => `${doubleBackslashes(JSON.stringify(column.name))}:`)
  const seen = createSeenSet()

  const cell = (row: CsvRow, index: number): string => {
    const value = row.values[index]
    return value === undefined ? '' : unguardFormula(value.trim())
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
      else if (address.reason !== 'empty')
        return { severity: 'rejected', code: 'invalid_email', message: address.message, column_name: emailColumn }
    }
    if (email !== null) {
      const first = seen.add(email, row.source_row)
      if (first)
        return {
          severity: 'duplicate',
          code: 'duplicate_email',
          message: `${email} stands in row ${first} already.`,
          column_name: emailColumn,
        }
    } else {
      const profile = linkedinAt === -1 ? '' : cell(row, linkedinAt)
      if (profile === '' || PLACEHOLDER.test(profile))
        return {
          severity: 'rejected',
          code: 'missing_email',
          message: 'The row has no e-mail address.',
          column_name: emailColumn,
        }
      const first = seen.add(`linkedin ${profileKey(profile)}`, row.source_row)
      if (first)
        return {
          severity: 'duplicate',
          code: 'duplicate_profile',
          message: `The LinkedIn profile stands in row ${first} already.`,
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

    let json = '{'
    for (let index = 0; index < keys.length; index++) {
      if (ignored.has(index)) continue
      const value = cell(row, index)
      if (value === '') continue
      if (json.length > 1) json += ','
      json += keys[index] + jsonText(value)
    }
    return { email, json: `${json}}`, notice }
  }
  return { read }
}

/** The positions of the three columns of an error file, when the file begins with them. */
export const ignoredColumns = (columns: ColumnName[]): ReadonlySet<number> =>
  new Set(
    ERROR_COLUMNS.every((name, index) => columns[index]?.header === name) ? ERROR_COLUMNS.map((_, index) => index) : [],
  )

/** One profile is written with and without scheme, www, country host, trailing slash and query. */
const profileKey = (url: string): string =>
  url
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^(?:[a-z]{2,3}\.)?linkedin\.com/, 'linkedin.com')
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that JSON escapes.
const ESCAPED_IN_JSON = /["\\\u0000-\u001f\ud800-\udfff]/

/** A JSON string in COPY's escaping. Nearly every cell needs none of either. */
const jsonText = (value: string): string =>
  ESCAPED_IN_JSON.test(value) ? doubleBackslashes(JSON.stringify(value.toWellFormed())) : `"${value}"`

const doubleBackslashes = (text: string): string => (text.includes('\\') ? text.replaceAll('\\', '\\\\') : text)
