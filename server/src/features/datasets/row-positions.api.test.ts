import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely'
import { createDataset, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import type { Db } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import type { Tables } from '../../db/types.ts'
import { listRows } from './dataset-rows.ts'

let h: Harness
let tenant: TestTenant

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
})

after(() => h.close())

const NO_FILTER = { filter: null, search: null, sort: null }

/** Rows of a dataset at these positions, written past every rule of the product. */
const datasetAt = async (count: number, stride: number): Promise<string> => {
  const id = await createDataset(h, tenant, [{ email: 'first@x.example', name: 'first' }])
  await sql`delete from dataset_rows where dataset_id = ${id}`.execute(h.deps.db)
  await sql`
    insert into dataset_rows (id, workspace_id, dataset_id, row_index, email, data)
    select gen_random_uuid(), ${tenant.workspace_id}, ${id}, n * ${stride}::integer, 'p' || n || '@x.example',
      jsonb_build_object('email', 'p' || n || '@x.example', 'name', 'P' || n) from generate_series(0, ${count}::integer - 1) n`.execute(
    h.deps.db,
  )
  await sql`update datasets set row_count = ${count} where dataset_id = ${id}`.execute(h.deps.db)
  return id
}

/** Pages at many offsets are the rows that stand there when all are counted from the front, and the counts add up. */
const assertPositions = async (id: string, when: string): Promise<void> => {
  const { rows } = await sql<{ row_index: number }>`
    select row_index from dataset_rows where dataset_id = ${id} and removed_at is null order by row_index`.execute(
    h.deps.db,
  )
  const all = rows.map(({ row_index }) => row_index)
  const offsets = [1, 2, 17, 1023, 1024, 1025, all.length - 1, all.length, all.length + 1, 3_000_000_000]
  for (let at = 0; at < 20; at++) offsets.push(Math.floor((all.length * at) / 20) + 3)
  for (const offset of offsets.filter((n) => n > 0)) {
    const page = await listRows(
      h.deps.db,
      { dataset_id: id, row_count: all.length, ...NO_FILTER },
      { limit: 3, offset, after: null, page: 1, page_size: 3 },
    )
    assert.deepEqual(
      page.rows.map(({ row_index }) => row_index),
      all.slice(offset, offset + 4),
      `offset ${offset} ${when}`,
    )
  }
  const stored = await sql<{ n: number }>`
    select coalesce(sum(rows), 0)::int as n from dataset_row_counts where dataset_id = ${id}`.execute(h.deps.db)
  assert.equal(stored.rows[0]?.n, all.length, `counts ${when}`)
}

test('a page at any offset is the rows that stand there, whatever came, went, came back or moved', async () => {
  const id = await datasetAt(6_000, 2)
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await h.call<{ result: { removed_at: string }; row_ids: string[] }>(
      method,
      `/api/v1/datasets/${id}${path}`,
      { as: tenant.key, body },
    )
    assert.ok(answer.status < 300, answer.text)
    await h.worker.drain()
    return answer.body
  }
  const filter = (operator: string, value: string) => ({
    filter: { match: 'all', conditions: [{ column: 'name', operator, value }] },
  })
  await assertPositions(id, 'at first')
  const { result: odd } = await call('POST', '/rows/remove', filter('ends_with', '3'))
  await assertPositions(id, 'with holes')
  h.clock.advance(1_000)
  await call('POST', '/rows/remove', filter('starts_with', 'P59'))
  await assertPositions(id, 'without the end')
  await call('POST', '/rows', { rows: [{ email: 'new@x.example' }, { email: 'newer@x.example' }] })
  await assertPositions(id, 'with new rows at positions that removed ones had')
  await call('POST', '/rows/restore', { removed_at: odd.removed_at })
  await call('POST', '/rows/restore', { all: true })
  await assertPositions(id, 'with all back, some elsewhere')
  await sql`delete from dataset_rows where dataset_id = ${id} and row_index between 1000 and 5000`.execute(h.deps.db)
  await assertPositions(id, 'with a part erased')
  await sql`update dataset_rows set row_index = row_index + 4096 where dataset_id = ${id} and row_index > 9000`.execute(
    h.deps.db,
  )
  await assertPositions(id, 'with rows moved to other blocks')
  await sql`update dataset_rows set data = data || '{"name": "X"}' where dataset_id = ${id}`.execute(h.deps.db)
  await assertPositions(id, 'with other cells')
  await call('POST', '/rows/remove', { all: true })
  await assertPositions(id, 'without rows')
})

