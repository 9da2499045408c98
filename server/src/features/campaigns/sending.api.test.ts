import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTemplate, createTenant, type TestTenant } from '../../../test/builders.ts'
import {
  DAY_MS,
  type EmailRow,
  emailsOf,
  eventsOf,
  headerOf,
  launch,
  leadOf,
  leadsOf,
  MINUTE_MS,
  patch,
  people,
  post,
  recordWire,
  sentAt,
  sequence,
  statusOf,
} from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { unsubscribeUrl } from '../emails/link-builder.ts'
import { sendQueued } from '../emails/send-emails.ts'
import { dispatchDue } from './dispatch-due.ts'

/** Time passes here by advancing the clock of one sandbox. */
let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

/** For what must hold while the product just runs: the system's clock moves and the live ticks do the work. */
const live = async (run: (l: Harness, tenant: TestTenant) => Promise<void>): Promise<void> => {
  const l = await startHarness()
  try {
    await run(l, await createTenant(l))
  } finally {
    await l.close()
  }
}

const local = (at: Date, zone: string) => Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone)
const dayIn = (at: Date, zone: string): string => local(at, zone).toPlainDate().toString()
const clockIn = (at: Date, zone: string): string => local(at, zone).toPlainTime().toString({ smallestUnit: 'second' })
const perDay = (emails: EmailRow[], zone = 'UTC'): number[] =>
  [...Map.groupBy(sentAt(emails), (at) => dayIn(at, zone)).values()].map((some) => some.length)
const gaps = (emails: EmailRow[]): number[] =>
  sentAt(emails).map((at, i, all) =>
    i ? (at.getTime() - (all[i - 1] as Date).getTime()) / 1000 : Number.POSITIVE_INFINITY,
  )
const ANY_TIME = {
  sending_window_start: '00:00:00',
  sending_window_end: '23:59:59',
  send_days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
}

test('nothing leaves outside the window and its days, read in the campaign’s zone', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(30),
    body: {
      timezone: 'America/New_York',
      min_interval_seconds: 3600,
      sending_window_start: '10:30:00',
      sending_window_end: '16:00:00',
      send_days: ['mon', 'thu', 'sat'],
    },
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const emails = await emailsOf(h, campaign_id)
  assert.equal(sentAt(emails).length, 30)
  for (const at of sentAt(emails)) {
    const there = local(at, 'America/New_York')
    assert.ok([1, 4, 6].includes(there.dayOfWeek), there.toString())
    const time = clockIn(at, 'America/New_York')
    assert.ok(time >= '10:30:00' && time < '16:00:00', there.toString())
  }
  // 10:30 to 15:30, one an hour.
  assert.deepEqual(perDay(emails, 'America/New_York'), [6, 6, 6, 6, 6])
})

test('an overnight window runs past midnight and belongs to the day on which it opens', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(8),
    body: {
      min_interval_seconds: 3600,
      sending_window_start: '22:00:00',
      sending_window_end: '02:00:00',
      send_days: ['fri'],
    },
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  assert.deepEqual(
    sentAt(await emailsOf(h, campaign_id)).map((at) => at.toISOString().slice(0, 13)),
    [
      '2026-01-16T22',
      '2026-01-16T23',
      '2026-01-17T00',
      '2026-01-17T01',
      '2026-01-23T22',
      '2026-01-23T23',
      '2026-01-24T00',
      '2026-01-24T01',
    ],
  )
})

