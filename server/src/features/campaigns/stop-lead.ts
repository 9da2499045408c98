import { type RawBuilder, sql } from 'kysely'
import { givenRows } from '../../db/given-rows.ts'
import type { Tx } from '../../db/transaction.ts'
import { receivingProvider } from '../../email-address.ts'
import { type LeadStatus, LIVE_LEAD_STATUSES, statusesEndedBy } from './lead-state.ts'
import { type EventType, type NewEvent, recordEvents } from './record-events.ts'

export type StopStatus = Extract<
  LeadStatus,
  'replied' | 'bounced' | 'complained' | 'unsubscribed' | 'suppressed' | 'stopped'
>

export type StopRequest = {
  workspace_id: string
  /** The lead that the cause belongs to; it gets `status`. */
  campaign_lead_id?: string | null
  /** With `everywhere`, every live lead of this address in the workspace is stopped too. */
  email?: string | null
  everywhere: boolean
  status: StopStatus
  reason: string
  /** Event for the lead that the cause belongs to; others get `stopped`. */
  event: {
    type: EventType
    email_id?: string | null
    step_index?: number | null
    variant_label?: string | null
    metadata?: Record<string, unknown>
  }
  now: Date
}

type Stopped = {
  /** Which of the requests it is. */
  n: number
  campaign_id: string
  email_domain: string | null
  stop_company: boolean
  /** Whether its status changed; the timeline tells what happened even to a lead that had ended before. */
  is_changed: boolean
}

/** A lead that stopped, and when. */
type Withdrawal = { campaign_lead_id: string; now: Date }

/** Takes back what is queued but not claimed for these leads; a claimed message is on the wire and cannot be called back. */
export const withdrawQueued = (tx: Tx, campaignLeadIds: string[], now: Date): Promise<void> =>
  withdrawEach(
    tx,
    campaignLeadIds.map((campaign_lead_id) => ({ campaign_lead_id, now })),
  )

const withdrawEach = async (tx: Tx, leads: readonly Withdrawal[]): Promise<void> => {
  if (!leads.length) return
  const ids = leads.map(({ campaign_lead_id }) => campaign_lead_id)
  await sql`delete from emails where campaign_lead_id = any(${ids}::uuid[]) and status = 'queued' and attempts = 0`.execute(
    tx,
  )
  await sql`
    update emails e set status = 'cancelled', cancelled_at = g.now, updated_at = g.now
    from unnest(${ids}::uuid[], ${leads.map(({ now }) => now)}::timestamptz[]) as g (campaign_lead_id, now)
    where e.campaign_lead_id = g.campaign_lead_id and e.status in ('queued', 'scheduled')`.execute(tx)
}

/** The leads that the causes belong to, each locked in one order for all writers, so that two of them never deadlock. */
const stopOwn = async (tx: Tx, requests: readonly StopRequest[]): Promise<Stopped[]> => {
  const given = requests.flatMap((request, n) =>
    request.campaign_lead_id
      ? {
          n,
          campaign_lead_id: request.campaign_lead_id,
          workspace_id: request.workspace_id,
          status: request.status,
          ended: statusesEndedBy(request.status),
          reason: request.reason,
          event: request.event.type,
          now: request.now,
        }
      : [],
  )
  if (!given.length) return []
  const { rows } = await sql<Stopped>`
    with given as (
      ${givenRows(given, 'n integer, campaign_lead_id uuid, workspace_id uuid, status text, ended text[], reason text, event text, now timestamptz')}
    ), locked as (
      select l.campaign_lead_id from campaign_leads l join given g on g.campaign_lead_id = l.campaign_lead_id and g.workspace_id = l.workspace_id
      order by l.campaign_lead_id for no key update of l
    ), stopped as (
      update campaign_leads l
      set status = g.status, stop_reason = g.reason, next_action_at = null, last_action_at = g.now, last_event = g.event, updated_at = g.now
      from given g join locked o on o.campaign_lead_id = g.campaign_lead_id
      where l.campaign_lead_id = g.campaign_lead_id and l.status = any(g.ended)
      returning l.campaign_lead_id
    )
    select g.n, l.campaign_id, l.email_domain, c.stop_company_on_reply as stop_company, s.campaign_lead_id is not null as is_changed
    from given g
    join campaign_leads l on l.campaign_lead_id = g.campaign_lead_id and l.workspace_id = g.workspace_id
    left join campaigns c on c.campaign_id = l.campaign_id
    left join stopped s on s.campaign_lead_id = l.campaign_lead_id
    order by g.n`.execute(tx)
  return rows
}

type Other = { campaign_lead_id: string; campaign_id: string; n: number }

