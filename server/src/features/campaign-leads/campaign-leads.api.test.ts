import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTenant, type TestTenant } from '../../../test/builders.ts'
import {
  emailsOf,
  eventsOf,
  type Failure,
  launch,
  leadOf,
  leadsOf,
  patch,
  people,
  post,
  sequence,
} from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { newId } from '../../ids.ts'
import { dispatchDue } from '../campaigns/dispatch-due.ts'
import { sendQueued } from '../emails/send-emails.ts'

type Lead = {
  campaign_lead_id: string
  email: string
  status: string
  row_index: number
  lead_data: Record<string, string>
  stop_reason: string | null
}
type Page = {
  items: Lead[]
  total: number
  has_more: boolean
  next_cursor: string | null
  page: number
  page_size: number
  total_pages: number
}
type Event = {
  event_id: string
  event_type: string
  occurred_at: string
  step_index: number | null
  variant_label: string | null
  metadata: Record<string, unknown>
}
type Events = { items: Event[]; total: number; has_more: boolean; next_cursor: string | null }
type Explanation = {
  next_step: number | null
  due_at: string | null
  earliest_at: string | null
  limit: string
  until: string | null
  detail: string
  status: string
}

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const list = async (tenant: TestTenant, id: string, query = ''): Promise<Page> => {
  const answer = await h.call<Page>('GET', `/api/v1/campaigns/${id}/leads?${query}`, { as: tenant.key })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

test('leads are listed in the order of their making, with their row, by every style of paging', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(7) })
  assert.deepEqual((await list(tenant, campaign_id)).items, [])
  await launch(h, tenant, campaign_id)
  const all = await list(tenant, campaign_id)
  assert.deepEqual(
    all.items.map(({ row_index, email }) => [row_index, email]),
    people(7).map(({ email }, i) => [i, email]),
  )
  assert.deepEqual(all.items[3]?.lead_data, people(7)[3])
  assert.deepEqual([all.total, all.page_size, all.has_more], [7, 50, false])
  const emails = (page: Page) => page.items.map(({ email }) => email)
  const expected = emails(all)
  assert.deepEqual(
    [
      ...emails(await list(tenant, campaign_id, 'page=1&page_size=4')),
      ...emails(await list(tenant, campaign_id, 'page=2&page_size=4')),
    ],
    expected,
  )
  assert.deepEqual(
    [
      ...emails(await list(tenant, campaign_id, 'limit=4&offset=0')),
      ...emails(await list(tenant, campaign_id, 'limit=4&offset=4')),
    ],
    expected,
  )
  assert.equal(
    (await h.call('GET', `/api/v1/campaigns/${campaign_id}/leads?page=1&offset=2`, { as: tenant.key })).status,
    422,
  )
  const stranger = await createTenant(h)
  assert.equal((await h.call('GET', `/api/v1/campaigns/${campaign_id}/leads`, { as: stranger.key })).status, 404)
})

test('leads are found by status and by part of the address, and the totals say how many', async () => {
  const tenant = await createTenant(h)
  const rows = [
    ...people(3),
    { email: 'b_c0+refuse@acme.example' },
    { email: 'b_c1+refuse@acme.example' },
    { email: 'bxc+accept@acme.example' },
  ]
  const { campaign_id } = await createCampaign(h, tenant, { rows, aliases: 2 })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const bounced = await list(tenant, campaign_id, 'status_filter=bounced')
  assert.deepEqual(
    [bounced.items.map(({ email }) => email), bounced.total],
    [['b_c0+refuse@acme.example', 'b_c1+refuse@acme.example'], 2],
  )
  const both = await list(tenant, campaign_id, 'status_filter=completed&search=P1')
  assert.deepEqual([both.items.map(({ email }) => email), both.total], [['p1+accept@people.example'], 1])
  // An underscore is only a character.
  assert.equal((await list(tenant, campaign_id, 'search=b_c')).total, 2)
  assert.equal(
    (await h.call('GET', `/api/v1/campaigns/${campaign_id}/leads?status_filter=happy`, { as: tenant.key })).status,
    422,
  )
})

