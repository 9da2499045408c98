import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createPayingTenant, createTenant, type TestTenant } from '../../../test/builders.ts'
import { createTestDatabase, type Harness, startHarness, type TestDatabase } from '../../../test/harness.ts'
import { pricedEnrichment } from '../../../test/priced-enrichment.ts'
import { QUEUE_SCHEMA } from '../../db/migrate.ts'
import { newId } from '../../ids.ts'

/** Two instances on one database: one with the embedded adapter, one with a service that costs. */
let database: TestDatabase
let h: Harness
let priced: Harness
let tenant: TestTenant
before(async () => {
  database = await createTestDatabase()
  h = await startHarness({ database })
  priced = await startHarness({ database, overrides: { enrichment: pricedEnrichment() } })
  tenant = await createTenant(h)
})
after(async () => {
  await h?.close()
  await priced?.close()
  await database?.drop()
})

type Started = {
  job_id: string
  total_urls: number
  skipped_urls: string[]
  credits_required: number
  message: string
  detail: string
}
type Status = {
  status: string
  progress: number
  total: number
  processed: number
  failed: number
  credits_used: number
  completed_at: string | null
  result: {
    leads: { status: string; result: Record<string, unknown>; error: string | null }[]
    cells_filled: number
  } | null
  detail: string
}
type Row = { lead_data: Record<string, string>; status: string; result: { sources: Record<string, string> } | null }

const open = async (who = tenant, session_type = 'enrichment'): Promise<string> =>
  (await h.call<{ session_id: string }>('POST', '/api/v1/sessions/create', { as: who.key, body: { session_type } }))
    .body.session_id
const add = async (session: string, leads: Record<string, string>[], who = tenant) => {
  const added = await h.call('POST', `/api/v1/sessions/${session}/leads`, { as: who.key, body: { leads } })
  assert.equal(added.status, 200, added.text)
}
const process = (body: Record<string, unknown>, who = tenant, at = h) =>
  at.call<Started>('POST', '/api/v1/enrichment/process-file', { as: who.key, body })
const jobOf = async (id: string, who = tenant): Promise<Status> =>
  (await h.call<Status>('GET', `/api/v1/enrichment/job/${id}/status`, { as: who.key })).body
const rowsOf = async (session: string, who = tenant): Promise<Row[]> =>
  (await h.call<{ items: Row[] }>('GET', `/api/v1/sessions/${session}/results?limit=1000`, { as: who.key })).body.items
const stateOf = async (session: string, who = tenant): Promise<string> =>
  (await h.call<{ status: string }>('GET', `/api/v1/sessions/${session}/status`, { as: who.key })).body.status
const profile = (slug: string): string => `https://www.linkedin.com/in/${slug}`

const money = async (who: TestTenant) => {
  const found = await sql<{ spent: number; held: number; entries: number }>`
    select coalesce(-sum(credits), 0)::int as spent, count(*)::int as entries,
      (select coalesce(sum(credits), 0)::int from credit_holds where workspace_id = ${who.workspace_id} and state = 'held') as held
    from credit_entries where workspace_id = ${who.workspace_id} and kind = 'consumption'`.execute(h.deps.db)
  return found.rows[0]
}

