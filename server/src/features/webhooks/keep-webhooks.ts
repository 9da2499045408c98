import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { firstIdOf } from '../system/retention.ts'

const DAY_MS = 86_400_000
const BATCH = 5_000

/** Deletes the log of deliveries and the published events when their time is over. Returns true when more may be left. */
export const applyWebhookRetention = async (db: Db, now: Date, keptDays: number): Promise<boolean> => {
  const before = new Date(now.getTime() - keptDays * DAY_MS)
  const statements = [
    sql`delete from webhook_deliveries where id in (select id from webhook_deliveries where id < ${firstIdOf(before)} order by id limit ${BATCH})`,
    sql`delete from published_events where event_id in (
      select event_id from published_events where published_at < ${before} order by published_at limit ${BATCH})`,
    sql`delete from mail_event_receipts where (workspace_id, event_id) in (
      select workspace_id, event_id from mail_event_receipts where received_at < ${before} order by received_at limit ${BATCH})`,
    sql`delete from webhook_day_counts where day < ${before.toISOString().slice(0, 10)}`,
  ]
  let full = false
  for (const statement of statements) {
    const { numAffectedRows } = await statement.execute(db)
    if (numAffectedRows !== undefined && numAffectedRows >= BigInt(BATCH)) full = true
  }
  return full
}
