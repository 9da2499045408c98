import { sql } from 'kysely'
import type { CsvRow } from '../../csv-records.ts'
import { type CopyTransaction, copyTransaction } from '../../db/copy-transaction.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { type Appender, type AppendResult, openAppender } from '../uploads/append-rows.ts'
import { findOpenDataset } from '../uploads/import-target.ts'
import { lockRowsOfDataset } from '../uploads/lock-rows.ts'
import { completeImport } from '../uploads/store-import.ts'
import { differing, findPeople } from './find-people.ts'
import { readSpool, type SpooledSheet } from './spool-sheet.ts'
import { type RowChange, SHOWN, type SyncCounts, type SyncResult } from './sync-result.ts'
import { cellDigests, changedCells, isMassRemoval } from './sync-rules.ts'
import type { OpenSync, SyncSettings, SyncTarget } from './sync-settings.ts'
import { countKnown, createStateWriter, findGone, findKnown, openSync } from './sync-state.ts'
import { createKeyer, readTabs, seenKey, type Tab } from './sync-tabs.ts'
import { type Changed, noteRefusals, readRefusals, settleGone, writeChanges } from './write-changes.ts'

/** What became of a row of the sheet when it was compared. */
const SAME = 0
const FRESH = 1
const CHANGED = 2
const AWAY = 3

export type SyncRun = {
  now: Date
  dry_run: boolean
  allow_mass_removal: boolean
  /** Wait while another import fills the dataset. */
  wait: boolean
  /** Every tab of the sheet, read or not: rows of a tab that is left out are not gone. */
  all_tab_ids: readonly number[]
  job_id: string | null
}

/** Thrown to roll a dry run back once everything is known. */
class DryRun extends Error {
  readonly result: SyncResult
  constructor(result: SyncResult) {
    super('dry run')
    this.result = result
  }
}

/**
 * Brings what changed in a sheet since the last time into its dataset, all in one transaction. Rows are known by their key,
 * cells by a digest, so a cell that somebody wrote in the dataset stays until that very cell changes in the sheet. A dry run
 * does everything and takes it back, so what it tells is what would happen.
 *
 * Throws NOT_FOUND and CONFLICT for a dataset that cannot be added to, IMPORT_STATE while another import fills it (unless
 * `wait`), VALIDATION_ERROR for a key column that is not there, CONFLICT for a removal that looks like an accident.
 */
export const bringChanges = async (
  deps: Pick<Deps, 'pool' | 'config'>,
  target: SyncTarget,
  settings: SyncSettings,
  spool: SpooledSheet,
  run: SyncRun,
): Promise<SyncResult> => {
  try {
    return await copyTransaction(deps.pool, async (copying) => {
      const result = await bring(copying, deps, target, settings, spool, run)
      if (run.dry_run) throw new DryRun({ ...result, import_id: null })
      return result
    })
  } catch (error) {
    if (error instanceof DryRun) return error.result
    throw error
  }
}

