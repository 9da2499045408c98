import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { createEgressPolicy } from '../egress.ts'
import { createRelay, readRelayUrl } from './relay.ts'

const received: { from: string; to: string; raw: string; greeting: string }[] = []
let server: SMTPServer
let port: number

before(async () => {
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 50,
    logger: false,
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo[0]?.address ?? '',
          raw: Buffer.concat(chunks).toString(),
          greeting: session.hostNameAppearsAs,
        })
        callback()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  port = (server.server.address() as AddressInfo).port
})
after(() => new Promise<void>((resolve) => server.close(() => resolve())))

const settings = { mail_connections: 3, mail_host_name: 'outreach.example.com' }
const relayTo = (allow: string[]) =>
  createRelay(settings, readRelayUrl(`smtp://127.0.0.1:${port}`), createEgressPolicy(allow))

test('a message goes to the relay under the name of this instance', async () => {
  const relay = relayTo([`127.0.0.1:${port}`])
  assert.deepEqual([relay.name, relay.connections], [`SMTP relay 127.0.0.1:${port}`, 3])
  const connection = await relay.open()
  const reply = await connection.send({
    mail_from: 'b@a.example',
    rcpt_to: 'c@d.example',
    raw: Buffer.from('Subject: x\r\n\r\n.dot\r\n'),
  })
  connection.close()
  assert.equal(reply.reply_code, 250)
  assert.deepEqual(received, [
    { from: 'b@a.example', to: 'c@d.example', raw: 'Subject: x\r\n\r\n.dot\r\n', greeting: 'outreach.example.com' },
  ])
})

test('a relay inside the machine that the operator did not list is never connected to, and the reason can be judged', async () => {
  await assert.rejects(relayTo([]).open(), (error: Error & { reply?: { phase: string; error_name?: string } }) => {
    assert.deepEqual([error.reply?.phase, error.reply?.error_name], ['connect', 'EGRESS_REFUSED'])
    return true
  })
})

test('the relay address decides port and encryption, and a password is decoded', () => {
  assert.deepEqual(readRelayUrl('smtps://user:p%40ss@relay.example.com'), {
    host: 'relay.example.com',
    port: 465,
    secure: 'tls',
    auth: { user: 'user', pass: 'p@ss' },
  })
  assert.deepEqual(readRelayUrl('smtp://relay.example.com'), {
    host: 'relay.example.com',
    port: 587,
    secure: 'required',
    auth: null,
  })
  assert.equal(readRelayUrl('smtp://relay.example.com:25').secure, 'opportunistic')
})
