import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { judgeDelivery } from '../../delivery-verdict.ts'
import type { DeliveryReply } from './port.ts'
import { dotStuffed, openSmtpConnection, type SmtpOpenError, type SmtpOptions } from './smtp-client.ts'

const closers: (() => void)[] = []
after(() => {
  for (const close of closers) close()
})

/** A real server of another author. The client's sessions are closed by the tests, so its own patience may be short. */
async function realServer(options: SMTPServerOptions): Promise<number> {
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 20,
    logger: false,
    ...options,
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  closers.push(() => server.close())
  return (server.server.address() as AddressInfo).port
}

type Script = (line: string, socket: Socket) => string | null | undefined

/**
 * A server that says what the script says to each line; null hangs up. Lines of content are collected until the dot,
 * which the script sees as '.'. With `pipelining` that is offered.
 */
async function scriptedServer(
  script: Script,
  options: { pipelining?: boolean; greeting?: string | null; extra?: string } = {},
) {
  const lines: string[] = []
  const onConnection = (socket: Socket): void => {
    let rest = ''
    let inContent = false
    socket.setNoDelay(true)
    socket.on('error', () => {})
    const say = (text: string | null | undefined): void => {
      if (text === null) socket.destroy()
      else if (text) socket.write(text)
    }
    say(options.greeting === undefined ? '220 scripted.test\r\n' : options.greeting)
    socket.on('data', (chunk) => {
      rest += chunk.toString()
      for (let end = rest.indexOf('\r\n'); end !== -1; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        if (inContent && line !== '.') continue
        inContent = false
        lines.push(line)
        const told = script(line, socket)
        const usual = line.startsWith('EHLO')
          ? `250-scripted.test\r\n${options.extra ?? ''}${options.pipelining ? '250-PIPELINING\r\n' : ''}250 SIZE 1000000\r\n`
          : line === 'DATA'
            ? '354 go on\r\n'
            : '250 2.0.0 Ok\r\n'
        const answer = told === undefined ? usual : told
        if (line === 'DATA' && answer?.startsWith('354')) inContent = true
        say(answer)
      }
    })
  }
  const server: Server = createServer(onConnection)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  closers.push(() => server.close())
  return { port: (server.address() as AddressInfo).port, lines }
}

const to = (port: number, more: Partial<SmtpOptions> = {}): SmtpOptions => ({
  host: '127.0.0.1',
  port,
  name: 'client.test',
  secure: 'none',
  timeout_ms: 2_000,
  final_timeout_ms: 2_000,
  ...more,
})
const letter = { mail_from: 'b@a.test', rcpt_to: 'c@d.test', raw: Buffer.from('Subject: x\r\n\r\nHello\r\n') }
const short = (reply: DeliveryReply) => [reply.phase, reply.reply_code ?? reply.error_name]
const refusal = async (attempt: Promise<unknown>): Promise<DeliveryReply> => {
  const error = await attempt.then(
    () => assert.fail('It was opened.'),
    (caught: SmtpOpenError) => caught,
  )
  assert.ok(error.reply, String(error))
  return error.reply
}

test('a real server receives every message of a session octet by octet', async () => {
  const received: { from: string; to: string; content: string }[] = []
  const port = await realServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo[0]?.address ?? '',
          content: Buffer.concat(chunks).toString('latin1'),
        })
        callback()
      })
    },
  })
  const connection = await openSmtpConnection(to(port))
  const contents = [
    'Subject: x\r\n\r\nHello\r\n',
    '.\r\n',
    '.first\r\n..second\r\n.\r\n\r\n',
    'a: b\r\n\r\n.end\r\n.\r\n',
    `X: y\r\n\r\n${'.line\r\n'.repeat(20_000)}`,
  ]
  for (const content of contents) {
    const reply = await connection.send({ ...letter, raw: Buffer.from(content, 'latin1') })
    assert.deepEqual(short(reply), ['final', 250])
  }
  const bounce = await connection.send({ ...letter, mail_from: '' })
  assert.deepEqual(short(bounce), ['final', 250])
  connection.close()
  assert.deepEqual(
    received.map(({ content }) => content),
    [...contents, letter.raw.toString()],
  )
  assert.deepEqual(
    received.map(({ from, to: rcpt }) => [from, rcpt]),
    [...contents.map(() => ['b@a.test', 'c@d.test']), ['', 'c@d.test']],
  )
  assert.equal(connection.alive, false)
})

