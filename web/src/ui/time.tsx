import { useWorkspaceNow } from '../api/workspace-clock.ts'

/** Dates in the person's own zone; the zone of a campaign is said beside where it differs. */
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' })

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** "3 min ago", "in 2 days"; `now` is the workspace's present where its clock is steered. */
export const relativeTime = (at: string | Date, now: Date = new Date()): string => {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000
  for (const [unit, size] of STEPS)
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit)
  return relative.format(0, 'minute')
}

export const formatDate = (at: string | Date): string => date.format(new Date(at))
export const formatDateTime = (at: string | Date): string => dateTime.format(new Date(at))

/** An instant as one reads it, with the whole of it on hover. What the system's clock stamped says `clock="system"`. */
export const Time = ({
  at,
  now,
  is_exact,
  clock = 'workspace',
}: {
  at: string | null | undefined
  now?: Date
  is_exact?: boolean
  clock?: 'workspace' | 'system'
}) => {
  const present = useWorkspaceNow()
  if (!at) return <span className="text-ink-faint">–</span>
  return (
    <time dateTime={at} title={formatDateTime(at)} className="whitespace-nowrap tabular-nums">
      {is_exact ? formatDateTime(at) : relativeTime(at, now ?? (clock === 'system' ? new Date() : present))}
    </time>
  )
}
