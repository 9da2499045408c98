import { getDataset, listDatasetRows, listDatasetsWithPagination, updateDatasetColumn } from '@bavlio/sdk/operations'
import type { DatasetSummary } from '@bavlio/sdk/types'
import { Database } from 'lucide-react'
import { useState } from 'react'
import { keyOf, queryClient, useRead, useWrite } from '../../../api/query.ts'
import { useJob } from '../../../api/use-job.ts'
import { Button } from '../../../ui/button.tsx'
import { TextArea, TextField } from '../../../ui/field.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Progress } from '../../../ui/progress.tsx'
import { Loaded } from '../../../ui/states.tsx'
import { Tabs } from '../../../ui/tabs.tsx'
import { ColumnMapping } from './column-mapping.tsx'
import { DatasetSource } from './dataset-source.tsx'
import type { Draft } from './draft.ts'
import type { DraftProblem, Lock } from './draft-problems.ts'
import { ExtractionSource } from './extraction-source.tsx'
import { FileSource } from './file-source.tsx'
import { ImportOutcome } from './import-outcome.tsx'
import { type LeadField, type Mapping, withField } from './lead-fields.ts'
import { MendLink } from './mends.tsx'
import { Section } from './section.tsx'

type Source = 'dataset' | 'file' | 'extraction'

/** What it is called and whom it is for. */
export const AudienceSection = ({
  draft,
  change,
  lock,
  problems,
  number,
}: {
  draft: Draft
  change: (patch: Partial<Draft>) => void
  lock: Lock
  problems: DraftProblem[]
  number: number
}) => {
  const [source, setSource] = useState<Source>('dataset')
  const [is_choosing, setChoosing] = useState(draft.dataset_id === null)
  const [import_id, setImport] = useState<string | null>(null)
  const choose = (dataset_id: string, import_id: string | null = null): void => {
    change({ dataset_id })
    setImport(import_id)
    setChoosing(false)
  }
  return (
    <Section
      id="audience"
      number={number}
      title="Audience"
      note="The rows of a dataset become the leads when it is launched."
      is_complete={Boolean(draft.name.trim() && draft.dataset_id)}
      problems={problems}
    >
      <div className="flex flex-col gap-5">
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label="Name of the campaign"
            required
            maxLength={255}
            autoFocus={!draft.name}
            value={draft.name}
            onChange={(event) => change({ name: event.target.value })}
          />
          <TextArea
            label="Note for your team"
            rows={1}
            maxLength={1_000}
            value={draft.description}
            onChange={(event) => change({ description: event.target.value })}
          />
        </div>
        {draft.dataset_id && !is_choosing ? (
          <>
            {import_id ? <ImportOutcome import_id={import_id} /> : null}
            <ChosenDataset
              dataset_id={draft.dataset_id}
              is_locked={lock.before_launch}
              onOther={() => setChoosing(true)}
            />
          </>
        ) : (
          <div className="flex flex-col gap-4">
            <div className="flex items-end justify-between gap-3">
              <Tabs
                label="Where the leads come from"
                className="flex-1"
                current={source}
                onChange={setSource}
                tabs={[
                  { id: 'dataset', label: 'Dataset or session' },
                  { id: 'file', label: 'File' },
                  { id: 'extraction', label: 'Extraction' },
                ]}
              />
              {draft.dataset_id ? (
                <Button look="quiet" size="sm" onClick={() => setChoosing(false)}>
                  Keep the one chosen
                </Button>
              ) : null}
            </div>
            {source === 'dataset' ? <DatasetSource chosen={draft.dataset_id} onChoose={choose} /> : null}
            {source === 'file' ? <FileSource onChoose={choose} /> : null}
            {source === 'extraction' ? <ExtractionSource onChoose={choose} /> : null}
          </div>
        )}
      </div>
    </Section>
  )
}

const ChosenDataset = ({
  dataset_id,
  is_locked,
  onOther,
}: {
  dataset_id: string
  is_locked: boolean
  onOther: () => void
}) => {
  const dataset = useRead(getDataset, { dataset_id })
  const rows = useRead(listDatasetRows, { dataset_id, limit: 5 })
  const key = keyOf(getDataset, { dataset_id })
  const [job_id, setJob] = useState<string | null>(null)
  const map = useWrite(updateDatasetColumn, {
    refreshes: [getDataset, listDatasetRows, listDatasetsWithPagination],
    // A large dataset is read anew by a job.
    onDone: (change) => setJob(change.job_id),
  })
  const { job, left_seconds } = useJob(job_id, () => {
    setJob(null)
    void queryClient.invalidateQueries({ queryKey: keyOf(getDataset) })
    void queryClient.invalidateQueries({ queryKey: keyOf(listDatasetRows) })
  })
  const setField = (column: string, field: LeadField | null): void => {
    const before = queryClient.getQueryData<DatasetSummary>(key)
    if (before)
      queryClient.setQueryData<DatasetSummary>(key, {
        ...before,
        column_mapping: withField((before.column_mapping ?? {}) as Mapping, column, field),
      })
    map.mutate({ dataset_id, body: { column, field } }, { onError: () => queryClient.setQueryData(key, before) })
  }
  return (
    <Loaded read={dataset}>
      {(found) => {
        const mapping = (found.column_mapping ?? {}) as Mapping
        return (
          <div className="flex flex-col gap-3">
            <div className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-line px-3 py-2.5">
              <span className="flex min-w-0 items-center gap-3">
                <Database aria-hidden className="size-4 shrink-0 text-ink-faint" />
                <span className="min-w-0">
                  <span className="block truncate text-sm font-medium">{found.dataset_name}</span>
                  <span className="block text-xs text-ink-faint">
                    {found.row_count.toLocaleString()} rows, {found.columns.length} columns
                  </span>
                </span>
              </span>
              <span className="flex gap-2">
                <MendLink to="dataset" params={{ dataset_id }} />
                {is_locked ? null : (
                  <Button size="sm" onClick={onOther}>
                    Choose another
                  </Button>
                )}
              </span>
            </div>
            {Object.values(mapping).includes('email') ? null : (
              <Notice tone="warn" title="No column holds e-mail addresses">
                Say below which one does; rows without an address are skipped.
              </Notice>
            )}
            {job_id ? (
              <Progress
                label={job?.message ?? 'Reading the addresses anew'}
                done={job?.progress_done ?? 0}
                total={job?.progress_total ?? found.row_count}
                left_seconds={left_seconds}
              />
            ) : null}
            <details open={!is_locked} className="group">
              <summary className="cursor-pointer text-sm font-medium text-ink-soft hover:text-ink">
                Columns and what they hold
              </summary>
              <div className="pt-2">
                <ColumnMapping
                  columns={found.columns}
                  mapping={mapping}
                  samples={rows.data?.items.map(({ cells }) => cells) ?? []}
                  is_locked={job_id !== null}
                  onChange={setField}
                />
              </div>
            </details>
          </div>
        )
      }}
    </Loaded>
  )
}
