import { isAscii, isUtf8 } from 'node:buffer'
import { type EastAsianEncoding, guessEastAsian, isCentralEuropean } from './code-pages.ts'
import { guessField, looksLikeEmail } from './column-mapping.ts'
import { type CsvFormat, type CsvRow, createRecordSplitter } from './csv-records.ts'

export type CsvEncoding =
  | 'utf-8'
  | 'utf-16le'
  | 'utf-16be'
  | 'windows-1252'
  | 'windows-1251'
  | 'windows-1250'
  | 'macintosh'
  | EastAsianEncoding

export type CsvDialect = {
  encoding: CsvEncoding
  /** Length of the byte order mark, which is no part of the text. */
  bom_bytes: number
  delimiter: string
  quote: '"' | "'" | null
  escape: '"' | "'" | '\\' | null
  newline: '\n' | '\r\n' | '\r' | 'mixed'
  has_header: boolean
  /** Records before the header: the title of a report, an explanation, `sep=;`. */
  skip_rows: number
  /** Fields of the header or, where more, of most records of the sample; 0 for an empty file. */
  columns: number
  /** The header names all columns but the first, which holds row names or numbers (R writes so). */
  unnamed_first: boolean
  /** Every record is quoted once more as a whole, as Excel saves CSV of another country's delimiter. */
  wrapped: boolean
}

/** What a file is by its first bytes. Only `text` can be read as CSV. */
export type FileKind =
  | 'text'
  | 'empty'
  | 'xlsx'
  | 'xlsb'
  | 'ods'
  | 'xls'
  | 'encrypted'
  | 'html'
  | 'xml'
  | 'json'
  | 'zip'
  | 'gzip'
  | 'pdf'
  | 'utf-32'
  | 'binary'

// What is looked at; more text does not change the answer and costs time before the first row.
const SAMPLE_CHARACTERS = 1 << 18
const SAMPLE_RECORDS = 1000

/** Tells text from the files that people upload by mistake. */
export function detectFileKind(sample: Uint8Array): FileKind {
  if (sample.length === 0) return 'empty'
  const startsWith = (...bytes: number[]) => bytes.every((byte, index) => sample[index] === byte)
  if (startsWith(0x50, 0x4b, 0x03, 0x04) || startsWith(0x50, 0x4b, 0x05, 0x06)) {
    const names = Buffer.from(sample.buffer, sample.byteOffset, Math.min(sample.length, 65536)).toString('latin1')
    if (names.includes('application/vnd.oasis.opendocument')) return 'ods'
    if (names.includes('xl/workbook.bin')) return 'xlsb'
    return names.includes('[Content_Types].xml') || names.includes('xl/') ? 'xlsx' : 'zip'
  }
  if (startsWith(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1)) {
    // A workbook with a password is an encrypted stream in the container of the old format ([MS-OFFCRYPTO] 1.3.2).
    const container = Buffer.from(sample.buffer, sample.byteOffset, sample.length)
    return container.includes(Buffer.from('EncryptedPackage', 'utf16le')) ? 'encrypted' : 'xls'
  }
  if (startsWith(0x1f, 0x8b)) return 'gzip'
  if (startsWith(0x25, 0x50, 0x44, 0x46, 0x2d)) return 'pdf'
  if (startsWith(0xff, 0xfe, 0, 0) || startsWith(0, 0, 0xfe, 0xff)) return 'utf-32'
  const { encoding } = detectEncoding(sample, false)
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return 'text'
  // Control characters other than tab and line ends are rare in text; a NUL here and there is tolerated.
  let controls = 0
  const checked = Math.min(sample.length, 65536)
  for (let index = 0; index < checked; index++) {
    const byte = sample[index] ?? 0
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 31 && byte !== 1 && byte !== 0x0c) controls++
  }
  return controls > checked * 0.1 && controls > 8 ? 'binary' : markupKind(sample)
}

