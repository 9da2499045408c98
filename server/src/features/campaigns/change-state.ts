import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../http/access.ts'
import { notFound, problem } from '../../http/errors.ts'
import { abandonDrafts } from '../playground/settle-draft.ts'
import { findBlock } from '../sending-health/find-block.ts'
import { type CampaignStatus, nextState, resumeEvent, transitionRefusal } from './campaign-state.ts'
import { type CampaignRow, findCampaign, lockCampaign } from './queries.ts'
import { withdrawCampaignQueue } from './withdraw-queue.ts'

/** Stops whatever is not yet claimed; a message that a connection has claimed still goes out. Throws CAMPAIGN_STATE. */
export const pauseCampaign = (
  deps: Pick<Deps, 'db'>,
  principal: Principal,
  campaignId: string,
  now: Date,
): Promise<CampaignRow> =>
  transaction(deps.db, async (tx) => {
    const { workspace_id } = principal.workspace
    if (!(await lockCampaign(tx, workspace_id, campaignId))) throw notFound()
    const campaign = (await findCampaign(tx, workspace_id, campaignId)) as CampaignRow
    const refusal = transitionRefusal(campaign.status, 'pause')
    if (refusal) throw problem('CAMPAIGN_STATE', refusal)
    await sql`
      update campaigns set status = 'paused', paused_from = ${campaign.status}, paused_reason = ${`Paused by ${principal.email ?? 'an API key'}.`}, updated_at = ${now}
      where campaign_id = ${campaignId}`.execute(tx)
    await withdrawCampaignQueue(tx, campaignId, now)
    return (await findCampaign(tx, workspace_id, campaignId)) as CampaignRow
  })

/**
 * Back to work. Nothing is caught up in a burst: the dispatcher goes on with one message, or retry, per alias and interval.
 * Throws CAMPAIGN_STATE, and SENDING_BLOCKED while the figures forbid it.
 */
export const resumeCampaign = (
  deps: Pick<Deps, 'db'>,
  principal: Principal,
  campaignId: string,
  now: Date,
): Promise<CampaignRow> =>
  transaction(deps.db, async (tx) => {
    const { workspace_id } = principal.workspace
    if (!(await lockCampaign(tx, workspace_id, campaignId))) throw notFound()
    const campaign = (await findCampaign(tx, workspace_id, campaignId)) as CampaignRow
    const refusal = transitionRefusal(campaign.status, 'resume')
    if (refusal) throw problem('CAMPAIGN_STATE', refusal)
    const block = await findBlock(tx, { workspace_id, alias_ids: campaign.alias_ids ?? [] }, now)
    if (block) throw problem('SENDING_BLOCKED', block)
    const facts = await sql<{ pending: number; started: boolean }>`
      select coalesce((select leads from campaign_lead_counts where campaign_id = ${campaignId} and status = 'pending'), 0) as pending,
        exists (select 1 from emails where campaign_id = ${campaignId}) as started`.execute(tx)
    const { pending = 0, started = false } = facts.rows[0] ?? {}
    const event = resumeEvent({
      starts_later:
        !started && campaign.launch_type === 'scheduled' && campaign.start_date !== null && campaign.start_date > now,
      first_steps_left: pending > 0,
    })
    const status = nextState(campaign.status, event) as CampaignStatus
    // A dispatcher that was at work during the pause may have queued something after it; that waits for its interval again.
    await withdrawCampaignQueue(tx, campaignId, now)
    await sql`
      update campaigns set status = ${status}, paused_from = null, paused_reason = null, updated_at = ${now} where campaign_id = ${campaignId}`.execute(
      tx,
    )
    return (await findCampaign(tx, workspace_id, campaignId)) as CampaignRow
  })

/**
 * Stops an unfinished campaign and deletes it with its leads, drafts and waiting messages. Sent mail, events and figures
 * stay, detached, until retention (DOMAIN.md §4).
 */
export const deleteCampaign = (
  deps: Pick<Deps, 'db'>,
  principal: Principal,
  campaignId: string,
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const { workspace_id } = principal.workspace
    if (!(await lockCampaign(tx, workspace_id, campaignId))) throw notFound()
    await sql`update jobs set status = 'cancelled', finished_at = ${now}, updated_at = ${now} where subject_id = ${campaignId} and workspace_id = ${workspace_id} and status in ('queued', 'running')`.execute(
      tx,
    )
    await abandonDrafts(tx, campaignId, now)
    await sql`delete from campaigns where campaign_id = ${campaignId} and workspace_id = ${workspace_id}`.execute(tx)
    // After the leads are gone, because deleting them waits for a dispatcher that is queueing their messages.
    await sql`delete from emails where campaign_id = ${campaignId} and status in ('queued', 'scheduled')`.execute(tx)
  })
