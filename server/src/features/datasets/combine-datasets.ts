import { sql } from 'kysely'
import { type LeadField, normalizeColumnNames } from '../../column-mapping.ts'
import type { Db } from '../../db/connect.ts'
import type { CopyTransaction } from '../../db/copy-transaction.ts'
import type { Tx } from '../../db/transaction.ts'
import { notFound } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { openAppender } from '../uploads/append-rows.ts'
import { addToCount, type ChangeContext, campaignsThatGoOn, selected, windows } from './change-rows.ts'
import { settleDataset } from './create-dataset.ts'
import type { ChangeResult, DatasetChange, RowSelection } from './dataset-change.ts'
import { readDatasetColumns } from './dataset-rows.ts'
import { rowPages } from './row-pages.ts'

/**
 * Adds the rows of another dataset to this one, like an import would: columns of the same name or lead field meet, others
 * are added, and `duplicates` says what becomes of people who are here already. The other dataset keeps its rows. With
 * `dry_run` everything is decided and counted and nothing changes. `reading` is a connection beside the transaction where
 * that is busy with COPY, else the transaction itself.
 */
export const mergeDatasets = async (
  context: ChangeContext,
  to: Tx | CopyTransaction,
  reading: Db,
  change: DatasetChange & { kind: 'merge' },
): Promise<ChangeResult> => {
  const { tx, workspace_id, dataset_id, now } = context
  const source = await readDatasetColumns(tx, workspace_id, change.source_id)
  if (!source) throw notFound('There is no such dataset in this workspace.')
  const { columns } = source
  const appender = await openAppender(to, {
    workspace_id,
    dataset_id,
    import_id: null,
    policy: { duplicates: change.duplicates, duplicates_in: 'dataset' },
    max_rows: Number.MAX_SAFE_INTEGER,
    keep_all: true,
    plan: change.dry_run,
    wait: true,
    now,
  })
  let done = 0
  async function* batches() {
    for await (const rows of rowPages(reading, change.source_id)) {
      yield {
        rows: rows.map((row) => {
          const cells = JSON.parse(row.data) as Record<string, string | undefined>
          return { source_row: row.row_index + 1, values: columns.map((column) => cells[column] ?? '') }
        }),
        bytes_read: 0,
      }
      done += rows.length
      context.report(done)
    }
  }
  await appender.append({
    columns: normalizeColumnNames(source.columns),
    column_mapping: source.column_mapping as Record<string, LeadField>,
    batches: batches(),
  })
  const counts = await appender.finish()
  if (!change.dry_run && change.archive_source)
    await sql`
      update datasets set archived_at = coalesce(archived_at, ${now}), updated_at = ${now}
      where dataset_id = ${change.source_id} and workspace_id = ${workspace_id}`.execute(tx)
  return {
    rows_added: counts.rows_imported,
    rows_updated: counts.rows_updated,
    rows_unchanged: counts.rows_unchanged,
    rows_duplicate: counts.rows_duplicate,
    rows_without_email: counts.rows_without_email,
    columns_added: counts.columns_added,
    row_count: counts.row_count,
  }
}

/**
 * Copies the selected rows into an empty dataset that was made for them, in their order and with their provenance. They are
 * new rows with ids of their own: what refers to the old ones goes on doing so. With `move` the old ones are removed, and
 * can be restored.
 */
export const copyRows = async (
  context: ChangeContext,
  targetId: string,
  rows: RowSelection,
  move: boolean,
): Promise<ChangeResult> => {
  const { tx, workspace_id, dataset_id, now } = context
  // A job may come late, and the columns are what they are now.
  await sql`
    update datasets t set columns = s.columns, column_mapping = s.column_mapping from datasets s
    where t.dataset_id = ${targetId} and t.workspace_id = ${workspace_id} and s.dataset_id = ${dataset_id} and s.workspace_id = ${workspace_id}`.execute(
    tx,
  )
  let rows_copied = 0
  let done = 0
  for await (const part of windows(tx, dataset_id)) {
    const found = await sql<{ id: string }>`
      select r.id from dataset_rows r
      where r.dataset_id = ${dataset_id} and r.workspace_id = ${workspace_id} and r.removed_at is null
        and r.row_index > ${part.after}::integer and r.row_index <= ${part.to}::integer and ${selected(rows)}
      order by r.row_index`.execute(tx)
    const ids = found.rows.map(({ id }) => id)
    if (ids.length) {
      await sql`
        insert into dataset_rows (id, workspace_id, dataset_id, import_id, row_index, source_row, email, linkedin_url, data)
        select u.new_id, r.workspace_id, ${targetId}::uuid, r.import_id, ${rows_copied}::integer + u.n::integer - 1, r.source_row, r.email, r.linkedin_url, r.data
        from unnest(${ids}::uuid[], ${ids.map(() => newId())}::uuid[]) with ordinality as u (id, new_id, n) join dataset_rows r on r.id = u.id`.execute(
        tx,
      )
      if (move)
        await sql`update dataset_rows set removed_at = ${now} where id = any(${ids}::uuid[]) and workspace_id = ${workspace_id}`.execute(
          tx,
        )
      rows_copied += ids.length
    }
    done += part.rows
    context.report(done)
  }
  await settleDataset(tx, targetId, 'completed', rows_copied, now)
  if (!move) return { rows_copied, new_dataset_id: targetId }
  const row_count = await addToCount(context, -rows_copied)
  const campaigns = await campaignsThatGoOn(context)
  return { rows_copied, new_dataset_id: targetId, rows_removed: rows_copied, removed_at: now, row_count, campaigns }
}
