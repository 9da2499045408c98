import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect as secure, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { createTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { newId } from '../../ids.ts'
import { selfSignedCertificate } from '../../self-signed-certificate.ts'
import { listenInbound } from './inbound-listener.ts'

const NAME = 'mx.ours.example'
const BOX = 'anna@ours.example'
const MAX_BYTES = 65_536
/** On Linux all of 127/8 is this machine's, so a test can be a stranger; elsewhere those tests skip. */
const STRANGER = '127.0.0.2'
const noStranger = process.platform === 'linux' ? false : 'only Linux has strangers on loopback'

let h: Harness
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bavlio-listener-'))
  h = await startHarness({
    env: {
      MAIL_HOST_NAME: NAME,
      INBOUND_MAX_BYTES: String(MAX_BYTES),
      INBOUND_CONNECTIONS: '30',
      INBOUND_MESSAGES_PER_MINUTE: '5',
    },
  })
  const tenant = await createTenant(h, { mode: 'live' })
  const [domain_id, now] = [newId(), h.clock.now()]
  await sql`
    insert into sending_domains (id, workspace_id, user_id, domain, is_sandbox, status, ownership_token, created_at, updated_at)
    values (${domain_id}, ${tenant.workspace_id}, ${tenant.user_id}, 'ours.example', false, 'verified', 'x', ${now}, ${now})`.execute(
    h.deps.db,
  )
  await sql`
    insert into aliases (id, workspace_id, user_id, domain_id, alias, full_email, created_at, updated_at)
    values (${newId()}, ${tenant.workspace_id}, ${tenant.user_id}, ${domain_id}, 'anna', ${BOX}, ${now}, ${now})`.execute(
    h.deps.db,
  )
})
after(async () => {
  await h?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

type Session = {
  socket: Socket | TLSSocket
  /** Writes what is given, if anything, and waits for one whole reply. Empty where the connection ended instead. */
  say: (text?: string) => Promise<string>
  end: () => void
}

const talkOver = (socket: Socket | TLSSocket): Session => {
  let heard = ''
  let isOver = false
  let waiting: (() => void) | null = null
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1')
    waiting?.()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    isOver = true
    waiting?.()
  })
  return {
    socket,
    say: async (text) => {
      if (text !== undefined) socket.write(`${text}\r\n`)
      for (;;) {
        const reply = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(heard)?.[0]
        if (reply !== undefined) {
          heard = heard.slice(reply.length)
          return reply.trimEnd()
        }
        if (isOver) return ''
        await new Promise<void>((resolve) => {
          waiting = resolve
        })
      }
    },
    end: () => socket.destroy(),
  }
}

const open = async (from?: string, port = h.deps.address.inbound_smtp_port as number): Promise<Session> => {
  const socket = connect({ host: '127.0.0.1', port, ...(from ? { localAddress: from } : {}) })
  await once(socket, 'connect')
  return talkOver(socket)
}

const greeted = async (from?: string): Promise<Session> => {
  const session = await open(from)
  assert.match(await session.say(), /^220 /)
  assert.match(await session.say('EHLO mx.people.example'), /^250-/)
  return session
}

const subjects = async (): Promise<string[]> => {
  await h.worker.drain()
  const rows = await h.deps.db.selectFrom('inbound_emails').select('subject').orderBy('id').execute()
  return rows.map(({ subject }) => subject)
}

/** The commands of one message up to the answer to its end; the last reply. */
const hand = async (session: Session, raw: string, mailFrom = 'MAIL FROM:<ada@people.example>'): Promise<string> => {
  for (const command of [mailFrom, `RCPT TO:<${BOX}>`]) {
    const reply = await session.say(command)
    if (!reply.startsWith('250')) return reply
  }
  assert.match(await session.say('DATA'), /^354/)
  return session.say(`${raw}\r\n.`)
}

const letter = (subject: string, body = 'Hello'): string =>
  `From: ada@people.example\r\nTo: ${BOX}\r\nSubject: ${subject}\r\n\r\n${body}`

test('it says what it can and how much it takes, and nothing of who is here', async () => {
  const session = await open()
  assert.match(await session.say(), new RegExp(`^220 ${NAME} ESMTP`))
  const offers = (await session.say('EHLO mx.people.example')).split('\r\n').map((line) => line.slice(4))
  assert.ok(offers.includes(`SIZE ${MAX_BYTES}`), offers.join())
  for (const offer of ['STARTTLS', '8BITMIME', 'SMTPUTF8', 'PIPELINING']) assert.ok(offers.includes(offer), offer)
  assert.ok(!offers.some((offer) => /^(?:AUTH|DSN|VRFY|EXPN|ETRN|XCLIENT|XFORWARD|REQUIRETLS)/.test(offer)))
  for (const command of ['VRFY anna', 'EXPN all', 'AUTH PLAIN AGEAYg==', 'XCLIENT ADDR=192.0.2.1'])
    assert.match(await session.say(command), /^5\d\d /, command)
  session.end()
})

