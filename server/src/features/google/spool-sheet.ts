import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type ColumnName, normalizeColumnNames } from '../../column-mapping.ts'
import { invalid, problem } from '../../http/errors.ts'
import type { SheetFile, SheetsSource, SheetTab } from '../../ports/sheets/port.ts'

export type SpooledTab = { tab_id: number; title: string; columns: ColumnName[]; rows: number }

/** The rows of a sheet on the local disk, read at one moment as far as that can be told. Whoever gets it removes it. */
export type SpooledSheet = {
  path: string
  /** As it was when these rows were read. */
  file: SheetFile
  tabs: SpooledTab[]
  row_count: number
  /** False where the sheet was edited during each of three readings, so that rows may stand twice or not at all. */
  is_one_moment: boolean
  remove: () => Promise<void>
}

/** `row` is the number that the spreadsheet shows beside it; `values` are trimmed, without NULs, and end with the last filled one. */
export type SheetRow = { tab: number; row: number; values: string[] }

export type SpoolOptions = {
  header_row: number
  max_rows: number
  signal?: AbortSignal
  onRows?: (rows: number) => void
}

const READINGS = 3
const BATCH = 1_000
const PIECE_CHARACTERS = 262_144

/** The tabs to read: those that are named, or all with cells. Throws VALIDATION_ERROR that names every tab that is not there. */
export const chooseTabs = (file: SheetFile, names: string[] | null | undefined): SheetTab[] => {
  const readable = file.tabs.filter((tab) => tab.has_cells)
  if (!names) {
    if (readable.length) return readable
    throw invalid([{ loc: ['body', 'sheet_id'], msg: 'the sheet has no tab with cells', type: 'no_tab' }])
  }
  const known = new Map(readable.map((tab) => [tab.title, tab]))
  const problems = [...names.entries()].flatMap(([index, name]) =>
    known.has(name)
      ? []
      : [
          {
            loc: ['body', 'tab_names', index],
            msg: `there is no tab "${name}" with cells; there is ${readable.map(({ title }) => `"${title}"`).join(', ') || 'none'}`,
            type: 'unknown_tab',
          },
        ],
  )
  if (problems.length) throw invalid(problems)
  return [...new Set(names)].map((name) => known.get(name) as SheetTab)
}

/**
 * Reads tabs from their header on and writes their rows down, so that memory holds a page and no transaction waits for a
 * network. A sheet that was changed meanwhile is read again. Blank rows are left out. Throws PAYLOAD_TOO_LARGE beyond
 * `max_rows`, VALIDATION_ERROR where no tab has a header, and what `choose` throws; nothing is left behind then.
 */
export const spoolSheet = async (
  dataDir: string,
  source: SheetsSource,
  sheetId: string,
  choose: (file: SheetFile) => SheetTab[],
  options: SpoolOptions,
): Promise<SpooledSheet> => {
  const folder = join(dataDir, 'incoming')
  await mkdir(folder, { recursive: true })
  for (let reading = 1; ; reading++) {
    const path = join(folder, randomUUID())
    const remove = () => rm(path, { force: true })
    try {
      const before = await source.version(sheetId)
      // Anew each time: rows that were added meanwhile have made the grid larger.
      const file = await source.open(sheetId)
      const read = await writeRows(path, source, file.sheet_id, choose(file), options)
      const is_one_moment = before === null || before === (await source.version(sheetId))
      if (is_one_moment || reading >= READINGS) return { path, file, ...read, is_one_moment, remove }
      await remove()
    } catch (error) {
      await remove()
      throw error
    }
  }
}

const writeRows = async (
  path: string,
  source: SheetsSource,
  sheetId: string,
  tabs: SheetTab[],
  options: SpoolOptions,
): Promise<Pick<SpooledSheet, 'tabs' | 'row_count'>> => {
  const headers = (await source.rowOfEach(sheetId, tabs, options.header_row)).map((row) => row.map(clean))
  if (headers.every((header) => header.every((name) => name === '')))
    throw invalid([
      {
        loc: ['body', 'header_row'],
        msg: `row ${options.header_row} is empty in ${tabs.length > 1 ? 'every tab' : 'the tab'}, so columns have no names`,
        type: 'no_header',
      },
    ])
  const widths = headers.map((header) => header.length)
  const counts = tabs.map(() => 0)
  let row_count = 0
  async function* pieces(): AsyncGenerator<string> {
    let text = ''
    for (const [index, tab] of tabs.entries()) {
      // A tab without a header is a note or a picture beside the table.
      if (headers[index]?.every((name) => name === '')) continue
      for await (const page of source.pages(sheetId, tab, options.header_row + 1, options.signal)) {
        for (const [offset, cells] of page.rows.entries()) {
          const values = trimmedEnd(cells.map(clean))
          if (!values.length) continue
          if (++row_count > options.max_rows)
            throw problem(
              'PAYLOAD_TOO_LARGE',
              `The sheet has more than ${options.max_rows} rows, the limit of this instance (EXTRACTION_MAX_LEADS).`,
            )
          widths[index] = Math.max(widths[index] ?? 0, values.length)
          counts[index] = (counts[index] ?? 0) + 1
          text += `${JSON.stringify([index, page.first_row + offset, values])}\n`
          if (text.length < PIECE_CHARACTERS) continue
          yield text
          text = ''
        }
        options.onRows?.(row_count)
      }
    }
    yield text
  }
  await pipeline(Readable.from(pieces()), createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  return {
    row_count,
    tabs: tabs.map((tab, index) => ({
      tab_id: tab.tab_id,
      title: tab.title,
      columns: normalizeColumnNames(
        Array.from({ length: widths[index] ?? 0 }, (_, column) => headers[index]?.[column] ?? ''),
      ),
      rows: counts[index] ?? 0,
    })),
  }
}

const clean = (cell: string): string => cell.replaceAll('\0', '').toWellFormed().trim()

const trimmedEnd = (values: string[]): string[] => {
  const last = values.findLastIndex((value) => value !== '')
  return last === values.length - 1 ? values : values.slice(0, last + 1)
}

/** Reads the rows back, in the order of the tabs, a thousand at a time. */
export async function* readSpool(spool: Pick<SpooledSheet, 'path'>): AsyncGenerator<SheetRow[], void, undefined> {
  const source = createReadStream(spool.path, { encoding: 'utf8', highWaterMark: 1 << 18 })
  try {
    let batch: SheetRow[] = []
    let rest = ''
    // Not by node:readline, which takes U+2028 inside a cell for the end of a line.
    for await (const chunk of source) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line === '') continue
        const [tab, row, values] = JSON.parse(line) as [number, number, string[]]
        batch.push({ tab, row, values })
        if (batch.length < BATCH) continue
        yield batch
        batch = []
      }
    }
    if (batch.length) yield batch
  } finally {
    source.destroy()
  }
}
