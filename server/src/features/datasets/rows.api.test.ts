import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createAliases, createDataset, createTemplate, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { lockRowsOfDataset } from '../uploads/lock-rows.ts'
import { SCANNED_ROWS } from './dataset-rows.ts'

let h: Harness
let tenant: TestTenant

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
})

after(() => h.close())

type Row = {
  row_id: string
  row_index: number
  email: string | null
  cells: Record<string, string>
  version: string
  removed_at: string | null
}
type List = {
  items: Row[]
  total: number | null
  total_is_exact: boolean
  has_more: boolean
  next_cursor: string | null
  columns: string[]
}
type Change = {
  status: string
  job_id: string | null
  message: string
  result: Record<string, number> & {
    removed_at?: string
    campaigns?: { name: string; leads: number }[]
  }
}
type Failure = { detail: string; message: string; details?: { loc: (string | number)[]; msg: string }[] }

const call = <T>(method: string, id: string, path: string, body?: unknown, owner = tenant) =>
  h.call<T & Failure>(method, `/api/v1/datasets/${id}${path}`, { as: owner.key, body })
const list = async (id: string, query: Record<string, string> = {}): Promise<List> => {
  const answer = await call<List>('GET', id, `/rows?${new URLSearchParams(query)}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const filterOf = (conditions: unknown[], match = 'all') => ({ filter: JSON.stringify({ match, conditions }) })
const emails = (rows: { items: Row[] }): (string | undefined)[] => rows.items.map(({ cells }) => cells.email)
const countOf = async (id: string): Promise<[stored: number, present: number]> => {
  const found = await sql<{ stored: number; present: number }>`
    select row_count as stored, (select count(*)::int from dataset_rows r where r.dataset_id = d.dataset_id and removed_at is null) as present
    from datasets d where dataset_id = ${id}`.execute(h.deps.db)
  return [found.rows[0]?.stored ?? -1, found.rows[0]?.present ?? -1]
}

const PEOPLE = [
  { email: 'ann@a.example', name: 'Ann', country: 'Norway', size: '7', since: '2026-01-14' },
  { email: 'bob@b.example', name: 'Bob', country: 'norway', size: '100', since: '2026-01-13T23:59:00Z' },
  { email: 'cid@c.example', name: 'Çid 100%', country: 'Ösel', size: '-3.5' },
  { email: 'dan@d.example', country: 'Spain', size: 'many', since: 'soon' },
]
const people = (): Promise<string> =>
  createDataset(
    h,
    tenant,
    PEOPLE.map((row) => Object.fromEntries(Object.entries(row).filter(([, v]) => v !== undefined))) as Record<
      string,
      string
    >[],
  )

test('filters compare text without regard to case, numbers as numbers and days as days', async () => {
  const id = await people()
  const cases: [Record<string, unknown>, string][] = [
    [{ column: 'country', operator: 'equals', value: 'NORWAY' }, 'ann bob'],
    [{ column: 'country', operator: 'equals', value: 'Norway', case_sensitive: true }, 'ann'],
    [{ column: 'country', operator: 'equals', value: 'ösel' }, 'cid'],
    [{ column: 'country', operator: 'not_equals', value: 'norway' }, 'cid dan'],
    [{ column: 'name', operator: 'contains', value: '100%' }, 'cid'],
    [{ column: 'name', operator: 'contains', value: '%' }, 'cid'],
    [{ column: 'name', operator: 'not_contains', value: 'b' }, 'ann cid dan'],
    [{ column: 'name', operator: 'starts_with', value: 'çi' }, 'cid'],
    [{ column: 'email', operator: 'ends_with', value: '.EXAMPLE' }, 'ann bob cid dan'],
    [{ column: 'country', operator: 'in', values: ['spain', 'Ösel'] }, 'cid dan'],
    [{ column: 'country', operator: 'not_in', values: ['spain', 'Ösel'] }, 'ann bob'],
    [{ column: 'name', operator: 'is_empty' }, 'dan'],
    [{ column: 'name', operator: 'equals', value: '' }, 'dan'],
    [{ column: 'name', operator: 'is_not_empty' }, 'ann bob cid'],
    [{ column: 'size', operator: 'greater', value: 7 }, 'bob'],
    [{ column: 'size', operator: 'greater_or_equal', value: '7' }, 'ann bob'],
    [{ column: 'size', operator: 'less', value: 0 }, 'cid'],
    [{ column: 'size', operator: 'less_or_equal', value: 7 }, 'ann cid'],
    [{ column: 'since', operator: 'greater', value: '2026-01-13' }, 'ann'],
    [{ column: 'since', operator: 'less', value: '2026-01-14' }, 'bob'],
    [{ column: 'since', operator: 'greater', value: '2026-01-13 20:00' }, 'ann bob'],
  ]
  for (const [condition, expected] of cases) {
    const found = await list(id, filterOf([condition]))
    assert.equal(
      found.items.map(({ cells }) => cells.email?.slice(0, 3)).join(' '),
      expected,
      JSON.stringify(condition),
    )
    assert.deepEqual([found.total, found.total_is_exact, found.next_cursor], [found.items.length, true, null])
  }
  const both = [
    { column: 'country', operator: 'equals', value: 'norway' },
    { column: 'size', operator: 'greater', value: 50 },
  ]
  assert.deepEqual(emails(await list(id, filterOf(both))), ['bob@b.example'])
  assert.deepEqual(emails(await list(id, filterOf(both, 'any'))), ['ann@a.example', 'bob@b.example'])
  assert.equal((await list(id, filterOf([]))).items.length, 4)
})

test('search looks into cells, not into the names of columns, and takes its text literally', async () => {
  const id = await createDataset(h, tenant, [
    { email: 'a@x.example', note: 'say "hi" \\ 100%' },
    { email: 'b@x.example', note: 'Über_all' },
  ])
  const found = async (search: string) =>
    (await list(id, { search })).items.map(({ cells }) => cells.email?.[0]).join('')
  assert.equal(await found('NOTE'), '')
  assert.equal(await found('"hi"'), 'a')
  assert.equal(await found('\\ 1'), 'a')
  assert.equal(await found('0%'), 'a')
  assert.equal(await found('über_'), 'b')
  assert.equal(await found('x.example'), 'ab')
})

test('every problem of a filter is a 422 that says where it is', async () => {
  const id = await people()
  const problems = async (query: Record<string, string>) => {
    const answer = await call<Failure>('GET', id, `/rows?${new URLSearchParams(query)}`)
    assert.equal(answer.status, 422, JSON.stringify(query))
    return answer.body.details?.map(({ loc }) => loc.join('.'))
  }
  assert.deepEqual(await problems({ filter: '{' }), ['query.filter'])
  assert.deepEqual(await problems({ filter: '[]' }), ['query.filter'])
  assert.deepEqual(await problems({ filter: '{"conditions":[{"column":"a\\u0000","operator":"is_empty"}]}' }), [
    'query.filter.conditions.0.column',
  ])
  assert.deepEqual(
    await problems(
      filterOf([
        { column: 'nothing', operator: 'greater', value: 'x' },
        { column: 'name', operator: 'contains' },
      ]),
    ),
    ['query.filter.conditions.0.column', 'query.filter.conditions.0.value', 'query.filter.conditions.1.value'],
  )
  assert.deepEqual(await problems({ sort: 'nothing' }), ['query.sort'])
  assert.deepEqual(await problems({ removed: 'true', search: 'x' }), ['query.removed'])
  assert.deepEqual(await problems({ cursor: 'x' }), ['query.cursor'])
  assert.deepEqual(await problems({ limit: '1001' }), ['query.limit'])
})

test('a list sorted by a column pages without gaps or repeats; empty cells and what is no number come last', async () => {
  const id = await createDataset(
    h,
    tenant,
    ['10', '9', '', '2', 'x', '9', '-1.5', ''].map(
      (size, n) => ({ email: `p${n}@x.example`, ...(size ? { size } : {}) }) as Record<string, string>,
    ),
  )
  const walk = async (query: Record<string, string>): Promise<string> => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: List = await list(id, { ...query, limit: '3', ...(cursor ? { cursor } : {}) })
      seen.push(...page.items.map(({ cells }) => cells.size ?? '-'))
      cursor = page.next_cursor
    } while (cursor)
    return seen.join(' ')
  }
  assert.equal(await walk({ sort: 'size', sort_as: 'number' }), '-1.5 2 9 9 10 - x -')
  assert.equal(await walk({ sort: 'size', sort_as: 'number', order: 'desc' }), '10 9 9 2 -1.5 - x -')
  assert.equal(await walk({ sort: 'size' }), '-1.5 10 2 9 9 x - -')
  assert.equal(await walk({ sort: 'size', order: 'desc' }), 'x 9 9 2 10 -1.5 - -')
  assert.equal(await walk({}), '10 9 - 2 x 9 -1.5 -')
  assert.deepEqual(emails(await list(id, { offset: '6' })), ['p6@x.example', 'p7@x.example'])
  assert.deepEqual(emails(await list(id, { sort: 'size', sort_as: 'number', offset: '4', limit: '1' })), [
    'p0@x.example',
  ])
  // A cursor of one order is nothing that another order gave out.
  const { next_cursor } = await list(id, { limit: '3' })
  assert.equal((await call('GET', id, `/rows?sort=size&cursor=${next_cursor}`)).status, 422)
})

test('a filtered page over a large dataset looks at a bounded number of rows and says where to go on', async () => {
  const id = await createDataset(h, tenant, [{ email: 'first@x.example', mark: 'yes' }])
  await sql`
    insert into dataset_rows (id, workspace_id, dataset_id, row_index, email, data)
    select gen_random_uuid(), ${tenant.workspace_id}, ${id}, n, null, jsonb_build_object('mark', case when n = ${SCANNED_ROWS + 5_000} then 'yes' else 'no' end)
    from generate_series(1, ${SCANNED_ROWS + 10_000}::int) n`.execute(h.deps.db)
  await sql`update datasets set row_count = ${SCANNED_ROWS + 10_001} where dataset_id = ${id}`.execute(h.deps.db)
  const mark = filterOf([{ column: 'mark', operator: 'equals', value: 'yes' }])
  const first = await list(id, mark)
  assert.deepEqual(
    [first.items.map((row) => row.row_index), first.has_more, first.total, first.total_is_exact],
    [[0], true, 1, false],
  )
  const second = await list(id, { ...mark, cursor: first.next_cursor as string })
  assert.deepEqual(
    [second.items.map((row) => row.row_index), second.has_more, second.next_cursor, second.total],
    [[SCANNED_ROWS + 5_000], false, null, null],
  )
  const many = await list(id, filterOf([{ column: 'mark', operator: 'equals', value: 'no' }]))
  assert.deepEqual([many.items.length, many.has_more, many.total_is_exact], [100, true, false])
  assert.deepEqual(
    (await list(id, { ...mark, offset: '1' })).items.map((row) => row.row_index),
    [SCANNED_ROWS + 5_000],
  )
  const all = await list(id, { limit: '1', offset: String(SCANNED_ROWS) })
  assert.deepEqual(
    [all.items[0]?.row_index, all.total, all.total_is_exact],
    [SCANNED_ROWS, SCANNED_ROWS + 10_001, true],
  )
})

test('an edit changes the cells it names; one that saw another version is told so, and without a version both keep theirs', async () => {
  const id = await people()
  const [row] = (await list(id)).items as [Row]
  const edit = (body: unknown) => call<Row>('PATCH', id, `/rows/${row.row_id}`, body)
  h.clock.advance(1_000)
  const first = await edit({ cells: { name: ' Anna ', size: 8, since: null }, version: row.version })
  assert.equal(first.status, 200, first.text)
  assert.deepEqual(first.body.cells, { email: 'ann@a.example', name: 'Anna', country: 'Norway', size: '8' })
  assert.notEqual(first.body.version, row.version)
  const late = await edit({ cells: { name: 'Anne' }, version: row.version })
  assert.deepEqual([late.status, late.body.detail], [409, 'ROW_CHANGED'])
  await Promise.all([edit({ cells: { name: 'One' } }), edit({ cells: { country: 'Two' } })])
  const now = (await call<Row>('GET', id, `/rows/${row.row_id}`)).body
  assert.deepEqual([now.cells.name, now.cells.country], ['One', 'Two'])
  const listed = await h.call<{ updated_at: string }>('GET', `/api/v1/datasets/${id}`, { as: tenant.key })
  assert.equal(listed.body.updated_at, h.clock.now().toISOString())
})

test('an edited address is the row’s address; a wrong one and one that another row has are refused', async () => {
  const id = await people()
  const [row] = (await list(id)).items as [Row]
  const edit = (body: unknown) => call<Row>('PATCH', id, `/rows/${row.row_id}`, body)
  assert.equal((await edit({ cells: { email: '  ANN@New.example' } })).body.email, 'ann@new.example')
  const wrong = await edit({ cells: { email: 'nobody', unknown: 'x' } })
  assert.deepEqual(
    [wrong.status, wrong.body.details?.map(({ loc }) => loc.join('.'))],
    [422, ['body.cells.email', 'body.cells.unknown']],
  )
  const taken = await edit({ cells: { email: 'Bob@b.example' } })
  assert.deepEqual([taken.status, taken.body.detail], [409, 'ALREADY_EXISTS'])
  assert.equal((await edit({ cells: { email: 'bob@b.example' }, allow_duplicate: true })).status, 200)
  assert.equal((await edit({ cells: { email: null } })).body.email, null)
  for (const body of [{}, { cells: {} }, { cells: { name: {} } }, { cells: { name: 'x' }, more: 1 }])
    assert.equal((await edit(body)).status, 422, JSON.stringify(body))
})

test('a removed row is gone from lists, downloads and counts, and comes back to its place', async () => {
  const id = await people()
  const [, second] = (await list(id)).items as [Row, Row]
  const removed = await call<Row>('DELETE', id, `/rows/${second.row_id}`)
  assert.deepEqual([removed.status, removed.body.removed_at], [200, h.clock.now().toISOString()])
  assert.equal((await call<Row>('DELETE', id, `/rows/${second.row_id}`)).status, 200, 'twice is no fault')
  assert.deepEqual(await countOf(id), [3, 3])
  assert.deepEqual(emails(await list(id)), ['ann@a.example', 'cid@c.example', 'dan@d.example'])
  assert.ok(!(await call<never>('GET', id, '/download')).text.includes('bob@b.example'))
  const trash = await list(id, { removed: 'true' })
  assert.deepEqual([emails(trash), trash.total], [['bob@b.example'], 1])
  assert.equal((await call<Failure>('PATCH', id, `/rows/${second.row_id}`, { cells: { name: 'x' } })).status, 409)
  const back = await call<Change>('POST', id, '/rows/restore', { row_ids: [second.row_id] })
  assert.deepEqual([back.body.result.rows_restored, back.body.result.row_count], [1, 4], back.text)
  assert.deepEqual(
    (await list(id)).items.map(({ row_index }) => row_index),
    [0, 1, 2, 3],
  )
  assert.equal(
    (await call<Change>('POST', id, '/rows/restore', { row_ids: [second.row_id] })).body.result.rows_restored,
    0,
  )
})

test('rows whose place was taken meanwhile come back at the end, in their order', async () => {
  const id = await people()
  const rows = (await list(id)).items
  await call('POST', id, '/rows/remove', { row_ids: rows.slice(2).map(({ row_id }) => row_id) })
  const added = await call<{ rows_added: number; row_ids: string[]; row_count: number }>('POST', id, '/rows', {
    rows: [{ email: 'eve@e.example', size: 5 }],
  })
  assert.equal(added.status, 201, added.text)
  assert.deepEqual([added.body.rows_added, added.body.row_ids.length, added.body.row_count], [1, 1, 3])
  assert.equal((await call<Change>('POST', id, '/rows/restore', { all: true })).body.result.rows_restored, 2)
  const now = (await list(id)).items
  assert.deepEqual(
    now.map(({ row_index, cells }) => [row_index, cells.email?.slice(0, 3)]),
    [
      [0, 'ann'],
      [1, 'bob'],
      [2, 'eve'],
      [3, 'dan'],
      [4, 'cid'],
    ],
  )
  assert.deepEqual(await countOf(id), [5, 5])
})

test('many rows are edited and removed by filter, counted before, and what was removed together comes back together', async () => {
  const id = await people()
  const norway = { filter: { conditions: [{ column: 'country', operator: 'equals', value: 'norway' }] } }
  const dry = await call<Change>('PATCH', id, '/rows', { ...norway, cells: { name: 'X' }, dry_run: true })
  assert.deepEqual([dry.status, dry.body.result.rows_changed], [200, 2], dry.text)
  assert.equal((await list(id, { search: 'X' })).items.filter(({ cells }) => cells.name === 'X').length, 0)
  const edited = await call<Change>('PATCH', id, '/rows', { ...norway, cells: { name: 'X', size: null } })
  assert.equal(edited.body.result.rows_changed, 2)
  assert.equal(
    (await call<Change>('PATCH', id, '/rows', { ...norway, cells: { name: 'X' } })).body.result.rows_changed,
    0,
  )
  const again = await call<Change>('PATCH', id, '/rows', { ...norway, cells: { name: 'X' }, dry_run: true })
  assert.equal(again.body.result.rows_changed, 0, 'a count is of rows that would become others')
  const shared = await call<{ details: { loc: string[] }[] }>('PATCH', id, '/rows', {
    ...norway,
    cells: { email: 'same@x.example' },
  })
  assert.deepEqual([shared.status, shared.body.details[0]?.loc], [422, ['body', 'cells', 'email']], shared.text)
  assert.deepEqual(
    (await list(id)).items.slice(0, 2).map(({ cells }) => [cells.name, cells.size]),
    [
      ['X', undefined],
      ['X', undefined],
    ],
  )
  assert.equal(
    (await call<Change>('POST', id, '/rows/remove', { ...norway, dry_run: true })).body.result.rows_removed,
    2,
  )
  assert.deepEqual(await countOf(id), [4, 4])
  const one = await call<Change>('POST', id, '/rows/remove', norway)
  h.clock.advance(1_000)
  const two = await call<Change>('POST', id, '/rows/remove', { all: true })
  assert.deepEqual([one.body.result.rows_removed, two.body.result.rows_removed, two.body.result.row_count], [2, 2, 0])
  const back = await call<Change>('POST', id, '/rows/restore', { removed_at: one.body.result.removed_at })
  assert.equal(back.body.result.rows_restored, 2)
  assert.deepEqual(emails(await list(id)), ['ann@a.example', 'bob@b.example'])
  for (const body of [
    {},
    { all: true, row_ids: [newId()] },
    { all: false },
    { row_ids: [] },
    { filter: { conditions: [{ column: 'nothing', operator: 'is_empty' }] } },
  ])
    assert.equal((await call('POST', id, '/rows/remove', body)).status, 422, JSON.stringify(body))
  assert.equal((await call<Change>('POST', id, '/rows/remove', { row_ids: [newId()] })).body.result.rows_removed, 0)
})

test('added rows follow the policy for people who are there, and a wrong one leaves nothing behind', async () => {
  const id = await people()
  const add = (rows: unknown[], duplicates?: string) =>
    call<{ rows_added: number; rows_updated: number; rows_duplicate: number; row_ids: string[] }>('POST', id, '/rows', {
      rows,
      duplicates,
    })
  const skipped = await add([{ email: 'ann@a.example', name: 'Other' }, { name: 'Without address' }])
  assert.deepEqual([skipped.body.rows_added, skipped.body.rows_duplicate], [1, 1], skipped.text)
  const updated = await add([{ email: 'ANN@a.example', name: 'Other' }], 'update')
  assert.deepEqual([updated.body.rows_added, updated.body.rows_updated], [0, 1])
  assert.equal((await list(id)).items[0]?.cells.name, 'Other')
  assert.equal((await add([{ email: 'ann@a.example' }], 'keep')).body.rows_added, 1)
  const before = await countOf(id)
  assert.equal((await add([{ email: 'new@n.example' }, { email: 'wrong' }])).status, 422)
  assert.equal((await add([{ email: 'new@n.example', unknown: 'x' }])).status, 422)
  assert.deepEqual(await countOf(id), before)
  assert.deepEqual(before[0], before[1])
})

test('rows are not edited while others are added, nor in an archived dataset', async () => {
  const id = await people()
  const [row] = (await list(id)).items as [Row]
  await transaction(h.deps.db, async (tx) => {
    await lockRowsOfDataset(tx, id, false)
    const busy = await call<Failure>('PATCH', id, `/rows/${row.row_id}`, { cells: { name: 'x' } })
    assert.deepEqual([busy.status, busy.body.detail], [409, 'DATASET_BUSY'])
    assert.equal((await call<Failure>('POST', id, '/rows/remove', { all: true })).body.detail, 'IMPORT_STATE')
  })
  await call('POST', id, '/archive')
  for (const [method, path, body] of [
    ['PATCH', `/rows/${row.row_id}`, { cells: { name: 'x' } }],
    ['DELETE', `/rows/${row.row_id}`, undefined],
    ['POST', '/rows', { rows: [{ name: 'x' }] }],
    ['POST', '/rows/remove', { all: true }],
  ] as const)
    assert.equal((await call(method, id, path, body)).status, 409, path)
  assert.equal((await list(id)).items.length, 4, 'reading goes on')
})

test('a running campaign keeps the row as it was at its launch; removing it names the campaign', async () => {
  const id = await createDataset(h, tenant, [
    { email: 'ann@a.example', name: 'Ann' },
    { email: 'bob@b.example', name: 'Bob' },
  ])
  const template_id = await createTemplate(h, tenant, {
    subject: 'Hello',
    body: 'Hi {{ name }}, unsubscribe: {{ unsubscribe_url }}',
  })
  const { alias_ids } = await createAliases(h, tenant)
  const made = await h.call<{ campaign_id: string }>('POST', '/api/v1/campaigns', {
    as: tenant.key,
    body: {
      name: 'Spring',
      dataset_id: id,
      alias_ids,
      sending_window_start: '20:00',
      sending_window_end: '21:00',
      steps: [{ step: 1, delay_days: 0, variants: [{ label: 'A', weight: 100, type: 'TEMPLATE', template_id }] }],
    },
  })
  assert.ok(made.status < 300, made.text)
  const launched = await h.call('POST', `/api/v1/campaigns/${made.body.campaign_id}/launch`, {
    as: tenant.key,
    body: {},
  })
  assert.ok(launched.status < 300, launched.text)
  await h.worker.drain()
  const [ann, bob] = (await list(id)).items as [Row, Row]
  await call('PATCH', id, `/rows/${ann.row_id}`, { cells: { name: 'Anna', email: 'anna@a.example' } })
  const removed = await call<Change>('POST', id, '/rows/remove', { row_ids: [bob.row_id] })
  assert.deepEqual(
    removed.body.result.campaigns?.map(({ name, leads }) => [name, leads]),
    [['Spring', 1]],
  )
  assert.match(removed.body.message, /"Spring"/)
  const leads = await sql<{ email: string; name: string; status: string }>`
    select email, lead_data->>'name' as name, status from campaign_leads where campaign_id = ${made.body.campaign_id} order by row_index`.execute(
    h.deps.db,
  )
  assert.deepEqual(leads.rows, [
    { email: 'ann@a.example', name: 'Ann', status: 'pending' },
    { email: 'bob@b.example', name: 'Bob', status: 'pending' },
  ])
})

test('another workspace sees, edits and removes nothing', async () => {
  const id = await people()
  const [row] = (await list(id)).items as [Row]
  const other = await createTenant(h)
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['GET', '/rows', undefined],
    ['GET', `/rows/${row.row_id}`, undefined],
    ['PATCH', `/rows/${row.row_id}`, { cells: { name: 'x' } }],
    ['DELETE', `/rows/${row.row_id}`, undefined],
    ['POST', '/rows', { rows: [{ name: 'x' }] }],
    ['PATCH', '/rows', { all: true, cells: { name: 'x' } }],
    ['POST', '/rows/remove', { all: true }],
    ['POST', '/rows/restore', { all: true }],
  ] as const)
    assert.equal((await call(method, id, path, body, other)).status, 404, `${method} ${path}`)
  // An id of this workspace's own row in another of its datasets is no row of that dataset.
  const second = await people()
  assert.equal((await call('GET', second, `/rows/${row.row_id}`)).status, 404)
  assert.deepEqual((await list(id)).items[0], row)
})
