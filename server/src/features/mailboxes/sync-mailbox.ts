import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { type FolderRole, MailboxFault, type MailboxSession } from '../../ports/mailbox/port.ts'
import { findMailboxRow } from './find-mailbox.ts'
import { recordFault } from './mailbox-faults.ts'
import { releaseLease, takeLease } from './mailbox-lease.ts'
import { type LoginDeps, loadLogin } from './mailbox-login.ts'
import { imapServer, type MailboxRow } from './mailbox-row.ts'
import { Overtaken, type ReadDeps, readFolder } from './read-folder.ts'
import { fileSentCopies } from './sent-copies.ts'

export type SyncDeps = LoginDeps & ReadDeps & Pick<Deps, 'mailboxes' | 'process_id'>

/** A session with what was learned when it was opened. */
export type OpenMailbox = {
  mailbox: MailboxRow
  session: MailboxSession
  folders: Partial<Record<FolderRole, string>>
}

const DEFAULT_SENT = 'Sent'

/**
 * Logs in. A token that is refused although it had not ended is renewed once: clocks differ, and providers take tokens
 * back early. Throws MailboxFault.
 */
export const openMailbox = async (deps: SyncDeps, mailbox: MailboxRow): Promise<OpenMailbox> => {
  if (mailbox.mode !== 'live') throw new MailboxFault('EGRESS', 'A sandbox reaches no real server.')
  const login = await loadLogin(deps, mailbox, 'imap')
  const server = imapServer(mailbox)
  const session = await deps.mailboxes.open({ ...server, login }).catch(async (error) => {
    if (!(error instanceof MailboxFault) || error.code !== 'AUTH' || !('access_token' in login)) throw error
    return deps.mailboxes.open({ ...server, login: await loadLogin(deps, mailbox, 'imap', login.access_token) })
  })
  try {
    return { mailbox, session, folders: await session.folders() }
  } catch (error) {
    await session.close()
    throw error
  }
}

/**
 * One look into a mailbox: the junk folder, what has to be filed, and the inbox last, so that it is the folder that is
 * open when the session goes on to wait. Returns how many messages were taken.
 */
export const lookInto = async (deps: SyncDeps, open: OpenMailbox, signal: AbortSignal): Promise<number> => {
  const { mailbox, session, folders } = open
  let taken = 0
  if (mailbox.reads_junk && folders.junk)
    taken += await readFolder(deps, session, mailbox, 'junk', folders.junk, signal)
  if (signal.aborted) return taken
  await fileSentCopies(deps, session, mailbox, folders.sent ?? mailbox.sent_folder ?? DEFAULT_SENT, signal)
  if (signal.aborted) return taken
  taken += await readFolder(deps, session, mailbox, 'inbox', folders.inbox ?? 'INBOX', signal)
  const now = deps.clock.now()
  await sql`
    update mailboxes set last_synced_at = ${now}, failures = 0, last_error = null, last_error_code = null, last_error_at = null
    where id = ${mailbox.id} and credentials_version = ${mailbox.credentials_version} and status = 'active'`.execute(
    deps.db,
  )
  return taken
}

/** What to do with a session that broke. Anything but a fault of the mailbox or a lost race is a fault of ours and goes on. */
export const settleBroken = async (deps: SyncDeps, mailbox: MailboxRow, error: unknown): Promise<void> => {
  if (error instanceof Overtaken) return
  if (!(error instanceof MailboxFault)) throw error
  deps.log.warn({ mailbox_id: mailbox.id, fault: error.code, message: error.message }, 'a mailbox could not be read')
  await recordFault(deps, mailbox, error)
}

/**
 * Looks once into a mailbox that nobody holds open: the poll for those without a live session, and what tests wait for.
 * Returns how many messages were taken, or null when somebody else is at it.
 */
export const syncMailbox = async (deps: SyncDeps, mailboxId: string, signal: AbortSignal): Promise<number | null> => {
  const lease = await takeLease(deps, mailboxId)
  if (!lease) return null
  try {
    const mailbox = await findMailboxRow(deps.db, mailboxId)
    if (!mailbox) return null
    let open: OpenMailbox | null = null
    try {
      open = await openMailbox(deps, mailbox)
      return await lookInto(deps, open, signal)
    } catch (error) {
      await settleBroken(deps, mailbox, error)
      return 0
    } finally {
      await open?.session.close()
    }
  } finally {
    await releaseLease(deps, lease)
  }
}
