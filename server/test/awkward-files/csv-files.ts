import iconv from 'iconv-lite'
import type { AwkwardFile, RightRefusal, RightTable } from './awkward-file.ts'

const PEOPLE: RightTable = {
  columns: ['Email', 'First Name', 'City'],
  rows: [
    ['ann@a.example', 'Ann', 'Berlin'],
    ['bob@b.example', 'Bob', 'Oslo'],
    ['cid@c.example', 'Cid', 'Rome'],
  ],
}
const people = 'Email,First Name,City\nann@a.example,Ann,Berlin\nbob@b.example,Bob,Oslo\ncid@c.example,Cid,Rome\n'

const ACCENTS: RightTable = {
  columns: ['E-Mail', 'Vorname', 'Ort'],
  rows: [
    ['joerg@a.example', 'Jörg', 'Köln'],
    ['zoe@b.example', 'Zoë', 'Orléans'],
    ['ines@c.example', 'Inês', 'São Paulo'],
  ],
}
const accents =
  'E-Mail,Vorname,Ort\njoerg@a.example,Jörg,Köln\nzoe@b.example,Zoë,Orléans\nines@c.example,Inês,São Paulo\n'

const CYRILLIC: RightTable = {
  columns: ['Email', 'Имя', 'Город'],
  rows: [
    ['anna@a.example', 'Анна', 'Москва'],
    ['boris@b.example', 'Борис', 'Казань'],
  ],
}
const cyrillic = 'Email;Имя;Город\nanna@a.example;Анна;Москва\nboris@b.example;Борис;Казань\n'

const file = (
  about: string,
  filename: string,
  content: string | Buffer | (() => string | Buffer),
  right: RightTable | RightRefusal,
  more: Partial<AwkwardFile> = {},
): AwkwardFile => ({
  about,
  filename,
  content: () => Buffer.from(typeof content === 'function' ? content() : content),
  right,
  ...more,
})

const withDelimiter = (about: string, filename: string, delimiter: string): AwkwardFile =>
  file(about, filename, people.replaceAll(',', delimiter), PEOPLE)

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

const wide = Array.from({ length: 10_000 }, (_, index) => `Field ${index + 1}`)
const manyLines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `person${index}@many.example,Person ${index},Town\n`).join('')

