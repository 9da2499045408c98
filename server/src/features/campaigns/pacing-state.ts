import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { rampedLimit } from '../../pacing.ts'
import { calendarDay, type SendingWindow } from '../../time-window.ts'
import { windowOf, windowsByZone } from './sending-context.ts'

export type PacedCampaign = {
  campaign_id: string
  name: string
  status: 'active' | 'draining'
  daily_limit: number
  min_interval_seconds: number
  timezone: string
  alias_ids: string[]
  zones: string[]
  window: SendingWindow
  windowIn: (zone: string) => SendingWindow
  used_today: number
  today: string
}

export type PacedAlias = {
  id: string
  domain_id: string
  full_email: string
  daily_limit: number
  ramp_started_on: string | null
  ramp_start: number | null
  jitter_ratio: number
  next_free_at: Date | null
  /** Today's limit, ramp-up included. */
  limit_today: number
  used_today: number
}

export type PacedDomain = { id: string; daily_limit: number | null; can_send: boolean; used_today: number }

/** What of the caps is used, at one moment of the workspace's clock. */
export type PacingState = {
  workspace: { id: string; timezone: string; today: string }
  campaigns: Map<string, PacedCampaign>
  aliases: Map<string, PacedAlias>
  domains: Map<string, PacedDomain>
  /** Limits by receiving provider, for those that have one. */
  providers: Map<string, { limit: number; used_today: number }>
}

/**
 * Messages a day to one receiving provider from one workspace. Gmail's bulk-sender line is about 5,000 a day for an
 * organisational domain, and its label is permanent; the others are not published and set by the same caution.
 */
const PROVIDER_LIMITS: Record<string, number> = { google: 4_000, microsoft: 4_000, yahoo: 3_000, apple: 2_000 }

/** Messages a day by receiving provider, for those that have a limit; 0 in the workspace's own lifts one. */
export const providerLimits = (own: Record<string, number>): Map<string, number> =>
  new Map(Object.entries({ ...PROVIDER_LIMITS, ...own }).filter(([, limit]) => limit > 0))

type CampaignRow = Omit<PacedCampaign, 'window' | 'windowIn' | 'used_today' | 'today'> & {
  sending_window_start: string
  sending_window_end: string
  send_days: SendingWindow['days']
  holiday_countries: string[] | null
}

/** Reads the pacing of a workspace's sending campaigns: a handful of rows, however many leads there are. */
export const loadPacingState = async (
  db: Db,
  workspaceId: string,
  now: Date,
  onlyCampaign?: string,
): Promise<PacingState | null> => {
  const campaigns = await sql<CampaignRow>`
    select c.campaign_id, c.name, c.status, c.daily_limit, c.min_interval_seconds, c.timezone, coalesce(c.alias_ids, '{}') as alias_ids,
      coalesce((select array_agg(zone) from campaign_zones z where z.campaign_id = c.campaign_id), '{}') as zones,
      c.sending_window_start, c.sending_window_end, c.send_days, c.holiday_countries
    from campaigns c
    where c.workspace_id = ${workspaceId} and ${onlyCampaign ? sql`c.campaign_id = ${onlyCampaign}` : sql`c.status in ('active', 'draining')`}`.execute(
    db,
  )
  if (!campaigns.rows.length) return null
  const aliasIds = [...new Set(campaigns.rows.flatMap((row) => row.alias_ids))]
  const workspace = await sql<{ timezone: string; provider_daily_limits: Record<string, number> }>`
    select timezone, provider_daily_limits from workspaces where id = ${workspaceId}`.execute(db)
  const { timezone, provider_daily_limits } = workspace.rows[0] as {
    timezone: string
    provider_daily_limits: Record<string, number>
  }
  const aliases = await sql<
    Omit<PacedAlias, 'limit_today' | 'used_today'> & {
      ramp_step: number | null
      domain_limit: number | null
      can_send: boolean
    }
  >`
    select a.id, a.domain_id, a.full_email, a.daily_limit, a.ramp_started_on, a.ramp_start, a.ramp_step, a.jitter_ratio, a.next_free_at,
      d.daily_limit as domain_limit, d.status = 'verified' and d.is_active as can_send
    from aliases a join sending_domains d on d.id = a.domain_id
    where a.workspace_id = ${workspaceId} and a.deleted_at is null and a.id = any(${aliasIds}::uuid[])
      and (a.mailbox_id is null or exists (select 1 from mailboxes m where m.id = a.mailbox_id and m.status = 'active'))`.execute(
    db,
  )

  const workspaceToday = calendarDay(now, timezone)
  const days = [...new Set([workspaceToday, ...campaigns.rows.map((row) => calendarDay(now, row.timezone))])]
  // Every receiver is counted; only those with a limit are of interest, and they are few.
  const limits = [...providerLimits(provider_daily_limits)]
  const counts = await sql<{ scope: string; scope_key: string; day: string; used: number }>`
    select scope, scope_key, day, used from send_counts
    where workspace_id = ${workspaceId} and day = any(${days}::date[]) and (scope <> 'provider' or scope_key = any(${limits.map(([provider]) => provider)}::text[]))`.execute(
    db,
  )
  const used = new Map(counts.rows.map((row) => [`${row.scope} ${row.scope_key} ${row.day}`, row.used]))

  const state: PacingState = {
    workspace: { id: workspaceId, timezone, today: workspaceToday },
    campaigns: new Map(),
    aliases: new Map(),
    domains: new Map(),
    providers: new Map(),
  }
  for (const row of campaigns.rows) {
    const window = await windowOf(row)
    const today = calendarDay(now, row.timezone)
    state.campaigns.set(row.campaign_id, {
      ...row,
      window,
      windowIn: windowsByZone(window),
      today,
      used_today: used.get(`campaign ${row.campaign_id} ${today}`) ?? 0,
    })
  }
  for (const alias of aliases.rows) {
    state.aliases.set(alias.id, {
      ...alias,
      limit_today: rampedLimit({ ...alias, started_on: alias.ramp_started_on, today: workspaceToday }),
      used_today: used.get(`alias ${alias.id} ${workspaceToday}`) ?? 0,
    })
    state.domains.set(alias.domain_id, {
      id: alias.domain_id,
      daily_limit: alias.domain_limit,
      can_send: alias.can_send,
      used_today: used.get(`domain ${alias.domain_id} ${workspaceToday}`) ?? 0,
    })
  }
  for (const [provider, limit] of limits)
    state.providers.set(provider, { limit, used_today: used.get(`provider ${provider} ${workspaceToday}`) ?? 0 })
  return state
}
