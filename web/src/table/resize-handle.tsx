import type { KeyboardEvent } from 'react'
import { type ColumnLayout, NARROWEST, WIDEST } from './column-layout.ts'

const STEP = 16

/** Between two columns: drawn along by mouse or finger, moved by the arrow keys, and put back by a double click or Home. */
export const ResizeHandle = ({ layout, column, label }: { layout: ColumnLayout; column: string; label: string }) => {
  const header = layout.getFlatHeaders().find((each) => each.column.id === column)
  if (!header) return null
  const width = Math.round(header.column.getSize())
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Home') header.column.resetSize()
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const next = width + (event.key === 'ArrowRight' ? STEP : -STEP)
      layout.setColumnSizing((sizes) => ({ ...sizes, [column]: Math.max(NARROWEST, Math.min(WIDEST, next)) }))
    } else return
    event.preventDefault()
    // The grid itself takes these keys for its cells.
    event.stopPropagation()
  }
  const begin = header.getResizeHandler()
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved; this is the separator of two panes, which takes focus.
    <div
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Width of ${label}`}
      aria-valuenow={width}
      aria-valuemin={NARROWEST}
      aria-valuemax={WIDEST}
      onMouseDown={begin}
      onTouchStart={begin}
      onDoubleClick={() => header.column.resetSize()}
      onKeyDown={onKeyDown}
      className="absolute inset-y-0 -right-1 z-10 w-2 cursor-col-resize touch-none hover:bg-accent/40 focus-visible:bg-accent/60 focus-visible:outline-none"
    />
  )
}
