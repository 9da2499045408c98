import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnName, readLead } from './column-values.ts'

const columnsOf = (value: unknown): Record<string, unknown> => {
  const lead = readLead(value)
  assert.ok(typeof lead !== 'string', String(lead))
  return lead.columnValues
}

test('columns come from an object, from flat keys, or are all fields of a plain row', () => {
  assert.deepEqual(columnsOf({ id: 7, columnValues: { Name: 'Ada', Age: 36, Known: true } }), {
    Name: 'Ada',
    Age: 36,
    Known: true,
  })
  assert.deepEqual(columnsOf({ id: 7, 'columnValues.First Name': 'Ada', 'columnValues.City': 'London' }), {
    'First Name': 'Ada',
    City: 'London',
  })
  assert.deepEqual(columnsOf({ email: 'ada@people.example', name: 'Ada' }), {
    email: 'ada@people.example',
    name: 'Ada',
  })
})

test('fields beside columnValues stay with the lead and are no columns', () => {
  const lead = readLead({ profileId: 'p-1', seen: { at: '2026-01-01' }, columnValues: { Name: 'Ada' } })
  assert.deepEqual(lead, { profileId: 'p-1', seen: { at: '2026-01-01' }, columnValues: { Name: 'Ada' } })
  assert.deepEqual(columnsOf({ columnValues: {}, Name: 'Ada' }), {})
  assert.deepEqual(columnsOf({ columnValues: null, Name: 'Ada' }), { Name: 'Ada' })
})

test('nested values become dotted names, lists one text, empty values nothing', () => {
  const columnValues = {
    Company: { Name: 'Engines', Address: { City: 'London' } },
    Tags: ['a', null, 'b', 3],
    People: [{ name: 'x' }],
    Empty: '',
    Blank: '   ',
    Null: null,
    None: [],
  }
  assert.deepEqual(columnsOf({ columnValues }), {
    'Company.Name': 'Engines',
    'Company.Address.City': 'London',
    Tags: 'a; b; 3',
    People: '[{"name":"x"}]',
  })
})

test('what the database cannot hold is taken out, and names that objects treat specially are plain names', () => {
  assert.deepEqual(columnsOf({ columnValues: { 'Na\u0000me ': ' A\u0000da\ud800 ' } }), { Name: 'Ada\ufffd' })
  const lead = columnsOf(JSON.parse('{"columnValues":{"__proto__":"x","constructor":"y"}}'))
  assert.deepEqual(Object.entries(lead), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
  assert.equal(({} as { x?: unknown }).x, undefined)
})

test('what is no lead is said', () => {
  for (const value of ['text', 7, null, ['a'], undefined]) assert.equal(readLead(value), 'is not a JSON object')
  assert.equal(readLead({ columnValues: 'x' }), 'has columnValues that are not a JSON object')
  const wide = Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`c${n}`, n]))
  assert.match(String(readLead({ columnValues: wide })), /more than 1000 columns/)
  assert.equal(typeof readLead({}), 'object')
})

test('a column’s name is one line of at most 200 characters', () => {
  assert.equal(columnName('  First\n\tName '), 'First Name')
  assert.equal(columnName('x'.repeat(300)).length, 200)
})
