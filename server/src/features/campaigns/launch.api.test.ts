import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import {
  advance,
  createCampaign,
  createDataset,
  createTemplate,
  createTenant,
  type TestTenant,
} from '../../../test/builders.ts'
import {
  emailsOf,
  type Failure,
  launch,
  leadsOf,
  patch,
  people,
  post,
  sentAt,
  sequence,
  statusOf,
} from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { assignVariant } from '../../variant-assignment.ts'
import { runLaunch } from './run-launch.ts'

type Warning = {
  code: string
  message: string
  severity: string
  row_index: number | null
  step_index: number | null
  affected_rows: number
  details: Record<string, unknown> | null
}
type Preflight = {
  can_launch: boolean
  summary: { total_rows: number; launchable_rows: number; warning_count: number }
  warnings: Warning[]
  forecast: {
    first_send_at: string
    last_send_at: string
    messages: number
    days: { date: string; planned: number }[]
  } | null
}
type Launched = {
  campaign: { status: string; launch_job_id: string }
  summary: Preflight['summary']
  warnings: Warning[]
}

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const preflight = async (tenant: TestTenant, id: string): Promise<Preflight> => {
  const answer = await post<Preflight>(h, tenant, `/api/v1/campaigns/${id}/launch-preflight`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

const storedWarnings = async (tenant: TestTenant, id: string) =>
  (
    await h.call<{ warnings: Warning[]; summary: Preflight['summary'] | null; launched_at: string | null }>(
      'GET',
      `/api/v1/campaigns/${id}/launch-warnings`,
      { as: tenant.key },
    )
  ).body

const suppress = async (tenant: TestTenant, email: string): Promise<void> => {
  const added = await post(h, tenant, '/api/v1/suppression/', { email, reason: 'manual' })
  assert.ok(added.status < 300, added.text)
}

/** Count and content of every table, without the columns that any request may touch. */
const picture = async (): Promise<Record<string, string>> => {
  const tables = await sql<{ name: string }>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname not in ('api_keys', 'processes') order by 1`.execute(
    h.deps.db,
  )
  const out: Record<string, string> = {}
  for (const { name } of tables.rows) {
    const found = await sql<{ print: string }>`
      select count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') as print from ${sql.ref(name)} t`.execute(
      h.deps.db,
    )
    out[name] = found.rows[0]?.print ?? ''
  }
  const queue = await sql<{ n: string }>`select count(*) as n from graphile_worker._private_jobs`.execute(h.deps.db)
  return { ...out, queue: queue.rows[0]?.n ?? '' }
}

/** A job's run that is told to stop once `batches` batches are through, as a worker that is shut down is. */
const runFor = (batches: number, attempt = 1): JobRun => {
  const controller = new AbortController()
  const { signal } = controller
  const check = signal.throwIfAborted.bind(signal)
  let asked = 0
  signal.throwIfAborted = () => {
    if (asked++ >= batches) controller.abort(new Error('the worker stops'))
    check()
  }
  return { job_id: 'test', attempt, signal, log: h.deps.log }
}

const requestLaunch = async (
  tenant: TestTenant,
  campaign_id: string,
): Promise<{ campaign_id: string; job_id: string }> => {
  const launched = await post<Launched>(h, tenant, `/api/v1/campaigns/${campaign_id}/launch`)
  assert.equal(launched.status, 200, launched.text)
  return { campaign_id, job_id: launched.body.campaign.launch_job_id }
}

