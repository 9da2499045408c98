import type { AwkwardFile, RightRefusal, RightTable } from './awkward-file.ts'
import {
  type Cell,
  letters,
  type SheetSpec,
  type WorkbookSpec,
  workbookParts,
  writeWorkbook,
} from './write-workbook.ts'
import { writeZip } from './write-zip.ts'

const HEADER: Cell[] = ['Email', 'First Name', 'City']
const BODY: Cell[][] = [
  ['ann@a.example', 'Ann', 'Berlin'],
  ['bob@b.example', 'Bob', 'Oslo'],
]
const PEOPLE: RightTable = {
  columns: ['Email', 'First Name', 'City'],
  rows: [
    ['ann@a.example', 'Ann', 'Berlin'],
    ['bob@b.example', 'Bob', 'Oslo'],
  ],
}
const people: SheetSpec = { name: 'People', rows: [HEADER, ...BODY] }

const book = (
  about: string,
  filename: string,
  spec: WorkbookSpec | SheetSpec | (() => Buffer),
  right: RightTable | RightRefusal,
  more: Partial<AwkwardFile> = {},
): AwkwardFile => ({
  about,
  filename,
  content: () => (typeof spec === 'function' ? spec() : writeWorkbook('sheets' in spec ? spec : { sheets: [spec] })),
  right,
  ...more,
})

/** A sheet of one more column, for what a single kind of cell becomes. */
const cells = (
  about: string,
  filename: string,
  pairs: [Cell, string][],
  more: Partial<WorkbookSpec> = {},
): AwkwardFile =>
  book(
    about,
    filename,
    {
      sheets: [
        {
          name: 'Cells',
          rows: [['Email', 'Value'], ...pairs.map(([cell], index): Cell[] => [`p${index}@a.example`, cell])],
        },
      ],
      ...more,
    },
    { columns: ['Email', 'Value'], rows: pairs.map(([, text], index) => [`p${index}@a.example`, text]) },
  )

const date = (number: number | string, format: string): Cell => ({ number, format })

/** The container of old Office files ([MS-CFB]): header, one sector of allocation, one of directory. */
const oldContainer = (stream: string): Buffer => {
  const header = Buffer.alloc(512)
  Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]).copy(header)
  header.writeUInt16LE(0x3e, 24)
  header.writeUInt16LE(3, 26)
  header.writeUInt16LE(0xfffe, 28)
  header.writeUInt16LE(9, 30)
  header.writeUInt16LE(6, 32)
  header.writeUInt32LE(1, 44)
  header.writeUInt32LE(1, 48)
  header.writeUInt32LE(4096, 56)
  const allocation = Buffer.alloc(512, 0xff)
  const directory = Buffer.alloc(512)
  for (const [index, name] of ['Root Entry', stream].entries()) {
    directory.write(name, index * 128, 'utf16le')
    directory.writeUInt16LE((name.length + 1) * 2, index * 128 + 64)
    directory[index * 128 + 66] = index === 0 ? 5 : 2
  }
  return Buffer.concat([header, allocation, directory, Buffer.alloc(2048, 7)])
}

const withPart = (name: string, content: string | Buffer): Buffer =>
  writeZip(workbookParts({ sheets: [people] }).map((part) => (part.name === name ? { name, content } : part)))

const withoutPart = (name: string): Buffer =>
  writeZip(workbookParts({ sheets: [people] }).filter((part) => part.name !== name))

const sheetOf = (rows: string): string =>
  `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows}</sheetData></worksheet>`

const SHEET = 'xl/worksheets/sheet1.xml'
const bigText = 'long text, '.repeat(500_000)

