import { isAscii, isUtf8 } from 'node:buffer'
import { type ColumnName, normalizeColumnNames } from './column-mapping.ts'
import {
  type CsvDialect,
  type CsvEncoding,
  completeUtf8Length,
  detectDialect,
  detectFileKind,
  type FileKind,
  formatOf,
} from './csv-dialect.ts'
import { type CsvRow, createRecordSplitter, type RecordSplitter } from './csv-records.ts'

export type CsvBatch = {
  rows: CsvRow[]
  /** Bytes of the file taken from the source so far, for progress. */
  bytes_read: number
}

export type CsvFile = {
  dialect: CsvDialect
  /** One per column of the table: the header of the file, or `column_1` … where it has none. */
  columns: ColumnName[]
  /** The rows, once. Values are in column order and as many as there are columns; only a row with too many has more. */
  batches(): AsyncGenerator<CsvBatch, void, undefined>
}

export type CsvReaderOptions = {
  /** Rows per batch at most. A batch also ends after about four million characters. */
  batch_size?: number
  /** Overrides what is detected, where a person knows better. */
  dialect?: Partial<
    Pick<CsvDialect, 'encoding' | 'delimiter' | 'quote' | 'escape' | 'newline' | 'has_header' | 'skip_rows'>
  >
}

/** The file is not CSV at all; `kind` says what it is and the message what to do. */
export class NotCsvError extends Error {
  readonly kind: FileKind
  constructor(kind: FileKind) {
    super(notCsvMessages[kind])
    this.name = 'NotCsvError'
    this.kind = kind
  }
}

const notCsvMessages: Record<FileKind, string> = {
  text: 'The file cannot be read as CSV.',
  empty: 'The file is empty.',
  xlsx: 'The file is an Excel workbook (.xlsx), not CSV.',
  xlsb: 'The file is a binary Excel workbook (.xlsb); save it as .xlsx or CSV.',
  ods: 'The file is an OpenDocument spreadsheet (.ods); save it as .xlsx or CSV.',
  xls: 'The file is an old Excel workbook (.xls) or another old Office document; save it as .xlsx or CSV.',
  encrypted: 'The workbook is protected by a password; save it without one and upload it again.',
  html: 'The file is a web page (HTML), whatever its name says; open it in a spreadsheet program and save it as .xlsx or CSV.',
  xml: 'The file is XML, not CSV; open it in a spreadsheet program and save it as .xlsx or CSV.',
  json: 'The file is JSON, not CSV; save the table as CSV.',
  zip: 'The file is a ZIP archive; unpack it and upload the CSV inside.',
  gzip: 'The file is compressed with gzip; unpack it first.',
  pdf: 'The file is a PDF, not CSV.',
  'utf-32': 'The file is written in UTF-32; save it as UTF-8.',
  binary: 'The file is not text; save the table as CSV in UTF-8.',
}

const SAMPLE_BYTES = 1 << 18
const PIECE_BYTES = 1 << 17
const BATCH_CHARACTERS = 4 << 20
// Wider is no table of leads, and every later step costs memory per column.
const MOST_COLUMNS = 16_384

/**
 * Opens a CSV file of any common spelling and reads it in batches, with memory that does not grow with the file. The
 * dialect and the columns are known when the promise resolves; nothing but the first quarter of a megabyte has been
 * taken from the source by then.
 *
 * A bad row carries a `problem` and never stops the good ones. Blank rows are left out, short rows padded. The source
 * is closed when the batches are abandoned early. Values may share memory with the text of their batch: whoever keeps
 * a few of many rows should store copies, or whole pieces of the file stay in memory.
 */
