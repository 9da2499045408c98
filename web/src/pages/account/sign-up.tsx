import { signUp } from '@bavlio/sdk/operations'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { publicCall } from '../../api/call.ts'
import { openSession } from '../../api/session.ts'
import { FormFailure } from '../../forms/form-failure.tsx'
import { useOperationForm } from '../../forms/use-operation-form.ts'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { AccountFrame } from './account-frame.tsx'

type Values = { name: string; email: string; password: string; workspace_mode: 'sandbox' | 'live' }

export const SignUpPage = () => {
  const navigate = useNavigate()
  const { invitation } = useSearch({ strict: false }) as { invitation?: string }
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
      title="Make an account"
      note={
        <>
          Have one?{' '}
          <Link to="/log-in" className="font-medium text-accent-strong underline underline-offset-2">
            Log in
          </Link>
        </>
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
      </form>
    </AccountFrame>
  )
}
