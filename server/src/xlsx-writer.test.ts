import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import ExcelJS from 'exceljs'
import { openWorkbook } from './xlsx-reader.ts'
import { type WorkbookOptions, type WorkbookRow, writeWorkbook } from './xlsx-writer.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bavlio-workbooks-'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function* inBatches(rows: readonly WorkbookRow[], size = 2): AsyncGenerator<WorkbookRow[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size)
}

const bytesOf = async (columns: string[], rows: WorkbookRow[], options?: WorkbookOptions): Promise<Buffer> =>
  Buffer.concat(await writeWorkbook(columns, inBatches(rows), options).toArray())

/** As a peer reads it that is not ours. */
const loadByPeer = async (bytes: Buffer): Promise<ExcelJS.Workbook> => {
  const workbook = new ExcelJS.Workbook()
  await workbook.xlsx.load(bytes as unknown as ArrayBuffer)
  return workbook
}

const readByUs = async (bytes: Buffer): Promise<Record<string, string[][]>> => {
  const path = join(folder, 'read.xlsx')
  await writeFile(path, bytes)
  const workbook = await openWorkbook(path)
  const sheets: Record<string, string[][]> = {}
  for (const { name } of workbook.sheets) {
    const table = await workbook.openSheet(name, { header_row: 1, header_rows: 1 })
    const rows = [table.columns.map((column) => column.name)]
    for await (const batch of table.batches()) for (const { values } of batch.rows) rows.push(values)
    sheets[name] = rows
  }
  await workbook.close()
  return sheets
}

const AWKWARD = [
  '=1+1',
  '=HYPERLINK("http://evil.example")',
  '+47 123',
  '-5',
  '@SUM(A1)',
  '0123',
  'TRUE',
  '#REF!',
  '<b>&amp; "quoted" \'too\'</b>',
  ']]>',
  '  both ends  ',
  '\tno tab is lost\t',
  'two\nlines\n',
  'bell \u0007, delete \u007f, next line \u0085',
  'a carriage return \r alone',
  '\ufffe and \uffff are no characters',
  'half \ud83d of one, \udc00 and the other',
  '😀 漢字 ñ',
  '_x',
  '_x0041_',
  '_X0041_',
  '_x0041_x0042_',
  '_x005F_x0041_',
  // Nothing but what is written for the next character makes it look like an escape.
  '_x0041\u0001',
  '__x0041__',
]

test('whatever a cell holds comes back as it was, and is text for another reader too', async () => {
  const bytes = await bytesOf(
    ['Text <&> "x"', 'Mark'],
    AWKWARD.map((text, index) => [text, `m${index}`]),
  )
  const read = await readByUs(bytes)
  assert.deepEqual(read, {
    Leads: [['Text <&> "x"', 'Mark'], ...AWKWARD.map((text, index) => [text, `m${index}`])],
  })
  const [sheet] = (await loadByPeer(bytes)).worksheets
  assert.ok(sheet)
  assert.equal(sheet.getCell('A1').value, 'Text <&> "x"')
  for (const [index, text] of AWKWARD.entries()) {
    const cell = sheet.getCell(index + 2, 1)
    assert.equal(cell.type, ExcelJS.ValueType.String, text)
    // It does not know the escapes.
    if (!/_x|(?![\n\t\x7f-\x9f])[\p{Cc}\p{Cs}\ufffe\uffff]/u.test(text)) assert.equal(cell.value, text)
  }
  assert.deepEqual(
    sheet.views.map((view) => [view.state, (view as { ySplit?: number }).ySplit]),
    [['frozen', 1]],
  )
})

test('numbers and booleans are text, and empty cells are left out', async () => {
  const bytes = await bytesOf(['a', 'b', 'c', 'd'], [['', null, undefined, 'x'], [12.5, true, -3], [], ['y']])
  const [sheet] = (await loadByPeer(bytes)).worksheets
  assert.deepEqual(
    [2, 3, 4, 5].map((row) => [1, 2, 3, 4].map((column) => sheet?.getCell(row, column).value)),
    [
      [null, null, null, 'x'],
      ['12.5', 'true', '-3', null],
      [null, null, null, null],
      ['y', null, null, null],
    ],
  )
})

test('a cell is cut where Excel can hold no more, never in the middle of a character', async () => {
  const full = 'x'.repeat(32_767)
  const long = [full, `${full}y`, `${full.slice(1)}😀`, `${full.slice(2)}😀`, '\u0001'.repeat(32_768)]
  const { Leads = [] } = await readByUs(await bytesOf(['a'], [...long.map((text) => [text])]))
  const kept = [full, full, full.slice(1), `${full.slice(2)}😀`, '\u0001'.repeat(32_767)]
  assert.ok(Leads.slice(1).every(([text], index) => text === kept[index]))
  assert.equal(Leads.length, 6)
})

