import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { stopLeads } from '../campaigns/stop-lead.ts'
import { suppressAddress } from '../suppression/suppress.ts'
import { settleByEvidence } from './delivery-evidence.ts'

export type UnsubscribeCause = {
  workspace_id: string
  /** The message that carried the link or was answered; its row may be gone. */
  email_id: string
  /** The address to leave alone. */
  email: string
  via: 'link' | 'one_click' | 'mail'
  now: Date
}

/**
 * What an unsubscribe does, however it was asked for: the address is suppressed, its leads stop in all campaigns, and the
 * message that was answered says so. Only ever called for a token that verified. Safe to call twice.
 */
export const unsubscribeRecipient = async (tx: Tx, cause: UnsubscribeCause): Promise<void> => {
  const own = await sql`
    update email_recipients set unsubscribed_at = ${cause.now}, updated_at = ${cause.now}
    where email_id = ${cause.email_id} and workspace_id = ${cause.workspace_id} and address = ${cause.email} and unsubscribed_at is null
    returning id`.execute(tx)
  const { rows } = await sql<{
    campaign_id: string | null
    campaign_lead_id: string | null
    step: number | null
    variant_label: string | null
  }>`
    update emails e set unsubscribed_at = ${cause.now}, updated_at = ${cause.now}, ${settleByEvidence(cause.now)}
    where id = ${cause.email_id} and workspace_id = ${cause.workspace_id} and unsubscribed_at is null
    returning campaign_id, campaign_lead_id, step, variant_label`.execute(tx)
  const message = rows[0]
  await suppressAddress(tx, {
    workspace_id: cause.workspace_id,
    email: cause.email,
    reason: 'unsubscribed',
    source: `unsubscribe_${cause.via}`,
    campaign_id: message?.campaign_id ?? null,
    now: cause.now,
  })
  await stopLeads(tx, {
    workspace_id: cause.workspace_id,
    // A repeated request adds nothing to the timeline, but still stops leads that were made since.
    campaign_lead_id: message?.campaign_lead_id ?? null,
    email: cause.email,
    everywhere: true,
    status: 'unsubscribed',
    reason: 'unsubscribed',
    event: {
      type: 'unsubscribed',
      // Where a message has no lead, the event is its own, and a repeated request adds none.
      email_id: message?.campaign_lead_id || own.rows.length ? cause.email_id : null,
      step_index: message?.step,
      variant_label: message?.variant_label,
      metadata: { via: cause.via },
    },
    now: cause.now,
  })
}
