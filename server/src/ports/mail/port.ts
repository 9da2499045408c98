import type { Workspace } from '../../http/access.ts'

/**
 * One message as it stands on the wire; `raw` is complete and signed. With a `mailbox_id` the sender's alias is a connected
 * mailbox, and the message goes out through that account's own server.
 */
export type MailEnvelope = { mail_from: string; rcpt_to: string; raw: Buffer; mailbox_id?: string | null }

/** What the receiving side answered, or the name of the fault that kept it from answering. Read by judgeDelivery. */
export type DeliveryReply = {
  phase: 'connect' | 'greeting' | 'mail' | 'rcpt' | 'data' | 'final'
  reply_code?: number
  enhanced_code?: string
  text?: string
  error_name?: string
  /** The host that said so, where mail goes direct to many. */
  host?: string
  /**
   * Set when this side did not even try now, because the receiver is being left alone or all its places are taken: the
   * message should come again after so many milliseconds. No attempt, and nothing the receiver has answered.
   */
  held_ms?: number
}

/** One open SMTP session. `send` never throws for what the other side does; a dead one says so in `alive`. */
export type MailConnection = {
  readonly alive: boolean
  send: (envelope: MailEnvelope) => Promise<DeliveryReply>
  close: () => void
}

export type MailTransport = {
  /** For the boot table and the logs, without credentials. */
  name: string
  /** Most sessions at a time in this process. */
  connections: number
  open: () => Promise<MailConnection>
}

type WorkspaceRef = Pick<Workspace, 'workspace_id' | 'mode'>

/**
 * Where mail of a workspace goes. A sandbox workspace always gets the local mail world and can never reach the real
 * transport; a live one gets null until a transport is configured (MAIL_NOT_CONFIGURED). A workspace's own settings count,
 * and a change of them is seen within seconds.
 */
export type MailPort = { transportFor: (workspace: WorkspaceRef) => Promise<MailTransport | null> }

export type RelaySettings = {
  host: string
  port: number
  secure: 'opportunistic' | 'required' | 'tls'
  auth: { user: string; pass: string } | null
}

/** Opens a session as for a message, log-in included, and ends it. Null where that works, else what stood in the way. */
export type CheckRelay = (relay: RelaySettings) => Promise<DeliveryReply | null>

/** Where and as whom a connected mailbox hands over its mail. */
export type SubmissionAccount = {
  host: string
  port: number
  security: 'tls' | 'starttls'
  auth: { user: string; pass: string } | { user: string; access_token: string }
}

/** The accounts behind connected mailboxes, for whoever hands mail over. */
export type FindSubmissionAccount = {
  /** Throws where the mailbox is gone or out of use; may renew a token over the network. `refused` is a token that was not taken. */
  find: (mailbox_id: string, refused?: string | null) => Promise<SubmissionAccount>
  /** The server did not take the log-in; with `is_final` nothing but other credentials will help. */
  report: (mailbox_id: string, fault: { is_final: boolean; message: string }) => Promise<void>
}

/** The product's own letters: password resets, welcomes, invitations. */
export type SystemMail = { send: (letter: { to: string; subject: string; text: string }) => Promise<void> }
