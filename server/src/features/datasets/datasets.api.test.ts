import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import ExcelJS from 'exceljs'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { newId } from '../../ids.ts'
import { attachment } from '../../table-download.ts'
import { createDataset, datasetNameOf, settleDataset } from './create-dataset.ts'
import { readDatasetColumns, readRowsAfter } from './dataset-rows.ts'

let h: Harness
let tenant: TestTenant

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
})

after(() => h.close())

type Summary = {
  dataset_id: string
  dataset_name: string
  archived_at: string | null
  row_count: number
  columns: string[]
  download_count: number
  last_downloaded_at: string | null
  updated_at: string
}
type List = {
  items: Summary[]
  total: number
  limit: number
  offset: number
  has_more: boolean
  next_cursor: string | null
}

const COLUMNS = ['Email', 'Näme', 'Note']

const makeDataset = async (
  owner: TestTenant,
  name: string,
  rows: Record<string, string>[] = [],
  pipeline: 'enrichment' | 'personalization' = 'enrichment',
): Promise<string> => {
  const dataset_id = newId()
  const now = h.clock.now()
  await h.deps.db.transaction().execute(async (tx) => {
    await createDataset(tx, {
      dataset_id,
      workspace_id: owner.workspace_id,
      user_id: owner.user_id,
      dataset_name: name,
      pipeline_type: pipeline,
      source_type: 'csv',
      session_id: null,
      columns: COLUMNS,
      column_mapping: { Email: 'email' },
      now,
    })
    const stored = rows.map((data, row_index) => ({ id: newId(), row_index, email: data.Email ?? null, data }))
    await sql`
      insert into dataset_rows (id, workspace_id, dataset_id, row_index, email, data)
      select id, ${owner.workspace_id}, ${dataset_id}, row_index, email, data from jsonb_to_recordset(${JSON.stringify(stored)}::jsonb) as r (id uuid, row_index int, email text, data jsonb)`.execute(
      tx,
    )
    await settleDataset(tx, dataset_id, 'completed', rows.length, now)
  })
  return dataset_id
}

const list = (owner: TestTenant, query = '') => h.call<List>('GET', `/api/v1/datasets/list${query}`, { as: owner.key })
const names = (answer: { body: List }): string[] => answer.body.items.map(({ dataset_name }) => dataset_name)

test('the list is the workspace’s alone, newest first, and filters by pipeline, name and archive', async () => {
  const [mine, theirs] = [await createTenant(h), await createTenant(h)]
  await makeDataset(theirs, 'Theirs')
  await makeDataset(mine, 'Spring 100%')
  await makeDataset(mine, 'Autumn', [], 'personalization')
  const old = await makeDataset(mine, 'SPRING old')
  assert.deepEqual(names(await list(mine)), ['SPRING old', 'Autumn', 'Spring 100%'])
  assert.equal((await h.call('POST', `/api/v1/datasets/${old}/archive`, { as: mine.key })).status, 200)
  assert.deepEqual(names(await list(mine)), ['Autumn', 'Spring 100%'])
  assert.deepEqual(names(await list(mine, '?include_archived=true&search=spring')), ['SPRING old', 'Spring 100%'])
  assert.deepEqual(names(await list(mine, '?search=100%25')), ['Spring 100%'])
  assert.deepEqual(names(await list(mine, '?search=%25')), ['Spring 100%'])
  assert.deepEqual(names(await list(mine, '?pipeline_type=personalization')), ['Autumn'])
  assert.equal((await list(mine, '?pipeline_type=nothing')).status, 422)
  assert.equal((await list(mine)).body.total, 2)
})

