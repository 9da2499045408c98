import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid, problem } from '../../http/errors.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { captureCredits, holdCredits, releaseCredits } from '../credits/ledger.ts'
import { cancelJob, createJob } from '../jobs/progress.ts'
import { closeRun, findRunOfJob, openRun } from '../personalization/generation-run.ts'
import { resolvePrompt } from '../personalization/resolve-prompt.ts'
import { findSenderProfile } from '../sender-profiles/find-profile.ts'
import { noSession } from './add-leads.ts'
import { processSessionJob } from './jobs.ts'
import { findRun, type SessionRun } from './queries.ts'
import { findSession, moveSession, refuseArchived, type SessionRow } from './session-dataset.ts'
import { type SessionStatus, transitionRefusal } from './session-state.ts'

/** Lower runs first; what nobody gave a priority has 0. */
const PRIORITIES = { low: 10, normal: 0, high: -10 } as const

export type ProcessRequest = {
  priority: keyof typeof PRIORITIES
  custom_prompt?: string | null
  options?: { fill_empty_cells?: boolean } | null
  /** Only these rows of its dataset; all that wait when absent. Rows that are done are left out. */
  row_ids?: string[]
}

/**
 * Starts working through every lead that waits: those without an outcome and, on another try, those that failed before. The
 * credits they may cost are held in the same transaction. For a personalization session sender and prompt are settled here,
 * so that a change of either while the work runs does not give two kinds of message. Throws NOT_FOUND, NO_LEADS,
 * SESSION_STATE, CONFLICT for an archived dataset, INSUFFICIENT_CREDITS, and VALIDATION_ERROR where a personalization session
 * has no sender.
 */
export const startProcessing = async (
  deps: Pick<Deps, 'db' | 'clock' | 'enrichment' | 'llm'>,
  who: { workspace_id: string; user_id: string },
  sessionId: string,
  request: ProcessRequest,
  now: Date,
) => {
  // Which models a workspace has is looked up outside of the transaction, over another connection.
  const llm = await deps.llm(who.workspace_id)
  return transaction(deps.db, async (tx) => {
    const session = await findSession(tx, who.workspace_id, sessionId, true)
    if (!session) throw noSession()
    const isPersonal = session.session_type === 'personalization'
    if (request.custom_prompt && !isPersonal)
      throw invalid([
        { loc: ['body', 'custom_prompt'], msg: 'is for personalization sessions only', type: 'not_allowed' },
      ])
    if (session.status === 'processing') throw problem('SESSION_STATE', transitionRefusal('processing', 'process'))
    await refuseArchived(tx, who.workspace_id, session.dataset_id)
    const { leads, waiting, last_index } = await countWaiting(tx, session, request.row_ids)
    if (!session.dataset_id || leads === 0) throw problem('NO_LEADS')
    if (waiting === 0)
      throw problem(
        'SESSION_STATE',
        `Every ${request.row_ids ? 'one of these leads' : 'lead of this session'} has been worked on; open a new session over the dataset to do it again.`,
      )
    const writing = isPersonal ? await settleWriting(tx, who.workspace_id, session, request.custom_prompt) : null
    const status = await moveSession(tx, session, 'process', now)
    await sql`
      delete from session_results where session_id = ${session.session_id} and status = 'failed'
        ${request.row_ids ? sql`and row_id = any(${request.row_ids}::uuid[])` : sql``}`.execute(tx)
    const { credits_per_lead, name: adapter } = isPersonal
      ? { credits_per_lead: llm.credits_per_draft, name: llm.name }
      : deps.enrichment
    const credits_required = waiting * credits_per_lead
    const job_id = await createJob(tx, {
      ...who,
      kind: processSessionJob.name,
      subject_id: session.session_id,
      total: waiting,
      message: 'Waiting to be worked on.',
      now: deps.clock.now(),
    })
    // The drafts of a run are paid for by the run itself.
    if (writing)
      await openRun(tx, {
        ...who,
        kind: 'session',
        ...writing,
        n_leads: waiting,
        credits_per_draft: credits_per_lead,
        hold: true,
        job_id,
        owner: null,
        metadata: { session_id: session.session_id },
        now,
      })
    const hold_id =
      credits_required && !writing
        ? await holdCredits(tx, {
            workspace_id: who.workspace_id,
            operation_type: 'enrichment',
            credits: credits_required,
            reference: job_id,
            now,
          })
        : null
    await sql`
      insert into session_runs (job_id, workspace_id, session_id, dataset_id, status, adapter, leads_count, last_index, fill_empty_cells,
        credits_per_lead, hold_id, only_rows, started_at)
      values (${job_id}, ${who.workspace_id}, ${session.session_id}, ${session.dataset_id}, 'running', ${adapter}, ${waiting}, ${last_index},
        ${!isPersonal && (request.options?.fill_empty_cells ?? true)}, ${credits_per_lead}, ${hold_id}, ${request.row_ids !== undefined}, ${now})`.execute(
      tx,
    )
    if (request.row_ids)
      await sql`
        insert into session_run_rows (job_id, workspace_id, row_id)
        select ${job_id}, ${who.workspace_id}, r.id from dataset_rows r
        where r.workspace_id = ${who.workspace_id} and r.dataset_id = ${session.dataset_id} and r.id = any(${request.row_ids}::uuid[])
          and not exists (select 1 from session_results x where x.session_id = ${session.session_id} and x.row_id = r.id)`.execute(
        tx,
      )
    await enqueue(tx, processSessionJob, { job_id }, { priority: PRIORITIES[request.priority] })
    return {
      session_id: session.session_id,
      job_id,
      status,
      leads_count: waiting,
      credits_required,
      estimated_completion_time: null,
      message: `${waiting} ${waiting === 1 ? 'lead is' : 'leads are'} being worked on; follow job_id.`,
    }
  })
}

