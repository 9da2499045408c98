import type { ColumnConflict, LeadField } from '../../column-mapping.ts'
import { type Detail, invalid, problem } from '../../http/errors.ts'
import { HeaderRowError, openWorkbook, type SheetInfo, type SheetTable, type Workbook } from '../../xlsx-reader.ts'
import { chooseMapping } from './choose-mapping.ts'
import { unreadable } from './inspect-csv.ts'
import { inspectTable, type TableInspection } from './inspect-table.ts'
import type { SheetPlan } from './open-tables.ts'
import { ignoredColumns } from './read-row.ts'
import { alignColumns, type TableShape } from './row-policy.ts'
import { columnsWithNames, isOfSplit, mappingWithNames, type NameSplit, planNameSplit } from './split-names.ts'
import { type MappingChoice, mappingOfDataset, ROWS_IN_REQUEST, type UploadedTable } from './uploaded-table.ts'

/** What a request says of the sheets. */
export type SheetChoice = {
  /** Sheet to `enabled`, `header_row` and `column_mapping`, as it came. */
  sheet_config: Record<string, unknown> | null
  process_all_sheets: boolean
}

export type WorkbookLimits = { max_bytes: number }

/** What a workbook may unpack to: XML of tables is some ten times as large as its archive. */
export const unpackedLimit = (limits: WorkbookLimits): number => limits.max_bytes * 16

type WantedSheet = { header_row?: number; column_mapping: Record<string, unknown> | null; is_named: boolean }

type ReadSheet = TableInspection & {
  sheet_name: string
  header_row: number
  header_rows: number
  mapping: Record<string, LeadField>
  split: NameSplit | null
  all_columns: { name: string; header: string; variable_name: string }[]
}

/**
 * Reads the beginning of a workbook, up to 10,001 rows of the sheets that are wanted, and settles how each is read. Without
 * any word about sheets the first visible one with cells is taken (a hidden one only where all are hidden), with
 * `process_all_sheets` every visible one that holds people, and a sheet that `sheet_config` names even when it is hidden.
 *
 * Several sheets become one table: columns of one name or of one lead field share a column, and one more column says which
 * sheet a row is from. Throws UNREADABLE_FILE, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, and VALIDATION_ERROR naming every
 * problem of sheets and mappings.
 */
export const readWorkbookTable = async (
  path: string,
  sheets: SheetChoice,
  choice: MappingChoice,
  limits: WorkbookLimits,
): Promise<UploadedTable> => {
  let workbook: Workbook
  try {
    workbook = await openWorkbook(path, { max_unpacked_bytes: unpackedLimit(limits) })
  } catch (error) {
    throw unreadable(error) ?? error
  }
  try {
    return await settleSheets(workbook, sheets, choice)
  } catch (error) {
    throw unreadable(error) ?? error
  } finally {
    await workbook.close()
  }
}

