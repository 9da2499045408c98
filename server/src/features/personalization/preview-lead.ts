import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { LlmPort } from '../../ports/llm/port.ts'
import type { LeadRef } from '../research/research-lead.ts'
import { findLeadPlace, findSender, type LeadPlace, type Sender } from './find-sender.ts'
import { closeRun, type Outcome, openRun, recordGeneration } from './generation-run.ts'
import { leadFields } from './lead-fields.ts'
import { asProblem, failureOf } from './model-problem.ts'
import { type PromptRequest, type ResolvedPrompt, resolvePrompt } from './resolve-prompt.ts'
import { type Draft, writeDraft } from './write-draft.ts'

/** How long somebody is kept waiting for one message; proxies in front give up after two minutes. */
export const INLINE_MS = 100_000

export type Who = { workspace_id: string; user_id: string }

export type PreviewRequest = {
  lead_data: Record<string, unknown>
  sender_profile_id?: string | null
  sender_data?: Record<string, unknown> | null
  custom_prompt?: string | null
  research_context?: string | null
  dataset_id?: string | null
  row_index?: number | null
  force_refresh_research: boolean
}

export type Writing = { sender: Sender; prompt: ResolvedPrompt; llm: LlmPort }

/** What every message of a preview is written with. Throws NOT_FOUND and VALIDATION_ERROR. */
export const prepareWriting = async (
  deps: Pick<Deps, 'db' | 'llm'>,
  who: Who,
  request: Pick<PreviewRequest, 'sender_profile_id' | 'sender_data' | 'custom_prompt'>,
  named: PromptRequest['named'],
): Promise<Writing> => {
  const sender = await findSender(deps.db, who.workspace_id, request)
  const prompt = await resolvePrompt(deps.db, {
    workspace_id: who.workspace_id,
    custom_prompt: request.custom_prompt ?? null,
    profile_id: sender.profile_id,
    named,
    sender_data: sender.data,
  })
  return { sender, prompt, llm: await deps.llm(who.workspace_id) }
}

export type PreviewLead = {
  lead_data: Record<string, unknown>
  lead: Record<string, string>
  lead_ref: LeadRef | null
  force_refresh: boolean
}

export const previewLeadOf = (
  given: Pick<PreviewRequest, 'lead_data' | 'force_refresh_research'>,
  place: LeadPlace | null,
): PreviewLead => ({
  lead_data: given.lead_data,
  lead: leadFields(given.lead_data, place?.column_mapping ?? null),
  lead_ref: place && { dataset_id: place.dataset_id, row_id: place.row_id, campaign_lead_id: null },
  force_refresh: given.force_refresh_research,
})

/** The same lead is written in the same words by the writer by rule, whoever asks and whenever. */
export const seedOf = (lead: Record<string, string>, ref: LeadRef | null): string =>
  ref?.row_id ?? (lead.email || JSON.stringify(Object.entries(lead).sort(([a], [b]) => (a < b ? -1 : 1))))

/**
 * Writes to one lead while somebody waits. The credits are held before and charged in the transaction that stores the draft;
 * nothing is charged for one that did not come. Throws NOT_FOUND, VALIDATION_ERROR, INSUFFICIENT_CREDITS, and where no message
 * came MODEL_TIMEOUT, MODEL_BUSY or MODEL_FAILED.
 */
export const previewLead = async (deps: Deps, who: Who, request: PreviewRequest, now: Date) => {
  const writing = await prepareWriting(deps, who, request, 'latest')
  const place = await findLeadPlace(deps.db, who.workspace_id, request)
  const lead = previewLeadOf(request, place)
  const run_id = await transaction(deps.db, (tx) =>
    openRun(tx, {
      ...who,
      kind: 'preview',
      prompt: writing.prompt,
      sender_profile_id: writing.sender.profile_id,
      sender_data: writing.sender.data,
      n_leads: 1,
      credits_per_draft: writing.llm.credits_per_draft,
      hold: true,
      job_id: null,
      owner: deps.process_id,
      now,
    }),
  )
  const store = (outcome: Outcome): Promise<number> =>
    transaction(deps.db, async (tx) => {
      await recordGeneration(tx, { ...who, ...lead, run_id, lead_index: 0, outcome, now })
      return (await closeRun(tx, { run_id, now }))?.credits_used ?? 0
    })
  let draft: Draft
  try {
    draft = await writeDraft(
      deps,
      {
        workspace_id: who.workspace_id,
        purpose: 'preview',
        reference: run_id,
        ...lead,
        sender: writing.sender.data,
        prompt: writing.prompt,
        research_context: request.research_context ?? null,
        seed: seedOf(lead.lead, lead.lead_ref),
      },
      { now, signal: AbortSignal.timeout(INLINE_MS) },
    )
  } catch (error) {
    await store(failureOf(error))
    throw asProblem(error)
  }
  return previewAnswer(draft, run_id, await store({ draft }))
}

/** A draft as previews show it. */
export const previewAnswer = (draft: Draft, run_id: string, credits_used: number) => ({
  subject: draft.subject,
  email_body: draft.body,
  commonality: draft.commonality,
  prompt_source: draft.prompt_source,
  prompt_name: draft.prompt_name,
  prompt_version_hash: draft.prompt_version_hash,
  model_used: draft.model,
  latency_ms: Math.round(draft.latency_ms),
  research_sources: draft.research.sources,
  research_chars: draft.research.chars,
  research_latency_ms: Math.round(draft.research.latency_ms),
  research_from_cache: draft.research.from_cache,
  research_cached_at: draft.research.cached_at,
  research_meta: draft.research.meta,
  facts: draft.facts,
  used_facts: draft.used_facts,
  quality: draft.quality,
  credits_used,
  run_id,
})
