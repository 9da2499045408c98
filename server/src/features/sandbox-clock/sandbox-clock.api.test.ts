import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTenant, type TestTenant } from '../../../test/builders.ts'
import {
  emailsOf,
  type Failure,
  launch,
  MINUTE_MS,
  people,
  post,
  recordWire,
  sequence,
  statusOf,
} from '../../../test/campaign-steps.ts'
import { type Harness, startHarness, TEST_START } from '../../../test/harness.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { ticks } from '../../workers.ts'
import { advanceClock } from './advance-clock.ts'
import { advanceJob } from './jobs.ts'

type Clock = { now: string; is_advancing: boolean; next_due_at: string | null; mode: string }

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const path = (tenant: TestTenant): string => `/api/v1/workspaces/${tenant.workspace_id}/clock`
const request = (tenant: TestTenant, body: unknown) =>
  post<{ job_id: string; from: string; to: string } & Failure>(h, tenant, `${path(tenant)}/advance`, body)
const read = async (tenant: TestTenant): Promise<Clock> =>
  (await h.call<Clock>('GET', path(tenant), { as: tenant.key })).body
const jobOf = async (id: string) => {
  const found = await sql<{
    status: string
    progress_done: number
    progress_total: number
    error: string | null
  }>`select status, progress_done::int, progress_total::int, error from jobs where id = ${id}`.execute(h.deps.db)
  return found.rows[0]
}

/** The input of the waiting job, as the queue holds it. */
const queuedInput = async (job_id: string) => {
  const found = await sql<{
    payload: unknown
  }>`select payload from graphile_worker._private_jobs where payload->>'job_id' = ${job_id}`.execute(h.deps.db)
  return advanceJob.input.parse(found.rows[0]?.payload)
}

/** A run whose worker is shut down at the nth moment at which it could stop. */
const runUntil = (stops: number, attempt = 1): JobRun => {
  const controller = new AbortController()
  const { signal } = controller
  const check = signal.throwIfAborted.bind(signal)
  let asked = 0
  signal.throwIfAborted = () => {
    if (asked++ >= stops) controller.abort(new Error('the worker stops'))
    check()
  }
  return { job_id: 'test', attempt, signal, log: h.deps.log }
}

test('a sandbox’s clock advances to an instant, by seconds, and runs on from there', async () => {
  const tenant = await createTenant(h)
  assert.deepEqual([(await read(tenant)).now, (await read(tenant)).mode], [TEST_START.toISOString(), 'sandbox'])
  await advance(h, tenant, { to: '2026-02-01T00:00:00+01:00' })
  assert.equal((await read(tenant)).now, '2026-01-31T23:00:00.000Z')
  await advance(h, tenant, { seconds: 90 })
  assert.equal((await read(tenant)).now, '2026-01-31T23:01:30.000Z')
  const before = h.clock.now()
  h.clock.advance(MINUTE_MS)
  assert.equal((await read(tenant)).now, '2026-01-31T23:02:30.000Z')
  h.clock.set(before)
})

test('until_idle ends as soon as nothing is left to wait for, or at its latest instant', async () => {
  const tenant = await createTenant(h)
  const idle = await advance(h, tenant, { until_idle: true })
  assert.equal(idle.now, TEST_START.toISOString())
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(4),
    steps: await sequence(h, tenant, [{}, { delay_days: 3, subject: '' }]),
  })
  await launch(h, tenant, campaign_id)
  assert.equal((await read(tenant)).next_due_at, '2026-01-14T09:00:00.000Z')
  const part = await advance(h, tenant, { until_idle: true, to: '2026-01-16T00:00:00Z' })
  assert.deepEqual([part.now, part.messages_sent], ['2026-01-16T00:00:00.000Z', 4])
  // Three calendar days after Wednesday is Saturday, so Monday.
  assert.equal((await read(tenant)).next_due_at, '2026-01-19T09:00:00.000Z')
  const rest = await advance(h, tenant, { until_idle: true })
  assert.equal(rest.messages_sent, 4)
  assert.ok(rest.now < '2026-01-19T10:00:00Z', rest.now)
  assert.equal((await read(tenant)).next_due_at, null)
  assert.equal(await statusOf(h, campaign_id), 'completed')
})

test('what makes no sense is refused: two ways at once, none, backwards, too far', async () => {
  const tenant = await createTenant(h)
  for (const body of [
    {},
    { until_idle: false },
    { seconds: 5, to: '2026-03-01T00:00:00Z' },
    { seconds: 5, until_idle: true },
    { to: '2026-01-01T00:00:00Z' },
    { to: TEST_START.toISOString() },
    { seconds: 0 },
    { seconds: -5 },
    { to: '2028-01-01T00:00:00Z' },
    { to: 'tomorrow' },
    { seconds: 1, resolution_seconds: 0 },
  ]) {
    const refused = await request(tenant, body)
    assert.deepEqual([refused.status, refused.body.detail], [422, 'VALIDATION_ERROR'], JSON.stringify(body))
  }
  assert.equal((await read(tenant)).is_advancing, false)
})