test('with the lead’s own zone each is written to by their own clock', async () => {
  const tenant = await createTenant(h)
  const zones = ['Asia/Tokyo', 'America/Los_Angeles', 'Europe/Oslo', '']
  const rows = zones.flatMap((timezone, z) =>
    people(4).map((row, i) => ({ ...row, email: `z${z}x${i}+accept@people.example`, timezone })),
  )
  const { campaign_id } = await createCampaign(h, tenant, {
    rows,
    steps: await sequence(h, tenant, [{}, { delay_days: 1, subject: '' }]),
    body: { use_lead_timezone: true, timezone: 'Pacific/Auckland', sending_window_end: '11:00:00' },
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const emails = await emailsOf(h, campaign_id)
  assert.equal(sentAt(emails).length, 32)
  for (const { to_email, sent_at } of emails) {
    const zone = zones[Number(to_email[1])] || 'Pacific/Auckland'
    const time = clockIn(sent_at as Date, zone)
    assert.ok(time >= '09:00:00' && time < '11:00:00', `${to_email} at ${time} in ${zone}`)
    assert.ok(local(sent_at as Date, zone).dayOfWeek <= 5)
  }
})

test('the campaign’s daily limit counts days of its own zone', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(14),
    aliases: 2,
    body: { ...ANY_TIME, daily_limit: 4, timezone: 'Pacific/Auckland' },
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const emails = await emailsOf(h, campaign_id)
  assert.deepEqual(perDay(emails, 'Pacific/Auckland'), [4, 4, 4, 2])
  // The day there begins at 11:00 UTC, so a UTC day holds the end of one and the beginning of the next.
  assert.equal(sentAt(emails)[4]?.toISOString(), '2026-01-14T11:00:00.000Z')
})

test('an alias’s daily limit counts days of the workspace’s zone and is shared by its campaigns', async () => {
  const tenant = await createTenant(h, { timezone: 'America/New_York' })
  const one = await createCampaign(h, tenant, { rows: people(9), body: ANY_TIME })
  const two = await createCampaign(h, tenant, { rows: people(9, 'accept', 'others.example'), body: ANY_TIME })
  assert.equal((await patch(h, tenant, two.campaign_id, { alias_ids: one.alias_ids })).status, 200)
  await sql`update aliases set daily_limit = 5 where id = any(${one.alias_ids}::uuid[])`.execute(h.deps.db)
  for (const { campaign_id } of [one, two]) await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  assert.deepEqual(perDay(await emailsOf(h, one.campaign_id, two.campaign_id), 'America/New_York'), [5, 5, 5, 3])
})

test('an alias that is warmed up sends a little more each sending day, up to its limit', async () => {
  const tenant = await createTenant(h)
  const { campaign_id, alias_ids } = await createCampaign(h, tenant, { rows: people(20) })
  await sql`update aliases set daily_limit = 5, ramp_start = 2, ramp_step = 1 where id = any(${alias_ids}::uuid[])`.execute(
    h.deps.db,
  )
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  // Wednesday, Thursday, Friday, then Monday: the weekend does not count.
  assert.deepEqual(perDay(await emailsOf(h, campaign_id)), [2, 3, 4, 5, 5, 1])
})

test('a domain’s limit holds over all its aliases, and a receiving provider’s over all domains', async () => {
  const tenant = await createTenant(h)
  const { campaign_id, domain } = await createCampaign(h, tenant, { rows: people(10), aliases: 3 })
  await sql`update sending_domains set daily_limit = 4 where domain = ${domain} and workspace_id = ${tenant.workspace_id}`.execute(
    h.deps.db,
  )
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  assert.deepEqual(perDay(await emailsOf(h, campaign_id)), [4, 4, 2])

  await sql`update workspaces set provider_daily_limits = '{"google": 3}' where id = ${tenant.workspace_id}`.execute(
    h.deps.db,
  )
  const rows = [
    ...people(5, 'accept', 'gmail.com'),
    ...people(5, 'accept', 'googlemail.com'),
    ...people(5, 'accept', 'free.example'),
  ]
  const both = await createCampaign(h, tenant, { rows, aliases: 3 })
  await launch(h, tenant, both.campaign_id)
  await advance(h, tenant, { until_idle: true })
  const emails = await emailsOf(h, both.campaign_id)
  const google = emails.filter(({ to_email }) => /g(oogle)?mail\.com$/.test(to_email))
  const free = emails.filter(({ to_email }) => to_email.endsWith('free.example'))
  assert.deepEqual([perDay(google), perDay(free)], [[3, 3, 3, 1], [5]])
})

test('of several limits the smallest wins', async () => {
  const tenant = await createTenant(h)
  const run = async (limits: {
    campaign: number
    alias: number
    domain: number
    google: number
  }): Promise<number[]> => {
    const { campaign_id, alias_ids, domain } = await createCampaign(h, tenant, {
      rows: people(12, 'accept', 'gmail.com'),
      aliases: 2,
      body: { daily_limit: limits.campaign, allow_overlap: true },
    })
    await sql`update aliases set daily_limit = ${limits.alias} where id = any(${alias_ids}::uuid[])`.execute(h.deps.db)
    await sql`update sending_domains set daily_limit = ${limits.domain} where domain = ${domain} and workspace_id = ${tenant.workspace_id}`.execute(
      h.deps.db,
    )
    await sql`update workspaces set provider_daily_limits = ${JSON.stringify({ google: limits.google })} where id = ${tenant.workspace_id}`.execute(
      h.deps.db,
    )
    await launch(h, tenant, campaign_id)
    await advance(h, tenant, { until_idle: true })
    // Each run begins on a day of its own.
    await advance(h, tenant, { seconds: 86_400 })
    const emails = await emailsOf(h, campaign_id)
    assert.equal(sentAt(emails).length, 12)
    for (const some of Map.groupBy(emails, ({ alias_id }) => alias_id).values())
      for (const n of perDay(some)) assert.ok(n <= limits.alias)
    return perDay(emails)
  }
  assert.equal(Math.max(...(await run({ campaign: 3, alias: 9, domain: 9, google: 9 }))), 3)
  assert.ok(Math.max(...(await run({ campaign: 9, alias: 2, domain: 9, google: 9 }))) <= 4)
  assert.equal(Math.max(...(await run({ campaign: 9, alias: 9, domain: 3, google: 9 }))), 3)
  assert.equal(Math.max(...(await run({ campaign: 9, alias: 9, domain: 9, google: 3 }))), 3)
})

test('two campaigns with one alias share its interval, and the jitter stays within its bounds', async () => {
  const tenant = await createTenant(h)
  const one = await createCampaign(h, tenant, { rows: people(15), body: { min_interval_seconds: 600 } })
  const two = await createCampaign(h, tenant, {
    rows: people(15, 'accept', 'others.example'),
    body: { min_interval_seconds: 600 },
  })
  assert.equal((await patch(h, tenant, two.campaign_id, { alias_ids: one.alias_ids })).status, 200)
  await sql`update aliases set jitter_ratio = 0.5 where id = any(${one.alias_ids}::uuid[])`.execute(h.deps.db)
  for (const { campaign_id } of [one, two]) await launch(h, tenant, campaign_id)
  await advance(h, tenant, { to: '2026-01-14T16:59:00Z', resolution_seconds: 1 })
  const emails = await emailsOf(h, one.campaign_id, two.campaign_id)
  assert.equal(new Set(emails.map(({ campaign_id }) => campaign_id)).size, 2)
  const between = gaps(emails.filter(({ sent_at }) => sent_at)).slice(1)
  assert.ok(between.length > 20)
  for (const gap of between) assert.ok(gap >= 600 && gap <= 902, `a gap of ${gap} s`)
  assert.ok(Math.max(...between) - Math.min(...between) > 60, 'the gaps are not all the same')
})

test('follow-ups take an alias’s slots before first steps', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(12),
    steps: await sequence(h, tenant, [{}, { delay_days: 1, subject: '' }]),
    body: { min_interval_seconds: 3600 },
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const days = Map.groupBy(await emailsOf(h, campaign_id), ({ sent_at }) => dayIn(sent_at as Date, 'UTC'))
  assert.deepEqual(
    [...days.values()].map((some) => some.map(({ step }) => step).join('')),
    ['11111111', '22222222', '1111', '2222'],
  )
})

