import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, unique } from '../../../test/harness.ts'
import { createSender, sendMail, type TestSender } from '../../../test/outgoing.ts'
import { newId } from '../../ids.ts'

type Summary = {
  id: string
  subject: string
  message_count: number
  unread_count: number
  last_message_at: string
  total_attachment_count: number
}
type Message = { id: string; direction: string; timestamp: string; body_text: string | null; read_at: string | null }
type Threads = {
  threads: (Summary & { participants: string[]; snippet: string | null; last_direction: string; is_read: boolean })[]
  has_more: boolean
  next_cursor: string | null
}

let h: Harness
let tenant: TestTenant
let sender: TestSender

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
  sender = await createSender(h, tenant)
})
after(() => h.close())

/** A received message as the inbound path files it, a second later than the one before. */
const receive = async (
  conversation_id: string,
  message: { from?: string; text?: string; attachments?: number; is_warmup?: boolean; owner?: TestTenant } = {},
): Promise<string> => {
  h.clock.advance(1000)
  const now = h.clock.now()
  const id = newId()
  const owner = message.owner ?? tenant
  await h.deps.db
    .insertInto('inbound_emails')
    .values({
      id,
      workspace_id: owner.workspace_id,
      user_id: owner.user_id,
      alias_id: sender.alias_id,
      domain_id: sender.domain_id,
      conversation_id,
      kind: 'human_reply',
      from_email: message.from ?? 'ada@people.example',
      from_name: 'Ada Lovelace',
      to_email: sender.full_email,
      subject: 'Re: A question',
      body_text: message.text ?? 'Yes, gladly.',
      attachments: JSON.stringify(Array.from({ length: message.attachments ?? 0 }, () => ({ id: newId() }))),
      is_warmup: message.is_warmup ?? false,
      raw_email_size: 400,
      received_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute()
  await h.deps.db
    .updateTable('conversations')
    .set((eb) => ({ message_count: eb('message_count', '+', 1), last_message_at: now, updated_at: now }))
    .where('id', '=', conversation_id)
    .execute()
  return id
}

const send = async (to: string, owner = tenant, from = sender) => {
  h.clock.advance(1000)
  return sendMail(h, owner, from, to)
}

const list = async (query = '', as = tenant.key) =>
  (await h.call<Summary[]>('GET', `/mail/v1/conversations${query}`, { as })).body
const threads = async (query: string, as = tenant.key) =>
  (await h.call<Threads>('GET', `/mail/v1/inbox/threads${query}`, { as })).body

describe('a conversation', () => {
  test('shows both directions, oldest first, with true counts, on both faces alike', async () => {
    const { conversation_id, email_id } = await send('ada+accept@people.example')
    const first = await receive(conversation_id, { attachments: 2 })
    const second = await receive(conversation_id, { text: 'And one more thing.' })
    const [mail, house] = await Promise.all(
      ['/mail/v1', '/api/v1/bavimail'].map((face) =>
        h.call<Summary & { messages: Message[] }>('GET', `${face}/conversations/${conversation_id}`, {
          as: tenant.key,
        }),
      ),
    )
    assert.deepEqual(mail?.body, house?.body)
    const { messages, ...summary } = (mail as NonNullable<typeof mail>).body
    assert.deepEqual(
      messages.map(({ id, direction }) => [id, direction]),
      [
        [email_id, 'outbound'],
        [first, 'inbound'],
        [second, 'inbound'],
      ],
    )
    assert.deepEqual([summary.message_count, summary.unread_count, summary.total_attachment_count], [3, 2, 2])
    const [shown] = await list('?limit=1')
    assert.deepEqual(shown, summary)
  })

  test('is marked read and unread with all that was received in it', async () => {
    const { conversation_id } = await send('grace+accept@people.example')
    await receive(conversation_id)
    await receive(conversation_id)
    const mark = (as: string) =>
      h.call('POST', `/mail/v1/conversations/${conversation_id}/mark-${as}`, { as: tenant.key })
    const unread = async () => (await list(`?limit=1`))[0]?.unread_count
    assert.equal(await unread(), 2)
    const marked = await mark('read')
    assert.deepEqual([marked.status, marked.text], [204, ''])
    assert.equal(await unread(), 0)
    assert.equal((await mark('read')).status, 204)
    assert.equal((await mark('unread')).status, 204)
    assert.equal(await unread(), 2)
  })

  test('that is deleted takes what was received along and leaves what was sent', async () => {
    const { conversation_id, email_id } = await send('alan+accept@people.example')
    const inboundId = await receive(conversation_id)
    const path = `/mail/v1/conversations/${conversation_id}`
    assert.equal((await h.call('DELETE', path, { as: tenant.key })).status, 204)
    assert.equal((await h.call('GET', path, { as: tenant.key })).status, 404)
    assert.equal((await h.call('DELETE', path, { as: tenant.key })).status, 404)
    const row = async (table: 'emails' | 'inbound_emails', id: string) =>
      h.deps.db.selectFrom(table).select(['id', 'conversation_id']).where('id', '=', id).execute()
    assert.deepEqual(await row('inbound_emails', inboundId), [])
    assert.deepEqual(await row('emails', email_id), [{ id: email_id, conversation_id: null }])
  })

  test('that loses its newest message was last active when the one before came; without any it is gone', async () => {
    const { conversation_id } = await send('mary+accept@people.example')
    const first = await receive(conversation_id)
    const before = (await list('?limit=1'))[0]
    const second = await receive(conversation_id)
    const remove = (id: string) => h.deps.db.deleteFrom('inbound_emails').where('id', '=', id).execute()
    await remove(second)
    const left = (await list('?limit=1'))[0]
    assert.deepEqual([left?.last_message_at, left?.message_count], [before?.last_message_at, 2])
    await h.deps.db
      .updateTable('emails')
      .set({ conversation_id: null })
      .where('conversation_id', '=', conversation_id)
      .execute()
    await remove(first)
    assert.equal((await h.call('GET', `/mail/v1/conversations/${conversation_id}`, { as: tenant.key })).status, 404)
  })

  test('of another workspace is a 404 to read, mark and delete', async () => {
    const { conversation_id } = await send('private+accept@people.example')
    const stranger = await createTenant(h)
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/mark-read'],
      ['DELETE', ''],
    ] as const)
      assert.equal(
        (await h.call(method, `/mail/v1/conversations/${conversation_id}${path}`, { as: stranger.key })).status,
        404,
      )
    assert.equal((await h.call('GET', `/mail/v1/inbox/threads/${conversation_id}`, { as: stranger.key })).status, 404)
  })
})