test('a further sheet with the header begins where one is full, and none for nothing', async () => {
  const rows = (count: number): WorkbookRow[] => Array.from({ length: count }, (_, n) => [`r${n}`])
  const sheetsOf = async (count: number, options: WorkbookOptions) =>
    Object.entries(await readByUs(await bytesOf(['h'], rows(count), options)))
  assert.deepEqual(await sheetsOf(5, { rows_per_sheet: 3 }), [
    ['Leads', [['h'], ['r0'], ['r1']]],
    ['Leads 2', [['h'], ['r2'], ['r3']]],
    ['Leads 3', [['h'], ['r4']]],
  ])
  assert.deepEqual(await sheetsOf(4, { rows_per_sheet: 3, sheet_name: 'A & B' }), [
    ['A & B', [['h'], ['r0'], ['r1']]],
    ['A & B 2', [['h'], ['r2'], ['r3']]],
  ])
  const wide = Array.from({ length: 3 }, (_, n) => ['a', 'b', 'c'].map((cell) => `${n}${cell.repeat(30_000)}`))
  const bytes = await bytesOf(['a', 'b', 'c'], wide, { bytes_per_sheet: 100_000 })
  assert.deepEqual(
    Object.values(await readByUs(bytes)).map((sheet) => sheet.length - 1),
    [2, 1],
  )
  const peer = await loadByPeer(bytes)
  assert.deepEqual(
    peer.worksheets.map(({ name, rowCount }) => [name, rowCount]),
    [
      ['Leads', 3],
      ['Leads 2', 2],
    ],
  )
})

test('a table without rows has its header, and the same rows are the same bytes', async () => {
  const bytes = await bytesOf(['a', 'b'], [])
  const [sheet] = (await loadByPeer(bytes)).worksheets
  assert.deepEqual(
    [1, 2].map((column) => sheet?.getCell(1, column).value),
    ['a', 'b'],
  )
  assert.equal(sheet?.rowCount, 1)
  assert.ok(bytes.equals(await bytesOf(['a', 'b'], [])))
})

test('as many columns as Excel has are written, and more are refused at once', async () => {
  const columns = Array.from({ length: 16_385 }, (_, n) => `c${n}`)
  assert.throws(() => writeWorkbook(columns, inBatches([])), /16384 columns/)
  const { Leads = [] } = await readByUs(await bytesOf(columns.slice(1), [columns.slice(1)]))
  assert.deepEqual(Leads[1], columns.slice(1))
})

/** Text that hardly becomes smaller, without end, and how much of it was taken. */
const endless = () => {
  const state = { bytes: 0, isClosed: false }
  async function* batches(): AsyncGenerator<WorkbookRow[]> {
    try {
      for (;;) {
        const text = randomBytes(10_000).toString('base64')
        state.bytes += text.length
        yield [[text]]
        await setImmediate()
      }
    } finally {
      state.isClosed = true
    }
  }
  return { state, batches }
}

test('no more is read than the reader takes, however slow it is', async () => {
  const { state, batches } = endless()
  const out = writeWorkbook(['a'], batches())
  let taken = 0
  let most = 0
  for await (const chunk of out) {
    taken += chunk.length
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    most = Math.max(most, state.bytes - taken)
    if (taken > 8e6) break
  }
  // base64 is a quarter of air, so what was taken stands for a third more text.
  assert.ok(most < taken / 3 + 2e6, `${most} bytes ahead`)
})

test('a reader that leaves ends the reading, wherever it was', async () => {
  for (const chunks of [0, 1, 20]) {
    const { state, batches } = endless()
    const source = batches()
    const out = writeWorkbook(['a'], source)
    const chunk = out.iterator({ destroyOnReturn: false })
    for (let n = 0; n < chunks; n++) assert.equal((await chunk.next()).done, false)
    const closed = new Promise((done) => out.once('close', done))
    out.destroy()
    await closed
    // It goes through the streams in between first.
    for (let turn = 0; turn < 1000 && !state.isClosed; turn++) await setImmediate()
    assert.ok(state.isClosed, `after ${chunks} chunks`)
    const { bytes } = state
    assert.equal((await source.next()).done, true)
    assert.equal(state.bytes, bytes)
  }
})

test('a fault in the middle breaks the file off, so that it is never taken for a whole one', async () => {
  async function* broken(): AsyncGenerator<WorkbookRow[]> {
    for (let n = 0; n < 1000; n++) yield [[`${n} ${randomBytes(500).toString('base64')}`]]
    throw new Error('the database went away')
  }
  for (const options of [{}, { rows_per_sheet: 300 }]) {
    const chunks: Buffer[] = []
    const read = async (): Promise<void> => {
      for await (const chunk of writeWorkbook(['a'], broken(), options)) chunks.push(chunk)
    }
    await assert.rejects(read, /the database went away/)
    assert.ok(chunks.length > 1)
    assert.ok(!Buffer.concat(chunks).includes('PK\x05\x06'), 'the directory of the archive is missing')
  }
  const atOnce = writeWorkbook(
    ['a'],
    // biome-ignore lint/correctness/useYield: it never comes to that.
    (async function* (): AsyncGenerator<WorkbookRow[]> {
      throw new Error('not even a first row')
    })(),
  )
  await assert.rejects(atOnce.toArray(), /not even a first row/)
})
