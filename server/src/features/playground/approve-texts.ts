import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import type { Principal } from '../../http/access.ts'
import { newId } from '../../ids.ts'
import { composeWritten } from '../../message-text.ts'
import type { Secrets } from '../../secrets.ts'
import type { SendingContext } from '../campaigns/sending-context.ts'
import {
  type ApprovalStatement,
  OPT_OUT_MARKER,
  SIGNATURE_ALGORITHM,
  signStatement,
  statementText,
  wordsSha256,
} from './approval-statement.ts'
import { type ApprovedEntry, promptOf, stepAt } from './approved-entry.ts'
import { footerFingerprint, leadFingerprint, stepFingerprint, textSha256 } from './fingerprints.ts'
import type { DraftRow } from './queries.ts'

/** A lead as an approval needs it, locked until the approval is written. */
export type LeadToApprove = {
  campaign_lead_id: string
  dataset_row_id: string
  status: string
  text_state: string | null
  current_step: number
  email: string | null
  lead_data: Record<string, unknown>
  variant_assignments: Record<string, string>
  approvals: Record<string, ApprovedEntry>
  from_email: string | null
  signature_html: string | null
  signature_text: string | null
  campaign_status: string
  /** How the step's message stands, if there is one. */
  email_status: string | null
}

export const lockLeads = async (
  tx: Tx,
  scope: { workspace_id: string; campaign_id: string },
  leadIds: string[],
  step: number | null,
): Promise<LeadToApprove[]> => {
  const found = await sql<LeadToApprove>`
    select l.campaign_lead_id, l.dataset_row_id, l.status, l.text_state, l.current_step, l.email, l.lead_data, l.variant_assignments, l.approvals,
      a.full_email as from_email, a.signature_html, a.signature_text, c.status as campaign_status,
      (select e.status from emails e where e.campaign_lead_id = l.campaign_lead_id and e.step = ${step}::smallint) as email_status
    from campaign_leads l join campaigns c on c.campaign_id = l.campaign_id left join aliases a on a.id = l.alias_id
    where l.workspace_id = ${scope.workspace_id} and l.campaign_id = ${scope.campaign_id} and l.campaign_lead_id = any(${leadIds}::uuid[])
    order by l.campaign_lead_id for update of l`.execute(tx)
  return found.rows
}

const LIVE = new Set(['pending', 'active', 'postponed', 'unknown'])

/** Why no text of this step can be approved for a lead any more, or null. */
export const approvalObstacle = (lead: LeadToApprove, step: number): { code: string; message: string } | null => {
  if (lead.current_step >= step || (lead.email_status !== null && !['queued', 'scheduled'].includes(lead.email_status)))
    return { code: 'already_sent', message: `Step ${step} of this lead has been sent, or is being sent.` }
  if (lead.campaign_status === 'completed')
    return { code: 'campaign_completed', message: 'The campaign is completed and sends nothing more.' }
  if (!LIVE.has(lead.status) && lead.text_state !== 'failed')
    return { code: 'lead_finished', message: `Nothing more is sent to this lead: it is ${lead.status}.` }
  return null
}

export type TextToApprove = {
  lead: LeadToApprove
  step: number
  words: { subject: string; body: string; is_html: boolean }
  /** Exact prompt behind the words; absent: the one that the order yields. */
  prompt?: string | null
  model: string | null
  generation_latency_ms: number | null
  research_cache_fingerprint: string | null
  draft: DraftRow | null
}

/**
 * Approves texts, each with a signed record over what will be sent (subject, text and HTML with footer), the lead, the step,
 * the prompt, the model and the approver. The caller has locked the leads and checked that the step is theirs and not sent. A
 * lead that waited for its text is due again. Returns the entries in the order of the texts.
 */
