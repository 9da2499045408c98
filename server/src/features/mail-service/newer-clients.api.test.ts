import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, unique } from '../../../test/harness.ts'
import { createLiveSender } from '../../../test/live-sender.ts'
import { createSender, sendMail, type TestSender } from '../../../test/outgoing.ts'
import { newId } from '../../ids.ts'

/** What the run of the 1.0 client itself (test/clients/python-1.0) does not show: rules, refusals and the two shapes of one path. */
const LIMIT = 50_000
const NEWER = { 'user-agent': 'bavimail-python/1.0.0' }
const OLDER = { 'user-agent': 'bavimail-python/0.1.16' }

type Refusal = {
  ok: false
  error: string
  code: string
  detail: { message: string; code: string; context: { details?: { loc: (string | number)[]; msg: string }[] } }
}

/** A server that hands out files, as strangers' servers do. */
const files = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>()
const server = createServer((request, response) => {
  const answer = files.get(request.url ?? '')
  if (answer) answer(request, response)
  else response.writeHead(404).end()
})

let h: Harness
let tenant: TestTenant
let sender: TestSender
let origin: string
let secretPort: number
const closed = createServer((_request, response) => void response.end('secret'))
before(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  await new Promise<void>((done) => closed.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  secretPort = (closed.address() as AddressInfo).port
  origin = `http://127.0.0.1:${port}`
  h = await startHarness({
    env: {
      EGRESS_ALLOW: `127.0.0.1:${port}`,
      ATTACHMENT_MAX_BYTES: String(LIMIT),
      MAIL_DELIVERY: 'direct',
      MAIL_HOST_NAME: 'mx.bavlio.example',
    },
  })
  tenant = await createTenant(h)
  sender = await createSender(h, tenant)
})
after(async () => {
  await h?.close()
  server.close()
  closed.close()
})

const call = <T>(method: string, path: string, body?: unknown, options: { as?: string; headers?: object } = {}) =>
  h.call<T>(method, `/mail/v1${path}`, {
    as: options.as ?? tenant.key,
    ...(body === undefined ? {} : { body }),
    headers: { ...NEWER, ...options.headers },
  })

const named = (body: Refusal): string[] => (body.detail.context.details ?? []).map(({ loc }) => loc.slice(1).join('.'))

const letter = (more: object = {}) => ({
  inbox_id: sender.alias_id,
  to_emails: ['ada+accept@people.example'],
  subject: 'A question',
  body: 'Hello Ada',
  ...more,
})

describe('one path, two shapes', () => {
  for (const [path, rows] of [
    ['/webhooks', 'webhooks'],
    ['/suppressions', 'suppressions'],
    ['/inbound-emails', 'inbound_emails'],
  ] as const)
    test(`GET ${path} is what the asking line reads, and says on what it depends`, async () => {
      const newer = await call<Record<string, unknown>>('GET', path)
      assert.ok(Array.isArray(newer.body[rows]))
      for (const headers of [OLDER, { 'user-agent': 'curl/8.5.0' }, { ...NEWER, 'bavimail-version': '0' }]) {
        const older = await call<unknown>('GET', path, undefined, { headers })
        assert.ok(Array.isArray(older.body), JSON.stringify(headers))
        assert.equal(older.headers.vary?.includes('User-Agent'), true)
      }
      const asked = await call<Record<string, unknown>>('GET', path, undefined, {
        headers: { 'user-agent': 'curl/8.5.0', 'bavimail-version': '1' },
      })
      assert.ok(Array.isArray(asked.body[rows]))
    })

  test('a refusal can be read by both lines: in detail, and in error and code', async () => {
    const { status, body } = await call<Refusal>('GET', `/outbound-emails/${newId()}`)
    assert.equal(status, 404)
    assert.deepEqual([body.ok, body.code, body.error], [false, 'NOT_FOUND', body.detail.message])
    assert.equal(body.detail.code, 'NOT_FOUND')
  })

  test('an inbox and an alias are one: made as the one, changed as the other, gone for both', async () => {
    const made = await call<{ id: string }>('POST', '/inboxes', { domain_id: sender.domain_id, name: 'Both.Names' })
    assert.equal(made.status, 200, made.text)
    const path = `/aliases/${made.body.id}`
    const alias = await call<{ alias: string }>('PUT', path, { alias: 'other.name', display_name: 'Other' })
    assert.equal(alias.body.alias, 'other.name')
    const inbox = await call<Record<string, unknown>>('GET', `/inboxes/${made.body.id}`)
    assert.deepEqual([inbox.body.name, inbox.body.display_name], ['other.name', 'Other'])
    assert.equal((await call('DELETE', `/inboxes/${made.body.id}`)).status, 204)
    assert.equal((await call('GET', path)).status, 404)
  })
})

