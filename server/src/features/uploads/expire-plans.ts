import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'

/** How long a plan waits for somebody to carry it out, by the workspace's clock. */
const PLAN_KEPT_MS = 7 * 86_400_000
const MOST_AT_ONCE = 20

/** Forgets plans that nobody has carried out: one of a large file holds as many rows as the file. */
export const expirePlans = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<boolean> => {
  const latest = new Date(deps.clock.now().getTime() - PLAN_KEPT_MS)
  const { numAffectedRows } = await sql`
    with due as (
      select i.import_id from imports i join workspaces w on w.id = i.workspace_id
      where i.status = 'planned'
        and i.planned_at < coalesce(w.clock_frozen_at - make_interval(secs => ${PLAN_KEPT_MS / 1000}), ${latest}::timestamptz + make_interval(secs => w.clock_offset_ms / 1000.0))
      order by i.planned_at limit ${MOST_AT_ONCE} for update of i skip locked
    ), gone as (delete from imports where import_id in (select import_id from due) returning file_id)
    delete from stored_files where id in (select file_id from gone)`.execute(deps.db)
  return Number(numAffectedRows ?? 0) > 0
}
