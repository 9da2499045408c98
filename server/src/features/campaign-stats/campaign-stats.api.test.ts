import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTemplate, createTenant, type TestTenant } from '../../../test/builders.ts'
import { launch, people, sequence } from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'

const NAMES = [
  'sent',
  'delivered',
  'opened',
  'clicked',
  'replied',
  'bounced',
  'complained',
  'unsubscribed',
  'failed',
  'unknown',
  'machine_opened',
  'machine_clicked',
] as const
type Figures = Record<(typeof NAMES)[number] | 'open_rate' | 'click_rate' | 'reply_rate' | 'bounce_rate', number>
type Stats = Figures & {
  status: string
  total_leads: number
  processed_leads: number
  queued: number
  in_flight: number
  lead_status_counts: Record<string, number>
  first_sent_at: string
  last_activity_at: string
}
type Steps = { steps: (Figures & { step_index: number; pending: number; variants: (Figures & { label: string })[] })[] }
type Clicks = {
  tracked_emails: number
  total_clicks: number
  unique_clicks: number
  click_rate: number
  last_clicked_at: string | null
  links: { url: string; total_clicks: number; unique_clicks: number }[]
}
type Aggregate = Figures & {
  total_campaigns: number
  active_campaigns: number
  total_leads: number
  campaigns_by_status: Record<string, number>
}

let h: Harness
let tenant: TestTenant
let campaign_id: string

const read = async <T>(path: string, as = tenant): Promise<T> => {
  const answer = await h.call<T>('GET', `/api/v1/campaigns/${path}`, { as: as.key })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

/** Counts the messages themselves, row by row, by what the words mean (DOMAIN.md §4). */
const recount = async (where: {
  campaign_id?: string
  workspace_id?: string
  step?: number
  label?: string
}): Promise<Record<string, number>> => {
  const found = await sql<Record<string, number>>`
    select count(*) filter (where sent_at is not null)::int as sent,
      count(distinct campaign_lead_id || ':' || step) filter (where verdict = 'accepted' and bounced_at is null)::int as delivered,
      count(distinct campaign_lead_id || ':' || step) filter (where exists (select 1 from events v where v.email_id = e.id and v.event_type = 'opened' and v.metadata->>'is_machine' = 'false'))::int as opened,
      count(distinct campaign_lead_id || ':' || step) filter (where exists (select 1 from events v where v.email_id = e.id and v.event_type = 'clicked' and v.metadata->>'is_machine' = 'false'))::int as clicked,
      count(*) filter (where exists (select 1 from inbound_emails i where i.email_id = e.id and i.kind = 'human_reply'))::int as replied,
      count(*) filter (where bounce_kind is not null)::int as bounced,
      count(*) filter (where exists (select 1 from inbound_emails i where i.email_id = e.id and i.kind = 'complaint'))::int as complained,
      count(*) filter (where exists (select 1 from events v where v.email_id = e.id and v.event_type = 'unsubscribed'))::int as unsubscribed,
      count(*) filter (where status = 'failed')::int as failed,
      count(*) filter (where verdict = 'unknown')::int as unknown,
      count(*) filter (where exists (select 1 from events v where v.email_id = e.id and v.event_type = 'opened' and v.metadata->>'is_machine' = 'true'))::int as machine_opened,
      count(*) filter (where exists (select 1 from events v where v.email_id = e.id and v.event_type = 'clicked' and v.metadata->>'is_machine' = 'true'))::int as machine_clicked
    from emails e where campaign_id is not null
      ${where.campaign_id ? sql`and campaign_id = ${where.campaign_id}` : sql``} ${where.workspace_id ? sql`and workspace_id = ${where.workspace_id}` : sql``}
      ${where.step ? sql`and step = ${where.step}` : sql``} ${where.label ? sql`and variant_label = ${where.label}` : sql``}`.execute(
    h.deps.db,
  )
  return found.rows[0] as Record<string, number>
}

const figuresOf = (shown: Figures): Record<string, number> =>
  Object.fromEntries(NAMES.map((name) => [name, shown[name]]))
const share = (part: number, whole: number): number => (whole ? Math.round((part / whole) * 10_000) / 10_000 : 0)
const checkRates = (shown: Figures): void =>
  assert.deepEqual(
    [shown.open_rate, shown.click_rate, shown.reply_rate, shown.bounce_rate],
    [
      share(shown.opened, shown.delivered),
      share(shown.clicked, shown.delivered),
      share(shown.replied, shown.delivered),
      share(shown.bounced, shown.sent),
    ],
  )

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
  const tags = [
    'accept',
    'reply',
    'ooo',
    'unsub',
    'unsubmail',
    'open',
    'click',
    'bounce',
    'softbounce',
    'refuse',
    'full',
    'defer',
    'scanner',
    'scanner+open+click',
    'open+reply',
  ]
  const rows = [
    ...tags.flatMap((tag) => people(2, tag)),
    ...people(1, 'complain'),
    ...people(12, 'accept', 'more.example'),
  ]
  const body =
    '<p>Hi, <a href="https://acme.example/offer">an offer</a> and <a href="https://acme.example/about">about us</a></p>'
  const ids = await Promise.all(['A', 'B'].map((subject) => createTemplate(h, tenant, { subject, body })))
  const second = await createTemplate(h, tenant, { subject: '', body })
  const made = await createCampaign(h, tenant, {
    rows,
    aliases: 4,
    steps: [
      {
        delay_days: 0,
        templates: ids.map((id, i) => ({ id, weight: 50, label: 'AB'[i] as string })),
        track_opens: true,
        track_clicks: true,
      },
      { delay_days: 3, templates: [{ id: second, weight: 100, label: 'A' }], track_opens: true, track_clicks: true },
    ],
  })
  campaign_id = made.campaign_id
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
})
after(() => h?.close())

