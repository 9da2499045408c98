import { z } from 'zod'
import { columnKinds } from '../../column-kinds.ts'
import { leadFields } from '../../column-mapping.ts'
import { cursorFields, cursorParam, limitParam, listParams, offsetParam } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'
import { DUPLICATES, DUPLICATES_IN } from './row-policy.ts'

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
    unnamed_first: z.boolean().optional(),
    wrapped: z.boolean().optional(),
  })
  .describe('How the file is written; ours.')

const NameSplit = z
  .object({
    column: z.string().describe('The column of full names'),
    first_name: z.string().nullable().describe('The column that the dataset gains; null where the file has one'),
    last_name: z.string().nullable().describe('The same for the last name'),
    examples: z.array(
      z.object({ full_name: z.string(), first_name: z.string().nullable(), last_name: z.string().nullable() }),
    ),
  })
  .describe('How full names are split into columns of their own; ours.')

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
    notices: z.array(z.string()).optional().describe('The same in sentences for a person; ours.'),
    full_name_split: NameSplit.nullable().optional(),
    column_types: z
      .record(z.string(), z.enum(columnKinds))
      .optional()
      .describe('What the values of each column look like; ours.'),
    variables: z
      .record(z.string(), z.string())
      .optional()
      .describe('Column of the file to the variable of a template; ours.'),
    dialect: Dialect.optional(),
    is_hidden: z.boolean().optional().describe('Sheets only: hidden in the workbook; ours.'),
    header_row: z.int().optional().describe('Sheets only: number of the header row, 0 where there is none; ours.'),
    header_rows: z
      .int()
      .optional()
      .describe('Sheets only: rows of the header, more than one where cells are merged; ours.'),
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
    sheet_names: z.array(z.string()).optional().describe('Excel files only: the sheets in their order; ours.'),
    total_sheets: z.int().nullable().optional().describe('Excel files only'),
  })
  .meta({ id: 'FilePreviewResponse', description: 'file_type decides which optional parts are filled.' })

export const ExcelPreviewResponse = z
  .object({
    filename: z.string(),
    sheets: z.record(z.string(), CsvFileInfo).describe('Sheet name to its details'),
    sheet_names: z.array(z.string()).describe('The sheets in their order; ours.'),
    total_sheets: z.int().min(1),
    message: z.string(),
  })
  .meta({ id: 'ExcelPreviewResponse' })

export const SessionParams = z.object({ session_id: z.string().min(1).max(200) })

const importFields = {
  column_mapping: z.string().optional().meta({
    contentMediaType: 'application/json',
    description:
      'JSON object from file column to lead field. Columns that it leaves out are guessed; null leaves a column unmapped.',
  }),
  duplicates: z
    .enum(DUPLICATES)
    .default('skip')
    .describe(
      'Rows whose person is there already: skip leaves the stored row as it is, update fills its cells from the new one (empty cells never erase), keep adds the row beside it; ours.',
    ),
  duplicates_in: z
    .enum(DUPLICATES_IN)
    .default('dataset')
    .describe('Where people are looked for: in the dataset that the rows go to, or in all of the workspace; ours.'),
  dry_run: booleanParam(false).describe(
    'Make a plan that shows row by row what would change, and change nothing; ours.',
  ),
}

const sheetFields = {
  sheet_config: z.string().optional().meta({
    contentMediaType: 'application/json',
    description:
      'JSON object: sheet name to {enabled, header_row, column_mapping}. header_row is the number that the spreadsheet shows beside the row, 0 for a sheet without a header; guessed where it is left out. A hidden sheet is read when it is named here.',
  }),
  process_all_sheets: booleanParam(false).describe(
    'Read every visible sheet that has a column of e-mail addresses or LinkedIn profiles, as one table',
  ),
}

export const ImportFields = z.object({ ...importFields, ...sheetFields })
export type ImportFields = z.output<typeof ImportFields>

export const UploadFields = z.object({
  sender_profile_id: z.string().max(200).optional().describe('Saved sender profile to use'),
  sender_data: z.string().optional().meta({
    contentMediaType: 'application/json',
    description: 'JSON object with sender fields, used when no profile id is given',
  }),
  save_sender_profile: booleanParam(false).describe('Store sender_data as a new profile'),
  profile_name: z.string().min(1).max(100).optional().describe('Name for the stored profile'),
  ...importFields,
})
export type UploadFields = z.output<typeof UploadFields>

export const ExcelUploadFields = UploadFields.extend(sheetFields)

const count = (description: string) => z.int().min(0).describe(description)

