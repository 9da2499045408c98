import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { type SheetSpec, writeWorkbook } from '../../../test/awkward-files/write-workbook.ts'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, type TestAnswer } from '../../../test/harness.ts'

let h: Harness
let tenant: TestTenant

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
})
after(() => h.close())

type Upload = {
  dataset_id: string
  import_id: string
  job_id: string | null
  status: string
  leads_queued: number
  sender_profile_id: string | null
  sheets_processed: string[] | null
  rows_imported: number
  rows_duplicate: number
  rows_without_email: number
  file_info: {
    column_mapping: Record<string, string>
    columns: string[]
    sheets: { sheet_name: string; is_hidden: boolean; header_row: number; row_count: number | null }[]
    sheets_skipped: { sheet_name: string; reason: string }[]
    conflicts: { field: string; columns: string[]; chosen: string }[]
  }
}
type Problem = { detail: string; message: string; details: { loc: (string | number)[]; msg: string; type: string }[] }
type Sheet = {
  columns: string[]
  row_count: number
  is_hidden: boolean
  header_row: number
  column_mapping: Record<string, string>
  column_types: Record<string, string>
  notices: string[]
}
type Preview = { sheets: Record<string, Sheet>; sheet_names: string[]; total_sheets: number; message: string }

const formOf = (content: Buffer, fields: Record<string, string>, filename: string): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', new Blob([new Uint8Array(content)]), filename)
  return form
}

const upload = async <T = Upload>(
  sheets: SheetSpec[] | Buffer,
  fields: Record<string, string> = {},
): Promise<TestAnswer<T>> => {
  const session = await h.call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
    as: tenant.key,
    body: { session_type: 'personalization' },
  })
  const content = Buffer.isBuffer(sheets) ? sheets : writeWorkbook({ sheets })
  return h.call<T>('POST', `/api/v1/sessions/${session.body.session_id}/upload/excel`, {
    as: tenant.key,
    form: formOf(content, fields, 'leads.xlsx'),
  })
}

const preview = <T = Preview>(sheets: SheetSpec[]): Promise<TestAnswer<T>> =>
  h.call<T>('POST', '/api/v1/upload/excel/preview', {
    as: tenant.key,
    form: formOf(writeWorkbook({ sheets }), {}, 'leads.xlsx'),
  })

const cellsOf = async (datasetId: string): Promise<Record<string, string>[]> =>
  (
    await sql<{
      data: Record<string, string>
    }>`select data from dataset_rows where dataset_id = ${datasetId} and removed_at is null order by row_index`.execute(
      h.deps.db,
    )
  ).rows.map(({ data }) => data)

const people = (name: string, ...emails: string[]): SheetSpec => ({
  name,
  rows: [['Email', 'Name'], ...emails.map((email) => [email, email.split('@')[0] ?? ''])],
})

