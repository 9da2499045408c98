import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { describeError } from '../../api/query.ts'
import { FormFailure } from '../../forms/form-failure.tsx'
import { LoadingRows } from '../../ui/states.tsx'
import { AccountFrame } from './account-frame.tsx'
import { endGoogleLogin } from './google-log-in.ts'

/** Where Google sends the browser back to. */
export const GoogleReturnPage = () => {
  const navigate = useNavigate()
  const [failure, setFailure] = useState<ReturnType<typeof describeError> | null>(null)
  const is_begun = useRef(false)
  useEffect(() => {
    // The code works once.
    if (is_begun.current) return
    is_begun.current = true
    endGoogleLogin(new URLSearchParams(location.search)).then(
      (href) => navigate({ href, replace: true }),
      (error) => setFailure({ ...describeError(error), ...(error.code ? {} : { code: 'LOG_IN_NOT_FINISHED' }) }),
    )
  }, [navigate])
  return (
    <AccountFrame title={failure ? 'You are not logged in' : 'Logging in with Google'}>
      {failure ? (
        <div className="flex flex-col gap-4">
          <FormFailure failure={failure} />
          <Link to="/log-in" className="text-center text-sm text-ink-soft underline underline-offset-2">
            Back to log in
          </Link>
        </div>
      ) : (
        <LoadingRows rows={2} />
      )}
    </AccountFrame>
  )
}
