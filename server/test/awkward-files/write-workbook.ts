import { writeZip, type ZipPart } from './write-zip.ts'

/**
 * A cell: text, a number, a truth value, nothing, or the very attributes and children of its element. `format` is a number
 * format code, `shared` puts text into the shared strings.
 */
export type Cell =
  | string
  | number
  | boolean
  | null
  | { raw: string; type?: string; format?: string }
  | { number: number | string; format: string }
  | { shared: string }

export type SheetSpec = {
  name: string
  state?: 'hidden' | 'veryHidden'
  /** Rows in order; `at` puts one at a row of its own number, `from` begins it in another column. */
  rows: (Cell[] | { at: number; cells: Cell[]; from?: string })[]
  merged?: string[]
}

export type WorkbookSpec = {
  sheets: SheetSpec[]
  is1904?: boolean
  /** Elements of the shared strings beside those of `shared` cells, as they stand in the file, in front of them. */
  rawStrings?: string[]
  /** Cells and rows without their references, as some programs write them. */
  withoutReferences?: boolean
  /** Every element in a prefix of its own, as the standard allows. */
  prefix?: string
  /** The strict form of the standard has other namespaces. */
  strict?: boolean
  encoding?: 'utf-16le'
}

const xmlText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

export const letters = (column: number): string =>
  column <= 26
    ? String.fromCharCode(64 + column)
    : letters(Math.floor((column - 1) / 26)) + letters(((column - 1) % 26) + 1)

const numberOf = (reference: string): number =>
  [...reference].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0)

const TRANSITIONAL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const STRICT = 'http://purl.oclc.org/ooxml/officeDocument/relationships'

/** The parts of a workbook (ECMA-376) as a ZIP archive, written out by hand: our own reader has no part in it. */
export const workbookParts = (spec: WorkbookSpec): ZipPart[] => {
  const strings = [...(spec.rawStrings ?? [])]
  const codes: string[] = []
  const styleOf = (format: string | undefined): string => {
    if (format === undefined) return ''
    if (!codes.includes(format)) codes.push(format)
    return ` s="${codes.indexOf(format) + 1}"`
  }
  const p = spec.prefix ? `${spec.prefix}:` : ''
  const xmlns = `xmlns${spec.prefix ? `:${spec.prefix}` : ''}="${
    spec.strict
      ? 'http://purl.oclc.org/ooxml/spreadsheetml/main'
      : 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  }"`
  const types = spec.strict ? STRICT : TRANSITIONAL
  const cellXml = (cell: Cell, column: number, row: number): string => {
    if (cell === null) return ''
    const at = spec.withoutReferences ? '' : ` r="${letters(column)}${row}"`
    if (typeof cell === 'string')
      return `<${p}c${at} t="inlineStr"><${p}is><${p}t xml:space="preserve">${xmlText(cell)}</${p}t></${p}is></${p}c>`
    if (typeof cell === 'number') return `<${p}c${at}><${p}v>${cell}</${p}v></${p}c>`
    if (typeof cell === 'boolean') return `<${p}c${at} t="b"><${p}v>${cell ? 1 : 0}</${p}v></${p}c>`
    if ('shared' in cell) {
      strings.push(`<${p}si><${p}t xml:space="preserve">${xmlText(cell.shared)}</${p}t></${p}si>`)
      return `<${p}c${at} t="s"><${p}v>${strings.length - 1}</${p}v></${p}c>`
    }
    if ('number' in cell) return `<${p}c${at}${styleOf(cell.format)}><${p}v>${cell.number}</${p}v></${p}c>`
    return `<${p}c${at}${styleOf(cell.format)}${cell.type ? ` t="${cell.type}"` : ''}>${cell.raw}</${p}c>`
  }
  const sheetParts = spec.sheets.map((sheet, index): ZipPart => {
    let number = 0
    const rows = sheet.rows.map((row) => {
      const cells = Array.isArray(row) ? row : row.cells
      number = Array.isArray(row) ? number + 1 : row.at
      const first = Array.isArray(row) || !row.from ? 1 : numberOf(row.from)
      const at = spec.withoutReferences ? '' : ` r="${number}"`
      return `<${p}row${at}>${cells.map((cell, column) => cellXml(cell, column + first, number)).join('')}</${p}row>`
    })
    const merged = sheet.merged?.length
      ? `<${p}mergeCells count="${sheet.merged.length}">${sheet.merged.map((ref) => `<${p}mergeCell ref="${ref}"/>`).join('')}</${p}mergeCells>`
      : ''
    const xml = `<?xml version="1.0" encoding="${spec.encoding === 'utf-16le' ? 'UTF-16' : 'UTF-8'}" standalone="yes"?>\n<${p}worksheet ${xmlns}><${p}sheetData>${rows.join('')}</${p}sheetData>${merged}</${p}worksheet>`
    return {
      name: `xl/worksheets/sheet${index + 1}.xml`,
      content: spec.encoding === 'utf-16le' ? Buffer.from(`\ufeff${xml}`, 'utf16le') : xml,
    }
  })
  const relations = [
    ...spec.sheets.map(
      (_, index) =>
        `<Relationship Id="rId${index + 1}" Type="${types}/worksheet" Target="worksheets/sheet${index + 1}.xml"/>`,
    ),
    `<Relationship Id="rIdStyles" Type="${types}/styles" Target="/xl/styles.xml"/>`,
    ...(strings.length
      ? [`<Relationship Id="rIdStrings" Type="${types}/sharedStrings" Target="sharedStrings.xml"/>`]
      : []),
  ]
  const sheets = spec.sheets.map(
    ({ name, state }, index) =>
      `<${p}sheet name="${xmlText(name)}" sheetId="${index + 1}"${state ? ` state="${state}"` : ''} r:id="rId${index + 1}"/>`,
  )
  return [
    {
      name: '[Content_Types].xml',
      content:
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
    },
    {
      name: '_rels/.rels',
      content: `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${types}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    },
    {
      name: 'xl/workbook.xml',
      content: `<?xml version="1.0"?><${p}workbook ${xmlns} xmlns:r="${types}">${spec.is1904 ? `<${p}workbookPr date1904="1"/>` : ''}<${p}sheets>${sheets.join('')}</${p}sheets></${p}workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${relations.join('')}</Relationships>`,
    },
    ...sheetParts,
    {
      name: 'xl/styles.xml',
      content: `<?xml version="1.0"?><${p}styleSheet ${xmlns}><${p}numFmts>${codes.map((code, index) => `<${p}numFmt numFmtId="${164 + index}" formatCode="${xmlText(code)}"/>`).join('')}</${p}numFmts><${p}cellXfs><${p}xf numFmtId="0"/>${codes.map((_, index) => `<${p}xf numFmtId="${164 + index}"/>`).join('')}</${p}cellXfs></${p}styleSheet>`,
    },
    ...(strings.length
      ? [
          {
            name: 'xl/sharedStrings.xml',
            content: `<?xml version="1.0"?><${p}sst ${xmlns}>${strings.join('')}</${p}sst>`,
          },
        ]
      : []),
  ]
}

export const writeWorkbook = (spec: WorkbookSpec): Buffer => writeZip(workbookParts(spec))
