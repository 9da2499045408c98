import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { createTestDatabase, type Harness, startHarness, type TestDatabase } from '../../../test/harness.ts'
import { transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { type EventType, recordEvents } from '../campaigns/record-events.ts'
import { followEvents } from './event-stream.ts'

type Told = { event?: string; id?: string; data?: string }

let database: TestDatabase
/** The process that a client talks to. It runs no jobs, so what it hears comes from the other. */
let api: Harness
let worker: Harness
before(async () => {
  database = await createTestDatabase()
  api = await startHarness({ database, env: { EVENT_STREAMS: '2' } })
  worker = await startHarness({ database })
})
after(async () => {
  await api?.close()
  await worker?.close()
  await database.drop()
})

let tenant: TestTenant
let email_id: string
beforeEach(async () => {
  tenant = await createTenant(api)
  email_id = tenant.user_id
})

const happenTo = async (who: TestTenant, ...types: EventType[]): Promise<void> => {
  for (const event_type of types)
    await transaction(api.deps.db, (tx) =>
      recordEvents(tx, [
        {
          workspace_id: who.workspace_id,
          campaign_id: null,
          campaign_lead_id: null,
          email_id,
          event_type,
          occurred_at: api.clock.now(),
        },
      ]),
    )
  await worker.worker.drain()
}
const happen = (...types: EventType[]): Promise<void> => happenTo(tenant, ...types)

type Stream = {
  next: (count: number) => Promise<Told[]>
  until: (part: string) => Promise<void>
  close: () => void
  ended: Promise<unknown>
  response: IncomingMessage
}

const open = async (
  options: { query?: string; headers?: Record<string, string>; from?: Harness } = {},
): Promise<Stream> => {
  const from = options.from ?? api
  const request = get(`${from.base_url}/api/v1/events${options.query ?? ''}`, {
    headers: { authorization: `Bearer ${tenant.key}`, ...options.headers },
  })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  /** What is read last, for those who wait for words that are no event. */
  let text = ''
  const told: Told[] = []
  let rest = ''
  let changed = (): void => {}
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text = (text + chunk).slice(-4_096)
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)])
      const one: Told = Object.fromEntries(lines)
      if (one.data !== undefined) told.push(one)
    }
    changed()
  })
  response.on('error', () => {})
  request.on('error', () => {})
  const ended = new Promise((done) => response.on('close', done))
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((done) => {
      changed = () => {
        if (isSo() || response.destroyed) done()
      }
      response.on('close', () => changed())
      changed()
    })
  const stream: Stream = {
    response,
    until: (part) => until(() => text.includes(part)),
    next: async (count) => {
      await until(() => told.length >= count)
      return [...told]
    },
    close: () => request.destroy(),
    ended,
  }
  // The first words say that the stream has begun.
  await stream.until('\n\n')
  return stream
}

const kinds = (told: Told[]): (string | undefined)[] => told.map(({ event }) => event)

test('what happens is heard live from another process, in the words of the webhooks', async () => {
  const stream = await open()
  assert.equal(stream.response.headers['content-type'], 'text/event-stream; charset=utf-8')
  await happen('sent', 'delivered')
  const told = await stream.next(2)
  assert.deepEqual(kinds(told), ['email.outbound.sent', 'email.outbound.delivered'])
  const event = JSON.parse(told[0]?.data ?? '')
  assert.deepEqual(Object.keys(event), ['event_id', 'event_type', 'timestamp', 'data'])
  assert.equal(event.data.email_id, email_id)
  stream.close()
})

test('a stream that comes back with Last-Event-ID hears what happened meanwhile, once', async () => {
  const first = await open()
  await happen('sent')
  const [one] = await first.next(1)
  first.close()
  await happen('delivered', 'opened', 'clicked')
  for (const options of [{ headers: { 'last-event-id': one?.id ?? '' } }, { query: `?last_event_id=${one?.id}` }]) {
    const second = await open(options)
    assert.deepEqual(kinds(await second.next(3)), [
      'email.outbound.delivered',
      'email.outbound.opened',
      'email.outbound.clicked',
    ])
    second.close()
    await second.ended
  }
})

test('a stream of some types only still moves its id along', async () => {
  const stream = await open({ query: '?types=email.outbound.clicked,lead.*' })
  await happen('sent', 'clicked', 'delivered')
  assert.deepEqual(kinds(await stream.next(1)), ['email.outbound.clicked'])
  const last = await sql<{
    last_position: number
  }>`select last_position from event_listeners where workspace_id = ${tenant.workspace_id}`.execute(api.deps.db)
  // An id without data moves a client's position and tells it nothing.
  await stream.until(`\n\nid: ${last.rows[0]?.last_position}\n\n`)
  assert.equal((await stream.next(1)).length, 1)
  stream.close()
  const bad = await api.call('GET', '/api/v1/events?types=email.outbound.eaten', { as: tenant.key })
  assert.equal(bad.status, 422)
})