describe('the list', () => {
  let owner: TestTenant
  let from: TestSender
  let other: TestSender
  const ids: Record<string, string> = {}
  before(async () => {
    owner = await createTenant(h)
    from = await createSender(h, owner)
    other = await createSender(h, owner)
    ids.silent = (await send('silent+accept@people.example', owner, from)).conversation_id
    ids.answered = (await send('answered+accept@people.example', owner, from)).conversation_id
    ids.elsewhere = (await send('elsewhere+accept@people.example', owner, other)).conversation_id
    await receive(ids.answered, { owner, from: 'answered@people.example' })
    ids.warm = newId()
    const now = h.clock.now()
    await h.deps.db
      .insertInto('conversations')
      .values({
        id: ids.warm,
        workspace_id: owner.workspace_id,
        user_id: owner.user_id,
        alias_id: from.alias_id,
        domain_id: from.domain_id,
        subject: 'blue-horse',
        created_at: now,
        updated_at: now,
        last_message_at: now,
      })
      .execute()
    await receive(ids.warm, { owner, is_warmup: true })
  })

  const named = (rows: Summary[]) => rows.map(({ id }) => Object.entries(ids).find(([, known]) => known === id)?.[0])

  test('is newest activity first and leaves warm-up out unless asked', async () => {
    assert.deepEqual(named(await list('', owner.key)), ['answered', 'elsewhere', 'silent'])
    assert.deepEqual(named(await list('?include_warmup=true', owner.key)), ['warm', 'answered', 'elsewhere', 'silent'])
  })

  test('is narrowed by alias, domain and direction', async () => {
    assert.deepEqual(named(await list(`?alias_id=${other.alias_id}`, owner.key)), ['elsewhere'])
    assert.deepEqual(named(await list(`?domain_id=${from.domain_id}`, owner.key)), ['answered', 'silent'])
    assert.deepEqual(named(await list('?direction=inbound', owner.key)), ['answered'])
    assert.deepEqual(named(await list('?direction=outbound', owner.key)), ['answered', 'elsewhere', 'silent'])
  })

  test('is paged by offset, and by the Link header', async () => {
    assert.deepEqual(named(await list('?limit=1&offset=1', owner.key)), ['elsewhere'])
    const first = await h.call<Summary[]>('GET', '/mail/v1/conversations?limit=2', { as: owner.key })
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.link ?? '')?.[1] as string
    assert.deepEqual(named((await h.call<Summary[]>('GET', next, { as: owner.key })).body), ['silent'])
    assert.equal((await h.call('GET', '/mail/v1/conversations?cursor=nonsense', { as: owner.key })).status, 400)
  })
})

