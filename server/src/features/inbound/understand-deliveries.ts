import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { readWorldGreeting } from '../../world-greeting.ts'
import { addressOfCopy } from '../mail-messages/bounce-recipients.ts'
import { askingOnce } from './bounded-resolver.ts'
import { type Authenticity, checkAuthenticity } from './check-authenticity.ts'
import { classifyMessage, type MessageClass } from './classify-message.ts'
import type { Delivery, Filing, Mailbox } from './file-message.ts'
import { findRecipients, type KnownRecipient } from './find-recipient.ts'
import { stageFiles } from './inbound-files.ts'
import { type Match, matchMessages } from './match-message.ts'
import { type ParsedMessage, salvageMessage } from './parse-message.ts'
import { readMessage } from './read-message.ts'
import { splitReply } from './reply-text.ts'
import { isTrustedRelay } from './trusted-relay.ts'
import { isWarmup } from './warmup-mark.ts'

export type InboundDeps = Pick<Deps, 'db' | 'mail_tokens' | 'secrets' | 'log' | 'clock' | 'dns' | 'storage' | 'config'>

/** A delivery that is understood: something to file, or the word under which it ends. */
export type Understood =
  | { delivery: Delivery; filing: Filing; remove_files: () => Promise<void> }
  | { delivery: Delivery; filing: null; outcome: string }

const findMailboxes = async (db: Deps['db'], aliasIds: readonly string[]): Promise<Map<string, Mailbox>> => {
  if (!aliasIds.length) return new Map()
  const { rows } = await sql<Mailbox>`
    select a.id as alias_id, a.domain_id, a.workspace_id, a.user_id, a.full_email, a.raw_mime_retention_enabled as keeps_raw, a.warmup_token,
      w.clock_offset_ms, w.clock_frozen_at
    from aliases a join workspaces w on w.id = a.workspace_id where a.id = any(${[...new Set(aliasIds)]}::uuid[])`.execute(
    db,
  )
  return new Map(rows.map((mailbox) => [mailbox.alias_id, mailbox]))
}

