import { type ColumnName, type LeadField, leadFields } from '../../column-mapping.ts'
import type { Detail } from '../../http/errors.ts'
import { isOfSplit } from './split-names.ts'

export type ChosenMapping = { mapping: Record<string, LeadField>; problems: Detail[] }

const LOC: (string | number)[] = ['body', 'column_mapping']

/**
 * The mapping of an import: what the person says goes first, and the guess fills in fields and columns that were left
 * open. `null` takes a column out of the mapping. Columns are named as the preview shows them or as the file writes them.
 * Every unknown column, unknown field and field given twice is named in `problems`, at `loc` of the request.
 */
export const chooseMapping = (
  columns: ColumnName[],
  guessed: Record<string, LeadField>,
  given: Record<string, unknown> | null,
  loc: (string | number)[] = LOC,
): ChosenMapping => {
  const problems: Detail[] = []
  const mapping: Record<string, LeadField> = {}
  const named = new Set<string>()
  const columnOf = (key: string): string | undefined =>
    (columns.find((column) => column.name === key) ?? columns.find((column) => column.header === key.trim()))?.name
  for (const [key, field] of Object.entries(given ?? {})) {
    const column = columnOf(key)
    if (column === undefined) {
      // Somebody sends back what an earlier answer said.
      if (isOfSplit(key, field)) continue
      problems.push({
        loc: [...loc, key],
        msg: `The file has no column "${shorten(key)}"; it has ${listed(columns.map(({ name }) => name))}.`,
        type: 'unknown_column',
      })
      continue
    }
    if (field === null || field === '') {
      named.add(column)
      continue
    }
    if (!leadFields.includes(field as LeadField)) {
      problems.push({
        loc: [...loc, key],
        msg: `"${shorten(String(field))}" is not a lead field; these are: ${leadFields.join(', ')}.`,
        type: 'unknown_field',
      })
      continue
    }
    const twice = Object.entries(mapping).find(([other, taken]) => taken === field && other !== column)
    if (twice) {
      problems.push({
        loc: [...loc, key],
        msg: `The columns "${shorten(twice[0])}" and "${shorten(column)}" are both given to ${field}; one column can hold a field.`,
        type: 'field_taken',
      })
      continue
    }
    named.add(column)
    mapping[column] = field as LeadField
  }
  const taken = new Set(Object.values(mapping))
  for (const [column, field] of Object.entries(guessed))
    if (!named.has(column) && !taken.has(field)) mapping[column] = field
  const fields = new Set(Object.values(mapping))
  if (!problems.length && !fields.has('email') && !fields.has('linkedin_url'))
    problems.push({
      loc,
      msg: `No column is known to hold e-mail addresses; say which with column_mapping, for instance {"${shorten(columns[0]?.name ?? 'Email')}": "email"}. The columns are ${listed(columns.map(({ name }) => name))}.`,
      type: 'missing_email_column',
    })
  return { mapping, problems }
}

const shorten = (text: string): string => (text.length <= 80 ? text : `${text.slice(0, 77).toWellFormed()}…`)

const listed = (names: string[]): string => {
  const shown = names
    .slice(0, 30)
    .map((name) => `"${shorten(name)}"`)
    .join(', ')
  return names.length > 30 ? `${shown} and ${names.length - 30} more` : shown
}