test('a clock that is being advanced is busy, a live one cannot be advanced, another workspace’s is not there', async () => {
  const tenant = await createTenant(h)
  const answers = await Promise.all([1, 2, 3].map(() => request(tenant, { seconds: 60 })))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 409, 409])
  for (const { status, body } of answers) if (status === 409) assert.equal(body.detail, 'CLOCK_BUSY')
  assert.equal((await read(tenant)).is_advancing, true)
  await h.worker.drain()
  assert.equal((await read(tenant)).is_advancing, false)
  const real = await createTenant(h, { mode: 'live' })
  const refused = await request(real, { seconds: 60 })
  assert.deepEqual([refused.status, refused.body.detail], [409, 'CLOCK_NOT_STEERABLE'])
  assert.equal((await post(h, tenant, `${path(real)}/advance`, { seconds: 60 })).status, 404)
  assert.equal((await h.call('GET', path(real), { as: tenant.key })).status, 404)
})

test('an advance that is killed goes on from the instant it had reached, and nobody is written to twice', async () => {
  const tenant = await createTenant(h)
  const wire = recordWire(h)
  const rows = [...people(8), ...people(2, 'reply', 'others.example')]
  const { campaign_id } = await createCampaign(h, tenant, {
    rows,
    steps: await sequence(h, tenant, [{}, { delay_days: 2, subject: '' }]),
  })
  await launch(h, tenant, campaign_id)
  const started = await request(tenant, { until_idle: true })
  const input = await queuedInput(started.body.job_id)
  await assert.rejects(advanceClock(input, h.deps, runUntil(4)), /the worker stops/)
  const between = await read(tenant)
  assert.equal(between.is_advancing, true)
  assert.ok(between.now > '2026-01-14T09:00:00.000Z', between.now)
  const sentSoFar = wire.length
  assert.ok(sentSoFar > 0 && sentSoFar < 10, String(sentSoFar))
  await assert.rejects(advanceClock(input, h.deps, runUntil(3, 2)), /the worker stops/)
  assert.ok((await read(tenant)).now > between.now)
  // The queue delivers the job again, and once more after it is done.
  await h.worker.drain()
  await advanceClock(input, h.deps, runUntil(99, 3))
  assert.equal((await jobOf(started.body.job_id))?.status, 'completed')
  assert.equal((await read(tenant)).is_advancing, false)
  const emails = await emailsOf(h, campaign_id)
  assert.equal(wire.length, 18)
  assert.equal(emails.length, 18)
  assert.equal(
    new Set(wire.map(({ rcpt_to, raw }) => `${rcpt_to} ${/^Subject: (.*)$/m.exec(raw.toString())?.[1]}`)).size,
    18,
  )
})

test('an advance that cannot be finished gives the clock back where it stood', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(4) })
  await launch(h, tenant, campaign_id)
  const started = await request(tenant, { until_idle: true })
  await advanceClock(await queuedInput(started.body.job_id), h.deps, runUntil(2, 25))
  const job = await jobOf(started.body.job_id)
  assert.deepEqual([job?.status, typeof job?.error], ['failed', 'string'])
  const clock = await read(tenant)
  assert.equal(clock.is_advancing, false)
  assert.ok(clock.now >= '2026-01-14T09:00:00.000Z')
  await h.worker.drain()
  await advance(h, tenant, { until_idle: true })
  assert.equal(await statusOf(h, campaign_id), 'completed')
})

test('live ticks leave a workspace alone while its clock is being advanced, and only that one', async () => {
  const [held, free] = [await createTenant(h), await createTenant(h)]
  const ids: string[] = []
  for (const tenant of [held, free]) {
    const { campaign_id } = await createCampaign(h, tenant, { rows: people(2) })
    await launch(h, tenant, campaign_id)
    ids.push(campaign_id)
  }
  // The held clock stands inside the window, with one lead due and its alias free.
  await advance(h, held, { to: '2026-01-14T09:00:30Z' })
  await sql`update aliases set next_free_at = null where workspace_id = ${held.workspace_id}`.execute(h.deps.db)
  const started = await request(held, { to: '2026-01-14T09:00:40Z' })
  assert.equal(started.status, 202)
  const before = h.clock.now()
  h.clock.set(new Date('2026-01-14T12:00:00Z'))
  for (const tick of ticks) await tick.run(h.deps)
  assert.equal((await emailsOf(h, ids[0] as string)).length, 1)
  assert.equal((await emailsOf(h, ids[1] as string)).length, 1)
  assert.equal((await read(held)).now, '2026-01-14T09:00:30.000Z')
  await h.worker.drain()
  assert.equal((await emailsOf(h, ids[0] as string)).length, 2)
  h.clock.set(before)
})

test('until_idle waits for a message whose sender died, and the sequence goes on after it', async () => {
  const l = await startHarness()
  try {
    const tenant = await createTenant(l)
    recordWire(l, ({ raw }) => {
      if (raw.includes('Subject: First')) throw new Error('killed')
    })
    const { campaign_id } = await createCampaign(l, tenant, {
      rows: people(1),
      steps: await sequence(l, tenant, [{ subject: 'First' }, { delay_days: 1, subject: 'Second' }]),
    })
    await launch(l, tenant, campaign_id)
    await advance(l, tenant, { until_idle: true })
    assert.deepEqual(
      (await emailsOf(l, campaign_id)).map(({ step, status, verdict }) => [step, status, verdict]),
      [
        [1, 'sent', 'unknown'],
        [2, 'delivered', 'accepted'],
      ],
    )
    assert.equal(await statusOf(l, campaign_id), 'completed')
  } finally {
    await l.close()
  }
})
