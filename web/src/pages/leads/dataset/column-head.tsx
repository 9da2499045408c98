import { reorderDatasetColumns } from '@bavlio/sdk/operations'
import type { DatasetSummary } from '@bavlio/sdk/types'
import {
  ArrowDown,
  ArrowLeft,
  ArrowRight,
  ArrowUp,
  ChevronDown,
  EyeOff,
  Pencil,
  Pin,
  PinOff,
  Trash2,
  X,
} from 'lucide-react'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import type { ColumnLayout } from '../../../table/column-layout.ts'
import { ActionMenu } from '../../../ui/menu.tsx'
import { showError } from '../../../ui/toast.tsx'
import { LEAD_FIELDS, type LeadField } from '../words.ts'
import { EditColumnDialog, RemoveColumnDialog } from './column-dialogs.tsx'
import type { RowSearch } from './dataset-page.tsx'
import { settled } from './run-change.ts'

/** The head of a column: its name, what it holds, and what can be done with it. */
export const ColumnHead = ({
  dataset,
  column,
  search,
  onSort,
  layout,
  onChanged,
}: {
  dataset: DatasetSummary
  column: string
  search: RowSearch
  onSort: (order?: 'asc' | 'desc', as?: 'text' | 'number') => void
  layout: ColumnLayout
  onChanged: () => void
}) => {
  const [open, setOpen] = useState<'edit' | 'remove' | null>(null)
  const field = dataset.column_mapping?.[column] as LeadField | undefined
  const at = dataset.columns.indexOf(column)
  const placed = layout.getColumn(column)
  const sorted = search.sort === column ? (search.order ?? 'asc') : null
  const move = async (by: number): Promise<void> => {
    const columns = [...dataset.columns]
    columns.splice(at, 1)
    columns.splice(at + by, 0, column)
    try {
      await settled(await reorderDatasetColumns(call, { dataset_id: dataset.dataset_id, body: { columns } }))
    } catch (error) {
      showError(error)
    }
  }
  return (
    <>
      <ActionMenu
        label={`Column ${column}`}
        trigger={
          <button
            type="button"
            className="flex h-full min-w-0 flex-1 items-center gap-1.5 px-3 text-left hover:bg-sunken focus-visible:-outline-offset-2 [&_svg]:size-3.5 [&_svg]:shrink-0"
          >
            <span className="flex min-w-0 flex-col">
              <span className="truncate text-ink">{column}</span>
              {field && LEAD_FIELDS[field].toLowerCase() !== column.toLowerCase() ? (
                <span className="truncate text-2xs font-normal text-ink-faint">{LEAD_FIELDS[field]}</span>
              ) : null}
            </span>
            {placed?.getIsPinned() ? <Pin aria-label="Pinned" className="text-ink-faint" /> : null}
            {sorted === 'asc' ? <ArrowUp aria-hidden /> : sorted === 'desc' ? <ArrowDown aria-hidden /> : null}
            <ChevronDown aria-hidden className="ml-auto text-ink-faint" />
          </button>
        }
        actions={[
          { label: 'Sort from A to Z', icon: <ArrowUp aria-hidden />, onSelect: () => onSort('asc', 'text') },
          { label: 'Sort from Z to A', icon: <ArrowDown aria-hidden />, onSelect: () => onSort('desc', 'text') },
          {
            label: 'Sort as numbers, largest first',
            icon: <ArrowDown aria-hidden />,
            onSelect: () => onSort('desc', 'number'),
          },
          ...(sorted ? [{ label: 'In the order of the file', icon: <X aria-hidden />, onSelect: () => onSort() }] : []),
          placed?.getIsPinned()
            ? { label: 'Let it move', icon: <PinOff aria-hidden />, onSelect: () => placed.pin(false) }
            : { label: 'Pin to the left', icon: <Pin aria-hidden />, onSelect: () => placed?.pin('start') },
          {
            label: 'Hide',
            icon: <EyeOff aria-hidden />,
            is_disabled: layout.getVisibleLeafColumns().length === 1,
            onSelect: () => placed?.toggleVisibility(false),
          },
          { label: 'Rename, or say what it holds', icon: <Pencil aria-hidden />, onSelect: () => setOpen('edit') },
          { label: 'Move left', icon: <ArrowLeft aria-hidden />, is_disabled: at === 0, onSelect: () => void move(-1) },
          {
            label: 'Move right',
            icon: <ArrowRight aria-hidden />,
            is_disabled: at === dataset.columns.length - 1,
            onSelect: () => void move(1),
          },
          {
            label: 'Remove the column',
            icon: <Trash2 aria-hidden />,
            is_dangerous: true,
            onSelect: () => setOpen('remove'),
          },
        ]}
      />
      {open === 'edit' ? (
        <EditColumnDialog dataset={dataset} column={column} onClose={() => setOpen(null)} onDone={onChanged} />
      ) : null}
      {open === 'remove' ? (
        <RemoveColumnDialog dataset={dataset} column={column} onClose={() => setOpen(null)} onDone={onChanged} />
      ) : null}
    </>
  )
}