test('a real server that refuses at any phase is understood, and the session goes on to the next message', async () => {
  let next: { at: string; code: number } | null = null
  const answer = (at: string, callback: (error?: Error | null) => void): void => {
    const refuse = next?.at === at ? next : null
    callback(refuse ? Object.assign(new Error('5.1.1 not this one'), { responseCode: refuse.code }) : null)
  }
  const port = await realServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onMailFrom: (_address, _session, callback) => answer('mail', callback),
    onRcptTo: (_address, _session, callback) => answer('rcpt', callback),
    onData: (stream, _session, callback) => {
      stream.resume()
      stream.on('end', () => answer('final', callback))
    },
  })
  const connection = await openSmtpConnection(to(port))
  for (const at of ['mail', 'rcpt', 'final']) {
    for (const code of [450, 550]) {
      next = { at, code }
      const reply = await connection.send(letter)
      assert.deepEqual(short(reply), [at, code])
      assert.equal(judgeDelivery(reply).outcome, code < 500 ? 'retry' : 'failed')
      next = null
      assert.deepEqual(short(await connection.send(letter)), ['final', 250], `after ${code} at ${at}`)
    }
  }
  connection.close()
})

for (const pipelining of [true, false]) {
  const way = pipelining ? 'in a pipeline' : 'step by step'

  test(`${way}: a refusal at each command names its phase and the transaction is reset before the next one`, async () => {
    let refused = ''
    const { port, lines } = await scriptedServer(
      (line) => (refused !== '' && line.startsWith(refused) ? '450 4.2.0 later\r\n' : undefined),
      { pipelining },
    )
    const connection = await openSmtpConnection(to(port))
    for (const [command, phase] of [
      ['MAIL', 'mail'],
      ['RCPT', 'rcpt'],
      ['DATA', 'data'],
      ['.', 'final'],
    ] as const) {
      refused = command
      const reply = await connection.send(letter)
      assert.deepEqual([reply.phase, reply.reply_code, reply.enhanced_code, reply.text], [phase, 450, '4.2.0', 'later'])
      refused = ''
      lines.length = 0
      assert.deepEqual(short(await connection.send(letter)), ['final', 250])
      // Where DATA was taken in spite of a refusal, the empty message has ended the transaction already.
      const resets = lines.filter((line) => line === 'RSET').length
      const wasOpen = phase === 'data' || (!pipelining && phase !== 'final')
      assert.equal(resets, wasOpen ? 1 : 0, phase)
    }
    connection.close()
  })

  test(`${way}: a connection lost before the content is retried, after it is unknown, and it is dead`, async () => {
    for (const [command, phase, outcome] of [
      ['MAIL', 'mail', 'retry'],
      ['RCPT', 'rcpt', 'retry'],
      ['DATA', 'data', 'retry'],
      ['.', 'final', 'unknown'],
    ] as const) {
      const { port } = await scriptedServer((line) => (line.startsWith(command) ? null : undefined), { pipelining })
      const connection = await openSmtpConnection(to(port))
      const reply = await connection.send(letter)
      assert.equal(reply.phase === 'final', phase === 'final', `${phase}, but ${reply.phase}`)
      if (!pipelining) assert.equal(reply.phase, phase)
      assert.ok(reply.error_name && reply.reply_code === undefined)
      assert.equal(judgeDelivery(reply).outcome, outcome)
      assert.equal(connection.alive, false)
      assert.equal(judgeDelivery(await connection.send(letter)).outcome, 'retry')
    }
  })

  test(`${way}: a farewell of 421 is the answer of its phase and ends the session`, async () => {
    for (const [command, phase] of [
      ['MAIL', 'mail'],
      ['RCPT', 'rcpt'],
      ['DATA', 'data'],
      ['.', 'final'],
    ] as const) {
      const { port } = await scriptedServer(
        (line) => (line.startsWith(command) ? '421 4.3.2 shutting down\r\n' : undefined),
        { pipelining },
      )
      const connection = await openSmtpConnection(to(port))
      const reply = await connection.send(letter)
      assert.deepEqual(short(reply), [phase, 421])
      assert.equal(judgeDelivery(reply).outcome, 'retry')
      assert.equal(connection.alive, false)
    }
  })

  test(`${way}: a server that falls silent is given up, before the content as retry, after it as unknown`, async () => {
    for (const [command, phase, outcome] of [
      ['RCPT', 'rcpt', 'retry'],
      ['.', 'final', 'unknown'],
    ] as const) {
      let silent = false
      const { port } = await scriptedServer(
        (line) => {
          silent ||= line.startsWith(command)
          return silent ? '' : undefined
        },
        { pipelining },
      )
      const connection = await openSmtpConnection(to(port, { timeout_ms: 60, final_timeout_ms: 60 }))
      const reply = await connection.send(letter)
      assert.equal(reply.error_name, 'ETIMEDOUT')
      assert.equal(reply.phase === 'final', phase === 'final')
      assert.equal(judgeDelivery(reply).outcome, outcome)
      assert.equal(connection.alive, false)
    }
  })
}

