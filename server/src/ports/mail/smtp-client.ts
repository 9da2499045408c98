import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { DeliveryReply, MailConnection, MailEnvelope } from './port.ts'

export type SmtpOptions = {
  host: string
  port: number
  /** What the client calls itself in EHLO: its full host name, or an address literal (RFC 5321 section 4.1.4). */
  name: string
  /**
   * `tls`: encrypted from the first byte (port 465). `required`: STARTTLS or nothing. `opportunistic`: STARTTLS where
   * it is offered, without asking who the certificate belongs to, as between mail servers (RFC 7435); with `auth` it
   * means `required`, so that no password leaves unprotected. `none`: never.
   */
  secure?: 'none' | 'opportunistic' | 'required' | 'tls'
  auth?: SmtpLogin | null
  /** Longest silence in any phase but the last, in milliseconds. */
  timeout_ms?: number
  /** Longest wait for the connection itself; `timeout_ms` where it is not given. */
  connect_timeout_ms?: number
  /** Told when opportunistic encryption broke and the message went without. */
  onBrokenTls?: () => void
  /** The address of this machine to go out from. */
  local_address?: string
  /** Longest wait for the answer to a whole message. Ten minutes by RFC 5321 section 4.5.3.2.6: giving up earlier leaves it unknown. */
  final_timeout_ms?: number
  tls?: Pick<ConnectionOptions, 'servername' | 'ca' | 'rejectUnauthorized' | 'minVersion'>
}

/** A password, or an OAuth access token (RFC 7628 is not what Google and Microsoft speak; XOAUTH2 is). */
export type SmtpLogin = { user: string; pass: string } | { user: string; access_token: string }

/** What openSmtpConnection rejects with; `reply` is what judgeDelivery reads. */
export type SmtpOpenError = Error & { reply: DeliveryReply }

type Reply = { code: number; enhanced: string | undefined; text: string }
type Fault = { fault: string; text: string }
type Answer = Reply | Fault
type Waiter = (answer: Answer) => void

/** Bounds on what a server may say before it is taken for something other than SMTP. */
const LONGEST_LINE = 16_384
const MOST_LINES = 200
const COMMAND_TIMEOUT_MS = 120_000
const FINAL_TIMEOUT_MS = 600_000
const GOODBYE_MS = 5_000

const isFault = (answer: Answer): answer is Fault => 'fault' in answer
const isPositive = (answer: Answer): boolean => !isFault(answer) && answer.code >= 200 && answer.code <= 299

/** What is kept of a server's words. */
const LONGEST_TEXT = 1_000

/**
 * Words as they can be stored and shown: a stranger wrote them, and PostgreSQL takes no NUL and JSON no half of a surrogate
 * pair, so that one such answer would keep the verdict, and those recorded beside it, from being written down.
 */
const wordsOf = (text: string): string =>
  text
    .slice(0, LONGEST_TEXT)
    .replace(/[^\P{Cc}\n]/gu, ' ')
    .toWellFormed()

const replyOf = (phase: DeliveryReply['phase'], answer: Answer): DeliveryReply =>
  isFault(answer)
    ? { phase, error_name: answer.fault, text: wordsOf(answer.text) }
    : { phase, reply_code: answer.code, enhanced_code: answer.enhanced, text: wordsOf(answer.text) }

/**
 * The lines and replies of one session (RFC 5321 section 4.2): commands go out, answers come back in the order of the
 * commands. Whatever kills the connection answers all that is still waited for.
 */
type Wire = {
  readonly alive: boolean
  readonly silent: boolean
  ask: (text: string) => Promise<Answer>
  write: (text: string | Buffer) => void
  expect: (waiter: Waiter) => void
  kill: (fault: string, text: string) => void
  patience: (ms: number) => void
  secure: (options: ConnectionOptions) => Promise<Fault | null>
  goodbye: () => void
}

