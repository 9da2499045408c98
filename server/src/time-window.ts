import type { HolidayCalendar } from './holidays.ts'

/**
 * When a campaign may send. All rules are about the clock on the wall of the window's zone: a moment is inside the
 * window exactly when a person there, looking at calendar and clock, would say so. Daylight saving needs no special
 * case then: a start that the clock jumps over opens at the first moment after the jump, a window that lies wholly in
 * the jump does not open that day, and an hour that the clock shows twice counts both times.
 *
 * Launching a million leads asks for the next opening a million times, so the zone's offsets are kept as stretches of
 * constant offset (two a year) and the rest is plain arithmetic in milliseconds.
 */
export type SendDay = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

export const SEND_DAYS: readonly SendDay[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

export type SendingWindow = {
  /** `HH:MM` or `HH:MM:SS`, the first second inside. */
  readonly start: string
  /** `HH:MM` or `HH:MM:SS`, the first second outside. Before `start` it means the next morning. */
  readonly end: string
  /** The days on which the window opens; an overnight window belongs to the day on which it starts. */
  readonly days: readonly SendDay[]
  /** IANA name such as `Europe/Oslo`. */
  readonly zone: string
  /** A window does not open on these days; the tail of the night before is still open. */
  readonly holidays?: HolidayCalendar | null
}

/** Rows and the clock port speak `Date`, calendars speak `Temporal`; rules take either and answer in `Temporal`. */
export type Moment = Date | Temporal.Instant

export type WindowProblem = { field: 'start' | 'end' | 'days' | 'zone'; message: string }

const SECOND_MS = 1000
const DAY_MS = 86_400_000

/** Milliseconds since 1970-01-01T00:00Z. */
export const epochMs = (moment: Moment): number =>
  moment instanceof Temporal.Instant ? moment.epochMilliseconds : moment.getTime()

export const toInstant = (moment: Moment): Temporal.Instant =>
  moment instanceof Temporal.Instant ? moment : Temporal.Instant.fromEpochMilliseconds(moment.getTime())

export const toDate = (moment: Moment): Date =>
  moment instanceof Temporal.Instant ? new Date(moment.epochMilliseconds) : moment

/** A stretch of time, start included and end not, in which a zone's offset from UTC does not change. */
type OffsetStretch = { start: number; end: number; offset: number }

const stretchesByZone = new Map<string, OffsetStretch[]>()
// There are some 600 zone names; the bound only keeps a caller with invented spellings (`eUrOpE/oSlO`) from filling
// memory.
const MAX_ZONES = 2000

const readStretch = (zone: string, ms: number): OffsetStretch => {
  let local: Temporal.ZonedDateTime
  try {
    local = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone)
  } catch (cause) {
    throw new RangeError(`"${zone}" is not a time zone this system knows.`, { cause })
  }
  // One nanosecond later, because "previous" is strict and a moment that is itself a transition starts its stretch.
  const from = local.add({ nanoseconds: 1 }).getTimeZoneTransition('previous')
  const to = local.getTimeZoneTransition('next')
  return {
    start: from ? from.epochMilliseconds : Number.NEGATIVE_INFINITY,
    end: to ? to.epochMilliseconds : Number.POSITIVE_INFINITY,
    offset: local.offsetNanoseconds / 1_000_000,
  }
}

const stretchAt = (zone: string, ms: number): OffsetStretch => {
  let known = stretchesByZone.get(zone)
  if (known) {
    for (let i = 0; i < known.length; i++) {
      const stretch = known[i] as OffsetStretch
      if (ms < stretch.start || ms >= stretch.end) continue
      if (i > 0) {
        // The last one used is looked at first: a caller walks along a time line.
        known[i] = known[0] as OffsetStretch
        known[0] = stretch
      }
      return stretch
    }
  }
  const stretch = readStretch(zone, ms)
  if (!known) {
    if (stretchesByZone.size >= MAX_ZONES) stretchesByZone.clear()
    known = []
    stretchesByZone.set(zone, known)
  }
  known.unshift(stretch)
  return stretch
}

/** Calendar days are counted from 1970-01-01 = 0, which was a Thursday. */
const dayNumberAt = (ms: number, stretch: OffsetStretch): number => Math.floor((ms + stretch.offset) / DAY_MS)
const weekdayBit = (dayNumber: number): number => 1 << ((((dayNumber + 3) % 7) + 7) % 7)

const plainDateOf = (dayNumber: number): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(dayNumber * DAY_MS)
    .toZonedDateTimeISO('UTC')
    .toPlainDate()

const dayNumberOf = (date: Temporal.PlainDate): number =>
  date.toZonedDateTime({ timeZone: 'UTC' }).epochMilliseconds / DAY_MS

const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/

const timeOfDayMs = (text: string): number | null => {
  const match = TIME.exec(text)
  if (!match) return null
  return (Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0)) * SECOND_MS
}

