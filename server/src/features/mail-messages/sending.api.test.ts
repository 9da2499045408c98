import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { authenticate } from 'mailauth'
import PostalMime from 'postal-mime'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createSender, type TestSender } from '../../../test/outgoing.ts'
import { type SmtpSink, type SunkMessage, startSmtpSink } from '../../../test/smtp-sink.ts'
import { newId } from '../../ids.ts'
import { findAddressToken } from '../../mail-token.ts'

/** A live workspace sends over a real SMTP session to a server that keeps what it gets. */
type Message = {
  id: string
  status: string
  subject: string
  conversation_id: string
  provider_message_id: string
  error_message: string | null
  attachments: { id: string; filename: string; sha256: string; content_id: string | null; is_inline: boolean }[]
  attachment_count: number
  send_at: string | null
  send_at_utc: string | null
  cancelled_at: string | null
  tracked_links_count: number
  recipients: { email: string; kind: string; status: string; next_attempt_at: string | null; attempts: number }[]
}

let sink: SmtpSink
let h: Harness
let tenant: TestTenant
let sender: TestSender

before(async () => {
  sink = await startSmtpSink()
  h = await startHarness({
    env: {
      SMTP_RELAY_URL: `smtp://127.0.0.1:${sink.port}`,
      EGRESS_ALLOW: `127.0.0.1:${sink.port}`,
      MESSAGE_MAX_BYTES: '3000000',
    },
  })
  tenant = await createTenant(h, { mode: 'live', timezone: 'Europe/Oslo' })
  sender = await createSender(h, tenant)
  await sql`update sending_domains set status = 'verified', verified_at = ${h.clock.now()}, next_check_at = null where id = ${sender.domain_id}`.execute(
    h.deps.db,
  )
  await sql`update aliases set daily_limit = 10000 where id = ${sender.alias_id}`.execute(h.deps.db)
})
after(async () => {
  await h?.close()
  await sink?.close()
})

const post = <T = Message>(body: object, headers: Record<string, string> = {}) =>
  h.call<T>('POST', '/mail/v1/emails', {
    as: tenant.key,
    body: { alias_id: sender.alias_id, subject: 'A question', body: 'Hello there.', ...body },
    headers,
  })

/** Accepts a message and fails with the answer where it was not. */
const accept = async (body: object): Promise<Message> => {
  const { status, body: made, text } = await post(body)
  assert.equal(status, 200, text)
  return made
}

const read = async (id: string): Promise<Message> =>
  (await h.call<Message>('GET', `/mail/v1/emails/${id}`, { as: tenant.key })).body

const to = (address: string): SunkMessage[] => sink.received.filter(({ rcpt_to }) => rcpt_to.includes(address))
const only = (address: string): SunkMessage => {
  const found = to(address)
  assert.equal(found.length, 1, `${address} got ${found.length} messages`)
  return found[0] as SunkMessage
}
const header = (parsed: { headers: { key: string; value: string }[] }, name: string): string | undefined =>
  parsed.headers.find(({ key }) => key === name)?.value

const person = (name: string): string => `${name}.${newId().slice(-8)}@people.example`

const eventsOf = async (id: string, type = ''): Promise<{ event_type: string; recipient: string | null }[]> =>
  (
    await h.call<{ events: { event_type: string; recipient: string | null }[] }>(
      'GET',
      `/mail/v1/emails/${id}/events${type ? `?event_type=${type}` : ''}`,
      { as: tenant.key },
    )
  ).body.events

