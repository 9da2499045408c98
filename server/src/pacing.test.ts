import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  allocate,
  bindingLimit,
  type Candidate,
  type Capacities,
  type LeadPacing,
  nextFreeAt,
  rampedLimit,
} from './pacing.ts'
import type { SendDay } from './time-window.ts'

const NOW = new Date('2026-03-02T10:00:00Z')
const before = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000)

const lead = (id: string, over: Partial<Candidate> = {}): Candidate => ({
  campaign_lead_id: id,
  campaign_id: 'c1',
  alias_id: 'a1',
  domain_id: 'd1',
  receiving_provider: 'google',
  is_followup: false,
  due_at: before(10),
  ...over,
})

const room = (over: { [K in keyof Capacities]?: Record<string, unknown> } = {}): Capacities =>
  ({
    campaigns: new Map(Object.entries(over.campaigns ?? { c1: 100 })),
    aliases: new Map(Object.entries(over.aliases ?? { a1: { remaining: 10, free_at: null } })),
    domains: new Map(Object.entries(over.domains ?? {})),
    providers: new Map(Object.entries(over.providers ?? {})),
  }) as Capacities

const free = { remaining: 10, free_at: null }
const threeAliases = { a1: free, a2: free, a3: free }

const outcome = (candidates: Candidate[], capacities: Capacities) => {
  const { chosen, refused } = allocate(candidates, capacities, NOW)
  return [
    chosen.map((one) => one.campaign_lead_id).join(' '),
    refused.map((one) => `${one.candidate.campaign_lead_id}:${one.limit}`).join(' '),
  ]
}

test('an alias sends one message per slot, however many leads wait for it', () => {
  const backlog = Array.from({ length: 500 }, (_, i) => lead(`l${i}`, { due_at: before(i) }))
  const { chosen, refused } = allocate(backlog, room(), NOW)
  assert.deepEqual(
    chosen.map((one) => one.campaign_lead_id),
    ['l499'],
  )
  assert.equal(refused.length, 499)
  assert.ok(refused.every((one) => one.limit === 'alias_interval'))
})

test('an alias is free from its instant on, not before', () => {
  const later = { aliases: { a1: { remaining: 10, free_at: new Date(NOW.getTime() + 1) } } }
  assert.deepEqual(outcome([lead('x')], room(later)), ['', 'x:alias_interval'])
  const exactly = { aliases: { a1: { remaining: 10, free_at: NOW } } }
  assert.deepEqual(outcome([lead('x')], room(exactly)), ['x', ''])
})

test('follow-ups go before first steps, then the longest due, then the oldest lead', () => {
  const candidates = [
    lead('first-old', { due_at: before(9000), alias_id: 'a1' }),
    lead('follow-new', { is_followup: true, due_at: before(1), alias_id: 'a2' }),
    lead('follow-old', { is_followup: true, due_at: before(60), alias_id: 'a3' }),
  ]
  assert.equal(outcome(candidates, room({ aliases: threeAliases }))[0], 'follow-old follow-new first-old')
  assert.deepEqual(outcome(candidates, room({ aliases: threeAliases, campaigns: { c1: 2 } })), [
    'follow-old follow-new',
    'first-old:campaign_daily',
  ])
  assert.equal(outcome([lead('b'), lead('a')], room())[0], 'a')
})

test('the smallest cap wins, and the refusal names it', () => {
  const three = ['a1', 'a2', 'a3'].map((alias_id, i) => lead(`l${i}`, { alias_id }))
  const cases: [Parameters<typeof room>[0], string, string][] = [
    [{}, 'l0 l1 l2', ''],
    [{ campaigns: { c1: 1 } }, 'l0', 'l1:campaign_daily l2:campaign_daily'],
    [{ domains: { d1: 2 } }, 'l0 l1', 'l2:domain_daily'],
    [{ domains: { d1: 2 }, providers: { google: 1 } }, 'l0', 'l1:provider_daily l2:provider_daily'],
    [{ providers: { microsoft: 0 } }, 'l0 l1 l2', ''],
    [
      { domains: { d1: 0 }, providers: { google: 0 }, campaigns: { c1: -3 } },
      '',
      'l0:campaign_daily l1:campaign_daily l2:campaign_daily',
    ],
    [{ aliases: { ...threeAliases, a2: { remaining: 0, free_at: null } } }, 'l0 l2', 'l1:alias_daily'],
    [
      { aliases: { ...threeAliases, a2: { remaining: 0, free_at: new Date(NOW.getTime() + 1) } } },
      'l0 l2',
      'l1:alias_daily',
    ],
  ]
  for (const [over, chosen, refused] of cases) {
    assert.deepEqual(outcome(three, room({ aliases: threeAliases, ...over })), [chosen, refused], JSON.stringify(over))
  }
})

