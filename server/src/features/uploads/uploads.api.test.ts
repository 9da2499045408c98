import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import ExcelJS from 'exceljs'
import iconv from 'iconv-lite'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, type TestAnswer } from '../../../test/harness.ts'
import { buildDemoLeads } from '../../demo/demo-leads.ts'
import { newId } from '../../ids.ts'
import { importCsvFile } from './import-csv.ts'
import { runImport } from './run-import.ts'

let h: Harness
let tenant: TestTenant
let folder: string

before(async () => {
  h = await startHarness({ env: { UPLOAD_MAX_BYTES: '6000000', IMPORT_MAX_ROWS: '30000' } })
  tenant = await createTenant(h)
  folder = await mkdtemp(join(tmpdir(), 'bavlio-uploads-'))
})

after(async () => {
  await h.close()
  await rm(folder, { recursive: true, force: true })
})

type Upload = {
  session_id: string
  dataset_id: string
  status: string
  leads_queued: number
  import_id: string
  job_id: string | null
  sender_profile_id: string | null
  rows_read: number
  rows_imported: number
  rows_rejected: number
  rows_duplicate: number
  rows_known: number
  rows_without_email: number
  file_info: Record<string, unknown>
}
type Problem = { detail: string; message: string; details: { loc: (string | number)[]; msg: string; type: string }[] }
type StoredData = { row_index: number; source_row: number; email: string | null; data: Record<string, string> }

const formOf = (content: string | Buffer, fields: Record<string, string> = {}, filename = 'leads.csv'): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', new Blob([content as never]), filename)
  return form
}

const openSession = async (as = tenant.key): Promise<string> =>
  (
    await h.call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
      as,
      body: { session_type: 'personalization' },
    })
  ).body.session_id

const upload = async <T = Upload>(
  content: string | Buffer,
  fields: Record<string, string> = {},
  options: { as?: string; session?: string; filename?: string; headers?: Record<string, string> } = {},
): Promise<TestAnswer<T>> => {
  const as = options.as ?? tenant.key
  const session = options.session ?? (await openSession(as))
  return h.call<T>('POST', `/api/v1/sessions/${session}/upload/csv`, {
    as,
    form: formOf(content, fields, options.filename),
    headers: options.headers,
  })
}

const preview = <T = { csv_info: Record<string, unknown> }>(
  content: string | Buffer,
  filename = 'leads.csv',
): Promise<TestAnswer<T>> =>
  h.call<T>('POST', '/api/v1/upload/preview', { as: tenant.key, form: formOf(content, {}, filename) })

const rowsOf = async (datasetId: string): Promise<StoredData[]> =>
  (
    await sql<StoredData>`select row_index, source_row, email, data from dataset_rows where dataset_id = ${datasetId} and removed_at is null order by row_index`.execute(
      h.deps.db,
    )
  ).rows

const issuesOf = async (importId: string): Promise<string[]> =>
  (
    await sql<{
      line: string
    }>`select source_row || ' ' || severity || ' ' || code as line from import_issues where import_id = ${importId} order by seq`.execute(
      h.deps.db,
    )
  ).rows.map((row) => row.line)

const manyRows = (count: number, domain: string): string => {
  let text = 'Email,First Name,Company\r\n'
  for (let n = 1; n <= count; n++) text += `person${n}@${domain},First${n},"Company ${n}, Inc"\r\n`
  return text
}

test('a small file is read before the answer: every cell trimmed, empty ones left out, positions without gaps', async () => {
  const made = await upload(
    '\ufeffE-Mail;Vorname;Firma;Notiz\r\n ANN@Example.COM ; Ann ;"Müller; Söhne";\r\nbob@bücher.example;;B;"two\nlines"\r\n',
  )
  assert.equal(made.status, 200, made.text)
  assert.equal(made.body.status, 'ready')
  assert.equal(made.body.leads_queued, 2)
  assert.equal(made.body.job_id, null)
  assert.deepEqual(made.body.file_info.column_mapping, {
    'E-Mail': 'email',
    Vorname: 'first_name',
    Firma: 'company_name',
  })
  assert.deepEqual(await rowsOf(made.body.dataset_id), [
    {
      row_index: 0,
      source_row: 2,
      email: 'ann@example.com',
      data: { 'E-Mail': 'ANN@Example.COM', Vorname: 'Ann', Firma: 'Müller; Söhne' },
    },
    {
      row_index: 1,
      source_row: 3,
      email: 'bob@xn--bcher-kva.example',
      data: { 'E-Mail': 'bob@bücher.example', Firma: 'B', Notiz: 'two\nlines' },
    },
  ])
  const status = await h.call<Record<string, unknown>>('GET', `/api/v1/sessions/${made.body.session_id}/status`, {
    as: tenant.key,
  })
  assert.equal(status.body.status, 'ready')
  assert.equal(status.body.leads_count, 2)
  const dataset = await sql<
    Record<string, unknown>
  >`select dataset_name, row_count, status, columns, pipeline_type, source_type from datasets where dataset_id = ${made.body.dataset_id}`.execute(
    h.deps.db,
  )
  assert.deepEqual(dataset.rows[0], {
    dataset_name: 'leads',
    row_count: 2,
    status: 'completed',
    columns: ['E-Mail', 'Vorname', 'Firma', 'Notiz'],
    pipeline_type: 'personalization',
    source_type: 'csv',
  })
})