test('when DATA is taken although the recipient was refused, nothing but an empty message follows', async () => {
  const { port, lines } = await scriptedServer(
    (line) => (line.startsWith('RCPT') ? '550 5.1.1 User unknown\r\n' : undefined),
    { pipelining: true },
  )
  const connection = await openSmtpConnection(to(port))
  const reply = await connection.send({ ...letter, raw: Buffer.from('Subject: secret\r\n\r\nx\r\n') })
  assert.deepEqual([reply.phase, reply.reply_code, reply.enhanced_code], ['rcpt', 550, '5.1.1'])
  assert.deepEqual(lines.slice(1), ['MAIL FROM:<b@a.test> SIZE=22', 'RCPT TO:<c@d.test>', 'DATA', '.'])
  connection.close()
})

test('replies of many lines are read whole, wherever the network cuts them', async () => {
  const long = '550-5.1.1 The address\r\n550-5.1.1 does not\r\n550 5.1.1 exist\r\n'
  const { port } = await scriptedServer((line, socket) => {
    if (!line.startsWith('RCPT')) return undefined
    let at = 0
    const drip = (): void => {
      socket.write(long.slice(at, ++at), () => (at < long.length ? setImmediate(drip) : undefined))
    }
    drip()
    return ''
  })
  const connection = await openSmtpConnection(to(port))
  const reply = await connection.send(letter)
  assert.deepEqual([reply.phase, reply.reply_code, reply.enhanced_code], ['rcpt', 550, '5.1.1'])
  assert.equal(reply.text?.replace(/\s+/g, ' '), 'The address does not exist')
  connection.close()
})

test('what is no SMTP, or never ends, is given up', async () => {
  for (const greeting of [
    'HTTP/1.1 400 Bad Request\r\n',
    '220_x\r\n',
    '\r\n',
    'x'.repeat(20_000),
    '220-x\r\n'.repeat(500),
  ]) {
    const { port } = await scriptedServer(() => undefined, { greeting })
    const reply = await refusal(openSmtpConnection(to(port)))
    assert.equal(reply.error_name, 'EPROTOCOL', greeting.slice(0, 20))
    assert.equal(judgeDelivery(reply).outcome, 'retry')
  }
})

test('opening fails with the reply or the error that says why', async () => {
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', () => resolve()))
  const { port: nobody } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  assert.deepEqual(short(await refusal(openSmtpConnection(to(nobody)))), ['connect', 'ECONNREFUSED'])
  const refusing = await scriptedServer(() => undefined, { greeting: '554 5.7.1 Not you\r\n' })
  assert.deepEqual(short(await refusal(openSmtpConnection(to(refusing.port)))), ['greeting', 554])
  const busy = await scriptedServer(() => undefined, { greeting: '421 4.3.2 busy\r\n' })
  assert.deepEqual(short(await refusal(openSmtpConnection(to(busy.port)))), ['greeting', 421])
  const silent = await scriptedServer(() => undefined, { greeting: '' })
  assert.deepEqual(short(await refusal(openSmtpConnection(to(silent.port, { timeout_ms: 50 })))), [
    'greeting',
    'ETIMEDOUT',
  ])
  const gone = await scriptedServer(() => undefined, { greeting: null })
  assert.equal((await refusal(openSmtpConnection(to(gone.port)))).reply_code, undefined)
})

test('a server without EHLO is greeted with HELO', async () => {
  const { port, lines } = await scriptedServer((line) => (line.startsWith('EHLO') ? '502 5.5.1 what\r\n' : undefined))
  const connection = await openSmtpConnection(to(port))
  assert.deepEqual(short(await connection.send(letter)), ['final', 250])
  assert.deepEqual(lines, [
    'EHLO client.test',
    'HELO client.test',
    'MAIL FROM:<b@a.test>',
    'RCPT TO:<c@d.test>',
    'DATA',
    '.',
  ])
  connection.close()
})

test('an idle session outlives its timeout, and still notices a server that falls silent later', async () => {
  let silent = false
  const { port } = await scriptedServer((line) => (silent && line.startsWith('MAIL') ? '' : undefined))
  const connection = await openSmtpConnection(to(port, { timeout_ms: 150 }))
  await new Promise((resolve) => setTimeout(resolve, 120))
  assert.equal(connection.alive, true)
  assert.deepEqual(short(await connection.send(letter)), ['final', 250])
  await new Promise((resolve) => setTimeout(resolve, 120))
  silent = true
  assert.deepEqual(short(await connection.send(letter)), ['mail', 'ETIMEDOUT'])
})

