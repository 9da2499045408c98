import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { after, before, beforeEach, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { startReceiver, type WebhookReceiver } from '../../../test/webhook-receiver.ts'
import { transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { createEgressPolicy } from '../../ports/egress.ts'
import { createOutboundHttp } from '../../ports/outbound-http.ts'
import { createEndpoint } from './create-endpoint.ts'
import { publishEvents } from './publish-events.ts'

/** Dispatch against name servers and receivers that mean no good. */
let receiver: WebhookReceiver
let h: Harness
/** What each look-up of a name answers. */
const names = new Map<string, string>()
before(async () => {
  receiver = await startReceiver()
  // The receiver is allowed by its address alone, so that a name which leads there may lead elsewhere later.
  const egress = createEgressPolicy([`127.0.0.1:${receiver.port}`], async (host) => {
    const address = names.get(host)
    if (!address) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
    return [{ address }]
  })
  const http = createOutboundHttp(egress)
  h = await startHarness({
    env: { EGRESS_ALLOW: `127.0.0.1:${receiver.port},moving.example:${receiver.port}` },
    overrides: {
      egress,
      // The real client with less patience, so that nobody has to wait for ten seconds.
      http: { request: (url, options) => http.request(url, { ...options, timeout_ms: 300 }), close: http.close },
    },
  })
})
after(async () => {
  await h?.close()
  await receiver.close()
})

let tenant: TestTenant
beforeEach(async () => {
  await sql`delete from webhook_endpoints`.execute(h.deps.db)
  tenant = await createTenant(h)
  receiver.posts.length = 0
  receiver.answer = (_post, response) => void response.end()
})

const announce = (): Promise<void> =>
  transaction(h.deps.db, (tx) =>
    publishEvents(tx, [
      {
        workspace_id: tenant.workspace_id,
        event_type: 'domain.failed',
        data: {
          domain_id: newId(),
          domain: 'a.example',
          status: 'failed',
          previous_status: 'verified',
          old_status: 'verified',
          new_status: 'failed',
          error: null,
        },
        occurred_at: h.clock.now(),
      },
    ]),
  )

const register = (url: string) =>
  createEndpoint(
    h.deps,
    { workspace_id: tenant.workspace_id, user_id: tenant.user_id },
    { url, event_types: ['*'] },
    { verified: true },
  )

const lastTry = async () =>
  (
    await sql<{ status: string; error: string | null; response_status: number | null }>`
      select status, error, response_status from webhook_deliveries where workspace_id = ${tenant.workspace_id} order by id desc limit 1`.execute(
      h.deps.db,
    )
  ).rows[0]

test('a name that leads inside by the time of delivery is not connected to, in any form of address', async () => {
  names.set('rebound.example', '93.184.216.34')
  await register(`https://rebound.example:${receiver.port}/`)
  for (const address of [
    '10.0.0.1',
    '169.254.169.254',
    '127.0.0.2',
    '::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a9fe:a9fe',
    'fd00::1',
    '0.0.0.0',
  ]) {
    names.set('rebound.example', address)
    await announce()
    await h.worker.drain()
    assert.deepEqual(
      [address, await lastTry()],
      [
        address,
        { status: 'waiting', error: 'The address does not lead to the public internet.', response_status: null },
      ],
    )
    await sql`delete from webhook_deliveries`.execute(h.deps.db)
  }
  assert.equal(receiver.posts.length, 0)
})

test('a kept connection is not used any more once its name leads inside', async () => {
  names.set('moving.example', '127.0.0.1')
  await register(`http://moving.example:${receiver.port}/`)
  await announce()
  await h.worker.drain()
  assert.equal(receiver.posts.length, 1)
  for (const address of ['10.0.0.1', '127.0.0.2', '::ffff:169.254.169.254']) {
    names.set('moving.example', address)
    await announce()
    await h.worker.drain()
    assert.equal((await lastTry())?.error, 'The address does not lead to the public internet.')
    await sql`delete from webhook_deliveries`.execute(h.deps.db)
    await sql`update webhook_endpoints set consecutive_failures = 0`.execute(h.deps.db)
  }
  assert.equal(receiver.posts.length, 1)
})

test('a redirect inside is not followed', async () => {
  await register(receiver.url)
  receiver.answer = (post, response) =>
    post.path === '/hook'
      ? void response.writeHead(307, { location: `http://127.0.0.1:${receiver.port}/inside` }).end()
      : void response.end()
  await announce()
  await h.worker.drain()
  assert.deepEqual(
    receiver.posts.map(({ path }) => path),
    ['/hook'],
  )
  assert.equal((await lastTry())?.response_status, 307)
})

test('a receiver that never answers, or never ends its answer, is cut off', async () => {
  await register(receiver.url)
  receiver.answer = () => {}
  await announce()
  await h.worker.drain()
  assert.equal((await lastTry())?.error, 'There was no answer within 10 seconds.')
  receiver.answer = (_post, response) => void response.writeHead(200).write('x')
  h.clock.advance(60_000)
  await h.worker.drain()
  assert.equal((await lastTry())?.error, 'There was no answer within 10 seconds.')
  receiver.answer = (_post, response) => void response.writeHead(200).end('y'.repeat(1_000_000))
  h.clock.advance(600_000)
  await h.worker.drain()
  assert.deepEqual(await lastTry(), { status: 'delivered', error: null, response_status: 200 })
})

test('a host that does not exist is a failed try', async () => {
  names.set('gone.example', '93.184.216.34')
  await register('https://gone.example/')
  names.delete('gone.example')
  await announce()
  await h.worker.drain()
  assert.equal((await lastTry())?.error, 'The host name does not exist.')
})

const PYTHON = process.env.BAVIMAIL_PYTHON ?? ''
const skip = !existsSync(PYTHON) && 'BAVIMAIL_PYTHON names no Python that has the package bavimail'
test('the public Python client’s own verifier and models read what arrives', { skip }, async () => {
  const made = await register(receiver.url)
  await announce()
  await h.worker.drain()
  const [post] = receiver.posts
  const program = `
import json, sys
from bavimail.webhook_verification import verify_webhook_signature
from bavimail.events import WebhookEvent, DomainFailedData
given = json.load(sys.stdin)
verify_webhook_signature(payload=given["body"], signature=given["signature"], timestamp=given["timestamp"], secret=given["secret"], tolerance=None)
event = WebhookEvent.from_dict(json.loads(given["body"]))
print(event.event_type.value, DomainFailedData.from_dict(event.data).domain)
`
  const out = execFileSync(PYTHON, ['-c', program], {
    input: JSON.stringify({
      body: post?.body,
      signature: post?.headers['x-webhook-signature'],
      timestamp: post?.headers['x-webhook-timestamp'],
      secret: made.secret,
    }),
    encoding: 'utf8',
  })
  assert.equal(out.trim(), 'domain.failed a.example')
})
