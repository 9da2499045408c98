import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createLiveSender, type LiveSender, outcomeOf } from '../../../test/live-sender.ts'
import { type Receiver, startReceiver, zooAuthority, zooCertificate } from '../../../test/smtp-zoo.ts'
import { type SubmissionServer, startSubmissionServer } from '../../../test/submission-server.ts'
import { createEgressPolicy } from '../../ports/egress.ts'
import { sendQueued } from '../emails/send-emails.ts'

type Delivery = {
  delivery: string
  effective: string
  relay: { host: string; port: number; security: string; user: string | null; has_password: boolean } | null
}
type Details = { detail: string; details?: { loc: (string | number)[]; msg: string; type: string }[] }
type Settings = { mail_delivery: Delivery } & Details
type Tested = {
  ok: boolean
  host: string
  port: number
  problem: { type: string; message: string; smtp_code: number | null; smtp_text: string | null } | null
} & Details

/** The name in the certificate of a relay with log-ins, which a policy of the test leads to loopback. */
const NAME = 'mx.sts-enforce.test'
const secret = 'correct horse battery'

let h: Harness
let instance: Receiver
let own: Receiver
let guarded: SubmissionServer
/** A port where nobody listens. */
let down: number

before(async () => {
  instance = await startReceiver('127.0.0.1', 0)
  own = await startReceiver('127.0.0.1', 0)
  guarded = await startSubmissionServer({ ca: zooAuthority(), ...zooCertificate() })
  guarded.passwords.set('me', secret)
  const gone = await startReceiver('127.0.0.1', 0)
  await gone.close()
  down = gone.port
  const allow = [instance, own, guarded, gone].map(({ port }) => `127.0.0.1:${port}`)
  h = await startHarness({
    env: {
      SMTP_RELAY_URL: `smtp://127.0.0.1:${instance.port}`,
      EGRESS_ALLOW: [...allow, `${NAME}:${guarded.port}`].join(','),
    },
    overrides: {
      mail_ca: zooAuthority(),
      egress: createEgressPolicy(allow, async () => [{ address: '127.0.0.1' }]),
    },
  })
})
after(async () => {
  await h.close()
  await instance.close()
  await own.close()
  await guarded.close()
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

const login = (more: Record<string, unknown> = {}) =>
  relay({ host: NAME, port: guarded.port, security: 'tls', user: 'me', password: secret, ...more })

const storedPassword = async (tenant: TestTenant): Promise<string | null> => {
  const { rows } = await sql<{ relay_password: string | null }>`
    select relay_password from workspace_delivery where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
  return rows[0]?.relay_password ?? null
}

test('a relay is logged in to before it is stored: with a wrong password nothing is, and the server’s words say why', async () => {
  const tenant = await createTenant(h, { mode: 'live' })
  const before = guarded.logins.length
  const wrong = await save(tenant, login({ password: 'wrong' }))
  assert.deepEqual([wrong.status, wrong.body.details?.[0]?.loc.at(-1)], [422, 'password'])
  assert.match(wrong.body.details?.[0]?.msg ?? '', /refused the log-in of me \(535\)\. It says: .*not accepted/)
  assert.ok(!wrong.text.includes('"wrong"'))
  assert.deepEqual(await read(tenant), { delivery: 'instance', relay: null, effective: 'relay' })
  assert.equal((await save(tenant, login())).status, 200)
  assert.deepEqual(
    guarded.logins.slice(before).map(({ taken }) => taken),
    [false, true],
  )
  // The log-in changes behind our back: what is stored already is tried again before mail is switched to it.
  await save(tenant, { delivery: 'instance' })
  guarded.passwords.set('me', 'another')
  assert.equal((await save(tenant, { delivery: 'relay' })).status, 422)
  assert.equal((await read(tenant)).delivery, 'instance')
  guarded.passwords.set('me', secret)
  assert.equal((await save(tenant, { delivery: 'relay' })).status, 200)
})

test('mail of a workspace goes through its relay with the sealed password, encrypted', async () => {
  const live = await createLiveSender(h)
  assert.equal((await save(live.tenant, login())).status, 200)
  assert.equal(await send(live, 'dee@people.test'), 'delivered')
  assert.deepEqual(
    guarded.received.map(({ to, user }) => [to, user]),
    [['dee@people.test', 'me']],
  )
})

test('a relay that is not there, speaks no TLS, or turns us away at the door is not stored', async () => {
  const tenant = await createTenant(h, { mode: 'live' })
  const expected: [object, string, string][] = [
    [relay({ port: own.port, security: 'starttls' }), 'security', 'tls'],
    [relay({ port: own.port, security: 'tls' }), 'security', 'tls'],
    [relay({ port: down }), 'host', 'network'],
  ]
  for (const [change, field, type] of expected) {
    const refused = await save(tenant, change)
    assert.equal(refused.status, 422, refused.text)
    assert.deepEqual([refused.body.details?.[0]?.loc.at(-1), refused.body.details?.[0]?.type], [field, type])
  }
  own.habits.greeting = () => '554 5.7.1 Your network is not welcome\r\n'
  const turned = await save(tenant, relay())
  own.habits.greeting = undefined
  assert.deepEqual([turned.body.details?.[0]?.type, turned.status], ['refused', 422])
  assert.match(turned.body.details?.[0]?.msg ?? '', /answered with 554\. It says: Your network is not welcome/)
  assert.equal((await read(tenant)).relay, null)
})

test('a relay can be tried without being stored, the stored one too, and it can be removed', async () => {
  const tenant = await createTenant(h, { mode: 'live' })
  const run = (body?: unknown, of = tenant) =>
    h.call<Tested>('POST', `/api/v1/workspaces/${of.workspace_id}/mail-delivery/test`, { as: of.key, body })
  const none = await run()
  assert.deepEqual([none.status, none.body.detail], [409, 'MAIL_NOT_CONFIGURED'])
  const candidate = login().relay
  const tried = await run({ relay: candidate })
  assert.deepEqual(tried.body, { ok: true, host: NAME, port: guarded.port, problem: null })
  assert.equal((await read(tenant)).relay, null)
  const wrong = await run({ relay: { ...candidate, password: 'wrong' } })
  assert.deepEqual([wrong.status, wrong.body.ok, wrong.body.problem?.type], [200, false, 'auth'])
  assert.equal(wrong.body.problem?.smtp_code, 535)
  const inside = await run({ relay: { host: '10.0.0.1', port: 25 } })
  assert.deepEqual([inside.status, inside.body.details?.[0]?.type], [422, 'egress'])

  await save(tenant, login())
  assert.equal((await run()).body.ok, true)
  const messages = guarded.received.length
  guarded.passwords.set('me', 'another')
  assert.equal((await run()).body.problem?.type, 'auth')
  guarded.passwords.set('me', secret)
  assert.equal(guarded.received.length, messages, 'a test sends nothing')

  // Only with another way to go can it be taken out, and its password goes with it.
  assert.equal((await save(tenant, { delivery: 'relay', relay: null })).status, 422)
  const removed = await save(tenant, { delivery: 'instance', relay: null })
  assert.deepEqual(removed.body.mail_delivery, { delivery: 'instance', relay: null, effective: 'relay' })
  assert.equal(await storedPassword(tenant), null)

  const sandbox = await createTenant(h)
  const refused = await run({ relay: candidate }, sandbox)
  assert.deepEqual([refused.status, refused.body.detail], [409, 'LIVE_WORKSPACE_ONLY'])
  const foreign = await h.call('POST', `/api/v1/workspaces/${tenant.workspace_id}/mail-delivery/test`, {
    as: sandbox.key,
  })
  assert.equal(foreign.status, 404)
})

test('a password is sealed, never shown, and not handed to another host', async () => {
  const tenant = await createTenant(h, { mode: 'live' })
  const saved = await save(tenant, login())
  assert.equal(saved.status, 200, saved.text)
  assert.deepEqual(saved.body.mail_delivery.relay, {
    host: NAME,
    port: guarded.port,
    security: 'tls',
    user: 'me',
    has_password: true,
  })
  assert.ok(!saved.text.includes(secret))
  const sealed = await storedPassword(tenant)
  assert.ok(sealed && !sealed.includes(secret))
  assert.equal(h.deps.secrets.open(sealed, tenant.workspace_id).toString(), secret)
  // Left out, it stays for the same account …
  assert.equal((await save(tenant, login({ password: undefined }))).status, 200)
  assert.equal(await storedPassword(tenant), sealed)
  // … and is asked for again where host or user are others.
  const before = guarded.logins.length
  const refused = await save(tenant, login({ password: undefined, host: '127.0.0.1' }))
  assert.deepEqual([refused.status, refused.body.details?.[0]?.loc.at(-1)], [422, 'password'])
  assert.equal(guarded.logins.length, before, 'nobody was given it')
  assert.equal((await read(tenant)).relay?.host, NAME, 'nothing was half written')
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
  await sql`
    insert into workspace_delivery (workspace_id, delivery, relay_host, relay_port, relay_security, updated_at)
    values (${live.tenant.workspace_id}, 'relay', '127.0.0.1', ${down}, 'opportunistic', ${h.clock.now()})`.execute(
    h.deps.db,
  )
  const id = await live.queue('ann@people.test')
  assert.equal(await sendQueued(h.deps, live.tenant.workspace_id), 0)
  const row = await outcomeOf(h, id)
  assert.deepEqual([row.status, row.attempts], ['queued', 0])
})