export async function openCsv(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: CsvReaderOptions = {},
): Promise<CsvFile> {
  const chunks = iterate(source)
  let eof = false
  const parts: Uint8Array[] = []
  let sampled = 0
  while (sampled < SAMPLE_BYTES) {
    const next = await chunks.next()
    if (next.done) {
      eof = true
      break
    }
    parts.push(next.value)
    sampled += next.value.length
  }
  const sampledWhole = Buffer.concat(parts)
  const sample = sampledWhole.subarray(0, SAMPLE_BYTES)

  const kind = detectFileKind(sample)
  if (kind !== 'text' && kind !== 'empty') {
    await chunks.return?.()
    throw new NotCsvError(kind)
  }
  const detected = detectDialect(sample, { eof: eof && sample.length === sampledWhole.length })
  const dialect: CsvDialect = { ...detected, ...options.dialect }
  const splitter = dialect.wrapped ? createUnwrappingSplitter(dialect) : createRecordSplitter(formatOf(dialect))
  const decoder =
    dialect.encoding === 'utf-8'
      ? createUtf8Decoder(!isAscii(sample), () => {
          dialect.encoding = 'windows-1252'
        })
      : createPlainDecoder(dialect.encoding)
  // One column gives nothing to tell records by until it is sure that there is only one.
  if (dialect.columns > 1) splitter.expectWidth(dialect.columns)
  let bytesRead = dialect.bom_bytes

  // Pieces always begin and end at the same bytes of the file, however the source cuts it: a reading that is repeated
  // after a crash comes to the same rows.
  let pending: Uint8Array[] = [sampledWhole.subarray(dialect.bom_bytes)]
  let pendingBytes = sampledWhole.length - dialect.bom_bytes

  /** Feeds the splitter the next piece of text; false when the source is at its end. */
  async function feed(): Promise<boolean> {
    // Small chunks are gathered, since each write costs a little whatever its size.
    while (!eof && pendingBytes < PIECE_BYTES) {
      const next = await chunks.next()
      if (next.done) {
        eof = true
        break
      }
      pending.push(next.value)
      pendingBytes += next.value.length
    }
    if (pendingBytes === 0) {
      splitter.write(decoder.end())
      splitter.finish()
      return false
    }
    const gathered = pending.length === 1 && pending[0] ? asBuffer(pending[0]) : Buffer.concat(pending)
    const piece = gathered.subarray(0, PIECE_BYTES)
    pending = gathered.length > piece.length ? [gathered.subarray(piece.length)] : []
    pendingBytes = gathered.length - piece.length
    bytesRead += piece.length
    splitter.write(decoder.decode(piece))
    return true
  }

  // Before the columns are known the first records are read one by one: what stands before the table, then its header.
  let first: CsvRow | undefined
  let finished = false
  while (first === undefined) {
    const rows: CsvRow[] = []
    if (splitter.readInto(rows, 1)) {
      const row = rows[0]
      if (row && row.source_row > dialect.skip_rows) first = row
      continue
    }
    if (rows[0] && rows[0].source_row > dialect.skip_rows) first = rows[0]
    else if (finished) break
    else finished = !(await feed())
  }

  const header = dialect.has_header && first ? first.values.map((value) => value.replace(/^\ufeff/, '')) : undefined
  if (dialect.unnamed_first && header) {
    // It was filled up to the width of the rows on the wrong side.
    while (header.at(-1) === '' && header.length >= dialect.columns) header.pop()
    header.unshift('')
  }
  const widthOfTable = first ? Math.max(dialect.columns, header?.length ?? 1) : 0
  if (widthOfTable > MOST_COLUMNS) {
    await chunks.return?.()
    throw new TooManyColumnsError(widthOfTable)
  }
  const names = Array.from({ length: widthOfTable }, (_, index) => header?.[index] ?? '')
  const columns = normalizeColumnNames(names)
  if (widthOfTable > 0) splitter.expectWidth(widthOfTable)

  async function* batches(): AsyncGenerator<CsvBatch, void, undefined> {
    const batchSize = options.batch_size ?? 1000
    let rows: CsvRow[] = []
    let batchStart = splitter.consumed()
    try {
      if (first && !header) {
        while (first.values.length < widthOfTable) first.values.push('')
        rows.push(first)
      }
      for (;;) {
        const full = splitter.readInto(rows, batchSize)
        if (full || splitter.consumed() - batchStart > BATCH_CHARACTERS) {
          checkRepeatedHeader(rows, header)
          yield { rows, bytes_read: bytesRead }
          rows = []
          batchStart = splitter.consumed()
          if (full) continue
        }
        if (finished) break
        finished = !(await feed())
      }
      if (rows.length > 0) {
        checkRepeatedHeader(rows, header)
        yield { rows, bytes_read: bytesRead }
      }
    } finally {
      await chunks.return?.()
    }
  }

  return { dialect, columns, batches }
}

/** More columns than any table of leads has: the delimiter or the file is wrong. */
export class TooManyColumnsError extends Error {
  constructor(columns: number) {
    super(`The file has ${columns} columns; at most ${MOST_COLUMNS} can be read.`)
    this.name = 'TooManyColumnsError'
  }
}

