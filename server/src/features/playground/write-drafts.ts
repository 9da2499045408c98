import { sql } from 'kysely'
import { isTransientDatabaseError } from '../../db/connect.ts'
import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { ModelError } from '../../ports/llm/port.ts'
import { leadVariables } from '../campaigns/lead-variables.ts'
import { type ContextCache, createContextCache, type SendingContext } from '../campaigns/sending-context.ts'
import { promptVersionHash } from '../personalization/default-prompt.ts'
import type { ResolvedPrompt } from '../personalization/resolve-prompt.ts'
import { type DraftRequest, writeDraft } from '../personalization/write-draft.ts'
import { stepAt } from './approved-entry.ts'
import { type ClaimedDraft, claimDrafts, type DraftScope, releaseClaim } from './claim-drafts.ts'
import { holdForDraft } from './draft-credits.ts'
import { earlierTexts, otherTexts } from './earlier-texts.ts'
import { leadFingerprint, stepFingerprint } from './fingerprints.ts'
import {
  completeDraft,
  dropDraft,
  failDraft,
  failsEveryTime,
  hasWrittenLately,
  isOutOfCredits,
  pauseForTexts,
  postponeDraft,
} from './settle-draft.ts'

/** Texts of one workspace that one process writes at a time. */
const AT_A_TIME = 6
/** A writer takes no new texts after so long, so that the sending of mail gets its turn in the queue; the next one goes on. */
const SLICE_MS = 8_000
/**
 * The longest that one text may take, over all tries and second looks. It ends before the job does: a text that the job's own
 * end breaks off would be begun again and again, and asked for anew each time.
 */
const TEXT_MS = 9 * 60_000
/**
 * Waits before a text for sending is tried again after a fault that passes. After the last the lead has failed, or where no
 * lead had a text meanwhile, the campaign is paused.
 */
const RETRY_MINUTES = [1, 5, 15, 60, 240]

export type WriteOptions = { scope: DraftScope; signal?: AbortSignal; slice_ms?: number }

/**
 * Writes what is due in a workspace, several at a time, each under its own claim and outside of any transaction. Returns how
 * many were dealt with, and whether its time was over before all were.
 */
export const writeDrafts = async (
  deps: Deps,
  workspaceId: string,
  { scope, signal, slice_ms = SLICE_MS }: WriteOptions,
): Promise<{ written: number; is_over: boolean }> => {
  const started = performance.now()
  const contextOf = createContextCache(deps.db)
  const inHand = new Set<Promise<void>>()
  const faults: unknown[] = []
  let written = 0
  for (;;) {
    const mayTake = performance.now() - started < slice_ms && !signal?.aborted && !faults.length
    const want = mayTake ? AT_A_TIME - inHand.size : 0
    const claimed =
      want > 0 ? await claimDrafts(deps, workspaceId, { want, scope, now: await present(deps, workspaceId) }) : []
    for (const draft of claimed) {
      written++
      const work = writeOne(deps, draft, contextOf, signal)
        .catch((error) => void faults.push(error))
        .finally(() => inHand.delete(work))
      inHand.add(work)
    }
    if (!inHand.size) {
      // A fault of the infrastructure is the queue's to repeat; every claim was given back.
      if (faults.length) throw faults[0]
      return { written, is_over: !mayTake }
    }
    await Promise.race(inHand)
  }
}

const present = async (deps: Pick<Deps, 'db' | 'clock'>, workspaceId: string): Promise<Date> => {
  const found = await sql<{ clock_offset_ms: number; clock_frozen_at: Date | null }>`
    select clock_offset_ms, clock_frozen_at from workspaces where id = ${workspaceId}`.execute(deps.db)
  const row = found.rows[0]
  return row ? workspaceNow(row, deps.clock.now()) : deps.clock.now()
}

const writeOne = async (
  deps: Deps,
  draft: ClaimedDraft,
  contextOf: ContextCache,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const now = await present(deps, draft.workspace_id)
  try {
    if (!draft.is_wanted) return await dropDraft(deps, draft, now)
    const context = await contextOf(draft.campaign_id)
    if (!context) return await dropDraft(deps, draft, now)
    const request = await draftRequest(deps, context, draft, now)
    if ('problem' in request) {
      const why = { failure: 'not_writable', message: request.problem }
      // The step lacks something, and with it every lead that comes to it.
      return draft.batch_id ? await failDraft(deps, draft, why, now) : await pauseForTexts(deps, draft, why, now)
    }
    const llm = await deps.llm(draft.workspace_id)
    const hold_id = await holdForDraft(deps, draft, llm.credits_per_draft, now)
    const ending = AbortSignal.timeout(TEXT_MS)
    const text = await writeDraft(deps, request, { now, signal: signal ? AbortSignal.any([signal, ending]) : ending })
    await completeDraft(
      deps,
      draft,
      text,
      fingerprints(context, draft),
      hold_id,
      await present(deps, draft.workspace_id),
    )
  } catch (error) {
    await settleFault(deps, draft, error, now, signal)
  }
}

