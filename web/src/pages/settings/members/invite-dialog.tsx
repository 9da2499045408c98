import { createInvitation, listInvitations } from '@bavlio/sdk/operations'
import type { InvitationCreated, Member, Workspace } from '@bavlio/sdk/types'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { SelectField, TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { SecretBox } from '../secret-box.tsx'
import { ROLES } from './roles.ts'

type Values = { email: string; role: Member['role'] }

export const InviteDialog = ({
  workspace,
  is_open,
  onClose,
}: {
  workspace: Workspace
  is_open: boolean
  onClose: () => void
}) => {
  const [made, setMade] = useState<InvitationCreated | null>(null)
  const close = (): void => {
    onClose()
    setMade(null)
  }
  return (
    <Dialog
      is_open={is_open}
      onClose={close}
      title={made ? 'Hand on the link' : `Invite somebody to ${workspace.name}`}
      description={
        made
          ? `No system mail is set up, so nothing was sent. The link is for ${made.email}, good for seven days and shown this once.`
          : 'They get a letter with a link that is good for seven days.'
      }
      footer={
        made ? (
          <Button look="primary" onClick={close}>
            I have copied it
          </Button>
        ) : null
      }
    >
      {made ? (
        <SecretBox label="invitation link" value={`${location.origin}/sign-up?invitation=${made.token ?? ''}`} />
      ) : (
        <InviteForm
          workspace={workspace}
          onMade={(invitation) => {
            if (invitation.token) return setMade(invitation)
            showDone(`The invitation to ${invitation.email} is on its way.`)
            close()
          }}
        />
      )}
    </Dialog>
  )
}

const InviteForm = ({ workspace, onMade }: { workspace: Workspace; onMade: (made: InvitationCreated) => void }) => {
  const form = useOperationForm<Values>({
    values: { email: '', role: 'member' },
    submit: async (body) => {
      onMade(await createInvitation(call, { workspace_id: workspace.workspace_id, body }))
      await queryClient.invalidateQueries({ queryKey: keyOf(listInvitations) })
    },
  })
  const role = form.watch('role')
  return (
    <form onSubmit={form.onSubmit} noValidate className="flex flex-col gap-4">
      <TextField
        label="E-mail address"
        type="email"
        autoFocus
        error={form.errorOf('email')}
        {...form.register('email', { required: 'An address is needed.' })}
      />
      <SelectField label="Role" hint={ROLES.find((one) => one.role === role)?.note} {...form.register('role')}>
        {ROLES.filter((one) => one.role !== 'owner' || workspace.role === 'owner').map((one) => (
          <option key={one.role} value={one.role}>
            {one.words}
          </option>
        ))}
      </SelectField>
      <FormFailure failure={form.failure} />
      <Button type="submit" look="primary" className="self-end" is_busy={form.formState.isSubmitting}>
        Invite
      </Button>
    </form>
  )
}
