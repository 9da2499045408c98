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

test('a batch that gathers waits for enough, for the time or for whoever wants it done', async () => {
  const batches: number[][] = []
  const gathering = (ms: number) =>
    createBatcher<number, number>(
      async (items) => {
        batches.push(items)
        return items
      },
      { max: 4, gather: { enough: 2, ms } },
    )
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  const patient = gathering(600_000)
  const first = patient.add(1)
  await turn()
  await turn()
  assert.deepEqual(batches, [])
  assert.deepEqual(await Promise.all([first, patient.add(2)]), [1, 2])
  const last = patient.add(3)
  await turn()
  await patient.idle()
  assert.equal(await last, 3)
  assert.equal(await gathering(1).add(4), 4)
  assert.deepEqual(batches, [[1, 2], [3], [4]])
})
