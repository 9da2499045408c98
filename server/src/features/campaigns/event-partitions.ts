import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'

const monthStart = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1))
const nextMonth = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1))
const nameOf = (month: Date): string => `events_${month.toISOString().slice(0, 7).replace('-', '_')}`

const LOCK_NOT_AVAILABLE = '55P03'
/** Everybody who reads or writes the timeline waits as long as we wait for it. */
const LONGEST_WAIT = '3s'

/**
 * Makes the monthly partitions of the timeline from one instant to another. Rows that already fell into the default
 * partition, as a sandbox's future does, move over in the same transaction. Cheap when they exist. Where somebody keeps the
 * timeline busy, as a backup does, what is missing stays missing until the next time: its rows fall into the default partition.
 * Returns whether all are there. Belongs in a transaction.
 */
export const ensureEventPartitions = async (tx: Tx, from: Date, to: Date): Promise<boolean> => {
  for (let month = monthStart(from); month <= to; month = nextMonth(month)) {
    const name = nameOf(month)
    const known = await sql<{ known: boolean }>`select to_regclass(${name}) is not null as known`.execute(tx)
    if (known.rows[0]?.known) continue
    if (!(await lockTimeline(tx))) return false
    await makePartition(tx, name, month)
  }
  return true
}

/**
 * A statement that was being planned while rows moved would look for them in the old partition with a newer snapshot, and not
 * find them: webhooks would take them for erased. So nobody begins one meanwhile.
 */
const lockTimeline = async (tx: Tx): Promise<boolean> => {
  await sql`select pg_advisory_xact_lock(hashtextextended('bavlio:event-partitions', 0))`.execute(tx)
  await sql`savepoint before_lock`.execute(tx)
  try {
    await sql`set local lock_timeout = ${sql.lit(LONGEST_WAIT)}`.execute(tx)
    await sql`lock table events in access exclusive mode`.execute(tx)
    await sql`set local lock_timeout to default`.execute(tx)
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error
    await sql`rollback to savepoint before_lock`.execute(tx)
    return false
  }
  return true
}

const makePartition = async (tx: Tx, name: string, month: Date): Promise<void> => {
  await sql`create table if not exists ${sql.ref(name)} (like events including defaults including constraints)`.execute(
    tx,
  )
  const attached = await sql`select 1 from pg_inherits where inhrelid = to_regclass(${name})`.execute(tx)
  if (attached.rows.length) return
  const range = [sql.lit(month.toISOString()), sql.lit(nextMonth(month).toISOString())] as const
  await sql`
    with moved as (delete from events_default where occurred_at >= ${range[0]}::timestamptz and occurred_at < ${range[1]}::timestamptz returning *)
    insert into ${sql.ref(name)} select * from moved`.execute(tx)
  await sql`alter table events attach partition ${sql.ref(name)} for values from (${range[0]}) to (${range[1]})`.execute(
    tx,
  )
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