test('only the leads that are named are worked on, whoever is in no row gets one, and the rest waits', async () => {
  const session = await open()
  await add(session, [
    { linkedin_url: 'linkedin.com/in/Ann-Lee/?x=1', full_name: 'Ann Lee', company_domain: '' },
    { linkedin_url: profile('bob-ray'), full_name: 'Bob Ray', company_domain: '' },
    { linkedin_url: '', full_name: 'Cid Orr', company_domain: 'www.havn.example' },
  ])
  const started = await process({
    session_id: session,
    linkedin_urls: [profile('ann-lee'), 'https://no.linkedin.com/in/ann-lee', profile('new-one'), 'not a profile'],
    domains: ['havn.example'],
    priority: 'high',
  })
  assert.equal(started.status, 202, started.text)
  const { total_urls, skipped_urls, credits_required, job_id } = started.body
  assert.deepEqual(
    [total_urls, skipped_urls, credits_required],
    [3, ['https://no.linkedin.com/in/ann-lee', 'not a profile'], 0],
  )
  assert.equal((await jobOf(job_id)).status, 'queued')
  const busy = await process({ session_id: session, linkedin_urls: [profile('bob-ray')] })
  assert.deepEqual([busy.status, busy.body.detail], [409, 'SESSION_STATE'])
  await h.worker.drain()
  const job = await jobOf(job_id)
  assert.deepEqual(
    [job.status, job.progress, job.total, job.processed, job.failed, job.credits_used],
    ['finished', 100, 3, 3, 0, 0],
  )
  assert.ok(job.completed_at)
  assert.equal(job.result?.leads.length, 3)
  const rows = await rowsOf(session)
  assert.deepEqual(
    rows.map(({ lead_data, status }) => [lead_data.full_name ?? lead_data.linkedin_url, status]),
    [
      ['Ann Lee', 'completed'],
      ['Bob Ray', 'pending'],
      ['Cid Orr', 'completed'],
      [profile('new-one'), 'completed'],
    ],
  )
  assert.deepEqual(rows[0]?.result?.sources, { first_name: 'the full name', last_name: 'the full name' })
  assert.equal(await stateOf(session), 'ready', 'one lead still waits')
  const done = await process({ session_id: session, linkedin_urls: [profile('ann-lee')] })
  assert.deepEqual([done.status, done.body.detail], [409, 'SESSION_STATE'])
  assert.match(JSON.stringify(done.body), /Every one of these leads has been worked on/)
  const last = await process({ session_id: session, names: ['Bob Ray'] })
  assert.deepEqual([last.status, last.body.total_urls], [202, 1], last.text)
  await h.worker.drain()
  assert.equal(await stateOf(session), 'completed')
})

test('what other rows of the workspace say about a person is learned with the row it stands in, and of no other workspace', async () => {
  const who = await createTenant(h)
  const stranger = await createTenant(h)
  const source = await open(who)
  await add(
    source,
    [
      {
        linkedin_url: profile('dag-lie'),
        full_name: 'Dag Lie',
        title: 'Harbour master',
        email: 'dag@kaia.example',
        company_name: 'Kaia AS',
        company_domain: 'kaia.example',
      },
      { linkedin_url: profile('two-mails'), full_name: 'Eva Moe', email: 'eva@one.example', title: 'Pilot' },
      { linkedin_url: profile('two-mails'), full_name: 'Eva Moe', email: 'eva@two.example', title: 'Captain' },
    ],
    who,
  )
  await h.worker.drain()
  for (const [owner, knows] of [
    [who, true],
    [stranger, false],
  ] as const) {
    const session = await open(owner)
    const { job_id } = (
      await process(
        {
          session_id: session,
          linkedin_urls: [profile('dag-lie'), profile('two-mails')],
          domains: ['kaia.example'],
          names: ['Dag Lie at kaia.example'],
        },
        owner,
      )
    ).body
    await h.worker.drain()
    const leads = (await jobOf(job_id, owner)).result?.leads ?? []
    assert.equal(leads.length, 4)
    const [dag, eva, company, named] = leads.map(({ result }) => result)
    if (!knows) {
      assert.deepEqual([dag, company], [{ sources: {} }, { sources: {} }])
      continue
    }
    assert.deepEqual([dag?.title, dag?.email, dag?.company_name], ['Harbour master', 'dag@kaia.example', 'Kaia AS'])
    assert.match((dag?.sources as Record<string, string> | undefined)?.title ?? '', /^row 1 of your dataset “Leads of /)
    assert.deepEqual([eva?.title, eva?.email], ['Captain', undefined], 'two addresses are two readings')
    assert.equal(company?.company_name, 'Kaia AS')
    assert.equal(named?.linkedin_url, profile('dag-lie'))
  }
})

