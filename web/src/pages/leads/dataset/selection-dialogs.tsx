import { splitDataset, updateDatasetRows } from '@bavlio/sdk/operations'
import type { DatasetSummary } from '@bavlio/sdk/types'
import { useNavigate } from '@tanstack/react-router'
import { call } from '../../../api/call.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { CheckField, SelectField, TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { count } from '../words.ts'
import { settled } from './run-change.ts'
import type { RowChoice } from './selection-bar.tsx'

type Props = { dataset: DatasetSummary; choice: RowChoice; words: string; onClose: () => void; onDone: () => void }

export const SplitDialog = ({ dataset, choice, words, onClose, onDone }: Props) => {
  const navigate = useNavigate()
  const form = useOperationForm({
    values: { dataset_name: `${dataset.dataset_name} (part)`, move: false },
    submit: async ({ dataset_name, move }) => {
      const body = { ...choice, dataset_name, move }
      const result = await settled(await splitDataset(call, { dataset_id: dataset.dataset_id, body }))
      onClose()
      onDone()
      showDone(`${dataset_name} has ${count(result.rows_copied ?? 0, 'row')}`)
      if (result.new_dataset_id)
        void navigate({ to: '/leads/datasets/$dataset_id', params: { dataset_id: result.new_dataset_id } })
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="To a new dataset"
      description={words}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="split" is_busy={form.formState.isSubmitting}>
            Make the dataset
          </Button>
        </>
      }
    >
      <form id="split" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextField
          label="Name"
          autoComplete="off"
          error={form.errorOf('dataset_name')}
          {...form.register('dataset_name')}
        />
        <CheckField
          label="Take the rows out of this dataset"
          hint="They wait among its removed rows and can be brought back."
          {...form.register('move')}
        />
      </form>
    </Dialog>
  )
}

export const SetValueDialog = ({ dataset, choice, words, onClose, onDone }: Props) => {
  const form = useOperationForm({
    values: { column: dataset.columns[0] ?? '', value: '' },
    submit: async ({ column, value }) => {
      const body = { ...choice, cells: { [column]: value || null } }
      const result = await settled(await updateDatasetRows(call, { dataset_id: dataset.dataset_id, body }))
      onClose()
      onDone()
      showDone(`${column} is written in ${count(result.rows_changed ?? 0, 'row')}`)
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="Set a value"
      description={`${words}. What stands there is written over, which cannot be undone.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="set" is_busy={form.formState.isSubmitting}>
            Write it
          </Button>
        </>
      }
    >
      <form id="set" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <SelectField label="Column" error={form.errorOf('column')} {...form.register('column')}>
          {dataset.columns.map((column) => (
            <option key={column}>{column}</option>
          ))}
        </SelectField>
        <TextField label="Value" hint="Empty makes the cells empty." autoComplete="off" {...form.register('value')} />
      </form>
    </Dialog>
  )
}