/** Who writes and with which prompt. What was set on the session itself stands above what its profile says. */
const settleWriting = async (tx: Tx, workspaceId: string, session: SessionRow, customPrompt?: string | null) => {
  const found = await sql<{ sender_data: Record<string, unknown> | null }>`
    select sender_data from processing_sessions where session_id = ${session.session_id}`.execute(tx)
  const own = found.rows[0]?.sender_data ?? null
  const profile = session.sender_profile_id ? await findSenderProfile(tx, workspaceId, session.sender_profile_id) : null
  const sender_data = { ...profile?.sender_data.data, ...own }
  if (Object.keys(sender_data).length === 0)
    throw invalid([
      {
        loc: ['path', 'session_id'],
        msg: 'names a session without a sender; set its sender data first',
        type: 'missing_sender',
      },
    ])
  const prompt = await resolvePrompt(tx, {
    workspace_id: workspaceId,
    custom_prompt: customPrompt ?? null,
    profile_id: profile?.id ?? null,
    named: 'latest',
    sender_data,
  })
  return { prompt, sender_profile_id: profile?.id ?? null, sender_data }
}

/** Failed leads count as waiting: their outcomes are about to be dropped. `last_index` bounds the work to leads that are there now. */
const countWaiting = async (
  tx: Tx,
  session: SessionRow,
  rowIds?: string[],
): Promise<{ leads: number; waiting: number; last_index: number }> => {
  if (rowIds) {
    const chosen = await sql<{ leads: number; waiting: number; last_index: number }>`
      select count(*)::int as leads, count(*) filter (where x.row_id is null)::int as waiting, coalesce(max(r.row_index), -1) as last_index
      from dataset_rows r
      left join session_results x on x.session_id = ${session.session_id} and x.row_id = r.id and x.status = 'completed'
      where r.dataset_id = ${session.dataset_id} and r.id = any(${rowIds}::uuid[]) and r.removed_at is null`.execute(tx)
    return chosen.rows[0] ?? { leads: 0, waiting: 0, last_index: -1 }
  }
  const found = await sql<{ leads: number; done: number; last_index: number }>`
    select d.row_count as leads,
      case when s.processed_count = 0 then 0 else s.processed_count - (
        select count(*)::int from (
          select r.id from dataset_rows r where r.dataset_id = d.dataset_id and r.removed_at is not null offset 0) gone
        join session_results x on x.session_id = s.session_id and x.row_id = gone.id and x.status = 'completed') end as done,
      coalesce((select r.row_index from dataset_rows r where r.dataset_id = d.dataset_id and r.removed_at is null
        order by r.row_index desc limit 1), -1) as last_index
    from processing_sessions s join datasets d on d.dataset_id = s.dataset_id where s.session_id = ${session.session_id}`.execute(
    tx,
  )
  const { leads, done, last_index } = found.rows[0] ?? { leads: 0, done: 0, last_index: -1 }
  return { leads, waiting: Math.max(0, leads - done), last_index }
}

