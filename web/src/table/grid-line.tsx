import { memo } from 'react'
import { cn } from '../ui/class-names.ts'
import { CellEditor } from './cell-editor.tsx'
import type { GridRow } from './data-grid.tsx'
import type { PlacedColumn } from './placed-columns.ts'

export const ROW = 34
/** Of the column with the number of the row. */
export const FIRST = 112

type GridLineProps = {
  grid: string
  index: number
  row: GridRow | null
  columns: PlacedColumn[]
  /** Columns that stay when one scrolls aside. */
  frozen: PlacedColumn[]
  frozen_width: number
  width: number
  shift: number
  is_selected: boolean
  active_column: number | null
  /** The text of the cell that is being written, in the active column. */
  editing: string | null
  onActivate: (row: number, column: number) => void
  onToggle: (id: string) => void
  onEdit: () => void
  onDone: (value: string | null, move?: { row: number; column: number }) => void
}

/** One row. It is drawn anew only where something of it is another, which is what keeps scrolling quick. */
export const GridLine = memo((props: GridLineProps) => {
  const { index, row, is_selected } = props
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table element cannot leave out rows.
    // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus for its rows and cells.
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={is_selected}
      aria-busy={row ? undefined : true}
      className={cn('absolute left-0 border-b border-line', is_selected ? 'bg-accent-soft' : 'bg-surface')}
      style={{ top: index * ROW + props.shift, height: ROW, width: props.width, minWidth: '100%' }}
    >
      <div role="presentation" className="sticky left-0 z-10 h-full bg-inherit" style={{ width: props.frozen_width }}>
        {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
        <div
          role="rowheader"
          aria-colindex={1}
          className="flex h-full items-center gap-2 border-r border-line px-3 text-xs text-ink-faint tabular-nums"
          style={{ width: FIRST }}
        >
          <input
            type="checkbox"
            tabIndex={-1}
            disabled={!row}
            aria-label={`Select row ${row?.number ?? index + 1}`}
            checked={is_selected}
            onChange={() => row && props.onToggle(row.id)}
            className="size-3.5 accent-(--accent)"
          />
          <span className="truncate">{row?.number ?? ''}</span>
        </div>
        {props.frozen.map((column) => (
          <GridCell key={column.id} column={column} line={props} />
        ))}
      </div>
      {props.columns.map((column) => (
        <GridCell key={column.id} column={column} line={props} />
      ))}
    </div>
  )
})

const GridCell = ({ column, line }: { column: PlacedColumn; line: GridLineProps }) => {
  const { grid, index, row, editing } = line
  const is_active = line.active_column === column.index
  const text = row?.cells[column.id] ?? ''
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above.
    // biome-ignore lint/a11y/useFocusableInteractive: as above.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys of its cells.
    <div
      id={`${grid}-${index}-${column.index}`}
      role="gridcell"
      aria-colindex={column.index + 2}
      title={text.length > 24 ? text : undefined}
      onClick={() => line.onActivate(index, column.index)}
      onDoubleClick={() => line.onEdit()}
      className={cn(
        'absolute top-0 flex h-full items-center border-r border-line px-3 text-ink',
        is_active && 'group-focus-within/grid:shadow-[inset_0_0_0_2px_var(--accent)]',
      )}
      style={{ left: column.left, width: column.width }}
    >
      {is_active && editing !== null ? (
        <CellEditor label={`${column.label} of row ${row?.number ?? index + 1}`} value={editing} onDone={line.onDone} />
      ) : row ? (
        <span className="truncate">{text}</span>
      ) : (
        <span aria-hidden className="h-3 w-2/3 rounded bg-sunken" />
      )}
    </div>
  )
}
