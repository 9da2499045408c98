import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { recordEvents } from '../campaigns/record-events.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { VOID_TEXT, type VoidReason } from './approved-entry.ts'

export type VoidedApproval = {
  campaign_lead_id: string
  step: number
  variant_label: string
  approval_id: string
  reason: VoidReason
}

/**
 * Ends approvals that do not hold any more: they are taken off their leads, the record and the timeline say why, and where the
 * campaign has been launched somebody is told, once until it is read. An approval that was withdrawn or given anew meanwhile
 * is left alone. Returns how many ended.
 */
export const voidApprovals = async (
  tx: Tx,
  scope: { workspace_id: string; campaign_id: string; now: Date },
  voided: VoidedApproval[],
): Promise<number> => {
  if (!voided.length) return 0
  const { workspace_id, campaign_id, now } = scope
  const taken = await sql<{ campaign_lead_id: string; email: string | null; steps: number[] }>`
    with ended as (
      select * from jsonb_to_recordset(${JSON.stringify(voided)}::jsonb) as v (campaign_lead_id uuid, step smallint, approval_id uuid)
    ), held as (
      select e.campaign_lead_id, array_agg(e.step) as steps from ended e join campaign_leads l on l.campaign_lead_id = e.campaign_lead_id
      where l.workspace_id = ${workspace_id} and l.campaign_id = ${campaign_id}
        and l.approvals -> e.step::text ->> 'approval_id' = e.approval_id::text
      group by e.campaign_lead_id
    )
    update campaign_leads l set approvals = l.approvals - held.steps::text[], last_event = 'voided', updated_at = ${now}
    from held where l.campaign_lead_id = held.campaign_lead_id
    returning l.campaign_lead_id, l.email, held.steps`.execute(tx)
  const steps = new Map(taken.rows.map((row) => [row.campaign_lead_id, row]))
  const ended = voided.filter(({ campaign_lead_id, step }) => steps.get(campaign_lead_id)?.steps.includes(step))
  if (!ended.length) return 0
  const records = ended.map((one) => ({
    record_id: newId(),
    campaign_lead_id: one.campaign_lead_id,
    step: one.step,
    approval_id: one.approval_id,
    reason: one.reason,
    detail: VOID_TEXT[one.reason],
    email: steps.get(one.campaign_lead_id)?.email ?? null,
  }))
  await sql`
    insert into approval_records (record_id, workspace_id, campaign_id, campaign_lead_id, step, kind, approval_id, reason, detail, email, recorded_at)
    select record_id, ${workspace_id}, ${campaign_id}, campaign_lead_id, step, 'voided', approval_id, reason, detail, email, ${now}
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r (record_id uuid, campaign_lead_id uuid, step smallint, approval_id uuid,
      reason text, detail text, email text)`.execute(tx)
  await recordEvents(
    tx,
    ended.map((one) => ({
      workspace_id,
      campaign_id,
      campaign_lead_id: one.campaign_lead_id,
      event_type: 'voided',
      step_index: one.step,
      variant_label: one.variant_label,
      metadata: { approval_id: one.approval_id, reason: one.reason, detail: VOID_TEXT[one.reason] },
      occurred_at: now,
    })),
  )
  await alertOnce(tx, scope, ended)
  return ended.length
}

const alertOnce = async (
  tx: Tx,
  { workspace_id, campaign_id, now }: { workspace_id: string; campaign_id: string; now: Date },
  ended: VoidedApproval[],
): Promise<void> => {
  const found = await sql<{ name: string; policy: string }>`
    select name, unreviewed_launch_policy as policy from campaigns c
    where campaign_id = ${campaign_id} and status not in ('draft', 'failed', 'completed')
      and not exists (select 1 from alerts a where a.workspace_id = ${workspace_id} and a.read_at is null
        and a.metadata->>'campaign_id' = ${campaign_id} and a.metadata->>'reason' = 'approvals_voided')`.execute(tx)
  const campaign = found.rows[0]
  if (!campaign) return
  const texts = [...new Set(ended.map(({ reason }) => VOID_TEXT[reason]))]
  await raiseAlert(tx, {
    workspace_id,
    alert_type: 'system',
    severity: 'warning',
    title: `Approved messages of "${campaign.name}" do not hold any more`,
    message: `${ended.length === 1 ? 'One approval is' : `${ended.length} approvals are`} void. ${texts.join(' ')} ${
      campaign.policy === 'launch_default'
        ? 'Without another approval their texts are written anew when they are sent.'
        : 'Their messages wait until somebody reviews them.'
    }`,
    metadata: { campaign_id, reason: 'approvals_voided', voided: ended.length },
    now,
  })
}
