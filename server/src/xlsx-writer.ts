import { addAbortSignal, Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { columnLetters } from './xlsx-values.ts'

/** In the order of the columns. Numbers and booleans are written as the text that they have in JSON. */
export type WorkbookRow = readonly (string | number | boolean | null | undefined)[]

export type WorkbookOptions = {
  /** At most 31 characters, none of `: \ / ? * [ ]`; further sheets have a number behind it. */
  sheet_name?: string
  /** With the header. */
  rows_per_sheet?: number
  bytes_per_sheet?: number
}

// What Excel takes: rows and columns of a sheet, and UTF-16 code units of a cell.
const SHEET_ROWS = 1_048_576
const SHEET_COLUMNS = 16_384
const CELL_CHARACTERS = 32_767
/** A part of more than 4 GiB would need ZIP64, which not every reader of workbooks knows; one row more does not reach it. */
const SHEET_BYTES = 3_000_000_000
const PIECE = 64 << 10
/** Of 9. Packing takes most of the time of a workbook: the sixth step makes it a fifth smaller and takes half as long again. */
const COMPRESSION = 1

/** Without the time of its making, the same rows are the same bytes. ZIP knows nothing earlier, and Excel writes the same. */
const PART = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true }

/**
 * Streams a workbook whose cells are all text, so that nothing in it is ever a formula. Empty cells are left out, longer
 * ones than Excel can hold are cut there, and a further sheet with the header begins where one is full. `batches` is read as
 * fast as the reader takes the file, and let go of when the reader leaves. A fault of it destroys the stream, so that no
 * half of a table looks like a whole one. Throws for more columns than Excel has.
 */
export const writeWorkbook = (
  columns: readonly string[],
  batches: AsyncIterable<Iterable<WorkbookRow>>,
  options: WorkbookOptions = {},
): Readable => {
  if (columns.length > SHEET_COLUMNS)
    throw new RangeError(`A sheet has at most ${SHEET_COLUMNS} columns; these are ${columns.length}.`)
  const zip = new ZipFile()
  const out = zip.outputStream as Readable
  zip.once('error', (error: Error) => out.destroy(error))
  writeParts(zip, out, columns, batches, options).catch((error: Error) => out.destroy(error))
  return out
}

const writeParts = async (
  zip: ZipFile,
  out: Readable,
  columns: readonly string[],
  batches: AsyncIterable<Iterable<WorkbookRow>>,
  options: WorkbookOptions,
): Promise<void> => {
  const left = new AbortController()
  out.once('close', () => left.abort())
  const rows = rowCursor(batches)
  const names: string[] = []
  const add = (path: string, xml: string): void => zip.addBuffer(Buffer.from(DECLARATION + xml), path, PART)
  try {
    // In front, because programs that guess the kind of a file look at the names of its first parts.
    add('_rels/.rels', ROOT_RELATIONS)
    add('xl/styles.xml', STYLES)
    await rows.advance()
    do {
      const name = options.sheet_name ?? 'Leads'
      names.push(names.length ? `${name} ${names.length + 1}` : name)
      const sheet = Readable.from(sheetXml(columns, rows, options), { objectMode: false })
      // The library hands neither the end nor a fault of one side on to the other.
      addAbortSignal(left.signal, sheet)
      zip.addReadStream(sheet, `xl/worksheets/sheet${names.length}.xml`, { ...PART, compressionLevel: COMPRESSION })
      await finished(sheet)
    } while (rows.current !== null)
    add('xl/workbook.xml', workbookXml(names))
    add('xl/_rels/workbook.xml.rels', workbookRelations(names))
    add('[Content_Types].xml', contentTypes(names))
    zip.end()
  } finally {
    await rows.close()
  }
}

type RowCursor = { current: WorkbookRow | null; advance(): Promise<void> | undefined; close(): Promise<unknown> }

/** The row that is to be written next, which has to be known before a further sheet is begun for it. */
const rowCursor = (batches: AsyncIterable<Iterable<WorkbookRow>>): RowCursor => {
  const source = batches[Symbol.asyncIterator]()
  let batch: Iterator<WorkbookRow> = [][Symbol.iterator]()
  const advanceBatch = async (): Promise<void> => {
    for (;;) {
      const next = await source.next()
      if (next.done) {
        cursor.current = null
        return
      }
      batch = next.value[Symbol.iterator]()
      const row = batch.next()
      if (row.done) continue
      cursor.current = row.value
      return
    }
  }
  const cursor: RowCursor = {
    current: null,
    /** Waits between batches alone: a promise for each row would take longer than the row. */
    advance: () => {
      const row = batch.next()
      if (row.done) return advanceBatch()
      cursor.current = row.value
    },
    close: async () => source.return?.(),
  }
  return cursor
}

