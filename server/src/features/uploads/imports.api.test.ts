import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import ExcelJS from 'exceljs'
import iconv from 'iconv-lite'
import { sql } from 'kysely'
import { createCampaign, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, type TestAnswer } from '../../../test/harness.ts'
import { transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { createLogger } from '../../log.ts'
import { lockRowsOfWorkspace } from './lock-rows.ts'
import { runImport } from './run-import.ts'
import { runUndo } from './run-undo.ts'

let h: Harness
let tenant: TestTenant

before(async () => {
  h = await startHarness()
})
after(() => h?.close())
beforeEach(async () => {
  tenant = await createTenant(h)
})

type Counts = {
  rows_read: number
  rows_imported: number
  rows_updated: number
  rows_unchanged: number
  rows_rejected: number
  rows_duplicate: number
  rows_known: number
}
type Made = Counts & {
  session_id: string
  dataset_id: string
  import_id: string
  job_id: string | null
  status: string
  message: string
  file_info: Record<string, unknown>
}
type Problem = { detail: string; message: string }
type Change = {
  source_row: number
  action: string
  row_id: string | null
  dataset_id: string | null
  values: Record<string, string> | null
  changes: { column: string; before: string | null; after: string }[]
  code: string | null
  kept: { column: string; value: string }[]
}
type Changes = { items: Change[]; total: number; has_more: boolean; next_cursor: string | null }

const formOf = (content: string | Buffer, fields: Record<string, string> = {}): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', new Blob([content as never]), 'leads.csv')
  return form
}
const call = <T>(method: string, path: string, options: object = {}): Promise<TestAnswer<T>> =>
  h.call<T>(method, path, { as: tenant.key, ...options })
const upload = async <T = Made>(content: string | Buffer, fields: Record<string, string> = {}) => {
  const session = await call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
    body: { session_type: 'personalization' },
  })
  return call<T>('POST', `/api/v1/sessions/${session.body.session_id}/upload/csv`, { form: formOf(content, fields) })
}
const add = <T = Made>(datasetId: string, content: string | Buffer, fields: Record<string, string> = {}) =>
  call<T>('POST', `/api/v1/datasets/${datasetId}/imports`, { form: formOf(content, fields) })
const changesOf = async (importId: string, query = '') =>
  (await call<Changes>('GET', `/api/v1/imports/${importId}/changes${query}`)).body
const apply = <T = Made>(importId: string) => call<T>('POST', `/api/v1/imports/${importId}/apply`)
const undo = <T = Undone>(importId: string) => call<T>('POST', `/api/v1/imports/${importId}/undo`)
type Undone = {
  rows_removed: number
  rows_restored: number
  values_restored: number
  values_kept: number
  kept: { column: string; value: string; imported: string; before: string | null }[]
  columns_removed: string[]
}

const contents = async (datasetId: string): Promise<string[]> =>
  (
    await sql<{ line: string }>`
      select row_index || ' ' || coalesce(email, '-') || ' ' || data::text as line from dataset_rows
      where dataset_id = ${datasetId} and removed_at is null order by row_index`.execute(h.deps.db)
  ).rows.map(({ line }) => line)

/** Everything that a dry run could leave behind where somebody sees it. */
const visible = async (): Promise<string> =>
  JSON.stringify(
    (
      await sql`
        select (select jsonb_agg(d order by dataset_id) from datasets d where workspace_id = ${tenant.workspace_id}) as datasets,
          (select jsonb_agg(s order by session_id) from processing_sessions s where workspace_id = ${tenant.workspace_id}) as sessions,
          (select jsonb_agg(p order by id) from sender_profiles p where workspace_id = ${tenant.workspace_id}) as profiles,
          (select jsonb_agg(to_jsonb(r) - 'person_id' order by id) from dataset_rows r where workspace_id = ${tenant.workspace_id}) as rows`.execute(
        h.deps.db,
      )
    ).rows,
  )

const counts = (made: Counts): number[] => [
  made.rows_imported,
  made.rows_updated,
  made.rows_unchanged,
  made.rows_duplicate,
  made.rows_rejected,
]

const BASE = 'Email,Name,Phone\nann@a.example,Ann,\nbob@a.example,Bob,1\ncid@a.example,Cid,2\n'
const MORE =
  'Email,Name,Phone,City\nann@a.example,Ann Lee,7,Oslo\nBOB@a.example,,1,\ndee@a.example,Dee,,\nbroken,X,,\ndee@a.example,Dee Dee,9,\n'

