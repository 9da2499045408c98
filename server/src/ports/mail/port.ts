import type { Workspace } from '../../http/access.ts'

/** One message as it stands on the wire; `raw` is complete and signed. */
export type MailEnvelope = { mail_from: string; rcpt_to: string; raw: Buffer }

/** What the receiving side answered, or the name of the fault that kept it from answering. Read by judgeDelivery. */
export type DeliveryReply = {
  phase: 'connect' | 'greeting' | 'mail' | 'rcpt' | 'data' | 'final'
  reply_code?: number
  enhanced_code?: string
  text?: string
  error_name?: string
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
 * transport; a live one gets null until a transport is configured (MAIL_NOT_CONFIGURED).
 */
export type MailPort = { transportFor: (workspace: WorkspaceRef) => MailTransport | null }

/** The product's own letters: password resets, welcomes, invitations. */
export type SystemMail = { send: (letter: { to: string; subject: string; text: string }) => Promise<void> }
