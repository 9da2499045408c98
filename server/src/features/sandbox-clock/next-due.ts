import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { epochMs, nextOpening, startOfNextDay, toDate } from '../../time-window.ts'
import { loadPacingState, type PacedAlias, type PacedCampaign, type PacingState } from '../campaigns/pacing-state.ts'
import { IN_FLIGHT_MS } from '../emails/settle-unknown.ts'

type Lane = { campaign_id: string; alias_id: string; zone: string; is_capped: boolean; due_at: Date }

/**
 * The earliest lead of each (campaign, alias, zone), follow-ups and first steps apart, and apart too those of receiving
 * providers that have had today's messages: two or four index probes for each.
 */
const earliestLeads = async (db: Db, state: PacingState): Promise<Lane[]> => {
  const capped = [...state.providers]
    .filter(([, { limit, used_today }]) => used_today >= limit)
    .map(([provider]) => provider)
  const keys = [...state.campaigns.values()].flatMap((campaign) =>
    campaign.alias_ids.flatMap((alias_id) =>
      campaign.zones.flatMap((zone) =>
        [0, 1].map((rank) => ({ campaign_id: campaign.campaign_id, alias_id, zone, rank })),
      ),
    ),
  )
  if (!keys.length) return []
  const found = await sql<Lane>`
    select k.campaign_id, k.alias_id, k.zone, capped.is_capped, l.next_action_at as due_at
    from unnest(${keys.map((key) => key.campaign_id)}::uuid[], ${keys.map((key) => key.alias_id)}::uuid[], ${keys.map((key) => key.zone)}::text[], ${keys.map((key) => key.rank)}::smallint[])
      as k (campaign_id, alias_id, zone, rank)
    cross join unnest(${capped.length ? [false, true] : [false]}::boolean[]) as capped (is_capped)
    cross join lateral (
      select next_action_at from campaign_leads
      where campaign_id = k.campaign_id and alias_id = k.alias_id and zone = k.zone and due_rank = k.rank and next_action_at is not null
        ${capped.length ? sql`and (receiving_provider = any(${capped}::text[])) = capped.is_capped` : sql``}
      order by next_action_at limit 1
    ) l`.execute(db)
  return found.rows
}

const laneDue = (
  lane: Lane,
  campaign: PacedCampaign,
  alias: PacedAlias,
  state: PacingState,
  now: Date,
): number | null => {
  let at = Math.max(epochMs(lane.due_at), epochMs(now), alias.next_free_at ? epochMs(alias.next_free_at) : 0)
  const domain = state.domains.get(alias.domain_id)
  const waitForDay = (zone: string): void => {
    at = Math.max(at, epochMs(startOfNextDay(now, zone)))
  }
  if (lane.is_capped) waitForDay(state.workspace.timezone)
  if (alias.used_today >= alias.limit_today) waitForDay(state.workspace.timezone)
  if (domain && domain.daily_limit !== null && domain.used_today >= domain.daily_limit)
    waitForDay(state.workspace.timezone)
  if (campaign.used_today >= campaign.daily_limit) waitForDay(campaign.timezone)
  const opening = nextOpening(campaign.windowIn(lane.zone), new Date(at))
  return opening ? epochMs(opening) : null
}

/** Each status has an index of its own, which a question about both at once would not use. */
const earliestMessage = (workspaceId: string, status: 'queued' | 'scheduled') => sql`
  select min(e.due_at) from emails e join campaigns c on c.campaign_id = e.campaign_id
    where e.workspace_id = ${workspaceId} and e.campaign_id is not null and e.status = ${sql.lit(status)} and c.status in ('active', 'draining')`

/**
 * When something will next happen in a sandbox by its own rules: a lead's turn under windows and caps, a retry, a scheduled
 * start, something its people do, a message whose sender died being given up as unknown. Null when nothing is left to wait
 * for. The answer can be early, never late.
 */
export const nextDueAt = async (db: Db, workspaceId: string, now: Date): Promise<Date | null> => {
  const times: number[] = []
  const state = await loadPacingState(db, workspaceId, now)
  if (state)
    for (const lane of await earliestLeads(db, state)) {
      const campaign = state.campaigns.get(lane.campaign_id)
      const alias = state.aliases.get(lane.alias_id)
      const due =
        campaign && alias && state.domains.get(alias.domain_id)?.can_send
          ? laneDue(lane, campaign, alias, state, now)
          : null
      if (due !== null) times.push(due)
    }
  const others = await sql<{ at: Date | null }>`
    select min(due_at) as at from world_reactions where workspace_id = ${workspaceId} and done_at is null
    union all
    ${earliestMessage(workspaceId, 'queued')}
    union all
    ${earliestMessage(workspaceId, 'scheduled')}
    union all
    select min(d.due_at) from campaign_drafts d join campaigns c on c.campaign_id = d.campaign_id
      where d.workspace_id = ${workspaceId} and d.status = 'pending' and d.batch_id is null and c.status in ('active', 'draining')
    union all
    select min(due_at) from email_recipients where workspace_id = ${workspaceId} and status = 'waiting'
    union all
    select min(due_at) from email_recipients where workspace_id = ${workspaceId} and status = 'ready'
    union all
    select min(r.claimed_at) + ${IN_FLIGHT_MS} * interval '1 millisecond' from email_recipients r
      where r.workspace_id = ${workspaceId} and r.status = 'sending' and not exists (select 1 from processes p where p.id = r.claimed_process)
    union all
    select min(start_date) from campaigns where workspace_id = ${workspaceId} and status = 'scheduled'
    union all
    select min(e.claimed_at) + ${IN_FLIGHT_MS} * interval '1 millisecond' from emails e
      where e.workspace_id = ${workspaceId} and e.campaign_id is not null and e.status = 'sending' and not exists (select 1 from processes p where p.id = e.claimed_process)`.execute(
    db,
  )
  for (const { at } of others.rows) if (at) times.push(Math.max(epochMs(at), epochMs(now)))
  return times.length ? toDate(new Date(Math.min(...times))) : null
}
