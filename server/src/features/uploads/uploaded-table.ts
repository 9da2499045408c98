import type { ColumnConflict, LeadField } from '../../column-mapping.ts'
import { invalid } from '../../http/errors.ts'
import { chooseMapping } from './choose-mapping.ts'
import { inspectCsv } from './inspect-csv.ts'
import type { SheetPlan } from './open-tables.ts'
import type { TableShape } from './row-policy.ts'
import { mappingWithNames, type NameSplit, planNameSplit } from './split-names.ts'

/** Up to here a file is read while its request waits (DOMAIN.md §10). */
export const ROWS_IN_REQUEST = 10_000

/** What is known of an uploaded file before its rows are read, whatever kind of file it is. */
export type UploadedTable = {
  source_type: 'csv' | 'excel'
  /** Those of the file, or of all its sheets together. */
  columns: string[]
  /** Names columns that the file has not where full names are split. */
  column_mapping: Record<string, LeadField>
  full_name_split: NameSplit | null
  /** Lead fields that several columns could hold, and which was chosen. */
  conflicts: ColumnConflict[]
  dialect: Record<string, unknown> | null
  /** Of a workbook: how its sheets are read; null for CSV. */
  sheets: SheetPlan[] | null
  row_count: number
  /** False when only the beginning was looked at, because a job will read the file. */
  whole: boolean
  /** What the answer says of this kind of file besides. */
  file_info: Record<string, unknown>
}

export type MappingChoice = {
  /** What the request says: column to field, or null. */
  given: Record<string, unknown> | null
  /** The dataset that the rows go to, where it is there already: its own columns are mapped as they are. */
  dataset: TableShape | null
}

/**
 * Reads the beginning of a CSV file, up to 10,001 rows, and settles its mapping. Throws UNREADABLE_FILE,
 * UNSUPPORTED_MEDIA_TYPE, and VALIDATION_ERROR naming every problem of the mapping.
 */
export const readCsvTable = async (path: string, choice: MappingChoice): Promise<UploadedTable> => {
  const found = await inspectCsv(path, ROWS_IN_REQUEST)
  const names = found.columns.map(({ name }) => name)
  const { mapping, problems } = chooseMapping(
    found.columns,
    mappingOfDataset(names, found.guessed, choice.dataset),
    choice.given,
  )
  if (problems.length) throw invalid(problems)
  const split = planNameSplit(found.columns, mapping, found.samples, choice.dataset)
  return {
    source_type: 'csv',
    columns: names,
    column_mapping: mappingWithNames(mapping, split),
    full_name_split: split,
    conflicts: found.conflicts.filter(({ field }) => !(field in invert(choice.given))),
    dialect: found.dialect,
    sheets: null,
    row_count: found.row_count,
    whole: found.whole,
    file_info: { encoding: found.dialect.encoding, delimiter: found.dialect.delimiter },
  }
}

/**
 * The guess for a file that goes into a dataset which is there: a column that the dataset has keeps the field it has there,
 * and the guess fills in what is left.
 */
export const mappingOfDataset = (
  columns: string[],
  guessed: Record<string, LeadField>,
  dataset: TableShape | null,
): Record<string, LeadField> => {
  if (!dataset) return guessed
  const mapping: Record<string, LeadField> = {}
  for (const column of columns) {
    const field = dataset.column_mapping[column]
    if (field) mapping[column] = field as LeadField
  }
  const taken = new Set(Object.values(mapping))
  const theirs = new Set(dataset.columns)
  // A column that the dataset has without a field is one that somebody left unmapped.
  for (const [column, field] of Object.entries(guessed))
    if (!taken.has(field) && !theirs.has(column)) mapping[column] = field
  return mapping
}

const invert = (given: Record<string, unknown> | null): Record<string, string> =>
  Object.fromEntries(Object.entries(given ?? {}).map(([column, field]) => [String(field), column]))
