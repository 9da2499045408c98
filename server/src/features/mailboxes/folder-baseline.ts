import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import type { FolderRole, FolderState, MailboxSession } from '../../ports/mailbox/port.ts'

export type ReadRole = Exclude<FolderRole, 'sent'>

export type FolderBaseline = { role: ReadRole; path: string } & FolderState

/** Where the folders that are read stand now. */
export const baselineOf = async (
  session: MailboxSession,
  folders: Partial<Record<FolderRole, string>>,
): Promise<FolderBaseline[]> => {
  const found: FolderBaseline[] = []
  for (const role of ['junk', 'inbox'] as const) {
    const path = folders[role]
    if (path) found.push({ role, path, ...(await session.open(path)) })
  }
  return found
}

/** Notes the folders as read up to here. One that is known keeps its place: nothing that came meanwhile is skipped. */
export const keepBaseline = async (tx: Tx, mailboxId: string, folders: FolderBaseline[], now: Date): Promise<void> => {
  for (const { role, path, uid_validity, uid_next, highest_modseq } of folders)
    await sql`
      insert into mailbox_folders (mailbox_id, role, path, uid_validity, last_uid, highest_modseq, seen_until)
      values (${mailboxId}, ${role}, ${path}, ${uid_validity}, ${uid_next - 1}, ${highest_modseq}, ${now})
      on conflict (mailbox_id, role) do nothing`.execute(tx)
}
