import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTracked } from './click-patterns.ts'

test('a pattern without a star matches anywhere, one with stars the whole address', () => {
  const cases: [string, string[] | null, boolean][] = [
    ['https://shop.example/a?b=1', null, true],
    ['https://shop.example/a?b=1', [], true],
    ['https://shop.example/a?b=1', ['shop.example'], true],
    ['https://SHOP.example/a', ['Shop.Example/A'], true],
    ['https://other.example/', ['shop.example'], false],
    ['https://other.example/', ['shop.example', 'other'], true],
    ['https://shop.example/a', ['https://shop.example/*'], true],
    ['https://shop.example.evil.example/a', ['https://shop.example/*'], false],
    ['https://x/?u=https://shop.example/a', ['https://shop.example/*'], false],
    ['https://a.shop.example/x.pdf', ['https://*.shop.example/*.pdf'], true],
    ['https://a.shop.example/x.pdf?y', ['https://*.shop.example/*.pdf'], false],
    ['abc', ['ab*bc'], false],
    ['abbc', ['ab*bc'], true],
    ['anything', ['*'], true],
    ['anything', ['  '], false],
  ]
  for (const [url, patterns, expected] of cases) assert.equal(isTracked(url, patterns), expected, `${url} ${patterns}`)
})

test('no pattern makes a long address slow', () => {
  const started = performance.now()
  for (let i = 0; i < 50; i++) isTracked('a'.repeat(2_000), [`${'*a'.repeat(240)}b`])
  assert.ok(performance.now() - started < 500)
})