test('those who remove rows of one block at the same time wait for nobody, and what was not committed does not count', async () => {
  const id = await datasetAt(900, 1)
  const remove = (tx: Db, row: number) =>
    sql`update dataset_rows set removed_at = ${h.clock.now()} where dataset_id = ${id} and row_index = ${row}`.execute(
      tx,
    )
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  const work = (start: number, mine: PromiseWithResolvers<void>, other: PromiseWithResolvers<void>, fails: boolean) =>
    transaction(h.deps.db, async (tx) => {
      try {
        await sql`set local lock_timeout = '2s'`.execute(tx)
        for (let n = 0; n < 40; n++) await remove(tx, start + n)
      } finally {
        mine.resolve()
      }
      // Both have written, and folded, before either ends.
      await other.promise
      for (let n = 40; n < 60; n++) await remove(tx, start + n)
      if (fails) throw new Error('taken back')
    })
  const results = await Promise.allSettled([work(100, first, second, false), work(500, second, first, true)])
  assert.deepEqual(
    results.map((result) => (result.status === 'rejected' ? (result.reason as Error).message : result.status)),
    ['fulfilled', 'taken back'],
  )
  await assertPositions(id, 'after both')
  for (let n = 0; n < 100; n++) await remove(h.deps.db, 200 + n)
  await assertPositions(id, 'after a hundred more')
  const lines = await sql<{ n: number }>`
    select count(*)::int as n from dataset_row_counts where dataset_id = ${id}`.execute(h.deps.db)
  assert.ok((lines.rows[0]?.n ?? 99) <= 17, `${lines.rows[0]?.n} lines for one block`)
})

test('a dataset that is gone leaves no counts behind', async () => {
  const id = await datasetAt(3_000, 1)
  const countsOf = async () =>
    (await sql`select 1 from dataset_row_counts where dataset_id = ${id}`.execute(h.deps.db)).rows.length
  assert.ok((await countsOf()) > 0)
  // As the sweep of a workspace that is gone has it: the rows after the dataset, piece by piece.
  await sql`delete from datasets where dataset_id = ${id}`.execute(h.deps.db)
  await sql`delete from dataset_rows where dataset_id = ${id} and row_index < 2000`.execute(h.deps.db)
  await sql`delete from dataset_rows where dataset_id = ${id}`.execute(h.deps.db)
  assert.equal(await countsOf(), 0)
})

test('a page far down looks at the rows of one block, not at all those before it', async () => {
  const id = await datasetAt(60_000, 1)
  const asked: CompiledQuery[] = []
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: h.deps.pool }),
    log: ({ query }) => void asked.push(query),
  })
  await sql`analyze dataset_rows`.execute(h.deps.db)
  const page = { limit: 200, offset: 50_000, after: null, page: 1, page_size: 200 }
  const found = await listRows(db, { dataset_id: id, row_count: 60_000, ...NO_FILTER }, page)
  assert.equal(found.rows[0]?.row_index, 50_000)
  const query = asked.at(-1)
  assert.ok(query)
  const explained = await h.deps.pool.query(`explain (analyze, format json) ${query.sql}`, [...query.parameters])
  const looked = rowsLookedAt(explained.rows[0]['QUERY PLAN'][0].Plan)
  assert.ok(looked > 0 && looked < 3_000, `${looked} rows looked at for 201 of them`)
})

type Plan = {
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}

const rowsLookedAt = (plan: Plan): number =>
  (plan['Relation Name'] === 'dataset_rows'
    ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
    : 0) + (plan.Plans ?? []).reduce((sum, part) => sum + rowsLookedAt(part), 0)
