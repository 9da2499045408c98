import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { isHtml } from '../../html-text.ts'
import type { Principal } from '../../http/access.ts'
import { type Detail, invalid, notFound } from '../../http/errors.ts'
import { loadSendingContext, type SendingContext } from '../campaigns/sending-context.ts'
import { approvalObstacle, approveTexts, type LeadToApprove, lockLeads, withdrawApprovals } from './approve-texts.ts'
import type { ApprovedEmail, ApprovedEntry } from './approved-entry.ts'
import { stepAt } from './approved-entry.ts'
import { fingerprintOf, stepFingerprint } from './fingerprints.ts'
import { type DraftRow, hasCampaign, listTextsOf } from './queries.ts'
import type { LeadApproveRequest } from './schema.ts'

type Place = { workspace_id: string; campaign_id: string; campaign_lead_id: string }

const refuse = (field: string, msg: string, type: string): never => {
  const details: Detail[] = [{ loc: ['body', field], msg, type }]
  throw invalid(details)
}

/** What of an approval answers carry: the contract's fields, and the id under which its proof is found. */
export const shownEntry = (entry: ApprovedEntry): ApprovedEmail & { approval_id: string } => {
  const { statement: _statement, signature: _signature, rendered: _rendered, ...shown } = entry
  return shown
}

const stateOf = (place: Place, step_index: number | null, approvals: Record<string, ApprovedEntry>, now: Date) => {
  const entry = step_index === null ? undefined : approvals[String(step_index)]
  return {
    campaign_id: place.campaign_id,
    campaign_lead_id: place.campaign_lead_id,
    updated_at: now,
    step_index,
    approved_steps: Object.keys(approvals)
      .map(Number)
      .sort((a, b) => a - b),
    approved_entry: entry ? shownEntry(entry) : null,
  }
}

/**
 * The draft that the words come from: the one they are, else the last one, of which they are an edited version. Null where
 * nothing was ever written for the step.
 */
const draftOf = (drafts: DraftRow[], words: { subject: string; body: string }): DraftRow | null =>
  drafts.find(
    (draft) =>
      (draft.subject === words.subject && draft.body === words.body) ||
      (draft.edited_subject === words.subject && draft.edited_body === words.body),
  ) ??
  drafts[0] ??
  null

/**
 * Whether an approved body is HTML: if it has a block tag (DOMAIN.md §6), unless the draft it comes from brought tags already.
 * What a writer wrote is text, whatever it looks like, so that nothing from outside becomes markup by way of a model.
 */
export const bodyIsHtml = (body: string, draft: DraftRow | null): boolean =>
  isHtml(body) && !(draft?.body != null && isHtml(draft.body))

const lockLead = async (
  tx: Parameters<typeof lockLeads>[0],
  place: Place,
  step: number | null,
): Promise<LeadToApprove> => {
  const lead = (await lockLeads(tx, place, [place.campaign_lead_id], step))[0]
  if (!lead) throw notFound()
  return lead
}

/**
 * Freezes one text for one step of one lead. Throws NOT_FOUND, and VALIDATION_ERROR where the variant is not the lead's, the
 * step has been sent, the subject is more than one line, or the step is not what the client saw.
 */
export const approveEmail = async (
  deps: Pick<Deps, 'db' | 'secrets'>,
  principal: Principal,
  place: Place,
  body: LeadApproveRequest,
  now: Date,
) => {
  if (!(await hasCampaign(deps.db, place.workspace_id, place.campaign_id))) throw notFound()
  return transaction(deps.db, async (tx) => {
    const lead = await lockLead(tx, place, body.step_index)
    const context = (await loadSendingContext(tx, place.campaign_id)) as SendingContext
    const { step_index, variant_label } = body
    const step = stepAt(context, step_index)
    if (!step) refuse('step_index', `the campaign has no step ${step_index}`, 'value_error')
    const own = lead.variant_assignments[String(step_index)]
    if (own !== variant_label)
      refuse(
        'variant_label',
        `this lead was assigned variant ${own ?? 'none'} for step ${step_index}`,
        'variant_mismatch',
      )
    const fingerprint = stepFingerprint(step, variant_label, context)
    if (fingerprint === null)
      refuse('variant_label', `step ${step_index} has no variant ${variant_label}`, 'variant_mismatch')
    if (body.expected_step_config_fingerprint && body.expected_step_config_fingerprint !== fingerprint)
      refuse(
        'expected_step_config_fingerprint',
        'the step’s variant, sender or template was changed since the text was written; look at it again',
        'step_changed',
      )
    if (/[\r\n]/.test(body.subject)) refuse('subject', 'must be one line', 'line_break')
    if (!body.subject.trim()) refuse('subject', 'must not be blank', 'missing')
    if (!body.body.trim()) refuse('body', 'must not be blank', 'missing')
    const obstacle = approvalObstacle(lead, step_index)
    if (obstacle) refuse('step_index', obstacle.message, obstacle.code)
    const words = { subject: body.subject, body: body.body }
    const draft = draftOf(await listTextsOf(tx, lead.campaign_lead_id, step_index), words)
    const [entry] = await approveTexts(tx, deps.secrets, { context, principal, now }, [
      {
        lead,
        step: step_index,
        words: { ...words, is_html: bodyIsHtml(body.body, draft) },
        prompt: body.prompt_snapshot || body.custom_prompt || draft?.prompt_snapshot || null,
        model: body.model ?? draft?.model ?? null,
        generation_latency_ms: body.generation_latency_ms ?? draft?.latency_ms ?? null,
        research_cache_fingerprint:
          body.research_sources == null ? (draft?.research_fingerprint ?? null) : fingerprintOf(body.research_sources),
        draft,
      },
    ])
    return stateOf(place, step_index, { ...lead.approvals, [String(step_index)]: entry as ApprovedEntry }, now)
  })
}

/** Takes back the approvals of one step, of some, or (null) of all that were not sent. What has left stays as it was approved. */
export const withdrawFrom = async (
  deps: Pick<Deps, 'db'>,
  principal: Principal,
  place: Place,
  steps: number[] | null,
  now: Date,
) =>
  transaction(deps.db, async (tx) => {
    const lead = await lockLead(tx, place, null)
    await withdrawApprovals(tx, { ...place, user_id: principal.user_id, now }, lead, steps)
    const left = Object.fromEntries(
      Object.entries(lead.approvals).filter(
        ([, entry]) => entry.step_index <= lead.current_step || (steps !== null && !steps.includes(entry.step_index)),
      ),
    )
    return stateOf(place, steps?.length === 1 ? (steps[0] ?? null) : null, left, now)
  })
