import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { readWorldGreeting } from '../../world-greeting.ts'
import { applyEffects } from './apply-effects.ts'
import { classifyMessage, type MessageClass } from './classify-message.ts'
import { findRecipient } from './find-recipient.ts'
import { type Match, matchMessage } from './match-message.ts'
import { type ParsedMessage, parseMessage } from './parse-message.ts'
import { splitReply } from './reply-text.ts'

export type InboundDeps = Pick<Deps, 'db' | 'mail_tokens' | 'secrets' | 'log' | 'clock'>

type DeliveryRow = {
  id: string
  mail_from: string
  rcpt_to: string
  raw: Buffer
  helo: string | null
  received_at: Date
}

type Mailbox = {
  alias_id: string
  domain_id: string
  workspace_id: string
  user_id: string
  full_email: string
  keeps_raw: boolean
  clock_offset_ms: number
  clock_frozen_at: Date | null
}

const MAX_BODY = 2_000_000
const MAX_HEADERS = 300

/** Text columns and jsonb hold neither NUL nor half a surrogate pair, and strangers send both. */
const clean = (text: string): string => text.replaceAll('\0', '').toWellFormed()
const cleanOrNull = (text: string | null | undefined, max = MAX_BODY): string | null =>
  text == null ? null : clean(text).slice(0, max).toWellFormed()
const json = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) => (typeof inner === 'string' ? clean(inner) : inner))

/** Who owns the alias that a message came to, or the alias that the message it is about was sent from. */
const findMailbox = async (db: Deps['db'], aliasId: string): Promise<Mailbox | undefined> => {
  const { rows } = await sql<Mailbox>`
    select a.id as alias_id, a.domain_id, a.workspace_id, a.user_id, a.full_email, a.raw_mime_retention_enabled as keeps_raw, w.clock_offset_ms, w.clock_frozen_at
    from aliases a join workspaces w on w.id = a.workspace_id where a.id = ${aliasId}`.execute(db)
  return rows[0]
}

const understand = (message: ParsedMessage, toUnsubscribe: boolean, now: Date, log: Deps['log']): MessageClass => {
  try {
    return classifyMessage(message, {
      now: Temporal.Instant.fromEpochMilliseconds(now.getTime()),
      to_unsubscribe_address: toUnsubscribe,
    })
  } catch (error) {
    // A message that our rules cannot stand must still reach a person.
    log.error({ err: error }, 'an inbound message could not be classified')
    message.processing_error ??= 'the message could not be classified'
    return { kind: 'human_reply', reply: splitReply(message.text, message.html), mentions_opt_out: false }
  }
}

/** Files the message under its conversation, which a message to a stranger or without one begins. */
const touchConversation = async (
  tx: Tx,
  mailbox: Mailbox,
  match: Match | null,
  message: ParsedMessage,
  now: Date,
): Promise<string> => {
  const known = match?.email.conversation_id
  if (known) {
    const { numAffectedRows } = await sql`
      update conversations set message_count = message_count + 1, last_message_at = greatest(last_message_at, ${now}), updated_at = ${now}
      where id = ${known} and workspace_id = ${mailbox.workspace_id}`.execute(tx)
    if (numAffectedRows) return known
  }
  const id = newId()
  await sql`
    insert into conversations (id, workspace_id, user_id, alias_id, domain_id, campaign_lead_id, subject, first_from_email, first_to_email,
      message_count, first_message_at, last_message_at, created_at, updated_at)
    values (${id}, ${mailbox.workspace_id}, ${mailbox.user_id}, ${mailbox.alias_id}, ${mailbox.domain_id}, ${match?.email.campaign_lead_id ?? null},
      ${cleanOrNull(message.subject, 998) ?? ''}, ${cleanOrNull(message.from?.address, 320)}, ${mailbox.full_email}, 1, ${now}, ${now}, ${now}, ${now})`.execute(
    tx,
  )
  if (match)
    await sql`update emails set conversation_id = ${id} where id = ${match.email.id} and conversation_id is null`.execute(
      tx,
    )
  return id
}

const detailsOf = (found: MessageClass): Record<string, unknown> => {
  switch (found.kind) {
    case 'bounce':
      return { reports: found.reports }
    case 'complaint':
      return { complaint: found.complaint }
    case 'auto_reply':
      return { ...found.auto_reply, mentions_opt_out: found.mentions_opt_out }
    case 'human_reply':
      return { mentions_opt_out: found.mentions_opt_out }
    case 'unsubscribe':
      return { because: found.because }
    case 'delivery_notice':
      return { reports: found.reports, because: found.because }
  }
}

type Filing = {
  delivery: DeliveryRow
  mailbox: Mailbox
  match: Match | null
  message: ParsedMessage
  found: MessageClass
  now: Date
}

