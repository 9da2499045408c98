import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { createJob } from '../jobs/progress.ts'
import { findOpenDataset } from '../uploads/import-target.ts'
import type { TokenDeps } from './google-token.ts'
import { syncSheetJob } from './jobs.ts'
import { findSync } from './queries.ts'
import type { SyncRow, SyncSheetRequest } from './schema.ts'
import { type Reader, readingSheets } from './sheet-access.ts'
import { chooseTabs, type SpooledSheet, spoolSheet } from './spool-sheet.ts'
import type { SyncCounts, SyncResult } from './sync-result.ts'
import type { SyncSettings } from './sync-settings.ts'
import { bringChanges } from './sync-sheet.ts'
import { openSync } from './sync-state.ts'

/** More rows than these are read by a job, as those of a file are. */
const ROWS_IN_REQUEST = 10_000

export type SyncDeps = TokenDeps & Pick<Deps, 'pool' | 'config'>

/** What a request leaves out stays as it was the last time. */
const settingsOf = (
  sheet: { sheet_id: string; title: string },
  body: SyncSheetRequest,
  stored: SyncRow | null,
): SyncSettings => ({
  ...sheet,
  tab_names: body.tab_names === undefined ? (stored?.tab_names ?? null) : body.tab_names,
  header_row: body.header_row ?? stored?.header_row ?? 1,
  key_column: body.key_column === undefined ? (stored?.key_column ?? null) : body.key_column,
  duplicates: body.duplicates ?? stored?.duplicates ?? 'update',
  missing_rows: body.missing_rows ?? stored?.missing_rows ?? 'keep',
  every_minutes: body.every_minutes === undefined ? (stored?.every_minutes ?? null) : body.every_minutes,
})

type Opened = { settings: SyncSettings; rows: number; spool: SpooledSheet | null; all_tab_ids: number[] }

/**
 * Opens a sheet and reads it, unless it has more than `most` rows. `settingsFor` is asked once the title is known. Throws
 * what readingSheets, chooseTabs and spoolSheet throw.
 */
export const readForSync = (
  deps: SyncDeps,
  reader: Reader,
  sheetId: string,
  settingsFor: (sheet: { sheet_id: string; title: string }) => SyncSettings,
  options: { most: number; signal?: AbortSignal; onRows?: (rows: number, total: number) => void },
): Promise<Opened> =>
  readingSheets(deps, reader, async (source) => {
    const file = await source.open(sheetId)
    const settings = settingsFor({
      sheet_id: file.sheet_id,
      title: file.title.slice(0, 500).replaceAll('\0', '').toWellFormed(),
    })
    const tabs = chooseTabs(file, settings.tab_names)
    const rows = tabs.reduce((sum, tab) => sum + tab.row_count, 0)
    if (rows > options.most) return { settings, rows, spool: null, all_tab_ids: [] }
    const spool = await spoolSheet(
      deps.config.data_dir,
      source,
      file.sheet_id,
      (now) => chooseTabs(now, settings.tab_names),
      {
        header_row: settings.header_row,
        max_rows: deps.config.extractions.max_leads,
        signal: options.signal,
        onRows: (done) => options.onRows?.(done, rows),
      },
    )
    return { settings, rows, spool, all_tab_ids: spool.file.tabs.map(({ tab_id }) => tab_id) }
  })

const NOTHING: SyncCounts = {
  rows_read: 0,
  inserted: 0,
  updated: 0,
  removed: 0,
  unchanged: 0,
  missing: 0,
  in_use: 0,
  skipped: 0,
  refused: 0,
}

/** Brings the changes of a sheet in the request, or has a job do it where the sheet is large. A dry run is never a job. */
export const startSync = async (deps: SyncDeps, reader: Reader, sheetId: string, body: SyncSheetRequest, now: Date) => {
  const { dataset_id, dry_run, allow_mass_removal } = body
  const { workspace_id } = reader.workspace
  await findOpenDataset(deps.db, workspace_id, dataset_id)
  const stored = await findSync(deps.db, workspace_id, sheetId, dataset_id)
  const { settings, rows, spool, all_tab_ids } = await readForSync(
    deps,
    reader,
    sheetId,
    (sheet) => settingsOf(sheet, body, stored),
    { most: dry_run ? Number.POSITIVE_INFINITY : ROWS_IN_REQUEST },
  )
  const target = { workspace_id, user_id: reader.user_id, dataset_id }
  const shown = { sheet_id: settings.sheet_id, dataset_id }
  if (!spool) {
    const queued = await transaction(deps.db, async (tx) => {
      const { sync_id } = await openSync(tx, target, settings, now)
      const job_id = await createJob(tx, {
        workspace_id,
        user_id: reader.user_id,
        kind: 'sync_sheet',
        subject_id: sync_id,
        total: rows,
        message: 'The sheet waits to be read.',
        now: deps.clock.now(),
      })
      await enqueue(tx, syncSheetJob, { sync_id, job_id, allow_mass_removal })
      return { sync_id, job_id }
    })
    return {
      ...shown,
      ...queued,
      ...NOTHING,
      status: 'queued' as const,
      import_id: null,
      columns_added: [],
      changes: [],
      refusals: [],
      is_one_moment: true,
      message: `The sheet has up to ${rows} rows; a job reads it.`,
    }
  }
  try {
    const run = { now, dry_run, allow_mass_removal, wait: false, all_tab_ids, job_id: null }
    const result = await bringChanges(deps, target, settings, spool, run)
    return {
      ...shown,
      ...result,
      sync_id: dry_run ? (stored?.sync_id ?? null) : result.sync_id,
      changes: dry_run ? result.changes.map(withoutNewIds) : result.changes,
      status: dry_run ? ('dry_run' as const) : ('completed' as const),
      job_id: null,
      message: summaryOf(result, dry_run),
    }
  } finally {
    await spool.remove()
  }
}

/** A row that a dry run added is not there any more, and neither is its id. */
const withoutNewIds = (change: SyncResult['changes'][number]) =>
  change.action === 'insert' ? { ...change, row_id: null } : change

export const summaryOf = (counts: SyncCounts, isDryRun: boolean): string => {
  const would = isDryRun ? 'would be ' : ''
  const parts = [
    counts.inserted ? `${counts.inserted} rows ${would}added` : null,
    counts.updated ? `${counts.updated} ${would}changed` : null,
    counts.removed ? `${counts.removed} ${would}removed` : null,
    counts.missing ? `${counts.missing} not in the sheet any more` : null,
    counts.skipped ? `${counts.skipped} skipped` : null,
    counts.refused ? `${counts.refused} refused` : null,
  ].filter((part) => part !== null)
  return parts.length ? `${parts.join(', ')}.` : 'Nothing has changed in the sheet.'
}
