import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { createCampaign, createDataset, createTemplate, createTenant, type TestTenant } from '../../../test/builders.ts'
import { startDnsServer, type TestDns } from '../../../test/dns-server.ts'
import { type Harness, startHarness, unique } from '../../../test/harness.ts'
import { judgeByOpendkim } from '../../../test/opendkim.ts'
import { signedMessage } from '../../dkim.ts'
import { newId } from '../../ids.ts'
import { composeMessage } from '../../mime-message.ts'
import { createOutboundHttp } from '../../ports/outbound-http.ts'
import { loadPacingState } from '../campaigns/pacing-state.ts'
import { findRecipient } from '../inbound/find-recipient.ts'
import { loadSigner } from './domain-keys.ts'
import { lookUpOwnership, ownershipRecordFor } from './ownership.ts'
import { recheckDomains } from './recheck-domains.ts'
import { rotateOldKeys } from './rotate-keys.ts'

type Domain = {
  id: string
  domain: string
  status: string
  is_sandbox: boolean
  verified_at: string | null
  verification_error: string | null
  failing_since: string | null
  mail_from_verified_at: string | null
  tracking_verified_at: string | null
  dkim_selector: string
  ses_mail_from_status: string
}
type Record = {
  purpose: string
  type: 'TXT' | 'MX' | 'CNAME'
  name: string
  value: string
  priority: number | null
  required: boolean
  description: string
}
type Setup = { domain: string; dns_records: Record[]; verification_instructions: string }
type Status = {
  overall_progress: { total_records: number; verified: number; errors: number }
  records: (Record & { status: string; error_message: string | null })[]
  last_checked: string
  mail_from_status: { status: string; message: string; mail_from_domain: string; error: string | null } | null
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

let h: Harness
let dns: TestDns
let sandbox: TestTenant
let live: TestTenant

before(async () => {
  dns = await startDnsServer({ a: { 'mx.bavlio.example': ['192.0.2.1'], 'app.bavlio.example': ['192.0.2.2'] } })
  h = await startHarness({
    env: { DNS_SERVERS: dns.server, MAIL_HOST_NAME: 'mx.bavlio.example', MAIL_DELIVERY: 'direct' },
    // Every name leads to this machine, so that the instance can call itself under a tracking name.
    overrides: { http: createOutboundHttp({ resolve: async () => '127.0.0.1' }) },
  })
  h.deps.address.base_url = `http://app.bavlio.example:${new URL(h.base_url).port}`
  sandbox = await createTenant(h)
  live = await createTenant(h, { mode: 'live' })
  await h.deps.db
    .insertInto('event_listeners')
    .values({ workspace_id: live.workspace_id, is_listening: true, stream_until: new Date('2027-01-01') })
    .execute()
})
after(async () => {
  await h?.close()
  await dns?.close()
})
beforeEach(() => dns.broken.clear())

const BASE = '/api/v1/bavimail/domains'
const add = (tenant: TestTenant, body: object) => h.call<Domain>('POST', BASE, { as: tenant.key, body })
const get = async (tenant: TestTenant, id: string) =>
  (await h.call<Domain>('GET', `${BASE}/${id}`, { as: tenant.key })).body
const setup = async (tenant: TestTenant, id: string) =>
  (await h.call<Setup>('GET', `${BASE}/${id}/setup`, { as: tenant.key })).body.dns_records
const dnsStatus = async (tenant: TestTenant, id: string, force = true) =>
  (await h.call<Status>('GET', `${BASE}/${id}/dns-status?force_refresh=${force}`, { as: tenant.key })).body
const update = (tenant: TestTenant, id: string, body: object) =>
  h.call<Domain>('PUT', `${BASE}/${id}`, { as: tenant.key, body })
const rotate = (tenant: TestTenant, id: string) =>
  h.call<Setup>('POST', `${BASE}/${id}/rotate-dkim`, { as: tenant.key })
const verify = async (tenant: TestTenant, id: string, force = false) => {
  const asked = await h.call<{ status: string; queued: boolean }>('POST', `${BASE}/${id}/verify`, {
    as: tenant.key,
    body: { force },
  })
  assert.equal(asked.status, 200)
  await h.worker.drain()
  return get(tenant, id)
}

const publish = (records: Record[]): void => {
  for (const { type, name, value, priority } of records)
    if (type === 'TXT') dns.zone.txt[name] = [value]
    else if (type === 'CNAME') dns.zone.cname[name] = [value]
    else dns.zone.mx[name] = [{ exchange: value, priority: priority ?? 10 }]
}
const withdraw = (records: { name: string }[]): void => {
  for (const { name } of records) {
    delete dns.zone.txt[name]
    delete dns.zone.mx[name]
    delete dns.zone.cname[name]
  }
}

/** Time passes, and the tick looks at what is due. */
const pass = async (ms: number): Promise<void> => {
  h.clock.advance(ms)
  await h.worker.drain()
}

type Told = { event_type: string; data: { [name: string]: unknown } }
const events = async (tenant: TestTenant, domain: string): Promise<Told[]> => {
  const { rows } = await sql<{ body: string }>`
    select body from published_events where workspace_id = ${tenant.workspace_id} order by position`.execute(h.deps.db)
  return rows.map(({ body }) => JSON.parse(body) as Told).filter(({ data }) => data.domain === domain)
}
const alerts = async (tenant: TestTenant, domain: string): Promise<string[]> =>
  (
    await h.deps.db
      .selectFrom('alerts')
      .select('metadata')
      .where('workspace_id', '=', tenant.workspace_id)
      .orderBy('alert_id')
      .execute()
  )
    .map(({ metadata }) => metadata as { domain?: string; kind?: string })
    .filter((one) => one.domain === domain)
    .map(({ kind }) => kind as string)

/** A live domain with all its records in the zone, verified. */
const verified = async (tenant: TestTenant, body: object = {}): Promise<Domain> => {
  const made = await add(tenant, { domain: `${unique('d')}.example`, ...body })
  assert.equal(made.status, 200, made.text)
  publish(await setup(tenant, made.body.id))
  const domain = await verify(tenant, made.body.id)
  assert.equal(domain.status, 'verified', domain.verification_error ?? '')
  return domain
}

describe('sandbox domains', () => {
  test('are verified at once, lower-cased, and their private key is sealed', async () => {
    const { status, body } = await add(sandbox, { domain: 'Mail.Example.ORG' })
    assert.equal(status, 200)
    assert.deepEqual(
      [body.domain, body.status, body.is_sandbox, body.ses_mail_from_status],
      ['mail.example.org', 'verified', true, 'verified'],
    )
    const row = await h.deps.db
      .selectFrom('domain_keys')
      .selectAll()
      .where('domain_id', '=', body.id)
      .executeTakeFirstOrThrow()
    assert.doesNotMatch(row.private_key ?? '', /PRIVATE/)
    assert.equal(
      createPublicKey({ key: Buffer.from(row.public_key, 'base64'), format: 'der', type: 'spki' }).asymmetricKeyDetails
        ?.modulusLength,
      2048,
    )
    const sign = await loadSigner(h.deps, body.id)
    const signatures = await sign({ headers: [['From', 'a@mail.example.org']], body: Buffer.from('x\r\n') })
    assert.equal(signatures.length, 1)
    assert.match(signatures[0] as string, /d=mail\.example\.org;\s+s=bav1;/)
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
    for (const mail_from_subdomain of ['-x', 'a.', 'a@b', 'A B', 'x'.repeat(64)])
      assert.equal((await add(sandbox, { domain: 'ok.example', mail_from_subdomain })).status, 422, mail_from_subdomain)
  })

  test('show every record as published, and rotate at once, without asking the DNS', async () => {
    const { body } = await add(sandbox, { domain: 'all-right.example', dkim_ed25519: true })
    const before = dns.asked.length
    const { overall_progress } = await dnsStatus(sandbox, body.id)
    assert.equal(overall_progress.verified, overall_progress.total_records)
    assert.equal((await rotate(sandbox, body.id)).status, 200)
    assert.equal((await get(sandbox, body.id)).dkim_selector, 'bav2')
    assert.equal((await update(sandbox, body.id, { mail_from_subdomain: 'rp' })).body.ses_mail_from_status, 'verified')
    await pass(DAY_MS)
    assert.equal(dns.asked.length, before)
  })

  test('are a 404 to another workspace and absent from its list', async () => {
    const { body } = await add(sandbox, { domain: 'mine.example' })
    for (const path of ['', '/setup', '/dns-status'])
      assert.equal((await h.call('GET', `${BASE}/${body.id}${path}`, { as: live.key })).status, 404)
    for (const path of ['/verify', '/rotate-dkim'])
      assert.equal((await h.call('POST', `${BASE}/${body.id}${path}`, { as: live.key })).status, 404)
    assert.equal((await update(live, body.id, { inbound_enabled: false })).status, 404)
    assert.equal((await h.call('DELETE', `${BASE}/${body.id}`, { as: live.key })).status, 404)
    const list = await h.call<Domain[]>('GET', BASE, { as: live.key })
    assert.ok(list.body.every(({ id }) => id !== body.id))
  })

  test('are listed whole, or by pages with a cursor', async () => {
    const all = await h.call<Domain[]>('GET', BASE, { as: sandbox.key })
    const seen: string[] = []
    for (let path: string | undefined = `${BASE}?limit=2`; path; ) {
      const page: { body: Domain[]; headers: { [name: string]: string } } = await h.call<Domain[]>('GET', path, {
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

describe('verification', () => {
  test('every record that setup asks for is found in DNS as it was given', async () => {
    const domain = await verified(live)
    const status = await dnsStatus(live, domain.id)
    assert.deepEqual(
      status.records.filter((record) => record.status !== 'verified').map((r) => `${r.purpose}: ${r.error_message}`),
      [],
    )
    assert.deepEqual([status.mail_from_status?.status, status.mail_from_status?.error], ['verified', null])
    assert.match(status.mail_from_status?.mail_from_domain ?? '', /^bounce\./)
    assert.ok(domain.mail_from_verified_at && domain.tracking_verified_at)
    const [event] = await events(live, domain.domain)
    assert.deepEqual(
      [
        event?.event_type,
        event?.data.domain_id,
        event?.data.old_status,
        event?.data.new_status,
        event?.data.verified_at,
      ],
      ['domain.verified', domain.id, 'verifying', 'verified', domain.verified_at],
    )
  })

  test('a new domain is found by itself once its records are there', async () => {
    const { body } = await add(live, { domain: `${unique('slow')}.example` })
    await pass(20 * 60_000)
    assert.equal((await get(live, body.id)).status, 'pending')
    publish((await setup(live, body.id)).filter(({ required }) => required))
    await pass(20 * 60_000)
    const domain = await get(live, body.id)
    assert.deepEqual([domain.status, domain.mail_from_verified_at], ['verified', null])
    assert.deepEqual(await alerts(live, body.domain), ['verified'])
  })

  test('the ownership record can be published before the domain is added', async () => {
    const name = `${unique('early')}.example`
    const record = ownershipRecordFor(h.deps, live.workspace_id, name)
    assert.notEqual(record.value, ownershipRecordFor(h.deps, sandbox.workspace_id, name).value)
    const owner = { workspace_id: live.workspace_id, mode: 'live' as const }
    assert.deepEqual(await lookUpOwnership(h.deps, owner, name), { domain: name, record, verified: false })
    dns.zone.txt[record.name] = [record.value]
    assert.equal((await lookUpOwnership(h.deps, owner, name)).verified, true)
    const { body } = await add(live, { domain: name })
    const status = await dnsStatus(live, body.id)
    assert.equal(status.records.find(({ purpose }) => purpose === 'ownership')?.status, 'verified')
  })

  test('a wrong key fails with a reason; a DNS that cannot be reached concludes nothing', async () => {
    const { body } = await add(live, { domain: `${unique('careless')}.example` })
    const records = await setup(live, body.id)
    publish(records)
    const dkim = records.find(({ purpose }) => purpose === 'dkim') as Record
    dns.zone.txt[dkim.name] = [dkim.value.slice(0, 200)]
    const failed = await verify(live, body.id)
    assert.equal(failed.status, 'failed')
    assert.match(failed.verification_error ?? '', /bav1\._domainkey.*cut off/)
    assert.equal((await events(live, body.domain)).at(-1)?.event_type, 'domain.failed')

    publish(records)
    assert.equal((await verify(live, body.id)).status, 'verified')
    const told = (await events(live, body.domain)).length
    for (const { name } of records) dns.broken.add(name)
    const down = await verify(live, body.id, true)
    assert.deepEqual(
      [down.status, down.failing_since, (await events(live, body.domain)).length],
      ['verified', null, told],
    )
    assert.match(down.verification_error ?? '', /look-up failed/)
    assert.ok(down.mail_from_verified_at)
    const status = await dnsStatus(live, body.id)
    assert.equal(status.overall_progress.errors, status.overall_progress.total_records)
  })

  test('dns-status answers from its last check until it is told to ask anew, and leaves the status alone', async () => {
    const { body } = await add(live, { domain: `${unique('cached')}.example` })
    const first = await dnsStatus(live, body.id, false)
    publish(await setup(live, body.id))
    const asked = dns.asked.length
    assert.deepEqual((await dnsStatus(live, body.id, false)).records, first.records)
    assert.equal(dns.asked.length, asked)
    const fresh = await dnsStatus(live, body.id)
    assert.equal(fresh.overall_progress.verified, fresh.overall_progress.total_records)
    assert.equal((await get(live, body.id)).status, 'pending')
  })

  test('several workers look at a due domain once', async () => {
    const domains = await Promise.all([verified(live), verified(live), verified(live)])
    h.clock.advance(7 * HOUR_MS)
    dns.asked.length = 0
    await Promise.all([recheckDomains(h.deps), recheckDomains(h.deps), recheckDomains(h.deps)])
    await h.worker.drain()
    for (const { domain } of domains)
      assert.equal(dns.asked.filter((question) => question === `TXT _bavlio.${domain}`).length, 1)
  })
})

describe('ownership', () => {
  test('only one live workspace owns a name; sandboxes do not count', async () => {
    const mine = await verified(live)
    const rival = await createTenant(h, { mode: 'live' })
    assert.equal((await add(rival, { domain: mine.domain.toUpperCase() })).status, 409)
    assert.equal((await add(await createTenant(h), { domain: mine.domain })).status, 200)
  })

  test('a name moves to who proves it only after its owner has failed', async () => {
    const rival = await createTenant(h, { mode: 'live' })
    const name = `${unique('moving')}.example`
    const theirs = (await add(rival, { domain: name })).body
    const mine = await verified(live, { domain: name })
    const theirRecords = (await setup(rival, theirs.id)).filter(({ required }) => required)
    publish(theirRecords)
    const early = await verify(rival, theirs.id)
    assert.equal(early.status, 'failed')
    assert.match(early.verification_error ?? '', /Another workspace/)
    for (let hours = 0; hours < 84 && (await get(live, mine.id)).status === 'verified'; hours += 2) {
      assert.notEqual((await get(rival, theirs.id)).status, 'verified')
      await pass(2 * HOUR_MS)
    }
    assert.deepEqual([(await get(live, mine.id)).status, (await get(rival, theirs.id)).status], ['failed', 'verified'])
  })
})

describe('a verified domain that loses a record', () => {
  test('warns, sends for 72 hours, then stops, and comes back by itself', async () => {
    const domain = await verified(live)
    const records = await setup(live, domain.id)
    const ownership = records.filter(({ purpose }) => purpose === 'ownership')
    withdraw(ownership)
    await pass(7 * HOUR_MS)
    const failing = await get(live, domain.id)
    assert.equal(failing.status, 'verified')
    assert.ok(failing.failing_since)
    assert.deepEqual((await alerts(live, domain.domain)).at(-1), 'failing')
    for (let hours = 0; hours < 70; hours += 2) await pass(2 * HOUR_MS)
    assert.equal((await get(live, domain.id)).status, 'verified')
    await pass(3 * HOUR_MS)
    const failed = await get(live, domain.id)
    assert.deepEqual([failed.status, failed.verified_at], ['failed', null])
    assert.deepEqual((await alerts(live, domain.domain)).slice(-2), ['failing', 'failed'])
    const last = (await events(live, domain.domain)).at(-1)
    assert.deepEqual(
      [last?.event_type, last?.data.old_status, last?.data.new_status],
      ['domain.failed', 'verified', 'failed'],
    )
    assert.match(String(last?.data.error), /_bavlio/)
    publish(ownership)
    await pass(25 * HOUR_MS)
    assert.equal((await get(live, domain.id)).status, 'verified')
    assert.equal((await events(live, domain.domain)).at(-1)?.event_type, 'domain.verified')
  })

  test('one that is back in time goes on as if nothing had been', async () => {
    const domain = await verified(live)
    const dkim = (await setup(live, domain.id)).filter(({ purpose }) => purpose === 'dkim')
    withdraw(dkim)
    await pass(7 * HOUR_MS)
    const told = (await events(live, domain.domain)).length
    publish(dkim)
    await pass(2 * HOUR_MS)
    const back = await get(live, domain.id)
    assert.deepEqual([back.status, back.failing_since, back.verification_error], ['verified', null, null])
    assert.deepEqual((await alerts(live, domain.domain)).slice(-2), ['failing', 'recovered'])
    assert.equal((await events(live, domain.domain)).length, told)
  })

  test('losing MAIL FROM moves envelope senders back to the domain, and bounces are taken at both', async () => {
    const domain = await verified(live)
    const records = await setup(live, domain.id)
    const host = `bounce.${domain.domain}`
    const token = h.deps.mail_tokens.bounceAddress('01890000-0000-7000-8000-000000000001', host)
    assert.equal((await findRecipient(h.deps, token, null))?.kind, 'bounce')
    withdraw(records.filter(({ purpose }) => purpose === 'mail_from_spf'))
    await pass(7 * HOUR_MS)
    const after = await get(live, domain.id)
    assert.deepEqual(
      [after.status, after.mail_from_verified_at, after.ses_mail_from_status],
      ['verified', null, 'failed'],
    )
    assert.equal((await findRecipient(h.deps, token, null))?.kind, 'bounce')
    assert.equal(await findRecipient(h.deps, token.replace(host, `x.${host}`), null), null)
    publish(records)
    await pass(7 * HOUR_MS)
    assert.ok((await get(live, domain.id)).mail_from_verified_at)
  })
})

describe('signing keys', () => {
  const write = async (domain: Domain): Promise<Buffer> => {
    const message = composeMessage({
      from: { address: `anna@${domain.domain}`, name: 'Anna Ødegård' },
      to: [{ address: 'bo@example.org' }],
      subject: 'A question',
      date: h.clock.now(),
      message_id: `<${unique('m')}@${domain.domain}>`,
      text: 'Hello\nWorld\n',
      html: '<p>Hello</p>',
    })
    const sign = await loadSigner(h.deps, domain.id)
    return signedMessage(message.raw, await sign(message))
  }

  /** What independent judges say of a message against what DNS holds now: by algorithm. */
  const judge = async (raw: Buffer): Promise<string[]> => {
    const { results } = await dkimVerify(raw, {
      resolver: async (name: string, type: string) => {
        const answer = type === 'TXT' ? await dns.resolver.txt(name) : { state: 'absent' as const }
        if (answer.state !== 'found') throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
        return answer.values.map((value) => [value])
      },
    })
    const found = results.map((one) => `${one.selector} ${one.algo} ${one.status.result}`).sort()
    // A second judge where it is installed: CI installs it.
    const opendkim = await judgeByOpendkim(raw, dns.zone.txt)
    if (opendkim) assert.deepEqual(opendkim, found)
    return found
  }

  test('mail is valid before, during and after a rotation of both keys', async () => {
    const domain = await verified(live, { dkim_ed25519: true })
    await pass(6 * 60_000)
    const before = await write(domain)
    const both = (n: number) => [`bav${n} rsa-sha256 pass`, `bav${n}e ed25519-sha256 pass`]
    assert.deepEqual(await judge(before), both(1))

    const asked = await rotate(live, domain.id)
    assert.equal(asked.status, 200)
    const next = asked.body.dns_records.filter(({ purpose }) => purpose === 'dkim_next')
    assert.deepEqual(
      next.map(({ name }) => name.split('.')[0]),
      ['bav2', 'bav2e'],
    )
    // Asking twice makes no third key.
    assert.deepEqual((await rotate(live, domain.id)).body.dns_records, asked.body.dns_records)
    await pass(20 * 60_000)
    const waiting = await write(domain)
    assert.deepEqual(await judge(waiting), both(1))

    publish(next)
    await pass(70 * 60_000)
    const after = await write(domain)
    assert.deepEqual(await judge(after), both(2))
    // What was signed with the old keys is still valid, since their records stay.
    assert.deepEqual(await judge(before), both(1))
    assert.deepEqual(await judge(waiting), both(1))
    const kept = (await setup(live, domain.id)).filter(({ purpose }) => purpose === 'dkim_retired')
    assert.ok(kept.length === 2 && kept.every(({ description }) => /keep until 2026-/.test(description)))
    const rows = await h.deps.db.selectFrom('domain_keys').selectAll().where('domain_id', '=', domain.id).execute()
    assert.ok(rows.every((row) => (row.private_key === null) === (row.state === 'retired')))

    await pass(7 * DAY_MS)
    const removable = (await setup(live, domain.id)).filter(({ purpose }) => purpose === 'dkim_retired')
    assert.ok(removable.length === 2 && removable.every(({ description }) => /can be removed/.test(description)))
    withdraw(removable)
    await pass(7 * HOUR_MS)
    assert.ok((await setup(live, domain.id)).every(({ purpose }) => purpose !== 'dkim_retired'))
    assert.equal((await get(live, domain.id)).status, 'verified')
    assert.deepEqual(await judge(await write(domain)), both(2))
  })

  test('a key never takes over before its own record is found, wrong ones included', async () => {
    const domain = await verified(live)
    const { dns_records } = (await rotate(live, domain.id)).body
    const next = dns_records.find(({ purpose }) => purpose === 'dkim_next') as Record
    dns.zone.txt[next.name] = ['v=DKIM1; k=rsa; p=MIIB']
    await pass(2 * HOUR_MS)
    dns.broken.add(next.name)
    await pass(2 * HOUR_MS)
    assert.equal((await get(live, domain.id)).dkim_selector, 'bav1')
    dns.broken.clear()
    publish([next])
    await pass(2 * HOUR_MS)
    assert.equal((await get(live, domain.id)).dkim_selector, 'bav2')
  })

  test('an old key gets a successor by itself, once, and its people are told', async () => {
    const domain = await verified(live)
    h.clock.advance(181 * DAY_MS)
    while (await rotateOldKeys(h.deps));
    await h.worker.drain()
    const next = (await setup(live, domain.id)).filter(({ purpose }) => purpose === 'dkim_next')
    assert.equal(next.length, 1)
    assert.equal((await alerts(live, domain.domain)).filter((kind) => kind === 'new_key').length, 1)
    h.clock.advance(30 * DAY_MS)
    while (await rotateOldKeys(h.deps));
    assert.equal((await setup(live, domain.id)).filter(({ purpose }) => purpose === 'dkim_next').length, 1)
  })

  test('an Ed25519 key can be switched on and off, and stops signing when its record goes', async () => {
    const domain = await verified(live)
    await update(live, domain.id, { dkim_ed25519: true })
    const records = await setup(live, domain.id)
    const next = records.filter(({ purpose }) => purpose === 'dkim_next')
    assert.match(next[0]?.value ?? '', /^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$/)
    publish(next)
    await pass(HOUR_MS)
    assert.equal((await judge(await write(domain))).length, 2)
    withdraw(next)
    await pass(7 * HOUR_MS)
    assert.deepEqual([(await judge(await write(domain))).length, (await get(live, domain.id)).failing_since], [1, null])
    publish(next)
    await pass(7 * HOUR_MS)
    assert.equal((await judge(await write(domain))).length, 2)
    await update(live, domain.id, { dkim_ed25519: false })
    await pass(6 * 60_000)
    assert.equal((await judge(await write(domain))).length, 1)
  })
})

describe('settings', () => {
  test('only what is sent is changed, and nothing or nonsense is 422', async () => {
    const { body } = await add(live, { domain: `${unique('set')}.example`, daily_limit: 40 })
    const changed = await update(live, body.id, {
      inbound_enabled: false,
      strip_tracking_on_read: true,
      extra_retained_headers: ['X-Ticket'],
      provider_config: { region: 'eu' },
    })
    assert.equal(changed.status, 200)
    const row = changed.body as unknown as { [name: string]: unknown }
    assert.deepEqual(
      [
        row.inbound_enabled,
        row.strip_tracking_on_read,
        row.extra_retained_headers,
        row.provider_config,
        row.daily_limit,
      ],
      [false, true, ['X-Ticket'], { region: 'eu' }, 40],
    )
    assert.ok((await setup(live, body.id)).every(({ purpose }) => purpose !== 'mx' && purpose !== 'mta_sts'))
    const cleared = await update(live, body.id, { extra_retained_headers: null, daily_limit: null })
    assert.deepEqual(
      [
        (cleared.body as unknown as typeof row).extra_retained_headers,
        (cleared.body as unknown as typeof row).daily_limit,
      ],
      [null, null],
    )
    for (const wrong of [
      {},
      { inbound_enabled: 'x' },
      { extra_retained_headers: ['a b'] },
      { mail_from_subdomain: '..' },
      { mail_from_subdomain: 'track' },
      { tracking_subdomain: 'mta-sts' },
    ])
      assert.equal((await update(live, body.id, wrong)).status, 422, JSON.stringify(wrong))
  })

  test('another MAIL FROM name is not used before its records are found', async () => {
    const domain = await verified(live)
    const changed = await update(live, domain.id, { mail_from_subdomain: 'rp', tracking_subdomain: null })
    assert.deepEqual([changed.body.mail_from_verified_at, changed.body.tracking_verified_at], [null, null])
    const records = await setup(live, domain.id)
    assert.deepEqual(
      records.filter(({ purpose }) => /mail_from|tracking/.test(purpose)).map(({ name }) => name),
      [`rp.${domain.domain}`, `rp.${domain.domain}`],
    )
    publish(records)
    await pass(20 * 60_000)
    assert.ok((await get(live, domain.id)).mail_from_verified_at)
  })

  test('the MTA-STS policy is served for verified domains under their own name only', async () => {
    const domain = await verified(live)
    const read = (host: string) => h.app.inject({ method: 'GET', url: '/.well-known/mta-sts.txt', headers: { host } })
    const policy = await read(`mta-sts.${domain.domain}`)
    assert.equal(policy.body, 'version: STSv1\r\nmode: testing\r\nmx: mx.bavlio.example\r\nmax_age: 604800\r\n')
    assert.match(String(policy.headers['content-type']), /^text\/plain/)
    await update(live, domain.id, { mta_sts_mode: 'enforce' })
    assert.match((await read(`MTA-STS.${domain.domain}:443`)).body, /mode: enforce/)
    const status = await dnsStatus(live, domain.id)
    assert.match(status.records.find(({ purpose }) => purpose === 'mta_sts')?.error_message ?? '', /another version/)
    const { body: pending } = await add(live, { domain: `${unique('later')}.example` })
    for (const host of [domain.domain, `mta-sts.${pending.domain}`, 'mta-sts.', 'app.bavlio.example'])
      assert.equal((await read(host)).statusCode, 404, host)
  })
})

describe('deleting', () => {
  const createAlias = async (tenant: TestTenant, domain_id: string, alias: string): Promise<string> => {
    const made = await h.call<{ id: string }>('POST', '/api/v1/bavimail/aliases', {
      as: tenant.key,
      body: { domain_id, alias },
    })
    assert.equal(made.status, 200, made.text)
    return made.body.id
  }
  const remove = (tenant: TestTenant, id: string, query = '') =>
    h.call<{ detail: string; message: string }>('DELETE', `${BASE}/${id}${query}`, { as: tenant.key })

  test('an unused domain goes with its aliases and keys, its name is free, and what it sent stays readable', async () => {
    const domain = await verified(live)
    const alias = await createAlias(live, domain.id, 'anna')
    assert.equal((await remove(live, domain.id)).status, 204)
    for (const path of ['', '/setup', '/dns-status'])
      assert.equal((await h.call('GET', `${BASE}/${domain.id}${path}`, { as: live.key })).status, 404)
    assert.equal((await remove(live, domain.id)).status, 404)
    assert.equal((await h.call('GET', `/api/v1/bavimail/aliases/${alias}`, { as: live.key })).status, 404)
    assert.equal(
      (await h.call('POST', '/api/v1/bavimail/aliases', { as: live.key, body: { domain_id: domain.id, alias: 'bo' } }))
        .status,
      404,
    )
    assert.equal(await findRecipient(h.deps, `anna@${domain.domain}`, null), null)
    const rival = await createTenant(h, { mode: 'live' })
    assert.equal((await add(rival, { domain: domain.domain })).status, 200)
    const again = await add(live, { domain: domain.domain })
    assert.deepEqual([again.status, again.body.status], [200, 'pending'])
    assert.equal((await get(live, again.body.id)).dkim_selector, 'bav2')
  })

  test('a domain of active campaigns is 409 naming them, until another takes over', async () => {
    const tenant = await createTenant(h)
    const rows = Array.from({ length: 6 }, (_, i) => ({ email: `p${i}@people.example`, first_name: `P${i}` }))
    const campaign = await createCampaign(h, tenant, { rows, aliases: 2 })
    const launched = await h.call('POST', `/api/v1/campaigns/${campaign.campaign_id}/launch`, {
      as: tenant.key,
      body: {},
    })
    assert.equal(launched.status, 200, launched.text)
    await h.worker.drain()
    const domains = await h.call<Domain[]>('GET', BASE, { as: tenant.key })
    const old = domains.body[0] as Domain
    const refused = await remove(tenant, old.id)
    assert.deepEqual([refused.status, refused.body.detail], [409, 'IN_USE'])
    assert.match(refused.body.message, new RegExp(campaign.campaign_id))

    const { body: empty } = await add(tenant, { domain: 'empty.example' })
    for (const target of [empty.id, old.id, campaign.alias_ids[0]])
      assert.equal((await remove(tenant, old.id, `?reassign_to=${target}`)).status, 422)
    assert.equal((await get(tenant, old.id)).status, 'verified')

    const { body: other } = await add(tenant, { domain: 'other.example' })
    const taking = [await createAlias(tenant, other.id, 'sender1'), await createAlias(tenant, other.id, 'zoe')]
    assert.equal((await remove(tenant, old.id, `?reassign_to=${other.id}`)).status, 204)
    const leads = await h.deps.db
      .selectFrom('campaign_leads')
      .select('alias_id')
      .where('campaign_id', '=', campaign.campaign_id)
      .execute()
    assert.ok(leads.length === rows.length && leads.every(({ alias_id }) => taking.includes(alias_id as string)))
    const sent = await h.deps.db
      .selectFrom('emails')
      .select('id')
      .where('campaign_id', '=', campaign.campaign_id)
      .where('status', '=', 'delivered')
      .execute()
    for (const { id } of sent)
      assert.equal((await h.call('GET', `/api/v1/bavimail/emails/${id}`, { as: tenant.key })).status, 200)
  })
})

describe('a domain that fails', () => {
  test('takes its queued messages back; its campaigns wait and say why, and go on when it is back', async () => {
    const tenant = await createTenant(h, { mode: 'live' })
    const domain = await verified(tenant)
    const records = await setup(tenant, domain.id)
    const made = await h.call<{ id: string }>('POST', '/api/v1/bavimail/aliases', {
      as: tenant.key,
      body: { domain_id: domain.id, alias: 'anna', daily_limit: 1000 },
    })
    const now = h.clock.now()
    const dataset_id = await createDataset(h, tenant, [{ email: 'one@people.example', first_name: 'One' }])
    const template_id = await createTemplate(h, tenant, { subject: 'Hello', body: 'Hi {{ first_name }}' })
    const campaign = await h.call<{ campaign_id: string }>('POST', '/api/v1/campaigns/', {
      as: tenant.key,
      body: {
        name: unique('campaign'),
        dataset_id,
        alias_ids: [made.body.id],
        steps: [{ step: 1, delay_days: 0, variants: [{ label: 'A', weight: 100, type: 'TEMPLATE', template_id }] }],
      },
    })
    assert.equal(campaign.status, 201, campaign.text)
    const { campaign_id } = campaign.body
    const preflight = async () =>
      (
        await h.call<{ can_launch: boolean; warnings: { code: string; message: string; severity: string }[] }>(
          'POST',
          `/api/v1/campaigns/${campaign_id}/launch-preflight`,
          { as: tenant.key, body: {} },
        )
      ).body
    const reasons = async () =>
      (await preflight()).warnings.filter(({ code }) => code === 'alias_unverified').map(({ message }) => message)
    assert.deepEqual(await reasons(), [])

    // A message that waits in the queue when the domain fails: the lead gets it back.
    const lead_id = newId()
    await h.deps.db.updateTable('campaigns').set({ status: 'active' }).where('campaign_id', '=', campaign_id).execute()
    await h.deps.db
      .insertInto('campaign_leads')
      .values({
        campaign_lead_id: lead_id,
        workspace_id: tenant.workspace_id,
        campaign_id,
        email: 'one@people.example',
        email_domain: 'people.example',
        receiving_provider: 'other',
        status: 'pending',
        alias_id: made.body.id,
        dataset_row_id: newId(),
        variant_assignments: '{"1":"A"}',
        row_index: 0,
        zone: '',
        lead_data: '{}',
        created_at: now,
        updated_at: now,
      })
      .execute()
    await h.deps.db
      .insertInto('emails')
      .values({
        id: newId(),
        workspace_id: tenant.workspace_id,
        user_id: tenant.user_id,
        campaign_id,
        campaign_lead_id: lead_id,
        step: 1,
        variant_label: 'A',
        alias_id: made.body.id,
        domain_id: domain.id,
        from_email: `anna@${domain.domain}`,
        to_email: 'one@people.example',
        receiving_provider: 'other',
        status: 'queued',
        due_at: now,
        created_at: now,
        updated_at: now,
      })
      .execute()
    withdraw(records)
    // Only the domain's own tick runs here: nothing may be sent, and there is no server to send to.
    await recheckUntil(tenant, domain.id, 'failed')
    const rest = await h.deps.db.selectFrom('emails').select('id').where('campaign_id', '=', campaign_id).execute()
    assert.equal(rest.length, 0)
    const lead = await h.deps.db
      .selectFrom('campaign_leads')
      .select('next_action_at')
      .where('campaign_lead_id', '=', lead_id)
      .executeTakeFirstOrThrow()
    assert.deepEqual(lead.next_action_at, now)
    const state = await loadPacingState(h.deps.db, tenant.workspace_id, h.clock.now(), campaign_id)
    assert.equal(state?.domains.get(domain.id)?.can_send, false)
    assert.match((await reasons()).join(), /its domain .* is failed/)
    publish(records)
    await recheckUntil(tenant, domain.id, 'verified')
    assert.deepEqual(await reasons(), [])
  })

  const recheckUntil = async (tenant: TestTenant, id: string, status: string): Promise<void> => {
    for (let hours = 0; hours < 120 && (await get(tenant, id)).status !== status; hours++) {
      h.clock.advance(HOUR_MS)
      while (await recheckDomains(h.deps));
    }
    assert.equal((await get(tenant, id)).status, status)
  }
})
