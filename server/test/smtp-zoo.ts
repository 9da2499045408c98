import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** What one animal of the zoo does. Everything left out is what a well-behaved server does. */
export type Habits = {
  /** The greeting, complete with line ends; null hangs up instead. */
  greeting?: (connection: number) => string | null
  /** Waits before the greeting, and before every answer. */
  greeting_delay_ms?: number
  answer_delay_ms?: number
  /** Extensions in the answer to EHLO; null refuses EHLO and knows only HELO. */
  extensions?: string[] | null
  /** The answer to one command line; undefined is the usual one, null hangs up, `''` says nothing. */
  answer?: (line: string, session: Session) => string | null | undefined
  /** The answer to the dot; undefined takes the message, null hangs up without a word. */
  verdict?: (session: Session, message: ReceivedMail) => string | null | undefined
  /** Hangs up once so many octets of content have come. */
  dies_in_content_after?: number
  /** STARTTLS: with a certificate that is no authority's for the name, with the given one, or breaking in the handshake. */
  tls?: 'certificate' | 'broken'
}

export type Session = {
  /** Counted from 1 for each receiver. */
  number: number
  /** Transactions that were begun in it, this one included. */
  transactions: number
  is_encrypted: boolean
  lines: string[]
}

export type ReceivedMail = {
  session: number
  is_encrypted: boolean
  mail_from: string
  rcpt_to: string
  /** As it stood on the wire, the dots unstuffed. */
  raw: string
}

export type Receiver = {
  address: string
  port: number
  habits: Habits
  sessions: Session[]
  /** Messages that were answered with 250, or whose end was seen while the answer was withheld. */
  taken: ReceivedMail[]
  /** Most sessions open at one time. */
  most_open: number
  /** Resets every open session, and settles when they are gone. */
  hangUp: () => Promise<void>
  close: () => Promise<void>
}

