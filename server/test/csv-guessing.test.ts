import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { openCsv } from '../src/csv-reader.ts'
import { type AwkwardFile, isTable, type RightTable } from './awkward-files/awkward-file.ts'
import { csvFiles } from './awkward-files/csv-files.ts'
import { type GeneratedFile, generateCsv } from './awkward-files/generated-csv.ts'

/**
 * The guess of delimiter, quotes, encoding and header, beside DuckDB's automatic reader, over the CSV part of the awkward
 * files. Both read each file with nothing said; what they read is held against the table that was written down by hand.
 */
type Reading = { columns: string[]; rows: string[][] }
type CsvTable = AwkwardFile & { right: RightTable }

const tables = csvFiles.filter((file): file is CsvTable => isTable(file.right))

let folder: string
let duckdb: DuckDBConnection

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bavlio-guessing-'))
  duckdb = await (await DuckDBInstance.create(':memory:')).connect()
})
after(async () => {
  duckdb?.closeSync()
  await rm(folder, { recursive: true, force: true })
})

const readOurs = async (content: Buffer): Promise<Reading> => {
  const file = await openCsv([content])
  const rows: string[][] = []
  for await (const batch of file.batches())
    for (const row of batch.rows) if (!row.problem || row.problem.usable) rows.push(row.values)
  return { columns: file.columns.map(({ name }) => name), rows }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** `all_varchar` spares DuckDB what types do to a text; whichever of its two readings is right counts for it. */
const readTheirs = async (path: string, options: string): Promise<Reading> => {
  const result = await duckdb.runAndReadAll(`from read_csv(${quoted(path)}${options})`)
  return {
    columns: result.columnNames(),
    rows: result.getRows().map((row) => row.map((value) => (value === null ? '' : String(value)))),
  }
}

/** Two texts that say the same: typed readings write 1.50 as 1.5 and a moment in their own way. */
const isSameCell = (read: string, right: string): boolean => {
  const [a, b] = [read.replaceAll('\0', '').trim(), right]
  if (a === b || a.replaceAll('\r\n', '\n') === b.replaceAll('\r\n', '\n')) return true
  return a !== '' && b !== '' && /^[-+\d.,]+$/.test(b) && Number(a) === Number(b)
}

const isSameRow = (read: string[] | undefined, right: string[]): boolean =>
  read !== undefined && right.every((cell, index) => isSameCell(read[index] ?? '', cell))

/**
 * Whether a reading is the right one. Leniently, because this is about guessing: made-up names of columns are not compared,
 * rows of blanks and columns of nothing count for neither, and of the rows that are refused as many may be there or not.
 */
const isRight = (reading: Reading, right: RightTable): boolean => {
  const rows = reading.rows.filter((row) => row.some((cell) => cell.trim() !== '' && cell !== '\u001a'))
  const seen = new Map<string, number>()
  for (const name of right.columns) seen.set(name.replace(/ \(\d+\)$/, ''), (seen.get(name) ?? 0) + 1)
  const isNamed = (name: string): boolean =>
    !/^column_\d+$/.test(name) && !/ \((?:\d+|column)\)$/.test(name) && name !== '' && seen.get(name) === 1
  for (const [index, name] of right.columns.entries())
    if (isNamed(name) && (reading.columns[index] ?? '').trim().replaceAll(/\s+/g, ' ') !== name) return false
  const extra = reading.columns.length - right.columns.length
  const isBeyondEmpty = rows.every((row) => row.slice(right.columns.length).every((cell) => cell.trim() === ''))
  if (extra > 0 && !isBeyondEmpty) return false
  let spare = Object.keys(right.refused ?? {}).length
  let at = 0
  for (const row of right.rows) {
    while (spare > 0 && !isSameRow(rows[at], row)) {
      at++
      spare--
    }
    if (!isSameRow(rows[at], row)) return false
    at++
  }
  return rows.length - at <= spare
}

test('a reading of another delimiter, header or row is not taken for right', () => {
  const right: RightTable = { columns: ['Email', 'Town'], rows: [['a@a.example', 'Bonn']] }
  assert.ok(isRight({ columns: ['Email', 'Town'], rows: [['a@a.example', ' Bonn']] }, right))
  assert.ok(!isRight({ columns: ['Email,Town'], rows: [['a@a.example,Bonn']] }, right))
  assert.ok(
    !isRight(
      {
        columns: ['c0', 'c1'],
        rows: [
          ['Email', 'Town'],
          ['a@a.example', 'Bonn'],
        ],
      },
      right,
    ),
  )
  assert.ok(!isRight({ columns: ['Email', 'Town'], rows: [] }, right))
  assert.ok(
    !isRight(
      {
        columns: ['Email', 'Town'],
        rows: [
          ['a@a.example', 'Bonn'],
          ['b@b.example', 'Rome'],
        ],
      },
      right,
    ),
  )
})

test('our guess is right at least as often as that of DuckDB’s automatic reader, over every awkward CSV file', async (t) => {
  const count = { both: 0, ours: 0, theirs: 0, neither: 0 }
  // Its automatic reader guesses no encoding, so that the files in UTF-8 are also counted by themselves.
  const inUtf8 = { files: 0, ours: 0, theirs: 0 }
  for (const [index, file] of tables.entries()) {
    const content = file.content()
    const path = join(folder, `${index}.csv`)
    await writeFile(path, content)
    const ours = await readOurs(content).then(
      (reading) => isRight(reading, file.right),
      () => false,
    )
    let theirs = false
    for (const options of ['', ', all_varchar = true'])
      theirs ||= await readTheirs(path, options).then(
        (reading) => isRight(reading, file.right),
        () => false,
      )
    count[ours ? (theirs ? 'both' : 'ours') : theirs ? 'theirs' : 'neither']++
    if (isUtf8(content)) {
      inUtf8.files++
      if (ours) inUtf8.ours++
      if (theirs) inUtf8.theirs++
    }
    if (ours !== theirs) t.diagnostic(`${ours ? 'we alone' : 'DuckDB alone'}: ${file.about}`)
  }
  const ours = count.both + count.ours
  const theirs = count.both + count.theirs
  t.diagnostic(
    `right of ${tables.length}: ours ${ours}, DuckDB ${theirs}; both ${count.both}, neither ${count.neither}`,
  )
  t.diagnostic(`right of the ${inUtf8.files} in UTF-8: ours ${inUtf8.ours}, DuckDB ${inUtf8.theirs}`)
  assert.ok(ours >= theirs && inUtf8.ours >= inUtf8.theirs)
  assert.equal(count.theirs, 0, 'no file that DuckDB reads rightly is read wrongly by us')
})

const GENERATED = 300

/** Strictly: every name and every cell, spaces around cells aside. */
const isAsGenerated = (reading: Reading, { columns, rows }: GeneratedFile): boolean =>
  reading.rows.length === rows.length &&
  (columns ?? []).every((name, index) => reading.columns[index]?.trim() === name) &&
  rows.every((row, at) =>
    row.every((cell, index) => (reading.rows[at]?.[index] ?? '').trim().replaceAll('\r\n', '\n') === cell.trim()),
  )

test(`so it is over ${GENERATED} generated files, of every delimiter, quote, escape and line end`, async (t) => {
  const path = join(folder, 'generated.csv')
  let ours = 0
  let theirs = 0
  let theirsAlone = 0
  for (const file of generateCsv(20_261_121, GENERATED)) {
    await writeFile(path, file.content)
    const isOurs = await readOurs(Buffer.from(file.content)).then(
      (reading) => isAsGenerated(reading, file),
      () => false,
    )
    const isTheirs = await readTheirs(path, ', all_varchar = true').then(
      (reading) => isAsGenerated(reading, file),
      () => false,
    )
    if (isOurs) ours++
    if (isTheirs) theirs++
    if (isTheirs && !isOurs) theirsAlone++
    if (!isOurs) t.diagnostic(`not read rightly by us${isTheirs ? ', by DuckDB' : ''}: ${file.how}`)
  }
  t.diagnostic(`right of ${GENERATED}: ours ${ours}, DuckDB ${theirs}`)
  assert.ok(ours >= theirs)
  assert.equal(theirsAlone, 0, 'no file that DuckDB reads rightly is read wrongly by us')
})