describe('how large a message may be', () => {
  test('one that is announced too large is refused before it is sent', async () => {
    const session = await greeted()
    assert.match(await session.say(`MAIL FROM:<ada@people.example> SIZE=${MAX_BYTES + 1}`), /^552 /)
    assert.equal(
      (await hand(session, letter('fits'), `MAIL FROM:<ada@people.example> SIZE=${MAX_BYTES}`)).slice(0, 3),
      '250',
    )
    session.end()
  })

  test('one that turns out too large is refused at its end, kept nowhere, and the session goes on', async () => {
    const session = await greeted()
    const body = 'a line of text that is not short\r\n'.repeat(3_000)
    assert.match(
      await hand(session, letter('too large', body), 'MAIL FROM:<ada@people.example> SIZE=100'),
      /^552 5\.3\.4/,
    )
    assert.match(await hand(session, letter('after it')), /^250 /)
    session.end()
    const found = await subjects()
    assert.ok(found.includes('after it') && !found.includes('too large'))
  })

  test('fifty recipients are enough', async () => {
    const session = await greeted()
    await session.say('MAIL FROM:<ada@people.example>')
    const codes: string[] = []
    for (let n = 0; n < 52; n++) codes.push((await session.say(`RCPT TO:<anna+${n}@ours.example>`)).slice(0, 3))
    assert.deepEqual(
      codes.map((code, n) => [code, n]).filter(([code]) => code !== '250'),
      [
        ['452', 50],
        ['452', 51],
      ],
    )
    session.end()
  })
})