const counts = {
  rows_read: count('Rows of the file that were read, blank ones left out; ours.'),
  rows_imported: count('Rows added to the dataset; ours.'),
  rows_updated: count('Rows that changed a row that was there; ours.'),
  rows_unchanged: count('Rows whose person is there with the same cells; ours.'),
  rows_rejected: count('Rows that cannot be used; ours.'),
  rows_duplicate: count('Rows left out because their person stands in an earlier row or is there already; ours.'),
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

const ImportStatus = z
  .enum(['queued', 'running', 'planned', 'completed', 'failed', 'undoing', 'undone'])
  .describe('planned: a dry run is over and can be carried out. undoing: a job takes it back.')

const importShape = {
  import_id: z.uuid(),
  dataset_id: z.uuid().nullable().describe('Null for a plan whose dataset does not exist yet.'),
  session_id: z.uuid().nullable(),
  job_id: z.uuid().nullable(),
  user_id: z.uuid().nullable(),
  filename: z.string().nullable(),
  size_bytes: z.int().nullable(),
  status: ImportStatus,
  is_plan: z.boolean().describe('True until a dry run is carried out.'),
  is_append: z.boolean().describe('The dataset was there before.'),
  duplicates: z.enum(DUPLICATES),
  duplicates_in: z.enum(DUPLICATES_IN),
  columns: z.array(z.string()).nullable().describe('Columns of the file.'),
  column_mapping: Mapping,
  columns_added: z.array(z.string()).describe('Columns that the dataset got from it.'),
  dialect: Dialect.nullable(),
  sheet_names: z.array(z.string()).nullable().describe('Sheets of a workbook.'),
  ...counts,
  error: z.string().nullable().describe('Why the import failed.'),
  created_at: timestamp,
  planned_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  undone_at: timestamp.nullable(),
  undo_job_id: z.uuid().nullable().describe('The job that undoes a large import, or has tried to.'),
  values_restored: z.int().min(0).describe('Cells that undoing gave their former value.'),
  values_kept: z.int().min(0).describe('Cells that undoing left, because somebody had written them since.'),
}

export const ImportSummary = z.object(importShape).meta({ id: 'ImportSummary' })

export const Import = z
  .object({
    ...importShape,
    issues: z
      .array(
        z.object({ severity: z.enum(['rejected', 'duplicate', 'notice']), code: z.string(), rows: z.int().min(0) }),
      )
      .describe('What errors.csv lists, by kind. Notices are listed up to 10,000 of each kind.'),
  })
  .meta({ id: 'Import', description: 'One reading of an uploaded file into a dataset.' })

export const ImportListQuery = z.object({
  ...listParams(100),
  dataset_id: z.uuid().optional(),
  session_id: z.uuid().optional(),
  status: ImportStatus.optional(),
})

export const ImportListResponse = z
  .object({ items: z.array(ImportSummary), ...cursorFields, limit: z.int(), offset: z.int() })
  .meta({ id: 'ImportListResponse' })

export const DatasetParams = z.object({ dataset_id: idParam })

export const DatasetImportResponse = z
  .object({
    ...SessionUploadResponse.shape,
    session_id: z.uuid().nullable().describe('The session that the dataset belongs to, if any.'),
  })
  .meta({ id: 'DatasetImportResponse', description: 'As the answer of an upload into a session.' })

export const PlanResult = z
  .object({
    import_id: z.uuid(),
    dataset_id: z.uuid(),
    session_id: z.uuid().nullable(),
    job_id: z.uuid().nullable().describe('The job that reads a large file; null when it is done.'),
    status: z.enum(['queued', 'completed']),
    message: z.string(),
    ...counts,
  })
  .meta({ id: 'ImportPlanResult' })

export const DiscardResult = z.object({ import_id: z.uuid(), deleted: z.boolean(), message: z.string() })

const CHANGE_ACTIONS = ['insert', 'update', 'unchanged', 'duplicate', 'reject'] as const

export const ChangeListQuery = z.object({
  limit: limitParam(1000),
  offset: offsetParam,
  cursor: cursorParam,
  action: z.enum(CHANGE_ACTIONS).optional(),
  kept: booleanParam(false).describe('Only changes that undoing left, because somebody had written the cell since.'),
})

const cell = z.unknown().describe('Text; null is an empty cell.')

export const ImportChange = z
  .object({
    source_row: z.int().describe('Row of the file, as a spreadsheet numbers it.'),
    sheet_name: z.string().nullable(),
    action: z.enum(CHANGE_ACTIONS),
    email: z.string().nullable(),
    dataset_id: z.uuid().nullable().describe('Dataset of the stored row that this one meets.'),
    row_id: z.uuid().nullable().describe('That row; null where it is an earlier row of the same file.'),
    values: z
      .record(z.string(), cell)
      .nullable()
      .describe('Filled cells of a row that is added, or as the file has them of one that is not.'),
    changes: z
      .array(z.object({ column: z.string(), before: cell, after: cell }))
      .describe('Cells that an update changes.'),
    code: z.string().nullable().describe('Why a row is not imported.'),
    message: z.string().nullable(),
    kept: z
      .array(z.object({ column: z.string(), value: cell }))
      .describe('Cells that undoing left as somebody has written them since.'),
  })
  .meta({ id: 'ImportChange' })

export const ChangeListResponse = z
  .object({
    items: z.array(ImportChange),
    has_more: cursorFields.has_more,
    next_cursor: cursorFields.next_cursor,
    total: z.int().min(0).describe('Rows of this kind in all.'),
    limit: z.int(),
    offset: z.int(),
  })
  .meta({ id: 'ImportChangeList' })

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
    status: z.enum(['undone', 'queued']).describe('queued: the import is large, and a job undoes it.'),
    job_id: z.uuid().nullable().describe('That job; its result has the numbers.'),
    rows_removed: z.int().min(0),
    rows_restored: z.int().min(0).describe('Rows of before that have former values again.'),
    values_restored: z.int().min(0),
    values_kept: z.int().min(0).describe('Cells that somebody has written since; they stay.'),
    kept: z
      .array(
        z.object({
          row_id: z.uuid(),
          dataset_id: z.uuid(),
          column: z.string(),
          value: cell,
          imported: cell,
          before: cell,
        }),
      )
      .describe('The first hundred of those; GET …/changes?kept=true lists all.'),
    columns_removed: z.array(z.string()).describe('Columns that came with the import and hold nothing any more.'),
    undone_at: timestamp.nullable(),
    message: z.string(),
  })
  .meta({ id: 'ImportUndoResult' })