/** Pages and data that are sent under the name of a table: reports that end in .xls are often HTML. */
function markupKind(sample: Uint8Array): FileKind {
  const start = Buffer.from(sample.buffer, sample.byteOffset, Math.min(sample.length, 2048))
    .toString('latin1')
    .replace(/^(?:\xef\xbb\xbf)?\s+|^\xef\xbb\xbf/, '')
    .toLowerCase()
  if (
    /^(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)?(?:<!doctype html|<(?:html|head|meta|style|body|table|div)[\s>])/s.test(
      start,
    )
  )
    return 'html'
  if (/^<\?xml\s/.test(start)) return 'xml'
  return /^(?:\[\s*)?\{\s*"(?:[^"\\]|\\.)*"\s*:/.test(start) || /^\[\s*(?:\[|"(?:[^"\\]|\\.)*"\s*,|\])/.test(start)
    ? 'json'
    : 'text'
}

/**
 * Finds out how a CSV file is written from its first bytes. `eof` says that the sample is the whole file; otherwise
 * its last, unfinished record is left out of the judgement.
 *
 * The delimiter is found by reading the sample with each candidate as real records, quotes and line breaks inside them
 * included, and comparing how even the rows are and how clean the cells (after van den Burg, Nazábal and Sutton,
 * "Wrangling messy CSV files by detecting row and type patterns", 2019): with a decimal comma both `,` and `;` give
 * even rows, but only one of them leaves no cell such as `5;2`.
 */
export function detectDialect(sample: Uint8Array, { eof }: { eof: boolean }): CsvDialect {
  const { encoding, bomBytes } = detectEncoding(sample, eof)
  const decoded = decodeSample(sample.subarray(bomBytes), encoding, eof)
  const text = decoded.slice(0, SAMPLE_CHARACTERS).replaceAll('\0', '')
  const whole = eof && decoded.length <= SAMPLE_CHARACTERS

  const newline = detectNewline(text)
  const bareCr = newline === '\r' || newline === 'mixed'
  const declared = /^sep=(.)\r?(?:\n|$)/i.exec(text)?.[1]
  const plain = bestFormat(text, whole, bareCr, declared)
  const inner = unwrap(text, plain)
  const best = inner ?? plain
  const { rows } = best

  let skip = declared === undefined ? 0 : 1
  skip += preambleLength(rows.slice(skip), best.width)
  const body = rows.slice(skip)
  const hasHeader = detectHeader(body.map((row) => row.values))
  return {
    encoding,
    bom_bytes: bomBytes,
    delimiter: best.format.delimiter,
    quote: best.format.quote,
    escape: best.format.escape,
    newline,
    has_header: hasHeader,
    // In records as the file has them, so that blank lines before the header count too.
    skip_rows: skip === 0 ? 0 : (body[0]?.source_row ?? (rows.at(-1)?.source_row ?? 0) + 1) - 1,
    columns: columnCount(body, best.width, hasHeader),
    unnamed_first: hasHeader && firstIsUnnamed(body),
    wrapped: inner !== null,
  }
}

/** Row names of R: the header is one short, and what stands below its names only fits one column further on. */
function firstIsUnnamed(rows: CsvRow[]): boolean {
  const [header, ...body] = rows
  if (!header || body.length === 0) return false
  const width = header.values.length + 1
  if (!body.every(({ values }) => values.length === width)) return false
  const email = header.values.findIndex((name) => guessField(name) === 'email')
  if (email !== -1) return body.every(({ values }) => looksLikeEmail((values[email + 1] ?? '').trim()))
  const start = Number(body[0]?.values[0])
  return Number.isInteger(start) && body.every(({ values }, index) => values[0] === String(start + index))
}

/** The table inside records that are each one quoted cell; null where that is what they are meant to be. */
function unwrap(text: string, outer: Reading): Reading | null {
  const { rows } = outer
  if (outer.width !== 1 || outer.format.quote !== '"' || rows.length < 2 || !text.startsWith('"')) return null
  const lines = rows.map(({ values }) => values[0] ?? '')
  if (rows.some(({ values }) => values.length !== 1) || lines.some((line) => !/[,;\t|]/.test(line))) return null
  const inner = bestFormat(
    lines.map((line) => `${line.replaceAll(/[\r\n]+/g, ' ')}\n`).join(''),
    true,
    false,
    undefined,
  )
  if (inner.width < 2 || inner.rows.length !== rows.length) return null
  if (inner.rows.filter(({ values }) => values.length === inner.width).length < rows.length * 0.9) return null
  return {
    ...inner,
    rows: inner.rows.map((row, index) => ({ ...row, source_row: rows[index]?.source_row ?? row.source_row })),
  }
}

