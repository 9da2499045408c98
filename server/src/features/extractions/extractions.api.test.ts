import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import ExcelJS from 'exceljs'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, type TestAnswer } from '../../../test/harness.ts'
import { zipArchive } from '../../../test/zip-archive.ts'
import { newId } from '../../ids.ts'

let h: Harness
let tenant: TestTenant

before(async () => {
  h = await startHarness({
    env: {
      EXTRACTION_MAX_BYTES: '3000000',
      EXTRACTION_UNPACKED_MAX_BYTES: '4000000',
      EXTRACTION_MAX_LEADS: '12000',
      CORS_ORIGINS: 'https://app.example.com',
    },
  })
  tenant = await createTenant(h)
})

after(() => h.close())

type Extraction = {
  extraction_id: string
  title: string
  source: string
  leads_count: number
  columns: string[]
  session_id: string | null
  file_size_bytes: number
  metadata: Record<string, unknown>
}
type Detail = Extraction & { sheets: string[] | null; sample_data: Record<string, unknown>[] }
type Problem = { detail: string; message: string; details: { loc: unknown[]; msg: string; type: string }[] }
type Session = { session_id: string; dataset_id: string; leads_count: number; status: string }

const PATH = '/api/v1/user-extractions'

const send = <T = Extraction>(body: unknown, as = tenant.key, headers: Record<string, string> = {}) =>
  h.call<T>('POST', `${PATH}/`, { as, body, headers })

const sendFile = <T = Extraction>(
  content: string | Buffer,
  name = 'leads.json',
  fields: Record<string, string> = {},
  headers: Record<string, string> = {},
) => {
  const form = new FormData()
  for (const [field, value] of Object.entries(fields)) form.set(field, value)
  form.set('file', new Blob([content as BlobPart]), name)
  return h.call<T>('POST', `${PATH}/`, { as: tenant.key, form, headers })
}

const made = (answer: TestAnswer<Extraction>): Extraction => {
  assert.equal(answer.status, 201, answer.text)
  return answer.body
}

const infoOf = async (id: string): Promise<Detail> =>
  (await h.call<Detail>('GET', `${PATH}/${id}/info`, { as: tenant.key })).body

const download = (id: string, format: string) =>
  fetch(`${h.base_url}${PATH}/${id}/download?format=${format}`, { headers: { authorization: `Bearer ${tenant.key}` } })

const rowsOf = async (datasetId: string) =>
  (
    await sql<{ row_index: number; email: string | null; linkedin_url: string | null; data: Record<string, string> }>`
      select row_index, email, linkedin_url, data from dataset_rows where dataset_id = ${datasetId} order by row_index`.execute(
      h.deps.db,
    )
  ).rows

const incoming = (): Promise<string[]> => readdir(join(h.deps.config.data_dir, 'incoming')).catch(() => [])

const storedFiles = async (): Promise<string[]> => {
  const found: string[] = []
  for await (const sha256 of h.deps.storage.list()) found.push(sha256.toString('hex'))
  return found.sort()
}

const LEADS = [
  { id: 'p-1', columnValues: { Name: 'Ada Lovelace', Email: 'ada@people.example', Note: '=1+1' } },
  { id: 'p-2', 'columnValues.Name': 'Bo', 'columnValues.Company': 'Engines; Ltd', seen: true },
]

