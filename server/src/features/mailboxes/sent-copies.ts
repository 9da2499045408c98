import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { MailboxFault, type MailboxSession } from '../../ports/mailbox/port.ts'
import { filesSentCopies } from './mail-servers.ts'
import type { MailboxRow } from './mailbox-row.ts'

const AT_ONCE = 20
const FIRST_WAIT_MS = 60_000
const LONGEST_WAIT_MS = 3_600_000
/** After this long a copy that cannot be filed is given up; the message itself is not touched by that. */
const GIVE_UP_MS = 7 * 86_400_000

export type SentCopy = { email_id: string; workspace_id: string; mailbox_id: string; message_id: string; raw: Buffer }

/**
 * Keeps the bytes of a message that is about to leave through a mailbox, if its provider does not file them itself. Called
 * before the message goes on the wire: whether it is filed is then decided by what became of it, so that no crash in
 * between loses the copy or files a message that never left.
 */
export const keepSentCopy = async (db: Db | Tx, copy: SentCopy, now: Date): Promise<void> => {
  const { rows } = await sql<Pick<MailboxRow, 'provider' | 'sent_copies'>>`
    select provider, sent_copies from mailboxes where id = ${copy.mailbox_id}`.execute(db)
  const mailbox = rows[0]
  if (!mailbox || !filesSentCopies(mailbox.provider, mailbox.sent_copies)) return
  await sql`
    insert into mailbox_sent_copies (email_id, workspace_id, mailbox_id, message_id, raw, due_at, created_at)
    values (${copy.email_id}, ${copy.workspace_id}, ${copy.mailbox_id}, ${copy.message_id}, ${copy.raw}, ${now}, ${now})
    on conflict (email_id) do update set message_id = excluded.message_id, raw = excluded.raw, due_at = excluded.due_at`.execute(
    db,
  )
}

type DueCopy = {
  email_id: string
  message_id: string
  raw: Buffer
  attempts: number
  sent_at: Date | null
  created_at: Date
}

/** A message that was accepted, or may have been: the two states in which its owner should see it among what they sent. */
const wasSent = sql`e.status in ('sent', 'delivered', 'bounced') and e.verdict in ('accepted', 'unknown')`

/** Whether mailbox m has copies to file now, for a `where`. */
export const hasCopiesDue = (now: Date) => sql<boolean>`exists (
  select 1 from mailbox_sent_copies c join emails e on e.id = c.email_id where c.mailbox_id = m.id and c.due_at <= ${now} and ${wasSent})`

/**
 * Files what was sent, byte for byte, into the Sent folder, each message once: the folder is searched for its Message-ID
 * first, because an answer to APPEND may have been lost. Returns how many were filed.
 */
export const fileSentCopies = async (
  deps: Pick<Deps, 'db' | 'clock' | 'log'>,
  session: MailboxSession,
  mailbox: MailboxRow,
  folder: string,
  signal: AbortSignal,
): Promise<number> => {
  let filed = 0
  for (;;) {
    const now = deps.clock.now()
    const { rows } = await sql<DueCopy>`
      select c.email_id, c.message_id, c.raw, c.attempts, e.sent_at, c.created_at from mailbox_sent_copies c join emails e on e.id = c.email_id
      where c.mailbox_id = ${mailbox.id} and c.due_at <= ${now} and ${wasSent} order by c.due_at limit ${AT_ONCE}`.execute(
      deps.db,
    )
    for (const copy of rows) {
      if (signal.aborted) return filed
      try {
        if (!(await session.holds(folder, copy.message_id))) {
          await session.append(folder, copy.raw, copy.sent_at ?? copy.created_at)
          filed++
        }
        await sql`delete from mailbox_sent_copies where email_id = ${copy.email_id}`.execute(deps.db)
      } catch (error) {
        if (!(error instanceof MailboxFault)) throw error
        const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(10, copy.attempts))
        await sql`
          update mailbox_sent_copies set attempts = attempts + 1, due_at = ${new Date(now.getTime() + wait)}, last_error = ${error.message.slice(0, 500)}
          where email_id = ${copy.email_id}`.execute(deps.db)
        throw error
      }
    }
    if (rows.length < AT_ONCE) break
  }
  return filed
}

/** Copies that will never be filed: their message did not leave, or the folder refused them for a week. */
export const dropStaleCopies = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<void> => {
  const now = deps.clock.now()
  await sql`
    delete from mailbox_sent_copies c using emails e
    where e.id = c.email_id and (e.status in ('failed', 'cancelled') or e.verdict = 'refused' or c.created_at < ${new Date(now.getTime() - GIVE_UP_MS)})`.execute(
    deps.db,
  )
}
