import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { createTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { transaction } from '../../db/transaction.ts'
import { streamJobEvents } from './follow-job.ts'
import { createJob, failJob, finishJob, reportProgress, startJob } from './progress.ts'

type Job = {
  status: string
  progress_done: number
  progress_total: number | null
  message: string | null
  result: unknown
  error: string | null
}

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const create = (workspace_id: string) =>
  transaction(h.deps.db, (tx) => createJob(tx, { workspace_id, kind: 'import', total: 100, now: h.clock.now() }))
const now = () => h.clock.now()

/** Reads server-sent events until `until` says so. */
const listen = async (
  path: string,
  as: string,
  onEvent: (name: string, job: Job) => Promise<boolean> | boolean,
): Promise<string[]> => {
  const leave = new AbortController()
  const response = await fetch(h.base_url + path, { headers: { authorization: `Bearer ${as}` }, signal: leave.signal })
  assert.match(response.headers.get('content-type') ?? '', /text\/event-stream/)
  const names: string[] = []
  let text = ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString()
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, name, data] = /^event: (\w+)\nid: \S+\ndata: (.*)$/.exec(text.slice(0, end)) ?? []
      text = text.slice(end + 2)
      if (!name || !data) continue
      names.push(name)
      if (await onEvent(name, JSON.parse(data))) {
        leave.abort()
        return names
      }
    }
  }
  return names
}

test('a job tells its progress, and after its end it does not move any more', async () => {
  const tenant = await createTenant(h)
  const id = await create(tenant.workspace_id)
  const read = async () => (await h.call<Job>('GET', `/api/v1/jobs/${id}`, { as: tenant.key })).body
  assert.equal((await read()).status, 'queued')
  await startJob(h.deps.db, id, now())
  await reportProgress(h.deps.db, id, 40, 100, 'Reading rows', now())
  await reportProgress(h.deps.db, id, 50, 100, undefined, now())
  const half = await read()
  assert.deepEqual(
    [half.status, half.progress_done, half.progress_total, half.message],
    ['running', 50, 100, 'Reading rows'],
  )
  await finishJob(h.deps.db, id, { result: { rows: 97 }, now: now() })
  await reportProgress(h.deps.db, id, 10, 100, 'late', now())
  await failJob(h.deps.db, id, { error: 'late', now: now() })
  const done = await read()
  assert.deepEqual([done.status, done.progress_done, done.result, done.error], ['completed', 100, { rows: 97 }, null])
})

test('a listener hears each change and the end, and then the stream is over', async () => {
  const tenant = await createTenant(h)
  const id = await create(tenant.workspace_id)
  const seen: number[] = []
  const names = await listen(`/api/v1/jobs/${id}/events`, tenant.key, async (_name, job) => {
    seen.push(job.progress_done)
    if (job.status === 'queued') await startJob(h.deps.db, id, now())
    else if (job.status === 'running' && job.progress_done === 0)
      await reportProgress(h.deps.db, id, 60, 100, null, now())
    else if (job.status === 'running') await failJob(h.deps.db, id, { error: 'The file ended too early.', now: now() })
    return false
  })
  assert.deepEqual(
    [names, seen],
    [
      ['progress', 'progress', 'progress', 'done'],
      [0, 0, 60, 60],
    ],
  )
})

test('a finished job is told at once', async () => {
  const tenant = await createTenant(h)
  const id = await create(tenant.workspace_id)
  await finishJob(h.deps.db, id, { now: now() })
  assert.deepEqual(await listen(`/api/v1/jobs/${id}/events`, tenant.key, () => false), ['done'])
})