describe('threads', () => {
  let owner: TestTenant
  let from: TestSender
  before(async () => {
    owner = await createTenant(h)
    from = await createSender(h, owner)
  })

  test('a cursor neither repeats nor hides a thread while others move to the top', async () => {
    const all: string[] = []
    for (let i = 0; i < 5; i++)
      all.unshift((await send(`person${i}+accept@people.example`, owner, from)).conversation_id)
    const first = await threads('?limit=2', owner.key)
    assert.deepEqual(
      first.threads.map(({ id }) => id),
      all.slice(0, 2),
    )
    await receive(all[4] as string, { owner })
    const fresh = (await send('late+accept@people.example', owner, from)).conversation_id
    const rest = await threads(`?limit=10&cursor=${first.next_cursor}`, owner.key)
    assert.deepEqual(
      rest.threads.map(({ id }) => id),
      all.slice(2, 4),
    )
    assert.deepEqual([rest.has_more, rest.next_cursor], [false, null])
    assert.equal((await threads('?limit=1', owner.key)).threads[0]?.id, fresh)
  })

  test('show participants, the newest text and whether it was read', async () => {
    const { conversation_id } = await send('Hopper+accept@people.example', owner, from)
    await receive(conversation_id, { owner, from: 'grace@people.example', text: 'Line one.\n\n  Line   two.' })
    const { status, body } = await h.call<Threads['threads'][0] & { messages: Message[] }>(
      'GET',
      `/mail/v1/inbox/threads/${conversation_id}`,
      { as: owner.key },
    )
    assert.equal(status, 200)
    assert.deepEqual(body.participants, ['hopper+accept@people.example', 'grace@people.example'])
    assert.deepEqual([body.snippet, body.last_direction, body.is_read], ['Line one. Line two.', 'inbound', false])
    assert.equal(body.messages.length, 2)
  })

  test('are found by words of subject, addresses, names and text, and only in their own workspace', async () => {
    const word = unique('zebra').replaceAll('-', '')
    const { conversation_id } = await send(`${word}+accept@people.example`, owner, from)
    await receive(conversation_id, { owner, text: 'We pay 4711 crowns for Überraschung/deal.' })
    const found = async (q: string, as = owner.key) =>
      (await threads(`?q=${encodeURIComponent(q)}`, as)).threads.map(({ id }) => id)
    for (const q of [
      word,
      word.slice(0, 7),
      `${word}+accept@people.example`,
      'überraschung 4711',
      `LOVELACE ${word}`,
      `deal ${word}`,
    ])
      assert.deepEqual(await found(q), [conversation_id], q)
    assert.deepEqual(await found(`${word} unheardof`), [])
    assert.deepEqual(await found('?!'), [])
    assert.deepEqual(await found(word, (await createTenant(h)).key), [])
    await receive(conversation_id, { owner, text: 'A later giraffe.' })
    assert.deepEqual(await found(`giraffe ${word}`), [conversation_id])
  })

  test('the background reads in what nobody searched for', async () => {
    await send('background+accept@people.example', owner, from)
    await h.worker.drain()
    const due = await h.deps.db.selectFrom('conversations').select('id').where('search_due', '=', true).execute()
    assert.deepEqual(due, [])
  })
})