const classify = (message: ParsedMessage, toUnsubscribe: boolean, now: Date, log: Deps['log']): MessageClass => {
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

type Known = { recipient: KnownRecipient | null; mailbox: Mailbox | undefined; world: string | null }

/** Whose deliveries they are by their envelopes alone, in the order of the deliveries. */
export const lookUpEnvelopes = async (deps: InboundDeps, deliveries: readonly Delivery[]): Promise<Known[]> => {
  const keys = deps.secrets.keys('mail-tokens')
  const worlds = deliveries.map(({ helo }) => readWorldGreeting(keys, helo))
  const asked = deliveries.flatMap(({ alias_id, rcpt_to }, n) =>
    alias_id ? [] : { n, address: rcpt_to, world: worlds[n] ?? null },
  )
  const recipients: (KnownRecipient | null)[] = deliveries.map(() => null)
  const found = await findRecipients(deps, asked)
  for (const [at, { n }] of asked.entries()) recipients[n] = found[at] ?? null
  const aliasOf = (n: number): string | null => {
    const recipient = recipients[n]
    return deliveries[n]?.alias_id ?? (recipient?.kind === 'alias' ? recipient.alias_id : null)
  }
  const mailboxes = await findMailboxes(
    deps.db,
    deliveries.flatMap((_, n) => aliasOf(n) ?? []),
  )
  return deliveries.map((_, n) => ({
    recipient: recipients[n] ?? null,
    world: worlds[n] ?? null,
    mailbox: mailboxes.get(aliasOf(n) ?? ''),
  }))
}

/** A delivery that was read, before anybody has looked at what it is about. */
type Read = Known & {
  delivery: Delivery
  message: ParsedMessage
  found: MessageClass
  to_unsubscribe: boolean
  /** The look-ups take as long as strangers' name servers do; everything else goes on meanwhile. */
  authenticity: Promise<Authenticity>
}

const read = async (deps: InboundDeps, delivery: Delivery, known: Known): Promise<Read> => {
  const message = await readMessage(delivery.raw)
  const authenticity = checkAuthenticity(deps, {
    raw: delivery.raw,
    message,
    mail_from: delivery.mail_from,
    remote_address: delivery.remote_address,
    helo: delivery.helo,
    is_sandbox: known.world !== null,
    is_trusted: isTrustedRelay(deps.config.inbound_smtp.trusted_relays, delivery.remote_address),
  })
  const to_unsubscribe = known.recipient?.kind === 'unsubscribe'
  // Whose present it is follows from the match, which needs the class; only dates without a year depend on it, so the
  // mailbox's clock, or the system's, is near enough for a first reading.
  const roughly = known.mailbox ? workspaceNow(known.mailbox, delivery.received_at) : delivery.received_at
  const found = classify(message, to_unsubscribe, roughly, deps.log)
  return { ...known, delivery, message, authenticity, found, to_unsubscribe }
}

/** What each message is about. A message to several people has a return address for each of them. */
const findMatches = async (deps: InboundDeps, messages: readonly Read[]): Promise<(Match | null)[]> => {
  const matches = await matchMessages(
    deps,
    messages.map(({ world, mailbox, recipient, message, found }) => ({
      world,
      workspace_id: mailbox?.workspace_id ?? null,
      alias_id: mailbox?.alias_id ?? null,
      envelope_email_id: recipient && recipient.kind !== 'alias' ? recipient.email_id : null,
      message,
      found,
    })),
  )
  for (const [n, match] of matches.entries()) {
    const recipient = messages[n]?.recipient
    if (match?.by !== 'envelope_token' || !recipient || recipient.kind === 'alias') continue
    match.email.to_email = (await addressOfCopy(deps.db, match.email.id, recipient.extra)) ?? match.email.to_email
  }
  return matches
}

const understand = async (
  deps: InboundDeps,
  one: Read,
  matched: Match | null,
  mailbox: Mailbox | undefined,
): Promise<Understood> => {
  const { delivery, message, recipient } = one
  const authenticity = await one.authenticity
  if (!mailbox) return { delivery, filing: null, outcome: recipient ? 'no_message' : 'unknown_recipient' }
  const now = workspaceNow(mailbox, delivery.received_at)
  const found =
    !one.mailbox && one.found.kind === 'auto_reply' ? classify(message, one.to_unsubscribe, now, deps.log) : one.found
  const byPerson = found.kind === 'human_reply' || found.kind === 'auto_reply' || found.kind === 'unsubscribe'
  const is_warmup = byPerson && isWarmup(message, mailbox.warmup_token)
  // Warm-up mail answers nothing and nobody: no lead stops for it and no figure moves.
  const match = is_warmup ? null : matched
  const { files, remove } = await stageFiles(deps, message.attachments)
  // The contents lie on the disk now; the message may wait for its turn without them.
  message.attachments = []
  const system_now = deps.clock.now()
  return {
    delivery,
    filing: { delivery, mailbox, match, message, found, is_warmup, authenticity, files, now, system_now },
    remove_files: remove,
  }
}

/** Understands deliveries side by side, asking the database about all of them at once. Fails as a whole and leaves no files then. */
export const understandTogether = async (deps: InboundDeps, deliveries: readonly Delivery[]): Promise<Understood[]> => {
  // What many messages ask of the name servers, such as the records above their writers' domains, is asked once for all.
  const asking = { ...deps, dns: { ...deps.dns, resolver: askingOnce(deps.dns.resolver) } }
  const known = await lookUpEnvelopes(deps, deliveries)
  const messages = await Promise.all(deliveries.map((delivery, n) => read(asking, delivery, known[n] as Known)))
  const matches = await findMatches(deps, messages)
  const mailboxes = await findMailboxes(
    deps.db,
    messages.flatMap(({ mailbox }, n) => (mailbox ? [] : (matches[n]?.email.alias_id ?? []))),
  )
  const settled = await Promise.allSettled(
    messages.map((one, n) => {
      const match = matches[n] ?? null
      return understand(deps, one, match, one.mailbox ?? mailboxes.get(match?.email.alias_id ?? ''))
    }),
  )
  const understood = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  const failed = settled.find((one) => one.status === 'rejected')
  if (!failed) return understood
  await removeFiles(understood)
  throw failed.reason
}

/** Removes what was staged of them and not taken over; called in the end, whatever happened. */
export const removeFiles = async (understood: readonly Understood[]): Promise<void> => {
  for (const one of understood) if (one.filing) await one.remove_files()
}

const unread: Authenticity = {
  verdicts: {
    spf: { status: 'PROCESSING_FAILED', details: null },
    dkim: { status: 'PROCESSING_FAILED', details: null },
    dmarc: { status: 'PROCESSING_FAILED', details: null },
    arc: { status: 'PROCESSING_FAILED', details: null },
    spam: { status: 'PROCESSING_FAILED', details: null },
    virus: { status: 'PROCESSING_FAILED', details: null },
  },
  authentication_results: null,
}

/** What is filed of a message that our own program cannot stand: its headers, its first text, and all of it raw. */
export const bareFiling = (deps: InboundDeps, delivery: Delivery, mailbox: Mailbox): Filing => {
  const message = salvageMessage(delivery.raw, 'the message could not be processed')
  return {
    delivery,
    mailbox,
    match: null,
    message: { ...message, references: message.references.slice(-20), headers: message.headers.slice(0, 50) },
    found: { kind: 'human_reply', reply: { reply: '', quoted: '', signature: '' }, mentions_opt_out: false },
    is_warmup: false,
    authenticity: unread,
    files: [],
    now: workspaceNow(mailbox, delivery.received_at),
    system_now: deps.clock.now(),
  }
}