describe('refusals in the newer words', () => {
  test('every wrong field of an inbox and of a message is named at once, with 400', async () => {
    const inbox = await call<Refusal>('POST', '/inboxes', { domain_id: 'x', name: 'a b', signature_html: 7 })
    assert.deepEqual([inbox.status, named(inbox.body).sort()], [400, ['domain_id', 'name', 'signature_html']])
    const message = await call<Refusal>('POST', '/outbound-emails', {
      inbox_id: 'x',
      to_emails: [],
      subject: '',
      body: 7,
      alias_id: sender.alias_id,
      attachments: [
        {},
        { content: 'YQ==' },
        { content: '!', filename: 'a' },
        { attachment_id: newId(), path: 'https://a' },
      ],
    })
    assert.equal(message.status, 400)
    const fields = named(message.body)
    for (const field of ['inbox_id', 'to_emails', 'subject', 'body', 'attachments.2.content'])
      assert.ok(fields.includes(field), `${field} in ${fields}`)
    const sources = await call<Refusal>(
      'POST',
      '/outbound-emails',
      letter({ attachments: [{}, { content: 'YQ==' }, { attachment_id: newId(), path: 'https://a.example/b' }] }),
    )
    assert.deepEqual(
      [sources.status, named(sources.body)],
      [400, ['attachments.0', 'attachments.1.filename', 'attachments.2']],
    )
  })

  test('what the sending command refuses names inbox_id, to_emails, scheduled_at and thread_id, never the older names', async () => {
    const cases: [object, string][] = [
      [{ to_emails: ['nobody'] }, 'to_emails.0'],
      [{ scheduled_at: '2026-02-30T09:00:00', scheduled_timezone: 'UTC' }, 'scheduled_at'],
      [{ scheduled_at: '2026-03-01T09:00:00', scheduled_timezone: 'Mars/Base' }, 'scheduled_timezone'],
      [{ scheduled_timezone: 'UTC' }, 'scheduled_at'],
      [{ scheduled_at: '2001-01-01T00:00:00Z' }, 'scheduled_at'],
    ]
    for (const [more, field] of cases) {
      const { status, body, text } = await call<Refusal>('POST', '/outbound-emails', letter(more))
      assert.equal(status, 400, text)
      assert.deepEqual(named(body), [field])
      const said = [body.error, ...(body.detail.context.details ?? []).map(({ msg }) => msg)].join(' ')
      assert.ok(!/send_at|alias|conversation|to_email\b/.test(said), said)
    }
    for (const [more, word] of [
      [{ inbox_id: newId() }, 'inbox'],
      [{ thread_id: newId() }, 'thread'],
    ] as const) {
      const { status, body } = await call<Refusal>('POST', '/outbound-emails', letter(more))
      assert.deepEqual([status, body.error.includes(word)], [404, true], body.error)
    }
  })

  test('nothing is tracked that was not asked for', async () => {
    const { body } = await call<Record<string, unknown>>('POST', '/outbound-emails', letter())
    assert.deepEqual([body.track_opens, body.track_clicks], [false, false])
  })
})

test('a complained message is found as such and no more as delivered', async () => {
  const own = await createTenant(h)
  const from = await createSender(h, own)
  const mail = await sendMail(h, own, from, 'cara+accept@people.example')
  const statuses = async (query: string) =>
    (
      await call<{ outbound_emails: { id: string }[]; total: number }>('GET', `/outbound-emails?${query}`, undefined, {
        as: own.key,
      })
    ).body
  assert.equal((await statuses('status=delivered')).total, 1)
  await sql`update emails set complained_at = ${h.clock.now()} where id = ${mail.email_id}`.execute(h.deps.db)
  assert.equal((await statuses('status=delivered')).total, 0)
  const { outbound_emails, total } = await statuses('status=complained')
  assert.equal(total, 1)
  const [shown] = outbound_emails as unknown as [Record<string, unknown>]
  assert.deepEqual(
    [shown.id, shown.status, shown.latest_complaint_feedback_type],
    [mail.email_id, 'complained', 'abuse'],
  )
})