describe('a message and its recipients', () => {
  test('each recipient gets a copy in an envelope of its own, Bcc unseen, with a return address that names it', async () => {
    const [ada, bob, cleo, dora] = ['ada', 'bob', 'cleo', 'dora'].map(person) as [string, string, string, string]
    const made = await accept({
      to_emails: [ada, bob],
      cc_emails: [cleo],
      bcc_emails: [dora],
      reply_to: 'team@people.example',
    })
    assert.equal(made.status, 'queued')
    await h.worker.drain()
    const copies = [ada, bob, cleo, dora].map(only)
    for (const copy of copies) {
      assert.equal(copy.rcpt_to.length, 1)
      const parsed = await PostalMime.parse(copy.raw)
      assert.deepEqual(
        parsed.to?.map(({ address }) => address),
        [ada, bob],
      )
      assert.deepEqual(
        parsed.cc?.map(({ address }) => address),
        [cleo],
      )
      assert.equal(parsed.replyTo?.[0]?.address, 'team@people.example')
      assert.ok(!copy.raw.toString('latin1').includes(dora) || copy.rcpt_to[0] === dora)
      assert.equal(parsed.messageId, made.provider_message_id)
      assert.equal(header(parsed, 'list-unsubscribe-post'), 'List-Unsubscribe=One-Click')
    }
    assert.equal(new Set(copies.map(({ mail_from }) => mail_from)).size, 4)
    for (const [position, { mail_from }] of copies.entries()) {
      const token = findAddressToken(mail_from)
      const proof = token && h.deps.mail_tokens.verify('bounce', token.token)
      assert.deepEqual([proof?.email_id, proof?.extra], [made.id, position === 0 ? undefined : `r${position}`])
    }
    const done = await read(made.id)
    assert.equal(done.status, 'delivered')
    assert.deepEqual(
      done.recipients.map(({ email, kind, status }) => [email, kind, status]),
      [
        [ada, 'to', 'delivered'],
        [bob, 'to', 'delivered'],
        [cleo, 'cc', 'delivered'],
        [dora, 'bcc', 'delivered'],
      ],
    )
    assert.deepEqual((await eventsOf(made.id)).map(({ event_type }) => event_type).sort(), [
      'delivered',
      'delivered',
      'delivered',
      'delivered',
      'sent',
    ])
  })

  test('one refused and one deferred do not hold up the third; the deferred one alone is tried again', async () => {
    const [good, gone, later] = ['good', 'gone', 'later'].map(person) as [string, string, string]
    sink.refuse.set(gone, { code: 550, text: '5.1.1 User unknown' })
    sink.refuse.set(later, { code: 450, text: '4.2.0 Greylisted, come back' })
    const { id } = await accept({ to_emails: [good, gone, later] })
    await h.worker.drain()
    const now = await read(id)
    assert.equal(now.status, 'sent')
    assert.deepEqual(
      now.recipients.map(({ status }) => status),
      ['delivered', 'bounced', 'deferred'],
    )
    assert.equal(now.recipients[2]?.next_attempt_at, new Date(h.clock.now().getTime() + 600_000).toISOString())
    sink.refuse.delete(later)
    await h.worker.drain()
    assert.equal(to(later).length, 0, 'not before its time')
    h.clock.advance(600_000)
    await h.worker.drain()
    only(good)
    only(later)
    const done = await read(id)
    assert.deepEqual(
      done.recipients.map(({ status, attempts }) => [status, attempts]),
      [
        ['delivered', 1],
        ['bounced', 1],
        ['delivered', 2],
      ],
    )
    assert.match(done.error_message ?? '', new RegExp(`${gone}: .*does not exist`))
    assert.deepEqual(
      (await eventsOf(id, 'bounced')).map(({ recipient }) => recipient),
      [gone],
    )
    const again = await post({ to_email: gone })
    assert.deepEqual(
      [again.status, (again.body as never as { detail: { code: string } }).detail.code],
      [409, 'RECIPIENT_SUPPRESSED'],
    )
  })

  test('where nobody can be reached the message is bounced; a recipient that defers for 72 hours is given up', async () => {
    const [gone, never] = ['gone', 'never'].map(person) as [string, string]
    sink.refuse.set(gone, { code: 550, text: '5.1.1 User unknown' })
    sink.refuse.set(never, { code: 451, text: '4.3.0 Later' })
    const bounced = await accept({ to_email: gone })
    const expired = await accept({ to_email: never })
    await h.worker.drain()
    assert.equal((await read(bounced.id)).status, 'bounced')
    assert.equal((await read(expired.id)).status, 'sending')
    for (let hours = 0; hours < 80; hours += 2) {
      h.clock.advance(7_200_000)
      await h.worker.drain()
    }
    const done = await read(expired.id)
    assert.equal(done.status, 'failed')
    assert.match(done.error_message ?? '', /^Given up after \d+ tries/)
    assert.equal((await eventsOf(expired.id, 'failed')).length, 1)
  })

  test('an address in To is not written to again as Cc or Bcc, however it is spelled', async () => {
    const ada = person('ada')
    const made = await accept({ to_email: ada, cc_emails: [ada.toUpperCase()], bcc_emails: [ada] })
    assert.equal(made.recipients.length, 1)
    await h.worker.drain()
    only(ada)
  })
})

