import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import { problem } from '../../http/errors.ts'
import type { PageRequest } from '../../http/pagination.ts'
import { cellOf, rowCondition } from './row-conditions.ts'
import type { RowFilter } from './row-filter.ts'

export type DatasetShape = {
  row_count: number
  columns: string[]
  column_mapping: Record<string, string>
  dataset_name: string
}

/** What a dataset holds, or null when the workspace has none of this id. */
export const readDatasetColumns = async (
  db: Db,
  workspaceId: string,
  datasetId: string,
): Promise<DatasetShape | null> => {
  const found = await sql<DatasetShape>`
    select row_count, columns, column_mapping, dataset_name from datasets
    where workspace_id = ${workspaceId} and dataset_id = ${datasetId}`.execute(db)
  return found.rows[0] ?? null
}

/** `data` is column name to value; empty cells are absent. `email` is normalised, null where the row has none. */
export type StoredRow = { id: string; row_index: number; email: string | null; data: Record<string, string> }

/** The next rows by position; -1 begins at the start. The caller has found the dataset within its workspace before. */
export const readRowsAfter = async (db: Db, datasetId: string, after: number, limit: number): Promise<StoredRow[]> => {
  const found = await sql<StoredRow>`
    select id, row_index, email, data from dataset_rows
    where dataset_id = ${datasetId} and removed_at is null and row_index > ${after} order by row_index limit ${limit}`.execute(
    db,
  )
  return found.rows
}

export type ListedRow = {
  row_id: string
  row_index: number
  email: string | null
  linkedin_url: string | null
  cells: Record<string, string>
  version: string
  source_row: number | null
  import_id: string | null
  removed_at: Date | null
  /** Of a list by a column: what orders it. */
  sort_key?: string | null
}

/**
 * What answers carry of a row `r`. The version is a digest of its cells: it changes with what a person sees and with nothing
 * else, whoever writes.
 */
export const ROW_COLUMNS: RawBuilder<unknown> = sql`r.id as row_id, r.row_index, r.email, r.linkedin_url, r.data as cells, ${rowVersion()} as version,
  r.source_row, r.import_id, r.removed_at`

export function rowVersion(): RawBuilder<string> {
  return sql`left(md5(r.data::text), 16)`
}

export type RowSort = { column: string; order: 'asc' | 'desc'; as: 'text' | 'number' }

export type RowQuery = {
  dataset_id: string
  row_count: number
  filter: RowFilter | null
  search: string | null
  sort: RowSort | null
}

/** `resume` is the position from which the next page has to look on, where this one gave up looking before it was full. */
export type RowPage = { rows: ListedRow[]; resume: number | null; total: number | null; total_is_exact: boolean }

/** How many rows one page of a filtered list looks at: about a second of work on a small machine. */
export const SCANNED_ROWS = 100_000
const COUNTED = 10_000
const SLOWEST_MS = 10_000
/** Of long cells only the beginning decides their order, so that a cursor stays short. */
const SORTED_CHARACTERS = 100

const isFiltered = (query: RowQuery): boolean => Boolean(query.filter?.conditions.length) || query.search !== null

/**
 * One page of the rows that are there, by position or by a column. Reads limit + 1 rows.
 *
 * By position a page is found by index. With a filter it looks at a bounded number of rows: it may be short, even empty, and
 * says where to look on. Sorted by a column, or counted from the front, all rows have to be looked at; FILTER_TOO_SLOW is
 * thrown when that takes too long.
 */
export const listRows = async (db: Db, query: RowQuery, page: PageRequest): Promise<RowPage> => {
  const counted = await countRows(db, query, page)
  if (query.sort) return { ...(await sortedPage(db, query, query.sort, page)), ...counted }
  if (isFiltered(query)) return { ...(await filteredPage(db, query, page)), ...counted }
  const start = page.after
    ? sql`r.row_index > ${page.after[0]}::integer`
    : sql`r.row_index >= (${positionOf(query, page.offset)})`
  const found = await sql<ListedRow>`
    select ${ROW_COLUMNS} from dataset_rows r where r.dataset_id = ${query.dataset_id} and r.removed_at is null
      ${page.after || page.offset ? sql`and ${start}` : sql``}
    order by r.row_index limit ${page.limit + 1}`.execute(db)
  return { rows: found.rows, resume: null, ...counted }
}

