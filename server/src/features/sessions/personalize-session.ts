import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { reportProgress, startJob } from '../jobs/progress.ts'
import {
  earlierDrafts,
  findRunOfJob,
  type Outcome,
  promptOfRun,
  recordGeneration,
  rememberDraft,
} from '../personalization/generation-run.ts'
import { leadFields } from '../personalization/lead-fields.ts'
import { failureAmongMany } from '../personalization/model-problem.ts'
import type { ResolvedPrompt } from '../personalization/resolve-prompt.ts'
import { type Draft, writeDraft } from '../personalization/write-draft.ts'
import { processSessionJob } from './jobs.ts'
import { findRun } from './queries.ts'
import { type Batch, claimBatch, endRun, type Lead, runSession } from './run-session.ts'
import { findSession } from './session-dataset.ts'

/** Leads that are written to at the same time; how many calls a model takes is for its adapter to say. */
const AT_ONCE = 4

/** Works through a session of either kind: one whose run has a prompt is a personalization session. */
export const processSession = async (input: { job_id: string }, deps: Deps, run: JobRun): Promise<void> => {
  const run_id = await findRunOfJob(deps.db, input.job_id)
  return run_id ? personalizeSession({ ...input, run_id }, deps, run) : runSession(input, deps, run)
}

type Writing = {
  run_id: string
  prompt: ResolvedPrompt
  sender: Record<string, unknown>
  earlier: { subject: string; body: string }[]
}

/**
 * Writes to the leads of a session, a few at the same time. What came of a lead is stored as soon as it is there, with all
 * counters, in a transaction of its own: a kill in between repeats only leads that have no outcome, and a message is paid for
 * once. A lead that could not be written to is an outcome, and the others go on.
 */
const personalizeSession = async (
  { job_id, run_id }: { job_id: string; run_id: string },
  deps: Deps,
  run: JobRun,
): Promise<void> => {
  await startJob(deps.db, job_id, deps.clock.now())
  try {
    const opened = await promptOfRun(deps.db, run_id)
    if (!opened) return
    const earlier = await earlierDrafts(deps.db, run_id)
    const writing: Writing = { run_id, prompt: opened.prompt, sender: opened.sender_data ?? {}, earlier }
    for (;;) {
      run.signal.throwIfAborted()
      const batch = await claimBatch(deps, job_id, AT_ONCE)
      if (!batch) return
      if (batch.leads.length === 0) {
        await endRun(deps, job_id, 'processed')
        return
      }
      const ended = await Promise.allSettled(batch.leads.map((lead) => writeOne(deps, batch, lead, writing, run)))
      const fault = ended.find((end) => end.status === 'rejected')
      if (fault) throw fault.reason
      await sql`
        update session_runs set done_index = ${batch.leads.at(-1)?.row_index ?? batch.run.done_index}, batch_index = null
        where job_id = ${job_id} and status = 'running' and done_index = ${batch.run.done_index}`.execute(deps.db)
    }
  } catch (error) {
    if (run.attempt < processSessionJob.attempts) throw error
    run.log.error({ err: error }, 'session could not be worked through')
    await endRun(deps, job_id, 'process_failed')
  }
}

const writeOne = async (deps: Deps, batch: Batch, lead: Lead, writing: Writing, run: JobRun): Promise<void> => {
  const { workspace_id, dataset_id } = batch.run
  const fields = leadFields(lead.data, batch.mapping)
  const lead_ref = { dataset_id, row_id: lead.id, campaign_lead_id: null }
  const outcome = await writeDraft(
    deps,
    {
      workspace_id,
      purpose: 'session',
      reference: writing.run_id,
      lead: fields,
      lead_ref,
      sender: writing.sender,
      prompt: writing.prompt,
      earlier: writing.earlier,
      seed: lead.id,
    },
    { now: batch.now, signal: run.signal },
  ).then(
    (draft): Outcome => ({ draft }),
    (error): Outcome => failureAmongMany(error, run),
  )
  if ('draft' in outcome) rememberDraft(writing.earlier, outcome.draft)
  await recordLead(deps, batch, lead, writing.run_id, { outcome, lead_ref })
}

/** Stores what came of a lead, unless the run has ended, the row is gone, or another worker has stored it. */
const recordLead = (
  deps: Deps,
  { run: claimed, now }: Batch,
  lead: Lead,
  run_id: string,
  made: Pick<Parameters<typeof recordGeneration>[1], 'outcome' | 'lead_ref'>,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    // The order of locks is that of whoever cancels: the session before its run.
    const session = await findSession(tx, claimed.workspace_id, claimed.session_id, true)
    const run = await findRun(tx, claimed.job_id, true)
    if (!session || run?.status !== 'running') return
    const present = await sql<{ row_index: number }>`
      select row_index from dataset_rows
      where id = ${lead.id} and workspace_id = ${run.workspace_id} and removed_at is null for key share`.execute(tx)
    const row = present.rows[0]
    if (!row) return
    const { outcome } = made
    const isWritten = 'draft' in outcome
    const stored = await sql`
      insert into session_results (session_id, workspace_id, row_id, row_index, status, result, error, processed_at)
      values (${run.session_id}, ${run.workspace_id}, ${lead.id}, ${row.row_index}, ${isWritten ? 'completed' : 'failed'},
        ${isWritten ? JSON.stringify(resultOf(outcome.draft)) : null}, ${isWritten ? null : outcome.error}, ${now})
      on conflict (session_id, row_id) do nothing returning 1`.execute(tx)
    if (!stored.rows.length) return
    await recordGeneration(tx, {
      workspace_id: run.workspace_id,
      run_id,
      lead_index: lead.row_index,
      lead_data: lead.data,
      ...made,
      now,
    })
    const processed = run.processed_count + (isWritten ? 1 : 0)
    const failed = run.failed_count + (isWritten ? 0 : 1)
    await sql`
      update session_runs set processed_count = ${processed}, failed_count = ${failed} where job_id = ${run.job_id}`.execute(
      tx,
    )
    await reportProgress(
      tx,
      run.job_id,
      processed + failed,
      run.leads_count,
      `${processed + failed} of ${run.leads_count} leads are done.`,
      deps.clock.now(),
      { processed, failed },
    )
  })

/** What the results of a session show of a message. */
const resultOf = (draft: Draft): Record<string, unknown> => {
  const used = new Set(draft.used_facts)
  return {
    subject_line: draft.subject,
    personalised_email: draft.body,
    metadata: {
      commonality_found: draft.commonality?.text ?? null,
      confidence_score: draft.commonality?.confidence_score ?? null,
      research_sources: draft.research.sources.filter(({ status }) => status === 'ok').map(({ name }) => name),
      generation_time_ms: Math.round(draft.latency_ms),
      model_used: draft.model,
    },
    prompt_source: draft.prompt_source,
    prompt_name: draft.prompt_name,
    prompt_version_hash: draft.prompt_version_hash,
    quality: draft.quality,
    used_facts: draft.facts.filter(({ id }) => used.has(id)).map(({ text, source }) => ({ text, source })),
  }
}
