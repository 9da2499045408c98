import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { firstIn, matchesOf, occursIn, wholeWords } from './whole-words.ts'

const PATTERNS: [string, RegExp][] = [
  ['words', wholeWords(/\b(?:là|être|act now|I (?:saw|read))\b/giu)],
  ['a beginning', wholeWords(/\bcongrat\w*/giu)],
  ['classes of Unicode', wholeWords(/\bby (\p{Lu}\p{L}+)\b/gu)],
  ['what must not stand before', wholeWords(/(?<!\b[Ii]f )\bI saw\b/gu)],
]

const TEXTS = [
  'I saw it, and act now.',
  '“Act now” – I read… congratulations by Anna!',
  'If I saw it I would be by Émile.',
  'On est là, prêt à être lu.',
  'Überact now, actnow, I’saw, I_saw, act now9',
  'İ saw; ſaw; \u212a',
  'a\u0301ct now, act now\u0301',
  '',
]

describe('a pattern with whole words', () => {
  for (const [name, pattern] of PATTERNS)
    for (const text of TEXTS)
      test(`${name}: “${text}” is read alike by the quick pattern and by the exact one`, () => {
        const exact = [...text.matchAll(pattern)].map(({ index, 0: found }) => [index, found])
        assert.deepEqual(
          [...matchesOf(pattern, text)].map(({ index, 0: found }) => [index, found]),
          exact,
        )
        assert.equal(occursIn(pattern, text), exact.length > 0)
        assert.equal(occursIn(pattern, text), exact.length > 0, 'a second time')
        pattern.lastIndex = 0
        const single = wholeWords(new RegExp(pattern.source, pattern.flags.replace('g', '')))
        assert.equal(firstIn(single, text)?.[0], exact[0]?.[1])
      })

  test('letters beyond ASCII have edges as others have', () => {
    const pattern = wholeWords(/\b(?:là|être)\b/u)
    assert.equal(firstIn(pattern, 'On est là.')?.[0], 'là')
    assert.equal(firstIn(pattern, 'prêtêtre'), null)
  })
})
