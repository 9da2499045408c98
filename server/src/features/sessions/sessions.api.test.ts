import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createDataset, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import type { EnrichmentPort } from '../../ports/enrichment/port.ts'
import { grantCredits } from '../credits/ledger.ts'
import { runSession } from './run-session.ts'
import { startProcessing } from './start-processing.ts'

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
  const { metadata, ...rest } = status.body as Record<string, unknown>
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

type Status = {
  status: string
  leads_count: number
  processed_count: number
  failed_count: number
  progress_percentage: number
  metadata: { dataset_id: string; last_run: { cells_filled: number; adapter: string } | null }
  active_jobs: unknown[]
}
type Result = {
  row_index: number
  row_id: string
  status: string
  lead_data: Record<string, string>
  result: (Record<string, unknown> & { sources: Record<string, string> }) | null
  error: string | null
  processed_at: string | null
}
type Results = { items: Result[]; total: number; has_more: boolean; next_cursor: string | null; status: string }
type Failure = { detail: string; message: string }

const open = async (type = 'enrichment', owner = tenant): Promise<string> =>
  (await h.call<Created>('POST', '/api/v1/sessions/create', { as: owner.key, body: { session_type: type } })).body
    .session_id
const call = <T>(method: string, path: string, body?: unknown, owner = tenant) =>
  h.call<T>(method, `/api/v1/sessions/${path}`, { as: owner.key, body })
const statusOf = async (id: string): Promise<Status> => (await call<Status>('GET', `${id}/status`)).body
const add = (id: string, leads: Record<string, unknown>[]) =>
  call<
    {
      leads_added: number
      leads_duplicate: number
      leads_rejected: number
      leads_count: number
      status: string
      dataset_id: string
    } & Failure
  >('POST', `${id}/leads`, { leads })
const process = (id: string, body?: unknown) =>
  call<{ job_id: string; leads_count: number; credits_required: number; status: string } & Failure>(
    'POST',
    `${id}/process`,
    body,
  )