const messages = (answer: TestAnswer<Problem>): string[] =>
  answer.body.details.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`)

test('the preview names every sheet in order, hidden ones as hidden, with types, mapping and what it had to choose', async () => {
  const seen = await preview([
    { name: '2024', state: 'hidden', rows: [['Email'], ['old@a.example']] },
    {
      name: 'People',
      rows: [
        ['Work Email', 'Email', 'LinkedIn', 'Since', 'Score', 'Share', 'Active', 'Domain'],
        [
          'ann@a.example',
          'ann@home.example',
          'linkedin.com/in/ann',
          { number: 45351, format: 'd.m.yy' },
          1.5,
          { number: 0.5, format: '0%' },
          true,
          'a.example',
        ],
        [
          'bob@b.example',
          'bob@home.example',
          'linkedin.com/in/bob',
          { number: 45352, format: 'd.m.yy' },
          2,
          { number: 0.25, format: '0%' },
          false,
          'b.example',
        ],
      ],
    },
    { name: 'Empty', rows: [] },
  ])
  assert.equal(seen.status, 200, seen.text)
  assert.deepEqual(seen.body.sheet_names, ['2024', 'People', 'Empty'])
  assert.equal(seen.body.total_sheets, 3)
  assert.match(seen.body.message, /3 sheets; "2024" hidden/)
  assert.equal(seen.body.sheets['2024']?.is_hidden, true)
  assert.deepEqual(seen.body.sheets.Empty?.columns, [])
  const sheet = seen.body.sheets.People as Sheet
  assert.equal(sheet.is_hidden, false)
  assert.deepEqual(sheet.column_types, {
    'Work Email': 'email',
    Email: 'email',
    LinkedIn: 'linkedin',
    Since: 'date',
    Score: 'decimal',
    Share: 'percent',
    Active: 'boolean',
    Domain: 'domain',
  })
  assert.deepEqual(sheet.column_mapping, { 'Work Email': 'email', LinkedIn: 'linkedin_url', Domain: 'company_domain' })
  assert.deepEqual(sheet.notices, [
    '"Work Email" and "Email" could all be email; "Work Email" was chosen. Say otherwise with column_mapping.',
  ])
})

test('without a word about sheets the first visible one with cells is read; a hidden one only when it is named', async () => {
  const sheets: SheetSpec[] = [
    { ...people('Hidden', 'hidden@a.example'), state: 'hidden' },
    { name: 'Cover', rows: [] },
    people('First', 'first@a.example'),
    people('Second', 'second@a.example'),
  ]
  const one = await upload(sheets)
  assert.equal(one.status, 200, one.text)
  assert.deepEqual(one.body.sheets_processed, ['First'])
  assert.deepEqual(await cellsOf(one.body.dataset_id), [{ Email: 'first@a.example', Name: 'first' }])
  const all = await upload(sheets, { process_all_sheets: 'true' })
  assert.deepEqual(all.body.sheets_processed, ['First', 'Second'])
  const named = await upload(sheets, { sheet_config: '{"Hidden":{}}' })
  assert.deepEqual(named.body.sheets_processed, ['Hidden'])
  assert.equal(named.body.file_info.sheets[0]?.is_hidden, true)
  const but = await upload(sheets, {
    process_all_sheets: 'true',
    sheet_config: '{"First":{"enabled":false},"Hidden":{"enabled":true}}',
  })
  assert.deepEqual(but.body.sheets_processed, ['Hidden', 'Second'])
})

test('several sheets become one dataset: columns of one name or one field share one, and a column says the sheet', async () => {
  const made = await upload(
    [
      {
        name: 'DE',
        rows: [
          ['E-Mail', 'Vorname', 'Sheet'],
          ['jo@a.example', 'Jo', 'x'],
        ],
      },
      { name: 'Remarks', rows: [['Remark'], ['nothing']] },
      {
        name: 'UK',
        rows: [
          ['First name', 'Mail', 'vorname', 'Budget'],
          ['Kim', 'kim@b.example', 'other', 7],
          ['Jo', 'JO@a.example', '', 8],
        ],
      },
    ],
    { process_all_sheets: 'true' },
  )
  assert.equal(made.status, 200, made.text)
  assert.deepEqual(made.body.file_info.sheets_skipped, [{ sheet_name: 'Remarks', reason: 'no_email_column' }])
  assert.deepEqual(made.body.file_info.columns, ['E-Mail', 'Vorname', 'Sheet', 'vorname', 'Budget', 'Sheet name'])
  assert.deepEqual(await cellsOf(made.body.dataset_id), [
    { 'E-Mail': 'jo@a.example', Vorname: 'Jo', Sheet: 'x', 'Sheet name': 'DE' },
    { 'E-Mail': 'kim@b.example', Vorname: 'Kim', vorname: 'other', Budget: '7', 'Sheet name': 'UK' },
  ])
  assert.equal(made.body.rows_duplicate, 1, 'an address counts once over all sheets')
  const issues = await sql<{ sheet_name: string; source_row: number; message: string }>`
    select sheet_name, source_row, message from import_issues where import_id = ${made.body.import_id}`.execute(
    h.deps.db,
  )
  assert.deepEqual(issues.rows, [
    { sheet_name: 'UK', source_row: 3, message: 'jo@a.example stands in row 2 of the sheet "DE" already.' },
  ])
})

test('everything that is wrong with sheets and mappings is named at once, and nothing is stored', async () => {
  const countStored = async () =>
    (
      await sql`select (select count(*)::int from imports) as imports, (select count(*)::int from stored_files) as files,
        (select count(*)::int from datasets) as datasets`.execute(h.deps.db)
    ).rows
  const before = await countStored()
  const sheets = [people('People', 'ann@a.example'), { name: 'Empty', rows: [] }]
  const wrong = await upload<Problem>(sheets, {
    sheet_config: JSON.stringify({
      Nobody: {},
      People: { header_row: -1, enabled: 'yes', column_mapping: [], extra: 1 },
      Empty: 7,
    }),
  })
  assert.equal(wrong.status, 422, wrong.text)
  assert.deepEqual(
    messages(wrong).map((message) => message.split(':')[0]),
    [
      'body.sheet_config.Nobody',
      'body.sheet_config.People.extra',
      'body.sheet_config.People.enabled',
      'body.sheet_config.People.header_row',
      'body.sheet_config.People.column_mapping',
      'body.sheet_config.Empty',
    ],
  )
  const both = await upload<Problem>(sheets, { column_mapping: '{"Email":"email","Name":"email"}' })
  assert.equal(both.status, 422)
  assert.match(messages(both).join(), /"Email" and "Name" are both given to email/)
  const own = await upload<Problem>(sheets, {
    sheet_config: '{"People":{"column_mapping":{"Email":"email","Name":"email","Gone":"city"}},"Empty":{}}',
  })
  assert.deepEqual(
    messages(own).map((message) => message.split(':')[0]),
    [
      'body.sheet_config.People.column_mapping.Name',
      'body.sheet_config.People.column_mapping.Gone',
      'body.sheet_config.Empty',
    ],
  )
  for (const [fields, says] of [
    [{ sheet_config: '{' }, /not valid JSON/],
    [{ sheet_config: '[]' }, /JSON object/],
    [{ sheet_config: '{"People":{"enabled":false}}' }, /No sheet is left/],
    [{ column_mapping: '{"Town":"city"}' }, /None of the sheets.*Town/],
    [{ sheet_config: '{"People":{"header_row":9}}' }, /header_row.*Row 9 of the sheet .*People.* is empty/],
  ] as const) {
    const answer = await upload<Problem>(sheets, fields)
    assert.equal(answer.status, 422, answer.text)
    assert.match(JSON.stringify(answer.body), says)
  }
  assert.deepEqual(await countStored(), before)
})

test('LinkedIn addresses, domains and web addresses are stored in one spelling, and one profile without an address is one person', async () => {
  const made = await upload([
    {
      name: 'People',
      rows: [
        ['Email', 'LinkedIn', 'Company Domain', 'Website'],
        ['ann@a.example', 'http://de.linkedin.com/in/Ann-Lee/?trk=x', 'https://www.A.example/about', 'A.example'],
        [null, 'https://www.linkedin.com/pub/bob-ray/a7/576/b50', 'no domain', 'http://B.example/?utm_source=x'],
        [null, 'linkedin.com/in/bob-ray-b50576a7/', null, null],
        [null, 'm.linkedin.com/in/ann-lee', null, null],
      ],
    },
  ])
  assert.equal(made.status, 200, made.text)
  assert.deepEqual(await cellsOf(made.body.dataset_id), [
    {
      Email: 'ann@a.example',
      LinkedIn: 'https://www.linkedin.com/in/ann-lee',
      'Company Domain': 'a.example',
      Website: 'https://a.example',
    },
    {
      LinkedIn: 'https://www.linkedin.com/in/bob-ray-b50576a7',
      'Company Domain': 'no domain',
      Website: 'http://b.example',
    },
  ])
  assert.equal(made.body.rows_without_email, 1)
  const issues = await sql<{ line: string }>`
    select source_row || ' ' || code as line from import_issues where import_id = ${made.body.import_id} and severity = 'duplicate' order by seq`.execute(
    h.deps.db,
  )
  assert.deepEqual(
    issues.rows.map(({ line }) => line),
    ['4 duplicate_profile', '5 duplicate_profile'],
  )
})

test('a company page is nobody’s profile, and one profile beside two addresses is said', async () => {
  const made = await upload([
    {
      name: 'People',
      rows: [
        ['Email', 'LinkedIn'],
        ['ann@a.example', 'https://www.linkedin.com/in/ann-lee'],
        ['ann@b.example', 'linkedin.com/in/Ann-Lee/?trk=1'],
        [null, 'https://www.linkedin.com/company/acme'],
        [null, 'https://www.linkedin.com/in/'],
        [null, 'none yet / unknown'],
        ['cid@a.example', 'https://www.linkedin.com/company/acme'],
        ['dan@a.example', 'https://www.linkedin.com/company/acme'],
      ],
    },
  ])
  assert.equal(made.status, 200, made.text)
  assert.equal(made.body.rows_imported, 4)
  const issues = await sql<{ line: string }>`
    select source_row || ' ' || severity || ' ' || code as line from import_issues where import_id = ${made.body.import_id} and code <> 'known_in_workspace' order by source_row`.execute(
    h.deps.db,
  )
  assert.deepEqual(
    issues.rows.map(({ line }) => line),
    ['3 notice same_profile', '4 rejected missing_email', '5 rejected missing_email', '6 rejected missing_email'],
  )
})

test('full names are split into the columns that a template greets by, of CSV and of every sheet', async () => {
  const sheets: SheetSpec[] = [
    {
      name: 'One',
      rows: [
        ['Email', 'Full Name', 'Note'],
        ['ann@a.example', 'Ann Lee', 'x'],
        ['bob@a.example', 'van Dyk, Bob', null],
        ['cid@a.example', 'Mary Jane Watson', null],
        ['broken', 'Eve Ray', 'y'],
      ],
    },
    {
      name: 'Two',
      rows: [
        ['Vorname', 'Nachname', 'E-Mail'],
        ['Dan', 'Ulm', 'dan@a.example'],
      ],
    },
  ]
  const seen = await preview<{ sheets: Record<string, { full_name_split: unknown; column_mapping: unknown }> }>(sheets)
  assert.deepEqual(seen.body.sheets.One?.full_name_split, {
    column: 'Full Name',
    first_name: 'First name',
    last_name: 'Last name',
    examples: [
      { full_name: 'Ann Lee', first_name: 'Ann', last_name: 'Lee' },
      { full_name: 'van Dyk, Bob', first_name: 'Bob', last_name: 'van Dyk' },
      { full_name: 'Mary Jane Watson', first_name: 'Mary', last_name: null },
    ],
  })
  assert.deepEqual(seen.body.sheets.One?.column_mapping, { Email: 'email', 'Full Name': 'full_name' })
  assert.equal(seen.body.sheets.Two?.full_name_split, null)

  const made = await upload(sheets, { process_all_sheets: 'true' })
  assert.equal(made.status, 200, made.text)
  assert.deepEqual(await cellsOf(made.body.dataset_id), [
    {
      Email: 'ann@a.example',
      'Full Name': 'Ann Lee',
      Note: 'x',
      'First name': 'Ann',
      'Last name': 'Lee',
      Sheet: 'One',
    },
    { Email: 'bob@a.example', 'Full Name': 'van Dyk, Bob', 'First name': 'Bob', 'Last name': 'van Dyk', Sheet: 'One' },
    { Email: 'cid@a.example', 'Full Name': 'Mary Jane Watson', 'First name': 'Mary', Sheet: 'One' },
    { Email: 'dan@a.example', 'First name': 'Dan', 'Last name': 'Ulm', Sheet: 'Two' },
  ])
  const { rows: shapes } = await sql<{ column_mapping: Record<string, string>; columns: string[] }>`
    select columns, column_mapping from datasets where dataset_id = ${made.body.dataset_id}`.execute(h.deps.db)
  assert.deepEqual(shapes[0]?.column_mapping, {
    Email: 'email',
    'Full Name': 'full_name',
    'First name': 'first_name',
    'Last name': 'last_name',
  })
  assert.deepEqual(
    new Set(shapes[0]?.columns),
    new Set(['Email', 'Full Name', 'Note', 'First name', 'Last name', 'Sheet']),
  )
  const errors = await h.call('GET', `/api/v1/imports/${made.body.import_id}/errors.csv`, { as: tenant.key })
  assert.match(errors.text, /broken,Eve Ray,y/)

  // What comes later fills the same columns; a name that somebody wrote stays.
  await sql`
    update dataset_rows set data = data || '{"Last name":"Lee-Ray"}' where dataset_id = ${made.body.dataset_id} and email = 'ann@a.example'`.execute(
    h.deps.db,
  )
  const more = await h.call<Upload>('POST', `/api/v1/datasets/${made.body.dataset_id}/imports`, {
    as: tenant.key,
    form: formOf(
      Buffer.from('Email,Name\nann@a.example,Anna Lee\neve@a.example,Eve Ray\n'),
      { duplicates: 'update' },
      'more.csv',
    ),
  })
  assert.equal(more.status, 200, more.text)
  const cells = await cellsOf(made.body.dataset_id)
  assert.deepEqual(cells[0], {
    Email: 'ann@a.example',
    'Full Name': 'Anna Lee',
    Note: 'x',
    'First name': 'Anna',
    'Last name': 'Lee-Ray',
    Sheet: 'One',
  })
  assert.deepEqual(cells[4], {
    Email: 'eve@a.example',
    'Full Name': 'Eve Ray',
    'First name': 'Eve',
    'Last name': 'Ray',
  })
})

test('a plan of a file with full names is carried out as it was shown', async () => {
  const sheets: SheetSpec[] = [
    {
      name: 'One',
      rows: [
        ['Email', 'Name'],
        ['ann@a.example', 'Ann Lee'],
      ],
    },
  ]
  const plan = await upload(sheets, { dry_run: 'true' })
  assert.equal(plan.body.status, 'planned', plan.text)
  const changes = await h.call<{ items: { values: Record<string, string> }[] }>(
    'GET',
    `/api/v1/imports/${plan.body.import_id}/changes`,
    { as: tenant.key },
  )
  const row = { Email: 'ann@a.example', Name: 'Ann Lee', 'First name': 'Ann', 'Last name': 'Lee' }
  assert.deepEqual(changes.body.items[0]?.values, row)
  const done = await h.call<Upload>('POST', `/api/v1/imports/${plan.body.import_id}/apply`, { as: tenant.key })
  assert.equal(done.status, 200, done.text)
  assert.deepEqual(await cellsOf(done.body.dataset_id), [row])
})

test('the mapping that an answer names can be sent back, and a name that is not mapped is not split', async () => {
  const sheets: SheetSpec[] = [
    {
      name: 'One',
      rows: [
        ['Email', 'Name'],
        ['ann@a.example', 'Ann Lee'],
      ],
    },
  ]
  const made = await upload(sheets)
  const again = await upload(sheets, { column_mapping: JSON.stringify(made.body.file_info.column_mapping) })
  assert.equal(again.status, 200, again.text)
  assert.deepEqual(again.body.file_info.column_mapping, made.body.file_info.column_mapping)
  const plain = await upload(sheets, { column_mapping: '{"Name":null}' })
  assert.deepEqual(await cellsOf(plain.body.dataset_id), [{ Email: 'ann@a.example', Name: 'Ann Lee' }])
})

test('a formula that no program has computed is why a row has no address', async () => {
  const made = await upload([
    {
      name: 'One',
      rows: [
        ['Email', 'Town'],
        ['ann@a.example', 'Bonn'],
        [{ raw: '<f>LOWER(A2)</f>' }, { raw: '<f>B2</f>' }],
      ],
    },
  ])
  const errors = await h.call('GET', `/api/v1/imports/${made.body.import_id}/errors.csv`, { as: tenant.key })
  assert.match(errors.text, /^3,missing_email,.*no e-mail address. Cell A3 holds a formula without a stored result/m)
})

test('problems of one sheet’s settings and of another’s mapping are named together', async () => {
  const wrong = await upload<Problem>([people('People', 'ann@a.example'), people('More', 'bob@a.example')], {
    sheet_config: '{"People":{"extra":1},"More":{"header_row":9},"Nobody":{}}',
  })
  assert.deepEqual(
    messages(wrong).map((message) => message.split(':')[0]),
    ['body.sheet_config.People.extra', 'body.sheet_config.Nobody', 'body.sheet_config.More.header_row'],
  )
})

test('a large workbook goes to the job and comes to the same rows as a small one', async () => {
  const emails = Array.from({ length: 10_050 }, (_, index) => `p${index}@large.example`)
  const made = await upload([people('One', ...emails.slice(0, 6_000)), people('Two', ...emails.slice(6_000))], {
    process_all_sheets: 'true',
    sender_data: '{"name":"Ann Lee"}',
  })
  assert.equal(made.status, 200, made.text)
  assert.ok(made.body.job_id)
  assert.equal(made.body.status, 'processing')
  assert.equal(made.body.leads_queued, 0)
  await h.worker.drain()
  const found = await sql<{ status: string; rows_imported: number }>`
    select status, rows_imported from imports where import_id = ${made.body.import_id}`.execute(h.deps.db)
  assert.deepEqual(found.rows[0], { status: 'completed', rows_imported: 10_050 })
  const ends = await sql<{ source_row: number; data: Record<string, string> }>`
    select source_row, data from dataset_rows where dataset_id = ${made.body.dataset_id} and row_index in (0, 5999, 6000, 10049) order by row_index`.execute(
    h.deps.db,
  )
  assert.deepEqual(ends.rows, [
    { source_row: 2, data: { Email: 'p0@large.example', Name: 'p0', Sheet: 'One' } },
    { source_row: 6001, data: { Email: 'p5999@large.example', Name: 'p5999', Sheet: 'One' } },
    { source_row: 2, data: { Email: 'p6000@large.example', Name: 'p6000', Sheet: 'Two' } },
    { source_row: 4051, data: { Email: 'p10049@large.example', Name: 'p10049', Sheet: 'Two' } },
  ])
})

test('the rows of a workbook are added to a dataset that is there', async () => {
  const made = await upload([people('People', 'ann@more.example')])
  const added = await h.call<Upload>('POST', `/api/v1/datasets/${made.body.dataset_id}/imports`, {
    as: tenant.key,
    form: formOf(writeWorkbook({ sheets: [people('More', 'ann@more.example', 'bob@more.example')] }), {}, 'more.xlsx'),
  })
  assert.equal(added.status, 200, added.text)
  assert.equal(added.body.rows_imported, 1)
  assert.deepEqual(await cellsOf(made.body.dataset_id), [
    { Email: 'ann@more.example', Name: 'ann' },
    { Email: 'bob@more.example', Name: 'bob' },
  ])
})

test('a file that is no workbook is told what it is, under its own name', async () => {
  for (const [content, says] of [
    ['Email\nann@a.example\n', /^leads\.xlsx: .*upload it as CSV/],
    ['<html><table></table></html>', /^leads\.xlsx: .*HTML/],
  ] as const) {
    const answer = await upload<Problem>(Buffer.from(content))
    assert.equal(answer.status, 415)
    assert.match(answer.body.message, says)
  }
})