test('the feed of events is the workspace’s own, and a cursor neither repeats nor skips events of one instant', async () => {
  const own = await createTenant(h)
  const from = await createSender(h, own)
  const at = h.clock.now()
  const ids = Array.from({ length: 7 }, () => newId())
  for (const [i, id] of ids.entries()) {
    const { email_id } = await sendMail(h, own, from, 'ada+accept@people.example')
    await sql`
      insert into events (event_id, workspace_id, email_id, event_type, occurred_at)
      values (${id}, ${own.workspace_id}, ${email_id}, 'delivered', ${at}::timestamptz + ${i % 2} * interval '1 microsecond')`.execute(
      h.deps.db,
    )
  }
  const seen: string[] = []
  let cursor = ''
  do {
    const { body } = await call<{ events: { id: string }[]; next_cursor: string | null }>(
      'GET',
      `/outbound-emails/events?event_type=delivered&limit=2${cursor && `&cursor=${cursor}`}`,
      undefined,
      { as: own.key },
    )
    seen.push(...body.events.map(({ id }) => id))
    cursor = body.next_cursor ?? ''
  } while (cursor)
  assert.equal(seen.length, 7)
  assert.deepEqual([...seen].sort(), [...ids].sort())
  const forged = await call<Refusal>('GET', '/outbound-emails/events?cursor=WyJhIiwiYiJd')
  assert.equal(forged.status, 400)
})

describe('threads', () => {
  const threadOf = async (): Promise<string> =>
    (await sendMail(h, tenant, sender, `${unique('ada')}+accept@people.example`)).conversation_id
  const answer = async (conversationId: string, more: { is_warmup?: boolean } = {}): Promise<string> => {
    const id = newId()
    const now = h.clock.now()
    await h.deps.db
      .insertInto('inbound_emails')
      .values({
        id,
        workspace_id: tenant.workspace_id,
        user_id: tenant.user_id,
        alias_id: sender.alias_id,
        domain_id: sender.domain_id,
        conversation_id: conversationId,
        kind: 'human_reply',
        from_email: 'ada@people.example',
        to_email: sender.full_email,
        subject: 'Re: A question',
        body_text: 'Yes.',
        raw_email_size: 100,
        received_at: now,
        created_at: now,
        updated_at: now,
        ...more,
      })
      .execute()
    return id
  }
  const change = <T = Record<string, unknown>>(id: string, body: object) => call<T>('PATCH', `/threads/${id}`, body)
  const label = async (kind = 'label'): Promise<string> =>
    (await call<{ id: string }>('POST', '/labels', { name: unique(kind), kind })).body.id

  test('an answer brings a thread back out of the trash, warm-up mail does not', async () => {
    const id = await threadOf()
    assert.equal((await change(id, { folder_id: 'trash' })).body.folder_id, 'trash')
    await answer(id, { is_warmup: true })
    const folder = async () => (await call<Record<string, unknown>>('GET', `/threads/${id}`)).body.folder_id
    assert.equal(await folder(), 'trash')
    await answer(id)
    assert.equal(await folder(), 'inbox')
    assert.equal((await call<Refusal>('DELETE', `/threads/${id}`)).body.code, 'CONFLICT')
  })

  test('a change with one wrong id changes nothing, and names each wrong id', async () => {
    const id = await threadOf()
    const [good, folder] = [await label(), await label('folder')]
    const refused = await change<Refusal>(id, {
      starred: true,
      folder_id: good,
      add_label_ids: [good, folder, newId()],
      remove_label_ids: [newId()],
    })
    assert.equal(refused.status, 400)
    assert.deepEqual(named(refused.body), ['add_label_ids.1', 'add_label_ids.2', 'remove_label_ids.0', 'folder_id'])
    const { body } = await call<Record<string, unknown>>('GET', `/threads/${id}`)
    assert.deepEqual([body.starred, body.folder_id, body.label_ids], [false, 'sent', []])
    const empty = await change<Refusal>(id, {})
    assert.equal(empty.status, 400)
  })

  test('a label is a tag: on a thread it stands on its received messages, on a message on its thread', async () => {
    const id = await threadOf()
    const [first, second] = [await answer(id), await answer(id)]
    const [onThread, onMessage] = [await label(), await label()]
    await change(id, { add_label_ids: [onThread] })
    const tags = await call<{ tag: { id: string } }[]>('GET', `/inbound-emails/${first}/tags`)
    assert.deepEqual(
      tags.body.map(({ tag }) => tag.id),
      [onThread],
    )
    await call('POST', `/inbound-emails/${second}/tags`, { tag_ids: [onMessage] })
    const { body } = await call<{ label_ids: string[] }>('GET', `/threads/${id}`)
    assert.deepEqual(body.label_ids.sort(), [onThread, onMessage].sort())
    const bare = await change<{ label_ids: string[] }>(id, { remove_label_ids: [onThread, onMessage] })
    assert.deepEqual(bare.body.label_ids, [])
    assert.deepEqual((await call<unknown[]>('GET', `/inbound-emails/${second}/tags`)).body, [])
  })

  test('a deleted folder leaves its threads in the inbox, or in sent where nothing was received', async () => {
    const folder = await label('folder')
    const [silent, answered] = [await threadOf(), await threadOf()]
    await answer(answered)
    for (const id of [silent, answered]) assert.equal((await change(id, { folder_id: folder })).body.folder_id, folder)
    assert.equal((await call('DELETE', `/labels/${folder}`)).status, 204)
    const places = [silent, answered].map(async (id) => (await change(id, { starred: true })).body.folder_id)
    assert.deepEqual(await Promise.all(places), ['sent', 'inbox'])
  })
})

