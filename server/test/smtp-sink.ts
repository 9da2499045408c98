import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export type SunkMessage = { mail_from: string; rcpt_to: string[]; raw: Buffer }

export type SmtpSink = {
  port: number
  received: SunkMessage[]
  /** What RCPT answers, by recipient; nobody is refused by default. */
  refuse: Map<string, { code: number; text: string }>
  close: () => Promise<void>
}

/** A real SMTP server on loopback that keeps what it takes and refuses whom it is told to. */
export const startSmtpSink = async (): Promise<SmtpSink> => {
  const received: SunkMessage[] = []
  const refuse: SmtpSink['refuse'] = new Map()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 50,
    logger: false,
    onRcptTo: ({ address }, _session, callback) => {
      const answer = refuse.get(address)
      callback(answer ? Object.assign(new Error(answer.text), { responseCode: answer.code }) : null)
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          mail_from: mailFrom ? mailFrom.address : '',
          rcpt_to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks),
        })
        callback()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    refuse,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