export const approveTexts = async (
  tx: Tx,
  secrets: Secrets,
  scope: { context: SendingContext; principal: Principal; now: Date },
  texts: TextToApprove[],
): Promise<ApprovedEntry[]> => {
  if (!texts.length) return []
  const { context, principal, now } = scope
  const { workspace_id, campaign_id } = context
  const replaced = texts.flatMap(({ lead, step }) => {
    const before = lead.approvals[String(step)]
    return before
      ? [{ campaign_lead_id: lead.campaign_lead_id, step, approval_id: before.approval_id, email: lead.email }]
      : []
  })
  await recordWithdrawals(
    tx,
    { workspace_id, campaign_id, user_id: principal.user_id, reason: 'replaced', now },
    replaced,
  )
  // After the withdrawals, so that the records are in the order of what happened.
  const made = texts.map((text) => makeEntry(secrets, scope, text))
  const rows = made.map(({ entry, contents }, i) => {
    const { lead, step } = texts[i] as TextToApprove
    const { approval_id, statement, signature } = entry
    return {
      record_id: approval_id,
      campaign_lead_id: lead.campaign_lead_id,
      step,
      statement,
      signature,
      contents,
      email: lead.email,
      entry: { [String(step)]: entry },
    }
  })
  await sql`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (record_id uuid, campaign_lead_id uuid, step smallint, statement text,
        signature text, contents jsonb, email text, entry jsonb)
    ), recorded as (
      insert into approval_records (record_id, workspace_id, campaign_id, campaign_lead_id, step, kind, approval_id, statement, signature, contents, email,
        user_id, recorded_at)
      select record_id, ${workspace_id}, ${campaign_id}, campaign_lead_id, step, 'approved', record_id, statement, signature, contents, email,
        ${principal.user_id}, ${now} from given
    ), settled as (
      -- What is being written for such a lead is not wanted any more; its writer finds that out before anything is kept.
      update campaign_drafts d set status = 'cancelled', completed_at = ${now}, updated_at = ${now}
      from given g where d.campaign_lead_id = g.campaign_lead_id and d.step = g.step and d.batch_id is null and d.status in ('pending', 'running')
    )
    update campaign_leads l set approvals = l.approvals || g.entry, updated_at = ${now},
      status = case when l.text_state = 'failed' and l.status = 'failed' then case when l.current_step = 0 then 'pending' else 'active' end else l.status end,
      next_action_at = case when l.text_state is not null and l.current_step = g.step - 1 then coalesce(l.text_due_at, ${now}) else l.next_action_at end,
      error = case when l.text_state is not null and l.current_step = g.step - 1 then null else l.error end,
      text_due_at = case when l.current_step = g.step - 1 then null else l.text_due_at end,
      text_state = case when l.current_step = g.step - 1 then null else l.text_state end
    from given g where l.campaign_lead_id = g.campaign_lead_id`.execute(tx)
  return made.map(({ entry }) => entry)
}

