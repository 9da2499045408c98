import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type CsvReaderOptions, NotCsvError, openCsv, TooManyColumnsError } from './csv-reader.ts'
import type { CsvRow } from './csv-records.ts'

type Table = { columns: string[]; rows: CsvRow[]; dialect: Awaited<ReturnType<typeof openCsv>>['dialect'] }

async function readTable(input: string | Uint8Array, chunkSize = 0, options: CsvReaderOptions = {}): Promise<Table> {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input
  const chunks: Uint8Array[] = []
  const size = chunkSize || Math.max(1, bytes.length)
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  const file = await openCsv(chunks, options)
  const rows: CsvRow[] = []
  for await (const batch of file.batches()) rows.push(...batch.rows)
  return { columns: file.columns.map((column) => column.name), rows, dialect: file.dialect }
}

function utf16le(text: string, bom: boolean): Uint8Array {
  return Buffer.from((bom ? '\ufeff' : '') + text, 'utf16le')
}

function utf16be(text: string, bom: boolean): Uint8Array {
  return Buffer.from((bom ? '\ufeff' : '') + text, 'utf16le').swap16()
}

const bytesOf = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from([part]))))

type Case = {
  name: string
  input: string | Uint8Array
  columns: string[]
  rows: string[][]
  problems?: Record<number, string>
  delimiter?: string
  encoding?: string
  newline?: string
  quote?: string | null
}

const people = 'name,email\nAnn,ann@a.example\nBob,bob@b.example\n'
const peopleRows = [
  ['Ann', 'ann@a.example'],
  ['Bob', 'bob@b.example'],
]
const accents = 'name,city\nJörg,Köln\nZoë,Orléans\n'
const accentRows = [
  ['Jörg', 'Köln'],
  ['Zoë', 'Orléans'],
]
const wideColumns = Array.from({ length: 10_000 }, (_, index) => `c${index}`)

