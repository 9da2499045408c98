import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { type WorkspaceClockRow, workspaceNow } from '../../ports/clock.ts'
import { closeRun } from './generation-run.ts'

const BATCH = 100

/**
 * Ends runs whose process is gone: a preview that nobody waits for any more. What they wrote is paid for, the rest of their
 * credits is free again. Returns true when there were any.
 */
export const closeAbandonedRuns = async (deps: Deps): Promise<boolean> => {
  const { rows } = await sql<{ run_id: string } & WorkspaceClockRow>`
    select r.run_id, w.clock_offset_ms, w.clock_frozen_at
    from generation_runs r join workspaces w on w.id = r.workspace_id
    where r.status = 'in_progress' and r.owner is not null and r.owner <> ${deps.process_id}
      and not exists (select 1 from processes p where p.id = r.owner) limit ${BATCH}`.execute(deps.db)
  for (const { run_id, ...clock } of rows)
    await transaction(deps.db, (tx) =>
      closeRun(tx, { run_id, error: 'The server stopped meanwhile.', now: workspaceNow(clock, deps.clock.now()) }),
    )
  return rows.length > 0
}
