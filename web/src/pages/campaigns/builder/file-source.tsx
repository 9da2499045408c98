import {
  createProcessingSession,
  listDatasetsWithPagination,
  previewCsvOrExcelFileBeforeUpload,
  uploadCsvWithSenderProfileSupport,
  uploadExcelWithMultiSheetAndSenderProfileSupport,
} from '@bavlio/sdk/operations'
import type { CsvFileInfo, FilePreviewResponse, SessionUploadResponse } from '@bavlio/sdk/types'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient } from '../../../api/query.ts'
import { uploadCall } from '../../../api/upload-call.ts'
import { useJob } from '../../../api/use-job.ts'
import { Button } from '../../../ui/button.tsx'
import { DropZone } from '../../../ui/drop-zone.tsx'
import { SelectField } from '../../../ui/field.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Progress } from '../../../ui/progress.tsx'
import { ErrorPanel } from '../../../ui/states.tsx'
import { ColumnMapping } from './column-mapping.tsx'
import { type Mapping, withField } from './lead-fields.ts'

type Stage =
  | { at: 'empty' }
  | { at: 'looking'; file: File }
  | { at: 'mapping'; file: File; preview: FilePreviewResponse; sheet: string | null; mapping: Mapping }
  | { at: 'sending'; file: File; sent_percent: number }
  | { at: 'reading'; upload: SessionUploadResponse; job_id: string }
  | { at: 'failed'; error: unknown }

const sheetOf = (preview: FilePreviewResponse, sheet: string | null): CsvFileInfo | null =>
  sheet === null ? (preview.csv_info ?? null) : (preview.sheets?.[sheet] ?? null)

/** A file becomes a session with a dataset: looked at first, with its columns as they will be read. */
export const FileSource = ({ onChoose }: { onChoose: (dataset_id: string, import_id: string) => void }) => {
  const [stage, setStage] = useState<Stage>({ at: 'empty' })

  const look = async (file: File): Promise<void> => {
    setStage({ at: 'looking', file })
    try {
      const preview = await previewCsvOrExcelFileBeforeUpload(call, { body: { file } })
      const sheet = preview.file_type === 'excel' ? (preview.sheet_names?.[0] ?? null) : null
      setStage({ at: 'mapping', file, preview, sheet, mapping: sheetOf(preview, sheet)?.column_mapping ?? {} })
    } catch (error) {
      setStage({ at: 'failed', error })
    }
  }

  const send = async ({ file, preview, sheet, mapping }: Extract<Stage, { at: 'mapping' }>): Promise<void> => {
    setStage({ at: 'sending', file, sent_percent: 0 })
    const call_sending = uploadCall((sent, total) =>
      setStage({ at: 'sending', file, sent_percent: Math.round((sent / total) * 100) }),
    )
    try {
      const { session_id } = await createProcessingSession(call, { body: { session_type: 'personalization' } })
      // A column that is to hold nothing is named with null, or it would be guessed again.
      const columns = sheetOf(preview, sheet)?.columns ?? []
      const column_mapping = Object.fromEntries(columns.map((column) => [column, mapping[column] ?? null]))
      const upload =
        sheet === null
          ? await uploadCsvWithSenderProfileSupport(call_sending, {
              session_id,
              body: { file, column_mapping: JSON.stringify(column_mapping) },
            })
          : await uploadExcelWithMultiSheetAndSenderProfileSupport(call_sending, {
              session_id,
              body: { file, sheet_config: JSON.stringify({ [sheet]: { enabled: true, column_mapping } }) },
            })
      if (upload.job_id) setStage({ at: 'reading', upload, job_id: upload.job_id })
      else await finish(upload)
    } catch (error) {
      setStage({ at: 'failed', error })
    }
  }

  const finish = async ({ dataset_id, import_id }: SessionUploadResponse): Promise<void> => {
    await queryClient.invalidateQueries({ queryKey: keyOf(listDatasetsWithPagination) })
    setStage({ at: 'empty' })
    if (dataset_id) onChoose(dataset_id, import_id)
  }

  switch (stage.at) {
    case 'empty':
      return (
        <DropZone
          title="Drop a CSV or Excel file"
          accept=".csv,.tsv,.txt,.xlsx,.xls"
          onFile={(file) => void look(file)}
          className="py-8"
        >
          It is shown with its columns before anything is loaded.
        </DropZone>
      )
    case 'looking':
      return (
        <p role="status" className="rounded-lg border border-line px-4 py-10 text-center text-sm text-ink-soft">
          Looking into {stage.file.name}
        </p>
      )
    case 'sending':
      return <Progress label={`Loading ${stage.file.name}`} done={stage.sent_percent} total={100} />
    case 'reading':
      return <Reading job_id={stage.job_id} onDone={() => void finish(stage.upload)} />
    case 'failed':
      return <ErrorPanel error={stage.error} retry={() => setStage({ at: 'empty' })} />
    case 'mapping': {
      const info = sheetOf(stage.preview, stage.sheet)
      const has_address = Object.values(stage.mapping).includes('email')
      return (
        <div className="flex flex-col gap-3">
          <div className="flex flex-wrap items-end justify-between gap-3">
            <p className="text-sm">
              <span className="font-medium">{stage.file.name}</span>
              <span className="text-ink-faint">
                {info ? `, ${info.row_count.toLocaleString()} rows, ${info.column_count} columns` : ''}
              </span>
            </p>
            <div className="flex gap-2">
              <Button look="quiet" onClick={() => setStage({ at: 'empty' })}>
                Another file
              </Button>
              <Button look="primary" disabled={!has_address} onClick={() => void send(stage)}>
                Load these rows
              </Button>
            </div>
          </div>
          {stage.sheet !== null && (stage.preview.sheet_names?.length ?? 0) > 1 ? (
            <SelectField
              label="Sheet"
              value={stage.sheet}
              onChange={(event) =>
                setStage({
                  ...stage,
                  sheet: event.target.value,
                  mapping: sheetOf(stage.preview, event.target.value)?.column_mapping ?? {},
                })
              }
              className="max-w-xs"
            >
              {stage.preview.sheet_names?.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </SelectField>
          ) : null}
          {has_address ? null : (
            <Notice tone="warn" title="No column holds e-mail addresses">
              Say below which one does.
            </Notice>
          )}
          {info?.notices?.map((notice) => (
            <p key={notice} className="text-xs text-ink-faint">
              {notice}
            </p>
          ))}
          {info ? (
            <ColumnMapping
              columns={info.columns}
              mapping={stage.mapping}
              samples={info.sample_data}
              is_locked={false}
              onChange={(column, field) => setStage({ ...stage, mapping: withField(stage.mapping, column, field) })}
            />
          ) : null}
        </div>
      )
    }
  }
}

const Reading = ({ job_id, onDone }: { job_id: string; onDone: () => void }) => {
  const { job, left_seconds } = useJob(job_id, (ended) => ended.status === 'completed' && onDone())
  if (job?.status === 'failed')
    return (
      <Notice tone="bad" title="The file could not be read">
        {job.error}
      </Notice>
    )
  return (
    <Progress
      label={job?.message ?? 'Reading the file'}
      done={job?.progress_done ?? 0}
      total={job?.progress_total ?? 0}
      left_seconds={left_seconds}
    />
  )
}
