import { sql } from 'kysely'
import { bounceReasons } from '../../bounce-reason.ts'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { recordEvents } from '../campaigns/record-events.ts'
import type { BounceReport } from '../inbound/bounce-report.ts'
import { reportForRecipient } from '../inbound/report-for-recipient.ts'
import { deriveMessages } from './derive-message.ts'
import { silenceAddress } from './record-recipient.ts'
import { markedRecipient } from './write-copy.ts'

/** The address whose copy a bounce or unsubscribe address names by its mark; null where it names none. */
export const addressOfCopy = async (db: Db, emailId: string, extra: string | undefined): Promise<string | null> => {
  const position = markedRecipient(extra)
  if (position === null) return null
  const { rows } = await sql<{ address: string }>`
    select address from email_recipients where email_id = ${emailId} and position = ${position}`.execute(db)
  return rows[0]?.address ?? null
}

/** Marks the recipient of a composed message who complained. Whether that is news; false where there are no recipients. */
export const recordComplaint = async (tx: Tx, emailId: string, address: string, now: Date): Promise<boolean> => {
  const done = await sql`
    update email_recipients set complained_at = ${now}, updated_at = ${now}
    where email_id = ${emailId} and address = ${address.toLowerCase()} and complained_at is null returning id`.execute(
    tx,
  )
  return done.rows.length > 0
}

export type BounceOfMessage = {
  email: { id: string; workspace_id: string; to_email: string }
  /** A token of the envelope names the one recipient whose copy came back; a reference names the message alone. */
  is_of_one: boolean
  reports: readonly BounceReport[]
  metadata: Record<string, unknown>
  now: Date
}

type RecipientRow = { id: string; address: string }

/** Which recipient each report speaks of: by the address it names, else by the envelope, else the only one there is. */
const assign = (
  bounce: BounceOfMessage,
  recipients: RecipientRow[],
): { recipient: RecipientRow | null; report: BounceReport }[] => {
  const bounces = bounce.reports.filter(({ kind }) => kind === 'hard' || kind === 'soft')
  const byAddress = new Map(recipients.map((one) => [one.address, one]))
  const named = bounces.flatMap((report) => {
    const recipient = [report.recipient, report.original_recipient]
      .map((address) => byAddress.get(address?.toLowerCase() ?? ''))
      .find((one) => one !== undefined)
    return recipient ? [{ recipient, report }] : []
  })
  if (named.length) return named
  const worst = bounces.find(({ kind }) => kind === 'hard') ?? bounces[0]
  const one =
    recipients.length === 1 ? recipients[0] : bounce.is_of_one ? byAddress.get(bounce.email.to_email) : undefined
  if (!one) return worst ? [{ recipient: null, report: worst }] : []
  const report = reportForRecipient(bounce.reports, one.address)
  return report ? [{ recipient: one, report }] : []
}

/**
 * What a proven bounce does to a composed message: each recipient it speaks of bounces alone, once, a harder verdict
 * replacing a softer one, and the message follows from its recipients. Returns the reports that were applied; null for a
 * message without recipient rows, which is a campaign's.
 */
export const bounceRecipients = async (tx: Tx, bounce: BounceOfMessage): Promise<BounceReport[] | null> => {
  const { email, now } = bounce
  const { rows: recipients } = await sql<RecipientRow>`
    select id, address from email_recipients where email_id = ${email.id} order by id for update`.execute(tx)
  if (!recipients.length) return null
  const applied: BounceReport[] = []
  for (const { recipient, report } of assign(bounce, recipients)) {
    const { kind, reason } = report
    const facts = bounceReasons[reason]
    if (recipient) {
      const changed = await sql`
        update email_recipients set bounced_at = coalesce(bounced_at, ${now}), bounce_kind = ${kind}, bounce_reason = ${reason},
          status = case when status in ('delivered', 'unknown') then 'bounced' else status end, smtp_enhanced = coalesce(${report.status}, smtp_enhanced),
          error_message = ${report.diagnostic.replaceAll('\0', '').slice(0, 1000) || facts.meaning}, updated_at = ${now}
        where id = ${recipient.id} and (bounced_at is null or (bounce_kind = 'soft' and ${kind} = 'hard')) returning id`.execute(
        tx,
      )
      if (!changed.rows.length) continue
    }
    applied.push(report)
    await recordEvents(tx, [
      {
        workspace_id: email.workspace_id,
        campaign_id: null,
        campaign_lead_id: null,
        email_id: email.id,
        event_type: 'bounced',
        metadata: {
          recipient: recipient?.address ?? null,
          kind,
          reason,
          meaning: facts.meaning,
          status: report.status,
          diagnostic: report.diagnostic.replaceAll('\0', '').slice(0, 1000),
          ...bounce.metadata,
        },
        occurred_at: now,
      },
    ])
    if (recipient && kind === 'hard' && facts.suppress)
      await silenceAddress(
        tx,
        { workspace_id: email.workspace_id, address: recipient.address },
        reason,
        facts.meaning,
        now,
      )
  }
  await deriveMessages(tx, [email.id], now)
  return applied
}