test('the job itself is a stream for those who accept one, and JSON for everybody else', async () => {
  const tenant = await createTenant(h)
  const id = await create(tenant.workspace_id)
  await finishJob(h.deps.db, id, { counts: { rows_read: 7 }, now: now() })
  const get = (accept: string, headers: Record<string, string> = {}) =>
    fetch(`${h.base_url}/api/v1/jobs/${id}`, {
      headers: { authorization: `Bearer ${tenant.key}`, accept, ...headers },
    })
  for (const accept of ['*/*', 'application/json', 'application/json, text/event-stream'])
    assert.match((await get(accept)).headers.get('content-type') ?? '', /json/, accept)
  const stream = await get('text/event-stream')
  assert.match(stream.headers.get('content-type') ?? '', /text\/event-stream/)
  const [, eventId, data] = /event: done\nid: (\S+)\ndata: (.*)\n/.exec(await stream.text()) ?? []
  assert.deepEqual(JSON.parse(data ?? '{}').counts, { rows_read: 7 })
  // A browser comes back after the end, and stays away after a 204.
  assert.equal((await get('text/event-stream', { 'last-event-id': eventId ?? '' })).status, 204)
  assert.equal(
    (await h.call('GET', `/api/v1/jobs/${id}/events?last_event_id=${eventId}`, { as: tenant.key })).status,
    204,
  )
  assert.equal((await get('text/event-stream', { 'last-event-id': 'other' })).status, 200)
})

test('who comes back is told what is new, once', async () => {
  const tenant = await createTenant(h)
  const id = await create(tenant.workspace_id)
  await startJob(h.deps.db, id, now())
  const path = `${h.base_url}/api/v1/jobs/${id}/events`
  const first = await fetch(path, { headers: { authorization: `Bearer ${tenant.key}` } })
  const reader = (first.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  while (!/\ndata: .*\n\n/.test(text)) text += Buffer.from((await reader.read()).value ?? []).toString()
  await reader.cancel()
  const [, eventId] = /id: (\S+)/.exec(text) ?? []
  const back = await fetch(path, {
    headers: { authorization: `Bearer ${tenant.key}`, 'last-event-id': eventId ?? '' },
  })
  await reportProgress(h.deps.db, id, 9, 100, 'On', now())
  const events = back.text()
  await finishJob(h.deps.db, id, { now: now() })
  const names = [...(await events).matchAll(/event: (\w+)\n.*\ndata: (.*)/g)].map(([, name, data]) => [
    name,
    JSON.parse(data ?? '').progress_done,
  ])
  assert.deepEqual(
    names.filter(([, done]) => done === 0),
    [],
  )
  assert.deepEqual(names.at(-1), ['done', 100])
})

test('a reader that does not read holds nothing up and gets the end when it does', async () => {
  const tenant = await createTenant(h)
  const id = await create(tenant.workspace_id)
  const events = (await streamJobEvents(h.deps.db, tenant.workspace_id, id, null)).body as Readable
  await startJob(h.deps.db, id, now())
  // Each state is larger than what may wait, so at most one is read ahead.
  for (let n = 1; n <= 5; n++) {
    await reportProgress(h.deps.db, id, n, 100, 'x'.repeat(8_000), now())
    if (n === 1) await once(events, 'readable')
  }
  assert.ok(events.readableLength < 20_000, `${events.readableLength} bytes wait`)
  await finishJob(h.deps.db, id, { now: now() })
  let text = ''
  for await (const piece of events) text += piece
  assert.match(text, /event: done\n.*\ndata: \{.*"progress_done":100/)
})

test('the server closes in time although somebody listens to a job that never ends', async () => {
  const other = await startHarness()
  const tenant = await createTenant(other)
  const id = await transaction(other.deps.db, (tx) =>
    createJob(tx, { workspace_id: tenant.workspace_id, kind: 'import', now: now() }),
  )
  const response = await fetch(`${other.base_url}/api/v1/jobs/${id}/events`, {
    headers: { authorization: `Bearer ${tenant.key}` },
  })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  await reader.read()
  const began = performance.now()
  const ended = reader.read().then(
    ({ done }) => done,
    () => true,
  )
  await other.close()
  assert.equal(await ended, true)
  assert.ok(performance.now() - began < 5_000)
})

test('a job of another workspace is not there', async () => {
  const [a, b] = [await createTenant(h), await createTenant(h)]
  const id = await create(a.workspace_id)
  assert.equal((await h.call('GET', `/api/v1/jobs/${id}`, { as: b.key })).status, 404)
  assert.equal((await h.call('GET', `/api/v1/jobs/${id}/events`, { as: b.key })).status, 404)
})