test('leads come back with the fields under columnValues alone, without the prefix', async () => {
  const extraction = made(await send({ title: ' Spring fair ', source: 'PitchBook', leads: LEADS }))
  assert.equal(extraction.title, 'Spring fair')
  assert.equal(extraction.leads_count, 2)
  assert.deepEqual(extraction.columns, ['Name', 'Email', 'Note', 'Company'])
  assert.equal(extraction.session_id, null)
  assert.equal(extraction.metadata.title, 'Spring fair')
  const csv = await (await download(extraction.extraction_id, 'csv')).text()
  assert.equal(
    csv,
    "Name,Email,Note,Company\r\nAda Lovelace,ada@people.example,'=1+1,\r\nBo,,,Engines; Ltd\r\n",
    'a formula is guarded',
  )
  const json = await download(extraction.extraction_id, 'json')
  assert.match(json.headers.get('content-disposition') ?? '', /filename="Spring fair\.json"/)
  assert.deepEqual(await json.json(), [
    { Name: 'Ada Lovelace', Email: 'ada@people.example', Note: '=1+1', Company: null },
    { Name: 'Bo', Email: null, Note: null, Company: 'Engines; Ltd' },
  ])
  const workbook = new ExcelJS.Workbook()
  await workbook.xlsx.load(await (await download(extraction.extraction_id, 'excel')).arrayBuffer())
  const sheet = workbook.worksheets[0]
  assert.deepEqual(
    [1, 2, 3].map((row) => [1, 2, 3, 4].map((column) => sheet?.getCell(row, column).value)),
    [
      ['Name', 'Email', 'Note', 'Company'],
      ['Ada Lovelace', 'ada@people.example', '=1+1', null],
      ['Bo', null, null, 'Engines; Ltd'],
    ],
  )
  assert.equal(sheet?.getCell('C2').type, ExcelJS.ValueType.String)
  const answer = await download(extraction.extraction_id, 'pdf')
  assert.equal(answer.status, 422)
})

test('the details have the first rows, and the stored file keeps what is not exported', async () => {
  const extraction = made(await send({ leads: [...LEADS, { columnValues: {} }] }))
  const info = await infoOf(extraction.extraction_id)
  assert.equal(info.leads_count, 2)
  assert.equal(info.metadata.leads_empty, 1)
  assert.deepEqual(info.sample_data, [
    { Name: 'Ada Lovelace', Email: 'ada@people.example', Note: '=1+1' },
    { Name: 'Bo', Company: 'Engines; Ltd' },
  ])
  assert.equal(info.sheets, null)
  const { sha256 } = (
    await sql<{ sha256: Buffer }>`
      select sha256 from user_extractions where extraction_id = ${extraction.extraction_id}`.execute(h.deps.db)
  ).rows[0] as { sha256: Buffer }
  const chunks: Buffer[] = []
  for await (const chunk of await h.deps.storage.read(sha256)) chunks.push(chunk as Buffer)
  const stored = Buffer.concat(chunks)
  assert.equal(stored.length, extraction.file_size_bytes)
  assert.deepEqual(createHash('sha256').update(stored).digest(), sha256)
  assert.equal((JSON.parse(stored.toString()) as { id: string }[])[0]?.id, 'p-1')
})

test('the same leads are read from a list, from lines, from CSV and from an archive of both', async () => {
  const people = [
    { Name: 'Ada', Email: 'ada@people.example' },
    { Name: 'Bo', Email: 'bo@people.example' },
  ]
  const csv = '\ufeffName;Email\r\nAda;ada@people.example\r\nBo;bo@people.example\r\n'
  const files: [string | Buffer, string][] = [
    [JSON.stringify(people), 'list.json'],
    [people.map((person) => JSON.stringify({ columnValues: person })).join('\n'), 'lines.jsonl'],
    [JSON.stringify({ title: 'x', leads: people }), 'body.json'],
    [csv, 'people.csv'],
    [zipArchive([{ name: 'inside/people.csv', content: csv }]), 'one.zip'],
    [zipArchive([{ name: 'people.json', content: JSON.stringify(people) }]), 'other.zip'],
  ]
  for (const [content, name] of files) {
    const extraction = made(await sendFile(content, name))
    assert.deepEqual(await (await download(extraction.extraction_id, 'json')).json(), people, name)
    assert.equal(extraction.title, name.replace(/\.\w+$/, ''))
    assert.equal(extraction.source, 'upload')
    assert.equal((await infoOf(extraction.extraction_id)).sheets, null)
  }
})

