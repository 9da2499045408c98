import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import { type DeliveryVerdict, judgeDelivery } from '../../delivery-verdict.ts'
import type { Deps } from '../../deps.ts'
import type { DeliveryReply } from '../../ports/mail/port.ts'
import { nextOpening, nextSlotAfterDelay, toDate } from '../../time-window.ts'
import { pauseIfUnhealthy } from '../campaigns/auto-pause-campaign.ts'
import { recordEvents } from '../campaigns/record-events.ts'
import type { SendingContext } from '../campaigns/sending-context.ts'
import { stopLeads } from '../campaigns/stop-lead.ts'
import { suppressAddress } from '../suppression/suppress.ts'
import type { ClaimedEmail } from './claim-emails.ts'
import { alertOnce, answerColumns, answerFacts, GIVE_UP_MS, isAlarming, waitAfter } from './delivery-answer.ts'

const MINUTE_MS = 60_000

/** When the next step of a lead is due after `step` left at `sentAt`; null after the last one. */
export const nextStepAt = (context: SendingContext, step: number, zone: string, sentAt: Date): Date | null => {
  const next = context.steps[step]
  if (!next) return null
  const slot = nextSlotAfterDelay(context.windowIn(zone), sentAt, next.delay_days)
  return slot ? toDate(slot) : null
}

/** The row leaves `sending` only by whoever holds the claim, so that a verdict is recorded once. */
const settle = async (
  tx: Tx,
  claimed: ClaimedEmail,
  claimId: string,
  values: Record<string, unknown>,
): Promise<boolean> => {
  const assignments = Object.entries(values).map(([column, value]) => sql`${sql.ref(column)} = ${value}`)
  const done = await sql`
    update emails set ${sql.join(assignments)}, attempts = attempts + 1 where id = ${claimed.id} and status = 'sending' and claimed_by = ${claimId} returning id`.execute(
    tx,
  )
  return done.rows.length > 0
}

const eventOf = (
  claimed: ClaimedEmail,
  event_type: Parameters<typeof recordEvents>[1][number]['event_type'],
  metadata: Record<string, unknown>,
  now: Date,
) => ({
  workspace_id: claimed.workspace_id,
  campaign_id: claimed.campaign_id,
  campaign_lead_id: claimed.campaign_lead_id,
  email_id: claimed.id,
  event_type,
  step_index: claimed.step,
  variant_label: claimed.variant_label,
  metadata,
  occurred_at: now,
})

/** A 4xx in the session, or a connection that failed before DATA was answered: the same row waits for another slot. */
export const recordDeferral = (
  deps: Pick<Deps, 'db'>,
  claimed: ClaimedEmail,
  claimId: string,
  context: SendingContext,
  reply: DeliveryReply,
  verdict: DeliveryVerdict,
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const wait = waitAfter(claimed.attempts, verdict.wait_ms)
    const retry = nextOpening(context.windowIn(claimed.zone), new Date(now.getTime() + wait))
    if (!retry || toDate(retry).getTime() - claimed.created_at.getTime() > GIVE_UP_MS) {
      await fail(
        tx,
        claimed,
        claimId,
        reply,
        { ...verdict, reason: 'expired', message: `Given up after ${claimed.attempts + 1} tries: ${verdict.message}` },
        now,
      )
      return
    }
    const kept = await settle(tx, claimed, claimId, {
      status: 'scheduled',
      due_at: toDate(retry),
      claimed_at: null,
      claimed_by: null,
      ...answerColumns(reply, verdict),
      updated_at: now,
    })
    if (!kept) return
    const facts = { ...answerFacts(reply, verdict), retry_at: toDate(retry).toISOString() }
    await recordEvents(tx, [eventOf(claimed, 'deferred', facts, now)])
    if (isAlarming(verdict)) await alertOnce(tx, claimed, verdict, now)
  })

/**
 * Nobody was asked, because the receiver is being left alone or all its places are taken: no attempt. The message keeps its
 * place in the queue and in the caps of the day, and comes again a little later; after 72 hours of that it is given up.
 */
export const recordHeld = (
  deps: Pick<Deps, 'db'>,
  claimed: ClaimedEmail,
  claimId: string,
  reply: DeliveryReply,
  verdict: DeliveryVerdict,
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const due = new Date(now.getTime() + Math.max(1, verdict.wait_ms ?? MINUTE_MS))
    if (due.getTime() - claimed.created_at.getTime() > GIVE_UP_MS) {
      await fail(tx, claimed, claimId, reply, { ...verdict, reason: 'expired' }, now)
      return
    }
    await sql`
      update emails set status = 'queued', due_at = ${due}, claimed_at = null, claimed_by = null, claimed_process = null, updated_at = ${now}
      where id = ${claimed.id} and status = 'sending' and claimed_by = ${claimId}`.execute(tx)
  })

