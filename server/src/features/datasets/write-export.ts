import type { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { type DownloadFormat, writeTable } from '../../table-download.ts'
import { type RowText, rowPages } from './row-pages.ts'

/** A column that was renamed or removed meanwhile would be empty from here on, in a file that looks whole: better none. */
const checkColumns = async (db: Db, datasetId: string, columns: readonly string[]): Promise<void> => {
  const found = await sql<{ columns: string[] }>`select columns from datasets where dataset_id = ${datasetId}`.execute(
    db,
  )
  const present = new Set(found.rows[0]?.columns)
  const gone = columns.filter((column) => !present.has(column))
  if (gone.length)
    throw new Error(`The columns ${JSON.stringify(gone.slice(0, 5))} were renamed or removed during a download.`)
}

/** The pages of an export; the next one is on its way while one is written, and no transaction stays open for a slow reader. */
async function* pages(db: Db, datasetId: string, columns: readonly string[]): AsyncGenerator<RowText[]> {
  const source = rowPages(db, datasetId)
  const read = () => {
    const page = source.next()
    // A reader that leaves never asks for it again, and then nobody else would hear of its fault.
    page.catch(() => {})
    return page
  }
  for (let next = read(); ; ) {
    const page = await next
    if (page.done) return
    next = read()
    await checkColumns(db, datasetId, columns)
    yield page.value
  }
}

/** Parsed when it is written, row by row: see RowText. */
const valuesOf = (row: RowText, columns: readonly string[]): (string | undefined)[] => {
  const cells: Record<string, string> = JSON.parse(row.data)
  return columns.map((column) => (Object.hasOwn(cells, column) ? cells[column] : undefined))
}

async function* batches(
  db: Db,
  datasetId: string,
  columns: readonly string[],
): AsyncGenerator<Iterable<(string | undefined)[]>> {
  for await (const page of pages(db, datasetId, columns)) yield page.values().map((row) => valuesOf(row, columns))
}

/** Streams every row in the given format, with memory that does not grow with their number. */
export const writeExport = (db: Db, datasetId: string, columns: string[], format: DownloadFormat): Readable =>
  writeTable(columns, batches(db, datasetId, columns), format)
