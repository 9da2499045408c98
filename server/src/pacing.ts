import {
  calendarDay,
  epochMs,
  isWindowOpen,
  type Moment,
  nextOpening,
  SEND_DAYS,
  type SendDay,
  type SendingWindow,
  startOfNextDay,
  toInstant,
} from './time-window.ts'

/**
 * Who may send next. Units (DOMAIN.md §3): the campaign's daily limit counts calendar days of the campaign's zone;
 * alias, domain and receiving-provider limits count calendar days of the workspace's zone; the interval is per
 * sending alias.
 */
export type Candidate = {
  campaign_lead_id: string
  campaign_id: string
  alias_id: string
  domain_id: string
  receiving_provider: string
  is_followup: boolean
  due_at: Moment
}

/** What is left now. Campaigns and aliases must all be listed; a domain or provider that is absent has no limit. */
export type Capacities = {
  campaigns: ReadonlyMap<string, number>
  aliases: ReadonlyMap<string, { remaining: number; free_at: Moment | null }>
  domains: ReadonlyMap<string, number>
  providers: ReadonlyMap<string, number>
}

export type CapacityLimit = 'campaign_daily' | 'alias_daily' | 'domain_daily' | 'provider_daily' | 'alias_interval'

export type Allocation<C extends Candidate> = {
  /** In the order in which they go out. */
  chosen: C[]
  refused: { candidate: C; limit: CapacityLimit }[]
}

/**
 * Follow-ups before first steps, then the longest due, then the oldest lead (ids are UUIDv7), so that ties never
 * flap.
 */
const inTurn = (a: Candidate, b: Candidate): number => {
  if (a.is_followup !== b.is_followup) return a.is_followup ? -1 : 1
  const byDue = epochMs(a.due_at) - epochMs(b.due_at)
  if (byDue !== 0) return byDue
  return a.campaign_lead_id < b.campaign_lead_id ? -1 : a.campaign_lead_id > b.campaign_lead_id ? 1 : 0
}

/**
 * Shares the present moment's capacity among leads that are due and inside their window. An alias sends at most one
 * message, since after it the alias has to wait its interval; so a backlog never leaves in a burst, however long it
 * is. A daily limit is named before the interval when both refuse a lead, because it lasts longer. Throws when a
 * campaign or alias of a candidate is not in the capacities: sending without knowing the limit would be the worse
 * failure.
 */
export const allocate = <C extends Candidate>(
  candidates: readonly C[],
  capacities: Capacities,
  now: Moment,
): Allocation<C> => {
  const nowMs = epochMs(now)
  const campaigns = new Map(capacities.campaigns)
  const domains = new Map(capacities.domains)
  const providers = new Map(capacities.providers)
  const aliases = new Map<string, { remaining: number; isFree: boolean }>()
  for (const [id, alias] of capacities.aliases) {
    aliases.set(id, {
      remaining: alias.remaining,
      isFree: alias.free_at === null || epochMs(alias.free_at) <= nowMs,
    })
  }

  const allocation: Allocation<C> = { chosen: [], refused: [] }
  for (const candidate of [...candidates].sort(inTurn)) {
    const inCampaign = campaigns.get(candidate.campaign_id)
    const alias = aliases.get(candidate.alias_id)
    if (inCampaign === undefined || alias === undefined) {
      const missing = inCampaign === undefined ? `campaign ${candidate.campaign_id}` : `alias ${candidate.alias_id}`
      throw new Error(`No capacity was given for ${missing}.`)
    }
    const inDomain = domains.get(candidate.domain_id)
    const atProvider = providers.get(candidate.receiving_provider)
    const limit: CapacityLimit | null =
      inCampaign <= 0
        ? 'campaign_daily'
        : alias.remaining <= 0
          ? 'alias_daily'
          : inDomain !== undefined && inDomain <= 0
            ? 'domain_daily'
            : atProvider !== undefined && atProvider <= 0
              ? 'provider_daily'
              : alias.isFree
                ? null
                : 'alias_interval'
    if (limit) {
      allocation.refused.push({ candidate, limit })
      continue
    }
    allocation.chosen.push(candidate)
    campaigns.set(candidate.campaign_id, inCampaign - 1)
    alias.remaining--
    alias.isFree = false
    if (inDomain !== undefined) domains.set(candidate.domain_id, inDomain - 1)
    if (atProvider !== undefined) providers.set(candidate.receiving_provider, atProvider - 1)
  }
  return allocation
}

/**
 * When an alias may send again: between `minIntervalSeconds` and that times `1 + jitterRatio` after `sentAt`, placed by
 * `random01` (0 up to 1, from the caller: rules roll no dice). Never below the minimum, in whole milliseconds.
 */
export const nextFreeAt = (
  sentAt: Moment,
  minIntervalSeconds: number,
  jitterRatio: number,
  random01: number,
): Temporal.Instant => {
  const minMs = minIntervalSeconds * 1000
  return toInstant(sentAt).add({ milliseconds: Math.floor(minMs + minMs * jitterRatio * random01) })
}

/** How an alias is warmed up; without `ramp_start` it sends its full daily limit from the first day. */
export type Ramp = {
  daily_limit: number
  ramp_start?: number | null
  ramp_step?: number | null
  /** First sending day, `YYYY-MM-DD`; null while the alias has not sent. */
  started_on?: string | null
}

const MONDAY_TO_FRIDAY: readonly SendDay[] = ['mon', 'tue', 'wed', 'thu', 'fri']