describe('sent once', () => {
  const kill = async (id: string) => {
    await sql`
      update email_recipients set status = 'sending', claimed_at = ${h.clock.now()}, claimed_by = ${newId()}, claimed_process = ${newId()}, first_tried_at = ${h.clock.now()}
      where email_id = ${id} and position = 0`.execute(h.deps.db)
    await sql`update emails set status = 'sending' where id = ${id}`.execute(h.deps.db)
  }

  test('a recipient whose sender died between claim and record is given up as unknown and never sent to again; the others go out', async () => {
    const [lost, fine] = ['lost', 'fine'].map(person) as [string, string]
    const { id } = await accept({ to_emails: [lost, fine] })
    await kill(id)
    await h.worker.drain()
    only(fine)
    assert.equal((await read(id)).recipients[0]?.status, 'sending')
    h.clock.advance(14 * 60_000)
    await h.worker.drain()
    assert.equal((await read(id)).recipients[0]?.status, 'sending', 'in flight for 15 minutes')
    h.clock.advance(60_000)
    await h.worker.drain()
    const done = await read(id)
    assert.deepEqual([done.recipients[0]?.status, done.status], ['unknown', 'sent'])
    h.clock.advance(86_400_000)
    await h.worker.drain()
    assert.equal(to(lost).length, 0)
    only(fine)
  })

  test('an open of a message to one person settles at once what nobody knew', async () => {
    const { id } = await accept({ to_email: person('reader') })
    await kill(id)
    await sql`update emails set first_opened_at = ${h.clock.now()}, open_count = 1 where id = ${id}`.execute(h.deps.db)
    await h.worker.drain()
    assert.equal((await read(id)).status, 'delivered')
  })

  test('two senders at the same time send each recipient one copy', async () => {
    const people = Array.from({ length: 40 }, (_, i) => person(`p${i}`))
    const { id } = await accept({ to_emails: people.slice(0, 20), bcc_emails: people.slice(20) })
    const { sendMessages } = await import('./send-messages.ts')
    await Promise.all([1, 2, 3].map(() => sendMessages(h.deps, tenant.workspace_id)))
    await h.worker.drain()
    for (const one of people) only(one)
    const done = await read(id)
    assert.equal(done.status, 'delivered')
    assert.equal((await eventsOf(id, 'sent')).length, 1)
    assert.equal((await eventsOf(id, 'delivered')).length, 40)
  })

  test('the same Idempotency-Key answers the same message again and sends it once', async () => {
    const ada = person('ada')
    const headers = { 'idempotency-key': newId() }
    const first = await post({ to_email: ada }, headers)
    const second = await post({ to_email: ada }, headers)
    assert.equal(first.status, 200, first.text)
    assert.deepEqual([second.body.id, second.headers['idempotency-replayed']], [first.body.id, 'true'])
    await h.worker.drain()
    only(ada)
  })
})

