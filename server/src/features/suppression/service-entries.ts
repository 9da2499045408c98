import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid, notFound } from '../../http/errors.ts'
import type { CursorKey } from '../../http/pagination.ts'
import { readEntryTarget } from './entry-target.ts'
import { addEntry } from './queries.ts'
import type { SuppressionReason } from './schema.ts'

/** The workspace's list in the words of the mail service; the rows are the ones campaigns look at (DOMAIN.md §6). */
export type ServiceEntryRow = {
  id: string
  user_id: string
  email: string | null
  kind: 'address' | 'domain' | 'hash'
  reason: SuppressionReason
  source: string
  status: 'active' | 'released'
  note: string | null
  metadata: Record<string, unknown>
  suppressed_at: Date
  released_at: Date | null
  created_at: Date
  updated_at: Date
}

/** Stands as the owner of an entry that nobody made, because something happened. */
export type EntryReader = { workspace_id: string; user_id: string }

const columns = (
  userId: string,
): RawBuilder<unknown> => sql`entry_id as id, coalesce(created_by, ${userId}::uuid) as user_id,
  case kind when 'domain' then '@' || email else email end as email, kind, reason, coalesce(source, 'unknown') as source,
  case when released_at is null then 'active' else 'released' end as status, coalesce(released_note, note) as note, coalesce(metadata, '{}') as metadata,
  created_at as suppressed_at, released_at, created_at, coalesce(released_at, created_at) as updated_at`

export type ServiceEntryFilter = { status?: 'active' | 'released'; reason?: SuppressionReason; search?: string }

const matching = (who: EntryReader, filter: ServiceEntryFilter): RawBuilder<unknown> => {
  const search = filter.search
    ?.trim()
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')
  return sql`workspace_id = ${who.workspace_id}
      ${filter.status === undefined ? sql`` : filter.status === 'active' ? sql`and released_at is null` : sql`and released_at is not null`}
      ${filter.reason ? sql`and reason = ${filter.reason}` : sql``} ${search ? sql`and email like ${`%${search}%`}` : sql``}`
}

/** Newest first, lifted entries too unless `status` says otherwise; one more than `limit`. */
export const listServiceEntries = async (
  db: Db,
  who: EntryReader,
  filter: ServiceEntryFilter,
  page: { limit: number; offset: number; after: CursorKey | null },
): Promise<ServiceEntryRow[]> => {
  const { rows } = await sql<ServiceEntryRow>`
    select ${columns(who.user_id)} from suppressions
    where ${matching(who, filter)} ${page.after ? sql`and entry_id < ${page.after[0]}::uuid` : sql``}
    order by entry_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

/** How many entries a filter finds; exact to 10,000. */
export const countServiceEntries = async (db: Db, who: EntryReader, filter: ServiceEntryFilter): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from suppressions where ${matching(who, filter)} limit 10000) found`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}

/** Throws NOT_FOUND. */
export const getServiceEntry = async (db: Db, who: EntryReader, id: string): Promise<ServiceEntryRow> => {
  const { rows } = await sql<ServiceEntryRow>`
    select ${columns(who.user_id)} from suppressions where workspace_id = ${who.workspace_id} and entry_id = ${id}`.execute(
    db,
  )
  if (!rows[0]) throw notFound('There is no such entry on the list of this workspace.')
  return rows[0]
}

export type ServiceEntryInput = {
  email: string
  reason: SuppressionReason
  source?: string | null
  note?: string | null
  metadata?: Record<string, unknown> | null
}

/** One that stands on the list already is answered as it is. Throws VALIDATION_ERROR for what is neither address nor domain. */
export const addServiceEntry = (
  deps: Pick<Deps, 'db'>,
  who: EntryReader,
  input: ServiceEntryInput,
  now: Date,
  field = 'email',
): Promise<ServiceEntryRow> => {
  const target = readEntryTarget(input.email)
  if (!target.ok) throw invalid([{ loc: ['body', field], msg: target.message, type: target.code }])
  return transaction(deps.db, async (tx) => {
    const { entry_id } = await addEntry(tx, {
      workspace_id: who.workspace_id,
      kind: target.kind,
      email: target.email,
      reason: input.reason,
      source: input.source || 'api',
      note: input.note ?? null,
      created_by: who.user_id,
      now,
    })
    if (input.metadata)
      await sql`
        update suppressions set metadata = ${JSON.stringify(input.metadata)}::jsonb where entry_id = ${entry_id} and metadata is null`.execute(
        tx,
      )
    return getServiceEntry(tx, who, entry_id)
  })
}
