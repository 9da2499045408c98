import type { Db } from '../../../db/connect.ts'
import type { Logger } from '../../../log.ts'
import type { Clock } from '../../clock.ts'
import type { MailTransport } from '../port.ts'

export type MailWorld = {
  /** The transport of a sandbox workspace: a real SMTP session to this process's local mail world. */
  transportFor: (workspaceId: string) => MailTransport
  /** Lets the people of a workspace do what is due by `now`. Returns how many did something. */
  react: (workspaceId: string, now: Date) => Promise<number>
  close: () => Promise<void>
}

export type MailWorldOptions = { db: Db; clock: Clock; log: Logger; address: { local_url: string; base_url: string; inbound_smtp_port: number | null } }

export const createMailWorld = (_options: MailWorldOptions): MailWorld => {
  throw new Error('not there yet')
}
