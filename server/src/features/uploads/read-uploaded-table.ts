import type { UploadedFile } from '../../http/define-operation.ts'
import { ApiError, type Detail, invalid, problem } from '../../http/errors.ts'
import { fileKind } from './preview-file.ts'
import { readWorkbookTable, type SheetChoice, type WorkbookLimits } from './read-workbook-table.ts'
import { type ReadTable, readJsonObject } from './start-upload.ts'
import { readCsvTable } from './uploaded-table.ts'

/** How an upload says which sheets it means. */
export type SheetFields = { sheet_config?: string; process_all_sheets?: boolean }

/** Reads a file as the kind that its own bytes say it is; only as CSV or only as a workbook where `as` says so. */
export const readUploaded = (
  file: UploadedFile,
  fields: SheetFields,
  limits: WorkbookLimits,
  as: 'csv' | 'excel' | 'any',
): ReadTable => {
  const problems: Detail[] = []
  const sheet_config = readJsonObject(fields.sheet_config, 'sheet_config', problems)
  if (problems.length) throw invalid(problems)
  const sheets: SheetChoice = { sheet_config, process_all_sheets: fields.process_all_sheets ?? false }
  return (choice) =>
    namingFile(file, async () => {
      const kind = as === 'any' ? await fileKind(file.path) : null
      return as === 'excel' || kind === 'xlsx' || kind === 'xls'
        ? readWorkbookTable(file.path, sheets, choice, limits)
        : readCsvTable(file.path, choice)
    })
}

const ABOUT_FILES = new Set(['UNREADABLE_FILE', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE'])

/** Puts the name of the file before what is wrong with it: people upload several in a row. */
export const namingFile = async <T>(file: UploadedFile, read: () => Promise<T>): Promise<T> => {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof ApiError) || !ABOUT_FILES.has(error.code)) throw error
    const name = file.filename.length <= 120 ? file.filename : `${file.filename.slice(0, 119).toWellFormed()}…`
    throw problem(error.code, `${name}: ${error.message}`)
  }
}
