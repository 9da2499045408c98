import { erasePerson, listErasures, listPeople } from '@bavlio/sdk/operations'
import type { ErasureRequest, Person } from '@bavlio/sdk/types'
import { useNavigate } from '@tanstack/react-router'
import { useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { showDone } from '../../../ui/toast.tsx'

/** At a person's own request; the address has to be written out, since nothing brings it back. */
export const ErasureDialog = ({
  person,
  onClose,
}: {
  person?: Pick<Person, 'email' | 'linkedin_url'>
  onClose: () => void
}) => {
  const navigate = useNavigate()
  const erase = useWrite(erasePerson, { refreshes: [listPeople, listErasures], shows_error: true })
  const form = useOperationForm({
    values: { email: '', linkedin_url: person?.linkedin_url ?? '', note: '' },
    submit: async ({ email, linkedin_url, note }) => {
      const body: ErasureRequest = {
        ...(email ? { email } : {}),
        ...(linkedin_url ? { linkedin_url } : {}),
        ...(note ? { note } : {}),
      }
      await erase.mutateAsync({ body })
      showDone('The person is being erased')
      void navigate({ to: '/leads/erasures' })
      onClose()
    },
  })
  const written = form.watch('email').trim().toLowerCase()
  const is_other = Boolean(person?.email && written !== person.email.toLowerCase())
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="Erase a person"
      description="For a person’s own request."
      footer={
        <>
          <Button onClick={onClose}>Keep the person</Button>
          <Button look="danger" type="submit" form="erasure" disabled={is_other} is_busy={form.formState.isSubmitting}>
            Erase for good
          </Button>
        </>
      }
    >
      <form id="erasure" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <Notice tone="warn" title="This cannot be undone">
          The person goes from rows, campaigns, messages, received mail, imported files, extractions and logs. A keyed
          hash of the address stays on the suppression list, so nothing is ever sent again.
        </Notice>
        <FormFailure failure={form.failure} />
        <TextField
          label="Email address"
          autoComplete="off"
          hint={person?.email ? `Write ${person.email} to confirm.` : undefined}
          error={form.errorOf('email')}
          {...form.register('email')}
        />
        {person?.email ? null : (
          <TextField
            label="LinkedIn profile"
            autoComplete="off"
            error={form.errorOf('linkedin_url')}
            {...form.register('linkedin_url')}
          />
        )}
        <TextField
          label="Note"
          hint="Such as the number of the request. It must not name the person."
          autoComplete="off"
          error={form.errorOf('note')}
          {...form.register('note')}
        />
      </form>
    </Dialog>
  )
}
