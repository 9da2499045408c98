import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../http/access.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { type LeadToWrite, leadsToWrite } from '../campaigns/draft-leads.ts'
import { loadSendingContext, type SendingContext } from '../campaigns/sending-context.ts'
import { holdCredits } from '../credits/ledger.ts'
import { promptVersionHash } from '../personalization/default-prompt.ts'
import { keepPromptVersion } from '../personalization/generation-run.ts'
import { promptOf, stepAt } from './approved-entry.ts'
import { OPERATION_TYPE } from './draft-credits.ts'
import { wakeWriter } from './provide-texts.ts'
import { hasCampaign } from './queries.ts'

export type GenerateRequest = {
  step_index: number
  n_leads: number
  custom_prompt?: string | null
  campaign_lead_ids?: string[] | null
  only_without_draft: boolean
}

/** The campaign's context, when the step is its own. Throws NOT_FOUND, and VALIDATION_ERROR for a step that is not there. */
export const contextWithStep = async (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  campaignId: string,
  step: number,
): Promise<SendingContext> => {
  const context = (await hasCampaign(deps.db, workspaceId, campaignId))
    ? await loadSendingContext(deps.db, campaignId)
    : null
  if (!context) throw notFound()
  if (!stepAt(context, step))
    throw invalid([
      {
        loc: ['body', 'step_index'],
        msg: `the campaign has no step ${step}; it has ${context.steps.length}, counted from 1`,
        type: 'value_error',
      },
    ])
  return context
}

/**
 * Makes a batch: one draft for each lead with a written variant in the step, and wakes a writer. Every call makes another one.
 * Credits for all of it are held in the same transaction. Throws BAD_REQUEST where nothing can be written, NOT_FOUND,
 * VALIDATION_ERROR and INSUFFICIENT_CREDITS.
 */
export const generateDrafts = async (
  deps: Pick<Deps, 'db' | 'secrets' | 'llm'>,
  principal: Principal,
  campaignId: string,
  request: GenerateRequest,
  now: Date,
) => {
  const { workspace_id } = principal.workspace
  const step = request.step_index
  const context = await contextWithStep(deps, workspace_id, campaignId, step)
  const written = (stepAt(context, step)?.variants ?? []).filter(({ type }) => type === 'PERSONALIZATION')
  const labels = written.filter(({ label }) => promptOf(context, step, label)).map(({ label }) => label)
  if (!written.length) throw problem('BAD_REQUEST', `No variant of step ${step} is written by AI (PERSONALIZATION).`)
  if (!labels.length)
    throw problem('BAD_REQUEST', `The sender profile that step ${step} is written for is not there any more.`)
  const custom_prompt = request.custom_prompt?.trim() ? request.custom_prompt : null
  const { credits_per_draft } = await deps.llm(workspace_id)
  return transaction(deps.db, async (tx) => {
    const ids = request.campaign_lead_ids ?? null
    const count = ids ? ids.length : request.n_leads
    const leads = await leadsToWrite(
      { ...deps, db: tx },
      workspace_id,
      campaignId,
      { step, labels, count, campaign_lead_ids: ids, only_without_draft: request.only_without_draft },
      now,
    )
    if (ids && leads.length < new Set(ids).size)
      throw notFound(
        'Some of these leads are not in this campaign, have no written variant in the step, or had it already.',
      )
    if (!leads.length)
      throw problem(
        'BAD_REQUEST',
        request.only_without_draft
          ? `Every lead has a draft for step ${step}, or its text is approved or sent.`
          : `No lead is left whose text for step ${step} is neither approved nor sent.`,
      )
    const batch_id = newId()
    const credits = leads.length * credits_per_draft
    const hold_id = credits
      ? await holdCredits(tx, { workspace_id, operation_type: OPERATION_TYPE, credits, reference: batch_id, now })
      : null
    const promptFor = (label: string) =>
      custom_prompt
        ? { prompt: custom_prompt, version_hash: promptVersionHash(custom_prompt) }
        : (promptOf(context, step, label) as { prompt: string; version_hash: string })
    for (const prompt of new Map(labels.map((label) => [promptFor(label).version_hash, promptFor(label)])).values())
      await keepPromptVersion(tx, workspace_id, prompt, now)
    const { version_hash } = promptFor(leads[0]?.variant_label ?? labels[0] ?? '')
    await sql`
      insert into draft_batches (batch_id, workspace_id, campaign_id, user_id, step, custom_prompt, prompt_version_hash, credits_per_draft, hold_id, created_at)
      values (${batch_id}, ${workspace_id}, ${campaignId}, ${principal.user_id}, ${step}, ${custom_prompt}, ${version_hash}, ${credits_per_draft}, ${hold_id}, ${now})`.execute(
      tx,
    )
    const rows = leads.map((lead: LeadToWrite) => ({
      draft_id: newId(),
      ...lead,
      prompt_version_hash: promptFor(lead.variant_label).version_hash,
    }))
    await sql`
      insert into campaign_drafts (draft_id, workspace_id, campaign_id, campaign_lead_id, batch_id, step, variant_label, prompt_version_hash, status, due_at,
        created_at, updated_at)
      select draft_id, ${workspace_id}, ${campaignId}, campaign_lead_id, ${batch_id}, ${step}, variant_label, prompt_version_hash, 'pending', ${now}, ${now}, ${now}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (draft_id uuid, campaign_lead_id uuid, variant_label text, prompt_version_hash text)`.execute(
      tx,
    )
    await wakeWriter(tx, workspace_id)
    return {
      campaign_id: campaignId,
      step_index: step,
      batch_id,
      enqueued_lead_ids: leads.map(({ campaign_lead_id }) => campaign_lead_id),
      prompt_version_hash: version_hash,
      total: leads.length,
    }
  })
}
