import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  calendarDay,
  isTimeZone,
  isWindowOpen,
  nextOpening,
  nextSlotAfterDelay,
  openSecondsOnDay,
  openStretchesOnDay,
  SEND_DAYS,
  type SendDay,
  type SendingWindow,
  startOfNextDay,
  toDate,
  windowClosesAt,
  windowProblems,
} from './time-window.ts'

const WEEKDAYS: readonly SendDay[] = ['mon', 'tue', 'wed', 'thu', 'fri']

const at = (text: string): Temporal.Instant => Temporal.Instant.from(text)
const local = (text: string): Temporal.Instant => Temporal.ZonedDateTime.from(text).toInstant()
const window = (zone: string, start: string, end: string, days: readonly SendDay[] = SEND_DAYS): SendingWindow => ({
  zone,
  start,
  end,
  days,
})
/** Wall-clock text of an answer, so that a failing case reads like the case. */
const wall = (instant: Temporal.Instant | null, zone: string): string | null =>
  instant ? instant.toZonedDateTimeISO(zone).toString({ timeZoneName: 'never' }) : null

test('the first second of the window is inside, the last is not, and seconds count', () => {
  const office = window('Europe/Oslo', '09:00', '16:59:30', WEEKDAYS)
  const cases: [string, boolean][] = [
    ['2026-03-02T08:59:59.999+01:00', false],
    ['2026-03-02T09:00:00+01:00', true],
    ['2026-03-02T16:59:29.999+01:00', true],
    ['2026-03-02T16:59:30+01:00', false],
    ['2026-03-07T12:00:00+01:00', false],
    ['2026-03-08T12:00:00+01:00', false],
  ]
  for (const [moment, open] of cases) assert.equal(isWindowOpen(office, at(moment)), open, moment)
  assert.equal(isWindowOpen(office, new Date('2026-03-02T09:00:00+01:00')), true, 'a Date does as well')
})

test('an overnight window belongs to the day on which it starts', () => {
  const friday = window('America/New_York', '22:00', '06:00', ['fri'])
  const cases: [string, boolean][] = [
    ['2026-03-06T05:59:59-05:00', false],
    ['2026-03-06T21:59:59-05:00', false],
    ['2026-03-06T22:00:00-05:00', true],
    ['2026-03-07T05:59:59-05:00', true],
    ['2026-03-07T06:00:00-05:00', false],
    ['2026-03-07T22:00:00-05:00', false],
  ]
  for (const [moment, open] of cases) assert.equal(isWindowOpen(friday, at(moment)), open, moment)
  const untilMidnight = window('UTC', '09:00', '00:00', ['mon'])
  assert.equal(isWindowOpen(untilMidnight, at('2026-03-02T23:59:59Z')), true)
  assert.equal(isWindowOpen(untilMidnight, at('2026-03-03T00:00:00Z')), false)
})

test('a holiday keeps the window closed on its day, but not the tail of the night before', () => {
  const holidays = { isHoliday: (date: Temporal.PlainDate) => date.toString() === '2026-05-01' }
  const nights: SendingWindow = { ...window('Europe/Oslo', '20:00', '04:00'), holidays }
  assert.equal(isWindowOpen(nights, at('2026-05-01T03:00:00+02:00')), true)
  assert.equal(isWindowOpen(nights, at('2026-05-01T21:00:00+02:00')), false)
  assert.equal(isWindowOpen(nights, at('2026-05-02T03:00:00+02:00')), false)
  const office: SendingWindow = { ...window('Europe/Oslo', '09:00', '17:00', WEEKDAYS), holidays }
  assert.equal(wall(nextOpening(office, at('2026-04-30T17:00:00+02:00')), 'Europe/Oslo'), '2026-05-04T09:00:00+02:00')
})

