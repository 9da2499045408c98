import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createEgressPolicy, EgressRefused } from './egress.ts'
import { createOutboundHttp } from './outbound-http.ts'

const server = createServer((request, response) => {
  if (request.url === '/away') return response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end()
  if (request.url === '/on') return response.writeHead(307, { location: '/' }).end()
  if (request.url === '/long') return response.end('x'.repeat(100_000))
  if (request.url === '/slow') return undefined
  response.setHeader('x-host', request.headers.host ?? '').end('hello')
})
let port = 0
before(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const allowed = () =>
  createOutboundHttp(createEgressPolicy([`127.0.0.1:${port}`], async () => [{ address: '127.0.0.1' }]))

test('a name leads to the address that the policy found, and the request names the host', async () => {
  const http = allowed()
  const answer = await http.request(`http://hooks.example:${port}/`)
  assert.deepEqual(
    [answer.status, answer.body.toString(), answer.headers['x-host']],
    [200, 'hello', `hooks.example:${port}`],
  )
  await http.close()
})

test('private addresses are refused by name, by literal, in IPv6 forms and by redirect', async () => {
  const closed = createOutboundHttp(createEgressPolicy([], async () => [{ address: '127.0.0.1' }]))
  for (const host of [
    'localhost',
    'rebind.example',
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
  ])
    await assert.rejects(closed.request(`http://${host}:${port}/`), EgressRefused, host)
  await closed.close()
  const http = allowed()
  await assert.rejects(http.request(`http://127.0.0.1:${port}/away`, { max_redirects: 3 }), EgressRefused)
  assert.equal((await http.request(`http://127.0.0.1:${port}/away`)).status, 302)
  assert.equal((await http.request(`http://127.0.0.1:${port}/on`, { max_redirects: 1 })).body.toString(), 'hello')
  await http.close()
})

test('a name that changes its address between check and connection is refused', async () => {
  let asked = 0
  const http = createOutboundHttp(
    createEgressPolicy([], async () => [{ address: asked++ === 0 ? '93.184.216.34' : '127.0.0.1' }]),
  )
  await assert.rejects(http.request(`http://rebind.example:${port}/`), EgressRefused)
  await http.close()
})

test('a long answer is cut, a silent one is given up, and other protocols are refused', async () => {
  const http = allowed()
  const long = await http.request(`http://127.0.0.1:${port}/long`, { max_response_bytes: 1000 })
  assert.deepEqual([long.truncated, long.body.length], [true, 1000])
  await assert.rejects(http.request(`http://127.0.0.1:${port}/slow`, { timeout_ms: 100 }))
  await assert.rejects(http.request('ftp://127.0.0.1/'), TypeError)
  await http.close()
})
