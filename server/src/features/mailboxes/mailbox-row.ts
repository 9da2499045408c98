import type { ServerAddress } from '../../ports/mailbox/port.ts'
import type { MailboxProvider } from './mail-servers.ts'

/** A mailbox as the program works with it. `credentials` is sealed; it is opened for a log-in and kept nowhere. */
export type MailboxRow = {
  id: string
  /** The workspace's: a sandbox reaches no real server. */
  mode: 'sandbox' | 'live'
  workspace_id: string
  user_id: string
  alias_id: string
  email: string
  provider: MailboxProvider
  auth_kind: 'password' | 'oauth2'
  smtp_host: string
  smtp_port: number
  smtp_security: 'tls' | 'starttls'
  smtp_user: string
  imap_host: string
  imap_port: number
  imap_security: 'tls' | 'starttls'
  imap_user: string
  credentials: string | null
  credentials_version: number
  access_token: string | null
  access_token_expires_at: Date | null
  status: 'connecting' | 'active' | 'needs_attention' | 'paused' | 'disconnected'
  sent_copies: 'auto' | 'always' | 'never'
  sent_folder: string | null
  reads_junk: boolean
  failures: number
  connected_at: Date
}

export const smtpServer = (row: MailboxRow): ServerAddress => ({
  host: row.smtp_host,
  port: row.smtp_port,
  security: row.smtp_security,
})

export const imapServer = (row: MailboxRow): ServerAddress => ({
  host: row.imap_host,
  port: row.imap_port,
  security: row.imap_security,
})
