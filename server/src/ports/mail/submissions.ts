import type { EgressPolicy } from '../egress.ts'
import type { DeliveryReply, FindSubmissionAccount, MailConnection, MailEnvelope, SubmissionAccount } from './port.ts'
import { openSmtpConnection, type SmtpOpenError } from './smtp-client.ts'

/** Hands mail over to connected mailboxes' own servers. */
export type Submissions = {
  /** Never throws for what the other side does, as every MailConnection. */
  send: (mailbox_id: string, envelope: MailEnvelope) => Promise<DeliveryReply>
  close: () => void
}

type Session = { connection: MailConnection; timer: NodeJS.Timeout }

const IDLE_MS = 30_000
const COMMAND_MS = 60_000
/** More than this many behind one account would keep lanes from everybody else. */
const MOST_WAITING = 2
const HELD_MS = 5_000

/** One session for each mailbox, one message at a time on it, kept open for half a minute. */
export const createSubmissions = (options: {
  accounts: Pick<FindSubmissionAccount, 'find'>
  egress: EgressPolicy
  /** What this instance calls itself in EHLO. */
  name: string
  tls?: { ca?: string }
}): Submissions => {
  const sessions = new Map<string, Session>()
  const queues = new Map<string, { last: Promise<unknown>; length: number }>()
  let closed = false

  const open = async (mailboxId: string): Promise<MailConnection | DeliveryReply> => {
    let account: SubmissionAccount
    try {
      account = await options.accounts.find(mailboxId)
    } catch (error) {
      // Whoever keeps the credentials knows already why they cannot be used.
      return { phase: 'connect', error_name: 'EAUTH', text: (error as Error).message }
    }
    try {
      const address = await options.egress.resolve(account.host, account.port)
      return await openSmtpConnection({
        host: address,
        port: account.port,
        name: options.name,
        secure: account.security === 'tls' ? 'tls' : 'required',
        auth: account.auth,
        timeout_ms: COMMAND_MS,
        tls: { ...options.tls, servername: account.host },
      })
    } catch (error) {
      const { reply, code, message } = error as SmtpOpenError & { code?: string }
      return reply ?? { phase: 'connect', error_name: code ?? 'ESUBMISSION', text: message }
    }
  }

  const take = (mailboxId: string): MailConnection | null => {
    const kept = sessions.get(mailboxId)
    if (!kept) return null
    sessions.delete(mailboxId)
    clearTimeout(kept.timer)
    return kept.connection.alive ? kept.connection : null
  }

  const keep = (mailboxId: string, connection: MailConnection): void => {
    if (closed || !connection.alive) {
      connection.close()
      return
    }
    const timer = setTimeout(() => {
      sessions.delete(mailboxId)
      connection.close()
    }, IDLE_MS)
    timer.unref()
    sessions.set(mailboxId, { connection, timer })
  }

  const sendOne = async (mailboxId: string, envelope: MailEnvelope): Promise<DeliveryReply> => {
    const used = take(mailboxId)
    let connection = used ?? (await open(mailboxId))
    if ('phase' in connection) return connection
    let reply = await connection.send(envelope)
    if (used && !connection.alive && reply.phase !== 'final' && reply.error_name !== 'EENVELOPE') {
      // The server had hung up on an idle session before it saw anything of this message.
      connection = await open(mailboxId)
      if ('phase' in connection) return connection
      reply = await connection.send(envelope)
    }
    keep(mailboxId, connection)
    return reply
  }

  return {
    send: (mailboxId, envelope) => {
      const queue = queues.get(mailboxId) ?? { last: Promise.resolve(), length: 0 }
      if (queue.length > MOST_WAITING)
        return Promise.resolve({ phase: 'connect', error_name: 'EHELD', held_ms: HELD_MS, text: 'the mailbox is busy' })
      queue.length++
      const work = queue.last.then(() => sendOne(mailboxId, envelope))
      queue.last = work
        .catch(() => {})
        .then(() => {
          queue.length--
          if (queue.length === 0) queues.delete(mailboxId)
        })
      queues.set(mailboxId, queue)
      return work
    },
    close: () => {
      closed = true
      for (const { connection, timer } of sessions.values()) {
        clearTimeout(timer)
        connection.close()
      }
      sessions.clear()
    },
  }
}
