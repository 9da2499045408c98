import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { type AwkwardFile, isTable, type RightRefusal, type RightTable } from './awkward-files/awkward-file.ts'
import { csvFiles } from './awkward-files/csv-files.ts'
import { workbookFiles } from './awkward-files/workbook-files.ts'
import { createTestDatabase, type TestDatabase } from './harness.ts'

/** More than this no file may take beyond what an idle server holds, which is for the operating system to say. */
const MOST_MEMORY_MB = 150

let database: TestDatabase
let server: ChildProcess
let client: pg.Client
let address: { base_url: string; key: string }

const next = async <T>(): Promise<T> => (await once(server, 'message'))[0] as T
const ask = async <T>(message: string | { import_id: string; job_id: string }): Promise<T> => {
  const answer = next<T>()
  server.send(message)
  return answer
}

before(async () => {
  database = await createTestDatabase()
  server = fork(new URL('./awkward-files/serve.ts', import.meta.url), [database.url], {
    // A heap of 160 MB in all, of which the idle server takes about 95, is itself the proof that no file needs much: past
    // it the process ends. It also keeps garbage that nobody has collected yet out of the measurement.
    execArgv: ['--max-semi-space-size=4', '--max-old-space-size=160'],
  })
  address = await next()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})

after(async () => {
  await client?.end()
  if (server?.connected) {
    const ended = once(server, 'exit')
    server.send('stop')
    await ended
  }
  await database?.drop()
})

type Table = {
  columns: string[]
  row_count: number
  sample_data: Record<string, string>[]
  column_mapping: Record<string, string>
}
type Preview = { csv_info: Table | null; sheets: Record<string, Table> | null; sheet_names?: string[] }
type Upload = { dataset_id: string; import_id: string; job_id: string | null }
type Problem = { detail: string; message: string }

