import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createDataset, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { ROWS_IN_REQUEST } from './carry-out-change.ts'
import { runChange } from './run-change.ts'

let h: Harness
let tenant: TestTenant

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
})

after(() => h.close())

type Change = {
  status: string
  job_id: string
  message: string
  result: Record<string, number> & { new_dataset_id?: string; columns_added?: string[]; removed_at?: string }
}
type Failure = { detail: string; message: string; details?: { loc: (string | number)[]; msg: string }[] }
type Table = {
  columns: string[]
  column_mapping: Record<string, string>
  row_count: number
  status: string
  archived_at: Date | null
  rows: { email: string | null; data: Record<string, string>; row_index: number; source_row: number | null }[]
}

const call = <T = Change>(method: string, id: string, path: string, body?: unknown) =>
  h.call<T & Failure>(method, `/api/v1/datasets/${id}${path}`, { as: tenant.key, body })

const tableOf = async (id: string): Promise<Table> => {
  const found = await sql<Table>`
    select columns, column_mapping, row_count, status, archived_at, coalesce((
      select jsonb_agg(jsonb_build_object('email', email, 'data', data, 'row_index', row_index, 'source_row', source_row) order by row_index)
      from dataset_rows r where r.dataset_id = d.dataset_id and removed_at is null), '[]') as rows
    from datasets d where dataset_id = ${id}`.execute(h.deps.db)
  const table = found.rows[0]
  assert.ok(table)
  assert.equal(table.row_count, table.rows.length, 'the counter is true')
  return table
}
const cellsOf = async (id: string): Promise<Record<string, string>[]> =>
  (await tableOf(id)).rows.map(({ data }) => data)

const people = () =>
  createDataset(h, tenant, [
    { email: 'ann@a.example', name: 'Ann', other: 'ANNA@Z.example' },
    { email: 'bob@b.example', name: 'Bob', other: 'none' },
  ])

/** More rows than a request changes, by SQL. They name nobody, so that nothing but the change has work with them. */
const large = async (rows: number): Promise<string> => {
  const id = await createDataset(h, tenant, [{ name: 'N0', group: 'g0' }])
  await sql`
    insert into dataset_rows (id, workspace_id, dataset_id, row_index, source_row, data)
    select gen_random_uuid(), ${tenant.workspace_id}, ${id}, n, n + 2, jsonb_build_object('name', 'N' || n, 'group', 'g' || (n % 3))
    from generate_series(1, ${rows - 1}::int) n`.execute(h.deps.db)
  await sql`update datasets set row_count = ${rows} where dataset_id = ${id}`.execute(h.deps.db)
  return id
}

const jobOf = async (id: string) =>
  (
    await h.call<{
      status: string
      progress_done: number
      progress_total: number
      result: Record<string, unknown>
      error: string | null
    }>('GET', `/api/v1/jobs/${id}`, { as: tenant.key })
  ).body

test('a column is added where it is wanted, with a value for every row and a lead field that it alone has', async () => {
  const id = await people()
  const added = await call('POST', id, '/columns', { name: ' City ', after: 'email', field: 'city', value: 'Oslo' })
  assert.equal(added.status, 200, added.text)
  assert.equal(added.body.result.rows_changed, 2)
  assert.match(added.body.message, /"City"/)
  const table = await tableOf(id)
  assert.deepEqual([table.columns, table.column_mapping.City], [['email', 'City', 'name', 'other'], 'city'])
  assert.deepEqual(
    table.rows.map(({ data }) => data.City),
    ['Oslo', 'Oslo'],
  )
  assert.equal((await call('POST', id, '/columns', { name: 'Empty' })).status, 200)
  for (const body of [
    { name: 'City' },
    { name: '  ' },
    { name: 'x', after: 'nothing' },
    { name: 'x', field: 'nothing' },
    { name: 'x', field: 'email' },
    {},
  ])
    assert.equal((await call('POST', id, '/columns', body)).status, 422, JSON.stringify(body))
  assert.deepEqual((await tableOf(id)).columns, ['email', 'City', 'name', 'other', 'Empty'])
})

