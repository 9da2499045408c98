import { useState } from 'react'
import { useAccountOptions } from '../../api/use-account-options.ts'
import { Button } from '../../ui/button.tsx'
import { showError } from '../../ui/toast.tsx'
import { beginGoogleLogin } from './google-log-in.ts'

/** The way in by Google, on instances that have it; nothing on the others. */
export const GoogleButton = ({ next }: { next: string | undefined }) => {
  const options = useAccountOptions()
  const [is_leaving, setLeaving] = useState(false)
  if (!options?.google) return null
  const leave = async (): Promise<void> => {
    setLeaving(true)
    try {
      await beginGoogleLogin(next)
    } catch (error) {
      showError(error)
      setLeaving(false)
    }
  }
  return (
    <>
      <p className="flex items-center gap-3 text-xs text-ink-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        or
      </p>
      <Button size="lg" is_busy={is_leaving} onClick={() => void leave()}>
        Continue with Google
      </Button>
    </>
  )
}
