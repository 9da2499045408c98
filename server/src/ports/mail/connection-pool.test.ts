import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BackOffError, createConnectionPool } from './connection-pool.ts'
import type { MailConnection, MailTransport } from './port.ts'

/** The simplest transport there is: sessions that only know whether they stand. What is under test is the pool. */
function transportOf(name: string) {
  const made: { alive: boolean; closed: boolean }[] = []
  let failure: Error | null = null
  const transport: MailTransport = {
    name,
    connections: 5,
    open: async () => {
      if (failure) throw failure
      const state = { alive: true, closed: false }
      made.push(state)
      const connection: MailConnection = {
        get alive() {
          return state.alive
        },
        send: async () => ({ phase: 'final', reply_code: 250 }),
        close: () => {
          state.alive = false
          state.closed = true
        },
      }
      return connection
    },
  }
  return {
    transport,
    made,
    failWith: (error: Error | null) => {
      failure = error
    },
  }
}

function steeredTime() {
  let ms = 1_000_000
  return { now: () => ms, pass: (more: number) => (ms += more) }
}

test('a session that was given back is used again, and only for its own transport', async () => {
  const pool = createConnectionPool({ max: 4, now: steeredTime().now })
  const a = transportOf('a')
  const b = transportOf('b')
  const first = await pool.take(a.transport)
  pool.give(a.transport, first)
  assert.notEqual(await pool.take(b.transport), first)
  assert.equal(await pool.take(a.transport), first)
  assert.equal(a.made.length, 1)
  pool.close()
})

test('never more than max are taken at once over all transports, even while sessions are opening', async () => {
  const pool = createConnectionPool({ max: 3 })
  const a = transportOf('a')
  const b = transportOf('b')
  const taking = [pool.take(a.transport), pool.take(b.transport), pool.take(a.transport)]
  assert.equal(pool.free(), 0)
  await assert.rejects(pool.take(b.transport), /All 3 mail connections/)
  const taken = await Promise.all(taking)
  assert.equal(pool.free(), 0)
  await assert.rejects(pool.take(a.transport), /All 3/)
  pool.give(a.transport, taken[0] as MailConnection)
  assert.equal(pool.free(), 1)
  pool.close()
})

test('idle and taken sessions together stay within max: the oldest idle one makes room', async () => {
  const time = steeredTime()
  const pool = createConnectionPool({ max: 2, now: time.now })
  const a = transportOf('a')
  const b = transportOf('b')
  const [first, second] = [await pool.take(a.transport), await pool.take(a.transport)]
  pool.give(a.transport, first)
  time.pass(10)
  pool.give(a.transport, second)
  await pool.take(b.transport)
  assert.deepEqual(
    a.made.map(({ closed }) => closed),
    [true, false],
  )
  pool.close()
})

test('a dead or too old session is closed and never handed out', async () => {
  const time = steeredTime()
  const pool = createConnectionPool({ max: 4, idle_ms: 30_000, now: time.now })
  const { transport, made } = transportOf('a')
  const first = await pool.take(transport)
  ;(made[0] as { alive: boolean }).alive = false
  pool.give(transport, first)
  assert.equal(pool.free(), 4)
  const second = await pool.take(transport)
  assert.notEqual(second, first)
  pool.give(transport, second)
  ;(made[1] as { alive: boolean }).alive = false // it dies while it waits
  const third = await pool.take(transport)
  assert.notEqual(third, second)
  pool.give(transport, third)
  time.pass(29_999)
  assert.equal(await pool.take(transport), third)
  pool.give(transport, third)
  time.pass(30_000)
  assert.notEqual(await pool.take(transport), third)
  assert.equal(made[2]?.closed, true)
  pool.close()
})

test('a transport that cannot be opened is left alone for 1 s, doubling up to 60 s, until it works again', async () => {
  const time = steeredTime()
  const pool = createConnectionPool({ max: 4, now: time.now })
  const bad = transportOf('bad')
  const reply = { phase: 'connect', error_name: 'ECONNREFUSED' }
  const failure = Object.assign(new Error('refused'), { reply })
  bad.failWith(failure)
  for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    await assert.rejects(pool.take(bad.transport), failure)
    time.pass(wait - 1)
    await assert.rejects(pool.take(bad.transport), (error: BackOffError & { reply?: unknown }) => {
      assert.deepEqual([error.code, error.cause, error.reply], ['TRANSPORT_BACK_OFF', failure, reply], `${wait}`)
      return true
    })
    time.pass(1)
  }
  assert.equal(pool.free(), 4)
  bad.failWith(null)
  const connection = await pool.take(bad.transport)
  bad.failWith(failure)
  await assert.rejects(pool.take(bad.transport), failure)
  time.pass(1_000)
  await assert.rejects(pool.take(bad.transport), failure)
  pool.give(bad.transport, connection)
  pool.close()
})

test('several openings that fail together count once, and other transports are not held up', async () => {
  const time = steeredTime()
  const pool = createConnectionPool({ max: 4, now: time.now })
  const bad = transportOf('bad')
  bad.failWith(new Error('refused'))
  await Promise.allSettled([1, 2, 3].map(() => pool.take(bad.transport)))
  assert.ok(await pool.take(transportOf('good').transport))
  time.pass(1_000)
  bad.failWith(null)
  assert.ok(await pool.take(bad.transport))
  pool.close()
})

test('a session that is idle is used even while new ones cannot be opened', async () => {
  const pool = createConnectionPool({ max: 4, now: steeredTime().now })
  const shaky = transportOf('shaky')
  const first = await pool.take(shaky.transport)
  shaky.failWith(new Error('too many sessions'))
  await assert.rejects(pool.take(shaky.transport), /too many/)
  pool.give(shaky.transport, first)
  assert.equal(await pool.take(shaky.transport), first)
  pool.close()
})

test('a closed pool ends idle sessions at once and taken ones when they come back', async () => {
  const pool = createConnectionPool({ max: 4 })
  const { transport, made } = transportOf('a')
  const [idle, taken] = [await pool.take(transport), await pool.take(transport)]
  pool.give(transport, idle)
  pool.close()
  assert.deepEqual(
    made.map(({ closed }) => closed),
    [true, false],
  )
  pool.give(transport, taken)
  assert.deepEqual(
    made.map(({ closed }) => closed),
    [true, true],
  )
  assert.equal(pool.free(), 0)
  await assert.rejects(pool.take(transport), /closed/)
})

test('a session cannot be given back twice', async () => {
  const pool = createConnectionPool({ max: 4 })
  const { transport } = transportOf('a')
  const connection = await pool.take(transport)
  pool.give(transport, connection)
  assert.throws(() => pool.give(transport, connection), /not taken/)
  pool.close()
})
