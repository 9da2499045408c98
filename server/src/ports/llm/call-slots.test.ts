import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCallSlots } from './call-slots.ts'

const never = new AbortController().signal
/** Lets everything that can go on go on. */
const settle = () => new Promise<void>((done) => setImmediate(done))

test('no more calls run than the limit says, and the longest waiting one is next', async () => {
  const slots = createCallSlots(() => 0)
  const order: number[] = []
  const give: (() => void)[] = []
  for (const at of [1, 2, 3, 4])
    void slots.take('m', 'w', 2, never).then((back) => {
      order.push(at)
      give.push(back)
    })
  await settle()
  assert.deepEqual(order, [1, 2])
  give[0]?.()
  // A place that is given back twice is one place.
  give[0]?.()
  await settle()
  assert.deepEqual(order, [1, 2, 3])
})

test('a workspace with a large job does not hold up another one', async () => {
  const slots = createCallSlots(() => 0)
  const order: string[] = []
  const give: (() => void)[] = []
  const ask = (group: string) =>
    void slots.take('m', group, 2, never).then((back) => {
      order.push(group)
      give.push(back)
    })
  for (let at = 0; at < 10; at++) ask('large')
  ask('small')
  await settle()
  assert.deepEqual(order, ['large', 'large'])
  give[0]?.()
  await settle()
  assert.deepEqual(order, ['large', 'large', 'small'])
})

test('who gives up leaves the queue and takes no place', async () => {
  const slots = createCallSlots(() => 0)
  const back = await slots.take('m', 'w', 1, never)
  const leaving = new AbortController()
  const left = slots.take('m', 'w', 1, leaving.signal)
  const stays = slots.take('m', 'w', 1, never)
  leaving.abort(new Error('gone'))
  await assert.rejects(left, /gone/)
  await assert.rejects(slots.take('m', 'w', 1, leaving.signal), /gone/)
  back()
  ;(await stays)()
  ;(await slots.take('m', 'w', 1, never))()
})

test('a model rests for all of its callers until the longest pause is over, and others do not', () => {
  let now = 1_000
  const slots = createCallSlots(() => now)
  slots.rest('m', 500)
  slots.rest('m', 200)
  assert.deepEqual([slots.restsFor('m'), slots.restsFor('other')], [500, 0])
  now = 1_400
  assert.equal(slots.restsFor('m'), 100)
  now = 1_600
  assert.equal(slots.restsFor('m'), 0)
})
