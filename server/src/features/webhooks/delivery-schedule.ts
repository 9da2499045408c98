const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Waits after the first, second, … failed try: nine tries, the last about 22 hours after the first. */
const WAITS_MS = [10_000, MINUTE_MS, 5 * MINUTE_MS, 20 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS]
export const MOST_TRIES = WAITS_MS.length + 1
/** A code that a receiver refused three times is not worth a day of knocking; it can be sent again on request. */
export const VERIFICATION_TRIES = 3

/** Up to a tenth more or less, so that a receiver that comes back is not met by everybody at once. */
const JITTER = 0.1
const LONGEST_ASKED_MS = HOUR_MS

/** Seconds or an HTTP date (RFC 9110 section 10.2.3), as milliseconds from now; null for none. At most an hour is granted. */
export const readRetryAfter = (value: string | undefined, now: Date): number | null => {
  if (!value) return null
  const wait = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now.getTime()
  return Number.isFinite(wait) && wait > 0 ? Math.min(wait, LONGEST_ASKED_MS) : null
}

/**
 * When a delivery is tried again after its `attempts`-th try failed; null when that was the last. `random` is from 0 to 1.
 * A receiver that asks for a longer pause than planned gets it.
 */
export const nextTryAt = (
  options: { attempts: number; kind: string; retry_after_ms?: number | null; random: number },
  now: Date,
): Date | null => {
  const most = options.kind === 'verification' ? VERIFICATION_TRIES : MOST_TRIES
  const planned = WAITS_MS[options.attempts - 1]
  if (options.attempts >= most || planned === undefined) return null
  const wait = planned * (1 + JITTER * (2 * options.random - 1))
  return new Date(now.getTime() + Math.round(Math.max(wait, options.retry_after_ms ?? 0)))
}

export type TryVerdict = 'delivered' | 'failed' | 'gone'

/** Any 2xx is a yes. 410 says that nobody will ever listen there again. A redirect is a no: it is never followed. */
export const judgeStatus = (status: number): TryVerdict =>
  status >= 200 && status < 300 ? 'delivered' : status === 410 ? 'gone' : 'failed'

const DISABLE_AFTER_FAILURES = 15
const DISABLE_AFTER_MS = 24 * HOUR_MS

/** An endpoint is given up when nothing has arrived for a day and for many tries: a short outage never does that. */
export const isGivenUp = (endpoint: { consecutive_failures: number; failing_since: Date | null }, now: Date): boolean =>
  endpoint.consecutive_failures >= DISABLE_AFTER_FAILURES &&
  endpoint.failing_since !== null &&
  now.getTime() - endpoint.failing_since.getTime() >= DISABLE_AFTER_MS
