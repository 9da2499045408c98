import { type KeyboardEvent, memo, type ReactNode, useCallback, useEffect, useId, useRef, useState } from 'react'
import { cn } from '../ui/class-names.ts'
import type { ColumnLayout } from './column-layout.ts'
import { FIRST, GridLine, ROW } from './grid-line.tsx'
import { type PlacedColumn, type PlacedColumns, useFrozen, usePlaces, useShown } from './placed-columns.ts'
import { ResizeHandle } from './resize-handle.tsx'
import { useWindow } from './use-window.ts'

export type GridColumn = { id: string; label: string; head?: ReactNode; sorted?: 'asc' | 'desc' }
export type GridRow = { id: string; number: string; cells: Record<string, string> }
/** `all` means every row of the list, those that were never loaded too. */
export type GridSelection = ReadonlySet<string> | 'all'

type DataGridProps = {
  label: string
  /** What the columns of the layout are called and what stands above them. */
  columns: GridColumn[]
  layout: ColumnLayout
  row_count: number
  /** Null while the row is on its way; the same object as long as nothing of the row changes. */
  rowAt: (index: number) => GridRow | null
  onSeen: (first: number, last: number) => void
  selection: GridSelection
  onSelect: (selection: GridSelection) => void
  /** Cells cannot be written without it. */
  onEdit?: (row: GridRow, column: string, value: string) => void
  className?: string
}

const HEAD = 44

/**
 * A table of any length and width, of which only what is in sight is drawn. Arrow keys, Page Up and Down, Home and End move;
 * Enter, F2 or typing edit a cell, Delete empties it; the space bar selects a row. Columns are wide, hidden and pinned as the
 * layout has it.
 */