test('each file of an archive is a sheet, in order; what holds no leads is named', async () => {
  const archive = zipArchive([
    { name: '__MACOSX/._a.csv', content: 'x' },
    { name: 'a.csv', content: 'Email\nann@a.example\n' },
    { name: 'readme.txt.pdf', content: '%PDF' },
    { name: 'deep/', content: '' },
    { name: 'deep/a.json', content: '[{"Email":"bob@b.example"},{"Email":"cy@b.example"}]' },
  ])
  const extraction = made(await sendFile(archive, 'two.zip', { title: 'Two', source: 'LinkedIn' }))
  const info = await infoOf(extraction.extraction_id)
  assert.deepEqual(info.sheets, ['a', 'a (2)'])
  assert.equal(info.leads_count, 3)
  assert.deepEqual(info.metadata.files_left_out, ['__MACOSX/._a.csv', 'readme.txt.pdf'])
  const session = await openSession()
  const loaded = await process(extraction.extraction_id, session, { a: { enabled: false } })
  assert.equal(loaded.status, 200, loaded.text)
  assert.deepEqual(loaded.body.file_info.sheets, ['a (2)'])
  assert.equal(loaded.body.leads_queued, 2)
  const unknown = await process<Problem>(extraction.extraction_id, await openSession(), { b: {}, c: {} })
  assert.deepEqual([unknown.status, unknown.body.details.map(({ loc }) => loc.at(-1))], [422, ['b', 'c']])
  const none = { a: { enabled: false }, 'a (2)': { enabled: false } }
  assert.equal((await process(extraction.extraction_id, await openSession(), none)).status, 422)
})

test('an archive that unpacks to too much, says something untrue of itself, or is broken stores nothing', async () => {
  const before = await storedFiles()
  const bomb = Buffer.alloc(5_000_000, '[{"a":"b"}, ')
  const good = '[{"Email":"ann@a.example"}]'
  const cases: [string, Buffer, number, RegExp][] = [
    ['announced', zipArchive([{ name: 'a.json', content: bomb }]), 413, /EXTRACTION_UNPACKED_MAX_BYTES/],
    [
      'together',
      zipArchive(
        [1, 2, 3].map((n) => ({
          name: `${n}.csv`,
          content: `Email,Note\n${`a@b.example,${'x'.repeat(90)}\n`.repeat(19_000)}`,
        })),
      ),
      413,
      /EXTRACTION_UNPACKED_MAX_BYTES/,
    ],
    ['hidden', zipArchive([{ name: 'a.json', content: bomb, announced_bytes: 100 }]), 422, /damaged|size|Element/],
    ['encrypted', zipArchive([{ name: 'a.json', content: good, encrypted: true }]), 422, /encrypted/],
    ['empty', zipArchive([]), 422, /archive is empty/],
    ['nothing in it', zipArchive([{ name: 'a.pdf', content: '%PDF' }]), 422, /no \.json and no \.csv file, but a\.pdf/],
    ['cut off', zipArchive([{ name: 'a.json', content: good }]).subarray(0, 60), 422, /damaged/],
    ['climbs', zipArchive([{ name: '../../a.json', content: good }]), 422, /damaged/],
    [
      'crowd',
      zipArchive(Array.from({ length: 1001 }, (_, n) => ({ name: `${n}.json`, content: good }))),
      422,
      /more than 1000 files/,
    ],
    [
      'packed twice',
      zipArchive([{ name: 'a.csv', content: zipArchive([{ name: 'a.csv', content: good }]) }]),
      422,
      /a\.csv: .*ZIP/,
    ],
  ]
  for (const [name, content, status, message] of cases) {
    const answer = await sendFile<Problem>(content, 'leads.zip')
    assert.equal(answer.status, status, `${name}: ${answer.text}`)
    assert.match(answer.body.message, message, name)
  }
  assert.deepEqual(await storedFiles(), before)
  assert.deepEqual(await incoming(), [])
})

