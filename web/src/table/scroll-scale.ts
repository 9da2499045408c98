/**
 * Where one is in a list that is higher than a browser can lay out: Chromium stops at some 33 million pixels and Firefox at 17,
 * which a million rows go beyond. The canvas is held at 8 million. Near both ends a pixel of it is a pixel of the list; between
 * them it stands for several. Wheel and keys move by pixels of the list everywhere, and only a jump, such as by the
 * scrollbar, is read on the canvas.
 */
export const LARGEST_CANVAS = 8_000_000
const EDGE = 1_000_000
/** How far the scrollbar may be off its place before it is put right; doing so breaks a smooth movement. */
const LARGEST_DRIFT = 100_000

export type Place = { list_top: number; canvas_top: number }

export const canvasHeight = (listHeight: number): number => Math.min(listHeight, LARGEST_CANVAS)

/** The stretch between the edges: how many pixels of the list one of the canvas stands for. */
const stretchOf = (listHeight: number): number => (listHeight - 2 * EDGE) / (LARGEST_CANVAS - 2 * EDGE)

/** Where on the canvas a place of the list belongs. */
export const toCanvas = (listTop: number, listHeight: number): number => {
  if (listHeight <= LARGEST_CANVAS) return listTop
  if (listTop <= EDGE) return listTop
  if (listTop >= listHeight - EDGE) return LARGEST_CANVAS - (listHeight - listTop)
  return EDGE + (listTop - EDGE) / stretchOf(listHeight)
}

/** The same the other way. */
export const toList = (canvasTop: number, listHeight: number): number => {
  if (listHeight <= LARGEST_CANVAS) return canvasTop
  if (canvasTop <= EDGE) return canvasTop
  if (canvasTop >= LARGEST_CANVAS - EDGE) return listHeight - (LARGEST_CANVAS - canvasTop)
  return EDGE + (canvasTop - EDGE) * stretchOf(listHeight)
}

/**
 * The place after the canvas was scrolled to `canvasTop`. Where the answer's canvas_top is another, the scrollbar has to be put
 * there. A wheel never jumps, however far it went: where the browser is late, many of its steps come as one.
 */
export const afterScroll = (
  before: Place,
  canvasTop: number,
  listHeight: number,
  viewHeight: number,
  is_wheel = false,
): Place => {
  if (listHeight <= LARGEST_CANVAS) return { list_top: canvasTop, canvas_top: canvasTop }
  const moved = canvasTop - before.canvas_top
  const is_jump = !is_wheel && Math.abs(moved) > viewHeight * 2
  const list_top = is_jump
    ? toList(canvasTop, listHeight)
    : Math.max(0, Math.min(listHeight - viewHeight, before.list_top + moved))
  const right = toCanvas(list_top, listHeight)
  const drift = Math.abs(right - canvasTop)
  const is_edge = list_top < EDGE || list_top > listHeight - EDGE
  return { list_top, canvas_top: drift > (is_edge ? 1 : LARGEST_DRIFT) ? right : canvasTop }
}
