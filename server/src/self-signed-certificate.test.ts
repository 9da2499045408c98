import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { selfSignedCertificate } from './self-signed-certificate.ts'

const from = new Date('2026-01-14T08:00:00Z')

for (const name of [
  'mail.example.com',
  'localhost',
  '127.0.0.1',
  '2001:db8::7',
  '::1',
  `${'a'.repeat(63)}.${'b'.repeat(63)}.example`,
])
  test(`a certificate for ${name.slice(0, 30)} is read, names it and fits its key`, () => {
    const { certificate, private_key } = selfSignedCertificate({ name, from, days: 10_000 })
    const read = new X509Certificate(certificate)
    const isAddress = /^[\d.]+$|:/.test(name)
    assert.equal(isAddress ? read.checkIP(name) : read.checkHost(name), name)
    assert.ok(read.verify(read.publicKey))
    assert.ok(read.checkPrivateKey(createPrivateKey(private_key)))
    assert.equal(new Date(read.validFrom).getTime(), from.getTime())
    assert.equal(new Date(read.validTo).getTime(), from.getTime() + 10_000 * 86_400_000)
    assert.equal(read.ca, false)
  })

test('a client that trusts the certificate opens a TLS session with it', async () => {
  const now = new Date()
  const { certificate, private_key } = selfSignedCertificate({ name: 'localhost', from: now, days: 1 })
  const server = createServer({ cert: certificate, key: private_key }, (socket) => socket.end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: certificate })
  const [text] = (await once(socket, 'data')) as [Buffer]
  assert.equal(text.toString(), 'hello')
  assert.ok(socket.authorized)
  socket.destroy()
  server.close()
})

test('two certificates share neither key nor serial number', () => {
  const [one, two] = [1, 2].map(
    () => new X509Certificate(selfSignedCertificate({ name: 'a.example', from, days: 1 }).certificate),
  )
  assert.notEqual(one?.serialNumber, two?.serialNumber)
  assert.notEqual(one?.fingerprint256, two?.fingerprint256)
})
