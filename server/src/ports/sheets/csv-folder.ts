import { createHash } from 'node:crypto'
import { createReadStream, type Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { NotCsvError, openCsv, TooManyColumnsError } from '../../csv-reader.ts'
import { type SheetFile, type SheetPage, SheetsFault, type SheetsSource, type SheetTab } from './port.ts'

type CsvTab = { title: string; path: string }
type CsvSheet = { sheet_id: string; title: string; tabs: CsvTab[]; modified_at: Date; version: string }

const CSV = /\.(?:csv|tsv)$/i
const WORKSPACE_FOLDER = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const GAP = 100

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()
const idOf = (name: string): string => `folder_${digestOf(name).toString('hex').slice(0, 24)}`
/** Never 0, so that it is told apart from the first tab of a new Google sheet. */
const tabIdOf = (title: string): number => (digestOf(title).readUInt32BE(0) & 0x7fffffff) + 1

/**
 * A folder of CSV files as spreadsheets: a file is one with one tab, a folder in it one with a tab for each of its files. A
 * folder that bears a workspace's id holds sheets of that workspace alone; all others belong to every workspace that reads
 * folders.
 *
 * An id is a digest of the name, and a sheet is found by listing what is there: no text of a request ever becomes part of a
 * path. Links are left out, so nothing outside is reached through them.
 */
export const csvFolder = (root: string, workspaceId: string): SheetsSource => {
  const counted = new Map<string, { rows: number; columns: number }>()

  const find = async (sheetId: string): Promise<CsvSheet> => {
    const found = (await listSheets(root, workspaceId)).find((sheet) => sheet.sheet_id === sheetId)
    if (!found) throw new SheetsFault('NOT_FOUND', 'There is no such sheet in the folder.')
    return found
  }

  const measure = async (sheet: CsvSheet, tab: CsvTab): Promise<{ rows: number; columns: number }> => {
    const key = `${tab.path} ${sheet.version}`
    const known = counted.get(key)
    if (known) return known
    const size = { rows: 0, columns: 0 }
    for await (const { first_row, rows } of readTab(tab, 1)) {
      size.rows = first_row + rows.length - 1
      for (const row of rows) size.columns = Math.max(size.columns, row.length)
    }
    counted.set(key, size)
    return size
  }

  const tabOf = async (sheetId: string, tab: SheetTab): Promise<CsvTab> => {
    const found = (await find(sheetId)).tabs.find(({ title }) => tabIdOf(title) === tab.tab_id)
    if (!found) throw new SheetsFault('NOT_FOUND', `The sheet has no tab "${tab.title}" any more.`)
    return found
  }

  return {
    kind: 'folder',

    list: async ({ limit, page }) => {
      const all = (await listSheets(root, workspaceId)).sort(
        (a, b) => b.modified_at.getTime() - a.modified_at.getTime() || (a.title < b.title ? -1 : 1),
      )
      const from = Number(page ?? 0) || 0
      const items = all.slice(from, from + limit)
      return {
        items: items.map(({ sheet_id, title, modified_at }) => ({ sheet_id, title, url: null, modified_at })),
        next_page: from + limit < all.length ? String(from + limit) : null,
      }
    },

    open: async (sheetId): Promise<SheetFile> => {
      const sheet = await find(sheetId)
      const tabs: SheetTab[] = []
      for (const [index, tab] of sheet.tabs.entries()) {
        const { rows, columns } = await measure(sheet, tab)
        tabs.push({
          tab_id: tabIdOf(tab.title),
          title: tab.title,
          index,
          row_count: rows,
          column_count: columns,
          is_hidden: false,
          has_cells: true,
        })
      }
      return { sheet_id: sheet.sheet_id, title: sheet.title, url: null, tabs }
    },

    version: async (sheetId) => (await find(sheetId)).version,

    rowOfEach: async (sheetId, tabs, row) => {
      const found: string[][] = []
      for (const tab of tabs) {
        let values: string[] = []
        for await (const page of readTab(await tabOf(sheetId, tab), row)) {
          if (page.first_row === row) values = page.rows[0] ?? []
          break
        }
        found.push(values)
      }
      return found
    },

    pages: async function* (sheetId, tab, fromRow, signal): AsyncGenerator<SheetPage> {
      for await (const page of readTab(await tabOf(sheetId, tab), fromRow)) {
        signal?.throwIfAborted()
        yield page
      }
    },
  }
}

const listSheets = async (root: string, workspaceId: string): Promise<CsvSheet[]> => {
  const shared = (await entriesOf(root)).filter(({ name }) => !WORKSPACE_FOLDER.test(name))
  const own = await entriesOf(join(root, workspaceId))
  return [...(await sheetsOf(root, '', shared)), ...(await sheetsOf(join(root, workspaceId), `${workspaceId}/`, own))]
}

const entriesOf = async (folder: string): Promise<Dirent[]> => {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}

const isCsv = (entry: Dirent): boolean => entry.isFile() && CSV.test(entry.name)

const sheetsOf = async (folder: string, prefix: string, entries: Dirent[]): Promise<CsvSheet[]> => {
  const sheets: CsvSheet[] = []
  for (const entry of entries) {
    const files = entry.isDirectory() ? (await entriesOf(join(folder, entry.name))).filter(isCsv) : []
    const tabs = isCsv(entry)
      ? [{ title: entry.name.replace(CSV, ''), path: join(folder, entry.name) }]
      : files.map(({ name }) => ({ title: name.replace(CSV, ''), path: join(folder, entry.name, name) }))
    if (!tabs.length) continue
    const stats = await Promise.all(tabs.map(({ path }) => stat(path)))
    sheets.push({
      sheet_id: idOf(prefix + entry.name),
      title: isCsv(entry) ? entry.name.replace(CSV, '') : entry.name,
      tabs,
      modified_at: new Date(Math.max(...stats.map(({ mtimeMs }) => mtimeMs))),
      version: stats.map(({ mtimeMs, size }) => `${mtimeMs} ${size}`).join(' '),
    })
  }
  return sheets
}

/** The records of a file from one on, as a spreadsheet program numbers them; empty lines are rows without cells. */
async function* readTab(tab: CsvTab, fromRow: number): AsyncGenerator<SheetPage> {
  try {
    const file = await openCsv(createReadStream(tab.path), { dialect: { has_header: false, skip_rows: 0 } })
    for await (const { rows } of file.batches()) {
      let page: SheetPage | null = null
      for (const row of rows) {
        if (row.source_row < fromRow) continue
        const next = page ? page.first_row + page.rows.length : row.source_row
        if (page && row.source_row - next > GAP) {
          yield page
          page = null
        }
        page ??= { first_row: row.source_row, rows: [] }
        while (page.first_row + page.rows.length < row.source_row) page.rows.push([])
        // A record that is cut off for its length is not what the file says.
        page.rows.push(row.problem?.code === 'record_too_large' ? [] : row.values)
      }
      if (page) yield page
    }
  } catch (error) {
    if (error instanceof NotCsvError && error.kind === 'empty') return
    if (error instanceof NotCsvError || error instanceof TooManyColumnsError)
      throw new SheetsFault('BROKEN', `${tab.title}: ${error.message}`)
    throw error
  }
}
