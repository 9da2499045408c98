import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import type { Authenticity } from './check-authenticity.ts'
import type { MessageClass } from './classify-message.ts'
import { findConversation } from './find-conversation.ts'
import { type StagedFile, storeFiles } from './inbound-files.ts'
import type { Match } from './match-message.ts'
import type { ParsedMessage } from './parse-message.ts'
import { splitReply } from './reply-text.ts'
import { isSpamHeader } from './spam-headers.ts'
import { storableJson, storableOrNull } from './storable-text.ts'

export type Delivery = {
  id: string
  mail_from: string
  rcpt_to: string
  raw: Buffer
  remote_address: string | null
  helo: string | null
  received_at: Date
  /** Set for what was read from a connected mailbox by IMAP: whose it is follows from nothing else. */
  alias_id: string | null
}

/** Who owns the alias that a message came to, or the alias that the message it is about was sent from. */
export type Mailbox = {
  alias_id: string
  domain_id: string
  workspace_id: string
  user_id: string
  full_email: string
  keeps_raw: boolean
  warmup_token: string | null
  clock_offset_ms: number
  clock_frozen_at: Date | null
}

export type Filing = {
  delivery: Delivery
  mailbox: Mailbox
  match: Match | null
  message: ParsedMessage
  found: MessageClass
  is_warmup: boolean
  authenticity: Authenticity
  files: StagedFile[]
  /** The workspace's present. */
  now: Date
  /** The system's. */
  system_now: Date
}

const MAX_BODY = 2_000_000
const MAX_HEADERS = 300
const MAX_HEADER_VALUE = 16_384
const MAX_COPIES = 200

/**
 * Conversations that begin with an answer, by the id of the message it answers. They are written to `emails` in the end, all at
 * once (`linkAnswered`): every change there takes the campaign's figures, for which everybody else would wait meanwhile.
 */
export type AnsweredLinks = Map<string, string>

/** Continues a conversation or begins one. Its counters of received messages are kept by the database (0013_mail_reading.sql). */
const touchConversation = async (
  tx: Tx,
  { mailbox, match, message, now }: Filing,
  links: AnsweredLinks,
  isReport: boolean,
): Promise<string | null> => {
  if (isReport) return null
  const answered = match && match.by !== 'address' ? match.email.id : null
  const linked = answered === null ? undefined : links.get(answered)
  const known = linked ?? (await findConversation(tx, { ...mailbox, match, message, now }))
  if (known) {
    const { numAffectedRows } = await sql`
      update conversations set message_count = message_count + 1, first_message_at = least(first_message_at, ${now}),
        last_message_at = greatest(last_message_at, ${now}), updated_at = ${now}
      where id = ${known} and workspace_id = ${mailbox.workspace_id}`.execute(tx)
    if (numAffectedRows) return known
  }
  // A message whose sending is still unknown names a conversation that nobody has made yet.
  const id = known ?? newId()
  const campaignLeadId = match?.email.campaign_lead_id ?? null
  await sql`
    insert into conversations (id, workspace_id, user_id, alias_id, domain_id, campaign_lead_id, subject, first_from_email, first_to_email,
      message_count, first_message_at, last_message_at, created_at, updated_at)
    values (${id}, ${mailbox.workspace_id}, ${mailbox.user_id}, ${mailbox.alias_id}, ${mailbox.domain_id}, ${campaignLeadId},
      ${storableOrNull(message.subject, 998) ?? ''}, ${storableOrNull(message.from?.address, 320)}, ${mailbox.full_email}, 1, ${now}, ${now}, ${now}, ${now})
    on conflict (id) do update set message_count = conversations.message_count + 1`.execute(tx)
  if (answered !== null) links.set(answered, id)
  return id
}

