import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundOf, type FilterCondition, filterProblems } from './row-filter.ts'

test('a bound is a plain number, a day or an instant, and nothing else', () => {
  assert.deepEqual(boundOf(7), { kind: 'number', value: '7' })
  assert.deepEqual(boundOf(' +1.50 '), { kind: 'number', value: '1.50' })
  assert.deepEqual(boundOf('2026-01-14'), { kind: 'day', value: '2026-01-14' })
  assert.deepEqual(boundOf('2026-01-14 08:00'), { kind: 'instant', value: '2026-01-14T08:00' })
  for (const value of ['', 'Norway', '1e9', '1,000', true, undefined, '9'.repeat(40), 1e300, Number.NaN])
    assert.equal(boundOf(value), null, String(value))
})

test('every problem of a filter is named with its place', () => {
  const problems = (condition: Partial<FilterCondition>) =>
    filterProblems(
      {
        match: 'all',
        conditions: [{ column: 'Country', operator: 'equals', value: 'x', ...condition } as FilterCondition],
      },
      ['Country', 'Age'],
    ).map(({ at, type }) => [...at, type].join('.'))
  assert.deepEqual(problems({}), [])
  assert.deepEqual(problems({ column: 'Nothing' }), ['conditions.0.column.unknown_column'])
  assert.deepEqual(problems({ value: undefined }), ['conditions.0.value.missing'])
  assert.deepEqual(problems({ operator: 'contains', value: '' }), ['conditions.0.value.missing'])
  assert.deepEqual(problems({ operator: 'is_empty' }), ['conditions.0.value.not_allowed'])
  assert.deepEqual(problems({ operator: 'in', value: undefined }), ['conditions.0.values.missing'])
  assert.deepEqual(problems({ operator: 'greater', value: 'Norway', column: 'No' }), [
    'conditions.0.column.unknown_column',
    'conditions.0.value.value_error',
  ])
})