test('a follow-up goes out from the same alias in the same thread, and a subject of its own starts a new one', async () => {
  const tenant = await createTenant(h)
  const wire = recordWire(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(12), // aliases are dealt by hash: three leads would share one once in nine runs
    aliases: 3,
    steps: await sequence(h, tenant, [
      { subject: 'Re: question for {{ first_name }}' },
      { delay_days: 1, subject: '' },
      { delay_days: 1, subject: '' },
      { delay_days: 1, subject: 'Something else' },
      { delay_days: 1, subject: '' },
    ]),
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  for (const lead of await leadsOf(h, campaign_id)) {
    const mails = wire.filter(({ rcpt_to }) => rcpt_to === lead.email).map(({ raw }) => raw)
    assert.equal(mails.length, 5)
    const [m1, m2, , m4] = mails.map((raw) => headerOf(raw, 'Message-ID'))
    const m3 = headerOf(mails[2] as Buffer, 'Message-ID')
    const name = `N${lead.row_index}`
    assert.deepEqual(
      mails.map((raw) => [headerOf(raw, 'Subject'), headerOf(raw, 'In-Reply-To'), headerOf(raw, 'References')]),
      [
        [`Re: question for ${name}`, null, null],
        [`Re: question for ${name}`, m1, m1],
        [`Re: question for ${name}`, m2, `${m1} ${m2}`],
        ['Something else', null, null],
        ['Re: Something else', m4, m4],
      ],
    )
    assert.equal(new Set([m1, m2, m3, m4]).size, 4)
    assert.equal(new Set(mails.map((raw) => headerOf(raw, 'From'))).size, 1)
    const threads = await sql<{
      conversation_id: string
    }>`select conversation_id from emails where campaign_lead_id = ${lead.campaign_lead_id} order by step`.execute(
      h.deps.db,
    )
    const [a, b, c, d, e] = threads.rows.map((row) => row.conversation_id)
    assert.deepEqual([a === b, b === c, c === d, d === e], [true, true, false, true])
  }
  assert.equal(new Set((await leadsOf(h, campaign_id)).map(({ alias_id }) => alias_id)).size > 1, true)
})

test('a deferred message is tried again on the same row, and only inside the window', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(1, 'defer'),
    body: { sending_window_start: '16:55:00', sending_window_end: '17:00:00' },
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { to: '2026-01-14T18:00:00Z' })
  const [first] = await emailsOf(h, campaign_id)
  assert.deepEqual(
    [first?.status, first?.attempts, first?.due_at.toISOString()],
    ['scheduled', 1, '2026-01-15T16:55:00.000Z'],
  )
  await advance(h, tenant, { until_idle: true })
  const again = await emailsOf(h, campaign_id)
  assert.equal(again.length, 1)
  assert.deepEqual(
    [again[0]?.id, again[0]?.status, again[0]?.attempts, again[0]?.sent_at?.toISOString()],
    [first?.id, 'delivered', 2, '2026-01-15T16:55:00.000Z'],
  )
  const lead = await leadOf(h, campaign_id, 'p0+defer@people.example')
  assert.deepEqual(await eventsOf(h, lead.campaign_lead_id), ['deferred', 'sent', 'delivered'])
})

