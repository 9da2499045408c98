import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { copyTransaction } from '../../db/copy-transaction.ts'
import { transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { createDataset, settleDataset } from '../datasets/create-dataset.ts'
import { type AppendRequest, type AppendResult, appendRows } from './append-rows.ts'
import { lockRowsOfDataset } from './lock-rows.ts'
import { DEFAULT_POLICY } from './row-policy.ts'
import { rowsByKey } from './rows-by-key.ts'

let h: Harness
let tenant: TestTenant

before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const COLUMNS = ['Email', 'Name', 'Phone', 'LinkedIn']
const MAPPING = { Email: 'email', Name: 'full_name', Phone: 'phone', LinkedIn: 'linkedin_url' } as const

const makeDataset = async (name = 'People', columns: string[] = [], mapping: Record<string, string> = {}) => {
  const dataset_id = newId()
  await transaction(h.deps.db, async (tx) => {
    await createDataset(tx, {
      dataset_id,
      workspace_id: tenant.workspace_id,
      user_id: tenant.user_id,
      dataset_name: name,
      pipeline_type: 'enrichment',
      source_type: 'api',
      session_id: null,
      columns,
      column_mapping: mapping,
      now: h.clock.now(),
    })
    await settleDataset(tx, dataset_id, 'completed', 0, h.clock.now())
  })
  return dataset_id
}

const request = (dataset_id: string, rows: string[][], changes: Partial<AppendRequest> = {}): AppendRequest => ({
  workspace_id: tenant.workspace_id,
  dataset_id,
  import_id: null,
  policy: DEFAULT_POLICY,
  columns: COLUMNS,
  column_mapping: MAPPING,
  rows,
  now: h.clock.now(),
  ...changes,
})
const append = (dataset_id: string, rows: string[][], changes: Partial<AppendRequest> = {}): Promise<AppendResult> =>
  transaction(h.deps.db, (tx) => appendRows(tx, request(dataset_id, rows, changes)))

const rowsOf = async (dataset_id: string) =>
  (
    await sql<{ line: string }>`
      select row_index || ' ' || coalesce(email, '-') || ' ' || coalesce(linkedin_url, '-') || ' ' || data::text as line
      from dataset_rows where dataset_id = ${dataset_id} and removed_at is null order by row_index`.execute(h.deps.db)
  ).rows.map(({ line }) => line)
const shapeOf = async (dataset_id: string) =>
  (
    await sql<{ columns: string[]; column_mapping: Record<string, string>; row_count: number }>`
      select columns, column_mapping, row_count from datasets where dataset_id = ${dataset_id}`.execute(h.deps.db)
  ).rows[0]

const ANN = ['ann@example.com', 'Ann', '', 'https://www.linkedin.com/in/ann']
const BOB = ['', 'Bob', '1', 'linkedin.com/in/bob']

for (const [way, add] of [
  ['a plain transaction', append],
  [
    'a transaction that can COPY',
    (id: string, rows: string[][], changes?: Partial<AppendRequest>) =>
      copyTransaction(h.deps.pool, (copying) => appendRows(copying, request(id, rows, changes))),
  ],
] as const) {
  test(`${way}: skip leaves the people of before, update fills their cells, keep adds them again`, async () => {
    tenant = await createTenant(h)
    const id = await makeDataset()
    const first = await add(id, [ANN, BOB, ['tab@example.com', 'a\tb\\c "d"\n{e}', '', ''], ['x', 'Bad', '', '']])
    assert.deepEqual([first.rows_read, first.rows_imported, first.rows_rejected, first.row_count], [4, 3, 1, 3])
    assert.deepEqual(
      first.issues.map(({ source_row, code }) => [source_row, code]),
      [
        [2, 'missing_email'],
        [4, 'invalid_email'],
      ],
    )
    const before = await rowsOf(id)
    assert.deepEqual(before.slice(0, 2), [
      '0 ann@example.com linkedin.com/in/ann {"Name": "Ann", "Email": "ann@example.com", "LinkedIn": "https://www.linkedin.com/in/ann"}',
      '1 - linkedin.com/in/bob {"Name": "Bob", "Phone": "1", "LinkedIn": "https://www.linkedin.com/in/bob"}',
    ])
    assert.equal(JSON.parse(/\{.*/s.exec(before[2] ?? '')?.[0] ?? '').Name, 'a\tb\\c "d"\n{e}')

    const again = [
      ['ANN@example.com', 'Ann Lee', '', ''],
      ['', 'Bobby', '', 'http://linkedin.com/in/bob/'],
      ['', 'Ann by profile', '', 'linkedin.com/in/ann'],
      ['new@example.com', 'New', '', ''],
      ['NEW@example.com', 'Newer', '7', ''],
    ]
    const skipped = await add(id, again)
    assert.deepEqual([skipped.rows_imported, skipped.rows_duplicate, skipped.row_count], [1, 4, 4])
    assert.deepEqual(
      skipped.issues.map(({ source_row, code }) => [source_row, code]),
      [
        [1, 'in_dataset'],
        [2, 'in_dataset'],
        [3, 'in_dataset'],
        [5, 'duplicate_email'],
      ],
    )
    assert.deepEqual((await rowsOf(id)).slice(0, 3), before)

    const updated = await add(id, again, { policy: { ...DEFAULT_POLICY, duplicates: 'update' } })
    assert.deepEqual([updated.rows_imported, updated.rows_updated, updated.rows_unchanged], [0, 4, 1])
    assert.deepEqual(
      (await rowsOf(id)).filter((_, index) => index !== 2),
      [
        '0 ann@example.com linkedin.com/in/ann {"Name": "Ann by profile", "Email": "ann@example.com", "LinkedIn": "https://www.linkedin.com/in/ann"}',
        '1 - linkedin.com/in/bob {"Name": "Bobby", "Phone": "1", "LinkedIn": "https://www.linkedin.com/in/bob"}',
        '3 new@example.com - {"Name": "Newer", "Email": "new@example.com", "Phone": "7"}',
      ],
    )

    const kept = await add(id, again, { policy: { ...DEFAULT_POLICY, duplicates: 'keep' } })
    assert.deepEqual([kept.rows_imported, kept.rows_duplicate, kept.row_count], [5, 0, 9])
    assert.equal((await shapeOf(id))?.row_count, 9)
  })
}

test('update: rows of one batch meet each other, and a row without an address learns it from its profile', async () => {
  tenant = await createTenant(h)
  const id = await makeDataset()
  const policy = { ...DEFAULT_POLICY, duplicates: 'update' as const }
  await append(id, [BOB])
  const made = await append(
    id,
    [
      ['bob@example.com', '', '2', 'https://no.linkedin.com/in/bob?x=1'],
      ['bob@example.com', 'Robert', '', ''],
      ['', 'Cid', '', 'linkedin.com/in/cid'],
      ['cid@example.com', '', '3', 'linkedin.com/in/cid'],
      ['cid@example.com', '', '4', ''],
      ['other@example.com', 'Other', '', 'linkedin.com/in/cid'],
    ],
    { policy },
  )
  assert.deepEqual([made.rows_imported, made.rows_updated, made.rows_unchanged], [2, 4, 0])
  assert.deepEqual(await rowsOf(id), [
    '0 bob@example.com linkedin.com/in/bob {"Name": "Robert", "Email": "bob@example.com", "Phone": "2", "LinkedIn": "https://www.linkedin.com/in/bob"}',
    '1 cid@example.com linkedin.com/in/cid {"Name": "Cid", "Email": "cid@example.com", "Phone": "4", "LinkedIn": "https://www.linkedin.com/in/cid"}',
    '2 other@example.com linkedin.com/in/cid {"Name": "Other", "Email": "other@example.com", "LinkedIn": "https://www.linkedin.com/in/cid"}',
  ])
})

test('a file with other headers fills the columns of the same fields, and new columns are added', async () => {
  tenant = await createTenant(h)
  const id = await makeDataset()
  await append(id, [ANN])
  const made = await append(id, [['bob@example.com', 'Bob', 'Oslo', '7']], {
    columns: ['E-Mail', 'name', 'Town', 'Phone'],
    column_mapping: { 'E-Mail': 'email', name: 'full_name', Town: 'city', Phone: 'phone' },
  })
  assert.deepEqual([made.columns_added, made.mapping_added], [['Town'], { Town: 'city' }])
  assert.deepEqual(await shapeOf(id), {
    columns: [...COLUMNS, 'Town'],
    column_mapping: { ...MAPPING, Town: 'city' },
    row_count: 2,
  })
  assert.match(
    (await rowsOf(id))[1] ?? '',
    /\{"Name": "Bob", "Town": "Oslo", "Email": "bob@example.com", "Phone": "7"\}/,
  )
})

test('in the whole workspace: skip leaves known people out, update fills the columns that their dataset has', async () => {
  tenant = await createTenant(h)
  const old = await makeDataset('Old', ['Mail', 'Tel'], { Mail: 'email', Tel: 'phone' })
  await append(old, [['ann@example.com', '1']], {
    columns: ['Mail', 'Tel'],
    column_mapping: { Mail: 'email', Tel: 'phone' },
  })
  const id = await makeDataset('New')
  const rows = [
    ['ann@example.com', 'Ann', '2', ''],
    ['bob@example.com', 'Bob', '', ''],
  ]
  const skipped = await append(id, rows, { policy: { duplicates: 'skip', duplicates_in: 'workspace' } })
  assert.deepEqual([skipped.rows_imported, skipped.rows_duplicate, skipped.rows_known], [1, 1, 0])
  assert.match(skipped.issues[0]?.message ?? '', /in the dataset "Old" already/)
  const updated = await append(id, rows, { policy: { duplicates: 'update', duplicates_in: 'workspace' } })
  assert.deepEqual([updated.rows_imported, updated.rows_updated, updated.rows_unchanged], [0, 1, 1])
  assert.deepEqual(await rowsOf(old), ['0 ann@example.com - {"Tel": "2", "Mail": "ann@example.com"}'])
  assert.deepEqual((await shapeOf(old))?.columns, ['Mail', 'Tel'])
  const here = await append(id, rows, { policy: DEFAULT_POLICY })
  assert.deepEqual([here.rows_imported, here.rows_duplicate, here.rows_known], [1, 1, 1])
})

test('two appends to one dataset go one after the other: the second waits, or is refused', async () => {
  tenant = await createTenant(h)
  const id = await makeDataset()
  let waiting: Promise<AppendResult> | null = null
  await transaction(h.deps.db, async (tx) => {
    await lockRowsOfDataset(tx, id, false)
    await assert.rejects(append(id, [ANN]), { code: 'IMPORT_STATE' })
    waiting = append(id, [ANN], { wait: true })
    await appendRows(tx, request(id, [['ann@example.com', 'First', '', '']]))
  })
  assert.equal(((await waiting) as AppendResult | null)?.rows_duplicate, 1)
  assert.equal((await rowsOf(id)).length, 1)
})

test('another workspace’s dataset is not there; NULs and rows that are too long or too wide stop nothing', async () => {
  tenant = await createTenant(h)
  const id = await makeDataset()
  const other = await createTenant(h)
  await assert.rejects(append(id, [ANN], { workspace_id: other.workspace_id }), { code: 'NOT_FOUND' })
  const made = await append(id, [
    ['a\0nn@example.com', 'A\0nn \ud800', '', ''],
    ['b@example.com', 'x'.repeat(1 << 20), '', ''],
    ['c@example.com', '', '', '', 'beyond'],
    ['d@example.com'],
  ])
  assert.deepEqual([made.rows_imported, made.rows_rejected], [2, 2])
  assert.deepEqual(
    made.issues.map(({ code }) => code),
    ['record_too_large', 'too_many_fields'],
  )
  assert.match((await rowsOf(id))[0] ?? '', /"Name": "Ann \ufffd"/)
})

// Long keys make their indexes higher than the one of positions, which is what the planner goes by then.
test('people are looked up by the index of their key, also after nearly all rows of the workspace were removed', async () => {
  tenant = await createTenant(h)
  const dataset = await makeDataset()
  await sql`
    insert into dataset_rows (id, workspace_id, dataset_id, row_index, email, linkedin_url, data)
    select gen_random_uuid(), ${tenant.workspace_id}, ${dataset}, n, repeat('p', 60) || n || '@gone.example', 'linkedin.com/in/' || repeat('p', 90) || n, '{}'
    from generate_series(0, 19999) n`.execute(h.deps.db)
  await sql`update dataset_rows set removed_at = ${h.clock.now()} where dataset_id = ${dataset} and row_index >= 3`.execute(
    h.deps.db,
  )
  await sql`vacuum analyze dataset_rows`.execute(h.deps.db)
  for (const [column, index] of [
    ['email', 'dataset_rows_email'],
    ['linkedin_url', 'dataset_rows_linkedin'],
  ] as const) {
    const { rows } = await sql<{ 'QUERY PLAN': unknown }>`
      explain (format json) select k.key, c.id from unnest(${['a@b.example', 'c@d.example']}::text[]) as k (key)
        cross join lateral (select r.id from (${rowsByKey(column, tenant.workspace_id, sql`k.key`)}) r where r.removed_at is null limit 1) c`.execute(
      h.deps.db,
    )
    const used = [...JSON.stringify(rows[0]).matchAll(/"Index Name":"(\w+)"/g)].map(([, name]) => name)
    assert.deepEqual(used, [index], JSON.stringify(rows[0]))
  }
})
