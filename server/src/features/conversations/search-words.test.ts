import assert from 'node:assert/strict'
import { test } from 'node:test'
import { searchQuery } from './search-words.ts'

test('a search is its words, each of which may go on', () => {
  for (const [text, query] of [
    ['invoice', `'invoice':*`],
    ['  Invoice  2026 ', `'Invoice':* & '2026':*`],
    ['ada@example.com', `'ada':* & 'example':* & 'com':*`],
    ["o'neill & sons | !x", `'o':* & 'neill':* & 'sons':* & 'x':*`],
    ['Größe 東京', `'Größe':* & '東京':*`],
    ['cafe\u0301', `'café':*`],
    ["'; drop table", `'drop':* & 'table':*`],
  ] as const)
    assert.equal(searchQuery(text), query, text)
})

test('a search without a word finds nothing, and a long one is cut', () => {
  for (const text of ['', '   ', '!?&|', "''"]) assert.equal(searchQuery(text), null)
  assert.equal(searchQuery('a '.repeat(100))?.split('&').length, 12)
})
