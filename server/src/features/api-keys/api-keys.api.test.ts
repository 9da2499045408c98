import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createAuthenticator } from '../../http/authenticate.ts'

type Created = { id: string; key: string; key_prefix: string; scopes: string[] | null; expires_at: string | null }
type Failure = { detail: string; message: string; details?: { loc: string[] }[] }

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const create = (as: string, body: unknown = { name: 'ci' }, headers: Record<string, string> = {}) =>
  h.call<Created>('POST', '/api/v1/api-keys', { as, body, headers })

test('a key is shown once, works at once, and is stored as a hash only', async () => {
  const tenant = await createTenant(h)
  const made = await create(tenant.session)
  assert.equal(made.status, 201)
  assert.match(made.body.key, /^bav_live_[A-Za-z0-9_-]{43}$/)
  assert.equal(made.body.key_prefix, made.body.key.slice(0, 17))
  assert.equal((await h.call('GET', '/api/v1/auth/me', { as: made.body.key })).status, 200)
  const listed = await h.call<{ keys: { id: string }[]; count: number; tier_limit: number }>(
    'GET',
    '/api/v1/api-keys',
    { as: made.body.key },
  )
  assert.deepEqual([listed.body.count, listed.body.tier_limit, listed.body.keys[0]?.id], [2, 50, made.body.id])
  assert.ok(!listed.text.includes(made.body.key))
  const rows = await sql<{
    row: string
  }>`select to_jsonb(k)::text as row from api_keys k where id = ${made.body.id}`.execute(h.deps.db)
  assert.ok(!rows.rows[0]?.row.includes(made.body.key))
})

test('a key can neither mint nor revoke keys', async () => {
  const tenant = await createTenant(h)
  const minted = await create(tenant.key)
  assert.deepEqual([minted.status, (minted.body as unknown as Failure).detail], [403, 'SESSION_REQUIRED'])
  const listed = await h.call<{ keys: { id: string }[] }>('GET', '/api/v1/api-keys', { as: tenant.key })
  assert.equal((await h.call('DELETE', `/api/v1/api-keys/${listed.body.keys[0]?.id}`, { as: tenant.key })).status, 403)
})

test('a revoked key is refused within a second by another process that has just used it', async () => {
  const tenant = await createTenant(h)
  const { body } = await create(tenant.session)
  const elsewhere = createAuthenticator(h.deps.db, h.deps.sessions.verify)
  const credential = { authorization: `Bearer ${body.key}` }
  await elsewhere.principalOf(credential)
  assert.equal((await h.call('DELETE', `/api/v1/api-keys/${body.id}`, { as: tenant.session })).status, 204)
  const revoked = performance.now()
  let refused = Number.POSITIVE_INFINITY
  while (performance.now() - revoked < 2_000) {
    const outcome = await elsewhere.principalOf(credential).catch((error) => error.code)
    if (outcome === 'UNAUTHORIZED') {
      refused = performance.now() - revoked
      break
    }
    await new Promise((next) => setImmediate(next))
  }
  await elsewhere.close()
  assert.ok(refused < 1_000, `refused after ${Math.round(refused)} ms`)
  assert.equal((await h.call('DELETE', `/api/v1/api-keys/${body.id}`, { as: tenant.session })).status, 404)
})

test('a key of another workspace cannot be revoked', async () => {
  const [a, b] = [await createTenant(h), await createTenant(h)]
  const { body } = await create(a.session)
  assert.equal((await h.call('DELETE', `/api/v1/api-keys/${body.id}`, { as: b.session })).status, 404)
  assert.equal((await h.call('GET', '/api/v1/auth/me', { as: body.key })).status, 200)
})

test('a key with scopes does what they say, and a missing one is named', async () => {
  const tenant = await createTenant(h)
  const { body } = await create(tenant.session, { name: 'reader', scopes: ['account:read', 'account:read'] })
  assert.deepEqual(body.scopes, ['account:read'])
  assert.equal((await h.call('GET', '/api/v1/auth/me', { as: body.key })).status, 200)
  const refused = await h.call<Failure>('GET', '/api/v1/notifications/alerts', { as: body.key })
  assert.deepEqual([refused.status, refused.body.detail], [403, 'MISSING_SCOPE'])
  assert.match(refused.body.message, /notifications:read/)
})

test('an expired key is refused, and a key cannot expire in the past', async () => {
  const tenant = await createTenant(h)
  const past = await create(tenant.session, { name: 'late', expires_at: '2020-01-01T00:00:00Z' })
  assert.equal(past.status, 422)
  const { body } = await create(tenant.session, { name: 'short', expires_at: '2099-02-01T00:00:00Z' })
  await sql`update api_keys set expires_at = '2025-01-01' where id = ${body.id}`.execute(h.deps.db)
  assert.equal((await h.call('GET', '/api/v1/auth/me', { as: body.key })).status, 401)
})

test('the plan decides: none at all, or so many', async () => {
  const free = await createTenant(h, { plan: 'free' })
  const forbidden = await create(free.session)
  assert.deepEqual([forbidden.status, (forbidden.body as unknown as Failure).detail], [403, 'PLAN_FORBIDS_KEYS'])
  await sql`insert into plans values ('three', 'Three', true, 3, 6000, true) on conflict do nothing`.execute(h.deps.db)
  const small = await createTenant(h, { plan: 'three' })
  const many = await Promise.all([1, 2, 3, 4].map(() => create(small.session)))
  assert.deepEqual(many.map(({ status }) => status).sort(), [201, 201, 403, 403])
})

test('repeating a creation with the same Idempotency-Key makes one key and does not show it twice', async () => {
  const tenant = await createTenant(h)
  const first = await create(tenant.session, { name: 'once' }, { 'idempotency-key': 'abc' })
  const second = await create(tenant.session, { name: 'once' }, { 'idempotency-key': 'abc' })
  assert.deepEqual(
    [first.status, second.status, (second.body as unknown as Failure).detail],
    [201, 409, 'SECRET_NOT_REPLAYED'],
  )
  const listed = await h.call<{ count: number }>('GET', '/api/v1/api-keys', { as: tenant.session })
  assert.equal(listed.body.count, 2)
})

test('a member may look at keys but not make them', async () => {
  const [owner, member] = [await createTenant(h), await createTenant(h)]
  await h.deps.db
    .insertInto('workspace_members')
    .values({ workspace_id: owner.workspace_id, user_id: member.user_id, role: 'member', created_at: h.clock.now() })
    .execute()
  const headers = { 'x-workspace-id': owner.workspace_id }
  assert.equal((await h.call('GET', '/api/v1/api-keys', { as: member.session, headers })).status, 200)
  assert.equal((await create(member.session, { name: 'x' }, headers)).status, 403)
})
