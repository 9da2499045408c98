import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTemplate, createTenant, type TestTenant } from './builders.ts'
import { type Harness, startHarness } from './harness.ts'

/**
 * Sixty days of a campaign of 20,000 leads on the sandbox's clock, through the real dispatcher, real SMTP and the local mail
 * world, over three changes of clocks (New York 8 March, Oslo 29 March, Sydney 5 April 2026). Every rule is checked from what
 * was sent, by arithmetic of this file's own. The limits are tight on purpose, so that each of them binds on many days.
 */
const LEADS = 20_000
const DAYS = 60
const START = new Date('2026-03-02T00:00:00Z')
const ZONES = ['America/New_York', 'Europe/Oslo', 'Asia/Kolkata', 'Australia/Sydney']
const CAMPAIGN_ZONE = 'Europe/Oslo'
const WORKSPACE_ZONE = 'UTC'
const ALIASES = 10
const ALIAS_LIMIT = 45
const RAMP = { start: 10, step: 5 }
const CAMPAIGN_LIMIT = 330
const DOMAIN_LIMIT = 300
const GOOGLE_LIMIT = 25
const INTERVAL_S = 2400
const JITTER = 0.25
const RESOLUTION_S = 600
const DELAY_DAYS = 3

type Sent = { at: number; zone: string; alias_id: string; provider: string; lead: string; step: number }

let h: Harness
let tenant: TestTenant
let sent: Sent[]

before(async () => {
  h = await startHarness({ start: START })
  tenant = await createTenant(h, { timezone: WORKSPACE_ZONE })
  const first = await createTemplate(h, tenant, {
    subject: 'Hello {{ first_name }}',
    body: 'Hi {{ first_name }}, a question.',
  })
  const second = await createTemplate(h, tenant, { subject: '', body: 'Hi {{ first_name }}, did you see my question?' })
  const rows = Array.from({ length: LEADS }, (_, i) => ({
    // One in 37 behaves as people do; a tenth has its mailbox at Google.
    email: `person${i}${i % 37 ? '+accept' : ''}@${i % 10 ? `company${i % 900}.example` : 'gmail.com'}`,
    first_name: `Person ${i}`,
    timezone: ZONES[i % ZONES.length] as string,
  }))
  const { campaign_id } = await createCampaign(h, tenant, {
    rows,
    aliases: ALIASES,
    steps: [first, second].map((id, i) => ({
      delay_days: i * DELAY_DAYS,
      templates: [{ id, weight: 100, label: 'A' }],
    })),
    body: {
      daily_limit: CAMPAIGN_LIMIT,
      min_interval_seconds: INTERVAL_S,
      timezone: CAMPAIGN_ZONE,
      use_lead_timezone: true,
    },
  })
  await sql`update aliases set daily_limit = ${ALIAS_LIMIT}, ramp_start = ${RAMP.start}, ramp_step = ${RAMP.step}, jitter_ratio = ${JITTER}`.execute(
    h.deps.db,
  )
  await sql`update sending_domains set daily_limit = ${DOMAIN_LIMIT}`.execute(h.deps.db)
  await sql`update workspaces set provider_daily_limits = ${JSON.stringify({ google: GOOGLE_LIMIT })}`.execute(
    h.deps.db,
  )
  const launched = await h.call('POST', `/api/v1/campaigns/${campaign_id}/launch`, { as: tenant.key })
  assert.equal(launched.status, 200, launched.text)
  await advance(h, tenant, { seconds: DAYS * 86_400, resolution_seconds: RESOLUTION_S })
  const found = await sql<{ at: Date; zone: string; alias_id: string; provider: string; lead: string; step: number }>`
    select coalesce(e.sent_at, e.bounced_at) as at, l.zone, e.alias_id, e.receiving_provider as provider, e.campaign_lead_id as lead, e.step
    from emails e join campaign_leads l on l.campaign_lead_id = e.campaign_lead_id where e.sent_at is not null order by e.sent_at`.execute(
    h.deps.db,
  )
  sent = found.rows.map((row) => ({ ...row, at: row.at.getTime(), zone: row.zone || CAMPAIGN_ZONE }))
})

after(() => h.close())

const local = (at: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)

/** Nine to five, Monday to Friday, on the wall clock there. */
const isOpen = (at: number, zone: string): boolean => {
  const there = local(at, zone)
  return there.dayOfWeek <= 5 && there.hour >= 9 && there.hour < 17
}

const perDay = (some: Sent[], zone: string): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const { at } of some) {
    const day = local(at, zone).toPlainDate().toString()
    counts.set(day, (counts.get(day) ?? 0) + 1)
  }
  return counts
}

const over = (counts: Map<string, number>, limit: number): [string, number][] =>
  [...counts].filter(([, n]) => n > limit)