const resultsOf = async (id: string, query = ''): Promise<Results> => {
  const answer = await call<Results>('GET', `${id}/results${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const people = (count: number): Record<string, string>[] =>
  Array.from({ length: count }, (_, n) => ({ email: `p${n}@acme${n}.example`, name: `Pia Person${n}` }))

test('leads of any fields become rows of one dataset, and a second lead of an address is left out', async () => {
  const id = await open()
  const first = await add(id, [
    { Email: ' Ann@Acme.example ', 'First name': 'Ann', score: 7, active: true, tags: ['a', 'b'], nothing: null },
    { Company: 'Engines', notes: 'no address at all' },
    { Email: 'not an address', Company: 'Pumps' },
    { Email: 'ann@acme.example' },
    { Email: '' },
  ])
  assert.equal(first.status, 200, first.text)
  const { leads_added, leads_duplicate, leads_rejected, leads_count, status } = first.body
  assert.deepEqual([leads_added, leads_duplicate, leads_rejected, leads_count, status], [3, 1, 1, 3, 'ready'])
  const second = await add(id, [{ email: 'bob@acme.example', Country: 'Norway' }])
  assert.deepEqual([second.body.leads_added, second.body.leads_count], [1, 4])
  assert.equal(second.body.dataset_id, first.body.dataset_id)
  const rows = (await resultsOf(id)).items
  assert.deepEqual(
    rows.map(({ lead_data }) => lead_data),
    [
      { Email: 'Ann@Acme.example', 'First name': 'Ann', score: '7', active: 'true', tags: '["a","b"]' },
      { Company: 'Engines', notes: 'no address at all' },
      { Email: 'not an address', Company: 'Pumps' },
      { Email: 'bob@acme.example', Country: 'Norway' },
    ],
  )
  assert.ok(rows.every((row) => row.status === 'pending' && row.result === null && row.processed_at === null))
  for (const leads of [[], 'x', [1], Array.from({ length: 1001 }, () => ({ a: 1 }))])
    assert.equal((await call('POST', `${id}/leads`, { leads })).status, 422)
  const form = new FormData()
  form.set('file', new Blob(['email\nx@y.example\n']), 'x.csv')
  const upload = await h.call<Failure>('POST', `/api/v1/sessions/${id}/upload/csv`, { as: tenant.key, form })
  assert.equal(upload.status, 409, 'a session with leads takes no file, which would take its leads away')
})

test('processing derives what follows from a lead, says from what, and fills only empty cells', async () => {
  const id = await open()
  const { dataset_id } = (
    await add(id, [
      { email: 'ada@engines.example', full_name: 'Ada Lovelace', country: 'Norway' },
      { email: 'bob@gmail.com', full_name: 'Robert Allen Smith', country: 'USA', company_domain: 'kept.example' },
      { notes: 'nobody knows who this is' },
    ])
  ).body
  const started = await process(id)
  assert.equal(started.status, 202, started.text)
  assert.deepEqual([started.body.leads_count, started.body.credits_required, started.body.status], [3, 0, 'processing'])
  assert.deepEqual((await process(id)).body.detail, 'SESSION_STATE')
  assert.deepEqual((await add(id, [{ email: 'x@y.example' }])).body.detail, 'SESSION_STATE')
  assert.equal((await statusOf(id)).active_jobs.length, 1)
  await h.worker.drain()
  const status = await statusOf(id)
  assert.deepEqual(
    [status.status, status.leads_count, status.processed_count, status.failed_count, status.progress_percentage],
    ['completed', 3, 2, 1, 100],
  )
  const { items } = await resultsOf(id)
  assert.deepEqual(items[0]?.result, {
    company_domain: 'engines.example',
    first_name: 'Ada',
    last_name: 'Lovelace',
    timezone: 'Europe/Oslo',
    sources: {
      company_domain: 'the domain of the e-mail address',
      first_name: 'the full name',
      last_name: 'the full name',
      timezone: 'the country, whose zones show one time',
    },
  })
  assert.deepEqual(items[1]?.result, { first_name: 'Robert', sources: { first_name: 'the full name' } })
  assert.deepEqual([items[2]?.status, items[2]?.result], ['failed', null])
  assert.match(items[2]?.error ?? '', /Nothing in this lead says who it is/)
  const stored = await sql<{ columns: string[]; data: Record<string, string> }>`
    select d.columns, r.data from datasets d join dataset_rows r using (dataset_id) where d.dataset_id = ${dataset_id} order by r.row_index`.execute(
    h.deps.db,
  )
  assert.deepEqual(
    stored.rows.map(({ data }) => [data.company_domain, data.first_name, data.timezone]),
    [
      ['engines.example', 'Ada', 'Europe/Oslo'],
      ['kept.example', 'Robert', undefined],
      [undefined, undefined, undefined],
    ],
  )
  assert.deepEqual(stored.rows[0]?.columns.slice(-3).sort(), ['first_name', 'last_name', 'timezone'])
  const job = await call<{
    status: string
    progress: number
    job_type: string
    result: Record<string, unknown>
    progress_detail: Record<string, unknown>
  }>('GET', `${id}/jobs/${started.body.job_id}/status`)
  assert.equal(job.status, 200, job.text)
  assert.deepEqual([job.body.job_type, job.body.status, job.body.progress], ['process_session', 'completed', 100])
  assert.deepEqual(
    [job.body.progress_detail.processed, job.body.progress_detail.failed, job.body.progress_detail.total],
    [2, 1, 3],
  )
  assert.equal(job.body.result.cells_filled, 5)
  // The failed lead is what waits: another try does it again, and nothing else.
  const again = await process(id)
  assert.equal(again.status, 202, again.text)
  assert.equal(again.body.leads_count, 1)
  await h.worker.drain()
  assert.deepEqual([(await statusOf(id)).processed_count, (await statusOf(id)).failed_count], [2, 1])
})

test('a finished session takes no leads; one whose leads are all done says so when it is started again', async () => {
  const id = await open()
  await add(id, people(2))
  await process(id, { options: { fill_empty_cells: false } })
  await h.worker.drain()
  assert.deepEqual([(await add(id, people(1))).status, (await add(id, people(1))).body.detail], [409, 'SESSION_STATE'])
  const again = await process(id)
  assert.deepEqual([again.status, again.body.detail], [409, 'SESSION_STATE'])
  assert.match(again.body.message, /open a new session over the dataset/)
  const { rows } = await sql<{ columns: string[] }>`
    select columns from datasets where dataset_id = ${(await statusOf(id)).metadata.dataset_id}`.execute(h.deps.db)
  assert.deepEqual(rows[0]?.columns, ['email', 'name'], 'nothing was written into the dataset')
})

test('an empty session is a 400, personalization needs a sender, and a prompt is not for enrichment', async () => {
  const empty = await process(await open())
  assert.deepEqual([empty.status, empty.body.detail], [400, 'NO_LEADS'])
  const personal = await open('personalization')
  await add(personal, people(1))
  const refused = await process(personal)
  assert.deepEqual([refused.status, refused.body.detail], [422, 'VALIDATION_ERROR'])
  assert.equal((await statusOf(personal)).status, 'ready')
  const id = await open()
  await add(id, people(1))
  assert.equal((await process(id, { custom_prompt: 'x'.repeat(200) })).status, 422)
  assert.equal((await process(id, { custom_prompt: 'short' })).status, 422)
  assert.equal((await process(id, { priority: 'urgent' })).status, 422)
  assert.equal((await process(id, { priority: 'high' })).status, 202)
  await h.worker.drain()
})

test('results are paged by cursor and by offset and filtered by status, also while the work is half done', async () => {
  const id = await open()
  await add(id, [...people(7), { notes: 'nobody' }])
  const { job_id } = (await process(id)).body
  // A worker has recorded three and is asking about the next two.
  const { rows } = await sql<{ id: string; row_index: number }>`
    select id, row_index from dataset_rows where dataset_id = ${(await statusOf(id)).metadata.dataset_id} order by row_index`.execute(
    h.deps.db,
  )
  for (const [index, row] of rows.slice(0, 3).entries())
    await sql`
      insert into session_results (session_id, workspace_id, row_id, row_index, status, result, error, processed_at)
      values (${id}, ${tenant.workspace_id}, ${row.id}, ${row.row_index}, ${index === 1 ? 'failed' : 'completed'}, '{}', null, ${h.clock.now()})`.execute(
      h.deps.db,
    )
  await sql`update session_runs set done_index = 2, batch_index = 4 where job_id = ${job_id}`.execute(h.deps.db)
  const indexes = async (query: string) => {
    const page = await resultsOf(id, query)
    return [page.items.map(({ row_index }) => row_index), page.total, page.has_more]
  }
  assert.deepEqual(await indexes('?status=completed'), [[0, 2], 2, false])
  assert.deepEqual(await indexes('?status=failed'), [[1], 1, false])
  assert.deepEqual(await indexes('?status=processing'), [[3, 4], 2, false])
  assert.deepEqual(await indexes('?status=pending'), [[5, 6, 7], 3, false])
  assert.deepEqual(await indexes('?status=pending&limit=2&offset=1'), [[6, 7], 3, false])
  const half = await statusOf(id)
  assert.deepEqual([half.processed_count, half.failed_count, half.progress_percentage], [2, 1, 37.5])
  const first = await resultsOf(id, '?limit=5')
  assert.deepEqual(
    [first.items.map(({ status }) => status), first.total],
    [['completed', 'failed', 'completed', 'processing', 'processing'], 8],
  )
  const rest = await resultsOf(id, `?limit=5&cursor=${first.next_cursor}`)
  assert.deepEqual([rest.items.map(({ row_index }) => row_index), rest.next_cursor], [[5, 6, 7], null])
  const done = await resultsOf(id, '?status=completed&limit=1')
  assert.deepEqual(
    (await resultsOf(id, `?status=completed&limit=1&cursor=${done.next_cursor}`)).items.map((row) => row.row_index),
    [2],
  )
  for (const query of ['?limit=1001', '?limit=0', '?status=done', '?cursor=x', '?cursor=WzFd&offset=1'])
    assert.equal((await call('GET', `${id}/results${query}`)).status, 422, query)
  // The work goes on where it stood: nothing is done twice.
  await h.worker.drain()
  const end = await statusOf(id)
  assert.deepEqual([end.status, end.processed_count, end.failed_count], ['completed', 6, 2])
  assert.equal(new Set((await resultsOf(id)).items.map(({ row_id }) => row_id)).size, 8)
})

test('a row that is removed is no lead any more, and every count says so; it counts again when it comes back', async () => {
  const id = await open()
  await add(id, people(4))
  await process(id)
  await h.worker.drain()
  const counts = async () => {
    const { leads_count, processed_count, failed_count, progress_percentage } = await statusOf(id)
    const page = await resultsOf(id, '?status=completed')
    assert.deepEqual([page.total, page.items.length], [processed_count, processed_count])
    return [leads_count, processed_count, failed_count, progress_percentage]
  }
  assert.deepEqual(await counts(), [4, 4, 0, 100])
  const [row] = (await resultsOf(id)).items
  const { metadata } = await statusOf(id)
  const set = (removed: Date | null, by: number) =>
    transaction(h.deps.db, async (tx) => {
      await sql`update dataset_rows set removed_at = ${removed} where id = ${row?.row_id}`.execute(tx)
      await sql`update datasets set row_count = row_count + ${by} where dataset_id = ${metadata.dataset_id}`.execute(tx)
    })
  await set(h.clock.now(), -1)
  assert.deepEqual(await counts(), [3, 3, 0, 100])
  await set(null, 1)
  assert.deepEqual(await counts(), [4, 4, 0, 100])
  await sql`delete from dataset_rows where id = ${row?.row_id}`.execute(h.deps.db)
  await sql`update datasets set row_count = row_count - 1 where dataset_id = ${metadata.dataset_id}`.execute(h.deps.db)
  assert.deepEqual(await counts(), [3, 3, 0, 100], 'an erased row takes its results along')
})

test('sender data is folded by each strategy, and an unknown one is a 422 that names them', async () => {
  const id = await open()
  const set = (path: string, body: unknown) =>
    call<{ sources_updated: number; merge_strategy: string; job_id: null; details: { msg: string }[] }>(
      'POST',
      `${id}/sender-data${path}`,
      body,
    )
  const stored = async () =>
    (
      await sql<{ sender_data: unknown }>`select sender_data from processing_sessions where session_id = ${id}`.execute(
        h.deps.db,
      )
    ).rows[0]?.sender_data
  assert.equal((await set('', { sender_data: { name: 'Ann', at: { city: 'Oslo', zip: '0150' } } })).status, 200)
  assert.equal(
    (await set('/bulk?merge_strategy=deep_update', [{ at: { city: 'Bergen' } }, { title: '' }])).body.sources_updated,
    2,
  )
  assert.deepEqual(await stored(), { name: 'Ann', at: { city: 'Bergen', zip: '0150' }, title: '' })
  await set('/bulk?merge_strategy=fill', [{ name: 'Bob', title: 'CEO' }])
  assert.deepEqual(await stored(), { name: 'Ann', at: { city: 'Bergen', zip: '0150' }, title: 'CEO' })
  const bulk = await set('/bulk', [{ name: 'Bob' }, { name: 'Cid' }])
  assert.deepEqual([bulk.status, bulk.body.merge_strategy, bulk.body.job_id], [200, 'update', null])
  assert.equal(((await stored()) as { name: string }).name, 'Cid')
  await set('', { sender_data: { name: 'Dan' }, merge_strategy: 'replace' })
  assert.deepEqual(await stored(), { name: 'Dan' })
  await set('/bulk?merge_strategy=replace', [])
  assert.deepEqual(await stored(), { name: 'Dan' }, 'no sources change nothing')
  const unknown = await set('/bulk?merge_strategy=append', [{ a: 1 }])
  assert.equal(unknown.status, 422)
  assert.match(JSON.stringify(unknown.body.details), /update.*fill.*deep_update.*replace/)
  for (const body of [{ sender_data: {} }, { sender_data: [] }, { sender_data: { a: 1 }, merge_strategy: 'x' }, {}])
    assert.equal((await set('', body)).status, 422, JSON.stringify(body))
  for (const body of [{ a: 1 }, [1], ['x'], 'x']) assert.equal((await set('/bulk', body)).status, 422)
})

test('a session over a stored dataset is ready at once, leaves the rows alone, and is deleted without them', async () => {
  const dataset_id = await createDataset(h, tenant, [{ email: 'ada@engines.example', first_name: 'Ada' }])
  const made = await call<Created>('POST', `datasets/${dataset_id}/new-session`, {
    session_type: 'enrichment',
    sender_data: { a: 1 },
  })
  assert.deepEqual([made.status, made.body.status], [201, 'ready'], made.text)
  const id = made.body.session_id
  const listed = await h.call<{ items: { dataset_id: string; session_id: string }[] }>('GET', '/api/v1/datasets/list', {
    as: tenant.key,
  })
  assert.equal(listed.body.items.find((one) => one.dataset_id === dataset_id)?.session_id, id)
  await process(id)
  await h.worker.drain()
  assert.equal((await statusOf(id)).processed_count, 1)
  // The same rows again, in another session, from the start.
  const second = (await call<Created>('POST', `datasets/${dataset_id}/new-session`, { session_type: 'enrichment' }))
    .body.session_id
  assert.deepEqual([(await statusOf(second)).processed_count, (await process(second)).body.leads_count], [0, 1])
  const busy = await call<Failure>('DELETE', second)
  assert.deepEqual([busy.status, busy.body.detail], [409, 'SESSION_STATE'])
  const gone = await call<{ deleted: boolean }>('DELETE', `${second}?cancel=true`)
  assert.deepEqual([gone.status, gone.body.deleted], [200, true], gone.text)
  await h.worker.drain()
  assert.equal((await call('GET', `${second}/status`)).status, 404)
  assert.equal((await call('DELETE', second)).status, 404)
  assert.equal((await call('DELETE', id)).status, 200)
  const left = await sql<{ rows: number; results: number; session_id: string | null }>`
    select row_count as rows, session_id, (select count(*)::int from session_results where workspace_id = ${tenant.workspace_id} and session_id = any(${[id, second]}::uuid[])) as results
    from datasets where dataset_id = ${dataset_id}`.execute(h.deps.db)
  assert.deepEqual(left.rows[0], { rows: 1, results: 0, session_id: null })
  assert.equal((await call('POST', `datasets/${newId()}/new-session`, { session_type: 'enrichment' })).status, 404)
  const other = await createTenant(h)
  assert.equal(
    (await call('POST', `datasets/${dataset_id}/new-session`, { session_type: 'enrichment' }, other)).status,
    404,
  )
})

test('a cancelled session keeps what was done and the rest waits; starting it again does only the rest', async () => {
  const id = await open()
  await add(id, people(3))
  assert.equal((await call('POST', `${id}/cancel`)).status, 409)
  const { job_id } = (await process(id)).body
  assert.equal((await call<{ status: string }>('POST', `${id}/cancel`)).body.status, 'ready')
  await h.worker.drain()
  assert.deepEqual([(await statusOf(id)).status, (await statusOf(id)).processed_count], ['ready', 0])
  assert.equal((await call<{ status: string }>('GET', `${id}/jobs/${job_id}/status`)).body.status, 'cancelled')
  assert.equal((await process(id)).body.leads_count, 3)
  await h.worker.drain()
  assert.equal((await statusOf(id)).processed_count, 3)
})

test('a worker killed at any point of a batch costs nothing twice: outcomes, counts and credits are those of an undisturbed run', async () => {
  const owner = await createTenant(h, { plan: 'free' })
  await transaction(h.deps.db, (tx) =>
    grantCredits(tx, {
      workspace_id: owner.workspace_id,
      name: 'x',
      package_type: 'trial',
      credits: 3_000,
      now: h.clock.now(),
    }),
  )
  let asked = 0
  let failing = 0
  /** Every tenth lead cannot be found; now and then the service breaks off after it was asked, like a worker that is killed. */
  const service: EnrichmentPort = {
    name: 'priced',
    credits_per_lead: 2,
    enrich: async (leads) => {
      asked++
      if (failing > 0) {
        failing--
        throw new Error('killed')
      }
      return leads.map((lead) =>
        lead.email?.includes('7@')
          ? { ok: false, error: 'not found' }
          : { ok: true, fields: { title: { value: `Title of ${lead.email}`, source: 'test' } } },
      )
    },
  }
  const deps = { ...h.deps, enrichment: service }
  const id = await open('enrichment', owner)
  const leads = Array.from({ length: 1_300 }, (_, n) => ({ email: `p${n}@x.example` }))
  for (const part of [leads.slice(0, 1_000), leads.slice(1_000)])
    assert.equal((await call('POST', `${id}/leads`, { leads: part }, owner)).status, 200)
  await assert.rejects(
    startProcessing(
      { ...deps, enrichment: { ...service, credits_per_lead: 3 } },
      owner,
      id,
      { priority: 'normal' },
      h.clock.now(),
    ),
    /needs 3900 credits; 3000 are available/,
  )
  const { job_id } = await startProcessing(deps, owner, id, { priority: 'normal' }, h.clock.now())
  const run = (attempt: number) =>
    runSession({ job_id }, deps, { job_id: 'x', attempt, signal: new AbortController().signal, log: h.deps.log })
  const counts = async () => {
    const status = (await call<Status>('GET', `${id}/status`, undefined, owner)).body
    const found = await sql<{ completed: number; failed: number }>`
      select count(*) filter (where status = 'completed')::int as completed, count(*) filter (where status = 'failed')::int as failed
      from session_results where session_id = ${id}`.execute(h.deps.db)
    assert.deepEqual([status.processed_count, status.failed_count], [found.rows[0]?.completed, found.rows[0]?.failed])
    return status
  }
  failing = 1
  await assert.rejects(run(1), /killed/)
  await counts()
  const stop = new AbortController()
  // The run is cut off after its first batch was recorded.
  const cut: EnrichmentPort = {
    ...service,
    enrich: async (some, options) => {
      const outcomes = await service.enrich(some, options)
      if (asked >= 3) throw new Error('killed')
      return outcomes
    },
  }
  await assert.rejects(
    runSession(
      { job_id },
      { ...deps, enrichment: cut },
      { job_id: 'x', attempt: 2, signal: stop.signal, log: h.deps.log },
    ),
    /killed/,
  )
  assert.equal((await counts()).processed_count + (await counts()).failed_count, 500)
  // Two workers at once, as after a lease ran out.
  await Promise.all([run(3), run(3)])
  const end = await counts()
  assert.deepEqual(
    [end.status, end.leads_count, end.processed_count, end.failed_count],
    ['completed', 1_300, 1_170, 130],
  )
  const spent = await sql<{ credits: number; held: number }>`
    select coalesce(-sum(credits), 0)::int as credits, (select count(*)::int from credit_holds where workspace_id = ${owner.workspace_id} and state = 'held') as held
    from credit_entries where workspace_id = ${owner.workspace_id} and kind = 'consumption'`.execute(h.deps.db)
  assert.deepEqual(spent.rows[0], { credits: 2_340, held: 0 })
  await h.worker.drain()
  assert.deepEqual((await counts()).processed_count, 1_170)
})

test('work that cannot be done fails the session after its last try, keeps what was done and can be tried again', async () => {
  const id = await open()
  await add(id, people(2))
  const { job_id } = (await process(id)).body
  const broken: EnrichmentPort = {
    name: 'broken',
    credits_per_lead: 0,
    enrich: async () => {
      throw new Error('out of order')
    },
  }
  const run = { job_id: 'x', attempt: 10, signal: new AbortController().signal, log: h.deps.log }
  await runSession({ job_id }, { ...h.deps, enrichment: broken }, run)
  assert.equal((await statusOf(id)).status, 'failed')
  const job = await call<{ status: string; error: string }>('GET', `${id}/jobs/${job_id}/status`)
  assert.equal(job.body.status, 'failed')
  assert.ok(!job.body.error.includes('out of order'), 'nothing of an unexpected error leaves the server')
  assert.equal((await process(id)).status, 202)
  await h.worker.drain()
  assert.equal((await statusOf(id)).status, 'completed')
})

test('an archived dataset is not filled and not worked on, and what is learned meanwhile stays out of it', async () => {
  const id = await open()
  const { dataset_id } = (await add(id, people(2))).body
  const archive = (what: 'archive' | 'restore') =>
    h.call('POST', `/api/v1/datasets/${dataset_id}/${what}`, { as: tenant.key })
  await archive('archive')
  for (const refused of [
    await add(id, [{ email: 'late@x.example' }]),
    await process(id),
    await call<Failure>('POST', `datasets/${dataset_id}/new-session`, { session_type: 'enrichment' }),
  ]) {
    assert.deepEqual([refused.status, refused.body.detail], [409, 'CONFLICT'], refused.text)
    assert.match(refused.body.message, /archived; restore it first/)
  }
  assert.deepEqual([(await statusOf(id)).status, (await statusOf(id)).leads_count], ['ready', 2])
  await archive('restore')
  const { job_id } = (await process(id)).body
  await archive('archive')
  await h.worker.drain()
  const status = await statusOf(id)
  assert.deepEqual([status.status, status.processed_count], ['completed', 2])
  const job = await call<{ result: { cells_filled: number } }>('GET', `${id}/jobs/${job_id}/status`)
  assert.equal(job.body.result.cells_filled, 0)
  assert.deepEqual((await resultsOf(id)).items[0]?.lead_data, people(1)[0])
  assert.equal((await resultsOf(id)).items[0]?.result?.company_domain, 'acme0.example')
})

test('a status and a page of results each tell of one moment, however fast the work goes on', async () => {
  const dataset_id = await createDataset(h, tenant, [{ email: 'first@x.example' }])
  const leads = 15_000
  await sql`
    insert into dataset_rows (id, workspace_id, dataset_id, row_index, email, data)
    select gen_random_uuid(), ${tenant.workspace_id}, ${dataset_id}, n, null, jsonb_build_object('email', case when n % 7 > 0 then 'p' || n || '@x.example' end)
    from generate_series(1, ${leads - 1}::int) n`.execute(h.deps.db)
  await sql`update datasets set row_count = ${leads} where dataset_id = ${dataset_id}`.execute(h.deps.db)
  const id = (await call<Created>('POST', `datasets/${dataset_id}/new-session`, { session_type: 'enrichment' })).body
    .session_id
  await process(id)
  let isOver = false
  let seen = 0
  const look = async (): Promise<void> => {
    let last = 0
    while (!isOver) {
      const status = await call<Status & { metadata: { last_run: { processed_count: number; failed_count: number } } }>(
        'GET',
        `${id}/status`,
      )
      const { processed_count, failed_count, metadata } = status.body
      assert.deepEqual(
        [metadata.last_run.processed_count, metadata.last_run.failed_count],
        [processed_count, failed_count],
      )
      assert.ok(processed_count + failed_count >= last, 'counts never go back')
      last = processed_count + failed_count
      if (last > 0 && last < leads) seen++
      for (const wanted of ['processing', 'pending']) {
        const page = await resultsOf(id, `?status=${wanted}&limit=1000`)
        // What the page shows and what it counts are of one moment.
        assert.equal(page.items.length, Math.min(page.total, 1_000), wanted)
      }
    }
  }
  const looking = [look(), look()]
  await h.worker.drain()
  isOver = true
  await Promise.all(looking)
  assert.ok(seen > 5, `seen ${seen} times under way`)
  const end = await statusOf(id)
  assert.deepEqual([end.processed_count + end.failed_count, end.status], [leads, 'completed'])
})

test('leads with huge cells are worked on a few at a time', async () => {
  const dataset_id = await createDataset(h, tenant, [{ email: 'first@x.example' }])
  await sql`
    insert into dataset_rows (id, workspace_id, dataset_id, row_index, data)
    select gen_random_uuid(), ${tenant.workspace_id}, ${dataset_id}, n, jsonb_build_object('email', 'p' || n || '@x.example', 'notes', repeat('wide cell ', 75000))
    from generate_series(1, 39) n`.execute(h.deps.db)
  await sql`update datasets set row_count = 40, columns = '["email", "notes"]', column_mapping = '{"email": "email", "notes": "custom"}' where dataset_id = ${dataset_id}`.execute(
    h.deps.db,
  )
  const id = (await call<Created>('POST', `datasets/${dataset_id}/new-session`, { session_type: 'enrichment' })).body
    .session_id
  const { job_id } = (await process(id)).body
  const asked: number[] = []
  const service: EnrichmentPort = {
    name: 'counting',
    credits_per_lead: 0,
    enrich: async (leads) => {
      asked.push(leads.length)
      return leads.map(() => ({ ok: true, fields: {} }))
    },
  }
  const run = { job_id: 'x', attempt: 1, signal: new AbortController().signal, log: h.deps.log }
  await runSession({ job_id }, { ...h.deps, enrichment: service }, run)
  assert.ok(Math.max(...asked) <= 7, `${asked} leads of three quarters of a megabyte at once`)
  assert.equal((await statusOf(id)).processed_count, 40)
})

test('a job of another session, and one of another workspace, is a 404', async () => {
  const [a, b] = [await open(), await open()]
  await add(a, people(1))
  const { job_id } = (await process(a)).body
  assert.equal((await call('GET', `${a}/jobs/${job_id}/status`)).status, 200)
  assert.equal((await call('GET', `${b}/jobs/${job_id}/status`)).status, 404)
  assert.equal((await call('GET', `${a}/jobs/nothing/status`)).status, 404)
  const other = await createTenant(h)
  assert.equal((await call('GET', `${a}/jobs/${job_id}/status`, undefined, other)).status, 404)
  await h.worker.drain()
})
