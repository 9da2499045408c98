import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { readWorldGreeting } from '../../world-greeting.ts'
import { addressOfCopy } from '../mail-messages/bounce-recipients.ts'
import { applyEffects, type Effect } from './apply-effects.ts'
import { type Authenticity, checkAuthenticity } from './check-authenticity.ts'
import { classifyMessage, type MessageClass } from './classify-message.ts'
import {
  type AnsweredLinks,
  type Delivery,
  type Filing,
  fileMessage,
  linkAnswered,
  type Mailbox,
} from './file-message.ts'
import { findRecipient, type KnownRecipient } from './find-recipient.ts'
import { stageFiles } from './inbound-files.ts'
import { matchMessage } from './match-message.ts'
import { type ParsedMessage, salvageMessage } from './parse-message.ts'
import { readMessage } from './read-message.ts'
import { splitReply } from './reply-text.ts'
import { isTrustedRelay } from './trusted-relay.ts'
import { isWarmup } from './warmup-mark.ts'

export type InboundDeps = Pick<Deps, 'db' | 'mail_tokens' | 'secrets' | 'log' | 'clock' | 'dns' | 'storage' | 'config'>

/** A delivery that is understood: something to file, or the word under which it ends. */
type Understood =
  | { delivery: Delivery; filing: Filing; remove_files: () => Promise<void> }
  | { delivery: Delivery; filing: null; outcome: string }

