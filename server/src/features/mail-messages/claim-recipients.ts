import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { findSuppressed } from '../suppression/suppress.ts'

/** A recipient that this process has claimed: nobody else will send to it. */
export type ClaimedRecipient = {
  id: string
  email_id: string
  workspace_id: string
  position: number
  address: string
  receiving_provider: string
  alias_id: string
  domain_id: string
  /** Set for an alias that is a connected mailbox. */
  mailbox_id: string | null
  attempts: number
  first_tried_at: Date
  counted_on: string | null
  from_email: string
  subject: string
  /** Who was suppressed since the message was accepted; it is recorded and never sent. */
  is_suppressed: boolean
}

export type RecipientClaim = { claim_id: string; process_id: string; workspace_id: string; now: Date; want: number }

const claim = async (tx: Tx, request: RecipientClaim): Promise<Omit<ClaimedRecipient, 'is_suppressed'>[]> => {
  const { rows } = await sql<Omit<ClaimedRecipient, 'is_suppressed'>>`
    with picked as (
      select id from email_recipients where workspace_id = ${request.workspace_id} and status = 'ready' and due_at <= ${request.now}
      order by due_at, id limit ${request.want} for update skip locked
    ), claimed as (
      update email_recipients r set status = 'sending', claimed_at = ${request.now}, claimed_by = ${request.claim_id}, claimed_process = ${request.process_id},
        first_tried_at = coalesce(r.first_tried_at, ${request.now}), updated_at = ${request.now}
      from picked where r.id = picked.id
      returning r.*
    ), begun as (
      update emails e set status = 'sending', updated_at = ${request.now}
      where e.id in (select email_id from claimed) and e.status in ('queued', 'scheduled')
    )
    select r.id, r.email_id, r.workspace_id, r.position, r.address, r.receiving_provider, r.alias_id, e.domain_id, r.attempts, r.first_tried_at,
      r.counted_on::text as counted_on, e.from_email, a.mailbox_id, c.subject
    from claimed r join emails e on e.id = r.email_id join aliases a on a.id = r.alias_id join email_contents c on c.email_id = r.email_id`.execute(
    tx,
  )
  return rows
}

/**
 * Claims as many admitted recipients as there are idle connections, the longest due first, and commits before anything is
 * sent. The suppression list is read in the same transaction, at the last moment before a message leaves.
 */
export const claimRecipients = (
  deps: Pick<Deps, 'db' | 'secrets'>,
  request: RecipientClaim,
): Promise<ClaimedRecipient[]> =>
  transaction(deps.db, async (tx) => {
    const rows = await claim(tx, request)
    const suppressed = await findSuppressed(
      tx,
      request.workspace_id,
      rows.map(({ address }) => address),
      deps.secrets,
    )
    return rows.map((row) => ({ ...row, is_suppressed: suppressed.has(row.address) }))
  })

/** Rows that an unanswered claim may have taken and that nobody holds go back to where they were; nobody has begun to send them. */
export const releaseUnseenClaims = async (
  deps: Pick<Deps, 'db'>,
  claimId: string,
  inHand: readonly string[],
): Promise<void> => {
  await sql`
    update email_recipients set status = 'ready', claimed_at = null, claimed_by = null, claimed_process = null
    where claimed_by = ${claimId} and status = 'sending' and id <> all(${[...inHand]}::uuid[])`.execute(deps.db)
}