test('a file that is no list of leads is refused with what is wrong, all leads that are none at once', async () => {
  const workbook = new ExcelJS.Workbook()
  workbook.addWorksheet('S').addRow(['Email'])
  const cases: [string | Buffer, number, RegExp][] = [
    ['', 422, /empty/],
    ['[{"a":1},', 422, /cut off/],
    ['[{"a":1}{"a":2}]', 422, /comma is missing/],
    ['[{"a":1},{"a":tru}]', 422, /Element 2 is not valid JSON/],
    [Buffer.from(await workbook.xlsx.writeBuffer()), 415, /Excel workbook/],
    [Buffer.from('%PDF-1.7\nx'), 415, /pdf/],
    [`[${JSON.stringify({ a: 'x'.repeat(1_100_000) })}]`, 422, /Element 1 is larger/],
  ]
  for (const [content, status, message] of cases) {
    const answer = await sendFile<Problem>(content)
    assert.equal(answer.status, status, answer.text)
    assert.match(answer.body.message, message)
  }
  const wrong = await sendFile<Problem>('[{"a":1},7,{"a":2},"x",{"columnValues":[]}]')
  assert.equal(wrong.status, 422)
  assert.deepEqual(
    wrong.body.details.map(({ loc, msg }) => [loc, msg]),
    [
      [['file', 2], 'lead 2 is not a JSON object'],
      [['file', 4], 'lead 4 is not a JSON object'],
      [['file', 5], 'lead 5 has columnValues that are not a JSON object'],
    ],
  )
  for (const content of ['[]', '[{}]', '[{"columnValues":{"a":""}}]']) {
    const none = await sendFile<Problem>(content)
    assert.deepEqual([none.status, none.body.details[0]?.type], [422, 'no_leads'], content)
  }
  const many = await sendFile<Problem>(`[${'{"a":1},'.repeat(12_000)}{"a":1}]`)
  assert.deepEqual([many.status, many.body.detail], [413, 'PAYLOAD_TOO_LARGE'])
  assert.match(many.body.message, /12000 leads.*EXTRACTION_MAX_LEADS/)
  const large = await sendFile<Problem>(`[{"a":"${'x'.repeat(3_000_001)}"}]`)
  assert.deepEqual([large.status, /EXTRACTION_MAX_BYTES/.test(large.body.message)], [413, true])
  const fields = await sendFile<Problem>('[{"a":1}]', 'a.json', { page_urls: '["javascript:x","y"]', metadata: '[' })
  assert.deepEqual(
    fields.body.details.map(({ loc }) => loc),
    [
      ['body', 'page_urls', 0],
      ['body', 'page_urls', 1],
      ['body', 'metadata'],
    ],
  )
  assert.deepEqual(await incoming(), [])
})

test('where leads were found stands in the metadata, and gives title and source where nothing else does', async () => {
  const page_urls = ['https://people.example/list?page=1', 'https://people.example/list?page=2']
  const extraction = made(await send({ page_urls, metadata: { reader: 'html-table' }, leads: LEADS }))
  assert.equal(extraction.source, 'people.example')
  assert.equal(extraction.title, 'people.example 2026-01-14')
  assert.deepEqual(extraction.metadata, {
    title: extraction.title,
    reader: 'html-table',
    source_host: 'people.example',
    page_urls,
  })
})

test('a repeated upload with the same Idempotency-Key is answered from the first, as JSON and as a file', async () => {
  const key = { 'idempotency-key': newId() }
  const first = made(await send({ leads: LEADS }, tenant.key, key))
  const second = await send({ leads: LEADS }, tenant.key, key)
  assert.equal(second.headers['idempotency-replayed'], 'true')
  assert.equal(second.body.extraction_id, first.extraction_id)
  const other = { 'idempotency-key': newId() }
  const file = made(await sendFile('[{"a":1}]', 'a.json', {}, other))
  assert.equal((await sendFile('[{"a":1}]', 'a.json', {}, other)).body.extraction_id, file.extraction_id)
  assert.equal((await sendFile('[{"a":2}]', 'a.json', {}, other)).status, 409)
})

test('the list is newest first, pages by cursor and offset, and narrows to a source', async () => {
  const user = await createTenant(h)
  const ids: string[] = []
  for (const source of ['PitchBook', 'LinkedIn', 'pitchbook'])
    ids.unshift(made(await send({ source, leads: LEADS }, user.key)).extraction_id)
  type List = { items: Extraction[]; total: number; has_more: boolean; next_cursor: string | null }
  const list = async (query: string) => (await h.call<List>('GET', `${PATH}/?${query}`, { as: user.key })).body
  assert.deepEqual(
    (await list('')).items.map(({ extraction_id }) => extraction_id),
    ids,
  )
  const first = await list('limit=2')
  assert.deepEqual([first.total, first.has_more, first.items.length], [3, true, 2])
  await send({ source: 'Later', leads: LEADS }, user.key)
  const next = await list(`limit=2&cursor=${first.next_cursor}`)
  assert.deepEqual([next.items.map(({ extraction_id }) => extraction_id), next.next_cursor], [[ids[2]], null])
  assert.deepEqual(
    (await list('source=PITCHBOOK')).items.map(({ extraction_id }) => extraction_id),
    [ids[0], ids[2]],
  )
  assert.deepEqual((await list('limit=1&offset=3')).items[0]?.extraction_id, ids[2])
})

