import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createLiveSender, type LiveSender, outcomeOf } from '../../../test/live-sender.ts'
import { type Receiver, startReceiver } from '../../../test/smtp-zoo.ts'
import { sendQueued } from '../emails/send-emails.ts'

type Delivery = {
  delivery: string
  effective: string
  relay: { host: string; port: number; security: string; user: string | null; has_password: boolean } | null
}
type Settings = { mail_delivery: Delivery } & { detail: string; details?: { loc: (string | number)[]; type: string }[] }

let h: Harness
let instance: Receiver
let own: Receiver

before(async () => {
  instance = await startReceiver('127.0.0.1', 0)
  own = await startReceiver('127.0.0.1', 0)
  h = await startHarness({
    env: {
      SMTP_RELAY_URL: `smtp://127.0.0.1:${instance.port}`,
      EGRESS_ALLOW: `127.0.0.1:${instance.port},127.0.0.1:${own.port}`,
    },
  })
})
after(async () => {
  await h.close()
  await instance.close()
  await own.close()
})

const path = (tenant: TestTenant): string => `/api/v1/workspaces/${tenant.workspace_id}/settings`
const save = (tenant: TestTenant, mail_delivery: unknown) =>
  h.call<Settings>('PATCH', path(tenant), { as: tenant.key, body: { mail_delivery } })
const read = async (tenant: TestTenant): Promise<Delivery> =>
  (await h.call<Settings>('GET', path(tenant), { as: tenant.key })).body.mail_delivery

const relay = (more: Record<string, unknown> = {}) => ({
  delivery: 'relay',
  relay: { host: '127.0.0.1', port: own.port, security: 'opportunistic', ...more },
})

const send = async (live: LiveSender, to: string): Promise<string> => {
  const id = await live.queue(to)
  await live.run()
  return (await outcomeOf(h, id)).status
}

test('a workspace without settings of its own goes the way of the instance; a sandbox says so', async () => {
  const [live, sandbox] = [await createTenant(h, { mode: 'live' }), await createTenant(h)]
  assert.deepEqual(await read(live), { delivery: 'instance', relay: null, effective: 'relay' })
  assert.equal((await read(sandbox)).effective, 'sandbox')
  const refused = await save(sandbox, relay())
  assert.deepEqual([refused.status, refused.body.detail], [409, 'LIVE_WORKSPACE_ONLY'])
})

test('mail of a workspace with a relay of its own goes through that one, and a change is seen within seconds', async () => {
  const [mine, other] = [await createLiveSender(h), await createLiveSender(h)]
  assert.equal((await save(mine.tenant, relay())).status, 200)
  assert.equal(await send(mine, 'ann@people.test'), 'delivered')
  assert.equal(await send(other, 'bob@people.test'), 'delivered')
  assert.deepEqual(
    own.taken.map(({ rcpt_to }) => rcpt_to),
    ['ann@people.test'],
  )
  assert.deepEqual(
    instance.taken.map(({ rcpt_to }) => rcpt_to),
    ['bob@people.test'],
  )

  const back = await save(mine.tenant, { delivery: 'instance' })
  assert.equal(back.body.mail_delivery.relay?.port, own.port, 'the relay is remembered')
  const began = performance.now()
  for (let i = 0; ; i++) {
    assert.equal(await send(mine, `cy${i}@people.test`), 'delivered')
    if (instance.taken.some(({ rcpt_to }) => rcpt_to === `cy${i}@people.test`)) break
    assert.ok(performance.now() - began < 10_000, 'the change was never seen')
  }
})

test('a password is sealed, never shown, and not handed to another host', async () => {
  const tenant = await createTenant(h, { mode: 'live' })
  const secret = 'correct horse battery'
  const saved = await save(tenant, relay({ security: 'starttls', user: 'me', password: secret }))
  assert.equal(saved.status, 200, saved.text)
  assert.deepEqual(saved.body.mail_delivery.relay, {
    host: '127.0.0.1',
    port: own.port,
    security: 'starttls',
    user: 'me',
    has_password: true,
  })
  assert.ok(!saved.text.includes(secret))
  const stored = async (): Promise<string | null> => {
    const { rows } = await sql<{ relay_password: string | null }>`
      select relay_password from workspace_delivery where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
    return rows[0]?.relay_password ?? null
  }
  const sealed = await stored()
  assert.ok(sealed && !sealed.includes(secret))
  assert.equal(h.deps.secrets.open(sealed, tenant.workspace_id).toString(), secret)
  // Left out, it stays for the same account …
  assert.equal((await save(tenant, relay({ security: 'starttls', user: 'me' }))).status, 200)
  assert.equal(await stored(), sealed)
  // … and is asked for again where host or user are others.
  const elsewhere = relay({ security: 'starttls', user: 'me', port: instance.port })
  const refused = await save(tenant, elsewhere)
  assert.deepEqual([refused.status, refused.body.details?.[0]?.loc.at(-1)], [422, 'password'])
  assert.equal((await read(tenant)).relay?.port, own.port, 'nothing was half written')
})

test('a relay is refused with everything that is wrong with it: port, private address, password in clear', async () => {
  const tenant = await createTenant(h, { mode: 'live' })
  const bad = await save(tenant, {
    delivery: 'relay',
    relay: { host: '10.1.2.3', port: 6379, security: 'opportunistic', user: 'me', password: 'x' },
  })
  assert.equal(bad.status, 422)
  assert.deepEqual(bad.body.details?.map(({ type }) => type).sort(), ['egress', 'port', 'security'])
  for (const host of ['169.254.169.254', '127.0.0.1', '[::1]', '::1', 'localhost', '2130706433', '0x7f.1'])
    assert.equal((await save(tenant, { delivery: 'relay', relay: { host, port: 25 } })).status, 422, host)
  assert.equal((await save(tenant, { delivery: 'relay' })).status, 422)
  assert.equal((await save(tenant, { delivery: 'pigeon' })).status, 422)
  assert.deepEqual(await read(tenant), { delivery: 'instance', relay: null, effective: 'relay' })
})

test('direct delivery is refused where the operator has not prepared it', async () => {
  const tenant = await createTenant(h, { mode: 'live' })
  const refused = await save(tenant, { delivery: 'direct' })
  assert.deepEqual([refused.status, refused.body.detail], [409, 'MAIL_NOT_CONFIGURED'])
})

test('a relay that is down keeps the messages queued and takes none of their tries', async () => {
  const live = await createLiveSender(h)
  const gone = await startReceiver('127.0.0.1', 0)
  const { port } = gone
  await gone.close()
  await sql`
    insert into workspace_delivery (workspace_id, delivery, relay_host, relay_port, relay_security, updated_at)
    values (${live.tenant.workspace_id}, 'relay', '127.0.0.1', ${port}, 'opportunistic', ${h.clock.now()})`.execute(
    h.deps.db,
  )
  const id = await live.queue('ann@people.test')
  assert.equal(await sendQueued(h.deps, live.tenant.workspace_id), 0)
  const row = await outcomeOf(h, id)
  assert.deepEqual([row.status, row.attempts], ['queued', 0])
})
