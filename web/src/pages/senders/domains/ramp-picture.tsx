import { rampCap } from '../words.ts'

/** How the cap of a day rises to its full height; the words beside it say the same. */
export const RampPicture = ({
  start,
  step,
  limit,
  className,
}: {
  start: number
  step: number
  limit: number
  className?: string
}) => {
  const rising = step > 0 ? Math.max(1, Math.ceil((limit - start) / step)) : 1
  const days = Math.min(60, rising + Math.max(2, Math.round(rising / 4)))
  return (
    <svg viewBox={`0 0 ${days} 100`} preserveAspectRatio="none" aria-hidden className={className}>
      {Array.from({ length: days }, (_, day) => {
        const height = (rampCap(start, step, limit, day) / Math.max(1, limit)) * 100
        // biome-ignore lint/suspicious/noArrayIndexKey: a day is its position.
        return <rect key={day} x={day + 0.1} y={100 - height} width={0.8} height={height} className="fill-accent" />
      })}
    </svg>
  )
}

/** The same as a sentence. */
export const rampWords = (start: number, step: number, limit: number): string => {
  if (!start || !step || start >= limit) return `${limit.toLocaleString()} messages a day from the first day on.`
  const days = Math.ceil((limit - start) / step) + 1
  return `${start} messages on the first day, ${step} more on each further day, ${limit.toLocaleString()} from day ${days} on.`
}