const fileMessage = async (tx: Tx, { delivery, mailbox, match, message, found, now }: Filing): Promise<void> => {
  const written = found.kind === 'human_reply' || found.kind === 'auto_reply' || found.kind === 'unsubscribe'
  const conversationId = written ? await touchConversation(tx, mailbox, match, message, now) : null
  const split = found.kind === 'human_reply' ? found.reply : written ? splitReply(message.text, message.html) : null
  const attachments = message.attachments.map(({ content: _content, ...attachment }) => ({
    id: newId(),
    ...attachment,
  }))
  await sql`
    insert into inbound_emails (id, workspace_id, user_id, alias_id, domain_id, conversation_id, email_id, campaign_id, campaign_lead_id, kind, matched_by,
      from_email, from_name, to_email, reply_to, cc_emails, subject, body_text, body_html, reply_text, quoted_text, signature_text, headers, message_id,
      in_reply_to, thread_references, attachments, raw, raw_email_size, details, processing_error, received_at, created_at, updated_at)
    values (${delivery.id}, ${mailbox.workspace_id}, ${mailbox.user_id}, ${mailbox.alias_id}, ${mailbox.domain_id}, ${conversationId}, ${match?.email.id ?? null},
      ${match?.email.campaign_id ?? null}, ${match?.email.campaign_lead_id ?? null}, ${found.kind === 'human_reply' && !match ? 'unmatched' : found.kind},
      ${match?.by ?? null}, ${cleanOrNull(message.from?.address, 320) ?? delivery.mail_from}, ${cleanOrNull(message.from?.name, 500)}, ${delivery.rcpt_to},
      ${cleanOrNull(message.reply_to[0]?.address, 320)}, ${json(message.cc.slice(0, 200).map(({ address, name }) => ({ email: address, name: name || null })))}, ${cleanOrNull(message.subject, 998) ?? ''},
      ${cleanOrNull(message.text)}, ${cleanOrNull(message.html)}, ${cleanOrNull(split?.reply)}, ${cleanOrNull(split?.quoted)}, ${cleanOrNull(split?.signature)},
      ${json(message.headers.slice(0, MAX_HEADERS).map(({ name, value }) => ({ name, value: value.slice(0, 16_384) })))}, ${cleanOrNull(message.message_id, 998)}, ${cleanOrNull(message.in_reply_to, 998)},
      ${message.references.map(clean)}, ${json(attachments)}, ${mailbox.keeps_raw ? delivery.raw : null}, ${delivery.raw.length}, ${json(detailsOf(found))},
      ${cleanOrNull(message.processing_error, 500)}, ${now}, ${now}, ${now})`.execute(tx)
}

const finish = (tx: Deps['db'], id: string, outcome: string, at: Date) =>
  sql`update inbound_deliveries set processed_at = ${at}, outcome = ${outcome} where id = ${id} and processed_at is null`.execute(
    tx,
  )

/**
 * Understands one stored delivery: parse, classify, match, file, and carry out what follows, the last three in one
 * transaction. Safe to run again at any point: the delivery's row is locked and remembers that it is done. Returns whether
 * it did anything.
 */
export const processInbound = async (deps: InboundDeps, deliveryId: string): Promise<boolean> => {
  const { rows } = await sql<DeliveryRow>`
    select id, mail_from, rcpt_to, raw, helo, received_at from inbound_deliveries where id = ${deliveryId} and processed_at is null`.execute(
    deps.db,
  )
  const delivery = rows[0]
  if (!delivery) return false
  const message = await parseMessage(delivery.raw)
  const world = readWorldGreeting(deps.secrets.keys('mail-tokens'), delivery.helo)
  const recipient = await findRecipient(deps, delivery.rcpt_to, world)
  const envelopeEmailId = recipient && recipient.kind !== 'alias' ? recipient.email_id : null
  const toUnsubscribe = recipient?.kind === 'unsubscribe'
  const toMailbox = recipient?.kind === 'alias' ? await findMailbox(deps.db, recipient.alias_id) : undefined
  // Whose present it is follows from the match, which needs the class; only dates without a year depend on it, so the
  // mailbox's clock, or the system's, is near enough for a first reading.
  const roughly = toMailbox ? workspaceNow(toMailbox, delivery.received_at) : delivery.received_at
  let found = understand(message, toUnsubscribe, roughly, deps.log)
  const match = await matchMessage(deps, {
    world,
    workspace_id: toMailbox?.workspace_id ?? null,
    alias_id: toMailbox?.alias_id ?? null,
    envelope_email_id: envelopeEmailId,
    message,
    found,
  })
  const mailbox = toMailbox ?? (match ? await findMailbox(deps.db, match.email.alias_id) : undefined)
  if (!mailbox) {
    const outcome = recipient ? 'no_message' : 'unknown_recipient'
    return ((await finish(deps.db, delivery.id, outcome, deps.clock.now())).numAffectedRows ?? 0n) > 0n
  }
  const now = workspaceNow(mailbox, delivery.received_at)
  if (!toMailbox && found.kind === 'auto_reply') found = understand(message, toUnsubscribe, now, deps.log)
  return transaction(deps.db, async (tx) => {
    const locked =
      await sql`select id from inbound_deliveries where id = ${delivery.id} and processed_at is null for update skip locked`.execute(
        tx,
      )
    if (!locked.rows.length) return false
    await fileMessage(tx, { delivery, mailbox, match, message, found, now })
    if (match) await applyEffects(tx, { inbound_email_id: delivery.id, match, found, now })
    await finish(tx, delivery.id, match ? `${found.kind}:${match.by}` : found.kind, deps.clock.now())
    return true
  })
}

const PAGE = 200
const AT_ONCE = 4

/**
 * Processes what is stored and not understood yet, oldest first; with `workspaceId` only what the local mail world brought
 * to that sandbox. The clock's advance calls it so that an answer is known before time goes on. Returns how many were done.
 */
export const processPending = async (deps: InboundDeps, workspaceId?: string): Promise<number> => {
  let done = 0
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const { rows } = await sql<{ id: string }>`
      select id from inbound_deliveries where processed_at is null and id > ${after}
        ${workspaceId ? sql`and helo like ${`%.${workspaceId}.sandbox.invalid`}` : sql``}
      order by id limit ${PAGE}`.execute(deps.db)
    if (!rows.length) return done
    after = (rows.at(-1) as { id: string }).id
    const waiting = rows.map(({ id }) => id)
    const lane = async (): Promise<void> => {
      for (let id = waiting.shift(); id; id = waiting.shift()) if (await processInbound(deps, id)) done++
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  }
}
