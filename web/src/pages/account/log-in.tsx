import { logIn } from '@bavlio/sdk/operations'
import { Link, Navigate, useNavigate, useSearch } from '@tanstack/react-router'
import { publicCall } from '../../api/call.ts'
import { openSession } from '../../api/session.ts'
import { useAccountOptions } from '../../api/use-account-options.ts'
import { FormFailure } from '../../forms/form-failure.tsx'
import { useOperationForm } from '../../forms/use-operation-form.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { AccountFrame } from './account-frame.tsx'
import { GoogleButton } from './google-button.tsx'
import { placeToReturn, returnToWorkspace } from './way-back.ts'

export const LogInPage = () => {
  const navigate = useNavigate()
  const { next } = useSearch({ strict: false }) as { next?: string }
  const form = useOperationForm({
    values: { email: '', password: '' },
    submit: async (body) => {
      openSession(await logIn(publicCall, { body }), null)
      await returnToWorkspace()
      await navigate({ href: placeToReturn(next) })
    },
  })
  const options = useAccountOptions()
  // Nobody could log in.
  if (options?.signup === 'first_user') return <Navigate to="/sign-up" replace />
  return (
    <AccountFrame
      title="Log in"
      note={
        next?.startsWith('/sign-up?') ? (
          'To accept the invitation.'
        ) : options?.signup === 'open' ? (
          <>
            New here?{' '}
            <Link to="/sign-up" className="font-medium text-accent-strong underline underline-offset-2">
              Make an account
            </Link>
          </>
        ) : next ? (
          'Then it goes on where you were.'
        ) : null
      }
    >
      <form onSubmit={form.onSubmit} noValidate className="flex flex-col gap-4">
        <TextField
          label="E-mail address"
          type="email"
          autoComplete="username"
          autoFocus
          error={form.errorOf('email')}
          {...form.register('email', { required: 'Your e-mail address is needed.' })}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          error={form.errorOf('password')}
          {...form.register('password', { required: 'Your password is needed.' })}
        />
        <FormFailure failure={form.failure} />
        <Button type="submit" look="primary" size="lg" is_busy={form.formState.isSubmitting}>
          Log in
        </Button>
        <GoogleButton next={next} />
        <Link to="/reset-password" className="text-center text-sm text-ink-soft underline underline-offset-2">
          Forgot your password?
        </Link>
      </form>
    </AccountFrame>
  )
}
