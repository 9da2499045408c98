import type { ReactNode } from 'react'
import { cn } from './class-names.ts'

/**
 * Views of one thing. Each is a button that changes the address, so a link brings the view back; `current` is the one shown.
 */
export const Tabs = <Id extends string>({
  label,
  tabs,
  current,
  onChange,
  className,
}: {
  label: string
  tabs: { id: Id; label: ReactNode; count?: number | null }[]
  current: Id
  onChange: (id: Id) => void
  className?: string
}) => (
  <nav aria-label={label} className={cn('-mb-px flex gap-5 overflow-x-auto border-b border-line', className)}>
    {tabs.map((tab) => (
      <button
        key={tab.id}
        type="button"
        aria-current={tab.id === current ? 'page' : undefined}
        onClick={() => onChange(tab.id)}
        className={cn(
          'flex h-9 items-center gap-1.5 border-b-2 border-transparent text-sm font-medium whitespace-nowrap text-ink-soft hover:text-ink focus-visible:-outline-offset-2',
          tab.id === current && 'border-accent text-ink',
        )}
      >
        {tab.label}
        {tab.count != null ? (
          <span className="rounded-full bg-sunken px-1.5 text-2xs text-ink-soft tabular-nums">
            {tab.count.toLocaleString()}
          </span>
        ) : null}
      </button>
    ))}
  </nav>
)