test('nobody usable, a session of another kind, a missing one and wrong lists are refused, and nothing is begun', async () => {
  const session = await open()
  const cases: [Record<string, unknown>, number, string][] = [
    [{ session_id: session, linkedin_urls: ['nothing', 'https://www.linkedin.com/company/havn'] }, 400, 'BAD_REQUEST'],
    [{ session_id: session }, 422, 'VALIDATION_ERROR'],
    [{ session_id: session, linkedin_urls: [] }, 422, 'VALIDATION_ERROR'],
    [{ session_id: session, linkedin_urls: ['x'.repeat(501)] }, 422, 'VALIDATION_ERROR'],
    [{ session_id: session, linkedin_urls: Array(1_001).fill(profile('x')) }, 422, 'VALIDATION_ERROR'],
    [{ session_id: session, linkedin_urls: [profile('x')], priority: 'urgent' }, 422, 'VALIDATION_ERROR'],
    [{ session_id: await open(tenant, 'personalization'), linkedin_urls: [profile('x')] }, 400, 'BAD_REQUEST'],
    [{ session_id: newId(), linkedin_urls: [profile('x')] }, 404, 'NOT_FOUND'],
    [{ session_id: 'nonsense', linkedin_urls: [profile('x')] }, 404, 'NOT_FOUND'],
    [{ session_id: session, linkedin_urls: [profile('x')], chat_session_id: newId() }, 404, 'NOT_FOUND'],
  ]
  for (const [body, status, detail] of cases) {
    const refused = await process(body)
    assert.deepEqual([refused.status, refused.body.detail], [status, detail], JSON.stringify(body).slice(0, 200))
  }
  assert.equal(await stateOf(session), 'created')
  assert.deepEqual(await rowsOf(session), [])
})

test('without the credits nothing begins and no row is left behind; what cannot be enriched costs nothing', async () => {
  const who = await createPayingTenant(h, 5)
  const session = await open(who)
  const refused = await process({ session_id: session, linkedin_urls: ['a', 'b', 'c'].map(profile) }, who, priced)
  assert.deepEqual([refused.status, refused.body.detail], [402, 'INSUFFICIENT_CREDITS'])
  assert.deepEqual([await stateOf(session, who), await rowsOf(session, who)], ['created', []])
  const started = await process({ session_id: session, linkedin_urls: [profile('a'), profile('b7')] }, who, priced)
  assert.deepEqual([started.status, started.body.credits_required], [202, 4], started.text)
  assert.deepEqual(await money(who), { spent: 0, held: 4, entries: 0 })
  await priced.worker.drain()
  const job = await jobOf(started.body.job_id, who)
  assert.deepEqual([job.status, job.processed, job.failed, job.credits_used], ['finished', 1, 1, 2])
  assert.equal(job.result?.leads.find(({ status }) => status === 'failed')?.error, 'This profile is not known.')
  assert.deepEqual(await money(who), { spent: 2, held: 0, entries: 1 })
  // The one that failed is tried again, and only that one.
  const again = await process({ session_id: session, linkedin_urls: [profile('a'), profile('b7')] }, who, priced)
  assert.deepEqual([again.status, again.body.total_urls, again.body.credits_required], [202, 1, 2], again.text)
  await priced.worker.drain()
  assert.deepEqual(await money(who), { spent: 2, held: 0, entries: 1 })
})