test('a renamed column keeps its values and its field, also in rows that were removed and come back', async () => {
  const id = await people()
  await call('POST', id, '/rows/remove', {
    filter: { conditions: [{ column: 'name', operator: 'equals', value: 'bob' }] },
  })
  const renamed = await call('PATCH', id, '/columns', { column: 'email', name: 'E-mail' })
  assert.equal(renamed.status, 200, renamed.text)
  await call('POST', id, '/rows/restore', { all: true })
  const table = await tableOf(id)
  assert.deepEqual([table.columns, table.column_mapping], [['E-mail', 'name', 'other'], { 'E-mail': 'email' }])
  assert.deepEqual(
    table.rows.map(({ email, data }) => [email, data['E-mail'], data.email]),
    [
      ['ann@a.example', 'ann@a.example', undefined],
      ['bob@b.example', 'bob@b.example', undefined],
    ],
  )
  for (const body of [
    { column: 'name', name: 'other' },
    { column: 'nothing', name: 'x' },
    { column: 'name' },
    { column: 'name', name: 'x', field: null },
  ])
    assert.equal((await call('PATCH', id, '/columns', body)).status, 422, JSON.stringify(body))
})

test('addresses are read anew when another column holds them, and are gone with their column', async () => {
  const id = await people()
  const mapped = await call('PATCH', id, '/columns', { column: 'other', field: 'email' })
  assert.deepEqual([mapped.body.result.rows_changed, mapped.body.result.rows_without_email], [2, 1], mapped.text)
  let table = await tableOf(id)
  assert.deepEqual(table.column_mapping, { other: 'email' }, 'a field belongs to one column')
  assert.deepEqual(
    table.rows.map(({ email }) => email),
    ['anna@z.example', null],
  )
  await call('PATCH', id, '/columns', { column: 'email', field: 'email' })
  assert.deepEqual(
    (await tableOf(id)).rows.map(({ email }) => email),
    ['ann@a.example', 'bob@b.example'],
  )
  await call('PATCH', id, '/columns', { column: 'name', field: 'full_name' })
  assert.deepEqual((await tableOf(id)).column_mapping, { email: 'email', name: 'full_name' })
  const removed = await call('POST', id, '/columns/remove', { column: 'email' })
  assert.equal(removed.body.result.rows_changed, 2)
  table = await tableOf(id)
  assert.deepEqual([table.columns, table.column_mapping], [['name', 'other'], { name: 'full_name' }])
  assert.deepEqual(
    table.rows.map(({ email, data }) => [email, Object.keys(data).sort()]),
    [
      [null, ['name', 'other']],
      [null, ['name', 'other']],
    ],
  )
  assert.equal((await call('POST', id, '/columns/remove', { column: 'email' })).status, 422)
})

test('columns change their order only as a whole', async () => {
  const id = await people()
  assert.equal((await call('PUT', id, '/columns', { columns: ['other', 'email', 'name'] })).status, 200)
  assert.deepEqual((await tableOf(id)).columns, ['other', 'email', 'name'])
  assert.match((await call<never>('GET', id, '/download')).text, /^\ufeff?other,email,name\r\n/)
  for (const columns of [
    ['other', 'email'],
    ['other', 'email', 'name', 'x'],
    ['other', 'other', 'email', 'name'],
    [],
  ]) {
    const refused = await call('PUT', id, '/columns', { columns })
    assert.equal(refused.status, 422, columns.join())
  }
  assert.deepEqual((await tableOf(id)).columns, ['other', 'email', 'name'])
})

