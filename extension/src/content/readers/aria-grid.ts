import { type FoundRow, type Reader, tidyTable } from '../found-list.ts'
import { isShown, linkedMail, linkedPage, oneLine, shownText } from '../page-text.ts'
import { headingBefore } from './html-table.ts'

/** Tables that a program draws and describes by ARIA (role grid, table or treegrid), as web applications show lists. */
export const ariaGrid: Reader = {
  name: 'aria-grid',
  title: 'Grid',
  find: (page) =>
    [...page.querySelectorAll('[role="grid"], [role="treegrid"], [role="table"]')].flatMap((grid) => {
      if (!isShown(grid) || grid.querySelector('[role="grid"], [role="treegrid"], [role="table"]')) return []
      const lines = [...grid.querySelectorAll('[role="row"], tr:not([role])')].filter(isShown)
      const columns: string[] = []
      const rows: FoundRow[] = []
      for (const line of lines) {
        const cells = [...line.querySelectorAll('[role="cell"], [role="gridcell"], [role="rowheader"], td:not([role])')]
        const headers = [...line.querySelectorAll('[role="columnheader"], th:not([role])')]
        if (!cells.length)
          for (const [at, header] of headers.entries()) columns[placeOfCell(header, at)] = shownText(header)
        if (!cells.length) continue
        const values: string[] = []
        for (const [at, cell] of cells.entries()) values[placeOfCell(cell, at)] = gridCellText(cell)
        rows.push({ element: line, values })
      }
      const width = Math.max(0, columns.length, ...rows.map(({ values }) => values.length))
      for (const [at, values] of profileLinks(rows, width)) {
        columns[at] = 'Link'
        for (const [index, row] of rows.entries()) row.values[at] = values[index] ?? ''
      }
      const full = width + 1
      const table = tidyTable(
        Array.from({ length: full }, (_, at) => columns[at] ?? ''),
        rows.map(({ element, values }) => ({
          element,
          values: Array.from({ length: full }, (_, at) => values[at] ?? ''),
        })),
      )
      if (table.columns.length < 2 || !table.rows.length) return []
      const title = oneLine(grid.getAttribute('aria-label') || headingBefore(grid)).slice(0, 100)
      return [{ ...table, title, container: grid }]
    }),
}

/** Grids that draw only what is on the screen number their cells; others are counted. */
const placeOfCell = (cell: Element, counted: number): number => {
  const numbered = Number(cell.getAttribute('aria-colindex'))
  return Number.isInteger(numbered) && numbered >= 1 && numbered <= 500 ? numbered - 1 : counted
}

const gridCellText = (cell: Element): string => {
  const text = shownText(cell)
  if (text) return text
  const link = cell.querySelector('a[href]')
  return link ? (linkedMail(link) ?? linkedPage(link) ?? '') : ''
}

/** One page for each row, where most rows lead to one of their own. */
const profileLinks = (rows: FoundRow[], at: number): [number, string[]][] => {
  const pages = rows.map(({ element }) => {
    const link = element?.querySelector('a[href^="http"], a[href^="/"]')
    return (link && linkedPage(link)) || ''
  })
  return new Set(pages.filter(Boolean)).size * 2 > rows.length ? [[at, pages]] : []
}
