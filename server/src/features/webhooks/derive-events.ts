import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { readDevice } from '../emails/store-clicks.ts'
import { linkId } from '../mail-messages/link-id.ts'
import { bounceSubType } from '../mail-messages/message-activity.ts'
import type { PublishedEventType } from './event-types.ts'

export type OutboxRow = {
  id: number
  workspace_id: string
  source: 'timeline' | 'lead' | 'campaign' | 'inbound' | 'direct'
  event_type: string
  subject_id: string
  occurred_at: Date
  /** To the microsecond, as the timeline's key needs it. */
  occurred_at_text: string
  details: Record<string, unknown> | null
}

export type DerivedEvent = {
  event_id: string
  event_type: PublishedEventType
  occurred_at: Date
  data: Record<string, unknown>
}

type Told = { type: PublishedEventType; data: Record<string, unknown> }

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const instantOf = (value: unknown): string | null => {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}

type TimelineRow = {
  event_id: string
  event_type: string
  occurred_at: Date
  campaign_id: string | null
  campaign_lead_id: string | null
  email_id: string | null
  step_index: number | null
  variant_label: string | null
  subject: string | null
  url: string | null
  metadata: Record<string, unknown>
  alias_id: string | null
  domain_id: string | null
  from_email: string | null
  to_email: string | null
  to_emails: string[] | null
  message_id: string | null
  email_error: string | null
  email_subject: string | null
  body_preview: string | null
  anchor_text: string | null
  lead_email: string | null
  campaign_name: string | null
  seen: number
  seen_here: number
}

const PREVIEW = 200

/**
 * Reads timeline events with the rows they tell about. How often a message had been opened or clicked by then is counted in
 * the timeline itself, so that a later visit never changes what is said of an earlier one.
 */
const readTimeline = async (tx: Tx, rows: OutboxRow[]): Promise<Map<string, TimelineRow>> => {
  const found = await sql<TimelineRow>`
    select v.event_id, v.event_type, v.occurred_at, v.campaign_id, v.campaign_lead_id, v.email_id, v.step_index, v.variant_label, v.subject, v.url, v.metadata,
      e.alias_id, e.domain_id, e.from_email, e.to_email, coalesce(e.to_emails, array_remove(array[e.to_email], null)) as to_emails, e.message_id, e.error_message as email_error, c.subject as email_subject,
      left(c.body_text, ${PREVIEW}) as body_preview, k.anchor_text, l.email as lead_email, p.name as campaign_name, s.seen, s.seen_here
    from unnest(${rows.map((row) => row.subject_id)}::uuid[], ${rows.map((row) => row.occurred_at_text)}::timestamptz[]) as t (event_id, occurred_at)
    cross join lateral (select * from events x where x.occurred_at = t.occurred_at and x.event_id = t.event_id) v
    left join emails e on e.id = v.email_id
    left join email_contents c on c.email_id = v.email_id
    left join email_links k on k.email_id = v.email_id and v.event_type = 'clicked' and k.position = (v.metadata ->> 'position')::smallint
    left join campaign_leads l on l.campaign_lead_id = v.campaign_lead_id
    left join campaigns p on p.campaign_id = v.campaign_id
    left join lateral (
      select count(*)::int as seen, (count(*) filter (where o.metadata ->> 'position' is not distinct from v.metadata ->> 'position'))::int as seen_here
      from events o
      where v.event_type in ('opened', 'clicked') and o.email_id = v.email_id and o.event_type = v.event_type
        and coalesce(o.metadata ->> 'is_machine', 'false') = 'false' and (o.occurred_at, o.event_id) <= (v.occurred_at, v.event_id)
    ) s on true`.execute(tx)
  return new Map(found.rows.map((row) => [row.event_id, row]))
}

