import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { captureCredits, holdCredits, releaseCredits } from '../credits/ledger.ts'
import type { ClaimedDraft } from './claim-drafts.ts'

export const OPERATION_TYPE = 'personalization'

/**
 * Sets aside what a text to be sent will cost, before it is written. Null where texts cost nothing. Throws
 * INSUFFICIENT_CREDITS. A hold that an earlier try left is used again.
 */
export const holdForDraft = (
  deps: Pick<Deps, 'db'>,
  draft: ClaimedDraft,
  credits: number,
  now: Date,
): Promise<string | null> =>
  transaction(deps.db, async (tx) => {
    if (credits === 0 || draft.batch_id !== null) return null
    const known = await sql<{ hold_id: string | null }>`
      select (select h.id from credit_holds h where h.id = d.hold_id and h.state = 'held') as hold_id from campaign_drafts d
      where d.draft_id = ${draft.draft_id} and d.status = 'running' and d.claim_id = ${draft.claim_id} for update of d`.execute(
      tx,
    )
    // A text that was given up meanwhile needs none: nobody would release it.
    if (!known.rows[0]) return null
    if (known.rows[0].hold_id) return known.rows[0].hold_id
    const hold_id = await holdCredits(tx, {
      workspace_id: draft.workspace_id,
      operation_type: OPERATION_TYPE,
      credits,
      reference: draft.draft_id,
      now,
    })
    await sql`update campaign_drafts set hold_id = ${hold_id} where draft_id = ${draft.draft_id}`.execute(tx)
    return hold_id
  })

/** Gives back what was set aside for one text to be sent; texts of a batch are paid together. */
export const releaseHold = async (tx: Tx, draft: ClaimedDraft, now: Date): Promise<void> => {
  if (draft.batch_id) return
  const found = await sql<{ hold_id: string | null }>`
    update campaign_drafts d set hold_id = null from (select draft_id, hold_id from campaign_drafts where draft_id = ${draft.draft_id} for update) held
    where d.draft_id = held.draft_id returning held.hold_id`.execute(tx)
  const hold_id = found.rows[0]?.hold_id
  if (hold_id) await releaseCredits(tx, { hold_id, now })
}

/** When nothing of a batch is left to do, what was written is paid and the rest of its hold is given back: once, whoever comes last. */
export const settleBatch = async (tx: Tx, batchId: string, now: Date): Promise<void> => {
  const locked = await sql<{ hold_id: string | null; credits_per_draft: number; step: number }>`
    select hold_id, credits_per_draft, step from draft_batches where batch_id = ${batchId} and settled_at is null for update`.execute(
    tx,
  )
  const batch = locked.rows[0]
  if (!batch) return
  const counted = await sql<{ left_over: number; completed: number }>`
    select count(*) filter (where status in ('pending', 'running'))::int as left_over, count(*) filter (where status = 'completed')::int as completed
    from campaign_drafts where batch_id = ${batchId}`.execute(tx)
  const { left_over = 0, completed = 0 } = counted.rows[0] ?? {}
  if (left_over > 0) return
  await sql`update draft_batches set settled_at = ${now} where batch_id = ${batchId}`.execute(tx)
  const { hold_id } = batch
  const credits = completed * batch.credits_per_draft
  if (hold_id && credits > 0)
    await captureCredits(tx, {
      hold_id,
      credits,
      description: `${completed} drafts for step ${batch.step} of a campaign`,
      now,
    })
  else if (hold_id) await releaseCredits(tx, { hold_id, now })
}

/** Credits that were set aside for texts which were given up; the writer of one may have died before it could. */
export const releaseUnwanted = async (tx: Tx, now: Date, campaignId?: string): Promise<void> => {
  const held = await sql<{ hold_id: string }>`
    update campaign_drafts d set hold_id = null
    from (select draft_id, hold_id from campaign_drafts where hold_id is not null and status = 'cancelled'
      ${campaignId ? sql`and campaign_id = ${campaignId}` : sql``} for update skip locked) gone
    where d.draft_id = gone.draft_id returning gone.hold_id`.execute(tx)
  for (const { hold_id } of held.rows) await releaseCredits(tx, { hold_id, now })
}

const WAITING = 'waiting:'

/** What a hold says whose text somebody waits for, so that it can be told when their process is gone. */
export const waitingReference = (processId: string): string => `${WAITING}${processId}`

/** Gives back credits for texts that nobody waits for any more, because the process that wrote them is gone. */
export const releaseAbandoned = async (tx: Tx, processId: string, now: Date): Promise<void> => {
  const held = await sql<{ id: string }>`
    select h.id from credit_holds h
    where h.state = 'held' and h.operation_type = ${OPERATION_TYPE} and h.reference like ${`${WAITING}%`}
      and h.reference <> ${waitingReference(processId)} and not exists (select 1 from processes p where h.reference = ${WAITING} || p.id::text)`.execute(
    tx,
  )
  for (const { id } of held.rows) await releaseCredits(tx, { hold_id: id, now })
}
