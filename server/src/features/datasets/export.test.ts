import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { createDataset, createTenant, type TestTenant } from '../../../test/builders.ts'
import { createTestDatabase, type Harness, startHarness, type TestDatabase } from '../../../test/harness.ts'
import type { DownloadFormat } from '../../table-download.ts'
import { writeExport } from './write-export.ts'

const FORMATS: DownloadFormat[] = ['csv', 'json', 'excel']
const COLUMNS = ['a', 'b', 'c', 'd', 'e', 'f']
const ROWS = 100_000
const NARROW_ROWS = 2_000
const HUGE_ROWS = 120

let h: Harness
let database: TestDatabase
let tenant: TestTenant
let many: string
let huge: string

before(async () => {
  database = await createTestDatabase()
  h = await startHarness({ database })
  tenant = await createTenant(h)
  const fill = async (rows: number, cell: ReturnType<typeof sql>): Promise<string> => {
    const id = await createDataset(h, tenant, [])
    await sql`
      insert into dataset_rows (id, workspace_id, dataset_id, row_index, data)
      select gen_random_uuid(), ${tenant.workspace_id}, ${id}, n, ${cell} from generate_series(1, ${rows}::int) n`.execute(
      h.deps.db,
    )
    await sql`update datasets set row_count = ${rows}, columns = ${JSON.stringify(COLUMNS)}::jsonb where dataset_id = ${id}`.execute(
      h.deps.db,
    )
    return id
  }
  many = await fill(
    ROWS,
    sql`jsonb_build_object('a', '=1+' || n, 'b', repeat('text ', 12) || n, 'c', repeat('text ', 12), 'd', n::text, 'e', 'é"' || n, 'f', '@x')`,
  )
  // Behind narrow rows suddenly such of three quarters of a million characters each, which are stored in nine thousand.
  huge = await fill(
    NARROW_ROWS + HUGE_ROWS,
    sql`jsonb_build_object('a', case when n <= ${NARROW_ROWS}::int then '' else repeat('wide cell ', 75000) end || n)`,
  )
})

after(async () => {
  await h?.close()
  await database?.drop()
})

const measure = async (id: string, format: string, slow = ''): Promise<{ bytes: number; peak_mb: number }> => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    // The program alone needs 21 MB; whatever holds more than some pages of rows ends here.
    '--max-old-space-size=40',
    new URL('./fixtures/export-memory.ts', import.meta.url).pathname,
    database.url,
    id,
    JSON.stringify(COLUMNS),
    format,
    slow,
  ])
  return JSON.parse(stdout)
}

for (const format of FORMATS)
  test(`an export as ${format} takes the same memory whatever the number of rows and their width, also for a reader that is slow`, async () => {
    const { bytes, peak_mb } = await measure(many, format, 'slow')
    assert.ok(bytes > (format === 'excel' ? 1e6 : ROWS * 100), `${bytes} bytes`)
    assert.ok(peak_mb < 260, `${peak_mb} MB`)
    const wide = await measure(huge, format)
    // Excel takes 32,767 characters of a cell at most, all alike here.
    assert.ok(wide.bytes > (format === 'excel' ? 20_000 : HUGE_ROWS * 750_000), `${wide.bytes} bytes`)
    assert.ok(wide.peak_mb < 260, `${wide.peak_mb} MB`)
  })

test('an export whose reader leaves reads no further', async () => {
  for (const format of FORMATS) {
    let queries = 0
    const count = (): void => {
      queries++
    }
    h.deps.pool.on('acquire', count)
    const stream = writeExport(h.deps.db, many, COLUMNS, format)
    const first = stream[Symbol.asyncIterator]()
    assert.equal((await first.next()).done, false)
    const closed = new Promise((done) => stream.once('close', done))
    stream.destroy()
    await closed
    // What was under way ends meanwhile; a connection is free again for each of these.
    for (let i = 0; i < 30; i++) await sql`select ${i}::int`.execute(h.deps.db)
    h.deps.pool.off('acquire', count)
    assert.ok(queries - 30 < ROWS / 1_000 / 2, `${format}: ${queries - 30} pages were read`)
  }
})

test('an export breaks off when a column of it is renamed meanwhile, and goes on when one is added', async () => {
  const shape = (columns: string[]) =>
    sql`update datasets set columns = ${JSON.stringify(columns)}::jsonb where dataset_id = ${many}`.execute(h.deps.db)
  for (const format of FORMATS) {
    const read = async (columns: string[]): Promise<void> => {
      let isChanged = false
      for await (const _ of writeExport(h.deps.db, many, COLUMNS, format))
        if (!isChanged) {
          isChanged = true
          await shape(columns)
        }
      assert.ok(isChanged)
    }
    await read([...COLUMNS, 'more'])
    await assert.rejects(read(['renamed', ...COLUMNS.slice(1)]), /"a".* renamed or removed/, format)
    await shape(COLUMNS)
  }
})