const post = async <T>(
  path: string,
  file?: AwkwardFile,
  fields: Record<string, string> = {},
): Promise<{ status: number; body: T }> => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  if (file) form.set('file', new Blob([new Uint8Array(file.content())]), file.filename)
  const response = await fetch(address.base_url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${address.key}`, ...(file ? {} : { 'content-type': 'application/json' }) },
    body: file ? form : JSON.stringify(fields),
  })
  return { status: response.status, body: (await response.json()) as T }
}

const assertRefused = (answer: { status: number; body: unknown }, right: RightRefusal): void => {
  const { message } = answer.body as Problem
  assert.equal(answer.status, right.status, JSON.stringify(answer.body).slice(0, 500))
  assert.match(message, right.says)
}

/** What a row looks like in an answer and in the database: empty cells are left out. */
const filled = (columns: string[], row: string[]): Record<string, string> =>
  Object.fromEntries(columns.map((name, index) => [name, row[index] ?? '']).filter(([, value]) => value !== ''))

/** The dataset of a file whose full names are split. */
const withNames = (right: RightTable, names: AwkwardFile['names']): { columns: string[]; rows: string[][] } =>
  names
    ? {
        columns: [...right.columns, 'First name', 'Last name'],
        rows: right.rows.map((row, index) => [...row, ...(names[index] ?? [])]),
      }
    : right

const numbersOf = ({ right }: AwkwardFile): number[] =>
  isTable(right) ? (right.row_numbers ?? right.rows.map((_, index) => index + 2)) : []

const check = async (file: AwkwardFile, endpoint: 'csv' | 'excel'): Promise<void> => {
  const { right } = file
  const seen = await post<Preview>('/api/v1/upload/preview', file)
  if (!isTable(right)) assertRefused(seen, right)
  else {
    assert.equal(seen.status, 200, JSON.stringify(seen.body).slice(0, 500))
    const table = seen.body.csv_info ?? seen.body.sheets?.[file.sheet ?? seen.body.sheet_names?.[0] ?? '']
    assert.ok(table)
    assert.deepEqual(table.columns, right.columns)
    assert.equal(table.row_count, right.rows.length + Object.keys(right.refused ?? {}).length)
    const firstRefused = Math.min(...Object.keys(right.refused ?? {}).map(Number))
    const before = numbersOf(file).filter((number) => number < firstRefused).length
    assert.deepEqual(
      table.sample_data.slice(0, before).map((row) =>
        filled(
          right.columns,
          right.columns.map((name) => row[name] ?? ''),
        ),
      ),
      right.rows.slice(0, Math.min(10, before)).map((row) => filled(right.columns, row)),
    )
    for (const [column, field] of Object.entries(right.mapping ?? {})) assert.equal(table.column_mapping[column], field)
  }

  const session = await post<{ session_id: string }>('/api/v1/sessions/create', undefined, {
    session_type: 'personalization',
  })
  const path = `/api/v1/sessions/${session.body.session_id}/upload/${endpoint}`
  const made = await post<Upload>(path, file, file.fields)
  const refusal = file.upload ?? (isTable(right) || file.job_says ? null : right)
  if (refusal) {
    assertRefused(made, refusal)
    return
  }
  assert.equal(made.status, 200, JSON.stringify(made.body).slice(0, 500))
  const { import_id, job_id } = made.body
  if (job_id) await ask({ import_id, job_id })
  if (file.job_says) {
    const { rows } = await client.query('select status, error from imports where import_id = $1', [made.body.import_id])
    assert.equal(rows[0].status, 'failed')
    assert.match(rows[0].error, file.job_says)
    return
  }
  if (!isTable(right)) return
  const stored = await client.query<{ source_row: number; data: Record<string, string> }>(
    'select source_row, data from dataset_rows where dataset_id = $1 and removed_at is null order by row_index',
    [made.body.dataset_id],
  )
  const expected = file.dataset ?? withNames(right, file.names)
  assert.deepEqual(
    stored.rows.map(({ data }) => data),
    expected.rows.map((row) => filled(expected.columns, row)),
  )
  const dataset = await client.query('select columns from datasets where dataset_id = $1', [made.body.dataset_id])
  assert.deepEqual(dataset.rows[0].columns, expected.columns)
  if (file.dataset) return
  assert.deepEqual(
    stored.rows.map(({ source_row }) => source_row),
    numbersOf(file),
  )
  const issues = await client.query<{ severity: string; source_row: number; code: string; message: string }>(
    'select severity, source_row, code, message from import_issues where import_id = $1 order by seq',
    [made.body.import_id],
  )
  const refused = issues.rows.filter(({ severity }) => severity === 'rejected')
  assert.deepEqual(Object.fromEntries(refused.map(({ source_row, code }) => [source_row, code])), right.refused ?? {})
  for (const [number, code] of Object.entries(right.noticed ?? {}))
    assert.ok(
      issues.rows.some((issue) => issue.source_row === Number(number) && issue.code === code),
      `row ${number} has no notice ${code}`,
    )
}

test('there are at least sixty awkward files, each with its own name', () => {
  const names = [...csvFiles, ...workbookFiles].map(({ filename }) => filename)
  assert.ok(names.length >= 60)
  assert.equal(new Set(names).size, names.length)
})

describe('an awkward CSV file gives the right rows or a clear error, in the preview and in the upload', () => {
  for (const file of csvFiles) test(`${file.about} (${file.filename})`, () => check(file, 'csv'))
})

describe('an awkward workbook gives the right rows or a clear error, in the preview and in the upload', () => {
  for (const file of workbookFiles) test(`${file.about} (${file.filename})`, () => check(file, 'excel'))
})

test(`none of them has taken more than ${MOST_MEMORY_MB} MB beyond an idle server`, async (t) => {
  const { start_mb, peak_mb } = await ask<{ start_mb: number; peak_mb: number }>('memory')
  t.diagnostic(`peak ${peak_mb.toFixed(0)} MB, of which the idle server ${start_mb.toFixed(0)} MB`)
  assert.ok(peak_mb - start_mb < MOST_MEMORY_MB, `${(peak_mb - start_mb).toFixed(0)} MB`)
})