test('a merge adds columns, counts before it acts, and follows the policy for people who are there', async () => {
  const source = await createDataset(h, tenant, [
    { email: 'ANN@a.example', first_name: 'Anna', phone: '1' },
    { email: 'eve@e.example', first_name: 'Eve', phone: '2' },
    { first_name: 'Nobody' },
  ])
  const body = { source_dataset_id: source }
  const counts = async (duplicates: string, dry_run = true) => {
    const id = await people()
    const before = await tableOf(id)
    const dry = await call('POST', id, '/merge', { ...body, duplicates, dry_run: true })
    assert.equal(dry.status, 200, dry.text)
    assert.deepEqual(await tableOf(id), before, 'counting changes nothing')
    if (dry_run) return { id, result: dry.body.result }
    const done = await call('POST', id, '/merge', { ...body, duplicates })
    assert.deepEqual(done.body.result, dry.body.result, 'what was counted is what happens')
    return { id, result: done.body.result }
  }
  const skipped = await counts('skip', false)
  const { rows_added, rows_updated, rows_duplicate, rows_without_email, columns_added, row_count } = skipped.result
  assert.deepEqual([rows_added, rows_updated, rows_duplicate, rows_without_email, row_count], [2, 0, 1, 1, 4])
  assert.deepEqual(columns_added, ['first_name', 'phone'])
  const table = await tableOf(skipped.id)
  assert.deepEqual(table.columns, ['email', 'name', 'other', 'first_name', 'phone'])
  assert.deepEqual(
    table.rows.map(({ data }) => data.first_name ?? data.name),
    ['Ann', 'Bob', 'Eve', 'Nobody'],
  )
  const updated = await counts('update', false)
  assert.deepEqual([updated.result.rows_added, updated.result.rows_updated, updated.result.rows_duplicate], [2, 1, 0])
  assert.deepEqual((await cellsOf(updated.id))[0], {
    email: 'ann@a.example',
    name: 'Ann',
    other: 'ANNA@Z.example',
    first_name: 'Anna',
    phone: '1',
  })
  assert.equal((await counts('keep', false)).result.rows_added, 3)
  assert.equal((await tableOf(source)).rows.length, 3, 'the other dataset keeps its rows')
  const id = await people()
  await call('POST', id, '/merge', { ...body, archive_source: true })
  assert.ok((await tableOf(source)).archived_at)
  assert.equal((await call('POST', id, '/merge', { source_dataset_id: id })).status, 422)
  assert.equal((await call('POST', id, '/merge', { ...body, duplicates: 'x' })).status, 422)
})

test('a split copies or moves what matches; moved rows can be restored and have other ids in the new dataset', async () => {
  const id = await people()
  const bob = { filter: { conditions: [{ column: 'name', operator: 'equals', value: 'Bob' }] } }
  const dry = await call('POST', id, '/split', { ...bob, dataset_name: 'Bobs', dry_run: true })
  assert.deepEqual([dry.status, dry.body.result.rows_copied], [200, 1], dry.text)
  const listed = async () =>
    (await h.call<{ total: number }>('GET', '/api/v1/datasets/list?search=Bobs', { as: tenant.key })).body.total
  assert.equal(await listed(), 0)
  const copied = await call('POST', id, '/split', { ...bob, dataset_name: ' Bobs ' })
  const made = copied.body.result.new_dataset_id as string
  assert.deepEqual(await cellsOf(made), [{ email: 'bob@b.example', name: 'Bob', other: 'none' }])
  assert.deepEqual(
    [(await tableOf(made)).status, (await tableOf(made)).rows[0]?.row_index, (await tableOf(made)).rows[0]?.source_row],
    ['completed', 0, 3],
  )
  assert.equal((await tableOf(id)).rows.length, 2)
  const moved = await call('POST', id, '/split', { ...bob, dataset_name: 'Bobs 2', move: true })
  assert.deepEqual([moved.body.result.rows_removed, moved.body.result.row_count], [1, 1])
  assert.deepEqual(
    (await cellsOf(id)).map(({ name }) => name),
    ['Ann'],
  )
  assert.equal(
    (await call('POST', id, '/rows/restore', { removed_at: moved.body.result.removed_at })).body.result.rows_restored,
    1,
  )
  assert.equal((await tableOf(id)).rows.length, 2)
  assert.equal(await listed(), 2)
  for (const body of [{ ...bob }, { dataset_name: 'x' }, { ...bob, dataset_name: ' ' }])
    assert.equal((await call('POST', id, '/split', body)).status, 422, JSON.stringify(body))
})

