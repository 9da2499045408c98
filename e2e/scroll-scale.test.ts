import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  afterScroll,
  canvasHeight,
  LARGEST_CANVAS,
  type Place,
  toCanvas,
  toList,
} from '../web/src/table/scroll-scale.ts'

const ROW = 34
const VIEW = 800

/** What a browser does with a place whose scrollbar is to stand elsewhere: one more scroll, which moves nothing. */
const scroll = (before: Place, canvasTop: number, listHeight: number): Place => {
  const end = canvasHeight(listHeight) - VIEW
  const next = afterScroll(before, Math.max(0, Math.min(end, canvasTop)), listHeight, VIEW)
  const echo = afterScroll(next, next.canvas_top, listHeight, VIEW)
  assert.deepEqual(echo, next, 'putting the scrollbar right is no movement')
  return next
}

describe('scrolling a list that is higher than a browser can lay out', () => {
  const list = 1_000_000 * ROW

  test('a list that fits is left to the browser', () => {
    assert.equal(canvasHeight(50_000), 50_000)
    assert.deepEqual(scroll({ list_top: 0, canvas_top: 0 }, 1234, 50_000), { list_top: 1234, canvas_top: 1234 })
  })

  test('canvas and list lead to each other, and the ends are the ends', () => {
    for (const top of [0, 1, 999_999, 1_000_000, 5_000_000, list / 2, list - 1_000_000, list - 10, list])
      assert.ok(Math.abs(toList(toCanvas(top, list), list) - top) < 0.01, String(top))
    assert.equal(toCanvas(list, list), LARGEST_CANVAS)
  })

  test('the wheel moves by pixels of the list wherever one is', () => {
    for (const start of [0, 3_000, 999_000, 1_050_000, list / 2, list - 1_050_000, list - 5_000]) {
      const before = { list_top: start, canvas_top: toCanvas(start, list) }
      const after = scroll(before, before.canvas_top + 120, list)
      assert.ok(Math.abs(after.list_top - start - 120) < 0.01, `from ${start}`)
    }
  })

  test('a wheel whose steps come late and as one moves by as much, and jumps nowhere', () => {
    const before = { list_top: list / 2, canvas_top: toCanvas(list / 2, list) }
    const after = afterScroll(before, before.canvas_top + 6 * VIEW, list, VIEW, true)
    assert.equal(after.list_top, list / 2 + 6 * VIEW)
    assert.notEqual(afterScroll(before, before.canvas_top + 6 * VIEW, list, VIEW).list_top, after.list_top)
  })

  test('wheeling up from anywhere ends at the first row, and down at the last', () => {
    let place: Place = { list_top: 4_000_000, canvas_top: toCanvas(4_000_000, list) }
    for (let n = 0; n < 3_400; n++) place = scroll(place, place.canvas_top - 1_200, list)
    assert.deepEqual(place, { list_top: 0, canvas_top: 0 })
    place = { list_top: list - 4_000_000, canvas_top: toCanvas(list - 4_000_000, list) }
    for (let n = 0; n < 3_400; n++) place = scroll(place, place.canvas_top + 1_200, list)
    assert.deepEqual(place, { list_top: list - VIEW, canvas_top: LARGEST_CANVAS - VIEW })
  })

  test('the scrollbar jumps to the share of the list that it shows', () => {
    const middle = scroll({ list_top: 0, canvas_top: 0 }, LARGEST_CANVAS / 2, list)
    assert.ok(Math.abs(middle.list_top - list / 2) < 1)
    assert.equal(scroll(middle, LARGEST_CANVAS, list).list_top, list - VIEW)
  })
})