test('a message that is deferred again and again is given up within 72 hours and never sent twice', async () => {
  const l = await startHarness()
  try {
    const tenant = await createTenant(l)
    const wire = recordWire(l, async () => void (await sql`delete from world_deferrals`.execute(l.deps.db)))
    const { campaign_id } = await createCampaign(l, tenant, {
      rows: people(1, 'defer'),
      steps: await sequence(l, tenant, [{}, { delay_days: 1 }]),
      body: ANY_TIME,
    })
    await launch(l, tenant, campaign_id)
    const { now } = await advance(l, tenant, { until_idle: true })
    const emails = await emailsOf(l, campaign_id)
    assert.equal(emails.length, 1)
    assert.equal(emails[0]?.status, 'failed')
    const lasted = Date.parse(now) - Date.parse('2026-01-14T08:00:00Z')
    assert.ok(lasted > 48 * 3_600_000 && lasted <= 72 * 3_600_000, `given up after ${lasted / 3_600_000} h`)
    assert.ok(wire.length > 8)
    assert.ok(wire.every(({ reply }) => reply.reply_code === 450))
    const lead = await leadOf(l, campaign_id, 'p0+defer@people.example')
    assert.deepEqual([lead.status, lead.next_action_at], ['failed', null])
    const stats = await l.call<{ failed: number; sent: number; bounced: number }>(
      'GET',
      `/api/v1/campaigns/${campaign_id}/stats`,
      { as: tenant.key },
    )
    assert.deepEqual([stats.body.failed, stats.body.sent, stats.body.bounced], [1, 0, 0])
    assert.equal(await statusOf(l, campaign_id), 'completed')
  } finally {
    await l.close()
  }
})