const cases: Case[] = [
  { name: 'a plain file', input: people, columns: ['name', 'email'], rows: peopleRows, newline: '\n', delimiter: ',' },
  { name: 'no line end at the end', input: people.trimEnd(), columns: ['name', 'email'], rows: peopleRows },
  {
    name: 'CRLF',
    input: people.replaceAll('\n', '\r\n'),
    columns: ['name', 'email'],
    rows: peopleRows,
    newline: '\r\n',
  },
  {
    name: 'bare CR of an old Macintosh',
    input: people.replaceAll('\n', '\r'),
    columns: ['name', 'email'],
    rows: peopleRows,
    newline: '\r',
  },
  {
    name: 'CR CR LF from a text-mode copy',
    input: people.replaceAll('\n', '\r\r\n'),
    columns: ['name', 'email'],
    rows: peopleRows,
  },
  {
    name: 'LF, CRLF and CR in one file',
    input: 'name,email\r\nAnn,ann@a.example\nBob,bob@b.example\rCid,cid@c.example\r\n',
    columns: ['name', 'email'],
    rows: [...peopleRows, ['Cid', 'cid@c.example']],
    newline: 'mixed',
  },
  {
    name: 'UTF-8 with a byte order mark',
    input: `\ufeff${accents}`,
    columns: ['name', 'city'],
    rows: accentRows,
    encoding: 'utf-8',
  },
  {
    name: 'UTF-16 LE with a byte order mark',
    input: utf16le(accents, true),
    columns: ['name', 'city'],
    rows: accentRows,
    encoding: 'utf-16le',
  },
  {
    name: 'UTF-16 BE with a byte order mark',
    input: utf16be(accents, true),
    columns: ['name', 'city'],
    rows: accentRows,
    encoding: 'utf-16be',
  },
  {
    name: 'UTF-16 LE without a mark',
    input: utf16le(accents, false),
    columns: ['name', 'city'],
    rows: accentRows,
    encoding: 'utf-16le',
  },
  {
    name: 'UTF-16 BE without a mark',
    input: utf16be(accents, false),
    columns: ['name', 'city'],
    rows: accentRows,
    encoding: 'utf-16be',
  },
  {
    name: 'UTF-16 LE with tabs, as Excel saves "Unicode text", in Russian',
    input: utf16le('имя\tпочта\r\nАнна\tanna@a.example\r\n', true),
    columns: ['имя', 'почта'],
    rows: [['Анна', 'anna@a.example']],
    encoding: 'utf-16le',
    delimiter: '\t',
  },
  {
    name: 'Latin-1',
    input: Buffer.from(accents, 'latin1'),
    columns: ['name', 'city'],
    rows: accentRows,
    encoding: 'windows-1252',
  },
  {
    name: 'Windows-1252 beyond Latin-1',
    input: bytesOf('name;price\nM', 0xfc, 'ller;', 0x80, '5\n', 0x93, 'Q', 0x94, ';', 0x80, '6\n'),
    columns: ['name', 'price'],
    rows: [
      ['Müller', '€5'],
      ['“Q”', '€6'],
    ],
    encoding: 'windows-1252',
    delimiter: ';',
  },
  {
    name: 'Windows-1251',
    input: bytesOf('name,city\n', 0xc0, 0xed, 0xed, 0xe0, ',', 0xcc, 0xee, 0xf1, 0xea, 0xe2, 0xe0, '\n'),
    columns: ['name', 'city'],
    rows: [['Анна', 'Москва']],
    encoding: 'windows-1251',
  },
  {
    name: 'the character set of an old Macintosh',
    input: bytesOf('name,city\rAndr', 0x8e, 's,K', 0x9a, 'ln\rJ', 0x9a, 'rg,M', 0x9f, 'nchen\r'),
    columns: ['name', 'city'],
    rows: [
      ['Andrés', 'Köln'],
      ['Jörg', 'München'],
    ],
    encoding: 'macintosh',
  },
  {
    name: 'UTF-8 with one Latin-1 line pasted in',
    input: Buffer.concat([
      Buffer.from('name,city\nJörg,Köln\nZoë,Orléans\nÅsa,Malmö\n'),
      bytesOf('Ren', 0xe9, ',Metz\n'),
    ]),
    columns: ['name', 'city'],
    rows: [...accentRows, ['Åsa', 'Malmö'], ['René', 'Metz']],
    encoding: 'utf-8',
  },
  {
    name: 'semicolons',
    input: people.replaceAll(',', ';'),
    columns: ['name', 'email'],
    rows: peopleRows,
    delimiter: ';',
  },
  { name: 'tabs', input: people.replaceAll(',', '\t'), columns: ['name', 'email'], rows: peopleRows, delimiter: '\t' },
  { name: 'pipes', input: people.replaceAll(',', '|'), columns: ['name', 'email'], rows: peopleRows, delimiter: '|' },
  { name: 'carets', input: people.replaceAll(',', '^'), columns: ['name', 'email'], rows: peopleRows, delimiter: '^' },
  { name: 'tildes', input: people.replaceAll(',', '~'), columns: ['name', 'email'], rows: peopleRows, delimiter: '~' },
  {
    name: 'unit separators',
    input: people.replaceAll(',', '\u001f'),
    columns: ['name', 'email'],
    rows: peopleRows,
    delimiter: '\u001f',
  },
  {
    name: 'semicolons with decimal commas in every row',
    input: 'a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n',
    columns: ['a', 'b', 'c'],
    rows: [
      ['1,5', '2,5', '3,5'],
      ['4,5', '5,5', '6,5'],
    ],
    delimiter: ';',
  },
  {
    name: 'semicolons with more commas than semicolons',
    input: 'name;note\nAnn;one, two, three, four\nBob;five, six, seven, eight\n',
    columns: ['name', 'note'],
    rows: [
      ['Ann', 'one, two, three, four'],
      ['Bob', 'five, six, seven, eight'],
    ],
    delimiter: ';',
  },
  {
    name: 'commas, with semicolons inside quotes',
    input: 'name,tags\nAnn,"a;b;c"\nBob,"d;e;f"\n',
    columns: ['name', 'tags'],
    rows: [
      ['Ann', 'a;b;c'],
      ['Bob', 'd;e;f'],
    ],
    delimiter: ',',
  },
  {
    name: 'the sep= line of Excel',
    input: 'sep=;\r\nname;city\r\nAnn;Bonn\r\n',
    columns: ['name', 'city'],
    rows: [['Ann', 'Bonn']],
    delimiter: ';',
  },
  {
    name: 'a title and a blank line before the header',
    input: 'Leads of May\n\nFirst Name,Last Name,Email\nAnn,Lee,ann@a.example\nBob,Ray,bob@b.example\n',
    columns: ['First Name', 'Last Name', 'Email'],
    rows: [
      ['Ann', 'Lee', 'ann@a.example'],
      ['Bob', 'Ray', 'bob@b.example'],
    ],
  },
  {
    name: 'the explanation that LinkedIn puts before connections',
    input:
      'Notes:\n"When exporting your connection data, you may notice, that some are missing."\n\n' +
      'First Name,Last Name,URL,Email Address\nAnn,Lee,https://www.linkedin.com/in/ann,ann@a.example\n',
    columns: ['First Name', 'Last Name', 'URL', 'Email Address'],
    rows: [['Ann', 'Lee', 'https://www.linkedin.com/in/ann', 'ann@a.example']],
  },
  {
    name: 'no header, because the first row holds an address',
    input: 'Ann,ann@a.example\nBob,bob@b.example\n',
    columns: ['column_1', 'column_2'],
    rows: peopleRows,
  },
  {
    name: 'no header over numbers',
    input: '1,10\n2,20\n3,30\n',
    columns: ['column_1', 'column_2'],
    rows: [
      ['1', '10'],
      ['2', '20'],
      ['3', '30'],
    ],
  },
  {
    name: 'quoted newlines, doubled quotes and delimiters',
    input: 'name,note\n"Lee, Ann","She said ""hi""\nand left"\n"Bob","a\r\nb"\n',
    columns: ['name', 'note'],
    rows: [
      ['Lee, Ann', 'She said "hi"\nand left'],
      ['Bob', 'a\r\nb'],
    ],
  },
  {
    name: 'everything quoted',
    input: '"name","email"\n"Ann","ann@a.example"\n"Bob","bob@b.example"\n',
    columns: ['name', 'email'],
    rows: peopleRows,
  },
  {
    name: 'apostrophes as quotes',
    input: "'name','note'\n'Ann','a, b'\n'Bob','c, d'\n",
    columns: ['name', 'note'],
    rows: [
      ['Ann', 'a, b'],
      ['Bob', 'c, d'],
    ],
    quote: "'",
  },
  {
    name: 'apostrophes that are only names',
    input: "name,city\nO'Brien,Cork\nD'Arcy,L'Aquila\n",
    columns: ['name', 'city'],
    rows: [
      ["O'Brien", 'Cork'],
      ["D'Arcy", "L'Aquila"],
    ],
    quote: '"',
  },
  {
    name: 'apostrophes around those cells alone that need them',
    input: "name;note\nAnn;'a; b'\nD'Arcy;c\nBob;'d ''e''; f'\n",
    columns: ['name', 'note'],
    rows: [
      ['Ann', 'a; b'],
      ["D'Arcy", 'c'],
      ['Bob', "d 'e'; f"],
    ],
    quote: "'",
  },
  {
    name: 'apostrophes around cells, escaped by backslashes within',
    input: "'name','note'\n'Ann','it\\'s a, b'\n'Bob','c'\n",
    columns: ['name', 'note'],
    rows: [
      ['Ann', "it's a, b"],
      ['Bob', 'c'],
    ],
    quote: "'",
  },
  {
    name: 'apostrophes around one cell in 300 rows',
    input: `name,note\n${'Ann,x\n'.repeat(150)}Bob,'a, b'\n${'Cid,y\n'.repeat(149)}`,
    columns: ['name', 'note'],
    rows: [
      ...Array.from({ length: 150 }, () => ['Ann', 'x']),
      ['Bob', 'a, b'],
      ...Array.from({ length: 149 }, () => ['Cid', 'y']),
    ],
    quote: "'",
  },
  {
    name: 'apostrophes that cells begin or end with',
    input: "name,city\n'Round the Clock,'s-Hertogenbosch\nJones',Den Haag\n'+49 30 1,Bonn\n",
    columns: ['name', 'city'],
    rows: [
      ["'Round the Clock", "'s-Hertogenbosch"],
      ["Jones'", 'Den Haag'],
      ["'+49 30 1", 'Bonn'],
    ],
    quote: '"',
  },
  {
    name: 'a backslash escape in one row of 300',
    input: `name,note\n${'Ann,"x, y"\n'.repeat(150)}Bob,"say \\"no\\", then stay"\n${'Cid,z\n'.repeat(149)}`,
    columns: ['name', 'note'],
    rows: [
      ...Array.from({ length: 150 }, () => ['Ann', 'x, y']),
      ['Bob', 'say "no", then stay'],
      ...Array.from({ length: 149 }, () => ['Cid', 'z']),
    ],
  },
  {
    name: 'a cell that begins with a word in quotes',
    input:
      'name,company,city\nAnn,"Zur Post" Hotel,Bonn\nBob,Plain,"Rome, Italy"\nCid,"Old" Mill,"Ulm, ""Old"" Town"\n',
    columns: ['name', 'company', 'city'],
    rows: [
      ['Ann', '"Zur Post" Hotel', 'Bonn'],
      ['Bob', 'Plain', 'Rome, Italy'],
      ['Cid', '"Old" Mill', 'Ulm, "Old" Town'],
    ],
  },
  {
    name: 'one row whose cells hold another delimiter',
    input: 'ann@a.example|2024-02-29|d;e;f\r\n',
    columns: ['column_1', 'column_2', 'column_3'],
    rows: [['ann@a.example', '2024-02-29', 'd;e;f']],
    delimiter: '|',
  },
  {
    name: 'backslash escapes',
    input: 'name,note\n"Ann","say \\"hi\\", then go"\n"Bob","say \\"no\\", then stay"\n',
    columns: ['name', 'note'],
    rows: [
      ['Ann', 'say "hi", then go'],
      ['Bob', 'say "no", then stay'],
    ],
  },
  {
    name: 'spaces around quoted fields',
    input: 'name, note\n"Ann" , "a, b"\n"Bob" , "c, d" \n',
    columns: ['name', 'note'],
    rows: [
      ['Ann', 'a, b'],
      ['Bob', 'c, d'],
    ],
  },
  {
    name: 'unescaped quotes inside a quoted field',
    input: 'name,note\nAnn,"the "big" one"\nBob,"plain"\n',
    columns: ['name', 'note'],
    rows: [
      ['Ann', 'the "big" one'],
      ['Bob', 'plain'],
    ],
  },
  {
    name: 'a quote in the middle of an unquoted field',
    input: 'size,name\n5" pipe,Ann\n6" pipe,Bob\n',
    columns: ['size', 'name'],
    rows: [
      ['5" pipe', 'Ann'],
      ['6" pipe', 'Bob'],
    ],
  },
  {
    name: 'short rows are padded, trailing empty fields dropped, long rows reported',
    input: 'a,b,c\n1,2,3\n1\n1,2,3,,,\n1,2,3,4\n4,5,6\n',
    columns: ['a', 'b', 'c'],
    rows: [
      ['1', '2', '3'],
      ['1', '', ''],
      ['1', '2', '3'],
      ['1', '2', '3', '4'],
      ['4', '5', '6'],
    ],
    problems: { 5: 'too_many_fields' },
  },
  {
    name: 'a header with fewer names than the rows have fields',
    input: 'email,city\n1,a@a.example,Bonn\n2,b@b.example,Rom\n3,c@c.example,Wien\n',
    columns: ['column_1', 'email', 'city'],
    rows: [
      ['1', 'a@a.example', 'Bonn'],
      ['2', 'b@b.example', 'Rom'],
      ['3', 'c@c.example', 'Wien'],
    ],
  },
  {
    name: 'duplicate, empty and unsafe headers',
    input: 'email,Email,email,,__proto__,  \na@a.example,2,3,4,5,6\n',
    columns: ['email', 'Email', 'email (2)', 'column_4', '__proto__ (column)', 'column_6'],
    rows: [['a@a.example', '2', '3', '4', '5', '6']],
  },
  {
    name: 'a header over two lines',
    input: '"First\nName","E-Mail\r\nAddress"\nAnn,ann@a.example\n',
    columns: ['First Name', 'E-Mail Address'],
    rows: [['Ann', 'ann@a.example']],
  },
  {
    name: '10,000 columns',
    input: `${wideColumns.join(',')}\n${wideColumns.map((_, index) => index).join(',')}\n`,
    columns: wideColumns,
    rows: [wideColumns.map((_, index) => String(index))],
  },
  { name: 'only a header', input: 'name,email\n', columns: ['name', 'email'], rows: [] },
  {
    name: 'only a header without a line end',
    input: 'name;email',
    columns: ['name', 'email'],
    rows: [],
    delimiter: ';',
  },
  { name: 'an empty file', input: '', columns: [], rows: [] },
  { name: 'only a byte order mark', input: '\ufeff', columns: [], rows: [] },
  { name: 'only line ends', input: '\n\r\n\n', columns: [], rows: [] },
  {
    name: 'one column with a header',
    input: 'email\na@a.example\nb@b.example\n',
    columns: ['email'],
    rows: [['a@a.example'], ['b@b.example']],
  },
  {
    name: 'one column without a header',
    input: 'a@a.example\nb@b.example\n',
    columns: ['column_1'],
    rows: [['a@a.example'], ['b@b.example']],
  },
  {
    name: 'one column of "Lee, Ann"',
    input: 'name\nLee, Ann\nRay, Bob\nPoe, Cid\n',
    columns: ['name'],
    rows: [['Lee, Ann'], ['Ray, Bob'], ['Poe, Cid']],
  },
  {
    name: 'one column of links',
    input: 'link\nhttps://a.example/x\nhttps://b.example/y\n',
    columns: ['link'],
    rows: [['https://a.example/x'], ['https://b.example/y']],
  },
  {
    name: 'blank rows are left out and still counted',
    input: 'name,email\n\nAnn,ann@a.example\n,\n , \nBob,bob@b.example\n\n\n',
    columns: ['name', 'email'],
    rows: peopleRows,
  },
  {
    name: 'NUL bytes are removed and reported',
    input: 'name,email\nA\0nn,ann@a.example\nBob,bob@b.example\n',
    columns: ['name', 'email'],
    rows: peopleRows,
    problems: { 2: 'nul_byte' },
  },
  {
    name: 'emoji, combining marks, right-to-left and CJK text',
    input: 'name,note\n👩‍💻 Zoë,ok 🎉\nעברית,שלום\nمحمد,سلام\n山田太郎,東京\n',
    columns: ['name', 'note'],
    rows: [
      ['👩‍💻 Zoë', 'ok 🎉'],
      ['עברית', 'שלום'],
      ['محمد', 'سلام'],
      ['山田太郎', '東京'],
    ],
  },
  {
    name: 'a quote never closed costs its own row',
    input: 'a,b,c\n1,"2,3\n4,5,6\n7,8,9\n10,11,12\n',
    columns: ['a', 'b', 'c'],
    rows: [
      ['1', '"2', '3'],
      ['4', '5', '6'],
      ['7', '8', '9'],
      ['10', '11', '12'],
    ],
    problems: { 2: 'unclosed_quote' },
  },
  {
    name: 'a quote never closed before properly quoted rows',
    input: 'a,b,c\n1,"2,3\n4,5,6\n"x, y",8,9\n',
    columns: ['a', 'b', 'c'],
    rows: [
      ['1', '"2', '3'],
      ['4', '5', '6'],
      ['x, y', '8', '9'],
    ],
    problems: { 2: 'unclosed_quote' },
  },
  {
    name: 'two stray quotes that would pair over many rows',
    input: 'a,b,c\n1,"2,3\n4,5,6\n7,8,9\n10,11,12\n13,14",15\n16,17,18\n',
    columns: ['a', 'b', 'c'],
    rows: [
      ['1', '"2', '3'],
      ['4', '5', '6'],
      ['7', '8', '9'],
      ['10', '11', '12'],
      ['13', '14"', '15'],
      ['16', '17', '18'],
    ],
    problems: { 2: 'unclosed_quote' },
  },
  {
    name: 'a stray opening quote and proper quotes on one line',
    input: 'a,b,c,d,e\n1,"2,3,"4 x",5\n1,2,3,4,5\n',
    columns: ['a', 'b', 'c', 'd', 'e'],
    rows: [
      ['1', '"2', '3', '"4 x"', '5'],
      ['1', '2', '3', '4', '5'],
    ],
    problems: { 2: 'unclosed_quote' },
  },
  {
    name: 'an address over several lines, with commas, is one cell',
    input: 'name,address,city\nAnn,"Street 5,\n2nd floor, left,\nBonn",Bonn\nBob,"Road 6",Rom\n',
    columns: ['name', 'address', 'city'],
    rows: [
      ['Ann', 'Street 5,\n2nd floor, left,\nBonn', 'Bonn'],
      ['Bob', 'Road 6', 'Rom'],
    ],
  },
  {
    name: 'the header repeated where two files were glued together',
    input: `\ufeff${people}\ufeff${people}`,
    columns: ['name', 'email'],
    rows: [...peopleRows, ['name', 'email'], ...peopleRows],
    problems: { 4: 'repeated_header' },
  },
]