test('preflight names every problem of campaign and rows, and changes nothing', async () => {
  const tenant = await createTenant(h, { postal_address: null })
  const other = await createCampaign(h, tenant, { rows: [{ email: 'busy+accept@people.example' }] })
  await launch(h, tenant, other.campaign_id)
  await suppress(tenant, 'no+accept@people.example')
  await suppress(tenant, '@closed.example')
  const rows = [
    { email: 'ok+accept@people.example', first_name: 'Ada' },
    { email: 'blank+accept@people.example', first_name: '' },
    { email: '', first_name: 'No address' },
    { email: 'not an address', first_name: 'Broken' },
    { email: 'OK+accept@People.example', first_name: 'Again' },
    { email: 'no+accept@people.example', first_name: 'Suppressed' },
    { email: 'someone@mail.closed.example', first_name: 'Domain' },
    { email: 'busy+accept@people.example', first_name: 'Elsewhere' },
  ]
  const steps = await sequence(h, tenant, [
    { subject: 'Hi {{ first_name }}', body: 'About {{ product }}' },
    { delay_days: 3, subject: '', body: 'Still, {{ first_name }}? {{ unsubscribe_url }}' },
  ])
  const { campaign_id, domain } = await createCampaign(h, tenant, { rows, steps })
  await sql`update sending_domains set status = 'pending' where domain = ${domain} and workspace_id = ${tenant.workspace_id}`.execute(
    h.deps.db,
  )
  await sql`update campaigns set send_days = '{}' where campaign_id = ${campaign_id}`.execute(h.deps.db)

  const before = await picture()
  const found = await preflight(tenant, campaign_id)
  assert.deepEqual(await picture(), before)

  assert.equal(found.can_launch, false)
  assert.deepEqual(found.summary, { total_rows: 8, launchable_rows: 2, warning_count: found.warnings.length })
  const about = (code: string) => found.warnings.filter((one) => one.code === code)
  const byRow = (code: string) => about(code).flatMap(({ row_index }) => (row_index === null ? [] : [row_index]))
  assert.deepEqual(byRow('missing_email'), [2])
  assert.deepEqual(byRow('invalid_email'), [3])
  assert.deepEqual(byRow('duplicate_lead'), [4])
  assert.deepEqual(byRow('suppressed'), [5, 6])
  assert.deepEqual(byRow('address_active_elsewhere'), [7])
  for (const code of ['missing_email', 'invalid_email', 'duplicate_lead', 'address_active_elsewhere'])
    assert.deepEqual(
      about(code)
        .filter(({ row_index }) => row_index === null)
        .map(({ affected_rows }) => affected_rows),
      [1],
      code,
    )
  // Lead by lead and step by step which placeholder would stay empty.
  assert.deepEqual(
    about('missing_variable')
      .filter(({ row_index }) => row_index !== null)
      .map(({ row_index, step_index, details }) => [row_index, step_index, details?.variables]),
    [
      [0, 1, ['product']],
      [1, 1, ['first_name', 'product']],
      [1, 2, ['first_name']],
    ],
  )
  assert.deepEqual(
    about('missing_opt_out').map(({ step_index }) => step_index),
    [1],
  )
  assert.equal(about('missing_postal_address').length, 1)
  assert.deepEqual(
    about('alias_unverified').map(({ severity }) => severity),
    ['blocking'],
  )
  assert.deepEqual(
    about('window_never_opens').map(({ severity }) => severity),
    ['blocking'],
  )

  const refused = await post<Failure>(h, tenant, `/api/v1/campaigns/${campaign_id}/launch`)
  assert.deepEqual([refused.status, refused.body.detail], [409, 'LAUNCH_BLOCKED'])
  assert.match(refused.body.message, new RegExp(domain))
  assert.match(refused.body.message, /window never opens/)
  assert.equal(await statusOf(h, campaign_id), 'draft')
})

test('a dataset without a single usable row is blocked by name', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: [{ email: 'nobody' }] })
  const found = await preflight(tenant, campaign_id)
  assert.deepEqual(
    [found.can_launch, found.forecast, found.warnings[0]?.code, found.warnings[0]?.severity],
    [false, null, 'no_leads', 'blocking'],
  )
  assert.equal(
    (await post<Failure>(h, tenant, `/api/v1/campaigns/${campaign_id}/launch`)).body.detail,
    'LAUNCH_BLOCKED',
  )
})

test('a template that is broken or gone blocks the launch and names its step', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { steps: await sequence(h, tenant, [{}, { delay_days: 1 }]) })
  const template = await sql<{
    id: string
  }>`select steps_config->1->'variants'->0->>'template_id' as id from campaigns where campaign_id = ${campaign_id}`.execute(
    h.deps.db,
  )
  await sql`update templates set body = 'Hi {% if first_name %}' where template_id = ${template.rows[0]?.id}`.execute(
    h.deps.db,
  )
  const broken = (await preflight(tenant, campaign_id)).warnings.filter(({ severity }) => severity === 'blocking')
  assert.deepEqual(
    broken.map(({ step_index }) => step_index),
    [2],
  )
  await sql`delete from templates where template_id = ${template.rows[0]?.id}`.execute(h.deps.db)
  const gone = (await preflight(tenant, campaign_id)).warnings.filter(({ severity }) => severity === 'blocking')
  assert.match(gone[0]?.message ?? '', /Variant A of step 2 has no template any more/)
})

