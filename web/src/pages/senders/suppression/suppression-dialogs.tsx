import { addSuppression, deleteSuppression, importSuppression, listSuppression } from '@bavlio/sdk/operations'
import type { SuppressionEntry, SuppressionImportResult } from '@bavlio/sdk/types'
import { useState } from 'react'
import { describeError, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { DropZone } from '../../../ui/drop-zone.tsx'
import { Numbers } from '../../../ui/facts.tsx'
import { CheckField, TextArea, TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { REASONS } from '../words.ts'

export const AddSuppressionDialog = ({ onClose }: { onClose: () => void }) => {
  const add = useWrite(addSuppression, { refreshes: [listSuppression], shows_error: true })
  const lift = useWrite(deleteSuppression, { refreshes: [listSuppression] })
  const form = useOperationForm({
    values: { email: '', note: '' },
    submit: async ({ email, note }) => {
      const written = email.trim()
      const body = {
        email: written,
        note: note || null,
        ...(written.includes('@') ? {} : { kind: 'domain' as const }),
      }
      const entry = await add.mutateAsync({ body })
      showDone(`Nothing is sent to ${entry.email} any more`, () => lift.mutate({ entry_id: entry.entry_id }))
      onClose()
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="Add to the list"
      description="Whose messages are waiting is left out too."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="suppression" is_busy={form.formState.isSubmitting}>
            Add
          </Button>
        </>
      }
    >
      <form id="suppression" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextField
          label="Address or domain"
          placeholder="ann@example.com"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          hint="A domain alone, such as example.com, means everybody there."
          error={form.errorOf('email')}
          {...form.register('email')}
        />
        <TextField label="Note" autoComplete="off" error={form.errorOf('note')} {...form.register('note')} />
      </form>
    </Dialog>
  )
}

/** Somebody unsubscribed or complained: to write again needs a reason that stays on record. */
export const LiftDialog = ({ entry, onClose }: { entry: SuppressionEntry; onClose: () => void }) => {
  const lift = useWrite(deleteSuppression, { refreshes: [listSuppression], shows_error: true })
  const form = useOperationForm({
    values: { note: '' },
    submit: async ({ note }) => {
      await lift.mutateAsync({ entry_id: entry.entry_id, body: { note } })
      showDone(`${entry.email} can be written to again`)
      onClose()
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title={`Write to ${entry.email} again`}
      description={`${REASONS[entry.reason].words}: the person asked not to be written to. Leads that were left out stay out.`}
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" type="submit" form="lift" is_busy={form.formState.isSubmitting}>
            Lift
          </Button>
        </>
      }
    >
      <form id="lift" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextArea
          label="Why"
          hint="Such as the message in which the person asked for it. Kept in the audit log."
          error={form.errorOf('note')}
          {...form.register('note', { required: 'A note is needed.' })}
        />
      </form>
    </Dialog>
  )
}

export const ImportDialog = ({ onClose }: { onClose: () => void }) => {
  const [is_domains, setDomains] = useState(false)
  const [result, setResult] = useState<SuppressionImportResult | null>(null)
  const take = useWrite(importSuppression, { refreshes: [listSuppression], shows_error: true, onDone: setResult })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="Import a list"
      description="A CSV file with addresses or domains. The column is found by its header or by what stands in it."
      footer={<Button onClick={onClose}>{result ? 'Close' : 'Cancel'}</Button>}
    >
      <div className="flex flex-col gap-4">
        <FormFailure failure={take.error ? describeError(take.error) : null} />
        {result ? (
          <>
            <Numbers
              numbers={[
                { name: 'Added', value: result.added, tone: 'good' },
                { name: 'There already', value: result.already },
                { name: 'Not usable', value: result.invalid, ...(result.invalid ? { tone: 'bad' as const } : {}) },
              ]}
            />
            {result.problems.length ? (
              <ul className="max-h-48 overflow-y-auto text-xs text-ink-soft">
                {result.problems.map(({ row, value, message }) => (
                  <li key={row} className="border-b border-line py-1 last:border-0">
                    Row {row.toLocaleString()}, {value || 'empty'}: {message}
                  </li>
                ))}
              </ul>
            ) : null}
          </>
        ) : (
          <>
            <CheckField
              label="A bare domain in the file means everybody there"
              checked={is_domains}
              onChange={(event) => setDomains(event.target.checked)}
            />
            <DropZone
              title="Drop the file here"
              accept=".csv,.txt,.tsv"
              is_busy={take.isPending}
              onFile={(file) =>
                take.mutate({ body: { file, reason: 'imported', ...(is_domains ? { kind: 'domain' as const } : {}) } })
              }
              className="py-8"
            />
          </>
        )}
      </div>
    </Dialog>
  )
}
