import { join } from 'node:path'
import { sql } from 'kysely'
import type { CopyTransaction } from '../../db/copy-transaction.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import type { AppendResult, ImportCounts } from './append-rows.ts'
import { importRows } from './import-rows.ts'
import type { ImportToRun } from './queries.ts'
import { completeImport, settlePlan } from './store-import.ts'

export type Reading = {
  now: Date
  /** Wait for another import into the dataset, or be refused. */
  wait: boolean
  onBatch?: (bytesRead: number, counts: ImportCounts) => void
}

const outdated = () =>
  problem('PLAN_OUTDATED', 'The data have changed since the plan was made; nothing was imported. Plan it again.')

/**
 * Reads a stored file within the caller's transaction: into its dataset, or into a plan. An import that was planned is held
 * against its plan, decision by decision; one that would come to something else throws PLAN_OUTDATED, and the caller's
 * rollback leaves the plan as it was.
 */
export const carryOut = async (
  copying: CopyTransaction,
  deps: Pick<Deps, 'config' | 'storage'>,
  file: ImportToRun,
  reading: Reading,
): Promise<AppendResult> => {
  const { tx } = copying
  if (!file.sha256) throw new Error('The import has no stored file.')
  // What a plan wrote down is decided again now.
  if (file.plan_digest !== null) await deletePlanRows(tx, file.import_id)
  const source = await deps.storage.read(file.sha256)
  try {
    const result = await importRows(
      copying,
      {
        workspace_id: file.workspace_id,
        dataset_id: file.dataset_id,
        import_id: file.import_id,
        column_mapping: file.column_mapping,
        sheets: file.sheets,
        issue_columns: file.columns,
        policy: { duplicates: file.duplicates, duplicates_in: file.duplicates_in },
        max_rows: deps.config.uploads.max_rows,
        now: reading.now,
        plan: file.is_plan,
        digest: file.plan_digest !== null,
        wait: reading.wait,
        folder: join(deps.config.data_dir, 'incoming'),
      },
      source,
      reading.onBatch,
    )
    if (file.is_plan)
      await settlePlan(tx, file.import_id, result, await fingerprintOf(tx, file.dataset_id), reading.now)
    else {
      if (file.plan_digest !== null && file.plan_digest !== result.digest) throw outdated()
      await completeImport(tx, file, result, reading.now)
    }
    return result
  } finally {
    source.destroy()
  }
}

/** A plan reads one moment of the workspace, however long it takes. The first statement of its transaction. */
export const readOneMoment = async (tx: Tx): Promise<void> => {
  await sql`set transaction isolation level repeatable read`.execute(tx)
}

/** Changes with any row, position or column of the dataset. */
export const fingerprintOf = async (tx: Tx, datasetId: string | null): Promise<string | null> => {
  if (datasetId === null) return null
  const { rows } = await sql<{ fingerprint: string }>`
    select md5(d.columns::text || d.column_mapping::text) || ' ' || (
      select count(*) || ' ' || coalesce(bit_xor(hashtextextended(r.id::text || r.row_index || coalesce(r.email, '') || r.data::text, 0)), 0)
      from dataset_rows r where r.dataset_id = d.dataset_id and r.removed_at is null) as fingerprint
    from datasets d where d.dataset_id = ${datasetId}`.execute(tx)
  return rows[0]?.fingerprint ?? null
}

/** Throws PLAN_OUTDATED when the dataset is not what the plan found; the rest of the workspace is looked at on the way. */
export const checkFingerprint = async (
  tx: Tx,
  file: Pick<ImportToRun, 'dataset_id' | 'plan_fingerprint'>,
): Promise<void> => {
  if ((await fingerprintOf(tx, file.dataset_id)) !== file.plan_fingerprint) throw outdated()
}

const deletePlanRows = async (tx: Tx, importId: string): Promise<void> => {
  await sql`delete from import_changes where import_id = ${importId}`.execute(tx)
  await sql`delete from import_issues where import_id = ${importId}`.execute(tx)
}
