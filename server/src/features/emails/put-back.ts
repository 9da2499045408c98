import { sql } from 'kysely'
import type { ComplianceProblem } from '../../compliance-gate.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { nextOpening, toDate } from '../../time-window.ts'
import type { SendingContext } from '../campaigns/sending-context.ts'
import { stopLeads, withdrawQueued } from '../campaigns/stop-lead.ts'
import { withdrawCampaignQueue, withdrawEmail } from '../campaigns/withdraw-queue.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import type { ClaimedEmail } from './claim-emails.ts'

/**
 * A claimed message that must wait after all, because its window closed while the queue stood still: a first try is taken
 * back and its lead waits for the next opening, and what it took from the caps of the day is given back; a retry keeps its row.
 */
export const putBack = (
  deps: Pick<Deps, 'db'>,
  email: ClaimedEmail,
  claimId: string,
  context: SendingContext | null,
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const opening = context ? nextOpening(context.windowIn(email.zone), now) : null
    const due = opening ? toDate(opening) : null
    if (email.attempts > 0 && due) {
      await sql`
        update emails set status = 'scheduled', due_at = ${due}, claimed_at = null, claimed_by = null, claimed_process = null, updated_at = ${now}
        where id = ${email.id} and status = 'sending' and claimed_by = ${claimId}`.execute(tx)
      return
    }
    await sql`update emails set status = 'queued', claimed_at = null, claimed_by = null where id = ${email.id} and status = 'sending' and claimed_by = ${claimId}`.execute(
      tx,
    )
    await withdrawEmail(tx, email.id, now)
    await withdrawQueued(tx, [email.campaign_lead_id], now)
    await sql`
      update campaign_leads set next_action_at = ${due}, updated_at = ${now}
      where campaign_lead_id = ${email.campaign_lead_id} and status in ('pending', 'active', 'postponed', 'unknown')`.execute(
      tx,
    )
  })

/** A queued message whose recipient was suppressed or whose lead was stopped since: it never leaves. */
export const settleRefused = (deps: Pick<Deps, 'db'>, email: ClaimedEmail, now: Date): Promise<void> =>
  transaction(deps.db, async (tx) => {
    if (email.refusal === 'suppressed')
      await stopLeads(tx, {
        workspace_id: email.workspace_id,
        campaign_lead_id: email.campaign_lead_id,
        everywhere: false,
        status: 'suppressed',
        reason: 'the address is on the suppression list',
        event: { type: 'stopped', email_id: null, step_index: email.step, variant_label: email.variant_label },
        now,
      })
    await withdrawQueued(tx, [email.campaign_lead_id], now)
    await sql`delete from emails where id = ${email.id} and status = 'queued'`.execute(tx)
  })

/**
 * A message that the compliance gate stopped: it goes back to the queue untried and its campaign is paused with the reason,
 * since every further message would lack the same. Somebody mends it and resumes.
 */
export const refuseUnlawful = async (
  deps: Pick<Deps, 'db'>,
  email: ClaimedEmail,
  claimId: string,
  context: SendingContext,
  problems: readonly ComplianceProblem[],
  now: Date,
): Promise<void> => {
  await putBack(deps, email, claimId, context, now)
  const reason = `Paused because a message must not leave as it is: ${problems.map(({ message }) => message).join(' ')}`
  await transaction(deps.db, async (tx) => {
    const paused = await sql<{ name: string }>`
      update campaigns set paused_from = status, status = 'paused', paused_reason = ${reason}, updated_at = ${now}
      where campaign_id = ${email.campaign_id} and status in ('active', 'draining') returning name`.execute(tx)
    const campaign = paused.rows[0]
    if (!campaign) return
    await withdrawCampaignQueue(tx, email.campaign_id, now)
    await raiseAlert(tx, {
      workspace_id: email.workspace_id,
      alert_type: 'campaign_paused',
      severity: 'critical',
      title: `Campaign "${campaign.name}" was paused`,
      message: reason,
      metadata: { campaign_id: email.campaign_id, reason: 'compliance', problems: problems.map(({ code }) => code) },
      now,
    })
  })
}