test('the next opening is the moment asked from when it is open, else the next start', () => {
  const cases: [SendingWindow, string, string | null][] = [
    [
      window('Europe/Oslo', '09:00', '17:00', WEEKDAYS),
      '2026-03-02T10:15:00.123+01:00',
      '2026-03-02T10:15:00.123+01:00',
    ],
    [window('Europe/Oslo', '09:00', '17:00', WEEKDAYS), '2026-03-06T17:00:00+01:00', '2026-03-09T09:00:00+01:00'],
    // Over the weekend on which the clocks go forward.
    [window('Europe/Oslo', '09:00', '17:00', WEEKDAYS), '2026-03-27T17:00:00+01:00', '2026-03-30T09:00:00+02:00'],
    // A start that does not exist opens at the first moment after the jump from 02:00 to 03:00.
    [window('Europe/Oslo', '02:30', '05:00'), '2026-03-29T01:00:00+01:00', '2026-03-29T03:00:00+02:00'],
    // A window wholly inside the jump does not open on that day.
    [window('Europe/Oslo', '02:15', '02:45'), '2026-03-29T00:00:00+01:00', '2026-03-30T02:15:00+02:00'],
    // An hour that comes twice opens the window twice.
    [window('Europe/Oslo', '02:15', '02:45'), '2026-10-25T02:45:00+02:00', '2026-10-25T02:15:00+01:00'],
    [window('America/New_York', '02:30', '03:30'), '2026-03-08T00:00:00-05:00', '2026-03-08T03:00:00-04:00'],
    // Lord Howe Island moves its clocks by half an hour.
    [window('Australia/Lord_Howe', '02:15', '04:00'), '2026-10-04T01:00:00+10:30', '2026-10-04T02:30:00+11:00'],
    [window('Australia/Lord_Howe', '01:40', '01:50'), '2026-04-05T01:50:00+11:00', '2026-04-05T01:40:00+10:30'],
    [window('Asia/Kathmandu', '09:00', '17:00'), '2026-03-02T03:14:00Z', '2026-03-02T09:00:00+05:45'],
    // Samoa crossed the date line: 30 December 2011 did not happen there, and it was a Friday.
    [window('Pacific/Apia', '09:00', '17:00', ['fri']), '2011-12-29T18:00:00-10:00', '2012-01-06T09:00:00+14:00'],
    [window('Pacific/Apia', '09:00', '17:00'), '2011-12-29T18:00:00-10:00', '2011-12-31T09:00:00+14:00'],
    [window('UTC', '09:00', '09:00'), '2026-03-02T09:00:00Z', null],
    [window('UTC', '09:00', '17:00', []), '2026-03-02T09:00:00Z', null],
  ]
  for (const [rule, from, expected] of cases) {
    assert.equal(wall(nextOpening(rule, at(from)), rule.zone), expected, `${rule.zone} ${rule.start} from ${from}`)
  }
})

test('a window that is closed by holidays for longer than the limit has no next opening', () => {
  const closed: SendingWindow = { ...window('UTC', '09:00', '17:00'), holidays: { isHoliday: () => true } }
  assert.equal(nextOpening(closed, at('2026-03-02T09:00:00Z')), null)
  assert.equal(nextOpening(window('UTC', '09:00', '17:00', ['mon']), at('2026-03-02T17:00:00Z'), 5), null)
})

test('the closing time is that of the stretch that is open, through changes of the clock', () => {
  const cases: [SendingWindow, string, string | null][] = [
    [window('Europe/Oslo', '09:00', '17:00'), '2026-03-02T10:00:00+01:00', '2026-03-02T17:00:00+01:00'],
    [window('Europe/Oslo', '09:00', '17:00'), '2026-03-02T18:00:00+01:00', null],
    [window('Europe/Oslo', '22:00', '05:00'), '2026-10-24T23:00:00+02:00', '2026-10-25T05:00:00+01:00'],
    [window('Europe/Oslo', '22:00', '05:00'), '2026-03-29T01:00:00+01:00', '2026-03-29T05:00:00+02:00'],
    // The clock jumps over the end: the window closes with the jump.
    [window('Europe/Oslo', '01:00', '02:30'), '2026-03-29T01:30:00+01:00', '2026-03-29T03:00:00+02:00'],
    // The end comes twice: this is the first; the window opens again when the clock shows 02:00 once more.
    [window('Europe/Oslo', '01:00', '02:30'), '2026-10-25T01:30:00+02:00', '2026-10-25T02:30:00+02:00'],
    [window('Europe/Oslo', '01:00', '02:30'), '2026-10-25T02:10:00+01:00', '2026-10-25T02:30:00+01:00'],
  ]
  for (const [rule, now, expected] of cases) {
    assert.equal(wall(windowClosesAt(rule, at(now)), rule.zone), expected, `${rule.start}-${rule.end} at ${now}`)
  }
})