test('a copy has the same table and rows of its own', async () => {
  const id = await people()
  const copied = await call('POST', id, '/copy', { dataset_name: 'Copy' })
  const made = copied.body.result.new_dataset_id as string
  const [a, b] = [await tableOf(id), await tableOf(made)]
  assert.deepEqual([b.columns, b.column_mapping, b.rows], [a.columns, a.column_mapping, a.rows])
  await call('PATCH', made, '/rows', { all: true, cells: { name: 'Changed' } })
  assert.deepEqual(
    (await cellsOf(id)).map(({ name }) => name),
    ['Ann', 'Bob'],
  )
})

test('a large dataset is changed by a job that tells how far it is; until it is done nothing shows', async () => {
  const rows = ROWS_IN_REQUEST + 500
  const id = await large(rows)
  const started = await call('PATCH', id, '/columns', { column: 'name', name: 'Full name' })
  assert.deepEqual([started.status, started.body.status, started.body.result], [202, 'queued', null], started.text)
  assert.deepEqual((await tableOf(id)).columns, ['name', 'group'])
  assert.deepEqual(
    [(await jobOf(started.body.job_id)).status, (await jobOf(started.body.job_id)).progress_total],
    ['queued', rows],
  )
  await h.worker.drain()
  const job = await jobOf(started.body.job_id)
  assert.deepEqual([job.status, job.result.rows_changed], ['completed', rows])
  const table = await tableOf(id)
  assert.deepEqual(table.columns, ['Full name', 'group'])
  assert.ok(table.rows.every(({ data }, n) => data['Full name'] === `N${n}` && data.name === undefined))
  const split = await call('POST', id, '/split', {
    filter: { conditions: [{ column: 'group', operator: 'equals', value: 'g1' }] },
    dataset_name: 'Group 1',
    move: true,
  })
  const made = split.body.result.new_dataset_id as string
  assert.equal((await tableOf(made)).status, 'processing')
  await h.worker.drain()
  const [left, moved] = [await tableOf(id), await tableOf(made)]
  assert.deepEqual([left.rows.length, moved.rows.length, moved.status], [rows - rows / 3, rows / 3, 'completed'])
  const merged = await call('POST', id, '/merge', { source_dataset_id: made, dry_run: true })
  assert.equal(merged.body.result.rows_added, rows / 3, 'a source that is small enough is counted at once')
  const back = await call('POST', made, '/merge', { source_dataset_id: await large(rows), dry_run: true })
  assert.equal(back.status, 202)
  await h.worker.drain()
  const counted = await jobOf(back.body.job_id)
  assert.deepEqual([counted.status, counted.result.rows_added], ['completed', rows], JSON.stringify(counted))
  assert.equal((await tableOf(made)).rows.length, rows / 3, 'a dry run of a job changes nothing')
})

test('one change of a dataset waits for its job at a time; counting is not refused meanwhile', async () => {
  const id = await large(ROWS_IN_REQUEST + 1)
  const first = await call('PATCH', id, '/columns', { column: 'name', name: 'Full name' })
  assert.equal(first.status, 202, first.text)
  for (const [method, path, body] of [
    ['POST', '/columns/remove', { column: 'name' }],
    ['PATCH', '/rows', { all: true, cells: { name: 'X' } }],
    ['PUT', '/columns', { columns: ['group', 'name'] }],
    ['POST', '/copy', { dataset_name: 'Too early' }],
  ] as const) {
    const refused = await call(method, id, path, body)
    assert.deepEqual([refused.status, refused.body.detail], [409, 'DATASET_BUSY'], path)
    assert.ok(refused.body.message.includes(first.body.job_id), 'the answer names the job')
  }
  const counted = await call('PATCH', id, '/rows', { all: true, cells: { name: 'X' }, dry_run: true })
  assert.deepEqual([counted.status, counted.body.result.rows_changed], [200, ROWS_IN_REQUEST + 1])
  await h.worker.drain()
  assert.equal((await jobOf(first.body.job_id)).status, 'completed')
  assert.equal((await call('PUT', id, '/columns', { columns: ['group', 'Full name'] })).status, 200)
  const left = await sql<{ n: number }>`
    select count(*)::int as n from datasets where workspace_id = ${tenant.workspace_id} and dataset_name = 'Too early'`.execute(
    h.deps.db,
  )
  assert.equal(left.rows[0]?.n, 0, 'what is refused leaves nothing behind')
})

