import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import type { SheetRow } from './spool-sheet.ts'
import type { OpenSync, SyncSettings, SyncTarget } from './sync-settings.ts'
import type { Tab } from './sync-tabs.ts'

const PIECE = 500

/** The row of the sync, locked; made here where there is none. With another key or header all rows are compared anew. */
export const openSync = async (
  tx: Tx,
  asked: SyncTarget,
  settings: SyncSettings,
  now: Date,
): Promise<{ sync_id: string; salt: Buffer }> => {
  const { workspace_id, user_id, dataset_id } = asked
  const found = await sql<{ sync_id: string; salt: Buffer; header_row: number; key_column: string | null }>`
    select sync_id, salt, header_row, key_column from sheet_syncs
    where workspace_id = ${workspace_id} and sheet_id = ${settings.sheet_id} and dataset_id = ${dataset_id} for update`.execute(
    tx,
  )
  const known = found.rows[0]
  const sync_id = known?.sync_id ?? newId()
  const salt = known?.salt ?? randomBytes(32)
  if (known && (known.header_row !== settings.header_row || known.key_column !== settings.key_column))
    await sql`delete from sheet_sync_rows where sync_id = ${sync_id}`.execute(tx)
  const due_at = settings.every_minutes ? new Date(now.getTime() + settings.every_minutes * 60_000) : null
  await sql`
    insert into sheet_syncs (sync_id, workspace_id, dataset_id, sheet_id, user_id, title, tab_names, header_row, key_column, duplicates, missing_rows,
      every_minutes, due_at, salt, created_at, updated_at)
    values (${sync_id}, ${workspace_id}, ${dataset_id}, ${settings.sheet_id}, ${user_id}, ${settings.title},
      ${settings.tab_names ? JSON.stringify(settings.tab_names) : null}, ${settings.header_row}, ${settings.key_column}, ${settings.duplicates}, ${settings.missing_rows},
      ${settings.every_minutes}, ${due_at}, ${salt}, ${now}, ${now})
    on conflict (sync_id) do update set user_id = excluded.user_id, title = excluded.title, tab_names = excluded.tab_names, header_row = excluded.header_row,
      key_column = excluded.key_column, duplicates = excluded.duplicates, missing_rows = excluded.missing_rows, every_minutes = excluded.every_minutes,
      due_at = excluded.due_at, updated_at = excluded.updated_at`.execute(tx)
  return { sync_id, salt }
}

type Known = { key: string; cells: Buffer; row_id: string | null; is_there: boolean }

/** What is remembered of rows, by tab and key. `is_there`: its row of the dataset was not removed since. */
export const findKnown = async (
  tx: Tx,
  syncId: string,
  tabs: Tab[],
  rows: { row: SheetRow; key: Buffer }[],
): Promise<Map<string, Known>> => {
  const { rows: found } = await sql<{
    tab_id: string
    key_digest: Buffer
    cells: Buffer
    row_id: string | null
    is_there: boolean
  }>`
    select s.tab_id::text as tab_id, s.key_digest, s.cells, s.row_id, r.id is not null as is_there
    from unnest(${rows.map(({ row }) => String((tabs[row.tab] as Tab).tab_id))}::bigint[], ${rows.map(({ key }) => key)}::bytea[]) as given (tab_id, key_digest)
    join sheet_sync_rows s on s.sync_id = ${syncId} and s.tab_id = given.tab_id and s.key_digest = given.key_digest
    left join dataset_rows r on r.id = s.row_id and r.removed_at is null`.execute(tx)
  return new Map(
    found.map(({ tab_id, key_digest, cells, row_id, is_there }) => {
      const key = `${tab_id} ${key_digest.toString('latin1')}`
      return [key, { key, cells, row_id, is_there }]
    }),
  )
}

export const createStateWriter = (tx: Tx, target: OpenSync) => {
  let held: { tab_id: number; key: Buffer; cells: Buffer; row_id: string }[] = []
  return {
    put: (tab_id: number, key: Buffer, cells: Buffer, row_id: string): void => {
      held.push({ tab_id, key, cells, row_id })
    },
    flush: async (): Promise<void> => {
      for (let at = 0; at < held.length; at += PIECE) {
        const some = held.slice(at, at + PIECE)
        await sql`
          insert into sheet_sync_rows (sync_id, workspace_id, tab_id, key_digest, cells, row_id)
          select ${target.sync_id}::uuid, ${target.workspace_id}::uuid, given.*
          from unnest(${some.map(({ tab_id }) => String(tab_id))}::bigint[], ${some.map(({ key }) => key)}::bytea[], ${some.map(({ cells }) => cells)}::bytea[],
            ${some.map(({ row_id }) => row_id)}::uuid[]) as given (tab_id, key_digest, cells, row_id)
          on conflict (sync_id, tab_id, key_digest) do update set cells = excluded.cells, row_id = excluded.row_id`.execute(
          tx,
        )
      }
      held = []
    },
  }
}

export type StateWriter = ReturnType<typeof createStateWriter>

export type Gone = { tab_id: string; key_digest: Buffer; row_id: string | null }

/** Rows that the last run found and this one did not, in the tabs that were read and in tabs that are no more. */
export const findGone = async (
  tx: Tx,
  target: OpenSync,
  seen: ReadonlySet<string>,
  read: ReadonlySet<number>,
  all: ReadonlySet<number>,
): Promise<Gone[]> => {
  const gone: Gone[] = []
  const isLeftOut = (tab: number): boolean => all.has(tab) && !read.has(tab)
  let after: { tab_id: string; key_digest: Buffer } | null = null
  for (;;) {
    const { rows }: { rows: Gone[] } = await sql<Gone>`
      select tab_id::text as tab_id, key_digest, row_id from sheet_sync_rows
      where sync_id = ${target.sync_id} ${after ? sql`and (tab_id, key_digest) > (${after.tab_id}::bigint, ${after.key_digest})` : sql``}
      order by tab_id, key_digest limit 5000`.execute(tx)
    for (const row of rows)
      if (!isLeftOut(Number(row.tab_id)) && !seen.has(`${row.tab_id} ${row.key_digest.toString('latin1')}`))
        gone.push(row)
    const end = rows.at(-1)
    if (rows.length < 5000 || !end) return gone
    after = end
  }
}

export const countKnown = async (tx: Tx, syncId: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from sheet_sync_rows where sync_id = ${syncId}`.execute(tx)
  return rows[0]?.n ?? 0
}
