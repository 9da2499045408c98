import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { CampaignStatus, CampaignStep } from '../campaigns/schema.ts'
import type { Figures } from './rates.ts'

/**
 * All four statistics read counters that triggers keep (migrations/0004_campaigns.sql): a few rows for each campaign, so
 * they cost the same at ten thousand leads and at a million.
 */
const FIGURES = sql.raw(
  [
    'sent',
    'delivered',
    'opened',
    'clicked',
    'replied',
    'bounced',
    'complained',
    'unsubscribed',
    'failed',
    'unknown',
    'machine_opened',
    'machine_clicked',
  ]
    .map((name) => `coalesce(sum(s.${name}), 0)::int as ${name}`)
    .join(', '),
)

export type AllFigures = Figures & { unknown: number; machine_opened: number; machine_clicked: number }

const LIVE = sql.raw(`('pending', 'active', 'postponed', 'unknown')`)

export const readCampaignFigures = async (db: Db, workspaceId: string, campaignId: string) => {
  const found = await sql<
    AllFigures & {
      status: CampaignStatus
      in_flight: number
      first_sent_at: Date | null
      last_activity_at: Date | null
      lead_status_counts: Record<string, number>
      live: number
      total_leads: number
    }
  >`
    select c.status, l.lead_status_counts, l.live, l.total_leads, f.*
    from campaigns c
    cross join lateral (
      select coalesce(jsonb_object_agg(status, leads) filter (where leads > 0), '{}') as lead_status_counts,
        coalesce(sum(leads) filter (where status in ${LIVE}), 0)::int as live, coalesce(sum(leads), 0)::int as total_leads
      from campaign_lead_counts where campaign_id = c.campaign_id
    ) l
    cross join lateral (
      select ${FIGURES}, coalesce(sum(s.in_flight), 0)::int as in_flight, min(s.first_sent_at) as first_sent_at, max(s.last_activity_at) as last_activity_at
      from campaign_step_counts s where s.campaign_id = c.campaign_id
    ) f
    where c.workspace_id = ${workspaceId} and c.campaign_id = ${campaignId}`.execute(db)
  return found.rows[0] ?? null
}

export const readStepFigures = async (db: Db, workspaceId: string, campaignId: string) => {
  const campaign = await sql<{ steps_config: CampaignStep[] }>`
    select steps_config from campaigns where workspace_id = ${workspaceId} and campaign_id = ${campaignId}`.execute(db)
  const steps = campaign.rows[0]?.steps_config
  if (!steps) return null
  const figures = await sql<AllFigures & { step: number; variant_label: string; pending: number }>`
    select s.step, s.variant_label, coalesce(sum(s.queued + s.in_flight), 0)::int as pending, ${FIGURES}
    from campaign_step_counts s where s.campaign_id = ${campaignId} group by s.step, s.variant_label`.execute(db)
  return { steps, figures: figures.rows }
}

export const readAggregate = async (db: Db, workspaceId: string) => {
  const campaigns = await sql<{
    campaigns_by_status: Record<string, number>
    total_campaigns: number
    active_campaigns: number
    total_leads: number
  }>`
    select coalesce((select jsonb_object_agg(status, n) from (select status, count(*)::int as n from campaigns where workspace_id = ${workspaceId} group by status) by_status), '{}') as campaigns_by_status,
      (select count(*)::int from campaigns where workspace_id = ${workspaceId}) as total_campaigns,
      (select count(*)::int from campaigns where workspace_id = ${workspaceId} and status in ('active', 'draining')) as active_campaigns,
      (select coalesce(sum(n.leads), 0)::int from campaign_lead_counts n join campaigns c on c.campaign_id = n.campaign_id where c.workspace_id = ${workspaceId}) as total_leads`.execute(
    db,
  )
  const figures =
    await sql<AllFigures>`select ${FIGURES} from campaign_step_counts s where s.workspace_id = ${workspaceId}`.execute(
      db,
    )
  return { ...(campaigns.rows[0] as NonNullable<(typeof campaigns.rows)[0]>), figures: figures.rows[0] as AllFigures }
}

/** The links that were followed most; a campaign with personal links may have as many links as leads. */
const LINKS_SHOWN = 200

export const readClicks = async (db: Db, workspaceId: string, campaignId: string) => {
  const totals = await sql<{ tracked_emails: number; unique_clicks: number }>`
    select coalesce(sum(s.tracked), 0)::int as tracked_emails, coalesce(sum(s.clicking_leads), 0)::int as unique_clicks
    from campaigns c left join campaign_step_counts s on s.campaign_id = c.campaign_id
    where c.workspace_id = ${workspaceId} and c.campaign_id = ${campaignId} group by c.campaign_id`.execute(db)
  const row = totals.rows[0]
  if (!row) return null
  const links = await sql<{
    url: string
    total_clicks: number
    unique_clicks: number
    last_clicked_at: Date | null
    all_clicks: number
    last_of_all: Date | null
  }>`
    select url, sum(total_clicks)::int as total_clicks, sum(unique_clicks)::int as unique_clicks, max(last_clicked_at) as last_clicked_at,
      (sum(sum(total_clicks)) over ())::int as all_clicks, max(max(last_clicked_at)) over () as last_of_all
    from campaign_link_counts where campaign_id = ${campaignId}
    group by url order by sum(total_clicks) desc, url limit ${LINKS_SHOWN}`.execute(db)
  return {
    ...row,
    total_clicks: links.rows[0]?.all_clicks ?? 0,
    last_clicked_at: links.rows[0]?.last_of_all ?? null,
    links: links.rows.map(({ all_clicks: _all, last_of_all: _last, ...link }) => link),
  }
}
