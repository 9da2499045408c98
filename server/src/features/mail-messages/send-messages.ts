import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { type ByteBudget, createByteBudget } from '../../byte-budget.ts'
import { isTransientDatabaseError } from '../../db/connect.ts'
import { judgeDelivery } from '../../delivery-verdict.ts'
import type { Deps } from '../../deps.ts'
import { signedMessage } from '../../dkim.ts'
import { newId } from '../../ids.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { DeliveryReply, MailConnection, MailEnvelope, MailTransport } from '../../ports/mail/port.ts'
import { keepSentCopy } from '../mailboxes/sent-copies.ts'
import { mailboxReply } from '../mailboxes/submission-reply.ts'
import { loadSigner } from '../sending-domains/domain-keys.ts'
import { admitDue } from './admit-recipients.ts'
import { type ClaimedRecipient, claimRecipients, releaseUnseenClaims } from './claim-recipients.ts'
import { createMessageCache } from './load-message.ts'
import {
  recordAccepted,
  recordDeferral,
  recordHeld,
  recordRefusal,
  recordUnknown,
  recordUnsent,
} from './record-recipient.ts'
import { type MessageToWrite, writeCopy } from './write-copy.ts'

/** Copies of messages that one sender holds in memory at a time, however many connections it has. */
const COPIES_MAX_BYTES = 134_217_728

type SendingWorkspace = {
  workspace_id: string
  mode: 'sandbox' | 'live'
  clock_offset_ms: number
  clock_frozen_at: Date | null
}

/** One sender over the composed messages of a workspace. */
type Run = {
  deps: Deps
  workspace: SendingWorkspace
  transport: MailTransport
  claim_id: string
  now: () => Date
  messageOf: ReturnType<typeof createMessageCache>
  copies: ByteBudget
  idle: MailConnection[]
  /** Claimed recipients whose fate is not written down yet; they are never released, whatever happens. */
  held: Set<string>
  in_flight: Set<Promise<void>>
  sent: number
}

const findWorkspace = async (deps: Deps, workspaceId: string): Promise<SendingWorkspace | null> => {
  const found = await sql<SendingWorkspace>`
    select id as workspace_id, mode, clock_offset_ms, clock_frozen_at from workspaces where id = ${workspaceId}`.execute(
    deps.db,
  )
  return found.rows[0] ?? null
}

/** Whether a recipient is due at all: what most rounds of most workspaces find is nothing, and that must cost nothing. */
const hasDue = async (deps: Deps, workspaceId: string, now: Date): Promise<boolean> => {
  const ofStatus = (status: 'waiting' | 'ready') =>
    sql`(select 1 from email_recipients where workspace_id = ${workspaceId} and status = ${sql.lit(status)} and due_at <= ${now} limit 1)`
  return (await sql`${ofStatus('waiting')} union all ${ofStatus('ready')}`.execute(deps.db)).rows.length > 0
}

const countReady = async (deps: Deps, workspaceId: string, now: Date, limit: number): Promise<number> => {
  const found = await sql<{ n: number }>`
    select count(*)::int as n from (
      select 1 from email_recipients where workspace_id = ${workspaceId} and status = 'ready' and due_at <= ${now} limit ${limit}) found_rows`.execute(
    deps.db,
  )
  return found.rows[0]?.n ?? 0
}

/** What is known of a message on the wire has to be written down, however long the database is away; each call is safe to repeat. */
const untilRecorded = async <T>(run: Run, action: () => Promise<T>): Promise<T> => {
  for (let wait = 50; ; wait = Math.min(wait * 2, 2_000)) {
    try {
      return await action()
    } catch (error) {
      if (!isTransientDatabaseError(error)) throw error
      run.deps.log.warn({ message: (error as Error).message }, 'the outcome of a message waits for the database')
      await pause(wait)
    }
  }
}

/**
 * Sends the composed messages of a workspace that are due, each recipient in an envelope of its own, until nothing is left.
 * A recipient is admitted under the caps, claimed, committed, sent to, recorded; at every moment each connection has at most
 * one claimed recipient, so a kill leaves at most that many unknown (DOMAIN.md §5). Returns how many were handed over.
 */
