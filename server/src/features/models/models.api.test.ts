import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, unique } from '../../../test/harness.ts'
import { type ModelServer, startModelServer } from '../../../test/model-server.ts'
import { newId } from '../../ids.ts'
import { createLogger } from '../../log.ts'
import type { ModelError } from '../../ports/llm/port.ts'
import { RULE_WRITER } from '../../ports/llm/rule-writer.ts'

type Model = { id: string; position: number; model: string; has_key: boolean; base_url: string | null }
type Models = { items: Model[]; writer: { kind: string; name: string; credits_per_draft: number } }
type Refused = { detail: string; details?: { loc: (string | number)[]; type: string }[] }
type Tested = {
  ok: boolean
  model: string
  latency_ms: number
  cost_microusd: number | null
  answers: string
  sample: { subject: string; body: string } | null
  problem: { failure: string; message: string; status: number | null; said: string | null } | null
}

const KEY = 'own-key-8d1fa0c5e94b'

let h: Harness
/** The one of the instance, and the one of workspaces that bring a key of their own. */
let shared: ModelServer
let own: ModelServer

before(async () => {
  shared = await startModelServer()
  own = await startModelServer({ key: KEY })
  h = await startHarness({
    env: { ...shared.env('test-shared'), LLM_PRICES: 'test-shared=1/2', EGRESS_ALLOW: `${shared.host},${own.host}` },
  })
})
after(async () => {
  await h.close()
  await shared.close()
  await own.close()
})

const pathOf = (tenant: TestTenant) => `/api/v1/workspaces/${tenant.workspace_id}/models`
const put = (tenant: TestTenant, items: unknown[]) =>
  h.call<Models & Refused>('PUT', pathOf(tenant), { as: tenant.session, body: { items } })
const given = (changes: Record<string, unknown> = {}) => ({
  provider: 'openai_compatible',
  base_url: `${own.base_url.openai_compatible}/`,
  model: 'test-own',
  api_key: KEY,
  ...changes,
})

const fact = {
  id: 'f1',
  about: 'lead' as const,
  field: 'first_name',
  text: 'Kari',
  source: { kind: 'row' as const, name: 'first_name', url: null, seen_at: '2026-01-14T08:00:00.000Z' },
}
const request = {
  prompt: 'Write one friendly message about what the company does.',
  facts: [fact],
  step: { index: 1, total: 1, earlier: [] },
  language: 'en',
  seed: 's',
  mend: [],
}
const write = async (tenant: TestTenant, reference: string | null = null) =>
  (await h.deps.llm(tenant.workspace_id)).writeMessage(request, {
    workspace_id: tenant.workspace_id,
    purpose: 'preview',
    reference,
  })

