import { applyImportPlan, discardImportPlan, downloadImportErrors, getImport, undoImport } from '@bavlio/sdk/operations'
import type { Import } from '@bavlio/sdk/types'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Download, Undo2 } from 'lucide-react'
import { call } from '../../../api/call.ts'
import { queryClient, useRead, useWrite } from '../../../api/query.ts'
import { useJob } from '../../../api/use-job.ts'
import { saveFile } from '../../../lib/save-file.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Numbers } from '../../../ui/facts.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Page } from '../../../ui/page.tsx'
import { Progress } from '../../../ui/progress.tsx'
import { Loaded } from '../../../ui/states.tsx'
import { Table, Td, Tr } from '../../../ui/table.tsx'
import { formatDateTime } from '../../../ui/time.tsx'
import { showDone, showError } from '../../../ui/toast.tsx'
import { bytes, IMPORT_STATES } from '../words.ts'
import { ImportChanges } from './import-changes.tsx'

const WORKING = ['queued', 'running', 'undoing']

/** One reading of a file: on its way with a bar, as a plan to look at, or over with what became of each row. */
export const ImportPage = () => {
  const { import_id } = useParams({ strict: false }) as { import_id: string }
  const read = useRead(getImport, { import_id })
  return (
    <Loaded
      read={read}
      loading={
        <Page title="Import">
          <Card className="h-40" />
        </Page>
      }
    >
      {(found) => <Shown item={found} />}
    </Loaded>
  )
}

const Shown = ({ item }: { item: Import }) => {
  const { import_id } = item
  const navigate = useNavigate()
  const is_working = WORKING.includes(item.status)
  const { job, left_seconds } = useJob(
    is_working ? (item.status === 'undoing' ? item.undo_job_id : item.job_id) : null,
    () => void queryClient.invalidateQueries(),
  )
  // Any list may show rows of it: all that is on screen is asked again.
  const refresh = (): void => void queryClient.invalidateQueries()
  const undo = useWrite(undoImport, {
    onDone: (result) => {
      refresh()
      showDone(result.message)
    },
  })
  const apply = useWrite(applyImportPlan, { onDone: refresh })
  const discard = useWrite(discardImportPlan, {
    onDone: () => {
      showDone('The dry run is forgotten')
      void navigate({ to: '/leads/imports' })
    },
  })
  const state = IMPORT_STATES[item.status]
  const left_out = item.rows_rejected + item.rows_duplicate
  return (
    <Page
      title={item.filename ?? 'Import'}
      note={
        <span className="flex flex-wrap items-center gap-2">
          <Badge tone={state.tone}>{state.words}</Badge>
          {item.size_bytes === null ? null : <span>{bytes(item.size_bytes)}</span>}
          <span>{formatDateTime(item.created_at)}</span>
        </span>
      }
      actions={
        item.status === 'planned' ? (
          <>
            <Button is_busy={discard.isPending} onClick={() => discard.mutate({ import_id })}>
              Discard
            </Button>
            <Button look="primary" is_busy={apply.isPending} onClick={() => apply.mutate({ import_id })}>
              Import {item.rows_imported.toLocaleString()} rows
            </Button>
          </>
        ) : (
          <>
            {item.status === 'completed' ? (
              <Button icon={<Undo2 aria-hidden />} is_busy={undo.isPending} onClick={() => undo.mutate({ import_id })}>
                Undo the import
              </Button>
            ) : null}
            {item.dataset_id && !item.is_plan && item.status !== 'queued' && item.status !== 'running' ? (
              <Button look="primary" asChild>
                <Link to="/leads/datasets/$dataset_id" params={{ dataset_id: item.dataset_id }}>
                  Open the dataset
                </Link>
              </Button>
            ) : null}
          </>
        )
      }
    >
      {is_working ? (
        <Card className="p-4">
          <Progress
            label={item.status === 'undoing' ? 'Taking rows out' : 'Reading the file'}
            done={job?.progress_done ?? 0}
            total={job?.progress_total ?? 0}
            left_seconds={left_seconds}
            {...(item.status === 'undoing' ? {} : { format: bytes })}
          />
        </Card>
      ) : null}
      {item.status === 'planned' ? (
        <Notice title="Nothing has changed yet">
          This is what importing the file would do. Carrying it out is refused if the dataset changes meanwhile.
        </Notice>
      ) : null}
      {item.error ? (
        <Notice tone="bad" title="The import failed">
          {item.error}
        </Notice>
      ) : null}
      {item.status === 'undone' ? (
        <Notice title="The import was undone">
          {item.values_kept
            ? `${item.values_restored.toLocaleString()} cells have their former values; ${item.values_kept.toLocaleString()} stayed, because somebody had written them since.`
            : 'Its rows are out, and cells it changed have their former values.'}
        </Notice>
      ) : null}
      <Numbers
        numbers={[
          { name: 'Rows read', value: job?.counts?.rows_read ?? item.rows_read },
          {
            name: item.is_plan ? 'Would be added' : 'Added',
            value: job?.counts?.rows_imported ?? item.rows_imported,
            tone: 'good',
          },
          { name: item.is_plan ? 'Would change' : 'Changed', value: job?.counts?.rows_updated ?? item.rows_updated },
          { name: 'As they were', value: item.rows_unchanged },
          { name: 'Known already', value: job?.counts?.rows_duplicate ?? item.rows_duplicate },
          {
            name: 'Cannot be used',
            value: job?.counts?.rows_rejected ?? item.rows_rejected,
            ...(item.rows_rejected ? { tone: 'bad' as const } : {}),
          },
        ]}
      />
      {item.issues.length ? <Issues item={item} left_out={left_out} /> : null}
      {is_working ? null : <ImportChanges item={item} />}
    </Page>
  )
}

const SEVERITY = {
  rejected: { words: 'Cannot be used', tone: 'bad' },
  duplicate: { words: 'Known already', tone: 'neutral' },
  notice: { words: 'Notice', tone: 'warn' },
} as const

const Issues = ({ item, left_out }: { item: Import; left_out: number }) => (
  <Card>
    <CardHeader
      title="What was not taken as it was"
      note={
        left_out
          ? 'Correct the file of these rows and add it to the dataset: it is read without its first columns.'
          : undefined
      }
      actions={
        <Button
          icon={<Download aria-hidden />}
          onClick={() =>
            void downloadImportErrors(call, { import_id: item.import_id })
              .then((file) => saveFile(file, 'errors.csv'))
              .catch(showError)
          }
        >
          Rows with problems
        </Button>
      }
    />
    <Table>
      <tbody>
        {item.issues.map(({ severity, code, rows }) => (
          <Tr key={`${severity} ${code}`}>
            <Td className="w-40">
              <Badge tone={SEVERITY[severity].tone}>{SEVERITY[severity].words}</Badge>
            </Td>
            <Td>{`${code.charAt(0).toUpperCase()}${code.slice(1)}`.replaceAll('_', ' ')}</Td>
            <Td className="text-right tabular-nums">{rows.toLocaleString()}</Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  </Card>
)