test('a change that no longer fits when its turn comes changes nothing and says why', async () => {
  const id = await large(ROWS_IN_REQUEST + 1)
  const before = await cellsOf(id)
  const shape = (columns: string[]) =>
    sql`update datasets set columns = ${JSON.stringify(columns)}::jsonb where dataset_id = ${id}`.execute(h.deps.db)
  const cases: [string, string, unknown, string[], RegExp][] = [
    ['PATCH', '/rows', { all: true, cells: { group: 'X' } }, ['name'], /no column "group" any more/],
    ['POST', '/columns/remove', { column: 'group' }, ['name'], /no column "group" any more/],
    ['PATCH', '/columns', { column: 'group', name: 'Team' }, ['name', 'group', 'Team'], /has a column "Team" by now/],
    ['POST', '/columns', { name: 'Team', value: 'x' }, ['name', 'group', 'Team'], /has a column "Team" by now/],
    [
      'POST',
      '/rows/remove',
      { filter: { conditions: [{ column: 'group', operator: 'is_not_empty' }] } },
      ['name'],
      /no column "group" any more/,
    ],
    [
      'POST',
      '/split',
      { filter: { conditions: [{ column: 'group', operator: 'is_not_empty' }] }, dataset_name: 'x', move: true },
      ['name'],
      /no column "group" any more/,
    ],
  ]
  for (const [method, path, body, columns, reason] of cases) {
    const queued = await call(method, id, path, body)
    assert.equal(queued.status, 202, queued.text)
    await shape(columns)
    await h.worker.drain()
    await shape(['name', 'group'])
    const job = await jobOf(queued.body.job_id)
    assert.equal(job.status, 'failed', path)
    assert.match(job.error ?? '', reason, path)
    assert.deepEqual(await cellsOf(id), before, path)
    const made = queued.body.result?.new_dataset_id
    if (made) assert.deepEqual([(await tableOf(made)).status, (await tableOf(made)).row_count], ['failed', 0])
  }
  const queued = await call('PATCH', id, '/rows', { all: true, cells: { group: 'X' } })
  await call('POST', id, '/archive')
  await h.worker.drain()
  const job = await jobOf(queued.body.job_id)
  assert.deepEqual([job.status, await cellsOf(id)], ['failed', before])
  assert.match(job.error ?? '', /archived/)
})

test('a copy that waited has the columns that the dataset has by then, and their values', async () => {
  const id = await large(ROWS_IN_REQUEST + 1)
  const copied = await call('POST', id, '/copy', { dataset_name: 'Late' })
  assert.equal(copied.status, 202, copied.text)
  const form = new FormData()
  form.set('file', new Blob(['email,name,group,extra\nx@y.example,X,g9,more\n']), 'more.csv')
  const imported = await h.call('POST', `/api/v1/datasets/${id}/imports`, { as: tenant.key, form })
  assert.equal(imported.status, 200, imported.text)
  await h.worker.drain()
  const [table, copy] = [await tableOf(id), await tableOf(copied.body.result.new_dataset_id as string)]
  assert.ok(table.columns.includes('extra'))
  assert.deepEqual(
    [copy.columns, copy.column_mapping, copy.rows.length],
    [table.columns, table.column_mapping, table.rows.length],
  )
  assert.equal(copy.rows.at(-1)?.data.extra, 'more')
})

test('a dataset that is being filled is not merged into another', async () => {
  const [id, source] = [await people(), await people()]
  await sql`update datasets set status = 'processing' where dataset_id = ${source}`.execute(h.deps.db)
  const refused = await call('POST', id, '/merge', { source_dataset_id: source, duplicates: 'keep' })
  assert.deepEqual([refused.status, refused.body.detail], [409, 'IMPORT_STATE'])
  assert.equal((await tableOf(id)).row_count, 2)
})

