import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { isTransientDatabaseError } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import { judgeDelivery } from '../../delivery-verdict.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { DeliveryReply, MailConnection, MailTransport } from '../../ports/mail/port.ts'
import { isWindowOpen } from '../../time-window.ts'
import { type ContextCache, createContextCache, type SendingContext } from '../campaigns/sending-context.ts'
import { keepSentCopy } from '../mailboxes/sent-copies.ts'
import { mailboxReply } from '../mailboxes/submission-reply.ts'
import { loadSigner } from '../sending-domains/domain-keys.ts'
import { type AcceptedRecord, type ClaimedEmail, recordAndClaim, releaseUnseenClaims } from './claim-emails.ts'
import { replyColumns, replyFacts } from './delivery-answer.ts'
import { TextMissing } from './fixed-text.ts'
import { putBack, refuseUnlawful, settleRefused } from './put-back.ts'
import {
  nextStepAt,
  recordDeferral,
  recordHeld,
  recordRefusal,
  recordUnknown,
  recordUnwritable,
} from './record-outcome.ts'
import { takeBackText } from './take-back-text.ts'
import { UnlawfulMessage, UnwritableMessage, type WrittenMessage, writeMessage } from './write-message.ts'

type SendingWorkspace = {
  workspace_id: string
  mode: 'sandbox' | 'live'
  clock_offset_ms: number
  clock_frozen_at: Date | null
}

/** One lane of a sender over the queue of one workspace. */
type Run = {
  deps: Deps
  workspace: SendingWorkspace
  transport: MailTransport
  claim_id: string
  contextOf: ContextCache
  now: () => Date
  connections: number
  idle: MailConnection[]
  accepted: AcceptedRecord[]
  /** Claimed messages whose fate is not written down yet; they are never released, whatever happens. */
  held: Set<string>
  in_flight: number
  change: ReturnType<typeof createChange>
  sent: number
}

const findWorkspace = async (deps: Deps, workspaceId: string): Promise<SendingWorkspace | null> => {
  const found = await sql<SendingWorkspace>`
    select id as workspace_id, mode, clock_offset_ms, clock_frozen_at from workspaces where id = ${workspaceId}`.execute(
    deps.db,
  )
  return found.rows[0] ?? null
}

