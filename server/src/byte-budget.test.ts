import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createByteBudget } from './byte-budget.ts'

test('work begins in its order while the sum fits, and something larger than all goes alone', async () => {
  const budget = createByteBudget(10)
  const begun: string[] = []
  const take = (name: string, bytes: number) => budget.take(bytes).then(() => void begun.push(name))
  const all = [take('a', 6), take('b', 4), take('c', 1), take('huge', 50), take('d', 1)]
  await Promise.all(all.slice(0, 2))
  assert.deepEqual(begun, ['a', 'b'])
  budget.give(6)
  await all[2]
  assert.deepEqual(begun, ['a', 'b', 'c'], 'huge waits for all, and nobody passes it')
  budget.give(4)
  budget.give(1)
  await all[3]
  assert.deepEqual(begun, ['a', 'b', 'c', 'huge'])
  budget.give(50)
  await all[4]
  assert.deepEqual(begun, ['a', 'b', 'c', 'huge', 'd'])
})
