import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cn } from './class-names.ts'

type DialogProps = {
  is_open: boolean
  onClose: () => void
  title: string
  /** Says in a sentence what the dialog does. */
  description: string
  children: ReactNode
  footer?: ReactNode
  /** `side` comes in from the right and leaves the list beside it in sight. */
  place?: 'middle' | 'side'
  className?: string
}

export const Dialog = ({
  is_open,
  onClose,
  title,
  description,
  children,
  footer,
  place = 'middle',
  className,
}: DialogProps) => (
  <Radix.Root open={is_open} onOpenChange={(open) => open || onClose()}>
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
      <Radix.Content
        className={cn(
          'fixed z-50 flex flex-col border-line bg-raised shadow-raised focus:outline-none',
          place === 'middle'
            ? 'top-1/2 left-1/2 max-h-[85vh] w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-xl border'
            : 'inset-y-0 right-0 w-[min(40rem,100vw)] border-l',
          className,
        )}
      >
        <header className="flex items-start justify-between gap-4 border-b border-line px-5 py-4">
          <div>
            <Radix.Title className="text-lg font-semibold text-ink">{title}</Radix.Title>
            <Radix.Description className="text-sm text-ink-faint">{description}</Radix.Description>
          </div>
          <Radix.Close
            aria-label="Close"
            className="-mr-1 rounded-md p-1 text-ink-faint hover:bg-sunken hover:text-ink [&_svg]:size-4"
          >
            <X aria-hidden />
          </Radix.Close>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
        {footer ? <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer> : null}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
)