/** The header decides, unless at least three rows agree on more fields than it names (R leaves the first name out). */
export function columnCount(rows: CsvRow[], width: number, hasHeader: boolean): number {
  const first = rows[0]?.values.length
  if (first === undefined) return 0
  if (!hasHeader || first === width) return width
  if (first > width) return first
  // A delimiter at the end of every row is no column.
  const beyond = rows.filter(
    ({ values }) => values.length === width && values.slice(first).some((value) => value !== ''),
  )
  return beyond.length >= 3 ? width : first
}

/** The part of a dialect that the record splitter needs. */
export function formatOf(dialect: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape' | 'newline'>): CsvFormat {
  const bareCr = dialect.newline === '\r' || dialect.newline === 'mixed'
  return {
    delimiter: dialect.delimiter,
    quote: dialect.quote,
    escape: dialect.escape,
    bare_cr_ends_record: bareCr,
  }
}

/** Byte order mark first, then the zero bytes of UTF-16, then whether the bytes are valid UTF-8, then code pages. */
function detectEncoding(sample: Uint8Array, eof: boolean): { encoding: CsvEncoding; bomBytes: number } {
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) return { encoding: 'utf-8', bomBytes: 3 }
  if (sample[0] === 0xff && sample[1] === 0xfe) return { encoding: 'utf-16le', bomBytes: 2 }
  if (sample[0] === 0xfe && sample[1] === 0xff) return { encoding: 'utf-16be', bomBytes: 2 }

  const pairs = Math.min(sample.length, 65536) >> 1
  let even = 0
  let odd = 0
  const isText = (byte: number) => byte >= 32 || byte === 9 || byte === 10 || byte === 13
  for (let index = 0; index < pairs; index++) {
    const first = sample[index * 2] ?? 0
    const second = sample[index * 2 + 1] ?? 0
    if (first === 0 && isText(second)) even++
    if (second === 0 && isText(first)) odd++
  }
  // In UTF-16 each delimiter, digit and line end has its zero byte on the same side, in any script.
  if (odd > pairs * 0.05 && odd > 1 && even * 20 <= odd) return { encoding: 'utf-16le', bomBytes: 0 }
  if (even > pairs * 0.05 && even > 1 && odd * 20 <= even) return { encoding: 'utf-16be', bomBytes: 0 }

  if (isAscii(sample)) return { encoding: 'utf-8', bomBytes: 0 }
  const end = eof ? sample.length : completeUtf8Length(sample)
  if (isUtf8(sample.subarray(0, end))) return { encoding: 'utf-8', bomBytes: 0 }
  return { encoding: detectCodePage(sample), bomBytes: 0 }
}

/**
 * UTF-8 with a few foreign bytes is still UTF-8 (files glued together; the reader decodes such lines one by one).
 * Long runs of high bytes are Cyrillic words; a byte from 0x80 to 0x9f inside a word of small letters is the `é`, `ü`
 * or `ö` of an old Macintosh. What has neither and is no East Asian text is Windows-1250 where signs of Windows-1252 would
 * stand inside words, and otherwise Windows-1252, of which Latin-1 is the part that text uses.
 */