describe('suppressions by address', () => {
  const add = (body: object) => call<{ id: string } & Refusal>('POST', '/suppressions', body)

  test('exactly one of email and address is taken, and a wrong one is named as it was written', async () => {
    for (const body of [{}, { email: 'a@people.example', address: 'b@people.example' }]) {
      const refused = await add({ ...body, note: 7 })
      assert.deepEqual([refused.status, named(refused.body).sort()], [400, ['email', 'note']])
    }
    assert.deepEqual(named((await add({ address: 'nobody' })).body), ['address'])
    assert.deepEqual(named((await add({ email: 'nobody', reason: 'manual' })).body), ['email'])
  })

  test('what a person asked for is taken off by a person with a note only', async () => {
    const { body } = await call<{ id: string }>('POST', '/suppressions', {
      email: 'u@people.example',
      reason: 'unsubscribed',
    })
    const path = `/suppressions/${body.id}`
    assert.equal((await call<Refusal>('DELETE', path)).body.code, 'SESSION_REQUIRED')
    assert.equal((await call('DELETE', path, undefined, { as: tenant.session })).status, 400)
    assert.equal((await call('DELETE', `${path}?note=By+phone`, undefined, { as: tenant.session })).status, 204)
    assert.equal((await call('GET', path)).status, 404)
    const older = await call<{ id: string; status: string }[]>('GET', '/suppressions?status=released', undefined, {
      headers: OLDER,
    })
    assert.ok(older.body.some(({ id }) => id === body.id))
  })
})

