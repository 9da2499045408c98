import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { notFound } from '../../http/errors.ts'
import { bindingLimit } from '../../pacing.ts'
import { toDate } from '../../time-window.ts'
import { isTerminalLeadStatus } from '../campaigns/lead-state.ts'
import { loadPacingState } from '../campaigns/pacing-state.ts'
import { findSuppressed } from '../suppression/suppress.ts'
import { findLead } from './queries.ts'

type Facts = {
  status: string
  paused_reason: string | null
  zone: string
  receiving_provider: string
  steps: number
  email_status: string | null
  email_due_at: Date | null
  start_date: Date | null
  text_state: 'writing' | 'review' | 'rejected' | 'failed' | null
  text_due_at: Date | null
  /** The last answer to the last message that was refused or put off, in plain words. */
  answer: { status: string; step: number; code: number | null; cause: string; advice: string | null } | null
}

/** What happens next for one lead, when, and what holds it back, read from the same state that the dispatcher reads. */
export const explainLead = async (
  deps: Pick<Deps, 'db' | 'secrets'>,
  workspace: Workspace,
  campaignId: string,
  leadId: string,
  now: Date,
) => {
  const lead = await findLead(deps.db, workspace.workspace_id, campaignId, leadId)
  if (!lead) throw notFound()
  const read = await sql<Facts>`
    select c.status, c.paused_reason, l.zone, l.receiving_provider, jsonb_array_length(c.steps_config) as steps, c.start_date, l.text_state, l.text_due_at,
      e.status as email_status, e.due_at as email_due_at,
      (select jsonb_build_object('status', t.status, 'step', t.step, 'code', t.smtp_code, 'cause', t.cause, 'advice', t.advice) from emails t
        where t.campaign_lead_id = l.campaign_lead_id and t.cause is not null order by t.step desc limit 1) as answer
    from campaign_leads l join campaigns c on c.campaign_id = l.campaign_id
    left join emails e on e.campaign_lead_id = l.campaign_lead_id and e.step = l.current_step + 1
    where l.campaign_lead_id = ${leadId}`.execute(deps.db)
  const facts = read.rows[0] as Facts
  const base = {
    campaign_id: campaignId,
    campaign_lead_id: leadId,
    status: lead.status,
    alias_id: lead.alias_id,
    now,
    due_at: lead.next_action_at,
  }
  const { answer } = facts
  const said = answer
    ? [`${answer.cause}${answer.code ? ` (${answer.code})` : ''}`, answer.advice].filter(Boolean).join(' ')
    : ''
  const nothing = { next_step: null, earliest_at: null, until: null }
  if (isTerminalLeadStatus(lead.status))
    return {
      ...base,
      ...nothing,
      due_at: null,
      limit: 'finished',
      detail: [
        `Nothing more is sent: the lead is ${lead.status}${lead.stop_reason && lead.stop_reason !== lead.status ? ` (${lead.stop_reason})` : ''}.`,
        answer && ['bounced', 'failed'].includes(answer.status) ? `Step ${answer.step} was refused: ${said}` : '',
      ]
        .filter(Boolean)
        .join(' '),
    }
  const next_step = lead.current_step + 1
  if (next_step > facts.steps)
    return { ...base, ...nothing, due_at: null, limit: 'finished', detail: 'The lead has had every step.' }
  if (facts.email_status === 'queued' || facts.email_status === 'sending')
    return {
      ...base,
      ...nothing,
      next_step,
      limit: 'in_hand',
      detail:
        facts.email_status === 'queued' && facts.email_due_at && facts.email_due_at > now
          ? `Step ${next_step} is queued; its receiver is being left alone for a moment.`
          : `Step ${next_step} is ${facts.email_status === 'queued' ? 'queued' : 'being sent'} now.`,
    }
  const suppressed = lead.email
    ? (await findSuppressed(deps.db, workspace.workspace_id, [lead.email], deps.secrets)).get(lead.email)
    : undefined
  if (suppressed)
    return {
      ...base,
      ...nothing,
      next_step,
      limit: 'suppression',
      detail: `${lead.email} is on the suppression list (${suppressed.reason}).`,
    }
  if (!['active', 'draining'].includes(facts.status)) {
    const detail =
      facts.status === 'paused'
        ? `The campaign is paused: ${facts.paused_reason ?? 'no reason is recorded'}`
        : `The campaign is ${facts.status}.`
    return {
      ...base,
      ...nothing,
      next_step,
      limit: 'campaign_state',
      until: facts.status === 'scheduled' ? facts.start_date : null,
      detail,
    }
  }
  if (facts.text_state)
    return {
      ...base,
      ...nothing,
      next_step,
      due_at: facts.text_due_at,
      limit: 'text',
      detail:
        facts.text_state === 'writing'
          ? `The text of step ${next_step} is being written.`
          : facts.text_state === 'review'
            ? `The text of step ${next_step} was not reviewed when its turn came; it waits until somebody approves one.`
            : (lead.error ?? `The text of step ${next_step} waits for a person.`),
    }
  const state = await loadPacingState(deps.db, workspace.workspace_id, now, campaignId)
  const campaign = state?.campaigns.get(campaignId)
  const alias = state?.aliases.get(lead.alias_id ?? '')
  const domain = alias && state?.domains.get(alias.domain_id)
  if (!state || !campaign || !alias || !domain?.can_send)
    return {
      ...base,
      ...nothing,
      next_step,
      limit: 'domain_unverified',
      detail:
        'The lead’s sending alias cannot send: its domain is not verified or switched off, or its mailbox is out of use.',
    }
  const provider = state.providers.get(facts.receiving_provider)
  const isRetry = facts.email_status === 'scheduled'
  const due_at = isRetry ? facts.email_due_at : lead.next_action_at
  // A retry was counted in the caps at its first try and waits for window and interval alone.
  const left = (limit: number, used: number) => ({ limit, remaining: isRetry ? 1 : limit - used })
  const bound = bindingLimit({
    now,
    due_at: due_at ?? now,
    window: campaign.windowIn(facts.zone),
    campaign_zone: campaign.timezone,
    workspace_zone: state.workspace.timezone,
    campaign: left(campaign.daily_limit, campaign.used_today),
    alias: { ...left(alias.limit_today, alias.used_today), free_at: alias.next_free_at },
    domain: domain.daily_limit === null ? null : left(domain.daily_limit, domain.used_today),
    provider: provider ? { name: facts.receiving_provider, ...left(provider.limit, provider.used_today) } : null,
  })
  return {
    ...base,
    due_at,
    next_step,
    limit: bound.limit,
    until: bound.until ? toDate(bound.until) : null,
    earliest_at: bound.earliest_at ? toDate(bound.earliest_at) : null,
    detail: isRetry
      ? ['The receiving server asked to try again later.', said, bound.detail].filter(Boolean).join(' ')
      : bound.detail,
  }
}
