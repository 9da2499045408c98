import { isShown, linkedPage, oneLine, shownText } from './page-text.ts'

/** How a page leads to the next one of its list: a link or a button that a person would click. */
export type NextPage = { how: 'link' | 'button'; label: string }

const NEXT_WORDS =
  /^(?:next|next page|older|more results|weiter|nächste(?: seite)?|vor|suivant(?:e)?|page suivante|siguiente|página siguiente|próxima|avanti|successivo|volgende|nästa|neste|næste|dalej|следующая|次へ|下一页|›|»|→|>|>>)(?:\s*[›»→>]+)?$/i
const MARKED_NEXT =
  'a[rel~="next"], [aria-label^="next" i], [aria-label^="weiter" i], [aria-label^="nächste" i], [title^="next" i]'
const PAGERS = '[class*="pagin" i], [class*="pager" i], [aria-label*="pagination" i], [role="navigation"], nav, tfoot'

/** What leads on, or null: on the last page it is missing or cannot be pressed. */
const nextElement = (page: Document): HTMLElement | null => {
  const usable = (element: Element): element is HTMLElement =>
    element instanceof HTMLElement &&
    isShown(element) &&
    !element.matches(':disabled, [aria-disabled="true"], .disabled, .disabled *') &&
    (element.tagName === 'BUTTON' ||
      element.getAttribute('role') === 'button' ||
      Boolean(linkedPage(element)) ||
      element.tagName === 'A')
  const marked = [...page.querySelectorAll(MARKED_NEXT)].find(usable)
  if (marked) return marked
  const worded = [...page.querySelectorAll('a, button, [role="button"], [role="link"]')].filter(
    (element) => usable(element) && NEXT_WORDS.test(oneLine(element.getAttribute('aria-label') || shownText(element))),
  ) as HTMLElement[]
  // An arrow in a picture gallery is no page; one among page numbers is.
  return (
    worded.find((element) => element.closest(PAGERS)) ?? worded.find((element) => shownText(element).length > 2) ?? null
  )
}

export const findNextPage = (page: Document): NextPage | null => {
  const element = nextElement(page)
  if (element) {
    const label = oneLine(element.getAttribute('aria-label') || shownText(element) || 'Next').slice(0, 40)
    return { how: linkedPage(element) ? 'link' : 'button', label }
  }
  const link = page.querySelector('link[rel="next"]')
  return link && linkedPage(link) ? { how: 'link', label: 'Next' } : null
}

/** Does what the person's click would do. Answers what is in the way, or null when the page is on its way. */
export const followNextPage = (page: Document): string | null => {
  const element = nextElement(page)
  const target = element
    ? linkedPage(element)
    : linkedPage(page.querySelector('link[rel="next"]') ?? page.createElement('a'))
  if (!element && !target) return 'The page leads to no next one.'
  if (target && new URL(target).origin !== page.location.origin)
    return 'The next page is on another site. Open it yourself, then open this again.'
  if (element) {
    // A click on a link that opens a new tab would leave this one where it is.
    if (target && element instanceof HTMLAnchorElement && element.target && element.target !== '_self')
      page.location.assign(target)
    else element.click()
  } else if (target) page.location.assign(target)
  return null
}
