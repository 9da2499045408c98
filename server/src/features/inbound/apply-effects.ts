import { sql } from 'kysely'
import { bounceReasons } from '../../bounce-reason.ts'
import type { Tx } from '../../db/transaction.ts'
import { pauseIfUnhealthy } from '../campaigns/auto-pause-campaign.ts'
import { type EventType, recordEvents } from '../campaigns/record-events.ts'
import { postponeLead, stopLeads } from '../campaigns/stop-lead.ts'
import { settleByEvidence } from '../emails/delivery-evidence.ts'
import { unsubscribeRecipient } from '../emails/unsubscribe-recipient.ts'
import { bounceRecipients, recordComplaint } from '../mail-messages/bounce-recipients.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { suppressAddress } from '../suppression/suppress.ts'
import type { AutoReply } from './auto-reply.ts'
import type { BounceReport } from './bounce-report.ts'
import type { MessageClass } from './classify-message.ts'
import type { Complaint } from './feedback-report.ts'
import type { Match, MatchedEmail } from './match-message.ts'
import { reportForRecipient } from './report-for-recipient.ts'

export type Effect = { inbound_email_id: string; match: Match; found: MessageClass; now: Date }

const DAY_MS = 86_400_000

/** Whether a signed token named the message: the only proof on which anything is suppressed. */
export const isProven = (match: Match): boolean => match.by === 'envelope_token' || match.by === 'reference_token'

const eventOf = (type: EventType, { inbound_email_id, match }: Effect, metadata: Record<string, unknown> = {}) => ({
  type,
  email_id: match.email.id,
  step_index: match.email.step,
  variant_label: match.email.variant_label,
  metadata: { inbound_email_id, matched_by: match.by, ...metadata },
})

const recordOnly = (tx: Tx, effect: Effect, type: EventType, metadata: Record<string, unknown>): Promise<void> => {
  const { email } = effect.match
  const { type: event_type, ...event } = eventOf(type, effect, metadata)
  return recordEvents(tx, [
    {
      workspace_id: email.workspace_id,
      campaign_id: email.campaign_id,
      campaign_lead_id: email.campaign_lead_id,
      event_type,
      ...event,
      occurred_at: effect.now,
    },
  ])
}

const settle = async (tx: Tx, email: MatchedEmail, now: Date): Promise<void> => {
  await sql`update emails e set updated_at = ${now}, ${settleByEvidence(now)} where id = ${email.id} and verdict = 'unknown'`.execute(
    tx,
  )
}

const stop = (
  tx: Tx,
  effect: Effect,
  request: Pick<Parameters<typeof stopLeads>[1], 'status' | 'reason' | 'everywhere' | 'event'>,
) => {
  const { email } = effect.match
  return stopLeads(tx, {
    workspace_id: email.workspace_id,
    campaign_lead_id: email.campaign_lead_id,
    email: email.to_email.toLowerCase(),
    now: effect.now,
    ...request,
  })
}

const humanReply = async (tx: Tx, effect: Effect): Promise<void> => {
  const { match, now } = effect
  const event = eventOf('replied', effect)
  // Matched by address alone it may answer something else: it stops that lead, and no figure moves.
  if (match.by === 'address') {
    await stop(tx, effect, { status: 'replied', reason: 'the address wrote to us', everywhere: false, event })
    return
  }
  await sql`
    update emails e set replied_at = coalesce(replied_at, ${now}), updated_at = ${now}, ${settleByEvidence(now)} where id = ${match.email.id}`.execute(
    tx,
  )
  await stop(tx, effect, { status: 'replied', reason: 'replied', everywhere: true, event })
}

const autoReply = async (tx: Tx, effect: Effect, reply: AutoReply): Promise<void> => {
  const { match, now } = effect
  await recordOnly(tx, effect, 'auto_replied', {
    kind: reply.kind,
    because: reply.because,
    ...(reply.return_date ? { return_date: reply.return_date } : {}),
  })
  if (match.by === 'address') return
  await settle(tx, match.email, now)
  const { campaign_lead_id, workspace_id } = match.email
  if (!reply.return_date || !campaign_lead_id) return
  const lead = await sql<{
    zone: string
  }>`
    select coalesce(nullif(l.zone, ''), c.timezone) as zone from campaign_leads l join campaigns c on c.campaign_id = l.campaign_id
    where l.campaign_lead_id = ${campaign_lead_id}`.execute(tx)
  const zone = lead.rows[0]?.zone
  if (!zone) return
  const until = new Date(Temporal.PlainDate.from(reply.return_date).toZonedDateTime(zone).epochMilliseconds)
  if (until <= now) return
  await postponeLead(tx, {
    workspace_id,
    campaign_lead_id,
    until,
    email_id: match.email.id,
    metadata: { return_date: reply.return_date },
    now,
  })
}

