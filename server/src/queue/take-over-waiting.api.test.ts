import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { z } from 'zod'
import { type Harness, startHarness } from '../../test/harness.ts'
import { QUEUE_SCHEMA } from '../db/migrate.ts'
import { transaction } from '../db/transaction.ts'
import { defineJob } from './define-job.ts'
import { enqueue } from './enqueue.ts'
import { takeOverWaiting } from './take-over-waiting.ts'

const input = z.object({ ids: z.array(z.string()) })
const job = defineJob({ name: 'count_sheep', input, attempts: 3, timeout_ms: 1_000 })
const otherJob = defineJob({ name: 'count_goats', input, attempts: 3, timeout_ms: 1_000 })
const jobs = sql.ref(`${QUEUE_SCHEMA}._private_jobs`)

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())
beforeEach(() => sql`delete from ${jobs}`.execute(h.deps.db))

const add = (ids: string[], of = job): Promise<void> => transaction(h.deps.db, (tx) => enqueue(tx, of, { ids }))
const waiting = async (): Promise<{ id: string; ids: string[] }[]> => {
  const { rows } = await sql<{ id: string; ids: string[] }>`
    select id::text, payload -> 'ids' as ids from ${jobs} order by id::bigint`.execute(h.deps.db)
  return rows
}
/** As a worker takes one. */
const start = async (id: string): Promise<void> => {
  await sql`update ${jobs} set locked_at = ${h.clock.now()}, locked_by = 'w', attempts = attempts + 1 where id = ${id}::bigint`.execute(
    h.deps.db,
  )
}
const takeOver = (id: string, ids: string[], max: number): Promise<string[]> =>
  takeOverWaiting(h.deps.db, job, { job_id: id, input: { ids } }, 'ids', max)

describe('a running job', () => {
  test('takes over what waits, and every item stands in exactly one job at any time', async () => {
    for (const ids of [['a'], ['b', 'c'], ['d']]) await add(ids)
    await add(['z'], otherJob)
    const [own] = await waiting()
    await start(own?.id as string)
    assert.deepEqual(await takeOver(own?.id as string, ['a'], 10), ['a', 'b', 'c', 'd'])
    assert.deepEqual(
      (await waiting()).map(({ ids }) => ids),
      [['a', 'b', 'c', 'd'], ['z']],
    )
  })

  test('takes no more than it has room for, whole jobs and the longest waiting first', async () => {
    for (const ids of [['a'], ['b', 'c'], ['d', 'e'], ['f']]) await add(ids)
    const [own] = await waiting()
    await start(own?.id as string)
    assert.deepEqual(await takeOver(own?.id as string, ['a'], 4), ['a', 'b', 'c'])
    assert.deepEqual(
      (await waiting()).map(({ ids }) => ids),
      [['a', 'b', 'c'], ['d', 'e'], ['f']],
    )
  })

  test('leaves alone what others run and what failed before', async () => {
    for (const ids of [['a'], ['b'], ['c'], ['d']]) await add(ids)
    const [own, running, failed] = await waiting()
    for (const one of [own, running]) await start(one?.id as string)
    await sql`update ${jobs} set attempts = 1 where id = ${failed?.id}::bigint`.execute(h.deps.db)
    assert.deepEqual(await takeOver(own?.id as string, ['a'], 10), ['a', 'd'])
    assert.deepEqual(
      (await waiting()).map(({ ids }) => ids),
      [['a', 'd'], ['b'], ['c']],
    )
  })

  test('that is there no more takes nothing', async () => {
    await add(['b'])
    assert.deepEqual(await takeOver('0', ['a'], 10), ['a'])
    assert.deepEqual(
      (await waiting()).map(({ ids }) => ids),
      [['b']],
    )
  })

  test('and another one never get the same item', async () => {
    const all = Array.from({ length: 40 }, (_, n) => `i${n}`)
    for (const id of all) await add([id])
    const runners = (await waiting()).slice(0, 4)
    for (const { id } of runners) await start(id)
    const taken = await Promise.all(runners.map(({ id, ids }) => takeOver(id, ids, 15)))
    assert.equal(new Set(taken.flat()).size, taken.flat().length)
    assert.deepEqual((await waiting()).flatMap(({ ids }) => ids).sort(), [...all].sort())
  })
})