test('pages by cursor neither repeat nor lose a dataset when one is added meanwhile; offset counts from the front', async () => {
  const owner = await createTenant(h)
  for (let n = 1; n <= 5; n++) await makeDataset(owner, `D${n}`)
  const first = await list(owner, '?limit=2')
  assert.deepEqual(
    [names(first), first.body.total, first.body.has_more, first.body.limit, first.body.offset],
    [['D5', 'D4'], 5, true, 2, 0],
  )
  await makeDataset(owner, 'D6')
  const second = await list(owner, `?limit=2&cursor=${first.body.next_cursor}`)
  assert.deepEqual(names(second), ['D3', 'D2'])
  const third = await list(owner, `?limit=2&cursor=${second.body.next_cursor}`)
  assert.deepEqual([names(third), third.body.has_more, third.body.next_cursor], [['D1'], false, null])
  assert.deepEqual(names(await list(owner, '?limit=2&offset=4')), ['D2', 'D1'])
  assert.equal((await list(owner, `?cursor=${first.body.next_cursor}&offset=1`)).status, 422)
  assert.equal((await list(owner, '?cursor=xyz')).status, 422)
  assert.equal((await list(owner, '?limit=101')).status, 422)
  assert.deepEqual((await list(owner, '?offset=99999999')).body.items, [])
})

test('a dataset is renamed, and only by a name', async () => {
  const id = await makeDataset(tenant, 'Old name')
  h.clock.advance(1000)
  const renamed = await h.call<Summary>('PATCH', `/api/v1/datasets/${id}`, {
    as: tenant.key,
    body: { dataset_name: 'New name' },
  })
  assert.equal(renamed.status, 200, renamed.text)
  assert.equal(renamed.body.dataset_name, 'New name')
  assert.equal(renamed.body.updated_at, h.clock.now().toISOString())
  for (const body of [
    {},
    { dataset_name: '' },
    { dataset_name: '   ' },
    { dataset_name: 'x'.repeat(256) },
    { dataset_name: 'x', row_count: 3 },
    { dataset_name: null },
    { dataset_name: 'a\u0000' },
  ])
    assert.equal(
      (await h.call('PATCH', `/api/v1/datasets/${id}`, { as: tenant.key, body })).status,
      422,
      JSON.stringify(body),
    )
})

test('archiving twice keeps the first time; restoring brings the dataset back and changes nothing the second time', async () => {
  const id = await makeDataset(tenant, 'To archive')
  const path = `/api/v1/datasets/${id}`
  const first = await h.call<{ archived: boolean; archived_at: string }>('POST', `${path}/archive`, { as: tenant.key })
  h.clock.advance(60_000)
  const second = await h.call<{ archived: boolean; archived_at: string }>('POST', `${path}/archive`, { as: tenant.key })
  assert.equal(second.body.archived_at, first.body.archived_at)
  const restored = await h.call<{ archived: boolean; archived_at: null }>('POST', `${path}/restore`, { as: tenant.key })
  assert.deepEqual([restored.body.archived, restored.body.archived_at], [false, null])
  const again = await h.call<{ archived: boolean }>('POST', `${path}/restore`, { as: tenant.key })
  assert.equal(again.status, 200)
  assert.ok(names(await list(tenant)).includes('To archive'))
})

const FORMULAS: Record<string, string>[] = [
  { Email: 'ann@example.com', Näme: '=HYPERLINK("http://evil.example","x")', Note: '+49 (30) 123-4' },
  { Email: 'bob@example.com', Näme: '@SUM(A1)', Note: 'two\nlines, "quoted"' },
  { Email: 'cid@example.com', Note: '-1+cmd|calc' },
]