const fingerprints = (context: SendingContext, draft: ClaimedDraft) => ({
  lead_identity_fingerprint: leadFingerprint(draft),
  step_config_fingerprint: stepFingerprint(stepAt(context, draft.step), draft.variant_label, context) ?? '',
})

const settleFault = async (
  deps: Deps,
  draft: ClaimedDraft,
  error: unknown,
  now: Date,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const isSending = draft.batch_id === null
  if (isOutOfCredits(error)) {
    await pauseForTexts(deps, draft, { failure: 'credits', message: error.message }, now)
    return
  }
  if (isTransientDatabaseError(error)) {
    await releaseClaim(deps, draft).catch(() => {})
    throw error
  }
  if (signal?.aborted) return releaseClaim(deps, draft)
  if (!(error instanceof ModelError))
    deps.log.error({ err: error, draft_id: draft.draft_id }, 'a text could not be written')
  // A fault of our own is this lead's as well: it must not keep the others waiting.
  const { failure, message, transient } =
    error instanceof ModelError
      ? error
      : { failure: 'internal', message: 'Something went wrong on our side; see the server’s log.', transient: true }
  if (failure === 'cancelled') return releaseClaim(deps, draft)
  if (failure === 'misconfigured' && isSending) return pauseForTexts(deps, draft, { failure, message }, now)
  const wait = isSending && transient ? RETRY_MINUTES[draft.attempts - 1] : undefined
  // A writer that nobody can reach for hours is no fault of the leads.
  if (wait === undefined && isSending && transient && !(await hasWrittenLately(deps, draft.campaign_id, now)))
    return pauseForTexts(deps, draft, { failure, message }, now)
  // Leads that failed stay failed until somebody writes to them by hand, so a model that answers nobody must not use up the campaign.
  if (wait === undefined && isSending && (await failsEveryTime(deps, draft.campaign_id)))
    return pauseForTexts(deps, draft, { failure, message }, now)
  if (wait === undefined) return failDraft(deps, draft, { failure, message }, now)
  return postponeDraft(deps, draft, { failure, message }, new Date(now.getTime() + wait * 60_000), now)
}

/** What the writer is asked, from the campaign and the lead as they are now; or why there is nothing to ask. */
export const draftRequest = async (
  deps: Pick<Deps, 'db'>,
  context: SendingContext,
  draft: Pick<
    ClaimedDraft,
    | 'workspace_id'
    | 'campaign_id'
    | 'campaign_lead_id'
    | 'batch_id'
    | 'draft_id'
    | 'step'
    | 'variant_label'
    | 'custom_prompt'
    | 'prompt_version_hash'
    | 'dataset_id'
    | 'dataset_row_id'
    | 'lead_data'
    | 'variant_assignments'
    | 'approvals'
    | 'written'
  >,
  now: Date,
): Promise<DraftRequest | { problem: string }> => {
  const step = stepAt(context, draft.step)
  const variant = step?.variants.find(({ label }) => label === draft.variant_label)
  if (!step || variant?.type !== 'PERSONALIZATION')
    return { problem: `Variant ${draft.variant_label} of step ${draft.step} is not written by AI any more.` }
  const voice = context.senders.get(variant.sender_profile_id ?? '')
  if (!voice) return { problem: `Variant ${variant.label} of step ${step.step} has no sender profile any more.` }
  const lead = leadVariables(context.variable_names, draft.lead_data)
  const prompt = await promptFor(deps, draft, voice.prompt)
  return {
    workspace_id: draft.workspace_id,
    purpose: draft.batch_id ? 'playground' : 'send',
    reference: draft.draft_id,
    lead,
    lead_ref: { dataset_id: draft.dataset_id, row_id: draft.dataset_row_id, campaign_lead_id: draft.campaign_lead_id },
    sender: voice.sender_data,
    prompt,
    step: { index: step.step, total: context.steps.length, earlier: earlierTexts(context, draft, lead, now) },
    earlier: await otherTexts(deps.db, draft),
    seed: `${draft.dataset_row_id}:${step.step}`,
  }
}

/** The prompt that a batch was made with, though the campaign or the profile may have another by now. */
const promptFor = async (
  deps: Pick<Deps, 'db'>,
  draft: Pick<ClaimedDraft, 'workspace_id' | 'custom_prompt' | 'prompt_version_hash'>,
  resolved: ResolvedPrompt,
): Promise<ResolvedPrompt> => {
  const { custom_prompt, prompt_version_hash } = draft
  if (custom_prompt)
    return { prompt: custom_prompt, source: 'override', name: null, version_hash: promptVersionHash(custom_prompt) }
  if (!prompt_version_hash || prompt_version_hash === resolved.version_hash) return resolved
  const found = await sql<{ prompt: string }>`
    select prompt from prompt_versions where workspace_id = ${draft.workspace_id} and version_hash = ${prompt_version_hash}`.execute(
    deps.db,
  )
  const prompt = found.rows[0]?.prompt
  return prompt === undefined ? resolved : { ...resolved, prompt, version_hash: prompt_version_hash }
}