test('an extraction is renamed, and its data is untouched', async () => {
  const extraction = made(await send({ title: 'Before', leads: LEADS }))
  h.clock.advance(1_000)
  const renamed = await h.call<{ title: string }>('PATCH', `${PATH}/${extraction.extraction_id}/rename`, {
    as: tenant.key,
    body: { title: ' After ' },
  })
  assert.deepEqual([renamed.status, renamed.body.title], [200, 'After'])
  const info = await infoOf(extraction.extraction_id)
  assert.deepEqual([info.title, info.metadata.title, info.leads_count], ['After', 'After', 2])
  for (const title of ['', '   ', 'x'.repeat(256), 7])
    assert.equal(
      (await h.call('PATCH', `${PATH}/${extraction.extraction_id}/rename`, { as: tenant.key, body: { title } })).status,
      422,
    )
})

const openSession = async (): Promise<string> =>
  (
    await h.call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
      as: tenant.key,
      body: { session_type: 'personalization' },
    })
  ).body.session_id

type Processed = {
  session_id: string
  status: string
  leads_queued: number
  file_info: Record<string, unknown>
  message: string
  import_id: string
  job_id: string | null
}

const process = <T = Processed>(id: string, session_id: string, sheet_config?: unknown) =>
  h.call<T>('POST', `${PATH}/${id}/process`, { as: tenant.key, body: { session_id, sheet_config } })

const createSession = <T = Session>(id: string, as = tenant.key) =>
  h.call<T>('POST', `${PATH}/${id}/create-session`, { as })

test('a session made of an extraction has one row for each lead, in their order, nobody left out', async () => {
  const leads = [
    { columnValues: { Email: ' Ada@People.example ', Name: 'Ada\tL\\n', Score: 7 } },
    { columnValues: { Email: 'ada@people.example', Name: 'Ada again' } },
    { columnValues: { Email: 'not an address', LinkedIn: 'https://www.linkedin.com/in/bo/' } },
    { columnValues: { Name: 'Nobody' } },
  ]
  const extraction = made(await send({ title: 'Conference', leads }))
  const first = await createSession(extraction.extraction_id)
  assert.equal(first.status, 200, first.text)
  assert.deepEqual([first.body.leads_count, first.body.status], [4, 'ready'])
  const rows = await rowsOf(first.body.dataset_id)
  assert.deepEqual(
    rows.map(({ row_index, email }) => [row_index, email]),
    [
      [0, 'ada@people.example'],
      [1, 'ada@people.example'],
      [2, null],
      [3, null],
    ],
  )
  assert.ok(rows[2]?.linkedin_url?.includes('linkedin.com/in/bo'))
  assert.deepEqual(rows[0]?.data, { Email: 'Ada@People.example', Name: 'Ada\tL\\n', Score: '7' })
  assert.equal(rows[2]?.data.Email, 'not an address')
  const dataset = await sql<
    Record<string, unknown>
  >`select dataset_name, source_type, pipeline_type, status, row_count, session_id from datasets where dataset_id = ${first.body.dataset_id}`.execute(
    h.deps.db,
  )
  assert.deepEqual(dataset.rows[0], {
    dataset_name: 'Conference',
    source_type: 'extraction',
    pipeline_type: 'enrichment',
    status: 'completed',
    row_count: 4,
    session_id: first.body.session_id,
  })
  assert.equal((await infoOf(extraction.extraction_id)).session_id, first.body.session_id)
  const status = await h.call<{ status: string; leads_count: number }>(
    'GET',
    `/api/v1/sessions/${first.body.session_id}/status`,
    { as: tenant.key },
  )
  assert.deepEqual([status.body.status, status.body.leads_count], ['ready', 4])
  const second = await createSession(extraction.extraction_id)
  assert.notEqual(second.body.session_id, first.body.session_id)
  assert.equal((await infoOf(extraction.extraction_id)).session_id, second.body.session_id, 'the link moves')
  assert.equal((await rowsOf(first.body.dataset_id)).length, 4, 'the first session keeps its rows')
})