export const sendMessages = async (deps: Deps, workspaceId: string, signal?: AbortSignal): Promise<number> => {
  const workspace = await findWorkspace(deps, workspaceId)
  if (!workspace || !(await hasDue(deps, workspaceId, workspaceNow(workspace, deps.clock.now())))) return 0
  const transport = await deps.mail.transportFor(workspace)
  if (!transport) return 0
  const run: Run = {
    deps,
    workspace,
    transport,
    claim_id: newId(),
    now: () => workspaceNow(workspace, deps.clock.now()),
    messageOf: createMessageCache(deps),
    copies: createByteBudget(COPIES_MAX_BYTES),
    idle: [],
    held: new Set(),
    in_flight: new Set(),
    sent: 0,
  }
  for (;;) {
    const { admitted, held } = await admitDue(deps, workspaceId, run.now())
    const claimed = await sendReady(run, signal)
    // Where something is admitted and nothing can be claimed there is no connection. Whoever was held back waits for another
    // time, so a round that only held back leaves fewer that are due.
    if (signal?.aborted || (claimed === 0 && (admitted > 0 || held === 0))) return run.sent
  }
}

/** Sends what is admitted. Returns how many recipients were claimed. */
const sendReady = async (run: Run, signal?: AbortSignal): Promise<number> => {
  const { deps, transport } = run
  const free = Math.min(transport.connections, deps.connections.free())
  const wanted = free === 0 ? 0 : await countReady(deps, run.workspace.workspace_id, run.now(), free)
  if (wanted === 0) return 0
  await openConnections(run, wanted)
  let total = 0
  try {
    for (;;) {
      const want = signal?.aborted ? 0 : run.idle.length
      const claimed = want > 0 ? await claim(run, want) : []
      total += claimed.length
      for (const recipient of claimed) start(run, recipient)
      if (want > 0 && claimed.length === want) continue
      // Another sender's look at a row can hide it for a moment, so the queue counts as empty only once nothing is on the wire.
      if (run.in_flight.size === 0) return total
      await Promise.race(run.in_flight)
    }
  } finally {
    for (const connection of run.idle.splice(0)) deps.connections.give(transport, connection)
  }
}

const start = (run: Run, recipient: ClaimedRecipient): void => {
  const connection = run.idle.pop() as MailConnection
  run.held.add(recipient.id)
  const delivery = deliver(run, recipient, connection).finally(() => void run.in_flight.delete(delivery))
  run.in_flight.add(delivery)
}

const openConnections = async (run: Run, wanted: number): Promise<void> => {
  const open = async (): Promise<void> => {
    // Another run of this process may have taken them meanwhile; it works on a queue too.
    if (run.deps.connections.free() === 0) return
    run.idle.push(await run.deps.connections.take(run.transport))
  }
  try {
    await open()
    await Promise.allSettled(Array.from({ length: wanted - 1 }, open))
  } catch (error) {
    run.deps.log.warn(
      { transport: run.transport.name, message: (error as Error).message },
      'no connection to the mail transport',
    )
  }
}

const claim = async (run: Run, want: number): Promise<ClaimedRecipient[]> => {
  const { deps, workspace, claim_id } = run
  let isRepeated = false
  return untilRecorded(run, async () => {
    // A statement whose answer got lost may have claimed rows that nobody holds.
    if (isRepeated) await releaseUnseenClaims(deps, claim_id, [...run.held])
    isRepeated = true
    const { workspace_id } = workspace
    return claimRecipients(deps, { claim_id, process_id: deps.process_id, workspace_id, now: run.now(), want })
  })
}

