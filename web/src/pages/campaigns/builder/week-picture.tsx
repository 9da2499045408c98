import { SEND_DAYS, type SendDay } from './draft.ts'

const HOURS = [0, 6, 12, 18, 24]
const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}
const DAY_MINUTES = 24 * 60

/** The stretches of one day in minutes; an overnight window belongs to the day it starts on and ends on the next one. */
const stretchesOf = (day: number, days: ReadonlySet<SendDay>, start: number, end: number): [number, number][] => {
  const opens = (index: number): boolean => days.has(SEND_DAYS[(index + 7) % 7]?.id ?? 'mon')
  if (start < end) return opens(day) ? [[start, end]] : []
  const stretches: [number, number][] = []
  if (opens(day - 1) && end > 0) stretches.push([0, end])
  if (opens(day)) stretches.push([start, DAY_MINUTES])
  return stretches
}

/** The week as it will be: when messages may go out, day by day. A day is switched by its name. */
export const WeekPicture = ({
  days,
  start,
  end,
  is_locked,
  onChange,
}: {
  days: SendDay[]
  start: string
  end: string
  is_locked: boolean
  onChange: (days: SendDay[]) => void
}) => {
  const open = new Set(days)
  const toggle = (day: SendDay): void =>
    onChange(SEND_DAYS.map(({ id }) => id).filter((id) => (id === day ? !open.has(id) : open.has(id))))
  return (
    <fieldset className="min-w-0">
      <legend className="pb-1.5 text-sm font-medium text-ink">Days</legend>
      <div className="flex flex-col gap-1">
        {SEND_DAYS.map(({ id, short, long }, index) => (
          <div key={id} className="flex items-center gap-3">
            <button
              type="button"
              aria-pressed={open.has(id)}
              // What is seen has to be part of the name, for whoever speaks to the page.
              aria-label={`${short}, send on ${long}`}
              disabled={is_locked}
              onClick={() => toggle(id)}
              className={
                open.has(id)
                  ? 'w-12 rounded-md bg-accent-soft py-1 text-xs font-medium text-accent-strong'
                  : 'w-12 rounded-md py-1 text-xs font-medium text-ink-faint hover:bg-sunken'
              }
            >
              {short}
            </button>
            <div aria-hidden className="relative h-6 flex-1 overflow-hidden rounded-md bg-sunken">
              {HOURS.slice(1, -1).map((hour) => (
                <span
                  key={hour}
                  className="absolute inset-y-0 w-px bg-line-strong/60"
                  style={{ left: `${(hour / 24) * 100}%` }}
                />
              ))}
              {stretchesOf(index, open, minutesOf(start), minutesOf(end)).map(([from, to]) => (
                <span
                  key={from}
                  className="absolute inset-y-1 rounded bg-accent/75"
                  style={{ left: `${(from / DAY_MINUTES) * 100}%`, width: `${((to - from) / DAY_MINUTES) * 100}%` }}
                />
              ))}
            </div>
          </div>
        ))}
        <div aria-hidden className="flex gap-3">
          <span className="w-12" />
          <div className="flex flex-1 justify-between text-2xs text-ink-faint tabular-nums">
            {HOURS.map((hour) => (
              <span key={hour}>{`${String(hour).padStart(2, '0')}:00`}</span>
            ))}
          </div>
        </div>
      </div>
    </fieldset>
  )
}