/** Workbooks and what pretends to be one. Each with its right reading, which no program computed. */
export const workbookFiles: AwkwardFile[] = [
  // How text is stored
  book('text in the cells', 'inline.xlsx', people, PEOPLE),
  book(
    'text in shared strings, rich text and phonetic hints among them',
    'shared.xlsx',
    {
      rawStrings: [
        '<si><r><rPr><b/></rPr><t>An</t></r><r><t xml:space="preserve">n &amp; Co</t></r></si>',
        '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>',
      ],
      sheets: [
        {
          name: 'People',
          rows: [
            [{ shared: 'Email' }, { shared: 'First Name' }, { shared: 'City' }],
            [{ shared: 'ann@a.example' }, { raw: '<v>0</v>', type: 's' }, { raw: '<v>1</v>', type: 's' }],
          ],
        },
      ],
    },
    { columns: ['Email', 'First Name', 'City'], rows: [['ann@a.example', 'Ann & Co', '東京']] },
  ),
  cells('characters that XML cannot hold', 'escapes.xlsx', [
    ['one_x000D_\ntwo', 'one\ntwo'],
    ['_x005F_x000D_', '_x000D_'],
    [{ raw: '<is><t><![CDATA[a < b & c]]></t></is>', type: 'inlineStr' }, 'a < b & c'],
    [{ raw: '<is><t>&#128512; &lt;b&gt; &quot;</t></is>', type: 'inlineStr' }, '😀 <b> "'],
  ]),
  cells('emoji and names from right to left', 'emoji.xlsx', [
    ['Ann 👩‍👩‍👧', 'Ann 👩‍👩‍👧'],
    [{ shared: 'אבי כהן' }, 'אבי כהן'],
    [{ shared: 'ليلى حسن' }, 'ليلى حسن'],
  ]),
  book(
    'a NUL in a cell',
    'nul.xlsx',
    { name: 'People', rows: [HEADER, ['ann@a.example', 'A_x0000_nn', 'Berlin']] },
    {
      columns: ['Email', 'First Name', 'City'],
      rows: [['ann@a.example', 'Ann', 'Berlin']],
      noticed: { 2: 'nul_byte' },
    },
  ),

  // Numbers
  cells('numbers without the noise of binary fractions', 'noise.xlsx', [
    [{ raw: '<v>0.30000000000000004</v>' }, '0.3'],
    [{ raw: '<v>1.1000000000000001</v>' }, '1.1'],
    [{ raw: '<v>19.989999999999998</v>' }, '19.99'],
    [-0.5, '-0.5'],
    [0, '0'],
    [{ raw: '<v>1E-7</v>' }, '0.0000001'],
  ]),
  cells('long numbers without exponents', 'long-numbers.xlsx', [
    [{ raw: '<v>4.91701234567E+11</v>' }, '491701234567'],
    [{ raw: '<v>1.5E+20</v>' }, '150000000000000000000'],
    [{ raw: '<v>12345678901234567890</v>' }, '12345678901234567890'],
    [491701234567, '491701234567'],
    [{ raw: '<v>-1.25E+3</v>' }, '-1250'],
  ]),
  cells('percentages', 'percent.xlsx', [
    [{ number: 0.25, format: '0%' }, '25%'],
    [{ number: 0.1234, format: '0.00%' }, '12.34%'],
    [{ number: 0.07, format: '0%' }, '7%'],
    [{ number: 1.5, format: '0%' }, '150%'],
  ]),
  cells('postal codes with leading zeros', 'zip.xlsx', [
    [{ number: 501, format: '00000' }, '00501'],
    [{ number: 1234, format: '00000' }, '01234'],
    [{ number: 99999, format: '00000' }, '99999'],
    ['00501', '00501'],
  ]),
  cells('money and units', 'money.xlsx', [
    [{ number: 1234.5, format: '#,##0.00 "€"' }, '1234.5'],
    [{ number: -7, format: '#,##0;[Red]-#,##0' }, '-7'],
    [{ number: 3, format: '0" days"' }, '3'],
    [{ number: 12, format: '[$$-409]#,##0' }, '12'],
    [{ number: 5, format: 'General' }, '5'],
  ]),
  cells('truth values', 'booleans.xlsx', [
    [true, 'TRUE'],
    [false, 'FALSE'],
  ]),

  // Dates
  cells('dates from 1900', 'dates-1900.xlsx', [
    [date(45351, 'dd/mm/yyyy'), '2024-02-29'],
    [date(45352.520833333336, 'yyyy-mm-dd hh:mm'), '2024-03-01T12:30:00'],
    [date(1, 'd.m.yy'), '1900-01-01'],
    [date(59, 'd.m.yy'), '1900-02-28'],
    [date(61, 'd.m.yy'), '1900-03-01'],
    [date(2958465, 'yyyy'), '9999-12-31'],
    [date(45351, '[$-407]d. mmmm yyyy;@'), '2024-02-29'],
    [date(45351, 'mmm-yy'), '2024-02-29'],
    [date(45292.999988425923, 'yyyy-mm-dd hh:mm:ss'), '2024-01-01T23:59:59'],
  ]),
  cells('serial numbers that are no days', 'no-days.xlsx', [
    [date(60, 'd.m.yy'), '60'],
    [date(0, 'd.m.yy'), '0'],
    [date(-5, 'd.m.yy'), '-5'],
    [date(2958466, 'd.m.yy'), '2958466'],
  ]),
  cells(
    'dates from 1904',
    'dates-1904.xlsx',
    [
      [date(43889, 'dd/mm/yyyy'), '2024-02-29'],
      [date(0, 'd.m.yy'), '1904-01-01'],
      [date(43890.25, 'yyyy-mm-dd hh:mm'), '2024-03-01T06:00:00'],
    ],
    { is1904: true },
  ),
  cells('times and durations', 'times.xlsx', [
    [date(0.5, 'h:mm'), '12:00:00'],
    [date(0.75, 'h:mm AM/PM'), '18:00:00'],
    [date(1.5, '[h]:mm:ss'), '36:00:00'],
    [date('0.52083333333333337', 'hh:mm:ss'), '12:30:00'],
    [date('0.000011574074074074073', 'mm:ss.0'), '00:00:01.0'],
  ]),
  cells('dates as text of the standard', 'iso.xlsx', [
    [{ raw: '<v>2024-02-29T12:30:00Z</v>', type: 'd' }, '2024-02-29T12:30:00Z'],
    [{ raw: '<v>2024-02-29</v>', type: 'd' }, '2024-02-29'],
  ]),

  // Formulas
  cells('formulas by their results', 'formulas.xlsx', [
    [{ raw: '<f>1+1</f><v>2</v>' }, '2'],
    [{ raw: '<f>A1&amp;"x"</f><v>Emailx</v>', type: 'str' }, 'Emailx'],
    [{ raw: '<f>TODAY()</f><v>45351</v>', format: 'dd/mm/yyyy' }, '2024-02-29'],
    [{ raw: '<f t="shared" ref="B5:B6" si="0">1</f><v>1</v>' }, '1'],
    [{ raw: '<f>1=1</f><v>1</v>', type: 'b' }, 'TRUE'],
    [{ raw: '<f>""</f><v></v>', type: 'str' }, ''],
  ]),
  book(
    'formulas without results and errors',
    'errors.xlsx',
    {
      name: 'People',
      rows: [
        HEADER,
        ['ann@a.example', { raw: '<f>VLOOKUP(A2,X!A:B,2)</f><v>#N/A</v>', type: 'e' }, 'Berlin'],
        ['bob@b.example', { raw: '<f>A1</f>' }, 'Oslo'],
        ['cid@c.example', 'Cid', { raw: '<v>#REF!</v>', type: 'e' }],
      ],
    },
    {
      columns: ['Email', 'First Name', 'City'],
      rows: [
        ['ann@a.example', '', 'Berlin'],
        ['bob@b.example', '', 'Oslo'],
        ['cid@c.example', 'Cid', ''],
      ],
      noticed: { 2: 'cell_error', 3: 'formula_without_result', 4: 'cell_error' },
    },
  ),
  book(
    'rows of formulas that no program has computed',
    'uncomputed.xlsx',
    {
      name: 'People',
      rows: [
        HEADER,
        ['ann@a.example', 'Ann', 'Berlin'],
        [{ raw: '<f>LOWER(A2)</f>' }, { raw: '<f>B2</f>' }, { raw: '<f>C2</f>' }],
        [{ raw: '<f>IF(A2="","","")</f><v></v>', type: 'str' }, null, null],
        ['bob@b.example', { raw: '<f>B2</f>' }, 'Oslo'],
      ],
    },
    {
      columns: ['Email', 'First Name', 'City'],
      rows: [
        ['ann@a.example', 'Ann', 'Berlin'],
        ['bob@b.example', '', 'Oslo'],
      ],
      row_numbers: [2, 5],
      refused: { 3: 'missing_email' },
      noticed: { 5: 'formula_without_result' },
    },
  ),

  // Shape
  book(
    'a header of two merged rows',
    'merged.xlsx',
    {
      name: 'People',
      rows: [
        ['Contact', null, 'Company', null, 'Country'],
        ['First Name', 'Email', 'Name', 'Domain', null],
        ['Ann', 'ann@a.example', 'A Ltd', 'a.example', 'DE'],
        ['Bob', 'bob@b.example', 'B Ltd', 'b.example', 'NO'],
      ],
      merged: ['A1:B1', 'C1:D1', 'E1:E2'],
    },
    {
      columns: ['Contact First Name', 'Contact Email', 'Company Name', 'Company Domain', 'Country'],
      rows: [
        ['Ann', 'ann@a.example', 'A Ltd', 'a.example', 'DE'],
        ['Bob', 'bob@b.example', 'B Ltd', 'b.example', 'NO'],
      ],
      row_numbers: [3, 4],
      mapping: {
        'Contact First Name': 'first_name',
        'Contact Email': 'email',
        'Company Name': 'company_name',
        'Company Domain': 'company_domain',
        Country: 'country',
      },
    },
  ),
  book(
    'a merged title, blank rows and a header of three merged rows',
    'title.xlsx',
    {
      name: 'Report',
      rows: [
        ['Leads of the spring fair'],
        { at: 4, cells: ['Persönliche Angaben', null, null, 'Firma'] },
        { at: 5, cells: ['Name', null, 'E-Mail', 'Firma'] },
        { at: 6, cells: ['Vorname', 'Nachname'] },
        { at: 7, cells: ['Ann', 'Lee', 'ann@a.example', 'A GmbH'] },
        { at: 8, cells: ['Bob', 'Ray', 'bob@b.example', 'B GmbH'] },
      ],
      merged: ['A1:D1', 'A4:C4', 'D4:D6', 'A5:B5', 'C5:C6'],
    },
    {
      columns: [
        'Persönliche Angaben Name Vorname',
        'Persönliche Angaben Name Nachname',
        'Persönliche Angaben E-Mail',
        'Firma',
      ],
      rows: [
        ['Ann', 'Lee', 'ann@a.example', 'A GmbH'],
        ['Bob', 'Ray', 'bob@b.example', 'B GmbH'],
      ],
      row_numbers: [7, 8],
      mapping: {
        'Persönliche Angaben Name Vorname': 'first_name',
        'Persönliche Angaben Name Nachname': 'last_name',
        'Persönliche Angaben E-Mail': 'email',
        Firma: 'company_name',
      },
    },
  ),
  book(
    'a merged cell in a header that has one row',
    'merged-once.xlsx',
    {
      name: 'People',
      rows: [
        ['Email', 'Phone', null, 'City'],
        ['ann@a.example', '030 123456', '0171 234567', 'Berlin'],
        ['bob@b.example', '040 123456', '0172 234567', 'Oslo'],
      ],
      merged: ['B1:C1'],
    },
    {
      columns: ['Email', 'Phone', 'column_3', 'City'],
      rows: [
        ['ann@a.example', '030 123456', '0171 234567', 'Berlin'],
        ['bob@b.example', '040 123456', '0172 234567', 'Oslo'],
      ],
    },
  ),
  book(
    'a table that begins at C5',
    'offset.xlsx',
    {
      name: 'People',
      rows: [
        { at: 5, cells: HEADER, from: 'C' },
        { at: 6, cells: BODY[0] as Cell[], from: 'C' },
        { at: 9, cells: BODY[1] as Cell[], from: 'C' },
      ],
    },
    {
      columns: ['column_1', 'column_2', 'Email', 'First Name', 'City'],
      rows: [
        ['', '', 'ann@a.example', 'Ann', 'Berlin'],
        ['', '', 'bob@b.example', 'Bob', 'Oslo'],
      ],
      row_numbers: [6, 9],
    },
  ),
  book('rows and cells without their numbers', 'bare.xlsx', { sheets: [people], withoutReferences: true }, PEOPLE),
  book('every element in a namespace prefix', 'prefix.xlsx', { sheets: [people], prefix: 'x' }, PEOPLE),
  book('the strict form of the standard', 'strict.xlsx', { sheets: [people], strict: true }, PEOPLE),
  book('a sheet in UTF-16', 'utf16.xlsx', { sheets: [people], encoding: 'utf-16le' }, PEOPLE),
  book(
    'parts that are stored, not compressed',
    'stored.xlsx',
    () => writeZip(workbookParts({ sheets: [people] }), { stored: true }),
    PEOPLE,
  ),
  book(
    'no header',
    'no-header.xlsx',
    { name: 'People', rows: BODY },
    { columns: ['column_1', 'column_2', 'column_3'], rows: PEOPLE.rows, row_numbers: [1, 2] },
  ),
  book(
    'headers twice and empty',
    'twice.xlsx',
    {
      name: 'People',
      rows: [
        ['Email', 'Name', 'Name', null],
        ['ann@a.example', 'Ann', 'Lee', 'x'],
        ['bob@b.example', 'Bob', 'Ray', 'y'],
        ['cid@c.example', 'Cid', 'Fox', 'z'],
      ],
    },
    {
      columns: ['Email', 'Name', 'Name (2)', 'column_4'],
      rows: [
        ['ann@a.example', 'Ann', 'Lee', 'x'],
        ['bob@b.example', 'Bob', 'Ray', 'y'],
        ['cid@c.example', 'Cid', 'Fox', 'z'],
      ],
    },
  ),
  book(
    'a remark beside the table',
    'remark.xlsx',
    { name: 'People', rows: [HEADER, [...(BODY[0] as Cell[]), null, null, 'ask Ann about this'], BODY[1] as Cell[]] },
    { ...PEOPLE, noticed: { 2: 'outside_table' } },
  ),
  book(
    'all 16,384 columns, nearly all empty',
    'widest.xlsx',
    {
      name: 'People',
      rows: [
        HEADER,
        ...Array.from({ length: 300 }, (_, index): Cell[] => [`p${index}@a.example`]),
        { at: 400, cells: ['out here'], from: 'XFD' },
        { at: 401, cells: ['last@a.example', 'Last', 'Rome'] },
      ],
    },
    {
      columns: ['Email', 'First Name', 'City'],
      rows: [
        ...Array.from({ length: 300 }, (_, index) => [`p${index}@a.example`, '', '']),
        ['last@a.example', 'Last', 'Rome'],
      ],
      row_numbers: [...Array.from({ length: 300 }, (_, index) => index + 2), 401],
      refused: { 400: 'missing_email' },
    },
  ),
  book(
    '10,000 columns',
    'wide.xlsx',
    {
      name: 'People',
      rows: [
        ['Email', ...Array.from({ length: 9_999 }, (_, index) => `Field ${letters(index + 2)}`)],
        ['ann@a.example', ...Array.from({ length: 9_999 }, (_, index) => index)],
      ],
    },
    {
      columns: ['Email', ...Array.from({ length: 9_999 }, (_, index) => `Field ${letters(index + 2)}`)],
      rows: [['ann@a.example', ...Array.from({ length: 9_999 }, (_, index) => String(index))]],
    },
  ),
  book(
    'a cell of 5 MB',
    'large-cell.xlsx',
    { name: 'People', rows: [HEADER, BODY[0] as Cell[], ['cid@c.example', 'Cid', bigText], BODY[1] as Cell[]] },
    { ...PEOPLE, row_numbers: [2, 4], refused: { 3: 'record_too_large' } },
  ),
  book(
    'a shared string of 5 MB in a thousand cells',
    'large-shared.xlsx',
    {
      rawStrings: [`<si><t>${bigText}</t></si>`],
      sheets: [
        {
          name: 'People',
          rows: [
            HEADER,
            ...Array.from({ length: 1000 }, (_, index): Cell[] => [
              `p${index}@a.example`,
              'P',
              { raw: '<v>0</v>', type: 's' },
            ]),
            BODY[0] as Cell[],
          ],
        },
      ],
    },
    {
      columns: ['Email', 'First Name', 'City'],
      rows: [['ann@a.example', 'Ann', 'Berlin']],
      row_numbers: [1002],
      refused: Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [index + 2, 'record_too_large'])),
    },
  ),
  book(
    'a million formatted cells without a value',
    'formatted.xlsx',
    () =>
      withPart(
        SHEET,
        sheetOf(
          `<row r="1"><c r="A1" t="inlineStr"><is><t>Email</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>ann@a.example</t></is></c></row>${Array.from({ length: 50_000 }, (_, index) => `<row r="${index + 3}">${'<c s="1"/>'.repeat(20)}</row>`).join('')}`,
        ),
      ),
    { columns: ['Email'], rows: [['ann@a.example']] },
  ),

  // Sheets
  book(
    'a hidden sheet first',
    'hidden.xlsx',
    {
      sheets: [
        { name: 'Lists', state: 'veryHidden', rows: [['a'], ['b']] },
        { name: 'Old', state: 'hidden', rows: [['Email'], ['old@a.example']] },
        people,
      ],
    },
    PEOPLE,
    { sheet: 'People' },
  ),
  book('an empty sheet first', 'empty-first.xlsx', { sheets: [{ name: 'Cover', rows: [] }, people] }, PEOPLE, {
    sheet: 'People',
  }),
  book(
    'several sheets with other headers',
    'several.xlsx',
    {
      sheets: [
        {
          name: 'Germany',
          rows: [
            ['E-Mail', 'Vorname', 'Stadt'],
            ['jo@a.example', 'Jo', 'Köln'],
          ],
        },
        { name: 'Notes', rows: [['Remark'], ['nothing to see']] },
        { name: 'Old', state: 'hidden', rows: [['Email'], ['old@a.example']] },
        {
          name: '2024',
          rows: [
            ['Town', 'Email address', 'Budget'],
            ['Oslo', 'bob@b.example', 10],
          ],
        },
      ],
    },
    { columns: ['E-Mail', 'Vorname', 'Stadt'], rows: [['jo@a.example', 'Jo', 'Köln']] },
    {
      sheet: 'Germany',
      fields: { process_all_sheets: 'true' },
      dataset: {
        columns: ['E-Mail', 'Vorname', 'Stadt', 'Budget', 'Sheet'],
        rows: [
          ['jo@a.example', 'Jo', 'Köln', '', 'Germany'],
          ['bob@b.example', '', 'Oslo', '10', '2024'],
        ],
      },
    },
  ),
  book(
    'a header row that a person names',
    'named-header.xlsx',
    {
      name: 'Export',
      rows: [
        ['a', 'b'],
        ['c', 'd'],
        ['Mail', 'Who'],
        ['ann@a.example', 'Ann'],
        ['bob@b.example', 'Bob'],
      ],
    },
    {
      columns: ['a', 'b'],
      rows: [
        ['c', 'd'],
        ['Mail', 'Who'],
        ['ann@a.example', 'Ann'],
        ['bob@b.example', 'Bob'],
      ],
    },
    {
      fields: {
        sheet_config: JSON.stringify({
          Export: { header_row: 3, column_mapping: { Mail: 'email', Who: 'first_name' } },
        }),
      },
      dataset: {
        columns: ['Mail', 'Who'],
        rows: [
          ['ann@a.example', 'Ann'],
          ['bob@b.example', 'Bob'],
        ],
      },
    },
  ),
  book(
    'a header and nothing else',
    'header-only.xlsx',
    { name: 'People', rows: [HEADER] },
    { columns: ['Email', 'First Name', 'City'], rows: [] },
    {
      upload: { status: 422, says: /header and no rows/ },
    },
  ),

  // No workbooks
  book(
    'a CSV file under a wrong name',
    'renamed.xlsx',
    () => Buffer.from('Email,First Name,City\nann@a.example,Ann,Berlin\nbob@b.example,Bob,Oslo\n'),
    PEOPLE,
    {
      upload: { status: 415, says: /^renamed\.xlsx: .*text.*upload it as CSV/ },
    },
  ),
  book(
    'a web page under a wrong name',
    'page.xlsx',
    () => Buffer.from('<html><body><table><tr><td>Email</td></tr></table></body></html>'),
    {
      status: 415,
      says: /^page\.xlsx: .*HTML/,
    },
  ),
  book(
    'a workbook of 2003 in XML',
    'old-xml.xls',
    () => Buffer.from('<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'),
    {
      status: 415,
      says: /XML/,
    },
  ),
  book('an old .xls', 'old.xls', () => oldContainer('Workbook'), { status: 415, says: /^old\.xls: .*\.xls/ }),
  book('a password', 'secret.xlsx', () => oldContainer('EncryptedPackage'), {
    status: 415,
    says: /^secret\.xlsx: .*password/,
  }),
  book(
    'a ZIP archive with a password',
    'zip-secret.xlsx',
    () => writeZip(workbookParts({ sheets: [people] }), { encrypted: true }),
    { status: 415, says: /password/ },
  ),
  book(
    'a binary workbook',
    'binary.xlsb',
    () =>
      writeZip([
        { name: '[Content_Types].xml', content: '' },
        { name: 'xl/workbook.bin', content: '' },
      ]),
    { status: 415, says: /\.xlsb/ },
  ),
  book(
    'an OpenDocument sheet',
    'open.ods',
    () => writeZip([{ name: 'mimetype', content: 'application/vnd.oasis.opendocument.spreadsheet' }], { stored: true }),
    { status: 415, says: /\.ods/ },
  ),
  book(
    'a letter',
    'letter.docx',
    () =>
      writeZip([
        { name: '[Content_Types].xml', content: '' },
        {
          name: '_rels/.rels',
          content:
            '<Relationships><Relationship Id="a" Type="x/officeDocument" Target="word/document.xml"/></Relationships>',
        },
        { name: 'word/document.xml', content: '<w/>' },
      ]),
    { status: 415, says: /no Excel workbook/ },
  ),
  book(
    'a ZIP archive of CSV',
    'leads.zip',
    () => writeZip([{ name: 'leads.csv', content: 'Email\nann@a.example\n' }]),
    { status: 415, says: /ZIP archive/ },
  ),
  book('no sheets', 'no-sheets.xlsx', { sheets: [] }, { status: 422, says: /^no-sheets\.xlsx: .*no sheet/ }),
  book(
    'sheets without cells',
    'blank.xlsx',
    {
      sheets: [
        { name: 'One', rows: [] },
        { name: 'Two', rows: [[null]] },
      ],
    },
    { status: 422, says: /no sheet with cells/ },
  ),
  book('cut off in the middle', 'cut.xlsx', () => writeWorkbook({ sheets: [people] }).subarray(0, 900), {
    status: 422,
    says: /^cut\.xlsx: .*damaged/,
  }),
  book(
    'a checksum that is wrong',
    'checksum.xlsx',
    () => writeZip(workbookParts({ sheets: [people] }), { damage: 'checksum' }),
    { status: 422, says: /checksum/ },
  ),
  book(
    'bytes overwritten',
    'overwritten.xlsx',
    () => writeZip(workbookParts({ sheets: [people] }), { damage: 'content' }),
    { status: 422, says: /damaged/ },
  ),
  book('a missing workbook part', 'missing.xlsx', () => withoutPart('xl/workbook.xml'), {
    status: 422,
    says: /damaged.*xl\/workbook\.xml/,
  }),
  book(
    'XML that ends in the middle',
    'broken-xml.xlsx',
    () =>
      withPart(
        SHEET,
        '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Email</t></is></c></row><row r="2"><c r="A2" t="inlin',
      ),
    { status: 422, says: /^broken-xml\.xlsx: .*damaged.*sheet1\.xml.*"People".*row 2/ },
  ),
  book(
    'entities that expand without end',
    'entities.xlsx',
    () =>
      withPart(
        SHEET,
        `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>`,
      ),
    { status: 422, says: /damaged/ },
  ),
  book(
    'a bomb: 160 MB of zeros in 160 KB',
    'bomb.xlsx',
    () =>
      withPart(SHEET, sheetOf(`<row r="1"><c r="A1" t="inlineStr"><is><t>${'0'.repeat(160 << 20)}</t></is></c></row>`)),
    { status: 413, says: /^bomb\.xlsx: .*(unpacks to|text of more than)/ },
  ),
  book(
    'a bomb of rows',
    'row-bomb.xlsx',
    () => {
      const real = Array.from(
        { length: 200 },
        (_, index) => `<row><c t="inlineStr"><is><t>p${index}@a.example</t></is></c></row>`,
      )
      return withPart(SHEET, sheetOf(`${real.join('')}${'<row><c><v>1</v></c></row>'.repeat(3_000_000)}`))
    },
    { status: 413, says: /^row-bomb\.xlsx: .*(unpacks to more than|more than 30000 rows)/ },
    { job_says: /more than 30000 rows/ },
  ),
  book(
    'too many parts',
    'parts.xlsx',
    () =>
      writeZip(
        [
          ...workbookParts({ sheets: [people] }),
          ...Array.from({ length: 30_000 }, (_, index) => ({ name: `x/${index}`, content: '' })),
        ],
        { stored: true },
      ),
    { status: 415, says: /too many parts/ },
  ),
  book(
    'more rows than this instance reads',
    'too-long.xlsx',
    () =>
      withPart(
        SHEET,
        sheetOf(
          `<row><c t="inlineStr"><is><t>Email</t></is></c></row>${Array.from({ length: 30_001 }, (_, index) => `<row><c t="inlineStr"><is><t>p${index}@a.example</t></is></c></row>`).join('')}`,
        ),
      ),
    { status: 413, says: /^too-long\.xlsx: .*"People".*30000 rows.*IMPORT_MAX_ROWS/ },
    { job_says: /^The file has more than 30000 rows.*IMPORT_MAX_ROWS/ },
  ),
  book(
    '10,200 rows in two sheets, for the job',
    'for-the-job.xlsx',
    {
      sheets: ['One', 'Two'].map((name) => ({
        name,
        rows: [
          ['Email', 'Number'],
          ...Array.from({ length: 5_100 }, (_, index): Cell[] => [
            `${name.toLowerCase()}${index}@a.example`,
            index / 10,
          ]),
        ],
      })),
    },
    {
      columns: ['Email', 'Number'],
      rows: Array.from({ length: 5_100 }, (_, index) => [`one${index}@a.example`, String(index / 10)]),
    },
    {
      sheet: 'One',
      fields: { process_all_sheets: 'true' },
      dataset: {
        columns: ['Email', 'Number', 'Sheet'],
        rows: ['One', 'Two'].flatMap((name) =>
          Array.from({ length: 5_100 }, (_, index) => [
            `${name.toLowerCase()}${index}@a.example`,
            String(index / 10),
            name,
          ]),
        ),
      },
    },
  ),
]
