import { listPeople, updateDatasetRow } from '@bavlio/sdk/operations'
import type { DatasetRow } from '@bavlio/sdk/types'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient } from '../../../api/query.ts'
import type { GridRow } from '../../../table/data-grid.tsx'
import { showDone, showError } from '../../../ui/toast.tsx'

/**
 * Writes a cell: shown at once, taken back where the server refuses, and offered to be undone. The version that was seen goes
 * along, so that nobody's newer words are overwritten unseen.
 */
export const useCellEdit = (
  dataset_id: string,
  { find, replace }: { find: (rowId: string) => DatasetRow | null; replace: (row: DatasetRow) => void },
) => {
  const write = async (row: DatasetRow, column: string, value: string, is_undo = false): Promise<void> => {
    const cells = { ...row.cells }
    const before = row.cells[column] ?? ''
    if (value) cells[column] = value
    else delete cells[column]
    replace({ ...row, cells })
    try {
      const stored = await updateDatasetRow(call, {
        dataset_id,
        row_id: row.row_id,
        body: { cells: { [column]: value || null }, version: row.version },
      })
      replace(stored)
      void queryClient.invalidateQueries({ queryKey: keyOf(listPeople) })
      if (!is_undo)
        showDone(`${column} of row ${row.row_index + 1} is saved`, () => void write(stored, column, before, true))
    } catch (error) {
      replace(row)
      showError(error)
    }
  }
  return (shown: GridRow, column: string, value: string): void => {
    const row = find(shown.id)
    if (row) void write(row, column, value)
  }
}