test('the forecast of the first and the last message is what then happens', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(24),
    aliases: 2,
    steps: await sequence(h, tenant, [{}, { delay_days: 2, subject: '' }]),
    body: { daily_limit: 10 },
  })
  const { forecast } = await preflight(tenant, campaign_id)
  assert.ok(forecast)
  assert.equal(forecast.messages, 48)
  assert.equal(
    forecast.days.reduce((sum, { planned }) => sum + planned, 0),
    48,
  )
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const times = sentAt(await emailsOf(h, campaign_id))
  assert.equal(times.length, 48)
  assert.equal(times[0]?.toISOString(), forecast.first_send_at)
  const perDay = Map.groupBy(times, (at) => at.toISOString().slice(0, 10))
  assert.deepEqual(
    [...perDay].map(([date, some]) => ({ date, planned: some.length })),
    forecast.days,
  )
  const off = Math.abs((times.at(-1) as Date).getTime() - Date.parse(forecast.last_send_at))
  assert.ok(off <= 15 * 60_000, `the forecast is off by ${off / 60_000} minutes`)
})

test('a launch that is killed between two batches goes on where it stopped: every row once, no warning twice', async () => {
  const tenant = await createTenant(h)
  const rows = people(4_500)
  // A duplicate in the first batch and a bad address at its very end, and a duplicate of a row of the first batch in the third.
  rows[10] = { email: rows[9]?.email ?? '', first_name: 'Twice' }
  rows[1_999] = { email: 'broken', first_name: 'Broken' }
  rows[4_400] = { email: rows[5]?.email ?? '', first_name: 'Across batches' }
  const { campaign_id } = await createCampaign(h, tenant, { rows })
  const input = await requestLaunch(tenant, campaign_id)
  await assert.rejects(runLaunch(input, h.deps, runFor(1)), /the worker stops/)
  assert.equal(await statusOf(h, campaign_id), 'launching')
  assert.equal((await leadsOf(h, campaign_id)).length, 1_998)
  await assert.rejects(runLaunch(input, h.deps, runFor(1, 2)), /the worker stops/)
  await runLaunch(input, h.deps, runFor(99, 3))
  // A job that is delivered once more finds nothing to do.
  await runLaunch(input, h.deps, runFor(99, 4))

  const leads = await leadsOf(h, campaign_id)
  assert.equal(leads.length, 4_497)
  assert.equal(new Set(leads.map(({ row_index }) => row_index)).size, 4_497)
  assert.equal(new Set(leads.map(({ email }) => email)).size, 4_497)
  assert.equal(await statusOf(h, campaign_id), 'active')
  const stored = await storedWarnings(tenant, campaign_id)
  const named = stored.warnings
    .filter(({ row_index }) => row_index !== null)
    .map(({ code, row_index }) => [code, row_index])
  assert.deepEqual(named, [
    ['invalid_email', 1_999],
    ['duplicate_lead', 10],
    ['duplicate_lead', 4_400],
  ])
  assert.deepEqual(
    stored.warnings
      .filter(({ code, row_index }) => code === 'duplicate_lead' && row_index === null)
      .map(({ affected_rows }) => affected_rows),
    [2],
  )
  assert.deepEqual(stored.summary, { total_rows: 4_500, launchable_rows: 4_497, warning_count: stored.warnings.length })
  const job = await sql<{
    status: string
    progress_done: number
    progress_total: number
  }>`select status, progress_done::int, progress_total::int from jobs where id = ${input.job_id}`.execute(h.deps.db)
  assert.deepEqual(job.rows[0], { status: 'completed', progress_done: 4_500, progress_total: 4_500 })
  await sql`update campaigns set status = 'paused' where campaign_id = ${campaign_id}`.execute(h.deps.db)
  await h.worker.drain()
})

test('more than 5,000 rows are launched by the job alone, and each row is one lead', async () => {
  const tenant = await createTenant(h)
  const rows = people(5_003)
  rows[5_001] = { email: 'broken', first_name: 'Broken' }
  const { campaign_id } = await createCampaign(h, tenant, { rows, aliases: 3 })
  const launched = await post<Launched>(h, tenant, `/api/v1/campaigns/${campaign_id}/launch`)
  assert.deepEqual(
    [launched.status, launched.body.campaign.status, launched.body.summary.total_rows],
    [200, 'launching', 5_003],
  )
  await h.worker.drain()
  const leads = await leadsOf(h, campaign_id)
  assert.equal(leads.length, 5_002)
  assert.equal(new Set(leads.map(({ row_index }) => row_index)).size, 5_002)
  assert.deepEqual(new Set(leads.map(({ alias_id }) => alias_id)).size, 3)
  assert.equal((await storedWarnings(tenant, campaign_id)).summary?.launchable_rows, 5_002)
  await sql`update campaigns set status = 'paused' where campaign_id = ${campaign_id}`.execute(h.deps.db)
})

