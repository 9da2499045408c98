import { type ReactNode, useEffect } from 'react'

/** The frame of the pages before log-in. */
export const AccountFrame = ({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) => {
  useEffect(() => {
    document.title = `${title} · Bavlio`
  }, [title])
  return (
    <main className="flex min-h-full items-center justify-center px-4 py-10">
      <div className="w-full max-w-sm">
        <img src="/favicon.svg" alt="Bavlio" className="mb-5 size-10" />
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {note ? <p className="mt-1 text-sm text-ink-soft">{note}</p> : null}
        <div className="mt-6">{children}</div>
      </div>
    </main>
  )
}
