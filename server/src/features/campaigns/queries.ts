import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { PageRequest } from '../../http/pagination.ts'
import type { CampaignStatus, CampaignStep, LaunchSummary } from './schema.ts'

export type CampaignRow = {
  campaign_id: string
  user_id: string
  dataset_id: string
  name: string
  type: 'email' | 'linkedin' | 'mixed'
  status: CampaignStatus
  launch_type: 'immediate' | 'scheduled'
  daily_limit: number
  sending_window_start: string
  sending_window_end: string
  min_interval_seconds: number
  timezone: string
  steps_config: CampaignStep[]
  send_days: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
  created_at: Date
  updated_at: Date
  description: string | null
  start_date: Date | null
  alias_ids: string[] | null
  connected_account_id: string | null
  total_leads: number | null
  processed_leads: number
  launch_job_id: string | null
  launch_requested_at: Date | null
  launch_error: string | null
  system_prompt: string | null
  unreviewed_launch_policy: 'launch_default' | 'hold' | 'cancel'
  paused_reason: string | null
  playground_discovery_dismissed_at: Date | null
  use_lead_timezone: boolean
  holiday_countries: string[] | null
  allow_overlap: boolean
  stop_company_on_reply: boolean
}

/** What answers carry. Leads are counted by trigger, so the totals cost the same however many there are. */
const COLUMNS = sql`
  c.campaign_id, c.user_id, c.dataset_id, c.name, c.type, c.status, c.launch_type, c.daily_limit, c.sending_window_start,
  c.sending_window_end, c.min_interval_seconds, c.timezone, c.steps_config, c.send_days, c.created_at, c.updated_at,
  c.description, c.start_date, c.alias_ids, c.connected_account_id, coalesce(n.total, c.total_leads) as total_leads,
  coalesce(n.processed, 0) as processed_leads, c.launch_job_id, c.launch_requested_at, c.launch_error, c.system_prompt,
  c.unreviewed_launch_policy, c.paused_reason, c.playground_discovery_dismissed_at, c.use_lead_timezone,
  c.holiday_countries, c.allow_overlap, c.stop_company_on_reply`

const LEAD_COUNTS = sql`
  left join lateral (
    select sum(leads)::int as total, (sum(leads) filter (where status <> 'pending'))::int as processed
    from campaign_lead_counts where campaign_id = c.campaign_id
  ) n on true`

/** Sums of the counters that triggers keep, a few rows for each campaign, so that a page of a list reads them all at once. */
const FIGURE_NAMES = [
  'sent',
  'delivered',
  'in_flight',
  'opened',
  'clicked',
  'replied',
  'bounced',
  'complained',
  'unsubscribed',
  'failed',
] as const
export type CampaignFigureCounts = Record<(typeof FIGURE_NAMES)[number], number>

const FIGURES = sql`
  left join lateral (
    select jsonb_build_object(${sql.raw(FIGURE_NAMES.map((name) => `'${name}', coalesce(sum(s.${name}), 0)`).join(', '))}) as figures
    from campaign_step_counts s where s.campaign_id = c.campaign_id
  ) f on true`

export type CampaignFilter = {
  workspace_id: string
  status?: string | null
  search?: string | null
  name?: string | null
}

const COUNT_LIMIT = 10_001

/** One page, newest first, and how many there are. Reads limit + 1 rows so that the caller knows whether more follow. */
export const listCampaigns = async (
  db: Db,
  filter: CampaignFilter,
  page: PageRequest,
  options: { include_figures?: boolean } = {},
): Promise<{ rows: (CampaignRow & { figures?: CampaignFigureCounts })[]; total: number }> => {
  const { include_figures } = options
  const where = sql`c.workspace_id = ${filter.workspace_id}
    ${filter.status ? sql`and c.status = ${filter.status}` : sql``}
    ${filter.name ? sql`and c.name = ${filter.name}` : sql``}
    ${filter.search ? sql`and c.name ilike ${`%${filter.search.replace(/[\\%_]/g, '\\$&')}%`}` : sql``}`
  const found = await sql<CampaignRow & { total: number; figures?: CampaignFigureCounts }>`
    with counted as (select count(*)::int as total from (select 1 from campaigns c where ${where} limit ${COUNT_LIMIT}) found_rows)
    select ${COLUMNS}, counted.total ${include_figures ? sql`, f.figures` : sql``}
    from counted left join (
      select * from campaigns c where ${where} ${page.after ? sql`and c.campaign_id < ${page.after[0]}::uuid` : sql``}
      order by c.campaign_id desc limit ${page.limit + 1} offset ${page.offset}
    ) c on true ${LEAD_COUNTS} ${include_figures ? FIGURES : sql``}
    order by c.campaign_id desc`.execute(db)
  const total = found.rows[0]?.total ?? 0
  const rows: (CampaignRow & { figures?: CampaignFigureCounts })[] = []
  for (const { total: _total, ...row } of found.rows) if (row.campaign_id !== null) rows.push(row)
  return { rows, total }
}

export const findCampaign = async (db: Db, workspaceId: string, campaignId: string): Promise<CampaignRow | null> => {
  const found = await sql<CampaignRow>`
    select ${COLUMNS} from campaigns c ${LEAD_COUNTS}
    where c.workspace_id = ${workspaceId} and c.campaign_id = ${campaignId}`.execute(db)
  return found.rows[0] ?? null
}

/** Locks the campaign for a change of state; everything that changes it does so in this order. */
export const lockCampaign = async (tx: Tx, workspaceId: string, campaignId: string): Promise<boolean> => {
  const found =
    await sql`select 1 from campaigns where workspace_id = ${workspaceId} and campaign_id = ${campaignId} for update`.execute(
      tx,
    )
  return found.rows.length > 0
}

export const listLaunchWarnings = async (db: Db, workspaceId: string, campaignId: string) => {
  const found = await sql<{
    code: never
    message: string
    severity: never
    row_index: number | null
    step_index: number | null
    affected_rows: number
    details: Record<string, unknown> | null
  }>`
    select code, message, severity, row_index, step_index, affected_rows, details from launch_warnings
    where workspace_id = ${workspaceId} and campaign_id = ${campaignId} order by seq`.execute(db)
  return found.rows
}

export const findLaunch = async (db: Db, workspaceId: string, campaignId: string) => {
  const found = await sql<{ launch_summary: LaunchSummary | null; launched_at: Date | null }>`
    select launch_summary, launched_at from campaigns where workspace_id = ${workspaceId} and campaign_id = ${campaignId}`.execute(
    db,
  )
  return found.rows[0] ?? null
}