test('paging by cursor neither repeats nor hides a lead while others are added and change', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(9) })
  await launch(h, tenant, campaign_id)
  const before = (await leadsOf(h, campaign_id)).map(({ email }) => email)
  const seen: string[] = []
  for (let cursor: string | null = null, n = 0; ; n++) {
    const page: Page = await list(
      tenant,
      campaign_id,
      cursor ? `limit=2&cursor=${encodeURIComponent(cursor)}` : 'limit=2',
    )
    seen.push(...page.items.map(({ email }) => email))
    await sql`
      insert into campaign_leads (campaign_lead_id, workspace_id, campaign_id, dataset_row_id, row_index, status, email, lead_data, zone, created_at, updated_at)
      select ${newId()}, workspace_id, campaign_id, ${newId()}, 0, 'pending', ${`new${n}@people.example`}, '{}', '', created_at, updated_at
      from campaign_leads where campaign_id = ${campaign_id} and ${n < 3} limit 1`.execute(h.deps.db)
    await sql`update campaign_leads set updated_at = updated_at + interval '1 hour' where campaign_id = ${campaign_id}`.execute(
      h.deps.db,
    )
    cursor = page.next_cursor
    if (!cursor) break
  }
  assert.deepEqual(seen, [...before, 'new0@people.example', 'new1@people.example', 'new2@people.example'])
  await sql`update campaigns set status = 'completed' where campaign_id = ${campaign_id}`.execute(h.deps.db)
})