describe('who writes', () => {
  test('is the instance’s model where one is set, the workspace’s own before it, and never the other in its place', async () => {
    const tenant = await createTenant(h)
    const before = await h.call<Models>('GET', pathOf(tenant), { as: tenant.key })
    assert.deepEqual(before.body, {
      items: [],
      writer: { kind: 'instance', name: 'test-shared', credits_per_draft: 1 },
    })
    assert.equal((await write(tenant)).use.model, 'test-shared')

    const set = await put(tenant, [given()])
    assert.deepEqual(set.body.writer, { kind: 'workspace', name: 'test-own', credits_per_draft: 0 })
    const { use } = await write(tenant)
    assert.deepEqual([use.model, use.provider], ['test-own', 'openai_compatible'])
    assert.equal(own.requests.at(-1)?.headers.authorization, `Bearer ${KEY}`)

    const asked = shared.requests.length
    await put(tenant, [given({ id: set.body.items[0]?.id, model: 'test-status:401' })])
    await assert.rejects(write(tenant), (error: ModelError) => error.failure === 'misconfigured')
    assert.equal(shared.requests.length, asked)
  })

  test('is the writer by rule where nothing is set, and capabilities say whether a model writes; no key reaches the log', async () => {
    const logged: string[] = []
    const log = createLogger('trace', { write: (line: string) => void logged.push(line) })
    const plain = await startHarness({ env: { EGRESS_ALLOW: own.host }, overrides: { log } })
    try {
      const tenant = await createTenant(plain)
      const path = pathOf(tenant)
      const writes = async () =>
        (await plain.call<{ language_models: boolean }>('GET', '/api/v1/capabilities', { as: tenant.key })).body
          .language_models
      const { body } = await plain.call<Models>('GET', path, { as: tenant.key })
      assert.deepEqual([body.writer.kind, body.writer.credits_per_draft], ['rule', 0])
      assert.equal(await writes(), false)
      const llm = await plain.deps.llm(tenant.workspace_id)
      const { use } = await llm.writeMessage(request, { ...tenant, purpose: 'preview', reference: null })
      assert.equal(use.model, RULE_WRITER)
      await plain.call('PUT', path, { as: tenant.session, body: { items: [given()] } })
      assert.equal(await writes(), true)

      // Neither a good key nor a wrong one reaches the log, whatever happens to the request.
      const wrong = given({ api_key: 'wrong-key-772', provider: 'anthropic', base_url: own.base_url.anthropic })
      const unusable = { items: [wrong, given({ model: 'test-closed' })] }
      const set = await plain.call<Models>('PUT', path, { as: tenant.session, body: unusable })
      for (const { id } of set.body.items) await plain.call('POST', `${path}/${id}/test`, { as: tenant.session })
      await plain.call('PUT', path, {
        as: tenant.session,
        body: { items: [given({ base_url: 'http://10.0.0.1/v1' })] },
      })
      const lines = logged.join('\n')
      assert.match(lines, /replace_workspace_models|\/models/)
      assert.ok(!lines.includes(KEY) && !lines.includes('wrong-key-772'))
    } finally {
      await plain.close()
    }
  })

  test('follows the order of the list', async () => {
    const tenant = await createTenant(h)
    await put(tenant, [given({ model: 'test-status:500' }), given({ model: 'test-second' })])
    assert.equal((await write(tenant)).use.model, 'test-second')
  })
})

describe('keys', () => {
  test('are sealed for their row, and stand in no answer', async () => {
    const tenant = await createTenant(h)
    const set = await put(tenant, [given(), given({ model: 'test-b' })])
    const listed = await h.call<Models>('GET', pathOf(tenant), { as: tenant.session })
    for (const { text } of [set, listed]) assert.ok(!text.includes(KEY))
    assert.deepEqual(
      listed.body.items.map(({ position, model, has_key }) => [position, model, has_key]),
      [
        [1, 'test-own', true],
        [2, 'test-b', true],
      ],
    )
    const { rows } = await sql<{ id: string; api_key: string }>`
      select id, api_key from workspace_models where workspace_id = ${tenant.workspace_id} order by position`.execute(
      h.deps.db,
    )
    const [first, second] = rows as [(typeof rows)[0], (typeof rows)[0]]
    assert.ok(!first.api_key.includes(KEY) && first.api_key !== second.api_key)
    assert.equal(h.deps.secrets.open(first.api_key, first.id).toString(), KEY)
    assert.throws(() => h.deps.secrets.open(first.api_key, second.id))
  })

  test('are kept when left out for the same place, and never handed to another one', async () => {
    const tenant = await createTenant(h)
    const { api_key: _key, ...without } = given()
    const [model] = (await put(tenant, [given()])).body.items
    const renamed = await put(tenant, [{ ...without, id: model?.id, model: 'test-renamed' }])
    assert.deepEqual([renamed.body.items[0]?.has_key, renamed.body.items[0]?.id], [true, model?.id])
    assert.equal((await write(tenant)).use.model, 'test-renamed')
    const moved = await put(tenant, [{ ...without, id: model?.id, base_url: shared.base_url.openai_compatible }])
    assert.equal(moved.body.items[0]?.has_key, false)
    const back = await put(tenant, [{ ...without, id: model?.id }])
    assert.equal(back.body.items[0]?.has_key, false, 'it is gone for good')
    const removed = await put(tenant, [given({ id: model?.id })])
    assert.equal(removed.body.items[0]?.has_key, true)
    assert.equal((await put(tenant, [given({ id: model?.id, api_key: null })])).body.items[0]?.has_key, false)
  })

  test('that were sealed with a lost SECRET_KEY are told apart from wrong ones, and can be set again', async () => {
    const tenant = await createTenant(h)
    const [model] = (await put(tenant, [given()])).body.items
    await sql`update workspace_models set api_key = 'v1.00000000.AAAA' where workspace_id = ${tenant.workspace_id}`.execute(
      h.deps.db,
    )
    await assert.rejects(write(tenant), (error: ModelError) => /SECRET_KEY/.test(error.message))
    const listed = await h.call<Models>('GET', pathOf(tenant), { as: tenant.key })
    assert.deepEqual([listed.status, listed.body.writer.kind], [200, 'workspace'])
    assert.equal((await h.call('GET', '/api/v1/capabilities', { as: tenant.key })).status, 200)
    const tried = await h.call<Refused>('POST', `${pathOf(tenant)}/${model?.id}/test`, { as: tenant.session })
    assert.deepEqual([tried.status, tried.body.detail], [409, 'CONFLICT'])
    await put(tenant, [given({ id: model?.id })])
    assert.equal((await write(tenant)).use.model, 'test-own')
  })
})

