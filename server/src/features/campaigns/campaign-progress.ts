import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { applyPolicy } from '../playground/provide-texts.ts'

/**
 * Moves the workspace's campaigns on: scheduled ones whose start date has come begin, those without a first step left
 * drain, those in which no lead can act again are completed. Reads counters, never the leads, except once at the start of a
 * campaign whose texts have to be reviewed. Returns how many moved.
 */
export const advanceCampaignStates = (deps: Pick<Deps, 'db'>, workspaceId: string, now: Date): Promise<number> =>
  transaction(deps.db, async (tx) => {
    const reviewed = await sql<{ campaign_id: string }>`
      select campaign_id from campaigns where workspace_id = ${workspaceId} and status = 'scheduled' and start_date <= ${now}
        and unreviewed_launch_policy <> 'launch_default' order by campaign_id for no key update`.execute(tx)
    let held = 0
    for (const { campaign_id } of reviewed.rows)
      if (await applyPolicy(tx, { workspace_id: workspaceId, campaign_id, now })) held++
    const started = await sql`
      update campaigns set status = 'active', updated_at = ${now}
      where workspace_id = ${workspaceId} and status = 'scheduled' and start_date <= ${now} returning campaign_id`.execute(
      tx,
    )
    const moved = await sql<{ campaign_id: string; name: string; status: string }>`
      with facts as (
        select c.campaign_id, c.status,
          coalesce(l.pending, 0) as pending, coalesce(l.live, 0) as live, coalesce(s.waiting, 0) as waiting
        from campaigns c
        left join lateral (
          select sum(leads) filter (where status = 'pending') as pending, sum(leads) filter (where status in ('pending', 'active', 'postponed', 'unknown')) as live
          from campaign_lead_counts where campaign_id = c.campaign_id
        ) l on true
        left join lateral (select sum(queued + in_flight) as waiting from campaign_step_counts where campaign_id = c.campaign_id) s on true
        where c.workspace_id = ${workspaceId} and c.status in ('active', 'draining')
      )
      update campaigns c set status = case when f.live = 0 and f.waiting = 0 then 'completed' else 'draining' end,
        completed_at = case when f.live = 0 and f.waiting = 0 then ${now}::timestamptz end, updated_at = ${now}
      from facts f
      where c.campaign_id = f.campaign_id and c.status = f.status
        and ((f.live = 0 and f.waiting = 0) or (f.status = 'active' and f.pending = 0))
      returning c.campaign_id, c.name, c.status`.execute(tx)
    for (const row of moved.rows)
      if (row.status === 'completed')
        await raiseAlert(tx, {
          workspace_id: workspaceId,
          alert_type: 'campaign_completed',
          severity: 'info',
          title: `Campaign "${row.name}" is completed`,
          message: 'No lead has a step ahead of it any more. Late replies still count.',
          metadata: { campaign_id: row.campaign_id },
          now,
        })
    return held + started.rows.length + moved.rows.length
  })