for (const item of cases) {
  test(`CSV: ${item.name}`, async () => {
    // Whole, in pieces of a size that cuts everything somewhere, and byte by byte: the table is the same.
    const length = typeof item.input === 'string' ? Buffer.byteLength(item.input) : item.input.length
    for (const chunkSize of length > 5000 ? [0, 4099] : [0, 7, 1]) {
      const { columns, rows, dialect } = await readTable(item.input, chunkSize)
      assert.deepEqual(columns, item.columns)
      assert.deepEqual(
        rows.map((row) => row.values),
        item.rows,
      )
      const problems = Object.fromEntries(
        rows.flatMap((row) => (row.problem ? [[row.source_row, row.problem.code]] : [])),
      )
      assert.deepEqual(problems, item.problems ?? {})
      if (item.delimiter) assert.equal(dialect.delimiter, item.delimiter)
      if (item.encoding) assert.equal(dialect.encoding, item.encoding)
      if (item.newline) assert.equal(dialect.newline, item.newline)
      if (item.quote !== undefined) assert.equal(dialect.quote, item.quote)
    }
  })
}

test('CSV: rows are numbered as a spreadsheet numbers them', async () => {
  const { rows } = await readTable('name,email\n\n"A\nnn",a@a.example\nBob,b@b.example\n')
  assert.deepEqual(
    rows.map((row) => row.source_row),
    [3, 4],
  )
})

