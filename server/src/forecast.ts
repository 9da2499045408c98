import { type Ramp, rampedLimit } from './pacing.ts'
import { calendarDay, epochMs, type Moment, openStretchesOnDay, type SendingWindow } from './time-window.ts'

export type ForecastInput = {
  leads: number
  /** In order; the delay of the first counts from `now`. */
  steps: readonly { delay_days: number }[]
  /** Of the campaign, per calendar day of the window's zone. */
  daily_limit: number
  /** The sending addresses with what each may send a day; leads are spread over them evenly, as pickAlias does. */
  aliases: readonly Ramp[]
  min_interval_seconds: number
  /** The interval grows by half of it on average. */
  jitter_ratio?: number
  window: SendingWindow
  now: Moment
  /** Where the forecast gives up. */
  limit_days?: number
}

export type Forecast = {
  /** When the last message goes out; null when none does, or not within the limit. */
  last_send_at: Temporal.Instant | null
  /** Days on which something is sent, in order. */
  days: { date: string; planned: number }[]
  /**
   * False when messages are left at the end of the limit: a window that never opens, no address, or simply too many.
   */
  is_complete: boolean
}

/**
 * Messages of one step that become due on one day; `early_ms` and `late_ms` are the times of day, from midnight, of
 * the first and the last of them.
 */
type Batch = { step: number; due_day: number; count: number; early_ms: number; late_ms: number }

/** Addresses with the same limits, which behave the same and are counted together. */
type AliasGroup = { ramp: Ramp; size: number; first: Batch; followups: Batch[]; room: number; sent: number }

const TEN_YEARS_IN_DAYS = 3652

/**
 * When a campaign will be through if nobody answers: day by day, with the limits, the interval, the window, the
 * ramp-up of each address and follow-ups before first steps. Counts, not messages, are moved, so a million leads cost
 * what a thousand do; the price is that a batch may be a day off (over a weekend three), because within a day it is
 * only known when the first and the last of it are due. Replies and bounces make the campaign finish sooner; domain
 * and receiving-provider limits and other campaigns on the same addresses, which are not in it, later.
 */
export const forecastFinish = (input: ForecastInput): Forecast => {
  const { leads, steps, daily_limit, window, limit_days = TEN_YEARS_IN_DAYS } = input
  const forecast: Forecast = { last_send_at: null, days: [], is_complete: false }
  let left = leads * steps.length
  if (left === 0) return { ...forecast, is_complete: true }
  if (input.aliases.length === 0) return forecast

  const nowMs = epochMs(input.now)
  const today = Temporal.PlainDate.from(calendarDay(input.now, window.zone))
  const gapMs = input.min_interval_seconds * 1000 * (1 + (input.jitter_ratio ?? 0) / 2)
  const groups = groupAliases(input.aliases, leads, steps[0]?.delay_days ?? 0)
  let lastMs = Number.NEGATIVE_INFINITY
  const openDays = new Map<number, number>()
  /** The day itself when the window opens on it, else the next that does. */
  const openDayFrom = (day: number): number => {
    let open = openDays.get(day)
    if (open === undefined) {
      open = day
      while (open < limit_days && openStretchesOnDay(window, today.add({ days: open })).length === 0) open++
      openDays.set(day, open)
    }
    return open
  }

  for (let day = 0; day < limit_days && left > 0; day++) {
    const date = today.add({ days: day })
    const open: Open[] = []
    for (const { opens_at_ms, closes_at_ms } of openStretchesOnDay(window, date)) {
      const from = Math.max(opens_at_ms, nowMs)
      if (from < closes_at_ms) open.push({ from, to: closes_at_ms, slots: Math.ceil((closes_at_ms - from) / gapMs) })
    }
    const slots = open.reduce((sum, part) => sum + part.slots, 0)
    if (slots === 0) continue

    const dateText = date.toString()
    const midnightMs = date.toZonedDateTime({ timeZone: window.zone }).epochMilliseconds
    for (const group of groups) {
      // An address that has not sent yet begins its ramp on the first day on which it has something to send.
      const started_on = group.ramp.started_on ?? dateText
      const limit = rampedLimit({ ...group.ramp, started_on, today: dateText })
      group.room = Math.min(limit, slots) * group.size
      group.sent = 0
    }

    let capacity = daily_limit
    const send = (group: AliasGroup, batch: Batch, count: number) => {
      batch.count -= count
      group.room -= count
      group.sent += count
      capacity -= count
      left -= count
      const firstSlot = slotTime(open, gapMs, Math.floor((group.sent - count) / group.size))
      const lastSlot = slotTime(open, gapMs, Math.ceil(group.sent / group.size) - 1)
      // Follow-ups keep the time of day of the step before where the window allows it.
      const closes = (open.at(-1) as Open).to
      const lastSent = Math.max(lastSlot, Math.min(midnightMs + batch.late_ms, closes - 1000))
      const firstSent = Math.max(firstSlot, Math.min(midnightMs + batch.early_ms, closes - 1000))
      lastMs = Math.max(lastMs, lastSent)
      const next = steps[batch.step + 1]
      if (!next) return
      const delayed = day + next.delay_days
      const due_day = openDayFrom(delayed)
      // What falls on a closed day is due when the window opens next, ahead of what is due in the course of that day.
      const [early_ms, late_ms] = due_day > delayed ? [0, 0] : [firstSent - midnightMs, lastSent - midnightMs]
      queueFollowup(group, { step: batch.step + 1, due_day, count, early_ms, late_ms })
    }
    const sendFollowups = () => {
      const wanted = groups.map((group) => Math.min(group.room, dueFollowups(group, day)))
      for (const [i, share] of divide(capacity, wanted).entries()) {
        const group = groups[i] as AliasGroup
        let open = share
        for (const batch of [...group.followups]) {
          if (open === 0) break
          if (batch.due_day > day) continue
          const count = Math.min(open, batch.count)
          open -= count
          send(group, batch, count)
        }
        group.followups = group.followups.filter((batch) => batch.count > 0)
      }
    }
    const sendFirstSteps = () => {
      const wanted = groups.map(({ room, first }) => (first.due_day > day ? 0 : Math.min(room, first.count)))
      for (const [i, count] of divide(capacity, wanted).entries()) {
        const group = groups[i] as AliasGroup
        if (count > 0) send(group, group.first, count)
      }
    }
    // Again as long as something goes out, because a delay of 0 days makes the next step due on the same day.
    for (let before = -1; before !== left && capacity > 0; ) {
      before = left
      sendFollowups()
      if (before === left) sendFirstSteps()
    }

    const planned = daily_limit - capacity
    if (planned === 0) continue
    forecast.days.push({ date: dateText, planned })
    for (const group of groups) if (group.sent > 0) group.ramp = { started_on: dateText, ...withStart(group.ramp) }
  }

  if (left > 0) return forecast
  return { ...forecast, last_send_at: Temporal.Instant.fromEpochMilliseconds(Math.round(lastMs)), is_complete: true }
}

