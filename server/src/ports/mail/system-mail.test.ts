import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { createEgressPolicy } from '../egress.ts'
import { createSystemMail } from './system-mail.ts'

const servers: SMTPServer[] = []
const taken: string[] = []
const listen = async (address: string): Promise<number | null> => {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 50,
    logger: false,
    onData: (stream, session, callback) => {
      stream.resume()
      stream.on('end', () => {
        taken.push(session.envelope.rcptTo[0]?.address ?? '')
        callback()
      })
    },
  })
  return new Promise((resolve) => {
    server.server.once('error', () => resolve(null))
    server.listen(0, address, () => {
      servers.push(server)
      resolve((server.server.address() as AddressInfo).port)
    })
  })
}
let ports: Record<string, number | null>
before(async () => {
  ports = { '127.0.0.1': await listen('127.0.0.1'), '::1': await listen('::1') }
})
after(() => Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))))

const letter = { to: 'ann@example.com', subject: 'Welcome', text: 'Hello' }
const mailer = (port: number, allow: string[], address: string) => {
  const egress = createEgressPolicy(allow, async () => [{ address }])
  const mail = createSystemMail({ url: `smtp://letters.test:${port}`, from: 'Bavlio <b@example.com>' }, egress)
  assert.ok(mail)
  return mail
}

for (const address of ['127.0.0.1', '::1'])
  test(`letters go to the very address that the egress policy gave (${address})`, async (t) => {
    const port = ports[address]
    if (!port) return t.skip('there is no such loopback address here')
    const before = taken.length
    await mailer(port, [`letters.test:${port}`], address).send(letter)
    assert.equal(taken.length, before + 1)
  })

test('a letter server on a private address that the operator did not list is never connected to', async () => {
  const before = taken.length
  await assert.rejects(mailer(ports['127.0.0.1'] as number, [], '127.0.0.1').send(letter), { code: 'EGRESS_REFUSED' })
  assert.equal(taken.length, before)
})

test('without the setting there is no letter server', () => {
  assert.equal(createSystemMail(null, createEgressPolicy([])), null)
})
