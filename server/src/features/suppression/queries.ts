import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { PageRequest } from '../../http/pagination.ts'
import { newId } from '../../ids.ts'
import type { EntryTarget } from './entry-target.ts'
import type { SuppressionReason } from './schema.ts'

export type EntryRow = {
  entry_id: string
  email: string | null
  reason: SuppressionReason
  source: string | null
  campaign_id: string | null
  note: string | null
  created_at: Date
  kind: 'address' | 'domain' | 'hash'
  released_at: Date | null
}

const COLUMNS = sql`entry_id, email, reason, source, campaign_id, note, created_at, kind, released_at`

export type EntryFilter = {
  workspace_id: string
  search?: string | null
  reason?: string | null
  kind?: string | null
  include_released: boolean
}

const matches = (filter: EntryFilter) => sql`workspace_id = ${filter.workspace_id}
  ${filter.include_released ? sql`` : sql`and released_at is null`}
  ${
    filter.search
      ? sql`and email like ${`%${filter.search
          .trim()
          .toLowerCase()
          .replace(/[\\%_]/g, '\\$&')}%`}`
      : sql``
  }
  ${filter.reason ? sql`and reason = ${filter.reason}` : sql``}
  ${filter.kind ? sql`and kind = ${filter.kind}` : sql``}`

export const listEntries = async (db: Db, filter: EntryFilter, page: PageRequest): Promise<EntryRow[]> => {
  const { rows } = await sql<EntryRow>`
    select ${COLUMNS} from suppressions
    where ${matches(filter)} ${page.after ? sql`and entry_id < ${page.after[0]}::uuid` : sql``}
    order by entry_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

export const countEntries = async (db: Db, filter: EntryFilter): Promise<number> => {
  const { rows } = await sql<{ n: number }>`select count(*) as n from suppressions where ${matches(filter)}`.execute(db)
  return rows[0]?.n ?? 0
}

export type NewEntry = EntryTarget & {
  workspace_id: string
  reason: SuppressionReason
  source: string
  note: string | null
  created_by: string
  now: Date
}

/**
 * The entry in force for this address or domain, made now or found. A found one may be lifted before it is read; then the
 * place is free again and the next round takes it.
 */
export const addEntry = async (tx: Tx, entry: NewEntry): Promise<EntryRow> => {
  for (;;) {
    const made = await sql<EntryRow>`
      insert into suppressions (entry_id, workspace_id, kind, email, reason, source, note, created_by, created_at)
      values (${newId()}, ${entry.workspace_id}, ${entry.kind}, ${entry.email}, ${entry.reason}, ${entry.source}, ${entry.note},
        ${entry.created_by}, ${entry.now})
      on conflict (workspace_id, kind, email) where released_at is null and email is not null do nothing
      returning ${COLUMNS}`.execute(tx)
    if (made.rows[0]) return made.rows[0]
    const found = await sql<EntryRow>`
      select ${COLUMNS} from suppressions
      where workspace_id = ${entry.workspace_id} and kind = ${entry.kind} and email = ${entry.email} and released_at is null`.execute(
      tx,
    )
    if (found.rows[0]) return found.rows[0]
  }
}

export type EntryBatch = Omit<NewEntry, 'kind' | 'email'> & { targets: EntryTarget[] }

/** Adds many in one statement and says how many were new; the others were on the list, or stand in the batch twice. */
export const addEntries = async (tx: Tx, batch: EntryBatch): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    with made as (
      insert into suppressions (entry_id, workspace_id, kind, email, reason, source, note, created_by, created_at)
      select n.entry_id, ${batch.workspace_id}::uuid, n.kind, n.email, ${batch.reason}, ${batch.source}, ${batch.note}, ${batch.created_by}::uuid, ${batch.now}
      from unnest(${batch.targets.map(() => newId())}::uuid[], ${batch.targets.map(({ kind }) => kind)}::text[],
        ${batch.targets.map(({ email }) => email)}::text[]) as n (entry_id, kind, email)
      on conflict (workspace_id, kind, email) where released_at is null and email is not null do nothing
      returning 1
    ) select count(*) as n from made`.execute(tx)
  return rows[0]?.n ?? 0
}

/** One import of a workspace at a time: two that bring the same addresses in another order would deadlock. */
export const lockImports = async (tx: Tx, workspaceId: string): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`suppression_import:${workspaceId}`}, 0))`.execute(tx)
}

/** The entry, locked, unless it was lifted already. */
export const lockEntry = async (tx: Tx, workspaceId: string, entryId: string): Promise<EntryRow | null> => {
  const { rows } = await sql<EntryRow>`
    select ${COLUMNS} from suppressions
    where workspace_id = ${workspaceId} and entry_id = ${entryId} and released_at is null for update`.execute(tx)
  return rows[0] ?? null
}

export const releaseEntry = async (
  tx: Tx,
  entryId: string,
  release: { by: string; note: string | null; now: Date },
): Promise<void> => {
  await sql`
    update suppressions set released_at = ${release.now}, released_by = ${release.by}, released_note = ${release.note}
    where entry_id = ${entryId}`.execute(tx)
}

export const insertAudit = async (
  tx: Tx,
  entry: { workspace_id: string; user_id: string; action: string; subject: string; note: string; now: Date },
): Promise<void> => {
  await sql`
    insert into audit_entries (id, workspace_id, user_id, action, subject, note, occurred_at)
    values (${newId()}, ${entry.workspace_id}, ${entry.user_id}, ${entry.action}, ${entry.subject}, ${entry.note}, ${entry.now})`.execute(
    tx,
  )
}