const settleSheets = async (
  workbook: Workbook,
  sheets: SheetChoice,
  { given, dataset }: MappingChoice,
): Promise<UploadedTable> => {
  const problems: Detail[] = []
  const wanted = wantedSheets(workbook.sheets, sheets, problems)
  // The other sheets are looked at nevertheless, so that one answer names all that is wrong.
  const isConfigRight = problems.length === 0
  const justOne = wanted === null
  const read: ReadSheet[] = []
  const skipped: { sheet_name: string; reason: string }[] = []
  const usedKeys = new Set<string>()
  let row_count = 0
  let whole = true
  for (const { name, is_hidden } of workbook.sheets) {
    const sheet = wanted?.get(name)
    if (justOne ? read.length > 0 || (is_hidden && workbook.sheets.some((other) => !other.is_hidden)) : !sheet) continue
    let table: SheetTable
    try {
      table = await workbook.openSheet(name, { header_row: sheet?.header_row })
    } catch (error) {
      if (!(error instanceof HeaderRowError)) throw error
      problems.push({ loc: ['body', 'sheet_config', name, 'header_row'], msg: error.message, type: 'empty_row' })
      continue
    }
    if (!table.columns.length) {
      if (sheet?.is_named)
        problems.push({ loc: ['body', 'sheet_config', name], msg: 'The sheet is empty.', type: 'empty_sheet' })
      else skipped.push({ sheet_name: name, reason: 'empty' })
      continue
    }
    const found = await inspectTable(table, whole ? ROWS_IN_REQUEST - row_count : 0)
    const has = (key: string): boolean =>
      found.columns.some((column) => column.name === key || column.header === key.trim())
    const own = sheet?.column_mapping ?? null
    const forAll = Object.entries(given ?? {}).filter(([key]) => has(key) && !Object.hasOwn(own ?? {}, key))
    for (const [key] of forAll) usedKeys.add(key)
    const names = found.columns.map((column) => column.name)
    const settled = chooseMapping(
      found.columns,
      mappingOfDataset(names, found.guessed, dataset),
      { ...Object.fromEntries(forAll), ...own },
      own || sheet?.is_named ? ['body', 'sheet_config', name, 'column_mapping'] : undefined,
    )
    const holdsNobody = settled.problems.every(({ type }) => type === 'missing_email_column')
    if (settled.problems.length && holdsNobody && !justOne && !sheet?.is_named) {
      skipped.push({ sheet_name: name, reason: 'no_email_column' })
      continue
    }
    problems.push(...settled.problems)
    row_count += found.row_count
    whole &&= found.whole
    read.push({
      ...found,
      sheet_name: name,
      header_row: table.header_row,
      header_rows: table.header_rows,
      mapping: settled.mapping,
      split: planNameSplit(found.columns, settled.mapping, found.samples, dataset),
      all_columns: table.columns,
    })
  }
  for (const [key, field] of Object.entries(given ?? {}))
    if (
      isConfigRight &&
      !usedKeys.has(key) &&
      !isOfSplit(key, field) &&
      read.length &&
      !problems.some(({ loc }) => loc[1] === 'column_mapping')
    )
      problems.push({
        loc: ['body', 'column_mapping', key],
        msg: `None of the sheets that are read has a column "${key.slice(0, 80)}".`,
        type: 'unknown_column',
      })
  if (problems.length) throw invalid(problems)
  if (!read.length)
    throw problem(
      'UNREADABLE_FILE',
      skipped.some(({ reason }) => reason === 'no_email_column')
        ? 'No sheet of the workbook has a column that is known to hold e-mail addresses; say which with sheet_config.'
        : 'The workbook has no sheet with cells.',
    )
  return uniteSheets(read, { skipped, hidden: workbook.sheets.filter((one) => one.is_hidden), row_count, whole, given })
}

/** One table of all sheets: columns in the order in which they first appear. */
const uniteSheets = (
  read: ReadSheet[],
  about: {
    skipped: { sheet_name: string; reason: string }[]
    hidden: SheetInfo[]
    row_count: number
    whole: boolean
    given: Record<string, unknown> | null
  },
): UploadedTable => {
  const shape: TableShape = { columns: [], column_mapping: {} }
  const keysOf: string[][] = []
  const ofFile = new Set<string>()
  for (const sheet of read) {
    const mapping = mappingWithNames(sheet.mapping, sheet.split)
    const names = columnsWithNames(
      sheet.columns.map(({ name }) => name),
      mapping,
    )
    const alignment = alignColumns(
      names.map((name) => ({ name })),
      mapping,
      shape,
    )
    shape.columns.push(...alignment.columns_added)
    Object.assign(shape.column_mapping, alignment.mapping_added)
    keysOf.push(alignment.keys)
    for (const key of alignment.keys.slice(0, sheet.columns.length)) ofFile.add(key)
  }
  // The file itself has no column of names that are only split off.
  const splitOff = shape.columns.filter((column) => !ofFile.has(column))
  shape.columns = shape.columns.filter((column) => ofFile.has(column))
  const sheetColumn = read.length > 1 ? freeName([...shape.columns, ...splitOff], read) : null
  if (sheetColumn) shape.columns.push(sheetColumn)
  const conflicts = new Map<string, ColumnConflict>()
  const settledFields = new Set(Object.values(about.given ?? {}).map(String))
  for (const sheet of read)
    for (const conflict of sheet.conflicts)
      if (!settledFields.has(conflict.field) && sheet.mapping[conflict.chosen] === conflict.field)
        conflicts.set(JSON.stringify([conflict.field, conflict.columns]), conflict)
  const plans = read.map((sheet, index): SheetPlan => {
    const ignored = ignoredColumns(sheet.all_columns)
    let at = 0
    const keys = sheet.all_columns.map((column, place) =>
      ignored.has(place) ? column.name : (keysOf[index]?.[at++] ?? column.name),
    )
    if (sheetColumn) keys.push(sheetColumn)
    keys.push(...(keysOf[index]?.slice(sheet.columns.length) ?? []))
    return {
      sheet_name: sheet.sheet_name,
      header_row: sheet.header_row,
      header_rows: sheet.header_rows,
      sheet_column: sheetColumn,
      column_mapping: mappingWithNames(sheet.mapping, sheet.split),
      keys,
    }
  })
  return {
    source_type: 'excel',
    columns: shape.columns,
    column_mapping: shape.column_mapping as Record<string, LeadField>,
    full_name_split: read.find(({ split }) => split !== null)?.split ?? null,
    conflicts: [...conflicts.values()],
    dialect: null,
    sheets: plans,
    row_count: about.row_count,
    whole: about.whole,
    file_info: {
      sheets: read.map((sheet) => ({
        sheet_name: sheet.sheet_name,
        is_hidden: about.hidden.some(({ name }) => name === sheet.sheet_name),
        header_row: sheet.header_row,
        header_rows: sheet.header_rows,
        row_count: sheet.whole ? sheet.row_count : null,
        columns: sheet.columns.map(({ name }) => name),
        column_mapping: sheet.mapping,
      })),
      sheets_skipped: about.skipped,
      sheet_column: sheetColumn,
    },
  }
}

