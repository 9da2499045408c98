import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound, problem } from '../../http/errors.ts'
import { recordEvents } from '../campaigns/record-events.ts'
import { readEmail, type ShownEmail } from '../emails/read-emails.ts'
import { countUses } from './admit-recipients.ts'
import { deriveMessages } from './derive-message.ts'

type RecipientRow = {
  id: string
  status: string
  attempts: number
  counted_on: string | null
  alias_id: string
  domain_id: string
  receiving_provider: string
}

/**
 * Cancels a message none of whose recipients has been claimed; it leaves to nobody then. Its place under the caps is given
 * back. Cancelling again answers the same. Throws NOT_FOUND, and EMAIL_NOT_CANCELLABLE for one that is on its way or done,
 * or that a campaign composed.
 */
export const cancelMessage = async (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  emailId: string,
  now: Date,
): Promise<ShownEmail> => {
  const known = await readEmail(deps.db, workspaceId, emailId)
  if (!known) throw notFound('There is no such message in this workspace.')
  if (known.source !== 'api')
    throw problem('EMAIL_NOT_CANCELLABLE', 'A campaign sends this message: stop its lead or pause the campaign.')
  await transaction(deps.db, async (tx) => {
    // A sender that claims one of them meanwhile skips what is locked here, or is waited for and then seen.
    const { rows } = await sql<RecipientRow>`
      select r.id, r.status, r.attempts, r.counted_on::text as counted_on, r.alias_id, e.domain_id, r.receiving_provider
      from email_recipients r join emails e on e.id = r.email_id
      where r.email_id = ${emailId} order by r.id for update of r`.execute(tx)
    if (rows.every(({ status }) => status === 'cancelled')) return
    if (rows.some(({ status, attempts }) => attempts > 0 || !['waiting', 'ready'].includes(status)))
      throw problem('EMAIL_NOT_CANCELLABLE')
    await sql`
      update email_recipients set status = 'cancelled', counted_on = null, error_message = null, updated_at = ${now} where email_id = ${emailId}`.execute(
      tx,
    )
    await sql`update emails set cancelled_at = ${now} where id = ${emailId}`.execute(tx)
    await deriveMessages(tx, [emailId], now)
    const uses = rows.flatMap((row) => (row.counted_on ? [{ ...row, day: row.counted_on }] : []))
    await countUses(tx, workspaceId, uses, -1)
    await recordEvents(tx, [
      {
        workspace_id: workspaceId,
        campaign_id: null,
        campaign_lead_id: null,
        email_id: emailId,
        event_type: 'cancelled',
        subject: known.subject as string,
        occurred_at: now,
      },
    ])
  })
  return (await readEmail(deps.db, workspaceId, emailId)) as ShownEmail
}
