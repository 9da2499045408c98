/**
 * One line of CSV by RFC 4180: fields with a comma, a quote or a line end are quoted, quotes doubled, CRLF at the end.
 * null and undefined are empty, dates ISO 8601, objects JSON.
 *
 * Spreadsheets run a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a formula, which makes a
 * lead's name an attack on whoever opens the export (OWASP, "CSV Injection"). Such text gets an apostrophe in front.
 * What is only a number or a phone number (`-5`, `+49 (30) 123-4`) holds no function and no cell and stays as it is.
 */
export function csvLine(values: readonly unknown[]): string {
  let line = ''
  for (let index = 0; index < values.length; index++) {
    if (index > 0) line += ','
    line += csvCell(values[index])
  }
  // A single empty field would be a blank line, which readers leave out.
  return values.length === 1 && line === '' ? '""\r\n' : `${line}\r\n`
}

/**
 * The lines of a CSV file in pieces of about 64 KB, header first. Rows come in batches, because to wait for each alone takes
 * longer than to write it. With `bom` a byte order mark comes before it, without
 * which Excel takes UTF-8 for the code page of the machine.
 */
export async function* csvPieces(
  header: readonly string[],
  batches: AsyncIterable<Iterable<readonly unknown[]>> | Iterable<Iterable<readonly unknown[]>>,
  { bom = false }: { bom?: boolean } = {},
): AsyncGenerator<string, void, undefined> {
  let piece = (bom ? '\ufeff' : '') + csvLine(header)
  for await (const rows of batches)
    for (const row of rows) {
      piece += csvLine(row)
      if (piece.length < 65_536) continue
      yield piece
      piece = ''
    }
  if (piece !== '') yield piece
}

/**
 * Takes off the apostrophe that csvLine put before a formula, so that an exported file comes back as it was. Only
 * before the characters that csvLine guards: `'t Hooft` keeps its apostrophe.
 */
export function unguardFormula(value: string): string {
  return value.charCodeAt(0) === APOSTROPHE && isFormula(value.slice(1)) ? value.slice(1) : value
}

const APOSTROPHE = 39

function csvCell(value: unknown): string {
  if (typeof value === 'string') return quoted(isFormula(value) ? `'${value}` : value)
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString()
  const json = JSON.stringify(value) ?? ''
  return quoted(isFormula(json) ? `'${json}` : json)
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) || text.startsWith(' ') || text.endsWith(' ') ? `"${text.replaceAll('"', '""')}"` : text
}

function isFormula(text: string): boolean {
  switch (text.charAt(0)) {
    case '=':
    case '@':
    case '\t':
    case '\r':
    case '\n':
    // The full-width forms are read as the ASCII ones by spreadsheets in East Asian settings.
    case '＝':
    case '＋':
    case '－':
    case '＠':
      return true
    case '+':
    case '-':
      return text.length > 40 || !/^[+-][ (]?\d[\d\s().,/-]*(e[+-]?\d+)?%?$/i.test(text)
    default:
      return false
  }
}
