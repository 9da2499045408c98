import type { ComponentProps, ReactNode } from 'react'
import { cn } from './class-names.ts'

export const Card = ({ className, ...props }: ComponentProps<'section'>) => (
  <section className={cn('rounded-xl border border-line bg-surface', className)} {...props} />
)

export const CardHeader = ({ title, note, actions }: { title: string; note?: ReactNode; actions?: ReactNode }) => (
  <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-3">
    <div className="min-w-0 flex-1 basis-40">
      <h2 className="text-base font-semibold text-ink">{title}</h2>
      {note ? <p className="text-sm text-ink-faint">{note}</p> : null}
    </div>
    {actions ? <div className="flex items-center gap-2 sm:-my-1">{actions}</div> : null}
  </header>
)
