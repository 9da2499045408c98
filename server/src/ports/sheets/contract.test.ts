import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type GoogleServer, startGoogleServer } from '../../../test/google-server.ts'
import { readConfig } from '../../config.ts'
import { createEgressPolicy } from '../egress.ts'
import { createOutboundHttp, type OutboundHttp } from '../outbound-http.ts'
import { createSheetsPort } from './choose-source.ts'
import { columnLetters, rangeOf } from './google-sheets.ts'
import type { SheetPage, SheetsPort, SheetsSource } from './port.ts'

/** What both adapters have to hold: the folder must not be more than Google is, nor less. */
const MONDAY = [
  ['Email', 'Name'],
  ['ann@corp.example', "Ann 'the' Lee"],
  [],
  ['', 'Bob, Jr.'],
  ['cat@hall.example', 'Кат 🐈'],
]
const TUESDAY = [['Email'], ['dan@hall.example']]

let google: GoogleServer
let http: OutboundHttp
let folder: string
let port: SheetsPort
let sources: Record<'google' | 'folder', { source: SheetsSource; id: string }>

before(async () => {
  google = await startGoogleServer()
  google.issuer.account = 'ada@corp.test'
  google.add({
    id: 'sheet-of-the-contract',
    title: 'Fair',
    picked: ['ada@corp.test'],
    tabs: [
      { sheetId: 11, title: 'Monday', rows: MONDAY },
      { sheetId: 12, title: 'Tuesday', rows: TUESDAY },
    ],
  })
  folder = await mkdtemp(join(tmpdir(), 'bavlio-sheets-'))
  await mkdir(join(folder, 'Fair'))
  const csv = (rows: string[][]) => rows.map((row) => row.map((cell) => `"${cell}"`).join(',')).join('\n')
  await writeFile(join(folder, 'Fair', 'Monday.csv'), csv(MONDAY))
  await writeFile(join(folder, 'Fair', 'Tuesday.csv'), csv(TUESDAY))
  http = createOutboundHttp(createEgressPolicy([`127.0.0.1:${google.issuer.port}`]))
  port = createSheetsPort(readConfig({ ...google.env, SHEETS_FOLDER: folder }), http)
  const state = 'state-of-the-contract'
  const redirect_uri = 'http://127.0.0.1/back'
  const verifier = 'v'.repeat(43)
  const url = await port.consent?.authorizeUrl({ redirect_uri, state, verifier })
  const back = new URL((await fetch(url ?? '', { redirect: 'manual' })).headers.get('location') ?? '')
  assert.equal(back.searchParams.get('state'), state)
  const code = back.searchParams.get('code') ?? ''
  const tokens = await port.consent?.exchange({ code, verifier, redirect_uri })
  const workspace_id = '018f0000-0000-7000-8000-000000000000'
  const token = async () => tokens?.access_token ?? ''
  const [real, files] = (['live', 'sandbox'] as const).map((mode) => port.sourceFor({ mode, workspace_id }, token))
  assert.ok(real && files)
  const [listed] = (await files.list({ limit: 10, page: null })).items
  sources = {
    google: { source: real, id: 'sheet-of-the-contract' },
    folder: { source: files, id: listed?.sheet_id ?? '' },
  }
})
after(async () => {
  await http?.close()
  await google?.close()
  await rm(folder, { recursive: true, force: true })
})

const allRows = async (pages: AsyncIterable<SheetPage>): Promise<[number, string[]][]> => {
  const rows: [number, string[]][] = []
  for await (const page of pages)
    for (const [offset, row] of page.rows.entries())
      if (row.some((cell) => cell !== '')) rows.push([page.first_row + offset, row])
  return rows
}

for (const kind of ['google', 'folder'] as const)
  describe(`sheets: ${kind}`, () => {
    test('a sheet is listed and opened with its tabs in order', async () => {
      const { source, id } = sources[kind]
      assert.equal(source.kind, kind)
      assert.deepEqual(
        (await source.list({ limit: 10, page: null })).items.map(({ sheet_id, title }) => [sheet_id, title]),
        [[id, 'Fair']],
      )
      const file = await source.open(id)
      assert.deepEqual(
        [file.title, file.tabs.map(({ title, index, row_count, has_cells }) => [title, index, row_count, has_cells])],
        [
          'Fair',
          [
            ['Monday', 0, 5, true],
            ['Tuesday', 1, 2, true],
          ],
        ],
      )
      assert.equal(new Set(file.tabs.map(({ tab_id }) => tab_id)).size, 2)
    })

    test('rows have the numbers that a spreadsheet shows, also behind a blank one and from the middle on', async () => {
      const { source, id } = sources[kind]
      const { tabs } = await source.open(id)
      const [monday] = tabs
      assert.ok(monday)
      assert.deepEqual(await allRows(source.pages(id, monday, 2)), [
        [2, MONDAY[1]],
        [4, MONDAY[3]],
        [5, MONDAY[4]],
      ])
      assert.deepEqual(await allRows(source.pages(id, monday, 5)), [[5, MONDAY[4]]])
      assert.deepEqual(await allRows(source.pages(id, monday, 6)), [])
      assert.deepEqual(await source.rowOfEach(id, tabs, 1), [MONDAY[0], TUESDAY[0]])
      assert.deepEqual((await source.rowOfEach(id, tabs, 5))[1], [])
    })

    test('the version tells a change, and a sheet or a tab that is not there is told', async () => {
      const { source, id } = sources[kind]
      const before = await source.version(id)
      assert.equal(await source.version(id), before)
      if (kind === 'google') (google.sheets.get(id) as { version: number }).version++
      else await writeFile(join(folder, 'Fair', 'Tuesday.csv'), 'Email\ndan@hall.example\n\n')
      assert.notEqual(await source.version(id), before)
      await assert.rejects(source.open('sheet-that-is-nowhere'), { name: 'SheetsFault', code: 'NOT_FOUND' })
    })
  })

test('which of the two a workspace reads follows from its mode first, then from the settings', () => {
  const kinds = (env: Record<string, string>) => {
    const made = createSheetsPort(readConfig(env), http)
    return [made.kindFor({ mode: 'sandbox' }), made.kindFor({ mode: 'live' })]
  }
  assert.deepEqual(kinds({}), ['folder', null])
  assert.deepEqual(kinds({ SHEETS_FOLDER: folder }), ['folder', 'folder'])
  assert.deepEqual(kinds(google.env), ['folder', 'google'])
  assert.deepEqual(kinds({ ...google.env, SHEETS_FOLDER: folder }), ['folder', 'google'])
})

test('ranges are written as Google reads them', () => {
  assert.deepEqual([1, 26, 27, 52, 702, 703, 18_278].map(columnLetters), ['A', 'Z', 'AA', 'AZ', 'ZZ', 'AAA', 'ZZZ'])
  assert.equal(rangeOf({ title: "It's", column_count: 28 }, 2, 9), "'It''s'!A2:AB9")
})
