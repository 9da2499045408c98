import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'

const monthStart = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1))
const nextMonth = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1))
const nameOf = (month: Date): string => `events_${month.toISOString().slice(0, 7).replace('-', '_')}`

/**
 * Makes the monthly partitions of the timeline from one instant to another. Rows that already fell into the default
 * partition, as a sandbox's future does, move over in the same transaction. Cheap when they exist.
 */
export const ensureEventPartitions = async (db: Db, from: Date, to: Date): Promise<void> => {
  for (let month = monthStart(from); month <= to; month = nextMonth(month)) {
    const name = nameOf(month)
    const known = await sql<{ known: boolean }>`select to_regclass(${name}) is not null as known`.execute(db)
    if (known.rows[0]?.known) continue
    await sql`select pg_advisory_xact_lock(hashtextextended('bavlio:event-partitions', 0))`.execute(db)
    await sql`create table if not exists ${sql.ref(name)} (like events including defaults including constraints)`.execute(
      db,
    )
    const attached = await sql`select 1 from pg_inherits where inhrelid = to_regclass(${name})`.execute(db)
    if (attached.rows.length) continue
    const range = [sql.lit(month.toISOString()), sql.lit(nextMonth(month).toISOString())] as const
    await sql`
      with moved as (delete from events_default where occurred_at >= ${range[0]}::timestamptz and occurred_at < ${range[1]}::timestamptz returning *)
      insert into ${sql.ref(name)} select * from moved`.execute(db)
    await sql`alter table events attach partition ${sql.ref(name)} for values from (${range[0]}) to (${range[1]})`.execute(
      db,
    )
  }
}

/** Drops whole months that ended before `before`, and what the default partition holds of that time. */
export const dropEventPartitions = async (db: Db, before: Date): Promise<void> => {
  const partitions = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'events'::regclass and c.relname ~ '^events_\\d{4}_\\d{2}$'`.execute(
    db,
  )
  const limit = nameOf(monthStart(before))
  for (const { name } of partitions.rows) if (name < limit) await sql`drop table ${sql.ref(name)}`.execute(db)
  await sql`delete from events_default where occurred_at < ${before}`.execute(db)
}
