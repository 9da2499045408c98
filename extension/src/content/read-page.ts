import type { FoundList, Reader } from './found-list.ts'
import { findNextPage, followNextPage, type NextPage } from './next-page.ts'
import { pageTrouble } from './page-trouble.ts'
import { ariaGrid } from './readers/aria-grid.ts'
import { hcard } from './readers/hcard.ts'
import { htmlTable } from './readers/html-table.ts'
import { jsonLd } from './readers/json-ld.ts'
import { mailLinks } from './readers/mail-links.ts'
import { microdata } from './readers/microdata.ts'
import { peopleCards } from './readers/people-cards.ts'
import { searchResults } from './readers/search-results.ts'
import { vcard } from './readers/vcard.ts'
import { isMarked, markedRanges } from './selected-rows.ts'

/** Those that know most about a page come first; the general ones only see what is left. */
const READERS: Reader[] = [htmlTable, ariaGrid, microdata, hcard, jsonLd, vcard, searchResults, peopleCards, mailLinks]
const GENERAL = new Set([searchResults, peopleCards])

const MOST_ROWS = 5_000

export type PageList = {
  reader: string
  reader_title: string
  title: string
  columns: string[]
  rows: string[][]
  /** Of each row whether it is inside what the person has marked; null when nothing is. */
  marked: boolean[] | null
}

/** What a page holds, as the popup gets it. */
export type PageReading = {
  url: string
  title: string
  is_loaded: boolean
  trouble: string | null
  lists: PageList[]
  next: NextPage | null
}

const readPage = (page: Document): PageReading => {
  const ranges = markedRanges(page)
  const found: { reader: Reader; list: FoundList }[] = []
  for (const reader of READERS)
    for (const list of findSafely(reader, page)) {
      const isKnown = found.some((other) => GENERAL.has(reader) && isSamePlace(other.list, list))
      if (list.rows.length && !isKnown) found.push({ reader, list })
    }
  // Addresses that another list has already are no list of their own.
  const others = found
    .filter(({ reader }) => reader !== mailLinks)
    .flatMap(({ list }) => list.rows.flatMap(({ values }) => values))
  const known = new Set(others.map((value) => value.toLowerCase()))
  const lists = found.filter(
    ({ reader, list }) =>
      reader !== mailLinks || list.rows.some(({ values }) => !values.some((value) => known.has(value.toLowerCase()))),
  )
  return {
    url: page.location.href,
    title: page.title,
    is_loaded: page.readyState === 'complete',
    trouble: pageTrouble(page),
    lists: lists.map(({ reader, list }) => {
      const rows = list.rows.slice(0, MOST_ROWS)
      return {
        reader: reader.name,
        reader_title: reader.title,
        title: list.title,
        columns: list.columns,
        rows: rows.map(({ values }) => values),
        marked: ranges.length ? rows.map(({ element }) => element !== null && isMarked(element, ranges)) : null,
      }
    }),
    next: findNextPage(page),
  }
}

/** One reader that stumbles over a page must not hide what the others found. */
const findSafely = (reader: Reader, page: Document): FoundList[] => {
  try {
    return reader.find(page)
  } catch {
    return []
  }
}

/** Whether half of a list's rows are, hold or lie in rows of another. */
const isSamePlace = (a: FoundList, b: FoundList): boolean => {
  const [ours, theirs] = [elementsOf(a), elementsOf(b)]
  if (!ours.size || !theirs.size) return false
  const shared = [...theirs].filter((element) => liesIn(element, ours)).length
  const holding = [...ours].filter((element) => liesIn(element, theirs)).length
  return shared * 2 >= theirs.size || holding * 2 >= ours.size
}

const elementsOf = ({ rows }: FoundList): Set<Element> =>
  new Set(rows.map(({ element }) => element).filter((element) => element !== null))

const liesIn = (element: Element, places: ReadonlySet<Element>): boolean => {
  for (let at: Element | null = element; at; at = at.parentElement) if (places.has(at)) return true
  return false
}

// The extension's own world of the page, which the page itself cannot see.
;(globalThis as unknown as { bavlio: unknown }).bavlio = {
  read: () => readPage(document),
  follow: () => followNextPage(document),
}