function createWire(first: Socket, timeoutMs: number): Wire {
  let socket = first
  let alive = true
  let leftover = ''
  let earlier = '' // text of the lines before the last one of a reply
  let lines = 0
  let waiters: Waiter[] = []

  const kill = (fault: string, text: string): void => {
    if (!alive) return
    alive = false
    socket.destroy()
    const left = waiters
    waiters = []
    for (const waiter of left) waiter({ fault, text })
  }

  const takeLine = (line: string): void => {
    const code = lineCode(line)
    const mark = line.charCodeAt(3)
    if (code === 0 || (line.length > 3 && mark !== 32 && mark !== 45)) {
      kill('EPROTOCOL', line.slice(0, 200))
      return
    }
    let text = line.slice(4)
    let enhanced: string | undefined
    // An enhanced code starts with the class of the reply; the test keeps the pattern off most lines (RFC 2034 section 4).
    if (text.charCodeAt(1) === 46) {
      const found = /^([245]\.\d{1,3}\.\d{1,3})(?: +|$)/.exec(text)
      if (found) {
        enhanced = found[1]
        text = text.slice(found[0].length)
      }
    }
    if (mark === 45) {
      if (++lines > MOST_LINES) kill('EPROTOCOL', 'The reply has too many lines.')
      else earlier += `${text}\n`
      return
    }
    const reply: Reply = { code, enhanced, text: earlier === '' ? text : earlier + text }
    earlier = ''
    lines = 0
    const waiter = waiters.shift()
    // Nobody asked: a farewell such as 421, or a server out of step. Either way this session is over.
    if (!waiter) kill('ECLOSED', `${code} ${text}`.slice(0, 200))
    else waiter(reply)
    if (code === 421) kill('ECLOSED', text.slice(0, 200))
  }

  const onData = (chunk: Buffer): void => {
    const text = leftover === '' ? chunk.toString('utf8') : leftover + chunk.toString('utf8')
    let start = 0
    for (;;) {
      const end = text.indexOf('\n', start)
      if (end === -1 || !alive) break
      if (end - start > LONGEST_LINE) kill('EPROTOCOL', 'The server sent a line that is far too long.')
      takeLine(text.slice(start, text.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end))
      start = end + 1
    }
    leftover = start === 0 ? text : text.slice(start)
    if (leftover.length > LONGEST_LINE) kill('EPROTOCOL', 'The server sent a line without an end.')
  }

  const onError = (error: NodeJS.ErrnoException): void => kill(error.code ?? 'ESOCKET', error.message)
  const onEnd = (): void => kill('ECLOSED', 'The server closed the connection.')
  const onClose = (): void => kill('ECLOSED', 'The connection was closed.')
  const onTimeout = (): void => {
    if (waiters.length > 0) kill('ETIMEDOUT', 'The server did not answer in time.')
  }
  const listen = (): void => {
    socket.on('data', onData).on('error', onError).on('end', onEnd).on('close', onClose).on('timeout', onTimeout)
  }
  socket.setNoDelay(true)
  socket.setTimeout(timeoutMs)
  listen()

  return {
    get alive() {
      return alive
    },
    get silent() {
      return leftover === ''
    },
    ask: (text) =>
      new Promise((resolve) => {
        if (!alive) {
          resolve({ fault: 'ECLOSED', text: 'The connection is closed.' })
          return
        }
        waiters.push(resolve)
        if (text !== '') socket.write(text, 'latin1')
      }),
    write: (text) => {
      if (!alive) return
      if (typeof text === 'string') socket.write(text, 'latin1')
      else socket.write(text)
    },
    expect: (waiter) => {
      if (alive) waiters.push(waiter)
      else waiter({ fault: 'ECLOSED', text: 'The connection is closed.' })
    },
    kill,
    patience: (ms) => {
      socket.setTimeout(ms)
    },
    secure: (options) =>
      new Promise((resolve) => {
        const bare = socket
        bare.setTimeout(0)
        // Only our own listeners: the socket's internal ones still carry the bytes for the encrypted one. The one for
        // errors is replaced, because an error without a listener would be thrown.
        bare.off('data', onData).off('end', onEnd).off('close', onClose).off('timeout', onTimeout).off('error', onError)
        bare.on('error', () => {})
        const encrypted = connectTls({ ...options, socket: bare })
        socket = encrypted
        encrypted.setTimeout(timeoutMs)
        const fail = (text: string): void => {
          kill('ETLS', text)
          resolve({ fault: 'ETLS', text })
        }
        const onBroken = (error: Error): void => fail(error.message)
        const onGone = (): void => fail('The connection was closed during the TLS handshake.')
        const onLate = (): void => fail('The TLS handshake took too long.')
        encrypted.on('error', onBroken).on('close', onGone).on('timeout', onLate)
        encrypted.once('secureConnect', () => {
          listen()
          encrypted.off('error', onBroken).off('close', onGone).off('timeout', onLate)
          resolve(null)
        })
      }),
    goodbye: () => {
      if (!alive) return
      alive = false
      const left = waiters
      waiters = []
      for (const waiter of left) waiter({ fault: 'ECLOSED', text: 'The connection was closed on this side.' })
      socket.off('timeout', onTimeout)
      socket.setTimeout(GOODBYE_MS, () => socket.destroy())
      socket.unref()
      socket.end('QUIT\r\n')
    },
  }
}

