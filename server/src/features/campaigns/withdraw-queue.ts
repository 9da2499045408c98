import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'

/**
 * Takes back every message of a campaign that is queued and was never tried, and puts its lead back to where the dispatcher
 * finds it. What it took from the caps of the day is given back. A message that was deferred keeps its row: its retry waits
 * until the campaign is active again.
 */
export const withdrawCampaignQueue = (tx: Tx, campaignId: string, now: Date): Promise<void> =>
  withdrawQueue(tx, sql`campaign_id = ${campaignId}`, now)

/** The same for what all campaigns have queued from one alias. */
export const withdrawAliasQueue = (
  tx: Tx,
  alias: { workspace_id: string; alias_id: string },
  now: Date,
): Promise<void> =>
  withdrawQueue(
    tx,
    sql`workspace_id = ${alias.workspace_id} and alias_id = ${alias.alias_id} and campaign_id is not null`,
    now,
  )

/** The same for one message. */
export const withdrawEmail = (tx: Tx, emailId: string, now: Date): Promise<void> =>
  withdrawQueue(tx, sql`id = ${emailId}`, now)

const withdrawQueue = async (tx: Tx, which: RawBuilder<unknown>, now: Date): Promise<void> => {
  await sql`update emails set status = 'scheduled', updated_at = ${now} where ${which} and status = 'queued' and attempts > 0`.execute(
    tx,
  )
  await sql`
    with gone as (
      delete from emails where ${which} and status = 'queued' and attempts = 0
      returning campaign_id, campaign_lead_id, workspace_id, alias_id, domain_id, receiving_provider, due_at
    ), returned as (
      update campaign_leads l set next_action_at = gone.due_at, updated_at = ${now}
      from gone where l.campaign_lead_id = gone.campaign_lead_id and l.status in ('pending', 'active', 'postponed', 'unknown')
    ), days as (
      select gone.*, (due_at at time zone c.timezone)::date as campaign_day, (due_at at time zone w.timezone)::date as workspace_day
      from gone join campaigns c on c.campaign_id = gone.campaign_id join workspaces w on w.id = gone.workspace_id
    ), used as (
      select workspace_id, 'campaign' as scope, campaign_id::text as scope_key, campaign_day as day, count(*) as n from days group by 1, 3, 4
      union all select workspace_id, 'alias', alias_id::text, workspace_day, count(*) from days group by 1, 3, 4
      union all select workspace_id, 'domain', domain_id::text, workspace_day, count(*) from days group by 1, 3, 4
      union all select workspace_id, 'provider', receiving_provider, workspace_day, count(*) from days group by 1, 3, 4
    )
    update send_counts s set used = greatest(0, s.used - used.n) from used
    where s.workspace_id = used.workspace_id and s.scope = used.scope and s.scope_key = used.scope_key and s.day = used.day`.execute(
    tx,
  )
}
