import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { newId } from '../../ids.ts'

let h: Harness
let tenant: TestTenant

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
})

after(() => h.close())

type Created = { session_id: string; status: string; created_at: number }

const create = (body: unknown, headers?: Record<string, string>) =>
  h.call<Created>('POST', '/api/v1/sessions/create', { as: tenant.key, body, headers })

test('a new session is empty, and its times are Unix seconds', async () => {
  const made = await create({ session_type: 'enrichment', sender_data: { name: 'Ann', nested: { any: [1] } } })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual([made.body.status, made.body.created_at], ['created', Math.floor(h.clock.now().getTime() / 1000)])
  const status = await h.call<Record<string, unknown>>('GET', `/api/v1/sessions/${made.body.session_id}/status`, {
    as: tenant.key,
  })
  assert.equal(status.status, 200, status.text)
  const { metadata, ...rest } = status.body
  assert.deepEqual(rest, {
    session_id: made.body.session_id,
    status: 'created',
    created_at: made.body.created_at,
    leads_count: 0,
    processed_count: 0,
    failed_count: 0,
    progress_percentage: 0,
    active_jobs: [],
    job_history: [],
  })
  assert.equal((metadata as { session_type: string }).session_type, 'enrichment')
})

test('a session of an unknown kind or with sender data that is no object is refused', async () => {
  for (const body of [
    {},
    { session_type: 'lead_finder' },
    { session_type: 'enrichment', sender_data: [] },
    { session_type: 'enrichment', sender_data: 'x' },
    { session_type: 'enrichment', sender_data: { a: '\u0000' } },
  ])
    assert.equal((await create(body)).status, 422, JSON.stringify(body))
  assert.equal((await create({ session_type: 'personalization', sender_data: null })).status, 201)
})

test('the same Idempotency-Key opens one session', async () => {
  const key = { 'idempotency-key': newId() }
  const [first, second] = [
    await create({ session_type: 'enrichment' }, key),
    await create({ session_type: 'enrichment' }, key),
  ]
  assert.equal(second.body.session_id, first.body.session_id)
})

test('another workspace’s session, a missing one and a text that is no id are the same 404', async () => {
  const made = await create({ session_type: 'enrichment' })
  const other = await createTenant(h)
  const answers = await Promise.all(
    [made.body.session_id, newId(), 'nothing'].map((id) =>
      h.call<{ message: string }>('GET', `/api/v1/sessions/${id}/status`, { as: other.key }),
    ),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    [404, 404, 404],
  )
  assert.equal(new Set(answers.map(({ body }) => body.message)).size, 1)
})