const ofMessage = (row: TimelineRow): Record<string, unknown> => ({
  email_id: row.email_id,
  alias_id: row.alias_id,
  domain_id: row.domain_id,
  from_email: row.from_email,
  to_email: textOf(row.metadata.recipient) ?? row.to_email,
  inbox_id: row.alias_id,
  to_emails: row.to_emails ?? [],
  subject: row.subject ?? row.email_subject,
  campaign_id: row.campaign_id,
  campaign_lead_id: row.campaign_lead_id,
  step: row.step_index,
  variant_label: row.variant_label,
})

const ofLead = (row: TimelineRow): Record<string, unknown> => ({
  campaign_id: row.campaign_id,
  campaign_name: row.campaign_name,
  campaign_lead_id: row.campaign_lead_id,
  email: row.lead_email,
  email_id: row.email_id,
  step: row.step_index,
  reason: textOf(row.metadata.reason),
})

const diagnosticOf = (metadata: Record<string, unknown>): string | null =>
  textOf(metadata.diagnostic) ?? textOf(metadata.text)
const feedbackOf = (metadata: Record<string, unknown>): string => textOf(metadata.feedback_type) ?? 'abuse'

const tellMessage = (row: TimelineRow): Told | null => {
  const { metadata } = row
  const base = ofMessage(row)
  const at = row.occurred_at.toISOString()
  const said =
    textOf(metadata.message) ??
    textOf(metadata.diagnostic) ??
    textOf(metadata.text) ??
    textOf(metadata.meaning) ??
    textOf(metadata.reason)
  const is_bot = metadata.is_machine === true
  const about = textOf(metadata.recipient) ?? row.to_email
  // By what name and in what shape the clients from 1.0 on read the same things.
  const feedback = { recipients: about === null ? [] : [about], occurred_at: at }
  const visit = { observation_id: row.event_id, occurred_at: at, user_agent: textOf(metadata.user_agent) }
  const bot = { ...visit, is_bot, bot_reason: is_bot ? textOf(metadata.reason) : null }
  const answer = { inbound_email_id: textOf(metadata.inbound_email_id), replied_at: at }
  switch (row.event_type) {
    case 'sent':
      return {
        type: 'email.outbound.sent',
        data: {
          ...base,
          sent_at: at,
          provider_message_id: row.message_id,
          ses_message_id: row.message_id,
          completion_source: 'provider',
          body_preview: row.body_preview,
          verdict: textOf(metadata.verdict) ?? 'accepted',
        },
      }
    case 'delivered':
      return {
        type: 'email.outbound.delivered',
        data: { ...base, ...feedback, delivered_at: at, provider_message_id: row.message_id },
      }
    case 'failed':
      return {
        type: 'email.outbound.failed',
        data: {
          ...base,
          error_message: said ?? row.email_error,
          reason: textOf(metadata.reason),
          failure_category: textOf(metadata.reason) ?? 'unknown',
          failed_at: at,
        },
      }
    case 'opened':
      return {
        type: 'email.outbound.opened',
        data: { ...base, ...bot, is_first_open: !is_bot && row.seen === 1, open_count: row.seen, opened_at: at },
      }
    case 'clicked': {
      const position = typeof metadata.position === 'number' ? metadata.position : null
      const link_id = position === null ? null : linkId(row.email_id as string, position)
      // A message has one reader.
      const unique_click_count = Math.min(1, row.seen_here)
      return {
        type: 'email.outbound.clicked',
        data: {
          ...base,
          ...bot,
          link_id,
          link_url: row.url,
          original_url: row.url,
          position,
          anchor_text: row.anchor_text,
          is_first_click: !is_bot && row.seen_here === 1,
          link_click_count: row.seen_here,
          link_unique_click_count: unique_click_count,
          email_click_count: row.seen,
          click_count: row.seen,
          link: {
            tracked_link_id: link_id,
            link_id,
            original_url: row.url,
            click_count: row.seen_here,
            unique_click_count,
          },
          ...readDevice(textOf(metadata.user_agent)),
          clicked_at: at,
        },
      }
    }
    case 'scheduled':
      return {
        type: 'email.outbound.scheduled',
        data: {
          ...base,
          send_at: textOf(metadata.send_at),
          send_at_timezone: textOf(metadata.send_at_timezone),
          send_at_utc: instantOf(metadata.send_at_utc),
          scheduled_at: instantOf(metadata.send_at_utc),
          scheduled_timezone: textOf(metadata.send_at_timezone),
        },
      }
    case 'cancelled':
      return { type: 'email.outbound.cancelled', data: { ...base, cancelled_at: at } }
    case 'bounced':
      return {
        type: 'email.outbound.bounced',
        data: {
          ...base,
          ...feedback,
          bounced_at: at,
          bounce_type: metadata.kind === 'hard' ? 'Permanent' : 'Transient',
          bounce_sub_type: bounceSubType(metadata.reason),
          reason: textOf(metadata.reason),
          diagnostic: diagnosticOf(metadata),
        },
      }
    case 'complained':
      return {
        type: 'email.outbound.complained',
        data: { ...base, ...feedback, complained_at: at, complaint_feedback_type: feedbackOf(metadata) },
      }
    case 'deferred':
      return {
        type: 'email.outbound.deferred',
        data: {
          ...base,
          reason: textOf(metadata.reason) ?? textOf(metadata.because),
          error_message: said ?? textOf(metadata.because),
          retry_at: instantOf(metadata.retry_at),
          deferred_at: at,
        },
      }
    case 'replied':
      return { type: 'email.outbound.replied', data: { ...base, ...answer, matched_by: textOf(metadata.matched_by) } }
    case 'auto_replied':
      return {
        type: 'email.outbound.auto_replied',
        data: { ...base, ...answer, kind: textOf(metadata.kind), return_date: textOf(metadata.return_date) },
      }
    case 'unsubscribed':
      return { type: 'email.outbound.unsubscribed', data: { ...base, via: textOf(metadata.via), unsubscribed_at: at } }
    default:
      return null
  }
}