test('a file goes into a dataset that is there, by each policy', async () => {
  const { body: base } = await upload(BASE)
  const before = await contents(base.dataset_id)

  const skipped = await add(base.dataset_id, MORE)
  assert.equal(skipped.status, 200, skipped.text)
  assert.deepEqual(counts(skipped.body), [1, 0, 0, 3, 1])
  assert.deepEqual((await contents(base.dataset_id)).slice(0, 3), before)
  assert.equal((await undo(skipped.body.import_id)).body.rows_removed, 1)

  const updated = await add(base.dataset_id, MORE, { duplicates: 'update' })
  assert.deepEqual(counts(updated.body), [1, 2, 1, 0, 1])
  assert.deepEqual(await contents(base.dataset_id), [
    '0 ann@a.example {"City": "Oslo", "Name": "Ann Lee", "Email": "ann@a.example", "Phone": "7"}',
    '1 bob@a.example {"Name": "Bob", "Email": "bob@a.example", "Phone": "1"}',
    '2 cid@a.example {"Name": "Cid", "Email": "cid@a.example", "Phone": "2"}',
    '3 dee@a.example {"Name": "Dee Dee", "Email": "dee@a.example", "Phone": "9"}',
  ])
  const recorded = await changesOf(updated.body.import_id)
  assert.deepEqual(
    recorded.items.map(({ source_row, action, changes }) => [source_row, action, changes.length]),
    [[2, 'update', 3]],
  )

  const kept = await add(base.dataset_id, MORE, { duplicates: 'keep' })
  assert.deepEqual(counts(kept.body), [4, 0, 0, 0, 1])
  const dataset = await sql<{
    row_count: number
    columns: string[]
  }>`select row_count, columns from datasets where dataset_id = ${base.dataset_id}`.execute(h.deps.db)
  assert.deepEqual(dataset.rows[0], { row_count: 8, columns: ['Email', 'Name', 'Phone', 'City'] })
})

test('the same policies hold for an upload that makes a dataset, in the workspace too', async () => {
  await upload(BASE)
  const workspace = { duplicates_in: 'workspace' }
  const skipped = await upload(MORE, workspace)
  assert.deepEqual(counts(skipped.body), [1, 0, 0, 3, 1], skipped.text)
  const updated = await upload('Email,Name,Phone\ncid@a.example,Cid B,\nnew@a.example,N,\nnew@a.example,,5\n', {
    ...workspace,
    duplicates: 'update',
  })
  assert.deepEqual(counts(updated.body), [1, 2, 0, 0, 0])
  assert.deepEqual(await contents(updated.body.dataset_id), [
    '0 new@a.example {"Name": "N", "Email": "new@a.example", "Phone": "5"}',
  ])
  const kept = await upload('Email\na@b.example\na@b.example\n', { duplicates: 'keep' })
  assert.deepEqual(counts(kept.body), [2, 0, 0, 0, 0])
  const wrong = await upload<Problem>(BASE, { duplicates: 'merge' })
  assert.equal(wrong.status, 422)
})

