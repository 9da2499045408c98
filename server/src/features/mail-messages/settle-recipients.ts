import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { recordEvents } from '../campaigns/record-events.ts'
import { IN_FLIGHT_MS } from '../emails/settle-unknown.ts'
import { deriveMessages } from './derive-message.ts'
import { beginOrContinueConversation } from './record-recipient.ts'

type Stuck = { id: string; email_id: string; address: string; subject: string; claimed_at: Date; is_proven: boolean }

const evidence = sql`(e.replied_at is not null or e.first_opened_at is not null or e.first_clicked_at is not null or e.machine_open_count > 0
  or e.complained_at is not null or e.unsubscribed_at is not null)`

/**
 * Settles recipients whose sender died between claim and record, by the rules of campaigns: 15 minutes after the claim by
 * the workspace's clock, or at once where a message to one person shows that it arrived. Returns how many were settled.
 */
export const settleRecipients = async (deps: Pick<Deps, 'db'>, workspaceId: string, now: Date): Promise<number> => {
  // Nearly always nothing is on its way, and finding that out must cost nothing.
  const inHand =
    await sql`select 1 from email_recipients where workspace_id = ${workspaceId} and status = 'sending' limit 1`.execute(
      deps.db,
    )
  if (!inHand.rows.length) return 0
  const since = new Date(now.getTime() - IN_FLIGHT_MS)
  const { rows } = await sql<Stuck>`
    select r.id, r.email_id, r.address, c.subject, r.claimed_at,
      ${evidence} and not exists (select 1 from email_recipients o where o.email_id = r.email_id and o.id <> r.id) as is_proven
    from email_recipients r
    join emails e on e.id = r.email_id
    join email_contents c on c.email_id = r.email_id
    join workspaces w on w.id = r.workspace_id
    where r.workspace_id = ${workspaceId} and r.status = 'sending'
      and (r.claimed_at <= ${since} or (${evidence} and not exists (select 1 from email_recipients o where o.email_id = r.email_id and o.id <> r.id)))
      and not exists (select 1 from processes p where p.id = r.claimed_process and (w.mode = 'sandbox' or r.claimed_at > ${since}))
    order by r.id limit 500`.execute(deps.db)
  for (const stuck of rows)
    await transaction(deps.db, async (tx) => {
      const text = 'The process that was sending it ended; whether it arrived is unknown.'
      const done = await sql`
        update email_recipients set status = ${stuck.is_proven ? 'delivered' : 'unknown'}, delivered_at = ${stuck.is_proven ? stuck.claimed_at : null},
          error_message = ${stuck.is_proven ? null : text}, attempts = attempts + 1, updated_at = ${now}
        where id = ${stuck.id} and status = 'sending' and claimed_at = ${stuck.claimed_at} returning id`.execute(tx)
      if (!done.rows.length) return
      const [derived] = await deriveMessages(tx, [stuck.email_id], now)
      if (!derived?.is_first) return
      await beginOrContinueConversation(tx, stuck.email_id, stuck.claimed_at)
      await recordEvents(tx, [
        {
          workspace_id: workspaceId,
          campaign_id: null,
          campaign_lead_id: null,
          email_id: stuck.email_id,
          event_type: 'sent',
          subject: stuck.subject,
          metadata: { recipient: stuck.address, verdict: stuck.is_proven ? 'accepted' : 'unknown' },
          occurred_at: stuck.claimed_at,
        },
      ])
    })
  return rows.length
}
