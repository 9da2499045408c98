import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { takeOverWaiting } from '../../queue/take-over-waiting.ts'
import { forgetRaw } from './forget-raw.ts'
import { removeReleasedFiles } from './inbound-files.ts'
import { processInboundJob } from './jobs.ts'
import { processDeliveries, processPending, TOGETHER } from './process-inbound.ts'

const LEFT_BEHIND_MS = 120_000

export const bindings: JobBinding[] = [
  work(processInboundJob, async (input, deps, { job_id, attempt }) => {
    // While mail comes in faster than it is understood, many small commits wait, and together they cost a fraction. A job
    // that is tried again keeps to its own, because it may be tried for the last time.
    const ids =
      attempt === 1
        ? await takeOverWaiting(deps.db, processInboundJob, { job_id, input }, 'delivery_ids', TOGETHER)
        : input.delivery_ids
    await processDeliveries(deps, ids)
  }),
]

/** Deliveries whose job was lost or gave up are taken up again; nothing that was answered with 250 is ever forgotten. */
const takeUpLeftBehind = defineTick({
  name: 'take_up_inbound_left_behind',
  every_ms: 30_000,
  run: async (deps) => {
    const before = new Date(deps.clock.now().getTime() - LEFT_BEHIND_MS)
    const { rows } = await sql<{ id: string }>`
      select id from inbound_deliveries where processed_at is null and received_at < ${before} order by id limit 200`.execute(
      deps.db,
    )
    if (rows.length)
      await transaction(deps.db, async (tx) => {
        for (const { id } of rows)
          await enqueue(tx, processInboundJob, { delivery_ids: [id] }, { key: `process_inbound:${id}` })
      })
    // The jobs speak for themselves; saying true for a delivery that fails for ever would keep drain() going for ever.
    return false
  },
})

/** The people of the local mail world act when their time has come, except while a clock is being advanced. */
const letTheWorldAct = defineTick({
  name: 'let_the_mail_world_act',
  every_ms: 1_000,
  run: async (deps) => {
    const system = deps.clock.now()
    const { rows } = await sql<{ id: string; clock_offset_ms: number; clock_frozen_at: Date | null }>`
      select w.id, w.clock_offset_ms, w.clock_frozen_at from workspaces w
      where w.mode = 'sandbox' and w.clock_frozen_at is null and exists (
        select 1 from world_reactions r where r.workspace_id = w.id and r.done_at is null
          and r.due_at <= ${system}::timestamptz + w.clock_offset_ms * interval '1 millisecond')`.execute(deps.db)
    let acted = 0
    for (const workspace of rows) {
      acted += await deps.world.react(workspace.id, workspaceNow(workspace, system))
      await processPending(deps, workspace.id)
    }
    return acted > 0
  },
})

/** Raw messages whose time is over, and contents that no message refers to any more. */
const clearAway = defineTick({
  name: 'clear_inbound_away',
  every_ms: 60_000,
  run: async (deps) => {
    const forgotten = await forgetRaw(deps)
    return (await removeReleasedFiles(deps)) + forgotten > 0
  },
})

export const ticks: Tick[] = [takeUpLeftBehind, letTheWorldAct, clearAway]