test('a lead that one limit refuses leaves its share of the others to the next', () => {
  const candidates = [
    lead('l0', { receiving_provider: 'full', alias_id: 'a1', due_at: before(99) }),
    lead('l1', { receiving_provider: 'google', alias_id: 'a1' }),
  ]
  assert.deepEqual(outcome(candidates, room({ campaigns: { c1: 1 }, providers: { full: 0 } })), [
    'l1',
    'l0:provider_daily',
  ])
})

test('one alias shared by two campaigns still sends one message, each campaign counts its own', () => {
  const candidates = [lead('l0', { campaign_id: 'c1' }), lead('l1', { campaign_id: 'c2', is_followup: true })]
  assert.deepEqual(outcome(candidates, room({ campaigns: { c1: 1, c2: 1 } })), ['l1', 'l0:alias_interval'])
})

test('a candidate whose limits are unknown is an error, never a free send', () => {
  assert.throws(() => allocate([lead('x', { campaign_id: 'c9' })], room(), NOW), /campaign c9/)
  assert.throws(() => allocate([lead('x', { alias_id: 'a9' })], room(), NOW), /alias a9/)
})

test('the input is left as it was', () => {
  const candidates = [lead('b'), lead('a')]
  const capacities = room()
  allocate(candidates, capacities, NOW)
  assert.deepEqual(
    candidates.map((one) => one.campaign_lead_id),
    ['b', 'a'],
  )
  assert.deepEqual(capacities, room())
})

test('the gap after a message is at least the interval and at most the interval with full jitter', () => {
  const cases: [min: number, jitter: number, random: number, gapMs: number][] = [
    [300, 0.2, 0, 300_000],
    [300, 0.2, 0.5, 330_000],
    [300, 0.2, 0.999999, 359_999],
    [60, 0, 0.7, 60_000],
    [61, 0.333, 0.123, 63_498],
  ]
  for (const [min, jitter, random, gapMs] of cases) {
    assert.equal(nextFreeAt(NOW, min, jitter, random).epochMilliseconds - NOW.getTime(), gapMs)
  }
})

test('the ramp rises by one step for each sending day and stops at the limit', () => {
  const ramp = { daily_limit: 30, ramp_start: 10, ramp_step: 5, started_on: '2026-03-05' } // a Thursday
  const cases: [today: string, limit: number, days?: SendDay[]][] = [
    ['2026-03-05', 10],
    ['2026-03-06', 15],
    ['2026-03-07', 20],
    ['2026-03-08', 20],
    ['2026-03-09', 20],
    ['2026-03-10', 25],
    ['2026-03-11', 30],
    ['2026-03-12', 30],
    ['2027-03-12', 30],
    ['2026-03-01', 10],
    ['2026-03-08', 25, ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']],
    ['2026-03-19', 20, ['thu']],
  ]
  for (const [today, limit, send_days] of cases) assert.equal(rampedLimit({ ...ramp, today, send_days }), limit, today)
})

test('without a ramp the full limit holds; before its first day a ramp stands at its start, never over the limit', () => {
  const today = '2026-03-05'
  assert.equal(rampedLimit({ daily_limit: 50, ramp_start: null, ramp_step: null, started_on: null, today }), 50)
  assert.equal(rampedLimit({ daily_limit: 50, ramp_start: 10, ramp_step: 5, started_on: null, today }), 10)
  assert.equal(rampedLimit({ daily_limit: 5, ramp_start: 10, ramp_step: 5, started_on: null, today }), 5)
  assert.equal(rampedLimit({ daily_limit: 50, ramp_start: 10, ramp_step: null, started_on: '2026-01-01', today }), 10)
})

const pacing = (over: Partial<LeadPacing> = {}): LeadPacing => ({
  now: NOW,
  due_at: before(5),
  window: { start: '09:00', end: '17:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'], zone: 'UTC' },
  campaign_zone: 'UTC',
  workspace_zone: 'Europe/Oslo',
  campaign: { limit: 500, remaining: 12 },
  alias: { limit: 50, remaining: 3, free_at: null },
  domain: { limit: 200, remaining: 40 },
  provider: { limit: 100, remaining: 7, name: 'google' },
  ...over,
})

