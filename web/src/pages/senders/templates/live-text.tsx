import { getDataset, listDatasetRows, previewText } from '@bavlio/sdk/operations'
import type { TemplateContent, TextPreview } from '@bavlio/sdk/types'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { cn } from '../../../ui/class-names.ts'
import { Skeleton } from '../../../ui/states.tsx'
import { Tabs } from '../../../ui/tabs.tsx'
import { leadName } from '../../campaigns/lead-name.ts'
import { ShownHtml } from '../../inbox/shown-html.tsx'

const REST_MS = 250

/** A value once it has stood still for a moment, so that not every key is a request. */
const useRested = <T,>(value: T): T => {
  const [rested, setRested] = useState(value)
  const text = JSON.stringify(value)
  // biome-ignore lint/correctness/useExhaustiveDependencies: equal by what it holds.
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS)
    return () => clearTimeout(timer)
  }, [text])
  return rested
}

type Reader = {
  dataset_id: string | null
  /** How many rows stand before it. */
  row: number
  /** Counted from 1. */
  step: number
  /** What the placeholders hold where there is no dataset. */
  example?: Record<string, string>
}

/** The row that so many others stand before: rows keep their own numbers when some between them are removed. */
const useRowAt = (dataset_id: string | null, row: number) => {
  const read = useRead(
    listDatasetRows,
    { dataset_id: dataset_id ?? '', limit: 1, offset: row },
    { enabled: dataset_id !== null, keep_previous: true },
  )
  return read.isPlaceholderData ? undefined : read.data?.items[0]
}

/**
 * A text that need not be stored, as the server would send it to one row of the audience. The last one that worked stays while
 * the next comes, or while what is typed is not a template yet.
 */
export const useLiveText = (content: TemplateContent, { dataset_id, row, step, example }: Reader) => {
  const rested = useRested(content)
  const row_index = useRowAt(dataset_id, row)?.row_index
  const has_text = rested.body.length > 0
  const read = useRead(
    previewText,
    { body: { content: rested, step, ...(dataset_id ? { dataset_id, row_index } : { variables: example }) } },
    { enabled: has_text && (dataset_id === null || row_index !== undefined), keep_previous: true },
  )
  const last = useRef<TextPreview | undefined>(undefined)
  if (read.data) last.current = read.data
  const problems = read.error
    ? read.error.problems.length
      ? read.error.problems.map(({ msg }) => msg)
      : [read.error.message]
    : []
  return { preview: has_text ? last.current : undefined, problems }
}

/** Whose eyes a text is read with: one row of the audience after the other. */
export const RowPicker = ({
  dataset_id,
  row,
  onChange,
}: {
  dataset_id: string
  row: number
  onChange: (row: number) => void
}) => {
  const dataset = useRead(getDataset, { dataset_id })
  const found = useRowAt(dataset_id, row)
  const name = found ? leadName({ lead_data: found.cells, email: null }) : null
  const rows = dataset.data?.row_count ?? 0
  return (
    <span className="flex min-w-0 items-center gap-1 text-xs text-ink-soft">
      <Button
        look="quiet"
        size="sm"
        aria-label="The row before"
        disabled={row <= 0}
        onClick={() => onChange(row - 1)}
        icon={<ChevronLeft aria-hidden />}
      />
      <span className="truncate tabular-nums">
        Row {(row + 1).toLocaleString()} of {rows.toLocaleString()}
        {name ? `, ${name}` : ''}
      </span>
      <Button
        look="quiet"
        size="sm"
        aria-label="The next row"
        disabled={row >= rows - 1}
        onClick={() => onChange(row + 1)}
        icon={<ChevronRight aria-hidden />}
      />
    </span>
  )
}

/** What the template has wrong, or leaves blank for this lead. */
export const TextFindings = ({ preview, problems }: { preview: TextPreview | undefined; problems: string[] }) =>
  problems.length ? (
    <ul role="status" className="text-xs text-bad">
      {problems.map((problem) => (
        <li key={problem}>{problem.replace(/^./, (letter) => letter.toUpperCase())}</li>
      ))}
    </ul>
  ) : preview?.missing_variables.length ? (
    <p role="status" className="text-xs text-warn">
      Blank for this lead: {preview.missing_variables.join(', ')}
    </p>
  ) : null

/** The whole of a message as it would arrive, beside where it is written or by itself. */
export const LiveMessage = ({
  content,
  dataset_id,
  step,
  example,
  className,
}: {
  content: TemplateContent
  dataset_id: string | null
  step: number
  /** Stands in for a lead where there is no dataset. */
  example?: Record<string, string>
  className?: string
}) => {
  const [row, setRow] = useState(0)
  const [form, setForm] = useState<'text' | 'html'>('text')
  const { preview, problems } = useLiveText(content, { dataset_id, row, step, ...(example ? { example } : {}) })
  return (
    <section aria-label="Preview" className={cn('flex min-w-0 flex-col gap-3', className)}>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Tabs
          label="Form of the preview"
          current={form}
          onChange={setForm}
          tabs={[
            { id: 'text', label: 'Text' },
            { id: 'html', label: 'HTML' },
          ]}
        />
        {dataset_id ? (
          <RowPicker dataset_id={dataset_id} row={row} onChange={setRow} />
        ) : (
          <p className="text-xs text-ink-faint">
            {example ? 'For a lead that does not exist' : 'Choose the audience to fill the placeholders'}
          </p>
        )}
      </div>
      <TextFindings preview={preview} problems={problems} />
      {preview ? (
        <div className={cn('flex flex-col gap-3', problems.length && 'opacity-60')}>
          <p className="text-base font-semibold break-words">
            {preview.subject || (
              <span className="font-normal text-ink-faint">Continues the thread with its subject</span>
            )}
          </p>
          {form === 'text' ? (
            <p className="text-sm leading-relaxed break-words whitespace-pre-wrap text-ink-soft">{preview.text}</p>
          ) : (
            <ShownHtml title="The message as HTML" html={preview.html} />
          )}
        </div>
      ) : problems.length ? null : content.body ? (
        <Skeleton className="h-32" />
      ) : (
        <p className="text-sm text-ink-faint">What you write is shown here as a lead would get it.</p>
      )}
    </section>
  )
}
