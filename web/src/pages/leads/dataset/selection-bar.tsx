import { removeDatasetRows, restoreDatasetRows } from '@bavlio/sdk/operations'
import type { DatasetRowFilter, DatasetSummary } from '@bavlio/sdk/types'
import { ArchiveRestore, Pencil, Split, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import type { GridSelection } from '../../../table/data-grid.tsx'
import { Button } from '../../../ui/button.tsx'
import { showDone, showError } from '../../../ui/toast.tsx'
import { count } from '../words.ts'
import type { RowSearch } from './dataset-page.tsx'
import { settled } from './run-change.ts'
import { SetValueDialog, SplitDialog } from './selection-dialogs.tsx'

/** Which rows are meant, as every operation over many rows takes it. */
export type RowChoice = { row_ids?: string[]; filter?: DatasetRowFilter; search?: string; all?: true }

const choiceOf = (selection: GridSelection, search: RowSearch, filter: DatasetRowFilter | null): RowChoice => {
  if (selection !== 'all') return { row_ids: [...selection] }
  if (!filter?.conditions.length && !search.q) return { all: true }
  return { ...(filter?.conditions.length ? { filter } : {}), ...(search.q ? { search: search.q } : {}) }
}

/** What can be done with the rows that are selected, once there are any. */
export const SelectionBar = ({
  dataset,
  selection,
  search,
  filter,
  total,
  onDone,
  onClear,
}: {
  dataset: DatasetSummary
  selection: GridSelection
  search: RowSearch
  filter: DatasetRowFilter | null
  total: number | null
  onDone: () => void
  onClear: () => void
}) => {
  const [open, setOpen] = useState<'split' | 'set' | null>(null)
  const [is_busy, setBusy] = useState(false)
  const { dataset_id } = dataset
  if (selection !== 'all' && selection.size === 0) return null
  const choice = choiceOf(selection, search, filter)
  const words =
    selection !== 'all'
      ? `${count(selection.size, 'row')} selected`
      : `Every row${filter?.conditions.length || search.q ? ' that fits' : ''} selected${total === null ? '' : ` (${total.toLocaleString()})`}`

  const restore = async (removed: { removed_at?: string; row_ids?: string[]; all?: true }): Promise<void> => {
    setBusy(true)
    try {
      const result = await settled(await restoreDatasetRows(call, { dataset_id, body: removed }))
      showDone(`${count(result.rows_restored ?? 0, 'row')} brought back`)
      onDone()
    } catch (error) {
      showError(error)
    } finally {
      setBusy(false)
    }
  }
  const remove = async (): Promise<void> => {
    setBusy(true)
    try {
      const { rows_removed, removed_at, campaigns } = await settled(
        await removeDatasetRows(call, { dataset_id, body: choice }),
      )
      const going_on = campaigns?.length ? `; ${count(campaigns.length, 'campaign')} of theirs go on` : ''
      showDone(
        `${count(rows_removed ?? 0, 'row')} removed${going_on}`,
        removed_at ? () => void restore({ removed_at }) : undefined,
      )
      onDone()
    } catch (error) {
      showError(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div
      role="toolbar"
      aria-label="Selected rows"
      className="flex flex-wrap items-center gap-2 border-t border-line bg-raised px-4 py-2 shadow-raised"
    >
      <p className="mr-auto text-sm font-medium text-ink">{words}</p>
      {search.removed ? (
        <Button
          icon={<ArchiveRestore aria-hidden />}
          is_busy={is_busy}
          onClick={() => void restore(selection === 'all' ? { all: true } : { row_ids: [...selection] })}
        >
          Bring back
        </Button>
      ) : (
        <>
          <Button icon={<Pencil aria-hidden />} onClick={() => setOpen('set')}>
            Set a value
          </Button>
          <Button icon={<Split aria-hidden />} onClick={() => setOpen('split')}>
            To a new dataset
          </Button>
          <Button look="danger" icon={<Trash2 aria-hidden />} is_busy={is_busy} onClick={() => void remove()}>
            Remove
          </Button>
        </>
      )}
      <Button look="quiet" size="icon" aria-label="Select nothing" icon={<X aria-hidden />} onClick={onClear} />
      {open === 'split' ? (
        <SplitDialog dataset={dataset} choice={choice} words={words} onClose={() => setOpen(null)} onDone={onDone} />
      ) : null}
      {open === 'set' ? (
        <SetValueDialog dataset={dataset} choice={choice} words={words} onClose={() => setOpen(null)} onDone={onDone} />
      ) : null}
    </div>
  )
}