const makeEntry = (
  secrets: Secrets,
  { context, principal, now }: { context: SendingContext; principal: Principal; now: Date },
  text: TextToApprove,
): { entry: ApprovedEntry; contents: Record<string, unknown> } => {
  const { lead, step, words, draft } = text
  const variant_label = lead.variant_assignments[String(step)] ?? ''
  const variant = stepAt(context, step)?.variants.find(({ label }) => label === variant_label)
  const { signature_html, signature_text } = lead
  const footer = {
    from_email: lead.from_email ?? '',
    signature_html,
    signature_text,
    postal_address: context.postal_address,
  }
  const rendered = composeWritten(words, { ...footer, opt_out_url: OPT_OUT_MARKER })
  const isWritten = variant?.type === 'PERSONALIZATION'
  const resolved = isWritten ? promptOf(context, step, variant_label) : null
  const prompt_snapshot = isWritten ? (text.prompt ?? resolved?.prompt ?? '') : ''
  const prompt_version_hash = textSha256(prompt_snapshot)
  const draftWords = draft?.subject != null && draft.body != null ? { subject: draft.subject, body: draft.body } : null
  const statement: ApprovalStatement = {
    kind: 'bavlio-approval',
    version: 1,
    approval_id: newId(),
    workspace_id: context.workspace_id,
    campaign_id: context.campaign_id,
    campaign_lead_id: lead.campaign_lead_id,
    dataset_row_id: lead.dataset_row_id,
    step_index: step,
    variant_label,
    approved_at: now.toISOString(),
    approved_by: { user_id: principal.user_id, email: principal.email, credential: principal.kind },
    subject_sha256: rendered.sha256.subject,
    text_sha256: rendered.sha256.text,
    html_sha256: rendered.sha256.html,
    opt_out_marker: OPT_OUT_MARKER,
    lead_identity_fingerprint: leadFingerprint(lead),
    step_config_fingerprint: stepFingerprint(stepAt(context, step), variant_label, context) ?? '',
    footer_fingerprint: footerFingerprint(footer),
    prompt_version_hash,
    prompt_binding: !isWritten ? 'none' : prompt_version_hash === resolved?.version_hash ? 'resolved' : 'own',
    model: text.model,
    draft_id: draft?.draft_id ?? null,
    draft_sha256: draftWords ? wordsSha256(draftWords) : null,
    edited: draftWords !== null && (draftWords.subject !== words.subject || draftWords.body !== words.body),
    research_cache_fingerprint: text.research_cache_fingerprint,
    sender_profile_id: isWritten ? (variant.sender_profile_id ?? null) : null,
    template_id: isWritten ? null : (variant?.template_id ?? null),
  }
  const signed = statementText(statement)
  const { subject, text: plain, html } = rendered
  const entry: ApprovedEntry = {
    subject: words.subject,
    body: words.body,
    prompt_snapshot,
    prompt_version_hash,
    lead_identity_fingerprint: statement.lead_identity_fingerprint,
    step_index: step,
    variant_label,
    step_config_fingerprint: statement.step_config_fingerprint,
    approved_at: statement.approved_at,
    approved_by: principal.email ?? principal.user_id,
    research_cache_fingerprint: statement.research_cache_fingerprint,
    sender_profile_id: statement.sender_profile_id,
    template_id: statement.template_id,
    model: statement.model,
    generation_latency_ms: text.generation_latency_ms,
    approval_id: statement.approval_id,
    statement: signed,
    signature: signStatement(secrets.key('approvals'), signed),
    rendered: { subject, text: plain, html },
  }
  const contents = {
    algorithm: SIGNATURE_ALGORITHM,
    rendered: entry.rendered,
    words: { subject: words.subject, body: words.body, format: words.is_html ? 'html' : 'text' },
    draft: draftWords,
    lead: { email: lead.email, row: lead.lead_data },
    footer,
    prompt: prompt_snapshot,
  }
  return { entry, contents }
}

type Withdrawn = { campaign_lead_id: string; step: number; approval_id: string; email: string | null }

const recordWithdrawals = async (
  tx: Tx,
  scope: { workspace_id: string; campaign_id: string; user_id: string; reason: 'replaced' | 'withdrawn'; now: Date },
  withdrawn: Withdrawn[],
): Promise<void> => {
  if (!withdrawn.length) return
  const rows = withdrawn.map((one) => ({ ...one, record_id: newId() }))
  await sql`
    insert into approval_records (record_id, workspace_id, campaign_id, campaign_lead_id, step, kind, approval_id, reason, email, user_id, recorded_at)
    select record_id, ${scope.workspace_id}, ${scope.campaign_id}, campaign_lead_id, step, 'withdrawn', approval_id, ${scope.reason}, email, ${scope.user_id}, ${scope.now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (record_id uuid, campaign_lead_id uuid, step smallint, approval_id uuid, email text)`.execute(
    tx,
  )
}

/** Takes approvals back: of the given steps, or of all that have not been sent. Steps without one are no error. */
export const withdrawApprovals = async (
  tx: Tx,
  scope: { workspace_id: string; campaign_id: string; user_id: string; now: Date },
  lead: LeadToApprove,
  steps: number[] | null,
): Promise<void> => {
  const gone = Object.values(lead.approvals).filter(
    ({ step_index }) => step_index > lead.current_step && (steps === null || steps.includes(step_index)),
  )
  if (!gone.length) return
  await sql`
    update campaign_leads set approvals = approvals - ${gone.map(({ step_index }) => String(step_index))}::text[], updated_at = ${scope.now}
    where campaign_lead_id = ${lead.campaign_lead_id}`.execute(tx)
  await recordWithdrawals(
    tx,
    { ...scope, reason: 'withdrawn' },
    gone.map(({ step_index, approval_id }) => ({
      campaign_lead_id: lead.campaign_lead_id,
      step: step_index,
      approval_id,
      email: lead.email,
    })),
  )
}
