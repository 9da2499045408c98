import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leadFields } from './lead-fields.ts'

test('fields are known by their names in any spelling, others keep a name of their own', () => {
  assert.deepEqual(leadFields({ 'First Name': 'Ada', Company: 'Havn AS', 'Crew size': 40, score: null, empty: '  ' }), {
    first_name: 'Ada',
    company_name: 'Havn AS',
    crew_size: '40',
  })
})

test('a full name gives first and last name only where that is certain', () => {
  assert.deepEqual(leadFields({ full_name: 'Ada Moe' }), { full_name: 'Ada Moe', first_name: 'Ada', last_name: 'Moe' })
  assert.deepEqual(leadFields({ full_name: '李小龙' }), { full_name: '李小龙' })
})

test('nested data become fields with both names, lists become text', () => {
  assert.deepEqual(leadFields({ company: { name: 'Havn AS', tags: ['port', 'cargo'] }, jobs: [{ title: 'Clerk' }] }), {
    company_name: 'Havn AS',
    company_tags: 'port, cargo',
    jobs: '{"title":"Clerk"}',
  })
})

test('a mapping of the dataset wins over guessing; columns that are not there do not matter', () => {
  const mapping = { Kunde: 'company_name', gone: 'email' }
  assert.equal(leadFields({ Kunde: 'Havn AS', Name: 'Ada' }, mapping).company_name, 'Havn AS')
  assert.deepEqual(leadFields({ company: 'Havn AS' }, { Kunde: 'company_name' }), { company_name: 'Havn AS' })
})

test('hostile data stay data: names of objects, NUL, half characters, thousands of fields, endless values', () => {
  const hostile = JSON.parse('{"__proto__":{"polluted":"yes"},"constructor":"x","a":"b\\u0000c\\ud800"}')
  const fields = leadFields(hostile)
  assert.equal(({} as { polluted?: string }).polluted, undefined)
  assert.ok(Object.values(fields).every((value) => value.isWellFormed() && !value.includes('\0')))
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`field ${n}`, 'x'.repeat(50_000)]))
  const read = leadFields(many)
  assert.equal(Object.keys(read).length, 200)
  assert.ok(Object.values(read).every(({ length }) => length <= 4_000))
  let deep: Record<string, unknown> = { end: 'x' }
  for (let n = 0; n < 1_000; n++) deep = { deep }
  assert.deepEqual(leadFields(deep), {})
})
