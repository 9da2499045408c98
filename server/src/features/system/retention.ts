import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { deleteExpiredKeys } from '../../http/idempotency.ts'

const DAY_MS = 86_400_000
/** DOMAIN.md §14: raw MIME and logs of deliveries are kept 30 days. The same goes for finished jobs and played reactions. */
const KEPT_DAYS = 30
/** Drafts are working material: what was approved stands with its lead, and what was sent with its message. */
const DRAFTS_KEPT_DAYS = 90
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
  const draftsBefore = firstIdOf(new Date(now.getTime() - DRAFTS_KEPT_DAYS * DAY_MS))
  const deleteOld = (table: string, key: string, which: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    delete from ${sql.table(table)} where ${sql.ref(key)} in (
      select ${sql.ref(key)} from ${sql.table(table)} where ${sql.ref(key)} < ${before} and ${which} order by 1 limit ${BATCH})`
  const statements = [
    deleteOld('inbound_deliveries', 'id', sql`processed_at is not null`),
    deleteOld('world_reactions', 'id', sql`done_at is not null`),
    deleteOld('jobs', 'id', sql`status in ('completed', 'failed', 'cancelled')`),
    // Outcomes before their runs: a run would take them all along at once.
    sql`delete from generations where generation_id in (
      select generation_id from generations where generation_id < ${draftsBefore} order by generation_id limit ${BATCH})`,
    sql`delete from generation_runs where run_id in (
      select run_id from generation_runs r where run_id < ${draftsBefore} and status <> 'in_progress'
        and not exists (select 1 from generations g where g.run_id = r.run_id) order by run_id limit ${BATCH})`,
    // What is out of date is not used any more; what a killed process never read is nothing.
    sql`delete from research_cache where entry_id in (
      select entry_id from research_cache where expires_at < ${now} order by expires_at limit ${BATCH})`,
    sql`delete from research_cache where entry_id in (
      select entry_id from research_cache where cached_at is null and leased_until < ${new Date(now.getTime() - DAY_MS)} order by leased_until limit ${BATCH})`,
    sql`delete from web_hosts where origin in (
      select origin from web_hosts where seen_at < ${new Date(now.getTime() - 2 * DAY_MS)} order by seen_at limit ${BATCH})`,
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
