import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { allocate, type Candidate, nextFreeAt } from '../../pacing.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { isWindowOpen, toDate } from '../../time-window.ts'
import { sendJob } from '../emails/jobs.ts'
import { provideTexts } from '../playground/provide-texts.ts'
import { loadPacingState, type PacingState } from './pacing-state.ts'
import { findRetries, queueRetries } from './retry-due.ts'
import type { CampaignStep } from './schema.ts'

type DueLead = Candidate & {
  email: string
  user_id: string
  step: number
  variant_label: string
  track_opens: boolean
  track_clicks: boolean
  from_email: string
  /** Its words are to be written and nobody has approved or written them yet. */
  lacks_text: boolean
  unreviewed_launch_policy: 'launch_default' | 'hold' | 'cancel'
}

/** A (campaign, alias, zone) whose window is open now and whose alias is free: where a lead may be taken from. */
type Lane = { campaign_id: string; alias_id: string; zone: string }

/** Lanes where something may leave now: `fresh` under every cap, `retry` also where the day's caps are used up. */
const openLanes = (state: PacingState, now: Date): { fresh: Lane[]; retry: Lane[] } => {
  const lanes: { fresh: Lane[]; retry: Lane[] } = { fresh: [], retry: [] }
  for (const campaign of state.campaigns.values()) {
    const zones = campaign.zones.filter((zone) => isWindowOpen(campaign.windowIn(zone), now))
    if (!zones.length) continue
    for (const alias_id of campaign.alias_ids) {
      const alias = state.aliases.get(alias_id)
      const domain = alias && state.domains.get(alias.domain_id)
      if (!alias || !domain?.can_send) continue
      if (alias.next_free_at && alias.next_free_at > now) continue
      const isFull =
        campaign.used_today >= campaign.daily_limit ||
        alias.used_today >= alias.limit_today ||
        (domain.daily_limit !== null && domain.used_today >= domain.daily_limit)
      for (const zone of zones) {
        const lane = { campaign_id: campaign.campaign_id, alias_id, zone }
        lanes.retry.push(lane)
        if (!isFull) lanes.fresh.push(lane)
      }
    }
  }
  return lanes
}

/**
 * The first lead of each lane: a due follow-up, else a due first step, the longest due first. Two index probes for each lane
 * and no more, so the cost does not grow with leads that are not due.
 */
