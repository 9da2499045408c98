import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { type CampaignStatus, nextState } from '../campaigns/campaign-state.ts'
import { withdrawCampaignQueue } from '../campaigns/withdraw-queue.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { writeDraftsJob } from './jobs.ts'

/** A lead whose turn has come and whose words nobody has approved. */
export type WordlessLead = {
  campaign_lead_id: string
  campaign_id: string
  step: number
  variant_label: string
  unreviewed_launch_policy: 'launch_default' | 'hold' | 'cancel'
}

export const wakeWriter = (tx: Tx, workspaceId: string): Promise<void> =>
  enqueue(tx, writeDraftsJob, { workspace_id: workspaceId }, { key: `write:${workspaceId}` })

/**
 * What happens to leads whose turn has come without words, by their campaign's unreviewed_launch_policy. `launch_default`: the
 * words are written now, outside of the sending lanes, and the lead is due again as soon as they are there. `hold` and
 * `cancel`: see applyPolicy. With `enqueue_sends: false` the caller writes by itself.
 */
export const provideTexts = async (
  tx: Tx,
  workspaceId: string,
  leads: WordlessLead[],
  now: Date,
  options: { enqueue_sends: boolean },
): Promise<void> => {
  const written = leads.filter(({ unreviewed_launch_policy }) => unreviewed_launch_policy === 'launch_default')
  if (written.length) {
    await orderTexts(tx, workspaceId, written, now)
    if (options.enqueue_sends) await wakeWriter(tx, workspaceId)
  }
  const held = leads.filter(({ unreviewed_launch_policy }) => unreviewed_launch_policy !== 'launch_default')
  for (const campaign_id of new Set(held.map((lead) => lead.campaign_id)))
    await applyPolicy(tx, { workspace_id: workspaceId, campaign_id, now })
}

/** One row for each lead and step says that its words are to be written; the lead leaves the dispatcher's sight until they are. */
const orderTexts = async (tx: Tx, workspaceId: string, leads: WordlessLead[], now: Date): Promise<void> => {
  const rows = leads.map(({ campaign_lead_id, campaign_id, step, variant_label }) => ({
    draft_id: newId(),
    campaign_lead_id,
    campaign_id,
    step,
    variant_label,
  }))
  await sql`
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (draft_id uuid, campaign_lead_id uuid, campaign_id uuid, step smallint, variant_label text)
    ), aside as (
      update campaign_leads l set text_state = 'writing', text_due_at = l.next_action_at, next_action_at = null, updated_at = ${now}
      from wanted w where l.campaign_lead_id = w.campaign_lead_id and l.next_action_at is not null
    )
    insert into campaign_drafts as d (draft_id, workspace_id, campaign_id, campaign_lead_id, step, variant_label, status, due_at, created_at, updated_at)
    select draft_id, ${workspaceId}, campaign_id, campaign_lead_id, step, variant_label, 'pending', ${now}, ${now}, ${now} from wanted
    on conflict (campaign_lead_id, step) where batch_id is null do update set status = 'pending', variant_label = excluded.variant_label,
      prompt_version_hash = null, attempts = 0, due_at = excluded.due_at, claim_id = null, claimed_process = null, claimed_at = null,
      failure = null, error = null, passed = null, completed_at = null, updated_at = excluded.updated_at`.execute(tx)
}

/** Whose next step has words to be written that nobody approved. The steps are the campaign's own. */
const UNREVIEWED = sql`
  l.next_action_at is not null and not l.approvals ? (l.current_step + 1)::text
  and exists (
    select 1 from jsonb_array_elements(c.steps_config -> l.current_step::int -> 'variants') v
    where v->>'label' = coalesce(l.variant_assignments ->> (l.current_step + 1)::text, c.steps_config -> l.current_step::int -> 'variants' -> 0 ->> 'label') and v->>'type' = 'PERSONALIZATION')`

export type PolicyOutcome = { status: 'paused' | 'draft'; unreviewed: number } | null