describe('STARTTLS', () => {
  const upgrade = async (
    session: Session,
  ): Promise<{ session: Session; certificate: X509Certificate; protocol: string }> => {
    assert.match(await session.say('STARTTLS'), /^220 /)
    session.socket.removeAllListeners('data')
    const socket = secure({ socket: session.socket as Socket, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const certificate = socket.getPeerX509Certificate() as X509Certificate
    return { session: talkOver(socket), certificate, protocol: socket.getProtocol() ?? '' }
  }

  test('works out of the box with a certificate of our own, which stays the same and is for nobody else to read', async () => {
    const { session, certificate, protocol } = await upgrade(await greeted())
    assert.match(protocol, /^TLSv1\.[23]$/)
    assert.equal(certificate.checkHost(NAME), NAME)
    const offers = await session.say('EHLO mx.people.example')
    assert.doesNotMatch(offers, /STARTTLS/)
    assert.match(await hand(session, letter('encrypted')), /^250 /)
    session.end()
    assert.ok((await subjects()).includes('encrypted'))
    assert.equal((await stat(join(h.deps.config.data_dir, 'inbound-tls.pem'))).mode & 0o777, 0o600)
    const again = await listenInbound(h.deps)
    const other = await open(undefined, again.port)
    await other.say()
    await other.say('EHLO x.example')
    assert.equal((await upgrade(other)).certificate.fingerprint256, certificate.fingerprint256)
    other.end()
    await again.close()
  })

  test('shows the certificate of the settings', async () => {
    const { certificate, private_key } = selfSignedCertificate({
      name: 'bought.example',
      from: h.clock.now(),
      days: 90,
    })
    const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    await writeFile(tls.cert, certificate)
    await writeFile(tls.key, private_key)
    const { config } = h.deps
    const given = await listenInbound({
      ...h.deps,
      config: { ...config, inbound_smtp: { ...config.inbound_smtp, tls } },
    })
    const session = await open(undefined, given.port)
    await session.say()
    await session.say('EHLO x.example')
    const shown = await upgrade(session)
    assert.equal(shown.certificate.fingerprint256, new X509Certificate(certificate).fingerprint256)
    shown.session.end()
    await given.close()
    const missing = { cert: join(folder, 'none.pem'), key: tls.key }
    await assert.rejects(
      listenInbound({ ...h.deps, config: { ...config, inbound_smtp: { ...config.inbound_smtp, tls: missing } } }),
      /none\.pem/,
    )
  })

  test('what is said in clear behind STARTTLS is not taken for something said in private', async () => {
    const session = await greeted()
    session.socket.write('STARTTLS\r\nMAIL FROM:<eve@people.example>\r\n')
    assert.match(await session.say(), /^220 /)
    session.socket.removeAllListeners('data')
    const socket = secure({ socket: session.socket as Socket, rejectUnauthorized: false })
    const isSecure = await Promise.race([
      once(socket, 'secureConnect').then(() => true),
      once(socket, 'close').then(() => false),
      once(socket, 'error').then(() => false),
    ])
    if (!isSecure) return
    const inside = talkOver(socket)
    assert.match(await inside.say('EHLO mx.people.example'), /^250-/)
    // A sender that was smuggled in would stand, and a recipient could follow.
    assert.match(await inside.say(`RCPT TO:<${BOX}>`), /^503 /)
    inside.end()
  })
})

describe('what a stranger may take', { skip: noStranger }, () => {
  test('a tenth of the connections; the next one is told to come back, and others are not disturbed', async () => {
    const held = [await greeted(STRANGER), await greeted(STRANGER), await greeted(STRANGER)]
    const refused = await open(STRANGER)
    assert.match(await refused.say(), /^421 /)
    ;(await greeted('127.0.0.3')).end()
    for (const session of held) session.end()
    refused.end()
    for (;;) {
      const session = await open(STRANGER)
      const greeting = await session.say()
      session.end()
      if (greeting.startsWith('220')) break
    }
  })

  test('a few addresses that do not exist; who asks for more is sent away', async () => {
    const session = await greeted('127.0.0.4')
    await session.say('MAIL FROM:<ada@people.example>')
    for (let n = 0; n < 10; n++) assert.match(await session.say(`RCPT TO:<no${n}@ours.example>`), /^550 5\.1\.1/)
    assert.match(await session.say('RCPT TO:<no10@ours.example>'), /^421 /)
    session.end()
    const relay = await greeted('127.0.0.4')
    await relay.say('MAIL FROM:<ada@people.example>')
    assert.match(await relay.say('RCPT TO:<somebody@elsewhere.example>'), /^550 /, 'nothing is passed on')
    relay.end()
  })

  test('so many messages a minute, and again a minute later', async () => {
    const session = await greeted('127.0.0.5')
    const codes: string[] = []
    for (let n = 0; n < 6; n++) codes.push((await hand(session, letter(`minute ${n}`))).slice(0, 3))
    assert.deepEqual(codes, ['250', '250', '250', '250', '250', '451'])
    h.clock.advance(60_000)
    assert.match(await hand(session, letter('a minute later')), /^250 /)
    session.end()
  })
})

test('a session that breaks off in the middle of a message leaves nothing behind', async () => {
  for (let n = 0; n < 3; n++) {
    const session = await greeted()
    await session.say('MAIL FROM:<ada@people.example>')
    await session.say(`RCPT TO:<${BOX}>`)
    await session.say('DATA')
    session.socket.write(`${letter('cut off')}\r\nand th`)
    session.socket.resetAndDestroy()
  }
  const session = await greeted()
  assert.match(await hand(session, letter('whole')), /^250 /)
  session.end()
  const found = await subjects()
  assert.ok(found.includes('whole') && !found.includes('cut off'))
})

const isInstalled = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('swaks, a client that does what others do not', {
  skip: isInstalled('swaks') ? false : 'swaks is not installed',
}, () => {
  const swaks = async (subject: string, ...more: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('swaks', [
      '--server',
      `127.0.0.1:${h.deps.address.inbound_smtp_port}`,
      ...[
        '--from',
        'ada@people.example',
        '--to',
        BOX,
        '--header',
        `Subject: ${subject}`,
        '--ehlo',
        'odd.people.example',
      ],
      ...more,
    ])
    return stdout
  }

  const WAYS: [name: string, ...options: string[]][] = [
    ['with HELO alone', '--protocol', 'SMTP'],
    ['with everything in one packet', '--pipeline'],
    ['encrypted', '--tls'],
    ['from nobody', '--from', '<>'],
    ['with a body of one endless line', '--body', 'x'.repeat(30_000)],
    ['without a header of its own', '--data', '\\nno header at all\\n'],
    ['with its address in capitals', '--to', BOX.toUpperCase()],
  ]
  for (const [name, ...options] of WAYS)
    test(name, async () => {
      const before = (await subjects()).length
      const heard = await swaks(name, ...options)
      assert.match(heard, /<[~-]\*?\s+250 .*\r?\n(?:.*\r?\n)*?.*QUIT/)
      assert.equal((await subjects()).length, before + 1)
    })

  test('that goes away without a farewell: its message is kept', async () => {
    await swaks('gone', '--drop-after', 'DOT').catch(() => '')
    assert.ok((await subjects()).includes('gone'))
  })
})