for (const policy of ['skip', 'update', 'keep'])
  test(`a dry run (${policy}) shows each row, changes nothing, and is carried out as it was planned`, async () => {
    const { body: base } = await upload(BASE)
    const before = await visible()
    const planned = await add(base.dataset_id, MORE, { duplicates: policy, dry_run: 'true' })
    assert.equal(planned.body.status, 'planned', planned.text)
    assert.equal(await visible(), before)

    const { items, total } = await changesOf(planned.body.import_id)
    assert.equal(total, 5)
    const expected = {
      skip: ['duplicate', 'duplicate', 'insert', 'reject', 'duplicate'],
      update: ['update', 'unchanged', 'insert', 'reject', 'update'],
      keep: ['insert', 'insert', 'insert', 'reject', 'insert'],
    }[policy]
    assert.deepEqual(
      items.map(({ action }) => action),
      expected,
    )
    assert.deepEqual(
      items.map(({ source_row }) => source_row),
      [2, 3, 4, 5, 6],
    )
    assert.deepEqual([items[3]?.code, items[3]?.values], ['invalid_email', { Email: 'broken', Name: 'X' }])
    if (policy === 'update') {
      assert.deepEqual(items[0]?.changes, [
        { column: 'Name', before: 'Ann', after: 'Ann Lee' },
        { column: 'Phone', before: null, after: '7' },
        { column: 'City', before: null, after: 'Oslo' },
      ])
      assert.ok(items[0]?.row_id)
      // The earlier row of the same file is no stored row yet.
      assert.deepEqual(
        [items[4]?.row_id, items[4]?.changes],
        [
          null,
          [
            { column: 'Name', before: 'Dee', after: 'Dee Dee' },
            { column: 'Phone', before: null, after: '9' },
          ],
        ],
      )
    }
    const pages: Change[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Changes = await changesOf(
        planned.body.import_id,
        `?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      )
      pages.push(...page.items)
      cursor = page.next_cursor
    }
    assert.deepEqual(pages, items)
    assert.equal((await changesOf(planned.body.import_id, '?action=reject')).items.length, 1)

    const done = await apply(planned.body.import_id)
    assert.equal(done.status, 200, done.text)
    assert.deepEqual(counts(done.body), counts(planned.body))
    const twin = await upload(BASE)
    await add(twin.body.dataset_id, MORE, { duplicates: policy })
    assert.deepEqual(await contents(base.dataset_id), await contents(twin.body.dataset_id))
    const again = await apply<Problem>(planned.body.import_id)
    assert.deepEqual([again.status, again.body.detail], [409, 'IMPORT_STATE'])
  })

test('a dry run of an upload makes no dataset, takes no session and saves no sender, until it is carried out', async () => {
  const session = await call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
    body: { session_type: 'personalization' },
  })
  const before = await visible()
  const path = `/api/v1/sessions/${session.body.session_id}/upload/csv`
  const planned = await call<Made>('POST', path, {
    form: formOf(BASE, { dry_run: 'true', sender_data: '{"name":"Ann Lee"}', save_sender_profile: 'true' }),
  })
  assert.equal(planned.status, 200, planned.text)
  assert.deepEqual([planned.body.status, planned.body.dataset_id, planned.body.rows_imported], ['planned', null, 3])
  assert.equal(await visible(), before)
  assert.deepEqual((await changesOf(planned.body.import_id)).items[0]?.values, {
    Email: 'ann@a.example',
    Name: 'Ann',
  })
  const done = await apply(planned.body.import_id)
  assert.equal(done.status, 200, done.text)
  assert.equal((await contents(done.body.dataset_id)).length, 3)
  const profiles = await sql`select 1 from sender_profiles where workspace_id = ${tenant.workspace_id}`.execute(
    h.deps.db,
  )
  assert.equal(profiles.rows.length, 1)

  // Another file has taken the session meanwhile.
  const other = await call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
    body: { session_type: 'enrichment' },
  })
  const otherPath = `/api/v1/sessions/${other.body.session_id}/upload/csv`
  const late = await call<Made>('POST', otherPath, { form: formOf(BASE, { dry_run: '1' }) })
  await call<Made>('POST', otherPath, { form: formOf(BASE) })
  const refused = await apply<Problem>(late.body.import_id)
  assert.deepEqual([refused.status, refused.body.detail], [409, 'CONFLICT'])
})

test('a plan is refused once its dataset, or anybody it decided about, has changed; nothing is imported and the plan stays', async () => {
  const { body: base } = await upload(BASE)
  const changesOfDataset = [
    () =>
      sql`update dataset_rows set data = data || '{"Name":"Robert"}' where dataset_id = ${base.dataset_id} and email = 'bob@a.example'`,
    () =>
      sql`update dataset_rows set removed_at = ${h.clock.now()} where dataset_id = ${base.dataset_id} and email = 'cid@a.example'`,
    () => sql`update datasets set columns = columns || '["Extra"]' where dataset_id = ${base.dataset_id}`,
  ]
  for (const change of changesOfDataset) {
    const planned = await add(base.dataset_id, MORE, { duplicates: 'update', dry_run: 'true' })
    await change().execute(h.deps.db)
    const before = await visible()
    const refused = await apply<Problem>(planned.body.import_id)
    assert.deepEqual([refused.status, refused.body.detail], [409, 'PLAN_OUTDATED'], refused.text)
    assert.equal(await visible(), before)
    assert.equal((await changesOf(planned.body.import_id)).total, 5)
  }
  const planned = await upload('Email\nsomebody@a.example\nann@a.example\n', {
    duplicates_in: 'workspace',
    dry_run: '1',
  })
  assert.deepEqual(counts(planned.body), [1, 0, 0, 1, 0])
  await upload('Email\nsomebody@a.example\n')
  const before = await visible()
  const refused = await apply<Problem>(planned.body.import_id)
  assert.deepEqual([refused.status, refused.body.detail], [409, 'PLAN_OUTDATED'], refused.text)
  assert.equal(await visible(), before)
})

test('a plan can be discarded, and an import that was carried out cannot', async () => {
  const { body: base } = await upload(BASE)
  const planned = await add(base.dataset_id, MORE, { dry_run: 'true' })
  const gone = await call<{ deleted: boolean }>('DELETE', `/api/v1/imports/${planned.body.import_id}`)
  assert.deepEqual([gone.status, gone.body.deleted], [200, true])
  assert.equal((await call('GET', `/api/v1/imports/${planned.body.import_id}`)).status, 404)
  const kept = await call<Problem>('DELETE', `/api/v1/imports/${base.import_id}`)
  assert.deepEqual([kept.status, kept.body.detail], [409, 'IMPORT_STATE'])
  const left = await sql`select 1 from import_changes where import_id = ${planned.body.import_id}`.execute(h.deps.db)
  assert.equal(left.rows.length, 0)
})

test('plans are forgotten after seven days of the workspace’s clock', async () => {
  const { body: base } = await upload(BASE)
  const planned = await add(base.dataset_id, MORE, { dry_run: 'true' })
  const start = h.clock.now()
  try {
    h.clock.advance(7 * 86_400_000 - 60_000)
    await h.worker.drain()
    assert.equal((await call('GET', `/api/v1/imports/${planned.body.import_id}`)).status, 200)
    h.clock.advance(120_000)
    await h.worker.drain()
    const found = await sql`select 1 from imports where import_id = ${planned.body.import_id}`.execute(h.deps.db)
    assert.equal(found.rows.length, 0)
    const base_ = await sql`select 1 from imports where import_id = ${base.import_id}`.execute(h.deps.db)
    assert.equal(base_.rows.length, 1)
  } finally {
    h.clock.set(start)
  }
})

test('undoing an update gives every cell its former value, and columns that came with it go', async () => {
  const { body: base } = await upload(`${BASE},,\n`)
  const before = await contents(base.dataset_id)
  const updated = await add(base.dataset_id, MORE, { duplicates: 'update' })
  const undone = await undo(updated.body.import_id)
  assert.equal(undone.status, 200, undone.text)
  assert.deepEqual(await contents(base.dataset_id), before)
  const { rows_removed, rows_restored, values_restored, values_kept, columns_removed } = undone.body
  assert.deepEqual([rows_removed, rows_restored, values_restored, values_kept, columns_removed], [1, 1, 3, 0, ['City']])
  const dataset = await sql<{
    row_count: number
    columns: string[]
  }>`select row_count, columns from datasets where dataset_id = ${base.dataset_id}`.execute(h.deps.db)
  assert.deepEqual(dataset.rows[0], { row_count: 3, columns: ['Email', 'Name', 'Phone'] })
})

test('undoing leaves and lists what somebody has written since, and a learned address is forgotten again', async () => {
  const { body: base } = await upload('Email,Name,LinkedIn\n,Ann,linkedin.com/in/ann\nbob@a.example,Bob,\n')
  const updated = await add(
    base.dataset_id,
    'Email,Name,LinkedIn\nann@a.example,Ann Lee,linkedin.com/in/ann\nbob@a.example,Robert,\n',
    { duplicates: 'update' },
  )
  assert.deepEqual(counts(updated.body), [0, 2, 0, 0, 0])
  await sql`update dataset_rows set data = data || '{"Name":"Bobby"}' where dataset_id = ${base.dataset_id} and email = 'bob@a.example'`.execute(
    h.deps.db,
  )
  const undone = await undo(updated.body.import_id)
  assert.deepEqual([undone.body.values_restored, undone.body.values_kept], [2, 1])
  assert.deepEqual(
    undone.body.kept.map(({ column, value, imported, before }) => [column, value, imported, before]),
    [['Name', 'Bobby', 'Robert', 'Bob']],
  )
  assert.deepEqual(await contents(base.dataset_id), [
    '0 - {"Name": "Ann", "LinkedIn": "https://www.linkedin.com/in/ann"}',
    '1 bob@a.example {"Name": "Bobby", "Email": "bob@a.example"}',
  ])
  const listed = await changesOf(updated.body.import_id, '?kept=true')
  assert.deepEqual(
    listed.items.map(({ source_row, kept }) => [source_row, kept]),
    [[3, [{ column: 'Name', value: 'Bobby' }]]],
  )
  const again = await undo<Problem>(updated.body.import_id)
  assert.deepEqual([again.status, again.body.detail], [409, 'IMPORT_STATE'])
})

for (const encoding of ['utf8', 'utf16le', 'win1252'] as const)
  test(`a corrected error file (${encoding}) goes into the same dataset by one call`, async () => {
    const text =
      'Nom;Courriel;Téléphone;Note\nZoé;zoe@;"+33 1";=SUM(1)\nRené;rene@a.example;;"a\nb; ""c"""\nLéa;;;-x\nRené;rene@a.example;5;\n'
    const made = await upload(
      encoding === 'utf8' ? text : iconv.encode(text, encoding, { addBOM: encoding === 'utf16le' }),
    )
    assert.equal(made.status, 200, made.text)
    assert.deepEqual(counts(made.body), [1, 0, 0, 1, 2])
    const errors = await call<never>('GET', `/api/v1/imports/${made.body.import_id}/errors.csv`)
    const corrected = errors.text.replace('zoe@,', 'zoe@a.example,').replace('Léa,,', 'Léa,lea@a.example,')
    const added = await add(made.body.dataset_id, corrected, { duplicates: 'update' })
    assert.equal(added.status, 200, added.text)
    assert.deepEqual(counts(added.body), [2, 1, 0, 0, 0])
    assert.deepEqual(await contents(made.body.dataset_id), [
      '0 rene@a.example {"Nom": "René", "Note": "a\\nb; \\"c\\"", "Courriel": "rene@a.example", "Téléphone": "5"}',
      '1 zoe@a.example {"Nom": "Zoé", "Note": "=SUM(1)", "Courriel": "zoe@a.example", "Téléphone": "+33 1"}',
      '2 lea@a.example {"Nom": "Léa", "Note": "-x", "Courriel": "lea@a.example"}',
    ])
    const shape = await sql<{
      columns: string[]
    }>`select columns from datasets where dataset_id = ${made.body.dataset_id}`.execute(h.deps.db)
    assert.deepEqual(shape.rows[0]?.columns, ['Nom', 'Courriel', 'Téléphone', 'Note'])
  })

test('the error file of a workbook names the sheet, and corrected it goes into the same dataset by one call', async () => {
  const workbook = new ExcelJS.Workbook()
  const people = workbook.addWorksheet('People')
  people.addRows([
    ['Email', 'Name', 'Since'],
    ['ann@x.example', 'Ann', new Date('2025-03-01T00:00:00Z')],
    ['bob@', 'Bob', 7],
  ])
  const more = workbook.addWorksheet('More')
  more.addRows([
    ['Name', 'E-mail', 'City'],
    ['Cid', 'cid at x.example', '=Oslo'],
    ['Ann again', 'ann@x.example', ''],
    ['Dee', 'dee@x.example', 'Bergen'],
  ])
  const file = Buffer.from(await workbook.xlsx.writeBuffer())
  const session = await call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
    body: { session_type: 'personalization' },
  })
  const path = `/api/v1/sessions/${session.body.session_id}/upload/excel`
  const form = () => {
    const made = formOf('', { process_all_sheets: 'true' })
    made.set('file', new Blob([file as never]), 'people.xlsx')
    return made
  }
  const dry = form()
  dry.set('dry_run', 'true')
  const planned = await call<Made>('POST', path, { form: dry })
  assert.equal(planned.status, 200, planned.text)
  const steps = (await changesOf(planned.body.import_id)).items.map(({ source_row, action, ...row }) => [
    (row as unknown as { sheet_name: string }).sheet_name,
    source_row,
    action,
  ])
  assert.deepEqual(steps, [
    ['People', 2, 'insert'],
    ['People', 3, 'reject'],
    ['More', 2, 'reject'],
    ['More', 3, 'duplicate'],
    ['More', 4, 'insert'],
  ])
  const made = await apply(planned.body.import_id)
  assert.equal(made.status, 200, made.text)
  assert.deepEqual(counts(made.body), [2, 0, 0, 1, 2])
  const errors = await call<never>('GET', `/api/v1/imports/${planned.body.import_id}/errors.csv`)
  const lines = errors.text.split('\r\n')
  assert.match(lines[0] ?? '', /^\ufeff?import_row,import_problem,import_message,import_sheet,Email,Name,Since/)
  assert.match(errors.text, /in row 2 of the sheet ""People"" already|row 2 of the sheet "People" already/)
  const corrected = errors.text.replace('bob@,', 'bob@x.example,').replace('cid at x.example', 'cid@x.example')
  const added = await add(made.body.dataset_id, corrected, { duplicates: 'update' })
  assert.equal(added.status, 200, added.text)
  assert.deepEqual(counts(added.body), [2, 1, 0, 0, 0])
  const rows = await contents(made.body.dataset_id)
  assert.deepEqual(
    rows.map((row) => row.split(' ')[1]),
    ['ann@x.example', 'dee@x.example', 'bob@x.example', 'cid@x.example'],
  )
  assert.match(rows[0] ?? '', /"Name": "Ann again"/)
  assert.match(rows[2] ?? '', /"Since": "7"/)
  assert.match(rows[3] ?? '', /"City": "=Oslo"/)
  const undone = await undo(added.body.import_id)
  assert.deepEqual([undone.body.rows_removed, undone.body.values_kept], [2, 0])
  assert.match((await contents(made.body.dataset_id))[0] ?? '', /"Name": "Ann",|"Name": "Ann"\}/)

  // The same workbook into a dataset that is there already.
  const into = await call<Made>('POST', `/api/v1/datasets/${made.body.dataset_id}/imports`, { form: form() })
  assert.equal(into.status, 200, into.text)
  assert.deepEqual([into.body.rows_imported, into.body.rows_duplicate], [0, 3])
})

test('a large file is planned by a job, carried out by a job, and its counts are true at the end of each', async () => {
  const { body: base } = await upload('Email,Name\nperson5@big.example,Five\nperson6@big.example,Six\n')
  let text = 'Email,Name\n'
  for (let n = 1; n <= 12_000; n++) text += `person${n}@big.example,${n === 6 ? 'Six' : `Name ${n}`}\n`
  const before = await visible()
  const planned = await add(base.dataset_id, text, { duplicates: 'update', dry_run: 'true' })
  assert.ok(planned.body.job_id, planned.text)
  await h.worker.drain()
  assert.equal(await visible(), before)
  type Job = { status: string; counts: Counts; result: Counts; progress_done: number; progress_total: number }
  const job = (await call<Job>('GET', `/api/v1/jobs/${planned.body.job_id}`)).body
  assert.deepEqual([job.status, counts(job.counts), job.counts], ['completed', [11_998, 1, 1, 0, 0], job.result])
  assert.equal(job.progress_done, job.progress_total)
  const told = (await call<Counts & { status: string }>('GET', `/api/v1/imports/${planned.body.import_id}`)).body
  assert.deepEqual([told.status, counts(told)], ['planned', [11_998, 1, 1, 0, 0]])
  assert.equal((await changesOf(planned.body.import_id, '?limit=1000')).total, 12_000)
  const started = await apply(planned.body.import_id)
  assert.equal(started.body.status, 'queued', started.text)
  await h.worker.drain()
  const done = (await call<Counts & { status: string }>('GET', `/api/v1/imports/${planned.body.import_id}`)).body
  assert.deepEqual([done.status, counts(done)], ['completed', [11_998, 1, 1, 0, 0]])
  assert.equal((await contents(base.dataset_id)).length, 12_000)
  assert.equal((await changesOf(planned.body.import_id)).total, 1)

  // Somebody from another dataset appears between the call and the job.
  const late = await upload(text.replaceAll('big.example', 'late.example'), {
    duplicates_in: 'workspace',
    dry_run: '1',
  })
  await h.worker.drain()
  await apply(late.body.import_id)
  await upload('Email\nperson77@late.example\n')
  await h.worker.drain()
  const failed = (await call<{ status: string; error: string }>('GET', `/api/v1/imports/${late.body.import_id}`)).body
  assert.equal(failed.status, 'failed')
  assert.match(failed.error, /changed since the plan/)
})

test('imports are listed newest first, by dataset and status, and of another workspace nothing is there', async () => {
  const { body: base } = await upload(BASE)
  const second = await add(base.dataset_id, MORE)
  const plan = await add(base.dataset_id, MORE, { dry_run: 'true' })
  type List = { items: { import_id: string; status: string }[]; total: number; has_more: boolean; next_cursor: string }
  const all = (await call<List>('GET', '/api/v1/imports?limit=2')).body
  assert.deepEqual(
    [all.items.map(({ import_id }) => import_id), all.total, all.has_more],
    [[plan.body.import_id, second.body.import_id], 3, true],
  )
  const rest = (await call<List>('GET', `/api/v1/imports?limit=2&cursor=${all.next_cursor}`)).body
  assert.deepEqual(
    rest.items.map(({ import_id }) => import_id),
    [base.import_id],
  )
  const planned = (await call<List>('GET', `/api/v1/imports?status=planned&dataset_id=${base.dataset_id}`)).body
  assert.deepEqual(
    planned.items.map(({ import_id }) => import_id),
    [plan.body.import_id],
  )
  const other = await createTenant(h)
  assert.equal((await h.call<List>('GET', '/api/v1/imports', { as: other.key })).body.total, 0)
  for (const [method, path] of [
    ['GET', `/api/v1/imports/${plan.body.import_id}/changes`],
    ['POST', `/api/v1/imports/${plan.body.import_id}/apply`],
    ['DELETE', `/api/v1/imports/${plan.body.import_id}`],
  ] as const)
    assert.equal((await h.call(method, path, { as: other.key })).status, 404)
  const theirs = await h.call('POST', `/api/v1/datasets/${base.dataset_id}/imports`, {
    as: other.key,
    form: formOf(BASE),
  })
  assert.equal(theirs.status, 404)
  assert.equal((await add(newId(), BASE)).status, 404)
})

test('two imports that wrote one cell are undone in either order, and the first value is back in the end', async () => {
  for (const order of [
    [1, 0],
    [0, 1],
  ]) {
    const { body: base } = await upload(BASE)
    const start = await contents(base.dataset_id)
    const made = [
      await add(base.dataset_id, 'Email,Name\nann@a.example,Ann B\nbob@a.example,Rob\n', { duplicates: 'update' }),
      await add(base.dataset_id, 'Email,Name\nann@a.example,Ann C\nbob@a.example,Bob\n', { duplicates: 'update' }),
    ]
    const undone: Undone[] = []
    for (const at of order) undone.push((await undo(made[at]?.body.import_id ?? '')).body)
    assert.deepEqual(await contents(base.dataset_id), start, `order ${order}`)
    // The later import has written over the one cell; the other one holds what was there before either.
    if (order[0] === 0) assert.deepEqual([undone[0]?.values_restored, undone[0]?.values_kept], [0, 1])
  }
})

test('a cell that a file wrote twice and somebody has written since is kept once', async () => {
  const { body: base } = await upload(BASE)
  const updated = await add(base.dataset_id, 'Email,Name\nann@a.example,Ann B\nann@a.example,Ann C\n', {
    duplicates: 'update',
  })
  assert.deepEqual(counts(updated.body), [0, 2, 0, 0, 0])
  await sql`update dataset_rows set data = data || '{"Name":"Edited"}' where dataset_id = ${base.dataset_id} and email = 'ann@a.example'`.execute(
    h.deps.db,
  )
  const { body } = await undo(updated.body.import_id)
  assert.deepEqual([body.values_restored, body.values_kept], [0, 1])
  assert.deepEqual(
    body.kept.map(({ value, imported, before }) => [value, imported, before]),
    [['Edited', 'Ann C', 'Ann']],
  )
})

test('undoing finds the cells of a column that has another name since, and takes it away if it came with the import', async () => {
  const { body: base } = await upload(BASE)
  const start = await contents(base.dataset_id)
  const updated = await add(base.dataset_id, MORE, { duplicates: 'update' })
  for (const [column, name] of [
    ['Name', 'Who'],
    ['City', 'Town'],
  ]) {
    const renamed = await call('PATCH', `/api/v1/datasets/${base.dataset_id}/columns`, { body: { column, name } })
    assert.equal(renamed.status, 200, renamed.text)
  }
  const { body } = await undo(updated.body.import_id)
  assert.deepEqual([body.values_restored, body.values_kept, body.columns_removed], [3, 0, ['Town']])
  assert.deepEqual(
    (await contents(base.dataset_id)).map((line) => line.replace('"Who"', '"Name"').length),
    start.map((line) => line.length),
  )
  const [first] = await contents(base.dataset_id)
  assert.equal(first, '0 ann@a.example {"Who": "Ann", "Email": "ann@a.example"}')
})

/** A job alone, without the ticks that drain() runs besides: knowing 12,000 new people takes them longer than the job. */
const run = { job_id: '1', attempt: 1, signal: new AbortController().signal, log: createLogger('silent') }

test('rows whose leads a campaign has keep an import from being undone; cells that it only changed go back', async () => {
  const { body: base } = await upload(BASE)
  const before = await contents(base.dataset_id)
  const updated = await add(base.dataset_id, 'Email,Name\nann@a.example,Ann Lee\n', { duplicates: 'update' })
  const { campaign_id } = await createCampaign(h, tenant, { body: { dataset_id: base.dataset_id, name: 'Spring' } })
  assert.equal((await call('POST', `/api/v1/campaigns/${campaign_id}/launch`)).status, 200)
  await h.worker.drain()
  const leads = await sql<{ n: number }>`
    select count(*)::int as n from campaign_leads where campaign_id = ${campaign_id}`.execute(h.deps.db)
  assert.equal(leads.rows[0]?.n, 3)
  const refused = await undo<Problem>(base.import_id)
  assert.deepEqual([refused.status, refused.body.detail], [409, 'IN_USE'])
  assert.match(refused.body.message, /"Spring"/)
  const undone = await undo<Undone & { message: string }>(updated.body.import_id)
  assert.deepEqual([undone.status, undone.body.values_restored], [200, 1], undone.text)
  assert.equal(undone.body.message, '0 rows were taken out of the dataset. 1 cell in 1 row has its former value.')
  assert.deepEqual(await contents(base.dataset_id), before)
})

test('a request that would have to wait for another import is refused at once, whatever it looks through', async () => {
  await upload(BASE)
  await transaction(h.deps.db, async (tx) => {
    await lockRowsOfWorkspace(tx, tenant.workspace_id, true)
    const began = performance.now()
    const refused = await upload<Problem>('Email\nx@a.example\n', { duplicates_in: 'workspace' })
    assert.deepEqual([refused.status, refused.body.detail], [409, 'IMPORT_STATE'], refused.text)
    assert.ok(performance.now() - began < 10_000)
    // A plan locks nothing, and so does an import that keeps to its dataset.
    assert.equal((await upload('Email\nx@a.example\n', { duplicates_in: 'workspace', dry_run: '1' })).status, 200)
    assert.equal((await upload('Email\nx@a.example\n')).status, 200)
  })
})

test('a large import is undone by a job, with the outcome of a small one', async () => {
  let text = 'Email,Name,City\n'
  for (let n = 1; n <= 6_000; n++) text += `person${n}@big.example,Name ${n},\n`
  const { body: base } = await upload(text)
  const before = await contents(base.dataset_id)
  text = 'Email,Name,City,Extra\n'
  for (let n = 1; n <= 12_000; n++) text += `person${n}@big.example,New ${n},Oslo,${n % 2 ? 'x' : ''}\n`
  const added = await add(base.dataset_id, text, { duplicates: 'update' })
  await runImport({ import_id: added.body.import_id, job_id: String(added.body.job_id) }, h.deps, run)
  const { body: seen } = await call<Counts & { status: string }>('GET', `/api/v1/imports/${added.body.import_id}`)
  assert.deepEqual([seen.status, counts(seen)], ['completed', [6_000, 6_000, 0, 0, 0]])
  await sql`update dataset_rows set data = data || '{"Name":"Edited"}' where dataset_id = ${base.dataset_id} and email = 'person7@big.example'`.execute(
    h.deps.db,
  )
  const large = await contents(base.dataset_id)

  type Started = Undone & { status: string; job_id: string | null; undone_at: string | null }
  const started = (await undo<Started>(added.body.import_id)).body
  assert.deepEqual([started.status, started.undone_at, started.rows_removed], ['queued', null, 0])
  const meanwhile = (await call<{ status: string }>('GET', `/api/v1/imports/${added.body.import_id}`)).body
  assert.equal(meanwhile.status, 'undoing')
  type List = { items: { import_id: string }[] }
  const listed = (await call<List>('GET', '/api/v1/imports?status=undoing')).body.items
  assert.deepEqual(
    listed.map(({ import_id }) => import_id),
    [added.body.import_id],
  )
  assert.deepEqual(await contents(base.dataset_id), large)
  const twice = await undo<Problem>(added.body.import_id)
  assert.deepEqual([twice.status, twice.body.detail], [409, 'IMPORT_STATE'])

  await runUndo({ import_id: added.body.import_id, job_id: String(started.job_id) }, h.deps, run)
  type Job = { status: string; kind: string; progress_done: number; progress_total: number; result: Undone }
  const job = (await call<Job>('GET', `/api/v1/jobs/${started.job_id}`)).body
  assert.deepEqual(
    [job.status, job.kind, job.progress_done, job.progress_total],
    ['completed', 'undo_import', 12_000, 12_000],
  )
  const { rows_removed, rows_restored, values_restored, values_kept, columns_removed } = job.result
  assert.deepEqual(
    [rows_removed, rows_restored, values_restored, values_kept, columns_removed],
    [6_000, 6_000, 6_000 * 2 - 1 + 3_000, 1, ['Extra']],
  )
  const after = await contents(base.dataset_id)
  assert.equal(after[6], '6 person7@big.example {"Name": "Edited", "Email": "person7@big.example"}')
  assert.deepEqual(after.toSpliced(6, 1), before.toSpliced(6, 1))
  const done = (await call<{ status: string; values_kept: number }>('GET', `/api/v1/imports/${added.body.import_id}`))
    .body
  assert.deepEqual([done.status, done.values_kept], ['undone', 1])
  const again = await undo<Problem>(added.body.import_id)
  assert.deepEqual([again.status, again.body.detail], [409, 'IMPORT_STATE'])
})

test('undoing by a job fails, and changes nothing, when a campaign has come in between', async () => {
  let text = 'Email,Name\n'
  for (let n = 1; n <= 12_000; n++) text += `person${n}@used.example,Name ${n}\n`
  const { body: base } = await upload(text)
  await runImport({ import_id: base.import_id, job_id: String(base.job_id) }, h.deps, run)
  const started = (await undo<Undone & { job_id: string }>(base.import_id)).body
  const { campaign_id } = await createCampaign(h, tenant, { body: { dataset_id: base.dataset_id, name: 'In between' } })
  await sql`update campaigns set status = 'launching' where campaign_id = ${campaign_id}`.execute(h.deps.db)
  await runUndo({ import_id: base.import_id, job_id: started.job_id }, h.deps, run)
  const job = (await call<{ status: string; error: string }>('GET', `/api/v1/jobs/${started.job_id}`)).body
  assert.equal(job.status, 'failed')
  assert.match(job.error, /"In between"/)
  const { body: seen } = await call<{ status: string; undone_at: null }>('GET', `/api/v1/imports/${base.import_id}`)
  assert.deepEqual([seen.status, seen.undone_at], ['completed', null])
  assert.equal((await contents(base.dataset_id)).length, 12_000)
  await sql`update campaigns set status = 'draft' where campaign_id = ${campaign_id}`.execute(h.deps.db)
  assert.equal((await undo<{ status: string }>(base.import_id)).body.status, 'queued')
})
