import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { enqueueSends } from '../campaigns/dispatch-due.ts'
import { sendJob } from './jobs.ts'
import { sendQueued } from './send-emails.ts'
import { settleUnknown } from './settle-unknown.ts'

export const bindings: JobBinding[] = [
  work(sendJob, async ({ workspace_id }, deps, run) => void (await sendQueued(deps, workspace_id, run.signal))),
]

type Waiting = { workspace_id: string; queued: number; clock_offset_ms: number; clock_frozen_at: Date | null }

/** Wakes a sender wherever messages are queued that no job may be working on any more: after a crash, or when a transport came back. */
const wakeSenders = async (deps: Deps): Promise<boolean> => {
  const waiting = await sql<Waiting>`
    select e.workspace_id, count(*)::int as queued, w.clock_offset_ms, w.clock_frozen_at
    from emails e join workspaces w on w.id = e.workspace_id
    where e.status = 'queued' and e.campaign_id is not null and w.clock_frozen_at is null
      and e.due_at <= ${deps.clock.now()}::timestamptz + w.clock_offset_ms * interval '1 millisecond'
      and exists (select 1 from campaigns c where c.campaign_id = e.campaign_id and c.status in ('active', 'draining'))
    group by e.workspace_id, w.clock_offset_ms, w.clock_frozen_at`.execute(deps.db)
  for (const row of waiting.rows) await transaction(deps.db, (tx) => enqueueSends(tx, row.workspace_id, row.queued))
  return false
}

const settle = async (deps: Deps): Promise<boolean> => {
  const open = await sql<{ workspace_id: string; clock_offset_ms: number; clock_frozen_at: Date | null }>`
    select w.id as workspace_id, w.clock_offset_ms, w.clock_frozen_at from workspaces w
    where w.clock_frozen_at is null and exists (select 1 from emails e where e.workspace_id = w.id and e.campaign_id is not null and e.status = 'sending')`.execute(
    deps.db,
  )
  let found = false
  for (const row of open.rows)
    if (await settleUnknown(deps, row.workspace_id, workspaceNow(row, deps.clock.now()))) found = true
  return found
}

export const ticks: Tick[] = [
  defineTick({ name: 'wake_senders', every_ms: 5_000, run: wakeSenders }),
  defineTick({ name: 'settle_unknown', every_ms: 10_000, run: settle }),
]
