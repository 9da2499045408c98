import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { receivingProvider } from '../../email-address.ts'
import { type LeadStatus, LIVE_LEAD_STATUSES, statusesEndedBy } from './lead-state.ts'
import { type EventType, recordEvents } from './record-events.ts'

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

type Stopped = { campaign_lead_id: string; campaign_id: string; email_domain: string | null; stop_company: boolean }

/** Takes back what is queued but not claimed for these leads; a claimed message is on the wire and cannot be called back. */
export const withdrawQueued = async (tx: Tx, campaignLeadIds: string[], now: Date): Promise<void> => {
  if (!campaignLeadIds.length) return
  await sql`delete from emails where campaign_lead_id = any(${campaignLeadIds}::uuid[]) and status = 'queued' and attempts = 0`.execute(
    tx,
  )
  await sql`
    update emails set status = 'cancelled', cancelled_at = ${now}, updated_at = ${now}
    where campaign_lead_id = any(${campaignLeadIds}::uuid[]) and status in ('queued', 'scheduled')`.execute(tx)
}

const stopOne = async (tx: Tx, request: StopRequest): Promise<Stopped[]> => {
  if (!request.campaign_lead_id) {
    // A message that no campaign sent has a timeline of its own.
    if (request.event.email_id)
      await recordEvents(tx, [
        {
          workspace_id: request.workspace_id,
          campaign_id: null,
          campaign_lead_id: null,
          email_id: request.event.email_id,
          event_type: request.event.type,
          metadata: { reason: request.reason, recipient: request.email ?? null, ...request.event.metadata },
          occurred_at: request.now,
        },
      ])
    return []
  }
  const stopped = await sql<Stopped>`
    update campaign_leads l
    set status = ${request.status}, stop_reason = ${request.reason}, next_action_at = null, last_action_at = ${request.now},
      last_event = ${request.event.type}, updated_at = ${request.now}
    from campaigns c
    where l.campaign_lead_id = ${request.campaign_lead_id} and l.workspace_id = ${request.workspace_id}
      and c.campaign_id = l.campaign_id and l.status = any(${statusesEndedBy(request.status)}::text[])
    returning l.campaign_lead_id, l.campaign_id, l.email_domain, c.stop_company_on_reply as stop_company`.execute(tx)
  const row = stopped.rows[0]
  const lead =
    row ??
    (
      await sql<Stopped>`select campaign_lead_id, campaign_id, email_domain, false as stop_company from campaign_leads where campaign_lead_id = ${request.campaign_lead_id} and workspace_id = ${request.workspace_id}`.execute(
        tx,
      )
    ).rows[0]
  // The timeline tells what happened even to a lead whose status it could no longer change.
  if (lead)
    await recordEvents(tx, [
      {
        workspace_id: request.workspace_id,
        campaign_id: lead.campaign_id,
        campaign_lead_id: lead.campaign_lead_id,
        email_id: request.event.email_id ?? null,
        event_type: request.event.type,
        step_index: request.event.step_index ?? null,
        variant_label: request.event.variant_label ?? null,
        metadata: { reason: request.reason, ...request.event.metadata },
        occurred_at: request.now,
      },
    ])
  return row ? [row] : []
}

const stopOthers = async (tx: Tx, request: StopRequest, where: ReturnType<typeof sql>): Promise<string[]> => {
  const others = await sql<{ campaign_lead_id: string; campaign_id: string }>`
    update campaign_leads
    set status = 'stopped', stop_reason = ${request.reason}, next_action_at = null, last_action_at = ${request.now},
      last_event = 'stopped', updated_at = ${request.now}
    where workspace_id = ${request.workspace_id} and ${where} and status = any(${LIVE_LEAD_STATUSES as string[]}::text[])
      and campaign_lead_id is distinct from ${request.campaign_lead_id ?? null}::uuid
    returning campaign_lead_id, campaign_id`.execute(tx)
  await recordEvents(
    tx,
    others.rows.map((row) => ({
      ...row,
      workspace_id: request.workspace_id,
      event_type: 'stopped',
      metadata: { reason: request.reason },
      occurred_at: request.now,
    })),
  )
  return others.rows.map((row) => row.campaign_lead_id)
}

/**
 * Stops whoever must not hear from us again (DOMAIN.md §4): the lead that the cause belongs to gets `status`; with
 * `everywhere` all other live leads of the address get `stopped`; after a human reply, where the campaign asks for it, so
 * does everybody at the same company domain, except at mailbox providers, where a shared domain says nothing. What was
 * queued is withdrawn. Safe to call twice. Returns the ids that changed.
 */
export const stopLeads = async (tx: Tx, request: StopRequest): Promise<string[]> => {
  const own = await stopOne(tx, request)
  const ids = own.map((row) => row.campaign_lead_id)
  if (request.everywhere && request.email) ids.push(...(await stopOthers(tx, request, sql`email = ${request.email}`)))
  const company = own[0]
  if (
    request.status === 'replied' &&
    company?.stop_company &&
    company.email_domain &&
    !isSharedDomain(company.email_domain)
  )
    ids.push(
      ...(await stopOthers(
        tx,
        { ...request, reason: 'somebody at the company replied' },
        sql`campaign_id = ${company.campaign_id} and email_domain = ${company.email_domain}`,
      )),
    )
  await withdrawQueued(tx, ids, request.now)
  return ids
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
 * still planned is touched, and a date earlier than its plan changes nothing. A queued message is taken back.
 */
export const postponeLead = async (tx: Tx, request: PostponeRequest): Promise<boolean> => {
  const queued = await sql<{ step: number }>`
    delete from emails where campaign_lead_id = ${request.campaign_lead_id} and status = 'queued' and attempts = 0 returning step`.execute(
    tx,
  )
  const changed = await sql<{ campaign_id: string }>`
    update campaign_leads
    set status = 'postponed', next_action_at = ${request.until}, last_event = 'postponed', updated_at = ${request.now}
    where campaign_lead_id = ${request.campaign_lead_id} and workspace_id = ${request.workspace_id}
      and status in ('active', 'postponed', 'unknown') and (next_action_at < ${request.until} or ${queued.rows.length > 0})
    returning campaign_id`.execute(tx)
  const row = changed.rows[0] ?? (await postponeText(tx, request))
  if (!row) return false
  await recordEvents(tx, [
    {
      workspace_id: request.workspace_id,
      campaign_id: row.campaign_id,
      campaign_lead_id: request.campaign_lead_id,
      email_id: request.email_id ?? null,
      event_type: 'postponed',
      metadata: { until: request.until.toISOString(), ...request.metadata },
      occurred_at: request.now,
    },
  ])
  return true
}

/** A lead whose text is being written or waits for a review has no date that the dispatcher sees; the one it will get moves. */
const postponeText = async (tx: Tx, request: PostponeRequest): Promise<{ campaign_id: string } | undefined> => {
  const changed = await sql<{ campaign_id: string }>`
    update campaign_leads set text_due_at = ${request.until}, last_event = 'postponed', updated_at = ${request.now}
    where campaign_lead_id = ${request.campaign_lead_id} and workspace_id = ${request.workspace_id}
      and status in ('active', 'postponed', 'unknown') and text_state is not null and text_due_at < ${request.until}
    returning campaign_id`.execute(tx)
  return changed.rows[0]
}