describe('bad input', () => {
  test('names every problem of every model, and nothing is written', async () => {
    const tenant = await createTenant(h)
    const other = await createTenant(h)
    const [foreign] = (await put(other, [given()])).body.items
    await put(tenant, [given({ model: 'test-before' })])
    const refused = await put(tenant, [
      given(),
      { provider: 'openai_compatible', model: 'x' },
      { provider: 'anthropic', model: 'x', input_price_microusd: 5 },
      given({ base_url: 'http://10.0.0.1:8000/v1' }),
      given({ base_url: 'https://user:pass@127.0.0.1:7/v1?x=1' }),
      given({ id: foreign?.id }),
    ])
    assert.equal(refused.status, 422)
    assert.deepEqual(
      refused.body.details?.map(({ loc, type }) => [...loc, type].join(' ')),
      [
        'body items 1 base_url missing',
        'body items 2 output_price_microusd missing',
        'body items 2 api_key missing',
        'body items 3 base_url url',
        'body items 3 base_url egress',
        'body items 4 base_url url',
        'body items 4 base_url egress',
        'body items 5 id unknown',
      ],
    )
    const { items } = (await h.call<Models>('GET', pathOf(tenant), { as: tenant.key })).body
    assert.deepEqual(
      items.map(({ model }) => model),
      ['test-before'],
    )
  })

  test('the same model twice, too many, and limits out of range are refused', async () => {
    const tenant = await createTenant(h)
    const [model] = (await put(tenant, [given()])).body.items
    assert.equal((await put(tenant, [given({ id: model?.id }), given({ id: model?.id })])).status, 422)
    assert.equal(
      (
        await put(
          tenant,
          Array.from({ length: 11 }, () => given()),
        )
      ).status,
      422,
    )
    for (const wrong of [
      { timeout_ms: 5 },
      { concurrency: 0 },
      { max_output_tokens: 10 },
      { api_key: 'two words' },
      { model: '' },
      { base_url: 'ftp://x' },
      { unknown: 1 },
    ])
      assert.equal((await put(tenant, [given(wrong)])).status, 422, JSON.stringify(wrong))
  })

  test('a key of the API sets, deletes and tries none, and neither does a viewer', async () => {
    const tenant = await createTenant(h)
    const [model] = (await put(tenant, [given()])).body.items
    assert.equal((await h.call('PUT', pathOf(tenant), { as: tenant.key, body: { items: [] } })).status, 403)
    const viewer = await createTenant(h)
    await h.deps.db
      .insertInto('workspace_members')
      .values({ workspace_id: tenant.workspace_id, user_id: viewer.user_id, role: 'viewer', created_at: h.clock.now() })
      .execute()
    const as = viewer.session
    assert.equal((await h.call('GET', pathOf(tenant), { as })).status, 200)
    assert.equal((await h.call('PUT', pathOf(tenant), { as, body: { items: [] } })).status, 403)
    assert.equal((await h.call('DELETE', `${pathOf(tenant)}/${model?.id}`, { as })).status, 403)
    assert.equal((await h.call('POST', `${pathOf(tenant)}/${model?.id}/test`, { as })).status, 403)
  })

  test('a model of another workspace is the same 404 as none', async () => {
    const tenant = await createTenant(h)
    const other = await createTenant(h)
    const [foreign] = (await put(other, [given()])).body.items
    for (const id of [foreign?.id, newId()])
      for (const [method, end] of [
        ['DELETE', ''],
        ['POST', '/test'],
      ] as const)
        assert.equal((await h.call(method, `${pathOf(tenant)}/${id}${end}`, { as: tenant.session })).status, 404)
  })
})

