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
 * one at least. What is stored does not tell: a long row is stored compressed, up to a hundred times as small. All of `rows`
 * are unpacked for it, so whoever asks again limits them to about what came the last time.
 */
export const withinBytes = (rows: RawBuilder<unknown>, bytes: number): RawBuilder<RowText> => sql<RowText>`
  select id, row_index, text as data from (
    select id, row_index, text, sum(octet_length(text)) over (order by row_index rows unbounded preceding) - octet_length(text) as before from (
      select id, row_index, data::text as text from (${rows}) page offset 0) unpacked) sized
  where before < ${bytes} order by row_index`

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
    limit = Math.min(PAGE, rows.length * 2)
  }
}
