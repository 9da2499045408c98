import { sql } from 'kysely'
import { givenRows } from '../../db/given-rows.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import type { Authenticity } from './check-authenticity.ts'
import type { MessageClass } from './classify-message.ts'
import { answeredBy, findThreads } from './find-conversation.ts'
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

/** What is for a person to read, and so belongs to a conversation; reports about our own messages do not. */
const isForPerson = ({ kind }: MessageClass): boolean =>
  kind === 'human_reply' || kind === 'auto_reply' || kind === 'unsubscribe'

/**
 * Conversations that begin with an answer, by the id of the message it answers. They are written to `emails` in the end, all at
 * once (`linkAnswered`): every change there takes the campaign's figures, for which everybody else would wait meanwhile.
 */
export type AnsweredLinks = Map<string, string>

/** The conversation of each message that has one, the ids of new ones made up; what they are to `touchConversations`. */
type Threading = { conversations: Map<Filing, string>; links: AnsweredLinks }

const chooseConversations = async (tx: Tx, filings: readonly Filing[]): Promise<Threading> => {
  const questions = filings
    .filter(({ found }) => isForPerson(found))
    .map((filing) => ({ filing, ...filing.mailbox, match: filing.match, message: filing.message, now: filing.now }))
  const threads = await findThreads(tx, questions)
  const conversations = new Map<Filing, string>()
  const links: AnsweredLinks = new Map()
  for (const question of questions) {
    const known = threads.find(question)
    const id = known ?? newId()
    threads.remember(question, id)
    conversations.set(question.filing, id)
    const answered = answeredBy(question)
    if (known === null && answered !== null) links.set(answered, id)
  }
  return { conversations, links }
}

/**
 * Continues conversations and begins those that are not there yet, a message whose sending is still unknown naming one that
 * nobody has made. Their counters of received messages are kept by the database (0013_mail_reading.sql).
 */
const touchConversations = async (tx: Tx, conversations: ReadonlyMap<Filing, string>): Promise<void> => {
  if (!conversations.size) return
  const given = [...Map.groupBy(conversations.keys(), (filing) => conversations.get(filing) as string)].map(
    ([id, [first, ...others]]) => {
      const { mailbox, match, message, now } = first as Filing
      const times = [now, ...others.map((other) => other.now)].sort((a, b) => a.getTime() - b.getTime())
      return {
        id,
        workspace_id: mailbox.workspace_id,
        user_id: mailbox.user_id,
        alias_id: mailbox.alias_id,
        domain_id: mailbox.domain_id,
        campaign_lead_id: match?.email.campaign_lead_id ?? null,
        subject: storableOrNull(message.subject, 998) ?? '',
        first_from_email: storableOrNull(message.from?.address, 320),
        first_to_email: mailbox.full_email,
        messages: 1 + others.length,
        first_at: times[0],
        last_at: times.at(-1),
      }
    },
  )
  await sql`
    with given as (${givenRows(given, CONVERSATION_COLUMNS)}), locked as (
      -- One order for all writers, so that two of them wait for each other instead of deadlocking.
      select c.id from conversations c join given g on g.id = c.id and g.workspace_id = c.workspace_id order by c.id for no key update of c
    ), continued as (
      update conversations c set message_count = c.message_count + g.messages, first_message_at = least(c.first_message_at, g.first_at),
        last_message_at = greatest(c.last_message_at, g.last_at), updated_at = g.last_at
      from given g join locked l on l.id = g.id where c.id = g.id
      returning c.id
    )
    insert into conversations (id, workspace_id, user_id, alias_id, domain_id, campaign_lead_id, subject, first_from_email, first_to_email,
      message_count, first_message_at, last_message_at, created_at, updated_at)
    select id, workspace_id, user_id, alias_id, domain_id, campaign_lead_id, subject, first_from_email, first_to_email, messages, first_at, last_at,
      first_at, last_at
    from given where id not in (select id from continued) order by id
    on conflict (id) do update set message_count = conversations.message_count + excluded.message_count`.execute(tx)
}

const CONVERSATION_COLUMNS = `id uuid, workspace_id uuid, user_id uuid, alias_id uuid, domain_id uuid, campaign_lead_id uuid, subject text, first_from_email text,
  first_to_email text, messages integer, first_at timestamptz, last_at timestamptz`

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

const RECEIVED_COLUMNS = `id uuid, workspace_id uuid, user_id uuid, alias_id uuid, domain_id uuid, conversation_id uuid, email_id uuid, campaign_id uuid,
  campaign_lead_id uuid, kind text, matched_by text, from_email text, from_name text, reply_to text, cc_emails jsonb, subject text, body_text text,
  body_html text, reply_text text, quoted_text text, signature_text text, headers jsonb, message_id text, in_reply_to text, thread_references text[],
  attachments jsonb, keeps_raw boolean, raw_kept_since timestamptz, verdicts jsonb, details jsonb, is_warmup boolean, processing_error text, received_at timestamptz`

