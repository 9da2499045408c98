import { type FoundRecord, type Reader, tableOf } from '../found-list.ts'
import { oneLine } from '../page-text.ts'
import { personColumn, plainFact } from './person-fields.ts'

const DEEPEST_NODE = 12

/** People that a page describes to search engines: JSON-LD with schema.org/Person, alone, in a graph or in a list. */
export const jsonLd: Reader = {
  name: 'json-ld',
  title: 'People (structured data)',
  find: (page) => {
    const people: Record<string, unknown>[] = []
    for (const script of page.querySelectorAll('script[type="application/ld+json"]')) {
      try {
        collectPeople(JSON.parse(script.textContent ?? ''), people, 0)
      } catch {
        // Pages carry broken JSON more often than not; the next script may be whole.
      }
    }
    if (!people.length) return []
    const records = people.map((person): FoundRecord => ({ element: null, fields: nodeFacts(person, '', 0) }))
    return [{ ...tableOf(records), title: '', container: null }]
  },
}

const isPersonNode = (node: Record<string, unknown>): boolean =>
  [node['@type']].flat().some((type) => typeof type === 'string' && /(?:^|\/)Person$/.test(type))

const collectPeople = (node: unknown, into: Record<string, unknown>[], depth: number): void => {
  if (typeof node !== 'object' || node === null || depth > DEEPEST_NODE) return
  if (Array.isArray(node)) {
    for (const inner of node) collectPeople(inner, into, depth + 1)
    return
  }
  const record = node as Record<string, unknown>
  if (isPersonNode(record)) into.push(record)
  else for (const inner of Object.values(record)) collectPeople(inner, into, depth + 1)
}

const nodeFacts = (node: Record<string, unknown>, prefix: string, depth: number): [string, string][] => {
  const facts: [string, string][] = []
  for (const [key, given] of Object.entries(node)) {
    if (key.startsWith('@')) continue
    const path = prefix ? `${prefix}.${key}` : key
    for (const value of [given].flat()) {
      if (typeof value === 'string' || typeof value === 'number') {
        const column = personColumn(path)
        if (column) facts.push([column, plainFact(oneLine(String(value)))])
      } else if (typeof value === 'object' && value !== null && depth < 3)
        facts.push(...nodeFacts(value as Record<string, unknown>, path, depth + 1))
    }
  }
  return facts
}
