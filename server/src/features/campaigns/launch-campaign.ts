import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../http/access.ts'
import { notFound, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { findBlock } from '../sending-health/find-block.ts'
import { transitionRefusal } from './campaign-state.ts'
import { refuseLinkedIn } from './create-campaign.ts'
import { launchJob } from './jobs.ts'
import { campaignWarnings, loadCheckContext, preflight } from './preflight.ts'
import { type CampaignRow, findCampaign, lockCampaign } from './queries.ts'
import type { LaunchSummary, LaunchWarning } from './schema.ts'

/** Up to as many rows are checked in full before the answer; beyond, the job reports what it found. */
const CHECKED_IN_REQUEST = 5_000

export type LaunchResult = { campaign: CampaignRow; summary: LaunchSummary; warnings: LaunchWarning[] }

/** Throws MAIL_NOT_CONFIGURED for a live workspace without a transport (DOMAIN.md §1); a sandbox always has one. */
export const requireTransport = async (deps: Pick<Deps, 'mail'>, workspace: Principal['workspace']): Promise<void> => {
  if (!(await deps.mail.transportFor(workspace)))
    throw problem(
      'MAIL_NOT_CONFIGURED',
      'No mail transport is configured for this workspace (SMTP_RELAY_URL, MAIL_DELIVERY=direct, or a relay of its own).',
    )
}

/**
 * Checks the campaign, moves it to `launching` and leaves the heavy part to a job. Throws CAMPAIGN_STATE,
 * MAIL_NOT_CONFIGURED, CHANNEL_NOT_AVAILABLE, SENDING_BLOCKED, INSUFFICIENT_CREDITS where nothing but the texts of the first step
 * cannot be paid, and LAUNCH_BLOCKED naming everything that stands in the way.
 */
export const launchCampaign = async (
  deps: Pick<Deps, 'db' | 'mail' | 'secrets' | 'clock' | 'address' | 'llm'>,
  principal: Principal,
  campaignId: string,
  now: Date,
): Promise<LaunchResult> => {
  const { workspace } = principal
  const campaign = await findCampaign(deps.db, workspace.workspace_id, campaignId)
  if (!campaign) throw notFound()
  const refusal = transitionRefusal(campaign.status, 'launch')
  if (refusal) throw problem('CAMPAIGN_STATE', refusal)
  refuseLinkedIn(campaign.type, campaign.steps_config)
  await requireTransport(deps, workspace)

  const block = await findBlock(
    deps.db,
    { workspace_id: workspace.workspace_id, alias_ids: campaign.alias_ids ?? [] },
    now,
  )
  if (block) throw problem('SENDING_BLOCKED', block)

  const rows = await sql<{
    row_count: number
  }>`select row_count from datasets where dataset_id = ${campaign.dataset_id}`.execute(deps.db)
  const rowCount = rows.rows[0]?.row_count ?? 0
  const checks =
    rowCount <= CHECKED_IN_REQUEST
      ? await preflight(deps, workspace, campaign, now)
      : {
          warnings: campaignWarnings(await loadCheckContext(deps.db, campaign), now),
          summary: { total_rows: rowCount, launchable_rows: rowCount, warning_count: 0 },
        }
  const blocking = checks.warnings.filter(({ severity }) => severity === 'blocking')
  const unpaid = blocking.find(({ code }) => code === 'insufficient_credits')
  if (unpaid && blocking.length === 1) throw problem('INSUFFICIENT_CREDITS', unpaid.message)
  if (blocking.length) throw problem('LAUNCH_BLOCKED', blocking.map(({ message }) => message).join(' '))

  const launched = await transaction(deps.db, async (tx) => {
    if (!(await lockCampaign(tx, workspace.workspace_id, campaignId))) throw notFound()
    const current = (await findCampaign(tx, workspace.workspace_id, campaignId)) as CampaignRow
    const lateRefusal = transitionRefusal(current.status, 'launch')
    if (lateRefusal) throw problem('CAMPAIGN_STATE', lateRefusal)
    const job_id = newId()
    const systemNow = deps.clock.now()
    await sql`
      insert into jobs (id, workspace_id, user_id, kind, subject_id, status, progress_total, created_at, updated_at)
      values (${job_id}, ${workspace.workspace_id}, ${principal.user_id}, 'launch_campaign', ${campaignId}, 'queued', ${rowCount}, ${systemNow}, ${systemNow})`.execute(
      tx,
    )
    await sql`delete from launch_warnings where campaign_id = ${campaignId}`.execute(tx)
    await sql`
      update campaigns set status = 'launching', launch_job_id = ${job_id}, launch_requested_at = ${now}, launch_error = null,
        launch_cursor = -1, launch_summary = null, total_leads = null, updated_at = ${now}
      where campaign_id = ${campaignId}`.execute(tx)
    await enqueue(tx, launchJob, { campaign_id: campaignId, job_id })
    return (await findCampaign(tx, workspace.workspace_id, campaignId)) as CampaignRow
  })
  return {
    campaign: launched,
    summary: { ...checks.summary, warning_count: checks.warnings.length },
    warnings: checks.warnings,
  }
}
