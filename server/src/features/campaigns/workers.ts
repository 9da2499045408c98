import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { advanceCampaignStates } from './campaign-progress.ts'
import { dispatchDue } from './dispatch-due.ts'
import { dropEventPartitions, ensureEventPartitions } from './event-partitions.ts'
import { launchJob } from './jobs.ts'
import { runLaunch } from './run-launch.ts'

export const bindings: JobBinding[] = [work(launchJob, runLaunch)]

type Working = { workspace_id: string; clock_offset_ms: number; clock_frozen_at: Date | null }

/** One look at every workspace with a campaign at work. A workspace whose clock is being advanced is left to that. */
const tickCampaigns = async (deps: Deps): Promise<boolean> => {
  const working = await sql<Working>`
    select distinct c.workspace_id, w.clock_offset_ms, w.clock_frozen_at from campaigns c join workspaces w on w.id = c.workspace_id
    where c.status in ('scheduled', 'active', 'draining') and w.clock_frozen_at is null`.execute(deps.db)
  let found = false
  for (const row of working.rows) {
    const now = workspaceNow(row, deps.clock.now())
    const moved = await advanceCampaignStates(deps, row.workspace_id, now)
    const queued = await dispatchDue(deps, row.workspace_id, now)
    if (moved || queued) found = true
  }
  return found
}

const MONTH_MS = 31 * 86_400_000
/** Events are kept for 24 months (DOMAIN.md §14). */
const EVENTS_KEPT_MS = 24 * MONTH_MS

const keepPartitions = async (deps: Deps): Promise<boolean> => {
  const now = deps.clock.now()
  await transaction(deps.db, async (tx) => {
    await ensureEventPartitions(tx, now, new Date(now.getTime() + 2 * MONTH_MS))
    await dropEventPartitions(tx, new Date(now.getTime() - EVENTS_KEPT_MS))
  })
  return false
}

export const ticks: Tick[] = [
  defineTick({ name: 'dispatch_due', every_ms: 1_000, run: tickCampaigns }),
  defineTick({ name: 'event_partitions', every_ms: 3_600_000, run: keepPartitions }),
]