test('UTF-16, Windows-1252 and tabs read like UTF-8 and commas', async () => {
  const text =
    'Email\tFirst Name\tCity\nzoé@example.com\tZoë\tMünchen\nrenée.b@example.com\tRenée\tÅrhus\nann@example.com\tAnn\tZürich\n'
      .replace('zoé@', 'zoe@')
      .replace('renée.b@', 'renee.b@')
  for (const encoding of ['utf16le', 'utf16-be', 'win1252', 'utf8'] as const) {
    const made = await upload(iconv.encode(text, encoding, { addBOM: encoding.startsWith('utf16') }))
    assert.equal(made.status, 200, made.text)
    assert.deepEqual(
      (await rowsOf(made.body.dataset_id)).map(({ data }) => data.City),
      ['München', 'Århus', 'Zürich'],
      encoding,
    )
  }
})

test('each bad row is reported once, with its row and kind, and no good row is lost', async () => {
  const good = (n: number): string => `good${n}@example.com,Good${n},Acme,`
  const cases: [string, string | null][] = [
    [good(1), null],
    ['not an address,A,B,', 'rejected invalid_email'],
    [good(2), null],
    ['GOOD1@EXAMPLE.COM,Twin,Acme,', 'duplicate duplicate_email'],
    ['  good2@example.com  ,Twin,Acme,', 'duplicate duplicate_email'],
    ['"Good Two <good2@example.com>",Twin,Acme,', 'duplicate duplicate_email'],
    [',No address,Acme,', 'rejected missing_email'],
    ['n/a,No address,Acme,', 'rejected missing_email'],
    ['-,No address,Acme,', 'rejected missing_email'],
    [',Only LinkedIn,Acme,https://www.linkedin.com/in/only-one/', 'notice missing_email'],
    ['none,Twin of LinkedIn,Acme,linkedin.com/in/only-one?trk=1', 'duplicate duplicate_profile'],
    ['bad@@example.com,LinkedIn and a bad address,Acme,https://linkedin.com/in/other', 'rejected invalid_email'],
    ['a@example.com; b@example.com,Two,Acme,', 'rejected invalid_email'],
    ['someone@,No domain,Acme,', 'rejected invalid_email'],
    ['@example.com,No local,Acme,', 'rejected invalid_email'],
    ['a..b@example.com,Dots,Acme,', 'rejected invalid_email'],
    ['a b@example.com,Space,Acme,', 'rejected invalid_email'],
    ['a@localhost,No dot,Acme,', 'rejected invalid_email'],
    ['a@-bad.example,Hyphen,Acme,', 'rejected invalid_email'],
    [`${'x'.repeat(65)}@example.com,Long,Acme,`, 'rejected invalid_email'],
    ['shifted@example.com,One,Too,Many,Cells', 'rejected too_many_fields'],
    ['short@example.com', null],
    ['mailto:mail@example.com,Mailto,Acme,', null],
    ['"quoted ""one""@example.com",Q,Acme,', 'rejected invalid_email'],
    ['tab@example.com,"has\ttab and \\ and ""quotes""",Acme,', null],
    ['lines@example.com,"two\r\nlines",Acme,', null],
    ['emoji@example.com,🎉 \u00dcn\u0131,Acme,', null],
    ['formula@example.com,=1+1,Acme,', null],
    ['Email,First Name,Company,LinkedIn', 'rejected repeated_header'],
    ['open@example.com,"never closed,Acme,', 'rejected unclosed_quote'],
  ]
  for (let n = 3; n <= 40; n++) {
    cases.push([good(n), null])
    if (n % 10 === 0) cases.push([`good${n - 1}@example.com,Again,Acme,`, 'duplicate duplicate_email'])
  }
  const other = await createTenant(h)
  const made = await upload(
    `Email,First Name,Company,LinkedIn\r\n${cases.map(([line]) => line).join('\r\n')}\r\n`,
    {},
    { as: other.key },
  )
  assert.equal(made.status, 200, made.text)
  const expected = cases.flatMap(([, issue], index) => (issue ? [`${index + 2} ${issue}`] : []))
  assert.deepEqual(await issuesOf(made.body.import_id), expected)
  const imported = cases.filter(([, issue]) => !issue || issue.startsWith('notice')).length
  const count = (severity: string): number => expected.filter((line) => line.includes(` ${severity} `)).length
  assert.deepEqual(
    [
      made.body.rows_read,
      made.body.rows_imported,
      made.body.rows_rejected,
      made.body.rows_duplicate,
      made.body.rows_known,
      made.body.rows_without_email,
    ],
    [cases.length, imported, count('rejected'), count('duplicate'), 0, 1],
  )
  const stored = await rowsOf(made.body.dataset_id)
  assert.deepEqual(
    stored.map(({ row_index }) => row_index),
    stored.map((_, index) => index),
  )
  assert.equal(
    stored.find(({ email }) => email === 'tab@example.com')?.data['First Name'],
    'has\ttab and \\ and "quotes"',
  )
  assert.equal(stored.find(({ email }) => email === 'emoji@example.com')?.data['First Name'], '🎉 Ünı')

  const found = await h.call<Record<string, unknown>>('GET', `/api/v1/imports/${made.body.import_id}`, {
    as: other.key,
  })
  assert.equal(found.status, 200, found.text)
  assert.equal(found.body.status, 'completed')
  assert.equal(found.body.filename, 'leads.csv')
  assert.ok(
    (found.body.issues as { code: string; rows: number }[]).some(
      ({ code, rows }) => code === 'duplicate_profile' && rows === 1,
    ),
  )

  // The error file: guarded cells, and read again without its first columns when it comes back.
  const errors = await h.call<never>('GET', `/api/v1/imports/${made.body.import_id}/errors.csv`, { as: other.key })
  assert.equal(errors.status, 200)
  assert.match(errors.headers['content-disposition'] ?? '', /^attachment; filename="import-errors-/)
  const lines = errors.text.replace(/^\ufeff/, '').split('\r\n')
  assert.equal(lines[0], 'import_row,import_problem,import_message,Email,First Name,Company,LinkedIn')
  assert.match(lines[1] ?? '', /^3,invalid_email,[^,]+,not an address,A,B,$/)
  assert.ok(errors.text.includes("'@example.com"), 'a cell that begins with @ is guarded')
  assert.ok(!errors.text.includes('Only LinkedIn'), 'imported rows are not among the errors')
  const corrected = errors.text.replace('not an address', 'an.address@example.com')
  const again = await upload(corrected, {}, { as: other.key })
  assert.equal(again.status, 200, again.text)
  assert.deepEqual(again.body.file_info.columns, ['Email', 'First Name', 'Company', 'LinkedIn'])
  assert.ok(
    (await rowsOf(again.body.dataset_id)).some(
      ({ email, data }) =>
        email === 'an.address@example.com' && Object.keys(data).sort().join() === 'Company,Email,First Name',
    ),
  )
  const notices = await h.call<never>('GET', `/api/v1/imports/${made.body.import_id}/errors.csv?severity=notice`, {
    as: other.key,
  })
  assert.ok(notices.text.includes('Only LinkedIn'))
})

test('addresses that another dataset of the workspace has are imported, counted and named by row; those of other workspaces are nobody’s business', async () => {
  const [mine, theirs] = [await createTenant(h), await createTenant(h)]
  await upload(
    'Email,Name\nann@known.example,Ann\ncid@known.example,Cid\n',
    {},
    { as: mine.key, filename: 'first.csv' },
  )
  const content = 'Email,Name\nann@known.example,Ann A\nbob@known.example,Bob\n'
  const second = await upload(content, {}, { as: mine.key })
  assert.equal(second.body.rows_known, 1)
  assert.equal(second.body.rows_imported, 2)
  assert.deepEqual(await issuesOf(second.body.import_id), ['2 notice known_in_workspace'])
  const named = await h.call<never>('GET', `/api/v1/imports/${second.body.import_id}/errors.csv?severity=notice`, {
    as: mine.key,
  })
  assert.match(
    named.text,
    /2,known_in_workspace,"?ann@known\.example is known already, from the dataset ""first""\.?"?\.?"?,ann@known\.example,Ann A/,
  )
  const apart = await upload(content, {}, { as: theirs.key })
  assert.equal(apart.body.rows_known, 0)
  // What was undone is known no more.
  await h.call('POST', `/api/v1/imports/${second.body.import_id}/undo`, { as: mine.key })
  const third = await upload('Email,Name\nbob@known.example,Bob\n', {}, { as: mine.key })
  assert.equal(third.body.rows_known, 0)
})

test('10,000 rows are read in the request; 10,001 are left to the job, which makes them visible at once', async () => {
  const small = await upload(manyRows(10_000, 'small.example'))
  assert.equal(small.status, 200, small.text)
  assert.equal(small.body.leads_queued, 10_000)
  assert.equal(small.body.job_id, null)

  const large = await upload(manyRows(10_001, 'large.example'))
  assert.equal(large.status, 200, large.text)
  assert.equal(large.body.leads_queued, 0)
  assert.equal(large.body.status, 'processing')
  assert.ok(large.body.job_id)
  assert.equal((await rowsOf(large.body.dataset_id)).length, 0)
  const waiting = await h.call<Record<string, unknown>>('GET', `/api/v1/imports/${large.body.import_id}`, {
    as: tenant.key,
  })
  assert.equal(waiting.body.status, 'queued')
  const session = await h.call<{ active_jobs: { job_id: string }[]; status: string }>(
    'GET',
    `/api/v1/sessions/${large.body.session_id}/status`,
    { as: tenant.key },
  )
  assert.deepEqual(
    session.body.active_jobs.map(({ job_id }) => job_id),
    [large.body.job_id],
  )
  const refused = await h.call<Problem>('POST', `/api/v1/imports/${large.body.import_id}/undo`, { as: tenant.key })
  assert.equal(refused.status, 409)
  assert.equal(refused.body.detail, 'IMPORT_STATE')

  await h.worker.drain()
  const done = await h.call<Record<string, unknown>>('GET', `/api/v1/imports/${large.body.import_id}`, {
    as: tenant.key,
  })
  assert.equal(done.body.status, 'completed')
  assert.equal(done.body.rows_imported, 10_001)
  assert.equal((await rowsOf(large.body.dataset_id)).length, 10_001)
  const job = await sql<{
    status: string
    progress_done: number
    progress_total: number
  }>`select status, progress_done, progress_total from jobs where id = ${large.body.job_id}`.execute(h.deps.db)
  assert.equal(job.rows[0]?.status, 'completed')
  assert.equal(job.rows[0]?.progress_done, job.rows[0]?.progress_total)
  const after = await h.call<{ status: string; leads_count: number }>(
    'GET',
    `/api/v1/sessions/${large.body.session_id}/status`,
    { as: tenant.key },
  )
  assert.deepEqual([after.body.status, after.body.leads_count], ['ready', 10_001])
})

test('an import whose connection is killed in the middle leaves nothing visible, and the next run has every row exactly once', async () => {
  const made = await upload(
    manyRows(24_000, 'killed.example') + manyRows(3, 'killed.example').split('\r\n').slice(1).join('\r\n'),
  )
  assert.ok(made.body.job_id)
  let killed = 0
  const storage = {
    ...h.deps.storage,
    read: async (sha256: Buffer) => {
      const whole = await h.deps.storage.read(sha256)
      return Readable.from(
        (async function* () {
          let passed = 0
          for await (const chunk of whole as AsyncIterable<Buffer>) {
            yield chunk
            passed += chunk.length
            if (killed || passed < 700_000) continue
            const ended = await sql<{ n: number }>`
              select count(pg_terminate_backend(pid))::int as n from pg_stat_activity where datname = current_database() and query like 'copy dataset_rows%' and state = 'active'`.execute(
              h.deps.db,
            )
            killed = ended.rows[0]?.n ?? 0
          }
        })(),
        { objectMode: false },
      )
    },
  }
  const run = { job_id: '1', attempt: 1, signal: new AbortController().signal, log: h.deps.log }
  await assert.rejects(
    runImport({ import_id: made.body.import_id, job_id: made.body.job_id }, { ...h.deps, storage }, run),
  )
  assert.equal(killed, 1, 'a COPY was under way')
  assert.equal(
    (
      await sql<{
        n: number
      }>`select count(*)::int as n from dataset_rows where dataset_id = ${made.body.dataset_id}`.execute(h.deps.db)
    ).rows[0]?.n,
    0,
  )

  // Two runs at once, as after a process that was only slow: one does the work and the other finds it done.
  const ids = { import_id: made.body.import_id, job_id: made.body.job_id }
  await Promise.all([runImport(ids, h.deps, run), runImport(ids, h.deps, run)])
  await h.worker.drain()
  const counted = await sql<{ n: number; emails: number; last: number }>`
    select count(*)::int as n, count(distinct email)::int as emails, max(row_index) as last from dataset_rows where dataset_id = ${made.body.dataset_id}`.execute(
    h.deps.db,
  )
  assert.deepEqual(counted.rows[0], { n: 24_000, emails: 24_000, last: 23_999 })
  assert.equal((await issuesOf(made.body.import_id)).length, 3)
})

test('an aborted import rolls back and the connection pool stays usable', async () => {
  const made = await upload(manyRows(12_000, 'aborted.example'))
  const abort = new AbortController()
  const storage = {
    ...h.deps.storage,
    read: async (sha256: Buffer) => {
      const whole = await h.deps.storage.read(sha256)
      return Readable.from(
        (async function* () {
          for await (const chunk of whole as AsyncIterable<Buffer>) {
            yield chunk
            abort.abort(new Error('shutting down'))
          }
        })(),
        { objectMode: false },
      )
    },
  }
  await assert.rejects(
    runImport(
      { import_id: made.body.import_id, job_id: made.body.job_id as string },
      { ...h.deps, storage },
      { job_id: '1', attempt: 1, signal: abort.signal, log: h.deps.log },
    ),
    /shutting down/,
  )
  assert.equal((await rowsOf(made.body.dataset_id)).length, 0)
  await h.worker.drain()
  assert.equal((await rowsOf(made.body.dataset_id)).length, 12_000)
})

test('a file with more rows than allowed, and one that was cancelled, fail with a word and leave the session free', async () => {
  const made = await upload(manyRows(30_001, 'toomany.example'))
  await h.worker.drain()
  const failed = await h.call<Record<string, unknown>>('GET', `/api/v1/imports/${made.body.import_id}`, {
    as: tenant.key,
  })
  assert.equal(failed.body.status, 'failed')
  assert.match(String(failed.body.error), /more than 30000 rows/)
  assert.equal((await rowsOf(made.body.dataset_id)).length, 0)
  const job = await sql<{
    status: string
    error: string
  }>`select status, error from jobs where id = ${made.body.job_id}`.execute(h.deps.db)
  assert.equal(job.rows[0]?.status, 'failed')
  const again = await upload('Email\nann@example.com\n', {}, { session: made.body.session_id })
  assert.equal(again.status, 200, again.text)

  const cancelled = await upload(manyRows(10_001, 'cancelled.example'))
  await sql`update jobs set status = 'cancelled' where id = ${cancelled.body.job_id}`.execute(h.deps.db)
  await h.worker.drain()
  const ended = await h.call<Record<string, unknown>>('GET', `/api/v1/imports/${cancelled.body.import_id}`, {
    as: tenant.key,
  })
  assert.equal(ended.body.status, 'failed')
  assert.match(String(ended.body.error), /cancelled/)
})

test('a session takes one file; an undone import frees it, and can be undone once', async () => {
  const session = await openSession()
  const first = await upload('Email\nann@one.example\nbob@one.example\n', {}, { session })
  const second = await upload<Problem>('Email\ncid@one.example\n', {}, { session })
  assert.equal(second.status, 409)
  assert.equal(second.body.detail, 'CONFLICT')
  const undone = await h.call<Record<string, unknown>>('POST', `/api/v1/imports/${first.body.import_id}/undo`, {
    as: tenant.key,
  })
  assert.equal(undone.status, 200, undone.text)
  assert.equal(undone.body.rows_removed, 2)
  const twice = await h.call<Problem>('POST', `/api/v1/imports/${first.body.import_id}/undo`, { as: tenant.key })
  assert.equal(twice.status, 409)
  assert.equal(twice.body.detail, 'IMPORT_STATE')
  const shape = await sql<{ row_count: number; kept: number }>`
    select row_count, (select count(*)::int from dataset_rows r where r.dataset_id = d.dataset_id and r.removed_at is not null) as kept from datasets d where dataset_id = ${first.body.dataset_id}`.execute(
    h.deps.db,
  )
  assert.deepEqual(shape.rows[0], { row_count: 0, kept: 2 })
  const third = await upload('Email\ncid@one.example\n', {}, { session })
  assert.equal(third.status, 200, third.text)
})

test('an import that a campaign has made leads of cannot be undone, and the answer names the campaign', async () => {
  const made = await upload('Email\nann@used.example\n')
  const now = h.clock.now()
  await sql`
    insert into campaigns (campaign_id, workspace_id, user_id, dataset_id, name, type, status, launch_type, daily_limit, sending_window_start, sending_window_end, min_interval_seconds, timezone, send_days, steps_config, created_at, updated_at)
    values (${newId()}, ${tenant.workspace_id}, ${tenant.user_id}, ${made.body.dataset_id}, 'Spring offer', 'email', 'launching', 'immediate', 10, '09:00', '17:00', 60, 'UTC', '{mon}', '[]', ${now}, ${now})`.execute(
    h.deps.db,
  )
  const refused = await h.call<Problem>('POST', `/api/v1/imports/${made.body.import_id}/undo`, { as: tenant.key })
  assert.equal(refused.status, 409, refused.text)
  assert.equal(refused.body.detail, 'IN_USE')
  assert.match(refused.body.message, /Spring offer/)
})

test('a mapping overrules the guess; every unknown column and field is named at once', async () => {
  const content = 'Email,Personal Email,Name,Firm\nwork@example.com,home@example.com,Ann,Acme\n'
  const made = await upload(content, {
    column_mapping: JSON.stringify({ 'Personal Email': 'email', Name: null, Firm: 'company_name' }),
  })
  assert.equal(made.status, 200, made.text)
  assert.deepEqual(made.body.file_info.column_mapping, { 'Personal Email': 'email', Firm: 'company_name' })
  assert.equal((await rowsOf(made.body.dataset_id))[0]?.email, 'home@example.com')

  const wrong = await upload<Problem>(content, {
    column_mapping: JSON.stringify({ Mail: 'email', Name: 'nickname', Firm: 'company_name', Email: 'company_name' }),
  })
  assert.equal(wrong.status, 422)
  assert.deepEqual(
    wrong.body.details.map(({ loc, type }) => [loc.at(-1), type]),
    [
      ['Mail', 'unknown_column'],
      ['Name', 'unknown_field'],
      ['Email', 'field_taken'],
    ],
  )
  for (const text of ['{', '[]', '"x"'])
    assert.equal((await upload<Problem>(content, { column_mapping: text })).status, 422, text)

  const noEmail = await upload<Problem>('Town,Size\nOslo,3\n')
  assert.equal(noEmail.status, 422)
  assert.equal(noEmail.body.details[0]?.type, 'missing_email_column')
})

test('what is no table is refused with a word about what it is', async () => {
  const workbook = new ExcelJS.Workbook()
  workbook.addWorksheet('S').addRow(['Email'])
  const xlsx = Buffer.from(await workbook.xlsx.writeBuffer())
  const cases: [string | Buffer, number, RegExp, boolean][] = [
    [xlsx, 415, /Excel workbook/, false],
    [Buffer.from('%PDF-1.7\nsomething'), 415, /PDF/, true],
    [Buffer.from([0x1f, 0x8b, 8, 0, 0]), 415, /gzip/, true],
    [Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 37 + (i >> 3)) % 31)), 415, /not text/, true],
    ['', 422, /empty/, true],
    ['\n\n\n', 422, /empty/, true],
  ]
  for (const [content, status, word, alsoPreview] of cases) {
    const made = await upload<Problem>(content)
    assert.equal(made.status, status, made.text)
    assert.match(made.body.message, word)
    if (!alsoPreview) continue
    const seen = await preview<Problem>(content)
    assert.equal(seen.status, status, seen.text)
    assert.match(seen.body.message, word)
  }
  const headerOnly = await upload<Problem>('Email,Name\n')
  assert.equal(headerOnly.status, 422)
  assert.equal(headerOnly.body.detail, 'UNREADABLE_FILE')
  const stored =
    await sql`select 1 from datasets d where workspace_id = ${tenant.workspace_id} and session_id is not null and not exists (select 1 from imports i where i.dataset_id = d.dataset_id)`.execute(
      h.deps.db,
    )
  assert.equal(stored.rows.length, 0)
})

