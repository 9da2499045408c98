import { type RawBuilder, sql } from 'kysely'

/**
 * The rows of a workspace with one address or profile, removed ones among them: the caller asks for `removed_at is null`
 * outside. One look into the index of that key for each time it is run, whatever the planner believes of the table: asked for
 * in here, that condition would let it read the whole index of positions for every key, which it takes for tiny after most
 * rows of a large dataset were removed. Seen as an import of 1,000 rows in 9 seconds. `key` is an expression of the caller's
 * query; the name `keyed` is taken in here.
 */
export const rowsByKey = (
  column: 'email' | 'linkedin_url',
  workspaceId: string,
  key: RawBuilder<unknown>,
): RawBuilder<unknown> => sql`
  select keyed.id, keyed.dataset_id, keyed.import_id, keyed.row_index, keyed.source_row, keyed.email, keyed.linkedin_url, keyed.removed_at
  from dataset_rows keyed where keyed.workspace_id = ${workspaceId} and keyed.${sql.ref(column)} = ${key} offset 0`
