import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

/** For the few things that cannot be undone; everything else is done at once and offers to be taken back. */
export const Confirm = ({
  is_open,
  onClose,
  title,
  description,
  action,
  onConfirm,
  is_busy,
  children,
}: {
  is_open: boolean
  onClose: () => void
  title: string
  description: string
  action: string
  onConfirm: () => void
  is_busy?: boolean
  children?: ReactNode
}) => (
  <Dialog
    is_open={is_open}
    onClose={onClose}
    title={title}
    description={description}
    footer={
      <>
        <Button onClick={onClose}>Keep it</Button>
        <Button look="danger" is_busy={is_busy} onClick={onConfirm}>
          {action}
        </Button>
      </>
    }
  >
    {children ?? <p className="text-sm text-ink-soft">This cannot be undone.</p>}
  </Dialog>
)