const bring = async (
  copying: CopyTransaction,
  deps: Pick<Deps, 'config'>,
  asked: SyncTarget,
  settings: SyncSettings,
  spool: SpooledSheet,
  run: SyncRun,
): Promise<SyncResult> => {
  const { tx } = copying
  const { workspace_id, dataset_id } = asked
  const { now } = run
  await lockRowsOfDataset(tx, dataset_id, run.wait)
  const dataset = await findOpenDataset(tx, workspace_id, dataset_id)
  const { sync_id, salt } = await openSync(tx, asked, settings, now)
  const target: OpenSync = { ...asked, sync_id }
  const tabs = await readTabs(tx, sync_id, spool, settings, dataset, salt)
  const counts: SyncCounts = {
    rows_read: spool.row_count,
    inserted: 0,
    updated: 0,
    removed: 0,
    unchanged: 0,
    missing: 0,
    in_use: 0,
    skipped: 0,
    refused: 0,
  }

  // First everything is compared; COPY leaves no room for questions later.
  const verdicts = new Uint8Array(spool.row_count)
  const seen = new Set<string>()
  const changed: Changed[] = []
  const taken = new Set<string>()
  const state = createStateWriter(tx, target)
  let place = 0
  const keyed = createKeyer(salt, tabs)
  for await (const batch of readSpool(spool)) {
    const rows = batch.map((row) => ({ row, key: keyed(row) }))
    const known = await findKnown(tx, sync_id, tabs, rows)
    const fresh = rows.filter(({ row, key }) => !known.has(seenKey(tabs[row.tab] as Tab, key)))
    const people = await findPeople(tx, target, tabs, fresh)
    for (const { row, key } of rows) {
      const tab = tabs[row.tab] as Tab
      const name = seenKey(tab, key)
      seen.add(name)
      const cells = cellDigests(salt, row.values, tab.digests)
      const was = known.get(name)
      let verdict = SAME
      if (was?.is_there && was.row_id) {
        const at = changedCells(was.cells, cells, tab.digests)
        if (at.length && settings.duplicates !== 'skip') {
          verdict = CHANGED
          changed.push({ tab: row.tab, row: row.row, key, row_id: was.row_id, at, values: row.values, cells })
        } else {
          counts.unchanged++
          if (at.length) state.put(tab.tab_id, key, cells, was.row_id)
        }
      } else if (was) {
        verdict = AWAY
        counts.skipped++
      } else {
        const isMet = settings.duplicates !== 'keep' || tab.is_first
        const person = isMet ? people(row, tab, taken, settings.duplicates !== 'skip') : null
        if (!person) verdict = FRESH
        else {
          taken.add(person.id)
          const at = settings.duplicates === 'skip' ? [] : differing(row, tab, person)
          if (at.length) {
            verdict = CHANGED
            changed.push({ tab: row.tab, row: row.row, key, row_id: person.id, at, values: row.values, cells })
          } else {
            counts.unchanged++
            state.put(tab.tab_id, key, cells, person.id)
          }
        }
      }
      verdicts[place++] = verdict
    }
    await state.flush()
  }

  const gone = await findGone(tx, target, seen, new Set(tabs.map(({ tab_id }) => tab_id)), new Set(run.all_tab_ids))
  const known = await countKnown(tx, sync_id)
  if (settings.missing_rows === 'remove' && isMassRemoval(gone.length, known) && !run.allow_mass_removal)
    throw problem(
      'CONFLICT',
      `${gone.length} of ${known} rows are not in the sheet any more. If that is meant, send allow_mass_removal: true.`,
    )

  const changes: RowChange[] = []
  const isAnythingNew = verdicts.includes(FRESH) || changed.length > 0
  const import_id = isAnythingNew ? await openImport(tx, target, settings, tabs, run) : null
  const appended = await append(copying, deps, target, settings, spool, tabs, verdicts, import_id, now)
  counts.inserted = appended.rows_imported
  counts.skipped += appended.rows_duplicate
  counts.refused += appended.rows_rejected
  const refusals = import_id && appended.rows_rejected ? await readRefusals(tx, import_id, tabs) : []
  let is_kept = false
  if (import_id) {
    const shape = await findOpenDataset(tx, workspace_id, dataset_id)
    changes.push(...(await linkInserted(tx, target, import_id, spool, tabs, verdicts, taken, salt)))
    const refused = await writeChanges(tx, target, import_id, tabs, shape, changed, { counts, changes, state })
    await state.flush()
    await noteRefusals(tx, target, import_id, tabs, refused)
    refusals.push(...refused)
    is_kept = counts.inserted + counts.updated > 0
    const settled = { import_id, dataset_id, session_id: null, is_append: true }
    const sums = {
      rows_read: spool.row_count,
      rows_updated: counts.updated,
      rows_unchanged: counts.unchanged,
      rows_rejected: counts.refused,
    }
    if (is_kept) await completeImport(tx, settled, { ...appended, ...sums }, now)
    // What is refused is refused each time; that alone is nothing to undo.
    else await sql`delete from imports where import_id = ${import_id}`.execute(tx)
  }
  await settleGone(tx, target, settings, gone, counts, changes, now)
  const result: SyncResult = {
    ...counts,
    sync_id,
    import_id: is_kept ? import_id : null,
    columns_added: appended.columns_added,
    changes: changes.slice(0, SHOWN),
    refusals: refusals.slice(0, SHOWN),
    is_one_moment: spool.is_one_moment,
  }
  const { changes: _changes, refusals: _refusals, ...kept } = result
  await sql`
    update sheet_syncs set last_synced_at = ${now}, last_result = ${JSON.stringify(kept)}, last_error = null, failures = 0 where sync_id = ${sync_id}`.execute(
    tx,
  )
  return result
}