type Open = { from: number; to: number; slots: number }

/** A ramp without an empty start, so that it can be laid over a default. */
const withStart = ({ started_on, ...ramp }: Ramp): Ramp => (started_on ? { ...ramp, started_on } : ramp)

const groupAliases = (aliases: readonly Ramp[], leads: number, firstDelay: number): AliasGroup[] => {
  const groups = new Map<string, AliasGroup>()
  for (const [i, ramp] of aliases.entries()) {
    const key = [ramp.daily_limit, ramp.ramp_start, ramp.ramp_step, ramp.started_on].join()
    let group = groups.get(key)
    if (!group) {
      const first = { step: 0, due_day: firstDelay, count: 0, early_ms: 0, late_ms: 0 }
      group = { ramp, size: 0, first, followups: [], room: 0, sent: 0 }
      groups.set(key, group)
    }
    group.size++
    group.first.count += Math.floor(((i + 1) * leads) / aliases.length) - Math.floor((i * leads) / aliases.length)
  }
  return [...groups.values()]
}

const dueFollowups = (group: AliasGroup, day: number): number =>
  group.followups.reduce((sum, batch) => sum + (batch.due_day <= day ? batch.count : 0), 0)

/** Kept with the longest due first, and of equals the later step: its leads are the older ones. */
const queueFollowup = (group: AliasGroup, batch: Batch) => {
  const same = group.followups.find((other) => other.step === batch.step && other.due_day === batch.due_day)
  if (same) {
    same.count += batch.count
    same.early_ms = Math.min(same.early_ms, batch.early_ms)
    same.late_ms = Math.max(same.late_ms, batch.late_ms)
  } else {
    group.followups.push(batch)
  }
  group.followups.sort((a, b) => a.due_day - b.due_day || a.early_ms - b.early_ms || b.step - a.step)
}

/** When the slot with this number (from 0) of an address begins. */
const slotTime = (open: readonly Open[], gapMs: number, slot: number): number => {
  let index = slot
  for (const part of open) {
    if (index < part.slots) return part.from + index * gapMs
    index -= part.slots
  }
  return (open.at(-1) as Open).to - 1000
}

/** Divides what there is in proportion to what is wanted, in whole numbers, to the last one. */
const divide = (available: number, wanted: readonly number[]): number[] => {
  const total = wanted.reduce((sum, one) => sum + one, 0)
  if (total <= available) return [...wanted]
  let given = 0
  let asked = 0
  return wanted.map((one) => {
    asked += one
    const share = Math.floor((asked * available) / total) - given
    given += share
    return share
  })
}