/** Files glued together carry the header again in the middle, often behind another byte order mark. */
function checkRepeatedHeader(rows: CsvRow[], header: string[] | undefined): void {
  for (const row of rows) {
    const start = row.values[0]
    if (start === undefined) continue
    if (start.charCodeAt(0) === 0xfeff) row.values[0] = start.slice(1)
    if (header === undefined || row.values[0] !== header[0] || row.problem) continue
    if (header.length > 1 && header.every((name, index) => name === row.values[index])) {
      const message = 'The row repeats the header of the file.'
      row.problem = { code: 'repeated_header', message, usable: false }
    }
  }
}

/** Reads each record as one quoted cell and that cell as the record. A line break within it becomes a space. */
function createUnwrappingSplitter(dialect: CsvDialect): RecordSplitter {
  const format = formatOf(dialect)
  const outer = createRecordSplitter({ ...format, quote: '"', escape: '"' })
  const inner = createRecordSplitter({ ...format, bare_cr_ends_record: false })
  return {
    ...outer,
    expectWidth: inner.expectWidth,
    readInto(rows, maxRows) {
      const taken: CsvRow[] = []
      const full = outer.readInto(taken, maxRows - rows.length)
      for (const row of taken) {
        if (row.problem && !row.problem.usable) {
          rows.push(row)
          continue
        }
        const made: CsvRow[] = []
        inner.write(`${row.values.join(format.delimiter).replaceAll(/[\r\n]+/g, ' ')}\n`)
        inner.readInto(made, 1)
        if (made[0]) rows.push({ ...made[0], source_row: row.source_row })
      }
      return full
    },
  }
}

type Decoder = { decode(piece: Buffer): string; end(): string }

/** UTF-16 and the code pages. The byte order mark has been taken off; a later one is dropped with the header's repeat. */
function createPlainDecoder(encoding: CsvEncoding): Decoder {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true })
  return { decode: (piece) => decoder.decode(piece, { stream: true }), end: () => decoder.decode() }
}

/**
 * UTF-8, with two ways out for files that are not what they seemed. Where the first foreign byte comes after ASCII
 * alone, the rest of the file is Windows-1252 and the dialect then says so. In a file with real UTF-8 before it, only the lines that are not valid are
 * read as Windows-1252: they were pasted in from another file.
 */
function createUtf8Decoder(sampleHasUtf8: boolean, onWindows: () => void): Decoder {
  const windows = new TextDecoder('windows-1252')
  let carried: Buffer = Buffer.alloc(0)
  let sawUtf8 = sampleHasUtf8
  let isWindows = false

  function decodeWhole(bytes: Buffer): string {
    if (isWindows) return windows.decode(bytes)
    if (isAscii(bytes)) return bytes.toString('latin1')
    if (isUtf8(bytes)) {
      sawUtf8 = true
      return bytes.toString('utf8')
    }
    if (!sawUtf8 && !mostlyUtf8(bytes)) {
      isWindows = true
      onWindows()
      return windows.decode(bytes)
    }
    sawUtf8 = true
    let text = ''
    let start = 0
    while (start < bytes.length) {
      const found = bytes.indexOf(10, start)
      const end = found === -1 ? bytes.length : found + 1
      const line = bytes.subarray(start, end)
      text += isUtf8(line) ? line.toString('utf8') : windows.decode(line)
      start = end
    }
    return text
  }

  return {
    decode(piece) {
      const bytes = carried.length === 0 ? piece : Buffer.concat([carried, piece])
      let end = completeUtf8Length(bytes)
      // A line that is not valid must be seen whole, so from the first foreign byte on pieces end with their lines.
      if (!isWindows && !isUtf8(bytes.subarray(0, end))) {
        const lineEnd = bytes.lastIndexOf(10) + 1
        if (lineEnd > 0) end = lineEnd
      }
      carried = Buffer.from(bytes.subarray(end))
      return decodeWhole(bytes.subarray(0, end))
    },
    end() {
      const rest = carried
      carried = Buffer.alloc(0)
      return decodeWhole(rest)
    },
  }
}

function mostlyUtf8(bytes: Buffer): boolean {
  let lines = 0
  let valid = 0
  let start = 0
  while (start < bytes.length) {
    const found = bytes.indexOf(10, start)
    const end = found === -1 ? bytes.length : found + 1
    const line = bytes.subarray(start, end)
    if (!isAscii(line)) {
      lines++
      if (isUtf8(line)) valid++
    }
    start = end
  }
  return valid * 2 > lines
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function iterate(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): {
  next(): Promise<IteratorResult<Uint8Array>> | IteratorResult<Uint8Array>
  return?(): unknown
} {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}
