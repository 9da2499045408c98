import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { type ImageServer, ONE_PIXEL, startImageServer } from '../../../test/image-server.ts'
import { createSender, sendMail, type TestSender } from '../../../test/outgoing.ts'
import { newId } from '../../ids.ts'
import { answerSubject } from './answer-thread.ts'

type Thread = {
  thread_id: string
  kind: string | null
  needs_answer: boolean
  is_read: boolean
  is_starred: boolean
  done_at: string | null
  snoozed_until: string | null
  outcome: string | null
  place: string
  person_name: string | null
  person_email: string
  last_direction: string
  alias_email: string
}
type Message = {
  id: string
  direction: string
  status: string
  body_html: string | null
  blocked_images: number
  to_emails: string[]
  subject: string
  attachments: { filename: string | null }[]
}
type Detail = Thread & { messages: Message[] }
type List = { items: Thread[]; has_more: boolean; next_cursor: string | null }
type Refusal = { detail: string; details: { loc: string[] }[] }

let h: Harness
/** Two servers of images, of which the egress policy allows the first. */
let images: ImageServer
let unlisted: ImageServer
before(async () => {
  unlisted = await startImageServer({ '/logo.png': {} })
  images = await startImageServer({
    '/logo.png?a=1&b=2': {},
    '/photo.jpg': { type: 'image/JPEG; charset=binary', body: 'a photo' },
    '/moved.png': { location: '/logo.png?a=1&b=2' },
    '/away.png': { location: `http://${unlisted.address}/logo.png` },
    '/drawing.svg': { type: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' },
    '/page.png': { type: 'text/html', body: '<script>alert(1)</script>' },
    '/huge.png': { body: Buffer.alloc(3 * 1024 * 1024 + 1) },
    '/open.gif': { type: 'image/gif' },
    '/one.png': {},
  })
  h = await startHarness({ overrides: { guest_http: images.http } })
})
after(async () => {
  await h.close()
  await Promise.all([images.close(), unlisted.close()])
})

const PATH = '/api/v1/inbox/threads'

/** A workspace with a sender, and what comes in filed as the inbound path files it, a second later each time. */
const createInbox = async (mode: 'sandbox' | 'live' = 'sandbox') => {
  const tenant = await createTenant(h, { mode })
  const sender = await createSender(h, tenant)
  const begin = async (to: string): Promise<string> => {
    h.clock.advance(1000)
    return (await sendMail(h, tenant, sender, to)).conversation_id
  }
  const receive = (thread: string, letter: Letter = {}) => receiveIn(tenant, sender, thread, letter)
  const call = <T>(method: string, path: string, body?: unknown) =>
    h.call<T>(method, `${PATH}${path}`, { as: tenant.key, body })
  const list = async (query = '') => (await call<List>('GET', query)).body
  const ids = async (query = '') => (await list(query)).items.map(({ thread_id }) => thread_id)
  const mark = (thread: string, body: object) => call<Detail & Refusal>('PATCH', `/${thread}`, body)
  return { tenant, sender, begin, receive, call, list, ids, mark }
}

type Letter = { kind?: string; from?: string; html?: string; is_warmup?: boolean; message_id?: string }

const receiveIn = async (tenant: TestTenant, sender: TestSender, conversation_id: string, letter: Letter) => {
  h.clock.advance(1000)
  const now = h.clock.now()
  const id = newId()
  await h.deps.db
    .updateTable('conversations')
    .set((eb) => ({ message_count: eb('message_count', '+', 1), last_message_at: now, updated_at: now }))
    .where('id', '=', conversation_id)
    .execute()
  await h.deps.db
    .insertInto('inbound_emails')
    .values({
      id,
      workspace_id: tenant.workspace_id,
      user_id: tenant.user_id,
      alias_id: sender.alias_id,
      domain_id: sender.domain_id,
      conversation_id,
      kind: letter.kind ?? 'human_reply',
      from_email: letter.from ?? 'ada@people.example',
      from_name: 'Ada Lovelace',
      to_email: sender.full_email,
      subject: 'Re: A question',
      body_text: 'Yes, gladly.',
      body_html: letter.html ?? null,
      message_id: letter.message_id ?? null,
      is_warmup: letter.is_warmup ?? false,
      raw_email_size: 400,
      received_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute()
  return id
}

describe('the list', () => {
  test('holds what was received and is neither done nor asleep, newest first, page by page', async () => {
    const { begin, receive, list, ids, mark } = await createInbox()
    const [a, b, c, d] = [
      await begin('a+accept@people.example'),
      await begin('b+accept@people.example'),
      await begin('c+accept@people.example'),
      await begin('d+accept@people.example'),
    ]
    for (const thread of [a, b, c]) await receive(thread)
    assert.deepEqual(await ids(), [c, b, a])
    assert.deepEqual(await ids('?view=sent'), [d])
    assert.equal((await mark(b, { is_done: true })).status, 200)
    assert.deepEqual(await ids(), [c, a])
    assert.deepEqual(await ids('?view=done'), [b])
    await mark(a, { place: 'trash' })
    assert.deepEqual([await ids(), await ids('?view=trash')], [[c], [a]])
    assert.deepEqual(await ids('?view=all'), [c, b, d])
    const first = await list('?view=all&limit=2')
    assert.equal(first.has_more, true)
    const second = await list(`?view=all&limit=2&cursor=${first.next_cursor}`)
    assert.deepEqual(
      [...first.items, ...second.items].map(({ thread_id }) => thread_id),
      [c, b, d],
    )
  })

  test('is narrowed by kind, by what is unread, starred, to answer, of an outcome, and by words', async () => {
    const { begin, receive, ids, mark } = await createInbox()
    const reply = await begin('e+accept@people.example')
    const away = await begin('f+accept@people.example')
    await receive(reply, { from: 'eve@elsewhere.example' })
    await receive(away, { kind: 'auto_reply' })
    assert.deepEqual([await ids('?kind=human_reply'), await ids('?kind=auto_reply')], [[reply], [away]])
    assert.deepEqual(await ids('?needs_answer=true'), [reply])
    await mark(away, { is_read: true, is_starred: true, outcome: 'later' })
    assert.deepEqual([await ids('?unread=true'), await ids('?unread=false')], [[reply], [away]])
    assert.deepEqual([await ids('?starred=true'), await ids('?outcome=later')], [[away], [away]])
    assert.deepEqual([await ids('?q=elsewhere'), await ids('?q=nowhere')], [[reply], []])
  })

  test('leaves out what is only warm-up, and another workspace sees nothing of it', async () => {
    const { begin, receive, ids } = await createInbox()
    const thread = await begin('g+accept@people.example')
    await receive(thread, { is_warmup: true })
    assert.deepEqual(await ids(), [])
    const other = await createInbox()
    assert.deepEqual(await other.ids('?view=all'), [])
    assert.equal((await other.call('GET', `/${thread}`)).status, 404)
    assert.equal((await other.mark(thread, { is_done: true })).status, 404)
    assert.equal((await other.call('POST', `/${thread}/answer`, { body: 'Hello' })).status, 404)
  })
})

describe('a thread', () => {
  test('keeps the kind of what somebody wrote, whatever machines answer after it', async () => {
    const { begin, receive, list } = await createInbox()
    const thread = await begin('h+accept@people.example')
    const seen = async () => {
      const [one] = (await list()).items
      return [one?.thread_id === thread, one?.kind, one?.needs_answer]
    }
    await receive(thread, { kind: 'auto_reply' })
    assert.deepEqual(await seen(), [true, 'auto_reply', false])
    await receive(thread)
    assert.deepEqual(await seen(), [true, 'human_reply', true])
    await receive(thread, { kind: 'auto_reply' })
    assert.deepEqual((await seen()).slice(0, 2), [true, 'human_reply'])
    await receive(thread, { kind: 'unsubscribe' })
    assert.deepEqual(await seen(), [true, 'unsubscribe', false])
  })

  test('that is asleep comes back at its time, on top, and at once where somebody writes', async () => {
    const { begin, receive, ids, mark, call } = await createInbox()
    const [early, late] = [await begin('i+accept@people.example'), await begin('j+accept@people.example')]
    await receive(early)
    await receive(late)
    const until = (seconds: number) => new Date(h.clock.now().getTime() + seconds * 1000).toISOString()
    assert.equal((await mark(early, { snoozed_until: until(600) })).status, 200)
    await mark(late, { snoozed_until: until(6000) })
    assert.deepEqual([await ids(), await ids('?view=snoozed')], [[], [early, late]])
    h.clock.advance(601_000)
    assert.deepEqual([await ids(), await ids('?view=snoozed')], [[early], [late]])
    await receive(late, { kind: 'auto_reply' })
    assert.deepEqual(await ids('?view=snoozed'), [late])
    await receive(late)
    assert.deepEqual([await ids(), await ids('?view=snoozed')], [[late, early], []])
    const past = await mark(late, { snoozed_until: until(-5) })
    assert.deepEqual([past.status, past.body.details[0]?.loc], [422, ['body', 'snoozed_until']])
    const counts = await call<Record<string, number>>('GET', '/counts')
    assert.deepEqual([counts.body.open, counts.body.snoozed, counts.body.needs_answer], [2, 0, 2])
  })

  test('that is done comes back when somebody writes; done and asleep exclude each other', async () => {
    const { begin, receive, ids, mark } = await createInbox()
    const thread = await begin('k+accept@people.example')
    await receive(thread)
    await mark(thread, { snoozed_until: '2030-01-01T00:00:00Z' })
    const done = await mark(thread, { is_done: true })
    assert.deepEqual([done.body.snoozed_until, done.body.done_at !== null], [null, true])
    const asleep = await mark(thread, { snoozed_until: '2030-01-01T00:00:00Z' })
    assert.deepEqual([asleep.body.snoozed_until, asleep.body.done_at], ['2030-01-01T00:00:00.000Z', null])
    await mark(thread, { is_done: true })
    await receive(thread)
    assert.deepEqual(await ids(), [thread])
  })

  test('is marked together with many others, and what is no thread here is named and holds nothing up', async () => {
    const { begin, receive, ids, call } = await createInbox()
    const threads = [
      await begin('l+accept@people.example'),
      await begin('m+accept@people.example'),
      await begin('n+accept@people.example'),
    ]
    for (const thread of threads) await receive(thread)
    const [first = '', second = '', third = ''] = threads
    const stranger = await createInbox()
    const theirs = await stranger.begin('o+accept@people.example')
    await stranger.receive(theirs)
    const gone = newId()
    const done = await call<{ updated: number; missing_ids: string[] }>('PATCH', '', {
      thread_ids: [third, theirs, first, gone, first],
      is_done: true,
      is_read: true,
    })
    assert.deepEqual(
      [done.status, done.body.updated, [...done.body.missing_ids].sort()],
      [200, 2, [theirs, gone].sort()],
    )
    assert.deepEqual([await ids(), (await ids('?view=done')).sort()], [[second], [first, third].sort()])
    assert.deepEqual([await stranger.ids(), await stranger.ids('?unread=true')], [[theirs], [theirs]])
    assert.deepEqual(await ids('?view=all&unread=true'), [second])
    const past = await call<Refusal>('PATCH', '', { thread_ids: [second], snoozed_until: '2020-01-01T00:00:00Z' })
    assert.deepEqual([past.status, past.body.details[0]?.loc], [422, ['body', 'snoozed_until']])
    const nothing = await call<Refusal>('PATCH', '', { thread_ids: [second] })
    assert.equal(nothing.status, 422)
  })

  test('shows strangers’ mail without anything that runs or is loaded from elsewhere', async () => {
    const { begin, receive, call } = await createInbox()
    const thread = await begin('l+accept@people.example')
    await receive(thread, {
      html: '<p onclick="x()">Hello</p><script>alert(1)</script><img src="https://track.example/p.gif"><img src="http://a.example/b.png" alt="Logo">',
    })
    const { body } = await call<Detail>('GET', `/${thread}`)
    assert.deepEqual([body.person_name, body.person_email], ['Ada Lovelace', 'ada@people.example'])
    assert.deepEqual(
      body.messages.map(({ direction }) => direction),
      ['outbound', 'inbound'],
    )
    const shown = body.messages[1] as Message
    assert.equal(shown.blocked_images, 2)
    assert.doesNotMatch(shown.body_html ?? '', /script|onclick|track\.example|a\.example/)
    assert.match(shown.body_html ?? '', /<p>Hello<\/p>.*alt="Logo"/)
  })
})

describe('images from elsewhere', () => {
  type Loaded = { body_html: string; loaded: number; not_loaded: number; trackers: number }
  const load = (tenant: TestTenant, id: string) =>
    h.call<Loaded & Refusal>('GET', `/api/v1/inbox/messages/${id}/images`, { as: tenant.key })

  test('are fetched when they are asked for: those of the message, pictures only, with nothing of the reader', async () => {
    const at = images.base_url
    const html = `<p onclick="x()">Hello</p><img src="${at}/logo.png?a=1&amp;b=2" alt="Logo"><img src="${at}/photo.jpg"><img src="${at}/logo.png?a=1&amp;b=2">
        <img src="${at}/moved.png" alt="Moved"><img src="${at}/away.png" alt="Away"><img src="http://${unlisted.address}/logo.png" alt="Inside">
        <img src="${at}/drawing.svg" alt="Drawing"><img src="${at}/page.png" alt="Page"><img src="${at}/huge.png" alt="Huge">
        <img src="${at}/missing.png" alt="Missing"><img src="${at.replace('//', '//me:secret@')}/one.png" alt="Named"><img src="${at}/open.gif" width="1" height="1">`
    const receiveIt = async (mode: 'sandbox' | 'live') => {
      const { begin, receive, tenant } = await createInbox(mode)
      return load(tenant, await receive(await begin('p+accept@people.example'), { html }))
    }
    const refused = await receiveIt('sandbox')
    assert.deepEqual([refused.status, refused.body.detail], [409, 'LIVE_WORKSPACE_ONLY'])
    assert.equal(images.asked.length, 0)
    const { status, body, text } = await receiveIt('live')
    assert.equal(status, 200, text)
    assert.deepEqual([body.loaded, body.not_loaded, body.trackers], [3, 7, 1])
    const logo = `data:image/png;base64,${ONE_PIXEL.toString('base64')}`
    assert.deepEqual(
      [...body.body_html.matchAll(/src="([^"]*)"/g)].map(([, source]) => source),
      [logo, `data:image/jpeg;base64,${Buffer.from('a photo').toString('base64')}`, logo, logo],
    )
    assert.doesNotMatch(body.body_html, /onclick|https?:/)
    assert.match(body.body_html, /<img alt="Away" \/>/)
    assert.deepEqual(unlisted.asked, [])
    assert.equal(
      images.asked.filter(({ path }) => path.startsWith('/logo.png')).length,
      2,
      'once, and as where another led',
    )
    assert.equal(
      images.asked.some(({ path }) => path === '/open.gif' || path === '/one.png'),
      false,
    )
    for (const { headers } of images.asked)
      assert.deepEqual(Object.keys(headers).sort(), ['accept', 'connection', 'host'], JSON.stringify(headers))
  })

  test('that a message has none of, it is shown without, also in a sandbox; another workspace’s is missing', async () => {
    const { begin, receive, tenant } = await createInbox()
    const thread = await begin('q+accept@people.example')
    const id = await receive(thread, { html: '<p>Hello</p><img src="cid:logo" alt="Logo">' })
    const plain = await receive(thread)
    const { status, body } = await load(tenant, id)
    assert.deepEqual([status, body.loaded, body.not_loaded, body.trackers], [200, 0, 0, 0])
    assert.match(body.body_html, /<p>Hello<\/p>/)
    assert.equal((await load(tenant, plain)).body.body_html, null)
    const stranger = await createInbox()
    assert.equal((await load(stranger.tenant, id)).status, 404)
  })

  test('are not fetched from what the operator has opened for the program’s own needs', async () => {
    const own = await startHarness({ env: { EGRESS_ALLOW: images.address } })
    try {
      const asked = images.asked.length
      const answer = await own.deps.http.request(`http://${images.address}/one.png`)
      assert.equal(answer.status, 200, 'the program itself may')
      await assert.rejects(own.deps.guest_http.request(`http://${images.address}/one.png`), /EGRESS_ALLOW/)
      assert.equal(images.asked.length, asked + 1)
    } finally {
      await own.close()
    }
  })

  test('are bounded in number', async () => {
    const { begin, receive, tenant } = await createInbox('live')
    const thread = await begin('s+accept@people.example')
    const html = Array.from({ length: 45 }, (_, at) => `<img src="${images.base_url}/one.png#${at}">`).join('')
    const id = await receive(thread, { html })
    const { body } = await load(tenant, id)
    assert.deepEqual([body.loaded, body.not_loaded], [40, 5])
  })
})

describe('an answer', () => {
  test('goes to who wrote last, in the thread, without tracking, and marks it read', async () => {
    const { begin, receive, call, list, sender } = await createInbox()
    const thread = await begin('m+accept@people.example')
    await receive(thread, { from: 'mia@people.example', message_id: '<one@people.example>' })
    await receive(thread, { kind: 'auto_reply', from: 'robot@people.example' })
    h.clock.advance(1000)
    const sent = await call<Record<string, unknown>>('POST', `/${thread}/answer`, { body: 'Thank you.' })
    assert.equal(sent.status, 200, sent.text)
    const { to_email, subject, in_reply_to, conversation_id, from_email, track_opens } = sent.body
    assert.deepEqual(
      [to_email, subject, in_reply_to, conversation_id, from_email, track_opens],
      ['mia@people.example', 'Re: A question', '<one@people.example>', thread, sender.full_email, false],
    )
    await h.worker.drain()
    const [shown] = (await list()).items
    assert.deepEqual([shown?.needs_answer, shown?.is_read, shown?.last_direction], [false, true, 'outbound'])
  })

  test('can wait and be called back, and takes the thread out of the inbox where that is asked for', async () => {
    const { begin, receive, call, ids, tenant } = await createInbox()
    const thread = await begin('n+accept@people.example')
    await receive(thread)
    const sent = await call<{ id: string; status: string }>('POST', `/${thread}/answer`, {
      body: 'Too quick.',
      delay_seconds: 10,
      mark_done: true,
    })
    assert.deepEqual([sent.body.status, await ids(), await ids('?view=done')], ['scheduled', [], [thread]])
    const cancel = `/api/v1/bavimail/emails/${sent.body.id}/cancel`
    assert.equal((await h.call('POST', cancel, { as: tenant.key })).status, 200)
    const { body } = await call<Detail>('GET', `/${thread}`)
    assert.deepEqual(
      body.messages.map(({ direction }) => direction),
      ['outbound', 'inbound'],
    )
  })

  test('to somebody on the suppression list is refused', async () => {
    const { begin, receive, call, tenant } = await createInbox()
    const thread = await begin('o+accept@people.example')
    await receive(thread, { from: 'gone@people.example' })
    await h.call('POST', '/api/v1/suppression/', { as: tenant.key, body: { email: 'gone@people.example' } })
    const refused = await call<Refusal>('POST', `/${thread}/answer`, { body: 'Hello again.' })
    assert.equal(refused.body.detail, 'RECIPIENT_SUPPRESSED', refused.text)
  })

  test('has one Re: in its subject, whatever the language', () => {
    const cases: [string, string][] = [
      ['A question', 'Re: A question'],
      ['Re: A question', 'Re: A question'],
      ['AW: Eine Frage', 'AW: Eine Frage'],
      ['re[2]: x', 're[2]: x'],
      ['Result: 3', 'Re: Result: 3'],
      ['', 'Re:'],
    ]
    for (const [given, wanted] of cases) assert.equal(answerSubject(given), wanted)
  })
})