/** Of positions, which db/migrations/0027_row_positions.sql keeps the number of rows for. */
const BLOCK_BITS = 10

/**
 * Where the row stands that has `offset` rows before it; null where there is none. The counts of the blocks lead to the one it
 * is in, and only the rows of that are counted. One statement, so that counts and rows are of the same moment.
 */
const positionOf = ({ dataset_id }: RowQuery, offset: number): RawBuilder<number | null> => sql`
  with blocks as (
    select block, sum(rows)::integer as n, (sum(sum(rows)) over (order by block) - sum(rows))::integer as before
    from dataset_row_counts where dataset_id = ${dataset_id} group by block
  ), found as (
    select block << ${sql.lit(BLOCK_BITS)} as first, ${offset}::bigint - before as offset from blocks
    where before <= ${offset}::bigint and before + n > ${offset}::bigint
  )
  select p.row_index from dataset_rows p
  where p.dataset_id = ${dataset_id} and p.removed_at is null and p.row_index >= (select f.first from found f)
  order by p.row_index offset (select f.offset from found f) limit 1`

/** Only for a first page: later ones are read to go on, not to be counted. */
const countRows = async (
  db: Db,
  query: RowQuery,
  page: PageRequest,
): Promise<{ total: number | null; total_is_exact: boolean }> => {
  if (!isFiltered(query)) return { total: query.row_count, total_is_exact: true }
  if (page.after || page.offset) return { total: null, total_is_exact: false }
  const found = await sql<{ n: number }>`
    select count(*)::int as n from (
      select 1 from (
        select r.data from dataset_rows r where r.dataset_id = ${query.dataset_id} and r.removed_at is null order by r.row_index limit ${SCANNED_ROWS}) r
      where ${rowCondition(query.filter, query.search)} limit ${COUNTED + 1}) counted`.execute(db)
  const total = found.rows[0]?.n ?? 0
  return { total, total_is_exact: query.row_count <= SCANNED_ROWS && total <= COUNTED }
}

const filteredPage = async (
  db: Db,
  query: RowQuery,
  page: PageRequest,
): Promise<{ rows: ListedRow[]; resume: number | null }> => {
  const condition = rowCondition(query.filter, query.search)
  if (page.offset)
    return withinTime(db, async (tx) => {
      const found = await sql<ListedRow>`
        select ${ROW_COLUMNS} from dataset_rows r where r.dataset_id = ${query.dataset_id} and r.removed_at is null and ${condition}
        order by r.row_index limit ${page.limit + 1} offset ${page.offset}`.execute(tx)
      return { rows: found.rows, resume: null }
    })
  const after = page.after?.[0] ?? -1
  const found = await sql<ListedRow>`
    select ${ROW_COLUMNS} from (
      select * from dataset_rows r where r.dataset_id = ${query.dataset_id} and r.removed_at is null and r.row_index > ${after}::integer
      order by r.row_index limit ${SCANNED_ROWS}) r
    where ${condition} order by r.row_index limit ${page.limit + 1}`.execute(db)
  if (found.rows.length > page.limit) return { rows: found.rows, resume: null }
  const end = await sql<{ row_index: number }>`
    select row_index from dataset_rows where dataset_id = ${query.dataset_id} and removed_at is null and row_index > ${after}::integer
    order by row_index offset ${SCANNED_ROWS - 1} limit 1`.execute(db)
  return { rows: found.rows, resume: end.rows[0]?.row_index ?? null }
}

