import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { rowsByKey } from './rows-by-key.ts'

export type NewRows = {
  workspace_id: string
  dataset_id: string | null
  import_id: string | null
  /** The position of the first new row of the dataset. */
  first_index: number
}

/**
 * Addresses that another dataset of the workspace has already: imported, counted, and the first of them named by row. One
 * look into the index per new row, forced by the limit: the planner has no statistics about rows of this very transaction
 * and was seen to compare every row with every other. `columns` are those of the dataset that hold the columns of the file.
 */
export const noteKnownAddresses = async (
  tx: Tx,
  rows: NewRows,
  notices: { seq: number; most: number; columns: string[] },
): Promise<number> => {
  const { workspace_id, dataset_id, import_id } = rows
  const most = import_id === null ? 0 : notices.most
  const found = await sql<{ n: number }>`
    with known as materialized (
      select r.row_index from dataset_rows r cross join lateral (
        select 1 from (${rowsByKey('email', workspace_id, sql`r.email`)}) o where o.removed_at is null and o.dataset_id <> ${dataset_id} limit 1) found
      where r.dataset_id = ${dataset_id} and r.row_index >= ${rows.first_index} and r.removed_at is null and r.email is not null
    ), named as (
      select row_index, row_number() over (order by row_index) as n from known order by row_index limit ${most}
    ), noted as (
      insert into import_issues (import_id, workspace_id, seq, source_row, severity, code, message, row_values)
      select ${import_id}::uuid, ${workspace_id}, ${notices.seq} + named.n - 1, r.source_row, 'notice', 'known_in_workspace',
        r.email || ' is known already, from the dataset "' || coalesce((
          select d.dataset_name from (${rowsByKey('email', workspace_id, sql`r.email`)}) o join datasets d on d.dataset_id = o.dataset_id
          where o.removed_at is null and o.dataset_id <> ${dataset_id}
          order by o.dataset_id limit 1), '') || '".',
        array(select coalesce(r.data ->> c.name, '') from unnest(${notices.columns}::text[]) with ordinality c (name, n) order by c.n)
      from named cross join lateral (
        select source_row, email, data from dataset_rows
        where dataset_id = ${dataset_id} and row_index = named.row_index and removed_at is null limit 1) r
    )
    select count(*)::int as n from known`.execute(tx)
  return found.rows[0]?.n ?? 0
}

/** The same number for a plan, whose rows are not there. */
export const countKnownAddresses = async (tx: Tx, rows: NewRows): Promise<number> => {
  const found = await sql<{ n: number }>`
    select count(*)::int as n from import_changes c cross join lateral (
      select 1 from (${rowsByKey('email', rows.workspace_id, sql`c.email`)}) o where o.removed_at is null
        ${rows.dataset_id === null ? sql`` : sql`and o.dataset_id <> ${rows.dataset_id}`} limit 1) found
    where c.import_id = ${rows.import_id} and c.action = 'insert' and c.email is not null`.execute(tx)
  return found.rows[0]?.n ?? 0
}
