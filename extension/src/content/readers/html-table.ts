import { type FoundList, type FoundRow, type Reader, tidyTable } from '../found-list.ts'
import { isShown, linkedMail, linkedPage, oneLine, shownText } from '../page-text.ts'
import { isMailAddress } from '../value-kinds.ts'

/** Tables of HTML, with merged cells spread out, several header rows joined, and the links of cells as columns of their own. */
export const htmlTable: Reader = {
  name: 'html-table',
  title: 'Table',
  find: (page) =>
    [...page.querySelectorAll('table')].flatMap((table) => {
      const role = table.getAttribute('role')
      // Grids have their own reader, and tables that only lay a page out hold others.
      if (role === 'presentation' || role === 'none' || role === 'grid' || role === 'treegrid') return []
      if (!isShown(table) || table.querySelector('table')) return []
      const list = readTable(table)
      return list ? [list] : []
    }),
}

type TableCell = { element: Element; text: string; isHeader: boolean }

const readTable = (table: HTMLTableElement): FoundList | null => {
  const lines = spreadCells(table)
  if (!lines.length) return null
  const width = Math.max(...lines.map(({ cells }) => cells.length))
  let headers = lines.findIndex(
    ({ row, cells }) => !row.closest('thead') && !cells.every((cell) => !cell || cell.isHeader),
  )
  if (headers === -1) headers = lines.length
  const head = lines.slice(0, headers)
  const body = lines.slice(headers).filter(({ row }) => !row.closest('tfoot'))
  const columns = Array.from({ length: width }, (_, at) =>
    oneLine([...new Set(head.map(({ cells }) => cells[at]?.text ?? '').filter(Boolean))].join(' ')),
  )
  const rows: FoundRow[] = body.map(({ row, cells }) => ({
    element: row,
    values: Array.from({ length: width }, (_, at) => cells[at]?.text ?? ''),
  }))
  const linked = linkColumns(body, columns)
  for (const [index, row] of rows.entries()) for (const { values } of linked) row.values.push(values[index] ?? '')
  const { columns: names, rows: filled } = tidyTable([...columns, ...linked.map(({ name }) => name)], rows)
  const isTable = filled.length >= 2 || (filled.length === 1 && head.length > 0)
  const isWide = names.length >= 2 || filled.some(({ values }) => values.some(isMailAddress))
  if (!isTable || !isWide) return null
  return { title: titleOf(table), columns: names, rows: filled, container: table }
}

type TableLine = { row: HTMLTableRowElement; cells: (TableCell | undefined)[] }

/** The cells by their place: one that spans several columns or rows stands in each of them. */
const spreadCells = (table: HTMLTableElement): TableLine[] => {
  const rows = [...table.rows].filter(isShown)
  const lines: TableLine[] = rows.map((row) => ({ row, cells: [] }))
  for (const [index, row] of rows.entries()) {
    let at = 0
    for (const cell of row.cells) {
      const line = lines[index] as TableLine
      while (line.cells[at]) at++
      const made = { element: cell, text: isShown(cell) ? shownText(cell) : '', isHeader: cell.tagName === 'TH' }
      const width = Math.min(cell.colSpan, 200)
      const height = cell.rowSpan === 0 ? rows.length - index : Math.min(cell.rowSpan, rows.length - index)
      for (let down = 0; down < height; down++)
        for (let right = 0; right < width; right++) {
          const line = lines[index + down] as TableLine
          if (line.cells[at + right]) continue
          // A heading over several columns is each one's; a value that spans them is said once.
          line.cells[at + right] = right && !made.isHeader ? { ...made, text: '' } : made
        }
      at += width
    }
  }
  return lines
}

/** Addresses and pages that cells link to without saying them. */
const linkColumns = (body: TableLine[], columns: string[]): { name: string; values: string[] }[] => {
  const found: { name: string; values: string[] }[] = []
  for (const [at, column] of columns.entries()) {
    const cells = body.map(({ cells }) => cells[at])
    const mails = cells.map((cell) => hidden(cell, (link) => linkedMail(link)))
    if (mails.filter(Boolean).length * 2 >= body.length) found.push({ name: 'Email', values: mails })
    const pages = cells.map((cell) => hidden(cell, (link) => linkedPage(link)))
    if (new Set(pages.filter(Boolean)).size * 2 >= body.length && body.length)
      found.push({ name: `${column || 'Row'} link`, values: pages })
  }
  return found
}

const hidden = (cell: TableCell | undefined, read: (link: Element) => string | null): string => {
  const links = [...(cell?.element.querySelectorAll('a[href]') ?? [])]
  const values = [...new Set(links.map(read).filter((value) => value !== null))]
  const [value] = values
  return values.length === 1 && value && !cell?.text.includes(value) ? value : ''
}

const titleOf = (table: HTMLTableElement): string => {
  const label = table.getAttribute('aria-labelledby')
  const labelled = label ? table.ownerDocument.getElementById(label.split(/\s+/)[0] ?? '') : null
  const text =
    (table.caption && shownText(table.caption)) ||
    table.getAttribute('aria-label') ||
    (labelled && shownText(labelled)) ||
    headingBefore(table)
  return oneLine(text || '').slice(0, 100)
}

/** The nearest heading above a place, which usually says what follows. */
export const headingBefore = (place: Element): string => {
  let last = ''
  for (const heading of place.ownerDocument.querySelectorAll('h1, h2, h3, h4, [role="heading"]')) {
    if (!(place.compareDocumentPosition(heading) & Node.DOCUMENT_POSITION_PRECEDING)) break
    if (isShown(heading)) last = shownText(heading)
  }
  return last.slice(0, 100)
}
