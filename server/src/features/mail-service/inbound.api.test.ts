import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import nodemailer from 'nodemailer'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createSender, type TestSender } from '../../../test/outgoing.ts'
import { worldGreeting } from '../../world-greeting.ts'

type Message = {
  id: string
  subject: string
  conversation_id: string
  raw_email_uri: string | null
  attachment_count: number
  read_at: string | null
  tags: { name: string }[]
  body_text: string
  headers: { name: string; value: string }[]
  cc_emails: { email: string; name: string | null }[]
  attachments: { id: string; filename: string; size_bytes: number; is_inline: boolean; mime_type: string }[]
}

let h: Harness
let tenant: TestTenant
let kept: TestSender
let plain: TestSender

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
  kept = await createSender(h, tenant, undefined, 'kept')
  plain = await createSender(h, tenant, undefined, 'plain')
  await h.call('PUT', `/mail/v1/aliases/${kept.alias_id}`, {
    as: tenant.key,
    body: { raw_mime_retention_enabled: true },
  })
})
after(() => h.close())

/** A letter over the real listener, as the local mail world brings it. */
const deliver = async (to: TestSender, subject: string, more: object = {}): Promise<Message> => {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: h.deps.address.inbound_smtp_port ?? 0,
    name: worldGreeting(h.deps.secrets.key('mail-tokens'), tenant.workspace_id),
    secure: false,
    ignoreTLS: true,
  })
  await transport.sendMail({
    from: 'Ada <ada@people.example>',
    to: to.full_email,
    cc: 'Carol <carol@people.example>',
    subject,
    text: 'Hello there.',
    attachments: [
      { filename: 'a.txt', content: 'first' },
      { filename: 'b.html', content: '<script>x()</script>', contentType: 'text/html' },
    ],
    ...more,
  })
  transport.close()
  await h.worker.drain()
  const found = (await list('?include_bounce=true')).find((message) => message.subject === subject)
  assert.ok(found, `${subject} was filed`)
  return found
}

const list = async (query = '', as = tenant.key) =>
  (await h.call<Message[]>('GET', `/mail/v1/inbound-emails${query}`, { as })).body
const at = (id: string, path = '', method = 'GET', as = tenant.key) =>
  h.call<Message>(method, `/mail/v1/inbound-emails/${id}${path}`, { as })

test('a received message is listed and read whole, in the newest shapes of its clients', async () => {
  const listed = await deliver(kept, 'Whole')
  assert.deepEqual(
    [listed.attachment_count, listed.raw_email_uri, listed.tags, listed.read_at],
    [2, `/mail/v1/inbound-emails/${listed.id}/raw`, [], null],
  )
  const { status, body } = await at(listed.id)
  assert.equal(status, 200)
  assert.match(body.body_text, /Hello there\./)
  assert.deepEqual(body.cc_emails, [{ email: 'carol@people.example', name: 'Carol' }])
  assert.ok(body.headers.some(({ name, value }) => name.toLowerCase() === 'subject' && value === 'Whole'))
  assert.deepEqual(
    body.attachments.map(({ filename, size_bytes }) => [filename, size_bytes]),
    [
      ['a.txt', 5],
      ['b.html', 20],
    ],
  )
})

test('raw bytes are there for an alias that keeps them and a 404 for one that does not', async () => {
  const raw = await at((await deliver(kept, 'Raw')).id, '/raw')
  assert.equal(raw.headers['content-type'], 'message/rfc822')
  assert.match(raw.text, /^Subject: Raw\r$/m)
  const lost = await deliver(plain, 'Not raw')
  assert.equal(lost.raw_email_uri, null)
  assert.equal((await at(lost.id, '/raw')).status, 404)
})

