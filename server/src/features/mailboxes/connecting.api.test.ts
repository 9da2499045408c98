import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createDataset, createTemplate, createTenant, type TestTenant } from '../../../test/builders.ts'
import { dovecotMissing } from '../../../test/dovecot.ts'
import { unique } from '../../../test/harness.ts'
import {
  connect,
  type MailboxBench,
  markSent,
  PASSWORD,
  reply,
  servers,
  startMailboxBench,
  type TestMailbox,
} from '../../../test/mailbox-account.ts'

type Refusal = { detail: string; message: string; details?: { loc: string[]; msg: string; type: string }[] }

const WRONG = 'not-the-password-8899'
const POLL_MS = 121_000

describe('connecting a mailbox', { skip: dovecotMissing }, () => {
  let bench: MailboxBench
  let tenant: TestTenant
  before(async () => {
    const names = ['ada', 'bo', 'cy', 'di', 'ed']
    bench = await startMailboxBench({ users: names.map((name) => `${name}@mail.test`) })
    tenant = await createTenant(bench.h, { mode: 'live' })
  })
  after(() => bench?.close())

  const call = <T>(method: string, path: string, body?: unknown) =>
    bench.h.call<T>(method, path, { as: tenant.key, body })
  const failedLogins = (email: string): number =>
    bench.imap
      .log()
      .split(`passwd-file(${email}`)
      .filter((line) => /^[^\n]*(?:mismatch|unknown user)/i.test(line)).length
  const alerts = async (): Promise<{ title: string; message: string; metadata: Record<string, string> }[]> =>
    (
      await call<{ items: { title: string; message: string; metadata: Record<string, string> }[] }>(
        'GET',
        '/api/v1/notifications/alerts',
      )
    ).body.items
  const count = async (table: string): Promise<number> =>
    Number(
      (
        await sql<{
          n: number
        }>`select count(*) as n from ${sql.ref(table)} where workspace_id = ${tenant.workspace_id}`.execute(
          bench.h.deps.db,
        )
      ).rows[0]?.n,
    )

  test('it becomes a careful sender: 40 a day, 5 on the first day and 3 more each day, and its domain is nobody’s claim', async () => {
    const mailbox = await connect(bench, tenant, 'Ada@Mail.test', { display_name: 'Ada Lovelace' })
    const { status, body } = await call<Record<string, unknown>>('GET', `/api/v1/mailboxes/${mailbox.id}`)
    assert.equal(status, 200)
    assert.deepEqual(
      [
        body.email,
        body.status,
        body.daily_limit,
        body.ramp_start,
        body.ramp_step,
        body.sent_today,
        body.sent_folder,
        body.provider,
      ],
      ['ada@mail.test', 'active', 40, 5, 3, 0, 'Sent', 'other'],
    )
    const domains = await call<unknown[]>('GET', '/api/v1/bavimail/domains')
    assert.deepEqual(domains.body, [])
    const owned = await call<{ status: string }>('POST', '/api/v1/bavimail/domains', { domain: 'mail.test' })
    assert.equal(owned.status, 200, 'the same workspace may register the domain for itself')
    assert.equal(owned.body.status, 'pending')
    const again = await call<Refusal>('POST', '/api/v1/mailboxes', {
      email: 'ada@mail.test',
      password: PASSWORD,
      ...servers(bench),
    })
    assert.deepEqual([again.status, again.body.detail], [409, 'ALREADY_EXISTS'])
  })

  test('both log-ins are tried, every problem is named at once, and nothing is stored', async () => {
    const before = [await count('mailboxes'), await count('aliases'), await count('sending_domains')]
    const wrong = await call<Refusal>('POST', '/api/v1/mailboxes', {
      email: 'bo@mail.test',
      password: WRONG,
      ...servers(bench),
    })
    assert.deepEqual([wrong.status, wrong.body.detail], [422, 'MAILBOX_REFUSED'])
    assert.deepEqual(
      wrong.body.details?.map(({ loc, type }) => [...loc, type]),
      [
        ['body', 'smtp', 'auth'],
        ['body', 'imap', 'auth'],
      ],
    )
    const unreachable = await call<Refusal>('POST', '/api/v1/mailboxes', {
      email: 'bo@mail.test',
      password: PASSWORD,
      smtp: { host: 'localhost', port: 465, security: 'tls' },
      imap: { host: '169.254.169.254', port: 993, security: 'tls' },
    })
    assert.deepEqual(
      unreachable.body.details?.map(({ loc, type }) => [...loc, type]),
      [
        ['body', 'smtp', 'egress'],
        ['body', 'imap', 'egress'],
      ],
    )
    const ports = await call<Refusal>('POST', '/api/v1/mailboxes', {
      email: 'bo@mail.test',
      password: PASSWORD,
      smtp: { host: 'mail.example.com', port: 22, security: 'tls' },
      imap: { host: 'mail.example.com', port: 6379, security: 'starttls' },
    })
    assert.deepEqual(
      ports.body.details?.map(({ loc }) => loc),
      [
        ['body', 'smtp', 'port'],
        ['body', 'imap', 'port'],
      ],
    )
    const unnamed = await call<Refusal>('POST', '/api/v1/mailboxes', { email: 'bo@mail.test', password: PASSWORD })
    assert.deepEqual(
      unnamed.body.details?.map(({ loc, type }) => [...loc, type]),
      [
        ['body', 'smtp', 'missing'],
        ['body', 'imap', 'missing'],
      ],
    )
    assert.deepEqual([await count('mailboxes'), await count('aliases'), await count('sending_domains')], before)
  })

  test('a sandbox connects none, since it reaches no real server', async () => {
    const sandbox = await createTenant(bench.h)
    const answer = await bench.h.call<Refusal>('POST', '/api/v1/mailboxes', {
      as: sandbox.key,
      body: { email: 'bo@mail.test', password: PASSWORD, ...servers(bench) },
    })
    assert.deepEqual([answer.status, answer.body.detail], [409, 'LIVE_WORKSPACE_ONLY'])
  })

  test('a password that was changed takes the mailbox out of use at once, with one alert and one refused log-in', async () => {
    const mailbox = await connect(bench, tenant, 'cy@mail.test')
    const { message_id } = await markSent(bench.h, tenant, mailbox, 'c1@people.example')
    await bench.imap.setPassword('cy@mail.test', 'changed-by-its-owner')
    const before = failedLogins('cy@mail.test')
    for (let i = 0; i < 5; i++) {
      bench.h.clock.advance(POLL_MS)
      await bench.h.worker.drain()
    }
    const { body } = await call<TestMailbox>('GET', `/api/v1/mailboxes/${mailbox.id}`)
    assert.equal(body.status, 'needs_attention')
    assert.match(body.last_error ?? '', /refused the log-in/)
    assert.equal(failedLogins('cy@mail.test') - before, 1)
    assert.deepEqual(
      (await alerts())
        .filter(({ metadata }) => metadata.mailbox_id === mailbox.id)
        .map(({ metadata }) => metadata.cause),
      ['mailbox_needs_attention'],
    )
    const resumed = await call<Refusal>('PATCH', `/api/v1/mailboxes/${mailbox.id}`, { paused: false })
    assert.deepEqual([resumed.status, resumed.body.detail], [409, 'MAILBOX_STATE'])

    await bench.imap.deliver(
      'cy@mail.test',
      'changed-by-its-owner',
      reply('cy@mail.test', 'c1@people.example', message_id),
    )
    bench.smtp.passwords.set('cy@mail.test', 'changed-by-its-owner')
    const refused = await call<Refusal>('POST', `/api/v1/mailboxes/${mailbox.id}/reconnect`, { password: WRONG })
    assert.equal(refused.status, 422)
    const renewed = await call<TestMailbox>('POST', `/api/v1/mailboxes/${mailbox.id}/reconnect`, {
      password: 'changed-by-its-owner',
    })
    assert.deepEqual([renewed.status, renewed.body.status, renewed.body.last_error], [200, 'active', null])
    await bench.h.worker.drain()
    const { rows } = await sql`select 1 from inbound_emails where alias_id = ${mailbox.alias_id}`.execute(
      bench.h.deps.db,
    )
    assert.equal(rows.length, 1, 'what came while it was out of use is read')
  })

  test('a paused mailbox is not looked into; the test of its log-ins tells what the servers can do', async () => {
    const mailbox = await connect(bench, tenant, 'di@mail.test')
    assert.equal(
      (await call<TestMailbox>('PATCH', `/api/v1/mailboxes/${mailbox.id}`, { paused: true })).body.status,
      'paused',
    )
    const before = bench.imap.log().split('user=<di@mail.test>').length
    bench.h.clock.advance(POLL_MS)
    await bench.h.worker.drain()
    assert.equal(bench.imap.log().split('user=<di@mail.test>').length, before)
    const tested = await call<{ smtp: { ok: boolean }; imap: Record<string, unknown> }>(
      'POST',
      `/api/v1/mailboxes/${mailbox.id}/test`,
    )
    assert.deepEqual(
      [
        tested.body.smtp.ok,
        tested.body.imap.ok,
        tested.body.imap.idle,
        tested.body.imap.condstore,
        tested.body.imap.junk_folder,
      ],
      [true, true, true, true, 'Junk'],
    )
    assert.equal(
      (await call<TestMailbox>('PATCH', `/api/v1/mailboxes/${mailbox.id}`, { paused: false, daily_limit: 12 })).body
        .status,
      'active',
    )
  })

  test('a mailbox that a campaign uses is not disconnected; without one its credentials are erased and its history stays', async () => {
    const mailbox = await connect(bench, tenant, 'ed@mail.test')
    const name = unique('campaign')
    const made = await call<{ campaign_id: string }>('POST', '/api/v1/campaigns/', {
      name,
      dataset_id: await createDataset(bench.h, tenant, [{ email: 'x@people.example' }]),
      alias_ids: [mailbox.alias_id],
      steps: [
        {
          step: 1,
          delay_days: 0,
          variants: [
            {
              label: 'A',
              weight: 100,
              type: 'TEMPLATE',
              template_id: await createTemplate(bench.h, tenant, { subject: 'Hello', body: 'Hi' }),
            },
          ],
        },
      ],
    })
    assert.equal(made.status, 201, made.text)
    const setStatus = (status: string) =>
      sql`update campaigns set status = ${status} where campaign_id = ${made.body.campaign_id}`.execute(bench.h.deps.db)
    await setStatus('active')
    const refused = await call<Refusal>('DELETE', `/api/v1/mailboxes/${mailbox.id}`)
    assert.deepEqual([refused.status, refused.body.detail], [409, 'IN_USE'])
    assert.ok(refused.body.message.includes(name))
    await setStatus('completed')
    await markSent(bench.h, tenant, mailbox, 'x@people.example')
    assert.equal((await call('DELETE', `/api/v1/mailboxes/${mailbox.id}`)).status, 204)
    assert.equal((await call('GET', `/api/v1/mailboxes/${mailbox.id}`)).status, 404)
    const { rows } = await sql<{ credentials: string | null; status: string }>`
      select credentials, status from mailboxes where id = ${mailbox.id}`.execute(bench.h.deps.db)
    assert.deepEqual(rows[0], { credentials: null, status: 'disconnected' })
    const back = await connect(bench, tenant, 'ed@mail.test')
    assert.deepEqual([back.id, back.alias_id], [mailbox.id, mailbox.alias_id], 'it comes back as the same sender')
  })

  test('no password stands in a log line, an answer or a plain column', async () => {
    const answers = JSON.stringify([(await call('GET', '/api/v1/mailboxes')).body, await alerts()])
    const { rows } = await sql`select * from mailboxes`.execute(bench.h.deps.db)
    assert.ok(rows.length >= 4 && answers.includes('ada@mail.test') && bench.logged().includes('connect_mailbox'))
    for (const secret of [PASSWORD, WRONG, 'changed-by-its-owner'])
      for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)])
        for (const text of [bench.logged(), answers, JSON.stringify(rows)]) assert.ok(!text.includes(form), form)
  })
})
