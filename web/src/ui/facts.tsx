import type { ReactNode } from 'react'
import { cn } from './class-names.ts'

/** Names and values beside each other; of a thing, not of a list. */
export const Facts = ({ facts, className }: { facts: { name: string; value: ReactNode }[]; className?: string }) => (
  <dl className={cn('grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-sm', className)}>
    {facts.map(({ name, value }) => (
      <div key={name} className="contents">
        <dt className="text-ink-faint">{name}</dt>
        <dd className="min-w-0 break-words text-ink">{value ?? '–'}</dd>
      </div>
    ))}
  </dl>
)

/** Numbers of a thing side by side, the name under each. */
export const Numbers = ({
  numbers,
}: {
  numbers: { name: string; value: number | string; note?: string; tone?: 'bad' | 'warn' | 'good' }[]
}) => (
  <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line sm:grid-cols-[repeat(auto-fit,minmax(8rem,1fr))]">
    {numbers.map(({ name, value, note, tone }) => (
      <div key={name} className="flex flex-col-reverse justify-end bg-surface px-4 py-3">
        {note ? <dd className="text-2xs text-ink-faint">{note}</dd> : null}
        <dt className="text-xs text-ink-faint">{name}</dt>
        <dd
          className={cn(
            'text-xl font-semibold text-ink tabular-nums',
            tone === 'bad' && 'text-bad',
            tone === 'warn' && 'text-warn',
            tone === 'good' && 'text-good',
          )}
        >
          {typeof value === 'number' ? value.toLocaleString() : value}
        </dd>
      </div>
    ))}
  </dl>
)
