import { MailboxFault, type MailboxLogin, type MailboxPort, type ServerAddress } from '../../ports/mailbox/port.ts'
import { baselineOf, type FolderBaseline } from './folder-baseline.ts'

export type ServerCheck = {
  smtp: MailboxFault | null
  imap:
    | { fault: MailboxFault }
    | {
        fault: null
        idle: boolean
        condstore: boolean
        junk_folder: string | null
        sent_folder: string | null
        folders: FolderBaseline[]
      }
}

const asFault = (error: unknown): MailboxFault => {
  if (error instanceof MailboxFault) return error
  throw error
}

/**
 * Logs in at both servers at the same time, so that whoever connects a mailbox hears of every problem at once, and notes
 * where the folders stand: what is there already is the person's own and is never read.
 */
export const checkServers = async (
  mailboxes: MailboxPort,
  servers: { smtp: ServerAddress; imap: ServerAddress },
  logins: { smtp: MailboxLogin; imap: MailboxLogin },
): Promise<ServerCheck> => {
  const smtp = mailboxes.checkSubmission({ ...servers.smtp, login: logins.smtp }).then(() => null, asFault)
  const imap = (async (): Promise<ServerCheck['imap']> => {
    const session = await mailboxes.open({ ...servers.imap, login: logins.imap })
    try {
      const found = await session.folders()
      return {
        fault: null,
        ...session.extensions,
        junk_folder: found.junk ?? null,
        sent_folder: found.sent ?? null,
        folders: await baselineOf(session, found),
      }
    } finally {
      await session.close()
    }
  })().catch((error) => ({ fault: asFault(error) }))
  const [submission, reading] = await Promise.all([smtp, imap])
  return { smtp: submission, imap: reading }
}
