import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { withdrawEmail } from '../campaigns/withdraw-queue.ts'
import { voidApprovals } from '../playground/void-approvals.ts'
import type { ClaimedEmail } from './claim-emails.ts'
import type { TextMissing } from './fixed-text.ts'

/**
 * A claimed message without a text that may leave: it is taken back before anybody outside saw it, and its lead is due again,
 * so that the dispatcher provides another text or holds it for review. An approval that does not hold any more ends here.
 * What the message took from the caps of the day is given back, except where the receiver had put off an earlier try.
 */
export const takeBackText = (
  deps: Pick<Deps, 'db'>,
  email: ClaimedEmail,
  claimId: string,
  voided: TextMissing['voided'],
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const held = await sql`
      update emails set status = 'queued', claimed_at = null, claimed_by = null, claimed_process = null
      where id = ${email.id} and status = 'sending' and claimed_by = ${claimId} returning id`.execute(tx)
    if (!held.rows.length) return
    const { workspace_id, campaign_id, campaign_lead_id, step, variant_label } = email
    if (voided)
      await voidApprovals(tx, { workspace_id, campaign_id, now }, [
        { campaign_lead_id, step, variant_label, ...voided },
      ])
    if (email.attempts === 0) await withdrawEmail(tx, email.id, now)
    // It was put off before anybody took it, so that its row may go: the next text is a first try again.
    else await sql`delete from emails where id = ${email.id} and status = 'queued'`.execute(tx)
    await sql`
      update campaign_leads set written = written - ${String(step)}::text, updated_at = ${now},
        next_action_at = case when status in ('pending', 'active', 'postponed', 'unknown') then coalesce(next_action_at, ${now}) end
      where campaign_lead_id = ${campaign_lead_id}`.execute(tx)
  })