const openImport = async (
  tx: Tx,
  target: OpenSync,
  settings: SyncSettings,
  tabs: Tab[],
  run: { now: Date; job_id?: string | null },
): Promise<string> => {
  const import_id = newId()
  const columns = [...new Set(tabs.flatMap(({ names }) => names))]
  await sql`
    insert into imports (import_id, workspace_id, dataset_id, job_id, user_id, status, column_mapping, columns, duplicates, duplicates_in, is_append, created_at)
    values (${import_id}, ${target.workspace_id}, ${target.dataset_id}, ${run.job_id ?? null}, ${target.user_id}, 'running',
      ${JSON.stringify(Object.assign({}, ...tabs.map(({ mapping }) => mapping)))}, ${JSON.stringify(columns)}, ${settings.duplicates}, 'dataset', true, ${run.now})`.execute(
    tx,
  )
  return import_id
}

/** Rows that are new go the way of every import. Columns of the sheet that the dataset lacks are added in any case. */
const append = async (
  copying: CopyTransaction,
  deps: Pick<Deps, 'config'>,
  target: SyncTarget,
  settings: SyncSettings,
  spool: SpooledSheet,
  tabs: Tab[],
  verdicts: Uint8Array,
  importId: string | null,
  now: Date,
): Promise<AppendResult> => {
  const appender: Appender = await openAppender(copying, {
    workspace_id: target.workspace_id,
    dataset_id: target.dataset_id,
    import_id: importId,
    // Who is there and may be changed was found before; what is left over are rows of one person in the sheet itself.
    policy: { duplicates: settings.duplicates === 'keep' ? 'keep' : 'skip', duplicates_in: 'dataset' },
    issue_columns: [...new Set(tabs.flatMap(({ names }) => names))],
    max_rows: deps.config.extractions.max_leads,
    now,
    // The lock is held already.
    wait: true,
  })
  for (const [index, tab] of tabs.entries()) {
    if (!tab.columns.length) continue
    await appender.append({
      columns: tab.columns,
      column_mapping: tab.mapping,
      sheet_name: tabs.length > 1 ? tab.title : null,
      batches: freshRows(spool, index, tab, verdicts),
    })
  }
  return appender.finish()
}

async function* freshRows(spool: SpooledSheet, index: number, tab: Tab, verdicts: Uint8Array) {
  let place = 0
  for await (const batch of readSpool(spool)) {
    const rows: CsvRow[] = []
    for (const row of batch) {
      if (verdicts[place++] !== FRESH || row.tab !== index) continue
      const values = [...row.values]
      while (values.length < tab.names.length) values.push('')
      rows.push({ source_row: row.row, values })
    }
    if (rows.length) yield { rows, bytes_read: 0 }
  }
}

/** Writes down which row of the dataset each new row of the sheet became. One that became none is met again next time. */
const linkInserted = async (
  tx: Tx,
  target: OpenSync,
  importId: string,
  spool: SpooledSheet,
  tabs: Tab[],
  verdicts: Uint8Array,
  taken: Set<string>,
  salt: Buffer,
): Promise<RowChange[]> => {
  const state = createStateWriter(tx, target)
  const keyed = createKeyer(salt, tabs)
  const shown: RowChange[] = []
  let place = 0
  for await (const batch of readSpool(spool)) {
    const fresh = batch
      .map((row) => ({ row, key: keyed(row), verdict: verdicts[place++] }))
      .filter(({ verdict }) => verdict === FRESH)
    if (!fresh.length) continue
    const people = await findPeople(tx, target, tabs, fresh, importId)
    for (const { row, key } of fresh) {
      const tab = tabs[row.tab] as Tab
      const person = people(row, tab, taken, true)
      if (!person) continue
      taken.add(person.id)
      state.put(tab.tab_id, key, cellDigests(salt, row.values, tab.digests), person.id)
      if (shown.length < SHOWN)
        shown.push({
          action: 'insert',
          tab: tab.title,
          sheet_row: row.row,
          row_id: person.id,
          cells: Object.fromEntries(Object.entries(person.data).map(([name, value]) => [name, [null, value]])),
        })
    }
    await state.flush()
  }
  return shown
}
