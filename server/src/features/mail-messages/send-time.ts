import { isTimeZone } from '../../time-window.ts'

export type SendTime =
  | { ok: true; at: Temporal.Instant }
  | {
      ok: false
      field: 'send_at' | 'send_at_timezone'
      problem: 'unreadable' | 'no_zone' | 'unknown_zone'
      message: string
    }

const WRITTEN = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(Z|[+-]\d{2}:\d{2})?$/

/**
 * The instant that `send_at` names: with an offset or Z it says so itself, without one it is what the clocks on the wall of
 * `zone` show. A wall-clock time that a change of clocks leaves out is moved on by the length of the gap (2:30 becomes 3:30),
 * and of one that comes twice the first is meant (RFC 5545 section 3.3.5 says the same of both).
 */
export const readSendTime = (sendAt: string, zone: string | null): SendTime => {
  const found = WRITTEN.exec(sendAt.trim().replace(/z$/, 'Z'))
  if (zone !== null && !isTimeZone(zone))
    return { ok: false, field: 'send_at_timezone', problem: 'unknown_zone', message: 'is not the name of a time zone' }
  const unreadable: SendTime = {
    ok: false,
    field: 'send_at',
    problem: 'unreadable',
    message: 'is no date and time such as 2026-03-01T09:00:00 or 2026-03-01T09:00:00Z',
  }
  if (!found?.[1]) return unreadable
  try {
    const wall = Temporal.PlainDateTime.from(found[1], { overflow: 'reject' })
    // Temporal reads a leap second as the second before it; nobody who writes :60 means that.
    if (found[1].slice(17, 19) === '60') return unreadable
    if (found[2]) return { ok: true, at: Temporal.Instant.from(found[1] + found[2]) }
    if (zone === null)
      return {
        ok: false,
        field: 'send_at_timezone',
        problem: 'no_zone',
        message: 'is needed with a send_at without offset',
      }
    return { ok: true, at: wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).toInstant() }
  } catch {
    return unreadable
  }
}
