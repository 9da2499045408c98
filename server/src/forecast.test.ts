import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ForecastInput, forecastFinish } from './forecast.ts'
import { allocate, type Candidate, nextFreeAt, rampedLimit } from './pacing.ts'
import { calendarDay, isWindowOpen, nextOpening, nextSlotAfterDelay, type SendingWindow } from './time-window.ts'

const OFFICE: SendingWindow = {
  start: '09:00',
  end: '17:00',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  zone: 'Europe/Oslo',
}
// A Monday, an hour after the window opened.
const NOW = new Date('2026-03-02T09:00:00Z')

const plan = (over: Partial<ForecastInput> = {}): ForecastInput => ({
  leads: 100,
  steps: [{ delay_days: 0 }],
  daily_limit: 500,
  aliases: [{ daily_limit: 50 }],
  min_interval_seconds: 300,
  window: OFFICE,
  now: NOW,
  ...over,
})

const summary = (over: Partial<ForecastInput>) => {
  const { days, last_send_at } = forecastFinish(plan(over))
  const wall = last_send_at
    ?.toZonedDateTimeISO((over.window ?? OFFICE).zone)
    .toPlainDateTime()
    .toString()
  return [days.map(({ date, planned }) => `${date.slice(5)}:${planned}`).join(' '), wall]
}

test('the smallest limit decides how many go out a day', () => {
  const cases: [string, Partial<ForecastInput>, days: string, last: string][] = [
    ['one lead goes at once', { leads: 1 }, '03-02:1', '2026-03-02T10:00:00'],
    ['the alias limit', {}, '03-02:50 03-03:50', '2026-03-03T13:05:00'],
    ['the campaign limit', { daily_limit: 30 }, '03-02:30 03-03:30 03-04:30 03-05:10', '2026-03-05T09:45:00'],
    // Seven hours are left today and eight tomorrow: 7 and 8 messages an hour apart.
    ['the interval', { leads: 20, min_interval_seconds: 3600 }, '03-02:7 03-03:8 03-04:5', '2026-03-04T13:00:00'],
    [
      'two addresses share the leads',
      { leads: 20, aliases: [{ daily_limit: 50 }, { daily_limit: 50 }] },
      '03-02:20',
      '2026-03-02T10:45:00',
    ],
    // Leads stay with their address, so the slow one decides.
    [
      'a slow address',
      { leads: 20, aliases: [{ daily_limit: 50 }, { daily_limit: 4 }] },
      '03-02:14 03-03:4 03-04:2',
      '2026-03-04T09:05:00',
    ],
    [
      'a weekend',
      { leads: 3, daily_limit: 1, now: new Date('2026-03-06T15:00:00Z') },
      '03-06:1 03-09:1 03-10:1',
      '2026-03-10T09:00:00',
    ],
    ['jitter counts half', { leads: 3, jitter_ratio: 0.2 }, '03-02:3', '2026-03-02T10:11:00'],
    ['before the window', { leads: 1, now: new Date('2026-03-02T03:00:00Z') }, '03-02:1', '2026-03-02T09:00:00'],
    ['after the window', { leads: 1, now: new Date('2026-03-02T16:00:00Z') }, '03-03:1', '2026-03-03T09:00:00'],
  ]
  for (const [name, over, days, last] of cases) assert.deepEqual(summary(over), [days, last], name)
})

test('follow-ups keep their time of day, wait for an open day and go before first steps', () => {
  const steps = [{ delay_days: 0 }, { delay_days: 1 }, { delay_days: 3 }]
  // Tuesday plus three days is a Friday; a day later it is a Saturday, so the slot is Monday morning.
  assert.deepEqual(summary({ leads: 1, steps }), ['03-02:1 03-03:1 03-06:1', '2026-03-06T10:00:00'])
  assert.deepEqual(summary({ leads: 1, steps, now: new Date('2026-03-03T09:00:00Z') }), [
    '03-03:1 03-04:1 03-09:1',
    '2026-03-09T09:00:00',
  ])
  const two = [{ delay_days: 0 }, { delay_days: 1 }]
  // Ten a day: ten firsts, then their follow-ups, then the next ten firsts.
  assert.deepEqual(summary({ leads: 20, steps: two, daily_limit: 10 })[0], '03-02:10 03-03:10 03-04:10 03-05:10')
  assert.deepEqual(summary({ leads: 30, steps: two, daily_limit: 20 })[0], '03-02:20 03-03:20 03-04:10 03-05:10')
  assert.deepEqual(summary({ leads: 2, steps: [{ delay_days: 0 }, { delay_days: 0 }] }), [
    '03-02:4',
    '2026-03-02T10:15:00',
  ])
})

test('an address that is being warmed up sends more each sending day', () => {
  const ramp = { daily_limit: 20, ramp_start: 5, ramp_step: 5 }
  const fresh = { leads: 60, aliases: [ramp], now: new Date('2026-03-05T07:00:00Z') }
  assert.equal(summary(fresh)[0], '03-05:5 03-06:10 03-09:15 03-10:20 03-11:10')
  const begun = { ...fresh, aliases: [{ ...ramp, started_on: '2026-03-04' }] }
  assert.equal(summary(begun)[0], '03-05:10 03-06:15 03-09:20 03-10:15')
})

