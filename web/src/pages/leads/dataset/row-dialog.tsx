import { addDatasetRows } from '@bavlio/sdk/operations'
import type { DatasetSummary } from '@bavlio/sdk/types'
import { useState } from 'react'
import { describeError, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'

/** One row by hand. Names of columns may hold any sign, so the form is kept by position and not by name. */
export const RowDialog = ({
  dataset,
  onClose,
  onDone,
}: {
  dataset: DatasetSummary
  onClose: () => void
  onDone: () => void
}) => {
  const [values, setValues] = useState<string[]>(() => dataset.columns.map(() => ''))
  const add = useWrite(addDatasetRows, { shows_error: true })
  const submit = async (): Promise<void> => {
    const row = Object.fromEntries(
      dataset.columns.flatMap((column, index) => (values[index] ? [[column, values[index]]] : [])),
    )
    const result = await add.mutateAsync({ dataset_id: dataset.dataset_id, body: { rows: [row] } }).catch(() => null)
    if (!result) return
    showDone(result.message)
    onClose()
    onDone()
  }
  return (
    <Dialog
      is_open
      onClose={onClose}
      place="side"
      title="Add a row"
      description="At the end of the dataset."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="row" is_busy={add.isPending} disabled={!values.some(Boolean)}>
            Add the row
          </Button>
        </>
      }
    >
      <form
        id="row"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <FormFailure failure={add.error ? describeError(add.error) : null} />
        {dataset.columns.map((column, index) => (
          <TextField
            key={column}
            label={column}
            autoComplete="off"
            value={values[index] ?? ''}
            onChange={(event) => setValues(values.map((value, i) => (i === index ? event.target.value : value)))}
          />
        ))}
      </form>
    </Dialog>
  )
}
