import { listDatasetsWithPagination, mergeDatasets } from '@bavlio/sdk/operations'
import type { DatasetChange, DatasetMergeRequest, DatasetSummary } from '@bavlio/sdk/types'
import { useEffect, useState } from 'react'
import { call } from '../../../api/call.ts'
import { describeError, useRead } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Numbers } from '../../../ui/facts.tsx'
import { CheckField, SelectField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { settled } from './run-change.ts'

/** Takes the rows of another dataset in; what would come of it is counted before. */
export const MergeDialog = ({
  dataset,
  onClose,
  onDone,
}: {
  dataset: DatasetSummary
  onClose: () => void
  onDone: () => void
}) => {
  const { dataset_id } = dataset
  const list = useRead(listDatasetsWithPagination, { limit: 100 })
  const others = (list.data?.items ?? []).filter((item) => item.dataset_id !== dataset_id)
  const [body, setBody] = useState<DatasetMergeRequest>({
    source_dataset_id: '',
    duplicates: 'skip',
    archive_source: false,
  })
  const [counted, setCounted] = useState<DatasetChange['result']>(null)
  const [error, setError] = useState<unknown>(null)
  const [is_busy, setBusy] = useState(false)

  useEffect(() => {
    setCounted(null)
    setError(null)
    if (!body.source_dataset_id) return
    const aborter = new AbortController()
    void mergeDatasets(call, { dataset_id, body: { ...body, dry_run: true } }, { signal: aborter.signal })
      .then(settled)
      .then((result) => aborter.signal.aborted || setCounted(result))
      .catch((problem) => aborter.signal.aborted || setError(problem))
    return () => aborter.abort()
  }, [dataset_id, body])

  const merge = async (): Promise<void> => {
    setBusy(true)
    try {
      const result = await settled(await mergeDatasets(call, { dataset_id, body }))
      showDone(`${(result.rows_added ?? 0).toLocaleString()} rows added`)
      onClose()
      onDone()
    } catch (problem) {
      setError(problem)
      setBusy(false)
    }
  }
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="Rows of another dataset"
      description="Columns of the same name or lead field meet, others are added."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" is_busy={is_busy} disabled={!counted} onClick={() => void merge()}>
            Add the rows
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <FormFailure failure={error ? describeError(error) : null} />
        <SelectField
          label="Dataset"
          value={body.source_dataset_id}
          onChange={(event) => setBody({ ...body, source_dataset_id: event.target.value })}
        >
          <option value="">Choose one</option>
          {others.map((item) => (
            <option key={item.dataset_id} value={item.dataset_id}>
              {item.dataset_name} ({item.row_count.toLocaleString()} rows)
            </option>
          ))}
        </SelectField>
        <SelectField
          label="A person who is here already"
          value={body.duplicates ?? 'skip'}
          onChange={(event) => setBody({ ...body, duplicates: event.target.value as 'skip' | 'update' | 'keep' })}
        >
          <option value="skip">Leave the row out; what is here stays</option>
          <option value="update">Fill the row that is here; empty cells never erase</option>
          <option value="keep">Add the row beside it</option>
        </SelectField>
        <CheckField
          label="Archive the other dataset afterwards"
          hint="It can be taken out of the archive again."
          checked={body.archive_source ?? false}
          onChange={(event) => setBody({ ...body, archive_source: event.target.checked })}
        />
        {counted ? (
          <Numbers
            numbers={[
              { name: 'Would be added', value: counted.rows_added ?? 0, tone: 'good' },
              { name: 'Would change', value: counted.rows_updated ?? 0 },
              { name: 'Known already', value: (counted.rows_duplicate ?? 0) + (counted.rows_unchanged ?? 0) },
            ]}
          />
        ) : body.source_dataset_id && !error ? (
          <p role="status" className="text-sm text-ink-faint">
            Counting …
          </p>
        ) : null}
      </div>
    </Dialog>
  )
}