const tellLead = (row: TimelineRow): Told | null => {
  const { metadata } = row
  const base = ofLead(row)
  const inbound_email_id = textOf(metadata.inbound_email_id)
  switch (row.event_type) {
    case 'replied':
      return { type: 'lead.replied', data: { ...base, inbound_email_id, matched_by: textOf(metadata.matched_by) } }
    case 'auto_replied':
      return {
        type: 'lead.auto_replied',
        data: { ...base, inbound_email_id, kind: textOf(metadata.kind), return_date: textOf(metadata.return_date) },
      }
    case 'bounced':
      // A mailbox that is full today ends nothing.
      return metadata.kind === 'hard'
        ? { type: 'lead.bounced', data: { ...base, diagnostic: diagnosticOf(metadata) } }
        : null
    case 'complained':
      return { type: 'lead.complained', data: { ...base, complaint_feedback_type: feedbackOf(metadata) } }
    case 'unsubscribed':
      return { type: 'lead.unsubscribed', data: { ...base, via: textOf(metadata.via) } }
    case 'postponed':
      return { type: 'lead.postponed', data: { ...base, until: instantOf(metadata.until) } }
    case 'stopped':
      return { type: 'lead.stopped', data: base }
    default:
      return null
  }
}

/** A timeline event with a message tells of the message, one with a lead of the lead, and one with both of both. */
const tellTimeline = (row: TimelineRow): Told[] =>
  [row.email_id ? tellMessage(row) : null, row.campaign_lead_id && row.campaign_id ? tellLead(row) : null].filter(
    (told) => told !== null,
  )

const tellLeads = async (tx: Tx, rows: OutboxRow[]): Promise<Map<string, Record<string, unknown>>> => {
  const found = await sql<{ campaign_lead_id: string; email: string | null; campaign_name: string }>`
    select l.campaign_lead_id, l.email, c.name as campaign_name from campaign_leads l join campaigns c on c.campaign_id = l.campaign_id
    where l.campaign_lead_id = any(${rows.map((row) => row.subject_id)}::uuid[])`.execute(tx)
  const known = new Map(found.rows.map((row) => [row.campaign_lead_id, row]))
  return new Map(
    rows.map(({ subject_id, details }) => [
      subject_id,
      {
        campaign_id: details?.campaign_id,
        campaign_name: known.get(subject_id)?.campaign_name ?? null,
        campaign_lead_id: subject_id,
        email: known.get(subject_id)?.email ?? null,
        email_id: null,
        step: details?.step ?? null,
        reason: null,
      },
    ]),
  )
}