test('a file over the limit is a 413, one without a file field a 422, and JSON instead of a form a 415', async () => {
  const session = await openSession()
  const large = await upload<Problem>(`Email\n${'x'.repeat(6_000_001)}`, {}, { session })
  assert.equal(large.status, 413, large.text)
  assert.equal(large.body.detail, 'PAYLOAD_TOO_LARGE')
  assert.match(large.body.message, /^\S+\.csv: The file is larger than 6000000 bytes.*UPLOAD_MAX_BYTES/)
  const form = new FormData()
  form.set('sender_data', '{}')
  const none = await h.call<Problem>('POST', `/api/v1/sessions/${session}/upload/csv`, { as: tenant.key, form })
  assert.equal(none.status, 422)
  assert.equal(
    (await h.call('POST', `/api/v1/sessions/${session}/upload/csv`, { as: tenant.key, body: {} })).status,
    415,
  )
  assert.equal((await h.call('POST', '/api/v1/upload/preview', { as: tenant.key, body: {} })).status, 415)
})

test('the preview shows columns, first rows, the count, the guess and its conflicts, and keeps nothing', async () => {
  const before = await sql<{ n: number }>`select count(*)::int as n from stored_files`.execute(h.deps.db)
  const seen = await preview(
    `Email;Work Email;Prénom\n${Array.from({ length: 40 }, (_, n) => `a${n}@example.com;b${n}@example.com;Éa${n}\n`).join('')}`,
  )
  assert.equal(seen.status, 200, seen.text)
  const info = seen.body.csv_info
  assert.equal(info.row_count, 40)
  assert.equal(info.column_count, 3)
  assert.deepEqual(info.columns, ['Email', 'Work Email', 'Prénom'])
  assert.deepEqual((info.sample_data as unknown[])[0], {
    Email: 'a0@example.com',
    'Work Email': 'b0@example.com',
    Prénom: 'Éa0',
  })
  assert.equal((info.sample_data as unknown[]).length, 10)
  assert.deepEqual(info.column_mapping, { Email: 'email', Prénom: 'first_name' })
  assert.deepEqual(info.conflicts, [{ field: 'email', columns: ['Email', 'Work Email'], chosen: 'Email' }])
  assert.equal((info.dialect as { delimiter: string }).delimiter, ';')
  assert.deepEqual(info.variables, { Email: 'email', 'Work Email': 'work_email', Prénom: 'prenom' })
  const headerOnly = await preview('Email,Name\n')
  assert.equal(headerOnly.body.csv_info.row_count, 0)
  const after = await sql<{ n: number }>`select count(*)::int as n from stored_files`.execute(h.deps.db)
  assert.equal(after.rows[0]?.n, before.rows[0]?.n)
})