test('an extraction goes through the ordinary upload of a session: rows are judged, and the import lists the rest', async () => {
  const leads = [
    { Email: 'ann@load.example', Note: '=cmd' },
    { Email: 'ann@load.example' },
    { Email: 'wrong' },
    { Email: 'bob@load.example' },
  ].map((columnValues) => ({ columnValues }))
  const extraction = made(await send({ title: 'Fair', leads }))
  const session = await openSession()
  const loaded = await process(extraction.extraction_id, session)
  assert.equal(loaded.status, 200, loaded.text)
  assert.deepEqual(
    [loaded.body.session_id, loaded.body.status, loaded.body.leads_queued, loaded.body.job_id],
    [session, 'ready', 2, null],
  )
  assert.equal(loaded.body.file_info.filename, 'Fair.csv')
  const found = await h.call<{ rows_rejected: number; rows_duplicate: number; dataset_id: string }>(
    'GET',
    `/api/v1/imports/${loaded.body.import_id}`,
    { as: tenant.key },
  )
  assert.deepEqual([found.body.rows_rejected, found.body.rows_duplicate], [1, 1])
  assert.equal((await rowsOf(found.body.dataset_id))[0]?.data.Note, '=cmd', 'the guard of the file is taken off again')
  const again = await process<Problem>(extraction.extraction_id, session)
  assert.equal(again.status, 409, again.text)
  const missing = await process<Problem>(extraction.extraction_id, newId())
  assert.deepEqual([missing.status, missing.body.detail], [404, 'NOT_FOUND'])
  assert.deepEqual(await incoming(), [])
})

test('deleting removes the stored file once nothing refers to it, and never before', async () => {
  const content = `[${JSON.stringify({ Email: `${newId()}@gone.example` })}]`
  const first = made(await sendFile(content))
  const second = made(await sendFile(content))
  const session = await createSession(first.extraction_id)
  const { sha256 } = (
    await sql<{ sha256: Buffer }>`
      select sha256 from user_extractions where extraction_id = ${first.extraction_id}`.execute(h.deps.db)
  ).rows[0] as { sha256: Buffer }
  const isStored = async (): Promise<boolean> => (await storedFiles()).includes(sha256.toString('hex'))
  const gone = await h.call<{ success: boolean; extraction_id: string }>('DELETE', `${PATH}/${first.extraction_id}`, {
    as: tenant.key,
  })
  assert.deepEqual([gone.status, gone.body.success, gone.body.extraction_id], [200, true, first.extraction_id])
  await h.worker.drain()
  assert.ok(await isStored(), 'the other extraction has the same content')
  assert.equal((await download(second.extraction_id, 'csv')).status, 200)
  assert.equal((await h.call('DELETE', `${PATH}/${first.extraction_id}`, { as: tenant.key })).status, 404)
  await h.call('DELETE', `${PATH}/${second.extraction_id}`, { as: tenant.key })
  await h.worker.drain()
  assert.ok(!(await isStored()))
  assert.equal((await rowsOf(session.body.dataset_id)).length, 1, 'what was made of it stays')
  const third = made(await sendFile(content))
  assert.equal((await download(third.extraction_id, 'csv')).status, 200, 'the same content can be stored again')
})

test('deleting several does what it can and names the rest', async () => {
  const stranger = await createTenant(h)
  const own = [made(await send({ leads: LEADS })).extraction_id, made(await send({ leads: LEADS })).extraction_id]
  const foreign = made(await send({ leads: LEADS }, stranger.key)).extraction_id
  const missing = newId()
  const answer = await h.call<{
    deleted_count: number
    deleted_ids: string[]
    failed: { extraction_id: string; reason: string }[]
  }>('POST', `${PATH}/bulk-delete`, { as: tenant.key, body: { extraction_ids: [own[0], foreign, missing, own[1]] } })
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual([answer.body.deleted_count, answer.body.deleted_ids], [2, own])
  assert.deepEqual(
    answer.body.failed.map(({ extraction_id }) => extraction_id),
    [foreign, missing],
  )
  assert.equal(new Set(answer.body.failed.map(({ reason }) => reason)).size, 1, 'a foreign id looks like a missing one')
  assert.equal((await h.call('GET', `${PATH}/${foreign}/info`, { as: stranger.key })).status, 200)
  for (const extraction_ids of [[], [own[0], own[0]], Array.from({ length: 101 }, () => newId()), ['x']])
    assert.equal(
      (await h.call('POST', `${PATH}/bulk-delete`, { as: tenant.key, body: { extraction_ids } })).status,
      422,
    )
})