/** Empty cells and, sorted as numbers, cells without one come last in both directions. */
export const sortKey = (sort: RowSort): RawBuilder<unknown> =>
  sort.as === 'number'
    ? sql`case when ${cellOf(sort.column)} ~ '^\\s*[+-]?[0-9]{1,30}(\\.[0-9]{1,30})?\\s*$' then ${cellOf(sort.column)}::numeric end`
    : sql`left(lower(nullif(${cellOf(sort.column)}, '')), ${SORTED_CHARACTERS}) collate "C"`

const sortedPage = (
  db: Db,
  query: RowQuery,
  sort: RowSort,
  page: PageRequest,
): Promise<{ rows: ListedRow[]; resume: number | null }> =>
  withinTime(db, async (tx) => {
    const type = sort.as === 'number' ? sql`numeric` : sql`text`
    const [key, index] = page.after ?? [null, -1]
    const beyond = sort.order === 'asc' ? sql`>` : sql`<`
    const after = !page.after
      ? sql`true`
      : key === null
        ? sql`(k.key is null and k.row_index > ${index}::integer)`
        : sql`(k.key ${beyond} ${key}::${type} or k.key is null or (k.key = ${key}::${type} and k.row_index > ${index}::integer))`
    const order = sql`k.key ${sort.order === 'asc' ? sql`asc` : sql`desc`} nulls last, k.row_index`
    // The order is settled over keys alone; whole rows are read for the page only.
    const found = await sql<ListedRow>`
      with keyed as materialized (
        select k.id, k.key, k.row_index from (
          select r.id, r.row_index, ${sortKey(sort)} as key from dataset_rows r
          where r.dataset_id = ${query.dataset_id} and r.removed_at is null and ${rowCondition(query.filter, query.search)}) k
        where ${after} order by ${order} limit ${page.limit + 1} offset ${page.offset})
      select ${ROW_COLUMNS}, k.key::text as sort_key from keyed k join dataset_rows r on r.id = k.id order by ${order}`.execute(
      tx,
    )
    return { rows: found.rows, resume: null }
  })

/** Gives up after ten seconds, with a word about why, instead of keeping the database busy for nobody. */
const withinTime = async <T>(
  db: Db,
  work: (tx: Parameters<Parameters<typeof transaction>[1]>[0]) => Promise<T>,
): Promise<T> => {
  try {
    return await transaction(db, async (tx) => {
      await sql`select set_config('statement_timeout', ${String(SLOWEST_MS)}, true)`.execute(tx)
      return work(tx)
    })
  } catch (error) {
    if ((error as { code?: string }).code === '57014') throw problem('FILTER_TOO_SLOW')
    throw error
  }
}

/** Rows that were taken out and can be brought back, the last ones first. Reads limit + 1 rows. */
export const listRemovedRows = async (
  db: Db,
  datasetId: string,
  page: PageRequest,
): Promise<{ rows: ListedRow[]; total: number }> => {
  const after = page.after
    ? sql`and (r.removed_at, r.id) < (${page.after[0]}::timestamptz, ${page.after[1]}::uuid)`
    : sql``
  const found = await sql<ListedRow>`
    select ${ROW_COLUMNS} from dataset_rows r where r.dataset_id = ${datasetId} and r.removed_at is not null ${after}
    order by r.removed_at desc, r.id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  const counted = await sql<{ n: number }>`
    select count(*)::int as n from (
      select 1 from dataset_rows r where r.dataset_id = ${datasetId} and r.removed_at is not null limit ${COUNTED + 1}) counted`.execute(
    db,
  )
  return { rows: found.rows, total: counted.rows[0]?.n ?? 0 }
}

/** A row of a dataset of the workspace, removed or not. */
export const findRow = async (
  db: Db,
  workspaceId: string,
  datasetId: string,
  rowId: string,
  lock = false,
): Promise<ListedRow | null> => {
  const found = await sql<ListedRow>`
    select ${ROW_COLUMNS} from dataset_rows r
    where r.id = ${rowId} and r.dataset_id = ${datasetId} and r.workspace_id = ${workspaceId} ${lock ? sql`for update` : sql``}`.execute(
    db,
  )
  return found.rows[0] ?? null
}