test('CSV: a cell of 5 MB with line ends costs one reported row, and the next row is whole', async () => {
  const cell = 'line of text that goes on\n'.repeat(200_000)
  const { rows } = await readTable(`name,note,city\nAnn,"${cell}",Bonn\nBob,x,Rom\n`, 65_536)
  assert.equal(rows.length, 2)
  assert.equal(rows[0]?.problem?.code, 'record_too_large')
  assert.equal(rows[0]?.values[0], 'Ann')
  assert.equal(rows[0]?.values[2], 'Bonn')
  assert.ok((rows[0]?.values[1]?.length ?? 0) < 300)
  assert.deepEqual(rows[1], { source_row: 3, values: ['Bob', 'x', 'Rom'] })
})

test('CSV: a line of 20 MB without quotes or with an open quote costs one reported row each', async () => {
  for (const quote of ['', '"']) {
    const { rows } = await readTable(`name,note\nAnn,${quote}${'x'.repeat(20 << 20)}\nBob,y\n`, 65_536)
    assert.deepEqual(
      rows.map((row) => [row.values[0], row.problem?.code]),
      [
        ['Ann', 'record_too_large'],
        ['Bob', undefined],
      ],
    )
  }
})

test('CSV: an open quote does not swallow the rest of a large file', async () => {
  const count = 100_000
  let text = 'id,name,city\n'
  for (let id = 1; id <= count; id++) text += `${id},${id % 1000 === 0 ? '"' : ''}Ann,Bonn\n`
  const { rows } = await readTable(text, 65_536)
  assert.equal(rows.length, count)
  assert.equal(rows.filter((row) => row.problem?.code === 'unclosed_quote').length, count / 1000)
  assert.equal(rows.filter((row) => !row.problem).at(-1)?.values[0], String(count - 1))
})

