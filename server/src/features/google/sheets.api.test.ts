import assert from 'node:assert/strict'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createDataset, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type GoogleServer, startGoogleServer, type TestSpreadsheet } from '../../../test/google-server.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { runSync } from './run-sync.ts'

type Refusal = { detail: string; message: string; details?: { loc: (string | number)[]; msg: string }[] }
type Imported = { extraction_id: string; title: string; tabs: string[]; row_count: number; columns: string[] }
type Synced = {
  sync_id: string | null
  status: string
  job_id: string | null
  import_id: string | null
  rows_read: number
  inserted: number
  updated: number
  removed: number
  unchanged: number
  missing: number
  in_use: number
  skipped: number
  refused: number
  columns_added: string[]
  changes: {
    action: string
    sheet_row: number | null
    row_id: string | null
    cells: Record<string, [unknown, unknown]>
  }[]
  refusals: { sheet_row: number; code: string; message: string }[]
  is_one_moment: boolean
}
type Tab = { title: string; row_count: number; is_hidden: boolean }

let google: GoogleServer
let h: Harness
let tenant: TestTenant
let serial = 0

const linkAs = async (of: TestTenant, account: string): Promise<void> => {
  google.issuer.account = account
  const login = await h.call<{ authorization_url: string }>('POST', '/api/v1/auth/google/login', {
    as: (await h.deps.sessions.open(of.user_id)).access_token,
  })
  const back = new URL(
    (await fetch(login.body.authorization_url, { redirect: 'manual' })).headers.get('location') ?? '',
  )
  const body = new URLSearchParams({
    state: back.searchParams.get('state') ?? '',
    code: back.searchParams.get('code') ?? '',
  })
  const done = await fetch(back.origin + back.pathname, { method: 'POST', body })
  assert.equal(done.status, 200, await done.text())
}

before(async () => {
  google = await startGoogleServer()
  h = await startHarness({ env: google.env })
  tenant = await createTenant(h, { mode: 'live' })
  await linkAs(tenant, 'ada@corp.test')
})
after(async () => {
  await h?.close()
  await google?.close()
})
beforeEach(() => {
  google.failures.length = 0
  google.requests.length = 0
  google.onValues = null
})

const HEADER = ['Email', 'First Name', 'Company']
const ANN = ['ann@corp.example', 'Ann', 'Corp']
const BOB = ['bob@shop.example', 'Bob', 'Shop']

const sheetWith = (rows: string[][], more: Partial<TestSpreadsheet> = {}): TestSpreadsheet => {
  const id = `sheet-of-the-test-${++serial}`
  google.issuer.account = 'ada@corp.test'
  return google.add({ id, picked: ['ada@corp.test'], tabs: [{ sheetId: 0, title: 'Leads', rows }], ...more })
}
const firstTab = (sheet: TestSpreadsheet) => sheet.tabs[0] as TestSpreadsheet['tabs'][number]

const importSheet = <T = Imported>(body: Record<string, unknown>, as = tenant.key) =>
  h.call<T>('POST', '/api/v1/sheets/import-as-extraction', { as, body })
const sync = async (sheet: { id: string }, dataset_id: string, body: Record<string, unknown> = {}): Promise<Synced> => {
  const made = await h.call<Synced>('POST', `/api/v1/sheets/${sheet.id}/sync`, {
    as: tenant.key,
    body: { dataset_id, ...body },
  })
  assert.equal(made.status, 200, made.text)
  return made.body
}
const countsOf = (made: Synced) => [made.inserted, made.updated, made.removed, made.unchanged]
const rowsOf = async (dataset_id: string): Promise<string[]> =>
  (
    await sql<{ line: string }>`
      select coalesce(email, '-') || ' ' || coalesce((data ->> 'First Name'), '') || ' ' || coalesce((data ->> 'Company'), '') as line
      from dataset_rows where dataset_id = ${dataset_id} and removed_at is null order by row_index`.execute(h.deps.db)
  ).rows.map(({ line }) => line)
const emptyDataset = (): Promise<string> => createDataset(h, tenant, [])
const left = async (): Promise<string[]> => readdir(join(h.deps.config.data_dir, 'incoming')).catch(() => [])

