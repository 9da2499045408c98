import { type RawBuilder, sql } from 'kysely'
import { boundOf, type FilterCondition, type RowFilter } from './row-filter.ts'

/** The cell of a row `r` as text; null where it is empty. */
export const cellOf = (column: string): RawBuilder<string | null> => sql`(r.data->>${column}::text)`

const COMPARE = { greater: sql`>`, greater_or_equal: sql`>=`, less: sql`<`, less_or_equal: sql`<=` } as const

/** A cell with a number in plain decimal notation; any other is no number and matches nothing. */
const NUMBER_CELL = '^\\s*[+-]?[0-9]{1,30}(\\.[0-9]{1,30})?\\s*$'
const DAY_CELL = '^[0-9]{4}-[0-9]{2}-[0-9]{2}'

export const likePattern = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

const conditionSql = (condition: FilterCondition): RawBuilder<boolean> => {
  const cell = cellOf(condition.column)
  const fold = (text: RawBuilder<unknown>): RawBuilder<unknown> =>
    condition.case_sensitive ? text : sql`lower(${text})`
  const text = String(condition.value ?? '')
  const value = fold(sql`${text}::text`)
  const listed = sql`array(select ${fold(sql`one`)} from unnest(${(condition.values ?? []).map(String)}::text[]) as one)`
  const like = (pattern: string): RawBuilder<boolean> =>
    sql`coalesce(${fold(cell)} like ${fold(sql`${pattern}::text`)}, false)`
  switch (condition.operator) {
    case 'equals':
      return sql`${fold(sql`coalesce(${cell}, '')`)} = ${value}`
    case 'not_equals':
      return sql`${fold(sql`coalesce(${cell}, '')`)} <> ${value}`
    case 'contains':
      return like(`%${likePattern(text)}%`)
    case 'not_contains':
      return sql`not ${like(`%${likePattern(text)}%`)}`
    case 'starts_with':
      return like(`${likePattern(text)}%`)
    case 'ends_with':
      return like(`%${likePattern(text)}`)
    case 'in':
      return sql`${fold(sql`coalesce(${cell}, '')`)} = any(${listed})`
    case 'not_in':
      return sql`not ${fold(sql`coalesce(${cell}, '')`)} = any(${listed})`
    case 'is_empty':
      return sql`coalesce(${cell}, '') = ''`
    case 'is_not_empty':
      return sql`coalesce(${cell}, '') <> ''`
    default: {
      const bound = boundOf(condition.value)
      if (!bound) throw new Error(`${condition.operator} needs a bound; filterProblems comes first.`)
      const compare = COMPARE[condition.operator]
      if (bound.kind === 'number')
        return sql`coalesce(case when ${cell} ~ ${NUMBER_CELL} then ${cell}::numeric ${compare} ${bound.value}::numeric end, false)`
      const compared = bound.kind === 'day' ? sql`left(${cell}, 10)` : sql`replace(${cell}, ' ', 'T')`
      return sql`coalesce(case when ${cell} ~ ${DAY_CELL} then ${compared} collate "C" ${compare} ${bound.value}::text end, false)`
    }
  }
}

/** The condition on a row `r` of dataset_rows; true where nothing is asked. The filter has been checked by filterProblems. */
export const rowCondition = (filter: RowFilter | null, search: string | null): RawBuilder<boolean> => {
  const parts: RawBuilder<boolean>[] = []
  if (filter?.conditions.length)
    parts.push(sql`(${sql.join(filter.conditions.map(conditionSql), filter.match === 'any' ? sql` or ` : sql` and `)})`)
  if (search) {
    // The text of the whole object is looked at first, which rules most rows out at once; only then the cells, because
    // that text has the names of the columns too.
    const inJson = likePattern(JSON.stringify(search).slice(1, -1))
    const inCell = likePattern(search)
    parts.push(
      sql`(lower(r.data::text) like lower(${`%${inJson}%`}::text) and exists (
        select 1 from jsonb_each_text(r.data) as cell where lower(cell.value) like lower(${`%${inCell}%`}::text)))`,
    )
  }
  return parts.length ? sql`(${sql.join(parts, sql` and `)})` : sql`true`
}
