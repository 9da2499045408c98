import {
  type ColumnDef,
  columnPinningFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  type ReactTable,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useEffect, useMemo, useState } from 'react'

const features = tableFeatures({
  columnSizingFeature,
  columnResizingFeature,
  columnPinningFeature,
  columnVisibilityFeature,
})
/** The rows of a grid stay outside: they come and go with what is in sight, and only columns are laid out here. */
type NoRow = Record<string, never>
const NO_ROWS: NoRow[] = []

export const NARROWEST = 80
export const WIDEST = 800

export type ColumnLayout = ReactTable<typeof features, NoRow>

type Kept = { sizes: Record<string, number>; hidden: string[]; pinned: string[] }

/** What this device keeps; whatever else stands there is as good as nothing. */
const readKept = (place: string): Kept => {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? '{}') as Partial<Kept>
    const names = (list: unknown): string[] =>
      Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []
    const sizes = Object.entries(kept.sizes ?? {}).filter(([, size]) => Number.isFinite(size))
    return { sizes: Object.fromEntries(sizes), hidden: names(kept.hidden), pinned: names(kept.pinned) }
  } catch {
    return { sizes: {}, hidden: [], pinned: [] }
  }
}

/**
 * How wide columns are, which of them are hidden and which stay in sight when one scrolls aside: a matter of this person and
 * device, kept under `name`. Their order is the list's own.
 */
export const useColumnLayout = (name: string, columns: { id: string; width: number }[]): ColumnLayout => {
  const place = `bavlio.columns.${name}`
  const [kept] = useState(() => readKept(place))
  const key = JSON.stringify(columns.map(({ id, width }) => [id, width]))
  const defined = useMemo(
    () =>
      (JSON.parse(key) as [string, number][]).map(
        ([id, size]): ColumnDef<typeof features, NoRow> => ({ id, size, minSize: NARROWEST, maxSize: WIDEST }),
      ),
    [key],
  )
  const table = useTable({
    features,
    columns: defined,
    data: NO_ROWS,
    columnResizeMode: 'onChange',
    initialState: {
      columnSizing: kept.sizes,
      columnVisibility: Object.fromEntries(kept.hidden.map((id) => [id, false])),
      columnPinning: { start: kept.pinned, end: [] },
    },
  })
  const { columnSizing, columnVisibility, columnPinning } = table.state
  useEffect(() => {
    const next: Kept = {
      sizes: columnSizing,
      hidden: Object.keys(columnVisibility).filter((id) => columnVisibility[id] === false),
      pinned: columnPinning.start,
    }
    if (!Object.keys(next.sizes).length && !next.hidden.length && !next.pinned.length) localStorage.removeItem(place)
    else localStorage.setItem(place, JSON.stringify(next))
  }, [place, columnSizing, columnVisibility, columnPinning])
  return table
}