test('public holidays of the countries that were asked for are skipped', async () => {
  const tenant = await createTenant(h)
  const body = { min_interval_seconds: 3600, holiday_countries: ['US'] }
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(32), body })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  // Monday, 19 January 2026 is Martin Luther King Jr. Day.
  const days = new Set(sentAt(await emailsOf(h, campaign_id)).map((at) => dayIn(at, 'UTC')))
  assert.deepEqual([...days], ['2026-01-14', '2026-01-15', '2026-01-16', '2026-01-20'])
})

test('on the days when clocks change the window follows the clock on the wall', async () => {
  const tenant = await createTenant(h)
  const spring = await createCampaign(h, tenant, {
    rows: people(45),
    body: {
      ...ANY_TIME,
      timezone: 'Europe/Oslo',
      sending_window_start: '01:30:00',
      sending_window_end: '04:00:00',
      min_interval_seconds: 600,
      launch_type: 'scheduled',
      start_date: '2026-03-27T12:00:00Z',
    },
  })
  const autumn = await createCampaign(h, tenant, {
    rows: people(20, 'accept', 'others.example'),
    body: {
      timezone: 'America/New_York',
      sending_window_start: '01:00:00',
      sending_window_end: '02:00:00',
      send_days: ['sun'],
      min_interval_seconds: 600,
      launch_type: 'scheduled',
      start_date: '2026-10-30T12:00:00Z',
    },
  })
  for (const { campaign_id } of [spring, autumn]) await launch(h, tenant, campaign_id)
  await advance(h, tenant, { to: '2026-12-01T00:00:00Z' })
  const times = sentAt(await emailsOf(h, spring.campaign_id))
  const hours = Map.groupBy(times, (at) => dayIn(at, 'Europe/Oslo'))
  // The clock jumps from 02:00 to 03:00, so that night's window is an hour shorter: 00:30 to 02:00 UTC.
  assert.deepEqual([...hours.keys()].slice(0, 3), ['2026-03-28', '2026-03-29', '2026-03-30'])
  assert.deepEqual(
    [...hours.values()].map((some) => some.length),
    [15, 9, 15, 6],
  )
  for (const at of times) assert.ok(clockIn(at, 'Europe/Oslo') >= '01:30:00' && clockIn(at, 'Europe/Oslo') < '04:00:00')
  // From 01:00 to 02:00 comes twice, so the window is open for two hours: 05:00 to 07:00 UTC.
  const twice = sentAt(await emailsOf(h, autumn.campaign_id))
  assert.deepEqual(perDay(await emailsOf(h, autumn.campaign_id), 'America/New_York'), [12, 6, 2])
  assert.deepEqual(
    [twice[0]?.toISOString(), twice[11]?.toISOString()],
    ['2026-11-01T05:00:00.000Z', '2026-11-01T06:50:00.000Z'],
  )
})

test('after days without a tick, a pause or a raised limit nothing is caught up in a burst', () =>
  live(async (l, tenant) => {
    const { campaign_id } = await createCampaign(l, tenant, {
      rows: people(60),
      aliases: 2,
      body: { min_interval_seconds: 300 },
    })
    await launch(l, tenant, campaign_id)
    const sent = async (): Promise<number> => sentAt(await emailsOf(l, campaign_id)).length
    const at = async (time: string): Promise<number> => {
      const before = await sent()
      l.clock.set(new Date(time))
      await l.worker.drain()
      return (await sent()) - before
    }
    assert.equal(await at('2026-01-14T09:00:00Z'), 2)
    // The server was down for five days; both aliases have a backlog.
    assert.equal(await at('2026-01-19T10:00:00Z'), 2)
    assert.equal(await at('2026-01-19T10:04:59Z'), 0)
    assert.equal(await at('2026-01-19T10:05:00Z'), 2)

    assert.equal((await post(l, tenant, `/api/v1/campaigns/${campaign_id}/pause`)).status, 200)
    assert.equal(await at('2026-01-20T12:00:00Z'), 0)
    assert.equal((await post(l, tenant, `/api/v1/campaigns/${campaign_id}/resume`)).status, 200)
    assert.equal(await at('2026-01-20T12:00:01Z'), 2)
    assert.equal(await at('2026-01-20T12:03:00Z'), 0)

    assert.equal((await patch(l, tenant, campaign_id, { daily_limit: 2 })).status, 200)
    assert.equal(await at('2026-01-20T16:00:00Z'), 0)
    assert.equal((await patch(l, tenant, campaign_id, { daily_limit: 500 })).status, 200)
    assert.equal(await at('2026-01-20T16:00:01Z'), 2)
    assert.equal(await at('2026-01-20T16:02:00Z'), 0)
    assert.equal(await at('2026-01-20T16:06:00Z'), 2)
  }))