test('a CSV export holds every column in file order, guards formulas, and counts the download', async () => {
  const id = await makeDataset(tenant, 'Müller; "Söhne"/2026', FORMULAS)
  const got = await h.call<never>('GET', `/api/v1/datasets/${id}/download`, { as: tenant.key })
  assert.equal(got.status, 200)
  assert.equal(got.headers['content-type'], 'text/csv; charset=utf-8')
  assert.equal(
    got.text.replace(/^\ufeff/, ''),
    'Email,Näme,Note\r\nann@example.com,"\'=HYPERLINK(""http://evil.example"",""x"")",+49 (30) 123-4\r\nbob@example.com,\'@SUM(A1),"two\nlines, ""quoted"""\r\ncid@example.com,,\'-1+cmd|calc\r\n',
  )
  assert.equal(
    got.headers['content-disposition'],
    `attachment; filename="Muller_ _Sohne_2026.csv"; filename*=UTF-8''M%C3%BCller%3B%20_S%C3%B6hne_2026.csv`,
  )
  await h.call('POST', `/api/v1/datasets/${id}/archive`, { as: tenant.key })
  assert.equal((await h.call('GET', `/api/v1/datasets/${id}/download?format=json`, { as: tenant.key })).status, 200)
  const found = await list(tenant, '?include_archived=true&limit=1')
  assert.equal(found.body.items[0]?.download_count, 2)
  assert.equal(found.body.items[0]?.last_downloaded_at, h.clock.now().toISOString())
})

test('JSON and Excel exports hold the same rows, also over several pages; in a workbook nothing is a formula', async () => {
  const rows = Array.from({ length: 2_345 }, (_, n) => ({
    Email: `p${n}@example.com`,
    Näme: n === 0 ? '=1+1' : `Näme ${n}`,
  }))
  const id = await makeDataset(tenant, 'Many', rows)
  const json = await h.call<Record<string, string | null>[]>('GET', `/api/v1/datasets/${id}/download?format=json`, {
    as: tenant.key,
  })
  assert.deepEqual(
    json.body,
    rows.map((row) => ({ ...row, Note: null })),
  )
  const response = await fetch(`${h.base_url}/api/v1/datasets/${id}/download?format=excel`, {
    headers: { authorization: `Bearer ${tenant.key}` },
  })
  assert.equal(
    response.headers.get('content-type'),
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  )
  assert.match(response.headers.get('content-disposition') ?? '', /filename="Many\.xlsx"/)
  const workbook = new ExcelJS.Workbook()
  await workbook.xlsx.load(await response.arrayBuffer())
  const [sheet] = workbook.worksheets
  assert.equal(sheet?.rowCount, rows.length + 1)
  assert.ok(sheet)
  assert.deepEqual((sheet.getRow(1).values as unknown[]).slice(1), COLUMNS)
  assert.equal(sheet?.getCell('B2').value, '=1+1')
  assert.equal(sheet?.getCell('B2').type, ExcelJS.ValueType.String)
  assert.equal(sheet?.getCell('A2346').value, 'p2344@example.com')
  const empty = await makeDataset(tenant, 'Empty')
  assert.deepEqual((await h.call('GET', `/api/v1/datasets/${empty}/download?format=json`, { as: tenant.key })).body, [])
  assert.equal(
    (await h.call<never>('GET', `/api/v1/datasets/${empty}/download`, { as: tenant.key })).text.replace(/^\ufeff/, ''),
    'Email,Näme,Note\r\n',
  )
  assert.equal((await h.call('GET', `/api/v1/datasets/${empty}/download?format=pdf`, { as: tenant.key })).status, 422)
})

