/** The ranges of the page that the person has marked; empty when nothing is. */
export const markedRanges = (page: Document): Range[] => {
  const selection = page.getSelection()
  if (!selection || selection.isCollapsed) return []
  return Array.from({ length: selection.rangeCount }, (_, at) => selection.getRangeAt(at)).filter(
    (range) => range.toString().trim() !== '',
  )
}

/**
 * Whether some text of an element is marked. A drag ends at the very beginning of the next row more often than not, which touches
 * that row and marks nothing of it.
 */
export const isMarked = (element: Element, ranges: readonly Range[]): boolean =>
  ranges.some((range) => {
    if (!range.intersectsNode(element)) return false
    const own = element.ownerDocument.createRange()
    own.selectNodeContents(element)
    const both = range.cloneRange()
    if (range.compareBoundaryPoints(Range.START_TO_START, own) < 0) both.setStart(own.startContainer, own.startOffset)
    if (range.compareBoundaryPoints(Range.END_TO_END, own) > 0) both.setEnd(own.endContainer, own.endOffset)
    return both.toString().trim() !== ''
  })
