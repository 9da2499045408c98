import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { connectDatabase } from '../../db/connect.ts'
import { applyRetention, firstIdOf } from './retention.ts'

type State = { status: string; services: Record<string, { status: string; detail: string | null }> }

let h: Harness
before(async () => {
  h = await startHarness({ env: { METRICS_TOKEN: 'a-token-for-metrics' } })
})
after(() => h?.close())

test('liveness answers without a credential and without the database', async () => {
  const nowhere = connectDatabase('postgres://nobody@127.0.0.1:1/none', { pool: 1 })
  const other = await startHarness({ overrides: { db: nowhere.db } })
  try {
    for (const path of ['/health', '/api/v1/health']) {
      const { status, body } = await other.call<{ status: string }>('GET', path)
      assert.deepEqual([status, body.status], [200, 'healthy'])
    }
    const ready = await other.call<{ status: string; services: Record<string, boolean> }>('GET', '/api/v1/ready')
    assert.deepEqual([ready.status, ready.body.status, ready.body.services.database], [503, 'not_ready', false])
    const state = await other.call<State>('GET', '/api/v1/api/v1/status')
    assert.deepEqual(
      [state.status, state.body.status, state.body.services.queue?.status],
      [503, 'unhealthy', 'unhealthy'],
    )
  } finally {
    await other.close()
    await nowhere.close()
  }
})

test('the status tells of waiting jobs and of workers by their heartbeat', async () => {
  const without = await h.call<State>('GET', '/api/v1/api/v1/status')
  assert.deepEqual(
    [without.status, without.body.status, without.body.services.queue?.status],
    [200, 'degraded', 'degraded'],
  )
  assert.match(without.body.services.queue?.detail ?? '', /0 workers/)
  const beat = h.clock.now()
  await sql`insert into processes (id, role, hostname, pid, data_dir, started_at, heartbeat_at)
    values (${h.deps.process_id}, 'worker', 'here', 1, 'x', ${beat}, ${beat})`.execute(h.deps.db)
  const alive = await h.call<State>('GET', '/api/v1/api/v1/status')
  assert.deepEqual([alive.body.status, alive.body.services.queue?.status], ['healthy', 'healthy'])
  assert.equal((await h.call('GET', '/api/v1/ready')).status, 200)
  h.clock.advance(60_000)
  const silent = await h.call<State>('GET', '/api/v1/api/v1/status')
  assert.match(silent.body.services.queue?.detail ?? '', /0 workers/)
  assert.match(silent.body.services.mail?.detail ?? '', /live: not configured/)
})

test('capabilities say false for what is not there', async () => {
  const tenant = await createTenant(h)
  const { body } = await h.call<Record<string, boolean>>('GET', '/api/v1/capabilities', { as: tenant.key })
  assert.deepEqual(
    [body.campaigns, body.bavimail, body.linkedin, body.billing, body.x402],
    [true, true, false, false, false],
  )
  assert.equal((await h.call('GET', '/api/v1/capabilities')).status, 401)
})

test('the document and the reference come from this server and name no other', async () => {
  const document = await h.call<{ openapi: string; paths: Record<string, unknown> }>('GET', '/openapi.json')
  assert.equal(document.body.openapi, '3.1.0')
  assert.ok(document.body.paths['/api/v1/api-keys'])
  const unchanged = await h.call('GET', '/openapi.json', { headers: { 'if-none-match': document.headers.etag ?? '' } })
  assert.equal(unchanged.status, 304)
  const reference = await h.call('GET', '/reference')
  assert.equal(reference.status, 200)
  assert.match(reference.headers['content-security-policy'] ?? '', /default-src 'none'/)
  const links = [...reference.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string)
  assert.ok(links.length >= 5)
  for (const link of links) {
    assert.ok(link.startsWith('/'), `${link} leaves this server`)
    assert.equal((await h.call('GET', link)).status, 200, link)
  }
  for (const path of [
    '/reference/package.json',
    '/reference/..%2fpackage.json',
    '/reference/constructor',
    '/reference/index.html',
  ])
    assert.equal((await h.call('GET', path)).status, 404, path)
})

test('the front door shows people the reference and programs where things are', async () => {
  const person = await h.call('GET', '/', { headers: { accept: 'text/html' } })
  assert.deepEqual([person.status, person.headers.location], [302, '/reference'])
  assert.equal((await h.call<{ openapi: string }>('GET', '/')).body.openapi, '/openapi.json')
})

