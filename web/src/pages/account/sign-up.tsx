import { signUp } from '@bavlio/sdk/operations'
import type { AccountOptions } from '@bavlio/sdk/types'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { publicCall } from '../../api/call.ts'
import { openSession, useSession } from '../../api/session.ts'
import { useAccountOptions } from '../../api/use-account-options.ts'
import { FormFailure } from '../../forms/form-failure.tsx'
import { useOperationForm } from '../../forms/use-operation-form.ts'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { AccountFrame } from './account-frame.tsx'
import { GoogleButton } from './google-button.tsx'
import { JoinPage } from './join.tsx'

type Values = { name: string; email: string; password: string; workspace_mode: 'sandbox' | 'live' }

/** Whoever is logged in and follows an invitation joins with the account there is. */
export const SignUpPage = () => {
  const { invitation } = useSearch({ strict: false }) as { invitation?: string }
  const { is_logged_in } = useSession()
  const options = useAccountOptions()
  if (invitation && is_logged_in) return <JoinPage invitation={invitation} />
  if (options?.signup === 'invited' && !invitation)
    return (
      <AccountFrame title="By invitation" note="This instance takes new accounts by invitation only.">
        <p className="text-sm text-ink-soft">
          Ask somebody who works here to invite you, under Settings, Members. The invitation is a link that leads back
          here.
        </p>
        <Link to="/log-in" className="mt-4 inline-block text-sm text-ink-soft underline underline-offset-2">
          Log in with an account you have
        </Link>
      </AccountFrame>
    )
  return <SignUpForm invitation={invitation} signup={options?.signup} />
}

const SignUpForm = ({
  invitation,
  signup,
}: {
  invitation: string | undefined
  signup: AccountOptions['signup'] | undefined
}) => {
  const is_first = signup === 'first_user'
  const next = invitation ? `/sign-up?invitation=${encodeURIComponent(invitation)}` : undefined
  const navigate = useNavigate()
  const form = useOperationForm<Values>({
    values: { name: '', email: '', password: '', workspace_mode: 'sandbox' },
    submit: async (values) => {
      const made = await signUp(publicCall, {
        body: {
          ...values,
          timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          ...(invitation ? { invitation_token: invitation } : {}),
        },
      })
      openSession(made, made.workspace_id)
      await navigate({ to: '/' })
    },
  })
  return (
    <AccountFrame
      title={is_first ? 'Make the first account' : 'Make an account'}
      note={
        is_first ? (
          'Nobody has one here yet. Others join by your invitation.'
        ) : (
          <>
            Have one?{' '}
            <Link
              to="/log-in"
              search={(next ? { next } : {}) as never}
              className="font-medium text-accent-strong underline underline-offset-2"
            >
              Log in
            </Link>
          </>
        )
      }
    >
      <form onSubmit={form.onSubmit} noValidate className="flex flex-col gap-4">
        <TextField
          label="Name"
          autoComplete="name"
          autoFocus
          error={form.errorOf('name')}
          {...form.register('name', { required: 'Your name is needed.' })}
        />
        <TextField
          label="E-mail address"
          type="email"
          autoComplete="username"
          error={form.errorOf('email')}
          {...form.register('email', { required: 'Your e-mail address is needed.' })}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          hint="At least 10 characters."
          error={form.errorOf('password')}
          {...form.register('password', {
            required: 'A password is needed.',
            minLength: { value: 10, message: 'At least 10 characters.' },
          })}
        />
        <SelectField
          label="First workspace"
          hint="A sandbox has a mail world of its own, where nothing reaches real people. You can add a live one later."
          {...form.register('workspace_mode')}
        >
          <option value="sandbox">Sandbox, to try everything</option>
          <option value="live">Live, with real mail</option>
        </SelectField>
        <FormFailure failure={form.failure} />
        <Button type="submit" look="primary" size="lg" is_busy={form.formState.isSubmitting}>
          Make the account
        </Button>
        {/* An invitation alone lets nobody in by Google who has no account. */}
        {signup === 'invited' ? null : <GoogleButton next={next} />}
      </form>
    </AccountFrame>
  )
}
