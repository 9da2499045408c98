import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant } from '../../test/builders.ts'
import { type Harness, startHarness } from '../../test/harness.ts'
import { transaction } from '../db/transaction.ts'
import { lockRowsOfDataset } from '../features/uploads/lock-rows.ts'

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

/** Asks the database again and again, without sleeping; undefined after ten seconds. */
const until = async <T>(ask: () => Promise<T | undefined>): Promise<T | undefined> => {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    const answer = await ask()
    if (answer !== undefined) return answer
  }
  return undefined
}

test('whoever holds a job is known to belong to its process, so that the job can be taken from a dead one', async () => {
  const tenant = await createTenant(h)
  const session = await h.call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
    as: tenant.key,
    body: { session_type: 'enrichment' },
  })
  const form = new FormData()
  const lines = Array.from({ length: 10_001 }, (_, n) => `person${n}@held.example`)
  form.set('file', new Blob([`Email\n${lines.join('\n')}\n`]), 'leads.csv')
  const made = await h.call<{ dataset_id: string }>('POST', `/api/v1/sessions/${session.body.session_id}/upload/csv`, {
    as: tenant.key,
    form,
  })
  try {
    await transaction(h.deps.db, async (tx) => {
      // The job waits for us and so holds its place in the queue.
      await lockRowsOfDataset(tx, made.body.dataset_id, false)
      await h.worker.start()
      const holder = await until(async () => {
        const { rows } = await sql<{ locked_by: string }>`
          select locked_by from graphile_worker._private_jobs where locked_by is not null`.execute(h.deps.db)
        return rows[0]?.locked_by
      })
      assert.ok(holder)
      const known = await until(async () => {
        const { rows } = await sql`select 1 from processes where ${holder} = any(queue_worker_ids)`.execute(h.deps.db)
        return rows.length ? true : undefined
      })
      assert.equal(known, true)
    })
  } finally {
    await h.worker.stop()
  }
})
