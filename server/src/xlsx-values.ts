/** How the number of a cell is shown, as far as it changes what is read. */
export type NumberKind =
  | { kind: 'number' }
  | { kind: 'percent' }
  /** Integers with leading zeros, such as postal codes. */
  | { kind: 'padded'; digits: number }
  | { kind: 'date' }
  /** `fraction_digits` says how many digits of a fraction of a second are shown. */
  | { kind: 'datetime'; fraction_digits: number }
  | { kind: 'time'; fraction_digits: number }
  /** Hours that go on counting past 24. */
  | { kind: 'duration'; fraction_digits: number }

const NUMBER: NumberKind = { kind: 'number' }
const DATE: NumberKind = { kind: 'date' }
const TIME: NumberKind = { kind: 'time', fraction_digits: 0 }
const DATETIME: NumberKind = { kind: 'datetime', fraction_digits: 0 }
const PERCENT: NumberKind = { kind: 'percent' }

/**
 * What a built-in number format shows (ECMA-376 part 1, 18.8.30). 27 to 36 and 50 to 58 are dates in the East Asian locales
 * that define them, and nothing else is ever stored under them.
 */
export const builtInKind = (id: number): NumberKind => {
  if (id === 9 || id === 10) return PERCENT
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 54) || id === 57 || id === 58)
    return DATE
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id === 45 || id === 55 || id === 56) return TIME
  if (id === 22) return DATETIME
  if (id === 46) return { kind: 'duration', fraction_digits: 0 }
  if (id === 47) return { kind: 'time', fraction_digits: 1 }
  return NUMBER
}

/** What a format code shows: its first section decides, since dates below zero do not exist. */
export const kindOfFormat = (code: string): NumberKind => {
  // Literals say nothing: quoted text, escaped characters, the width of a character, a filling character.
  const bare = code.slice(0, 1000).replaceAll(/"[^"]*"|\\.|_.|\*./g, '')
  const section = (bare.split(';')[0] ?? '').replaceAll(/\[(?!(?:h+|m+|s+)\])[^\]]*\]/gi, '')
  const letters = section.toLowerCase()
  if (/general|standard/.test(letters)) return NUMBER
  // A place for a digit makes it a number, with whatever letters somebody wrote around it; only a fraction of a second has one.
  const isNumber = /[0#?]/.test(letters.replaceAll(/s\.0+/g, 's'))
  if (isNumber) {
    if (letters.includes('%')) return PERCENT
    const zeros = /^\s*(0{2,})\s*$/.exec(section)?.[1]
    return zeros ? { kind: 'padded', digits: zeros.length } : NUMBER
  }
  const hasDay = /[ydeg]|b{2,4}/.test(letters)
  const hasClock = /[hs]|am\/pm|a\/p/.test(letters)
  const hasMonth = letters.includes('m')
  const fraction_digits = /s\.(0+)/.exec(letters)?.[1]?.length ?? 0
  if (/\[(?:h+|m+|s+)\]/.test(letters)) return { kind: 'duration', fraction_digits }
  if (hasClock) return { kind: hasDay || /m{3,}/.test(letters) ? 'datetime' : 'time', fraction_digits }
  return hasDay || hasMonth ? DATE : NUMBER
}

/**
 * A number as a person reads it in the sheet and as CSV would have it: no exponent, no noise beyond the 15 digits that a
 * spreadsheet computes with, the decimal mark always a full stop. `raw` is the text of the file; what is not a number is
 * given back as it stands.
 */
export const numberText = (raw: string): string => {
  const text = raw.trim()
  // Whole numbers are kept to the letter: some programs write more digits than a double holds, account numbers for instance.
  if (/^-?\d+$/.test(text)) return text.replace(/^(-?)0+(?=\d)/, '$1').replace(/^-0$/, '0')
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return raw
  const value = Number(text)
  return Number.isFinite(value) ? plain(value) : raw
}

