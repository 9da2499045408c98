import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { releaseDeadClaims } from './claim-drafts.ts'
import { releaseAbandoned, releaseUnwanted } from './draft-credits.ts'
import { writeDraftsJob } from './jobs.ts'
import { wakeWriter } from './provide-texts.ts'
import { writeDrafts } from './write-drafts.ts'

export const bindings: JobBinding[] = [
  work(writeDraftsJob, async ({ workspace_id }, deps, run) => {
    const frozen =
      await sql`select 1 from workspaces where id = ${workspace_id} and clock_frozen_at is not null`.execute(deps.db)
    // While a sandbox's time is advanced, what is to be sent is written by whoever advances it.
    const scope = frozen.rows.length ? 'batches' : 'all'
    const { is_over } = await writeDrafts(deps, workspace_id, { scope, signal: run.signal })
    if (is_over && !run.signal.aborted) await transaction(deps.db, (tx) => wakeWriter(tx, workspace_id))
  }),
]

/** Wakes a writer wherever texts wait that no job may be working on any more: after a crash, or when a retry is due. */
const wakeWriters = async (deps: Deps): Promise<boolean> => {
  const waiting = await sql<{ workspace_id: string }>`
    select distinct d.workspace_id from campaign_drafts d
    join workspaces w on w.id = d.workspace_id join campaigns c on c.campaign_id = d.campaign_id
    where d.status = 'pending' and d.due_at <= coalesce(w.clock_frozen_at, ${deps.clock.now()}::timestamptz + w.clock_offset_ms * interval '1 millisecond')
      and (d.batch_id is not null or (w.clock_frozen_at is null and c.status in ('active', 'draining')))`.execute(
    deps.db,
  )
  await transaction(deps.db, async (tx) => {
    await releaseUnwanted(tx, deps.clock.now())
    await releaseAbandoned(tx, deps.process_id, deps.clock.now())
  })
  const workspaces = new Set([...(await releaseDeadClaims(deps)), ...waiting.rows.map((row) => row.workspace_id)])
  for (const workspaceId of workspaces) await transaction(deps.db, (tx) => wakeWriter(tx, workspaceId))
  return false
}

export const ticks: Tick[] = [defineTick({ name: 'wake_writers', every_ms: 5_000, run: wakeWriters })]
