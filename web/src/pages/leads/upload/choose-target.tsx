import { listDatasetsWithPagination } from '@bavlio/sdk/operations'
import type { DatasetSummary, Import } from '@bavlio/sdk/types'
import { useRead } from '../../../api/query.ts'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { SelectField } from '../../../ui/field.tsx'

export type Target = {
  /** Null makes a new dataset of the file. */
  dataset_id: string | null
  duplicates: Import['duplicates']
  duplicates_in: Import['duplicates_in']
}

const DUPLICATES: Record<Target['duplicates'], string> = {
  skip: 'Leave the row out; what is there stays',
  update: 'Fill the row that is there; empty cells never erase',
  keep: 'Add the row beside it',
}

/** Where the rows go, and what becomes of people who are there. */
export const ChooseTarget = ({
  target,
  onChange,
  given,
}: {
  target: Target
  onChange: (target: Target) => void
  given: DatasetSummary | null
}) => {
  const list = useRead(listDatasetsWithPagination, { limit: 100 })
  const others = (list.data?.items ?? []).filter((item) => item.dataset_id !== given?.dataset_id)
  return (
    <Card>
      <CardHeader title="Where it goes" />
      <div className="grid gap-4 p-4 sm:grid-cols-2">
        <SelectField
          label="Dataset"
          value={target.dataset_id ?? ''}
          onChange={(event) => onChange({ ...target, dataset_id: event.target.value || null })}
          className="sm:col-span-2"
        >
          <option value="">A new one, named after the file</option>
          {[...(given ? [given] : []), ...others].map((dataset) => (
            <option key={dataset.dataset_id} value={dataset.dataset_id}>
              {dataset.dataset_name} ({dataset.row_count.toLocaleString()} rows)
            </option>
          ))}
        </SelectField>
        <SelectField
          label="A person who is there already"
          value={target.duplicates}
          onChange={(event) => onChange({ ...target, duplicates: event.target.value as Target['duplicates'] })}
        >
          {Object.entries(DUPLICATES).map(([policy, words]) => (
            <option key={policy} value={policy}>
              {words}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Looked for"
          value={target.duplicates_in}
          disabled={target.duplicates === 'keep'}
          onChange={(event) => onChange({ ...target, duplicates_in: event.target.value as Target['duplicates_in'] })}
        >
          <option value="dataset">In this dataset</option>
          <option value="workspace">In every dataset of the workspace</option>
        </SelectField>
      </div>
    </Card>
  )
}
