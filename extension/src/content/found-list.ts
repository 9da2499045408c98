import { isMailAddress, isPhoneNumber, isWebAddress } from './value-kinds.ts'

/** A row of a list on a page, and the element that shows it, where one does. */
export type FoundRow = { values: string[]; element: Element | null }

export type FoundList = {
  /** What a person would call it, for instance the caption of a table. */
  title: string
  columns: string[]
  rows: FoundRow[]
  /** What holds all of it; two readers that find the same place find the same list. */
  container: Element | null
}

/** A kind of list, and how it is found. A reader only looks: it never changes the page and never asks the network. */
export type Reader = {
  name: string
  title: string
  find: (page: Document) => FoundList[]
}

export type FoundRecord = { element: Element | null; fields: [name: string, value: string][] }

/** Records with named fields as a table: columns in the order in which they were first seen, empty ones left out. */
export const tableOf = (records: FoundRecord[]): Pick<FoundList, 'columns' | 'rows'> => {
  const columns: string[] = []
  for (const { fields } of records)
    for (const [name, value] of fields) if (value && !columns.includes(name)) columns.push(name)
  const rows = records
    .map(({ element, fields }) => {
      const values = columns.map(() => '')
      for (const [name, value] of fields) {
        const at = columns.indexOf(name)
        // A person with two addresses keeps both.
        if (at !== -1 && value && values[at] !== value) values[at] = values[at] ? `${values[at]}; ${value}` : value
      }
      return { values, element }
    })
    .filter(({ values }) => values.some(Boolean))
  return { columns, rows }
}

/** Leaves out columns that hold nothing, and tells columns of one name apart. */
export const tidyTable = (columns: string[], rows: FoundRow[]): Pick<FoundList, 'columns' | 'rows'> => {
  const kept = columns.map((_, at) => at).filter((at) => rows.some(({ values }) => values[at]))
  const seen = new Map<string, number>()
  const names = kept.map((at) => {
    const name = columns[at] || guessedName(rows.map(({ values }) => values[at] ?? '')) || `Column ${at + 1}`
    const count = (seen.get(name.toLowerCase()) ?? 0) + 1
    seen.set(name.toLowerCase(), count)
    return count === 1 ? name : `${name} ${count}`
  })
  return {
    columns: names,
    rows: rows
      .map(({ values, element }) => ({ values: kept.map((at) => values[at] ?? ''), element }))
      .filter(({ values }) => values.some(Boolean)),
  }
}

/** What a column without a heading holds, by its values; null where they do not say. */
export const guessedName = (values: string[]): string | null => {
  const filled = values.filter(Boolean)
  if (!filled.length) return null
  const share = (test: (value: string) => boolean): number => filled.filter(test).length / filled.length
  if (share(isMailAddress) >= 0.6) return 'Email'
  if (share(isPhoneNumber) >= 0.6) return 'Phone'
  if (share((value) => isWebAddress(value) && /linkedin\.com\/(?:in|pub)\//i.test(value)) >= 0.6) return 'LinkedIn'
  if (share(isWebAddress) >= 0.6) return 'Link'
  return null
}
