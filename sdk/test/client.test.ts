import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createClient } from '../src/bavlio.ts'
import { createTemplate, getTemplate, listTemplates } from '../src/generated/operations.ts'

describe('against a server that has bad days', () => {
  const answers: ((request: IncomingMessage, response: ServerResponse) => void)[] = []
  const seen: { method: string; url: string; key: string | undefined; credential: string | undefined }[] = []
  const server = createServer((request, response) => {
    seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      key: request.headers['idempotency-key'] as string | undefined,
      credential: request.headers.authorization,
    })
    const next = answers.shift()
    if (next) return next(request, response)
    response.setHeader('content-type', 'application/json').end('{"items":[],"template_id":"t"}')
  })
  let base_url = ''
  before(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => server.close())
  const status =
    (code: number, headers: Record<string, string> = {}, body = '') =>
    (_request: IncomingMessage, response: ServerResponse) =>
      response.writeHead(code, headers).end(body)

  test('a credential that is refused is asked for anew, once, and the same call is made with the new one', async () => {
    const refuse = status(401, { 'content-type': 'application/json' }, '{"detail":"UNAUTHORIZED"}')
    const asked: (string | null | undefined)[] = []
    const call = createClient({
      base_url,
      credential: (refused) => {
        asked.push(refused)
        return refused === undefined ? 'old' : 'new'
      },
    })
    answers.push(refuse)
    seen.length = 0
    await createTemplate(call, { body: { name: 'a', content: { subject: 'b', body: 'c' } } })
    assert.deepEqual(asked, [undefined, 'old'])
    assert.deepEqual(
      seen.map(({ credential }) => credential),
      ['Bearer old', 'Bearer new'],
    )
    assert.equal(new Set(seen.map(({ key }) => key)).size, 1)
    answers.push(refuse, refuse)
    await assert.rejects(listTemplates(call, {}), { code: 'UNAUTHORIZED' })
    assert.equal(answers.length, 0)
    seen.length = 0
    answers.push(refuse)
    await assert.rejects(listTemplates(createClient({ base_url, credential: 'a-key' }), {}), { code: 'UNAUTHORIZED' })
    assert.equal(seen.length, 1, 'a key that does not change is not tried twice')
  })

  test('a write is repeated under the same key until it is answered', async () => {
    answers.push((request) => request.socket.destroy(), status(429, { 'retry-after': '0' }))
    seen.length = 0
    await createTemplate(createClient({ base_url }), { body: { name: 'a', content: { subject: 'b', body: 'c' } } })
    assert.equal(seen.length, 3)
    assert.equal(new Set(seen.map(({ key }) => key)).size, 1)
    assert.ok(seen[0]?.key)
  })

  test('a refusal is final, and a proxy’s page is an error like any other', async () => {
    seen.length = 0
    answers.push(status(409, { 'content-type': 'application/json' }, '{"detail":{"message":"no","code":"TAKEN"}}'))
    await assert.rejects(listTemplates(createClient({ base_url }), {}), { code: 'TAKEN', message: 'no', status: 409 })
    answers.push(status(500, {}, '<h1>Oops</h1>'))
    await assert.rejects(listTemplates(createClient({ base_url }), {}), { code: 'HTTP_500', status: 500 })
    assert.equal(seen.length, 2)
  })

  test('an answer that does not come is TIMEOUT, a caller who leaves is CANCELLED, no server is NETWORK', async () => {
    answers.push(() => {})
    await assert.rejects(listTemplates(createClient({ base_url, timeout_seconds: 0.05 }), {}), { code: 'TIMEOUT' })
    answers.push(() => {})
    const aborter = new AbortController()
    const waiting = listTemplates(createClient({ base_url }), {}, { signal: aborter.signal })
    aborter.abort()
    await assert.rejects(waiting, { code: 'CANCELLED' })
    await assert.rejects(listTemplates(createClient({ base_url: 'http://127.0.0.1:9', retries: 0 }), {}), {
      code: 'NETWORK',
    })
    server.closeAllConnections()
  })

  test('an empty id calls nothing', async () => {
    seen.length = 0
    await assert.rejects(getTemplate(createClient({ base_url }), { template_id: '' }), { code: 'MISSING_PARAMETER' })
    assert.equal(seen.length, 0)
  })
})

test('the generated files are what openapi.json gives', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '..', 'generate.ts'), '--check'])
  assert.equal(status, 0, String(stderr))
})
