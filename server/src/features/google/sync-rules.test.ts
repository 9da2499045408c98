import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  cellDigests,
  changedCells,
  columnDigests,
  createKeyCounter,
  isMassRemoval,
  keyDigest,
  keyOf,
  planKeys,
} from './sync-rules.ts'

const SALT = Buffer.alloc(32, 7)
const MAPPING = { Mail: 'email', Profile: 'linkedin_url' } as const
const COLUMNS = ['Id', 'Mail', 'Profile']

test('a row is known by the chosen column, else its address, else its profile, else its number', () => {
  const chosen = planKeys(COLUMNS, MAPPING, ' id ')
  const plain = planKeys(COLUMNS, MAPPING, null)
  assert.ok(chosen && plain)
  const cases: [string[], typeof plain, string][] = [
    [['7', 'Ann@Corp.example', ''], chosen, 'k 7'],
    [['  ', 'Ann@Corp.example ', ''], chosen, 'e ann@corp.example'],
    [['7', 'Ann@Corp.example', 'linkedin.com/in/ann'], plain, 'e ann@corp.example'],
    [['7', 'no address', 'https://www.linkedin.com/in/Ann/?x=1'], plain, 'l linkedin.com/in/ann'],
    [['7', '', ''], plain, 'r 12'],
    [[], plain, 'r 12'],
  ]
  for (const [values, plan, key] of cases) assert.equal(keyOf(values, 12, plan), key)
  assert.equal(planKeys(COLUMNS, MAPPING, 'Number'), null)
})

test('two rows of one key are told apart by their order', () => {
  const count = createKeyCounter()
  const keys = ['a', 'b', 'a', 'a'].map(count)
  assert.equal(new Set(keys).size, 4)
  assert.deepEqual(['a', 'b', 'a', 'a'].map(createKeyCounter()), keys)
})

test('changed cells are named; moving columns, a column that is gone and empty cells at the end are no change', () => {
  const digests = (names: string[], values: string[]) => ({
    columns: columnDigests(SALT, names),
    cells: cellDigests(SALT, values, columnDigests(SALT, names)),
  })
  const before = digests(['A', 'B', 'C'], ['1', '2', '3'])
  const cases: [string[], string[], number[]][] = [
    [['A', 'B', 'C'], ['1', '2', '3'], []],
    [['C', 'A', 'B'], ['3', '1', '2'], []],
    [['A', 'C'], ['1', '3'], []],
    [['A', 'B', 'C', 'D'], ['1', '2', '3', ''], []],
    [['A', 'B', 'C', 'D'], ['1', '2', '3', '4'], [3]],
    [['A', 'B', 'C'], ['1', '', '3'], [1]],
    [['A', 'B', 'C'], ['1', '2'], [2]],
    [
      ['A', 'B', 'C'],
      ['2', '1', '3'],
      [0, 1],
    ],
  ]
  for (const [names, values, changed] of cases) {
    const now = digests(names, values)
    assert.deepEqual(changedCells(before.cells, now.cells, now.columns), changed, JSON.stringify([names, values]))
  }
})

test('digests say nothing without the salt, and the same text as key, column and cell is three digests', () => {
  const other = Buffer.alloc(32, 8)
  assert.notDeepEqual(keyDigest(SALT, 'e ann@corp.example'), keyDigest(other, 'e ann@corp.example'))
  const [column] = columnDigests(SALT, ['x'])
  const cell = cellDigests(SALT, ['x'], columnDigests(SALT, ['x']))
  assert.equal(cell.length, 14)
  assert.notDeepEqual(column, cell.subarray(6, 12))
})

test('more than half of at least twenty rows is a mass removal', () => {
  const cases: [number, number, boolean][] = [
    [19, 19, false],
    [10, 20, false],
    [11, 20, true],
    [0, 1000, false],
  ]
  for (const [missing, known, expected] of cases) assert.equal(isMassRemoval(missing, known), expected)
})