test('what is kept no longer is announced as a gap, not passed over', async () => {
  const first = await open()
  await happen('sent', 'delivered', 'opened')
  const [one] = await first.next(3)
  first.close()
  await sql`delete from published_events where workspace_id = ${tenant.workspace_id} and event_type = 'email.outbound.delivered'`.execute(
    api.deps.db,
  )
  const second = await open({ headers: { 'last-event-id': one?.id ?? '' } })
  assert.deepEqual(kinds(await second.next(2)), ['stream.gap', 'email.outbound.opened'])
  second.close()
})

test('another workspace’s events are never heard', async () => {
  const stream = await open()
  const other = await createTenant(api)
  const theirs = await open({ headers: { authorization: `Bearer ${other.key}` } })
  await happenTo(other, 'failed')
  assert.deepEqual(kinds(await theirs.next(1)), ['email.outbound.failed'])
  theirs.close()
  await happen('sent')
  assert.deepEqual(kinds(await stream.next(1)), ['email.outbound.sent'])
  stream.close()
})

test('a workspace has no more streams than the setting says, and a closed one makes room', async () => {
  const [a, b] = [await open(), await open()]
  const third = await api.call<{ detail: string }>('GET', '/api/v1/events', { as: tenant.key })
  assert.deepEqual([third.status, third.body.detail], [429, 'RATE_LIMITED'])
  assert.ok(third.headers['retry-after'])
  a.close()
  await a.ended
  for (let status: number | undefined; status !== 200; ) {
    const again = await open()
    status = again.response.statusCode
    again.close()
  }
  b.close()
})

test('a reader that stops reading holds up nobody, is not read ahead for, and goes on where it was', async () => {
  const COUNT = 3_000
  const [slow, quick] = [await open(), await open()]
  slow.response.pause()
  // More than the sockets between the two can hold.
  await transaction(api.deps.db, (tx) =>
    recordEvents(
      tx,
      Array.from({ length: COUNT }, (_, n) => ({
        workspace_id: tenant.workspace_id,
        campaign_id: null,
        campaign_lead_id: null,
        email_id: newId(),
        event_type: 'clicked' as const,
        url: `https://example.com/${n}/${'x'.repeat(8_000)}`,
        occurred_at: api.clock.now(),
      })),
    ),
  )
  await worker.worker.drain()
  const heard = await quick.next(COUNT)
  assert.deepEqual(
    heard.map(({ id }) => Number(id)),
    heard.map((_, n) => Number(heard[0]?.id) + n),
  )
  // What is taken away now can only be missed by one that has not been read for yet.
  const last = Number(heard.at(-1)?.id)
  await sql`delete from published_events where workspace_id = ${tenant.workspace_id} and position > ${last - 500}`.execute(
    api.deps.db,
  )
  slow.response.resume()
  await slow.next(COUNT - 500)
  await happen('sent')
  const late = await slow.next(COUNT - 500 + 2)
  assert.deepEqual(kinds(late.slice(-2)), ['stream.gap', 'email.outbound.sent'])
  assert.deepEqual(
    late.slice(0, -2).map(({ id }) => id),
    heard.slice(0, -500).map(({ id }) => id),
  )
  slow.close()
  quick.close()
})

test('a stream with nothing to tell says from time to time that it is still there', async () => {
  const leaving = new AbortController()
  let waits = 0
  const subscription = {
    wait: async () => {
      if (++waits === 3) leaving.abort()
    },
    close: () => {},
  }
  const options = { from: 0, resumes: false, types: null }
  const pace = { look_again_ms: 1, keep_alive_ms: 0 }
  const said: string[] = []
  for await (const text of followEvents(api.deps, tenant.workspace_id, options, subscription, leaving.signal, pace))
    said.push(text)
  // A line that begins with a colon is a comment, which clients skip.
  assert.deepEqual(said, ['retry: 3000\nid: 0\n\n', ...Array(3).fill(': still here\n\n')])
})

test('it hears again after the database connection of the notifications was cut', async () => {
  const stream = await open()
  let cut = 0
  while (!cut)
    cut = (
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and state = 'idle' and datname = current_database()`.execute(
        api.deps.db,
      )
    ).rows.length
  await happen('sent')
  assert.deepEqual(kinds(await stream.next(1)), ['email.outbound.sent'])
  stream.close()
})

test('closing the server ends open streams at once', async () => {
  const own = await startHarness({ database })
  const stream = await open({ from: own })
  const began = performance.now()
  await own.close()
  await stream.ended
  assert.ok(performance.now() - began < 3_000)
})
