import { sql } from 'kysely'
import { bounceReasons } from '../../bounce-reason.ts'
import { givenRows } from '../../db/given-rows.ts'
import type { Tx } from '../../db/transaction.ts'
import { pauseIfUnhealthy } from '../campaigns/auto-pause-campaign.ts'
import { type EventType, type NewEvent, recordEvents } from '../campaigns/record-events.ts'
import { postponeLeads, type StopRequest, stopLeads, stopLeadsTogether } from '../campaigns/stop-lead.ts'
import { settleByEvidence } from '../emails/delivery-evidence.ts'
import { unsubscribeRecipient } from '../emails/unsubscribe-recipient.ts'
import { bounceRecipients, recordComplaint } from '../mail-messages/bounce-recipients.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { suppressAddress } from '../suppression/suppress.ts'
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

const timelineEvent = (effect: Effect, type: EventType, metadata: Record<string, unknown>): NewEvent => {
  const { email } = effect.match
  const { type: event_type, ...event } = eventOf(type, effect, metadata)
  return {
    workspace_id: email.workspace_id,
    campaign_id: email.campaign_id,
    campaign_lead_id: email.campaign_lead_id,
    event_type,
    ...event,
    occurred_at: effect.now,
  }
}

const recordOnly = (tx: Tx, effect: Effect, type: EventType, metadata: Record<string, unknown>): Promise<void> =>
  recordEvents(tx, [timelineEvent(effect, type, metadata)])

const settle = async (tx: Tx, email: MatchedEmail, now: Date): Promise<void> => {
  await sql`update emails e set updated_at = ${now}, ${settleByEvidence(now)} where id = ${email.id} and verdict = 'unknown'`.execute(
    tx,
  )
}

type Stop = Pick<StopRequest, 'status' | 'reason' | 'everywhere' | 'event'>

const stopRequest = ({ match: { email }, now }: Effect, stop: Stop): StopRequest => ({
  workspace_id: email.workspace_id,
  campaign_lead_id: email.campaign_lead_id,
  email: email.to_email.toLowerCase(),
  now,
  ...stop,
})

const stop = (tx: Tx, effect: Effect, what: Stop): Promise<string[]> => stopLeads(tx, stopRequest(effect, what))

/** Messages that were answered, by a person or by a program, arrived; those that a person answered say so. */
const markAnswered = async (tx: Tx, effects: readonly Effect[]): Promise<void> => {
  const given = effects
    .filter(({ match }) => match.by !== 'address')
    .map(({ match, found, now }) => ({ id: match.email.id, is_reply: found.kind === 'human_reply', now }))
  if (!given.length) return
  await sql`
    with given as (${givenRows(given, 'id uuid, is_reply boolean, now timestamptz')})
    update emails e set replied_at = case when g.is_reply then coalesce(e.replied_at, g.now) else e.replied_at end, updated_at = g.now,
      ${settleByEvidence(sql`g.now`)}
    from given g where e.id = g.id and (g.is_reply or e.verdict = 'unknown')`.execute(tx)
}

const stopOfReply = (effect: Effect): StopRequest => {
  const event = eventOf('replied', effect)
  // Matched by address alone it may answer something else: it stops that lead, and no figure moves.
  return effect.match.by === 'address'
    ? stopRequest(effect, { status: 'replied', reason: 'the address wrote to us', everywhere: false, event })
    : stopRequest(effect, { status: 'replied', reason: 'replied', everywhere: true, event })
}

type AutomaticAnswer = Effect & { found: Extract<MessageClass, { kind: 'auto_reply' }> }

const isAutomatic = (effect: Effect): effect is AutomaticAnswer => effect.found.kind === 'auto_reply'

/** Leads whose people are away wait until they are back, at midnight where they live. */
const postponeAway = async (tx: Tx, effects: readonly AutomaticAnswer[]): Promise<void> => {
  const away = effects.flatMap((effect) => {
    const { match, found, now } = effect
    const { campaign_lead_id, workspace_id, id } = match.email
    const { return_date } = found.auto_reply
    return match.by !== 'address' && return_date && campaign_lead_id
      ? { campaign_lead_id, workspace_id, email_id: id, return_date, now }
      : []
  })
  if (!away.length) return
  const { rows } = await sql<{ campaign_lead_id: string; zone: string }>`
    select l.campaign_lead_id, coalesce(nullif(l.zone, ''), c.timezone) as zone
    from campaign_leads l join campaigns c on c.campaign_id = l.campaign_id
    where l.campaign_lead_id = any(${away.map(({ campaign_lead_id }) => campaign_lead_id)}::uuid[])`.execute(tx)
  const zones = new Map(rows.map(({ campaign_lead_id, zone }) => [campaign_lead_id, zone]))
  await postponeLeads(
    tx,
    away.flatMap(({ return_date, ...lead }) => {
      const zone = zones.get(lead.campaign_lead_id)
      if (!zone) return []
      const until = new Date(Temporal.PlainDate.from(return_date).toZonedDateTime(zone).epochMilliseconds)
      return until > lead.now ? { ...lead, until, metadata: { return_date } } : []
    }),
  )
}

/** What answers do, of people and of programs, all at once. No two of them may be about the same message, lead or address. */
const answers = async (tx: Tx, effects: readonly Effect[]): Promise<void> => {
  if (!effects.length) return
  const automatic = effects.filter(isAutomatic)
  await markAnswered(tx, effects)
  await recordEvents(
    tx,
    automatic.map((effect) => {
      const { kind, because, return_date } = effect.found.auto_reply
      return timelineEvent(effect, 'auto_replied', { kind, because, ...(return_date ? { return_date } : {}) })
    }),
  )
  await postponeAway(tx, automatic)
  await stopLeadsTogether(tx, effects.filter((effect) => !isAutomatic(effect)).map(stopOfReply))
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

/** What a report or a wish to be left alone does. */
const oneByOne = async (tx: Tx, effect: Effect): Promise<void> => {
  const { found } = effect
  switch (found.kind) {
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

const isAnswer = ({ found }: Effect): boolean => found.kind === 'human_reply' || found.kind === 'auto_reply'

/**
 * Effects in rounds. Within one no two are about the same message, lead or address, so that they may be carried out at once
 * and in any order; those that are have their rounds one after the other, in the order in which they came.
 */
export const inRounds = (effects: readonly Effect[]): Effect[][] => {
  const next = new Map<string, number>()
  const rounds: Effect[][] = []
  for (const effect of effects) {
    const { id, workspace_id, campaign_lead_id, to_email } = effect.match.email
    const touched = [id, `${workspace_id} ${to_email.toLowerCase()}`, ...(campaign_lead_id ? [campaign_lead_id] : [])]
    const round = Math.max(...touched.map((what) => next.get(what) ?? 0))
    for (const what of touched) next.set(what, round + 1)
    rounds[round] ??= []
    rounds[round]?.push(effect)
  }
  return rounds
}

/**
 * What understood messages do to the messages they are about, to their leads and to the lists. Answers, which are most of
 * what comes, are carried out together; everything else one by one. Runs in the caller's transaction.
 */
export const applyEffects = async (tx: Tx, effects: readonly Effect[]): Promise<void> => {
  for (const round of inRounds(effects)) {
    await answers(tx, round.filter(isAnswer))
    for (const effect of round) if (!isAnswer(effect)) await oneByOne(tx, effect)
  }
}