test('the preview of a workbook has every sheet with its cells as text', async () => {
  const workbook = new ExcelJS.Workbook()
  const people = workbook.addWorksheet('People')
  people.addRow(['Email', 'First Name', 'Since', 'Score'])
  people.addRow([
    'ann@example.com',
    { richText: [{ text: 'An' }, { text: 'n' }] },
    new Date('2025-03-01T00:00:00Z'),
    { formula: '1+1', result: 2 },
  ])
  people.addRow([{ text: 'bob@example.com', hyperlink: 'mailto:bob@example.com' }, 'Bob'])
  workbook.addWorksheet('Empty')
  workbook.addWorksheet('Firms').addRow(['Company'])
  type Sheets = {
    file_type: string
    total_sheets: number
    sheets: Record<string, Record<string, unknown>>
    csv_info: null
  }
  const seen = await preview<Sheets>(Buffer.from(await workbook.xlsx.writeBuffer()), 'people.xlsx')
  assert.equal(seen.status, 200, seen.text)
  assert.equal(seen.body.file_type, 'excel')
  assert.equal(seen.body.total_sheets, 3)
  assert.deepEqual(Object.keys(seen.body.sheets), ['People', 'Empty', 'Firms'])
  assert.equal(seen.body.sheets.People?.row_count, 2)
  assert.deepEqual(seen.body.sheets.People?.sample_data, [
    { Email: 'ann@example.com', 'First Name': 'Ann', Since: '2025-03-01', Score: '2' },
    { Email: 'bob@example.com', 'First Name': 'Bob', Since: '', Score: '' },
  ])
  assert.deepEqual(seen.body.sheets.People?.column_mapping, { Email: 'email', 'First Name': 'first_name' })
  const damaged = Buffer.from(await workbook.xlsx.writeBuffer())
  damaged.fill(0, 200, damaged.length - 400)
  assert.equal((await preview<Problem>(damaged, 'people.xlsx')).status, 422)
})

