import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MERGE_STRATEGIES, mergeSenderData } from './merge-sender-data.ts'

const present = { name: 'Ann', title: '', company: { name: 'Engines', city: 'Oslo' } }
const sources = [
  { title: 'CEO', company: { city: 'Bergen' } },
  { name: 'Bob', title: 'CTO', phone: null },
]

test('each strategy folds the sources in their order', () => {
  assert.deepEqual(mergeSenderData(present, sources, 'update'), {
    name: 'Bob',
    title: 'CTO',
    company: { city: 'Bergen' },
    phone: null,
  })
  assert.deepEqual(mergeSenderData(present, sources, 'fill'), {
    name: 'Ann',
    title: 'CEO',
    company: { name: 'Engines', city: 'Oslo' },
    phone: null,
  })
  assert.deepEqual(mergeSenderData(present, sources, 'deep_update'), {
    name: 'Bob',
    title: 'CTO',
    company: { name: 'Engines', city: 'Bergen' },
    phone: null,
  })
  assert.deepEqual(mergeSenderData(present, sources, 'replace'), { name: 'Bob', title: 'CTO', phone: null })
})

test('no sources change nothing, and a session without sender data begins with an empty object', () => {
  for (const strategy of MERGE_STRATEGIES) {
    assert.deepEqual(mergeSenderData(present, [], strategy), present)
    assert.deepEqual(mergeSenderData(null, [{ a: 1 }], strategy), { a: 1 })
  }
})

test('a key that objects treat specially is a key like any other', () => {
  const nasty = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"x":1}}')
  for (const strategy of MERGE_STRATEGIES) {
    const merged = mergeSenderData({ a: 1 }, [nasty], strategy)
    assert.equal((merged as { polluted?: boolean }).polluted, undefined, strategy)
    assert.equal(JSON.stringify(merged).includes('"__proto__":{"polluted":true}'), true, strategy)
  }
  assert.equal(({} as { polluted?: boolean }).polluted, undefined)
})