function lineCode(line: string): number {
  const hundreds = line.charCodeAt(0) - 48
  const tens = line.charCodeAt(1) - 48
  const ones = line.charCodeAt(2) - 48
  if (!(hundreds >= 1 && hundreds <= 5 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9)) return 0
  return hundreds * 100 + tens * 10 + ones
}

/**
 * Opens an SMTP session: connection, greeting, EHLO, STARTTLS, login. Rejects with SmtpOpenError. Where opportunistic
 * encryption fails in the handshake it is tried once more without, as mail servers do; passwords never take that way.
 */
export async function openSmtpConnection(options: SmtpOptions): Promise<MailConnection> {
  const auth = options.auth ?? null
  const asked = options.secure ?? 'opportunistic'
  const secure = asked === 'opportunistic' && auth ? 'required' : asked
  try {
    return await open(options, secure, auth)
  } catch (error) {
    if (secure !== 'opportunistic' || (error as SmtpOpenError).reply?.error_name !== 'ETLS') throw error
    const connection = await open(options, 'none', null)
    options.onBrokenTls?.()
    return connection
  }
}

async function open(
  options: SmtpOptions,
  secure: NonNullable<SmtpOptions['secure']>,
  auth: SmtpOptions['auth'],
): Promise<MailConnection> {
  const timeoutMs = options.timeout_ms ?? COMMAND_TIMEOUT_MS
  if (!/^[\x21-\x7e]{1,255}$/.test(options.name)) throw new Error('The EHLO name is no host name.')
  // Server name indication takes no IP addresses (RFC 6066 section 3); the certificate is then checked for the address.
  const peer = options.tls?.servername ?? options.host
  const { servername: _, ...given } = options.tls ?? {}
  const tls: ConnectionOptions = {
    ...given,
    ...(isIP(peer) ? { host: peer } : { servername: peer }),
    rejectUnauthorized: given.rejectUnauthorized ?? secure !== 'opportunistic',
  }
  const target = {
    host: options.host,
    port: options.port,
    ...(options.local_address ? { localAddress: options.local_address } : {}),
  }
  const socket = secure === 'tls' ? connectTls({ ...tls, ...target }) : connectTcp(target)
  const wire = createWire(socket, options.connect_timeout_ms ?? timeoutMs)
  const connected = new Promise<void>((resolve) =>
    socket.once(secure === 'tls' ? 'secureConnect' : 'connect', () => resolve()),
  )
  const greeting = wire.ask('')
  const before = await Promise.race([connected, greeting])
  // A fault before the connection stands is the network's; after it, the server's.
  if (before && isFault(before)) throw openError('connect', secure === 'tls' ? asTlsFault(before) : before)

  const fail = (answer: Answer): never => {
    wire.goodbye()
    wire.kill('ECLOSED', '')
    throw openError('greeting', answer)
  }
  wire.patience(timeoutMs)
  const hello = await greeting
  if (isFault(hello) || hello.code !== 220) fail(hello)

  let features = await sayHello(wire, options.name, fail)
  if (secure === 'required' || secure === 'opportunistic') {
    if (features.has('STARTTLS')) {
      const answer = await wire.ask('STARTTLS\r\n')
      if (isPositive(answer)) {
        // What came in clear text after the 220 may have been put there by somebody on the way.
        if (!wire.alive || !wire.silent)
          fail({ fault: 'ETLS', text: 'The server said something between STARTTLS and the handshake.' })
        const fault = await wire.secure(tls)
        if (fault) throw openError('greeting', fault)
        features = await sayHello(wire, options.name, fail)
      } else if (secure === 'required') fail(answer)
    } else if (secure === 'required') fail({ fault: 'ETLS', text: 'The server offers no STARTTLS.' })
  }
  if (auth) {
    const answer = await logIn(wire, features, auth)
    if (!isPositive(answer)) fail(answer)
  }
  return createSession(wire, features, timeoutMs, options.final_timeout_ms ?? FINAL_TIMEOUT_MS)
}

