import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import { applyEffects, type Effect } from './apply-effects.ts'
import { type Delivery, fileMessages, linkAnswered } from './file-message.ts'
import {
  bareFiling,
  type InboundDeps,
  lookUpEnvelopes,
  removeFiles,
  type Understood,
  understandTogether,
} from './understand-deliveries.ts'

/** A fault in our program or in what a column can hold, which trying again does not mend; anything else may pass. */
const isLasting = (error: unknown): boolean =>
  error instanceof TypeError ||
  error instanceof RangeError ||
  error instanceof SyntaxError ||
  /^(?:22|23|54)/.test((error as { code?: string }).code ?? '')

/** Messages that are understood side by side and filed in one commit, and how many bytes of them are held at a time. */
export const TOGETHER = 32
const TOGETHER_BYTES = 8_000_000

/** The first of these deliveries that are not done yet: as many as are taken together, but one at least, however large. */
const loadFirst = async (deps: InboundDeps, ids: readonly string[]): Promise<Delivery[]> => {
  const { rows } = await sql<Delivery>`
    select id, mail_from, rcpt_to, raw, remote_address, helo, received_at, alias_id from (
      select *, row_number() over (order by id) as place, sum(octet_length(raw)) over (order by id) as bytes
      from inbound_deliveries where id = any(${ids}::uuid[]) and processed_at is null
    ) waiting
    where place = 1 or (place <= ${TOGETHER} and bytes <= ${TOGETHER_BYTES}) order by id`.execute(deps.db)
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

const outcomeOf = (one: Understood): string => {
  if (!one.filing) return one.outcome
  const { match, found } = one.filing
  return match ? `${found.kind}:${match.by}` : found.kind
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
    const taken = understood.filter(({ delivery }) => ours.has(delivery.id))
    const filings = taken.flatMap(({ filing }) => filing ?? [])
    const effects = filings.flatMap(({ delivery, match, found, now }): Effect[] =>
      match ? [{ inbound_email_id: delivery.id, match, found, now }] : [],
    )
    const links = await fileMessages(tx, deps, filings)
    // Last, since from here on nobody else gets at the figures of these campaigns.
    await holdFigures(tx, effects)
    await linkAnswered(tx, links)
    await applyEffects(tx, effects)
    const done = taken.map((one) => ({ id: one.delivery.id, outcome: outcomeOf(one), is_filed: one.filing !== null }))
    // What is filed needs its bytes here no more; inbound_emails keeps them where somebody asked for it.
    if (done.length)
      await sql`
        update inbound_deliveries d set processed_at = ${deps.clock.now()}, outcome = g.outcome, raw = case when g.is_filed then ''::bytea else d.raw end
        from unnest(${done.map((one) => one.id)}::uuid[], ${done.map((one) => one.outcome)}::text[], ${done.map((one) => one.is_filed)}::boolean[])
          as g (id, outcome, is_filed) where d.id = g.id`.execute(tx)
    return done.length
  })

/** The last resort for one delivery: filed bare when its own content is what fails, else the error goes on. */
const bareInstead = async (deps: InboundDeps, delivery: Delivery, error: unknown): Promise<Understood> => {
  if (!isLasting(error)) throw error
  const mailbox = (await lookUpEnvelopes(deps, [delivery]))[0]?.mailbox
  if (!mailbox) throw error
  deps.log.error(
    { err: error, delivery_id: delivery.id },
    'an inbound message could not be processed and is filed bare',
  )
  return { delivery, filing: bareFiling(deps, delivery, mailbox), remove_files: async () => {} }
}

/** Files deliveries, all of them together or none. */
const processTogether = async (deps: InboundDeps, deliveries: readonly Delivery[]): Promise<number> => {
  const understood = await understandTogether(deps, deliveries)
  try {
    return await fileAll(deps, understood)
  } finally {
    await removeFiles(understood)
  }
}

/**
 * Files what is stored: each message is parsed, checked, classified and matched, all are filed and their effects carried
 * out in one transaction; one by one where that fails, so that a broken message takes no other with it. Safe to run again
 * at any point: a delivery's row is locked and remembers that it is done. Returns how many were done, and the errors of those that were not.
 */
const processGroup = async (
  deps: InboundDeps,
  deliveries: readonly Delivery[],
): Promise<{ done: number; errors: unknown[] }> => {
  try {
    return { done: await processTogether(deps, deliveries), errors: [] }
  } catch (error) {
    const [delivery, ...others] = deliveries
    if (delivery && !others.length)
      try {
        return { done: await fileAll(deps, [await bareInstead(deps, delivery, error)]), errors: [] }
      } catch (last) {
        return { done: 0, errors: [last] }
      }
    deps.log.warn({ err: error }, 'inbound messages could not be filed together and are filed one by one')
  }
  const outcome = { done: 0, errors: [] as unknown[] }
  for (const delivery of deliveries) {
    const { done, errors } = await processGroup(deps, [delivery])
    outcome.done += done
    outcome.errors.push(...errors)
  }
  return outcome
}

/**
 * Understands stored deliveries, in groups that hold little memory. Returns how many were done; throws the first error when
 * all others have had their turn.
 */
export const processDeliveries = async (deps: InboundDeps, ids: readonly string[]): Promise<number> => {
  const errors: unknown[] = []
  const waiting = new Set(ids)
  let done = 0
  while (waiting.size) {
    const deliveries = await loadFirst(deps, [...waiting])
    if (!deliveries.length) break
    for (const { id } of deliveries) waiting.delete(id)
    const group = await processGroup(deps, deliveries)
    done += group.done
    errors.push(...group.errors)
  }
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
    done += await processDeliveries(
      deps,
      rows.map(({ id }) => id),
    )
  }
}