test('what can never be sent has no finish date', () => {
  const never = { last_send_at: null, days: [], is_complete: false }
  assert.deepEqual(forecastFinish(plan({ aliases: [] })), never)
  assert.deepEqual(forecastFinish(plan({ window: { ...OFFICE, holidays: { isHoliday: () => true } } })), never)
  assert.deepEqual(forecastFinish(plan({ aliases: [{ daily_limit: 0 }] })), never)
  assert.deepEqual(forecastFinish(plan({ leads: 0, aliases: [] })), { ...never, is_complete: true })
  const cut = forecastFinish(plan({ leads: 1000, limit_days: 3 }))
  assert.deepEqual([cut.is_complete, cut.last_send_at, cut.days.length], [false, null, 3])
})

test('every message is planned once, even for a million leads, and the answer is always the same', () => {
  const input = plan({
    leads: 1_000_000,
    daily_limit: 10_000,
    steps: [{ delay_days: 0 }, { delay_days: 3 }, { delay_days: 7 }],
    aliases: Array.from({ length: 300 }, (_, i) => ({ daily_limit: 40 + (i % 3), ramp_start: 10, ramp_step: 5 })),
  })
  const { days, is_complete } = forecastFinish(input)
  assert.equal(is_complete, true)
  assert.equal(
    days.reduce((sum, day) => sum + day.planned, 0),
    3_000_000,
  )
  assert.ok(days.every(({ planned }) => planned <= 10_000))
  assert.deepEqual(forecastFinish(input).days, days)
})

/** The real rules, message by message: a clock that jumps to whatever is next, without jitter. */
const playedOut = (input: ForecastInput) => {
  const { window, min_interval_seconds, steps } = input
  type Waiting = Candidate & { step: number; due_at: Temporal.Instant }
  const start = Temporal.Instant.fromEpochMilliseconds(NOW.getTime())
  let waiting: Waiting[] = Array.from({ length: input.leads }, (_, i) => ({
    campaign_lead_id: String(i).padStart(6, '0'),
    campaign_id: 'c',
    alias_id: String(i % input.aliases.length),
    domain_id: 'd',
    receiving_provider: 'p',
    is_followup: false,
    due_at: start,
    step: 0,
  }))
  const free = input.aliases.map(() => start)
  const used = new Map<string, number>()
  const perDay = new Map<string, number>()
  let now = start
  let last = start
  while (waiting.length > 0) {
    const today = calendarDay(now, window.zone)
    if (isWindowOpen(window, now)) {
      const due = waiting.filter((one) => Temporal.Instant.compare(one.due_at, now) <= 0)
      const { chosen } = allocate(
        due,
        {
          campaigns: new Map([['c', input.daily_limit - (perDay.get(today) ?? 0)]]),
          aliases: new Map(
            input.aliases.map((ramp, i) => [
              String(i),
              {
                remaining: rampedLimit({ ...ramp, today }) - (used.get(`${i} ${today}`) ?? 0),
                free_at: free[i] ?? null,
              },
            ]),
          ),
          domains: new Map(),
          providers: new Map(),
        },
        now,
      )
      for (const one of chosen) {
        last = now
        free[Number(one.alias_id)] = nextFreeAt(now, min_interval_seconds, 0, 0)
        used.set(`${one.alias_id} ${today}`, (used.get(`${one.alias_id} ${today}`) ?? 0) + 1)
        perDay.set(today, (perDay.get(today) ?? 0) + 1)
        waiting = waiting.filter((other) => other !== one)
        const next = steps[one.step + 1]
        const due_at = next && nextSlotAfterDelay(window, now, next.delay_days)
        if (due_at) waiting.push({ ...one, step: one.step + 1, is_followup: true, due_at })
      }
      if (chosen.length > 0) continue
    }
    now = nextOpening(window, now.add({ minutes: 1 })) as Temporal.Instant
  }
  return { days: [...perDay].map(([date, planned]) => ({ date, planned })), last }
}

test('the forecast is what the sending rules come to when they are played out message by message', () => {
  const cases: [string, Partial<ForecastInput>][] = [
    ['one address', { leads: 25, aliases: [{ daily_limit: 8 }] }],
    ['two unequal addresses', { leads: 40, daily_limit: 14, aliases: [{ daily_limit: 10 }, { daily_limit: 5 }] }],
    [
      'a ramp, and the clocks change on 29 March',
      {
        leads: 60,
        aliases: [{ daily_limit: 9, ramp_start: 2, ramp_step: 1, started_on: '2026-03-02' }, { daily_limit: 3 }],
      },
    ],
    ['the interval binds', { leads: 30, min_interval_seconds: 3600, aliases: [{ daily_limit: 50 }] }],
    ['overnight', { leads: 30, window: { ...OFFICE, start: '20:00', end: '03:00' }, aliases: [{ daily_limit: 6 }] }],
  ]
  for (const [name, over] of cases) {
    const input = plan({ steps: [{ delay_days: 0 }, { delay_days: 2 }, { delay_days: 4 }], ...over })
    const forecast = forecastFinish(input)
    const played = playedOut(input)
    const total = input.leads * 3
    assert.equal(
      forecast.days.reduce((sum, day) => sum + day.planned, 0),
      total,
      name,
    )
    const apart = Math.abs((forecast.last_send_at?.epochMilliseconds ?? 0) - played.last.epochMilliseconds) / 3_600_000
    // Counts move by the day, not by the minute, so a batch may slip to the next day, and with it over a weekend.
    assert.ok(apart <= 96, `${name}: ${forecast.last_send_at} against ${played.last}`)
    assert.ok(Math.abs(forecast.days.length - played.days.length) <= 2, name)
    for (const [n, day] of played.days.slice(0, 5).entries()) {
      const planned = forecast.days[n]
      assert.equal(planned?.date, day.date, name)
      assert.ok(Math.abs((planned?.planned ?? 0) - day.planned) <= 2, `${name} on ${day.date}`)
    }
  }
})
