import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../http/access.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { ModelError } from '../../ports/llm/port.ts'
import { captureCredits, holdCredits, releaseCredits } from '../credits/ledger.ts'
import { INLINE_MS } from '../personalization/preview-lead.ts'
import { writeDraft } from '../personalization/write-draft.ts'
import { type ApprovedEntry, stepAt, type WrittenEntry } from './approved-entry.ts'
import { OPERATION_TYPE, waitingReference } from './draft-credits.ts'
import { contextWithStep } from './generate-drafts.ts'
import type { CampaignPersonalizeRequest } from './schema.ts'
import { draftRequest } from './write-drafts.ts'

type LeadRow = {
  dataset_id: string
  dataset_row_id: string
  lead_data: Record<string, unknown>
  variant_assignments: Record<string, string>
  approvals: Record<string, ApprovedEntry>
  written: Record<string, WrittenEntry>
}

/**
 * The text of one lead and step while the caller waits: the approved one, which costs nothing and asks no model, or one that is
 * written now and kept nowhere. Throws NOT_FOUND, VALIDATION_ERROR, INSUFFICIENT_CREDITS, and UNAVAILABLE where no text came.
 */
export const personalizeLead = async (
  deps: Deps,
  principal: Principal,
  campaignId: string,
  request: CampaignPersonalizeRequest,
  now: Date,
) => {
  const { workspace_id } = principal.workspace
  const { step_index, campaign_lead_id } = request
  const context = await contextWithStep(deps, workspace_id, campaignId, step_index)
  const found = await sql<LeadRow>`
    select c.dataset_id, l.dataset_row_id, l.lead_data, l.variant_assignments, l.approvals, l.written
    from campaign_leads l join campaigns c on c.campaign_id = l.campaign_id
    where l.workspace_id = ${workspace_id} and l.campaign_id = ${campaignId} and l.campaign_lead_id = ${campaign_lead_id}`.execute(
    deps.db,
  )
  const lead = found.rows[0]
  if (!lead) throw notFound('There is no such lead in this campaign.')
  const variant_label = request.variant_label ?? lead.variant_assignments[String(step_index)] ?? ''
  const variant = stepAt(context, step_index)?.variants.find(({ label }) => label === variant_label)
  if (!variant)
    throw invalid([
      {
        loc: ['body', 'variant_label'],
        msg: `step ${step_index} has no variant ${variant_label}`,
        type: 'value_error',
      },
    ])
  const place = { campaign_id: campaignId, campaign_lead_id, step_index, variant_label }
  const approved = lead.approvals[String(step_index)]
  if (approved?.variant_label === variant_label && !request.force_regenerate)
    return {
      ...place,
      subject: approved.subject,
      body: approved.body,
      source: 'approved',
      prompt_source: null,
      prompt_version_hash: approved.prompt_version_hash,
      model: approved.model,
      generation_latency_ms: approved.generation_latency_ms,
      credits_used: 0,
      quality: null,
    }
  if (variant.type !== 'PERSONALIZATION')
    throw invalid([
      {
        loc: ['body', 'variant_label'],
        msg: `variant ${variant_label} of step ${step_index} is a template; template-preview fills it`,
        type: 'value_error',
      },
    ])
  const asked = await draftRequest(
    deps,
    context,
    {
      ...lead,
      workspace_id,
      campaign_id: campaignId,
      campaign_lead_id,
      // Written for a person who waits, whatever it is used for.
      batch_id: campaign_lead_id,
      draft_id: campaign_lead_id,
      step: step_index,
      variant_label,
      custom_prompt: request.custom_prompt ?? null,
      prompt_version_hash: null,
    },
    now,
  )
  if ('problem' in asked) throw invalid([{ loc: ['body', 'step_index'], msg: asked.problem, type: 'value_error' }])
  const { credits_per_draft } = await deps.llm(workspace_id)
  const hold_id = credits_per_draft
    ? await transaction(deps.db, (tx) =>
        holdCredits(tx, {
          workspace_id,
          operation_type: OPERATION_TYPE,
          credits: credits_per_draft,
          reference: waitingReference(deps.process_id),
          now,
        }),
      )
    : null
  try {
    const signal = AbortSignal.timeout(INLINE_MS)
    const text = await writeDraft(deps, { ...asked, purpose: 'preview' }, { now, signal })
    if (hold_id)
      await transaction(deps.db, (tx) =>
        captureCredits(tx, { hold_id, description: `Text for step ${step_index} of a campaign`, now }),
      )
    return {
      ...place,
      subject: text.subject,
      body: text.body,
      source: 'generated',
      prompt_source: text.prompt_source,
      prompt_version_hash: text.prompt_version_hash,
      model: text.model,
      generation_latency_ms: Math.round(text.latency_ms),
      credits_used: credits_per_draft,
      quality: text.quality,
    }
  } catch (error) {
    if (hold_id) await transaction(deps.db, (tx) => releaseCredits(tx, { hold_id, now }))
    if (error instanceof ModelError) throw problem('UNAVAILABLE', `No text came: ${error.message}`)
    throw error
  }
}