test('of many launches at the same instant one wins, and one job makes the leads', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(5) })
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => post<Failure>(h, tenant, `/api/v1/campaigns/${campaign_id}/launch`)),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409])
  for (const { status, body } of answers) if (status === 409) assert.equal(body.detail, 'CAMPAIGN_STATE')
  await h.worker.drain()
  assert.equal((await leadsOf(h, campaign_id)).length, 5)
  const jobs = await sql<{ n: number }>`select count(*)::int as n from jobs where subject_id = ${campaign_id}`.execute(
    h.deps.db,
  )
  assert.equal(jobs.rows[0]?.n, 1)
})

test('a launch that fails says why, and a relaunch takes it up without doubling leads or warnings', async () => {
  const tenant = await createTenant(h)
  const rows = people(3)
  rows[2] = { email: 'broken', first_name: 'Broken' }
  const { campaign_id, dataset_id } = await createCampaign(h, tenant, { rows })
  await requestLaunch(tenant, campaign_id)
  await sql`update dataset_rows set removed_at = ${h.clock.now()} where dataset_id = ${dataset_id}`.execute(h.deps.db)
  await h.worker.drain()
  const failed = await h.call<{ status: string; launch_error: string }>('GET', `/api/v1/campaigns/${campaign_id}`, {
    as: tenant.key,
  })
  assert.deepEqual(
    [failed.body.status, failed.body.launch_error],
    ['failed', 'No row of the dataset could become a lead.'],
  )
  await sql`update dataset_rows set removed_at = null where dataset_id = ${dataset_id}`.execute(h.deps.db)
  await launch(h, tenant, campaign_id)
  assert.equal(await statusOf(h, campaign_id), 'active')
  assert.equal((await leadsOf(h, campaign_id)).length, 2)
  const stored = await storedWarnings(tenant, campaign_id)
  assert.deepEqual(stored.warnings.filter(({ code }) => code === 'invalid_email').length, 2)
  assert.equal(stored.summary?.warning_count, stored.warnings.length)
})

test('leads of a launch that failed half-way are not written to when the relaunch is for another dataset', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(2_100) })
  const input = await requestLaunch(tenant, campaign_id)
  await runLaunch(input, h.deps, runFor(1, 10))
  assert.equal(await statusOf(h, campaign_id), 'failed')
  assert.ok((await leadsOf(h, campaign_id)).length > 0)
  const dataset_id = await createDataset(h, tenant, people(2, 'accept', 'others.example'))
  assert.equal((await patch(h, tenant, campaign_id, { dataset_id })).status, 200)
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const emails = await emailsOf(h, campaign_id)
  assert.deepEqual(emails.map(({ to_email }) => to_email).sort(), [
    'p0+accept@others.example',
    'p1+accept@others.example',
  ])
  assert.equal(await statusOf(h, campaign_id), 'completed')
})