/** At most 15 significant digits, never an exponent. */
const plain = (value: number): string => {
  if (value === 0) return '0'
  const [mantissa = '', exponentText = '0'] = Math.abs(value).toExponential(14).split('e')
  const digits = mantissa.replace('.', '').replace(/0+$/, '') || '0'
  const point = Number(exponentText) + 1
  let text: string
  if (point >= digits.length) text = digits + '0'.repeat(point - digits.length)
  else if (point > 0) text = `${digits.slice(0, point)}.${digits.slice(point)}`
  else text = `0.${'0'.repeat(-point)}${digits}`
  return value < 0 ? `-${text}` : text
}

const MS_PER_DAY = 86_400_000
// The serial number of 1970-01-01 in each system.
const EPOCH_1900 = 25_569
const EPOCH_1904 = 24_107
/** 9999-12-31, the last day that a spreadsheet knows, in days since 1970. */
const LAST_DAY = 2_932_896

/**
 * The text of a numeric cell under its format. Days and times are ISO 8601, without a zone, since a sheet has none: a date,
 * a date with a time, a time, or hours that may exceed 24. Seconds are rounded to what the format shows, because a serial
 * number cannot hold most of them exactly.
 *
 * Two systems count days: from 1900, with a 29 February 1900 that never was (days before it are one further on), and from
 * 1904. A serial number that is no day (0, 60, below zero, beyond 9999) is given as the number that it is.
 */
export const numberCell = (raw: string, kind: NumberKind, is1904: boolean): string => {
  if (kind.kind === 'number') return numberText(raw)
  const value = Number(raw)
  if (raw.trim() === '' || !Number.isFinite(value)) return raw
  if (kind.kind === 'percent') return `${plain(Number((value * 100).toPrecision(15)))}%`
  if (kind.kind === 'padded')
    return Number.isSafeInteger(value) && value >= 0 ? String(value).padStart(kind.digits, '0') : numberText(raw)
  if (kind.kind === 'date') return dayText(Math.floor(value + 1e-9), is1904) ?? numberText(raw)

  const unit = 1000 / 10 ** Math.min(3, kind.fraction_digits)
  const ms = Math.round((value * MS_PER_DAY) / unit) * unit
  if (ms < 0) return numberText(raw)
  if (kind.kind === 'duration') return clockText(ms, kind.fraction_digits)
  const time = clockText(ms % MS_PER_DAY, kind.fraction_digits)
  if (kind.kind === 'time') return time
  const days = Math.floor(ms / MS_PER_DAY)
  // A time of day that somebody formatted as a moment.
  if (days === 0 && !is1904) return time
  const day = dayText(days, is1904)
  return day === null ? numberText(raw) : `${day}T${time}`
}

const dayText = (serial: number, is1904: boolean): string | null => {
  if (is1904 ? serial < 0 : serial < 1 || serial === 60) return null
  const days = is1904 ? serial - EPOCH_1904 : serial - EPOCH_1900 + (serial < 60 ? 1 : 0)
  return days > LAST_DAY ? null : new Date(days * MS_PER_DAY).toISOString().slice(0, 10)
}

const clockText = (ms: number, fractionDigits: number): string => {
  const seconds = Math.floor(ms / 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  if (fractionDigits === 0) return text
  const fraction = String(Math.round(ms % 1000)).padStart(3, '0')
  return `${text}.${fraction.slice(0, Math.min(3, fractionDigits))}`
}

/** Characters that XML cannot hold are written `_x000D_`, and such text itself as `_x005F_x000D_` (ECMA-376 part 1, 22.9.2.19). */
export const unescapeText = (text: string): string =>
  text.includes('_x')
    ? text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    : text

/** The column of a reference such as `B7`: `B` is 1, `XFD` 16,384; 0 where it does not begin with a letter. */
export const columnNumber = (reference: string): number => {
  let column = 0
  for (let at = 0; at < reference.length; at++) {
    const code = reference.charCodeAt(at)
    if (code >= 65 && code <= 90) column = column * 26 + code - 64
    else if (code >= 97 && code <= 122) column = column * 26 + code - 96
    else return at === 0 ? 0 : column
    if (column > 1_000_000) return column
  }
  return column
}

/** 1 is `A`, 28 is `AB`. */
export const columnLetters = (column: number): string => {
  let letters = ''
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26))
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters
  return letters
}