const preflight = (path: string, origin: string) =>
  fetch(h.base_url + path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type',
    },
  })

test('a browser extension may call extractions from its own origin and nothing else; listed origins may call everything', async () => {
  const id = newId()
  const chrome = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop'
  const firefox = 'moz-extension://3f1d2c6e-0000-4000-8000-1234567890ab'
  for (const origin of [chrome, firefox, 'https://app.example.com']) {
    const answer = await preflight(`${PATH}/${id}/rename`, origin)
    assert.equal(answer.status, 200, origin)
    assert.equal(answer.headers.get('access-control-allow-origin'), origin)
    assert.match(answer.headers.get('access-control-allow-methods') ?? '', /PATCH/)
    assert.match(answer.headers.get('access-control-allow-headers') ?? '', /authorization/)
    assert.equal(answer.headers.get('access-control-allow-credentials'), null)
  }
  for (const path of ['/api/v1/account/login', '/api/v1/campaigns/', '/api/v1/user-extractionsx', '/mail/v1/emails'])
    for (const origin of [chrome, firefox])
      assert.equal((await preflight(path, origin)).headers.get('access-control-allow-origin'), null, path)
  assert.ok(
    (await preflight('/api/v1/campaigns/', 'https://app.example.com')).headers.get('access-control-allow-origin'),
  )
  for (const origin of ['https://evil.example', 'null', 'chrome-extension://', 'https://chrome-extension'])
    assert.equal(
      (await preflight(`${PATH}/${id}/rename`, origin)).headers.get('access-control-allow-origin'),
      null,
      origin,
    )
  const called = await h.call('GET', `${PATH}/`, { as: tenant.key, headers: { origin: chrome } })
  assert.deepEqual([called.status, called.headers['access-control-allow-origin']], [200, chrome])
  const refused = await h.call('GET', `${PATH}/`, { headers: { origin: chrome } })
  assert.deepEqual(
    [refused.status, refused.headers['access-control-allow-origin']],
    [401, chrome],
    'the extension can read why it was refused',
  )
  const plain = await h.call('OPTIONS', `${PATH}/${id}/rename`)
  assert.deepEqual([plain.status, plain.text], [200, ''])
})

test('more than 10,000 leads are loaded by a job', async () => {
  const leads = Array.from({ length: 10_001 }, (_, n) => ({ Email: `p${n}@many.example`, Name: `Person ${n}` }))
  const extraction = made(await sendFile(JSON.stringify(leads)))
  const session = await openSession()
  const loaded = await process(extraction.extraction_id, session)
  assert.deepEqual([loaded.status, loaded.body.status, loaded.body.leads_queued], [200, 'processing', 0])
  assert.ok(loaded.body.job_id)
  await h.worker.drain()
  const status = await h.call<{ leads_count: number; status: string }>('GET', `/api/v1/sessions/${session}/status`, {
    as: tenant.key,
  })
  assert.deepEqual([status.body.status, status.body.leads_count], ['ready', 10_001])
})

test('200,000 leads are read, stored and exported in 60 MB above an idle process', async () => {
  const program = new URL('./fixtures/many-leads.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(globalThis.process.execPath, ['--expose-gc', program, '200000'])
  const { leads, megabytes_idle, megabytes_most } = JSON.parse(stdout) as Record<string, number>
  assert.equal(leads, 200_000)
  assert.ok(
    (megabytes_most as number) - (megabytes_idle as number) < 60,
    `${megabytes_idle} MB idle, ${megabytes_most} MB at most`,
  )
})
