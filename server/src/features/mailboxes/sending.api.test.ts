import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createDataset, createTemplate, createTenant, type TestTenant } from '../../../test/builders.ts'
import { dovecotMissing } from '../../../test/dovecot.ts'
import { unique } from '../../../test/harness.ts'
import {
  connect,
  type MailboxBench,
  PASSWORD,
  reply,
  startMailboxBench,
  type TestMailbox,
  until,
} from '../../../test/mailbox-account.ts'
import { type OAuthIssuer, startOAuthIssuer } from '../../../test/oauth-issuer.ts'
import { keepSentCopy } from './sent-copies.ts'
import { watchMailboxes } from './watch-mailboxes.ts'

const MINUTE_MS = 60_000

describe('a campaign sends through a connected mailbox', { skip: dovecotMissing }, () => {
  let bench: MailboxBench
  let issuer: OAuthIssuer
  let tenant: TestTenant
  before(async () => {
    issuer = await startOAuthIssuer()
    bench = await startMailboxBench({
      users: ['ada@mail.test', 'bo@mail.test', 'cy@mail.test', 'di@mail.test', 'ed@mail.test', 'flo@corp.test'],
      token_info_url: issuer.token_info_url,
      isToken: issuer.isToken,
      allow: [`127.0.0.1:${issuer.port}`],
      env: {
        GOOGLE_CLIENT_ID: issuer.client_id,
        GOOGLE_CLIENT_SECRET: issuer.client_secret,
        GOOGLE_OAUTH_URL: issuer.url,
        // Nothing listens there: what left through the relay instead of the mailbox would not arrive.
        SMTP_RELAY_URL: 'smtp://127.0.0.1:9',
      },
      envWith: ({ smtp_port, imap_port }) => ({
        GOOGLE_MAIL_SERVERS: `smtps://localhost:${smtp_port},imaps://localhost:${imap_port}`,
      }),
    })
    tenant = await createTenant(bench.h, { mode: 'live' })
  })
  after(async () => {
    await bench?.close()
    await issuer?.close()
  })

  const call = <T>(method: string, path: string, body?: unknown) =>
    bench.h.call<T>(method, path, { as: tenant.key, body })

  const launch = async (mailbox: TestMailbox, to: string[], steps = 1): Promise<string> => {
    const template = (subject: string, body: string) => createTemplate(bench.h, tenant, { subject, body })
    const texts = [
      await template('A question', 'Hi {{ first_name }}, how do you do it?'),
      ...(steps > 1 ? [await template('', 'Just this once more.')] : []),
    ]
    const made = await call<{ campaign_id: string }>('POST', '/api/v1/campaigns/', {
      name: unique('campaign'),
      dataset_id: await createDataset(
        bench.h,
        tenant,
        to.map((email, i) => ({ email, first_name: `Person ${i + 1}` })),
      ),
      alias_ids: [mailbox.alias_id],
      min_interval_seconds: 60,
      sending_window_start: '00:00:00',
      sending_window_end: '23:59:00',
      send_days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      steps: texts.map((template_id, i) => ({
        step: i + 1,
        delay_days: i,
        variants: [{ label: 'A', weight: 100, type: 'TEMPLATE', template_id }],
      })),
    })
    assert.equal(made.status, 201, made.text)
    const launched = await call('POST', `/api/v1/campaigns/${made.body.campaign_id}/launch`)
    assert.ok(launched.status < 300, launched.text)
    await bench.h.worker.drain()
    return made.body.campaign_id
  }
  const run = async (minutes: number): Promise<void> => {
    for (let i = 0; i < minutes; i++) {
      bench.h.clock.advance(2 * MINUTE_MS)
      await bench.h.worker.drain()
    }
  }
  const sentFrom = (email: string) => bench.smtp.received.filter(({ user }) => user === email)
  const leadsOf = async (campaign_id: string): Promise<{ email: string; status: string }[]> =>
    (
      await sql<{
        email: string
        status: string
      }>`select email, status from campaign_leads where campaign_id = ${campaign_id} order by email`.execute(
        bench.h.deps.db,
      )
    ).rows
  const headerOf = (raw: Buffer, name: string): string | undefined =>
    new RegExp(`^${name}: ((?:.|\\r\\n[ \\t])*)`, 'im').exec(raw.toString('utf8').split('\r\n\r\n')[0] ?? '')?.[1]

  test('it leaves as the mailbox’s own mail, is filed once, and the answer to it stops the lead', async () => {
    const mailbox = await connect(bench, tenant, 'ada@mail.test', { display_name: 'Ada Lovelace' })
    const campaign_id = await launch(mailbox, ['bea@people.example'], 2)
    const [sent, ...more] = sentFrom('ada@mail.test')
    assert.ok(sent && more.length === 0, 'one message')
    assert.deepEqual([sent.from, sent.to], ['ada@mail.test', 'bea@people.example'])
    assert.equal(headerOf(sent.raw, 'From'), 'Ada Lovelace <ada@mail.test>')
    assert.equal(headerOf(sent.raw, 'DKIM-Signature'), undefined, 'the provider signs')
    assert.match(headerOf(sent.raw, 'List-Unsubscribe') ?? '', /^<http[^>]+>$/, 'by https alone')
    assert.match(headerOf(sent.raw, 'List-Unsubscribe-Post') ?? '', /One-Click/)
    const message_id = headerOf(sent.raw, 'Message-ID') ?? ''
    assert.match(message_id, /^<[a-z2-7]{42}@mail\.test>$/)

    await run(3)
    const filed = await bench.imap.list('ada@mail.test', PASSWORD, 'Sent')
    assert.equal(filed.length, 1, 'filed once, however often it is looked for')
    assert.equal(filed[0]?.raw, sent.raw.toString('utf8'), 'byte for byte')
    assert.ok(filed[0]?.flags.includes('\\Seen'))
    const left = await sql`select 1 from mailbox_sent_copies`.execute(bench.h.deps.db)
    assert.equal(left.rows.length, 0, 'the bytes are not kept any longer')

    const watcher = watchMailboxes(bench.h.deps, { round_ms: 50 })
    try {
      await bench.imap.deliver('ada@mail.test', PASSWORD, reply('ada@mail.test', 'bea@people.example', message_id))
      await until(async () => {
        await bench.h.worker.drain()
        return (await leadsOf(campaign_id))[0]?.status === 'replied'
      })
    } finally {
      await watcher.stop()
    }
    bench.h.clock.advance(3 * 86_400_000)
    await bench.h.worker.drain()
    assert.equal(sentFrom('ada@mail.test').length, 1, 'who answered gets no second step')
  })

  test('an answer to APPEND that was lost does not file a message twice, and one set to never files none', async () => {
    const mailbox = await connect(bench, tenant, 'bo@mail.test')
    await launch(mailbox, ['b1@people.example'])
    const [sent] = sentFrom('bo@mail.test')
    assert.ok(sent)
    await run(1)
    // As if the process had died between the server's storing it and our writing that down.
    const { rows } = await sql<{
      id: string
      message_id: string
    }>`select id, message_id from emails where alias_id = ${mailbox.alias_id}`.execute(bench.h.deps.db)
    const { id, message_id } = rows[0] as { id: string; message_id: string }
    const copy = { email_id: id, workspace_id: tenant.workspace_id, mailbox_id: mailbox.id, message_id, raw: sent.raw }
    await keepSentCopy(bench.h.deps.db, copy, bench.h.clock.now())
    await run(2)
    assert.equal((await bench.imap.list('bo@mail.test', PASSWORD, 'Sent')).length, 1)
    const waiting = await sql`select 1 from mailbox_sent_copies`.execute(bench.h.deps.db)
    assert.equal(waiting.rows.length, 0)
    await call('PATCH', `/api/v1/mailboxes/${mailbox.id}`, { sent_copies: 'never' })
    await launch(mailbox, ['b2@people.example'])
    await run(3)
    assert.equal(sentFrom('bo@mail.test').length, 2)
    assert.equal((await bench.imap.list('bo@mail.test', PASSWORD, 'Sent')).length, 1)
  })

  test('the ramp-up and the cap of the day hold', async () => {
    const mailbox = await connect(bench, tenant, 'cy@mail.test', { daily_limit: 7, ramp_start: 2, ramp_step: 3 })
    const people = Array.from({ length: 20 }, (_, i) => `c${i}@people.example`)
    // From the first minute of a day, so that a day's hours are enough for what it may send.
    bench.h.clock.set(new Date('2026-02-02T00:01:00Z'))
    await launch(mailbox, people)
    const perDay: number[] = []
    for (let day = 2; day <= 4; day++) {
      bench.h.clock.set(new Date(`2026-02-0${day}T06:00:00Z`))
      const before = day === 2 ? 0 : sentFrom('cy@mail.test').length
      await run(12)
      perDay.push(sentFrom('cy@mail.test').length - before)
    }
    assert.deepEqual(perDay, [2, 5, 7])
  })

  test('a refused log-in takes the mailbox out of use with one try; its message waits, is lost to nobody, and leaves once it may', async () => {
    const mailbox = await connect(bench, tenant, 'di@mail.test')
    bench.smtp.passwords.set('di@mail.test', 'changed by its owner')
    const campaign_id = await launch(mailbox, ['d1@people.example', 'd2@people.example'])
    await run(5)
    const refused = bench.smtp.logins.filter(({ user, taken }) => user === 'di@mail.test' && !taken)
    assert.equal(refused.length, 1, 'nobody hammers an account')
    const state = await call<TestMailbox>('GET', `/api/v1/mailboxes/${mailbox.id}`)
    assert.equal(state.body.status, 'needs_attention')
    const alerts = await sql`select 1 from alerts where metadata ->> 'mailbox_id' = ${mailbox.id}`.execute(
      bench.h.deps.db,
    )
    assert.equal(alerts.rows.length, 1)
    assert.deepEqual(
      (await leadsOf(campaign_id)).filter(({ status }) => status === 'failed' || status === 'bounced'),
      [],
    )
    bench.h.clock.advance(5 * 86_400_000)
    await run(2)
    assert.equal(sentFrom('di@mail.test').length, 0)
    await bench.imap.setPassword('di@mail.test', 'changed by its owner')
    const renewed = await call<TestMailbox>('POST', `/api/v1/mailboxes/${mailbox.id}/reconnect`, {
      password: 'changed by its owner',
    })
    assert.equal(renewed.body.status, 'active', renewed.text)
    await run(20)
    assert.deepEqual(
      sentFrom('di@mail.test')
        .map(({ to }) => to)
        .sort(),
      ['d1@people.example', 'd2@people.example'],
    )
  })

  test('the provider’s own cap is no bounce: the message waits and leaves later', async () => {
    const mailbox = await connect(bench, tenant, 'ed@mail.test')
    bench.smtp.refusal = { code: 550, text: '5.4.5 Daily user sending limit exceeded. Learn more at support.example' }
    const campaign_id = await launch(mailbox, ['e1@people.example'])
    assert.deepEqual([sentFrom('ed@mail.test').length, (await leadsOf(campaign_id))[0]?.status], [0, 'pending'])
    bench.smtp.refusal = null
    await run(10)
    assert.equal(sentFrom('ed@mail.test').length, 1)
  })

  test('a mailbox of consent logs in by XOAUTH2, with a token that is renewed when it is not taken', async () => {
    issuer.account = 'flo@corp.test'
    const session = (await bench.h.deps.sessions.open(tenant.user_id)).access_token
    const asked = await bench.h.call<{ authorize_url: string }>('POST', '/api/v1/mailboxes/oauth/authorize', {
      as: session,
      body: { provider: 'google' },
    })
    const back = new URL((await fetch(asked.body.authorize_url, { redirect: 'manual' })).headers.get('location') ?? '')
    const done = await fetch(back.origin + back.pathname, { method: 'POST', body: new URLSearchParams(back.search) })
    assert.equal(done.status, 200)
    const mailbox = (await call<{ items: TestMailbox[] }>('GET', '/api/v1/mailboxes')).body.items.find(
      ({ email }) => email === 'flo@corp.test',
    )
    assert.ok(mailbox)
    issuer.dropAccessTokens()
    await launch(mailbox, ['f1@people.example'])
    await run(10)
    assert.equal(sentFrom('flo@corp.test').length, 1)
    assert.ok(
      bench.smtp.logins.some(({ method, user, taken }) => method === 'XOAUTH2' && user === 'flo@corp.test' && taken),
    )
    assert.equal((await call<TestMailbox>('GET', `/api/v1/mailboxes/${mailbox.id}`)).body.status, 'active')
  })
})
