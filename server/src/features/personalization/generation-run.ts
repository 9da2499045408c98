import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { keptQuality } from '../../kept-quality.ts'
import type { ModelFailure } from '../../ports/llm/port.ts'
import { captureCredits, holdCredits, releaseCredits } from '../credits/ledger.ts'
import type { LeadRef } from '../research/research-lead.ts'
import type { PromptSource, ResolvedPrompt } from './resolve-prompt.ts'
import type { Draft } from './write-draft.ts'

export type RunKind = 'preview' | 'batch' | 'job' | 'session'

export type NewRun = {
  workspace_id: string
  user_id: string | null
  kind: RunKind
  prompt: ResolvedPrompt
  sender_profile_id: string | null
  /** Null where each lead has a sender of its own. */
  sender_data: Record<string, unknown> | null
  n_leads: number
  credits_per_draft: number
  /** False where whoever opens the run holds the credits themselves. */
  hold: boolean
  /** What works on it anew after a crash; without one, `owner` is the process that has to end it. */
  job_id: string | null
  owner: string | null
  client_run_id?: string | null
  metadata?: Record<string, unknown>
  /** The workspace's present. */
  now: Date
}

/**
 * Opens a run of one prompt over leads and holds what its drafts may cost. Throws INSUFFICIENT_CREDITS. The run is over when
 * closeRun says so: whoever opens one without a job names a process, and a run whose process is gone is closed by a tick.
 */
export const openRun = async (tx: Tx, run: NewRun): Promise<string> => {
  const run_id = newId()
  const { workspace_id, prompt, now } = run
  await keepPromptVersion(tx, workspace_id, prompt, now)
  const credits = run.hold ? run.n_leads * run.credits_per_draft : 0
  const hold_id = credits
    ? await holdCredits(tx, { workspace_id, operation_type: 'personalization', credits, reference: run_id, now })
    : null
  await sql`
    insert into generation_runs (run_id, workspace_id, user_id, kind, status, sender_profile_id, prompt_source, prompt_name, prompt_version_hash,
      sender_data, job_id, client_run_id, n_leads, metadata, credits_per_draft, hold_id, owner, started_at)
    values (${run_id}, ${workspace_id}, ${run.user_id}, ${run.kind}, 'in_progress', ${run.sender_profile_id}, ${prompt.source}, ${prompt.name},
      ${prompt.version_hash}, ${run.sender_data ? JSON.stringify(run.sender_data) : null}, ${run.job_id}, ${run.client_run_id ?? null}, ${run.n_leads},
      ${JSON.stringify(run.metadata ?? {})}, ${run.credits_per_draft}, ${hold_id}, ${run.owner}, ${now})`.execute(tx)
  if (run.sender_profile_id)
    await sql`
      update sender_profiles set usage_count = usage_count + 1
      where workspace_id = ${workspace_id} and id = ${run.sender_profile_id}`.execute(tx)
  return run_id
}

/** Stores the text of a prompt under its hash, unless it is there. */
export const keepPromptVersion = async (
  tx: Tx,
  workspaceId: string,
  prompt: Pick<ResolvedPrompt, 'prompt' | 'version_hash'>,
  now: Date,
): Promise<void> => {
  await sql`
    insert into prompt_versions (workspace_id, version_hash, prompt, created_at)
    values (${workspaceId}, ${prompt.version_hash}, ${prompt.prompt}, ${now})
    on conflict do nothing`.execute(tx)
}

export type Outcome = { draft: Draft } | { failure: ModelFailure | 'unexpected'; error: string }

export type Generation = {
  workspace_id: string
  run_id: string
  /** Unique in the run: a second outcome of one lead changes nothing. */
  lead_index: number
  /** The lead as the caller has it. */
  lead_data: Record<string, unknown>
  lead_ref: LeadRef | null
  outcome: Outcome
  now: Date
}

/**
 * Stores what came of leads, and says by position which outcomes are new. An outcome that was stored before changes nothing:
 * nothing is written or charged a second time.
 */
export const recordGenerations = async (tx: Tx, generations: Generation[]): Promise<boolean[]> => {
  const rows = generations.map(({ outcome, lead_ref, lead_data, now, ...where }) => {
    const draft = 'draft' in outcome ? outcome.draft : null
    return {
      generation_id: newId(),
      ...where,
      status: draft ? 'generated' : 'failed',
      lead_snapshot: lead_data,
      dataset_id: lead_ref?.dataset_id ?? null,
      row_id: lead_ref?.row_id ?? null,
      subject: draft?.subject ?? null,
      body: draft?.body ?? null,
      commonality: draft?.commonality ?? null,
      facts: draft?.facts ?? null,
      used_facts: draft?.used_facts ?? null,
      quality: draft ? keptQuality(draft.quality) : null,
      research: draft?.research ?? null,
      research_fingerprint: draft?.research.fingerprint ?? null,
      model: draft?.model ?? null,
      provider: draft?.provider ?? null,
      latency_ms: draft ? Math.round(draft.latency_ms) : null,
      use: draft?.use ?? null,
      failure: 'failure' in outcome ? outcome.failure : null,
      error: 'error' in outcome ? outcome.error : null,
      generated_at: now,
    }
  })
  const stored = await sql<{ generation_id: string }>`
    insert into generations (generation_id, workspace_id, run_id, lead_index, status, lead_snapshot, dataset_id, row_id, subject, body,
      commonality, facts, used_facts, quality, research, research_fingerprint, model, provider, latency_ms, use, failure, error, generated_at)
    select g.* from json_to_recordset(${JSON.stringify(rows)}::json) as g (generation_id uuid, workspace_id uuid, run_id uuid,
      lead_index integer, status text, lead_snapshot json, dataset_id uuid, row_id uuid, subject text, body text, commonality json, facts json,
      used_facts json, quality json, research json, research_fingerprint text, model text, provider text, latency_ms integer, use json,
      failure text, error text, generated_at timestamptz)
    on conflict (run_id, lead_index) do nothing returning generation_id`.execute(tx)
  const isNew = new Set(stored.rows.map(({ generation_id }) => generation_id))
  return rows.map(({ generation_id }) => isNew.has(generation_id))
}