test('the mixed run has every kind of outcome, so that the counts below mean something', async () => {
  const counted = await recount({ campaign_id })
  for (const name of NAMES)
    if (name !== 'unknown' && name !== 'failed') assert.ok((counted[name] ?? 0) > 0, `${name} happens`)
})

test('a campaign’s figures are exactly what a count of its messages gives', async () => {
  const shown = await read<Stats>(`${campaign_id}/stats`)
  assert.deepEqual(figuresOf(shown), await recount({ campaign_id }))
  checkRates(shown)
  assert.deepEqual([shown.status, shown.queued, shown.in_flight], ['completed', 0, 0])
  const leads = await sql<{
    status: string
    n: number
  }>`select status, count(*)::int as n from campaign_leads where campaign_id = ${campaign_id} group by status`.execute(
    h.deps.db,
  )
  assert.deepEqual(shown.lead_status_counts, Object.fromEntries(leads.rows.map(({ status, n }) => [status, n])))
  assert.deepEqual([shown.total_leads, shown.processed_leads], [43, 43])
  const times = await sql<{
    first: Date
  }>`select min(sent_at) as first from emails where campaign_id = ${campaign_id}`.execute(h.deps.db)
  assert.equal(shown.first_sent_at, times.rows[0]?.first.toISOString())
})

test('a list that asks for figures has those of every campaign, and one that does not has none', async () => {
  type Listed = { items: { campaign_id: string; figures?: Figures }[] }
  const draft = await createCampaign(h, tenant)
  const read = async (query: string) =>
    (await h.call<Listed>('GET', `/api/v1/campaigns/${query}`, { as: tenant.key })).body
  const listed = (await read('?include_figures=true')).items
  assert.ok(listed.length > 1)
  for (const { campaign_id, figures } of listed) {
    const stats = await h.call<Figures>('GET', `/api/v1/campaigns/${campaign_id}/stats`, { as: tenant.key })
    for (const [name, value] of Object.entries(figures ?? {})) assert.equal(value, stats.body[name as never], name)
    assert.ok(figures)
  }
  assert.ok(listed.some(({ figures }) => (figures?.sent ?? 0) > 0 && (figures?.reply_rate ?? 0) > 0))
  assert.equal(listed.find(({ campaign_id }) => campaign_id === draft.campaign_id)?.figures?.sent, 0)
  assert.ok((await read('')).items.every((item) => !('figures' in item)))
  await h.call('DELETE', `/api/v1/campaigns/${draft.campaign_id}`, { as: tenant.key })
})

test('every step and every variant has its own exact figures, and the variants add up to the step', async () => {
  const { steps } = await read<Steps>(`${campaign_id}/stats/step-performance`)
  assert.deepEqual(
    steps.map(({ step_index, variants }) => [step_index, variants.map(({ label }) => label).join('')]),
    [
      [1, 'AB'],
      [2, 'A'],
    ],
  )
  for (const step of steps) {
    assert.deepEqual(figuresOf(step), await recount({ campaign_id, step: step.step_index }))
    assert.equal(step.pending, 0)
    checkRates(step)
    for (const variant of step.variants) {
      assert.deepEqual(figuresOf(variant), await recount({ campaign_id, step: step.step_index, label: variant.label }))
      checkRates(variant)
    }
    for (const name of NAMES)
      assert.equal(
        step.variants.reduce((sum, variant) => sum + variant[name], 0),
        step[name],
        name,
      )
  }
})