/** Queues what may leave now without sending it: the moment between the dispatcher and the sender. */
const queueNow = async (l: Harness, tenant: TestTenant, time: string): Promise<number> => {
  l.clock.set(new Date(time))
  return dispatchDue(l.deps, tenant.workspace_id, l.clock.now(), { enqueue_sends: false })
}

test('a paused campaign sends nothing, even when its batch was already queued, and goes on after the resume', () =>
  live(async (l, tenant) => {
    const wire = recordWire(l)
    const { campaign_id } = await createCampaign(l, tenant, { rows: people(40), aliases: 3 })
    await launch(l, tenant, campaign_id)
    const queued = await queueNow(l, tenant, '2026-01-14T09:00:00Z')
    assert.equal(queued, 3)
    assert.equal((await post(l, tenant, `/api/v1/campaigns/${campaign_id}/pause`)).status, 200)
    assert.equal(await sendQueued(l.deps, tenant.workspace_id), 0)
    await l.worker.drain()
    l.clock.advance(3_600_000)
    await l.worker.drain()
    assert.equal(wire.length, 0)
    assert.equal(await statusOf(l, campaign_id), 'paused')
    // What the queue had taken from the caps of the day was given back.
    const used = await sql<{
      used: number
    }>`select coalesce(sum(used), 0)::int as used from send_counts where workspace_id = ${tenant.workspace_id}`.execute(
      l.deps.db,
    )
    assert.equal(used.rows[0]?.used, 0)
    assert.equal((await post(l, tenant, `/api/v1/campaigns/${campaign_id}/resume`)).status, 200)
    await l.worker.drain()
    assert.equal(wire.length, 3)
    await advance(l, tenant, { until_idle: true })
    assert.equal(wire.length, 40)
    assert.equal(new Set(wire.map(({ rcpt_to }) => rcpt_to)).size, 40)
  }))

test('a message that a dispatcher queued at the very moment of the pause does not leave, nor in a burst at the resume', () =>
  live(async (l, tenant) => {
    const wire = recordWire(l)
    const { campaign_id } = await createCampaign(l, tenant, { rows: people(6) })
    await launch(l, tenant, campaign_id)
    await queueNow(l, tenant, '2026-01-14T09:00:00Z')
    await sql`update campaigns set status = 'paused', paused_from = 'active' where campaign_id = ${campaign_id}`.execute(
      l.deps.db,
    )
    assert.equal(await sendQueued(l.deps, tenant.workspace_id), 0)
    l.clock.advance(DAY_MS)
    await l.worker.drain()
    assert.equal(wire.length, 0)
    assert.equal((await post(l, tenant, `/api/v1/campaigns/${campaign_id}/resume`)).status, 200)
    await l.worker.drain()
    assert.equal(wire.length, 1)
  }))

test('a lead whose last message has an unknown fate is not lost by a pause', () =>
  live(async (l, tenant) => {
    const { campaign_id } = await createCampaign(l, tenant, {
      rows: people(1),
      steps: await sequence(l, tenant, [{}, { delay_days: 1, subject: '' }]),
    })
    await launch(l, tenant, campaign_id)
    await advance(l, tenant, { to: '2026-01-14T12:00:00Z' })
    await sql`update campaign_leads set status = 'unknown' where campaign_id = ${campaign_id}`.execute(l.deps.db)
    l.clock.advance(DAY_MS)
    assert.equal(
      await dispatchDue(l.deps, tenant.workspace_id, new Date('2026-01-15T12:00:00Z'), { enqueue_sends: false }),
      1,
    )
    await post(l, tenant, `/api/v1/campaigns/${campaign_id}/pause`)
    await post(l, tenant, `/api/v1/campaigns/${campaign_id}/resume`)
    await advance(l, tenant, { until_idle: true })
    assert.deepEqual(
      (await emailsOf(l, campaign_id)).map(({ step, status }) => [step, status]),
      [
        [1, 'delivered'],
        [2, 'delivered'],
      ],
    )
  }))

