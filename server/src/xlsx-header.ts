import { detectHeader, preambleLength } from './csv-dialect.ts'
import type { CsvRow } from './csv-records.ts'

/** A block of cells shown as one; all numbers count from 1, the ends belong to it. */
export type MergedRange = { top: number; bottom: number; left: number; right: number }

export type HeaderPlace = {
  /** Excel's number of the first header row, or of the first row of the table where it has no header. */
  header_row: number
  header_rows: number
}

/** How many rows a header may have. */
const DEEPEST = 5

/**
 * Where the header of a sheet stands, from its first filled rows. `given` is the row that a person named, 0 for a table
 * without a header. A header has several rows where cells of its first one are merged: down over the next (both rows belong
 * to it), or across several columns with names below. `may_be_merged` says that it is worth looking for merged cells.
 */
export const findHeader = (
  rows: CsvRow[],
  given: number | undefined,
  merged: MergedRange[] | null,
): HeaderPlace & { may_be_merged: boolean } => {
  const first = rows[0]
  if (given && !first) return { header_row: given, header_rows: 1, may_be_merged: false }
  if (given === 0 || !first) return { header_row: first?.source_row ?? 1, header_rows: 0, may_be_merged: false }
  let skipped = given === undefined ? preambleLength(rows, widthOf(rows)) : 0
  const above = rows.slice(0, skipped).findIndex(({ source_row, values }) => {
    const isOneOfSeveral = values.filter((value) => value.trim() !== '').length > 1
    return isOneOfSeveral && (merged?.some((range) => range.top === source_row && range.right > range.left) ?? true)
  })
  // A merged cell beside others is the top of the header, not a line of a report above it.
  if (merged && above !== -1) skipped = above
  const body = rows.slice(skipped)
  const header_row = given ?? body[0]?.source_row ?? 1
  const top = body.find((row) => row.source_row === header_row)
  const below = body.filter((row) => row.source_row > header_row)
  const may_be_merged = above !== -1 || (top !== undefined && hasGaps(top.values, below.slice(0, DEEPEST)))
  const depth = merged ? depthOf(header_row, merged, below) : 1
  if (given === undefined && depth === 1 && !detectHeader(body.map(({ values }) => values)))
    return { header_row, header_rows: 0, may_be_merged }
  return { header_row, header_rows: depth, may_be_merged }
}

/** The width that a fair share of the rows reach: one long remark does not make a table wide. */
const widthOf = (rows: CsvRow[]): number => {
  const widths = rows.map(({ values }) => values.length).sort((a, b) => b - a)
  return widths[Math.floor(rows.length / 10)] ?? 0
}

const hasGaps = (top: string[], below: CsvRow[]): boolean => {
  const width = Math.max(top.length, ...below.map(({ values }) => values.length))
  for (let index = 0; index < width; index++) if ((top[index] ?? '').trim() === '') return true
  return false
}

const depthOf = (headerRow: number, merged: MergedRange[], below: CsvRow[]): number => {
  let bottom = headerRow
  for (let row = headerRow; row <= bottom && row < headerRow + DEEPEST; row++)
    for (const range of merged) {
      if (range.top !== row) continue
      if (range.bottom > row) bottom = Math.max(bottom, Math.min(range.bottom, headerRow + DEEPEST - 1))
      else if (range.right > range.left && bottom === row && namesStandBelow(row, range, below)) bottom = row + 1
    }
  return bottom - headerRow + 1
}

/** Whether the row under a wide cell names columns, rather than being the first of the data. */
const namesStandBelow = (row: number, range: MergedRange, below: CsvRow[]): boolean => {
  const next = below.findIndex(({ source_row }) => source_row === row + 1)
  if (next === -1) return false
  const values = below[next]?.values ?? []
  const filled = values.slice(range.left - 1, range.right).filter((value) => value.trim() !== '')
  return filled.length > 1 && detectHeader(below.slice(next).map((one) => one.values))
}

/**
 * The names of the columns from the rows of a header, top to bottom, joined by a space: `Contact` over `Email` is `Contact
 * Email`. A cell merged across several columns stands over all of them; the same word twice counts once.
 */
export const joinedHeader = (rows: CsvRow[], merged: MergedRange[]): { names: string[]; labels: string[] } => {
  const width = Math.max(
    0,
    ...rows.map(({ source_row, values }) =>
      Math.max(values.length, ...merged.filter((range) => range.top === source_row).map(({ right }) => right)),
    ),
  )
  const parts: string[][] = Array.from({ length: width }, () => [])
  for (const { source_row, values } of rows) {
    const spread = [...values]
    for (const { top, left, right } of merged)
      if (top === source_row) for (let at = left; at < right; at++) spread[at] = values[left - 1] ?? ''
    for (const [index, part] of parts.entries()) {
      const value = (spread[index] ?? '').trim()
      if (value !== '' && part.at(-1) !== value) part.push(value)
    }
  }
  return { names: parts.map((part) => part.join(' ')), labels: parts.map((part) => part.at(-1) ?? '') }
}
