import { type FoundList, type FoundRow, guessedName, type Reader, tidyTable } from '../found-list.ts'
import { isShown, linkedMail, linkedPage, linkedPhone, oneLine } from '../page-text.ts'
import { isMailAddress, isPersonName, isPhoneNumber } from '../value-kinds.ts'
import { headingBefore } from './html-table.ts'
import { repeatedItems } from './repeated-items.ts'

const MOST_LISTS = 4
const MOST_COLUMNS = 24

/**
 * Cards of people by their structure alone: things of the same build side by side, whose texts stand at the same places in
 * each. A place becomes a column, named for what its element is called, its label or its values.
 */
export const peopleCards: Reader = {
  name: 'people-cards',
  title: 'Cards',
  find: (page) => {
    const lists = repeatedItems(page)
      .map(({ container, items }) => readCards(container, items))
      .filter((list) => list !== null)
      .sort((a, b) => b.worth - a.worth)
    const kept: (FoundList & { worth: number })[] = []
    for (const list of lists) {
      // Of two lists one inside the other the better one is meant: the cards, not the rows within a card.
      const isWithin = kept.some(
        ({ container }) => container?.contains(list.container) || list.container?.contains(container),
      )
      if (!isWithin && kept.length < MOST_LISTS) kept.push(list)
    }
    return kept.map(({ worth: _worth, ...list }) => list)
  },
}

type Fact = { place: string; name: string; value: string; isHeading: boolean }

const readCards = (container: Element, items: Element[]): (FoundList & { worth: number }) | null => {
  const facts = items.map(cardTexts)
  const places = new Map<string, { count: number; name: string; isHeading: boolean }>()
  for (const of of facts)
    for (const { place, name, isHeading } of of) {
      const known = places.get(place)
      if (known) known.count++
      else places.set(place, { count: 1, name, isHeading })
    }
  const columns = [...places]
    .filter(([place, { count }]) => count * 4 >= items.length || /^(?:mail|phone)/.test(place))
    .slice(0, MOST_COLUMNS)
    .map(([place, { name, isHeading }]) => ({ place, name, isHeading }))
  let rows: FoundRow[] = items.map((element, index) => ({
    element,
    values: columns.map(({ place }) => facts[index]?.find((fact) => fact.place === place)?.value ?? ''),
  }))
  rows = rows.filter(({ values }) => values.filter(Boolean).length >= 2)
  if (rows.length < 2 || rows.length * 2 < items.length) return null
  const names = columns.map(({ name, isHeading }, at) => {
    const values = rows.map(({ values }) => values[at] ?? '')
    const label = commonLabel(values)
    if (label) for (const row of rows) row.values[at] = (row.values[at] ?? '').replace(/^[^:]{1,30}:\s*/, '')
    const cleaned = rows.map(({ values }) => values[at] ?? '')
    return guessedName(cleaned) ?? label ?? (name || (isHeading || shareOf(cleaned, isPersonName) >= 0.6 ? 'Name' : ''))
  })
  const holds = (test: (value: string) => boolean): boolean =>
    columns.some(
      (_, at) =>
        shareOf(
          rows.map(({ values }) => values[at] ?? ''),
          test,
        ) >= 0.5,
    )
  const hints = [holds(isMailAddress), holds(isPhoneNumber), holds(isPersonName)].filter(Boolean).length
  if (!hints) return null
  // Columns that only repeat another one say nothing (a name as text and as the label of a picture).
  const kept = columns
    .map((_, at) => at)
    .filter((at) => !columns.slice(0, at).some((_, earlier) => sameValues(rows, earlier, at)))
  const table = tidyTable(
    kept.map((at) => names[at] ?? ''),
    rows.map(({ element, values }) => ({ element, values: kept.map((at) => values[at] ?? '') })),
  )
  if (table.columns.length < 2) return null
  const worth = table.rows.length * Math.min(8, table.columns.length) * (1 + hints)
  return { ...table, title: headingBefore(container), container, worth }
}

