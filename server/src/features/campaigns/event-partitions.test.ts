import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import type pg from 'pg'
import { createTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { ensureEventPartitions } from './event-partitions.ts'

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const add = async (at: Date): Promise<string> => {
  const { workspace_id } = await createTenant(h)
  const id = newId()
  await sql`insert into events (event_id, workspace_id, event_type, occurred_at) values (${id}, ${workspace_id}, 'stopped', ${at})`.execute(
    h.deps.db,
  )
  return id
}

const partitionOf = async (id: string): Promise<string | undefined> => {
  const { rows } = await sql<{
    name: string
  }>`select tableoid::regclass::text as name from events where event_id = ${id}`.execute(h.deps.db)
  return rows[0]?.name
}

/** Waits until a connection waits for a lock, or its statement is over. */
const untilBlocked = async (pid: number, isOver: () => boolean): Promise<void> => {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline && !isOver(); ) {
    const { rows } = await sql`select 1 from pg_stat_activity where pid = ${pid} and wait_event_type = 'Lock'`.execute(
      h.deps.db,
    )
    if (rows.length) return
  }
}

const withClient = async (work: (client: pg.PoolClient, pid: number) => Promise<void>): Promise<void> => {
  const client = await h.deps.pool.connect()
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    await work(client, rows[0]?.pid as number)
  } finally {
    client.release()
  }
}

test('who reads the timeline while rows move to a partition of their own finds them', async () => {
  const at = new Date('2032-03-10T12:00:00Z')
  const id = await add(at)
  assert.equal(await partitionOf(id), 'events_default')
  await withClient(async (client, pid) => {
    let isOver = false
    let reading: Promise<pg.QueryResult> | undefined
    await transaction(h.deps.db, async (tx) => {
      assert.equal(await ensureEventPartitions(tx, at, at), true)
      reading = client.query('select event_id from events where occurred_at = $1', [at]).finally(() => {
        isOver = true
      })
      await untilBlocked(pid, () => isOver)
    })
    assert.deepEqual((await reading)?.rows, [{ event_id: id }])
  })
  assert.equal(await partitionOf(id), 'events_2032_03')
})

test('a timeline that somebody keeps busy is left alone, and gets its partition the next time', async () => {
  const at = new Date('2032-06-10T12:00:00Z')
  const id = await add(at)
  await withClient(async (client) => {
    await client.query('begin')
    await client.query('select 1 from events limit 1')
    const [made, timeout] = await transaction(h.deps.db, async (tx) => [
      await ensureEventPartitions(tx, at, at),
      (await sql<{ lock_timeout: string }>`show lock_timeout`.execute(tx)).rows[0]?.lock_timeout,
    ])
    assert.equal(made, false)
    assert.equal(timeout, '30s', 'what follows in the transaction waits as before')
    assert.equal(await partitionOf(id), 'events_default')
    await client.query('commit')
  })
  assert.equal(await transaction(h.deps.db, (tx) => ensureEventPartitions(tx, at, at)), true)
  assert.equal(await partitionOf(id), 'events_2032_06')
})
