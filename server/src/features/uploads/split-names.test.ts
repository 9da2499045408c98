import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LeadField, normalizeColumnNames } from '../../column-mapping.ts'
import { columnsWithNames, createNameSplitter, mappingWithNames, planNameSplit } from './split-names.ts'

const NAME: Record<string, LeadField> = { Email: 'email', Name: 'full_name' }
const samplesOf = (...names: string[]): Record<string, string>[] => names.map((Name) => ({ Name }))
const columnsOf = (...names: string[]) => normalizeColumnNames(names)

test('full names are split where half of them can be, and where a part has no column', () => {
  const columns = columnsOf('Email', 'Name')
  assert.deepEqual(planNameSplit(columns, NAME, samplesOf('Ann Lee', 'Cher', '')), {
    column: 'Name',
    first_name: 'First name',
    last_name: 'Last name',
    examples: [{ full_name: 'Ann Lee', first_name: 'Ann', last_name: 'Lee' }],
  })
  assert.equal(planNameSplit(columns, NAME, samplesOf('Ann Lee', 'Cher', 'Adele')), null)
  assert.equal(planNameSplit(columns, NAME, []), null)
  assert.equal(planNameSplit(columns, { Email: 'email' }, samplesOf('Ann Lee')), null)
  const both: Record<string, LeadField> = { ...NAME, A: 'first_name', B: 'last_name' }
  assert.equal(planNameSplit(columnsOf('Email', 'Name', 'A', 'B'), both, samplesOf('Ann Lee')), null)
  const one = planNameSplit(columnsOf('Email', 'Name', 'A'), { ...NAME, A: 'first_name' }, samplesOf('Ann Lee'))
  assert.deepEqual([one?.first_name, one?.last_name], [null, 'Last name'])
})

test('a dataset that is there gains no columns; the parts that it has are filled', () => {
  const columns = columnsOf('Email', 'Name')
  const samples = samplesOf('Ann Lee')
  assert.equal(planNameSplit(columns, NAME, samples, { column_mapping: { Mail: 'email' } }), null)
  const split = planNameSplit(columns, NAME, samples, { column_mapping: { Vorname: 'first_name' } })
  assert.deepEqual([split?.first_name, split?.last_name], ['First name', null])
})

test('an unmapped column of the same name is left alone', () => {
  const split = planNameSplit(columnsOf('Email', 'Name', 'First name'), NAME, samplesOf('Ann Lee'))
  assert.equal(split?.first_name, 'First name (2)')
})

test('the columns that are added stand in one order, whatever the order of a stored mapping', () => {
  const mapping = { 'Last name': 'last_name', 'First name': 'first_name', ...NAME }
  assert.deepEqual(columnsWithNames(['Email', 'Name'], mapping), ['Email', 'Name', 'First name', 'Last name'])
  assert.deepEqual(columnsWithNames(['Email', 'Name'], NAME), ['Email', 'Name'])
})

const splitterOf = (mapping: Record<string, LeadField>, ...names: string[]) => {
  const columns = columnsOf(...names)
  const split = planNameSplit(columns, mapping, samplesOf('Ann Lee'))
  const splitter = createNameSplitter(columns, mappingWithNames(mapping, split))
  assert.ok(splitter)
  return splitter
}

test('a row gains the parts of its name behind its own cells, and none where they are uncertain', () => {
  const { columns, extend } = splitterOf(NAME, 'Email', 'Name')
  assert.deepEqual(
    columns.map(({ name }) => name),
    ['Email', 'Name', 'First name', 'Last name'],
  )
  const values = (...given: string[]) => extend({ source_row: 2, values: given }).values
  assert.deepEqual(values('a', 'Ann Lee'), ['a', 'Ann Lee', 'Ann', 'Lee'])
  assert.deepEqual(values('a', 'Mary Jane Watson'), ['a', 'Mary Jane Watson', 'Mary', ''])
  assert.deepEqual(values('a', 'Cher'), ['a', 'Cher', '', ''])
  assert.deepEqual(values('a'), ['a', '', '', ''])
  const problem = { code: 'too_many_fields', message: '', usable: false } as const
  const broken = extend({ source_row: 2, values: ['a', 'Ann Lee', 'x'], problem })
  assert.deepEqual(broken.values, ['a', 'Ann Lee', '', '', 'x'])
})

test('a part that the row has decides whether the rest of the name is read rightly', () => {
  const { extend } = splitterOf({ ...NAME, Given: 'first_name' }, 'Email', 'Name', 'Given')
  const last = (name: string, given: string) => extend({ source_row: 2, values: ['a', name, given] }).values.at(-1)
  assert.equal(last('Ann Lee', 'Ann'), 'Lee')
  assert.equal(last('Ann Lee', ''), 'Lee')
  assert.equal(last('Lee Ann', 'Ann'), '')
})

test('a part that somebody wrote stays, one that only repeats the former name follows the new one', () => {
  const { keepWritten } = splitterOf(NAME, 'Email', 'Name')
  const under = ['Email', 'Name', 'First name', 'Last name']
  const kept = (stored: Record<string, string>) => {
    const given: Record<string, string> = { Name: 'Anna Lee', 'First name': 'Anna', 'Last name': 'Lee' }
    keepWritten(stored, given, under)
    return given
  }
  assert.deepEqual(kept({ Name: 'Ann Lee', 'First name': 'Ann', 'Last name': 'Lee-Ray' }), {
    Name: 'Anna Lee',
    'First name': 'Anna',
  })
  assert.deepEqual(kept({ 'First name': 'Mary Jane' }), { Name: 'Anna Lee', 'Last name': 'Lee' })
})
