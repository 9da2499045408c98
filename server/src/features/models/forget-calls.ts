import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'

const DAY_MS = 86_400_000
const BATCH = 5_000

/**
 * Forgets calls to models after MODEL_CALLS_KEPT_DAYS days of the system's clock (DOMAIN.md §14). Returns true when more may
 * be left.
 */
export const forgetCalls = async (deps: Pick<Deps, 'db' | 'clock' | 'config'>): Promise<boolean> => {
  const before = new Date(deps.clock.now().getTime() - deps.config.model_calls.kept_days * DAY_MS)
  const { numAffectedRows } = await sql`
    delete from model_calls where id in (
      select id from model_calls where created_at < ${before} order by created_at limit ${BATCH} for update skip locked)`.execute(
    deps.db,
  )
  return Number(numAffectedRows ?? 0n) >= BATCH
}
