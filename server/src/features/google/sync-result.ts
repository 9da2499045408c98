import type { CellChanges } from '../uploads/row-policy.ts'

export type RowChange = {
  action: 'insert' | 'update' | 'remove'
  tab: string | null
  /** Row of the sheet; null for one that is not there any more. */
  sheet_row: number | null
  row_id: string | null
  /** Column to [before, after]; null is an empty cell. */
  cells: CellChanges
}

export type Refusal = { tab: string; sheet_row: number; code: string; message: string }

export type SyncCounts = {
  rows_read: number
  inserted: number
  updated: number
  removed: number
  unchanged: number
  /** Rows that were in the sheet before and are not any more, and stayed in the dataset. */
  missing: number
  /** Missing rows that would have been removed, had no campaign made leads of them. */
  in_use: number
  /** Rows left out because their person is there, or because they were removed from the dataset. */
  skipped: number
  refused: number
}

export type SyncResult = SyncCounts & {
  sync_id: string
  import_id: string | null
  columns_added: string[]
  changes: RowChange[]
  refusals: Refusal[]
  is_one_moment: boolean
}

/** So many changes and refusals are shown one by one. */
export const SHOWN = 100
