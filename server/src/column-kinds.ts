import { looksLikeEmail } from './column-mapping.ts'

/** What the values of a column are, as far as a sample tells. */
export type ColumnKind =
  | 'empty'
  | 'email'
  | 'linkedin'
  | 'url'
  | 'domain'
  | 'phone'
  | 'integer'
  | 'decimal'
  | 'percent'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'time'
  | 'text'

export const columnKinds = [
  'empty',
  'email',
  'linkedin',
  'url',
  'domain',
  'phone',
  'integer',
  'decimal',
  'percent',
  'boolean',
  'date',
  'datetime',
  'time',
  'text',
] as const satisfies readonly ColumnKind[]

/** A column is of a kind when nearly all its filled cells are; a few slips in a hundred do not make it text. */
const ENOUGH = 0.9

/**
 * The kind of a column from its values. Numbers written with a decimal comma count as decimal, integers among decimals too,
 * and dates among moments. A column of nothing but 0 and 1 is one of integers.
 */
export const kindOfColumn = (values: Iterable<string>): ColumnKind => {
  const counts = new Map<ColumnKind, number>()
  let filled = 0
  for (const value of values) {
    const kind = kindOfValue(value.trim())
    if (kind === 'empty') continue
    filled++
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  if (filled === 0) return 'empty'
  const share = (...kinds: ColumnKind[]): boolean =>
    kinds.reduce((sum, kind) => sum + (counts.get(kind) ?? 0), 0) >= filled * ENOUGH
  for (const kind of ['email', 'linkedin', 'domain', 'boolean', 'percent', 'date', 'time', 'integer', 'phone'] as const)
    if (share(kind)) return kind
  if (share('url', 'linkedin')) return 'url'
  if (share('url', 'domain')) return 'url'
  if (share('datetime', 'date')) return 'datetime'
  if (share('decimal', 'integer')) return 'decimal'
  if (share('phone', 'integer')) return 'phone'
  return 'text'
}

const kindOfValue = (value: string): ColumnKind => {
  if (value === '') return 'empty'
  if (value.length > 300) return 'text'
  if (looksLikeEmail(value)) return 'email'
  if (/^(?:https?:\/\/)?(?:[a-z-]+\.)*linkedin\.com\//i.test(value)) return 'linkedin'
  if (/^(?:https?:\/\/|www\.)\S+$/i.test(value)) return 'url'
  if (/^(?:true|false|yes|no|ja|nein|oui|non)$/i.test(value)) return 'boolean'
  if (/^\d{4}-\d{2}-\d{2}$/.test(value) || /^\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})$/.test(value)) return 'date'
  if (/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(value)) return 'datetime'
  if (/^\d{1,3}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(value)) return 'time'
  if (/^[+-]?[\d.,]+\s?%$/.test(value)) return 'percent'
  if (/^-?\d{1,15}$/.test(value) && !/^-?0\d/.test(value)) return 'integer'
  if (/^[+-]?(?:\d+[.,]\d+|\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d+)?)$/.test(value)) return 'decimal'
  if (/^\+?[\d\s()./-]{6,24}$/.test(value) && (value.match(/\d/g)?.length ?? 0) >= 6) return 'phone'
  if (/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}$/i.test(value)) return 'domain'
  return 'text'
}
