import { confirmPasswordReset, requestPasswordReset } from '@bavlio/sdk/operations'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { publicCall } from '../../api/call.ts'
import { FormFailure } from '../../forms/form-failure.tsx'
import { useOperationForm } from '../../forms/use-operation-form.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { showDone } from '../../ui/toast.tsx'
import { AccountFrame } from './account-frame.tsx'

/** Asks for the mail with the link; the link brings back here with its token. */
export const ResetPasswordPage = () => {
  const { token } = useSearch({ strict: false }) as { token?: string }
  return token ? <NewPassword token={token} /> : <AskForLink />
}

const AskForLink = () => {
  const [sent_to, setSentTo] = useState<string | null>(null)
  const form = useOperationForm({
    values: { email: '' },
    submit: async (body) => {
      await requestPasswordReset(publicCall, { body })
      setSentTo(body.email)
    },
  })
  if (sent_to)
    return (
      <AccountFrame title="Look at your mail" note={`If there is an account for ${sent_to}, a link is on its way.`}>
        <Link to="/log-in" className="text-sm text-ink-soft underline underline-offset-2">
          Back to log in
        </Link>
      </AccountFrame>
    )
  return (
    <AccountFrame title="Reset your password" note="We send a link that works once.">
      <form onSubmit={form.onSubmit} noValidate className="flex flex-col gap-4">
        <TextField
          label="E-mail address"
          type="email"
          autoComplete="username"
          autoFocus
          error={form.errorOf('email')}
          {...form.register('email', { required: 'Your e-mail address is needed.' })}
        />
        <FormFailure failure={form.failure} />
        {form.failure?.code === 'MAIL_NOT_CONFIGURED' ? (
          <p className="text-sm text-ink-soft">
            Whoever runs this instance can set a new password with <code>npx bavlio user reset --email …</code>
          </p>
        ) : null}
        <Button type="submit" look="primary" size="lg" is_busy={form.formState.isSubmitting}>
          Send the link
        </Button>
        <Link to="/log-in" className="text-center text-sm text-ink-soft underline underline-offset-2">
          Back to log in
        </Link>
      </form>
    </AccountFrame>
  )
}

const NewPassword = ({ token }: { token: string }) => {
  const navigate = useNavigate()
  const form = useOperationForm({
    values: { password: '' },
    submit: async ({ password }) => {
      await confirmPasswordReset(publicCall, { body: { token, password } })
      showDone('The new password is set. Log in with it.')
      await navigate({ to: '/log-in' })
    },
  })
  return (
    <AccountFrame title="Choose a new password">
      <form onSubmit={form.onSubmit} noValidate className="flex flex-col gap-4">
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          autoFocus
          hint="At least 10 characters."
          error={form.errorOf('password')}
          {...form.register('password', { minLength: { value: 10, message: 'At least 10 characters.' } })}
        />
        <FormFailure failure={form.failure} />
        <Button type="submit" look="primary" size="lg" is_busy={form.formState.isSubmitting}>
          Set the password
        </Button>
      </form>
    </AccountFrame>
  )
}
