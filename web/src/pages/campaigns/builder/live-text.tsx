import { getDataset, previewText } from '@bavlio/sdk/operations'
import type { TemplateContent, TextPreview } from '@bavlio/sdk/types'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { cn } from '../../../ui/class-names.ts'
import { Skeleton } from '../../../ui/states.tsx'
import { Tabs } from '../../../ui/tabs.tsx'
import { ShownHtml } from '../../inbox/shown-html.tsx'
import { leadName } from '../lead-name.ts'

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

type Reader = { dataset_id: string | null; row: number; step: number }

/**
 * A text that need not be stored, as the server would send it to one row of the audience. The last one that worked stays while
 * the next comes, or while what is typed is not a template yet.
 */
export const useLiveText = (content: TemplateContent, { dataset_id, row, step }: Reader) => {
  const rested = useRested(content)
  const read = useRead(
    previewText,
    { body: { content: rested, step, ...(dataset_id ? { dataset_id, row_index: row } : {}) } },
    { enabled: rested.body.length > 0, keep_previous: true },
  )
  const last = useRef<TextPreview | undefined>(undefined)
  if (read.data) last.current = read.data
  const problems = read.error
    ? read.error.problems.length
      ? read.error.problems.map(({ msg }) => msg)
      : [read.error.message]
    : []
  return { preview: rested.body.length ? last.current : undefined, problems }
}

/** Whose eyes a text is read with: one row of the audience after the other. */
export const RowPicker = ({
  dataset_id,
  row,
  onChange,
  name,
}: {
  dataset_id: string
  row: number
  onChange: (row: number) => void
  /** Who that is, where it is known. */
  name?: ReactNode
}) => {
  const dataset = useRead(getDataset, { dataset_id })
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

export const nameOfRow = (preview: TextPreview | undefined): string | null =>
  preview?.row ? leadName({ lead_data: preview.row.data, email: null }) : null

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
  className,
}: {
  content: TemplateContent
  dataset_id: string | null
  step: number
  className?: string
}) => {
  const [row, setRow] = useState(0)
  const [form, setForm] = useState<'text' | 'html'>('text')
  const { preview, problems } = useLiveText(content, { dataset_id, row, step })
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
          <RowPicker dataset_id={dataset_id} row={row} onChange={setRow} name={nameOfRow(preview)} />
        ) : (
          <p className="text-xs text-ink-faint">Choose the audience to fill the placeholders</p>
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