test('the sender is a saved profile, or the data given, which is saved when asked; the sixth profile is a 400 and leaves nothing behind', async () => {
  const user = await createTenant(h)
  const options = { as: user.key }
  const content = 'Email\nann@sender.example\n'
  const saved = await upload(
    content,
    { sender_data: '{"name":"Ann Lee","company":"Acme"}', save_sender_profile: 'true' },
    options,
  )
  assert.equal(saved.status, 200, saved.text)
  const profile = await sql<
    Record<string, unknown>
  >`select profile_name, sender_data, usage_count from sender_profiles where id = ${saved.body.sender_profile_id}`.execute(
    h.deps.db,
  )
  assert.deepEqual(profile.rows[0], {
    profile_name: 'Ann Lee',
    sender_data: { name: 'Ann Lee', company: 'Acme' },
    usage_count: 1,
  })
  const used = await upload(content, { sender_profile_id: String(saved.body.sender_profile_id) }, options)
  assert.equal(used.body.sender_profile_id, saved.body.sender_profile_id)
  const session = await sql<
    Record<string, unknown>
  >`select sender_profile_id, sender_data from processing_sessions where session_id = ${used.body.session_id}`.execute(
    h.deps.db,
  )
  assert.deepEqual(session.rows[0], {
    sender_profile_id: saved.body.sender_profile_id,
    sender_data: { name: 'Ann Lee', company: 'Acme' },
  })
  const inline = await upload(content, { sender_data: '{"name":"Bob"}' }, options)
  assert.equal(inline.body.sender_profile_id, null)
  for (let n = 2; n <= 5; n++)
    assert.equal(
      (await upload(content, { sender_data: '{}', save_sender_profile: '1', profile_name: `P${n}` }, options)).status,
      200,
    )
  const before = await sql<{
    n: number
  }>`select count(*)::int as n from datasets where workspace_id = ${user.workspace_id}`.execute(h.deps.db)
  const sixth = await upload<Problem>(content, { sender_data: '{}', save_sender_profile: 'true' }, options)
  assert.equal(sixth.status, 400, sixth.text)
  assert.equal(sixth.body.detail, 'PROFILE_LIMIT_REACHED')
  const after = await sql<{
    n: number
  }>`select count(*)::int as n from datasets where workspace_id = ${user.workspace_id}`.execute(h.deps.db)
  assert.equal(after.rows[0]?.n, before.rows[0]?.n)
  for (const bad of ['[]', 'x', '{"a":"\\u0000"}', '{"a":"\\ud800"}'])
    assert.equal((await upload<Problem>(content, { sender_data: bad }, options)).status, 422, bad)
})

