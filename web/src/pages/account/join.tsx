import { acceptInvitation, getCurrentUser, listWorkspaces } from '@bavlio/sdk/operations'
import { Link, useNavigate } from '@tanstack/react-router'
import { call } from '../../api/call.ts'
import { keyOf, queryClient, useRead } from '../../api/query.ts'
import { chooseWorkspace } from '../../api/session.ts'
import { FormFailure } from '../../forms/form-failure.tsx'
import { useOperationForm } from '../../forms/use-operation-form.ts'
import { Button } from '../../ui/button.tsx'
import { AccountFrame } from './account-frame.tsx'

/** For somebody who has an account already and was invited to another workspace. */
export const JoinPage = ({ invitation }: { invitation: string }) => {
  const navigate = useNavigate()
  const me = useRead(getCurrentUser, {})
  const form = useOperationForm<Record<string, never>>({
    values: {},
    submit: async () => {
      const { workspace_id } = await acceptInvitation(call, { body: { token: invitation } })
      await queryClient.invalidateQueries({ queryKey: keyOf(listWorkspaces) })
      if (workspace_id) chooseWorkspace(workspace_id)
      await navigate({ to: '/' })
    },
  })
  return (
    <AccountFrame
      title="You are invited"
      note={me.data?.email ? `You are logged in as ${me.data.email}.` : 'You are logged in.'}
    >
      <form onSubmit={form.onSubmit} noValidate className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <Button type="submit" look="primary" size="lg" is_busy={form.formState.isSubmitting}>
          Join the workspace
        </Button>
        <Link to="/" className="text-center text-sm text-ink-soft underline underline-offset-2">
          Not now
        </Link>
      </form>
    </AccountFrame>
  )
}
