import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'

const PAGE = 1_000
const FIRST_PAGE = 100
/** Of text. Rows with huge cells come fewer at a time, one at least. */
const PAGE_BYTES = 512 << 10

/** A row whose cells are still text: whole pages of parsed rows would live long enough to crowd the old heap. */
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

/**
 * The rows of a dataset that are there, page by page; each page begins behind the last position of the one before, so a row
 * is never given twice. Memory does not grow with the number of rows, nor with their width.
 */
export async function* rowPages(db: Db, datasetId: string): AsyncGenerator<RowText[], void, undefined> {
  for (let after = -1, limit = FIRST_PAGE; ; ) {
    const { rows } = await withinBytes(
      sql`
        select id, row_index, data from dataset_rows
        where dataset_id = ${datasetId} and removed_at is null and row_index > ${after} order by row_index limit ${limit}`,
      PAGE_BYTES,
    ).execute(db)
    const last = rows.at(-1)
    if (!last) return
    yield rows
    after = last.row_index
    // Among huge rows the next page asks for few, so that not many are unpacked in vain.
    limit = Math.min(PAGE, rows.length * 2)
  }
}
