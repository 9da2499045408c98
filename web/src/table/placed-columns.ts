import { useMemo } from 'react'
import type { ColumnLayout } from './column-layout.ts'

/** `index` counts the columns as they are seen; `left` is the place in the row. */
export type PlacedColumn = { id: string; label: string; width: number; index: number; left: number }

export type PlacedColumns = {
  /** All that are seen, pinned ones first. */
  all: PlacedColumn[]
  /** How many of them stay when one scrolls aside. */
  frozen: number
  frozen_width: number
  width: number
}

/** Pinned columns may cover this much of the view; beyond, they stand first and move with the others. */
const MOST_FROZEN = 0.6

/** Where each column stands, behind a first one of `first` pixels. The same objects as long as nothing of it changes. */
export const usePlaces = (
  layout: ColumnLayout,
  labels: ReadonlyMap<string, string>,
  first: number,
  view_width: number,
): PlacedColumns => {
  const pinned = layout.getStartVisibleLeafColumns()
  const can_freeze = first + layout.getStartTotalSize() <= view_width * MOST_FROZEN
  const key = JSON.stringify([
    can_freeze ? pinned.length : 0,
    [...pinned, ...layout.getCenterVisibleLeafColumns()].map((column) => [
      column.id,
      labels.get(column.id) ?? column.id,
      column.getSize(),
    ]),
  ])
  return useMemo(() => {
    const [frozen, columns] = JSON.parse(key) as [number, [string, string, number][]]
    let left = first
    const all = columns.map(([id, label, width], index) => {
      const column = { id, label, width, index, left }
      left += width
      return column
    })
    return { all, frozen, frozen_width: all[frozen]?.left ?? left, width: left }
  }, [key, first])
}

/** The columns in sight, and one more on either side; those that stay are not among them. */
export const useShown = (
  { all, frozen, frozen_width }: PlacedColumns,
  scrolled: number,
  view_width: number,
): PlacedColumn[] => {
  const moving = all.slice(frozen)
  const from = Math.max(0, moving.findIndex(({ left, width }) => left + width > scrolled + frozen_width) - 1)
  const beyond = moving.findIndex(({ left }) => left > scrolled + view_width)
  const to = beyond < 0 ? moving.length : beyond + 1
  return useMemo(() => all.slice(frozen + from, frozen + to), [all, frozen, from, to])
}

/** The columns that stay, as one object as long as they are the same. */
export const useFrozen = ({ all, frozen }: PlacedColumns): PlacedColumn[] =>
  useMemo(() => all.slice(0, frozen), [all, frozen])