test('CSV: one open quote in a file of one column is reported and every other line survives', async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `p${index}@a.example`)
  lines[100] = `"${lines[100]}`
  const { rows } = await readTable(`email\n${lines.join('\n')}\n`)
  assert.equal(rows.length, 5000)
  assert.deepEqual(
    rows.filter((row) => row.problem).map((row) => row.source_row),
    [102],
  )
})

test('CSV: hostile quotes take time linear in the size of the file', async () => {
  const patterns = ['a,""x\n', '"\n', 'a,"\n', '"a"b\n', ',"",""\n', '"" ""\n', 'a,"b" c\n']
  for (const pattern of patterns) {
    const text = `h1,h2\n${pattern.repeat(120_000)}`
    const started = performance.now()
    await readTable(text, 65_536)
    // Under a megabyte; a quadratic reader needs minutes.
    assert.ok(performance.now() - started < 5000, JSON.stringify(pattern))
  }
})

test('CSV: a Latin-1 letter after a long stretch of ASCII is read right, and the dialect says so', async () => {
  const text = `name,city\n${'Ann,Bonn\n'.repeat(50_000)}`
  const { rows, dialect } = await readTable(
    Buffer.concat([Buffer.from(text), bytesOf('J', 0xf6, 'rg,K', 0xf6, 'ln\n')]),
  )
  assert.equal(rows.length, 50_001)
  assert.deepEqual(rows.at(-1)?.values, ['Jörg', 'Köln'])
  assert.equal(dialect.encoding, 'windows-1252')
})