const folder = new URL('fixtures/smtp-zoo/', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8')

/** The authority of `certificate`, for whoever is to believe it. */
export const zooAuthority = (): string => read('ca.pem')
export const zooCertificate = (): { key: string; cert: string } => ({ key: read('key.pem'), cert: read('cert.pem') })

const USUAL = ['PIPELINING', 'SIZE 10000000', '8BITMIME', 'ENHANCEDSTATUSCODES', 'SMTPUTF8']
const END = '\r\n.\r\n'

/** One receiving server over a raw socket, so that it can say and do what no library would. Port 0 takes a free one. */
export const startReceiver = async (address: string, port: number, habits: Habits = {}): Promise<Receiver> => {
  const open = new Set<Socket>()
  const receiver: Receiver = {
    address,
    port,
    habits,
    sessions: [],
    taken: [],
    most_open: 0,
    hangUp: async () => {
      await Promise.all(
        [...open].map(
          (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()).resetAndDestroy()),
        ),
      )
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy()
        server.close(() => resolve())
      }),
  }

  const serve = (first: Socket): void => {
    open.add(first)
    receiver.most_open = Math.max(receiver.most_open, open.size)
    first.on('close', () => open.delete(first)).on('error', () => {})
    const session: Session = { number: receiver.sessions.length + 1, transactions: 0, is_encrypted: false, lines: [] }
    receiver.sessions.push(session)
    let socket: Socket = first
    let rest = ''
    let content = false
    let mail_from = ''
    let rcpt_to = ''
    let spoken: Promise<void> = Promise.resolve()

    const say = (text: string | null, delay_ms = habits.answer_delay_ms ?? 0): void => {
      // The answers keep their order, however long each takes.
      spoken = spoken.then(
        () =>
          new Promise((resolve) => {
            const speak = (): void => {
              if (text === null) first.destroy()
              else if (text !== '' && !socket.destroyed) socket.write(text)
              resolve()
            }
            if (delay_ms > 0) setTimeout(speak, delay_ms).unref()
            else speak()
          }),
      )
    }

    const hello = (line: string): string => {
      if (habits.extensions === null) return line.startsWith('HELO') ? '250 zoo\r\n' : '502 5.5.1 not known\r\n'
      if (line.startsWith('HELO')) return '250 zoo\r\n'
      const offered = [...(habits.extensions ?? USUAL)]
      if (habits.tls && !session.is_encrypted) offered.push('STARTTLS')
      return ['zoo', ...offered].map((word, i) => `250${i < offered.length ? '-' : ' '}${word}\r\n`).join('')
    }

    const usual = (line: string): string => {
      const verb = line.split(/[ :]/)[0]?.toUpperCase()
      if (verb === 'EHLO' || verb === 'HELO') return hello(line)
      if (verb === 'MAIL') mail_from = /<(.*?)>/.exec(line)?.[1] ?? ''
      if (verb === 'RCPT') rcpt_to = mail_from === 'refused' ? '' : (/<(.*?)>/.exec(line)?.[1] ?? '')
      if (verb === 'DATA') return rcpt_to === '' ? '554 5.5.1 no valid recipients\r\n' : '354 go on\r\n'
      if (verb === 'STARTTLS') return habits.tls ? '220 go on\r\n' : '502 5.5.1 not known\r\n'
      if (verb === 'QUIT') return '221 2.0.0 bye\r\n'
      return '250 2.0.0 ok\r\n'
    }

    const encrypt = (): void => {
      if (habits.tls === 'broken') {
        socket.write('this is no handshake at all, and never will be\r\n')
        return
      }
      const encrypted = new TLSSocket(socket, { isServer: true, ...zooCertificate() })
      socket.removeListener('data', onData)
      encrypted.on('data', onData).on('error', () => {})
      socket = encrypted
      session.is_encrypted = true
      rest = ''
    }

    const finish = (raw: string): void => {
      const message = { session: session.number, is_encrypted: session.is_encrypted, mail_from, rcpt_to, raw }
      const said = habits.verdict?.(session, message)
      // Whether or not the sender ever hears of it, from here on the receiver may have the message.
      if (said === undefined || said === null || said.startsWith('250')) receiver.taken.push(message)
      say(said === undefined ? '250 2.0.0 taken\r\n' : said)
    }

    const onData = (chunk: Buffer): void => {
      rest += chunk.toString('latin1')
      for (;;) {
        if (content) {
          if (habits.dies_in_content_after !== undefined && rest.length > habits.dies_in_content_after) {
            first.destroy()
            return
          }
          const whole = `\r\n${rest}`
          const end = whole.indexOf(END)
          if (end === -1) return
          content = false
          rest = whole.slice(end + END.length)
          finish(whole.slice(2, end + 2).replaceAll('\r\n..', '\r\n.'))
          continue
        }
        const end = rest.indexOf('\r\n')
        if (end === -1) return
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        session.lines.push(line)
        if (line.startsWith('MAIL')) session.transactions++
        const normal = usual(line)
        const told = habits.answer?.(line, session)
        const answer = told === undefined ? normal : told
        if (line.startsWith('RCPT') && !/^2/.test(answer ?? '')) rcpt_to = ''
        if (line.startsWith('MAIL') && !/^2/.test(answer ?? '')) mail_from = 'refused'
        if (line === 'DATA' && answer?.startsWith('354')) content = true
        say(answer)
        if (line === 'QUIT') say(null)
        if (line === 'STARTTLS' && answer?.startsWith('220')) {
          void spoken.then(encrypt)
          return
        }
      }
    }
    first.on('data', onData)
    say(habits.greeting ? habits.greeting(session.number) : '220 zoo ESMTP\r\n', habits.greeting_delay_ms ?? 0)
  }

  const server: Server = createServer({ noDelay: true }, serve)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
  receiver.port = (server.address() as AddressInfo).port
  return receiver
}