type InboundRow = Record<string, unknown> & { email_id: string }

const tellInbound = async (tx: Tx, rows: OutboxRow[]): Promise<Map<string, Record<string, unknown>>> => {
  const found = await sql<InboundRow & { received_at: Date }>`
    select i.id as email_id, i.alias_id, i.domain_id, i.from_email, i.from_name, i.to_email as alias, i.to_email, i.to_email as inbox_address, i.alias_id as inbox_id, i.subject,
      jsonb_array_length(i.attachments) as attachment_count, i.body_html is not null as has_html, left(coalesce(i.reply_text, i.body_text), ${PREVIEW}) as body_preview,
      i.received_at, i.conversation_id, i.kind, i.email_id as answers_email_id, i.campaign_id, i.campaign_lead_id
    from inbound_emails i where i.id = any(${rows.map((row) => row.subject_id)}::uuid[])`.execute(tx)
  return new Map(found.rows.map((row) => [row.email_id, { ...row, received_at: row.received_at.toISOString() }]))
}

/** Null for a change of state that is not told, such as the first message of a scheduled campaign. */
const campaignEvent = (details: Record<string, unknown>): PublishedEventType | null => {
  const { status, previous_status: before } = details
  if (status === 'paused' || status === 'completed' || status === 'failed') return `campaign.${status}`
  if (before === 'paused' && (status === 'active' || status === 'scheduled' || status === 'draining'))
    return 'campaign.resumed'
  return (before === 'launching' || before === 'draft') && (status === 'active' || status === 'scheduled')
    ? 'campaign.launched'
    : null
}

/**
 * What customers read of captured changes, in the order given. One change makes none, one or two events. A received message
 * that is deleted already is not told any more.
 */
export const deriveEvents = async (tx: Tx, rows: OutboxRow[]): Promise<DerivedEvent[]> => {
  const of = (source: OutboxRow['source']): OutboxRow[] => rows.filter((row) => row.source === source)
  const [timelineRows, leadRows, inboundRows] = [of('timeline'), of('lead'), of('inbound')]
  const timeline = timelineRows.length ? await readTimeline(tx, timelineRows) : new Map<string, TimelineRow>()
  const leads = leadRows.length ? await tellLeads(tx, leadRows) : new Map<string, Record<string, unknown>>()
  const inbound = inboundRows.length ? await tellInbound(tx, inboundRows) : new Map<string, Record<string, unknown>>()

  const tell = (row: OutboxRow): Told[] => {
    switch (row.source) {
      case 'timeline': {
        const found = timeline.get(row.subject_id)
        return found ? tellTimeline(found) : []
      }
      case 'lead':
        return [{ type: 'lead.completed', data: leads.get(row.subject_id) ?? {} }]
      case 'inbound': {
        const data = inbound.get(row.subject_id)
        return data ? [{ type: 'email.inbound.received', data }] : []
      }
      case 'campaign': {
        const type = campaignEvent(row.details ?? {})
        return type ? [{ type, data: { campaign_id: row.subject_id, ...row.details } }] : []
      }
      case 'direct':
        return [{ type: row.event_type as PublishedEventType, data: row.details ?? {} }]
    }
  }
  return rows.flatMap((row) =>
    tell(row).map(({ type, data }, at) => ({
      // The first keeps the timeline's own id, by which the API lists it.
      event_id: row.source === 'timeline' && at === 0 ? row.subject_id : newId(),
      event_type: type,
      occurred_at: row.occurred_at,
      data,
    })),
  )
}
