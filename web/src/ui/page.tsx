import { type ReactNode, useEffect } from 'react'
import { cn } from './class-names.ts'

/** The frame of every page: its title, what can be done, its content. Names the browser's tab. */
export const Page = ({
  title,
  note,
  actions,
  children,
  is_wide = false,
}: {
  title: string
  note?: ReactNode
  actions?: ReactNode
  children: ReactNode
  is_wide?: boolean
}) => {
  useEffect(() => {
    document.title = `${title} · Bavlio`
  }, [title])
  return (
    <div className={cn('mx-auto flex w-full flex-col gap-5 px-4 py-6 sm:px-8', is_wide ? 'max-w-none' : 'max-w-6xl')}>
      <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-48">
          <h1 className="truncate text-xl font-semibold tracking-tight text-ink">{title}</h1>
          {note ? <div className="text-sm text-ink-faint">{note}</div> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  )
}
