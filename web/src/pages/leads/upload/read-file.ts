import { previewCsvOrExcelFileBeforeUpload } from '@bavlio/sdk/operations'
import type { CsvFileInfo } from '@bavlio/sdk/types'
import { uploadCall } from '../../../api/upload-call.ts'
import type { LeadField } from '../words.ts'

/** Of a large CSV only the beginning goes up to be looked at; the whole of it goes up once, when it is imported. */
const LOOKED_AT = 2_000_000

export type Sheet = {
  /** Empty for a CSV file, which has none. */
  name: string
  info: CsvFileInfo
  is_chosen: boolean
  mapping: Record<string, LeadField | null>
}

export type FileRead = {
  file: File
  kind: 'csv' | 'excel'
  /** The rows were counted in the beginning of the file only. */
  is_beginning: boolean
  sheets: Sheet[]
}

export const isWorkbook = (file: File): boolean => /\.xls[xm]?$/i.test(file.name)

/** What is in a file, as the server reads it. Nothing is stored. */
export const readFile = async (file: File, onProgress: (sent: number, total: number) => void): Promise<FileRead> => {
  const is_beginning = !isWorkbook(file) && file.size > LOOKED_AT * 2
  const seen = is_beginning ? await beginningOf(file) : file
  const preview = await previewCsvOrExcelFileBeforeUpload(uploadCall(onProgress), { body: { file: seen } })
  const found: [string, CsvFileInfo][] =
    preview.file_type === 'csv'
      ? preview.csv_info
        ? [['', preview.csv_info]]
        : []
      : (preview.sheet_names ?? Object.keys(preview.sheets ?? {})).flatMap((name) => {
          const info = preview.sheets?.[name]
          return info ? [[name, info] as [string, CsvFileInfo]] : []
        })
  const first = found.findIndex(([, info]) => !info.is_hidden && info.row_count > 0)
  return {
    file,
    kind: preview.file_type,
    is_beginning,
    sheets: found.map(([name, info], index) => ({
      name,
      info,
      is_chosen: index === Math.max(0, first),
      mapping: Object.fromEntries(info.columns.map((column) => [column, info.column_mapping?.[column] ?? null])),
    })),
  }
}

/** Up to the last line break, so that no row is looked at by half. */
const beginningOf = async (file: File): Promise<File> => {
  const bytes = new Uint8Array(await file.slice(0, LOOKED_AT).arrayBuffer())
  const end = bytes.lastIndexOf(0x0a)
  return new File([bytes.subarray(0, end > 0 ? end + 1 : bytes.length)], file.name, { type: file.type })
}

/** The lead fields that two columns of a sheet claim; the server takes the first of them only. */
export const claimedTwice = (sheet: Sheet): LeadField[] => {
  const claimed = Object.values(sheet.mapping).filter((field) => field !== null)
  return [...new Set(claimed.filter((field, index) => claimed.indexOf(field) !== index))]
}

/** Whether rows can be told to be people at all. */
export const findsPeople = (sheet: Sheet): boolean =>
  Object.values(sheet.mapping).some((field) => field === 'email' || field === 'linkedin_url')