const findDue = async (tx: Tx, lanes: Lane[], state: PacingState, now: Date): Promise<DueLead[]> => {
  if (!lanes.length) return []
  const capped = [...state.providers]
    .filter(([, { limit, used_today }]) => used_today >= limit)
    .map(([provider]) => provider)
  const firstOf = (rank: 0 | 1, also: ReturnType<typeof sql>) => sql`
    select l.campaign_lead_id, l.email, l.receiving_provider, l.current_step, l.next_action_at, l.variant_assignments, l.due_rank,
      l.approvals ? (l.current_step + 1)::text as is_approved, l.written ? (l.current_step + 1)::text as is_written
    from campaign_leads l
    where l.campaign_id = lane.campaign_id and l.alias_id = lane.alias_id and l.zone = lane.zone and l.due_rank = ${sql.lit(rank)}
      and l.next_action_at <= ${now} and l.receiving_provider <> all(${capped}::text[]) ${also}
    order by l.next_action_at limit 1 for update of l skip locked`
  const due = await sql<{
    campaign_id: string
    alias_id: string
    campaign_lead_id: string
    email: string
    receiving_provider: string
    current_step: number
    next_action_at: Date
    variant_assignments: Record<string, string>
    is_approved: boolean
    is_written: boolean
    steps_config: CampaignStep[]
    user_id: string
    unreviewed_launch_policy: DueLead['unreviewed_launch_policy']
  }>`
    select lane.campaign_id, lane.alias_id, coalesce(f.campaign_lead_id, s.campaign_lead_id) as campaign_lead_id, coalesce(f.email, s.email) as email,
      coalesce(f.receiving_provider, s.receiving_provider) as receiving_provider, coalesce(f.current_step, s.current_step) as current_step,
      coalesce(f.next_action_at, s.next_action_at) as next_action_at, coalesce(f.variant_assignments, s.variant_assignments) as variant_assignments,
      coalesce(f.is_approved, s.is_approved) as is_approved, coalesce(f.is_written, s.is_written) as is_written,
      c.steps_config, c.user_id, c.unreviewed_launch_policy
    from unnest(${lanes.map((lane) => lane.campaign_id)}::uuid[], ${lanes.map((lane) => lane.alias_id)}::uuid[], ${lanes.map((lane) => lane.zone)}::text[])
      as lane (campaign_id, alias_id, zone)
    join campaigns c on c.campaign_id = lane.campaign_id
    left join lateral (${firstOf(0, sql``)}) f on true
    left join lateral (${firstOf(1, sql`and f.campaign_lead_id is null`)}) s on true
    where f.campaign_lead_id is not null or s.campaign_lead_id is not null`.execute(tx)
  return due.rows.flatMap((row) => {
    const step = row.steps_config[row.current_step]
    const alias = state.aliases.get(row.alias_id)
    if (!step || !alias) return []
    const variant_label = row.variant_assignments[String(step.step)] ?? step.variants[0]?.label ?? 'A'
    const { unreviewed_launch_policy, is_approved, is_written } = row
    const has_text = is_approved || (is_written && unreviewed_launch_policy === 'launch_default')
    return [
      {
        campaign_lead_id: row.campaign_lead_id,
        campaign_id: row.campaign_id,
        alias_id: row.alias_id,
        domain_id: alias.domain_id,
        receiving_provider: row.receiving_provider,
        is_followup: row.current_step > 0,
        due_at: row.next_action_at,
        email: row.email,
        user_id: row.user_id,
        step: step.step,
        variant_label,
        lacks_text: !has_text && step.variants.find(({ label }) => label === variant_label)?.type === 'PERSONALIZATION',
        unreviewed_launch_policy,
        track_opens: step.track_opens,
        track_clicks: step.track_clicks,
        from_email: alias.full_email,
      },
    ]
  })
}

/** Queues the chosen messages, takes them from the caps, and books each alias until its next slot: one statement. */
const queueMessages = async (
  tx: Tx,
  state: PacingState,
  chosen: DueLead[],
  free: (campaignId: string, aliasId: string) => Date,
  now: Date,
): Promise<void> => {
  const rows = chosen.map((lead) => {
    const campaign_day = state.campaigns.get(lead.campaign_id)?.today
    return { ...lead, id: newId(), campaign_day, free_at: free(lead.campaign_id, lead.alias_id) }
  })
  await sql`
    with chosen as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, campaign_lead_id uuid, campaign_id uuid, user_id uuid, alias_id uuid,
        domain_id uuid, receiving_provider text, email text, from_email text, step smallint, variant_label text, track_opens boolean,
        track_clicks boolean, campaign_day date, free_at timestamptz)
    ), queued as (
      insert into emails (id, workspace_id, user_id, campaign_id, campaign_lead_id, step, variant_label, alias_id, domain_id, from_email, to_email,
        receiving_provider, status, due_at, track_opens, track_clicks, created_at, updated_at)
      select id, ${state.workspace.id}, user_id, campaign_id, campaign_lead_id, step, variant_label, alias_id, domain_id, from_email, email,
        receiving_provider, 'queued', ${now}, track_opens, track_clicks, ${now}, ${now}
      from chosen on conflict (campaign_lead_id, step) do nothing
      returning campaign_lead_id
    ), taken as (
      -- A lead whose step exists already is not in queued, but must not stay due for ever either.
      update campaign_leads l set next_action_at = null, updated_at = ${now} from chosen where l.campaign_lead_id = chosen.campaign_lead_id
    ), booked as (
      update aliases a set next_free_at = c.free_at, ramp_started_on = coalesce(a.ramp_started_on, ${state.workspace.today}::date)
      from (select alias_id, max(free_at) as free_at from chosen group by alias_id) c where a.id = c.alias_id
    )
    insert into send_counts as s (workspace_id, scope, scope_key, day, used)
    select ${state.workspace.id}, scope, scope_key, day, count(*) from (
      select 'campaign' as scope, campaign_id::text as scope_key, campaign_day as day from chosen
      union all select 'alias', alias_id::text, ${state.workspace.today}::date from chosen
      union all select 'domain', domain_id::text, ${state.workspace.today}::date from chosen
      union all select 'provider', receiving_provider, ${state.workspace.today}::date from chosen
    ) used group by scope, scope_key, day order by scope, scope_key, day
    on conflict (workspace_id, scope, scope_key, day) do update set used = s.used + excluded.used`.execute(tx)
}

