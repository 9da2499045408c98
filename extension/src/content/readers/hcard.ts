import { type FoundRecord, type Reader, tableOf } from '../found-list.ts'
import { linkedMail, linkedPage, linkedPhone, oneLine } from '../page-text.ts'
import { headingBefore } from './html-table.ts'
import { personColumn, plainFact } from './person-fields.ts'

/** People marked up as hCard: the classic class names (vcard, fn, org) and those of microformats 2 (h-card, p-name, u-email). */
export const hcard: Reader = {
  name: 'hcard',
  title: 'People (hCard)',
  find: (page) => {
    const cards = [...page.querySelectorAll('.vcard, .h-card')].filter(
      (card) => !card.parentElement?.closest('.vcard, .h-card'),
    )
    if (!cards.length) return []
    const records = cards.map((card): FoundRecord => ({ element: card, fields: cardFacts(card) }))
    const first = cards[0] as Element
    return [{ ...tableOf(records), title: headingBefore(first), container: first.parentElement }]
  },
}

const CLASSIC =
  /^(?:fn|given-name|family-name|additional-name|email|tel|title|role|org|organization-name|organization-unit|url|locality|region|country-name|street-address|postal-code|note)$/
const SECOND =
  /^(?:p|u|dt|e)-(name|given-name|family-name|additional-name|email|tel|job-title|role|org|url|locality|region|country-name|street-address|postal-code|note)$/

const cardFacts = (card: Element): [string, string][] => {
  const facts: [string, string][] = []
  for (const element of [card, ...card.querySelectorAll('[class]')]) {
    const isInner = element !== card && element.parentElement?.closest('.vcard, .h-card') !== card
    for (const token of element.classList) {
      const name = CLASSIC.test(token) ? token : SECOND.exec(token)?.[1]
      const column = name ? personColumn(name) : null
      if (!name || !column || isInner) continue
      // An organisation with parts of its own is said by them.
      if (name === 'org' && element.querySelector('.organization-name, .organization-unit')) continue
      facts.push([column, cardValue(element, name)])
    }
  }
  return facts
}

const cardValue = (element: Element, name: string): string => {
  if (element.tagName === 'A') {
    if (name === 'email') return linkedMail(element) ?? oneLine(element.textContent ?? '')
    if (name === 'tel') return linkedPhone(element) ?? oneLine(element.textContent ?? '')
    if (name === 'url') return linkedPage(element) ?? ''
  }
  if (element.tagName === 'ABBR' || element.tagName === 'DATA')
    return oneLine(element.getAttribute('title') ?? element.getAttribute('value') ?? element.textContent ?? '')
  // The value-class pattern: <span class="tel"><span class="type">work</span> <span class="value">…</span></span>
  const values = [...element.querySelectorAll('.value')].map((value) => value.textContent ?? '')
  return plainFact(oneLine(values.length ? values.join('') : (element.textContent ?? '')))
}