test('a campaign that is deleted while its messages are queued sends none of them', () =>
  live(async (l, tenant) => {
    const wire = recordWire(l)
    const { campaign_id } = await createCampaign(l, tenant, { rows: people(40), aliases: 3 })
    await launch(l, tenant, campaign_id)
    assert.equal(await queueNow(l, tenant, '2026-01-14T09:00:00Z'), 3)
    assert.equal((await l.call('DELETE', `/api/v1/campaigns/${campaign_id}`, { as: tenant.key })).status, 204)
    assert.equal(await sendQueued(l.deps, tenant.workspace_id), 0)
    await l.worker.drain()
    assert.equal(wire.length, 0)
    assert.deepEqual(await emailsOf(l, campaign_id), [])
  }))

test('a campaign that is deleted while a message is on the wire keeps that message and its figures', () =>
  live(async (l, tenant) => {
    let remove = async (): Promise<void> => {}
    const wire = recordWire(l, () => remove())
    const { campaign_id } = await createCampaign(l, tenant, {
      rows: people(3),
      steps: await sequence(l, tenant, [{}, { delay_days: 1 }]),
    })
    remove = async () => {
      remove = async () => {}
      assert.equal((await l.call('DELETE', `/api/v1/campaigns/${campaign_id}`, { as: tenant.key })).status, 204)
    }
    await launch(l, tenant, campaign_id)
    l.clock.set(new Date('2026-01-14T09:00:00Z'))
    await l.worker.drain()
    await advance(l, tenant, { seconds: 3 * 86_400 })
    assert.equal(wire.length, 1)
    assert.deepEqual(
      (await emailsOf(l, campaign_id)).map(({ status }) => status),
      ['delivered'],
    )
    const all = await l.call<{ sent: number; total_campaigns: number }>('GET', '/api/v1/campaigns/aggregate-stats', {
      as: tenant.key,
    })
    assert.deepEqual([all.body.sent, all.body.total_campaigns], [1, 0])
  }))

test('an address or domain that is suppressed after its message was queued is not written to', () =>
  live(async (l, tenant) => {
    const wire = recordWire(l)
    const rows = [...people(1), ...people(1, 'accept', 'closed.example')]
    const { campaign_id } = await createCampaign(l, tenant, { rows, aliases: 1 })
    await sql`update campaigns set min_interval_seconds = 0 where campaign_id = ${campaign_id}`.execute(l.deps.db)
    await launch(l, tenant, campaign_id)
    assert.equal(await queueNow(l, tenant, '2026-01-14T09:00:00Z'), 1)
    assert.equal(await queueNow(l, tenant, '2026-01-14T09:00:00Z'), 1)
    for (const email of ['p0+accept@people.example', '@closed.example']) {
      const added = await post(l, tenant, '/api/v1/suppression/', { email, reason: 'manual' })
      assert.ok(added.status < 300, added.text)
    }
    assert.equal(await sendQueued(l.deps, tenant.workspace_id), 0)
    await l.worker.drain()
    assert.equal(wire.length, 0)
    assert.deepEqual(
      (await leadsOf(l, campaign_id)).map(({ status }) => status),
      ['suppressed', 'suppressed'],
    )
    assert.equal(await statusOf(l, campaign_id), 'completed')
  }))