function detectCodePage(bytes: Uint8Array): CsvEncoding {
  let validSequences = 0
  let invalidBytes = 0
  let latinLetters = 0
  let macLetters = 0
  let cyrillicRuns = 0
  let highRuns = 0
  const isSmall = (byte: number | undefined) => byte !== undefined && byte >= 0x61 && byte <= 0x7a
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    if (byte < 0x80) continue
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    if (byte >= 0xc2 && byte < 0xf5 && isUtf8(bytes.subarray(index, index + size)) && index + size <= bytes.length) {
      validSequences++
      index += size - 1
      continue
    }
    invalidBytes++
    let run = 0
    while ((bytes[index + run] ?? 0) >= 0xc0 || bytes[index + run] === 0xb8 || bytes[index + run] === 0xa8) run++
    if (run > 0) {
      highRuns++
      if (run >= 3) cyrillicRuns++
      if (run === 1 && (isSmall(bytes[index - 1]) || isSmall(bytes[index + 1]))) latinLetters++
      index += run - 1
    } else if (byte < 0xa0 && isSmall(bytes[index - 1]) && isSmall(bytes[index + 1])) {
      macLetters++
    }
  }
  if (validSequences >= invalidBytes * 2) return 'utf-8'
  const eastAsian = guessEastAsian(bytes)
  if (eastAsian) return eastAsian
  if (cyrillicRuns > 0 && cyrillicRuns * 2 >= highRuns) return 'windows-1251'
  if (macLetters > 0 && macLetters > latinLetters * 2) return 'macintosh'
  return isCentralEuropean(bytes) ? 'windows-1250' : 'windows-1252'
}

/** The length without a UTF-8 sequence that is cut off at the end. */
export function completeUtf8Length(bytes: Uint8Array): number {
  const length = bytes.length
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back] ?? 0
    if (byte < 0x80) return length
    if (byte >= 0xc0) {
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return size > back ? length - back : length
    }
  }
  return length
}

function decodeSample(bytes: Uint8Array, encoding: CsvEncoding, eof: boolean): string {
  const limit = encoding.startsWith('utf-16') ? SAMPLE_CHARACTERS * 2 : SAMPLE_CHARACTERS * 3
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes.subarray(0, limit), { stream: !eof })
}

/** Line ends outside quotation marks. A bare carriage return counts only where the text cannot be read without it. */
function detectNewline(text: string): CsvDialect['newline'] {
  let lineFeeds = 0
  let pairs = 0
  let bare = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 34) quoted = !quoted
    else if (quoted) continue
    else if (code === 10) lineFeeds++
    else if (code === 13) {
      let after = index + 1
      // \r\r\n is what a text-mode copy on Windows makes of \r\n: one line end.
      while (text.charCodeAt(after) === 13) after++
      if (text.charCodeAt(after) === 10) {
        pairs++
        index = after
      } else if (after < text.length || lineFeeds + pairs === 0) bare++
    }
  }
  const ends = lineFeeds + pairs
  if (bare > 0 && ends === 0) return '\r'
  if (bare > 0 && bare * 5 >= ends) return 'mixed'
  return pairs >= lineFeeds && pairs > 0 ? '\r\n' : '\n'
}

// In order of preference at equal scores; the factor keeps rare ones from winning by accident.
const delimiters: readonly (readonly [string, number])[] = [
  [',', 1],
  [';', 1],
  ['\t', 1],
  ['|', 1],
  ['||', 1],
  ['^', 0.8],
  ['~', 0.8],
  ['\u001f', 1],
  ['\u0001', 1],
  ['¦', 0.8],
  ['#', 0.5],
  [':', 0.5],
]

/**
 * For apostrophes and backslashes: enough for the usual quotes to win where both read alike, and so little that one row of
 * the sample which only the unusual ones hold together decides for them.
 */
const UNUSUAL = 0.999

type Reading = { format: CsvFormat; rows: CsvRow[]; width: number; score: number }

function bestFormat(text: string, whole: boolean, bareCr: boolean, declared: string | undefined): Reading {
  const candidates = declared === undefined ? delimiters.filter(([character]) => text.includes(character)) : []
  if (declared !== undefined) candidates.push([declared, 1])
  else {
    // One that does not occur stands for a file of a single column.
    const absent = delimiters.find(([character]) => !text.includes(character))
    if (absent) candidates.push(absent)
  }

  let best: Reading | undefined
  const consider = (format: CsvFormat, factor: number) => {
    const reading = read(text, whole, format)
    reading.score *= factor
    if (best === undefined || reading.score > best.score * 1.0001) best = reading
  }
  for (const [delimiter, factor] of candidates) {
    const format = { delimiter, quote: '"', escape: '"', bare_cr_ends_record: bareCr } as const
    consider(format, factor)
    if (text.includes('\\"')) consider({ ...format, escape: '\\' }, factor * UNUSUAL)
    if (hasApostrophesAround(text, delimiter)) {
      consider({ ...format, quote: "'", escape: "'" }, factor * UNUSUAL)
      if (text.includes("\\'")) consider({ ...format, quote: "'", escape: '\\' }, factor * UNUSUAL)
    }
    if (text.includes('"')) consider({ ...format, quote: null, escape: null }, factor * 0.5)
  }
  return best ?? read(text, whole, { delimiter: ',', quote: '"', escape: '"', bare_cr_ends_record: bareCr })
}

