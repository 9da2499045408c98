import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWarmup } from './warmup-mark.ts'

const message = (more: Partial<Parameters<typeof isWarmup>[0]> = {}) => ({
  subject: '',
  headers: [],
  text: null,
  html: null,
  ...more,
})

test('warm-up mail is told by the token of its alias, wherever it stands and in any case, as a word', () => {
  for (const marked of [
    { subject: 'Lunch (Blue-Horse)' },
    { text: 'see you\n\nblue-horse' },
    { html: '<p hidden>BLUE-HORSE</p>' },
    { headers: [{ name: 'X-Warm', value: 'blue-horse' }] },
  ])
    assert.ok(isWarmup(message(marked), ' blue-horse '), JSON.stringify(marked))
  for (const text of ['blue-horses run', 'darkblue-horse', 'blue horse'])
    assert.ok(!isWarmup(message({ text }), 'blue-horse'), text)
})

test('without a token, or with one that words may hold by chance, nothing is warm-up mail', () => {
  for (const token of [null, '', '  ', 'abc']) assert.ok(!isWarmup(message({ text: 'abc' }), token))
})
