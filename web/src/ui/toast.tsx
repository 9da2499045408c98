import { Toaster as Sonner, toast } from 'sonner'
import { describeError } from '../api/query.ts'

export const Toaster = () => (
  <Sonner
    position="bottom-right"
    // Over dialogs and under menus, which are opened after it and gone at once.
    style={{ zIndex: 60 }}
    toastOptions={{
      classNames: {
        toast: '!bg-raised !text-ink !border-line !shadow-raised !font-sans',
        description: '!text-ink-faint',
        actionButton: '!bg-accent !text-on-accent',
      },
    }}
  />
)

export const showError = (error: unknown): void => {
  const { message, code, request_id } = describeError(error)
  toast.error(message, { description: request_id ? `${code} · request ${request_id}` : code, duration: 10_000 })
}

/** Says what was done; with `undo`, offers to take it back instead of asking before. */
export const showDone = (message: string, undo?: () => void): void => {
  toast.success(message, undo ? { action: { label: 'Undo', onClick: undo }, duration: 10_000 } : {})
}