const fail = async (
  tx: Tx,
  claimed: ClaimedEmail,
  claimId: string,
  reply: DeliveryReply,
  verdict: DeliveryVerdict,
  now: Date,
): Promise<void> => {
  const isBounce = verdict.blames === 'recipient'
  const isHard = isBounce && verdict.kind === 'hard'
  const recorded = await settle(tx, claimed, claimId, {
    status: isBounce ? 'bounced' : 'failed',
    verdict: 'refused',
    sent_at: isBounce ? now : null,
    bounced_at: isBounce ? now : null,
    bounce_kind: isBounce ? verdict.kind : null,
    bounce_reason: verdict.reason,
    failed_at: isBounce ? null : now,
    ...answerColumns(reply, verdict),
    updated_at: now,
  })
  if (!recorded) return
  await sql`
    update campaign_leads set current_step = greatest(current_step, ${claimed.step}), status = case when status in ('pending', 'active', 'postponed', 'unknown') then 'failed' else status end,
      error = ${verdict.message}, next_action_at = null, last_action_at = ${now}, last_event = ${isBounce ? 'bounced' : 'failed'}, updated_at = ${now}
    where campaign_lead_id = ${claimed.campaign_lead_id} and ${!isHard}`.execute(tx)
  if (isHard) {
    await sql`update campaign_leads set current_step = greatest(current_step, ${claimed.step}), error = ${verdict.message} where campaign_lead_id = ${claimed.campaign_lead_id}`.execute(
      tx,
    )
    await stopLeads(tx, {
      workspace_id: claimed.workspace_id,
      campaign_lead_id: claimed.campaign_lead_id,
      email: claimed.to_email,
      everywhere: verdict.suppress,
      status: 'bounced',
      reason: verdict.reason,
      event: {
        type: 'bounced',
        email_id: claimed.id,
        step_index: claimed.step,
        variant_label: claimed.variant_label,
        metadata: { ...answerFacts(reply, verdict), kind: 'hard' },
      },
      now,
    })
    if (verdict.suppress)
      await suppressAddress(tx, {
        workspace_id: claimed.workspace_id,
        email: claimed.to_email,
        reason: 'bounced',
        source: 'campaign',
        campaign_id: claimed.campaign_id,
        note: verdict.message.slice(0, 500),
        now,
      })
  } else await recordEvents(tx, [eventOf(claimed, isBounce ? 'bounced' : 'failed', answerFacts(reply, verdict), now)])
  if (verdict.blames === 'sender' || isAlarming(verdict)) await alertOnce(tx, claimed, verdict, now)
  await pauseIfUnhealthy(tx, { campaign_id: claimed.campaign_id, now })
}

/** A final no. Who is to blame decides whether it is a bounce of the person or a failure of ours (DOMAIN.md §3, §5). */
export const recordRefusal = (
  deps: Pick<Deps, 'db'>,
  claimed: ClaimedEmail,
  claimId: string,
  reply: DeliveryReply,
  verdict: DeliveryVerdict,
  now: Date,
): Promise<void> => transaction(deps.db, (tx) => fail(tx, claimed, claimId, reply, verdict, now))

/** Our own side could not write the message; the person has nothing to do with it. */
export const recordUnwritable = (
  deps: Pick<Deps, 'db'>,
  claimed: ClaimedEmail,
  claimId: string,
  message: string,
  now: Date,
): Promise<void> =>
  transaction(deps.db, (tx) =>
    fail(
      tx,
      claimed,
      claimId,
      { phase: 'connect', error_name: 'UNWRITABLE' },
      { ...judgeDelivery({ phase: 'mail', error_name: 'EENVELOPE' }), message, cause: message },
      now,
    ),
  )

/**
 * Nobody knows whether it arrived: the connection broke between the message and its answer, or the process died. It counts
 * as sent, is never sent again, and the sequence goes on (DOMAIN.md §5).
 */
export const recordUnknown = async (
  tx: Tx,
  email: {
    id: string
    campaign_id: string
    campaign_lead_id: string
    workspace_id: string
    step: number
    variant_label: string
    zone: string
  },
  context: SendingContext | null,
  message: string,
  at: { sent_at: Date; now: Date; message_id: string },
): Promise<void> => {
  const evidence = await sql<{ proven: boolean }>`
    update emails set
      status = case when replied_at is not null or first_opened_at is not null or first_clicked_at is not null or machine_open_count > 0 or complained_at is not null or unsubscribed_at is not null then 'delivered' when bounced_at is not null then 'bounced' else 'sent' end,
      verdict = case when replied_at is not null or first_opened_at is not null or first_clicked_at is not null or machine_open_count > 0 or complained_at is not null or unsubscribed_at is not null or bounced_at is not null then 'accepted' else 'unknown' end,
      delivered_at = case when replied_at is not null or first_opened_at is not null or first_clicked_at is not null or machine_open_count > 0 or complained_at is not null or unsubscribed_at is not null or bounced_at is not null then ${at.sent_at}::timestamptz end,
      sent_at = ${at.sent_at}, message_id = coalesce(message_id, ${at.message_id}), error_message = ${message}, attempts = attempts + 1, updated_at = ${at.now}
    where id = ${email.id} and status = 'sending' returning verdict = 'accepted' as proven`.execute(tx)
  const row = evidence.rows[0]
  if (!row) return
  const next = context ? nextStepAt(context, email.step, email.zone, at.sent_at) : null
  const going = row.proven ? 'active' : 'unknown'
  await sql`
    update campaign_leads set current_step = greatest(current_step, ${email.step}), last_action_at = ${at.now}, last_event = 'sent', updated_at = ${at.now},
      status = case when status in ('pending', 'active', 'postponed', 'unknown') then ${next ? going : 'completed'} else status end,
      next_action_at = case when status in ('pending', 'active', 'postponed', 'unknown') then ${next}::timestamptz end
    where campaign_lead_id = ${email.campaign_lead_id}`.execute(tx)
  await recordEvents(tx, [
    {
      workspace_id: email.workspace_id,
      campaign_id: email.campaign_id,
      campaign_lead_id: email.campaign_lead_id,
      email_id: email.id,
      event_type: 'sent',
      step_index: email.step,
      variant_label: email.variant_label,
      metadata: { verdict: row.proven ? 'accepted' : 'unknown' },
      occurred_at: at.sent_at,
    },
  ])
}
