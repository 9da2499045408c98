import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../http/access.ts'
import { notFound } from '../../http/errors.ts'
import { loadSendingContext, type SendingContext } from '../campaigns/sending-context.ts'
import { bodyIsHtml } from './approve-email.ts'
import { approvalObstacle, approveTexts, type LeadToApprove, lockLeads, type TextToApprove } from './approve-texts.ts'
import { stepAt } from './approved-entry.ts'
import { leadFingerprint, stepFingerprint } from './fingerprints.ts'
import { type DraftRow, findBatch, listDrafts } from './queries.ts'
import type { ApproveByRuleRequest } from './schema.ts'
import { wordsOf } from './show-draft.ts'

type Reason = { code: string; message: string }

/**
 * Approves every draft of a batch that passes what the request asks for, in a person's version where there is one, and names
 * each other with all that speaks against it. All or nothing: a fault approves none. Throws NOT_FOUND.
 */
export const approveByRule = (
  deps: Pick<Deps, 'db' | 'secrets'>,
  principal: Principal,
  campaignId: string,
  request: ApproveByRuleRequest,
  now: Date,
) =>
  transaction(deps.db, async (tx) => {
    const { workspace_id } = principal.workspace
    const place = { workspace_id, campaign_id: campaignId }
    const batch = await findBatch(tx, workspace_id, campaignId, request.batch_id)
    if (!batch) throw notFound('There is no such batch in this campaign.')
    const asked = request.campaign_lead_ids && new Set(request.campaign_lead_ids)
    const isAsked = (leadId: string): boolean => !asked || asked.has(leadId)
    // Before the drafts are read, so that of two who approve at once the second finds what the first did.
    const leads = await lockLeads(tx, place, batch.lead_ids.filter(isAsked), batch.step)
    const all = (await listDrafts(tx, workspace_id, campaignId, request.batch_id)) ?? []
    const drafts = all.filter(({ campaign_lead_id }) => isAsked(campaign_lead_id))
    const context = (await loadSendingContext(tx, campaignId)) as SendingContext
    const leadOf = new Map(leads.map((lead) => [lead.campaign_lead_id, lead]))
    const exceptions: { campaign_lead_id: string; draft_id: string; reasons: Reason[] }[] = []
    const texts: TextToApprove[] = []
    for (const draft of drafts) {
      const lead = leadOf.get(draft.campaign_lead_id)
      const words = wordsOf(draft)
      const reasons = lead
        ? reasonsAgainst(draft, lead, context, request)
        : [{ code: 'lead_gone', message: 'The lead is gone.' }]
      if (reasons.length || !lead || !words)
        exceptions.push({ campaign_lead_id: draft.campaign_lead_id, draft_id: draft.draft_id, reasons })
      else
        texts.push({
          lead,
          step: draft.step,
          words: { subject: words.subject, body: words.body, is_html: bodyIsHtml(words.body, draft) },
          prompt: draft.prompt_snapshot,
          model: draft.model,
          generation_latency_ms: draft.latency_ms,
          research_cache_fingerprint: draft.research_fingerprint,
          draft,
        })
    }
    if (!request.dry_run) await approveTexts(tx, deps.secrets, { context, principal, now }, texts)
    return {
      campaign_id: campaignId,
      batch_id: request.batch_id,
      dry_run: request.dry_run,
      approved_lead_ids: texts.map(({ lead }) => lead.campaign_lead_id),
      exceptions,
    }
  })

const reasonsAgainst = (
  draft: DraftRow,
  lead: LeadToApprove,
  context: SendingContext,
  rule: ApproveByRuleRequest,
): Reason[] => {
  const reasons: Reason[] = []
  const words = wordsOf(draft)
  if (!words) return [{ code: `draft_${draft.status}`, message: draft.error ?? `The draft is ${draft.status}.` }]
  const obstacle = approvalObstacle(lead, draft.step)
  if (obstacle) reasons.push(obstacle)
  if (draft.is_approved)
    reasons.push({ code: 'already_approved', message: 'The step of this lead is approved already.' })
  if (lead.variant_assignments[String(draft.step)] !== draft.variant_label)
    reasons.push({ code: 'variant_changed', message: 'The lead has another variant by now.' })
  if (draft.lead_identity_fingerprint !== leadFingerprint(lead))
    reasons.push({ code: 'lead_changed', message: 'The lead was changed since the draft was written.' })
  if (draft.step_config_fingerprint !== stepFingerprint(stepAt(context, draft.step), draft.variant_label, context))
    reasons.push({ code: 'step_changed', message: 'The step or its sender was changed since the draft was written.' })
  const { quality } = words
  if (!quality) return [...reasons, { code: 'not_checked', message: 'The text was not checked.' }]
  if (quality.score < rule.min_score)
    reasons.push({
      code: 'score',
      message: `The score is ${quality.score.toFixed(2)}, below ${rule.min_score.toFixed(2)}.`,
    })
  const failed = quality.checks.filter(({ name, passed }) => !passed && (!rule.checks || rule.checks.includes(name)))
  reasons.push(...failed.map(({ name, message }) => ({ code: `check:${name}`, message })))
  const missing = (rule.checks ?? []).filter((name) => !quality.checks.some((check) => check.name === name))
  reasons.push(...missing.map((name) => ({ code: `check:${name}`, message: `No check named ${name} was made.` })))
  if (!quality.passed && !failed.length)
    reasons.push({ code: 'not_passed', message: 'The text failed a check that no text may fail.' })
  return reasons
}