/** Other live leads that stop for the same cause: those that `where` finds for a request `g`. */
const stopOthers = async (
  tx: Tx,
  requests: readonly StopRequest[],
  of: readonly { n: number; reason: string; email?: string; campaign_id?: string; email_domain?: string }[],
  where: RawBuilder<unknown>,
): Promise<{ stopped: Withdrawal[]; events: NewEvent[] }> => {
  if (!of.length) return { stopped: [], events: [] }
  const given = of.map((one) => {
    const { workspace_id, campaign_lead_id, now } = requests[one.n] as StopRequest
    return { ...one, workspace_id, own: campaign_lead_id ?? null, now }
  })
  const { rows } = await sql<Other>`
    with given as (
      ${givenRows(given, 'n integer, reason text, email text, campaign_id uuid, email_domain text, workspace_id uuid, own uuid, now timestamptz')}
    ), others as (
      select l.campaign_lead_id, g.n, g.reason, g.now from campaign_leads l join given g on l.workspace_id = g.workspace_id and ${where}
      where l.status = any(${LIVE_LEAD_STATUSES as string[]}::text[]) and l.campaign_lead_id is distinct from g.own
      order by l.campaign_lead_id for no key update of l
    )
    update campaign_leads l
    set status = 'stopped', stop_reason = o.reason, next_action_at = null, last_action_at = o.now, last_event = 'stopped', updated_at = o.now
    from others o where l.campaign_lead_id = o.campaign_lead_id
    returning l.campaign_lead_id, l.campaign_id, o.n`.execute(tx)
  return {
    stopped: rows.map(({ campaign_lead_id, n }) => ({ campaign_lead_id, now: (requests[n] as StopRequest).now })),
    events: rows.map(({ n, campaign_lead_id, campaign_id }) => ({
      workspace_id: (requests[n] as StopRequest).workspace_id,
      campaign_id,
      campaign_lead_id,
      event_type: 'stopped',
      metadata: { reason: (of.find((one) => one.n === n) as { reason: string }).reason },
      occurred_at: (requests[n] as StopRequest).now,
    })),
  }
}

/** The event of a cause in the timeline of its lead; where a message has no lead, in that of the message. */
const eventOfCause = (request: StopRequest, lead: Stopped | undefined): NewEvent | null => {
  const { event, workspace_id, reason, now } = request
  if (request.campaign_lead_id)
    return lead
      ? {
          workspace_id,
          campaign_id: lead.campaign_id,
          campaign_lead_id: request.campaign_lead_id,
          email_id: event.email_id ?? null,
          event_type: event.type,
          step_index: event.step_index ?? null,
          variant_label: event.variant_label ?? null,
          metadata: { reason, ...event.metadata },
          occurred_at: now,
        }
      : null
  if (!event.email_id) return null
  return {
    workspace_id,
    campaign_id: null,
    campaign_lead_id: null,
    email_id: event.email_id,
    event_type: event.type,
    metadata: { reason, recipient: request.email ?? null, ...event.metadata },
    occurred_at: now,
  }
}

/**
 * Stops whoever must not hear from us again (DOMAIN.md §4): the lead that the cause belongs to gets `status`; with
 * `everywhere` all other live leads of the address get `stopped`; after a human reply, where the campaign asks for it, so
 * does everybody at the same company domain, except at mailbox providers, where a shared domain says nothing. What was
 * queued is withdrawn. Safe to call twice. Returns the ids that changed.
 */
export const stopLeads = (tx: Tx, request: StopRequest): Promise<string[]> => stopLeadsTogether(tx, [request])

/** The same for several causes at once. No two of them may speak of the same lead or the same address. */
export const stopLeadsTogether = async (tx: Tx, requests: readonly StopRequest[]): Promise<string[]> => {
  const own = await stopOwn(tx, requests)
  const everywhere = await stopOthers(
    tx,
    requests,
    requests.flatMap(({ everywhere, email, reason }, n) => (everywhere && email ? { n, email, reason } : [])),
    sql`l.email = g.email`,
  )
  // Two people of one company who answer at the same time stop the rest of it once.
  const companies = new Map<string, { n: number; reason: string; campaign_id: string; email_domain: string }>()
  for (const { n, campaign_id, email_domain, stop_company, is_changed } of own)
    if (
      is_changed &&
      stop_company &&
      email_domain &&
      requests[n]?.status === 'replied' &&
      !isSharedDomain(email_domain)
    )
      companies.set(`${campaign_id} ${email_domain}`, {
        n,
        campaign_id,
        email_domain,
        reason: 'somebody at the company replied',
      })
  const colleagues = await stopOthers(
    tx,
    requests,
    [...companies.values()],
    sql`l.campaign_id = g.campaign_id and l.email_domain = g.email_domain`,
  )
  const lead = new Map(own.map((one) => [one.n, one]))
  await recordEvents(tx, [
    ...requests.flatMap((request, n) => eventOfCause(request, lead.get(n)) ?? []),
    ...everywhere.events,
    ...colleagues.events,
  ])
  const stopped = [
    ...own.flatMap(({ n, is_changed }) => {
      const { campaign_lead_id, now } = requests[n] as StopRequest
      return is_changed && campaign_lead_id ? { campaign_lead_id, now } : []
    }),
    ...everywhere.stopped,
    ...colleagues.stopped,
  ]
  await withdrawEach(tx, stopped)
  return stopped.map(({ campaign_lead_id }) => campaign_lead_id)
}

