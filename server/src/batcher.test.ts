import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBatcher } from './batcher.ts'

test('what arrives together shares a batch, in order, up to the maximum', async () => {
  const batches: number[][] = []
  const batcher = createBatcher<number, number>(
    async (items) => {
      batches.push(items)
      return items.map((n) => n * 10)
    },
    { max: 3 },
  )
  assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(batcher.add)), [10, 20, 30, 40, 50])
  assert.deepEqual(batches, [
    [1, 2, 3],
    [4, 5],
  ])
})

test('what arrives during a batch waits for the next one, and a failure reaches its own batch only', async () => {
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const batches: string[][] = []
  const batcher = createBatcher<string, string>(
    async (items) => {
      batches.push(items)
      if (items.includes('bad')) throw new Error('refused')
      await gate
      return items
    },
    { max: 10 },
  )
  const first = batcher.add('a')
  await new Promise((resolve) => setImmediate(resolve))
  const second = assert.rejects(batcher.add('bad'), /refused/)
  release()
  assert.equal(await first, 'a')
  await second
  assert.equal(await batcher.add('b'), 'b')
  assert.deepEqual(batches, [['a'], ['bad'], ['b']])
  await batcher.idle()
})
