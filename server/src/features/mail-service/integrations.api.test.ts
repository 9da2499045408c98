import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { SignJWT } from 'jose'
import { type Harness, startHarness, type TestAnswer } from '../../../test/harness.ts'
import { integrationSignature } from '../../http/integration-signature.ts'

type Failure = { detail: { code: string; message: string } }
type Key = { api_key: string; created: boolean; expires_at: null } & Failure

const SECRET = 'a1'.repeat(32)
const OTHER_SECRET = 'b2'.repeat(48)
const ISSUER_SECRET = 'the shared secret of the outside issuer'

let h: Harness
before(async () => {
  h = await startHarness({
    env: {
      INTEGRATIONS: `crm:${SECRET}:Example CRM, other:${OTHER_SECRET.toUpperCase()}`,
      EGRESS_ALLOW: '127.0.0.1:9',
      JWT_ISSUER: 'https://issuer.example',
      JWT_SHARED_SECRET: ISSUER_SECRET,
      JWT_ALGORITHM: 'HS256',
    },
  })
})
after(() => h.close())

const seconds = () => Math.floor(h.clock.now().getTime() / 1000)

const assertion = (claims: Record<string, unknown>, secret = SECRET) =>
  new SignJWT({ iss: 'crm', exp: seconds() + 600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(secret, 'hex'))

const signed = <T>(
  method: string,
  path: string,
  body?: unknown,
  change: { secret?: string; timestamp?: string; signed_path?: string; signed_body?: string; signature?: string } = {},
): Promise<TestAnswer<T>> => {
  const text = body === undefined ? '' : JSON.stringify(body)
  const timestamp = change.timestamp ?? String(seconds())
  const signature =
    change.signature ??
    integrationSignature(change.secret ?? SECRET, {
      method,
      path: change.signed_path ?? (path.split('?')[0] as string),
      timestamp,
      body: change.signed_body ?? text,
    })
  return h.call<T>(method, path, {
    body,
    headers: { 'x-timestamp': timestamp, 'x-signature': signature },
  })
}

const BOOTSTRAP = '/mail/v1/integrations/crm/api-keys/bootstrap'
const bootstrap = (body: unknown, change?: Parameters<typeof signed>[3]) => {
  h.clock.advance(1000)
  return signed<Key>('POST', BOOTSTRAP, body, change)
}

test('the signature is the one that clients make', () => {
  // Computed with the public Python client: HMACAuth('crm', 'a1' * 32).
  assert.equal(
    integrationSignature(SECRET, {
      method: 'POST',
      path: '/mail/v1/integrations/crm/api-keys/bootstrap',
      timestamp: '1768377600',
      body: '{"user_assertion":"x"}',
    }),
    '5846459cc0692193d980797a447fce7941fc1e2dbfed4ee8d0ee7a394f579b85',
  )
})

test('anybody sees which integrations there are, and nobody their secrets', async () => {
  const { status, body, text } = await h.call('GET', '/mail/v1/integrations')
  assert.deepEqual(
    [status, body],
    [
      200,
      [
        { id: 'crm', display_name: 'Example CRM', auth_mode: 'hmac' },
        { id: 'other', display_name: 'other', auth_mode: 'hmac' },
      ],
    ],
  )
  assert.ok(!text.includes(SECRET))
})

describe('a key for a user', () => {
  test('is made once with account and workspace, serves mail alone, and is answered again', async () => {
    const user_assertion = await assertion({ sub: 'user-1', email: 'ada@customer.example', name: 'Ada' })
    const first = await bootstrap({ user_assertion, label: 'CRM of Ada' })
    assert.deepEqual([first.status, first.body.created, first.body.expires_at], [200, true, null])
    const again = await bootstrap({ user_assertion })
    assert.deepEqual([again.body.created, again.body.api_key], [false, first.body.api_key])
    const domains = await h.call('GET', '/mail/v1/aliases', { headers: { 'x-api-key': first.body.api_key } })
    assert.deepEqual([domains.status, domains.body], [200, []])
    assert.equal((await h.call('GET', '/api/v1/campaigns/', { as: first.body.api_key })).status, 403)
    const stored = await h.deps.db
      .selectFrom('integration_keys as i')
      .innerJoin('api_keys as k', 'k.id', 'i.api_key_id')
      .select(['i.sealed_key', 'k.name'])
      .execute()
    assert.deepEqual(
      stored.map(({ name }) => name),
      ['CRM of Ada'],
    )
    assert.ok(!stored[0]?.sealed_key.includes(first.body.api_key.slice(9)))
  })

  test('is another one for another user, another partner, and the same subject of the outside issuer', async () => {
    const keys = new Set<string>()
    for (const sub of ['user-1', 'user-2'])
      keys.add((await bootstrap({ user_assertion: await assertion({ sub }) })).body.api_key)
    const path = '/mail/v1/integrations/other/api-keys/bootstrap'
    const other = await signed<Key>(
      'POST',
      path,
      { user_assertion: await assertion({ sub: 'user-1', iss: 'other' }, OTHER_SECRET) },
      { secret: OTHER_SECRET },
    )
    assert.equal(other.status, 200)
    keys.add(other.body.api_key)
    const outside = await new SignJWT({ sub: 'user-1' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('https://issuer.example')
      .setAudience('authenticated')
      .setExpirationTime(seconds() + 600)
      .sign(new TextEncoder().encode(ISSUER_SECRET))
    keys.add((await bootstrap({ user_assertion: outside })).body.api_key)
    assert.equal(keys.size, 4)
    assert.ok(!keys.has(undefined as never))
  })

  test('is revoked at once, and a new one is made then', async () => {
    const user_assertion = await assertion({ sub: 'user-3' })
    const { api_key } = (await bootstrap({ user_assertion })).body
    const revoke = () => {
      h.clock.advance(1000)
      return signed<{ revoked: boolean }>('DELETE', '/mail/v1/integrations/crm/api-key', { user_assertion })
    }
    assert.deepEqual((await revoke()).body, { revoked: true })
    assert.equal((await h.call('GET', '/mail/v1/aliases', { as: api_key })).status, 401)
    assert.deepEqual((await revoke()).body, { revoked: false })
    const fresh = await bootstrap({ user_assertion })
    assert.ok(fresh.body.created && fresh.body.api_key !== api_key)
  })

  test('is refused for an assertion that is forged, expired, nobody’s, or a session of our own', async () => {
    const forged = await assertion({ sub: 'user-1' }, OTHER_SECRET)
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(`{"iss":"crm","sub":"user-1","exp":${seconds() + 600}}`).toString('base64url')}.`
    const { access_token } = await h.deps.sessions.open(
      (await h.deps.db.selectFrom('users').select('id').executeTakeFirstOrThrow()).id,
    )
    for (const [name, user_assertion] of Object.entries({
      forged,
      none,
      access_token,
      expired: await assertion({ sub: 'user-1', exp: seconds() - 1 }),
      without_expiry: await assertion({ sub: 'user-1', exp: undefined }),
      without_subject: await assertion({}),
      of_another: await assertion({ sub: 'user-1', iss: 'other' }),
      nonsense: 'nonsense',
    })) {
      const refused = await bootstrap({ user_assertion })
      assert.deepEqual([refused.status, refused.body.detail.code], [400, 'VALIDATION_ERROR'], name)
    }
  })
})

describe('a signed request', () => {
  test('is refused when anything of it was changed, when it is stale, and when it was done already', async () => {
    const user_assertion = await assertion({ sub: 'user-1' })
    const body = { user_assertion }
    for (const [name, change] of Object.entries({
      'the secret of another': { secret: OTHER_SECRET },
      'another path': { signed_path: '/mail/v1/integrations/other/api-keys/bootstrap' },
      'another body': { signed_body: '{}' },
      'too old': { timestamp: String(seconds() - 301) },
      'from the future': { timestamp: String(seconds() + 400) },
      'no number': { timestamp: 'yesterday' },
      'no signature': { signature: '' },
      'a short signature': { signature: 'ab' },
    })) {
      const refused = await bootstrap(body, change)
      assert.deepEqual([refused.status, refused.body.detail.code], [401, 'UNAUTHORIZED'], name)
    }
    const timestamp = String(seconds() - 200)
    assert.equal((await bootstrap(body, { timestamp })).status, 200)
    const replayed = await bootstrap(body, { timestamp })
    assert.deepEqual([replayed.status, replayed.body.detail.code], [409, 'SIGNATURE_REUSED'])
  })

  test('is needed: a key or a session is none', async () => {
    const { access_token } = await h.deps.sessions.open(
      (await h.deps.db.selectFrom('users').select('id').executeTakeFirstOrThrow()).id,
    )
    const refused = await h.call('POST', BOOTSTRAP, { as: access_token, body: { user_assertion: 'x' } })
    assert.equal(refused.status, 401)
    assert.equal((await signed('DELETE', '/mail/v1/integrations/nobody/api-key', { user_assertion: 'x' })).status, 404)
  })
})

test('webhooks of a user are the partner’s own: verified at once, listed and deleted by nobody else', async () => {
  type Hook = { id: string; is_active: boolean; is_verified: boolean; secret: string; integration_id: string } & Failure
  const user_assertion = await assertion({ sub: 'user-9' })
  const path = '/mail/v1/integrations/crm/webhooks'
  const list = async () => {
    h.clock.advance(1000)
    return (await signed<Hook[]>('GET', `${path}?user_assertion=${user_assertion}`)).body
  }
  const create = (body: object) => {
    h.clock.advance(1000)
    return signed<Hook>('POST', path, {
      user_assertion,
      url: 'http://127.0.0.1:9/hook',
      event_types: ['email.outbound.sent'],
      ...body,
    })
  }
  const made = await create({ secret: SECRET, description: 'partner' })
  assert.deepEqual(
    [made.status, made.body.is_active, made.body.is_verified, made.body.secret, made.body.integration_id],
    [200, true, true, SECRET, 'crm'],
  )
  const fresh = await create({})
  assert.match(fresh.body.secret, /^[0-9a-f]{64}$/)
  assert.deepEqual(
    (await list()).map(({ id, secret }) => [id, secret]),
    [
      [made.body.id, undefined],
      [fresh.body.id, undefined],
    ],
  )
  for (const body of [
    { secret: 'abc' },
    { url: 'http://169.254.169.254/' },
    { event_types: [] },
    { event_types: ['campaign.launched'] },
  ])
    assert.equal((await create(body)).status, 400, JSON.stringify(body))
  const foreign = await signed<Failure>(
    'DELETE',
    `/mail/v1/integrations/other/webhooks/${made.body.id}`,
    { user_assertion: await assertion({ sub: 'user-9', iss: 'other' }, OTHER_SECRET) },
    { secret: OTHER_SECRET },
  )
  assert.equal(foreign.status, 404)
  for (const status of [204, 404]) {
    h.clock.advance(1000)
    assert.equal((await signed('DELETE', `${path}/${made.body.id}`, { user_assertion })).status, status)
  }
  assert.deepEqual(
    (await list()).map(({ id }) => id),
    [fresh.body.id],
  )
})
