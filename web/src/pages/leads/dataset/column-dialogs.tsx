import { addDatasetColumn, removeDatasetColumn, updateDatasetColumn } from '@bavlio/sdk/operations'
import type { DatasetColumnUpdateRequest, DatasetSummary } from '@bavlio/sdk/types'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { SelectField, TextField } from '../../../ui/field.tsx'
import { showDone, showError } from '../../../ui/toast.tsx'
import { LEAD_FIELDS, type LeadField } from '../words.ts'
import { settled } from './run-change.ts'

type Props = { dataset: DatasetSummary; onClose: () => void; onDone: () => void }

const FieldOptions = () => (
  <>
    <option value="">None</option>
    {Object.entries(LEAD_FIELDS).map(([field, words]) => (
      <option key={field} value={field}>
        {words}
      </option>
    ))}
  </>
)

export const AddColumnDialog = ({ dataset, onClose, onDone }: Props) => {
  const form = useOperationForm({
    values: { name: '', field: '', value: '' },
    submit: async ({ name, field, value }) => {
      const body = { name, ...(field ? { field: field as LeadField } : {}), ...(value ? { value } : {}) }
      await settled(await addDatasetColumn(call, { dataset_id: dataset.dataset_id, body }))
      onClose()
      onDone()
      showDone(`${name} is added at the end`)
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="Add a column"
      description="Empty, or with one value for every row."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="column" is_busy={form.formState.isSubmitting}>
            Add the column
          </Button>
        </>
      }
    >
      <form id="column" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextField label="Name" autoComplete="off" error={form.errorOf('name')} {...form.register('name')} />
        <SelectField label="Lead field" error={form.errorOf('field')} {...form.register('field')}>
          <FieldOptions />
        </SelectField>
        <TextField
          label="Value for every row"
          autoComplete="off"
          error={form.errorOf('value')}
          {...form.register('value')}
        />
      </form>
    </Dialog>
  )
}

export const EditColumnDialog = ({ dataset, column, onClose, onDone }: Props & { column: string }) => {
  const had = dataset.column_mapping?.[column] ?? ''
  const form = useOperationForm({
    values: { name: column, field: had },
    submit: async ({ name, field }) => {
      const body: DatasetColumnUpdateRequest = {
        column,
        ...(name === column ? {} : { name }),
        ...(field === had ? {} : { field: (field || null) as LeadField | null }),
      }
      if (Object.keys(body).length > 1)
        await settled(await updateDatasetColumn(call, { dataset_id: dataset.dataset_id, body }))
      onClose()
      onDone()
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title={`Column ${column}`}
      description="A lead field belongs to one column: the one that had it loses it."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="column" is_busy={form.formState.isSubmitting}>
            Save
          </Button>
        </>
      }
    >
      <form id="column" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextField
          label="Name"
          autoComplete="off"
          hint="Templates that use the old name no longer find it."
          error={form.errorOf('name')}
          {...form.register('name')}
        />
        <SelectField label="Lead field" error={form.errorOf('field')} {...form.register('field')}>
          <FieldOptions />
        </SelectField>
      </form>
    </Dialog>
  )
}

export const RemoveColumnDialog = ({ dataset, column, onClose, onDone }: Props & { column: string }) => {
  const [is_busy, setBusy] = useState(false)
  const remove = async (): Promise<void> => {
    setBusy(true)
    try {
      await settled(await removeDatasetColumn(call, { dataset_id: dataset.dataset_id, body: { column } }))
      onClose()
      onDone()
    } catch (error) {
      showError(error)
      setBusy(false)
    }
  }
  return (
    <Confirm
      is_open
      onClose={onClose}
      title={`Remove ${column}`}
      description="The column goes with all its values, for good."
      action="Remove the column"
      is_busy={is_busy}
      onConfirm={() => void remove()}
    >
      <p className="text-sm text-ink-soft">
        {dataset.row_count.toLocaleString()} rows lose their value. Campaigns that were launched keep it until they are
        launched again.
      </p>
    </Confirm>
  )
}
