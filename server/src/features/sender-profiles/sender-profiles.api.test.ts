import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, type TestAnswer } from '../../../test/harness.ts'
import { newId } from '../../ids.ts'

type Prompt = { name: string; prompt: string; created_at: string; updated_at: string }
type Profile = {
  id: string
  user_id: string
  profile_name: string
  sender_data: { data: Record<string, unknown> & { prompts?: Prompt[] } }
  description: string | null
  updated_at: string
  usage_count: number
  is_default: boolean
}
type PromptPage = { profile_id: string; items: Prompt[]; total: number; has_more: boolean; next_cursor: string | null }
type Failure = { detail: string; details?: { loc: (string | number)[]; type: string }[] }

const BASE = '/api/v1/sender-profiles/'
const text = (word: string): string => `${word} `.repeat(100).slice(0, 150)

describe('sender profiles', () => {
  let h: Harness
  before(async () => {
    h = await startHarness()
  })
  after(() => h.close())

  const post = <T = Profile>(tenant: TestTenant, body: object): Promise<TestAnswer<T>> =>
    h.call<T>('POST', BASE, { as: tenant.key, body })
  const create = async (tenant: TestTenant, fields: object = {}): Promise<Profile> => {
    const made = await post(tenant, { profile_name: 'Ann', sender_data: { full_name: 'Ann Lee' }, ...fields })
    assert.equal(made.status, 201, made.text)
    return made.body
  }
  const read = async (tenant: TestTenant, id: string): Promise<Profile> =>
    (await h.call<Profile>('GET', BASE + id, { as: tenant.key })).body
  const promptNames = async (tenant: TestTenant, id: string): Promise<string[]> =>
    (await h.call<PromptPage>('GET', `${BASE}${id}/prompts`, { as: tenant.key })).body.items.map(({ name }) => name)
  const savePrompt = async (
    tenant: TestTenant,
    id: string,
    name: string,
    prompt = text(name),
  ): Promise<TestAnswer<Prompt>> =>
    h.call<Prompt>('POST', `${BASE}${id}/prompts`, { as: tenant.key, body: { name, prompt } })

  test('facts go in plain and come out wrapped, whatever their fields', async () => {
    const me = await createTenant(h)
    const facts = { full_name: 'Ann', nested: { list: [1, null, 'ø'] }, custom_prompt: 'Be brief.' }
    const made = await create(me, { sender_data: facts, description: 'Default voice' })
    assert.deepEqual(made.sender_data, { data: facts })
    assert.equal(made.user_id, me.user_id)
    assert.deepEqual([made.description, made.usage_count, made.is_default], ['Default voice', 0, false])
    assert.deepEqual(await read(me, made.id), made)
  })

  test('of twenty profiles made at once exactly five are kept, and the others hear of the limit', async () => {
    const me = await createTenant(h)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        post<Failure>(me, { profile_name: `p${i}`, sender_data: {}, is_default: true }),
      ),
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 5)
    const refused = answers.filter(({ status }) => status !== 201)
    assert.deepEqual(
      [...new Set(refused.map(({ status, body }) => `${status} ${body.detail}`))],
      ['400 PROFILE_LIMIT_REACHED'],
    )
    const list = await h.call<Profile[]>('GET', BASE, { as: me.key })
    assert.equal(list.body.length, 5)
    assert.equal(list.body.filter(({ is_default }) => is_default).length, 1)
    await h.call('DELETE', BASE + (list.body[0] as Profile).id, { as: me.key })
    await create(me)
  })

  test('there is one default: marking another takes the mark off, unmarking leaves none', async () => {
    const me = await createTenant(h)
    const byDefault = () => h.call<Profile | null>('GET', `${BASE}default/`, { as: me.key })
    assert.deepEqual([(await byDefault()).status, (await byDefault()).body], [200, null])
    const [a, b] = [await create(me, { is_default: true }), await create(me)]
    assert.equal((await byDefault()).body?.id, a.id)
    await Promise.all(
      [a, b, a, b].map(({ id }) => h.call('PUT', BASE + id, { as: me.key, body: { is_default: true } })),
    )
    const list = await h.call<Profile[]>('GET', BASE, { as: me.key })
    assert.equal(list.body.filter(({ is_default }) => is_default).length, 1)
    const marked = list.body.find(({ is_default }) => is_default) as Profile
    await h.call('PUT', BASE + marked.id, { as: me.key, body: { is_default: false } })
    assert.equal((await byDefault()).body, null)
  })

  test('PUT changes only what is sent, and null clears nothing but the description', async () => {
    const me = await createTenant(h)
    const made = await create(me, { description: 'd', is_default: true })
    h.clock.advance(1_000)
    const renamed = await h.call<Profile>('PUT', BASE + made.id, {
      as: me.key,
      body: { profile_name: 'Bo', sender_data: null, is_default: null },
    })
    assert.equal(renamed.status, 200)
    assert.deepEqual({ ...renamed.body, updated_at: made.updated_at }, { ...made, profile_name: 'Bo' })
    assert.ok(renamed.body.updated_at > made.updated_at)
    const replaced = await h.call<Profile>('PUT', BASE + made.id, {
      as: me.key,
      body: { sender_data: { role: 'CEO' }, description: null },
    })
    assert.deepEqual(replaced.body.sender_data, { data: { role: 'CEO' } })
    assert.equal(replaced.body.description, null)
  })

  test('search finds part of a name without regard to case, and % means itself', async () => {
    const me = await createTenant(h)
    const rival = await createTenant(h)
    await create(rival, { profile_name: 'Sales rival' })
    const names = ['EMEA Sales', 'sales 100%', 'Founder']
    for (const profile_name of names) await create(me, { profile_name })
    const search = async (query: string) =>
      (await h.call<Profile[]>('GET', `${BASE}search/?query=${encodeURIComponent(query)}`, { as: me.key })).body.map(
        (p) => p.profile_name,
      )
    assert.deepEqual(await search('SALES'), ['sales 100%', 'EMEA Sales'])
    assert.deepEqual(await search('%'), ['sales 100%'])
    assert.deepEqual(await search('_'), [])
    assert.equal((await h.call('GET', `${BASE}search/?query=`, { as: me.key })).status, 422)
    assert.equal((await h.call('GET', `${BASE}search/`, { as: me.key })).status, 422)
  })

  test('the bare list names its next page in a Link header', async () => {
    const me = await createTenant(h)
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.unshift((await create(me, { profile_name: `p${i}` })).id)
    const seen: string[] = []
    for (let path: string | undefined = `${BASE}?limit=2`; path; ) {
      const page: TestAnswer<Profile[]> = await h.call<Profile[]>('GET', path, { as: me.key })
      seen.push(...page.body.map(({ id }) => id))
      path = /<([^>]+)>; rel="next"/.exec(page.headers.link ?? '')?.[1]
    }
    assert.deepEqual(seen, ids)
    const offset = await h.call<Profile[]>('GET', `${BASE}?limit=2&offset=4`, { as: me.key })
    assert.deepEqual(
      offset.body.map(({ id }) => id),
      ids.slice(4),
    )
  })

  test('an id that is no UUID, a missing one and another workspace’s are the same 404', async () => {
    const [me, other] = [await createTenant(h), await createTenant(h)]
    const theirs = await create(other)
    await savePrompt(other, theirs.id, 'greeting')
    for (const id of [theirs.id, newId(), 'nonsense', '%27%3B--', '5']) {
      const path = BASE + id
      const prompt = { name: 'x', prompt: text('x') }
      const answers = [
        await h.call<Failure>('GET', path, { as: me.key }),
        await h.call<Failure>('PUT', path, { as: me.key, body: { profile_name: 'mine' } }),
        await h.call<Failure>('DELETE', path, { as: me.key }),
        await h.call<Failure>('GET', `${path}/prompts`, { as: me.key }),
        await h.call<Failure>('POST', `${path}/prompts`, { as: me.key, body: prompt }),
        await h.call<Failure>('PATCH', `${path}/prompts/greeting`, { as: me.key, body: { name: 'y' } }),
        await h.call<Failure>('DELETE', `${path}/prompts/greeting`, { as: me.key }),
      ]
      assert.deepEqual(
        answers.map(({ status, body }) => `${status} ${body.detail}`),
        Array(7).fill('404 NOT_FOUND'),
        id,
      )
    }
    assert.deepEqual(await promptNames(other, theirs.id), ['greeting'])
    assert.equal((await read(other, theirs.id)).profile_name, 'Ann')
  })

  test('prompts are listed the most recently saved first, even while the clock stands still', async () => {
    const me = await createTenant(h)
    const { id } = await create(me)
    for (const name of ['a', 'b', 'c']) assert.equal((await savePrompt(me, id, name)).status, 201)
    assert.deepEqual(await promptNames(me, id), ['c', 'b', 'a'])
    const saved = await h.call<Prompt>('PATCH', `${BASE}${id}/prompts/a`, {
      as: me.key,
      body: { prompt: text('new'), name: null },
    })
    assert.equal(saved.status, 200)
    assert.equal(saved.body.prompt, text('new'))
    assert.deepEqual(await promptNames(me, id), ['a', 'c', 'b'])
    assert.deepEqual(
      (await read(me, id)).sender_data.data.prompts?.map(({ name }) => name),
      ['a', 'c', 'b'],
    )
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: TestAnswer<PromptPage> = await h.call<PromptPage>(
        'GET',
        `${BASE}${id}/prompts?limit=1${cursor ? `&cursor=${cursor}` : ''}`,
        { as: me.key },
      )
      assert.deepEqual([page.body.profile_id, page.body.total], [id, 3])
      seen.push(...page.body.items.map(({ name }) => name))
      cursor = page.body.next_cursor
    }
    assert.deepEqual(seen, ['a', 'c', 'b'])
  })

  test('a prompt is renamed and deleted under any name, a taken one is 409 and a reserved one 422', async () => {
    const me = await createTenant(h)
    const { id } = await create(me)
    const odd = 'Größe/50% & "x" ✓'
    assert.equal((await savePrompt(me, id, odd)).status, 201)
    assert.equal((await savePrompt(me, id, 'plain')).status, 201)
    const path = `${BASE}${id}/prompts/${encodeURIComponent(odd)}`
    const taken = await h.call<Failure>('PATCH', path, { as: me.key, body: { name: 'plain' } })
    assert.deepEqual([taken.status, taken.body.detail], [409, 'ALREADY_EXISTS'])
    for (const name of ['default', 'Custom', 'custom_prompt', 'ｄefault', 'de\u200bfault']) {
      const reserved = await h.call<Failure>('PATCH', path, { as: me.key, body: { name } })
      assert.deepEqual([reserved.status, reserved.body.detail], [422, 'RESERVED_NAME'])
      assert.equal((await savePrompt(me, id, name)).status, 422)
    }
    assert.equal((await h.call('PATCH', path, { as: me.key, body: {} })).status, 422)
    assert.equal((await h.call('PATCH', path, { as: me.key, body: { name: null, prompt: null } })).status, 422)
    assert.equal((await h.call('PATCH', path, { as: me.key, body: { name: 'n'.repeat(100) } })).status, 200)
    assert.equal((await h.call('DELETE', path, { as: me.key })).status, 404)
    assert.equal((await h.call('DELETE', `${BASE}${id}/prompts/${'n'.repeat(100)}`, { as: me.key })).status, 204)
    assert.deepEqual(await promptNames(me, id), ['plain'])
    const long = '✓'.repeat(100)
    assert.equal((await savePrompt(me, id, long)).status, 201)
    assert.equal(
      (await h.call('DELETE', `${BASE}${id}/prompts/${encodeURIComponent(long)}`, { as: me.key })).status,
      204,
    )
  })

  test('of twenty prompts saved at once under one name one is kept', async () => {
    const me = await createTenant(h)
    const { id } = await create(me)
    const answers = await Promise.all(Array.from({ length: 20 }, () => savePrompt(me, id, 'same')))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(19).fill(409)])
  })

  test('writing back what was read keeps the prompts, and prompts in sender_data replace them', async () => {
    const me = await createTenant(h)
    const { id } = await create(me)
    for (const name of ['a', 'b']) await savePrompt(me, id, name)
    const before = await read(me, id)
    const put = (sender_data: unknown) => h.call<Profile>('PUT', BASE + id, { as: me.key, body: { sender_data } })
    assert.deepEqual((await put({ ...before.sender_data.data, role: 'CTO' })).body.sender_data.data, {
      ...before.sender_data.data,
      role: 'CTO',
    })
    assert.deepEqual((await put({ role: 'CEO' })).body.sender_data.data.prompts, before.sender_data.data.prompts)
    const changed = await put({
      prompts: [
        { name: 'c', prompt: text('c') },
        { name: 'a', prompt: text('again') },
      ],
    })
    assert.deepEqual(
      changed.body.sender_data.data.prompts?.map(({ name, prompt }) => [name, prompt]),
      [
        ['c', text('c')],
        ['a', text('again')],
      ],
    )
    assert.deepEqual((await put({ prompts: [] })).body.sender_data, { data: {} })
    const refused = await h.call<Failure>('PUT', BASE + id, {
      as: me.key,
      body: {
        sender_data: {
          custom_prompt: 5,
          prompts: [
            { name: 'default', prompt: text('x') },
            { name: 'y', prompt: text('x') },
            { name: 'y', prompt: text('x') },
          ],
        },
      },
    })
    assert.equal(refused.status, 422)
    assert.deepEqual(refused.body.details?.map(({ type }) => type).sort(), [
      'duplicate',
      'invalid_type',
      'reserved_name',
    ])
    const long = await h.call<Failure>('PUT', BASE + id, {
      as: me.key,
      body: { sender_data: { custom_prompt: 'x'.repeat(5_001) } },
    })
    assert.deepEqual(
      long.body.details?.map(({ loc, type }) => [loc.join('.'), type]),
      [['body.sender_data.custom_prompt', 'too_big']],
    )
  })

  test('deleting a profile takes its prompts along', async () => {
    const me = await createTenant(h)
    const { id } = await create(me)
    await savePrompt(me, id, 'a')
    assert.equal((await h.call('DELETE', BASE + id, { as: me.key })).status, 204)
    assert.equal((await h.call('GET', BASE + id, { as: me.key })).status, 404)
    const left = await h.deps.db.selectFrom('named_prompts').select('name').where('profile_id', '=', id).execute()
    assert.deepEqual(left, [])
  })

  test('bad bodies are 4xx with every problem named, never a 500', async () => {
    const me = await createTenant(h)
    const { id } = await create(me)
    assert.equal((await post(me, { profile_name: 'x'.repeat(101), sender_data: [] })).status, 422)
    assert.equal((await post(me, { profile_name: 'x', sender_data: { note: 'a\0b' } })).status, 422)
    assert.equal((await post(me, { profile_name: 'x', sender_data: { 'a\0b': 1 } })).status, 422)
    assert.equal((await post(me, { profile_name: 'x', sender_data: { big: 'x'.repeat(10_000_000) } })).status, 413)
    let deep: unknown = 1
    for (let i = 0; i < 3_000; i++) deep = { deep }
    assert.equal((await post(me, { profile_name: 'x', sender_data: { deep } })).status, 422)
    assert.equal((await savePrompt(me, id, 'short', 'too short')).status, 422)
    assert.equal((await h.call('GET', `${BASE}${id}/prompts?cursor=nonsense`, { as: me.key })).status, 422)
    assert.equal((await h.call('GET', `${BASE}%00`, { as: me.key })).status, 422)
    const viewer = await createTenant(h, { scopes: ['sender_profiles:read'] })
    assert.deepEqual(
      [(await post<Failure>(viewer, { profile_name: 'x', sender_data: {} })).body.detail],
      ['MISSING_SCOPE'],
    )
  })
})
