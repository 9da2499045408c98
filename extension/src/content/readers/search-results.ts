import { type FoundRecord, type Reader, tableOf } from '../found-list.ts'
import { linkedMail, linkedPage, shownLines, shownText } from '../page-text.ts'
import { isPersonName } from '../value-kinds.ts'
import { headingBefore } from './html-table.ts'
import { repeatedItems } from './repeated-items.ts'

/**
 * Lists of people as the search pages of networks and directories show them: each result begins with a name that leads to a
 * profile, and says below it what the person does and where.
 */
export const searchResults: Reader = {
  name: 'search-results',
  title: 'People found by a search',
  find: (page) =>
    repeatedItems(page).flatMap(({ container, items }) => {
      const records = items.map(readResult)
      const people = records.filter((record) => record !== null)
      if (people.length < 3 || people.length * 10 < items.length * 6) return []
      return [{ ...tableOf(people), title: headingBefore(container), container }]
    }),
}

/** Texts of buttons and badges that stand between the facts. */
const NO_FACT =
  /^(?:connect|follow|message|view(?: full)? profile|save|add|invite|more|share|[·•|]|\d+(?:st|nd|rd|th)\+?|·? ?\d+(?:st|nd|rd|th)\+?.*)$/i

const readResult = (item: Element): FoundRecord | null => {
  const links = [...item.querySelectorAll('a[href]')].filter((link) => linkedPage(link) && shownText(link))
  const link = links.find((one) => isPersonName(nameIn(one)))
  if (!link) return null
  const name = nameIn(link)
  const lines = shownLines(item).filter((line) => !NO_FACT.test(line))
  const at = lines.findIndex((line) => line.includes(name))
  // What stands above the name is a badge; a result without a word below it is a menu entry.
  const below = lines.slice(at + 1).filter((line) => line !== name)
  if (at === -1 || at > 2 || !below.length) return null
  const mail = [...item.querySelectorAll('a[href]')].map(linkedMail).find(Boolean)
  return {
    element: item,
    fields: [
      ['Name', name],
      ['Profile', withoutTracking(linkedPage(link) ?? '')],
      ['Headline', below[0] ?? ''],
      ['Location', below[1] ?? ''],
      ['Email', mail ?? ''],
      ['More', below.slice(2).join(' · ')],
    ],
  }
}

/** Screen readers are told the name a second time, on a line of its own. */
const nameIn = (link: Element): string => shownLines(link)[0] ?? ''

/** The page of a person is the same one wherever it was clicked. */
const withoutTracking = (address: string): string => {
  const url = new URL(address)
  for (const name of [...url.searchParams.keys()])
    if (/^(?:utm_.*|trk.*|ref|source|tracking.*|mini[a-z]*urn|lipi|fbclid|gclid)$/i.test(name))
      url.searchParams.delete(name)
  url.hash = ''
  return url.href
}