const countQueued = async (deps: Deps, workspaceId: string, now: Date, limit: number): Promise<number> => {
  const found = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from emails where workspace_id = ${workspaceId} and campaign_id is not null and status = 'queued' and due_at <= ${now} limit ${limit}) found_rows`.execute(
    deps.db,
  )
  return found.rows[0]?.n ?? 0
}

/**
 * A message on the wire cannot be taken back, so what is known of it has to be written down, however long the database is
 * away. Each call is safe to repeat.
 */
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

/** Claims that may be on their way to the database at the same time: while one commits, the other's messages are on the wire. */
const LANES = 2

/**
 * Sends what is queued and due in a workspace until nothing is left. At every moment each connection has at most one claimed
 * message, so a kill leaves at most that many unknown (DOMAIN.md §5). Returns how many were handed over.
 */
export const sendQueued = async (deps: Deps, workspaceId: string, signal?: AbortSignal): Promise<number> => {
  const workspace = await findWorkspace(deps, workspaceId)
  const transport = workspace && (await deps.mail.transportFor(workspace))
  if (!workspace || !transport) return 0
  const now = (): Date => workspaceNow(workspace, deps.clock.now())
  // Another run of this process has every session; it goes on until the queue of its workspace is empty.
  const free = Math.min(transport.connections, deps.connections.free())
  if (free === 0) return 0
  const wanted = Math.min(free, await countQueued(deps, workspaceId, now(), free))
  if (wanted === 0) return 0
  const lanes = wanted < 2 * LANES ? 1 : LANES
  const contextOf = createContextCache(deps.db)
  const runs = Array.from({ length: lanes }, (_, lane): Run => {
    const claim_id = newId()
    return {
      deps,
      workspace,
      transport,
      claim_id,
      contextOf,
      now,
      connections: Math.floor((wanted + lane) / lanes),
      idle: [],
      accepted: [],
      held: new Set(),
      in_flight: 0,
      change: createChange(),
      sent: 0,
    }
  })
  await Promise.all(runs.map((run) => runLane(run, signal)))
  return runs.reduce((sent, run) => sent + run.sent, 0)
}

/** Finished messages are written down in the same statement that claims the next ones. */
const runLane = async (run: Run, signal?: AbortSignal): Promise<void> => {
  await openConnections(run)
  if (!run.idle.length) return
  let isDrained = false
  const want = (): number => (isDrained || signal?.aborted ? 0 : run.idle.length)
  try {
    for (;;) {
      if (want() === 0 && run.accepted.length === 0) {
        if (run.in_flight === 0) break
        await run.change.next()
        continue
      }
      if (!isDrained) await gather(run)
      const wanted = want()
      const claimed = await claim(run, wanted)
      isDrained ||= claimed.length < wanted
      for (const email of claimed) {
        if (email.refusal) {
          await untilRecorded(run, () => settleRefused(run.deps, email, run.now()))
          continue
        }
        const connection = run.idle.pop() as MailConnection
        run.held.add(email.id)
        run.in_flight++
        void deliver(run, email, connection).finally(() => {
          run.in_flight--
          run.change.happened()
        })
      }
    }
  } finally {
    for (const connection of run.idle) run.deps.connections.give(run.transport, connection)
  }
}

/** Lets a few more connections finish before the next statement, since its cost hardly depends on how many rows it has. */
const GATHER_MS = 3

const gather = async (run: Run): Promise<void> => {
  const wanted = Math.ceil(run.connections / 2)
  const deadline = performance.now() + GATHER_MS
  while (run.in_flight > 0 && run.idle.length < wanted && performance.now() < deadline)
    await run.change.next(deadline - performance.now())
}

/** Wakes whoever waits for a message to be finished. */
const createChange = () => {
  let waiting: (() => void) | null = null
  return {
    happened: (): void => {
      waiting?.()
      waiting = null
    },
    /** Settles at the next change, or after `most_ms`. One waiter at a time. */
    next: (most_ms?: number): Promise<void> =>
      new Promise((resolve) => {
        const timer = most_ms === undefined ? undefined : setTimeout(() => waiting?.(), Math.max(1, most_ms))
        waiting = () => {
          clearTimeout(timer)
          waiting = null
          resolve()
        }
      }),
  }
}

const openConnections = async (run: Run): Promise<void> => {
  const open = async (): Promise<void> => {
    // Another run of this process may have taken them meanwhile; it works on a queue too.
    if (run.deps.connections.free() === 0) return
    run.idle.push(await run.deps.connections.take(run.transport))
  }
  try {
    await open()
    await Promise.allSettled(Array.from({ length: run.connections - 1 }, open))
  } catch (error) {
    run.deps.log.warn(
      { transport: run.transport.name, message: (error as Error).message },
      'no connection to the mail transport',
    )
  }
}

const claim = async (run: Run, want: number): Promise<ClaimedEmail[]> => {
  const accepted = run.accepted.splice(0)
  let isRepeated = false
  const claimed = await untilRecorded(run, async () => {
    // A statement whose answer got lost may have claimed rows that nobody holds.
    if (isRepeated) await releaseUnseenClaims(run.deps.planned_pool, run.claim_id, [...run.held])
    isRepeated = true
    return recordAndClaim(run.deps.planned_pool, {
      claim_id: run.claim_id,
      process_id: run.deps.process_id,
      workspace_id: run.workspace.workspace_id,
      now: run.now(),
      want,
      accepted,
    })
  })
  for (const record of accepted) run.held.delete(record.id)
  return claimed
}

const deliver = async (run: Run, email: ClaimedEmail, connection: MailConnection): Promise<void> => {
  let current: MailConnection | null = connection
  try {
    const context = await untilRecorded(run, () => run.contextOf(email.campaign_id))
    const at = run.now()
    if (!context || !isWindowOpen(context.windowIn(email.zone), at)) {
      await untilRecorded(run, () => putBack(run.deps, email, run.claim_id, context, at))
      return
    }
    const written = await write(run, email, context, at)
    if (!written) return
    const envelope = {
      mail_from: written.mail_from,
      rcpt_to: email.to_email,
      raw: written.raw,
      mailbox_id: email.mailbox_id,
    }
    let reply = await current.send(envelope)
    if (!current.alive) {
      const wasStale = reply.reply_code === undefined && reply.phase !== 'final'
      run.deps.connections.give(run.transport, current)
      current = await run.deps.connections.take(run.transport).catch(() => null)
      // The other side had hung up on an idle session before it saw anything of this message; that is no deferral.
      if (wasStale && current) reply = await current.send(envelope)
    }
    // What concerns the account is no word about the recipient: the message waits, and the owner hears of it.
    const answer = email.mailbox_id ? await mailboxReply(run.deps, email.mailbox_id, reply) : reply
    await record(run, email, context, written, answer)
  } catch (error) {
    // Whatever it is, the row stays `sending` and is settled as unknown: better one message in doubt than one sent twice.
    run.deps.log.error({ err: error, email_id: email.id }, 'sending failed unexpectedly')
  } finally {
    if (current) run.idle.push(current)
  }
}

const write = async (
  run: Run,
  email: ClaimedEmail,
  context: SendingContext,
  at: Date,
): Promise<WrittenMessage | null> => {
  try {
    const sign = email.mailbox_id ? null : await loadSigner(run.deps, email.domain_id)
    const written = await writeMessage(
      email,
      context,
      {
        mail_tokens: run.deps.mail_tokens,
        base_url: run.deps.address.base_url,
        sign,
        approval_keys: run.deps.secrets.keys('approvals'),
      },
      at,
    )
    if (email.mailbox_id)
      await keepSentCopy(
        run.deps.db,
        {
          email_id: email.id,
          workspace_id: email.workspace_id,
          mailbox_id: email.mailbox_id,
          message_id: written.message_id,
          raw: written.raw,
        },
        at,
      )
    return written
  } catch (error) {
    if (isTransientDatabaseError(error)) {
      await untilRecorded(run, () => putBack(run.deps, email, run.claim_id, context, at))
      return null
    }
    if (error instanceof TextMissing) {
      await untilRecorded(run, () => takeBackText(run.deps, email, run.claim_id, error.voided, at))
      return null
    }
    if (error instanceof UnlawfulMessage) {
      await untilRecorded(run, () => refuseUnlawful(run.deps, email, run.claim_id, context, error.problems, at))
      return null
    }
    const message =
      error instanceof UnwritableMessage || (error as { code?: string }).code?.startsWith('TEMPLATE_')
        ? (error as Error).message
        : 'The message could not be written.'
    run.deps.log.warn({ err: error, email_id: email.id }, 'a message could not be written')
    await untilRecorded(run, () => recordUnwritable(run.deps, email, run.claim_id, message, at))
    return null
  }
}

const record = async (
  run: Run,
  email: ClaimedEmail,
  context: SendingContext,
  written: WrittenMessage,
  reply: DeliveryReply,
): Promise<void> => {
  const { deps } = run
  const verdict = judgeDelivery(reply)
  const at = run.now()
  if (verdict.attempted) deps.metrics.messages.inc({ mode: run.workspace.mode, outcome: verdict.outcome })
  if (verdict.outcome === 'accepted') {
    run.sent++
    run.accepted.push({
      id: email.id,
      at,
      message_id: written.message_id,
      in_reply_to: written.in_reply_to,
      conversation_id: written.conversation_id,
      is_new_conversation: written.is_new_conversation,
      subject: written.subject,
      body_text: written.body_text,
      body_html: written.body_html,
      thread_references: written.thread_references,
      links: written.links,
      next_action_at: nextStepAt(context, email.step, email.zone, at),
      is_last: email.step >= context.steps.length,
      ...replyColumns(reply),
      facts: { ...replyFacts(reply), ...written.text_facts },
      event_ids: [newId(), newId()],
    })
  } else if (!verdict.attempted)
    await untilRecorded(run, () => recordHeld(deps, email, run.claim_id, reply, verdict, at))
  else if (verdict.outcome === 'retry')
    await untilRecorded(run, () => recordDeferral(deps, email, run.claim_id, context, reply, verdict, at))
  else if (verdict.outcome === 'failed')
    await untilRecorded(run, () => recordRefusal(deps, email, run.claim_id, reply, verdict, at))
  else
    await untilRecorded(run, () =>
      transaction(deps.db, (tx) =>
        recordUnknown(tx, email, context, verdict.message, { sent_at: at, now: at, message_id: written.message_id }),
      ),
    )
}