describe('sheets of a Google account', () => {
  test('tabs, sizes and access are told; whoever may not read is told why, and a sheet that is not there is a 404', async () => {
    const sheet = sheetWith([HEADER, ANN], {
      title: 'Leads of spring',
      tabs: [
        { sheetId: 0, title: 'Leads', rows: [HEADER, ANN], spare: 3 },
        { sheetId: 7, title: 'Notes', rows: [['x']], hidden: true },
        { sheetId: 8, title: 'Chart', rows: [], isChart: true },
      ],
    })
    const info = await h.call<{ title: string; url: string; total_tabs: number; tabs: Tab[] }>(
      'GET',
      `/api/v1/sheets/${sheet.id}/info`,
      { as: tenant.key },
    )
    assert.equal(info.status, 200, info.text)
    assert.deepEqual([info.body.title, info.body.total_tabs], ['Leads of spring', 3])
    assert.deepEqual(
      info.body.tabs.map(({ title, row_count, is_hidden }) => [title, row_count, is_hidden]),
      [
        ['Leads', 5, false],
        ['Notes', 1, true],
        ['Chart', 0, false],
      ],
    )
    sheetWith([HEADER])
    const closed = sheetWith([HEADER], { readers: ['somebody@else.test'] })
    for (const [id, expected] of [
      [sheet.id, true],
      [closed.id, false],
      ['sheet-that-is-nowhere', false],
    ] as const) {
      const verified = await h.call<{ has_access: boolean; reason: string | null }>(
        'POST',
        '/api/v1/sheets/verify-access',
        { as: tenant.key, body: { sheet_id: id } },
      )
      assert.deepEqual([verified.status, verified.body.has_access], [200, expected])
      assert.equal(verified.body.reason === null, expected)
    }
    const denied = await h.call<Refusal>('GET', `/api/v1/sheets/${closed.id}/info`, { as: tenant.key })
    assert.deepEqual([denied.status, denied.body.detail], [403, 'GOOGLE_ACCESS_DENIED'])
    assert.match(denied.body.message, /share it with ada@corp\.test/)
    const nowhere = await h.call<Refusal>('GET', '/api/v1/sheets/sheet-that-is-nowhere/info', { as: tenant.key })
    assert.deepEqual([nowhere.status, nowhere.body.detail], [404, 'NOT_FOUND'])
    const listed = await h.call<{ items: { sheet_id: string }[]; next_cursor: string }>(
      'GET',
      '/api/v1/sheets?limit=1',
      { as: tenant.key },
    )
    assert.deepEqual([listed.status, listed.body.items.length], [200, 1])
    const more = await h.call<{ items: { sheet_id: string }[] }>(
      'GET',
      `/api/v1/sheets?limit=1&cursor=${listed.body.next_cursor}`,
      { as: tenant.key },
    )
    assert.notEqual(more.body.items[0]?.sheet_id, listed.body.items[0]?.sheet_id)
  })

  test('a choice in the Picker is echoed, and asks Google nothing', async () => {
    const sheet_url = 'https://docs.google.com/spreadsheets/d/picked-sheet-id-1/edit#gid=0'
    const body = { sheet_id: 'picked-sheet-id-1', sheet_name: 'My leads', sheet_url }
    const granted = await h.call('POST', '/api/v1/sheets/grant-access', { as: tenant.key, body })
    assert.deepEqual(granted.body, {
      success: true,
      sheet_id: 'picked-sheet-id-1',
      sheet_name: 'My leads',
      sheet_url,
      message: 'The sheet can be imported now.',
    } as never)
    const crossed = await h.call<Refusal>('POST', '/api/v1/sheets/grant-access', {
      as: tenant.key,
      body: { ...body, sheet_id: 'another-sheet-id' },
    })
    assert.deepEqual([crossed.status, crossed.body.detail], [400, 'BAD_REQUEST'])
    assert.equal(google.requests.length, 0)
  })

  test('an import takes all tabs or those that are named, below the header that is named, under a title however hostile', async () => {
    const title = `'; drop table users; -- ''!A1"\u2028<script>\u202e${'x'.repeat(300)}`
    const sheet = sheetWith([], {
      title,
      tabs: [
        { sheetId: 0, title: "It's!A1:B2", rows: [['exported today'], HEADER, ANN, [], [...BOB, 'beyond']], spare: 9 },
        {
          sheetId: 1,
          title: 'More "people"',
          rows: [['x'], ['E-mail', 'Town'], ['cat@hall.example', 'Oslo\u2028Norway']],
        },
        { sheetId: 2, title: 'Chart', rows: [], isChart: true },
      ],
    })
    const made = await importSheet({ sheet_id: sheet.id, header_row: 2 })
    assert.equal(made.status, 201, made.text)
    assert.deepEqual(made.body.tabs, ["It's!A1:B2", 'More "people"'])
    assert.deepEqual([made.body.row_count, made.body.title.length], [3, 255])
    assert.deepEqual(made.body.columns, ['Email', 'First Name', 'Company', 'column_4', 'E-mail', 'Town'])
    const info = await h.call<{ leads_count: number; source: string; sheets: string[]; sample_data: unknown[] }>(
      'GET',
      `/api/v1/user-extractions/${made.body.extraction_id}/info`,
      { as: tenant.key },
    )
    assert.deepEqual([info.body.leads_count, info.body.source, info.body.sheets], [3, 'google_sheets', made.body.tabs])
    assert.deepEqual(info.body.sample_data, [
      { Email: 'ann@corp.example', 'First Name': 'Ann', Company: 'Corp' },
      { Email: 'bob@shop.example', 'First Name': 'Bob', Company: 'Shop', column_4: 'beyond' },
      { 'E-mail': 'cat@hall.example', Town: 'Oslo\u2028Norway' },
    ])
    const one = await importSheet({ sheet_id: sheet.id, header_row: 2, tab_names: ['More "people"'], title: 'Hall' })
    assert.deepEqual([one.body.row_count, one.body.title], [1, 'Hall'])
    const wrong = await importSheet<Refusal>({ sheet_id: sheet.id, tab_names: ['Chart', 'Nowhere'] })
    assert.deepEqual(
      [wrong.status, wrong.body.details?.map(({ loc }) => loc.join('.'))],
      [422, ['body.tab_names.0', 'body.tab_names.1']],
    )
    const below = await importSheet<Refusal>({ sheet_id: sheet.id, header_row: 4, tab_names: ["It's!A1:B2"] })
    assert.deepEqual(
      [below.status, below.body.details?.[0]?.msg],
      [422, 'row 4 is empty in the tab, so columns have no names'],
    )
    assert.deepEqual(await left(), [])
  })

  test('Google that asks to slow down is asked again when it said, and a token that is not taken is renewed once', async () => {
    const sheet = sheetWith([HEADER, ANN])
    google.failures.push(
      { status: 429, headers: { 'retry-after': '1' }, path: /values/ },
      { status: 503, headers: { 'retry-after': '0' } },
      {
        status: 403,
        headers: { 'retry-after': '0' },
        body: { error: { code: 403, message: 'Rate Limit Exceeded', errors: [{ reason: 'userRateLimitExceeded' }] } },
      },
    )
    const started = performance.now()
    const made = await importSheet({ sheet_id: sheet.id })
    assert.equal(made.status, 201, made.text)
    assert.ok(performance.now() - started >= 990, 'Retry-After was kept')
    assert.equal(google.failures.length, 0)
    google.issuer.grants.length = 0
    google.issuer.dropAccessTokens()
    assert.equal((await importSheet({ sheet_id: sheet.id })).status, 201)
    assert.equal(google.issuer.grants.length, 1)
    google.failures.push(...Array.from({ length: 2 }, () => ({ status: 401 })))
    const refused = await importSheet<Refusal>({ sheet_id: sheet.id })
    assert.deepEqual([refused.status, refused.body.detail], [401, 'GOOGLE_NOT_LINKED'])
  })

  test('a failure in the middle of a sheet leaves nothing behind', async () => {
    const sheet = sheetWith([HEADER, ...Array.from({ length: 25_000 }, (_, i) => [`p${i}@crowd.example`, `P${i}`, ''])])
    const count = async () =>
      (await sql`select 1 from user_extractions where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)).rows
        .length
    const before = await count()
    let pages = 0
    google.onValues = (_sheet, range) => {
      if (/A\d{5,}/.test(range) && ++pages === 1)
        google.failures.push({
          status: 403,
          body: { error: { code: 403, message: 'The caller does not have permission' } },
        })
    }
    const lost = await importSheet<Refusal>({ sheet_id: sheet.id })
    assert.deepEqual([lost.status, lost.body.detail], [403, 'GOOGLE_ACCESS_DENIED'])
    assert.equal(pages, 1)
    assert.deepEqual([await count(), await left()], [before, []])
  })

  test('50,000 rows come in pages, and a sheet that is edited meanwhile is read again', async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => [`p${i}@crowd.example`, `Person ${i}`, `Company ${i % 97}`])
    const sheet = sheetWith([HEADER, ...rows])
    let edits = 0
    google.onValues = (_sheet, range) => {
      if (/A30002:/.test(range) && edits++ === 0) {
        firstTab(sheet).rows.push(['last@crowd.example', 'Last', ''])
        sheet.version++
      }
    }
    const made = await importSheet({ sheet_id: sheet.id })
    assert.equal(made.status, 201, made.text)
    assert.deepEqual([made.body.row_count, edits], [50_001, 2])
    const pages = google.requests.filter(({ path }) => /values\/'Leads'!A\d+:C/.test(path))
    assert.equal(pages.length, 11, 'five pages, and six with one row more')
    const info = await h.call<{ leads_count: number }>(
      'GET',
      `/api/v1/user-extractions/${made.body.extraction_id}/info`,
      { as: tenant.key },
    )
    assert.equal(info.body.leads_count, 50_001)
  })

  test('a key of another workspace reads nothing with this account', async () => {
    const sheet = sheetWith([HEADER, ANN])
    const stranger = await createTenant(h, { mode: 'live' })
    const answered = await h.call<Refusal>('GET', `/api/v1/sheets/${sheet.id}/info`, { as: stranger.key })
    assert.deepEqual([answered.status, answered.body.detail], [401, 'GOOGLE_NOT_LINKED'])
  })

  test('an address that the egress policy does not allow is not reached', async () => {
    const closed = await startHarness({ env: { ...google.env, EGRESS_ALLOW: '127.0.0.1:9' } })
    try {
      const live = await createTenant(closed, { mode: 'live' })
      const login = await closed.call<{ authorization_url: string }>('POST', '/api/v1/auth/google/login', {
        as: live.session,
      })
      const back = new URL(
        (await fetch(login.body.authorization_url, { redirect: 'manual' })).headers.get('location') ?? '',
      )
      google.issuer.grants.length = 0
      const done = await fetch(back.origin + back.pathname, { method: 'POST', body: back.searchParams })
      assert.equal(done.status, 502)
      assert.equal(google.issuer.grants.length, 0)
    } finally {
      await closed.close()
    }
  })
})

describe('a dataset that follows a sheet', () => {
  test('the first time brings everything, after that only what changed, and nothing when nothing did', async () => {
    const dataset_id = await emptyDataset()
    const sheet = sheetWith([HEADER, ANN, BOB])
    const first = await sync(sheet, dataset_id)
    assert.deepEqual(countsOf(first), [2, 0, 0, 0])
    assert.deepEqual(await rowsOf(dataset_id), ['ann@corp.example Ann Corp', 'bob@shop.example Bob Shop'])
    assert.ok(first.import_id)
    const idle = await sync(sheet, dataset_id)
    assert.deepEqual([countsOf(idle), idle.import_id], [[0, 0, 0, 2], null])

    const tab = firstTab(sheet)
    // Columns change places, a row is put in between, one cell changes and one is emptied.
    tab.rows = [
      ['Company', 'Email', 'First Name', 'Town'],
      ['Corp', 'ANN@corp.example', 'Ann', ''],
      ['Hall', 'cat@hall.example', 'Cat', 'Oslo'],
      ['', 'bob@shop.example', 'Robert', ''],
    ]
    const third = await sync(sheet, dataset_id)
    assert.deepEqual([countsOf(third), third.columns_added], [[1, 2, 0, 0], ['Town']])
    assert.deepEqual(await rowsOf(dataset_id), [
      'ann@corp.example Ann Corp',
      'bob@shop.example Robert ',
      'cat@hall.example Cat Hall',
    ])
    assert.deepEqual(third.changes.find(({ action, sheet_row }) => action === 'update' && sheet_row === 4)?.cells, {
      Company: ['Shop', null],
      'First Name': ['Bob', 'Robert'],
    })
    assert.deepEqual(countsOf(await sync(sheet, dataset_id)), [0, 0, 0, 3])
  })

  test('a cell that was written here stays until that very cell changes in the sheet', async () => {
    const dataset_id = await emptyDataset()
    const sheet = sheetWith([HEADER, ANN])
    await sync(sheet, dataset_id)
    await sql`update dataset_rows set data = data || '{"First Name": "Anna"}' where dataset_id = ${dataset_id}`.execute(
      h.deps.db,
    )
    firstTab(sheet).rows[1] = ['ann@corp.example', 'Ann', 'Corporation']
    assert.deepEqual(countsOf(await sync(sheet, dataset_id)), [0, 1, 0, 0])
    assert.deepEqual(await rowsOf(dataset_id), ['ann@corp.example Anna Corporation'])
    firstTab(sheet).rows[1] = ['ann@corp.example', 'Anne', 'Corporation']
    await sync(sheet, dataset_id)
    assert.deepEqual(await rowsOf(dataset_id), ['ann@corp.example Anne Corporation'])
  })

  test('a dataset that was made of the sheet is recognised: no row doubles, also those that have no address', async () => {
    const sheet = sheetWith([HEADER, ANN, BOB, ['', 'Nobody', 'Nowhere']])
    const made = await importSheet({ sheet_id: sheet.id })
    const session = await h.call<{ dataset_id: string }>(
      'POST',
      `/api/v1/user-extractions/${made.body.extraction_id}/create-session`,
      { as: tenant.key },
    )
    assert.equal(session.status, 200, session.text)
    const { dataset_id } = session.body
    for (const duplicates of ['keep', 'update']) {
      const again = await sync(sheet, dataset_id, { duplicates })
      assert.deepEqual([countsOf(again), again.refused], [[0, 0, 0, 3], 0])
    }
    firstTab(sheet).rows[3] = ['', 'Nobody', 'Somewhere']
    assert.deepEqual(countsOf(await sync(sheet, dataset_id)), [0, 1, 0, 2])
    assert.deepEqual(await rowsOf(dataset_id), [
      'ann@corp.example Ann Corp',
      'bob@shop.example Bob Shop',
      '- Nobody Somewhere',
    ])
  })

  test('a dry run tells what would happen and changes nothing at all', async () => {
    const dataset_id = await emptyDataset()
    const sheet = sheetWith([HEADER, ANN])
    const dry = await sync(sheet, dataset_id, { dry_run: true, every_minutes: 60 })
    assert.deepEqual([dry.status, countsOf(dry), dry.import_id, dry.sync_id], ['dry_run', [1, 0, 0, 0], null, null])
    assert.deepEqual(
      dry.changes.map(({ action, sheet_row, row_id, cells }) => [action, sheet_row, row_id, cells.Company]),
      [['insert', 2, null, [null, 'Corp']]],
    )
    const shape = async () =>
      (
        await sql`
          select d.row_count, d.columns, d.updated_at, (select count(*)::int from dataset_rows r where r.dataset_id = d.dataset_id) as rows,
            (select count(*)::int from imports i where i.dataset_id = d.dataset_id) as imports,
            (select count(*)::int from sheet_syncs s where s.dataset_id = d.dataset_id) as syncs
          from datasets d where d.dataset_id = ${dataset_id}`.execute(h.deps.db)
      ).rows[0]
    assert.deepEqual(await shape(), {
      row_count: 0,
      columns: [],
      updated_at: h.clock.now(),
      rows: 0,
      imports: 0,
      syncs: 0,
    })
    assert.deepEqual(countsOf(await sync(sheet, dataset_id)), countsOf(dry))
    firstTab(sheet).rows = [HEADER, ['ann@corp.example', 'Ann', 'New'], BOB]
    const before = await shape()
    const would = await sync(sheet, dataset_id, { dry_run: true })
    assert.deepEqual(countsOf(would), [1, 1, 0, 0])
    assert.deepEqual(await shape(), before)
    assert.deepEqual(countsOf(await sync(sheet, dataset_id)), countsOf(would))
  })

  test('rows that are gone stay, or are removed where that is asked for; so many at once only when it is said', async () => {
    const dataset_id = await emptyDataset()
    const people = Array.from({ length: 24 }, (_, i) => [`p${i}@crowd.example`, `P${i}`, ''])
    const sheet = sheetWith([HEADER, ...people])
    await sync(sheet, dataset_id)
    const tab = firstTab(sheet)
    tab.rows = [HEADER, ...people.slice(1)]
    const kept = await sync(sheet, dataset_id)
    assert.deepEqual([countsOf(kept), kept.missing], [[0, 0, 0, 23], 1])
    const removed = await sync(sheet, dataset_id, { missing_rows: 'remove' })
    assert.deepEqual([countsOf(removed), removed.missing], [[0, 0, 1, 23], 0])
    tab.rows = [HEADER, people[3] as string[]]
    const accident = await h.call<Refusal>('POST', `/api/v1/sheets/${sheet.id}/sync`, {
      as: tenant.key,
      body: { dataset_id },
    })
    assert.deepEqual([accident.status, accident.body.detail], [409, 'CONFLICT'])
    assert.match(accident.body.message, /22 of 23 rows/)
    assert.equal((await rowsOf(dataset_id)).length, 23)
    assert.deepEqual(countsOf(await sync(sheet, dataset_id, { allow_mass_removal: true })), [0, 0, 22, 1])
    const { rows } = await sql<{
      row_count: number
    }>`select row_count from datasets where dataset_id = ${dataset_id}`.execute(h.deps.db)
    assert.deepEqual([await rowsOf(dataset_id), rows[0]?.row_count], [['p3@crowd.example P3 '], 1])
    tab.rows = [HEADER, people[3] as string[], people[0] as string[]]
    assert.deepEqual(
      countsOf(await sync(sheet, dataset_id)),
      [1, 0, 0, 1],
      'whoever comes back to the sheet comes back',
    )
  })

  test('a row that was taken out of the dataset stays out, and the import of a synchronisation can be undone', async () => {
    const dataset_id = await emptyDataset()
    const sheet = sheetWith([HEADER, ANN, BOB])
    await sync(sheet, dataset_id)
    await sql`update dataset_rows set removed_at = ${h.clock.now()} where dataset_id = ${dataset_id} and email = 'bob@shop.example'`.execute(
      h.deps.db,
    )
    firstTab(sheet).rows = [
      HEADER,
      ['ann@corp.example', 'Ann', 'Changed'],
      ['bob@shop.example', 'Bobby', 'Shop'],
      ['cat@hall.example', 'Cat', 'Hall'],
    ]
    const second = await sync(sheet, dataset_id)
    assert.deepEqual([countsOf(second), second.skipped], [[1, 1, 0, 0], 1])
    const undone = await h.call<{ rows_removed: number; values_restored: number }>(
      'POST',
      `/api/v1/imports/${second.import_id}/undo`,
      { as: tenant.key },
    )
    assert.equal(undone.status, 200, undone.text)
    assert.deepEqual([undone.body.rows_removed, undone.body.values_restored], [1, 1])
    assert.deepEqual(await rowsOf(dataset_id), ['ann@corp.example Ann Corp'])
  })

  test('a column of choice follows a person whose address changes; what cannot be is refused, each time, and loses nothing', async () => {
    const dataset_id = await emptyDataset()
    const sheet = sheetWith([
      ['Id', ...HEADER],
      ['7', ...ANN],
      ['8', ...BOB],
      ['9', 'no address', 'Cat', 'Hall'],
    ])
    const first = await sync(sheet, dataset_id, { key_column: 'id' })
    assert.deepEqual(
      [countsOf(first), first.refused, first.refusals[0]?.sheet_row, first.refusals[0]?.code],
      [[2, 0, 0, 0], 1, 4, 'invalid_email'],
    )
    const tab = firstTab(sheet)
    tab.rows[1] = ['7', 'ann@new.example', 'Ann', 'Corp']
    tab.rows[2] = ['8', 'ann@new.example', 'Bob', 'Shop & Co']
    tab.rows[3] = ['9', 'cat@hall.example', 'Cat', 'Hall']
    const second = await sync(sheet, dataset_id)
    assert.deepEqual([countsOf(second), second.refused, second.refusals[0]?.code], [[1, 1, 0, 0], 1, 'in_dataset'])
    assert.deepEqual(await rowsOf(dataset_id), [
      'ann@new.example Ann Corp',
      'bob@shop.example Bob Shop',
      'cat@hall.example Cat Hall',
    ])
    tab.rows[2] = ['8', 'bob@new.example', 'Bob', 'Shop & Co']
    assert.deepEqual(countsOf(await sync(sheet, dataset_id)), [0, 1, 0, 2])
    assert.deepEqual((await rowsOf(dataset_id))[1], 'bob@new.example Bob Shop & Co')
    const wrong = await h.call<Refusal>('POST', `/api/v1/sheets/${sheet.id}/sync`, {
      as: tenant.key,
      body: { dataset_id, key_column: 'Number' },
    })
    assert.deepEqual([wrong.status, wrong.body.details?.[0]?.loc], [422, ['body', 'key_column']])
  })

  test('skip brings new people alone; two rows of one person in the sheet are one', async () => {
    const dataset_id = await createDataset(h, tenant, [{ email: 'ann@corp.example', first_name: 'Ann here' }])
    const sheet = sheetWith([HEADER, ANN, BOB, BOB])
    const made = await sync(sheet, dataset_id, { duplicates: 'skip' })
    assert.deepEqual([countsOf(made), made.skipped], [[1, 0, 0, 1], 1])
    const again = await sync(sheet, dataset_id)
    assert.deepEqual([countsOf(again), again.skipped], [[0, 0, 0, 2], 1])
    const { rows } = await sql<{ data: Record<string, string> }>`
      select data from dataset_rows where dataset_id = ${dataset_id} order by row_index`.execute(h.deps.db)
    assert.deepEqual(rows[0]?.data, { email: 'ann@corp.example', first_name: 'Ann here' })
  })

  test('it repeats by itself; a failure is written down and told once, and the next success clears it', async () => {
    const dataset_id = await emptyDataset()
    const sheet = sheetWith([HEADER, ANN])
    await sync(sheet, dataset_id, { every_minutes: 30 })
    const state = async () =>
      (
        await h.call<{
          items: { sync_id: string; due_at: string; last_error: string | null; last_result: { inserted: number } }[]
        }>('GET', `/api/v1/sheets/syncs?dataset_id=${dataset_id}`, { as: tenant.key })
      ).body.items[0]
    assert.equal((await state())?.due_at, new Date(h.clock.now().getTime() + 30 * 60_000).toISOString())
    firstTab(sheet).rows.push(BOB)
    await h.worker.drain()
    assert.equal((await rowsOf(dataset_id)).length, 1, 'not before it is due')
    h.clock.advance(31 * 60_000)
    await h.worker.drain()
    assert.deepEqual([(await rowsOf(dataset_id)).length, (await state())?.last_result.inserted], [2, 1])
    sheet.readers = []
    for (let i = 0; i < 3; i++) {
      h.clock.advance(31 * 60_000)
      await h.worker.drain()
    }
    assert.match((await state())?.last_error ?? '', /may not read/)
    const alerts = await sql`select 1 from alerts where metadata ->> 'cause' = 'sheet_sync_failed'`.execute(h.deps.db)
    assert.equal(alerts.rows.length, 1)
    sheet.readers = ['ada@corp.test']
    h.clock.advance(31 * 60_000)
    await h.worker.drain()
    const found = await state()
    assert.equal(found?.last_error, null)
    const gone = await h.call('DELETE', `/api/v1/sheets/syncs/${found?.sync_id}`, { as: tenant.key })
    assert.equal(gone.status, 204)
    assert.equal((await rowsOf(dataset_id)).length, 2, 'the rows stay')
  })

  test('another workspace’s dataset or synchronisation is not there', async () => {
    const sheet = sheetWith([HEADER, ANN])
    const dataset_id = await emptyDataset()
    const { sync_id } = await sync(sheet, dataset_id)
    const stranger = await createTenant(h, { mode: 'live' })
    await linkAs(stranger, 'ada@corp.test')
    const foreign = await h.call<Refusal>('POST', `/api/v1/sheets/${sheet.id}/sync`, {
      as: stranger.key,
      body: { dataset_id },
    })
    assert.deepEqual([foreign.status, foreign.body.detail], [404, 'NOT_FOUND'])
    assert.equal((await h.call('DELETE', `/api/v1/sheets/syncs/${sync_id}`, { as: stranger.key })).status, 404)
  })
})

describe('a folder of CSV files as sheets', () => {
  let sandbox: TestTenant
  let folder: string
  before(async () => {
    sandbox = await createTenant(h)
    folder = h.deps.config.sheets_folder.path
    await mkdir(join(folder, 'Fair'), { recursive: true })
    await mkdir(join(folder, sandbox.workspace_id), { recursive: true })
    await writeFile(join(folder, 'people.csv'), 'Email;First Name\nann@corp.example;Ann\n\nbob@shop.example;Bob\n')
    await writeFile(join(folder, 'Fair', 'Monday.csv'), 'Email,Company\ncat@hall.example,Hall\n')
    await writeFile(join(folder, 'Fair', 'Tuesday.csv'), 'Email,Company\ndan@hall.example,Hall\n')
    await writeFile(join(folder, 'Fair', 'notes.txt'), 'no sheet')
    await writeFile(join(folder, sandbox.workspace_id, 'own.csv'), 'Email\nown@corp.example\n')
    await writeFile(join(folder, '..', 'outside.csv'), 'Email\nsecret@corp.example\n')
    await symlink(join(folder, '..', 'outside.csv'), join(folder, 'linked.csv'))
  })
  const listed = async (as: string) =>
    (await h.call<{ items: { sheet_id: string; title: string }[] }>('GET', '/api/v1/sheets', { as })).body.items
  const idOf = async (title: string): Promise<string> =>
    (await listed(sandbox.key)).find((item) => item.title === title)?.sheet_id ?? ''

  test('files are sheets, folders are sheets with tabs, and nothing else is', async () => {
    assert.deepEqual((await listed(sandbox.key)).map(({ title }) => title).sort(), ['Fair', 'own', 'people'])
    const other = await createTenant(h)
    assert.deepEqual((await listed(other.key)).map(({ title }) => title).sort(), ['Fair', 'people'])
    const foreign = await h.call('GET', `/api/v1/sheets/${await idOf('own')}/info`, { as: other.key })
    assert.equal(foreign.status, 404)
    const info = await h.call<{ tabs: Tab[]; url: string }>('GET', `/api/v1/sheets/${await idOf('Fair')}/info`, {
      as: sandbox.key,
    })
    assert.deepEqual(
      info.body.tabs.map(({ title, row_count }) => [title, row_count]),
      [
        ['Monday', 2],
        ['Tuesday', 2],
      ],
    )
    assert.ok(!info.text.includes(folder), 'no path of the server is told')
    for (const id of [
      '../outside.csv',
      '..%2Foutside.csv',
      '%2e%2e%2foutside',
      'linked.csv',
      'people.csv',
      `/${folder}/people.csv`,
    ]) {
      const answered = await h.call('GET', `/api/v1/sheets/${encodeURIComponent(id)}/info`, { as: sandbox.key })
      assert.equal(answered.status, 404, id)
    }
  })

  test('the same operations work on them, and Google is never asked', async () => {
    const people = await idOf('people')
    const made = await importSheet({ sheet_id: people }, sandbox.key)
    assert.equal(made.status, 201, made.text)
    assert.deepEqual([made.body.row_count, made.body.columns], [2, ['Email', 'First Name']])
    const dataset_id = await createDataset(h, sandbox, [])
    const run = async () =>
      (await h.call<Synced>('POST', `/api/v1/sheets/${people}/sync`, { as: sandbox.key, body: { dataset_id } })).body
    assert.deepEqual(countsOf(await run()), [2, 0, 0, 0])
    await writeFile(join(folder, 'people.csv'), 'Email;First Name\nann@corp.example;Anna\n\nbob@shop.example;Bob\n')
    assert.deepEqual(countsOf(await run()), [0, 1, 0, 1])
    const verified = await h.call<{ has_access: boolean }>('POST', '/api/v1/sheets/verify-access', {
      as: sandbox.key,
      body: { sheet_id: people },
    })
    assert.equal(verified.body.has_access, true)
    assert.equal(google.requests.length, 0)
  })
})

// The last, because drain() in another test would go on to index the people of all these rows.
describe('a large sheet', () => {
  test('50,000 rows are read by a job, once; then a change of one row is one change', async () => {
    const dataset_id = await emptyDataset()
    const rows = Array.from({ length: 50_000 }, (_, i) => [`p${i}@crowd.example`, `Person ${i}`, `Company ${i % 97}`])
    const sheet = sheetWith([HEADER, ...rows])
    const run = async (): Promise<Record<string, number | string | null>> => {
      const asked = await h.call<Synced>('POST', `/api/v1/sheets/${sheet.id}/sync`, {
        as: tenant.key,
        body: { dataset_id },
      })
      assert.deepEqual([asked.status, asked.body.status], [202, 'queued'], asked.text)
      await runSync(
        { sync_id: asked.body.sync_id ?? '', job_id: asked.body.job_id, allow_mass_removal: false },
        h.deps,
        { job_id: '1', attempt: 1, signal: AbortSignal.timeout(120_000), log: h.deps.log },
      )
      const job = await h.call<{ status: string; error: string | null; result: Record<string, number> }>(
        'GET',
        `/api/v1/jobs/${asked.body.job_id}`,
        { as: tenant.key },
      )
      assert.equal(job.body.status, 'completed', job.text)
      return job.body.result
    }
    assert.equal((await run()).inserted, 50_000)
    ;(firstTab(sheet).rows[40_000] as string[])[2] = 'Another'
    const second = await run()
    assert.deepEqual([second.inserted, second.updated, second.unchanged], [0, 1, 49_999])
    const { rows: found } = await sql<{ n: number }>`
      select count(*)::int as n from dataset_rows where dataset_id = ${dataset_id} and removed_at is null`.execute(
      h.deps.db,
    )
    assert.equal(found[0]?.n, 50_000)
  })
})
