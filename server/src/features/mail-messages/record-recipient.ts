import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { DeliveryVerdict } from '../../delivery-verdict.ts'
import type { Deps } from '../../deps.ts'
import type { DeliveryReply } from '../../ports/mail/port.ts'
import { type NewEvent, recordEvents } from '../campaigns/record-events.ts'
import { stopLeads } from '../campaigns/stop-lead.ts'
import {
  alertOnce,
  answerColumns,
  answerFacts,
  GIVE_UP_MS,
  isAlarming,
  replyColumns,
  replyFacts,
  waitAfter,
} from '../emails/delivery-answer.ts'
import { suppressAddress } from '../suppression/suppress.ts'
import { countUses } from './admit-recipients.ts'
import type { ClaimedRecipient } from './claim-recipients.ts'
import { deriveMessages } from './derive-message.ts'

type RecordDeps = Pick<Deps, 'db'>

const MINUTE_MS = 60_000

const eventOf = (
  recipient: Pick<ClaimedRecipient, 'workspace_id' | 'email_id' | 'address' | 'subject'>,
  event_type: NewEvent['event_type'],
  metadata: Record<string, unknown>,
  at: Date,
): NewEvent => ({
  workspace_id: recipient.workspace_id,
  campaign_id: null,
  campaign_lead_id: null,
  email_id: recipient.email_id,
  event_type,
  subject: recipient.subject,
  metadata: { recipient: recipient.address, ...metadata },
  occurred_at: at,
})

/** The row leaves `sending` only by whoever holds the claim, so that a verdict is recorded once, whoever repeats the call. */
const settle = async (
  tx: Tx,
  recipient: ClaimedRecipient,
  claimId: string,
  values: Record<string, unknown>,
): Promise<boolean> => {
  const assignments = Object.entries(values).map(([column, value]) => sql`${sql.ref(column)} = ${value}`)
  const done = await sql`
    update email_recipients set ${sql.join(assignments)}, attempts = attempts + 1
    where id = ${recipient.id} and status = 'sending' and claimed_by = ${claimId} returning id`.execute(tx)
  return done.rows.length > 0
}

/**
 * Files the message under its conversation when the first of its recipients has taken it. A conversation is named by the
 * first message that was composed for it, which need not be the first to arrive.
 */
export const beginOrContinueConversation = async (tx: Tx, emailId: string, at: Date): Promise<void> => {
  await sql`
    insert into conversations as k (id, workspace_id, user_id, alias_id, domain_id, subject, first_from_email, first_to_email, message_count,
      first_message_at, last_message_at, created_at, updated_at)
    select f.conversation_id, f.workspace_id, f.user_id, f.alias_id, f.domain_id, c.subject, f.from_email, f.to_email, 1, ${at}, ${at}, ${at}, ${at}
    from emails e
    join lateral (
      select * from emails o where o.conversation_id = e.conversation_id and o.workspace_id = e.workspace_id and o.status <> 'cancelled' order by o.id limit 1
    ) f on true
    join email_contents c on c.email_id = f.id
    where e.id = ${emailId}
    on conflict (id) do update set message_count = k.message_count + 1, last_message_at = greatest(k.last_message_at, excluded.last_message_at),
      updated_at = excluded.updated_at
    where k.workspace_id = excluded.workspace_id`.execute(tx)
}

/** What follows from a recipient that took the message, or may have. */
const afterLeaving = async (
  tx: Tx,
  recipient: ClaimedRecipient,
  verdict: 'accepted' | 'unknown',
  at: Date,
): Promise<void> => {
  const [derived] = await deriveMessages(tx, [recipient.email_id], at)
  if (!derived?.is_first) return
  await beginOrContinueConversation(tx, recipient.email_id, at)
  await recordEvents(tx, [eventOf(recipient, 'sent', { verdict }, at)])
}

export const recordAccepted = (
  deps: RecordDeps,
  recipient: ClaimedRecipient,
  claimId: string,
  reply: DeliveryReply,
  at: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const values = {
      status: 'delivered',
      delivered_at: at,
      ...replyColumns(reply),
      error_message: null,
      cause: null,
      advice: null,
      updated_at: at,
    }
    if (!(await settle(tx, recipient, claimId, values))) return
    // A report can be quicker than we are.
    await sql`update email_recipients set status = 'bounced' where id = ${recipient.id} and bounced_at is not null`.execute(
      tx,
    )
    await afterLeaving(tx, recipient, 'accepted', at)
    await recordEvents(tx, [eventOf(recipient, 'delivered', replyFacts(reply), at)])
  })

/** Nobody knows whether it arrived: it counts as sent and is never sent again (DOMAIN.md §5). */
export const recordUnknown = (
  deps: RecordDeps,
  recipient: ClaimedRecipient,
  claimId: string,
  reply: DeliveryReply,
  message: string,
  at: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const values = { status: 'unknown', ...replyColumns(reply), error_message: message, updated_at: at }
    if (await settle(tx, recipient, claimId, values)) await afterLeaving(tx, recipient, 'unknown', at)
  })

/**
 * Nobody was asked, because the receiver is being left alone or all its places are taken: no attempt. The recipient keeps its
 * place under the caps of the day and comes again a little later; after 72 hours of that it is given up.
 */
