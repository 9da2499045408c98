import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createDataset, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { rowPages } from './row-pages.ts'

let h: Harness
let tenant: TestTenant

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
})

after(() => h.close())

const PAGE_BYTES = 512 << 10

test('pages have every row that is there once and in order, and about half a megabyte of text whatever the width of rows', async () => {
  const id = await createDataset(h, tenant, [])
  // Narrow rows, rows of 300,000 characters that PostgreSQL stores in some thousand, narrow ones again; one in ten is removed.
  await sql`
    insert into dataset_rows (id, workspace_id, dataset_id, row_index, data, removed_at)
    select gen_random_uuid(), ${tenant.workspace_id}, ${id}, n * 3,
      jsonb_build_object('name', case when n between 2501 and 2560 then repeat('wide cell ', 30000) else '' end || to_char(n, 'FM0000')),
      case when n % 10 = 0 then ${h.clock.now()}::timestamptz end
    from generate_series(1, 5000) n`.execute(h.deps.db)
  const seen: number[] = []
  const sizes: number[] = []
  for await (const rows of rowPages(h.deps.db, id)) {
    const size = rows.reduce((sum, { data }) => sum + data.length, 0)
    const last = rows.at(-1)
    assert.ok(last && size - last.data.length < PAGE_BYTES, `${rows.length} rows of ${size} characters`)
    sizes.push(rows.length)
    for (const { row_index, data } of rows) {
      seen.push(row_index)
      assert.equal(JSON.parse(data).name.slice(-4), String(row_index / 3).padStart(4, '0'))
    }
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 5_000 }, (_, n) => n + 1)
      .filter((n) => n % 10 !== 0)
      .map((n) => n * 3),
  )
  assert.ok(Math.max(...sizes) === 1_000, 'narrow rows come a thousand at a time')
  assert.ok(sizes.length < 60, `${sizes.length} pages`)
})