test('where the dashboard is built, people get it under each of its addresses, and programs what they asked for', async () => {
  const dashboard = await mkdtemp(join(tmpdir(), 'bavlio-pages-'))
  await writeFile(join(dashboard, 'index.html'), '<title>Bavlio</title>')
  const other = await startHarness({ dashboard })
  try {
    const headers = { accept: 'text/html' }
    for (const path of ['/', '/campaigns', '/leads/datasets/1?offset=2']) {
      const page = await other.call('GET', path, { headers })
      assert.deepEqual([page.status, page.text], [200, '<title>Bavlio</title>'], path)
      assert.match(String(page.headers['content-security-policy']), /default-src 'none'/)
    }
    assert.equal((await other.call<{ openapi: string }>('GET', '/')).body.openapi, '/openapi.json')
    for (const path of ['/api/v1/nothing', '/assets/missing.js'])
      assert.equal((await other.call('GET', path, { headers })).status, 404, path)
  } finally {
    await other.close()
    await rm(dashboard, { recursive: true })
  }
})

test('metrics answer loopback or the token, and nobody behind a proxy without it', async () => {
  const local = await h.call('GET', '/metrics')
  assert.equal(local.status, 200)
  assert.match(local.text, /bavlio_http_requests_total\{operation="root_health_check"|bavlio_queue_jobs 0/)
  const headers = { 'x-forwarded-for': '203.0.113.7' }
  assert.equal((await h.call('GET', '/metrics', { headers })).status, 404)
  assert.equal((await h.call('GET', '/metrics', { headers, as: 'wrong' })).status, 404)
  assert.equal((await h.call('GET', '/metrics', { headers, as: 'a-token-for-metrics' })).status, 200)
})

test('retention removes what is finished and older than 30 days, and nothing else', async () => {
  const { workspace_id } = await createTenant(h)
  const { db } = h.deps
  const now = h.clock.now()
  const at = (days: number, n: number): { id: string; time: Date } => {
    const time = new Date(now.getTime() - days * 86_400_000)
    return { id: firstIdOf(time).slice(0, -1) + String(n), time }
  }
  const job = async (days: number, n: number, status: string): Promise<void> => {
    const { id, time } = at(days, n)
    await sql`insert into jobs (id, workspace_id, kind, status, created_at, updated_at) values (${id}, ${workspace_id}, 'import', ${status}, ${time}, ${time})`.execute(
      db,
    )
  }
  await job(31, 1, 'completed')
  await job(31, 2, 'running')
  await job(29, 3, 'completed')
  const delivery = async (days: number, n: number, processed: boolean): Promise<void> => {
    const { id, time } = at(days, n)
    await sql`insert into inbound_deliveries (id, mail_from, rcpt_to, raw, received_at, processed_at)
      values (${id}, '', 'x@example.com', 'raw', ${time}, ${processed ? time : null})`.execute(db)
  }
  await delivery(40, 4, true)
  await delivery(40, 5, false)
  await delivery(1, 6, true)
  await sql`insert into idempotency_keys (scope, key, request_hash, state, owner, created_at, expires_at)
    values ('s', 'old', 'x', 'done', ${h.deps.process_id}, ${now}, ${now}), ('s', 'new', 'x', 'done', ${h.deps.process_id}, ${now}, ${new Date(now.getTime() + 1)})`.execute(
    db,
  )
  const long_ago = new Date(now.getTime() - 31 * 86_400_000)
  for (const [name, time] of [
    ['old.test', long_ago],
    ['new.test', now],
  ] as const) {
    await sql`insert into receiver_paces (receiver, concurrency, interval_ms, rest_ms, updated_at) values (${name}, 2, 0, 0, ${time})`.execute(
      db,
    )
    await sql`insert into absent_domains (domain, first_absent_at, last_absent_at) values (${name}, ${long_ago}, ${time})`.execute(
      db,
    )
    // A policy is kept for as long as it asks for, whenever it was fetched.
    const expires = new Date(time.getTime() + 86_400_000)
    await sql`insert into mta_sts_policies (domain, policy_id, mode, mx, fetched_at, expires_at) values (${name}, '1', 'enforce', '{}', ${long_ago}, ${expires})`.execute(
      db,
    )
  }
  assert.equal(await applyRetention(db, now), false)
  for (const [table, key] of [
    ['receiver_paces', 'receiver'],
    ['absent_domains', 'domain'],
    ['mta_sts_policies', 'domain'],
  ] as const) {
    const { rows } = await sql<{ name: string }>`select ${sql.ref(key)} as name from ${sql.table(table)}`.execute(db)
    assert.deepEqual(rows, [{ name: 'new.test' }], table)
  }
  const last = async (table: string, key = 'id') =>
    (
      await sql<{ k: string }>`select ${sql.ref(key)}::text as k from ${sql.table(table)} order by 1`.execute(db)
    ).rows.map(({ k }) => k.at(-1))
  assert.deepEqual(await last('jobs'), ['2', '3'])
  assert.deepEqual(await last('inbound_deliveries'), ['5', '6'])
  assert.deepEqual(await last('idempotency_keys', 'key'), ['w'])
})