/** A name for the column of sheets that no sheet has itself. */
const freeName = (columns: string[], read: ReadSheet[]): string => {
  const taken = new Set(
    [...columns, ...read.flatMap((sheet) => sheet.all_columns.map(({ name }) => name))].map((name) =>
      name.toLowerCase(),
    ),
  )
  let name = 'Sheet'
  for (let n = 1; taken.has(name.toLowerCase()); n++) name = n === 1 ? 'Sheet name' : `Sheet name ${n}`
  return name
}

/** The sheets that a request asks for, each with what it says of it; null where it says nothing and one sheet is taken. */
const wantedSheets = (
  present: SheetInfo[],
  { sheet_config, process_all_sheets }: SheetChoice,
  problems: Detail[],
): Map<string, WantedSheet> | null => {
  if (!sheet_config && !process_all_sheets) return null
  const wanted = new Map<string, WantedSheet>()
  if (process_all_sheets)
    for (const { name, is_hidden } of present)
      if (!is_hidden) wanted.set(name, { column_mapping: null, is_named: false })
  for (const [name, value] of Object.entries(sheet_config ?? {})) {
    const loc = ['body', 'sheet_config', name]
    const before = problems.length
    if (!present.some((sheet) => sheet.name === name)) {
      const names = present
        .slice(0, 30)
        .map((sheet) => `"${sheet.name}"`)
        .join(', ')
      problems.push({
        loc,
        msg: `The workbook has no sheet "${name.slice(0, 80)}"; it has ${names}.`,
        type: 'unknown_sheet',
      })
      continue
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      problems.push({ loc, msg: 'must be an object of enabled, header_row and column_mapping', type: 'object_type' })
      continue
    }
    const config = value as Record<string, unknown>
    for (const key of Object.keys(config))
      if (!['enabled', 'header_row', 'column_mapping'].includes(key))
        problems.push({ loc: [...loc, key], msg: 'is not a field of this request', type: 'extra_forbidden' })
    const { enabled = true, header_row = null, column_mapping = null } = config
    if (typeof enabled !== 'boolean')
      problems.push({ loc: [...loc, 'enabled'], msg: 'must be true or false', type: 'invalid_type' })
    const isRow = header_row === null || (Number.isInteger(header_row) && Number(header_row) >= 0)
    if (!isRow || Number(header_row) > 1_048_576)
      problems.push({
        loc: [...loc, 'header_row'],
        msg: 'must be the number of a row as the spreadsheet counts them, from 1; 0 for a sheet without a header',
        type: 'invalid_type',
      })
    if (column_mapping !== null && (typeof column_mapping !== 'object' || Array.isArray(column_mapping)))
      problems.push({ loc: [...loc, 'column_mapping'], msg: 'must be a JSON object', type: 'object_type' })
    if (enabled === false || problems.length > before) wanted.delete(name)
    else
      wanted.set(name, {
        header_row: header_row === null ? undefined : Number(header_row),
        column_mapping: column_mapping as Record<string, unknown> | null,
        is_named: true,
      })
  }
  if (!wanted.size && !problems.length)
    problems.push({
      loc: ['body', 'sheet_config'],
      msg: 'No sheet is left to be read; enable one of them.',
      type: 'no_sheet',
    })
  return wanted
}