/** A domain whose mailboxes belong to people who have nothing to do with each other. */
const isSharedDomain = (domain: string): boolean => receivingProvider(domain) !== domain

export type PostponeRequest = {
  workspace_id: string
  campaign_lead_id: string
  until: Date
  email_id?: string | null
  metadata?: Record<string, unknown>
  now: Date
}

/**
 * An out-of-office reply does not stop the sequence: the next step waits until the return date. Only a lead with a step
 * still planned is touched, and a date earlier than its plan changes nothing. A queued message is taken back. No two
 * requests may speak of the same lead.
 */
export const postponeLeads = async (tx: Tx, requests: readonly PostponeRequest[]): Promise<void> => {
  if (!requests.length) return
  const given = requests.map(({ workspace_id, campaign_lead_id, until, now }) => ({
    workspace_id,
    campaign_lead_id,
    until,
    now,
  }))
  const withdrawn = await sql<{ campaign_lead_id: string }>`
    delete from emails where campaign_lead_id = any(${given.map(({ campaign_lead_id }) => campaign_lead_id)}::uuid[])
      and status = 'queued' and attempts = 0 returning campaign_lead_id`.execute(tx)
  const changed = await sql<{ campaign_lead_id: string; campaign_id: string }>`
    with given as (
      ${givenRows(given, 'workspace_id uuid, campaign_lead_id uuid, until timestamptz, now timestamptz')}
    ), locked as (
      select l.campaign_lead_id from campaign_leads l join given g on g.campaign_lead_id = l.campaign_lead_id and g.workspace_id = l.workspace_id
      order by l.campaign_lead_id for no key update of l
    )
    update campaign_leads l
    set status = 'postponed', next_action_at = g.until, last_event = 'postponed', updated_at = g.now
    from given g join locked o on o.campaign_lead_id = g.campaign_lead_id
    where l.campaign_lead_id = g.campaign_lead_id and l.status in ('active', 'postponed', 'unknown')
      and (l.next_action_at < g.until or l.campaign_lead_id = any(${withdrawn.rows.map((row) => row.campaign_lead_id)}::uuid[]))
    returning l.campaign_lead_id, l.campaign_id`.execute(tx)
  const waiting = await postponeTexts(tx, given)
  const campaigns = new Map([...changed.rows, ...waiting].map((row) => [row.campaign_lead_id, row.campaign_id]))
  await recordEvents(
    tx,
    requests.flatMap((request) => {
      const campaign_id = campaigns.get(request.campaign_lead_id)
      return campaign_id
        ? {
            workspace_id: request.workspace_id,
            campaign_id,
            campaign_lead_id: request.campaign_lead_id,
            email_id: request.email_id ?? null,
            event_type: 'postponed' as const,
            metadata: { until: request.until.toISOString(), ...request.metadata },
            occurred_at: request.now,
          }
        : []
    }),
  )
}

/**
 * A lead whose text is being written or waits for a review has no date that the dispatcher sees; the one it will get moves.
 * Where the date of its plan moved as well, the lead is named twice, which its event does not mind.
 */
const postponeTexts = async (
  tx: Tx,
  given: readonly Pick<PostponeRequest, 'workspace_id' | 'campaign_lead_id' | 'until' | 'now'>[],
): Promise<{ campaign_lead_id: string; campaign_id: string }[]> => {
  const { rows } = await sql<{ campaign_lead_id: string; campaign_id: string }>`
    with given as (
      ${givenRows(given, 'workspace_id uuid, campaign_lead_id uuid, until timestamptz, now timestamptz')}
    ), locked as (
      select l.campaign_lead_id from campaign_leads l join given g on g.campaign_lead_id = l.campaign_lead_id and g.workspace_id = l.workspace_id
      where l.text_state is not null order by l.campaign_lead_id for no key update of l
    )
    update campaign_leads l set text_due_at = g.until, last_event = 'postponed', updated_at = g.now
    from given g join locked o on o.campaign_lead_id = g.campaign_lead_id
    where l.campaign_lead_id = g.campaign_lead_id and l.status in ('active', 'postponed', 'unknown')
      and l.text_state is not null and l.text_due_at < g.until
    returning l.campaign_lead_id, l.campaign_id`.execute(tx)
  return rows
}
