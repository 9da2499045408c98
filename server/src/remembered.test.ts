import assert from 'node:assert/strict'
import { test } from 'node:test'
import { itself, remembered } from './remembered.ts'

test('the same question is answered once', () => {
  const asked: string[] = []
  const answer = remembered((names: string[], tail: string) => {
    asked.push(names.join())
    return { text: names.join('-') + tail }
  })
  const first = answer(['a', 'b'], '!')
  assert.equal(answer(['a', 'b'], '!'), first)
  assert.notEqual(answer(['a,b'], '!'), first)
  assert.notEqual(answer(['a', 'b'], '?'), first)
  assert.equal(asked.length, 3)
})

test('only so many answers are kept, and none to a question that is too long', () => {
  let made = 0
  const answer = remembered(
    (text: string) => {
      made++
      return text.length
    },
    { most: 2, longest: 3, keyOf: itself },
  )
  for (const text of ['a', 'b', 'a', 'b']) answer(text)
  assert.equal(made, 2)
  answer('c')
  answer('a')
  assert.equal(made, 4, 'a third answer put the others out')
  answer('long')
  answer('long')
  assert.equal(made, 6)
})
