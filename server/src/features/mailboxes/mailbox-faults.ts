import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { MailboxFault } from '../../ports/mailbox/port.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { publishEvents } from '../webhooks/publish-events.ts'

const FIRST_WAIT_MS = 15_000
const LONGEST_WAIT_MS = 900_000
/** Log-ins that could not be judged are tried seldom: many servers count every one of them. */
const LOGIN_WAIT_MS = 300_000

/** How long a mailbox is left alone after its n-th failure in a row (n from 1), in milliseconds. */
export const waitAfter = (failures: number, code: MailboxFault['code']): number => {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(10, Math.max(0, failures - 1)))
  return code === 'AUTH_LATER' ? Math.max(LOGIN_WAIT_MS, wait) : wait
}

/**
 * Takes a mailbox out of use until its owner acts: nothing is sent or read, nothing logs in again, and its messages wait.
 * One alert tells of it; a fault that comes back meanwhile, for instance from another connection, adds none. A fault of
 * credentials that were replaced since is nobody's any more and changes nothing.
 */
const demandAttention = async (
  tx: Tx,
  mailbox: { id: string; credentials_version: number },
  fault: MailboxFault,
  now: Date,
): Promise<boolean> => {
  const { rows } = await sql<{ workspace_id: string; email: string; alias_id: string; previous_status: string }>`
    with before as (select id, status from mailboxes where id = ${mailbox.id} for update)
    update mailboxes m set status = 'needs_attention', last_error = ${fault.message.slice(0, 1000)}, last_error_code = ${fault.code}, last_error_at = ${now},
      failures = failures + 1, lease_id = null, lease_process = null, leased_until = null, updated_at = ${now}
    from aliases a, before b
    where m.id = b.id and a.mailbox_id = m.id and m.credentials_version = ${mailbox.credentials_version} and b.status in ('connecting', 'active')
    returning m.workspace_id, m.email, a.id as alias_id, b.status as previous_status`.execute(tx)
  const row = rows[0]
  if (!row) return false
  await publishEvents(tx, [
    {
      workspace_id: row.workspace_id,
      event_type: 'mailbox.needs_attention',
      data: {
        mailbox_id: mailbox.id,
        alias_id: row.alias_id,
        email: row.email,
        status: 'needs_attention',
        previous_status: row.previous_status,
        error: fault.message.slice(0, 1000),
        error_code: fault.code,
      },
      occurred_at: now,
    },
  ])
  await raiseAlert(tx, {
    workspace_id: row.workspace_id,
    alert_type: 'system',
    severity: 'critical',
    title: `The mailbox ${row.email} cannot be used any more`,
    message: `${fault.message} Nothing is sent from it and no answers are read until it is connected again; what was due waits.`,
    metadata: { cause: 'mailbox_needs_attention', mailbox_id: mailbox.id, alias_id: row.alias_id },
    now,
  })
  return true
}

/**
 * Writes down that a mailbox could not be used. A final refusal of the log-in takes it out of use at once; everything else
 * makes the next try wait, longer each time.
 */
export const recordFault = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  mailbox: { id: string; credentials_version: number },
  fault: MailboxFault,
): Promise<void> => {
  const now = deps.clock.now()
  await transaction(deps.db, async (tx) => {
    if (fault.code === 'AUTH') {
      await demandAttention(tx, mailbox, fault, now)
      return
    }
    const { rows } = await sql<{
      failures: number
    }>`select failures from mailboxes where id = ${mailbox.id} for update`.execute(tx)
    const failures = (rows[0]?.failures ?? 0) + 1
    const next = new Date(now.getTime() + waitAfter(failures, fault.code))
    await sql`
      update mailboxes set failures = least(${failures}, 1000), last_error = ${fault.message.slice(0, 1000)}, last_error_code = ${fault.code}, last_error_at = ${now},
        next_attempt_at = ${next}, next_sync_at = greatest(next_sync_at, ${next})
      where id = ${mailbox.id} and credentials_version = ${mailbox.credentials_version}`.execute(tx)
  })
}
