import { sql } from 'kysely'
import { createBatcher } from '../../batcher.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { type Judgement, judgeClick, judgeOpen } from '../../machine-activity.ts'
import { machineNetworks } from '../../machine-networks.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { type NewEvent, recordEvents } from '../campaigns/record-events.ts'
import { settleByEvidence } from './delivery-evidence.ts'
import { type ClickToStore, storeClicks } from './store-clicks.ts'

export type Visit = {
  email_id: string
  /** Of the link that was clicked; null for a load of the open pixel. */
  position: number | null
  method: string
  user_agent: string | null
  ip: string
  headers: Record<string, string | string[] | undefined>
}

export type VisitOutcome = { url: string | null; known: boolean }

export type ActivityTracker = { record: (visit: Visit) => Promise<VisitOutcome>; idle: () => Promise<void> }

/** Further visits of one message still count, but the timeline ends somewhere for somebody who reloads all day. */
const EVENTS_PER_MESSAGE = 100
const BURST_MS = 2_000
const BURSTS_KEPT = 10_000

type MessageRow = {
  id: string
  workspace_id: string
  campaign_id: string | null
  campaign_lead_id: string | null
  step: number | null
  variant_label: string | null
  sent_at: Date | null
  claimed_at: Date | null
  visits: number
  clock_offset_ms: number
  clock_frozen_at: Date | null
}

type LinkRow = { email_id: string; position: number; original_url: string }

type Judged = { visit: Visit; message: MessageRow; judgement: Judgement; at: Date; url: string | null }

/** How many different links of a message were clicked within two seconds: several at once are a scanner's. */
const createBurstCounter = () => {
  const recent = new Map<string, Map<number, number>>()
  return (emailId: string, position: number, at: Date): number => {
    const links = recent.get(emailId) ?? new Map<number, number>()
    links.set(position, at.getTime())
    for (const [link, ms] of links) if (at.getTime() - ms > BURST_MS) links.delete(link)
    recent.delete(emailId)
    recent.set(emailId, links)
    const oldest = recent.keys().next().value
    if (recent.size > BURSTS_KEPT && oldest !== undefined) recent.delete(oldest)
    return links.size
  }
}

const sum = <Key>(items: Judged[], keyOf: (item: Judged) => Key): Map<Key, Judged[]> => Map.groupBy(items, keyOf)

/**
 * Records opens and clicks. Visits that arrive together share one transaction, because every one of them touches the same
 * row of figures and would otherwise wait for the commit of the one before.
 */
export const createActivityTracker = (deps: Pick<Deps, 'db' | 'clock' | 'config'>): ActivityTracker => {
  const burst = createBurstCounter()
  const networks = machineNetworks(deps.config.machine_networks)

  const judge = (visit: Visit, message: MessageRow, url: string | null): Judged => {
    const at = workspaceNow(message, deps.clock.now())
    const sent = message.sent_at ?? message.claimed_at
    const activity = {
      user_agent: visit.user_agent,
      seconds_since_sent: sent ? (at.getTime() - sent.getTime()) / 1000 : null,
      method: visit.method,
      headers: visit.headers,
      network: networks.nameOf(visit.ip),
    }
    const judgement =
      visit.position === null
        ? judgeOpen(activity)
        : judgeClick({ ...activity, links_clicked_at_once: burst(visit.email_id, visit.position, at) })
    return { visit, message, judgement, at, url }
  }

  const run = async (visits: Visit[]): Promise<VisitOutcome[]> => {
    const ids = [...new Set(visits.map((visit) => visit.email_id))]
    const messages = await sql<MessageRow>`
      select e.id, e.workspace_id, e.campaign_id, e.campaign_lead_id, e.step, e.variant_label, e.sent_at, e.claimed_at,
        e.open_count + e.machine_open_count + e.click_count + e.machine_click_count as visits, w.clock_offset_ms, w.clock_frozen_at
      from emails e join workspaces w on w.id = e.workspace_id where e.id = any(${ids}::uuid[])`.execute(deps.db)
    const clicked = visits.filter((visit) => visit.position !== null).map((visit) => visit.email_id)
    const links = clicked.length
      ? await sql<LinkRow>`select email_id, position, original_url from email_links where email_id = any(${[...new Set(clicked)]}::uuid[])`.execute(
          deps.db,
        )
      : { rows: [] }
    const messageOf = new Map(messages.rows.map((row) => [row.id, row]))
    const urlOf = new Map(links.rows.map((row) => [`${row.email_id}:${row.position}`, row.original_url]))
    const judged: Judged[] = []
    const outcomes = visits.map((visit) => {
      const message = messageOf.get(visit.email_id)
      const url = visit.position === null ? null : (urlOf.get(`${visit.email_id}:${visit.position}`) ?? null)
      if (message && (visit.position === null || url !== null)) judged.push(judge(visit, message, url))
      return { url, known: Boolean(message) }
    })
    if (judged.length) await transaction(deps.db, (tx) => store(tx, judged))
    return outcomes
  }

  const batcher = createBatcher(run, { max: 250 })
  return { record: batcher.add, idle: batcher.idle }
}

