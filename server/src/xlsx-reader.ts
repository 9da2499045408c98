import { open } from 'node:fs/promises'
import { posix } from 'node:path'
import { SaxesParser } from 'saxes'
import { normalizeColumnNames } from './column-mapping.ts'
import { detectFileKind } from './csv-dialect.ts'
import { NotCsvError, TooManyColumnsError } from './csv-reader.ts'
import { type CsvRow, KEPT_OF_LARGE_CELL, LARGEST_RECORD } from './csv-records.ts'
import type { Table } from './table-file.ts'
import { DEFAULT_UNPACKED_BYTES, openXlsxArchive, WorkbookError, type XlsxArchive } from './xlsx-archive.ts'
import { findHeader, type HeaderPlace, joinedHeader, type MergedRange } from './xlsx-header.ts'
import { createStringStore, type StringStore } from './xlsx-strings.ts'
import {
  builtInKind,
  columnLetters,
  columnNumber,
  kindOfFormat,
  type NumberKind,
  numberCell,
  numberText,
  unescapeText,
} from './xlsx-values.ts'
import { createXmlScanner, forEachAttribute, XmlError, type XmlHandlers } from './xml-scanner.ts'

export { WorkbookError } from './xlsx-archive.ts'

/** The row that was named as the header of a sheet holds nothing. */
export class HeaderRowError extends Error {
  constructor(sheet: string, row: number) {
    super(`Row ${row} of the sheet "${sheet}" is empty, so it cannot be the header.`)
    this.name = 'HeaderRowError'
  }
}

export type SheetInfo = {
  name: string
  /** Hidden sheets are read only when they are asked for by name. */
  is_hidden: boolean
}

export type SheetTable = Table & {
  sheet_name: string
  /** Excel's number of the first header row; 0 where the sheet has none. */
  header_row: number
  header_rows: number
  /** For each column the lowest line of its header: `Email` of `Contact Email`. */
  labels: string[]
}

export type SheetOptions = {
  /** Excel's number of the header row. Guessed where it is not given; 0 says that there is none. */
  header_row?: number
  header_rows?: number
  /** The name of a column behind the others that holds the name of the sheet. */
  sheet_column?: string | null
}

export type Workbook = {
  /** In the order of the workbook; charts and macro sheets are left out. */
  sheets: SheetInfo[]
  /** Reads the sheet up to its header. Every opened sheet is read by itself, any number of times. */
  openSheet(name: string, options?: SheetOptions): Promise<SheetTable>
  close(): Promise<void>
}

export type WorkbookOptions = {
  /** Where shared strings go that memory does not hold; beside the workbook by default. */
  strings_path?: string
  max_unpacked_bytes?: number
}

/** The widest sheet that the format knows; the last column is XFD. */
const MOST_COLUMNS = 16_384
const SAMPLE_ROWS = 200
/** Sparse rows are stored as far as their last cell, so a few of them can be wide. */
const SAMPLE_CELLS = 1 << 20
const BATCH_ROWS = 1000
const BATCH_CELLS = 1 << 18
const BATCH_CHARACTERS = 4 << 20
/** The scanner gets its text in pieces so small that even a piece of nothing but wide rows costs little memory. */
const PIECE_CHARACTERS = 1 << 13
/** Workbook, relations and formats; the parts that grow with the table are not among them. */
const LARGEST_SMALL_PART = 64 << 20

type SheetPart = SheetInfo & { part: string }
type Context = { strings: StringStore; kinds: NumberKind[]; is1904: boolean; budget: { characters: number } }

/**
 * Opens an .xlsx or .xlsm file of this machine. Memory does not grow with the file: parts are streams, shared strings lie
 * compactly and beyond 32 MB on disk, rows come in batches. Throws NotCsvError for what is no such workbook (an old .xls, CSV
 * or HTML under a wrong name, one with a password) and WorkbookError for one that is damaged, too large or without sheets.
 */