const deliver = async (run: Run, recipient: ClaimedRecipient, connection: MailConnection): Promise<void> => {
  const { deps, transport } = run
  let current: MailConnection | null = connection
  const memory = { bytes: 0 }
  try {
    const envelope = await write(run, recipient, memory)
    if (!envelope) {
      run.held.delete(recipient.id)
      return
    }
    let reply = await current.send(envelope)
    if (!current.alive) {
      const wasStale = reply.reply_code === undefined && reply.phase !== 'final'
      deps.connections.give(transport, current)
      current = await deps.connections.take(transport).catch(() => null)
      // The other side had hung up on an idle session before it saw anything of this message; that is no deferral.
      if (wasStale && current) reply = await current.send(envelope)
    }
    // What concerns the account is no word about the recipient: the message waits, and the owner hears of it.
    const answer = recipient.mailbox_id ? await mailboxReply(deps, recipient.mailbox_id, reply) : reply
    await record(run, recipient, answer)
    run.held.delete(recipient.id)
  } catch (error) {
    // Whatever it is, the row stays `sending` and is settled as unknown: better one message in doubt than one sent twice.
    deps.log.error({ err: error, email_id: recipient.email_id }, 'sending failed unexpectedly')
  } finally {
    run.copies.give(memory.bytes)
    if (current) run.idle.push(current)
  }
}

/** About as many bytes as a copy has. */
const sizeOf = ({ attachments, body_text, body_html }: MessageToWrite): number =>
  attachments.reduce((sum, { base64 }) => sum + base64.length, 2 * (body_text.length + (body_html?.length ?? 0)))

/** The signed copy of a recipient, or null where it must not or cannot be sent, which is written down. */
const write = async (
  run: Run,
  recipient: ClaimedRecipient,
  memory: { bytes: number },
): Promise<MailEnvelope | null> => {
  const { deps, claim_id } = run
  const at = run.now()
  if (recipient.is_suppressed) {
    const message = `${recipient.address} is on the suppression list since the message was accepted.`
    await untilRecorded(run, () => recordUnsent(deps, recipient, claim_id, { reason: 'suppressed', message }, at))
    return null
  }
  try {
    const { mailbox_id } = recipient
    const [message, sign] = await untilRecorded(run, () =>
      Promise.all([run.messageOf(recipient.email_id), mailbox_id ? null : loadSigner(deps, recipient.domain_id)]),
    )
    const bytes = sizeOf(message)
    await run.copies.take(bytes)
    memory.bytes = bytes
    const copy = writeCopy(message, recipient, { mail_tokens: deps.mail_tokens, base_url: deps.address.base_url }, at)
    // The provider signs what leaves through a mailbox.
    const raw = sign ? signedMessage(copy.raw, await sign(copy)) : copy.raw
    if (mailbox_id) {
      const { email_id, workspace_id } = recipient
      const sent = { email_id, workspace_id, mailbox_id, message_id: message.message_id, raw }
      await untilRecorded(run, () => keepSentCopy(deps.db, sent, at))
    }
    return { mail_from: copy.mail_from, rcpt_to: recipient.address, raw, mailbox_id }
  } catch (error) {
    deps.log.warn({ err: error, email_id: recipient.email_id }, 'a message could not be written')
    const message = 'The message could not be written.'
    await untilRecorded(run, () => recordUnsent(deps, recipient, claim_id, { reason: 'content_error', message }, at))
    return null
  }
}

const record = async (run: Run, recipient: ClaimedRecipient, reply: DeliveryReply): Promise<void> => {
  const { deps, claim_id } = run
  const at = run.now()
  const verdict = judgeDelivery(reply)
  if (!verdict.attempted) return untilRecorded(run, () => recordHeld(deps, recipient, claim_id, reply, verdict, at))
  deps.metrics.messages.inc({ mode: run.workspace.mode, outcome: verdict.outcome })
  if (verdict.outcome === 'accepted') run.sent++
  await untilRecorded(run, () => {
    switch (verdict.outcome) {
      case 'accepted':
        return recordAccepted(deps, recipient, claim_id, reply, at)
      case 'retry':
        return recordDeferral(deps, recipient, claim_id, reply, verdict, at)
      case 'failed':
        return recordRefusal(deps, recipient, claim_id, reply, verdict, at)
      case 'unknown':
        return recordUnknown(deps, recipient, claim_id, reply, verdict.message, at)
    }
  })
}