const store = async (tx: Parameters<typeof recordEvents>[0], judged: Judged[]): Promise<void> => {
  const clicks = judged.filter(({ visit }) => visit.position !== null)
  const human = (items: Judged[]) => items.filter(({ judgement }) => !judgement.is_machine)
  const changes = [...sum(judged, ({ message }) => message.id)].map(([id, items]) => {
    const opened = items.filter(({ visit }) => visit.position === null)
    const followed = items.filter(({ visit }) => visit.position !== null)
    return {
      id,
      at: (items[0] as Judged).at,
      opens: human(opened).length,
      machine_opens: opened.length - human(opened).length,
      clicks: human(followed).length,
      machine_clicks: followed.length - human(followed).length,
    }
  })
  // Rows are taken in one order by everybody, so that two batches wait for each other instead of deadlocking.
  await sql`select id from emails where id = any(${changes.map(({ id }) => id)}::uuid[]) order by id for update`.execute(
    tx,
  )
  await sql`
    update emails e set
      open_count = e.open_count + c.opens, machine_open_count = e.machine_open_count + c.machine_opens,
      first_opened_at = case when c.opens > 0 then coalesce(e.first_opened_at, c.at) else e.first_opened_at end,
      click_count = e.click_count + c.clicks, machine_click_count = e.machine_click_count + c.machine_clicks,
      first_clicked_at = case when c.clicks > 0 then coalesce(e.first_clicked_at, c.at) else e.first_clicked_at end,
      last_clicked_at = case when c.clicks > 0 then c.at else e.last_clicked_at end,
      updated_at = c.at, ${settleByEvidence((judged[0] as Judged).at)}
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb)
      as c (id uuid, at timestamptz, opens int, machine_opens int, clicks int, machine_clicks int)
    where e.id = c.id`.execute(tx)
  if (clicks.length) {
    await storeLinkClicks(tx, clicks)
    await storeClicks(tx, clicks.flatMap(clickOf))
  }
  await recordEvents(tx, judged.flatMap(eventsOf))
}

const storeLinkClicks = async (tx: Parameters<typeof recordEvents>[0], clicks: Judged[]): Promise<void> => {
  const changes = [...sum(clicks, ({ visit }) => `${visit.email_id}:${visit.position}`).values()].map((items) => {
    const { visit, at } = items[0] as Judged
    const people = items.filter(({ judgement }) => !judgement.is_machine).length
    return {
      email_id: visit.email_id,
      position: visit.position,
      at,
      clicks: people,
      machine_clicks: items.length - people,
    }
  })
  await sql`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb)
        as c (email_id uuid, position smallint, at timestamptz, clicks int, machine_clicks int)
    ), links as (
      update email_links l set click_count = l.click_count + g.clicks, machine_click_count = l.machine_click_count + g.machine_clicks,
        first_clicked_at = case when g.clicks > 0 then coalesce(l.first_clicked_at, g.at) else l.first_clicked_at end,
        last_clicked_at = case when g.clicks > 0 then g.at else l.last_clicked_at end
      from given g where l.email_id = g.email_id and l.position = g.position
      returning l.email_id, l.original_url, g.clicks, (g.clicks > 0 and l.click_count = g.clicks) as is_first, g.at
    ), told as (
      -- A link may stand in a message twice and in every step; a lead counts for it once.
      select e.campaign_id, e.workspace_id, e.step, l.original_url, l.clicks, l.at,
        l.is_first and row_number() over (partition by e.campaign_lead_id, l.original_url order by l.is_first desc, e.step) = 1
          and not exists (
            select 1 from emails o join email_links k on k.email_id = o.id
            where o.campaign_lead_id = e.campaign_lead_id and k.original_url = l.original_url and k.first_clicked_at is not null
          ) as is_new
      from links l join emails e on e.id = l.email_id
      where e.campaign_id is not null and l.clicks > 0
    )
    insert into campaign_link_counts as k (campaign_id, workspace_id, step, url, total_clicks, unique_clicks, last_clicked_at)
    select campaign_id, workspace_id, step, original_url, sum(clicks), sum(is_new::int), max(at)
    from told
    group by campaign_id, workspace_id, step, original_url
    order by campaign_id, step, original_url
    on conflict (campaign_id, step, url) do update set total_clicks = k.total_clicks + excluded.total_clicks,
      unique_clicks = k.unique_clicks + excluded.unique_clicks, last_clicked_at = greatest(k.last_clicked_at, excluded.last_clicked_at)`.execute(
    tx,
  )
}

const clickOf = ({ visit, message, judgement, at }: Judged): ClickToStore[] =>
  visit.position === null || message.visits >= EVENTS_PER_MESSAGE
    ? []
    : [
        {
          email_id: message.id,
          workspace_id: message.workspace_id,
          position: visit.position,
          clicked_at: at,
          user_agent: visit.user_agent,
          ip_address: visit.ip,
          referer: [visit.headers.referer].flat()[0] ?? null,
          is_bot: judgement.is_machine,
          bot_reason: judgement.is_machine ? judgement.reason : null,
        },
      ]

const eventsOf = ({ visit, message, judgement, at, url }: Judged): NewEvent[] =>
  message.visits >= EVENTS_PER_MESSAGE
    ? []
    : [
        {
          workspace_id: message.workspace_id,
          campaign_id: message.campaign_id,
          campaign_lead_id: message.campaign_lead_id,
          email_id: message.id,
          event_type: visit.position === null ? 'opened' : 'clicked',
          step_index: message.step,
          variant_label: message.variant_label,
          url,
          metadata: {
            is_machine: judgement.is_machine,
            ...(judgement.reason ? { reason: judgement.reason } : {}),
            ...(visit.position === null ? {} : { position: visit.position }),
            user_agent: visit.user_agent?.slice(0, 300) ?? null,
            ip_address: visit.ip,
          },
          occurred_at: at,
        },
      ]