export const DataGrid = (props: DataGridProps) => {
  const { columns, row_count, rowAt, onSeen, selection, onEdit } = props
  const scroller = useRef<HTMLDivElement>(null)
  const grid = useId()
  const [active, setActive] = useState<{ row: number; column: number }>({ row: 0, column: 0 })
  const [editing, setEditing] = useState<string | null>(null)
  const view = useWindow(scroller, row_count, ROW, HEAD)
  const { first, last } = view
  const places = usePlaces(props.layout, new Map(columns.map(({ id, label }) => [id, label])), FIRST, view.width)
  const shown = useShown(places, view.left, view.width)
  const frozen = useFrozen(places)

  useEffect(() => {
    if (last >= first) onSeen(first, last)
  }, [first, last, onSeen])

  const go = (row: number, column: number): void => {
    const next = {
      row: Math.max(0, Math.min(row_count - 1, row)),
      column: Math.max(0, Math.min(places.all.length - 1, column)),
    }
    setActive(next)
    view.show(next.row)
    const element = scroller.current
    const place = places.all[next.column]
    if (!element || !place || next.column < places.frozen) return
    if (place.left - places.frozen_width < element.scrollLeft) element.scrollLeft = place.left - places.frozen_width
    else if (place.left + place.width > element.scrollLeft + element.clientWidth)
      element.scrollLeft = place.left + place.width - element.clientWidth
  }
  // What rows are given stays the same from one drawing to the next, and reads what is true when it is called.
  const now = useRef({ ...props, places, active, go })
  now.current = { ...props, places, active, go }
  const toggle = useCallback((id: string): void => {
    const { selection, onSelect } = now.current
    const next = new Set(selection === 'all' ? [] : selection)
    if (!next.delete(id)) next.add(id)
    onSelect(next)
  }, [])
  const activate = useCallback((row: number, column: number): void => setActive({ row, column }), [])
  const edit = useCallback((text?: string): void => {
    const { active, places, onEdit, rowAt } = now.current
    const row = rowAt(active.row)
    const column = places.all[active.column]
    if (onEdit && row && column) setEditing(text ?? row.cells[column.id] ?? '')
  }, [])
  const finish = useCallback((value: string | null, move?: { row: number; column: number }): void => {
    const { active, places, onEdit, rowAt } = now.current
    const row = rowAt(active.row)
    const column = places.all[active.column]
    setEditing(null)
    if (value !== null && row && column && value !== (row.cells[column.id] ?? '')) onEdit?.(row, column.id, value)
    // Whoever clicked elsewhere stays there.
    if (move || value === null) scroller.current?.focus({ preventScroll: true })
    if (move) now.current.go(active.row + move.row, active.column + move.column)
  }, [])

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== scroller.current) return
    const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - HEAD) / ROW) - 1)
    const row = rowAt(active.row)
    const column = places.all[active.column]
    const far = event.ctrlKey || event.metaKey
    const moves: Record<string, [number, number]> = {
      ArrowDown: [active.row + 1, active.column],
      ArrowUp: [active.row - 1, active.column],
      ArrowLeft: [active.row, active.column - 1],
      ArrowRight: [active.row, active.column + 1],
      PageDown: [active.row + page, active.column],
      PageUp: [active.row - page, active.column],
      Home: [far ? 0 : active.row, 0],
      End: [far ? row_count - 1 : active.row, places.all.length - 1],
    }
    const move = moves[event.key]
    if (move) go(...move)
    else if (event.key === 'Enter' || event.key === 'F2') edit()
    else if (event.key === ' ') row && toggle(row.id)
    else if (event.key === 'Delete') row && column && row.cells[column.id] && onEdit?.(row, column.id, '')
    else if (far && event.key === 'c') void navigator.clipboard.writeText((column && row?.cells[column.id]) ?? '')
    else if (event.key.length === 1 && !far && !event.altKey) edit(event.key)
    else return
    event.preventDefault()
  }

  const is_seen = row_count > 0 && active.row >= first && active.row <= last
  // A row that leaves gives its elements to one that comes, which costs a fraction of making them.
  const slots = useRef(1)
  slots.current = Math.max(slots.current, last - first + 1)
  const rows = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table element cannot leave out rows.
    <div
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-rowcount={row_count + 1}
      aria-colcount={places.all.length + 1}
      aria-multiselectable
      aria-activedescendant={is_seen ? `${grid}-${active.row}-${active.column}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      className={cn('group/grid relative overflow-auto text-sm focus-visible:outline-none', props.className)}
    >
      <GridHead
        columns={columns}
        layout={props.layout}
        selection={selection}
        onSelect={props.onSelect}
        shown={shown}
        frozen={frozen}
        places={places}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <div
        role="rowgroup"
        className="relative"
        style={{ height: view.canvas_height, width: places.width, minWidth: '100%' }}
      >
        {rows.map((index) => {
          const row = rowAt(index)
          return (
            <GridLine
              key={index % slots.current}
              grid={grid}
              index={index}
              row={row}
              columns={shown}
              frozen={frozen}
              frozen_width={places.frozen_width}
              width={places.width}
              shift={view.shift}
              is_selected={row !== null && (selection === 'all' || selection.has(row.id))}
              active_column={active.row === index ? active.column : null}
              editing={active.row === index ? editing : null}
              onActivate={activate}
              onToggle={toggle}
              onEdit={edit}
              onDone={finish}
            />
          )
        })}
      </div>
    </div>
  )
}

type HeadProps = Pick<DataGridProps, 'columns' | 'layout' | 'selection' | 'onSelect'> & {
  shown: PlacedColumn[]
  frozen: PlacedColumn[]
  places: PlacedColumns
}

/** It stays as it is while one scrolls down. */
const GridHead = memo((props: HeadProps) => {
  const { selection, onSelect, shown, frozen, places } = props
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table element cannot leave out rows.
    // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus for its rows.
    <div
      role="row"
      aria-rowindex={1}
      className="sticky top-0 z-20 border-b border-line bg-surface"
      style={{ width: places.width, minWidth: '100%', height: HEAD }}
    >
      <div role="presentation" className="sticky left-0 z-20 h-full bg-surface" style={{ width: places.frozen_width }}>
        {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
        <div
          role="columnheader"
          aria-colindex={1}
          className="flex h-full items-center gap-2 border-r border-line px-3 text-xs text-ink-faint"
          style={{ width: FIRST }}
        >
          <input
            type="checkbox"
            aria-label="Select every row"
            checked={selection === 'all'}
            onChange={() => onSelect(selection === 'all' ? new Set() : 'all')}
            className="size-3.5 accent-(--accent)"
          />
          Row
        </div>
        {frozen.map((place) => (
          <HeadCell key={place.id} place={place} {...props} />
        ))}
      </div>
      {shown.map((place) => (
        <HeadCell key={place.id} place={place} {...props} />
      ))}
    </div>
  )
})

const HeadCell = ({ place, columns, layout }: HeadProps & { place: PlacedColumn }) => {
  const column = columns.find(({ id }) => id === place.id)
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above.
    // biome-ignore lint/a11y/useFocusableInteractive: as above.
    <div
      role="columnheader"
      aria-colindex={place.index + 2}
      aria-sort={column?.sorted ? (column.sorted === 'asc' ? 'ascending' : 'descending') : undefined}
      className="absolute top-0 flex h-full items-center border-r border-line text-xs font-medium text-ink-soft"
      style={{ left: place.left, width: place.width }}
    >
      {column?.head ?? <span className="truncate px-3">{place.label}</span>}
      <ResizeHandle layout={layout} column={place.id} label={place.label} />
    </div>
  )
}
