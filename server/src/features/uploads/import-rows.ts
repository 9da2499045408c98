import type { Readable } from 'node:stream'
import type { LeadField } from '../../column-mapping.ts'
import type { CopyTransaction } from '../../db/copy-transaction.ts'
import { type AppendResult, type AppendTarget, type ImportCounts, openAppender } from './append-rows.ts'
import { openTables, type SheetPlan } from './open-tables.ts'
import { columnsWithNames } from './split-names.ts'

export type ImportPlan = AppendTarget & {
  /** Of a CSV file; sheets have their own. */
  column_mapping: Record<string, LeadField>
  sheets: SheetPlan[] | null
  /** For the copy of a workbook while it is read. */
  folder: string
}

/**
 * Streams a file into its dataset inside the caller's transaction, so that all of it appears in one commit. Throws
 * ImportFault for a file with more rows than `max_rows`.
 */
export const importRows = async (
  copying: CopyTransaction,
  plan: ImportPlan,
  source: Readable,
  onBatch: (bytesRead: number, counts: ImportCounts) => void = () => {},
): Promise<AppendResult> => {
  const appender = await openAppender(copying, plan)
  let at = 0
  for await (const table of openTables(source, plan.sheets, plan.folder)) {
    const sheet = plan.sheets?.[at++] ?? null
    const batches = table.batches()
    if (!sheet) await appender.append({ ...table, column_mapping: plan.column_mapping, batches }, onBatch)
    else {
      // Sheets have columns of their own names; `keys` says which of them are one column of the dataset.
      const columns = table.columns.map((column, index) => ({ ...column, name: sheet.keys[index] ?? column.name }))
      const column_mapping: Record<string, LeadField> = {}
      for (const [index, { name }] of table.columns.entries()) {
        const field = sheet.column_mapping[name]
        const key = columns[index]?.name
        if (field && key) column_mapping[key] = field
      }
      // What full names are split into stands behind the columns of the sheet.
      const own = table.columns.map(({ name }) => name)
      for (const [index, name] of columnsWithNames(own, sheet.column_mapping).entries()) {
        const field = sheet.column_mapping[name]
        if (index >= own.length && field) column_mapping[sheet.keys[index] ?? name] = field
      }
      await appender.append({ columns, column_mapping, batches, sheet_name: table.sheet_name }, onBatch)
    }
  }
  return appender.finish()
}
