import { sql } from 'kysely'
import { autoPauseReason } from '../../auto-pause.ts'
import type { Tx } from '../../db/transaction.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { withdrawCampaignQueue } from './withdraw-queue.ts'

const HOUR_MS = 3_600_000
const WEEK_MS = 168 * HOUR_MS

/**
 * Pauses a campaign whose bounces or complaints of the last seven days, by the workspace's clock, are over the line
 * (DOMAIN.md §3), with a reason and an alert. Called after each bounce and complaint. Returns whether it paused.
 */
export const pauseIfUnhealthy = async (
  tx: Tx,
  { campaign_id, now }: { campaign_id: string; now: Date },
): Promise<boolean> => {
  // Figures are kept by the hour in which a message left, so this reads at most a week of hours, and the oldest one in full.
  const since = new Date(now.getTime() - WEEK_MS - HOUR_MS)
  const recent = await sql<{ accepted: number; bounces: number; hard_bounces: number; complaints: number }>`
    select coalesce(sum(accepted), 0)::int as accepted, coalesce(sum(bounced), 0)::int as bounces,
      coalesce(sum(hard_bounced), 0)::int as hard_bounces, coalesce(sum(complained), 0)::int as complaints
    from mail_hour_counts where campaign_id = ${campaign_id} and hour > ${since}`.execute(tx)
  const verdict = recent.rows[0] ? autoPauseReason(recent.rows[0]) : null
  if (!verdict) return false
  const paused = await sql<{ workspace_id: string; name: string }>`
    update campaigns set paused_from = status, status = 'paused', paused_reason = ${verdict.message}, updated_at = ${now}
    where campaign_id = ${campaign_id} and status in ('active', 'draining')
    returning workspace_id, name`.execute(tx)
  const row = paused.rows[0]
  if (!row) return false
  await withdrawCampaignQueue(tx, campaign_id, now)
  await raiseAlert(tx, {
    workspace_id: row.workspace_id,
    alert_type: 'campaign_paused',
    severity: 'critical',
    title: `Campaign "${row.name}" was paused`,
    message: verdict.message,
    metadata: { campaign_id, reason: verdict.reason, ...verdict.rates },
    now,
  })
  return true
}