const findMailbox = async (db: Deps['db'], aliasId: string): Promise<Mailbox | undefined> => {
  const { rows } = await sql<Mailbox>`
    select a.id as alias_id, a.domain_id, a.workspace_id, a.user_id, a.full_email, a.raw_mime_retention_enabled as keeps_raw, a.warmup_token,
      w.clock_offset_ms, w.clock_frozen_at
    from aliases a join workspaces w on w.id = a.workspace_id where a.id = ${aliasId}`.execute(db)
  return rows[0]
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

type Envelope = Pick<Delivery, 'rcpt_to' | 'helo' | 'alias_id'>
type Known = { recipient: KnownRecipient | null; mailbox: Mailbox | undefined; world: string | null }

/** Whose delivery it is by its envelope alone. */
const lookUpEnvelope = async (deps: InboundDeps, delivery: Envelope): Promise<Known> => {
  const world = readWorldGreeting(deps.secrets.keys('mail-tokens'), delivery.helo)
  const recipient = delivery.alias_id ? null : await findRecipient(deps, delivery.rcpt_to, world)
  const aliasId = delivery.alias_id ?? (recipient?.kind === 'alias' ? recipient.alias_id : null)
  return { recipient, world, mailbox: aliasId ? await findMailbox(deps.db, aliasId) : undefined }
}

/** The same for deliveries that are understood together, of which most are for few addresses: each is looked up once. */
const lookUpOnce = (deps: InboundDeps): ((delivery: Envelope) => Promise<Known>) => {
  const asked = new Map<string, Promise<Known>>()
  return (delivery) => {
    const key = JSON.stringify([delivery.alias_id, delivery.rcpt_to, delivery.helo])
    const known = asked.get(key) ?? lookUpEnvelope(deps, delivery)
    asked.set(key, known)
    return known
  }
}

const understand = async (deps: InboundDeps, delivery: Delivery, known: Known): Promise<Understood> => {
  const { recipient, world } = known
  const message = await readMessage(delivery.raw)
  // The look-ups take as long as strangers' name servers do; everything else goes on meanwhile.
  const checked = checkAuthenticity(deps, {
    raw: delivery.raw,
    message,
    mail_from: delivery.mail_from,
    remote_address: delivery.remote_address,
    helo: delivery.helo,
    is_sandbox: world !== null,
    is_trusted: isTrustedRelay(deps.config.inbound_smtp.trusted_relays, delivery.remote_address),
  })
  const envelopeEmailId = recipient && recipient.kind !== 'alias' ? recipient.email_id : null
  const toUnsubscribe = recipient?.kind === 'unsubscribe'
  // Whose present it is follows from the match, which needs the class; only dates without a year depend on it, so the
  // mailbox's clock, or the system's, is near enough for a first reading.
  const roughly = known.mailbox ? workspaceNow(known.mailbox, delivery.received_at) : delivery.received_at
  let found = classify(message, toUnsubscribe, roughly, deps.log)
  let match = await matchMessage(deps, {
    world,
    workspace_id: known.mailbox?.workspace_id ?? null,
    alias_id: known.mailbox?.alias_id ?? null,
    envelope_email_id: envelopeEmailId,
    message,
    found,
  })
  // A message to several people has a return address for each of them.
  const copy =
    match?.by === 'envelope_token' && recipient && recipient.kind !== 'alias'
      ? await addressOfCopy(deps.db, match.email.id, recipient.extra)
      : null
  if (match && copy) match.email.to_email = copy
  const mailbox = known.mailbox ?? (match ? await findMailbox(deps.db, match.email.alias_id) : undefined)
  const authenticity = await checked
  if (!mailbox) return { delivery, filing: null, outcome: recipient ? 'no_message' : 'unknown_recipient' }
  const now = workspaceNow(mailbox, delivery.received_at)
  if (!known.mailbox && found.kind === 'auto_reply') found = classify(message, toUnsubscribe, now, deps.log)
  const byPerson = found.kind === 'human_reply' || found.kind === 'auto_reply' || found.kind === 'unsubscribe'
  const is_warmup = byPerson && isWarmup(message, mailbox.warmup_token)
  // Warm-up mail answers nothing and nobody: no lead stops for it and no figure moves.
  if (is_warmup) match = null
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
const bareFiling = (deps: InboundDeps, delivery: Delivery, mailbox: Mailbox): Filing => {
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

/** A fault in our program or in what a column can hold, which trying again does not mend; anything else may pass. */
const isLasting = (error: unknown): boolean =>
  error instanceof TypeError ||
  error instanceof RangeError ||
  error instanceof SyntaxError ||
  /^(?:22|23|54)/.test((error as { code?: string }).code ?? '')

const load = async (deps: InboundDeps, ids: readonly string[]): Promise<Delivery[]> => {
  const { rows } = await sql<Delivery>`
    select id, mail_from, rcpt_to, raw, remote_address, helo, received_at, alias_id from inbound_deliveries
    where id = any(${ids}::uuid[]) and processed_at is null`.execute(deps.db)
  return rows
}

/**
 * Takes the figures of the campaigns that are answered, in the order in which senders take them (messages, then leads). One
 * transaction answers several messages, each touching other figures: two of them, or one and a sender, would deadlock.
 */
const holdFigures = async (tx: Tx, effects: readonly Effect[]): Promise<void> => {
  const campaigns = [...new Set(effects.flatMap(({ match }) => match.email.campaign_id ?? []))].sort()
  if (!campaigns.length) return
  // Figures that have no row yet cannot be locked, so those who answer the same campaign also wait for each other by its name.
  await sql`
    select pg_advisory_xact_lock(hashtextextended('inbound ' || id, 0)) from unnest(${campaigns}::text[]) with ordinality as c (id, n) order by n`.execute(
    tx,
  )
  await sql`
    select 1 from campaign_step_counts where campaign_id = any(${campaigns}::uuid[]) order by campaign_id, step, variant_label for no key update`.execute(
    tx,
  )
  await sql`
    select 1 from campaign_lead_counts where campaign_id = any(${campaigns}::uuid[]) order by campaign_id, status for no key update`.execute(
    tx,
  )
}

/** Files what was understood, all in one transaction; what somebody else has taken in hand is left to them. Returns how many. */
const fileAll = (deps: InboundDeps, understood: readonly Understood[]): Promise<number> =>
  transaction(deps.db, async (tx) => {
    const ids = understood.map(({ delivery }) => delivery.id)
    const locked = await sql<{ id: string }>`
      select id from inbound_deliveries where id = any(${ids}::uuid[]) and processed_at is null order by id for update skip locked`.execute(
      tx,
    )
    const ours = new Set(locked.rows.map(({ id }) => id))
    const done: { id: string; outcome: string; is_filed: boolean }[] = []
    const effects: Effect[] = []
    const links: AnsweredLinks = new Map()
    for (const one of understood) {
      const { id } = one.delivery
      if (!ours.has(id)) continue
      if (!one.filing) {
        done.push({ id, outcome: one.outcome, is_filed: false })
        continue
      }
      const { match, found, now } = one.filing
      await fileMessage(tx, deps, one.filing, links)
      if (match) effects.push({ inbound_email_id: id, match, found, now })
      done.push({ id, outcome: match ? `${found.kind}:${match.by}` : found.kind, is_filed: true })
    }
    // Last, since from here on nobody else gets at the figures of these campaigns.
    await holdFigures(tx, effects)
    await linkAnswered(tx, links)
    for (const effect of effects) await applyEffects(tx, effect)
    // What is filed needs its bytes here no more; inbound_emails keeps them where somebody asked for it.
    if (done.length)
      await sql`
        update inbound_deliveries d set processed_at = ${deps.clock.now()}, outcome = g.outcome, raw = case when g.is_filed then ''::bytea else d.raw end
        from unnest(${done.map((one) => one.id)}::uuid[], ${done.map((one) => one.outcome)}::text[], ${done.map((one) => one.is_filed)}::boolean[])
          as g (id, outcome, is_filed) where d.id = g.id`.execute(tx)
    return done.length
  })

/** The last resort for one delivery: filed bare when its own content is what fails, else the error goes on. */
const fileBare = async (deps: InboundDeps, delivery: Delivery, error: unknown): Promise<number> => {
  if (!isLasting(error)) throw error
  const { mailbox } = await lookUpEnvelope(deps, delivery)
  if (!mailbox) throw error
  deps.log.error(
    { err: error, delivery_id: delivery.id },
    'an inbound message could not be processed and is filed bare',
  )
  return fileAll(deps, [{ delivery, filing: bareFiling(deps, delivery, mailbox), remove_files: async () => {} }])
}

const understandOne = async (deps: InboundDeps, delivery: Delivery, looked: Promise<Known>): Promise<Understood> => {
  const known = await looked
  try {
    return await understand(deps, delivery, known)
  } catch (error) {
    if (!isLasting(error) || !known.mailbox) throw error
    deps.log.error(
      { err: error, delivery_id: delivery.id },
      'an inbound message could not be understood and is filed bare',
    )
    return { delivery, filing: bareFiling(deps, delivery, known.mailbox), remove_files: async () => {} }
  }
}

/**
 * Understands stored deliveries: parse, check, classify and match each, then file them and carry out what follows, together
 * in one transaction, or one by one where that fails. Safe to run again at any point: a delivery's row is locked and
 * remembers that it is done. Returns how many were done; throws the first error when all others have had their turn.
 */
export const processDeliveries = async (deps: InboundDeps, ids: readonly string[]): Promise<number> => {
  const errors: unknown[] = []
  const understood: Understood[] = []
  const lookUp = lookUpOnce(deps)
  await Promise.all(
    (await load(deps, ids)).map(async (delivery) => {
      try {
        understood.push(await understandOne(deps, delivery, lookUp(delivery)))
      } catch (error) {
        errors.push(error)
      }
    }),
  )
  understood.sort((a, b) => (a.delivery.id < b.delivery.id ? -1 : 1))
  let done = 0
  try {
    if (understood.length) done = await fileAll(deps, understood)
  } catch (whole) {
    for (const one of understood)
      try {
        done +=
          understood.length === 1
            ? await fileBare(deps, one.delivery, whole)
            : await fileAll(deps, [one]).catch((error) => fileBare(deps, one.delivery, error))
      } catch (error) {
        errors.push(error)
      }
  } finally {
    for (const one of understood) if (one.filing) await one.remove_files()
  }
  if (errors.length) throw errors[0]
  return done
}

/** One delivery; whether it did anything. */
export const processInbound = async (deps: InboundDeps, deliveryId: string): Promise<boolean> =>
  (await processDeliveries(deps, [deliveryId])) > 0

/** Messages that are understood side by side and filed in one commit, and how many bytes of them are held at a time. */
const TOGETHER = 16
const TOGETHER_BYTES = 8_000_000

type Waiting = { id: string; size: number }

const groupsOf = (waiting: readonly Waiting[]): string[][] => {
  const groups: string[][] = []
  let bytes = 0
  for (const { id, size } of waiting) {
    const last = groups.at(-1)
    if (last && last.length < TOGETHER && bytes + size <= TOGETHER_BYTES) {
      last.push(id)
      bytes += size
    } else {
      groups.push([id])
      bytes = size
    }
  }
  return groups
}

/** As processDeliveries, for any number, in groups that hold little memory. */
export const processMany = async (deps: InboundDeps, ids: readonly string[]): Promise<number> => {
  const { rows } = await sql<Waiting>`
    select id, octet_length(raw) as size from inbound_deliveries where id = any(${ids}::uuid[]) and processed_at is null order by id`.execute(
    deps.db,
  )
  const errors: unknown[] = []
  let done = 0
  for (const group of groupsOf(rows))
    done += await processDeliveries(deps, group).catch((error) => {
      errors.push(error)
      return 0
    })
  if (errors.length) throw errors[0]
  return done
}

const PAGE = 200

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
    done += await processMany(
      deps,
      rows.map(({ id }) => id),
    )
  }
}
