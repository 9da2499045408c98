import { cn } from './class-names.ts'

/** A bar with a count. `left_seconds` is an estimate and is said as one. */
export const Progress = ({
  label,
  done,
  total,
  left_seconds,
  format = (n) => n.toLocaleString(),
  className,
}: {
  label: string
  done: number
  total: number
  left_seconds?: number | null
  /** How an amount is written, where it is no count of things. */
  format?: (amount: number) => string
  className?: string
}) => {
  const percent = total > 0 ? Math.min(100, (done / total) * 100) : 0
  return (
    <div className={cn('flex flex-col gap-1.5', className)}>
      <div className="flex justify-between gap-4 text-xs text-ink-soft">
        <span>{label}</span>
        <span className="tabular-nums">
          {format(done)} of {format(total)}
          {left_seconds ? `, about ${inWords(left_seconds)} left` : ''}
        </span>
      </div>
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(percent)}
        className="h-1.5 overflow-hidden rounded-full bg-sunken"
      >
        <div
          className="h-full rounded-full bg-accent transition-[width] duration-300"
          style={{ width: `${percent}%` }}
        />
      </div>
    </div>
  )
}

const inWords = (seconds: number): string =>
  seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`
