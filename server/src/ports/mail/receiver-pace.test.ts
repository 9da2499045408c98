import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiverPaces, type PaceStore, type Place, type StoredPace } from './receiver-pace.ts'

const steered = (options: { lanes?: number; stored?: Map<string, StoredPace> } = {}) => {
  const time = { now: 1_800_000_000_000, steady: 0 }
  const stored = options.stored ?? new Map<string, StoredPace>()
  const store: PaceStore = {
    load: async (receiver) => stored.get(receiver) ?? null,
    save: async (receiver, pace) => void stored.set(receiver, pace),
  }
  const paces = createReceiverPaces({
    lanes: options.lanes ?? 20,
    now: () => new Date(time.now),
    steady: () => time.steady,
    store,
  })
  const pass = (ms: number): void => {
    time.now += ms
    time.steady += ms
  }
  return { paces, pass, stored, time }
}

const isPlace = (taken: Awaited<ReturnType<ReturnType<typeof createReceiverPaces>['take']>>): taken is Place =>
  'done' in taken
const place = async (taking: ReturnType<ReturnType<typeof createReceiverPaces>['take']>): Promise<Place> => {
  const taken = await taking
  assert.ok(isPlace(taken))
  return taken
}
const slowDown = { kind: 'slow_down', rest: true, asked_ms: null, why: '421 busy' } as const

test('a receiver begins with four places; a fifth message waits for the first to be done', async () => {
  const { paces } = steered()
  const places = await Promise.all([1, 2, 3, 4].map(() => place(paces.take('a'))))
  let got = false
  const fifth = paces.take('a').then((taken) => {
    got = isPlace(taken)
    return taken
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(got, false)
  places[0]?.done({ kind: 'fine' })
  assert.ok(isPlace(await fifth))
})

test('places grow by one for each full turn that went well, up to the lanes, and other receivers are not touched', async () => {
  const { paces, pass } = steered({ lanes: 6 })
  for (let i = 0; i < 200; i++) {
    const one = await place(paces.take('a'))
    pass(10)
    one.done({ kind: 'fine' })
  }
  const many = await Promise.all([1, 2, 3, 4, 5, 6].map(() => place(paces.take('a'))))
  assert.equal(many.length, 6)
  for (const _ of [1, 2, 3, 4]) await place(paces.take('b'))
})

test('one that asks to slow down is left alone for 30 s, then longer each time, up to half an hour', async () => {
  const { paces, pass } = steered()
  for (const seconds of [30, 60, 120, 240, 480, 960, 1800, 1800]) {
    const one = await place(paces.take('a'))
    one.done(slowDown)
    const held = await paces.take('a')
    assert.ok('held_ms' in held)
    assert.equal(held.held_ms, seconds * 1000)
    assert.equal(held.why, '421 busy')
    pass(seconds * 1000)
  }
  const good = await place(paces.take('a'))
  good.done({ kind: 'fine' })
  pass(60_000)
  const again = await place(paces.take('a'))
  again.done(slowDown)
  const held = await paces.take('a')
  assert.equal('held_ms' in held && held.held_ms, 30_000)
})

test('the time it names is kept, within an hour', async () => {
  const { paces } = steered()
  for (const [asked, expected] of [
    [300_000, 300_000],
    [10 * 3_600_000, 3_600_000],
    [1_000, 30_000],
  ] as const) {
    const receiver = `r${asked}`
    const one = await place(paces.take(receiver))
    one.done({ ...slowDown, asked_ms: asked })
    const held = await paces.take(receiver)
    assert.equal('held_ms' in held && held.held_ms, expected)
  }
})

test('messages under way that hear the same together halve the places once', async () => {
  const { paces, pass, stored } = steered()
  const four = await Promise.all([1, 2, 3, 4].map(() => place(paces.take('a'))))
  for (const one of four) one.done(slowDown)
  assert.equal(stored.get('a')?.concurrency, 2)
  assert.equal(stored.get('a')?.rest_ms, 30_000)
  pass(30_000)
  const next = await place(paces.take('a'))
  next.done(slowDown)
  assert.equal(stored.get('a')?.concurrency, 1)
})

test('a refused connection narrows the receiver without a pause', async () => {
  const { paces, stored } = steered()
  const one = await place(paces.take('a'))
  one.done({ kind: 'slow_down', rest: false, asked_ms: null, why: 'ECONNREFUSED' })
  assert.equal(stored.get('a')?.concurrency, 2)
  assert.ok(isPlace(await paces.take('a')))
})

test('behind a receiver that hangs nobody waits: the message is held at once', async () => {
  const { paces, pass } = steered()
  await Promise.all([1, 2, 3, 4].map(() => place(paces.take('a'))))
  pass(20_000)
  const began = performance.now()
  const holds: number[] = []
  for (let i = 0; i < 10; i++) {
    const held = await paces.take('a')
    assert.ok('held_ms' in held)
    holds.push(held.held_ms)
  }
  assert.ok(performance.now() - began < 500)
  assert.ok(holds.every((ms) => ms >= 1_000 && ms <= 60_000))
})

test('a receiver whose turns take a quarter of a minute gets narrower, one place at least', async () => {
  const { paces, pass } = steered()
  for (let i = 0; i < 12; i++) {
    const one = await place(paces.take('a'))
    pass(20_000)
    one.done({ kind: 'fine' })
  }
  await place(paces.take('a'))
  pass(2_000)
  assert.ok('held_ms' in (await paces.take('a')))
})

test('what another process learned counts here too', async () => {
  const stored = new Map<string, StoredPace>()
  const one = steered({ stored })
  const other = steered({ stored })
  const taken = await place(one.paces.take('a'))
  taken.done(slowDown)
  const held = await other.paces.take('a')
  assert.ok('held_ms' in held && held.held_ms === 30_000)
  other.pass(31_000)
  assert.ok(isPlace(await other.paces.take('a')))
})

test('a place given back twice counts once, and a fault of the store stops nobody', async () => {
  let faults = 0
  const paces = createReceiverPaces({
    lanes: 1,
    now: () => new Date(1_800_000_000_000),
    store: { load: () => Promise.reject(new Error('gone')), save: () => Promise.reject(new Error('gone')) },
    onStoreError: () => faults++,
  })
  const one = await place(paces.take('a'))
  one.done({ kind: 'fine' })
  one.done({ kind: 'fine' })
  const two = await place(paces.take('a'))
  const third = paces.take('a')
  two.done({ kind: 'slow_down', rest: false, asked_ms: null, why: 'x' })
  assert.ok(isPlace(await third))
  assert.ok(faults >= 1)
  paces.close()
})