test('a deleted model leaves no gap, and an empty list gives the workspace back to the instance', async () => {
  const tenant = await createTenant(h)
  const { items } = (await put(tenant, [given({ model: 'a' }), given({ model: 'b' }), given({ model: 'c' })])).body
  assert.equal((await h.call('DELETE', `${pathOf(tenant)}/${items[0]?.id}`, { as: tenant.session })).status, 204)
  const left = (await h.call<Models>('GET', pathOf(tenant), { as: tenant.key })).body.items
  assert.deepEqual(
    left.map(({ position, model }) => [position, model]),
    [
      [1, 'b'],
      [2, 'c'],
    ],
  )
  // The order is changed by the list's own: places are swapped in one step.
  const swapped = (
    await put(tenant, [
      { ...given({ model: 'c' }), id: left[1]?.id },
      { ...given({ model: 'b' }), id: left[0]?.id },
    ])
  ).body
  assert.deepEqual(
    swapped.items.map(({ id }) => id),
    [left[1]?.id, left[0]?.id],
  )
  assert.equal((await put(tenant, [])).body.writer.kind, 'instance')
})

describe('trying a model', () => {
  const tryModel = async (tenant: TestTenant, changes: Record<string, unknown>) => {
    const [model] = (await put(tenant, [given(changes)])).body.items
    return h.call<Tested>('POST', `${pathOf(tenant)}/${model?.id}/test`, { as: tenant.session })
  }

  test('is one real request about nobody, with its time and price', async () => {
    const tenant = await createTenant(h)
    const asked = own.requests.length
    const { body, status } = await tryModel(tenant, {
      input_price_microusd: 1_000_000,
      output_price_microusd: 1_000_000,
    })
    assert.deepEqual(
      [status, body.ok, body.model, body.answers, body.problem],
      [200, true, 'test-own', 'json_schema', null],
    )
    assert.match(body.sample?.body ?? '', /^Hi Kari,/)
    assert.ok(body.latency_ms >= 0 && (body.cost_microusd ?? 0) > 0)
    assert.equal(own.requests.length, asked + 1)
  })

  test('says what is wrong in the provider’s words and without the key, and is not tried again', async () => {
    const tenant = await createTenant(h)
    const asked = own.requests.length
    const refused = await tryModel(tenant, { api_key: 'wrong-key-771' })
    assert.deepEqual(
      [refused.body.ok, refused.body.problem?.failure, refused.body.problem?.status],
      [false, 'misconfigured', 401],
    )
    assert.equal(refused.body.problem?.said, 'Incorrect API key provided: [secret]. You can find your key online.')
    assert.ok(!refused.text.includes('wrong-key-771'))
    const broken = await tryModel(tenant, { model: 'test-status:500' })
    assert.equal(broken.body.problem?.failure, 'unavailable')
    assert.equal(own.requests.length, asked + 2)
    await h.deps.models.recorded()
    const { rows } = await sql<{ text: string }>`
      select row_to_json(c)::text as text from model_calls c where workspace_id = ${tenant.workspace_id}`.execute(
      h.deps.db,
    )
    assert.equal(rows.length, 2)
    assert.ok(rows.every(({ text }) => !text.includes('wrong-key-771') && !text.includes('bakes bread')))
  })
})