test('a scheduled campaign sends nothing before its date, and follows a date that is moved either way', async () => {
  const tenant = await createTenant(h)
  const scheduled = (start_date: string) =>
    createCampaign(h, tenant, { rows: people(2), body: { launch_type: 'scheduled', start_date } })
  const kept = await scheduled('2026-01-20T12:00:00Z')
  const earlier = await scheduled('2026-02-20T12:00:00Z')
  const later = await scheduled('2026-01-19T12:00:00Z')
  await sql`update campaigns set allow_overlap = true where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
  for (const { campaign_id } of [kept, earlier, later]) {
    await launch(h, tenant, campaign_id)
    assert.equal(await statusOf(h, campaign_id), 'scheduled')
  }
  assert.equal((await patch(h, tenant, earlier.campaign_id, { start_date: '2026-01-20T14:00:00Z' })).status, 200)
  assert.equal((await patch(h, tenant, later.campaign_id, { start_date: '2026-01-22T15:00:00Z' })).status, 200)
  await advance(h, tenant, { to: '2026-01-20T11:59:00Z' })
  assert.deepEqual(await emailsOf(h, kept.campaign_id, earlier.campaign_id, later.campaign_id), [])
  await advance(h, tenant, { until_idle: true })
  const first = async ({ campaign_id }: { campaign_id: string }) =>
    sentAt(await emailsOf(h, campaign_id))[0]?.toISOString()
  assert.deepEqual(
    [await first(kept), await first(earlier), await first(later)],
    ['2026-01-20T12:00:00.000Z', '2026-01-20T14:00:00.000Z', '2026-01-22T15:00:00.000Z'],
  )
  // Once it has started the date is history.
  assert.equal((await patch(h, tenant, kept.campaign_id, { start_date: '2026-03-01T12:00:00Z' })).status, 409)
})

test('variants are shared out by weight, the same way each time and for each step by itself', async () => {
  const tenant = await createTenant(h)
  const ids = await Promise.all(['A', 'B', 'C'].map((subject) => createTemplate(h, tenant, { subject, body: 'Hi' })))
  const variants = [70, 30, 0].map((weight, i) => ({ id: ids[i] as string, weight, label: 'ABC'[i] as string }))
  const steps = [
    { delay_days: 0, templates: variants },
    { delay_days: 1, templates: variants },
  ]
  const { campaign_id, dataset_id } = await createCampaign(h, tenant, { rows: people(600), steps, aliases: 2 })
  await launch(h, tenant, campaign_id)
  const leads = await leadsOf(h, campaign_id)
  const share = (step: string, label: string) =>
    leads.filter((lead) => lead.variant_assignments[step] === label).length / leads.length
  for (const step of ['1', '2']) {
    assert.ok(Math.abs(share(step, 'A') - 0.7) < 0.07, `step ${step} gives A to ${share(step, 'A')}`)
    assert.equal(share(step, 'C'), 0)
  }
  assert.ok(leads.some((lead) => lead.variant_assignments['1'] !== lead.variant_assignments['2']))
  const rows = await sql<{
    id: string
  }>`select id from dataset_rows where dataset_id = ${dataset_id} order by row_index`.execute(h.deps.db)
  for (const [i, lead] of leads.entries())
    assert.equal(lead.variant_assignments['1'], assignVariant(rows.rows[i]?.id as string, 1, variants))
  const byAlias = Map.groupBy(leads, ({ alias_id }) => alias_id)
  assert.deepEqual(
    [...byAlias.values()].map((some) => some.length > 240),
    [true, true],
  )
  await sql`update campaigns set status = 'paused' where campaign_id = ${campaign_id}`.execute(h.deps.db)
})

test('the variant that a lead was given is the text that it gets', async () => {
  const tenant = await createTenant(h)
  const ids = await Promise.all(
    ['Text of A', 'Text of B'].map((subject) => createTemplate(h, tenant, { subject, body: 'Hi' })),
  )
  const templates = ids.map((id, i) => ({ id, weight: 50, label: 'AB'[i] as string }))
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(12),
    aliases: 3,
    steps: [{ delay_days: 0, templates }],
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const leads = new Map((await leadsOf(h, campaign_id)).map((lead) => [lead.email, lead]))
  const emails = await emailsOf(h, campaign_id)
  assert.equal(emails.length, 12)
  for (const email of emails) {
    const label = leads.get(email.to_email)?.variant_assignments['1']
    assert.deepEqual([email.variant_label, email.subject], [label, `Text of ${label}`])
  }
  assert.deepEqual(new Set(emails.map(({ variant_label }) => variant_label)), new Set(['A', 'B']))
})

test('one address is active in one campaign of a workspace, even when two are launched at the same instant', async () => {
  const tenant = await createTenant(h)
  const rows = people(1_000)
  const one = await createCampaign(h, tenant, { rows })
  const two = await createCampaign(h, tenant, { rows })
  const inputs = [await requestLaunch(tenant, one.campaign_id), await requestLaunch(tenant, two.campaign_id)]
  await Promise.all(inputs.map((input) => runLaunch(input, h.deps, runFor(99))))
  const counts = [(await leadsOf(h, one.campaign_id)).length, (await leadsOf(h, two.campaign_id)).length]
  assert.deepEqual(
    counts.sort((a, b) => a - b),
    [0, 1_000],
  )
  const three = await createCampaign(h, tenant, { rows, body: { allow_overlap: true } })
  await launch(h, tenant, three.campaign_id)
  assert.equal((await leadsOf(h, three.campaign_id)).length, 1_000)
  await sql`update campaigns set status = 'paused' where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
})

test('rows without a value of their own keep the campaign’s zone, and a zone nobody knows counts as none', async () => {
  const tenant = await createTenant(h)
  const rows = [
    { email: 'a+accept@people.example', timezone: 'Asia/Tokyo' },
    { email: 'b+accept@people.example', timezone: '' },
    { email: 'c+accept@people.example', timezone: 'Mars/Olympus' },
  ]
  const { campaign_id } = await createCampaign(h, tenant, { rows, body: { use_lead_timezone: true } })
  await launch(h, tenant, campaign_id)
  assert.deepEqual(
    (await leadsOf(h, campaign_id)).map(({ zone }) => zone),
    ['Asia/Tokyo', '', ''],
  )
})