test('a farewell while nothing is asked kills the session, so it is not used again', async () => {
  let other: Socket | undefined
  const { port } = await scriptedServer((_line, socket) => {
    other = socket
    return undefined
  })
  const connection = await openSmtpConnection(to(port))
  const gone = new Promise((resolve) => other?.once('close', resolve))
  other?.write('421 4.4.2 idle for too long\r\n')
  await gone
  assert.equal(connection.alive, false)
  const reply = await connection.send(letter)
  assert.deepEqual(short(reply), ['mail', 'ECLOSED'])
})

test('an address that could carry a second command never reaches the wire', async () => {
  const { port, lines } = await scriptedServer(() => undefined)
  const connection = await openSmtpConnection(to(port))
  for (const bad of [
    'c@d.test>\r\nRCPT TO:<x@y.test',
    'c@d.test> NOTIFY=NEVER',
    'a\0b@d.test',
    'ü@d.test',
    'c@dü.test',
    '',
    'a b@d.test',
  ]) {
    const reply = await connection.send({ ...letter, rcpt_to: bad })
    assert.equal(reply.error_name, 'EENVELOPE', bad)
    assert.equal(judgeDelivery(reply).outcome, 'failed')
    if (bad !== '') assert.equal((await connection.send({ ...letter, mail_from: bad })).error_name, 'EENVELOPE')
  }
  assert.deepEqual(lines, ['EHLO client.test'])
  assert.equal(connection.alive, true)
  connection.close()
})

test('one session sends one message at a time', async () => {
  const { port } = await scriptedServer(() => undefined)
  const connection = await openSmtpConnection(to(port))
  const first = connection.send(letter)
  await assert.rejects(connection.send(letter), /another message/)
  assert.deepEqual(short(await first), ['final', 250])
  connection.close()
})

test('closing while the answer to the content is outstanding leaves the message unknown', async () => {
  let inContent: () => void = () => {}
  const content = new Promise<void>((resolve) => {
    inContent = resolve
  })
  const { port } = await scriptedServer((line) => {
    if (line !== '.') return undefined
    inContent()
    return ''
  })
  const connection = await openSmtpConnection(to(port))
  const sent = connection.send(letter)
  await content
  connection.close()
  assert.equal(judgeDelivery(await sent).outcome, 'unknown')
})

// ---- encryption and login, against the real server, whose own certificate nobody vouches for

const login: SMTPServerOptions = {
  onAuth: (auth, _session, callback) =>
    auth.username === 'ann' && auth.password === 'sécret'
      ? callback(null, { user: 'ann' })
      : callback(new Error('5.7.8 no')),
  onData: (stream, session, callback) => {
    stream.resume()
    stream.on('end', () => callback(null, `secure=${session.secure} user=${session.user ?? ''}`))
  },
}
const lax = { rejectUnauthorized: false }

test('STARTTLS and login reach the server, and a wrong password is the reply of the greeting', async () => {
  const port = await realServer({ ...login, authOptional: false })
  const options = to(port, { secure: 'required', tls: lax, auth: { user: 'ann', pass: 'sécret' } })
  const connection = await openSmtpConnection(options)
  assert.match((await connection.send(letter)).text ?? '', /secure=true user=ann/)
  connection.close()
  assert.deepEqual(short(await refusal(openSmtpConnection({ ...options, auth: { user: 'ann', pass: 'no' } }))), [
    'greeting',
    535,
  ])
  const loginOnly = await realServer({ ...login, authOptional: false, authMethods: ['LOGIN'] })
  const second = await openSmtpConnection({ ...options, port: loginOnly })
  assert.match((await second.send(letter)).text ?? '', /user=ann/)
  second.close()
})

test('encryption from the first byte works, and a certificate is checked unless mail servers meet by chance', async () => {
  const direct = await realServer({ ...login, secure: true })
  const connection = await openSmtpConnection(to(direct, { secure: 'tls', tls: lax }))
  assert.match((await connection.send(letter)).text ?? '', /secure=true/)
  connection.close()
  assert.deepEqual(short(await refusal(openSmtpConnection(to(direct, { secure: 'tls' })))), ['connect', 'ETLS'])
  const upgraded = await realServer(login)
  assert.deepEqual(short(await refusal(openSmtpConnection(to(upgraded, { secure: 'required' })))), ['greeting', 'ETLS'])
  const byChance = await openSmtpConnection(to(upgraded, { secure: 'opportunistic' }))
  assert.match((await byChance.send(letter)).text ?? '', /secure=true/)
  byChance.close()
})

