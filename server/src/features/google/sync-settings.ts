/** How a sheet and a dataset are kept in step. */
export type SyncSettings = {
  sheet_id: string
  title: string
  /** Null: every tab with cells. */
  tab_names: string[] | null
  header_row: number
  key_column: string | null
  duplicates: 'skip' | 'update' | 'keep'
  missing_rows: 'keep' | 'remove'
  every_minutes: number | null
}

export type SyncTarget = { workspace_id: string; user_id: string; dataset_id: string }

/** With the row that remembers what was brought. */
export type OpenSync = SyncTarget & { sync_id: string }