test('a workbook holds every character of a cell, and comes back through an upload as it was', async () => {
  const texts = ['two\r\nlines', 'looks like _x0041_ one', 'bell \u0007 inside', '_x', '😀 and _X000d_']
  const long = 'x'.repeat(32_766)
  const id = await makeDataset(
    tenant,
    'Characters',
    [...texts, `${long}😀`].map((text, n) => ({ Email: `c${n}@example.com`, Note: text })),
  )
  const response = await fetch(`${h.base_url}/api/v1/datasets/${id}/download?format=excel`, {
    headers: { authorization: `Bearer ${tenant.key}` },
  })
  const bytes = await response.arrayBuffer()
  const form = new FormData()
  form.set('file', new Blob([bytes]), 'characters.xlsx')
  const session = await h.call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
    as: tenant.key,
    body: { session_type: 'enrichment' },
  })
  const uploaded = await h.call<{ dataset_id: string }>(
    'POST',
    `/api/v1/sessions/${session.body.session_id}/upload/excel`,
    { as: tenant.key, form },
  )
  assert.equal(uploaded.status, 200, uploaded.text)
  const rows = await readRowsAfter(h.deps.db, uploaded.body.dataset_id, -1, 100)
  assert.deepEqual(
    rows.slice(0, -1).map(({ data }) => data.Note),
    // Uploads read every line end as a line feed.
    texts.map((text) => text.replace('\r\n', '\n')),
  )
  assert.ok(rows.at(-1)?.data.Note === long, 'a character that would be cut in two is left out')
  const workbook = new ExcelJS.Workbook()
  await workbook.xlsx.load(bytes)
  assert.equal(workbook.worksheets[0]?.getCell('C2').value, 'two_x000D_\nlines', 'nothing is lost in the file')
})

test('another workspace’s dataset is the same 404 as a missing one, and nothing changes', async () => {
  const id = await makeDataset(tenant, 'Mine', FORMULAS)
  const other = await createTenant(h)
  const calls = [
    ['PATCH', '', { dataset_name: 'Theirs' }],
    ['POST', '/archive'],
    ['POST', '/restore'],
    ['GET', '/download'],
  ] as const
  for (const [method, path, body] of calls) {
    const theirs = await h.call<{ message: string }>(method, `/api/v1/datasets/${id}${path}`, { as: other.key, body })
    const missing = await h.call<{ message: string }>(method, `/api/v1/datasets/${newId()}${path}`, {
      as: other.key,
      body,
    })
    assert.deepEqual([theirs.status, theirs.body.message], [404, missing.body.message], path)
  }
  const kept = await sql<
    Record<string, unknown>
  >`select dataset_name, archived_at, download_count from datasets where dataset_id = ${id}`.execute(h.deps.db)
  assert.deepEqual(kept.rows[0], { dataset_name: 'Mine', archived_at: null, download_count: 0 })
  assert.equal(await readDatasetColumns(h.deps.db, other.workspace_id, id), null)
})

test('rows are read behind a position and removed ones are passed over', async () => {
  const id = await makeDataset(tenant, 'Rows', FORMULAS)
  assert.deepEqual(await readDatasetColumns(h.deps.db, tenant.workspace_id, id), {
    row_count: 3,
    columns: COLUMNS,
    column_mapping: { Email: 'email' },
    dataset_name: 'Rows',
  })
  await sql`update dataset_rows set removed_at = ${h.clock.now()} where dataset_id = ${id} and row_index = 1`.execute(
    h.deps.db,
  )
  assert.deepEqual(
    (await readRowsAfter(h.deps.db, id, -1, 10)).map(({ row_index, email }) => [row_index, email]),
    [
      [0, 'ann@example.com'],
      [2, 'cid@example.com'],
    ],
  )
  assert.deepEqual(
    (await readRowsAfter(h.deps.db, id, 0, 1)).map(({ row_index }) => row_index),
    [2],
  )
})

test('a file’s name becomes a dataset’s, and a dataset’s name a file’s, whatever characters they have', () => {
  assert.equal(datasetNameOf('C:\\Users\\Ann\\leads 2026.CSV'), 'leads 2026')
  assert.equal(datasetNameOf('.csv'), '.csv')
  assert.equal(datasetNameOf('x'.repeat(300)).length, 255)
  assert.equal(attachment('名簿', 'csv'), `attachment; filename="dataset.csv"; filename*=UTF-8''%E5%90%8D%E7%B0%BF.csv`)
  assert.equal(
    attachment('a\r\nSet-Cookie: x', 'csv'),
    `attachment; filename="a_Set-Cookie_ x.csv"; filename*=UTF-8''a_Set-Cookie_%20x.csv`,
  )
})
