/** What a cell is held against. Text is compared without regard to case unless `case_sensitive` says so. */
export const FILTER_OPERATORS = [
  'equals',
  'not_equals',
  'contains',
  'not_contains',
  'starts_with',
  'ends_with',
  'in',
  'not_in',
  'is_empty',
  'is_not_empty',
  'greater',
  'greater_or_equal',
  'less',
  'less_or_equal',
] as const

export type FilterOperator = (typeof FILTER_OPERATORS)[number]

export type FilterCondition = {
  column: string
  operator: FilterOperator
  value?: string | number | boolean
  values?: (string | number | boolean)[]
  case_sensitive?: boolean
}

/** `all`: every condition has to hold; `any`: one is enough. Without conditions every row matches. */
export type RowFilter = { match: 'all' | 'any'; conditions: FilterCondition[] }

export type Bound = { kind: 'number'; value: string } | { kind: 'day' | 'instant'; value: string }

const NUMBER = /^[+-]?\d{1,30}(?:\.\d{1,30})?$/
const DAY = /^\d{4}-\d{2}-\d{2}$/
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?Z?$/

/**
 * What `greater` and its kin compare with: a plain decimal number, a day (`2026-01-14`, compared with the day that a cell
 * begins with), or an instant as it is written. Null for anything else: an order of words is nobody's question.
 */
export const boundOf = (value: string | number | boolean | undefined): Bound | null => {
  if (typeof value === 'boolean' || value === undefined) return null
  const text = String(value).trim()
  if (NUMBER.test(text)) return { kind: 'number', value: text.replace(/^\+/, '') }
  if (DAY.test(text)) return { kind: 'day', value: text }
  if (INSTANT.test(text)) return { kind: 'instant', value: text.replace(' ', 'T') }
  return null
}

const TAKES_NOTHING = new Set<FilterOperator>(['is_empty', 'is_not_empty'])
const TAKES_LIST = new Set<FilterOperator>(['in', 'not_in'])
const TAKES_BOUND = new Set<FilterOperator>(['greater', 'greater_or_equal', 'less', 'less_or_equal'])

export type FilterProblem = { at: (string | number)[]; msg: string; type: string }

/** Everything that is wrong with a filter over a table of these columns; `at` is the place within the filter. */
export const filterProblems = (filter: RowFilter, columns: readonly string[]): FilterProblem[] => {
  const known = new Set(columns)
  return filter.conditions.flatMap((condition, index): FilterProblem[] => {
    const at = ['conditions', index]
    const problems: FilterProblem[] = []
    const { operator } = condition
    if (!known.has(condition.column))
      problems.push({ at: [...at, 'column'], msg: 'is no column of this dataset', type: 'unknown_column' })
    if (TAKES_NOTHING.has(operator)) {
      if (condition.value !== undefined || condition.values !== undefined)
        problems.push({ at: [...at, 'value'], msg: `is not for ${operator}`, type: 'not_allowed' })
    } else if (TAKES_LIST.has(operator)) {
      if (!condition.values?.length)
        problems.push({ at: [...at, 'values'], msg: `is needed for ${operator}`, type: 'missing' })
    } else if (
      condition.value === undefined ||
      (condition.value === '' && operator !== 'equals' && operator !== 'not_equals')
    )
      problems.push({ at: [...at, 'value'], msg: `is needed for ${operator}`, type: 'missing' })
    else if (TAKES_BOUND.has(operator) && !boundOf(condition.value))
      problems.push({
        at: [...at, 'value'],
        msg: `must be a number, a day such as 2026-01-14 or an instant for ${operator}`,
        type: 'value_error',
      })
    return problems
  })
}