test('ids of another workspace, and ids of nothing, are the same 404', async () => {
  const other = await createTenant(h)
  const made = await upload('Email\nann@theirs.example\n')
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/errors.csv'],
    ['POST', '/undo'],
  ] as const) {
    const theirs = await h.call<Problem>(method, `/api/v1/imports/${made.body.import_id}${path}`, { as: other.key })
    const missing = await h.call<Problem>(method, `/api/v1/imports/${newId()}${path}`, { as: other.key })
    assert.deepEqual([theirs.status, theirs.body.message], [404, missing.body.message], path)
  }
  const session = await openSession()
  for (const id of [session, newId(), 'nothing']) {
    const answer = await upload<Problem>('Email\nann@theirs.example\n', {}, { as: other.key, session: id })
    assert.equal(answer.status, 404, answer.text)
  }
  const profile = await upload('Email\nann@theirs.example\n', {
    sender_data: '{"name":"Mine"}',
    save_sender_profile: 'true',
  })
  for (const id of [String(profile.body.sender_profile_id), newId(), 'nothing'])
    assert.equal(
      (await upload<Problem>('Email\nann@theirs.example\n', { sender_profile_id: id }, { as: other.key })).status,
      404,
    )
})

test('a repeated upload with the same Idempotency-Key is answered from the first and imports once', async () => {
  const session = await openSession()
  const options = { session, headers: { 'idempotency-key': newId() } }
  const first = await upload('Email\nann@twice.example\n', {}, options)
  const second = await upload('Email\nann@twice.example\n', {}, options)
  assert.equal(second.status, 200, second.text)
  assert.equal(second.headers['idempotency-replayed'], 'true')
  assert.deepEqual(second.body, first.body)
  const changed = await upload<Problem>('Email\nbob@twice.example\n', {}, options)
  assert.equal(changed.status, 409)
  assert.equal(changed.body.detail, 'IDEMPOTENCY_KEY_REUSED')
  const datasets = await sql<{
    n: number
  }>`select count(*)::int as n from imports where session_id = ${session}`.execute(h.deps.db)
  assert.equal(datasets.rows[0]?.n, 1)
})

