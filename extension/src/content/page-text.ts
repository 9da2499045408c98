/** Longer cells are cut: nobody's job title is a page. */
const LONGEST_CELL = 2_000

/** One line of text, without the white space that only lays it out. */
export const oneLine = (text: string): string =>
  text
    .replaceAll(/[\s\u200b\u00ad]+/g, ' ')
    .trim()
    .slice(0, LONGEST_CELL)

/** What a person sees of an element: without what is hidden, and with a line for each block. */
export const renderedText = (element: Element): string =>
  // biome-ignore lint/performance/useDomNodeTextContent: what is rendered is exactly what is meant.
  element instanceof HTMLElement ? element.innerText : (element.textContent ?? '')

export const shownText = (element: Element): string => oneLine(renderedText(element))

/** Whether a person can see it now. Lists hide templates, and rows that a filter left out. */
export const isShown = (element: Element): boolean =>
  element.checkVisibility({ visibilityProperty: true, opacityProperty: true })

/** The lines that a person sees, one for each block or line break. */
export const shownLines = (element: Element): string[] =>
  renderedText(element)
    .split(/[\n\t]+/)
    .map(oneLine)
    .filter(Boolean)

/** The address of a mailto: link, without what it wants to write; null for any other link. */
export const linkedMail = (link: Element): string | null => {
  const href = link.getAttribute('href')?.trim() ?? ''
  if (!/^mailto:/i.test(href)) return null
  const address = href.slice(7).split('?')[0] ?? ''
  try {
    return decodeURIComponent(address).split(',')[0]?.trim() || null
  } catch {
    return address || null
  }
}

/** The number of a tel: link; null for any other link. */
export const linkedPhone = (link: Element): string | null => {
  const href = link.getAttribute('href')?.trim() ?? ''
  return /^tel:/i.test(href) ? decodeURI(href.slice(4)).trim() || null : null
}

/** Where a link leads on the web, whole; null for mail, scripts and places on the same page. */
export const linkedPage = (link: Element): string | null => {
  const href = link.getAttribute('href')?.trim() ?? ''
  if (!href || href.startsWith('#')) return null
  try {
    const url = new URL(href, link.ownerDocument.baseURI)
    return /^https?:$/.test(url.protocol) ? url.href : null
  } catch {
    return null
  }
}