const receivedRow = (filing: Filing, conversation_id: string | null) => {
  const { delivery, mailbox, match, message, found, authenticity, files, now } = filing
  const split =
    found.kind === 'human_reply' ? found.reply : isForPerson(found) ? splitReply(message.text, message.html) : null
  const keeps_raw = mailbox.keeps_raw || message.processing_error !== null
  return {
    id: delivery.id,
    workspace_id: mailbox.workspace_id,
    user_id: mailbox.user_id,
    alias_id: mailbox.alias_id,
    domain_id: mailbox.domain_id,
    conversation_id,
    email_id: match?.email.id ?? null,
    campaign_id: match?.email.campaign_id ?? null,
    campaign_lead_id: match?.email.campaign_lead_id ?? null,
    kind: found.kind === 'human_reply' && !match ? 'unmatched' : found.kind,
    matched_by: match?.by ?? null,
    from_email: storableOrNull(message.from?.address, 320) ?? delivery.mail_from,
    from_name: storableOrNull(message.from?.name, 500),
    reply_to: storableOrNull(message.reply_to[0]?.address, 320),
    cc_emails: message.cc.slice(0, MAX_COPIES).map(({ address, name }) => ({ email: address, name: name || null })),
    subject: storableOrNull(message.subject, 998) ?? '',
    body_text: storableOrNull(message.text, MAX_BODY),
    body_html: storableOrNull(message.html, MAX_BODY),
    reply_text: storableOrNull(split?.reply, MAX_BODY),
    quoted_text: storableOrNull(split?.quoted, MAX_BODY),
    signature_text: storableOrNull(split?.signature, MAX_BODY),
    headers: keptHeaders(message, authenticity.authentication_results),
    message_id: storableOrNull(message.message_id, 998),
    in_reply_to: storableOrNull(message.in_reply_to, 998),
    thread_references: message.references.map((id) => storableOrNull(id, 998)),
    attachments: files.map(({ path: _path, digest: _digest, ...attachment }) => attachment),
    keeps_raw,
    raw_kept_since: keeps_raw ? filing.system_now : null,
    verdicts: authenticity.verdicts,
    details: detailsOf(found),
    is_warmup: filing.is_warmup,
    processing_error: storableOrNull(message.processing_error, 500),
    received_at: now,
  }
}

/**
 * Writes messages that were understood: their rows, conversations and attachments, one statement for each table however many
 * there are. The raw bytes stay where the alias asks for them, and where something could not be read. Before the
 * transaction ends, `linkAnswered` has to be called with what this returns.
 */
export const fileMessages = async (
  tx: Tx,
  deps: Pick<Deps, 'storage'> & { config: Pick<Deps['config'], 'data_dir'> },
  filings: readonly Filing[],
): Promise<AnsweredLinks> => {
  if (!filings.length) return new Map()
  const { conversations, links } = await chooseConversations(tx, filings)
  await touchConversations(tx, conversations)
  const rows = filings.map((filing) => receivedRow(filing, conversations.get(filing) ?? null))
  // What the delivery's row holds stays in the database: the envelope's recipient, the bytes and their number.
  await sql`
    with given as (${givenRows(rows, RECEIVED_COLUMNS, storableJson)})
    insert into inbound_emails (id, workspace_id, user_id, alias_id, domain_id, conversation_id, email_id, campaign_id, campaign_lead_id, kind, matched_by,
      from_email, from_name, to_email, reply_to, cc_emails, subject, body_text, body_html, reply_text, quoted_text, signature_text, headers, message_id,
      in_reply_to, thread_references, attachments, raw, raw_kept_since, raw_email_size, verdicts, details, is_warmup, processing_error, received_at, created_at, updated_at)
    select g.id, g.workspace_id, g.user_id, g.alias_id, g.domain_id, g.conversation_id, g.email_id, g.campaign_id, g.campaign_lead_id, g.kind, g.matched_by,
      g.from_email, g.from_name, d.rcpt_to, g.reply_to, g.cc_emails, g.subject, g.body_text, g.body_html, g.reply_text, g.quoted_text, g.signature_text, g.headers,
      g.message_id, g.in_reply_to, g.thread_references, g.attachments, case when g.keeps_raw then d.raw end, g.raw_kept_since, octet_length(d.raw), g.verdicts,
      g.details, g.is_warmup, g.processing_error, g.received_at, g.received_at, g.received_at
    from given g join inbound_deliveries d on d.id = g.id order by g.id`.execute(tx)
  await storeFiles(
    tx,
    deps,
    filings.map(({ mailbox, delivery, files, now }) => ({
      workspace_id: mailbox.workspace_id,
      inbound_email_id: delivery.id,
      now,
      files,
    })),
  )
  return links
}