/** The window in numbers: milliseconds after midnight, `closes` beyond 24 h when it runs overnight. */
type Rule = { zone: string; opens: number; closes: number; days: number; holidays: HolidayCalendar | null }

const timesByText = new Map<string, number>()

const parsedTime = (text: string): number => {
  const known = timesByText.get(text)
  if (known !== undefined) return known
  const ms = timeOfDayMs(text)
  if (ms === null) throw new RangeError(`"${text}" is not a time of day (HH:MM or HH:MM:SS).`)
  // At most 86,400 + 1,440 spellings pass the pattern, so this map is bounded by itself.
  timesByText.set(text, ms)
  return ms
}

const ruleOf = (window: SendingWindow): Rule => {
  const opens = parsedTime(window.start)
  const end = parsedTime(window.end)
  let days = 0
  for (const day of window.days) days |= 1 << SEND_DAYS.indexOf(day)
  // Equal times are refused by windowProblems; here they are an empty window, never one of 24 hours.
  return { zone: window.zone, opens, closes: end < opens ? end + DAY_MS : end, days, holidays: window.holidays ?? null }
}

const holidayMemo = new WeakMap<HolidayCalendar, Map<number, boolean>>()

const isHoliday = (calendar: HolidayCalendar, dayNumber: number): boolean => {
  let days = holidayMemo.get(calendar)
  if (!days) {
    days = new Map()
    holidayMemo.set(calendar, days)
  }
  let answer = days.get(dayNumber)
  if (answer === undefined) {
    answer = calendar.isHoliday(plainDateOf(dayNumber))
    days.set(dayNumber, answer)
  }
  return answer
}

const opensOn = (rule: Rule, dayNumber: number): boolean =>
  (rule.days & weekdayBit(dayNumber)) !== 0 && !(rule.holidays && isHoliday(rule.holidays, dayNumber))

/** The calendar day whose window is open at this moment, or null. */
const openDayAt = (rule: Rule, ms: number): number | null => {
  const stretch = stretchAt(rule.zone, ms)
  const day = dayNumberAt(ms, stretch)
  const time = ms + stretch.offset - day * DAY_MS
  if (time >= rule.opens && time < rule.closes && opensOn(rule, day)) return day
  if (time < rule.closes - DAY_MS && opensOn(rule, day - 1)) return day - 1
  return null
}

const firstOpenMs = (rule: Rule, from: number, until: number): number | null => {
  let at = from
  while (at < until) {
    const stretch = stretchAt(rule.zone, at)
    const end = Math.min(stretch.end, until)
    const lastDay = dayNumberAt(end - 1, stretch)
    // Yesterday first: its window may still be open after midnight.
    for (let day = dayNumberAt(at, stretch) - 1; day <= lastDay; day++) {
      const midnight = day * DAY_MS - stretch.offset
      if (midnight + rule.closes <= at || rule.opens === rule.closes || !opensOn(rule, day)) continue
      const opens = Math.max(midnight + rule.opens, at)
      if (opens >= end) break
      return opens
    }
    at = stretch.end
  }
  return null
}

/** Whether a message may go out at this moment. The start is inside, the end is not. */
export const isWindowOpen = (window: SendingWindow, now: Moment): boolean =>
  openDayAt(ruleOf(window), epochMs(now)) !== null

/**
 * The first moment at or after `from` at which the window is open: `from` itself when it is open. Null when there is
 * none within `limitDays` times 24 hours, which is what a window on holidays only, or without days, comes to.
 */
export const nextOpening = (window: SendingWindow, from: Moment, limitDays = 400): Temporal.Instant | null => {
  const start = epochMs(from)
  const ms = firstOpenMs(ruleOf(window), start, start + limitDays * DAY_MS)
  if (ms === null) return null
  return ms === start ? toInstant(from) : Temporal.Instant.fromEpochMilliseconds(ms)
}

/**
 * When the window that is open now closes, or null when it is closed. An hour that the clock shows twice can close a
 * window that opens once more within the hour; this is the first closing.
 */
export const windowClosesAt = (window: SendingWindow, now: Moment): Temporal.Instant | null => {
  const rule = ruleOf(window)
  let at = epochMs(now)
  let day = openDayAt(rule, at)
  if (day === null) return null
  while (day !== null) {
    const stretch = stretchAt(rule.zone, at)
    at = Math.min(day * DAY_MS - stretch.offset + rule.closes, stretch.end)
    // At the end of a stretch of constant offset the window may simply go on; each day has at least a closed second.
    day = openDayAt(rule, at)
  }
  return Temporal.Instant.fromEpochMilliseconds(at)
}

/**
 * When the next step goes out: `delayDays` calendar days later in the window's zone at the same time of day, then the
 * next open slot. Delay 0 is the same day, not before `sentAt`. A time of day that the clock jumps over is read as
 * after the jump, one that comes twice as the first (`compatible`, ECMA-262 Temporal). Null when the window never
 * opens again.
 */