/** Lanes of jobs that may work on one workspace's queue at the same time, on whatever machines. */
const SEND_LANES = 8

export const enqueueSends = async (tx: Tx, workspaceId: string, messages: number): Promise<void> => {
  const lanes = Math.max(1, Math.min(SEND_LANES, Math.ceil(messages / 50)))
  for (let lane = 0; lane < lanes; lane++)
    await enqueue(tx, sendJob, { workspace_id: workspaceId }, { key: `send:${workspaceId}:${lane}` })
}

/**
 * One tick of a workspace: decides who may be written to at `now` under every limit, queues those messages and the job that
 * sends them in one transaction. One dispatcher at a time for a workspace, so that the caps are exact; another process that
 * comes meanwhile leaves at once. With `enqueue_sends: false` the caller sends by itself (the sandbox's clock does).
 * Returns how many were queued.
 */
export const dispatchDue = (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  now: Date,
  options: { enqueue_sends: boolean } = { enqueue_sends: true },
): Promise<number> =>
  transaction(deps.db, async (tx) => {
    const locked = await sql<{
      locked: boolean
    }>`select pg_try_advisory_xact_lock(hashtextextended(${`dispatch:${workspaceId}`}, 0)) as locked`.execute(tx)
    if (!locked.rows[0]?.locked) return 0
    const state = await loadPacingState(tx, workspaceId, now)
    if (!state) return 0
    const lanes = openLanes(state, now)
    if (!lanes.retry.length) return 0
    const free = (campaignId: string, aliasId: string): Date =>
      toDate(
        nextFreeAt(
          now,
          state.campaigns.get(campaignId)?.min_interval_seconds ?? 0,
          state.aliases.get(aliasId)?.jitter_ratio ?? 0,
          Math.random(),
        ),
      )
    const retries = (await findRetries(tx, workspaceId, lanes.retry, now)).map((retry) => ({
      ...retry,
      free_at: free(retry.campaign_id, retry.alias_id),
    }))
    await queueRetries(tx, retries, now)
    const busy = new Set(retries.map(({ alias_id }) => alias_id))
    const due = await findDue(
      tx,
      lanes.fresh.filter(({ alias_id }) => !busy.has(alias_id)),
      state,
      now,
    )
    // A lead whose words are still to come steps aside without taking a slot or anything from the caps.
    const wordless = due.filter(({ lacks_text }) => lacks_text)
    const candidates = wordless.length ? due.filter(({ lacks_text }) => !lacks_text) : due
    if (wordless.length) await provideTexts(tx, workspaceId, wordless, now, options)
    const { chosen } = allocate(
      candidates,
      {
        campaigns: new Map(
          [...state.campaigns].map(([id, campaign]) => [id, campaign.daily_limit - campaign.used_today]),
        ),
        aliases: new Map(
          [...state.aliases].map(([id, alias]) => [
            id,
            { remaining: alias.limit_today - alias.used_today, free_at: alias.next_free_at },
          ]),
        ),
        domains: new Map(
          [...state.domains].flatMap(([id, domain]) =>
            domain.daily_limit === null ? [] : [[id, domain.daily_limit - domain.used_today]],
          ),
        ),
        providers: new Map(
          [...state.providers].map(([name, provider]) => [name, provider.limit - provider.used_today]),
        ),
      },
      now,
    )
    if (chosen.length) await queueMessages(tx, state, chosen, free, now)
    const queued = chosen.length + retries.length
    if (queued && options.enqueue_sends) await enqueueSends(tx, workspaceId, queued)
    return queued + wordless.length
  })