/** CSV and what pretends to be CSV. Each with its right reading, which no program computed. */
export const csvFiles: AwkwardFile[] = [
  // Encodings
  file('plain UTF-8', 'plain.csv', people, PEOPLE),
  file('UTF-8 with accents', 'accents.csv', accents, ACCENTS),
  file('UTF-8 with a byte order mark', 'bom.csv', `\ufeff${accents}`, ACCENTS),
  file('UTF-16 LE with a byte order mark', 'utf16le.csv', iconv.encode(`\ufeff${accents}`, 'utf-16le'), ACCENTS),
  file('UTF-16 BE with a byte order mark', 'utf16be.csv', iconv.encode(`\ufeff${accents}`, 'utf-16be'), ACCENTS),
  file('UTF-16 LE without a mark', 'utf16le-bare.csv', iconv.encode(accents, 'utf-16le'), ACCENTS),
  file('UTF-16 BE without a mark', 'utf16be-bare.csv', iconv.encode(accents, 'utf-16be'), ACCENTS),
  file(
    'UTF-16 LE with tabs, as Excel saves "Unicode text"',
    'unicode.txt',
    iconv.encode(`\ufeff${accents.replaceAll(',', '\t').replaceAll('\n', '\r\n')}`, 'utf-16le'),
    ACCENTS,
  ),
  file(
    'UTF-16 LE with a mark and Cyrillic',
    'utf16-cyrillic.csv',
    iconv.encode(`\ufeff${cyrillic}`, 'utf-16le'),
    CYRILLIC,
  ),
  file(
    'Windows-1252 with a euro sign and curly quotes',
    'windows.csv',
    iconv.encode(
      'E-Mail;Firma;Umsatz\nann@a.example;Müller “Söhne”;5 €\nbob@b.example;Straßenbau;7 €\n',
      'windows-1252',
    ),
    {
      columns: ['E-Mail', 'Firma', 'Umsatz'],
      rows: [
        ['ann@a.example', 'Müller “Söhne”', '5 €'],
        ['bob@b.example', 'Straßenbau', '7 €'],
      ],
    },
  ),
  file('Latin-1', 'latin1.csv', iconv.encode(accents, 'iso-8859-1'), ACCENTS),
  file('Windows-1251', 'windows-cyrillic.csv', iconv.encode(cyrillic, 'windows-1251'), CYRILLIC),
  file('an old Macintosh', 'mac.csv', iconv.encode(accents.replaceAll('\n', '\r'), 'macintosh'), ACCENTS),
  file(
    'UTF-8 with a line of Windows-1252 pasted in',
    'pasted.csv',
    bytes(
      'Email,Ort\nann@a.example,Köln\n',
      iconv.encode('bob@b.example,Zürich\n', 'windows-1252') as never,
      'cid@c.example,Łódź\n',
    ),
    {
      columns: ['Email', 'Ort'],
      rows: [
        ['ann@a.example', 'Köln'],
        ['bob@b.example', 'Zürich'],
        ['cid@c.example', 'Łódź'],
      ],
    },
  ),
  file(
    'Windows-1252 whose first accent comes after 400 KB',
    'late-accent.csv',
    () =>
      Buffer.concat([
        Buffer.from(`Email,Name,City\n${manyLines(9_000)}`),
        iconv.encode('last@many.example,Zoë,Köln\n', 'windows-1252'),
      ]),
    {
      columns: ['Email', 'Name', 'City'],
      rows: [
        ...Array.from({ length: 9_000 }, (_, index) => [`person${index}@many.example`, `Person ${index}`, 'Town']),
        ['last@many.example', 'Zoë', 'Köln'],
      ],
    },
  ),
  file(
    'Shift JIS',
    'shift-jis.csv',
    iconv.encode(
      'Email,会社,名前\ntaro@a.example,東京商事株式会社,山田太郎\nhana@b.example,大阪製作所,鈴木花子\n',
      'shift_jis',
    ),
    {
      columns: ['Email', '会社', '名前'],
      rows: [
        ['taro@a.example', '東京商事株式会社', '山田太郎'],
        ['hana@b.example', '大阪製作所', '鈴木花子'],
      ],
    },
  ),
  file(
    'GB 18030',
    'gb18030.csv',
    iconv.encode('邮箱,公司,姓名\nwang@a.example,北京科技有限公司,王伟\nli@b.example,上海贸易公司,李娜\n', 'gb18030'),
    {
      columns: ['邮箱', '公司', '姓名'],
      rows: [
        ['wang@a.example', '北京科技有限公司', '王伟'],
        ['li@b.example', '上海贸易公司', '李娜'],
      ],
    },
  ),
  file(
    'Windows-1250',
    'windows-1250.csv',
    iconv.encode(
      'Email;Imię;Miasto\nlukasz@a.example;Łukasz;Łódź\nzofia@b.example;Zofia;Kraków\nswieta@c.example;Święta;Poznań\n',
      'windows-1250',
    ),
    {
      columns: ['Email', 'Imię', 'Miasto'],
      rows: [
        ['lukasz@a.example', 'Łukasz', 'Łódź'],
        ['zofia@b.example', 'Zofia', 'Kraków'],
        ['swieta@c.example', 'Święta', 'Poznań'],
      ],
    },
  ),

  file(
    'EUC-KR',
    'euc-kr.csv',
    iconv.encode('Email,회사,이름\nkim@a.example,서울무역주식회사,김민수\nlee@b.example,부산전자,이영희\n', 'euc-kr'),
    {
      columns: ['Email', '회사', '이름'],
      rows: [
        ['kim@a.example', '서울무역주식회사', '김민수'],
        ['lee@b.example', '부산전자', '이영희'],
      ],
    },
  ),
  file(
    'Big5',
    'big5.csv',
    iconv.encode('Email,公司,姓名\nchen@a.example,臺北貿易有限公司,陳大文\nlin@b.example,高雄電子,林美玲\n', 'big5'),
    {
      columns: ['Email', '公司', '姓名'],
      rows: [
        ['chen@a.example', '臺北貿易有限公司', '陳大文'],
        ['lin@b.example', '高雄電子', '林美玲'],
      ],
    },
  ),

  // Delimiters
  withDelimiter('semicolons', 'semicolon.csv', ';'),
  withDelimiter('tabs', 'tabs.tsv', '\t'),
  withDelimiter('vertical bars', 'bars.csv', '|'),
  withDelimiter('carets', 'carets.csv', '^'),
  withDelimiter('tildes', 'tildes.csv', '~'),
  withDelimiter('unit separators', 'unit.csv', '\u001f'),
  withDelimiter('control-A, as Hive writes it', 'hive.csv', '\u0001'),
  withDelimiter('broken bars', 'broken-bars.csv', '¦'),
  withDelimiter('colons', 'colons.csv', ':'),
  withDelimiter('two vertical bars', 'double-bars.csv', '||'),
  file('a line that names the delimiter', 'sep.csv', `sep=;\r\n${people.replaceAll(',', ';')}`, {
    ...PEOPLE,
    row_numbers: [3, 4, 5],
  }),
  file(
    'semicolons with decimal commas',
    'decimal-comma.csv',
    'Email;Umsatz;Quote\nann@a.example;1,5;0,25\nbob@b.example;22,75;0,5\ncid@c.example;1.300,00;1,0\n',
    {
      columns: ['Email', 'Umsatz', 'Quote'],
      rows: [
        ['ann@a.example', '1,5', '0,25'],
        ['bob@b.example', '22,75', '0,5'],
        ['cid@c.example', '1.300,00', '1,0'],
      ],
    },
  ),
  file(
    'commas with decimal commas in quotes',
    'quoted-decimals.csv',
    'Email,Umsatz\nann@a.example,"1,5"\nbob@b.example,"22,75"\n',
    {
      columns: ['Email', 'Umsatz'],
      rows: [
        ['ann@a.example', '1,5'],
        ['bob@b.example', '22,75'],
      ],
    },
  ),
  file(
    'semicolons around cells full of commas',
    'commas-inside.csv',
    'Email;Notes;Town\nann@a.example;one, two, three;Bonn\nbob@b.example;four, five, six;Rome\n',
    {
      columns: ['Email', 'Notes', 'Town'],
      rows: [
        ['ann@a.example', 'one, two, three', 'Bonn'],
        ['bob@b.example', 'four, five, six', 'Rome'],
      ],
    },
  ),
  file('a comma and a space', 'comma-space.csv', people.replaceAll(',', ', '), PEOPLE),
  file(
    'quoted cells with spaces around the quotes',
    'padded-quotes.csv',
    '"Email" , "Name" , "City"\n"ann@a.example" , "Lee, Ann" , "Bonn"\n"bob@b.example" , "Ray, Bob" , "Rome"\n',
    {
      columns: ['Email', 'Name', 'City'],
      rows: [
        ['ann@a.example', 'Lee, Ann', 'Bonn'],
        ['bob@b.example', 'Ray, Bob', 'Rome'],
      ],
    },
    {
      names: [
        ['Ann', 'Lee'],
        ['Bob', 'Ray'],
      ],
    },
  ),

  // Quotes
  file(
    'apostrophes as quotes',
    'apostrophes.csv',
    "'Email','Name'\n'ann@a.example','Lee, Ann'\n'bob@b.example','Ray, Bob'\n",
    {
      columns: ['Email', 'Name'],
      rows: [
        ['ann@a.example', 'Lee, Ann'],
        ['bob@b.example', 'Ray, Bob'],
      ],
    },
    {
      names: [
        ['Ann', 'Lee'],
        ['Bob', 'Ray'],
      ],
    },
  ),
  file(
    'apostrophes around those cells alone that need them',
    'some-apostrophes.csv',
    "Email;Note;Town\nann@a.example;'one; two';Bonn\nbob@b.example;plain;L'Aquila\ncid@c.example;'it''s; fine';Rome\n",
    {
      columns: ['Email', 'Note', 'Town'],
      rows: [
        ['ann@a.example', 'one; two', 'Bonn'],
        ['bob@b.example', 'plain', "L'Aquila"],
        ['cid@c.example', "it's; fine", 'Rome'],
      ],
    },
  ),
  file(
    'apostrophes around every cell, escaped by backslashes, as database dumps have them',
    'dump.csv',
    "'Email','Note'\n'ann@a.example','it\\'s one, two'\n'bob@b.example','say \"no\"'\n",
    {
      columns: ['Email', 'Note'],
      rows: [
        ['ann@a.example', "it's one, two"],
        ['bob@b.example', 'say "no"'],
      ],
    },
  ),
  file(
    'one quote escaped by backslashes in 300 rows',
    'rare-backslash.csv',
    () =>
      `Email,Name,Town\n${manyLines(150)}boss@many.example,"Ann \\"The Boss\\", Lee",Town\n${manyLines(300).split('\n').slice(150).join('\n')}`,
    {
      columns: ['Email', 'Name', 'Town'],
      rows: [
        ...Array.from({ length: 150 }, (_, index) => [`person${index}@many.example`, `Person ${index}`, 'Town']),
        ['boss@many.example', 'Ann "The Boss", Lee', 'Town'],
        ...Array.from({ length: 150 }, (_, index) => [
          `person${index + 150}@many.example`,
          `Person ${index + 150}`,
          'Town',
        ]),
      ],
    },
  ),
  file(
    'a word in quotes at the beginning of a cell',
    'quoted-word.csv',
    'Email,Company,Town\nann@a.example,"Zur Post" Hotel,Bonn\nbob@b.example,Plain Inc,"Rome, Italy"\ncid@c.example,"Old" Mill,Oslo\n',
    {
      columns: ['Email', 'Company', 'Town'],
      rows: [
        ['ann@a.example', '"Zur Post" Hotel', 'Bonn'],
        ['bob@b.example', 'Plain Inc', 'Rome, Italy'],
        ['cid@c.example', '"Old" Mill', 'Oslo'],
      ],
    },
  ),
  file(
    'apostrophes that cells begin with',
    'leading-apostrophes.csv',
    "Email,Name,Town\nann@a.example,Ann,'s-Hertogenbosch\nbob@b.example,'t Hooft,Den Haag\ncid@c.example,Jones',Ulm\n",
    {
      columns: ['Email', 'Name', 'Town'],
      rows: [
        ['ann@a.example', 'Ann', "'s-Hertogenbosch"],
        ['bob@b.example', "'t Hooft", 'Den Haag'],
        ['cid@c.example', "Jones'", 'Ulm'],
      ],
    },
  ),
  file('names with apostrophes', 'oneil.csv', "Email,Name\nann@a.example,O'Neil\nbob@b.example,D'Arcy\n", {
    columns: ['Email', 'Name'],
    rows: [
      ['ann@a.example', "O'Neil"],
      ['bob@b.example', "D'Arcy"],
    ],
  }),
  file(
    'quotes escaped by backslashes',
    'backslash.csv',
    'Email,Name\nann@a.example,"Ann \\"The Boss\\" Lee"\nbob@b.example,"Bob, \\"B\\""\n',
    {
      columns: ['Email', 'Name'],
      rows: [
        ['ann@a.example', 'Ann "The Boss" Lee'],
        ['bob@b.example', 'Bob, "B"'],
      ],
    },
  ),
  file(
    'doubled quotes',
    'doubled.csv',
    'Email,Name\nann@a.example,"Ann ""The Boss"" Lee"\nbob@b.example,"""Bob"""\ncid@c.example,""\n',
    {
      columns: ['Email', 'Name'],
      rows: [
        ['ann@a.example', 'Ann "The Boss" Lee'],
        ['bob@b.example', '"Bob"'],
        ['cid@c.example', ''],
      ],
    },
  ),
  file(
    'quotes inside quotes that nobody escaped',
    'unescaped.csv',
    'Email,Company,Town\nann@a.example,"Hotel "Zur Post" Ltd",Bonn\nbob@b.example,"Plain, Inc",Rome\n',
    {
      columns: ['Email', 'Company', 'Town'],
      rows: [
        ['ann@a.example', 'Hotel "Zur Post" Ltd', 'Bonn'],
        ['bob@b.example', 'Plain, Inc', 'Rome'],
      ],
    },
  ),
  file('inches', 'inches.csv', 'Email,Part,Town\nann@a.example,5" pipe,Bonn\nbob@b.example,7" pipe,Rome\n', {
    columns: ['Email', 'Part', 'Town'],
    rows: [
      ['ann@a.example', '5" pipe', 'Bonn'],
      ['bob@b.example', '7" pipe', 'Rome'],
    ],
  }),
  file(
    'a quote that is never closed',
    'unclosed.csv',
    'Email,Name,Town\nann@a.example,Ann,Bonn\nbob@b.example,"Bob,Rome\ncid@c.example,Cid,Oslo\ndan@d.example,Dan,Ulm\neve@e.example,Eve,Graz\nfay@f.example,Fay,Linz\n',
    {
      columns: ['Email', 'Name', 'Town'],
      rows: [
        ['ann@a.example', 'Ann', 'Bonn'],
        ['cid@c.example', 'Cid', 'Oslo'],
        ['dan@d.example', 'Dan', 'Ulm'],
        ['eve@e.example', 'Eve', 'Graz'],
        ['fay@f.example', 'Fay', 'Linz'],
      ],
      row_numbers: [2, 4, 5, 6, 7],
      refused: { 3: 'unclosed_quote' },
    },
  ),
  file(
    'a quote that is never closed in the middle of 3,000 rows',
    'unclosed-long.csv',
    () =>
      `Email,Name,Town\n${manyLines(1_500)}broken@many.example,"Broken,Town\n${manyLines(3_000).split('\n').slice(1_500).join('\n')}`,
    {
      columns: ['Email', 'Name', 'Town'],
      rows: Array.from({ length: 3_000 }, (_, index) => [`person${index}@many.example`, `Person ${index}`, 'Town']),
      row_numbers: Array.from({ length: 3_000 }, (_, index) => (index < 1_500 ? index + 2 : index + 3)),
      refused: { 1502: 'unclosed_quote' },
    },
  ),
  file(
    'a quote that is never closed at the beginning of 8 MB',
    'unclosed-large.csv',
    () =>
      `Email,Note,Town\nbroken@many.example,"open,Town\n${Array.from({ length: 8_000 }, (_, index) => `person${index}@many.example,${'x'.repeat(1_000)},Town\n`).join('')}`,
    {
      columns: ['Email', 'Note', 'Town'],
      rows: Array.from({ length: 8_000 }, (_, index) => [`person${index}@many.example`, 'x'.repeat(1_000), 'Town']),
      row_numbers: Array.from({ length: 8_000 }, (_, index) => index + 3),
      refused: { 2: 'unclosed_quote' },
    },
  ),
  file(
    'line breaks inside cells',
    'line-breaks.csv',
    'Email,Address,Note\nann@a.example,"Main Street 1\nBonn","a\n\nb"\nbob@b.example,"Side Street 2\r\nRome",c\n',
    {
      columns: ['Email', 'Address', 'Note'],
      rows: [
        ['ann@a.example', 'Main Street 1\nBonn', 'a\n\nb'],
        ['bob@b.example', 'Side Street 2\r\nRome', 'c'],
      ],
    },
  ),
  file(
    'tabs and semicolons inside quoted cells',
    'other-delimiters.csv',
    'Email,Note,Town\nann@a.example,"a;b;c;d",Bonn\nbob@b.example,"e\tf;g",Rome\n',
    {
      columns: ['Email', 'Note', 'Town'],
      rows: [
        ['ann@a.example', 'a;b;c;d', 'Bonn'],
        ['bob@b.example', 'e\tf;g', 'Rome'],
      ],
    },
  ),
  file(
    'everything quoted, the whole line once more',
    'quoted-lines.csv',
    '"Email,Name,Town"\n"ann@a.example,Ann,Bonn"\n"bob@b.example,Bob,Rome"\n',
    {
      columns: ['Email', 'Name', 'Town'],
      rows: [
        ['ann@a.example', 'Ann', 'Bonn'],
        ['bob@b.example', 'Bob', 'Rome'],
      ],
    },
  ),

  // Line ends
  file('CRLF', 'crlf.csv', people.replaceAll('\n', '\r\n'), PEOPLE),
  file('bare CR', 'cr.csv', people.replaceAll('\n', '\r'), PEOPLE),
  file('CR CR LF', 'crcrlf.csv', people.replaceAll('\n', '\r\r\n'), PEOPLE),
  file(
    'LF, CRLF and CR in one file',
    'mixed.csv',
    'Email,First Name,City\r\nann@a.example,Ann,Berlin\nbob@b.example,Bob,Oslo\rcid@c.example,Cid,Rome\r\n',
    PEOPLE,
  ),
  file('no line end at the end', 'no-end.csv', people.trimEnd(), PEOPLE),
  file('blank lines between the rows', 'blank-lines.csv', people.replaceAll('\n', '\n\n'), {
    ...PEOPLE,
    row_numbers: [3, 5, 7],
  }),
  file('rows of nothing but delimiters', 'empty-rows.csv', people.replaceAll('\n', '\n,,\n'), {
    ...PEOPLE,
    row_numbers: [3, 5, 7],
  }),
  file('a control-Z at the end, as DOS wrote it', 'dos.csv', `${people.replaceAll('\n', '\r\n')}\u001a`, PEOPLE),
  file(
    'a line separator of Unicode inside a cell',
    'u2028.csv',
    'Email,Note\nann@a.example,one\u2028two\nbob@b.example,three\u0085four\n',
    {
      columns: ['Email', 'Note'],
      rows: [
        ['ann@a.example', 'one\u2028two'],
        ['bob@b.example', 'three\u0085four'],
      ],
    },
  ),

  // Shape
  file(
    'short rows',
    'short.csv',
    'Email,Name,Town,Note\nann@a.example,Ann\nbob@b.example,Bob,Rome,x\ncid@c.example\n',
    {
      columns: ['Email', 'Name', 'Town', 'Note'],
      rows: [
        ['ann@a.example', 'Ann', '', ''],
        ['bob@b.example', 'Bob', 'Rome', 'x'],
        ['cid@c.example', '', '', ''],
      ],
    },
  ),
  file(
    'a row with too many fields',
    'long-row.csv',
    'Email,Name,Town\nann@a.example,Ann,Bonn\nbob@b.example,Ray, Bob,Rome\ncid@c.example,Cid,Oslo\ndan@d.example,Dan,Ulm\n',
    {
      columns: ['Email', 'Name', 'Town'],
      rows: [
        ['ann@a.example', 'Ann', 'Bonn'],
        ['cid@c.example', 'Cid', 'Oslo'],
        ['dan@d.example', 'Dan', 'Ulm'],
      ],
      row_numbers: [2, 4, 5],
      refused: { 3: 'too_many_fields' },
    },
  ),
  file('a delimiter at the end of every line', 'trailing.csv', people.replaceAll('\n', ',\n'), {
    columns: ['Email', 'First Name', 'City', 'column_4'],
    rows: PEOPLE.rows.map((row) => [...row, '']),
  }),
  file(
    'a delimiter at the end of every row but not of the header',
    'trailing-rows.csv',
    'Email,First Name,City\nann@a.example,Ann,Berlin,\nbob@b.example,Bob,Oslo,\ncid@c.example,Cid,Rome,\n',
    PEOPLE,
  ),
  file(
    'no name for the first column, as R writes row names',
    'row-names.csv',
    '"Email","Town"\n"1","ann@a.example","Bonn"\n"2","bob@b.example","Rome"\n"3","cid@c.example","Oslo"\n"4","dan@d.example","Ulm"\n',
    {
      columns: ['column_1', 'Email', 'Town'],
      rows: [
        ['1', 'ann@a.example', 'Bonn'],
        ['2', 'bob@b.example', 'Rome'],
        ['3', 'cid@c.example', 'Oslo'],
        ['4', 'dan@d.example', 'Ulm'],
      ],
    },
  ),
  file('one column with a name', 'list.csv', 'Email\nann@a.example\nbob@b.example\n', {
    columns: ['Email'],
    rows: [['ann@a.example'], ['bob@b.example']],
  }),
  file('one column without a name', 'bare-list.txt', 'ann@a.example\nbob@b.example\ncid@c.example\n', {
    columns: ['column_1'],
    rows: [['ann@a.example'], ['bob@b.example'], ['cid@c.example']],
    row_numbers: [1, 2, 3],
  }),
  file('one row', 'one-row.csv', 'Email,Name\nann@a.example,Ann\n', {
    columns: ['Email', 'Name'],
    rows: [['ann@a.example', 'Ann']],
  }),
  file(
    '10,000 columns',
    'wide.csv',
    () =>
      `Email,${wide.join(',')}\nann@a.example,${wide.map((_, index) => index).join(',')}\nbob@b.example,${wide.map(() => '').join(',')}\n`,
    {
      columns: ['Email', ...wide],
      rows: [
        ['ann@a.example', ...wide.map((_, index) => String(index))],
        ['bob@b.example', ...wide.map(() => '')],
      ],
    },
  ),
  file(
    '20,000 columns',
    'too-wide.csv',
    () => `Email,${[...wide, ...wide].join(',')}\nann@a.example,${wide.map(() => 'x').join(',')}\n`,
    { status: 422, says: /^too-wide\.csv: .*20001 columns.*16384/ },
  ),

  // Headers
  file(
    'headers twice',
    'twice.csv',
    'Email,Name,Name,Email\nann@a.example,Ann,Lee,x@x.example\nbob@b.example,Bob,Ray,y@y.example\n',
    {
      columns: ['Email', 'Name', 'Name (2)', 'Email (2)'],
      rows: [
        ['ann@a.example', 'Ann', 'Lee', 'x@x.example'],
        ['bob@b.example', 'Bob', 'Ray', 'y@y.example'],
      ],
    },
  ),
  file('empty headers', 'empty-headers.csv', 'Email,,Town,\nann@a.example,a,Bonn,b\nbob@b.example,c,Rome,d\n', {
    columns: ['Email', 'column_2', 'Town', 'column_4'],
    rows: [
      ['ann@a.example', 'a', 'Bonn', 'b'],
      ['bob@b.example', 'c', 'Rome', 'd'],
    ],
  }),
  file('no header', 'no-header.csv', 'ann@a.example,Ann,Bonn\nbob@b.example,Bob,Rome\ncid@c.example,Cid,Oslo\n', {
    columns: ['column_1', 'column_2', 'column_3'],
    rows: [
      ['ann@a.example', 'Ann', 'Bonn'],
      ['bob@b.example', 'Bob', 'Rome'],
      ['cid@c.example', 'Cid', 'Oslo'],
    ],
    row_numbers: [1, 2, 3],
  }),
  file(
    'a header over two lines',
    'header-lines.csv',
    'Email,"First\nName","Town"\nann@a.example,Ann,Bonn\nbob@b.example,Bob,Rome\n',
    {
      columns: ['Email', 'First Name', 'Town'],
      rows: [
        ['ann@a.example', 'Ann', 'Bonn'],
        ['bob@b.example', 'Bob', 'Rome'],
      ],
    },
  ),
  file(
    'a byte order mark before a quoted header',
    'bom-quote.csv',
    `\ufeff"Email","Name"\n"ann@a.example","Lee, Ann"\n`,
    {
      columns: ['Email', 'Name'],
      rows: [['ann@a.example', 'Lee, Ann']],
    },
    { names: [['Ann', 'Lee']] },
  ),
  file('a title and a blank line before the table', 'title.csv', `Leads of the spring fair\n\n${people}`, {
    ...PEOPLE,
    row_numbers: [4, 5, 6],
  }),
  file(
    'an explanation of several lines before the table',
    'preamble.csv',
    `"Exported on 1 March, by Ann"\n"Filter: all, sorted by name"\n\n${people}`,
    { ...PEOPLE, row_numbers: [5, 6, 7] },
  ),
  file(
    'names and values of a report before the table',
    'report.csv',
    'Report,Leads\nCreated,2026-01-14\n\nEmail,First Name,Last Name,Company,Town\nann@a.example,Ann,Lee,A Ltd,Bonn\nbob@b.example,Bob,Ray,B Ltd,Rome\ncid@c.example,Cid,Fox,C Ltd,Oslo\n',
    {
      columns: ['Email', 'First Name', 'Last Name', 'Company', 'Town'],
      rows: [
        ['ann@a.example', 'Ann', 'Lee', 'A Ltd', 'Bonn'],
        ['bob@b.example', 'Bob', 'Ray', 'B Ltd', 'Rome'],
        ['cid@c.example', 'Cid', 'Fox', 'C Ltd', 'Oslo'],
      ],
      row_numbers: [5, 6, 7],
    },
  ),
  file('comments before the table', 'comments.csv', `# made by a program\n# version 3\n${people}`, {
    ...PEOPLE,
    row_numbers: [4, 5, 6],
  }),
  file('the header again in the middle', 'glued.csv', `${people}Email,First Name,City\ndan@d.example,Dan,Ulm\n`, {
    ...PEOPLE,
    rows: [...PEOPLE.rows, ['dan@d.example', 'Dan', 'Ulm']],
    row_numbers: [2, 3, 4, 6],
    refused: { 5: 'repeated_header' },
  }),
  file(
    'full names, which become two columns more',
    'full-names.csv',
    'Email,Name\nann@a.example,Ann Lee\nbob@b.example,"van Dyk, Bob"\ncid@c.example,Mary Jane Watson\ndan@d.example,Cher\n',
    {
      columns: ['Email', 'Name'],
      rows: [
        ['ann@a.example', 'Ann Lee'],
        ['bob@b.example', 'van Dyk, Bob'],
        ['cid@c.example', 'Mary Jane Watson'],
        ['dan@d.example', 'Cher'],
      ],
      mapping: { Email: 'email', Name: 'full_name' },
    },
    {
      names: [
        ['Ann', 'Lee'],
        ['Bob', 'van Dyk'],
        ['Mary', ''],
        ['', ''],
      ],
    },
  ),
  file(
    'headers that objects treat specially',
    'proto.csv',
    'Email,__proto__,constructor,toString\nann@a.example,a,b,c\nbob@b.example,d,e,f\n',
    {
      columns: ['Email', '__proto__ (column)', 'constructor (column)', 'toString (column)'],
      rows: [
        ['ann@a.example', 'a', 'b', 'c'],
        ['bob@b.example', 'd', 'e', 'f'],
      ],
    },
  ),
  file('years as headers', 'years.csv', 'Email,2024,2025\nann@a.example,10,20\nbob@b.example,30,40\n', {
    columns: ['Email', '2024', '2025'],
    rows: [
      ['ann@a.example', '10', '20'],
      ['bob@b.example', '30', '40'],
    ],
  }),
  file(
    'a header and nothing else',
    'header-only.csv',
    'Email,First Name,City\n',
    { columns: ['Email', 'First Name', 'City'], rows: [] },
    {
      upload: { status: 422, says: /header and no rows/ },
    },
  ),

  // Content
  file('NUL bytes', 'nul.csv', 'Email,Name\nann@a.example,A\0nn\nbob@b.example,Bob\n', {
    columns: ['Email', 'Name'],
    rows: [
      ['ann@a.example', 'Ann'],
      ['bob@b.example', 'Bob'],
    ],
    noticed: { 2: 'nul_byte' },
  }),
  file(
    'emoji and names from right to left',
    'emoji.csv',
    'Email,Name,Note\nann@a.example,Ann 👩‍👩‍👧,😀\navi@b.example,אבי כהן,שלום\nlaila@c.example,ليلى حسن,مرحبا\n',
    {
      columns: ['Email', 'Name', 'Note'],
      rows: [
        ['ann@a.example', 'Ann 👩‍👩‍👧', '😀'],
        ['avi@b.example', 'אבי כהן', 'שלום'],
        ['laila@c.example', 'ليلى حسن', 'مرحبا'],
      ],
    },
    {
      names: [
        ['', ''],
        ['אבי', 'כהן'],
        ['ليلى', 'حسن'],
      ],
    },
  ),
  file(
    'a cell of 5 MB',
    'large-cell.csv',
    () =>
      `Email,Name,Note\nann@a.example,Ann,x\nbob@b.example,Bob,"${'long text, '.repeat(500_000)}"\ncid@c.example,Cid,y\n`,
    {
      columns: ['Email', 'Name', 'Note'],
      rows: [
        ['ann@a.example', 'Ann', 'x'],
        ['cid@c.example', 'Cid', 'y'],
      ],
      row_numbers: [2, 4],
      refused: { 3: 'record_too_large' },
    },
  ),
  file(
    'formulas',
    'formulas.csv',
    'Email,Name\nann@a.example,"=HYPERLINK(""http://x.example"",""Ann"")"\nbob@b.example,+Bob\ncid@c.example,@cid\n',
    {
      columns: ['Email', 'Name'],
      rows: [
        ['ann@a.example', '=HYPERLINK("http://x.example","Ann")'],
        ['bob@b.example', '+Bob'],
        ['cid@c.example', '@cid'],
      ],
    },
  ),
  file(
    'leading zeros, long numbers and exponents as they were written',
    'numbers.csv',
    'Email,Zip,Phone,Account\nann@a.example,01234,+491701234567,123456789012345678901\nbob@b.example,00501,0049170123,1.5E+10\n',
    {
      columns: ['Email', 'Zip', 'Phone', 'Account'],
      rows: [
        ['ann@a.example', '01234', '+491701234567', '123456789012345678901'],
        ['bob@b.example', '00501', '0049170123', '1.5E+10'],
      ],
    },
  ),
  file(
    'JSON in cells',
    'json-cells.csv',
    'Email,Data,Town\nann@a.example,"{""a"": [1, 2], ""b"": ""c;d""}",Bonn\nbob@b.example,"{""a"": []}",Rome\n',
    {
      columns: ['Email', 'Data', 'Town'],
      rows: [
        ['ann@a.example', '{"a": [1, 2], "b": "c;d"}', 'Bonn'],
        ['bob@b.example', '{"a": []}', 'Rome'],
      ],
    },
  ),
  file(
    'links with every delimiter in them',
    'links.csv',
    'Email|Link|Town\nann@a.example|https://x.example/a;b,c?d=e:f#g|Bonn\nbob@b.example|https://y.example/?a=1,2;3|Rome\n',
    {
      columns: ['Email', 'Link', 'Town'],
      rows: [
        ['ann@a.example', 'https://x.example/a;b,c?d=e:f#g', 'Bonn'],
        ['bob@b.example', 'https://y.example/?a=1,2;3', 'Rome'],
      ],
    },
  ),
  file(
    'times and colons beside semicolons',
    'times.csv',
    'Email;Created;Ratio\nann@a.example;2026-01-14 08:30:00;1:2\nbob@b.example;2026-01-15 09:45:10;3:4\n',
    {
      columns: ['Email', 'Created', 'Ratio'],
      rows: [
        ['ann@a.example', '2026-01-14 08:30:00', '1:2'],
        ['bob@b.example', '2026-01-15 09:45:10', '3:4'],
      ],
    },
  ),

  // No tables
  file('nothing at all', 'empty.csv', '', { status: 422, says: /^empty\.csv: .*empty/ }),
  file('nothing but spaces and line ends', 'spaces.csv', ' \r\n\r\n  \n', {
    status: 422,
    says: /^spaces\.csv: .*empty/,
  }),
  file('a web page', 'page.csv', '<!DOCTYPE html>\n<html><body><table><tr><td>a</td></tr></table></body></html>', {
    status: 415,
    says: /^page\.csv: .*HTML/,
  }),
  file('JSON', 'leads.json', '[\n  {"email": "ann@a.example"}\n]', { status: 415, says: /^leads\.json: .*JSON/ }),
  file('XML', 'leads.xml', '<?xml version="1.0"?>\n<leads><lead email="ann@a.example"/></leads>', {
    status: 415,
    says: /XML/,
  }),
  file('a PDF', 'leads.pdf', '%PDF-1.7\n%âãÏÓ\n1 0 obj\n', { status: 415, says: /PDF/ }),
  file('a picture', 'leads.png', bytes([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], new Array(200).fill(3)), {
    status: 415,
    says: /not text/,
  }),
  file('gzip', 'leads.csv.gz', bytes([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], new Array(20).fill(0)), {
    status: 415,
    says: /gzip/,
  }),
  file('UTF-32', 'utf32.csv', iconv.encode(`\ufeff${people}`, 'utf-32le'), { status: 415, says: /UTF-32/ }),
]