/** Whether some field begins with an apostrophe and some ends with one; names such as O'Brien do not. */
function hasApostrophesAround(text: string, delimiter: string): boolean {
  const isEdge = (at: number): boolean => at <= 0 || at >= text.length || /[\r\n\ufeff]/.test(text.charAt(at))
  let opens = false
  let closes = false
  for (let at = text.indexOf("'"); at !== -1 && !(opens && closes); at = text.indexOf("'", at + 1)) {
    opens ||=
      at === 0 ||
      isEdge(at - 1) ||
      text.startsWith(delimiter, at - delimiter.length) ||
      text.startsWith(`${delimiter} `, at - delimiter.length - 1)
    closes ||= isEdge(at + 1) || text.startsWith(delimiter, at + 1) || text.startsWith(` ${delimiter}`, at + 1)
  }
  return opens && closes
}

function read(text: string, whole: boolean, format: CsvFormat): Reading {
  const splitter = createRecordSplitter(format)
  const rows: CsvRow[] = []
  splitter.write(text)
  splitter.readInto(rows, SAMPLE_RECORDS)
  // The widths are known only after a first reading; the second then sees which quotes run away.
  const width = modalWidth(rows)
  const second = createRecordSplitter(format)
  const settled: CsvRow[] = []
  if (width > 1) second.expectWidth(width, false)
  second.write(text)
  if (whole || rows.length === 0) second.finish()
  second.readInto(settled, SAMPLE_RECORDS)
  return { format, rows: settled, width: modalWidth(settled), score: scoreOf(settled, format) }
}

/** The commonest number of fields, trailing empty ones included; the first row decides between equals. */
function modalWidth(rows: CsvRow[]): number {
  const counts = new Map<number, number>()
  for (const row of rows) counts.set(row.values.length, (counts.get(row.values.length) ?? 0) + 1)
  let best = 0
  let bestCount = 0
  for (const [width, count] of counts) {
    if (count > bestCount || (count === bestCount && best === 1)) {
      best = width
      bestCount = count
    }
  }
  return best
}

/** Evenness of the rows times cleanness of the cells; a file of one column gets a small, constant evenness. */
function scoreOf(rows: CsvRow[], format: CsvFormat): number {
  if (rows.length === 0) return 0
  const width = modalWidth(rows)
  let even = 0
  let cells = 0
  let clean = 0
  for (const row of rows) {
    if (row.problem === undefined && row.values.length === width) even++
    if (row.problem?.code === 'unclosed_quote') continue
    for (const value of row.values.slice(0, 200)) {
      cells++
      clean += cleanness(value, format)
    }
  }
  const share = even / rows.length
  let pattern = width <= 1 ? 0.15 : share * share * ((width - 1) / width)
  // Two of the character in a row are one delimiter.
  if (
    width >= 3 &&
    width % 2 === 1 &&
    rows.every(({ values }) => values.every((value, at) => at % 2 === 0 || value === ''))
  )
    pattern *= 0.5
  // A header of one name over rows of two fields is a list of "Lee, Ann", not a table.
  if (width === 2 && rows.length > 1 && rows[0]?.values.length === 1) pattern *= 0.3
  return pattern * (cells === 0 ? 0 : clean / cells)
}

