import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { deleteExpiredKeys } from '../../http/idempotency.ts'

const DAY_MS = 86_400_000
/** DOMAIN.md §14: raw MIME and logs of deliveries are kept 30 days. The same goes for finished jobs and played reactions. */
const KEPT_DAYS = 30
/** Rows of one statement: small enough that no lock is held for long. */
const BATCH = 5_000

/** The least UUIDv7 of an instant: rows older than it have lesser ids, so the primary key finds them without another index. */
export const firstIdOf = (at: Date): string => {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`
}

/** Deletes or empties what is kept for a time only. Returns true when a batch was full, so that more may be left. */
export const applyRetention = async (db: Db, now: Date): Promise<boolean> => {
  const before = firstIdOf(new Date(now.getTime() - KEPT_DAYS * DAY_MS))
  const deleteOld = (table: string, key: string, which: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    delete from ${sql.table(table)} where ${sql.ref(key)} in (
      select ${sql.ref(key)} from ${sql.table(table)} where ${sql.ref(key)} < ${before} and ${which} order by 1 limit ${BATCH})`
  const statements = [
    deleteOld('inbound_deliveries', 'id', sql`processed_at is not null`),
    deleteOld('world_reactions', 'id', sql`done_at is not null`),
    deleteOld('jobs', 'id', sql`status in ('completed', 'failed', 'cancelled')`),
    deleteOld('invitations', 'id', sql`expires_at < ${now}`),
    sql`update inbound_emails set raw = null where id in (
      select id from inbound_emails where id < ${before} and raw is not null order by 1 limit ${BATCH})`,
    // What was learned of receivers long ago says nothing any more.
    sql`delete from absent_domains where domain in (
      select domain from absent_domains where last_absent_at < ${new Date(now.getTime() - KEPT_DAYS * DAY_MS)} order by last_absent_at limit ${BATCH})`,
    sql`delete from receiver_paces where receiver in (
      select receiver from receiver_paces where updated_at < ${new Date(now.getTime() - KEPT_DAYS * DAY_MS)} order by updated_at limit ${BATCH})`,
    sql`delete from mta_sts_policies where domain in (
      select domain from mta_sts_policies where expires_at < ${now} order by expires_at limit ${BATCH})`,
    sql`delete from auth_sessions where id in (select id from auth_sessions where expires_at < ${now} limit ${BATCH})`,
  ]
  await deleteExpiredKeys(db, now)
  let full = false
  for (const statement of statements) {
    const { numAffectedRows } = await statement.execute(db)
    if (numAffectedRows !== undefined && numAffectedRows >= BigInt(BATCH)) full = true
  }
  return full
}