describe('what is sent', () => {
  const verify = async (raw: Buffer) => {
    const { rows } = await sql<{ dkim_selector: string; dkim_public_key: string }>`
      select selector as dkim_selector, public_key as dkim_public_key from domain_keys where domain_id = ${sender.domain_id} and state = 'active'`.execute(
      h.deps.db,
    )
    const key = rows[0] as { dkim_selector: string; dkim_public_key: string }
    const resolver = async (name: string, type: string): Promise<string[][]> => {
      if (type === 'TXT' && name === `${key.dkim_selector}._domainkey.${sender.domain}`)
        return [[`v=DKIM1; k=rsa; p=${key.dkim_public_key}`]]
      throw Object.assign(new Error('no such record'), { code: 'ENOTFOUND' })
    }
    const { dkim } = await authenticate(raw, { resolver, disableArc: true, disableDmarc: true, disableBimi: true })
    return dkim.results.map(({ status }) => status.result)
  }

  test('attachments arrive byte for byte, pictures inside the HTML, and the signature holds', async () => {
    const form = new FormData()
    const binary = randomBytes(300_001)
    const text = Buffer.from('First line\r\nFrom here\n.dot\n\nnaïve – end')
    const picture = Buffer.from('89504e470d0a1a0a0000000d', 'hex')
    const names = ['Angebot für Zürich – 报价 “final”.pdf', 'notes.txt', 'logo.png']
    form.append('files', new Blob([binary], { type: 'application/pdf' }), names[0])
    form.append('files', new Blob([text], { type: 'text/plain; charset=utf-8' }), names[1])
    form.append('files', new Blob([picture], { type: 'image/png' }), names[2])
    const uploaded = await h.call<{ attachments: { id: string; filename: string }[] }>('POST', '/mail/v1/attachments', {
      as: tenant.key,
      form,
    })
    assert.equal(uploaded.status, 200, uploaded.text)
    assert.deepEqual(
      uploaded.body.attachments.map(({ filename }) => filename),
      names,
    )
    const [pdf, notes, logo] = uploaded.body.attachments.map(({ id }) => id)
    const ada = person('ada')
    const empty = { filename: 'empty.bin', content: '', mime_type: 'message/rfc822' }
    const made = await accept({
      to_email: ada,
      subject: 'Grüße aus Zürich',
      body: '<p>Hello <img src="cid:logo@mail"> see <a href="https://example.com/a">this</a></p>',
      track_clicks: true,
      attachments: [
        { attachment_id: pdf },
        { attachment_id: notes },
        { attachment_id: logo, is_inline: true, content_id: '<logo@mail>' },
        empty,
      ],
    })
    assert.equal(made.attachment_count, 4)
    await h.worker.drain()
    const { raw } = only(ada)
    const parsed = await PostalMime.parse(raw)
    assert.equal(parsed.subject, 'Grüße aus Zürich')
    assert.match(parsed.html ?? '', /cid:logo@mail/)
    assert.match(parsed.html ?? '', /\/t\/c\//)
    assert.match(parsed.text ?? '', /^Hello\s+see this/)
    const found = parsed.attachments.map((one) => ({ ...one, content: Buffer.from(one.content as ArrayBuffer) }))
    const by = (name: string) => found.find(({ filename }) => filename === name)
    assert.ok(by(names[0] as string)?.content.equals(binary))
    assert.ok(by('notes.txt')?.content.equals(text))
    assert.ok(by('logo.png')?.content.equals(picture))
    assert.deepEqual([by('logo.png')?.contentId, by('logo.png')?.related], ['<logo@mail>', true])
    assert.deepEqual([by('empty.bin')?.content.length, by('empty.bin')?.mimeType], [0, 'application/octet-stream'])
    assert.ok(
      raw
        .toString('latin1')
        .split('\r\n')
        .every((line) => line.length <= 998),
    )
    assert.deepEqual(new Set(await verify(raw)), new Set(['pass']))
  })

  test('plain text with tracking off goes out as text alone; every shape of message keeps its signature', async () => {
    const shapes = [
      { body: 'Just text.\nTwo lines.', track_opens: false },
      { body: 'Text with a pixel.' },
      { body: '<div>HTML</div>', headers: { 'X-Campaign': 'spring', 'X-Long': 'word '.repeat(60).trim() } },
      {
        body: 'Text.',
        track_opens: false,
        attachments: [{ filename: 'a.txt', content: 'YQ==', mime_type: 'text/plain' }],
      },
      {
        body: '<p>x</p>',
        track_opens: false,
        attachments: [{ filename: 'i.gif', content: 'R0lGODlhAQ==', mime_type: 'image/gif', is_inline: true }],
      },
      { body: 'Grüße – 你好', subject: '你好 '.repeat(80) },
    ]
    const people = shapes.map((_, i) => person(`shape${i}`))
    for (const [i, shape] of shapes.entries()) await accept({ to_email: people[i], ...shape })
    await h.worker.drain()
    for (const one of people) assert.deepEqual(new Set(await verify(only(one).raw)), new Set(['pass']), one)
    const plain = await PostalMime.parse(only(people[0] as string).raw)
    assert.deepEqual([plain.html, plain.text?.trim()], [undefined, 'Just text.\nTwo lines.'])
    const extra = await PostalMime.parse(only(people[2] as string).raw)
    assert.equal(header(extra, 'x-campaign'), 'spring')
    assert.equal(header(extra, 'x-long')?.replace(/\s+/g, ' '), 'word '.repeat(60).trim())
  })

  test('only links that match the patterns are tracked, and they are listed at once', async () => {
    const ada = person('ada')
    const made = await accept({
      to_email: ada,
      body: '<p><a href="https://shop.example/a">A</a> <a href="https://other.example/b">B</a></p>',
      track_clicks: true,
      click_tracking_patterns: ['https://shop.example/*'],
    })
    assert.equal(made.tracked_links_count, 1)
    await h.worker.drain()
    const { html } = await PostalMime.parse(only(ada).raw)
    assert.ok(html?.includes('href="https://other.example/b"'))
    assert.ok(!html?.includes('https://shop.example/a'))
    const links = await h.call<{ link_id: string; original_url: string; position: number; anchor_text: string }[]>(
      'GET',
      `/mail/v1/emails/${made.id}/links`,
      { as: tenant.key },
    )
    assert.deepEqual(
      links.body.map(({ original_url, position, anchor_text }) => [original_url, position, anchor_text]),
      [['https://shop.example/a', 0, 'A']],
    )
    const url = /href="([^"]*\/t\/c\/[^"]+)"/.exec(html ?? '')?.[1] as string
    h.clock.advance(60_000)
    const agent =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'
    for (const user_agent of [agent, agent, 'curl/8.0'])
      assert.equal(
        (
          await fetch(url, {
            redirect: 'manual',
            headers: { 'user-agent': user_agent, referer: 'https://mail.example/' },
          })
        ).status,
        302,
      )
    const clicks = async (query = '') =>
      (
        await h.call<{ clicks: Record<string, unknown>[]; total: number }>(
          'GET',
          `/mail/v1/emails/${made.id}/clicks${query}`,
          {
            as: tenant.key,
          },
        )
      ).body
    const { clicks: human, total } = await clicks()
    assert.equal(total, 2)
    assert.deepEqual(
      human.map((one) => [one.is_first_click, one.is_bot, one.device_type, one.os_name, one.browser_name, one.referer]),
      [
        [false, false, 'mobile', 'iOS', 'Safari', 'https://mail.example/'],
        [true, false, 'mobile', 'iOS', 'Safari', 'https://mail.example/'],
      ],
    )
    const all = await clicks(`?include_bots=true&link_id=${links.body[0]?.link_id}`)
    assert.deepEqual(
      all.clicks.map(({ is_bot, bot_reason }) => [is_bot, bot_reason]),
      [
        [true, 'script'],
        [false, null],
        [false, null],
      ],
    )
    const wrong = await h.call('GET', `/mail/v1/emails/${made.id}/clicks?link_id=${newId()}`, { as: tenant.key })
    assert.equal(wrong.status, 404)
  })

  test('a message into a conversation continues its thread', async () => {
    const ada = person('ada')
    const first = await accept({ to_email: ada, subject: 'One' })
    const second = await accept({ to_email: ada, subject: 'Re: One', conversation_id: first.conversation_id })
    assert.equal(second.conversation_id, first.conversation_id)
    const third = await accept({
      to_email: ada,
      subject: 'Re: One',
      in_reply_to: second.provider_message_id.slice(1, -1),
    })
    assert.equal(third.conversation_id, first.conversation_id)
    const unknown = await accept({ to_email: ada, in_reply_to: '<elsewhere@people.example>' })
    await h.worker.drain()
    const copies = await Promise.all(to(ada).map(({ raw }) => PostalMime.parse(raw)))
    const byId = new Map(copies.map((one) => [one.messageId, one]))
    assert.equal(byId.get(second.provider_message_id)?.inReplyTo, first.provider_message_id)
    assert.equal(
      byId.get(third.provider_message_id)?.references?.replace(/\s+/g, ' '),
      `${first.provider_message_id} ${second.provider_message_id}`,
    )
    assert.equal(byId.get(unknown.provider_message_id)?.references, '<elsewhere@people.example>')
    assert.notEqual(unknown.conversation_id, first.conversation_id)
    const kept = await h.deps.db
      .selectFrom('conversations')
      .select(['message_count', 'subject'])
      .where('id', '=', first.conversation_id)
      .executeTakeFirst()
    assert.deepEqual([kept?.message_count, kept?.subject], [3, 'One'])
  })
})

describe('scheduling', () => {
  test('a wall-clock time in a zone is kept, shown in UTC, and sent at that instant', async () => {
    const ada = person('ada')
    h.clock.set(new Date('2026-03-01T08:00:00Z'))
    const made = await accept({ to_email: ada, send_at: '2026-03-08T02:30:00', send_at_timezone: 'America/New_York' })
    assert.deepEqual(
      [made.status, made.send_at, made.send_at_utc],
      ['scheduled', '2026-03-08T03:30:00-04:00', '2026-03-08T07:30:00.000Z'],
    )
    assert.deepEqual(
      (await eventsOf(made.id)).map(({ event_type }) => event_type),
      ['scheduled'],
    )
    h.clock.set(new Date('2026-03-08T07:29:59Z'))
    await h.worker.drain()
    assert.equal(to(ada).length, 0)
    h.clock.set(new Date('2026-03-08T07:30:00Z'))
    await h.worker.drain()
    only(ada)
    assert.equal((await read(made.id)).status, 'delivered')
  })

  test('a scheduled message can be cancelled until it is claimed, never leaves then, and says so', async () => {
    const ada = person('ada')
    const later = new Date(h.clock.now().getTime() + 3_600_000).toISOString()
    const made = await accept({ to_email: ada, send_at: later })
    const cancel = () => h.call<Message>('POST', `/mail/v1/emails/${made.id}/cancel`, { as: tenant.key })
    const cancelled = await cancel()
    assert.deepEqual([cancelled.status, cancelled.body.status], [200, 'cancelled'])
    assert.ok(cancelled.body.cancelled_at)
    assert.equal((await cancel()).body.status, 'cancelled', 'again is the same')
    h.clock.advance(7_200_000)
    await h.worker.drain()
    assert.equal(to(ada).length, 0)
    assert.deepEqual(
      (await eventsOf(made.id)).map(({ event_type }) => event_type),
      ['scheduled', 'cancelled'],
    )

    const sent = await accept({ to_email: person('bob') })
    await h.worker.drain()
    const late = await h.call<{ detail: { code: string } }>('POST', `/mail/v1/emails/${sent.id}/cancel`, {
      as: tenant.key,
    })
    assert.deepEqual([late.status, late.body.detail.code], [409, 'EMAIL_NOT_CANCELLABLE'])
  })

  test('cancel and send race: a message is either cancelled and never sent, or sent and not cancelled', async () => {
    const { sendMessages } = await import('./send-messages.ts')
    for (let round = 0; round < 12; round++) {
      const ada = person('race')
      const made = await accept({ to_email: ada, bcc_emails: [`x${ada}`] })
      const [answer] = await Promise.all([
        h.call<Message>('POST', `/mail/v1/emails/${made.id}/cancel`, { as: tenant.key }),
        sendMessages(h.deps, tenant.workspace_id),
      ])
      await h.worker.drain()
      const sent = to(ada).length + to(`x${ada}`).length
      assert.deepEqual([answer.status, sent], answer.status === 200 ? [200, 0] : [409, 2])
    }
  })
})

describe('what is refused, with nothing stored', () => {
  const count = async (): Promise<number> =>
    (
      await sql<{
        n: number
      }>`select count(*)::int as n from emails where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
    ).rows[0]?.n ?? 0

  test('every refusal has its code on both faces', async () => {
    const ada = 'ada@people.example'
    await h.call('POST', '/api/v1/suppression/', {
      as: tenant.key,
      body: { email: 'never@people.example', reason: 'manual' },
    })
    const big = randomBytes(2_400_000).toString('base64')
    const cases: [string, number, object][] = [
      ['ALIAS_NOT_FOUND', 404, { alias_id: newId(), to_email: ada }],
      ['INVALID_RECIPIENT', 422, { to_emails: [ada, 'not an address'] }],
      ['VALIDATION_ERROR', 422, {}],
      ['VALIDATION_ERROR', 422, { cc_emails: [ada] }],
      ['VALIDATION_ERROR', 422, { to_email: ada, send_at: '2099-01-01T09:00:00' }],
      ['VALIDATION_ERROR', 422, { to_email: ada, send_at: '2099-13-01T09:00:00Z' }],
      ['VALIDATION_ERROR', 422, { to_email: ada, send_at_timezone: 'Europe/Oslo' }],
      ['SEND_AT_IN_PAST', 422, { to_email: ada, send_at: '2020-01-01T09:00:00Z' }],
      ['RECIPIENT_SUPPRESSED', 409, { to_email: ada, bcc_emails: ['never@people.example'] }],
      ['ATTACHMENT_NOT_FOUND', 404, { to_email: ada, attachments: [{ attachment_id: newId() }] }],
      [
        'VALIDATION_ERROR',
        422,
        { to_email: ada, attachments: [{ filename: 'a', content: '!!', mime_type: 'text/plain' }] },
      ],
      ['NOT_FOUND', 404, { to_email: ada, conversation_id: newId() }],
      ['VALIDATION_ERROR', 422, { to_email: ada, in_reply_to: 'no id at all' }],
      ['VALIDATION_ERROR', 422, { to_email: ada, headers: { 'DKIM-Signature': 'x' } }],
      ['VALIDATION_ERROR', 422, { to_email: ada, headers: { 'X-A': 'a\r\nBcc: victim@people.example' } }],
      [
        'MESSAGE_TOO_LARGE',
        413,
        { to_email: ada, attachments: [{ filename: 'a.bin', content: big, mime_type: 'image/png' }] },
      ],
    ]
    const before = await count()
    for (const [code, status, body] of cases) {
      const full = { alias_id: sender.alias_id, subject: 's', body: 'b', ...body }
      const house = await h.call<{ detail: string }>('POST', '/api/v1/bavimail/emails', { as: tenant.key, body: full })
      assert.deepEqual([house.status, house.body.detail], [status, code], JSON.stringify(body).slice(0, 200))
      const mail = await post<{ detail: { code: string; category: string } }>(body)
      assert.deepEqual([mail.status, mail.body.detail.code], [status === 422 ? 400 : status, code])
    }
    assert.equal(await count(), before)
  })

  test('an unverified domain, and a workspace without transport, send nothing', async () => {
    const unverified = await createSender(h, tenant)
    const refused = await post<{ detail: { code: string } }>({
      alias_id: unverified.alias_id,
      to_email: 'ada@people.example',
    })
    assert.deepEqual([refused.status, refused.body.detail.code], [409, 'DOMAIN_NOT_VERIFIED'])
  })

  test('who is suppressed after the message was accepted does not get it', async () => {
    const [ada, bob] = ['ada', 'bob'].map(person) as [string, string]
    const { id } = await accept({ to_emails: [ada, bob] })
    await h.call('POST', '/api/v1/suppression/', { as: tenant.key, body: { email: ada, reason: 'manual' } })
    await h.worker.drain()
    assert.equal(to(ada).length, 0)
    only(bob)
    assert.deepEqual(
      (await read(id)).recipients.map(({ status }) => status),
      ['failed', 'delivered'],
    )
  })

  test('in a batch one bad message is rejected with its error and the others go out, in both forms of the body', async () => {
    const [ada, bob] = ['ada', 'bob'].map(person) as [string, string]
    const item = { alias_id: sender.alias_id, subject: 's', body: 'b' }
    const emails = [
      { ...item, to_email: ada },
      { ...item, to_email: 'nobody' },
      { ...item, subject: undefined, to_email: ada },
      { ...item, to_email: bob },
    ]
    for (const body of [{ emails }, emails]) {
      const {
        status,
        body: outcome,
        text,
      } = await h.call<{
        total: number
        accepted: number
        rejected: number
        results: {
          index: number
          status: string
          email: Message | null
          error: { code: string; message: string; category: string } | null
        }[]
      }>('POST', '/mail/v1/emails/batch', { as: tenant.key, body })
      assert.equal(status, 200, text)
      assert.deepEqual([outcome.total, outcome.accepted, outcome.rejected], [4, 2, 2])
      assert.deepEqual(
        outcome.results.map(({ index, status, error }) => [
          index,
          status,
          error?.code ?? null,
          error?.category ?? null,
        ]),
        [
          [0, 'accepted', null, null],
          [1, 'rejected', 'INVALID_RECIPIENT', 'validation'],
          [2, 'rejected', 'VALIDATION_ERROR', 'validation'],
          [3, 'accepted', null, null],
        ],
      )
      assert.match(outcome.results[2]?.error?.message ?? '', /^subject: field required$/)
    }
    await h.worker.drain()
    assert.deepEqual([to(ada).length, to(bob).length], [2, 2])
    const many = await h.call('POST', '/mail/v1/emails/batch', { as: tenant.key, body: Array(101).fill(item) })
    assert.equal(many.status, 400)
  })
})

describe('caps', () => {
  test('an alias sends no more than its day allows, campaigns and API together; the rest waits for tomorrow', async () => {
    h.clock.set(new Date('2026-04-01T20:00:00Z'))
    await sql`update aliases set daily_limit = 3 where id = ${sender.alias_id}`.execute(h.deps.db)
    await sql`
      insert into send_counts (workspace_id, scope, scope_key, day, used) values (${tenant.workspace_id}, 'alias', ${sender.alias_id}, '2026-04-01', 1)`.execute(
      h.deps.db,
    )
    const people = ['a', 'b', 'c', 'd'].map(person)
    const made = [] as Message[]
    for (const one of people) made.push(await accept({ to_email: one }))
    await h.worker.drain()
    assert.deepEqual(
      people.map((one) => to(one).length),
      [1, 1, 0, 0],
    )
    const waiting = await read(made[2]?.id as string)
    assert.equal(waiting.status, 'queued')
    assert.match(waiting.error_message ?? '', /has sent its 3 messages of today/)
    const cancelled = await h.call('POST', `/mail/v1/emails/${made[3]?.id}/cancel`, { as: tenant.key })
    assert.equal(cancelled.status, 200)
    // The day of the caps is the workspace's, which is Oslo's: midnight there is 22:00 in UTC.
    h.clock.set(new Date('2026-04-01T21:59:59Z'))
    await h.worker.drain()
    assert.equal(to(people[2] as string).length, 0)
    h.clock.set(new Date('2026-04-01T22:00:00Z'))
    await h.worker.drain()
    only(people[2] as string)
    assert.equal(to(people[3] as string).length, 0)
    const { rows } = await sql<{ day: string; used: number }>`
      select day::text as day, used from send_counts where scope = 'alias' and scope_key = ${sender.alias_id} and day >= '2026-04-01' order by day`.execute(
      h.deps.db,
    )
    assert.deepEqual(rows, [
      { day: '2026-04-01', used: 3 },
      { day: '2026-04-02', used: 1 },
    ])
    await sql`update aliases set daily_limit = 10000 where id = ${sender.alias_id}`.execute(h.deps.db)
  })

  test('a domain that lost its verification holds the message back, goes on when it has it again, and gives up after 72 hours', async () => {
    const [ada, bob] = ['ada', 'bob'].map(person) as [string, string]
    const verified = (status: string) =>
      sql`update sending_domains set status = ${status} where id = ${sender.domain_id}`.execute(h.deps.db)
    const first = await accept({ to_email: ada })
    await verified('failed')
    await h.worker.drain()
    assert.equal((await read(first.id)).status, 'queued')
    await verified('verified')
    h.clock.advance(3_600_000)
    await h.worker.drain()
    only(ada)
    const second = await accept({ to_email: bob })
    await verified('failed')
    for (let hours = 0; hours <= 74; hours += 2) {
      await h.worker.drain()
      h.clock.advance(7_200_000)
    }
    await h.worker.drain()
    await verified('verified')
    h.clock.advance(7_200_000)
    await h.worker.drain()
    assert.equal((await read(second.id)).status, 'failed')
    assert.equal(to(bob).length, 0)
  })
})