/** 1 for a cell that looks whole, 0 or less for one with the traces of a wrong cut. */
function cleanness(value: string, { delimiter, quote }: CsvFormat): number {
  const length = value.length
  if (length === 0) return 1
  const first = value.charAt(0)
  const last = value.charAt(length - 1)
  // An escape that is left over says more than a quote at an edge, which a cell may well have.
  if (value.includes('\\"') || (quote === "'" && value.includes("\\'"))) return -0.5
  if (first === '"' || (last === '"' && !/\d"$/.test(value))) return 0
  if (first === "'" && last === "'" && length > 1) return 0.2
  // A pair of apostrophes that was cut apart leaves one in each of two cells.
  if ((first === "'") !== (last === "'")) return 0.7
  if (value.startsWith('//')) return 0
  const start = length > 400 ? value.slice(0, 400) : value
  if (start.includes('\t') || start.includes('\u001f')) return 0
  if (delimiter !== '|' && start.includes('|')) return start.includes('@') ? 0 : 0.5
  if (delimiter !== ';' && start.includes(';')) return /;\s/.test(start) ? 0.6 : start.includes('@') ? 0 : 0.1
  if (delimiter !== ',' && /,\S/.test(start)) return /^[+-]?[\d.,\s]+\s?[%€$£]?$/.test(start) ? 1 : 0.4
  return 1
}

/**
 * Records before the table: they have at most one filled cell while the table has several, or a name and a value while the
 * table is wide and its header names fields that we know. The first record of a table is its header, so a short one there is a title and not a ragged row.
 */
export function preambleLength(rows: CsvRow[], width: number): number {
  if (width < 2 || rows.length < 2) return 0
  for (let index = 0; index < Math.min(rows.length - 1, 30); index++) {
    const values = rows[index]?.values ?? []
    let filled = 0
    for (const value of values) if (value.trim() !== '') filled++
    const isShort = filled <= 1 && (width >= 3 || values.length < width)
    if (!isShort && !isReportLine(rows, index, filled, width)) return index
  }
  return 0
}

/** A name and its value, as reports have them on top: few cells of a wide table, and known names in a full row below. */
function isReportLine(rows: CsvRow[], index: number, filled: number, width: number): boolean {
  if (width < 4 || filled > Math.max(2, width * 0.4)) return false
  return rows.slice(index + 1, index + 30).some(({ values }) => {
    const cells = values.filter((value) => value.trim() !== '')
    return cells.length >= width * 0.7 && cells.filter((value) => guessField(value) !== undefined).length >= 2
  })
}

/**
 * Whether the first record names the columns. It does not when it holds an address, a link, a date or a phone number;
 * it does when a name is known, or when a column below is all of one kind and its first cell is not; a record of
 * distinct words without numbers counts as names too, since a lead file without names is the rare case.
 */
export function detectHeader(rows: string[][]): boolean {
  const first = rows[0]?.map((value) => value.trim())
  if (!first) return false
  if (first.some((value) => looksLikeEmail(value) || /^(https?:\/\/|www\.)/i.test(value))) return false
  if (first.some((value) => guessField(value) !== undefined)) return true
  const filled = first.filter((value) => value !== '')
  const body = rows.slice(1, 200)
  if (body.length === 0) return filled.every((value) => kindOf(value) === 'text')

  let evidence = 0
  for (let column = 0; column < first.length; column++) {
    const head = kindOf(first[column] ?? '')
    const kinds = new Map<string, number>()
    let cells = 0
    for (const row of body) {
      const kind = kindOf((row[column] ?? '').trim())
      if (kind === 'empty') continue
      cells++
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    for (const [kind, count] of kinds) {
      if (kind === 'text' || count < cells * 0.8) continue
      if (head === kind) evidence--
      else if (head === 'text') evidence++
    }
  }
  if (evidence !== 0) return evidence > 0
  if (filled.some((value) => kindOf(value) !== 'text' || value.length > 80)) return false
  if (new Set(filled).size < filled.length) return false
  // A name that also stands below it is a value: "Berlin" over more Berlins.
  return !first.some((value, column) => value !== '' && body.some((row) => row[column]?.trim() === value))
}

function kindOf(value: string): 'empty' | 'email' | 'link' | 'number' | 'date' | 'text' {
  if (value === '') return 'empty'
  if (value.length > 200) return 'text'
  if (looksLikeEmail(value)) return 'email'
  if (/^(https?:\/\/|www\.)\S+$/i.test(value)) return 'link'
  if (/^(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})([T ].*)?$/.test(value)) return 'date'
  if (/^[+(-]?[€$£]?\d[\d.,' ()/-]*\s?[%€$£]?$/.test(value)) return 'number'
  return 'text'
}
