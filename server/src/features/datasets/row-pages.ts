import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'

const PAGE = 1_000
const FIRST_PAGE = 100
/** Of text. Rows with huge cells come fewer at a time, one at least. */
const PAGE_BYTES = 512 << 10

/** A row whose cells are still text. */
export type RowText = { id: string; row_index: number; data: string }

/**
 * The first of `rows` (a query of id, row_index and data, in order of row_index) that together have about `bytes` of text,
 * one at least. How long a row is shows only when it is unpacked, for a long one is stored compressed, up to a hundred times
 * as small; what is stored bounds how many PostgreSQL unpacks, and the text how many it sends.
 */
export const withinBytes = (rows: RawBuilder<unknown>, bytes: number): RawBuilder<RowText> => sql<RowText>`
  select id, row_index, text as data from (
    select id, row_index, text, sum(octet_length(text)) over (order by row_index rows between unbounded preceding and 1 preceding) as before from (
      select id, row_index, data::text as text from (
        select id, row_index, data, sum(pg_column_size(data)) over (order by row_index rows between unbounded preceding and 1 preceding) as stored_before
        from (${rows}) page) stored
      where coalesce(stored_before, 0) < ${bytes} offset 0) unpacked) sized
  where coalesce(before, 0) < ${bytes} order by row_index`

/** A page as one text, a row a line with its position before it: a thousand rows as objects cost more than all that follows. */
export type Page = { count: number; lines: string }

export type PagedRow = { row_index: number; cells: Record<string, string | undefined> }

/**
 * The rows of a dataset that are there, page by page; each page begins behind the last position of the one before, so a row
 * is never given twice. Memory does not grow with the number of rows, nor with their width.
 */
export async function* rowPages(db: Db, datasetId: string): AsyncGenerator<Page, void, undefined> {
  for (let after = -1, limit = FIRST_PAGE; ; ) {
    const rows = withinBytes(
      sql`
        select id, row_index, data from dataset_rows
        where dataset_id = ${datasetId} and removed_at is null and row_index > ${after} order by row_index limit ${limit}`,
      PAGE_BYTES,
    )
    const found = await sql<{ count: number; last: number | null; lines: string | null }>`
      select count(*)::int as count, max(row_index) as last, string_agg(row_index || ' ' || data, e'\n' order by row_index) as lines from (${rows}) rows`.execute(
      db,
    )
    const { count, last, lines } = found.rows[0] ?? { count: 0, last: null, lines: null }
    if (last === null || lines === null) return
    yield { count, lines }
    after = last
    // Among huge rows the next page asks for few, so that not many are unpacked in vain.
    limit = Math.min(PAGE, count * 2)
  }
}

/** The rows of a page, read one at a time; parsed all at once they would live long enough to crowd the old heap. */
export function* rowsOf({ lines }: Page): Generator<PagedRow, void, undefined> {
  for (let start = 0; start < lines.length; ) {
    // What ends a line here is never part of a row: PostgreSQL escapes it in JSON.
    const found = lines.indexOf('\n', start)
    const end = found < 0 ? lines.length : found
    const space = lines.indexOf(' ', start)
    yield { row_index: Number(lines.slice(start, space)), cells: JSON.parse(lines.slice(space + 1, end)) }
    start = end + 1
  }
}
