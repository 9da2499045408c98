import { sql } from 'kysely'
import type { z } from 'zod'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { advanceCampaignStates } from '../campaigns/campaign-progress.ts'
import { dispatchDue } from '../campaigns/dispatch-due.ts'
import { runLaunch } from '../campaigns/run-launch.ts'
import { sendQueued } from '../emails/send-emails.ts'
import { settleUnknown } from '../emails/settle-unknown.ts'
import { processPending } from '../inbound/process-inbound.ts'
import { sendMessages } from '../mail-messages/send-messages.ts'
import { settleRecipients } from '../mail-messages/settle-recipients.ts'
import { writeDrafts } from '../playground/write-drafts.ts'
import { advanceJob } from './jobs.ts'
import { nextDueAt } from './next-due.ts'

type AdvanceInput = z.output<typeof advanceJob.input>

const PROGRESS_EVERY_MS = 300

const readClock = async (deps: Deps, workspaceId: string): Promise<Date | null> => {
  const found = await sql<{
    clock_frozen_at: Date | null
  }>`select clock_frozen_at from workspaces where id = ${workspaceId} and mode = 'sandbox'`.execute(deps.db)
  return found.rows[0]?.clock_frozen_at ?? null
}

const setClock = async (deps: Deps, workspaceId: string, at: Date): Promise<void> => {
  await sql`update workspaces set clock_frozen_at = ${at} where id = ${workspaceId} and clock_frozen_at is not null`.execute(
    deps.db,
  )
}

/** A pass writes all that is due, since the clock waits for it. */
const WRITE_SLICE_MS = 600_000

type Pass = { did_anything: boolean; may_go_on: boolean; sent: number }

/** What the live ticks would do at `at`, each once. */
const runPass = async (deps: Deps, workspaceId: string, at: Date, signal: AbortSignal): Promise<Pass> => {
  const moved = await advanceCampaignStates(deps, workspaceId, at)
  const queued = await dispatchDue(deps, workspaceId, at, { enqueue_sends: false })
  const { written } = await writeDrafts(deps, workspaceId, { scope: 'sending', signal, slice_ms: WRITE_SLICE_MS })
  const sent = (await sendQueued(deps, workspaceId, signal)) + (await sendMessages(deps, workspaceId, signal))
  const acted = await deps.world.react(workspaceId, at)
  const received = await processPending(deps, workspaceId)
  await settleUnknown(deps, workspaceId, at)
  await settleRecipients(deps, workspaceId, at)
  signal.throwIfAborted()
  return {
    did_anything: moved + queued + written + sent + acted + received > 0,
    // What was received can end a lead or a campaign, for which nothing is due; what was written can be sent.
    may_go_on: moved + written + received > 0,
    sent,
  }
}

type Settled = { sent: number; next: Date | null }

/**
 * Everything that is due at `at`, until nothing more is; what happens may make more due at the same instant. Returns when
 * something will be due next, if ever. As long as time goes on, what has no due moment of its own may wait for the next
 * instant; the last one leaves nothing over.
 */
const settleInstant = async (
  deps: Deps,
  workspaceId: string,
  at: Date,
  { is_last, signal }: { is_last: boolean; signal: AbortSignal },
): Promise<Settled> => {
  let sent = 0
  for (;;) {
    const pass = await runPass(deps, workspaceId, at, signal)
    sent += pass.sent
    const next = await nextDueAt(deps.db, workspaceId, at)
    const is_over = next !== null && next > at && !is_last && !pass.may_go_on
    if (is_over || !pass.did_anything) return { sent, next }
  }
}

/** A launch that is still making leads is carried through first: time must not pass over it. */
const finishLaunches = async (deps: Deps, workspaceId: string, run: JobRun): Promise<void> => {
  const launching = await sql<{ campaign_id: string; launch_job_id: string }>`
    select campaign_id, launch_job_id from campaigns where workspace_id = ${workspaceId} and status = 'launching' and launch_job_id is not null`.execute(
    deps.db,
  )
  for (const { campaign_id, launch_job_id } of launching.rows)
    await runLaunch({ campaign_id, job_id: launch_job_id }, deps, run)
}

