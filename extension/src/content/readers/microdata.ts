import { type FoundRecord, type Reader, tableOf } from '../found-list.ts'
import { linkedMail, linkedPage, linkedPhone, oneLine } from '../page-text.ts'
import { headingBefore } from './html-table.ts'
import { personColumn, plainFact } from './person-fields.ts'

/** People marked up as microdata: itemtype schema.org/Person. */
export const microdata: Reader = {
  name: 'microdata',
  title: 'People (microdata)',
  find: (page) => {
    const items = [...page.querySelectorAll('[itemscope][itemtype*="schema.org/Person"]')]
    // Who is mentioned inside another person's entry (a colleague, a parent) is a fact of that person.
    const people = items.filter((item) => !item.parentElement?.closest('[itemscope][itemtype*="schema.org/Person"]'))
    if (!people.length) return []
    const records = people.map((item): FoundRecord => ({ element: item, fields: itemFacts(item, '') }))
    const first = people[0] as Element
    return [{ ...tableOf(records), title: headingBefore(first), container: first.parentElement }]
  },
}

const itemFacts = (item: Element, prefix: string): [string, string][] => {
  const facts: [string, string][] = []
  for (const property of item.querySelectorAll('[itemprop]')) {
    if (property.parentElement?.closest('[itemscope]') !== item) continue
    for (const name of (property.getAttribute('itemprop') ?? '').split(/\s+/)) {
      const path = prefix ? `${prefix}.${name}` : name
      if (property.hasAttribute('itemscope')) {
        facts.push(...itemFacts(property, path))
        continue
      }
      const column = personColumn(path)
      if (column) facts.push([column, plainFact(itemValue(property))])
    }
  }
  return facts
}

/** The value of a property by the rules of microdata (HTML Standard §5.2.4). */
const itemValue = (property: Element): string => {
  const content = property.getAttribute('content')
  if (content !== null) return oneLine(content)
  if (property.tagName === 'A' || property.tagName === 'LINK')
    return linkedMail(property) ?? linkedPhone(property) ?? linkedPage(property) ?? oneLine(property.textContent ?? '')
  if (property.tagName === 'TIME') return property.getAttribute('datetime') ?? oneLine(property.textContent ?? '')
  return oneLine(property.textContent ?? '')
}
