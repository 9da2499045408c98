import { CircleAlert, RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { describeError } from '../api/query.ts'
import { Button } from './button.tsx'
import { cn } from './class-names.ts'

/** Where a list has nothing yet: what it is for, and the way to the first entry. */
export const Empty = ({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
}) => (
  <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
    {icon ? <div className="mb-1 text-ink-faint [&_svg]:size-7">{icon}</div> : null}
    <p className="text-lg font-semibold text-ink">{title}</p>
    {children ? <div className="max-w-md text-sm text-ink-soft">{children}</div> : null}
    {action ? <div className="mt-3 flex gap-2">{action}</div> : null}
  </div>
)

/** What went wrong, in the server's words, with what a person needs to ask for help. */
export const ErrorPanel = ({ error, retry }: { error: unknown; retry?: () => void }) => {
  const { message, code, request_id } = describeError(error)
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <CircleAlert aria-hidden className="size-7 text-bad" />
      <p className="max-w-lg text-base font-medium text-ink">{message}</p>
      <p className="font-mono text-xs text-ink-faint">
        {code}
        {request_id ? ` · request ${request_id}` : ''}
      </p>
      {retry ? (
        <Button className="mt-2" onClick={retry} icon={<RotateCw aria-hidden />}>
          Try again
        </Button>
      ) : null}
    </div>
  )
}

export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={cn('h-4 animate-shimmer rounded bg-sunken', className)} />
)

/** Rows in the shape of what is to come, so that nothing jumps when it does. */
export const LoadingRows = ({ rows = 6 }: { rows?: number }) => (
  <div role="status" className="flex flex-col gap-4 p-4">
    <span className="sr-only">Loading…</span>
    {Array.from({ length: rows }, (_, row) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move.
      <Skeleton key={row} className={row % 3 === 0 ? 'w-2/3' : row % 3 === 1 ? 'w-5/6' : 'w-1/2'} />
    ))}
  </div>
)

/** What every read of a page goes through: loading, failed, or its content. */
export const Loaded = <T,>({
  read,
  children,
  loading = <LoadingRows />,
}: {
  read: { data: T | undefined; error: unknown; refetch: () => unknown }
  children: (data: T) => ReactNode
  loading?: ReactNode
}) => {
  if (read.data !== undefined) return children(read.data)
  if (read.error) return <ErrorPanel error={read.error} retry={() => void read.refetch()} />
  return loading
}
