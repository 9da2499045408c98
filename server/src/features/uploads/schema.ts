import { z } from 'zod'
import { leadFields } from '../../column-mapping.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'

const Mapping = z.record(z.string(), z.enum(leadFields)).describe('Column of the file to lead field; ours.')

const Dialect = z
  .object({
    encoding: z.string(),
    bom_bytes: z.int(),
    delimiter: z.string(),
    quote: z.string().nullable(),
    escape: z.string().nullable(),
    newline: z.string(),
    has_header: z.boolean(),
    skip_rows: z.int(),
    columns: z.int(),
  })
  .describe('How the file is written; ours.')

export const CsvFileInfo = z
  .object({
    row_count: z.int(),
    column_count: z.int(),
    columns: z.array(z.string()),
    sample_data: z.array(z.record(z.string(), z.unknown())).describe('First rows'),
    column_mapping: Mapping.optional(),
    conflicts: z
      .array(z.object({ field: z.enum(leadFields), columns: z.array(z.string()), chosen: z.string() }))
      .optional()
      .describe('Lead fields that several columns could hold, and which was chosen; ours.'),
    variables: z
      .record(z.string(), z.string())
      .optional()
      .describe('Column of the file to the variable of a template; ours.'),
    dialect: Dialect.optional(),
  })
  .meta({ id: 'CsvFileInfo', description: 'Shape and sample of a table.' })

export const FilePreviewResponse = z
  .object({
    filename: z.string(),
    file_type: z.enum(['csv', 'excel']),
    message: z.string(),
    csv_info: CsvFileInfo.nullable().optional().describe('CSV files only'),
    sheets: z
      .record(z.string(), CsvFileInfo)
      .nullable()
      .optional()
      .describe('Excel files only: sheet name to its details'),
    total_sheets: z.int().nullable().optional().describe('Excel files only'),
  })
  .meta({ id: 'FilePreviewResponse', description: 'file_type decides which optional parts are filled.' })

export const SessionParams = z.object({ session_id: z.string().min(1).max(200) })

export const UploadFields = z.object({
  sender_profile_id: z.string().max(200).optional().describe('Saved sender profile to use'),
  sender_data: z.string().optional().meta({
    contentMediaType: 'application/json',
    description: 'JSON object with sender fields, used when no profile id is given',
  }),
  save_sender_profile: booleanParam(false).describe('Store sender_data as a new profile'),
  profile_name: z.string().min(1).max(100).optional().describe('Name for the stored profile'),
  column_mapping: z.string().optional().meta({
    contentMediaType: 'application/json',
    description:
      'JSON object from file column to lead field. Columns that it leaves out are guessed; null leaves a column unmapped.',
  }),
})
export type UploadFields = z.output<typeof UploadFields>

const count = (description: string) => z.int().min(0).describe(description)

const counts = {
  rows_read: count('Rows of the file that were read, blank ones left out; ours.'),
  rows_imported: count('Rows in the dataset; ours.'),
  rows_rejected: count('Rows that cannot be used; ours.'),
  rows_duplicate: count('Rows whose address an earlier row of the file has; not imported; ours.'),
  rows_known: count('Imported rows whose address another dataset of the workspace has; ours.'),
  rows_without_email: count('Imported rows that have a LinkedIn profile and no address; ours.'),
}

export const SessionUploadResponse = z
  .object({
    session_id: z.string(),
    dataset_id: z.string().nullable().optional(),
    status: z.string(),
    leads_queued: z.int().min(0),
    file_info: z.record(z.string(), z.unknown()).describe('File name, size, row and column counts'),
    sender_profile_id: z.string().nullable().optional().describe('Profile used or created'),
    sheets_processed: z.array(z.string()).nullable().optional().describe('Excel only'),
    message: z.string(),
    import_id: z.uuid().describe('The import, for its errors and for undoing it; ours.'),
    job_id: z.uuid().nullable().describe('The job that reads a large file; null when it has been read; ours.'),
    ...counts,
  })
  .meta({ id: 'SessionUploadResponse', description: 'Follows the extraction-processing response.' })

export const ImportParams = z.object({ import_id: idParam })

export const Import = z
  .object({
    import_id: z.uuid(),
    dataset_id: z.uuid(),
    session_id: z.uuid().nullable(),
    job_id: z.uuid().nullable(),
    user_id: z.uuid().nullable(),
    filename: z.string().nullable(),
    size_bytes: z.int().nullable(),
    status: z.enum(['queued', 'running', 'completed', 'failed', 'undone']),
    column_mapping: Mapping,
    dialect: Dialect.nullable(),
    ...counts,
    issues: z
      .array(
        z.object({ severity: z.enum(['rejected', 'duplicate', 'notice']), code: z.string(), rows: z.int().min(0) }),
      )
      .describe('What errors.csv lists, by kind. Notices are listed up to 10,000 of each kind.'),
    error: z.string().nullable().describe('Why the import failed.'),
    created_at: timestamp,
    finished_at: timestamp.nullable(),
    undone_at: timestamp.nullable(),
  })
  .meta({ id: 'Import', description: 'One reading of an uploaded file into a dataset.' })

export const ErrorFileQuery = z.object({
  severity: z
    .enum(['rejected', 'duplicate', 'notice'])
    .optional()
    .describe('One kind alone; rejected and duplicate rows when absent. Notices are about rows that were imported.'),
})

export const UndoResult = z
  .object({
    import_id: z.uuid(),
    dataset_id: z.uuid(),
    status: z.literal('undone'),
    rows_removed: z.int().min(0),
    undone_at: timestamp,
    message: z.string(),
  })
  .meta({ id: 'ImportUndoResult' })