test('CSV: batches hold at most the asked number of rows, and none is lost between them', async () => {
  const text = `id\n${Array.from({ length: 2501 }, (_, index) => `r${index}`).join('\n')}\n`
  const file = await openCsv([Buffer.from(text)], { batch_size: 1000 })
  const sizes: number[] = []
  let bytes = 0
  for await (const batch of file.batches()) {
    sizes.push(batch.rows.length)
    bytes = batch.bytes_read
  }
  assert.deepEqual(sizes, [1000, 1000, 501])
  assert.equal(bytes, Buffer.byteLength(text))
})

test('CSV: leaving early closes the source', async () => {
  let closed = false
  async function* source() {
    try {
      for (;;) yield Buffer.from('a,b\n1,2\n'.repeat(10_000))
    } finally {
      closed = true
    }
  }
  const file = await openCsv(source())
  for await (const batch of file.batches()) {
    assert.equal(batch.rows.length, 1000)
    break
  }
  assert.equal(closed, true)
})

test('CSV: a failure of the source reaches the reader of the batches', async () => {
  async function* source() {
    yield Buffer.from(`a,b\n${'1,2\n'.repeat(100_000)}`)
    throw new Error('disk gone')
  }
  const file = await openCsv(source())
  await assert.rejects(async () => {
    for await (const _ of file.batches());
  }, /disk gone/)
})

