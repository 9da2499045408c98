import { type RawBuilder, sql } from 'kysely'

/**
 * Rows made in the program, as a query to select from: `with given as (${givenRows(rows, 'id uuid, at timestamptz')})`. The
 * limit says how many there are, which the planner cannot see in JSON; it would guess a hundred and read whole tables to
 * join them. `columns` is SQL of ours. Strings that may hold what PostgreSQL's text cannot need a `stringify` that cleans them.
 */
export const givenRows = (
  rows: readonly object[],
  columns: string,
  stringify: (rows: readonly object[]) => string = JSON.stringify,
): RawBuilder<unknown> =>
  sql`select * from json_to_recordset(${stringify(rows)}::json) as g (${sql.raw(columns)}) limit ${rows.length}`