test('a job that is killed at any point leaves nothing of its change, and ends the same when it runs again', async () => {
  const rows = 2 * ROWS_IN_REQUEST + 1_000
  const [id, source] = [await large(rows), await large(ROWS_IN_REQUEST + 1)]
  await sql`update dataset_rows set data = data || '{"phone":"7"}' where dataset_id = ${source}`.execute(h.deps.db)
  await sql`update datasets set columns = columns || '["phone"]' where dataset_id = ${source}`.execute(h.deps.db)
  const before = await tableOf(id)
  const changes: [string, string, unknown][] = [
    ['PATCH', '/columns', { column: 'name', name: 'Renamed' }],
    ['POST', '/rows/remove', { filter: { conditions: [{ column: 'group', operator: 'equals', value: 'g2' }] } }],
    ['POST', '/merge', { source_dataset_id: source, duplicates: 'keep' }],
    ['POST', '/copy', { dataset_name: 'Copy' }],
  ]
  let present = before
  for (const [method, path, body] of changes) {
    const { job_id } = (await call(method, id, path, body)).body
    assert.ok(job_id, path)
    for (const statements of [3, 6]) {
      const kill = new AbortController()
      let seen = 0
      // The connection is cut, as by a kill, when the transaction has come so far.
      const pool = {
        connect: async () => {
          const client = await h.deps.pool.connect()
          const query = client.query.bind(client)
          client.query = ((...given: Parameters<typeof query>) => {
            if (++seen === statements) kill.abort(new Error('killed'))
            return query(...given)
          }) as typeof client.query
          return client
        },
      } as never
      await assert.rejects(
        runChange({ job_id }, { ...h.deps, pool }, { job_id: 'x', attempt: 1, signal: kill.signal, log: h.deps.log }),
        path,
      )
      assert.deepEqual(await tableOf(id), present, `${path} after ${statements} statements`)
    }
    const alone = () =>
      runChange({ job_id }, h.deps, { job_id: 'x', attempt: 2, signal: new AbortController().signal, log: h.deps.log })
    await Promise.all([alone(), alone()])
    await h.worker.drain()
    assert.equal((await jobOf(job_id)).status, 'completed', path)
    present = await tableOf(id)
  }
  assert.deepEqual(present.columns, ['Renamed', 'group', 'name', 'phone'])
  assert.equal(present.rows.length, (rows / 3) * 2 + ROWS_IN_REQUEST + 1)
  const copies = await sql<{ row_count: number; status: string }>`
    select row_count, status from datasets where workspace_id = ${tenant.workspace_id} and dataset_name = 'Copy' order by dataset_id desc limit 1`.execute(
    h.deps.db,
  )
  assert.deepEqual(copies.rows[0], { row_count: present.rows.length, status: 'completed' })
})

test('results of a session follow rows that come back to another place', async () => {
  const id = await people()
  const session = (
    await h.call<{ session_id: string }>('POST', `/api/v1/sessions/datasets/${id}/new-session`, {
      as: tenant.key,
      body: { session_type: 'enrichment' },
    })
  ).body.session_id
  await h.call('POST', `/api/v1/sessions/${session}/process`, { as: tenant.key })
  await h.worker.drain()
  await call('POST', id, '/rows/remove', {
    filter: { conditions: [{ column: 'name', operator: 'equals', value: 'bob' }] },
  })
  await call('POST', id, '/rows', { rows: [{ email: 'new@n.example' }] })
  await call('POST', id, '/rows/restore', { all: true })
  const results = await h.call<{ items: { row_index: number; lead_data: { email: string } }[]; total: number }>(
    'GET',
    `/api/v1/sessions/${session}/results?status=completed`,
    { as: tenant.key },
  )
  assert.deepEqual(
    [results.body.items.map(({ row_index, lead_data }) => [row_index, lead_data.email]), results.body.total],
    [
      [
        [0, 'ann@a.example'],
        [2, 'bob@b.example'],
      ],
      2,
    ],
  )
})