export const openWorkbook = async (path: string, options: WorkbookOptions = {}): Promise<Workbook> => {
  const { kind, size } = await lookAt(path)
  if (kind === 'text')
    throw new WorkbookError(
      'The file is text, whatever its name says, and no Excel workbook; upload it as CSV.',
      'not_a_workbook',
    )
  if (kind !== 'xlsx') throw new NotCsvError(kind)
  const maxUnpacked = options.max_unpacked_bytes ?? DEFAULT_UNPACKED_BYTES
  const archive = await openXlsxArchive(path, maxUnpacked)
  const strings = createStringStore({ path: options.strings_path ?? `${path}.strings` })
  const close = async (): Promise<void> => {
    strings.close()
    await archive.close()
  }
  try {
    const { sheets, is1904, stringsPart, stylesPart } = await readWorkbookPart(archive)
    if (!sheets.length) throw new WorkbookError('The workbook has no sheet with cells.')
    const context: Context = {
      strings,
      kinds: stylesPart === null ? [] : await readStyles(archive, stylesPart),
      is1904,
      budget: { characters: maxUnpacked },
    }
    // Most previews and imports read them all; a workbook with sheets of numbers alone has none.
    if (stringsPart !== null) await readStrings(archive, stringsPart, strings)
    return {
      sheets: sheets.map(({ name, is_hidden }) => ({ name, is_hidden })),
      openSheet: (name, sheetOptions = {}) => {
        const sheet = sheets.find((one) => one.name === name)
        if (!sheet) throw new WorkbookError(`The workbook has no sheet "${name}".`)
        return openSheet(archive, context, sheet, size, sheetOptions)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const lookAt = async (path: string): Promise<{ kind: ReturnType<typeof detectFileKind>; size: number }> => {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0)
    const kind = detectFileKind(buffer.subarray(0, bytesRead))
    if (kind === 'xls') return { kind: (await isEncrypted(handle, buffer, size)) ? 'encrypted' : 'xls', size }
    return { kind, size }
  } finally {
    await handle.close()
  }
}

/** Whether the container's directory, wherever it lies ([MS-CFB] 2.2), names the stream of an encrypted workbook. */
const isEncrypted = async (handle: Awaited<ReturnType<typeof open>>, head: Buffer, size: number): Promise<boolean> => {
  const sector = 2 ** Math.min(16, head.readUInt16LE(30))
  const start = (head.readUInt32LE(48) + 1) * sector
  if (start >= size) return false
  const directory = Buffer.alloc(4096)
  const { bytesRead } = await handle.read(directory, 0, directory.length, start)
  return directory.subarray(0, bytesRead).includes(Buffer.from('EncryptedPackage', 'utf16le'))
}

/**
 * Hands the text of a part to the scanner piece by piece; after each piece the caller may take what was found. XML that is
 * broken is a WorkbookError naming the part.
 */
async function* scanPart(
  archive: XlsxArchive,
  part: string,
  handlers: XmlHandlers,
): AsyncGenerator<void, void, undefined> {
  const scanner = createXmlScanner(handlers)
  try {
    for await (const text of textOf(archive, part)) {
      for (let at = 0; at < text.length; at += PIECE_CHARACTERS) {
        scanner.write(text.slice(at, at + PIECE_CHARACTERS))
        yield
      }
    }
    scanner.end()
  } catch (error) {
    throw error instanceof XmlError ? brokenXml(part, error.message) : error
  }
  yield
}

const brokenXml = (part: string, reason: string): WorkbookError =>
  new WorkbookError(`The workbook is damaged: the part ${part} is no valid XML (${reason}).`)

async function* textOf(archive: XlsxArchive, part: string): AsyncGenerator<string, void, undefined> {
  let decoder: TextDecoder | undefined
  for await (const chunk of archive.read(part)) {
    decoder ??= new TextDecoder(chunk[0] === 0xff ? 'utf-16le' : chunk[0] === 0xfe ? 'utf-16be' : 'utf-8')
    yield decoder.decode(chunk, { stream: true })
  }
}

type SmallPartHandlers = {
  open: (name: string, attributes: Record<string, string>) => void
  close?: (name: string) => void
}

/** Reads one of the parts that do not grow with the table, by a parser that holds all of XML. */
const parseSmallPart = async (archive: XlsxArchive, part: string, handlers: SmallPartHandlers): Promise<void> => {
  const parser = new SaxesParser({ position: false })
  const local = (name: string): string => name.slice(name.indexOf(':') + 1)
  parser.on('opentag', (tag) => handlers.open(local(tag.name), tag.attributes as Record<string, string>))
  parser.on('closetag', (tag) => handlers.close?.(local(tag.name)))
  parser.on('error', (error) => {
    throw brokenXml(part, error.message)
  })
  let size = 0
  for await (const text of textOf(archive, part)) {
    size += text.length
    if (size > LARGEST_SMALL_PART)
      throw new WorkbookError(`The part ${part} of the workbook is too large.`, 'too_large')
    parser.write(text)
  }
  parser.close()
}

type WorkbookParts = { sheets: SheetPart[]; is1904: boolean; stringsPart: string | null; stylesPart: string | null }

const readWorkbookPart = async (archive: XlsxArchive): Promise<WorkbookParts> => {
  let main = 'xl/workbook.xml'
  if (archive.compressedSize('_rels/.rels') !== undefined)
    for (const relation of (await readRelations(archive, '_rels/.rels', '')).values())
      if (relation.type === 'officeDocument') main = relation.part
  if (!main.startsWith('xl/') && archive.compressedSize('xl/workbook.xml') === undefined)
    throw new WorkbookError('The file is an Office document, but no Excel workbook.', 'not_a_workbook')
  if (main.endsWith('.bin')) throw new NotCsvError('xlsb')

  const relations = await readRelations(
    archive,
    posix.join(posix.dirname(main), '_rels', `${posix.basename(main)}.rels`),
    main,
  )
  const sheets: SheetPart[] = []
  let is1904 = false
  await parseSmallPart(archive, main, {
    open: (name, attributes) => {
      if (name === 'workbookPr') is1904 = isTrue(attributes.date1904)
      if (name !== 'sheet') return
      const id = Object.entries(attributes).find(([key]) => key === 'id' || key.endsWith(':id'))?.[1]
      const relation = relations.get(id ?? '')
      if (relation?.type !== 'worksheet' || archive.compressedSize(relation.part) === undefined) return
      const given = unescapeText(attributes.name ?? '')
        .replaceAll('\0', '')
        .toWellFormed()
        .slice(0, 200)
      let title = given || `Sheet${sheets.length + 1}`
      for (let n = 2; sheets.some((sheet) => sheet.name === title); n++) title = `${given} (${n})`
      sheets.push({ name: title, is_hidden: /hidden/i.test(attributes.state ?? ''), part: relation.part })
    },
  })
  const find = (type: string): string | null => {
    for (const relation of relations.values())
      if (relation.type === type && archive.compressedSize(relation.part) !== undefined) return relation.part
    return null
  }
  return { sheets, is1904, stringsPart: find('sharedStrings'), stylesPart: find('styles') }
}

const isTrue = (value: string | undefined): boolean => value === '1' || value === 'true' || value === 'on'

type Relation = { type: string; part: string }

/** The relations of a part, by id. Targets are relative to the part; types differ between the two forms of the standard in front of the last word alone. */
const readRelations = async (archive: XlsxArchive, path: string, from: string): Promise<Map<string, Relation>> => {
  const relations = new Map<string, Relation>()
  if (archive.compressedSize(path) === undefined) return relations
  await parseSmallPart(archive, path, {
    open: (name, { Id, Type = '', Target = '', TargetMode }) => {
      if (name !== 'Relationship' || Id === undefined || TargetMode === 'External') return
      const part = Target.startsWith('/') ? Target.slice(1) : posix.join(posix.dirname(from), Target)
      relations.set(Id, { type: Type.slice(Type.lastIndexOf('/') + 1), part })
    },
  })
  return relations
}

/** What each cell format shows; the position is the `s` of a cell. */
const readStyles = async (archive: XlsxArchive, part: string): Promise<NumberKind[]> => {
  const codes = new Map<number, NumberKind>()
  const kinds: NumberKind[] = []
  let inCellFormats = false
  await parseSmallPart(archive, part, {
    open: (name, attributes) => {
      if (name === 'numFmt') codes.set(Number(attributes.numFmtId), kindOfFormat(attributes.formatCode ?? ''))
      else if (name === 'cellXfs') inCellFormats = true
      else if (name === 'xf' && inCellFormats) {
        const id = Number(attributes.numFmtId ?? 0)
        kinds.push(codes.get(id) ?? builtInKind(id))
      }
    },
    close: (name) => {
      if (name === 'cellXfs') inCellFormats = false
    },
  })
  return kinds
}

/** Text as it is to be shown, and whether there was more of it than any row may have. */
const cellText = (text: string): { text: string; is_shortened: boolean } =>
  text.length > LARGEST_RECORD
    ? { text: text.slice(0, KEPT_OF_LARGE_CELL), is_shortened: true }
    : { text: unescapeText(text).replaceAll('\r\n', '\n'), is_shortened: false }

const readStrings = async (archive: XlsxArchive, part: string, strings: StringStore): Promise<void> => {
  let text = ''
  let collecting = false
  let phonetic = false
  const handlers: XmlHandlers = {
    open: (name) => {
      if (name === 'si') text = ''
      else if (name === 't') collecting = !phonetic
      else if (name === 'rPh') phonetic = true
    },
    text: (piece) => {
      if (collecting && text.length <= LARGEST_RECORD) text += piece
    },
    close: (name) => {
      if (name === 't') collecting = false
      else if (name === 'rPh') phonetic = false
      else if (name === 'si') {
        const made = cellText(text)
        strings.add(made.text, made.is_shortened)
      }
    },
  }
  for await (const _ of scanPart(archive, part, handlers));
}

type RowBatch = { rows: CsvRow[]; cells: number; characters: number }

/**
 * The rows of a sheet that have a filled cell or a formula without a result, in batches. Values end with the last filled cell. What is wrong in a row is
 * said with the names of its cells, because that is where a person will look for it.
 */
async function* readRows(
  archive: XlsxArchive,
  sheet: SheetPart,
  context: Context,
): AsyncGenerator<RowBatch, void, undefined> {
  const { strings, kinds, is1904, budget } = context
  let batch: RowBatch = { rows: [], cells: 0, characters: 0 }
  let inData = false
  let rowNumber = 0
  let column = 0
  let values: string[] = []
  let characters = 0
  let type = ''
  let style = 0
  let text = ''
  let collecting = false
  let phonetic = false
  let hasValue = false
  let hasFormula = false
  // Positions of cells that need a word, at most the first of each kind.
  let largeCell = 0
  let errorCells = ''
  let emptyFormula = 0
  let hadNul = false

  const place = (at: number): string => `${columnLetters(at)}${rowNumber}`

  const endCell = (): void => {
    if (column < 1 || column > MOST_COLUMNS) return
    let value = text
    let isShortened = false
    if (type === 's') {
      const stored = text === '' ? undefined : strings.get(Number(text))
      value = stored?.text ?? ''
      isShortened = stored?.is_shortened ?? false
    } else if (type === '' || type === 'n') {
      const kind = kinds[style]
      value =
        text === ''
          ? ''
          : kind === undefined || kind.kind === 'number'
            ? numberText(text)
            : numberCell(text, kind, is1904)
    } else if (type === 'b') value = text === '1' || text === 'true' ? 'TRUE' : text === '' ? '' : 'FALSE'
    else if (type === 'e') {
      if (text !== '') errorCells ||= `${place(column)} holds ${text.slice(0, 20)}`
      value = ''
    } else {
      const made = cellText(text)
      value = made.text
      isShortened = made.is_shortened
    }
    if (hasFormula && !hasValue) emptyFormula ||= column
    if (value === '') return
    if (value.includes('\0')) {
      value = value.replaceAll('\0', '')
      hadNul = true
    }
    if (isShortened) largeCell ||= column
    while (values.length < column - 1) values.push('')
    values[column - 1] = value
    characters += value.length
  }

  const endRow = (): void => {
    let isBlank = true
    for (const value of values)
      if (value !== '' && value.trim() !== '') {
        isBlank = false
        break
      }
    // Formulas that nobody has computed yet are a row all the same, one that would vanish without a word.
    if (isBlank && !emptyFormula) return
    const row: CsvRow = { source_row: rowNumber, values }
    if (characters > LARGEST_RECORD)
      largeCell ||=
        values.reduce((best, value, index) => (value.length > (values[best]?.length ?? 0) ? index : best), 0) + 1
    if (largeCell) {
      row.values = values.map((value) =>
        value.length > KEPT_OF_LARGE_CELL ? `${value.slice(0, KEPT_OF_LARGE_CELL).toWellFormed()}…` : value,
      )
      const message = `The row is larger than ${LARGEST_RECORD} characters, in cell ${place(largeCell)} above all; it was left out and its cells are shortened here.`
      row.problem = { code: 'record_too_large', message, usable: false }
    } else if (errorCells)
      row.problem = { code: 'cell_error', message: `Cell ${errorCells}; it was left empty.`, usable: true }
    else if (emptyFormula) {
      const message = `Cell ${place(emptyFormula)} holds a formula without a stored result; open the workbook in a spreadsheet program and save it again.`
      row.problem = { code: 'formula_without_result', message, usable: true }
    } else if (hadNul)
      row.problem = { code: 'nul_byte', message: 'The row held NUL characters; they were removed.', usable: true }
    batch.rows.push(row)
    batch.cells += values.length
    batch.characters += characters
    budget.characters -= characters
    if (budget.characters < 0)
      throw new WorkbookError('The workbook holds more text than this instance reads.', 'too_large')
  }

  let rowGiven = ''
  const rowAttribute = (name: string, value: string): void => {
    if (name === 'r') rowGiven = value
  }
  let reference = ''
  const cellAttribute = (name: string, value: string): void => {
    if (name === 'r') reference = value
    else if (name === 't') type = value
    else if (name === 's') style = Number(value)
  }

  const handlers: XmlHandlers = {
    open: (name, attributes) => {
      if (!inData) {
        inData = name === 'sheetData'
        return
      }
      if (name === 'c') {
        reference = type = text = ''
        style = 0
        forEachAttribute(attributes, cellAttribute)
        column = reference === '' ? column + 1 : columnNumber(reference)
        hasValue = hasFormula = false
      } else if (name === 'v') {
        collecting = true
        hasValue = true
      } else if (name === 't') collecting = !phonetic
      else if (name === 'row') {
        rowGiven = ''
        forEachAttribute(attributes, rowAttribute)
        const r = Number(rowGiven)
        rowNumber = Number.isSafeInteger(r) && r > 0 ? r : rowNumber + 1
        column = characters = largeCell = emptyFormula = 0
        errorCells = ''
        hadNul = false
        values = []
      } else if (name === 'f') hasFormula = true
      else if (name === 'rPh') phonetic = true
    },
    text: (piece) => {
      if (collecting && text.length <= LARGEST_RECORD) text += piece
    },
    close: (name) => {
      if (!inData) return
      if (name === 'v' || name === 't') collecting = false
      else if (name === 'c') endCell()
      else if (name === 'row') endRow()
      else if (name === 'rPh') phonetic = false
      else if (name === 'sheetData') inData = false
    },
  }
  try {
    for await (const _ of scanPart(archive, sheet.part, handlers)) {
      if (batch.rows.length < BATCH_ROWS && batch.cells < BATCH_CELLS && batch.characters < BATCH_CHARACTERS) continue
      yield batch
      batch = { rows: [], cells: 0, characters: 0 }
    }
  } catch (error) {
    if (error instanceof WorkbookError && rowNumber > 0)
      throw new WorkbookError(
        `${error.message} Sheet "${sheet.name}" could be read up to row ${rowNumber}.`,
        error.reason,
      )
    throw error
  }
  if (batch.rows.length > 0) yield batch
}

const MERGED = /<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"/g

/**
 * Merged ranges that begin in the given rows. They stand behind all rows of a sheet, so the sheet is unpacked for them once
 * more, without being parsed; that is why it is done only where the header leaves room for them.
 */
const readMerged = async (archive: XlsxArchive, part: string, first: number, last: number): Promise<MergedRange[]> => {
  const found: MergedRange[] = []
  let held = ''
  for await (const chunk of archive.read(part)) {
    const text = held + chunk.toString('latin1')
    for (const [, left = '', top = '', right = '', bottom = ''] of text.matchAll(MERGED)) {
      const range = { top: Number(top), bottom: Number(bottom), left: columnNumber(left), right: columnNumber(right) }
      if (range.top >= first && range.top <= last && found.length < MOST_COLUMNS * 4) found.push(range)
    }
    // A tag that is cut in two is found in the next round; a whole one is not kept, or it would be found twice.
    const cut = text.lastIndexOf('<')
    held = cut !== -1 && text.indexOf('>', cut) === -1 ? text.slice(cut, cut + 1000) : ''
  }
  return found
}

/** Deepest header that is put together. */
const HEADER_DEPTH = 5

const openSheet = async (
  archive: XlsxArchive,
  context: Context,
  sheet: SheetPart,
  fileSize: number,
  options: SheetOptions,
): Promise<SheetTable> => {
  const source = readRows(archive, sheet, context)
  let held: CsvRow[] = []
  let cells = 0
  let isWhole = false
  const wantedRow = options.header_row ?? 0
  while (held.length < SAMPLE_ROWS || (held.at(-1)?.source_row ?? 0) < wantedRow + HEADER_DEPTH) {
    const next = await source.next()
    if (next.done) {
      isWhole = true
      break
    }
    held.push(...next.value.rows)
    cells += next.value.cells
    // What stands above a header that was given is no part of the table.
    if (options.header_row !== undefined) held = held.filter((row) => row.source_row >= wantedRow)
    if (cells > SAMPLE_CELLS && held.length > HEADER_DEPTH) break
  }
  let place: HeaderPlace
  if (options.header_row !== undefined && options.header_rows !== undefined)
    place = { header_row: options.header_row, header_rows: options.header_rows }
  else {
    const guess = findHeader(held, options.header_row, null)
    const merged = guess.may_be_merged
      ? await readMerged(archive, sheet.part, held[0]?.source_row ?? 1, guess.header_row + HEADER_DEPTH)
      : []
    place = merged.length ? findHeader(held, options.header_row, merged) : guess
  }
  const { header_row, header_rows } = place
  const isHeader = (row: CsvRow): boolean => row.source_row >= header_row && row.source_row < header_row + header_rows
  const isBody = (row: CsvRow): boolean => row.source_row >= header_row + header_rows
  let merged: MergedRange[] = []
  if (header_rows > 1) merged = await readMerged(archive, sheet.part, header_row, header_row + header_rows)
  const header = joinedHeader(held.filter(isHeader), merged)
  if (header_rows > 0 && !header.names.some((name) => name !== '')) {
    await source.return()
    throw new HeaderRowError(sheet.name, header_row)
  }
  held = held.filter(isBody)

  // A value that stands alone to the right of the table is a remark; three of them are a column without a name.
  const reach = new Map<number, number>()
  for (const { values } of held) reach.set(values.length, (reach.get(values.length) ?? 0) + 1)
  let width = header.names.length
  let beyond = 0
  for (const [length, count] of [...reach].sort(([a], [b]) => b - a)) {
    beyond += count
    if (length <= width) break
    if (beyond >= 3 || width === 0 || header_rows === 0) width = Math.max(width, length)
  }
  if (width > MOST_COLUMNS) throw new TooManyColumnsError(width)
  const names = Array.from({ length: width }, (_, index) => header.names[index] ?? '')
  const labels = Array.from({ length: width }, (_, index) => header.labels[index] ?? '')
  if (options.sheet_column) {
    names.push(options.sheet_column)
    labels.push(options.sheet_column)
  }
  const columns = normalizeColumnNames(names)

  const settle = (row: CsvRow): CsvRow => {
    const { values } = row
    if (values.length > width) {
      const at = values.findIndex((value, index) => index >= width && value !== '') + 1
      values.length = width
      if (!row.problem && at > 0) {
        const message = `Cell ${columnLetters(at)}${row.source_row} stands beside the table of ${width} columns; it was left out.`
        row.problem = { code: 'outside_table', message, usable: true }
      }
    }
    while (values.length < width) values.push('')
    if (options.sheet_column) values.push(sheet.name)
    return row
  }

  async function* batches(): AsyncGenerator<{ rows: CsvRow[]; bytes_read: number }, void, undefined> {
    try {
      while (held.length > 0) yield { rows: held.splice(0, BATCH_ROWS).map(settle), bytes_read: bytesRead() }
      if (isWhole) return
      for await (const { rows } of source) yield { rows: rows.map(settle), bytes_read: bytesRead() }
    } finally {
      await source.return()
    }
  }
  const bytesRead = (): number => Math.min(fileSize, archive.bytesTaken())

  return {
    sheet_name: sheet.name,
    columns,
    labels,
    header_row: header_rows === 0 ? 0 : header_row,
    header_rows,
    batches,
  }
}
