import { guessMapping, normalizeColumnNames } from '../../column-mapping.ts'
import { splitFullName } from '../../person-name.ts'
import { remembered } from '../../remembered.ts'
import { leadVariables, variableNames } from '../campaigns/lead-variables.ts'

const MOST_FIELDS = 200
const VALUE_CHARS = 4_000
const DEEPEST = 3

/**
 * Free-form data about a person as the fields that the product reads: lead fields by their names whatever the caller calls
 * them (`company` or `Firma` becomes `company_name`), all others under their variable names. Nested objects become fields
 * with both names, lists become text. Without a mapping it is guessed from names and values; `mapping` names columns of
 * `data` as a dataset has them. Empty values are left out. At most 200 fields of 4,000 characters each.
 */
export const leadFields = (
  data: Readonly<Record<string, unknown>>,
  mapping?: Readonly<Record<string, string>> | null,
): Record<string, string> => {
  const flat = flatten(data)
  const columns = columnsOf(flat.map(([name]) => name))
  const values = Object.fromEntries(columns.map((column, index) => [column, flat[index]?.[1] ?? '']))
  const known = mapping
    ? Object.fromEntries(Object.entries(mapping).filter(([column]) => columns.includes(column)))
    : {}
  const chosen = Object.keys(known).length ? known : guessMapping(columns, [values]).mapping
  const names = namesOf(columns, chosen)
  const fields = leadVariables(names, values)
  if (fields.full_name && !fields.first_name) {
    const { first_name, last_name } = splitFullName(fields.full_name)
    if (first_name) fields.first_name = first_name
    if (last_name && !fields.last_name) fields.last_name = last_name
  }
  return fields
}

// What is asked of every lead of a list is answered once.
const columnsOf = remembered((names: string[]) => normalizeColumnNames(names).map(({ name }) => name))

// A column that is a lead field is that and nothing else: two names would make two facts of one.
const namesOf = remembered((columns: readonly string[], mapping: Readonly<Record<string, string>>) =>
  variableNames(columns, mapping).map(({ column, names }) => ({ column, names: names.slice(0, 1) })),
)

const flatten = (data: Readonly<Record<string, unknown>>): [string, string][] => {
  const found: [string, string][] = []
  const visit = (value: unknown, name: string, depth: number): void => {
    if (found.length >= MOST_FIELDS || value === null || value === undefined) return
    if (Array.isArray(value)) {
      const plain = value.filter((item) => item !== null && typeof item !== 'object')
      add(name, (plain.length === value.length ? plain : value.map((item) => JSON.stringify(item))).join(', '))
    } else if (typeof value === 'object') {
      if (depth < DEEPEST)
        for (const [key, inner] of Object.entries(value)) visit(inner, name ? `${name} ${key}` : key, depth + 1)
    } else add(name, String(value))
  }
  const add = (name: string, text: string): void => {
    const value = text.replaceAll('\0', '').toWellFormed().trim().slice(0, VALUE_CHARS).toWellFormed()
    if (value !== '') found.push([name, value])
  }
  for (const [key, value] of Object.entries(data)) visit(value, key, 1)
  return found
}