test('a delay counts calendar days at the same time of day, then waits for the next open slot', () => {
  const office = (zone: string) => window(zone, '09:00', '17:00', WEEKDAYS)
  const cases: [SendingWindow, string, number, string][] = [
    [office('Europe/Oslo'), '2026-03-02T10:30:00+01:00', 3, '2026-03-05T10:30:00+01:00'],
    [office('Europe/Oslo'), '2026-03-02T10:30:00+01:00', 0, '2026-03-02T10:30:00+01:00'],
    [office('Europe/Oslo'), '2026-03-02T17:30:00+01:00', 0, '2026-03-03T09:00:00+01:00'],
    // Thursday plus two is a Saturday: the slot is Monday morning.
    [office('Europe/Oslo'), '2026-03-05T10:30:00+01:00', 2, '2026-03-09T09:00:00+01:00'],
    // The time of day stays the same when the clocks change in between: 23 and 25 hours are a day.
    [office('Europe/Oslo'), '2026-03-27T10:30:00+01:00', 3, '2026-03-30T10:30:00+02:00'],
    [office('America/New_York'), '2026-10-30T16:59:00-04:00', 3, '2026-11-02T16:59:00-05:00'],
    // A time that does not exist is read after the jump, one that comes twice is the first.
    [window('Europe/Oslo', '00:00', '06:00'), '2026-03-28T02:30:00+01:00', 1, '2026-03-29T03:30:00+02:00'],
    [window('Europe/Oslo', '00:00', '06:00'), '2026-10-24T02:30:00+02:00', 1, '2026-10-25T02:30:00+02:00'],
    [window('Asia/Kathmandu', '09:00', '17:00'), '2026-03-02T23:50:00Z', 1, '2026-03-04T09:00:00+05:45'],
  ]
  for (const [rule, sent, days, expected] of cases) {
    const slot = nextSlotAfterDelay(rule, at(sent), days)
    assert.equal(wall(slot, rule.zone), expected, `${sent} + ${days}`)
    assert.ok(slot && Temporal.Instant.compare(slot, at(sent)) >= 0)
  }
})

test('the open seconds of a calendar day follow the clock and the night before', () => {
  const cases: [SendingWindow, string, number][] = [
    [window('Europe/Oslo', '09:00', '17:00', WEEKDAYS), '2026-03-02', 8 * 3600],
    [window('Europe/Oslo', '09:00', '17:00', WEEKDAYS), '2026-03-07', 0],
    [window('Europe/Oslo', '01:00', '05:00'), '2026-03-29', 3 * 3600],
    [window('Europe/Oslo', '01:00', '05:00'), '2026-10-25', 5 * 3600],
    [window('Australia/Lord_Howe', '01:00', '05:00'), '2026-10-04', 3.5 * 3600],
    [window('Australia/Lord_Howe', '01:00', '05:00'), '2026-04-05', 4.5 * 3600],
    [window('Europe/Oslo', '22:00', '06:00', ['fri']), '2026-03-06', 2 * 3600],
    [window('Europe/Oslo', '22:00', '06:00', ['fri']), '2026-03-07', 6 * 3600],
    [window('Europe/Oslo', '22:00', '06:00'), '2026-03-10', 8 * 3600],
    [window('Pacific/Apia', '09:00', '17:00'), '2011-12-30', 0],
    [window('Pacific/Apia', '09:00', '17:00'), '2011-12-31', 8 * 3600],
    [window('America/New_York', '00:00', '23:59:59'), '2026-11-01', 25 * 3600 - 1],
  ]
  for (const [rule, date, seconds] of cases) {
    const day = Temporal.PlainDate.from(date)
    assert.equal(openSecondsOnDay(rule, day), seconds, `${rule.zone} ${rule.start}-${rule.end} on ${date}`)
  }
  assert.equal(
    openStretchesOnDay(window('Europe/Oslo', '22:00', '06:00'), Temporal.PlainDate.from('2026-03-10')).length,
    2,
    'the tail of one night and the start of the next',
  )
})

test('a window that cannot work is refused with every problem named', () => {
  assert.deepEqual(windowProblems({ start: '09:00', end: '17:00:00', days: ['mon'], zone: 'Europe/Oslo' }), [])
  assert.deepEqual(windowProblems({ start: '22:00', end: '06:00', days: ['mon'], zone: 'UTC' }), [])
  const fields = (...given: Parameters<typeof windowProblems>) => windowProblems(...given).map(({ field }) => field)
  assert.deepEqual(fields({ start: '09:00', end: '09:00:00', days: [], zone: 'Mars/Base' }), ['end', 'days', 'zone'])
  assert.deepEqual(fields({ start: '24:00', end: '9', days: ['monday'], zone: '+02:00' }), [
    'start',
    'end',
    'days',
    'zone',
  ])
})

test('only IANA names are time zones', () => {
  for (const zone of ['UTC', 'Europe/Oslo', 'Asia/Kathmandu', 'Etc/GMT+5', 'America/Argentina/Ushuaia']) {
    assert.equal(isTimeZone(zone), true, zone)
  }
  for (const zone of ['', '+02:00', '-0500', 'Oslo', 'Europe/Olso', 'UTC+2'])
    assert.equal(isTimeZone(zone), false, zone)
  assert.throws(() => nextOpening(window('Europe/Olso', '09:00', '17:00'), at('2026-01-01T00:00:00Z')), /Europe\/Olso/)
})