test('the demo’s file counts as its maker says, with rows that have only a LinkedIn profile kept apart', async () => {
  const user = await createTenant(h)
  const { csv, expected } = buildDemoLeads(1200)
  const path = join(folder, 'demo.csv')
  await writeFile(path, csv)
  const made = await importCsvFile(h.deps, {
    workspace_id: user.workspace_id,
    user_id: user.user_id,
    path,
    filename: 'demo.csv',
    dataset_name: 'Demo',
    now: h.clock.now(),
  })
  assert.equal(made.rows_read, expected.rows)
  assert.equal(made.rows_imported - made.rows_without_email, expected.valid)
  assert.equal(made.rows_duplicate, expected.duplicates)
  assert.equal(made.rows_rejected + made.rows_without_email, expected.broken)
  const stored = await h.deps.storage.read(createHash('sha256').update(csv).digest())
  stored.destroy()
})

test('300,000 rows do not take more memory than 30,000', async () => {
  const user = await createTenant(h)
  const path = join(folder, 'large.csv')
  const line = (n: number): string =>
    `person${n}@mail${n % 1000}.example,Person ${n},Surname ${n},"Company ${n % 999}, Ltd",Oslo,NO,Head of ${n % 50}\n`
  await writeFile(
    path,
    (function* () {
      yield 'Email,First Name,Last Name,Company,City,Country,Title\n'
      for (let n = 0; n < 300_000; n += 1000) yield Array.from({ length: 1000 }, (_, i) => line(n + i)).join('')
    })(),
  )
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const used = (): number => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return (heapUsed + arrayBuffers) / 1e6
  }
  const samples: [number, number][] = []
  const config = { ...h.deps.config, uploads: { ...h.deps.config.uploads, max_rows: 1_000_000 } }
  const made = await importCsvFile(
    { ...h.deps, config },
    {
      workspace_id: user.workspace_id,
      user_id: user.user_id,
      path,
      filename: 'large.csv',
      dataset_name: 'Large',
      now: h.clock.now(),
      on_progress: (_bytes, rows) => {
        if (rows % 30_000 === 0) samples.push([rows, used()])
      },
    },
  )
  assert.equal(made.rows_imported, 300_000)
  const early = samples[0]?.[1] ?? 0
  const most = Math.max(...samples.map(([, megabytes]) => megabytes))
  assert.ok(samples.length >= 9)
  // The set of addresses grows by 12 bytes a slot; everything else is a batch.
  assert.ok(most - early < 20, `from ${early.toFixed(1)} MB to ${most.toFixed(1)} MB`)
})
