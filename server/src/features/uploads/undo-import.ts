import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound, problem } from '../../http/errors.ts'
import { campaignsUsing, findImport, removeImportedRows } from './queries.ts'

const NOT_YET = 'The import is still being read; it can be undone when it is over.'
const WHY_NOT: Record<string, string> = {
  queued: NOT_YET,
  running: NOT_YET,
  failed: 'The import failed and left no rows; there is nothing to undo.',
  undone: 'The import has been undone already.',
}

/**
 * Takes the rows of an import out of its dataset again, as long as no campaign has made leads of them. The rows are marked,
 * not deleted (DOMAIN.md §10), and keep their positions. Throws IMPORT_STATE and IN_USE.
 */
export const undoImport = (deps: Pick<Deps, 'db'>, workspaceId: string, importId: string, now: Date) =>
  transaction(deps.db, async (tx) => {
    const found = await findImport(tx, workspaceId, importId)
    if (!found) throw notFound('There is no such import in this workspace.')
    // A running import is refused before the lock, which it holds until it is over.
    if (found.status !== 'completed') throw problem('IMPORT_STATE', WHY_NOT[found.status])
    await lockForUndo(tx, importId, found.dataset_id)
    const campaigns = await campaignsUsing(tx, workspaceId, found.dataset_id)
    if (campaigns.length)
      throw problem(
        'IN_USE',
        `Campaigns write to rows of this import: ${campaigns.map((name) => `"${name}"`).join(', ')}.`,
      )
    const rows_removed = await removeImportedRows(tx, found.dataset_id, importId, now)
    await sql`update imports set status = 'undone', undone_at = ${now} where import_id = ${importId}`.execute(tx)
    await sql`update datasets set row_count = row_count - ${rows_removed}, updated_at = ${now} where dataset_id = ${found.dataset_id}`.execute(
      tx,
    )
    if (found.session_id)
      await sql`update processing_sessions set status = 'created', updated_at = ${now} where session_id = ${found.session_id} and dataset_id = ${found.dataset_id}`.execute(
        tx,
      )
    return {
      import_id: importId,
      dataset_id: found.dataset_id,
      status: 'undone' as const,
      rows_removed,
      undone_at: now,
      message: `${rows_removed} rows were taken out of the dataset.`,
    }
  })

/** Two requests to undo go one after the other; the second finds it done. */
const lockForUndo = async (tx: Tx, importId: string, datasetId: string): Promise<void> => {
  const locked = await sql<{
    status: string
  }>`select status from imports where import_id = ${importId} for update`.execute(tx)
  if (locked.rows[0]?.status !== 'completed') throw problem('IMPORT_STATE', WHY_NOT[locked.rows[0]?.status ?? 'undone'])
  await sql`select 1 from datasets where dataset_id = ${datasetId} for update`.execute(tx)
}
