import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCsv } from './csv-reader.ts'
import { csvLine, csvPieces, unguardFormula } from './csv-writer.ts'

test('fields are quoted only where RFC 4180 asks for it, and lines end with CRLF', () => {
  assert.equal(csvLine(['a', 'b c', 'd,e', 'f"g', 'h\ni', '']), 'a,b c,"d,e","f""g","h\ni",\r\n')
  assert.equal(csvLine([]), '\r\n')
  assert.equal(csvLine(['']), '""\r\n')
  assert.equal(csvLine([' a ']), '" a "\r\n')
})

test('values that are no text are written plainly', () => {
  const at = new Date(Date.UTC(2026, 0, 2, 3, 4, 5))
  assert.equal(csvLine([1, -5, 0.5, true, null, undefined, 10n, at]), '1,-5,0.5,true,,,10,2026-01-02T03:04:05.000Z\r\n')
  assert.equal(csvLine([{ a: 1 }, ['x']]), '"{""a"":1}","[""x""]"\r\n')
})

test('a cell that a spreadsheet would run gets an apostrophe', () => {
  for (const cell of [
    '=1+1',
    '=HYPERLINK("http://x.example")',
    '+cmd|x',
    '-cmd|x',
    '-2+3+cmd|x',
    '+A1',
    '-A1',
    '+SUM(1)',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1',
    '-',
    '+',
    '-1+1',
    '+1*A1',
  ]) {
    const line = csvLine([cell])
    assert.match(line, /^"?'/, JSON.stringify(cell))
    assert.equal(unguardFormula(`'${cell}`), cell)
  }
})

test('numbers and phone numbers stay as they are', () => {
  for (const cell of ['-5', '+5', '-5.25', '-1,5', '-10%', '-1e5', '+49 30 1234', '+1 (555) 010-9999', '+44/20/123']) {
    assert.equal(csvLine([cell]).replaceAll('"', ''), `${cell}\r\n`)
  }
})

test('an apostrophe of a name is not taken for a guard', () => {
  assert.equal(unguardFormula("'t Hooft"), "'t Hooft")
  assert.equal(unguardFormula("'"), "'")
  assert.equal(unguardFormula(''), '')
})

test('what is written is read back the same', async () => {
  const header = ['name', 'note', 'email']
  const rows = Array.from({ length: 3000 }, (_, index) => [
    `Zoë "Zo" ${index}`,
    index % 3 === 0 ? 'two\r\nlines, and a comma' : index % 3 === 1 ? "'quoted'" : '=not run',
    `p${index}@a.example`,
  ])
  const pieces: Buffer[] = []
  for await (const piece of csvPieces(header, [rows], { bom: true })) pieces.push(Buffer.from(piece))
  assert.ok(pieces.length > 1)
  const file = await openCsv(pieces)
  assert.deepEqual(
    file.columns.map((column) => column.name),
    header,
  )
  const read: string[][] = []
  for await (const batch of file.batches()) for (const row of batch.rows) read.push(row.values.map(unguardFormula))
  assert.deepEqual(read, rows)
})