test('the timeline of a lead tells everything in order, also page by page', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(1, 'open+click'),
    steps: await sequence(h, tenant, [
      { body: '<p><a href="https://acme.example/x">Look</a></p>', track_opens: true, track_clicks: true },
      { delay_days: 1, subject: '' },
    ]),
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const [lead] = await leadsOf(h, campaign_id)
  const path = `/api/v1/campaigns/${campaign_id}/leads/${lead?.campaign_lead_id}/events`
  const whole = (await h.call<Events>('GET', path, { as: tenant.key })).body
  assert.deepEqual(
    whole.items.map(({ event_type, step_index }) => [event_type, step_index]),
    [
      ['sent', 1],
      ['delivered', 1],
      ['opened', 1],
      ['clicked', 1],
      ['sent', 2],
      ['delivered', 2],
    ],
  )
  assert.deepEqual(
    [...whole.items].sort((a, b) => a.occurred_at.localeCompare(b.occurred_at)),
    whole.items,
  )
  assert.deepEqual([whole.total, whole.has_more], [6, false])
  const paged: Event[] = []
  for (let cursor: string | null = null; ; ) {
    const page: Events = (
      await h.call<Events>('GET', `${path}?limit=1${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, {
        as: tenant.key,
      })
    ).body
    paged.push(...page.items)
    cursor = page.next_cursor
    if (!cursor) break
  }
  assert.deepEqual(paged, whole.items)
  assert.deepEqual(
    (await h.call<Events>('GET', `${path}?limit=2&offset=2`, { as: tenant.key })).body.items,
    whole.items.slice(2, 4),
  )
  const other = await createCampaign(h, tenant)
  assert.equal((await h.call('GET', path.replace(campaign_id, other.campaign_id), { as: tenant.key })).status, 404)
})

test('one lead is read by its id, with what it waits for and where its timeline is, whatever page it would be on', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(3) })
  const other = await createCampaign(h, tenant)
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const listed = (await list(tenant, campaign_id)).items[2] as Lead
  const at = `/api/v1/campaigns/${campaign_id}/leads/${listed.campaign_lead_id}`
  const read = await h.call<Lead & { explanation: Explanation; events_path: string }>('GET', at, { as: tenant.key })
  assert.equal(read.status, 200, read.text)
  const { explanation, events_path, ...lead } = read.body
  assert.deepEqual(lead, listed)
  assert.deepEqual(
    explanation,
    (await h.call<Explanation>('GET', `${at}/explain`, { as: tenant.key })).body,
    'the same words as explain',
  )
  const events = await h.call<Events>('GET', events_path, { as: tenant.key })
  assert.ok(events.body.items.some(({ event_type }) => event_type === 'delivered'))
  const elsewhere = `/api/v1/campaigns/${other.campaign_id}/leads/${listed.campaign_lead_id}`
  assert.equal((await h.call('GET', elsewhere, { as: tenant.key })).status, 404)
})

test('a lead is stopped once: the second time changes nothing, and another campaign’s path does not reach it', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(2) })
  await launch(h, tenant, campaign_id)
  const lead = await leadOf(h, campaign_id, 'p0+accept@people.example')
  const path = `/api/v1/campaigns/${campaign_id}/leads/${lead.campaign_lead_id}/stop`
  const first = await post<Lead>(h, tenant, path, { reason: 'a friend' })
  assert.deepEqual([first.status, first.body.status, first.body.stop_reason], [200, 'stopped', 'a friend'])
  const again = await post<Lead>(h, tenant, path, { reason: 'another reason' })
  assert.deepEqual([again.status, again.body], [200, first.body])
  assert.deepEqual(await eventsOf(h, lead.campaign_lead_id), ['stopped'])
  const stranger = await createTenant(h)
  assert.equal((await post(h, stranger, path)).status, 404)
  const other = await createCampaign(h, tenant)
  assert.equal((await post(h, tenant, path.replace(campaign_id, other.campaign_id))).status, 404)
  assert.equal((await post<Failure>(h, tenant, path, { reason: '' })).status, 422)
  const without = await post<Lead>(
    h,
    tenant,
    path.replace(lead.campaign_lead_id, (await leadOf(h, campaign_id, 'p1+accept@people.example')).campaign_lead_id),
  )
  assert.match(without.body.stop_reason ?? '', /stopped by/)
})

test('explain names the limit that binds, and when it lets go', async () => {
  const l = await startHarness()
  try {
    const tenant = await createTenant(l)
    const rows = people(4, 'accept', 'gmail.com')
    const { campaign_id, alias_ids, domain } = await createCampaign(l, tenant, {
      rows,
      steps: await sequence(l, tenant, [{}, { delay_days: 2, subject: '' }]),
    })
    const alias = alias_ids[0] as string
    const explain = async (email: string): Promise<Explanation> => {
      const lead = await leadOf(l, campaign_id, email)
      const answer = await l.call<Explanation>(
        'GET',
        `/api/v1/campaigns/${campaign_id}/leads/${lead.campaign_lead_id}/explain`,
        { as: tenant.key },
      )
      assert.equal(answer.status, 200, answer.text)
      return answer.body
    }
    const binds = async (email: string) => {
      const { limit, until, earliest_at } = await explain(email)
      return [limit, until, earliest_at]
    }
    const [first, second, third, fourth] = rows.map(({ email }) => email) as [string, string, string, string]
    await launch(l, tenant, campaign_id)
    assert.deepEqual(await binds(first), ['none', null, '2026-01-14T09:00:00.000Z'])
    l.clock.set(new Date('2026-01-14T12:00:00Z'))
    await l.worker.drain()
    const next = '2026-01-15T09:00:00.000Z'
    const midnight = '2026-01-15T00:00:00.000Z'
    // The first lead has had its step, the second waits for the alias.
    assert.deepEqual(await binds(second), ['alias_interval', '2026-01-14T12:01:00.000Z', '2026-01-14T12:01:00.000Z'])
    const followUp = await explain(first)
    assert.deepEqual(
      [followUp.next_step, followUp.limit, followUp.due_at, followUp.earliest_at],
      [2, 'none', '2026-01-16T12:00:00.000Z', '2026-01-16T12:00:00.000Z'],
    )

    const db = l.deps.db
    await sql`update campaigns set daily_limit = 1 where campaign_id = ${campaign_id}`.execute(db)
    assert.deepEqual(await binds(second), ['campaign_daily', midnight, next])
    await sql`update campaigns set daily_limit = 500 where campaign_id = ${campaign_id}`.execute(db)
    await sql`update aliases set daily_limit = 1 where id = ${alias}`.execute(db)
    assert.deepEqual(await binds(second), ['alias_daily', midnight, next])
    await sql`update aliases set daily_limit = 500 where id = ${alias}`.execute(db)
    await sql`update sending_domains set daily_limit = 1 where domain = ${domain}`.execute(db)
    assert.deepEqual(await binds(second), ['domain_daily', midnight, next])
    await sql`update sending_domains set daily_limit = null where domain = ${domain}`.execute(db)
    await sql`update workspaces set provider_daily_limits = '{"google": 1}' where id = ${tenant.workspace_id}`.execute(
      db,
    )
    assert.deepEqual(await binds(second), ['provider_daily', midnight, next])
    await sql`update workspaces set provider_daily_limits = '{}' where id = ${tenant.workspace_id}`.execute(db)

    await sql`update sending_domains set status = 'pending' where domain = ${domain}`.execute(db)
    assert.deepEqual(await binds(second), ['domain_unverified', null, null])
    await sql`update sending_domains set status = 'verified' where domain = ${domain}`.execute(db)

    assert.ok((await post(l, tenant, '/api/v1/suppression/', { email: fourth, reason: 'manual' })).status < 300)
    assert.deepEqual(await binds(fourth), ['suppression', null, null])

    await post(l, tenant, `/api/v1/campaigns/${campaign_id}/pause`)
    const paused = await explain(second)
    assert.deepEqual([paused.limit, paused.earliest_at], ['campaign_state', null])
    assert.match(paused.detail, /paused: Paused by/)
    await post(l, tenant, `/api/v1/campaigns/${campaign_id}/resume`)

    const lead = await leadOf(l, campaign_id, third)
    await post(l, tenant, `/api/v1/campaigns/${campaign_id}/leads/${lead.campaign_lead_id}/stop`, {
      reason: 'a friend',
    })
    const over = await explain(third)
    assert.deepEqual([over.limit, over.next_step, over.due_at], ['finished', null, null])
    assert.match(over.detail, /stopped \(a friend\)/)

    l.clock.set(new Date('2026-01-14T18:00:00Z'))
    assert.deepEqual(await binds(second), ['window', next, next])
    assert.equal((await patch(l, tenant, campaign_id, { holiday_countries: ['US'] })).status, 200)
    l.clock.set(new Date('2026-01-19T12:00:00Z'))
    const holiday = await explain(second)
    assert.deepEqual([holiday.limit, holiday.until], ['holiday', '2026-01-20T09:00:00.000Z'])
    assert.match(holiday.detail, /Martin Luther King/)
    await patch(l, tenant, campaign_id, { holiday_countries: null })

    await dispatchDue(l.deps, tenant.workspace_id, l.clock.now(), { enqueue_sends: false })
    assert.equal((await explain(first)).limit, 'in_hand')
    await sendQueued(l.deps, tenant.workspace_id)
    assert.equal((await explain(first)).limit, 'finished')
  } finally {
    await l.close()
  }
})

test('explain tells when a deferred message is tried again and when a scheduled campaign begins', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(1, 'defer'), body: { daily_limit: 1 } })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { to: '2026-01-14T09:02:00Z' })
  const [email] = await emailsOf(h, campaign_id)
  assert.equal(email?.status, 'scheduled')
  const explain = async (id: string): Promise<Explanation> => {
    const [lead] = await leadsOf(h, id)
    return (
      await h.call<Explanation>('GET', `/api/v1/campaigns/${id}/leads/${lead?.campaign_lead_id}/explain`, {
        as: tenant.session,
      })
    ).body
  }
  const retry = await explain(campaign_id)
  assert.deepEqual(
    [retry.next_step, retry.limit, retry.due_at, retry.earliest_at],
    [1, 'none', email?.due_at.toISOString(), email?.due_at.toISOString()],
  )
  assert.match(retry.detail, /try again later/)
  const scheduled = await createCampaign(h, tenant, {
    rows: people(1, 'accept', 'later.example'),
    body: { launch_type: 'scheduled', start_date: '2026-03-02T09:00:00Z' },
  })
  await launch(h, tenant, scheduled.campaign_id)
  const waiting = await explain(scheduled.campaign_id)
  assert.deepEqual([waiting.limit, waiting.until], ['campaign_state', '2026-03-02T09:00:00.000Z'])
})
