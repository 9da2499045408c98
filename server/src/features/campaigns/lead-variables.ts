import { variableName } from '../../column-mapping.ts'

/** Each column of a dataset with the names under which templates see it. */
export type VariableNames = { column: string; names: string[] }[]

/**
 * A column is seen under its own name (`Company Size` → `company_size`) and, if it is mapped, under its lead field, so that
 * `{{ first_name }}` works whatever the file called it. Where two columns would take one name, the mapped one wins, then
 * the first.
 */
export const variableNames = (columns: readonly string[], mapping: Readonly<Record<string, string>>): VariableNames => {
  const taken = new Set(Object.values(mapping))
  const given = new Set<string>()
  return columns.map((column) => {
    const names: string[] = []
    const field = mapping[column]
    if (field && !given.has(field)) {
      names.push(field)
      given.add(field)
    }
    const own = variableName(column)
    if (own && !taken.has(own) && !given.has(own)) {
      names.push(own)
      given.add(own)
    }
    return { column, names }
  })
}

/** The variables of one lead. Values are text; an absent or empty cell is absent, so that a fallback takes its place. */
export const leadVariables = (
  names: VariableNames,
  data: Readonly<Record<string, unknown>>,
): Record<string, string> => {
  const variables: Record<string, string> = {}
  for (const { column, names: under } of names) {
    const value = data[column]
    if (value === undefined || value === null || value === '') continue
    for (const name of under) variables[name] = String(value)
  }
  return variables
}

/** The value of a lead field in a row, or null. */
export const fieldOf = (
  mapping: Readonly<Record<string, string>>,
  data: Readonly<Record<string, unknown>>,
  field: string,
): string | null => {
  for (const [column, mapped] of Object.entries(mapping)) {
    if (mapped !== field) continue
    const value = data[column]
    if (typeof value === 'string' && value !== '') return value
  }
  return null
}
