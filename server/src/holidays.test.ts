import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holidayCalendar, unknownHolidayPlaces } from './holidays.ts'
import { isWindowOpen, nextOpening } from './time-window.ts'

const date = (text: string) => Temporal.PlainDate.from(text)

test('no country means no holidays', async () => {
  const none = await holidayCalendar([])
  assert.equal(none.isHoliday(date('2026-12-25')), false)
})

test('public holidays of a country are closed days, by their local date, in any year', async () => {
  const norway = await holidayCalendar(['NO'], [2026])
  const cases: [string, boolean][] = [
    ['2026-01-01', true],
    ['2026-04-03', true],
    ['2026-05-17', true],
    ['2026-05-18', false],
    ['2026-12-24', false],
    ['2026-12-25', true],
    ['2031-05-17', true],
  ]
  for (const [day, closed] of cases) assert.equal(norway.isHoliday(date(day)), closed, day)
  assert.equal(norway.nameOf?.(date('2026-05-18')), null)
  assert.match(norway.nameOf?.(date('2026-12-25')) ?? '', /Christmas/)
})

test('several countries together close every day that is a holiday in one of them', async () => {
  const both = await holidayCalendar(['US', 'NO'], [2026])
  assert.equal(both.isHoliday(date('2026-05-17')), true)
  assert.equal(both.isHoliday(date('2026-11-26')), true)
  assert.equal(both.isHoliday(date('2026-11-27')), false)
})

test('a region has its own holidays beside those of the country', async () => {
  const [germany, bavaria] = await Promise.all([holidayCalendar(['DE']), holidayCalendar(['de-by'])])
  assert.equal(germany.isHoliday(date('2026-01-06')), false)
  assert.equal(bavaria.isHoliday(date('2026-01-06')), true)
  assert.equal(bavaria.isHoliday(date('2026-10-03')), true)
})

test('a feast of several days closes each of them, and half a day off closes none', async () => {
  const [turkey, iceland] = await Promise.all([holidayCalendar(['TR']), holidayCalendar(['IS'])])
  const feast = ['2026-03-19', '2026-03-20', '2026-03-21', '2026-03-22', '2026-03-23', '2026-03-24']
  assert.deepEqual(
    feast.map((day) => turkey.isHoliday(date(day))),
    [false, true, true, true, true, false],
  )
  assert.equal(iceland.isHoliday(date('2026-12-24')), false)
  assert.equal(iceland.isHoliday(date('2026-12-25')), true)
})

test('a holiday on a day on which the clocks change is that one day', async () => {
  // Easter Sunday 2027 falls on the change to summer time in Denmark, Austria's national day 2025 on the change back.
  const [denmark, austria] = await Promise.all([holidayCalendar(['DK']), holidayCalendar(['AT'])])
  assert.equal(denmark.isHoliday(date('2027-03-28')), true)
  assert.equal(austria.isHoliday(date('2025-10-26')), true)
  assert.equal(austria.isHoliday(date('2025-10-27')), false)
})

test('unknown countries and regions are refused by name', async () => {
  assert.deepEqual(await unknownHolidayPlaces(['NO', 'xx', 'DE-ZZ', 'DE-BY']), ['DE-ZZ', 'XX'])
  await assert.rejects(holidayCalendar(['XX', 'NO', 'Norway']), (error: Error) => {
    assert.ok(error instanceof RangeError)
    assert.match(error.message, /NORWAY, XX/)
    return true
  })
})

test('the same places in another order and case are the same calendar', async () => {
  assert.equal(await holidayCalendar(['no', 'SE']), await holidayCalendar(['SE', 'NO', 'NO']))
})

test('a window with holidays skips them', async () => {
  const holidays = await holidayCalendar(['NO'], [2026])
  const window = {
    start: '09:00',
    end: '17:00',
    days: ['mon', 'tue', 'wed', 'thu', 'fri'],
    zone: 'Europe/Oslo',
    holidays,
  } as const
  assert.equal(isWindowOpen(window, new Date('2026-04-03T10:00:00Z')), false)
  // Maundy Thursday to Easter Monday.
  assert.equal(nextOpening(window, new Date('2026-04-01T15:00:00Z'))?.toString(), '2026-04-07T07:00:00Z')
})