/** One sheet, as far as it reaches. */
async function* sheetXml(
  columns: readonly string[],
  rows: RowCursor,
  { rows_per_sheet = SHEET_ROWS, bytes_per_sheet = SHEET_BYTES }: WorkbookOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const letters = columns.map((_, index) => columnLetters(index + 1))
  let piece = SHEET_START + rowXml(letters, 1, columns)
  let bytes = 0
  for (let number = 2; rows.current !== null && number <= rows_per_sheet && bytes < bytes_per_sheet; number++) {
    piece += rowXml(letters, number, rows.current)
    if (piece.length >= PIECE) {
      const chunk = Buffer.from(piece)
      piece = ''
      bytes += chunk.length
      yield chunk
    }
    const waiting = rows.advance()
    if (waiting) await waiting
  }
  yield Buffer.from(piece + SHEET_END)
}

const rowXml = (letters: readonly string[], number: number, row: WorkbookRow): string => {
  let xml = `<row r="${number}">`
  for (let index = 0; index < letters.length; index++) {
    const value = row[index]
    if (value === null || value === undefined || value === '') continue
    const text = typeof value === 'string' ? value : String(value)
    xml += `<c r="${letters[index]}${number}"${isTakenForFormula(text) ? QUOTED : ''} t="inlineStr"><is><t${isEdged(text) ? ' xml:space="preserve"' : ''}>${cellText(text)}</t></is></c>`
  }
  return `${xml}</row>`
}

/** What Excel would compute once somebody has edited the cell, even though it is text. */
const isTakenForFormula = (text: string): boolean => {
  const first = text.charCodeAt(0)
  return first === 61 || first === 43 || first === 45 || first === 64
}

/** Readers take white space off both ends unless told otherwise. */
const isEdged = (text: string): boolean => text.charCodeAt(0) <= 32 || text.charCodeAt(text.length - 1) <= 32

/**
 * The text of a cell as XML. Control characters, which XML loses, and half characters, which UTF-8 does not know, are written
 * as `_x000D_`; so is an underscore that would make text look like one of them (ECMA-376 part 1, 22.9.2.19), also where only
 * what is written behind it does. Those from U+007F on are fit for XML and stay, because LibreOffice would show their escape.
 */
const cellText = (text: string): string => {
  const cut = text.length > CELL_CHARACTERS ? text.slice(0, CELL_CHARACTERS).replace(/[\ud800-\udbff]$/, '') : text
  if (!AWKWARD.test(cut)) return cut
  return cut.replace(ESCAPED, (found) => ENTITIES[found] ?? `_x${hex(found)}_${found.slice(1)}`)
}

const AWKWARD = /[&<>\p{Cc}\p{Cs}\ufffe\uffff]|_x/u
const ESCAPED =
  /_x(?=[\da-fA-F]{4}(?:_|[[\p{Cc}\p{Cs}\ufffe\uffff]--[\t\n\x7f-\x9f]]))|[[&<>\p{Cc}\p{Cs}\ufffe\uffff]--[\t\n\x7f-\x9f]]/gv
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const hex = (text: string): string => text.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')

const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const SPREADSHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

/** The header stays in view. */
const SHEET_START = `${DECLARATION}<worksheet xmlns="${SPREADSHEET}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/></sheetView></sheetViews><sheetFormatPr defaultColWidth="18" defaultRowHeight="15"/><sheetData>`
const SHEET_END = '</sheetData></worksheet>'

/** The second format is what an apostrophe in front does in Excel: the cell stays text, even when it is edited. */
const QUOTED = ' s="1"'
const STYLES = `<styleSheet xmlns="${SPREADSHEET}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

const ROOT_RELATIONS = `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`

const workbookXml = (names: readonly string[]): string =>
  `<workbook xmlns="${SPREADSHEET}" xmlns:r="${OFFICE}"><bookViews><workbookView/></bookViews><sheets>${names
    .map((name, index) => `<sheet name="${cellText(name)}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`)
    .join('')}</sheets></workbook>`

const workbookRelations = (names: readonly string[]): string =>
  `<Relationships xmlns="${PACKAGE}/relationships">${names
    .map((_, n) => `<Relationship Id="rId${n + 1}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${n + 1}.xml"/>`)
    .join('')}<Relationship Id="rId${names.length + 1}" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`

const contentTypes = (names: readonly string[]): string =>
  `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/>${names
    .map((_, n) => `<Override PartName="/xl/worksheets/sheet${n + 1}.xml" ContentType="${TYPE}.worksheet+xml"/>`)
    .join('')}</Types>`