const bounce = async (tx: Tx, effect: Effect, reports: BounceReport[]): Promise<void> => {
  const { match, now } = effect
  const { email } = match
  if (!isProven(match)) return
  const composed = await bounceRecipients(tx, {
    email,
    is_of_one: match.by === 'envelope_token',
    reports,
    metadata: { inbound_email_id: effect.inbound_email_id, matched_by: match.by },
    now,
  })
  if (composed) {
    for (const one of composed) if (bounceReasons[one.reason].blames === 'sender') await alertSender(tx, effect, one)
    return
  }
  const report = reportForRecipient(reports, email.to_email)
  if (!report) return
  const { kind, reason } = report
  // A message bounces once; only a harder verdict about the same message replaces a softer one.
  const changed = await sql`
    update emails e set updated_at = ${now}, ${settleByEvidence(now)}
    where id = ${email.id} and (bounced_at is null or (bounce_kind = 'soft' and ${kind} = 'hard'))`.execute(tx)
  if (!changed.numAffectedRows) return
  await sql`
    update emails set bounced_at = coalesce(bounced_at, ${now}), bounce_kind = ${kind}, bounce_reason = ${reason},
      status = case when status in ('sent', 'delivered') then 'bounced' else status end,
      smtp_enhanced = coalesce(${report.status}, smtp_enhanced), error_message = ${report.diagnostic.replaceAll('\0', '').slice(0, 1000) || null}
    where id = ${email.id}`.execute(tx)
  const facts = bounceReasons[reason]
  const metadata = {
    kind,
    reason,
    meaning: facts.meaning,
    status: report.status,
    diagnostic: report.diagnostic.slice(0, 1000),
  }
  if (kind === 'hard') {
    if (facts.suppress)
      await suppressAddress(tx, {
        workspace_id: email.workspace_id,
        email: email.to_email,
        reason: 'bounced',
        source: `bounce:${reason}`,
        campaign_id: email.campaign_id,
        now,
      })
    await stop(tx, effect, {
      status: 'bounced',
      reason,
      everywhere: facts.suppress,
      event: eventOf('bounced', effect, metadata),
    })
  } else await recordOnly(tx, effect, 'bounced', metadata)
  if (facts.blames === 'sender') await alertSender(tx, effect, report)
  if (email.campaign_id) await pauseIfUnhealthy(tx, { campaign_id: email.campaign_id, now })
}

/** The receiving side blames us: one alert a day for each sending domain and reason, however many reports come. */
const alertSender = async (tx: Tx, { match: { email }, now }: Effect, report: BounceReport): Promise<void> => {
  const known = await sql`
    select 1 from alerts where workspace_id = ${email.workspace_id} and alert_type = 'system' and metadata ->> 'cause' = 'sender_blamed' and created_at > ${new Date(now.getTime() - DAY_MS)}
      and metadata ->> 'reason' = ${report.reason} and metadata ->> 'domain_id' = ${email.domain_id} limit 1`.execute(
    tx,
  )
  if (known.rows.length) return
  await raiseAlert(tx, {
    workspace_id: email.workspace_id,
    alert_type: 'system',
    severity: 'warning',
    title: `Mail from ${email.from_email} is being refused`,
    message: `${bounceReasons[report.reason].meaning} A receiving server said: ${report.diagnostic.slice(0, 300)}`,
    metadata: {
      cause: 'sender_blamed',
      reason: report.reason,
      domain_id: email.domain_id,
      email_id: email.id,
      campaign_id: email.campaign_id,
    },
    now,
  })
}

const complaint = async (tx: Tx, effect: Effect, report: Complaint): Promise<void> => {
  const { match, now } = effect
  const { email } = match
  if (!isProven(match)) return
  const isNews = await recordComplaint(tx, email.id, email.to_email, now)
  const changed = await sql`
    update emails e set complained_at = ${now}, updated_at = ${now}, ${settleByEvidence(now)} where id = ${email.id} and complained_at is null`.execute(
    tx,
  )
  if (!changed.numAffectedRows && !isNews) return
  await suppressAddress(tx, {
    workspace_id: email.workspace_id,
    email: email.to_email,
    reason: 'complained',
    source: 'complaint',
    campaign_id: email.campaign_id,
    now,
  })
  const event = eventOf('complained', effect, { feedback_type: report.feedback_type, user_agent: report.user_agent })
  await stop(tx, effect, { status: 'complained', reason: 'complained', everywhere: true, event })
  if (email.campaign_id) await pauseIfUnhealthy(tx, { campaign_id: email.campaign_id, now })
}

const unsubscribe = async (tx: Tx, effect: Effect): Promise<void> => {
  const { match, now } = effect
  const { email } = match
  if (isProven(match)) {
    await unsubscribeRecipient(tx, {
      workspace_id: email.workspace_id,
      email_id: email.id,
      email: email.to_email.toLowerCase(),
      via: 'mail',
      now,
    })
    return
  }
  // Without a token the wish is taken for what it is, a reply: this lead stops, and a person reads it.
  await stop(tx, effect, {
    status: 'stopped',
    reason: 'asked to be left alone',
    everywhere: false,
    event: eventOf('stopped', effect),
  })
}

/** What an understood message does to the message it is about, to its lead and to the lists. Runs in the caller's transaction. */
export const applyEffects = async (tx: Tx, effect: Effect): Promise<void> => {
  const { found } = effect
  switch (found.kind) {
    case 'human_reply':
      return humanReply(tx, effect)
    case 'auto_reply':
      return autoReply(tx, effect, found.auto_reply)
    case 'bounce':
      return bounce(tx, effect, found.reports)
    case 'complaint':
      return complaint(tx, effect, found.complaint)
    case 'unsubscribe':
      return unsubscribe(tx, effect)
    case 'delivery_notice': {
      if (!isProven(effect.match)) return
      await settle(tx, effect.match.email, effect.now)
      if (found.reports.some(({ kind }) => kind === 'deferred'))
        await recordOnly(tx, effect, 'deferred', { because: found.because })
    }
  }
}