test('an unsubscribe after the follow-up was queued stops the follow-up', () =>
  live(async (l, tenant) => {
    const wire = recordWire(l)
    const { campaign_id } = await createCampaign(l, tenant, {
      rows: people(1),
      steps: await sequence(l, tenant, [{}, { delay_days: 1, subject: '' }]),
    })
    await launch(l, tenant, campaign_id)
    l.clock.set(new Date('2026-01-14T09:00:00Z'))
    await l.worker.drain()
    assert.equal(wire.length, 1)
    assert.equal(await queueNow(l, tenant, '2026-01-15T09:00:00Z'), 1)
    const [first] = await emailsOf(l, campaign_id)
    const url = unsubscribeUrl(
      { base_url: l.deps.address.base_url, mail_tokens: l.deps.mail_tokens },
      { email_id: first?.id as string, workspace_id: tenant.workspace_id, to_email: first?.to_email as string },
    )
    const clicked = await l.call('POST', new URL(url).pathname, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    })
    assert.equal(clicked.status, 200, clicked.text)
    assert.equal(await sendQueued(l.deps, tenant.workspace_id), 0)
    await l.worker.drain()
    l.clock.advance(5 * DAY_MS)
    await l.worker.drain()
    assert.equal(wire.length, 1)
    assert.equal((await leadsOf(l, campaign_id))[0]?.status, 'unsubscribed')
  }))

test('a message that was queued before the window closed and not sent by then waits for the next opening', () =>
  live(async (l, tenant) => {
    const wire = recordWire(l)
    const { campaign_id } = await createCampaign(l, tenant, { rows: people(1) })
    await launch(l, tenant, campaign_id)
    assert.equal(await queueNow(l, tenant, '2026-01-14T16:59:00Z'), 1)
    l.clock.set(new Date('2026-01-14T17:00:01Z'))
    await l.worker.drain()
    assert.equal(wire.length, 0)
    assert.equal((await leadsOf(l, campaign_id))[0]?.next_action_at?.toISOString(), '2026-01-15T09:00:00.000Z')
    l.clock.set(new Date('2026-01-15T09:00:00Z'))
    await l.worker.drain()
    assert.equal(wire.length, 1)
  }))

test('two dispatchers and two senders at the same instant write to nobody twice', () =>
  live(async (l, tenant) => {
    const wire = recordWire(l)
    const { campaign_id } = await createCampaign(l, tenant, { rows: people(30), aliases: 10 })
    await launch(l, tenant, campaign_id)
    for (let minute = 0; minute < 3; minute++) {
      l.clock.set(new Date(Date.parse('2026-01-14T09:00:00Z') + minute * MINUTE_MS))
      const now = l.clock.now()
      await Promise.all([1, 2, 3].map(() => dispatchDue(l.deps, tenant.workspace_id, now)))
      await Promise.all([1, 2, 3].map(() => sendQueued(l.deps, tenant.workspace_id)))
    }
    assert.equal(new Set(wire.map(({ rcpt_to }) => rcpt_to)).size, wire.length)
    // All ten once, and some again: how many depends on the pauses between two letters, which vary.
    assert.ok(wire.length > 10, `${wire.length} were sent`)
    for (const some of Map.groupBy(await emailsOf(l, campaign_id), ({ alias_id }) => alias_id).values())
      for (const gap of gaps(some.filter(({ sent_at }) => sent_at))) assert.ok(gap >= 60)
    await l.worker.drain()
  }))

test('an edited template reaches the steps that are not sent yet, and no others', () =>
  live(async (l, tenant) => {
    const first = await createTemplate(l, tenant, { subject: 'Old subject', body: 'Old first' })
    const second = await createTemplate(l, tenant, { subject: '', body: 'Old second' })
    const { campaign_id } = await createCampaign(l, tenant, {
      rows: people(1),
      steps: [first, second].map((id, i) => ({ delay_days: i, templates: [{ id, weight: 100, label: 'A' }] })),
    })
    await launch(l, tenant, campaign_id)
    await advance(l, tenant, { to: '2026-01-14T12:00:00Z' })
    for (const [id, subject, body] of [
      [first, 'New subject', 'New first'],
      [second, '', 'New second'],
    ] as const)
      assert.equal(
        (await l.call('PATCH', `/api/v1/templates/${id}`, { as: tenant.key, body: { content: { subject, body } } }))
          .status,
        200,
      )
    await advance(l, tenant, { until_idle: true })
    const [one, two] = await emailsOf(l, campaign_id)
    assert.match(one?.body_text ?? '', /Old first/)
    assert.match(two?.body_text ?? '', /New second/)
    // The thread keeps the subject under which it was begun.
    assert.equal(two?.subject, 'Re: Old subject')
  }))