describe('files that a message names by their address', () => {
  const content = randomBytes(LIMIT - 1)
  let live: TestTenant
  let inbox: string
  before(async () => {
    const made = await createLiveSender(h)
    live = made.tenant
    const domains = await call<{ id: string }[]>('GET', '/domains', undefined, { as: live.key })
    const body = { domain_id: domains.body[0]?.id, name: 'anna' }
    inbox = (await call<{ id: string }>('POST', '/inboxes', body, { as: live.key })).body.id
    files.set('/offer.pdf?v=2', (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/pdf; charset=x' }).end(content),
    )
    files.set('/named', (_request, response) =>
      response.writeHead(200, { 'content-disposition': `attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt` }).end('hi'),
    )
    files.set('/moved', (_request, response) => response.writeHead(302, { location: '/named' }).end())
    files.set('/inside', (_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${secretPort}/` }).end(),
    )
    files.set('/large', (_request, response) => response.writeHead(200).end(Buffer.alloc(LIMIT + 1)))
    files.set('/broken', (request) => request.socket.destroy())
  })

  const send = <T>(attachments: object[], as = live.key) =>
    call<T>(
      'POST',
      '/outbound-emails',
      letter({ inbox_id: inbox, attachments, scheduled_at: '2099-01-01T00:00:00Z' }),
      { as },
    )

  type Sent = { attachments: { filename: string; mime_type: string; download_url: string }[] }

  test('are read once, within the limit, and go along as attachments', async () => {
    const { status, body, text } = await send<Sent>([
      { path: `${origin}/offer.pdf?v=2` },
      { path: `${origin}/moved` },
      { path: `${origin}/named`, filename: '../own.bin', content_type: 'image/png' },
    ])
    assert.equal(status, 200, text)
    assert.deepEqual(
      body.attachments.map(({ filename, mime_type }) => [filename, mime_type]),
      [
        ['offer.pdf', 'application/pdf'],
        ['Grüße.txt', 'application/octet-stream'],
        ['own.bin', 'image/png'],
      ],
    )
    const stored = await fetch(body.attachments[0]?.download_url as string)
    assert.ok(Buffer.from(await stored.arrayBuffer()).equals(content))
  })

  test('that cannot be had are each named with the reason; nothing is stored, and nothing of the network here is said', async () => {
    const count = async () =>
      (await call<{ total: number }>('GET', '/outbound-emails', undefined, { as: live.key })).body.total
    const before = await count()
    const { status, body, text } = await send<Refusal>([
      { path: `${origin}/missing` },
      { path: `${origin}/large` },
      { path: `${origin}/broken` },
      { path: `http://127.0.0.1:${secretPort}/` },
      { path: `https://127.0.0.1:${secretPort}/` },
      { path: `${origin}/inside` },
      { path: 'ftp://files.example/a' },
      { path: 'https://user:secret@files.example/a' },
      { path: `${origin}/named` },
    ])
    assert.equal(status, 400)
    const said = Object.fromEntries((body.detail.context.details ?? []).map(({ loc, msg }) => [loc[2], msg]))
    assert.match(said[0] as string, /404/)
    assert.match(said[1] as string, /larger than 50000/)
    assert.match(said[2] as string, /cannot be reached/)
    assert.match(said[3] as string, /https/)
    assert.match(said[4] as string, /public internet/)
    assert.match(said[5] as string, /public internet/)
    assert.match(said[6] as string, /https/)
    assert.match(said[7] as string, /password/)
    assert.deepEqual(Object.keys(said), ['0', '1', '2', '3', '4', '5', '6', '7'])
    assert.ok(!/ECONN|socket|127\.0\.0\.1/.test(text), text)
    assert.equal(await count(), before)
  })

  test('reject their own message of a batch and no other', async () => {
    const one = letter({ inbox_id: inbox, scheduled_at: '2099-01-01T00:00:00Z' })
    const { body } = await call<{ accepted: number; results: { error: { message: string } | null }[] }>(
      'POST',
      '/outbound-emails/batch',
      {
        emails: [
          one,
          { ...one, attachments: [{ path: `${origin}/missing` }] },
          { ...one, attachments: [{ path: `${origin}/named` }] },
        ],
      },
      { as: live.key },
    )
    assert.equal(body.accepted, 2)
    assert.match(body.results[1]?.error?.message ?? '', /attachments\.0\.path: answered 404/)
  })

  test('are refused in a sandbox, which reaches no server', async () => {
    let asked = false
    files.set('/watched', (_request, response) => {
      asked = true
      response.end('x')
    })
    const { status, body } = await call<Refusal>(
      'POST',
      '/outbound-emails',
      letter({ attachments: [{ path: `${origin}/watched` }] }),
    )
    assert.deepEqual([status, body.code, asked], [409, 'LIVE_WORKSPACE_ONLY', false])
  })
})

test('a tracking name belongs below a domain of the workspace, and one that is in use is not replaced', async () => {
  const own = await createTenant(h)
  const from = await createSender(h, own)
  const add = (hostname: string, as = own.key) => call<Refusal>('POST', '/tracking-domains', { hostname }, { as })
  assert.deepEqual(named((await add(`links.${sender.domain}`)).body), ['hostname'])
  for (const hostname of [from.domain, `mta-sts.${from.domain}`, `x${from.domain}`, 'a b'])
    assert.equal((await add(hostname)).status, hostname.startsWith('mta-sts') ? 409 : 400, hostname)
  assert.equal((await add(`links.${from.domain}`)).body.code, 'CONFLICT')
  assert.equal((await call('DELETE', `/tracking-domains/${from.domain_id}`, undefined, { as: own.key })).status, 204)
  assert.equal((await add(`mta-sts.${from.domain}`)).status, 400)
  assert.equal((await add(`Links.${from.domain}.`)).status, 200)
  assert.equal((await add(`links.${from.domain}`)).body.code, 'ALREADY_EXISTS')
})

test('a blocked workspace reads its block in its reputation, and no more once it is lifted', async () => {
  const own = await createTenant(h)
  const control = async () =>
    (await call<{ sending_control: Record<string, unknown> | null }>('GET', '/reputation', undefined, { as: own.key }))
      .body.sending_control
  assert.equal(await control(), null)
  const now = h.clock.now()
  await sql`
    insert into sending_health (workspace_id, scope, scope_id, band, reasons, since, checked_at)
    values (${own.workspace_id}, 'workspace', ${own.workspace_id}, 'blocked', '{Too many.}', ${now}, ${now})`.execute(
    h.deps.db,
  )
  const blocked = await control()
  assert.deepEqual(
    [blocked?.blocked, blocked?.reason_code, blocked?.reason_summary],
    [true, 'SENDING_BLOCKED', 'Too many.'],
  )
  const lifted = await h.call('POST', '/api/v1/sending-health/lift', {
    as: own.session,
    body: { note: 'The list was cleaned.' },
  })
  assert.equal(lifted.status, 204)
  assert.deepEqual([(await control())?.blocked, (await control())?.state], [false, 'active'])
})
