import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from './class-names.ts'

const LOOKS = {
  good: { box: 'border-good/25 bg-good-soft', icon: <CircleCheck aria-hidden className="text-good" /> },
  info: { box: 'border-info/25 bg-info-soft', icon: <Info aria-hidden className="text-info" /> },
  warn: { box: 'border-warn/30 bg-warn-soft', icon: <TriangleAlert aria-hidden className="text-warn" /> },
  bad: { box: 'border-bad/30 bg-bad-soft', icon: <CircleAlert aria-hidden className="text-bad" /> },
}

/** Something to know about the page it stands on, with what can be done about it. */
export const Notice = ({
  tone = 'info',
  title,
  children,
  action,
  className,
}: {
  tone?: keyof typeof LOOKS
  title: ReactNode
  children?: ReactNode
  action?: ReactNode
  className?: string
}) => (
  <div
    role="status"
    className={cn('flex flex-wrap items-start gap-3 rounded-lg border px-4 py-3 text-sm', LOOKS[tone].box, className)}
  >
    <span className="mt-0.5 [&_svg]:size-4">{LOOKS[tone].icon}</span>
    <div className="min-w-0 flex-1 basis-60">
      <p className="font-medium text-ink">{title}</p>
      {children ? <div className="text-ink-soft">{children}</div> : null}
    </div>
    {action ? <div className="flex gap-2">{action}</div> : null}
  </div>
)
