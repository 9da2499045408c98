import type { Draft } from './draft.ts'

export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

export const ZONES: string[] = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]

/** Minutes that a zone is ahead of UTC at an instant. */
const offsetMinutes = (at: Date, zone: string): number => {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(at)
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value)
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'))
  return Math.round((wall - at.getTime()) / 60_000)
}

/** `2026-11-23T09:00` on the wall of a zone, as an instant. Around a change of the clock the offset after it is taken. */
export const instantAt = (wall: string, zone: string): string => {
  const asUtc = new Date(`${wall}:00Z`).getTime()
  const guess = asUtc - offsetMinutes(new Date(asUtc), zone) * 60_000
  return new Date(asUtc - offsetMinutes(new Date(guess), zone) * 60_000).toISOString()
}

/** An instant as the wall of a zone shows it, for a field of date and time. */
export const wallTimeAt = (instant: string, zone: string): string => {
  const at = new Date(instant)
  return new Date(at.getTime() + offsetMinutes(at, zone) * 60_000).toISOString().slice(0, 16)
}

/** The window in the person's own zone, today; null where both zones show the same time. */
export const windowInOwnZone = (
  draft: Pick<Draft, 'sending_window_start' | 'sending_window_end' | 'timezone'>,
  now: Date,
): string | null => {
  const shift = offsetMinutes(now, ownZone) - offsetMinutes(now, draft.timezone)
  if (shift === 0) return null
  const moved = (time: string): string => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number)
    const total = (hours * 60 + minutes + shift + 2 * 1440) % 1440
    return `${String(Math.floor(total / 60)).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`
  }
  return `${moved(draft.sending_window_start)} to ${moved(draft.sending_window_end)}`
}
