import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createSender, sendMail, type TestSender } from '../../../test/outgoing.ts'
import { newId } from '../../ids.ts'
import { taggedSql, tagsOfMessages } from './read-tags.ts'

type Tag = {
  id: string
  name: string
  type: string
  is_system: boolean
  is_pinned: boolean
  is_visible: boolean
  email_count: number
  color: string | null
  description: string | null
  sort_order: number
}
type EmailTag = { tag: { id: string; name: string }; tagged_by: string; tagged_at: string; note: string | null }

let h: Harness
let tenant: TestTenant
let sender: TestSender

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
  sender = await createSender(h, tenant)
})
after(() => h.close())

const create = async (body: object, as = tenant.key) => h.call<Tag>('POST', '/mail/v1/tags', { as, body })
const list = async (query = '', as = tenant.key) => (await h.call<Tag[]>('GET', `/mail/v1/tags${query}`, { as })).body
const find = async (name: string, as = tenant.key) =>
  (await list('?include_hidden=true', as)).find((tag) => tag.name === name)

const receive = async (owner = tenant, kind = 'human_reply'): Promise<string> => {
  const id = newId()
  const now = h.clock.now()
  await h.deps.db
    .insertInto('inbound_emails')
    .values({
      id,
      workspace_id: owner.workspace_id,
      user_id: owner.user_id,
      alias_id: sender.alias_id,
      domain_id: sender.domain_id,
      kind,
      from_email: 'ada@people.example',
      to_email: sender.full_email,
      subject: 'Hello',
      raw_email_size: 400,
      received_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute()
  return id
}

const onMessage = (method: string, id: string, path = '', body?: object, as = tenant.key) =>
  h.call<EmailTag[] & { detail: { code: string; context: { details: { loc: unknown[] }[] } } }>(
    method,
    `/mail/v1/inbound-emails/${id}/tags${path}`,
    { as, body },
  )

test('Inbox and Sent always exist, count every message, and can be neither renamed, deleted nor put on a message', async () => {
  const owner = await createTenant(h)
  const from = await createSender(h, owner)
  assert.deepEqual(
    (await list('', owner.key)).map(({ name, type, is_system, email_count }) => [name, type, is_system, email_count]),
    [
      ['Inbox', 'folder', true, 0],
      ['Sent', 'folder', true, 0],
    ],
  )
  await sendMail(h, owner, from, 'ada+accept@people.example')
  const message = await receive(owner)
  await receive(owner, 'bounce')
  const inbox = await find('Inbox', owner.key)
  assert.deepEqual([inbox?.email_count, (await find('Sent', owner.key))?.email_count], [1, 1])
  const path = `/mail/v1/tags/${inbox?.id}`
  assert.equal((await h.call('DELETE', path, { as: owner.key })).status, 409)
  assert.equal((await h.call('PUT', path, { as: owner.key, body: { name: 'Mine' } })).status, 409)
  assert.equal((await h.call('PATCH', path, { as: owner.key, body: { color: '#FF0000' } })).status, 200)
  assert.equal((await find('Inbox', owner.key))?.color, '#ff0000')
  assert.equal((await onMessage('POST', message, '', { tag_ids: [inbox?.id] }, owner.key)).status, 409)
})

test('a tag has a name of its own in any case, a colour, an order; hidden ones are listed when asked for', async () => {
  const made = await create({ name: ' Hot ', color: '#Ff8800', sort_order: 5, description: 'Answer today' })
  assert.equal(made.status, 200)
  assert.deepEqual(
    [made.body.name, made.body.type, made.body.color, made.body.is_system, made.body.email_count],
    ['Hot', 'tag', '#ff8800', false, 0],
  )
  assert.equal((await create({ name: 'HOT', type: 'folder' })).status, 409)
  for (const body of [
    {},
    { name: '' },
    { name: 'x', color: 'red' },
    { name: 'x', type: 'label' },
    { name: 'x', sort_order: 0.5 },
  ])
    assert.equal((await create(body)).status, 400, JSON.stringify(body))
  const path = `/mail/v1/tags/${made.body.id}`
  const changed = await h.call<Tag>('PUT', path, { as: tenant.key, body: { description: null, is_visible: false } })
  assert.deepEqual([changed.status, changed.body.description, changed.body.color], [200, null, '#ff8800'])
  assert.ok((await list()).every(({ name }) => name !== 'Hot'))
  assert.ok(await find('Hot'))
  await create({ name: 'First', sort_order: 1 })
  await create({ name: 'Pinned', is_pinned: true, sort_order: 9 })
  assert.deepEqual(
    (await list('?include_hidden=true')).map(({ name }) => name),
    ['Inbox', 'Sent', 'Pinned', 'First', 'Hot'],
  )
  assert.equal((await h.call('PUT', path, { as: tenant.key, body: { name: 'first' } })).status, 409)
})

test('tags are put on a message, replaced and taken off; their counts follow', async () => {
  const [red, green, blue] = await Promise.all(
    ['red', 'green', 'blue'].map(async (name) => (await create({ name })).body.id),
  )
  const message = await receive()
  const added = await onMessage('POST', message, '', { tag_ids: [red, green, red], note: 'asked by phone' })
  assert.equal(added.status, 200)
  assert.deepEqual(
    added.body.map(({ tag, tagged_by, note }) => [tag.name, tagged_by, note]),
    [
      ['green', 'user', 'asked by phone'],
      ['red', 'user', 'asked by phone'],
    ],
  )
  const at = added.body[1]?.tagged_at
  h.clock.advance(60_000)
  const replaced = await onMessage('PUT', message, '', { tag_ids: [red, blue] })
  assert.deepEqual(
    replaced.body.map(({ tag, tagged_at, note }) => [tag.name, tagged_at === at, note]),
    [
      ['blue', false, null],
      ['red', true, 'asked by phone'],
    ],
  )
  assert.deepEqual((await onMessage('GET', message)).body, replaced.body)
  assert.deepEqual([(await find('red'))?.email_count, (await find('green'))?.email_count], [1, 0])
  for (let i = 0; i < 2; i++) assert.equal((await onMessage('DELETE', message, `/${red}`)).status, 204)
  assert.equal((await find('red'))?.email_count, 0)
  assert.equal((await h.call('DELETE', `/mail/v1/tags/${blue}`, { as: tenant.key })).status, 204)
  assert.deepEqual((await onMessage('GET', message)).body, [])
})

test('an unknown tag changes nothing and is named by its place; other workspaces see neither tag nor message', async () => {
  const { id } = (await create({ name: 'known' })).body
  const message = await receive()
  const refused = await onMessage('PUT', message, '', { tag_ids: [id, newId()] })
  assert.equal(refused.status, 400)
  assert.deepEqual(
    refused.body.detail.context.details.map(({ loc }) => loc),
    [['body', 'tag_ids', 1]],
  )
  assert.deepEqual((await onMessage('GET', message)).body, [])
  const stranger = await createTenant(h)
  assert.equal((await onMessage('GET', message, '', undefined, stranger.key)).status, 404)
  assert.equal((await onMessage('POST', await receive(stranger), '', { tag_ids: [id] }, stranger.key)).status, 400)
  for (const method of ['GET', 'DELETE'])
    assert.equal((await h.call(method, `/mail/v1/tags/${id}`, { as: stranger.key })).status, 404)
})

test('a list is narrowed to any or all of some tags, and the Inbox is everything an inbox shows', async () => {
  const owner = await createTenant(h)
  const [a, b] = await Promise.all(['a', 'b'].map(async (name) => (await create({ name }, owner.key)).body.id))
  const [both, one, none, bounce] = [
    await receive(owner),
    await receive(owner),
    await receive(owner),
    await receive(owner, 'bounce'),
  ]
  await onMessage('POST', both as string, '', { tag_ids: [a, b] }, owner.key)
  await onMessage('POST', one as string, '', { tag_ids: [a] }, owner.key)
  const found = async (ids: (string | undefined)[], match: 'any' | 'all') => {
    const condition = await taggedSql(h.deps.db, owner.workspace_id, ids as string[], match)
    const { rows } = await sql<{ id: string }>`
      select i.id from inbound_emails i where i.workspace_id = ${owner.workspace_id} and ${condition} order by i.id`.execute(
      h.deps.db,
    )
    return rows.map(({ id }) => id)
  }
  const inbox = (await find('Inbox', owner.key))?.id
  const sent = (await find('Sent', owner.key))?.id
  assert.deepEqual(await found([a, b], 'any'), [both, one])
  assert.deepEqual(await found([a, b], 'all'), [both])
  assert.deepEqual(await found([inbox], 'any'), [both, one, none])
  assert.deepEqual(await found([inbox, b], 'all'), [both])
  assert.deepEqual(await found([sent], 'any'), [])
  assert.deepEqual(await found([newId()], 'any'), [])
  assert.deepEqual(await found([], 'any'), [both, one, none, bounce])
  const tags = await tagsOfMessages(h.deps.db, [both, one, none] as string[])
  assert.deepEqual(
    [tags.get(both as string)?.length, tags.get(one as string)?.length, tags.has(none as string)],
    [2, 1, false],
  )
})