test('what machines open and click is counted apart and moves no rate', async () => {
  const t = await createTenant(h)
  const made = await createCampaign(h, t, {
    rows: people(3, 'scanner'),
    steps: await sequence(h, t, [
      { body: '<p><a href="https://acme.example/x">x</a></p>', track_opens: true, track_clicks: true },
    ]),
  })
  await launch(h, t, made.campaign_id)
  await advance(h, t, { until_idle: true })
  const shown = await read<Stats>(`${made.campaign_id}/stats`, t)
  assert.deepEqual(
    [shown.opened, shown.clicked, shown.open_rate, shown.click_rate, shown.machine_opened, shown.machine_clicked],
    [0, 0, 0, 0, 3, 3],
  )
  const clicks = await read<Clicks>(`${made.campaign_id}/click-stats`, t)
  assert.deepEqual([clicks.tracked_emails, clicks.total_clicks, clicks.unique_clicks, clicks.links], [3, 0, 0, []])
})

test('click figures count each lead once, over all steps and links', async () => {
  const shown = await read<Clicks>(`${campaign_id}/click-stats`)
  const counted = await sql<{ total: number; leads: number; tracked: number }>`
    select (select count(*)::int from events where campaign_id = ${campaign_id} and event_type = 'clicked' and metadata->>'is_machine' = 'false') as total,
      (select count(distinct campaign_lead_id)::int from events where campaign_id = ${campaign_id} and event_type = 'clicked' and metadata->>'is_machine' = 'false') as leads,
      (select count(*)::int from emails where campaign_id = ${campaign_id} and sent_at is not null) as tracked`.execute(
    h.deps.db,
  )
  const { total, leads, tracked } = counted.rows[0] as { total: number; leads: number; tracked: number }
  // People who click do so after each of the two steps.
  assert.ok(total > leads, `${total} clicks of ${leads} leads`)
  assert.deepEqual(
    [shown.total_clicks, shown.unique_clicks, shown.tracked_emails, shown.click_rate],
    [total, leads, tracked, share(leads, tracked)],
  )
})

test('the figures of a link count each lead once, over all steps', {}, async () => {
  const shown = await read<Clicks>(`${campaign_id}/click-stats`)
  const byUrl = await sql<{ url: string; total_clicks: number; unique_clicks: number }>`
    select url, count(*)::int as total_clicks, count(distinct campaign_lead_id)::int as unique_clicks from events
    where campaign_id = ${campaign_id} and event_type = 'clicked' and metadata->>'is_machine' = 'false' group by url order by 2 desc, 1`.execute(
    h.deps.db,
  )
  assert.deepEqual(
    shown.links.map(({ url, total_clicks, unique_clicks }) => ({ url, total_clicks, unique_clicks })),
    byUrl.rows,
  )
})

test('while a campaign is under way queued and in flight say what is still to come', async () => {
  const t = await createTenant(h)
  const made = await createCampaign(h, t, {
    rows: people(6),
    steps: await sequence(h, t, [{}, { delay_days: 2, subject: '' }]),
  })
  await launch(h, t, made.campaign_id)
  await advance(h, t, { to: '2026-01-14T09:02:30Z' })
  const shown = await read<Stats>(`${made.campaign_id}/stats`, t)
  assert.deepEqual(
    [shown.status, shown.total_leads, shown.sent, shown.processed_leads, shown.queued, shown.in_flight],
    ['active', 6, 3, 3, 6, 0],
  )
  await advance(h, t, { to: '2026-01-14T10:00:00Z' })
  assert.equal((await read<Stats>(`${made.campaign_id}/stats`, t)).status, 'draining')
})

test('the aggregate adds up all campaigns, and keeps the figures of a deleted one', async () => {
  const before = await read<Aggregate>('aggregate-stats')
  const {
    unknown: _u,
    machine_opened: _o,
    machine_clicked: _c,
    ...counted
  } = await recount({ workspace_id: tenant.workspace_id })
  for (const [name, n] of Object.entries(counted)) assert.equal(before[name as 'sent'], n, name)
  checkRates(before)
  assert.deepEqual([before.total_campaigns, before.total_leads, before.campaigns_by_status], [1, 43, { completed: 1 }])
  const other = await createCampaign(h, tenant, { rows: people(3, 'accept', 'late.example') })
  await launch(h, tenant, other.campaign_id)
  await advance(h, tenant, { until_idle: true })
  const both = await read<Aggregate>('aggregate-stats')
  assert.deepEqual([both.sent, both.total_campaigns, both.total_leads], [before.sent + 3, 2, 46])
  for (const id of [campaign_id, other.campaign_id])
    assert.equal((await h.call('DELETE', `/api/v1/campaigns/${id}`, { as: tenant.key })).status, 204)
  const after = await read<Aggregate>('aggregate-stats')
  assert.deepEqual(
    [after.sent, after.replied, after.total_campaigns, after.total_leads, after.campaigns_by_status],
    [both.sent, both.replied, 0, 0, {}],
  )
  assert.equal((await h.call('GET', `/api/v1/campaigns/${campaign_id}/stats`, { as: tenant.key })).status, 404)
  const stranger = await createTenant(h)
  assert.equal((await read<Aggregate>('aggregate-stats', stranger)).sent, 0)
})