/**
 * Turns what was held into what was used: a credit price for each lead that this run worked on with success. `error` says why
 * it ended early, where it did.
 */
export const settleCredits = async (
  tx: Tx,
  run: Pick<SessionRun, 'job_id' | 'hold_id' | 'processed_count' | 'credits_per_lead'>,
  now: Date,
  error: string | null,
): Promise<number> => {
  const run_id = await findRunOfJob(tx, run.job_id)
  if (run_id) return (await closeRun(tx, { run_id, error, now }))?.credits_used ?? 0
  if (!run.hold_id) return 0
  const used = run.processed_count * run.credits_per_lead
  if (used === 0) {
    await releaseCredits(tx, { hold_id: run.hold_id, now })
    return 0
  }
  return captureCredits(tx, { hold_id: run.hold_id, credits: used, description: 'Enrichment of leads', now })
}

/**
 * Stops what a session is busy with. Leads that were done stay done and are paid, the others wait again. A file that is
 * being read gives up by itself, a moment later, and the session then has failed. Throws SESSION_STATE where nothing runs.
 */
export const cancelProcessing = async (
  tx: Tx,
  session: SessionRow,
  now: Date,
  systemNow: Date,
): Promise<SessionStatus> => {
  if (session.status !== 'processing') throw problem('SESSION_STATE', transitionRefusal(session.status, 'cancelled'))
  const running = await sql<{ job_id: string }>`
    select job_id from session_runs where session_id = ${session.session_id} and status = 'running'`.execute(tx)
  const jobId = running.rows[0]?.job_id
  const run = jobId ? await findRun(tx, jobId, true) : null
  if (run?.status === 'running') {
    await sql`update session_runs set status = 'cancelled', batch_index = null, finished_at = ${now} where job_id = ${run.job_id}`.execute(
      tx,
    )
    await cancelJob(tx, run.job_id, systemNow)
    await settleCredits(tx, run, now, 'Cancelled.')
    return moveSession(tx, session, 'cancelled', now)
  }
  const reading = await sql<{ job_id: string }>`
    select i.job_id from imports i join jobs j on j.id = i.job_id
    where i.session_id = ${session.session_id} and i.workspace_id = j.workspace_id and j.status in ('queued', 'running')`.execute(
    tx,
  )
  for (const { job_id } of reading.rows) await cancelJob(tx, job_id, systemNow)
  return session.status
}

/** Takes a session away with its outcomes and its queued work; its dataset stays. Throws NOT_FOUND and SESSION_STATE. */
export const deleteSession = (
  deps: Pick<Deps, 'db' | 'clock'>,
  workspaceId: string,
  sessionId: string,
  options: { cancel: boolean },
  now: Date,
) =>
  transaction(deps.db, async (tx) => {
    const session = await findSession(tx, workspaceId, sessionId, true)
    if (!session) throw noSession()
    if (session.status === 'processing') {
      if (!options.cancel)
        throw problem(
          'SESSION_STATE',
          'The session is being worked on; wait for the end, or delete it with cancel=true, which stops the work.',
        )
      await cancelProcessing(tx, session, now, deps.clock.now())
    }
    await sql`delete from processing_sessions where session_id = ${session.session_id}`.execute(tx)
    await sql`update datasets set session_id = null where workspace_id = ${workspaceId} and session_id = ${session.session_id}`.execute(
      tx,
    )
    await sql`update imports set session_id = null where workspace_id = ${workspaceId} and session_id = ${session.session_id}`.execute(
      tx,
    )
    return {
      session_id: session.session_id,
      deleted: true,
      message: session.dataset_id ? 'The session is gone; its dataset stays.' : 'The session is gone.',
    }
  })
