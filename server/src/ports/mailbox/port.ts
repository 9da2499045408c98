/** How to get into somebody's own mail server. Passwords and tokens never leave these objects for a log or an answer. */
export type ServerAddress = { host: string; port: number; security: 'tls' | 'starttls' }

export type MailboxLogin = { user: string } & ({ password: string } | { access_token: string })

export type MailboxAccount = ServerAddress & { login: MailboxLogin }

/**
 * Why a mailbox could not be used. `AUTH` is a final no to the log-in: nothing but other credentials helps, and trying again
 * only locks the account. `AUTH_LATER` is a log-in that the server could not judge now (RFC 5530 UNAVAILABLE, LIMIT, INUSE;
 * SMTP 454). `NETWORK`, `TLS`, `EGRESS` and `PROTOCOL` are what they say; `message` is fit to be shown to the owner.
 */
export type MailboxFaultCode = 'AUTH' | 'AUTH_LATER' | 'NETWORK' | 'TLS' | 'EGRESS' | 'PROTOCOL'

export class MailboxFault extends Error {
  override readonly name = 'MailboxFault'
  readonly code: MailboxFaultCode
  constructor(code: MailboxFaultCode, message: string) {
    super(message)
    this.code = code
  }
}

export type FolderRole = 'inbox' | 'junk' | 'sent'

/** What SELECT says of a folder (RFC 3501 §6.3.1, RFC 7162 §3.1.2.1); no mod-sequence where the server keeps none. */
export type FolderState = { uid_validity: number; uid_next: number; highest_modseq: number | null }

export type MessageHead = { uid: number; size: number; internal_date: Date; headers: Buffer }

/** One IMAP session. Everything rejects with MailboxFault; after that the session is dead. */
export type MailboxSession = {
  readonly alive: boolean
  readonly extensions: { idle: boolean; condstore: boolean }
  /** The folders that matter here; INBOX always, the others where there are any. */
  folders: () => Promise<Partial<Record<FolderRole, string>>>
  /** Selects a folder for reading only; the calls below are about the one opened last. */
  open: (path: string) => Promise<FolderState>
  /** UIDs above `uid`, ascending. */
  uidsAfter: (uid: number) => Promise<number[]>
  /** UIDs of what came on this day or later, by the server's own date, ascending. */
  uidsSince: (date: Date) => Promise<number[]>
  heads: (uids: readonly number[]) => Promise<MessageHead[]>
  /** The first `max_bytes` of a message without marking it as read; null when it is gone. */
  source: (uid: number, max_bytes: number) => Promise<Buffer | null>
  /** Whether a folder holds a message of this Message-ID (angle brackets included). */
  holds: (path: string, message_id: string) => Promise<boolean>
  /** Files a message as read; makes the folder where it does not exist. */
  append: (path: string, raw: Buffer, date: Date) => Promise<void>
  /** Settles when the opened folder may have got something, when `ms` have passed, or when `signal` says so. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>
  close: () => Promise<void>
}

export type MailboxPort = {
  /** Logs in and reads nothing. */
  open: (account: MailboxAccount) => Promise<MailboxSession>
  /** Connects to a submission server, logs in and leaves. */
  checkSubmission: (account: MailboxAccount) => Promise<void>
}