const networkFault = /^E(CONN|TIMEDOUT|HOST|NET|NOTFOUND|AI_AGAIN|CLOSED|PIPE|ACCES|PERM)/

/** Certificates and handshakes fail under dozens of names; what is not the network's fault is theirs. */
const asTlsFault = (fault: Fault): Fault =>
  networkFault.test(fault.fault) ? fault : { fault: 'ETLS', text: `${fault.fault}: ${fault.text}` }

function openError(phase: DeliveryReply['phase'], answer: Answer): SmtpOpenError {
  const reply = replyOf(phase, answer)
  const said = [reply.reply_code, reply.enhanced_code, reply.error_name, reply.text].filter(
    (part) => part !== undefined && part !== '',
  )
  return Object.assign(new Error(`The SMTP session could not be opened: ${said.join(' ')}`), { reply })
}

type Features = Map<string, string>

async function sayHello(wire: Wire, name: string, fail: (answer: Answer) => never): Promise<Features> {
  const answer = await wire.ask(`EHLO ${name}\r\n`)
  const features: Features = new Map()
  if (isFault(answer)) return fail(answer)
  if (isPositive(answer)) {
    // The first line is the greeting (RFC 5321 section 4.1.1.1).
    for (const line of answer.text.split('\n').slice(1)) {
      const [keyword = '', ...parameters] = line.trim().split(/[ =]/)
      features.set(keyword.toUpperCase(), parameters.join(' ').toUpperCase())
    }
    return features
  }
  if (answer.code < 500) return fail(answer)
  const old = await wire.ask(`HELO ${name}\r\n`)
  return isPositive(old) ? features : fail(old)
}

async function logIn(wire: Wire, features: Features, auth: SmtpLogin): Promise<Answer> {
  const offered = ` ${features.get('AUTH') ?? ''} `
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
  if ('access_token' in auth) {
    if (!offered.includes(' XOAUTH2 ')) return { fault: 'EAUTH', text: 'The server does not offer AUTH XOAUTH2.' }
    const answer = await wire.ask(
      `AUTH XOAUTH2 ${base64(`user=${auth.user}\x01auth=Bearer ${auth.access_token}\x01\x01`)}\r\n`,
    )
    // 334 carries the reason of the refusal; an empty line ends the exchange, and only then comes the verdict.
    return isFault(answer) || answer.code !== 334 ? answer : wire.ask('\r\n')
  }
  if (offered.includes(' PLAIN ')) return wire.ask(`AUTH PLAIN ${base64(`\0${auth.user}\0${auth.pass}`)}\r\n`)
  if (!offered.includes(' LOGIN '))
    return { fault: 'EAUTH', text: 'The server offers neither AUTH PLAIN nor AUTH LOGIN.' }
  const begun = await wire.ask('AUTH LOGIN\r\n')
  if (isFault(begun) || begun.code !== 334) return begun
  const named = await wire.ask(`${base64(auth.user)}\r\n`)
  if (isFault(named) || named.code !== 334) return named
  return wire.ask(`${base64(auth.pass)}\r\n`)
}

const envelopeAddress = /^[\x21-\x3b\x3d\x3f-\x7e]{1,320}$/