/** Stores what came of one lead; false when it was stored before. */
export const recordGeneration = async (tx: Tx, generation: Generation): Promise<boolean> =>
  (await recordGenerations(tx, [generation]))[0] ?? false

export type ClosedRun = {
  status: 'completed' | 'failed'
  n_leads: number
  n_completed: number
  n_failed: number
  credits_used: number
  error: string | null
}

/**
 * Ends a run: each written draft is paid for, the rest of the hold is released. A run without one written draft has failed, and
 * so has one that was broken off, of which `error` tells. Null when it was over before; nothing is charged a second time.
 */
export const closeRun = async (
  tx: Tx,
  close: { run_id: string; error?: string | null; now: Date },
): Promise<ClosedRun | null> => {
  const found = await sql<{
    status: string
    hold_id: string | null
    n_leads: number
    n_completed: number
    n_failed: number
    credits_per_draft: number
  }>`
    select status, hold_id, n_leads, n_completed, n_failed, credits_per_draft from generation_runs
    where run_id = ${close.run_id} for update`.execute(tx)
  const run = found.rows[0]
  if (run?.status !== 'in_progress') return null
  const { hold_id, n_leads, n_completed, n_failed } = run
  const credits = hold_id ? n_completed * run.credits_per_draft : 0
  if (hold_id && credits)
    await captureCredits(tx, { hold_id, credits, description: 'Personalized messages', now: close.now })
  else if (hold_id) await releaseCredits(tx, { hold_id, now: close.now })
  const status = close.error || (n_leads > 0 && n_completed === 0) ? 'failed' : 'completed'
  const error = close.error ?? (status === 'failed' ? await lastError(tx, close.run_id) : null)
  await sql`
    update generation_runs set status = ${status}, error = ${error}, credits_used = ${credits}, owner = null, completed_at = ${close.now}
    where run_id = ${close.run_id}`.execute(tx)
  await sql`delete from generation_inputs where run_id = ${close.run_id}`.execute(tx)
  return { status, n_leads, n_completed, n_failed, credits_used: credits, error }
}

/** The run that a job works on, open or over; null where the job is another's. */
export const findRunOfJob = async (db: Db, jobId: string): Promise<string | null> => {
  const { rows } = await sql<{ run_id: string }>`select run_id from generation_runs where job_id = ${jobId}`.execute(db)
  return rows[0]?.run_id ?? null
}

const lastError = async (tx: Tx, runId: string): Promise<string | null> => {
  const { rows } = await sql<{ error: string | null }>`
    select error from generations where run_id = ${runId} and status = 'failed' order by lead_index desc limit 1`.execute(
    tx,
  )
  return rows[0]?.error ?? null
}

/** Enough for the gate to notice a text that is being written over and over, and little enough to compare with every time. */
const EARLIER = 30

/** The latest drafts of a run, for the gate against duplicates. */
export const earlierDrafts = async (db: Db, runId: string): Promise<{ subject: string; body: string }[]> => {
  const { rows } = await sql<{ subject: string; body: string }>`
    select subject, body from generations where run_id = ${runId} and status = 'generated'
    order by lead_index desc limit ${EARLIER}`.execute(db)
  return rows.reverse()
}

/** Adds a draft to what earlierDrafts gave; the oldest goes. */
export const rememberDraft = (
  earlier: { subject: string; body: string }[],
  { subject, body }: { subject: string; body: string },
): void => {
  earlier.push({ subject, body })
  if (earlier.length > EARLIER) earlier.shift()
}

/** The prompt that a run was opened with, word for word. */
export const promptOfRun = async (
  db: Db,
  runId: string,
): Promise<{ prompt: ResolvedPrompt; sender_data: Record<string, unknown> | null } | null> => {
  const { rows } = await sql<{
    source: PromptSource
    name: string | null
    version_hash: string
    prompt: string
    sender_data: Record<string, unknown> | null
  }>`
    select r.prompt_source as source, r.prompt_name as name, r.prompt_version_hash as version_hash, v.prompt, r.sender_data
    from generation_runs r join prompt_versions v on v.workspace_id = r.workspace_id and v.version_hash = r.prompt_version_hash
    where r.run_id = ${runId}`.execute(db)
  const run = rows[0]
  if (!run) return null
  const { sender_data, ...prompt } = run
  return { prompt, sender_data }
}