/**
 * Jumps from one due moment to the next until `to`, doing at each what the live ticks would do (DOMAIN.md §2). The same
 * dispatcher, caps and transport are at work; only the clock is held. Moments closer than the resolution are taken together.
 * With `until_idle` it ends as soon as nothing is left to wait for.
 */
export const advanceClock = async (input: AdvanceInput, deps: Deps, run: JobRun): Promise<void> => {
  try {
    await letTimePass(input, deps, run)
  } catch (error) {
    // Tried again by the queue from the instant that was reached; only the last try gives up, and frees the clock there.
    if (run.attempt < advanceJob.attempts) throw error
    run.log.error({ err: error }, 'advancing the clock failed')
    const reached = await readClock(deps, input.workspace_id)
    if (reached)
      await release(deps, input, reached, {
        status: 'failed',
        error: 'The clock could not be advanced further; see the server’s log.',
      })
  }
}

const letTimePass = async (input: AdvanceInput, deps: Deps, run: JobRun): Promise<void> => {
  const { workspace_id, job_id, until_idle } = input
  const from = new Date(input.from)
  const to = new Date(input.to)
  const resolutionMs = input.resolution_seconds * 1000
  let at = await readClock(deps, workspace_id)
  if (!at) return
  await sql`update jobs set status = 'running', started_at = coalesce(started_at, ${deps.clock.now()}), updated_at = ${deps.clock.now()} where id = ${job_id}`.execute(
    deps.db,
  )
  let sent = 0
  let reported = 0
  let isIdle = false
  await finishLaunches(deps, workspace_id, run)
  for (;;) {
    const settled = await settleInstant(deps, workspace_id, at, { is_last: at >= to, signal: run.signal })
    sent += settled.sent
    if (performance.now() - reported > PROGRESS_EVERY_MS) {
      reported = performance.now()
      await sql`
        update jobs set progress_done = ${Math.round((at.getTime() - from.getTime()) / 1000)}, message = ${`${at.toISOString().slice(0, 16)}Z, ${sent} messages sent`}, updated_at = ${deps.clock.now()}
        where id = ${job_id}`.execute(deps.db)
    }
    if (at >= to) break
    const { next } = settled
    isIdle = next === null
    if (next === null && until_idle) break
    const wanted = next === null ? to.getTime() : Math.ceil(next.getTime() / resolutionMs) * resolutionMs
    at = new Date(Math.min(to.getTime(), Math.max(wanted, at.getTime() + resolutionMs)))
    await setClock(deps, workspace_id, at)
    await finishLaunches(deps, workspace_id, run)
  }
  await release(deps, input, at, { status: 'completed', messages_sent: sent, is_idle: isIdle })
}

type Ending = { status: 'completed'; messages_sent: number; is_idle: boolean } | { status: 'failed'; error: string }

/** The clock runs again from the instant that was reached, and the job says how it ended. */
const release = (deps: Deps, { workspace_id, job_id }: AdvanceInput, reached: Date, ending: Ending): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const systemNow = deps.clock.now()
    await sql`
      update workspaces set clock_offset_ms = ${reached.getTime() - systemNow.getTime()}, clock_frozen_at = null, updated_at = ${systemNow} where id = ${workspace_id}`.execute(
      tx,
    )
    if (ending.status === 'failed') {
      await sql`
        update jobs set status = 'failed', error = ${ending.error}, finished_at = ${systemNow}, updated_at = ${systemNow} where id = ${job_id}`.execute(
        tx,
      )
      return
    }
    const { messages_sent, is_idle } = ending
    await sql`
      update jobs set status = 'completed', finished_at = ${systemNow}, updated_at = ${systemNow}, progress_done = coalesce(progress_total, progress_done),
        message = ${`${messages_sent} messages sent`}, result = ${JSON.stringify({ now: reached.toISOString(), messages_sent, is_idle })}
      where id = ${job_id}`.execute(tx)
  })