export const nextSlotAfterDelay = (
  window: SendingWindow,
  sentAt: Moment,
  delayDays: number,
): Temporal.Instant | null => {
  const sent = toInstant(sentAt)
  if (delayDays === 0) return nextOpening(window, sent)
  return nextOpening(window, sent.toZonedDateTimeISO(window.zone).add({ days: delayDays }).toInstant())
}

/**
 * The stretches of one calendar day (00:00 to 24:00 in the window's zone) in which the window is open, in order: the
 * tail of the night before included, what lies after midnight not. Daily limits count by calendar day, hence this
 * cut.
 */
export const openStretchesOnDay = (
  window: SendingWindow,
  date: Temporal.PlainDate,
): { opens_at_ms: number; closes_at_ms: number }[] => {
  const rule = ruleOf(window)
  const day = dayNumberOf(date)
  const parts: [number, number][] = []
  if (rule.closes > DAY_MS && opensOn(rule, day - 1)) parts.push([0, rule.closes - DAY_MS])
  if (rule.closes !== rule.opens && opensOn(rule, day)) parts.push([rule.opens, Math.min(rule.closes, DAY_MS)])
  const stretches: { opens_at_ms: number; closes_at_ms: number }[] = []
  if (parts.length === 0) return stretches
  // Zones reach from UTC-12 to UTC+14, and in the past a little further; a day either side holds every instant of the
  // day.
  const last = (day + 2) * DAY_MS
  for (let at = (day - 1) * DAY_MS; at < last; ) {
    const stretch = stretchAt(rule.zone, at)
    const midnight = day * DAY_MS - stretch.offset
    for (const [opens, closes] of parts) {
      const from = Math.max(midnight + opens, stretch.start)
      const to = Math.min(midnight + closes, stretch.end)
      if (from >= to) continue
      const before = stretches.at(-1)
      if (before && before.closes_at_ms === from) before.closes_at_ms = to
      else stretches.push({ opens_at_ms: from, closes_at_ms: to })
    }
    at = stretch.end
  }
  return stretches
}

/** Seconds of one calendar day in which the window is open; 0 when it is closed all day. See openStretchesOnDay. */
export const openSecondsOnDay = (window: SendingWindow, date: Temporal.PlainDate): number =>
  openStretchesOnDay(window, date).reduce((sum, part) => sum + (part.closes_at_ms - part.opens_at_ms), 0) / SECOND_MS

/** Whether this is an IANA zone name. Bare offsets such as `+02:00` are refused: they know no daylight saving. */
export const isTimeZone = (zone: string): boolean => {
  if (!/^[A-Za-z]/.test(zone)) return false
  try {
    stretchAt(zone, 0)
    return true
  } catch {
    return false
  }
}

/** Everything wrong with a window, for the 422; empty when it may be stored. */
export const windowProblems = (window: {
  start: string
  end: string
  days: readonly string[]
  zone: string
}): WindowProblem[] => {
  const problems: WindowProblem[] = []
  const start = timeOfDayMs(window.start)
  const end = timeOfDayMs(window.end)
  if (start === null) problems.push({ field: 'start', message: 'The window start must be HH:MM or HH:MM:SS.' })
  if (end === null) problems.push({ field: 'end', message: 'The window end must be HH:MM or HH:MM:SS.' })
  if (start !== null && start === end) {
    problems.push({ field: 'end', message: 'The window must not end at the moment it starts; it would never open.' })
  }
  if (window.days.length === 0) problems.push({ field: 'days', message: 'At least one sending day is needed.' })
  const unknown = window.days.filter((day) => !(SEND_DAYS as readonly string[]).includes(day))
  if (unknown.length > 0) {
    problems.push({ field: 'days', message: `Not a day: ${unknown.join(', ')}. Days are ${SEND_DAYS.join(', ')}.` })
  }
  if (!isTimeZone(window.zone)) {
    problems.push({ field: 'zone', message: `"${window.zone}" is not an IANA time zone such as Europe/Oslo.` })
  }
  return problems
}

const dayTexts = new Map<number, string>()

/** The calendar day in a zone as `YYYY-MM-DD`, the key by which daily limits are counted. */
export const calendarDay = (now: Moment, zone: string): string => {
  const ms = epochMs(now)
  const day = dayNumberAt(ms, stretchAt(zone, ms))
  let text = dayTexts.get(day)
  if (text === undefined) {
    if (dayTexts.size >= 4096) dayTexts.clear()
    text = plainDateOf(day).toString()
    dayTexts.set(day, text)
  }
  return text
}

/**
 * The first moment of the next calendar day in a zone, when daily limits are free again; not always 00:00 or 24 h
 * away.
 */
export const startOfNextDay = (now: Moment, zone: string): Temporal.Instant =>
  toInstant(now).toZonedDateTimeISO(zone).toPlainDate().add({ days: 1 }).toZonedDateTime({ timeZone: zone }).toInstant()
