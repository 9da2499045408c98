/**
 * What an extraction knows of a lead: the fields under `columnValues` are the columns of the page or sheet, which exports and
 * sessions get under their own names; everything else (where it was found, when, ids of the page) stays with the stored lead.
 */
export type Lead = { columnValues: Record<string, Scalar>; sheet?: string } & Record<string, unknown>

export type Scalar = string | number | boolean

const PREFIX = 'columnValues.'
const LONGEST_NAME = 200
const DEEPEST = 6
const MOST_COLUMNS_OF_LEAD = 1_000

/**
 * Brings a lead, as an extension or a program sends it, into the one form that is stored. Both spellings are read: an object
 * under `columnValues`, and flat keys such as `columnValues.First Name`. Nested objects become dotted names (`Company.City`),
 * lists of plain values one text. Empty values are left out. A lead with neither spelling is a plain row, and all of its
 * fields are columns.
 *
 * Answers what is wrong, as the end of a sentence about the lead, where it is no lead. Null values and a lead without any
 * value are not wrong; the latter has an empty `columnValues`.
 */
export const readLead = (value: unknown): Lead | string => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is not a JSON object'
  const under = (value as { columnValues?: unknown }).columnValues
  const isNested = typeof under === 'object' && under !== null && !Array.isArray(under)
  if (under !== undefined && under !== null && !isNested) return 'has columnValues that are not a JSON object'
  const entries = Object.entries(value)
  const isPrefixed = entries.some(([key]) => key.startsWith(PREFIX))
  const columns = new Map<string, Scalar>()
  const rest: [string, unknown][] = []
  for (const [key, field] of entries) {
    if (key === 'columnValues') {
      if (isNested) for (const [name, inner] of Object.entries(field as object)) flatten(name, inner, columns, 0)
    } else if (key.startsWith(PREFIX)) flatten(key.slice(PREFIX.length), field, columns, 0)
    else if (isNested || isPrefixed) rest.push([cleanText(key), cleanDeep(field, 0)])
    else flatten(key, field, columns, 0)
  }
  if (columns.size > MOST_COLUMNS_OF_LEAD) return `has more than ${MOST_COLUMNS_OF_LEAD} columns`
  const lead = ownRecord(rest) as Lead
  lead.columnValues = ownRecord([...columns])
  return lead
}

/** A name under columnValues as a column: one line, no control characters, at most 200 characters. */
export const columnName = (name: string): string => {
  const clean = cleanText(name)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  return clean.length > LONGEST_NAME ? clean.slice(0, LONGEST_NAME).toWellFormed().trimEnd() : clean
}

const flatten = (name: string, value: unknown, into: Map<string, Scalar>, depth: number): void => {
  const set = (scalar: Scalar): void => {
    const key = columnName(name) || 'column'
    // Two names can only differ in what is cleaned away; the first that says something wins.
    if (!into.has(key)) into.set(key, scalar)
  }
  if (value === null || value === undefined) return
  if (typeof value === 'string') {
    const text = cleanText(value).trim()
    if (text !== '') set(text)
  } else if (typeof value === 'number' || typeof value === 'boolean') set(value)
  else if (Array.isArray(value)) {
    const isPlain = value.every((item) => item === null || ['string', 'number', 'boolean'].includes(typeof item))
    const text = isPlain
      ? value
          .filter((item) => item !== null && item !== '')
          .map((item) => cleanText(String(item)).trim())
          .join('; ')
      : JSON.stringify(cleanDeep(value, 0))
    if (text !== '') set(text)
  } else if (depth >= DEEPEST) set(JSON.stringify(cleanDeep(value, 0)))
  else for (const [key, inner] of Object.entries(value as object)) flatten(`${name}.${key}`, inner, into, depth + 1)
}

/** PostgreSQL keeps neither NUL bytes nor half characters. */
const cleanText = (text: string): string => text.replaceAll('\0', '').toWellFormed()

const cleanDeep = (value: unknown, depth: number): unknown => {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= 2 * DEEPEST) return null
  if (Array.isArray(value)) return value.map((item) => cleanDeep(item, depth + 1))
  return ownRecord(Object.entries(value).map(([key, inner]) => [cleanText(key), cleanDeep(inner, depth + 1)]))
}

/** Whatever a key is called, it is a plain property: `__proto__` too. */
const ownRecord = <T>(entries: [string, T][]): Record<string, T> => Object.fromEntries(entries)

/** A value as text, as sessions and spreadsheets take it. */
export const asText = (value: Scalar | undefined): string => (value === undefined ? '' : String(value))
