import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { loadSendingContext } from '../campaigns/sending-context.ts'
import { recordUnknown } from './record-outcome.ts'

/** How long a claimed message counts as in flight before nobody can be expected to say any more what became of it. */
export const IN_FLIGHT_MS = 15 * 60_000

/**
 * Settles messages whose sender died between claim and record: 15 minutes after the claim by the workspace's clock, or at
 * once where evidence shows that they arrived, they count as sent and the sequence goes on. In a sandbox, whose clock can
 * jump, a claim of a process that is still alive is left to it. Returns how many were settled.
 */
export const settleUnknown = async (
  deps: Pick<Deps, 'db' | 'mail_tokens'>,
  workspaceId: string,
  now: Date,
): Promise<number> => {
  // Nearly always nothing is on its way, and finding that out must cost nothing.
  const inHand = await sql`
    select 1 from emails where workspace_id = ${workspaceId} and campaign_id is not null and status = 'sending' limit 1`.execute(
    deps.db,
  )
  if (!inHand.rows.length) return 0
  const stuck = await sql<{
    id: string
    campaign_id: string
    campaign_lead_id: string
    workspace_id: string
    step: number
    variant_label: string
    zone: string
    claimed_at: Date
    domain: string
  }>`
    select e.id, e.campaign_id, e.campaign_lead_id, e.workspace_id, e.step, e.variant_label, coalesce(l.zone, '') as zone, e.claimed_at, d.domain
    from emails e
    join workspaces w on w.id = e.workspace_id
    join sending_domains d on d.id = e.domain_id
    left join campaign_leads l on l.campaign_lead_id = e.campaign_lead_id
    where e.workspace_id = ${workspaceId} and e.campaign_id is not null and e.status = 'sending'
      and (e.claimed_at <= ${new Date(now.getTime() - IN_FLIGHT_MS)} or e.replied_at is not null or e.first_opened_at is not null
        or e.first_clicked_at is not null or e.machine_open_count > 0 or e.bounced_at is not null or e.complained_at is not null or e.unsubscribed_at is not null)
      and not exists (select 1 from processes p where p.id = e.claimed_process and (w.mode = 'sandbox' or e.claimed_at > ${new Date(now.getTime() - IN_FLIGHT_MS)}))
    limit 500`.execute(deps.db)
  for (const email of stuck.rows) {
    const context = await loadSendingContext(deps.db, email.campaign_id)
    await transaction(deps.db, (tx) =>
      recordUnknown(tx, email, context, 'The process that was sending it ended; whether it arrived is unknown.', {
        sent_at: email.claimed_at,
        now,
        message_id: deps.mail_tokens.messageId(email.id, email.domain),
      }),
    )
  }
  return stuck.rows.length
}
