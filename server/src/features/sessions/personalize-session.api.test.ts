import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { sql } from 'kysely'
import { createDataset, createPayingTenant, createTenant, creditsOf, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { type ModelServer, startModelServer } from '../../../test/model-server.ts'

/** Sessions of type personalization, with a real server of language models; a kill is in personalization/killed.api.test.ts. */
let h: Harness
let models: ModelServer
before(async () => {
  models = await startModelServer()
  h = await startHarness({
    env: { ...models.env('test-good'), LLM_CREDITS_PER_DRAFT: '2' },
  })
})
after(async () => {
  await h?.close()
  await models?.close()
})
afterEach(() => models.reset())

const PROMPT =
  'Write two friendly sentences about what the company does, in plain words, without praise, and end with one easy question.'
const SENDER = { full_name: 'Grete Lind', company: 'Fjordlys', offer: 'Fjordlys plans the shifts of harbour crews.' }
const rows = (names: string[]) =>
  names.map((name) => ({
    email: `${name.toLowerCase()}@havn.example`,
    first_name: name,
    company_name: `${name} Havn`,
    industry: `${name} Havn runs the terminal in Larvik`,
  }))

const open = async (owner: TestTenant, names: string[], sender_data: object | null = SENDER): Promise<string> => {
  const dataset_id = await createDataset(h, owner, rows(names))
  const { body } = await h.call<{ session_id: string }>('POST', `/api/v1/sessions/datasets/${dataset_id}/new-session`, {
    as: owner.key,
    body: { session_type: 'personalization', sender_data },
  })
  return body.session_id
}
const call = <T>(owner: TestTenant, method: string, path: string, body?: unknown) =>
  h.call<T>(method, `/api/v1/sessions/${path}`, { as: owner.key, body })
type Status = { status: string; processed_count: number; failed_count: number; progress_percentage: number }
const statusOf = async (owner: TestTenant, id: string) => (await call<Status>(owner, 'GET', `${id}/status`)).body
type Item = {
  status: string
  error: string | null
  lead_data: { first_name: string }
  result: { subject_line: string; personalised_email: string; prompt_source: string; quality: object } | null
}
const resultsOf = async (owner: TestTenant, id: string) =>
  (await call<{ items: Item[]; total: number }>(owner, 'GET', `${id}/results`)).body.items

test('each lead gets a message as its result; one that fails has an error, the others go on, and only messages are paid for', async () => {
  const owner = await createPayingTenant(h, 6)
  const id = await open(owner, ['Ada', 'Bo', 'Cleo'])
  models.decide(({ text }) => (text.includes('"Bo"') ? 'rubbish' : undefined))
  const started = await call<{ job_id: string; credits_required: number; leads_count: number }>(
    owner,
    'POST',
    `${id}/process`,
    { custom_prompt: PROMPT },
  )
  assert.equal(started.status, 202, started.text)
  assert.deepEqual([started.body.leads_count, started.body.credits_required], [3, 6])
  assert.deepEqual(await creditsOf(h, owner), { used: 0, held: 6 })
  await h.worker.drain()
  const { status, processed_count, failed_count, progress_percentage } = await statusOf(owner, id)
  assert.deepEqual([status, processed_count, failed_count, progress_percentage], ['completed', 2, 1, 100])
  const items = await resultsOf(owner, id)
  assert.deepEqual(
    items.map(({ lead_data, status, error }) => [lead_data.first_name, status, error]),
    [
      ['Ada', 'completed', null],
      ['Bo', 'failed', 'The model gave no message that could be read.'],
      ['Cleo', 'completed', null],
    ],
  )
  assert.match(items[0]?.result?.personalised_email ?? '', /^Hi Ada,/)
  assert.ok(items[0]?.result?.subject_line)
  assert.equal(items[0]?.result?.prompt_source, 'override')
  assert.ok(models.requests.every(({ system, material }) => 'draft' in (material ?? {}) || system.includes(PROMPT)))
  assert.deepEqual(await creditsOf(h, owner), { used: 4, held: 0 })
  const job = await call<{ status: string; result: Record<string, unknown> }>(
    owner,
    'GET',
    `${id}/jobs/${started.body.job_id}/status`,
  )
  assert.equal(job.body.status, 'completed')
  const { run_id, ...result } = job.body.result
  assert.deepEqual(result, { processed: 2, failed: 1, credits_used: 4, adapter: result.adapter })
  const run = await h.call<{ run: { n_completed: number; n_failed: number; metadata: { session_id: string } } }>(
    'GET',
    `/api/v1/personalize/generations/runs/${run_id}`,
    { as: owner.key },
  )
  assert.deepEqual(
    [run.body.run.n_completed, run.body.run.n_failed, run.body.run.metadata.session_id],
    [2, 1, id],
    run.text,
  )
})

test('a lead that failed is what waits: it alone is written and paid for on another try', async () => {
  const owner = await createPayingTenant(h, 6)
  const id = await open(owner, ['Ada', 'Bo'])
  models.decide(({ text }) => (text.includes('"Bo"') ? { status: 500 } : undefined))
  await call(owner, 'POST', `${id}/process`)
  await h.worker.drain()
  assert.deepEqual(await creditsOf(h, owner), { used: 2, held: 0 })
  models.reset()
  const again = await call<{ leads_count: number }>(owner, 'POST', `${id}/process`)
  assert.equal(again.body.leads_count, 1, again.text)
  await h.worker.drain()
  assert.ok(!models.requests.some(({ text }) => text.includes('"Ada"')), 'what is written is not written again')
  assert.deepEqual(await creditsOf(h, owner), { used: 4, held: 0 })
  const { processed_count, failed_count } = await statusOf(owner, id)
  assert.deepEqual([processed_count, failed_count], [2, 0])
})

test('the profile of the session says what is written with, and its sender data stand above the profile’s', async () => {
  const owner = await createTenant(h)
  const profile = await h.call<{ id: string }>('POST', '/api/v1/sender-profiles/', {
    as: owner.key,
    body: { profile_name: 'Grete', sender_data: { ...SENDER, custom_prompt: PROMPT } },
  })
  const id = await open(owner, ['Ada'], { offer: 'Fjordlys plans the shifts of airports.' })
  await sql`update processing_sessions set sender_profile_id = ${profile.body.id} where session_id = ${id}`.execute(
    h.deps.db,
  )
  await call(owner, 'POST', `${id}/process`)
  await h.worker.drain()
  const [item] = await resultsOf(owner, id)
  assert.equal(item?.result?.prompt_source, 'custom_prompt')
  assert.match(item?.result?.personalised_email ?? '', /airports/)
  const { body } = await h.call<{ runs: { n_completed: number }[] }>(
    'GET',
    `/api/v1/personalize/generations?sender_profile_id=${profile.body.id}&prompt_source=custom_prompt`,
    { as: owner.key },
  )
  assert.deepEqual(
    body.runs.map(({ n_completed }) => n_completed),
    [1],
  )
})

test('without a sender or the credits nothing begins', async () => {
  const owner = await createPayingTenant(h, 3)
  const nobody = await call<{ detail: string }>(owner, 'POST', `${await open(owner, ['Ada'], null)}/process`)
  assert.deepEqual([nobody.status, nobody.body.detail], [422, 'VALIDATION_ERROR'])
  const id = await open(owner, ['Ada', 'Bo'])
  const poor = await call<{ detail: string }>(owner, 'POST', `${id}/process`)
  assert.deepEqual([poor.status, poor.body.detail], [402, 'INSUFFICIENT_CREDITS'])
  assert.equal((await statusOf(owner, id)).status, 'ready')
  const { rows } = await sql`select 1 from generation_runs where workspace_id = ${owner.workspace_id}`.execute(
    h.deps.db,
  )
  assert.equal(rows.length, 0)
  assert.deepEqual(await creditsOf(h, owner), { used: 0, held: 0 })
})

test('stopping the work pays for what is written and gives the rest back', async () => {
  const owner = await createPayingTenant(h, 4)
  const id = await open(owner, ['Ada', 'Bo'])
  await call(owner, 'POST', `${id}/process`)
  const stopped = await call<{ status: string }>(owner, 'POST', `${id}/cancel`)
  assert.deepEqual([stopped.status, stopped.body.status], [200, 'ready'], stopped.text)
  assert.deepEqual(await creditsOf(h, owner), { used: 0, held: 0 })
  await h.worker.drain()
  assert.equal(models.requests.length, 0)
  assert.deepEqual(await creditsOf(h, owner), { used: 0, held: 0 })
  const { rows } = await sql<{ status: string; error: string }>`
    select status, error from generation_runs where workspace_id = ${owner.workspace_id}`.execute(h.deps.db)
  assert.deepEqual(rows, [{ status: 'failed', error: 'Cancelled.' }])
})

test('a person who is erased is gone from the drafts about them, and the counts stay', async () => {
  const owner = await createTenant(h)
  const id = await open(owner, ['Ada', 'Bo'])
  await call(owner, 'POST', `${id}/process`)
  await h.worker.drain()
  const asked = await h.call('POST', '/api/v1/erasures', {
    as: owner.session,
    body: { email: 'ada@havn.example', note: 'asked by letter' },
  })
  assert.ok(asked.status < 300, asked.text)
  await h.worker.drain()
  const { rows } = await sql<{ text: string; subject: string | null }>`
    select g::text as text, subject from generations g where workspace_id = ${owner.workspace_id} order by lead_index`.execute(
    h.deps.db,
  )
  assert.equal(rows.length, 2)
  assert.doesNotMatch(rows[0]?.text ?? '', /ada/i)
  assert.match(rows[1]?.text ?? '', /Bo Havn/)
})