test('where STARTTLS is needed and not offered nothing is said in clear, least of all a password', async () => {
  for (const secure of ['required', 'opportunistic'] as const) {
    const { port, lines } = await scriptedServer(() => undefined, { extra: '250-AUTH PLAIN LOGIN\r\n' })
    const reply = await refusal(openSmtpConnection(to(port, { secure, auth: { user: 'ann', pass: 'secret' } })))
    assert.deepEqual(short(reply), ['greeting', 'ETLS'])
    assert.deepEqual(
      lines.filter((line) => !line.startsWith('EHLO') && line !== 'QUIT'),
      [],
    )
  }
})

test('replies slipped in before the handshake are not taken for those of the encrypted session', async () => {
  for (const injected of ['250 2.0.0 injected\r\n', '250 2.0.0 inj']) {
    const { port } = await scriptedServer((line) => (line === 'STARTTLS' ? `220 2.0.0 go\r\n${injected}` : undefined), {
      extra: '250-STARTTLS\r\n',
    })
    assert.deepEqual(short(await refusal(openSmtpConnection(to(port, { secure: 'required' })))), ['greeting', 'ETLS'])
  }
})

test('between mail servers a handshake that fails is followed by a session in clear', async () => {
  const { port, lines } = await scriptedServer(
    (line) => (line === 'STARTTLS' ? '220 2.0.0 go\r\nnot tls' : undefined),
    { extra: '250-STARTTLS\r\n' },
  )
  const connection = await openSmtpConnection(to(port, { secure: 'opportunistic' }))
  assert.deepEqual(short(await connection.send(letter)), ['final', 250])
  assert.ok(lines.includes('STARTTLS'))
  connection.close()
})

test('any content comes out of dot-stuffing and back unchanged', () => {
  const pieces = ['.', '..', '\r\n', '\r\n.', 'a', '\r\n.\r\n', '\r', '\n', ' ']
  for (let round = 0; round < 2_000; round++) {
    let raw = ''
    let seed = round * 2_654_435_761
    for (let index = 0; index < round % 12; index++) {
      seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + index) >>> 0
      raw += pieces[seed % pieces.length]
    }
    const wire = dotStuffed(Buffer.from(raw, 'latin1')).toString('latin1')
    const whole = raw === '' || raw.endsWith('\r\n') ? raw : `${raw}\r\n`
    assert.ok(wire.endsWith(raw === '' ? '.\r\n' : '\r\n.\r\n'))
    const content = wire.slice(0, -3)
    assert.ok(!`\r\n${content}`.includes('\r\n.\r\n'), JSON.stringify(raw))
    assert.equal(content.replace(/(^|\r\n)\./g, '$1'), whole, JSON.stringify(raw))
  }
})

test('an access token is offered by XOAUTH2, and a refusal ends with the verdict after the empty answer', async () => {
  const seen: string[] = []
  const server = (verdict: 'yes' | 'no') =>
    scriptedServer(
      (line) => {
        if (line.startsWith('AUTH XOAUTH2 ')) {
          seen.push(Buffer.from(line.slice(13), 'base64').toString())
          return verdict === 'yes' ? '235 2.7.0 welcome\r\n' : '334 eyJzdGF0dXMiOiI0MDAifQ==\r\n'
        }
        return line === '' ? '535 5.7.8 not accepted\r\n' : undefined
      },
      { extra: '250-AUTH PLAIN LOGIN XOAUTH2\r\n' },
    )
  const auth = { user: 'ann@example.com', access_token: 'tok en' }
  // Without encryption on purpose: the server of this test has none.
  const connect = (port: number) =>
    openSmtpConnection({ host: '127.0.0.1', port, name: 'me.test', secure: 'none', auth })
  const good = await server('yes')
  const connection = await connect(good.port)
  connection.close()
  assert.deepEqual(seen, ['user=ann@example.com\x01auth=Bearer tok en\x01\x01'])
  const bad = await server('no')
  await assert.rejects(connect(bad.port), (error: SmtpOpenError) => {
    assert.deepEqual([error.reply.phase, error.reply.reply_code], ['greeting', 535])
    assert.ok(!error.message.includes('tok en'))
    return true
  })
  const none = await scriptedServer(() => undefined, { extra: '250-AUTH PLAIN LOGIN\r\n' })
  await assert.rejects(connect(none.port), (error: SmtpOpenError) => error.reply.error_name === 'EAUTH')
})
