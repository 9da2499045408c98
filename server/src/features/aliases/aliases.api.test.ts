import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'

type Alias = {
  id: string
  full_email: string
  signature_text: string | null
  daily_limit: number
  jitter_ratio: number
  domain_name: string
}

let h: Harness
let tenant: TestTenant
let domainId: string

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
  domainId = (
    await h.call<{ id: string }>('POST', '/api/v1/bavimail/domains', {
      as: tenant.key,
      body: { domain: 'aliases.example' },
    })
  ).body.id
})
after(() => h.close())

const create = (body: object, as = tenant.key) => h.call<Alias>('POST', '/api/v1/bavimail/aliases', { as, body })

test('an alias gets its address, a text form of its signature and the given limits', async () => {
  const { status, body } = await create({
    domain_id: domainId,
    alias: 'Anna.Berg',
    signature_html: '<p>Anna <b>Berg</b></p><p>Oslo</p>',
    daily_limit: 30,
    ramp_start: 5,
    ramp_step: 5,
    jitter_ratio: 0.4,
    display_name: 'Anna Berg',
  })
  assert.equal(status, 200)
  assert.equal(body.full_email, 'anna.berg@aliases.example')
  assert.match(body.signature_text ?? '', /^Anna Berg\s+Oslo$/)
  assert.equal(body.daily_limit, 30)
  assert.ok(Math.abs(body.jitter_ratio - 0.4) < 1e-6)
  const read = await h.call<Alias>('GET', `/api/v1/bavimail/aliases/${body.id}`, { as: tenant.key })
  assert.deepEqual(read.body, body)
})

test('a taken local part is 409 in any case, and names that tokens use are refused', async () => {
  assert.equal((await create({ domain_id: domainId, alias: 'taken' })).status, 200)
  assert.equal((await create({ domain_id: domainId, alias: 'TAKEN' })).status, 409)
  assert.equal((await create({ domain_id: domainId, alias: 'b+token' })).status, 422)
  for (const alias of ['', '.a', 'a..b', 'a b', 'ä', 'a@b', 'x'.repeat(65)])
    assert.equal((await create({ domain_id: domainId, alias })).status, 422, alias)
  assert.equal((await create({ domain_id: domainId, alias: 'half', ramp_start: 5 })).status, 422)
})

test('a domain and an alias of another workspace are a 404', async () => {
  const other = await createTenant(h)
  assert.equal((await create({ domain_id: domainId, alias: 'thief' }, other.key)).status, 404)
  const { body } = await create({ domain_id: domainId, alias: 'private' })
  assert.equal((await h.call('GET', `/api/v1/bavimail/aliases/${body.id}`, { as: other.key })).status, 404)
})

test('the list is whole, filtered by domain, or paged with a Link header', async () => {
  const second = (
    await h.call<{ id: string }>('POST', '/api/v1/bavimail/domains', {
      as: tenant.key,
      body: { domain: 'second.example' },
    })
  ).body.id
  await create({ domain_id: second, alias: 'solo' })
  const filtered = await h.call<Alias[]>('GET', `/api/v1/bavimail/aliases?domain_id=${second}`, { as: tenant.key })
  assert.deepEqual(
    filtered.body.map(({ full_email }) => full_email),
    ['solo@second.example'],
  )
  const all = await h.call<Alias[]>('GET', '/api/v1/bavimail/aliases', { as: tenant.key })
  const first = await h.call<Alias[]>('GET', '/api/v1/bavimail/aliases?limit=1', { as: tenant.key })
  assert.equal(first.body.length, 1)
  const rest = await h.call<Alias[]>(
    'GET',
    (/<([^>]+)>/.exec(first.headers.link ?? '') as RegExpExecArray)[1] as string,
    { as: tenant.key },
  )
  assert.equal(rest.body[0]?.id, all.body[1]?.id)
})