describe('what models took', () => {
  type Usage = {
    from: string
    to: string
    timezone: string
    items: Record<string, unknown>[]
    total: Record<string, number>
    kept_days: number
  }
  const usageOf = (tenant: TestTenant, query = '') =>
    h.call<Usage>('GET', `/api/v1/workspaces/${tenant.workspace_id}/model-usage${query}`, { as: tenant.key })

  const insertCall = (tenant: TestTenant, at: string, changes: Record<string, unknown> = {}) =>
    h.deps.db
      .insertInto('model_calls')
      .values({
        id: newId(),
        workspace_id: tenant.workspace_id,
        purpose: 'job',
        owner: 'instance',
        provider: 'openai_compatible',
        model: 'm',
        attempt: 1,
        outcome: 'answered',
        input_tokens: 100,
        output_tokens: 10,
        cost_microusd: 120,
        latency_ms: 1_000,
        created_at: new Date(at),
        ...changes,
      })
      .execute()

  test('is summed by day of the workspace’s zone, model and purpose, and is nobody else’s', async () => {
    const tenant = await createTenant(h, { timezone: 'America/New_York' })
    const other = await createTenant(h)
    await insertCall(other, '2026-01-10T12:00:00Z')
    await insertCall(tenant, '2026-01-10T04:59:59Z')
    await insertCall(tenant, '2026-01-10T05:00:00Z')
    await insertCall(tenant, '2026-01-11T04:59:59Z', { latency_ms: 3_000, outcome: 'failed', failure: 'timeout' })
    await insertCall(tenant, '2026-01-11T04:00:00Z', { purpose: 'review', cost_microusd: null })
    const { body, status } = await usageOf(tenant, '?from=2026-01-09&to=2026-01-10')
    assert.equal(status, 200)
    const sums = { owner: 'instance', provider: 'openai_compatible', model: 'm' }
    const one = {
      calls: 1,
      failed_calls: 0,
      input_tokens: 100,
      output_tokens: 10,
      cost_microusd: 120,
      unpriced_calls: 0,
    }
    assert.deepEqual(body.items, [
      {
        day: '2026-01-10',
        purpose: 'job',
        ...sums,
        ...one,
        calls: 2,
        failed_calls: 1,
        input_tokens: 200,
        output_tokens: 20,
        cost_microusd: 240,
        mean_latency_ms: 2_000,
      },
      {
        day: '2026-01-10',
        purpose: 'review',
        ...sums,
        ...one,
        cost_microusd: 0,
        unpriced_calls: 1,
        mean_latency_ms: 1_000,
      },
      { day: '2026-01-09', purpose: 'job', ...sums, ...one, mean_latency_ms: 1_000 },
    ])
    assert.deepEqual(body.total, {
      calls: 4,
      failed_calls: 1,
      input_tokens: 400,
      output_tokens: 40,
      cost_microusd: 360,
      unpriced_calls: 1,
    })
    assert.deepEqual([body.timezone, body.kept_days], ['America/New_York', 90])
    assert.deepEqual([(await usageOf(tenant)).body.from, (await usageOf(tenant)).body.to], ['2025-12-16', '2026-01-14'])
  })

  test('counts real calls, with every try, for what they were made', async () => {
    const tenant = await createTenant(h)
    const reference = newId()
    shared.next('half_json')
    const { use } = await write(tenant, reference)
    await h.deps.models.recorded()
    const { body } = await usageOf(tenant)
    assert.equal(body.items.length, 1)
    assert.deepEqual(
      [body.total.calls, body.total.failed_calls, body.total.cost_microusd, body.total.input_tokens],
      [2, 1, use.cost_microusd, use.input_tokens],
    )
    const metrics = await h.deps.metrics.registry.metrics()
    assert.match(
      metrics,
      /bavlio_model_calls_total\{owner="instance",provider="openai_compatible",outcome="invalid_answer"\} [1-9]/,
    )
    const { rows } = await sql<{ reference: string; attempt: number; failure: string | null }>`
      select reference, attempt, failure from model_calls where workspace_id = ${tenant.workspace_id} order by attempt`.execute(
      h.deps.db,
    )
    assert.deepEqual(rows, [
      { reference, attempt: 1, failure: 'invalid_answer' },
      { reference, attempt: 2, failure: null },
    ])
  })

  test('days that end before they begin, or more than a year of them, are refused', async () => {
    const tenant = await createTenant(h)
    for (const query of ['?from=2026-01-02&to=2026-01-01', '?from=2024-01-01&to=2026-01-01', '?from=yesterday'])
      assert.equal((await usageOf(tenant, query)).status, 422, query)
  })

  test('is forgotten after 90 days of the system’s clock, and not before', async () => {
    const tenant = await createTenant(h)
    const day = 86_400_000
    const before = (days: number, ms: number) => new Date(h.clock.now().getTime() - days * day - ms).toISOString()
    await insertCall(tenant, before(90, 1), { model: 'old' })
    await insertCall(tenant, before(90, 0), { model: 'young' })
    await h.worker.drain()
    const { rows } = await sql<{ model: string }>`
      select model from model_calls where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
    assert.deepEqual(rows, [{ model: 'young' }])
  })

  test('of a workspace that is gone is not kept, and hinders nobody', async () => {
    const tenant = await createTenant(h)
    await Promise.all([write(tenant), write({ ...tenant, workspace_id: newId() }, unique('nobody'))])
    await h.deps.models.recorded()
    assert.equal((await usageOf(tenant)).body.total.calls, 1)
  })
})