/**
 * Applies `hold` or `cancel` to a campaign with unreviewed texts. Every lead whose next step nobody has approved waits for a
 * review from here on, due or not, so that one pause is for all of them and whoever resumes is not stopped again a minute
 * later; an approval gives a lead its date back. The campaign is paused, or under `cancel`, where it has sent nothing yet, a
 * draft again. Null where nothing is unreviewed. Leads and approvals stay whatever happens.
 */
export const applyPolicy = async (
  tx: Tx,
  scope: { workspace_id: string; campaign_id: string; now: Date },
): Promise<PolicyOutcome> => {
  const { workspace_id, campaign_id, now } = scope
  const found = await sql<{
    name: string
    status: CampaignStatus
    policy: 'launch_default' | 'hold' | 'cancel'
    has_sent: boolean
  }>`
    select name, status, unreviewed_launch_policy as policy,
      exists (select 1 from emails e where e.campaign_id = c.campaign_id and e.status not in ('queued', 'scheduled', 'cancelled')) as has_sent
    from campaigns c where workspace_id = ${workspace_id} and campaign_id = ${campaign_id}
      and status in ('launching', 'scheduled', 'active', 'draining') for no key update`.execute(tx)
  const campaign = found.rows[0]
  if (!campaign || campaign.policy === 'launch_default') return null
  const aside = await sql<{ n: number }>`
    with set_aside as (
      update campaign_leads l set text_state = 'review', text_due_at = l.next_action_at, next_action_at = null, updated_at = ${now}
      from campaigns c where c.campaign_id = ${campaign_id} and l.campaign_id = c.campaign_id
        and l.status in ('pending', 'active', 'postponed', 'unknown') and ${UNREVIEWED}
      returning 1
    ) select count(*)::int as n from set_aside`.execute(tx)
  const unreviewed = aside.rows[0]?.n ?? 0
  if (!unreviewed) return null
  const isCancelled = campaign.policy === 'cancel' && !campaign.has_sent
  const messages = unreviewed === 1 ? 'One text is' : `${unreviewed} texts are`
  const reason = `${messages} not reviewed, and their turn has come (unreviewed_launch_policy ${campaign.policy}).`
  const status = nextState(campaign.status, isCancelled ? 'schedule_cancelled' : 'held_for_review')
  if (status !== 'draft' && status !== 'paused') return null
  await withdrawCampaignQueue(tx, campaign_id, now)
  if (isCancelled)
    // A draft's leads wait for nothing; its next launch makes them due again.
    await sql`
      update campaign_leads set text_state = null, text_due_at = null, next_action_at = null, updated_at = ${now}
      where campaign_id = ${campaign_id} and (text_state is not null or next_action_at is not null)`.execute(tx)
  await sql`
    update campaigns set status = ${status}, updated_at = ${now},
      paused_from = ${isCancelled ? null : campaign.status === 'launching' ? 'active' : campaign.status}, paused_reason = ${isCancelled ? null : reason}
      ${isCancelled ? sql`, launched_at = null, launch_error = ${reason}` : sql``}
    where campaign_id = ${campaign_id}`.execute(tx)
  await raiseAlert(tx, {
    workspace_id,
    alert_type: 'campaign_paused',
    severity: 'warning',
    title: isCancelled ? `Campaign "${campaign.name}" is a draft again` : `Campaign "${campaign.name}" was paused`,
    message: `${reason} ${
      isCancelled
        ? 'Nothing was sent; leads and approvals are kept. Review the texts and launch again.'
        : 'Review them and resume: what is approved is sent, what is not goes on waiting.'
    }`,
    metadata: { campaign_id, reason: 'unreviewed_drafts', policy: campaign.policy, unreviewed },
    now,
  })
  return { status, unreviewed }
}

/** Leads that waited for a review are due again, because the policy no longer asks for one. Returns how many. */
export const releaseReviews = async (tx: Tx, campaignId: string, now: Date): Promise<number> => {
  const released = await sql`
    update campaign_leads set next_action_at = text_due_at, text_state = null, text_due_at = null, updated_at = ${now}
    where campaign_id = ${campaignId} and text_state = 'review' and status in ('pending', 'active', 'postponed', 'unknown')`.execute(
    tx,
  )
  return Number(released.numAffectedRows ?? 0n)
}