test('the run was one: thousands of messages of both steps, in every zone, on every alias, after each change of clocks', (t) => {
  t.diagnostic(
    `${LEADS} leads, ${DAYS} days, ${ALIASES} aliases at ${ALIAS_LIMIT} a day (ramp ${RAMP.start} + ${RAMP.step}), campaign ${CAMPAIGN_LIMIT}, domain ${DOMAIN_LIMIT}, Google ${GOOGLE_LIMIT}, interval ${INTERVAL_S} s + ${JITTER * 100} %: ${sent.length} messages`,
  )
  assert.ok(sent.length > 9_000, `${sent.length} messages`)
  for (const zone of ZONES)
    assert.ok(
      sent.some((one) => one.zone === zone && one.at > Date.parse('2026-04-06')),
      zone,
    )
  assert.equal(new Set(sent.map(({ alias_id }) => alias_id)).size, ALIASES)
  for (const step of [1, 2]) assert.ok(sent.some((one) => one.step === step))
})

test('nothing left outside the window of the lead’s own zone', () => {
  assert.deepEqual(sent.filter(({ at, zone }) => !isOpen(at, zone)).slice(0, 3), [])
})

test('no daily limit was passed: campaign, alias with its ramp-up, domain, receiving provider', () => {
  assert.deepEqual(over(perDay(sent, CAMPAIGN_ZONE), CAMPAIGN_LIMIT), [])
  assert.deepEqual(over(perDay(sent, WORKSPACE_ZONE), DOMAIN_LIMIT), [])
  assert.deepEqual(
    over(
      perDay(
        sent.filter(({ provider }) => provider === 'google'),
        WORKSPACE_ZONE,
      ),
      GOOGLE_LIMIT,
    ),
    [],
  )
  for (const alias of new Set(sent.map(({ alias_id }) => alias_id))) {
    const counts = perDay(
      sent.filter(({ alias_id }) => alias_id === alias),
      WORKSPACE_ZONE,
    )
    const firstDay = [...counts.keys()][0] as string
    for (const [day, n] of counts) {
      let weekdays = 0
      for (let date = Temporal.PlainDate.from(firstDay); date.toString() < day; date = date.add({ days: 1 }))
        if (date.dayOfWeek <= 5) weekdays++
      assert.ok(n <= Math.min(ALIAS_LIMIT, RAMP.start + weekdays * RAMP.step), `${alias} sent ${n} on ${day}`)
    }
  }
})

test('an alias keeps its interval, and does not dawdle while somebody is due', () => {
  const byDay = perDay(sent, CAMPAIGN_ZONE)
  const domainDay = perDay(sent, WORKSPACE_ZONE)
  const bound = INTERVAL_S * 1000 * (1 + JITTER) + 2 * RESOLUTION_S * 1000
  for (const alias of new Set(sent.map(({ alias_id }) => alias_id))) {
    const own = sent.filter(({ alias_id }) => alias_id === alias)
    const aliasDay = perDay(own, WORKSPACE_ZONE)
    for (let i = 1; i < own.length; i++) {
      const [last, next] = [own[i - 1] as Sent, own[i] as Sent]
      const gap = next.at - last.at
      assert.ok(gap >= INTERVAL_S * 1000, `${gap} ms between two messages of ${alias}`)
      if (gap <= bound) continue
      // It waited longer: the day's caps were used up, or no window was open at the end of its interval.
      const due = last.at + bound
      const day = local(last.at, CAMPAIGN_ZONE).toPlainDate().toString()
      const utcDay = local(last.at, WORKSPACE_ZONE).toPlainDate().toString()
      const isFull =
        (byDay.get(day) ?? 0) >= CAMPAIGN_LIMIT ||
        (domainDay.get(utcDay) ?? 0) >= DOMAIN_LIMIT ||
        (aliasDay.get(utcDay) ?? 0) >= RAMP.start
      assert.ok(
        isFull || !ZONES.some((zone) => isOpen(due, zone)),
        `${alias} waited ${gap} ms from ${new Date(last.at).toISOString()}`,
      )
    }
  }
})

test('a follow-up comes at least its delay after the first step, by the calendar of the lead’s zone, and nobody gets a step twice', () => {
  const firsts = new Map(sent.filter(({ step }) => step === 1).map((one) => [one.lead, one]))
  for (const { lead, step, at, zone } of sent.filter((one) => one.step === 2)) {
    const first = firsts.get(lead) as Sent
    const days = local(first.at, zone).toPlainDate().until(local(at, zone).toPlainDate()).days
    assert.ok(days >= DELAY_DAYS, `step ${step} of ${lead} came after ${days} days`)
  }
  assert.equal(new Set(sent.map(({ lead, step }) => `${lead} ${step}`)).size, sent.length)
})

test('whoever answered, left, complained or bounced got nothing more', async () => {
  const stops = await sql<{ lead: string; at: Date }>`
    select campaign_lead_id as lead, min(occurred_at) as at from events
    where event_type in ('replied', 'unsubscribed', 'complained', 'stopped') or (event_type = 'bounced' and metadata->>'kind' = 'hard') group by 1`.execute(
    h.deps.db,
  )
  assert.ok(stops.rows.length > 5, `${stops.rows.length} stops`)
  const stopped = new Map(stops.rows.map(({ lead, at }) => [lead, at.getTime()]))
  assert.deepEqual(sent.filter(({ lead, at }) => at > (stopped.get(lead) ?? Number.POSITIVE_INFINITY)).slice(0, 3), [])
})