test('CSV: memory does not grow with the file', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heap = () => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const piece = Buffer.from('Ann,Lee,ann@a.example,"Acme, Inc",Bonn\n'.repeat(3000))
  async function* source() {
    yield Buffer.from('first,last,email,company,city\n')
    for (let index = 0; index < 300; index++) yield Buffer.from(piece)
  }
  const file = await openCsv(source())
  let rows = 0
  let early = 0
  let late = 0
  for await (const batch of file.batches()) {
    rows += batch.rows.length
    if (rows === 100_000) early = heap()
    if (rows === 900_000) late = heap()
  }
  assert.equal(rows, 900_000)
  // Between the two lie 31 MB of file.
  assert.ok(late - early < 4 << 20, `${late - early} bytes more`)
})

test('CSV: any table of text comes back as it was written, however the file is cut', async () => {
  let state = 7
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 4294967296) * below)
  }
  const parts = ['a', 'B', '"', '""', ',', ';', '\n', '\r\n', ' ', 'é', '漢', '🎉', "'", '1', '\\', '.', 'x y']
  for (let round = 0; round < 200; round++) {
    const width = 2 + random(5)
    const table = Array.from({ length: 1 + random(12) }, () =>
      Array.from({ length: width }, (_, column) => {
        let cell = column === 0 ? 'k' : ''
        for (let count = random(5); count > 0; count--) cell += parts[random(parts.length)]
        return cell
      }),
    )
    const text = table.map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\r\n`).join('')
    const dialect = {
      delimiter: ',',
      quote: '"',
      escape: '"',
      newline: '\r\n',
      has_header: false,
      skip_rows: 0,
    } as const
    const { rows } = await readTable(text, [0, 1, 3, 64][random(4)], { dialect })
    assert.deepEqual(
      rows.map((row) => row.values.slice(0, width)),
      table,
      JSON.stringify(text),
    )
  }
})

test('CSV: what is not text is refused by name', async () => {
  const inputs: [Uint8Array, string][] = [
    [Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.from('......[Content_Types].xml')]), 'xlsx'],
    [Buffer.from('PK\u0003\u0004 something else'), 'zip'],
    [Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), 'xls'],
    [Buffer.from([0x1f, 0x8b, 8, 0]), 'gzip'],
    [Buffer.from('%PDF-1.7'), 'pdf'],
    [Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), 'utf-32'],
    [Buffer.from(Array.from({ length: 4000 }, (_, index) => (index * 7) % 32)), 'binary'],
  ]
  for (const [bytes, kind] of inputs) {
    await assert.rejects(openCsv([bytes]), (error) => error instanceof NotCsvError && error.kind === kind, kind)
  }
  await assert.rejects(openCsv([Buffer.from(`${'a,'.repeat(20_000)}\n`)]), TooManyColumnsError)
})

test('CSV: a person may overrule what is detected', async () => {
  const { columns, rows } = await readTable('a;b,c\nd;e,f\n', 0, { dialect: { delimiter: ',', has_header: false } })
  assert.deepEqual(columns, ['column_1', 'column_2'])
  assert.deepEqual(
    rows.map((row) => row.values),
    [
      ['a;b', 'c'],
      ['d;e', 'f'],
    ],
  )
})
