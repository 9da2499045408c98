import { sql } from 'kysely'
import { type ColumnName, guessMapping, type LeadField } from '../../column-mapping.ts'
import type { Tx } from '../../db/transaction.ts'
import { invalid } from '../../http/errors.ts'
import { alignColumns, type TableShape } from '../uploads/row-policy.ts'
import { readSpool, type SheetRow, type SpooledSheet } from './spool-sheet.ts'
import { columnDigests, createKeyCounter, type KeyPlan, keyDigest, keyOf, planKeys } from './sync-rules.ts'
import type { SyncSettings } from './sync-settings.ts'

export type Tab = {
  tab_id: number
  title: string
  columns: ColumnName[]
  names: string[]
  mapping: Record<string, LeadField>
  keys: KeyPlan
  digests: Buffer[]
  /** For each column the one of the dataset. */
  stored_as: string[]
  /** No row of it has been met before. */
  is_first: boolean
}

export const seenKey = (tab: Tab, key: Buffer): string => `${tab.tab_id} ${key.toString('latin1')}`

/** Keys of rows, which have to come in the order of the sheet from the first on. */
export const createKeyer = (salt: Buffer, tabs: Tab[]): ((row: SheetRow) => Buffer) => {
  const counters = tabs.map(() => createKeyCounter())
  return (row) => {
    const count = counters[row.tab] as (key: string) => string
    return keyDigest(salt, count(keyOf(row.values, row.row, (tabs[row.tab] as Tab).keys)))
  }
}

export const readTabs = async (
  tx: Tx,
  syncId: string,
  spool: SpooledSheet,
  settings: SyncSettings,
  dataset: TableShape,
  salt: Buffer,
): Promise<Tab[]> => {
  const met = await sql<{ tab_id: string }>`
    select t.tab_id::text as tab_id from unnest(${spool.tabs.map(({ tab_id }) => String(tab_id))}::bigint[]) as t (tab_id)
    where exists (select 1 from sheet_sync_rows s where s.sync_id = ${syncId} and s.tab_id = t.tab_id)`.execute(tx)
  const known = new Set(met.rows.map(({ tab_id }) => tab_id))
  const samples = await sampleRows(spool)
  const lacking: string[] = []
  const tabs = spool.tabs.map((tab, index): Tab => {
    const names = tab.columns.map(({ name }) => name)
    const rows = (samples[index] ?? []).map((values) =>
      Object.fromEntries(names.map((name, at) => [name, values[at] ?? ''])),
    )
    const { mapping } = guessMapping(names, rows)
    const keys = planKeys(names, mapping, settings.key_column)
    if (!keys && names.length) lacking.push(tab.title)
    return {
      ...tab,
      names,
      mapping,
      keys: keys ?? { key_at: -1, email_at: -1, linkedin_at: -1 },
      digests: columnDigests(salt, names),
      stored_as: alignColumns(tab.columns, mapping, dataset).keys,
      is_first: !known.has(String(tab.tab_id)),
    }
  })
  if (lacking.length)
    throw invalid([
      {
        loc: ['body', 'key_column'],
        msg: `there is no column "${settings.key_column}" in ${lacking.map((title) => `"${title}"`).join(', ')}`,
        type: 'unknown_column',
      },
    ])
  return tabs
}

const GUESSED_FROM = 200

const sampleRows = async (spool: SpooledSheet): Promise<string[][][]> => {
  const samples: string[][][] = spool.tabs.map(() => [])
  for await (const rows of readSpool(spool)) {
    for (const { tab, values } of rows) {
      const some = samples[tab] as string[][]
      if (some.length < GUESSED_FROM) some.push(values)
    }
    if (spool.tabs.every((tab, at) => (samples[at]?.length ?? 0) >= Math.min(tab.rows, GUESSED_FROM))) break
  }
  return samples
}