export const recordHeld = (
  deps: RecordDeps,
  recipient: ClaimedRecipient,
  claimId: string,
  reply: DeliveryReply,
  verdict: DeliveryVerdict,
  at: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const due = new Date(at.getTime() + Math.max(1, verdict.wait_ms ?? MINUTE_MS))
    if (due.getTime() - recipient.first_tried_at.getTime() > GIVE_UP_MS)
      return refuse(tx, recipient, claimId, reply, { ...verdict, reason: 'expired' }, at)
    await sql`
      update email_recipients set status = 'ready', due_at = ${due}, claimed_at = null, claimed_by = null, claimed_process = null, updated_at = ${at}
      where id = ${recipient.id} and status = 'sending' and claimed_by = ${claimId}`.execute(tx)
    await deriveMessages(tx, [recipient.email_id], at)
  })

/** A 4xx in the session, or a connection that failed before DATA was answered: this recipient alone is tried again later. */
export const recordDeferral = (
  deps: RecordDeps,
  recipient: ClaimedRecipient,
  claimId: string,
  reply: DeliveryReply,
  verdict: DeliveryVerdict,
  at: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const retry = new Date(at.getTime() + waitAfter(recipient.attempts, verdict.wait_ms))
    if (retry.getTime() - recipient.first_tried_at.getTime() > GIVE_UP_MS)
      return refuse(
        tx,
        recipient,
        claimId,
        reply,
        {
          ...verdict,
          reason: 'expired',
          message: `Given up after ${recipient.attempts + 1} tries: ${verdict.message}`,
        },
        at,
      )
    const kept = await settle(tx, recipient, claimId, {
      status: 'waiting',
      due_at: retry,
      claimed_at: null,
      claimed_by: null,
      claimed_process: null,
      ...answerColumns(reply, verdict),
      updated_at: at,
    })
    if (!kept) return
    await deriveMessages(tx, [recipient.email_id], at)
    const metadata = { ...answerFacts(reply, verdict), retry_at: retry.toISOString() }
    await recordEvents(tx, [eventOf(recipient, 'deferred', metadata, at)])
    if (isAlarming(verdict)) await alertOnce(tx, { ...recipient, campaign_id: null }, verdict, at)
  })

/** A final no. Who is to blame decides whether it is a bounce of the person or a failure of ours (DOMAIN.md §3, §5). */
export const recordRefusal = (
  deps: RecordDeps,
  recipient: ClaimedRecipient,
  claimId: string,
  reply: DeliveryReply,
  verdict: DeliveryVerdict,
  at: Date,
): Promise<void> => transaction(deps.db, (tx) => refuse(tx, recipient, claimId, reply, verdict, at))

const refuse = async (
  tx: Tx,
  recipient: ClaimedRecipient,
  claimId: string,
  reply: DeliveryReply,
  verdict: DeliveryVerdict,
  at: Date,
): Promise<void> => {
  const isBounce = verdict.blames === 'recipient'
  const recorded = await settle(tx, recipient, claimId, {
    status: isBounce ? 'bounced' : 'failed',
    bounced_at: isBounce ? at : null,
    bounce_kind: isBounce ? verdict.kind : null,
    bounce_reason: verdict.reason,
    failed_at: isBounce ? null : at,
    ...answerColumns(reply, verdict),
    updated_at: at,
  })
  if (!recorded) return
  await deriveMessages(tx, [recipient.email_id], at)
  const metadata = {
    ...answerFacts(reply, verdict),
    ...(isBounce ? { kind: verdict.kind } : {}),
    message: verdict.message,
  }
  await recordEvents(tx, [eventOf(recipient, isBounce ? 'bounced' : 'failed', metadata, at)])
  if (isBounce && verdict.suppress) await silenceAddress(tx, recipient, verdict.reason, verdict.message, at)
  if (verdict.blames === 'sender' || isAlarming(verdict))
    await alertOnce(tx, { ...recipient, campaign_id: null }, verdict, at)
}

/** An address that is known to be gone is suppressed, and leads of it in campaigns stop too. */
export const silenceAddress = async (
  tx: Tx,
  recipient: { workspace_id: string; address: string },
  reason: string,
  note: string,
  now: Date,
): Promise<void> => {
  const { workspace_id, address } = recipient
  await suppressAddress(tx, { workspace_id, email: address, reason: 'bounced', source: `bounce:${reason}`, note, now })
  await stopLeads(tx, {
    workspace_id,
    email: address,
    everywhere: true,
    status: 'bounced',
    reason,
    event: { type: 'bounced' },
    now,
  })
}

/** What never left, because the person was suppressed meanwhile or our own side could not write it, uses up no cap. */
export const recordUnsent = (
  deps: RecordDeps,
  recipient: ClaimedRecipient,
  claimId: string,
  why: { reason: 'suppressed' | 'content_error'; message: string },
  at: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const values = {
      status: 'failed',
      bounce_reason: why.reason,
      failed_at: at,
      error_message: why.message,
      counted_on: null,
      updated_at: at,
    }
    if (!(await settle(tx, recipient, claimId, values))) return
    await deriveMessages(tx, [recipient.email_id], at)
    if (recipient.counted_on && recipient.attempts === 0)
      await countUses(tx, recipient.workspace_id, [{ ...recipient, day: recipient.counted_on }], -1)
    await recordEvents(tx, [eventOf(recipient, 'failed', { reason: why.reason, message: why.message }, at)])
  })