test('the explanation names the limit that lasts longest, when it lets go and the earliest send', () => {
  const full = { limit: 50, remaining: 0 }
  const holidays = {
    isHoliday: (date: Temporal.PlainDate) => date.toString() === '2026-03-03',
    nameOf: () => 'Test Day',
  }
  const window = pacing().window
  const cases: [string, Partial<LeadPacing>, limit: string, until: string | null, earliest: string | null][] = [
    ['nothing binds', {}, 'none', null, '2026-03-02T10:00:00Z'],
    ['due later, nothing binds', { due_at: new Date('2026-03-04T11:00:00Z') }, 'none', null, '2026-03-04T11:00:00Z'],
    ['campaign limit', { campaign: full }, 'campaign_daily', '2026-03-03T00:00:00Z', '2026-03-03T09:00:00Z'],
    // Midnight in Oslo comes an hour before midnight in UTC.
    [
      'alias limit',
      { alias: { ...full, free_at: null } },
      'alias_daily',
      '2026-03-02T23:00:00Z',
      '2026-03-03T09:00:00Z',
    ],
    [
      'both',
      { campaign: full, alias: { ...full, free_at: null } },
      'campaign_daily',
      '2026-03-03T00:00:00Z',
      '2026-03-03T09:00:00Z',
    ],
    ['domain limit', { domain: full }, 'domain_daily', '2026-03-02T23:00:00Z', '2026-03-03T09:00:00Z'],
    [
      'provider limit',
      { provider: { ...full, name: 'google' } },
      'provider_daily',
      '2026-03-02T23:00:00Z',
      '2026-03-03T09:00:00Z',
    ],
    ['no domain or provider limit', { domain: null, provider: null }, 'none', null, '2026-03-02T10:00:00Z'],
    [
      'a limit used up today does not bind on Wednesday',
      { campaign: full, due_at: new Date('2026-03-04T11:00:00Z') },
      'none',
      null,
      '2026-03-04T11:00:00Z',
    ],
    [
      'interval',
      { alias: { limit: 50, remaining: 3, free_at: new Date('2026-03-02T10:04:00Z') } },
      'alias_interval',
      '2026-03-02T10:04:00Z',
      '2026-03-02T10:04:00Z',
    ],
    [
      'interval that reaches past the window',
      {
        now: new Date('2026-03-02T16:59:00Z'),
        alias: { limit: 50, remaining: 3, free_at: new Date('2026-03-02T17:04:00Z') },
      },
      'alias_interval',
      '2026-03-02T17:04:00Z',
      '2026-03-03T09:00:00Z',
    ],
    ['evening', { now: new Date('2026-03-02T18:00:00Z') }, 'window', '2026-03-03T09:00:00Z', '2026-03-03T09:00:00Z'],
    [
      'evening and a used-up campaign',
      { now: new Date('2026-03-02T18:00:00Z'), campaign: full },
      'window',
      '2026-03-03T09:00:00Z',
      '2026-03-03T09:00:00Z',
    ],
    [
      'due on a holiday',
      { due_at: new Date('2026-03-03T11:00:00Z'), window: { ...window, holidays } },
      'holiday',
      '2026-03-04T09:00:00Z',
      '2026-03-04T09:00:00Z',
    ],
    [
      'the evening before a holiday',
      { now: new Date('2026-03-02T18:00:00Z'), window: { ...window, holidays } },
      'holiday',
      '2026-03-04T09:00:00Z',
      '2026-03-04T09:00:00Z',
    ],
    ['a window without days', { window: { ...window, days: [] }, campaign: full }, 'window', null, null],
    [
      'a window with holidays only',
      { window: { ...window, holidays: { isHoliday: () => true } } },
      'holiday',
      null,
      null,
    ],
  ]
  for (const [name, over, limit, until, earliest] of cases) {
    const answer = bindingLimit(pacing(over))
    assert.deepEqual(
      [answer.limit, answer.until?.toString() ?? null, answer.earliest_at?.toString() ?? null],
      [limit, until, earliest],
      name,
    )
    assert.ok(answer.detail.endsWith('.'), answer.detail)
  }
  assert.match(
    bindingLimit(pacing({ due_at: new Date('2026-03-03T11:00:00Z'), window: { ...window, holidays } })).detail,
    /2026-03-03.*Test Day/,
  )
  assert.match(
    bindingLimit(pacing({ campaign: { limit: 500, remaining: 0 } })).detail,
    /500 messages of 2026-03-02 \(UTC\)/,
  )
})
