import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'

const DAY_MS = 86_400_000
const BATCH = 500

/**
 * Forgets conversations that nobody has said anything in for CHATS_KEPT_DAYS days of the system's clock. What came of them, a
 * profile or enriched leads, stays. Returns true when more may be left.
 */
export const forgetChats = async (deps: Pick<Deps, 'db' | 'clock' | 'config'>): Promise<boolean> => {
  const before = new Date(deps.clock.now().getTime() - deps.config.chats.kept_days * DAY_MS)
  const { numAffectedRows } = await sql`
    delete from chats where chat_id in (
      select chat_id from chats where touched_at < ${before} order by touched_at limit ${BATCH} for update skip locked)`.execute(
    deps.db,
  )
  return Number(numAffectedRows ?? 0n) >= BATCH
}