function createSession(wire: Wire, features: Features, timeoutMs: number, finalTimeoutMs: number): MailConnection {
  const pipelining = features.has('PIPELINING')
  const takesSize = features.has('SIZE')
  // A transaction that was refused half way stands until RSET, which goes out with the next message.
  let unfinished = false
  let busy = false

  const transact = (envelope: MailEnvelope, resolve: (reply: DeliveryReply) => void): void => {
    const finish = (reply: DeliveryReply): void => {
      busy = false
      resolve(reply)
    }
    const content = (): void => {
      // From here on the server may have the message, whatever becomes of the connection.
      wire.patience(finalTimeoutMs)
      wire.expect((answer) => {
        if (wire.alive) wire.patience(timeoutMs)
        finish(replyOf('final', answer))
      })
      wire.write(dotStuffed(envelope.raw))
    }
    const mail = `MAIL FROM:<${envelope.mail_from}>${takesSize ? ` SIZE=${envelope.raw.length}` : ''}\r\n`
    const rcpt = `RCPT TO:<${envelope.rcpt_to}>\r\n`
    const reset = unfinished ? 'RSET\r\n' : ''
    unfinished = false

    if (pipelining) {
      let refusal: DeliveryReply | null = null
      const note = (phase: DeliveryReply['phase']) => (answer: Answer) => {
        if (!refusal && !isPositive(answer)) refusal = replyOf(phase, answer)
      }
      if (reset) wire.expect(note('mail'))
      wire.expect(note('mail'))
      wire.expect(note('rcpt'))
      wire.expect((answer) => {
        const ready = !isFault(answer) && answer.code === 354
        if (ready && !refusal) {
          content()
          return
        }
        const reply = refusal ?? replyOf('data', answer)
        if (!ready) {
          unfinished = true
          finish(reply)
          return
        }
        // DATA was taken although nobody will get it: an empty message ends it (RFC 2920 section 3.1).
        wire.expect(() => finish(reply))
        wire.write('.\r\n')
      })
      wire.write(`${reset}${mail}${rcpt}DATA\r\n`)
      return
    }

    const steps: [DeliveryReply['phase'], string][] = [
      ['mail', mail],
      ['rcpt', rcpt],
      ['data', 'DATA\r\n'],
    ]
    if (reset) steps.unshift(['mail', reset])
    const next = (): void => {
      const step = steps.shift()
      if (!step) {
        content()
        return
      }
      const [phase, command] = step
      wire.expect((answer) => {
        if (phase === 'data' ? !isFault(answer) && answer.code === 354 : isPositive(answer)) {
          next()
          return
        }
        unfinished = true
        finish(replyOf(phase, answer))
      })
      wire.write(command)
    }
    next()
  }

  return {
    get alive() {
      return wire.alive
    },
    send: (envelope) => {
      if (busy) return Promise.reject(new Error('This SMTP connection is sending another message.'))
      const bad = envelopeProblem(envelope)
      if (bad) return Promise.resolve({ phase: 'mail', error_name: 'EENVELOPE', text: bad })
      busy = true
      return new Promise((resolve) => transact(envelope, resolve))
    },
    close: () => wire.goodbye(),
  }
}

/** An address that could end its command early never reaches the wire. The empty sender is the one of bounces (RFC 5321 section 4.5.5). */
function envelopeProblem(envelope: MailEnvelope): string | null {
  if (envelope.mail_from !== '' && !envelopeAddress.test(envelope.mail_from))
    return 'The envelope sender is not an address in ASCII.'
  if (!envelopeAddress.test(envelope.rcpt_to)) return 'The recipient is not an address in ASCII.'
  return null
}

const END = Buffer.from('.\r\n')
const LINE_END = Buffer.from('\r\n')
const DOT_LINE = Buffer.from('\r\n.')

/** The content as it goes over the wire, closing dot included (RFC 5321 section 4.5.2). Line ends must be CRLF already. */
export function dotStuffed(raw: Buffer): Buffer {
  const parts: Buffer[] = []
  let from = 0
  if (raw[0] === 46) parts.push(END.subarray(0, 1))
  for (let at = raw.indexOf(DOT_LINE); at !== -1; at = raw.indexOf(DOT_LINE, at + 2)) {
    // Up to and with the dot; the next part starts with the dot again.
    parts.push(raw.subarray(from, at + 3))
    from = at + 2
  }
  parts.push(from === 0 ? raw : raw.subarray(from))
  const length = raw.length
  if (length > 0 && !(raw[length - 1] === 10 && raw[length - 2] === 13)) parts.push(LINE_END)
  parts.push(END)
  return Buffer.concat(parts)
}