test('a worker killed in the middle of a job: it goes on where it was, and no lead is charged twice', async () => {
  const who = await createPayingTenant(h, 2_500)
  const session = await open(who)
  const slugs = Array.from({ length: 1_000 }, (_, n) => `killed-${String(n).padStart(4, '0')}`)
  await add(session, [{ linkedin_url: profile('not-chosen') }], who)
  const { job_id, credits_required } = (
    await process({ session_id: session, linkedin_urls: slugs.map(profile) }, who, priced)
  ).body
  assert.equal(credits_required, 2_000)
  const child: ChildProcess = fork(
    new URL('../../../test/enrich-worker-program.ts', import.meta.url),
    [JSON.stringify({ database_url: database.url, data_dir: h.deps.config.data_dir, stop_at: 'killed-0600' })],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] },
  )
  const ended = once(child, 'exit')
  await Promise.race([once(child, 'message'), ended.then(() => assert.fail('the worker ended by itself'))])
  const middle = await jobOf(job_id, who)
  child.kill('SIGKILL')
  await ended
  assert.deepEqual(
    [middle.status, middle.progress, middle.processed, middle.failed, middle.total],
    ['processing', 50, 450, 50, 1_000],
  )
  assert.deepEqual(await money(who), { spent: 0, held: 2_000, entries: 0 })
  // What the registry of processes does once the dead one has not been heard of for a while.
  for (const table of ['_private_jobs', '_private_job_queues'])
    await sql`update ${sql.ref(`${QUEUE_SCHEMA}.${table}`)} set locked_at = null, locked_by = null where locked_at is not null`.execute(
      h.deps.db,
    )
  await priced.worker.drain()
  const job = await jobOf(job_id, who)
  assert.deepEqual([job.status, job.processed, job.failed, job.credits_used], ['finished', 900, 100, 1_800])
  assert.deepEqual(await money(who), { spent: 1_800, held: 0, entries: 1 })
  const rows = await rowsOf(session, who)
  assert.equal(rows.length, 1_000)
  const outcomes = await sql<{ n: number; distinct_rows: number }>`
    select count(*)::int as n, count(distinct row_id)::int as distinct_rows from session_results where session_id = ${session}`.execute(
    h.deps.db,
  )
  assert.deepEqual(outcomes.rows[0], { n: 1_000, distinct_rows: 1_000 })
  assert.equal(await stateOf(session, who), 'ready', 'the lead that was not chosen still waits')
})

test('a job is told to its own workspace only, and an id that is no UUID is a 400', async () => {
  const session = await open()
  const { job_id } = (await process({ session_id: session, linkedin_urls: [profile('mine')] })).body
  const other = await createTenant(h)
  const ask = async (id: string, who: TestTenant) => {
    const { status, body } = await h.call<Status>('GET', `/api/v1/enrichment/job/${id}/status`, { as: who.key })
    return `${status} ${body.detail ?? ''}`
  }
  assert.equal(await ask(job_id, tenant), '200 ')
  assert.equal(await ask(job_id, other), '404 NOT_FOUND')
  assert.equal(await ask(newId(), tenant), '404 NOT_FOUND')
  assert.equal(await ask('nonsense', tenant), '400 BAD_REQUEST')
  const theirs = await process({ session_id: session, linkedin_urls: [profile('x')] }, other)
  assert.deepEqual([theirs.status, theirs.body.detail], [404, 'NOT_FOUND'])
  await h.call('POST', `/api/v1/sessions/${session}/cancel`, { as: tenant.key })
  assert.equal((await jobOf(job_id)).status, 'cancelled')
  await h.worker.drain()
  assert.equal((await rowsOf(session))[0]?.status, 'pending')
})

test('the same Idempotency-Key starts one job, and thirty requests at once start one', async () => {
  const session = await open()
  const request = {
    as: tenant.key,
    body: { session_id: session, linkedin_urls: [profile('once')] },
    headers: { 'idempotency-key': newId() },
  }
  const first = await h.call<Started>('POST', '/api/v1/enrichment/process-file', request)
  const second = await h.call<Started>('POST', '/api/v1/enrichment/process-file', request)
  assert.equal(second.body.job_id, first.body.job_id)
  const who = await createTenant(h)
  const busy = await open(who)
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => process({ session_id: busy, linkedin_urls: [profile('race')] }, who)),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [202, ...Array(29).fill(409)])
  await h.worker.drain()
  assert.equal((await rowsOf(busy, who)).length, 1)
})