/** Tells the messages that were answered which conversation they belong to now. */
export const linkAnswered = async (tx: Tx, links: AnsweredLinks): Promise<void> => {
  if (!links.size) return
  await sql`
    update emails e set conversation_id = l.conversation_id
    from unnest(${[...links.keys()]}::uuid[], ${[...links.values()]}::uuid[]) as l (id, conversation_id)
    where e.id = l.id and e.conversation_id is null`.execute(tx)
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

/**
 * The fields as they are kept: our own hop's result on top, without what others wrote in our name (RFC 8601 §5), at most 300
 * of them and what spam scanners said.
 */
const keptHeaders = (message: ParsedMessage, field: string | null): { name: string; value: string }[] => {
  const ownName = field?.split(';')[0]?.toLowerCase()
  const isForged = (name: string, value: string): boolean =>
    ownName !== undefined &&
    name.toLowerCase() === 'authentication-results' &&
    value.trimStart().toLowerCase().split(/[;\s]/)[0] === ownName
  const honest = message.headers.filter(({ name, value }) => !isForged(name, value))
  const kept = [
    ...honest.slice(0, MAX_HEADERS),
    ...honest
      .slice(MAX_HEADERS)
      .filter(({ name }) => isSpamHeader(name))
      .slice(0, 20),
  ]
  return [
    ...(field ? [{ name: 'Authentication-Results', value: field }] : []),
    ...kept.map(({ name, value }) => ({ name: name.slice(0, 200), value: value.slice(0, MAX_HEADER_VALUE) })),
  ]
}

/**
 * Writes a message that was understood: the row, its conversation, its attachments. The raw bytes stay where the alias asks
 * for them, and where something could not be read. Before the transaction ends, `linkAnswered` has to be called with `links`.
 */
export const fileMessage = async (
  tx: Tx,
  deps: Pick<Deps, 'storage'> & { config: Pick<Deps['config'], 'data_dir'> },
  filing: Filing,
  links: AnsweredLinks,
): Promise<void> => {
  const { delivery, mailbox, match, message, found, authenticity, files, now } = filing
  const isReport = !(found.kind === 'human_reply' || found.kind === 'auto_reply' || found.kind === 'unsubscribe')
  const conversationId = await touchConversation(tx, filing, links, isReport)
  const split = found.kind === 'human_reply' ? found.reply : isReport ? null : splitReply(message.text, message.html)
  const attachments = files.map(({ path: _path, digest: _digest, ...attachment }) => attachment)
  const copies = message.cc.slice(0, MAX_COPIES).map(({ address, name }) => ({ email: address, name: name || null }))
  const raw = mailbox.keeps_raw || message.processing_error !== null ? delivery.raw : null
  await sql`
    insert into inbound_emails (id, workspace_id, user_id, alias_id, domain_id, conversation_id, email_id, campaign_id, campaign_lead_id, kind, matched_by,
      from_email, from_name, to_email, reply_to, cc_emails, subject, body_text, body_html, reply_text, quoted_text, signature_text, headers, message_id,
      in_reply_to, thread_references, attachments, raw, raw_kept_since, raw_email_size, verdicts, details, is_warmup, processing_error, received_at, created_at, updated_at)
    values (${delivery.id}, ${mailbox.workspace_id}, ${mailbox.user_id}, ${mailbox.alias_id}, ${mailbox.domain_id}, ${conversationId}, ${match?.email.id ?? null},
      ${match?.email.campaign_id ?? null}, ${match?.email.campaign_lead_id ?? null}, ${found.kind === 'human_reply' && !match ? 'unmatched' : found.kind},
      ${match?.by ?? null}, ${storableOrNull(message.from?.address, 320) ?? delivery.mail_from}, ${storableOrNull(message.from?.name, 500)}, ${delivery.rcpt_to},
      ${storableOrNull(message.reply_to[0]?.address, 320)}, ${storableJson(copies)}, ${storableOrNull(message.subject, 998) ?? ''},
      ${storableOrNull(message.text, MAX_BODY)}, ${storableOrNull(message.html, MAX_BODY)}, ${storableOrNull(split?.reply, MAX_BODY)},
      ${storableOrNull(split?.quoted, MAX_BODY)}, ${storableOrNull(split?.signature, MAX_BODY)},
      ${storableJson(keptHeaders(message, authenticity.authentication_results))}, ${storableOrNull(message.message_id, 998)},
      ${storableOrNull(message.in_reply_to, 998)}, ${message.references.map((id) => storableOrNull(id, 998))}, ${storableJson(attachments)},
      ${raw}, ${raw ? filing.system_now : null}, ${delivery.raw.length}, ${storableJson(authenticity.verdicts)}, ${storableJson(detailsOf(found))},
      ${filing.is_warmup}, ${storableOrNull(message.processing_error, 500)}, ${now}, ${now}, ${now})`.execute(tx)
  await storeFiles(tx, deps, { workspace_id: mailbox.workspace_id, inbound_email_id: delivery.id, now }, files)
}
