import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'

const DAY_MS = 86_400_000
/** Rows of one statement; the next tick goes on. */
const AT_ONCE = 500

/**
 * Forgets raw messages after RAW_MIME_KEPT_DAYS days of the system's clock, and deliveries that were done with as long ago:
 * those that could not be filed, because they named nobody, are kept until then. Returns how many rows it touched.
 */
export const forgetRaw = async (deps: Pick<Deps, 'db' | 'clock' | 'config'>): Promise<number> => {
  const before = new Date(deps.clock.now().getTime() - deps.config.raw_mime_kept_days * DAY_MS)
  const raw = await sql`
    update inbound_emails set raw = null, raw_kept_since = null where id in (
      select id from inbound_emails where raw is not null and raw_kept_since < ${before} limit ${AT_ONCE} for update skip locked)`.execute(
    deps.db,
  )
  const deliveries = await sql`
    delete from inbound_deliveries where id in (
      select id from inbound_deliveries where processed_at < ${before} limit ${AT_ONCE} for update skip locked)`.execute(
    deps.db,
  )
  return Number((raw.numAffectedRows ?? 0n) + (deliveries.numAffectedRows ?? 0n))
}