const shareOf = (values: string[], test: (value: string) => boolean): number => {
  const filled = values.filter(Boolean)
  return filled.length ? filled.filter(test).length / filled.length : 0
}

const sameValues = (rows: FoundRow[], one: number, other: number): boolean =>
  rows.every(({ values }) => values[one] === values[other])

/** `Phone: …` in every card is a label, not part of the value. */
const commonLabel = (values: string[]): string | null => {
  const filled = values.filter(Boolean)
  const label = /^([^:]{1,30}):\s*\S/.exec(filled[0] ?? '')?.[1]
  if (!label || /^https?$/i.test(label)) return null
  return filled.filter((value) => value.startsWith(`${label}:`)).length * 10 >= filled.length * 8
    ? oneLine(label)
    : null
}

const HEADING = /^H[1-6]$/
const CALLED: [RegExp, string][] = [
  [/\b(?:e-?mail|mail)\b/i, 'Email'],
  [/\b(?:phone|tel|telephone|mobile)\b/i, 'Phone'],
  [/\b(?:company|organi[sz]ation|org|employer|firm)\b/i, 'Company'],
  [/\b(?:job|title|role|position|occupation|headline|function)\b/i, 'Title'],
  [/\b(?:department|dept|division)\b/i, 'Department'],
  [/\b(?:location|place|city|region|address|office)\b/i, 'Location'],
  [/\b(?:country)\b/i, 'Country'],
  [/\b(?:name|fullname|person)\b/i, 'Name'],
]

const calledColumn = (element: Element, item: Element): string => {
  for (let at: Element | null = element; at && at !== item; at = at.parentElement) {
    const words =
      `${at.className} ${at.id} ${at.getAttribute('data-field') ?? ''} ${at.getAttribute('data-testid') ?? ''}`
        .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
        .replaceAll(/[_-]+/g, ' ')
    const found = CALLED.find(([pattern]) => pattern.test(words))
    if (found) return found[1]
  }
  return HEADING.test(element.tagName) ? 'Name' : ''
}

/** The texts of a card with their places: the smallest elements that say something, and what links lead to. */
const cardTexts = (item: Element): Fact[] => {
  const facts: Fact[] = []
  const counts = new Map<string, number>()
  const add = (path: string, element: Element, name: string, value: string): void => {
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    if (value) facts.push({ place: `${path}#${count}`, name, value, isHeading: HEADING.test(element.tagName) })
  }
  const visit = (element: Element, path: string): void => {
    if (/^(?:SCRIPT|STYLE|TEMPLATE|SVG|BUTTON|SELECT|INPUT)$/i.test(element.tagName) || !isShown(element)) return
    if (element.tagName === 'DT') return
    const here = element === item ? '' : `${path}>${element.tagName}.${[...element.classList].sort().join('.')}`
    if (element.tagName === 'A') {
      const mail = linkedMail(element)
      const phone = linkedPhone(element)
      const page = linkedPage(element)
      if (mail) add('mail', element, 'Email', mail)
      else if (phone) add('phone', element, 'Phone', phone)
      else if (page) add(`link${here}`, element, 'Link', page)
      if (mail || (phone && !isPersonName(oneLine(element.textContent ?? '')))) return
    }
    const hasOwnText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
    )
    if (!hasOwnText) {
      for (const child of element.children) visit(child, here)
      return
    }
    const term = element.tagName === 'DD' ? labelOf(element) : ''
    const value = oneLine(element.textContent ?? '')
    // Links inside a sentence lead somewhere too.
    for (const link of element.querySelectorAll('a[href]')) {
      const mail = linkedMail(link)
      if (mail) add('mail', link, 'Email', mail)
    }
    if (!(isMailAddress(value) && facts.some((fact) => fact.value === value)))
      add(term ? `term:${term}` : here, element, term || calledColumn(element, item), value)
  }
  visit(item, '')
  return facts
}

const labelOf = (description: Element): string => {
  for (let at = description.previousElementSibling; at; at = at.previousElementSibling)
    if (at.tagName === 'DT') return oneLine(at.textContent ?? '').replace(/:$/, '')
  return ''
}
