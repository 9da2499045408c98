import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import type { DnsResolver } from '../../ports/dns/port.ts'
import { zoneInMemory } from '../../ports/dns/zone-in-memory.ts'
import { loadSigner } from './domain-keys.ts'
import { verifyDomain } from './verify-domain.ts'

type Domain = {
  id: string
  domain: string
  status: string
  is_sandbox: boolean
  verified_at: string | null
  verification_error: string | null
}
type Setup = { dns_records: { type: string; name: string; value: string }[] }

let h: Harness
let sandbox: TestTenant
let live: TestTenant

before(async () => {
  h = await startHarness()
  sandbox = await createTenant(h)
  live = await createTenant(h, { mode: 'live' })
})
after(() => h.close())

const add = (tenant: TestTenant, body: object) =>
  h.call<Domain>('POST', '/api/v1/bavimail/domains', { as: tenant.key, body })
const get = (tenant: TestTenant, id: string) =>
  h.call<Domain>('GET', `/api/v1/bavimail/domains/${id}`, { as: tenant.key })
const setup = (tenant: TestTenant, id: string) =>
  h.call<Setup>('GET', `/api/v1/bavimail/domains/${id}/setup`, { as: tenant.key })

const publishedZone = async (tenant: TestTenant, id: string): Promise<DnsResolver> => {
  const records = (await setup(tenant, id)).body.dns_records.filter(({ type }) => type === 'TXT')
  return zoneInMemory({ txt: Object.fromEntries(records.map(({ name, value }) => [name, [value]])), mx: {} })
}

const verify = (tenant: TestTenant, id: string, resolver: DnsResolver) =>
  verifyDomain(h.deps, resolver, { workspace_id: tenant.workspace_id, domain_id: id })

describe('sandbox domains', () => {
  test('are verified at once, lower-cased, and their private key is sealed', async () => {
    const { status, body } = await add(sandbox, { domain: 'Mail.Example.ORG' })
    assert.equal(status, 200)
    assert.deepEqual([body.domain, body.status, body.is_sandbox], ['mail.example.org', 'verified', true])
    const row = await h.deps.db
      .selectFrom('sending_domains')
      .selectAll()
      .where('id', '=', body.id)
      .executeTakeFirstOrThrow()
    assert.doesNotMatch(row.dkim_private_key, /PRIVATE/)
    assert.equal(
      createPublicKey({ key: Buffer.from(row.dkim_public_key, 'base64'), format: 'der', type: 'spki' })
        .asymmetricKeyDetails?.modulusLength,
      2048,
    )
    const sign = await loadSigner(h.deps, body.id)
    assert.match(
      await sign({ headers: [['From', 'a@mail.example.org']], body: Buffer.from('x\r\n') }),
      /d=mail\.example\.org;\s+s=bav1;/,
    )
  })

  test('a name in another script becomes ASCII, and the same domain twice is 409', async () => {
    const first = await add(sandbox, { domain: 'bücher.example' })
    assert.equal(first.body.domain, 'xn--bcher-kva.example')
    assert.equal((await add(sandbox, { domain: 'XN--BCHER-KVA.example' })).status, 409)
    for (const domain of [
      'no-dots',
      'a b.example',
      'x.example/path',
      '-a.example',
      'http://x.example',
      '',
      'a..example',
      '1.2.3.4',
    ])
      assert.equal((await add(sandbox, { domain })).status, 422, domain)
  })

  test('show every record as published without asking the DNS', async () => {
    const { body } = await add(sandbox, { domain: 'all-right.example' })
    const { body: status } = await h.call<{ overall_progress: Record<string, number> }>(
      'GET',
      `/api/v1/bavimail/domains/${body.id}/dns-status?force_refresh=true`,
      { as: sandbox.key },
    )
    assert.deepEqual(status.overall_progress, {
      total_records: 5,
      verified: 5,
      not_configured: 0,
      incorrect: 0,
      errors: 0,
    })
  })

  test('are a 404 to another workspace and absent from its list', async () => {
    const { body } = await add(sandbox, { domain: 'mine.example' })
    for (const path of ['', '/setup', '/dns-status'])
      assert.equal((await h.call('GET', `/api/v1/bavimail/domains/${body.id}${path}`, { as: live.key })).status, 404)
    assert.equal((await h.call('POST', `/api/v1/bavimail/domains/${body.id}/verify`, { as: live.key })).status, 404)
    const list = await h.call<Domain[]>('GET', '/api/v1/bavimail/domains', { as: live.key })
    assert.ok(list.body.every(({ id }) => id !== body.id))
  })

  test('are listed whole, or by pages with a cursor', async () => {
    const all = await h.call<Domain[]>('GET', '/api/v1/bavimail/domains', { as: sandbox.key })
    const seen: string[] = []
    for (let path: string | undefined = '/api/v1/bavimail/domains?limit=2'; path; ) {
      const page: { body: Domain[]; headers: Record<string, string> } = await h.call<Domain[]>('GET', path, {
        as: sandbox.key,
      })
      seen.push(...page.body.map(({ id }) => id))
      path = /<([^>]+)>; rel="next"/.exec(page.headers.link ?? '')?.[1]
    }
    assert.deepEqual(
      seen,
      all.body.map(({ id }) => id),
    )
  })
})

describe('live domains', () => {
  test('wait for their records, are verified by token and key, and then block other live workspaces only', async () => {
    const { body: mine } = await add(live, { domain: 'owned.example' })
    assert.equal(mine.status, 'pending')
    const rival = await createTenant(h, { mode: 'live' })
    const { body: theirs } = await add(rival, { domain: 'owned.example' })

    await verify(live, mine.id, await publishedZone(live, mine.id))
    assert.equal((await get(live, mine.id)).body.status, 'verified')

    await verify(rival, theirs.id, await publishedZone(rival, theirs.id))
    const refused = (await get(rival, theirs.id)).body
    assert.equal(refused.status, 'failed')
    assert.match(refused.verification_error ?? '', /Another workspace/)

    const third = await createTenant(h, { mode: 'live' })
    assert.equal((await add(third, { domain: 'OWNED.example' })).status, 409)
    assert.equal((await add(await createTenant(h), { domain: 'owned.example' })).status, 200)
  })

  test('another key or a missing token fails with a reason; a DNS that cannot be reached concludes nothing', async () => {
    const { body } = await add(live, { domain: 'careless.example' })
    const published = await publishedZone(live, body.id)
    const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
      .publicKey.export({ type: 'spki', format: 'der' })
      .toString('base64')
    await verify(live, body.id, {
      ...published,
      txt: async (name) =>
        name.includes('_domainkey') ? { state: 'found', values: [`v=DKIM1; p=${otherKey}`] } : published.txt(name),
    })
    const failed = (await get(live, body.id)).body
    assert.equal(failed.status, 'failed')
    assert.match(failed.verification_error ?? '', /bav1\._domainkey\.careless\.example/)

    await verify(live, body.id, published)
    assert.equal((await get(live, body.id)).body.status, 'verified')
    const fails = async () => ({ state: 'error' as const, message: 'the look-up failed (ETIMEOUT)' })
    const down: DnsResolver = { txt: fails, mx: fails, a: fails, aaaa: fails, cname: fails, ptr: fails }
    await verify(live, body.id, down)
    const still = (await get(live, body.id)).body
    assert.equal(still.status, 'verified')
    assert.match(still.verification_error ?? '', /ETIMEOUT/)
  })
})