/**
 * The daily limit of an alias on `today`: `ramp_start` on its first day and `ramp_step` more for each sending day
 * since, up to `daily_limit`. Only `sendDays` count, Monday to Friday unless told otherwise, so that a weekend
 * without mail does not raise the limit. Days are `YYYY-MM-DD` in the workspace's zone.
 */
export const rampedLimit = (ramp: Ramp & { today: string; send_days?: readonly SendDay[] }): number => {
  const { daily_limit, ramp_start, ramp_step, started_on, today, send_days = MONDAY_TO_FRIDAY } = ramp
  if (ramp_start === null || ramp_start === undefined) return daily_limit
  if (started_on === null || started_on === undefined) return Math.min(ramp_start, daily_limit)
  const first = Temporal.PlainDate.from(started_on)
  const days = Math.max(0, first.until(today, { largestUnit: 'days' }).days)
  let sendingDays = Math.floor(days / 7) * send_days.length
  for (let i = 0; i < days % 7; i++) {
    const weekday = SEND_DAYS[(first.dayOfWeek - 1 + i) % 7]
    if (weekday && send_days.includes(weekday)) sendingDays++
  }
  return Math.min(ramp_start + sendingDays * (ramp_step ?? 0), daily_limit)
}

export type BindingLimit = CapacityLimit | 'window' | 'holiday' | 'none'

export type DailyCap = { limit: number; remaining: number }

/** What holds one lead back. */
export type LeadPacing = {
  now: Moment
  /** When the step is due; limits are looked at from then on. */
  due_at: Moment
  window: SendingWindow
  /** Zone in which the campaign's daily limit counts; not the window's when leads have zones of their own. */
  campaign_zone: string
  workspace_zone: string
  campaign: DailyCap
  alias: DailyCap & { free_at: Moment | null }
  domain?: DailyCap | null
  provider?: (DailyCap & { name: string }) | null
}

export type Explanation = {
  limit: BindingLimit
  /** When this limit lets go; null when nothing binds, or when the window never opens. */
  until: Temporal.Instant | null
  /** The earliest moment that every limit known now allows; null when the window never opens. */
  earliest_at: Temporal.Instant | null
  detail: string
}

/**
 * Which limit binds next for one lead, and when it lets go: of all that bind when the step is due, the one that lasts
 * longest. A daily limit that is used up today says nothing about a step that is due on a later day.
 */
export const bindingLimit = (lead: LeadPacing): Explanation => {
  const at = epochMs(lead.due_at) > epochMs(lead.now) ? toInstant(lead.due_at) : toInstant(lead.now)
  const binding: { limit: BindingLimit; until: Temporal.Instant | null; detail: string }[] = []

  const addDaily = (limit: CapacityLimit, cap: DailyCap | null | undefined, zone: string, whose: string) => {
    const today = calendarDay(lead.now, zone)
    if (!cap || cap.remaining > 0 || calendarDay(at, zone) !== today) return
    binding.push({
      limit,
      until: startOfNextDay(lead.now, zone),
      detail: `${whose} has used its ${cap.limit} messages of ${today} (${zone}).`,
    })
  }
  addDaily('campaign_daily', lead.campaign, lead.campaign_zone, 'The campaign')
  addDaily('alias_daily', lead.alias, lead.workspace_zone, 'The sending address')
  addDaily('domain_daily', lead.domain, lead.workspace_zone, 'The sending domain')
  addDaily('provider_daily', lead.provider, lead.workspace_zone, `The receiving provider ${lead.provider?.name ?? ''}`)

  const freeAt = lead.alias.free_at
  if (freeAt !== null && epochMs(freeAt) > at.epochMilliseconds) {
    binding.push({
      limit: 'alias_interval',
      until: toInstant(freeAt),
      detail: 'The sending address keeps its interval between two messages.',
    })
  }

  if (!isWindowOpen(lead.window, at)) binding.push(closedWindow(lead.window, at))

  // Ties go to the first named, so to the larger unit. A window that never opens outlasts everything.
  const lasting = (until: Temporal.Instant | null) => (until ? until.epochMilliseconds : Number.POSITIVE_INFINITY)
  let longest = binding[0]
  for (const one of binding) if (longest && lasting(one.until) > lasting(longest.until)) longest = one
  if (!longest) return { limit: 'none', until: null, earliest_at: at, detail: 'No limit holds this step back.' }
  const { limit, until, detail } = longest
  return { limit, until, earliest_at: until && nextOpening(lead.window, until), detail }
}

const closedWindow = (window: SendingWindow, at: Temporal.Instant) => {
  const until = nextOpening(window, at)
  const withoutHolidays = window.holidays ? nextOpening({ ...window, holidays: null }, at) : until
  if (withoutHolidays && (until === null || Temporal.Instant.compare(withoutHolidays, until) < 0)) {
    const date = holidayDate(window, withoutHolidays)
    const name = window.holidays?.nameOf?.(date)
    return {
      limit: 'holiday' as const,
      until,
      detail: `${date} is a public holiday${name ? ` (${name})` : ''}; nothing is sent.`,
    }
  }
  const span = `${window.start}–${window.end} on ${window.days.join(', ')} (${window.zone})`
  return {
    limit: 'window' as const,
    until,
    detail: until ? `The sending window ${span} is closed.` : `The sending window ${span} does not open any more.`,
  }
}

/** The day that would have opened: after midnight in an overnight window it is the day before. */
const holidayDate = (window: SendingWindow, opening: Temporal.Instant): Temporal.PlainDate => {
  const date = opening.toZonedDateTimeISO(window.zone).toPlainDate()
  return window.holidays?.isHoliday(date) ? date : date.subtract({ days: 1 })
}