test('the calendar day and the start of the next one are those of the zone', () => {
  assert.equal(calendarDay(at('2026-03-02T23:30:00Z'), 'UTC'), '2026-03-02')
  assert.equal(calendarDay(at('2026-03-02T23:30:00Z'), 'Europe/Oslo'), '2026-03-03')
  assert.equal(calendarDay(at('2026-03-02T03:00:00Z'), 'America/New_York'), '2026-03-01')
  assert.equal(calendarDay(at('1969-12-31T23:00:00Z'), 'UTC'), '1969-12-31')
  assert.equal(
    wall(startOfNextDay(at('2026-03-28T23:30:00Z'), 'Europe/Oslo'), 'Europe/Oslo'),
    '2026-03-30T00:00:00+02:00',
  )
  assert.equal(
    wall(startOfNextDay(at('2011-12-30T09:00:00Z'), 'Pacific/Apia'), 'Pacific/Apia'),
    '2011-12-31T00:00:00+14:00',
  )
  assert.equal(toDate(startOfNextDay(new Date(0), 'UTC')).toISOString(), '1970-01-02T00:00:00.000Z')
})

/**
 * The oracle knows nothing of offsets and stretches: it asks Temporal what calendar and clock show, minute by minute.
 */
const shownOpen = (rule: SendingWindow, instant: Temporal.Instant): boolean => {
  const shown = instant.toZonedDateTimeISO(rule.zone)
  const time = shown.toPlainTime().toString({ smallestUnit: 'second' })
  const opensOn = (date: Temporal.PlainDate) => {
    const day = SEND_DAYS[date.dayOfWeek - 1]
    return day !== undefined && rule.days.includes(day) && !rule.holidays?.isHoliday(date)
  }
  const [start, end] = [`${rule.start}:00`, `${rule.end}:00`]
  if (start < end) return time >= start && time < end && opensOn(shown.toPlainDate())
  return (
    (time >= start && opensOn(shown.toPlainDate())) ||
    (time < end && opensOn(shown.toPlainDate().subtract({ days: 1 })))
  )
}

test('openings and closings agree with a clock read minute by minute, on ordinary days and when clocks change', () => {
  let seed = 20260329
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return Math.floor((seed / 0x80000000) * below)
  }
  const changes: [zone: string, around: string][] = [
    ['Europe/Oslo', '2026-03-29T02:00[Europe/Oslo]'],
    ['Europe/Oslo', '2026-10-25T02:00[Europe/Oslo]'],
    ['America/New_York', '2026-03-08T02:00[America/New_York]'],
    ['America/New_York', '2026-11-01T01:30[America/New_York]'],
    ['Australia/Lord_Howe', '2026-04-05T01:45[Australia/Lord_Howe]'],
    ['Australia/Lord_Howe', '2026-10-04T02:00[Australia/Lord_Howe]'],
    ['Asia/Kathmandu', '2026-06-10T12:00[Asia/Kathmandu]'],
    ['Pacific/Apia', '2011-12-30T00:00[Pacific/Apia]'],
    // Newfoundland used to change its clocks at one minute past midnight, so one date came twice.
    ['America/St_Johns', '2010-11-07T00:00[America/St_Johns]'],
    ['Africa/Casablanca', '2026-02-15T02:30[Africa/Casablanca]'],
  ]
  const pad = (n: number) => String(n).padStart(2, '0')
  const timeOfDay = () => `${pad(random(2) ? random(5) : random(24))}:${pad(random(60))}`
  let opened = 0
  for (let n = 0; n < 200; n++) {
    const [zone, around] = changes[n % changes.length] as [string, string]
    const start = timeOfDay()
    const end = timeOfDay()
    if (start === end) continue
    const days = SEND_DAYS.filter(() => random(3) > 0)
    const rule: SendingWindow = {
      ...window(zone, start, end, days),
      holidays: n % 4 === 0 ? { isHoliday: (date) => date.day % 3 === 0 } : null,
    }
    const from = local(around).add({ minutes: random(2400) - 1900 })
    const limitDays = 2
    const minutes = limitDays * 1440
    let scan = 0
    while (scan < minutes && !shownOpen(rule, from.add({ minutes: scan }))) scan++
    const opening = scan < minutes ? from.add({ minutes: scan }) : null
    const label = `${zone} ${start}-${end} ${days.join()} from ${from}`
    assert.equal(nextOpening(rule, from, limitDays)?.toString(), opening?.toString(), label)
    assert.equal(isWindowOpen(rule, from), scan === 0, label)
    if (!opening) continue
    opened++
    let closing = opening
    while (shownOpen(rule, closing)) closing = closing.add({ minutes: 1 })
    assert.equal(windowClosesAt(rule, opening)?.toString(), closing.toString(), label)
  }
  assert.ok(opened > 100, `only ${opened} windows of the sample opened`)
})