test('attachments come by id and by place, are never run by a browser, and exist for their own message only', async () => {
  const { id } = await deliver(plain, 'Files')
  const other = await deliver(plain, 'Other files')
  const { attachments } = (await at(id)).body
  const [first, second] = attachments as [Message['attachments'][0], Message['attachments'][0]]
  for (const which of [first.id, '0']) assert.equal((await at(id, `/attachments/${which}`)).text, 'first')
  const page = await at(id, `/attachments/${second.id}`)
  assert.equal(page.text, '<script>x()</script>')
  assert.match(page.headers['content-disposition'] ?? '', /^attachment; filename="b\.html"$/)
  assert.match(page.headers['content-security-policy'] ?? '', /sandbox/)
  assert.equal(page.headers['x-content-type-options'], 'nosniff')
  for (const which of ['2', '9999', (await at(other.id)).body.attachments[0]?.id])
    assert.equal((await at(id, `/attachments/${which}`)).status, 404, String(which))
  assert.equal((await at(id, '/attachments/-1')).status, 400)
  const stranger = await createTenant(h)
  for (const path of ['', '/raw', '/attachments/0']) assert.equal((await at(id, path, 'GET', stranger.key)).status, 404)
})

test('the list is narrowed by alias, domain, conversation and tags; reports stand apart', async () => {
  const one = await deliver(plain, 'One')
  const two = await deliver(kept, 'Two')
  await deliver(plain, 'Delivery Status Notification (Failure)', {
    from: 'Mail Delivery Subsystem <mailer-daemon@people.example>',
    envelope: { from: '', to: plain.full_email },
    raw: [
      'From: mailer-daemon@people.example',
      'Subject: Delivery Status Notification (Failure)',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
      '',
      '--b',
      '',
      'failed',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; people.example',
      '',
      'Final-Recipient: rfc822; gone@people.example',
      'Action: failed',
      'Status: 5.1.1',
      '--b--',
      '',
    ].join('\r\n'),
  })
  const ids = async (query: string) => (await list(query)).map(({ id }) => id)
  assert.ok((await list(`?alias_id=${plain.alias_id}`)).every(({ subject }) => !subject.startsWith('Delivery')))
  assert.equal((await ids(`?domain_id=${kept.domain_id}`))[0], two.id)
  assert.deepEqual(await ids(`?conversation_id=${one.conversation_id}`), [one.id])
  const tag = async (name: string) =>
    (await h.call<{ id: string }>('POST', '/mail/v1/tags', { as: tenant.key, body: { name } })).body.id
  const [red, blue] = [await tag('red'), await tag('blue')]
  const put = (id: string, tag_ids: string[]) =>
    h.call('PUT', `/mail/v1/inbound-emails/${id}/tags`, { as: tenant.key, body: { tag_ids } })
  await put(one.id, [red])
  await put(two.id, [red, blue])
  assert.deepEqual(await ids(`?tag_ids=${red},${blue}`), [two.id, one.id])
  assert.deepEqual(await ids(`?tag_ids=${red},${blue}&tag_match=all`), [two.id])
  assert.deepEqual(await ids(`?tag_ids=${red}&limit=1&offset=1`), [one.id])
  assert.deepEqual(
    (await list(`?tag_ids=${blue}`))[0]?.tags.map(({ name }) => name),
    ['blue', 'red'],
  )
  assert.equal((await h.call('GET', '/mail/v1/inbound-emails?tag_ids=red', { as: tenant.key })).status, 400)
})

test('marks are kept and repeated without harm, and what is deleted is gone with its conversation', async () => {
  const { id, conversation_id } = await deliver(plain, 'Short-lived')
  for (let i = 0; i < 2; i++) {
    assert.equal((await at(id, '/mark-read', 'POST')).status, 204)
    h.clock.advance(1000)
  }
  const { read_at } = (await at(id)).body
  assert.ok(read_at && new Date(read_at) < new Date(h.clock.now().getTime() - 1000))
  assert.equal((await at(id, '/mark-unread', 'POST')).status, 204)
  assert.equal((await at(id)).body.read_at, null)
  assert.equal((await at(id, '', 'DELETE')).status, 204)
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/mark-read'],
  ] as const)
    assert.equal((await at(id, path, method)).status, 404)
  assert.equal((await h.call('GET', `/mail/v1/conversations/${conversation_id}`, { as: tenant.key })).status, 404)
})
