import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { afterScroll, canvasHeight, type Place, toCanvas } from './scroll-scale.ts'

const OVERSCAN = 10
/**
 * How long after a turn of the wheel, or of a finger, scrolling is still its own: it is smoothed, and comes late on a busy
 * machine. Whoever takes the scrollbar meanwhile is known by the press on it.
 */
const WHEEL_MS = 10_000

export type RowWindow = {
  first: number
  last: number
  left: number
  width: number
  /** What to add to a row's place in the list to get its place on the canvas. */
  shift: number
  canvas_height: number
  /** Brings a row into sight. */
  show: (row: number) => void
}

/** Which rows of equal height are in sight. Rows lie on the canvas, so the browser itself moves them between two renderings. */
export const useWindow = (
  scroller: RefObject<HTMLElement | null>,
  rowCount: number,
  rowHeight: number,
  headHeight: number,
): RowWindow => {
  const list_height = rowCount * rowHeight
  const place = useRef<Place>({ list_top: 0, canvas_top: 0 })
  const [seen, setSeen] = useState({ first: 0, last: 0, left: 0, width: 0, shift: 0 })

  const measure = useCallback((): void => {
    const element = scroller.current
    if (!element) return
    const view = Math.max(0, element.clientHeight - headHeight)
    const { list_top, canvas_top } = place.current
    const next = {
      first: Math.max(0, Math.floor(list_top / rowHeight) - OVERSCAN),
      last: Math.min(rowCount - 1, Math.ceil((list_top + view) / rowHeight) + OVERSCAN),
      left: element.scrollLeft,
      width: element.clientWidth,
      shift: canvas_top - list_top,
    }
    setSeen((now) =>
      now.first === next.first &&
      now.last === next.last &&
      now.left === next.left &&
      now.width === next.width &&
      now.shift === next.shift
        ? now
        : next,
    )
  }, [scroller, rowCount, rowHeight, headHeight])

  useEffect(() => {
    const element = scroller.current
    if (!element) return
    let wheeled_at = Number.NEGATIVE_INFINITY
    const onWheel = (): void => {
      wheeled_at = performance.now()
    }
    // Whoever takes hold of the scrollbar has let go of the wheel.
    const onPointer = (): void => {
      wheeled_at = Number.NEGATIVE_INFINITY
    }
    const onScroll = (): void => {
      const view = element.clientHeight - headHeight
      const is_wheel = performance.now() - wheeled_at < WHEEL_MS
      place.current = afterScroll(place.current, element.scrollTop, list_height, view, is_wheel)
      if (Math.abs(place.current.canvas_top - element.scrollTop) > 1) element.scrollTop = place.current.canvas_top
      measure()
    }
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    element.addEventListener('scroll', onScroll, { passive: true })
    element.addEventListener('wheel', onWheel, { passive: true })
    element.addEventListener('touchmove', onWheel, { passive: true })
    element.addEventListener('pointerdown', onPointer, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('wheel', onWheel)
      element.removeEventListener('touchmove', onWheel)
      element.removeEventListener('pointerdown', onPointer)
      element.removeEventListener('scroll', onScroll)
    }
  }, [scroller, list_height, headHeight, measure])

  useLayoutEffect(measure, [measure])

  const show = useCallback(
    (row: number): void => {
      const element = scroller.current
      if (!element) return
      const view = element.clientHeight - headHeight
      const top = row * rowHeight
      const { list_top } = place.current
      const wanted = top < list_top ? top : top + rowHeight > list_top + view ? top + rowHeight - view : null
      if (wanted === null) return
      place.current = { list_top: wanted, canvas_top: toCanvas(wanted, list_height) }
      element.scrollTop = place.current.canvas_top
      measure()
    },
    [scroller, rowHeight, headHeight, list_height, measure],
  )
  return { ...seen, canvas_height: canvasHeight(list_height), show }
}
