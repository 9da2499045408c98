import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeenSet } from './seen-set.ts'

test('a text that was added comes back with the row of its first time, and a new one with 0', () => {
  const seen = createSeenSet()
  assert.equal(seen.add('ann@example.com', 2), 0)
  assert.equal(seen.add('bob@example.com', 3), 0)
  assert.equal(seen.add('ann@example.com', 4), 2)
  assert.equal(seen.add('ann@example.com', 5), 2)
  assert.equal(seen.size(), 2)
})

test('400,000 addresses that differ in little are all told apart, before and after the table has grown', () => {
  const seen = createSeenSet()
  const address = (n: number): string =>
    `${String.fromCharCode(97 + (n % 26))}.${n.toString(36)}@mail${n % 7}.example.com`
  for (let n = 0; n < 400_000; n++) assert.equal(seen.add(address(n), n + 1), 0, address(n))
  for (let n = 0; n < 400_000; n += 997) assert.equal(seen.add(address(n), 1), n + 1)
})

test('texts of the same letters in another order are different texts', () => {
  const seen = createSeenSet()
  const letters = ['a', 'b', 'c', 'd', 'e', 'f']
  let count = 0
  const permute = (head: string, rest: string[]): void => {
    if (!rest.length) {
      count++
      assert.equal(seen.add(head, count), 0, head)
    }
    for (const letter of rest)
      permute(
        head + letter,
        rest.filter((other) => other !== letter),
      )
  }
  permute('', letters)
  assert.equal(seen.size(), 720)
})
