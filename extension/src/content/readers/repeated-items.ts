import { isShown } from '../page-text.ts'

export type RepeatedItems = { container: Element; items: Element[] }

const FEWEST_ITEMS = 2
/** Menus, heads and feet repeat things too, and none of them is a list of people. */
const NOT_A_LIST =
  'nav, [role="navigation"], [role="menu"], [role="menubar"], [role="tablist"], header, footer, form, select, svg'
const NOT_AN_ITEM = new Set([
  'SCRIPT',
  'STYLE',
  'TEMPLATE',
  'OPTION',
  'BR',
  'HR',
  'TR',
  'TD',
  'TH',
  'TBODY',
  'COL',
  'LINK',
  'META',
])

/**
 * Places where elements of the same build stand side by side: the usual list of cards, whatever its page calls it. Siblings are of
 * the same build when tag and class names are equal, leaving out names that count or mark one of them.
 */
export const repeatedItems = (page: Document): RepeatedItems[] => {
  const found: RepeatedItems[] = []
  for (const container of page.body?.querySelectorAll('*') ?? []) {
    if (container.childElementCount < FEWEST_ITEMS || NOT_AN_ITEM.has(container.tagName)) continue
    const groups = new Map<string, Element[]>()
    for (const child of container.children) {
      if (NOT_AN_ITEM.has(child.tagName)) continue
      const build = buildOf(child)
      groups.set(build, [...(groups.get(build) ?? []), child])
    }
    if (![...groups.values()].some(({ length }) => length >= FEWEST_ITEMS)) continue
    if (container.closest(NOT_A_LIST) || container.closest('table, [role="grid"], [role="table"]')) continue
    for (const items of groups.values()) {
      const shown = items.filter(isShown)
      if (shown.length >= FEWEST_ITEMS) found.push({ container, items: shown })
    }
  }
  return found
}

const STATE = /^(?:active|current|selected|first|last|odd|even|is-.*|has-.*|.*\d.*)$/i

const buildOf = (element: Element): string => {
  const names = [...element.classList].filter((name) => !STATE.test(name)).sort()
  return `${element.tagName}.${names.slice(0, 4).join('.')}.${element.getAttribute('role') ?? ''}`
}
