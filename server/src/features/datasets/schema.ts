import { z } from 'zod'
import { leadFields } from '../../column-mapping.ts'
import { cursorFields, cursorParam, limitParam, listParams, offsetParam } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp, timestampInput } from '../../http/params.ts'
import { DUPLICATES } from '../uploads/row-policy.ts'
import { FILTER_OPERATORS } from './row-filter.ts'

const PipelineType = z.enum(['enrichment', 'personalization', 'lead_finder', 'email_finder'])
const SourceType = z.enum([
  'csv',
  'excel',
  'google_sheets',
  'extraction',
  'linkedin_search',
  'lead_finder',
  'email_finder',
  'api',
])
const DatasetStatus = z.enum(['pending', 'processing', 'completed', 'failed'])

export const DatasetSummary = z
  .object({
    dataset_id: z.uuid(),
    dataset_name: z.string().max(255),
    pipeline_type: PipelineType.describe('Which pipeline the rows belong to'),
    source_type: SourceType.describe('Where the rows came from'),
    session_id: z.uuid().nullable().optional().describe('Latest processing session bound to the dataset'),
    status: DatasetStatus,
    row_count: z.int().min(0),
    columns: z.array(z.string()).describe('Column names in file order'),
    column_mapping: z.record(z.string(), z.string()).optional().describe('Column name to lead field; ours.'),
    download_count: z.int().min(0).default(0).describe('How often the dataset was exported'),
    last_downloaded_at: timestamp.nullable().optional(),
    archived_at: timestamp.nullable().describe('Set while the dataset is archived'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'DatasetSummary', description: 'A stored table of leads owned by one workspace.' })

export const DatasetListQuery = z.object({
  ...listParams(100),
  pipeline_type: PipelineType.optional(),
  source_type: SourceType.optional().describe('Ours.'),
  status: DatasetStatus.optional().describe('Ours.'),
  created_from: timestampInput.optional().describe('Only those made at this instant or later; ours.'),
  created_to: timestampInput.optional().describe('Only those made before this instant; ours.'),
  search: z.string().max(200).optional(),
  include_archived: booleanParam(false),
  only_archived: booleanParam(false).describe('Only archived ones; ours.'),
})

export const DatasetListResponse = z
  .object({ items: z.array(DatasetSummary), ...cursorFields, limit: z.int(), offset: z.int() })
  .meta({ id: 'DatasetListResponse' })

export const DatasetParams = z.object({ dataset_id: idParam })

export const DatasetRowParams = z.object({ dataset_id: idParam, row_id: idParam })

export const DatasetUpdateRequest = z
  .strictObject({ dataset_name: z.string().min(1).max(255).describe('New display name').optional() })
  .refine((body) => body.dataset_name !== undefined, 'at least one field is needed')
  .refine((body) => body.dataset_name === undefined || body.dataset_name.trim() !== '', {
    error: 'must not be blank',
    path: ['dataset_name'],
  })
  .meta({ id: 'DatasetUpdateRequest', description: 'Partial update; at least one field.', minProperties: 1 })

export const DatasetArchiveResponse = z
  .object({
    dataset_id: z.uuid(),
    archived: z.boolean().describe('Archive state after the call'),
    archived_at: timestamp.nullable(),
    message: z.string(),
  })
  .meta({ id: 'DatasetArchiveResponse' })

export const DownloadQuery = z.object({ format: z.enum(['csv', 'excel', 'json']).default('csv') })

const FilterValue = z.union([z.string().max(10_000), z.number(), z.boolean()])

export const RowFilter = z
  .strictObject({
    match: z.enum(['all', 'any']).default('all').describe('Whether every condition has to hold, or one is enough'),
    conditions: z
      .array(
        z.strictObject({
          column: z.string().max(1_000),
          operator: z.enum(FILTER_OPERATORS),
          value: FilterValue.optional().describe('greater and less take a number, a day or an instant'),
          values: z.array(FilterValue).max(1_000).optional().describe('For in and not_in'),
          case_sensitive: z.boolean().optional(),
        }),
      )
      .max(50),
  })
  .meta({ id: 'DatasetRowFilter', description: 'Conditions over columns. Text is compared without regard to case.' })

export const RowListQuery = z.object({
  limit: limitParam(1_000),
  offset: offsetParam,
  cursor: cursorParam,
  filter: z
    .string()
    .max(100_000)
    .optional()
    .describe(
      'A DatasetRowFilter as JSON: {"match":"all","conditions":[{"column":"Country","operator":"equals","value":"Norway"}]}',
    ),
  search: z.string().max(200).optional().describe('Rows of which any cell contains this, without regard to case.'),
  sort: z.string().max(1_000).optional().describe('A column; by position without it.'),
  order: z.enum(['asc', 'desc']).default('asc'),
  sort_as: z.enum(['text', 'number']).default('text').describe('With number, cells that are no number come last.'),
  removed: booleanParam(false).describe('The rows that were removed instead, the last ones first.'),
})

export const DatasetRow = z
  .object({
    row_id: z.uuid(),
    row_index: z.int().min(0).describe('Present position; gaps are where rows were removed'),
    email: z.string().nullable().describe('The address of the row in its plain spelling'),
    linkedin_url: z.string().nullable(),
    cells: z.record(z.string(), z.string()).describe('Column to value; an empty cell is absent'),
    version: z.string().describe('Changes with the cells; name it in an edit to be told when somebody else was faster'),
    source_row: z.int().nullable().describe('Position in the file it came from'),
    import_id: z.uuid().nullable(),
    removed_at: timestamp.nullable(),
  })
  .meta({ id: 'DatasetRow' })

export const RowListResponse = z
  .object({
    items: z.array(DatasetRow),
    limit: z.int(),
    offset: z.int(),
    has_more: z
      .boolean()
      .describe('There may be more: with a filter a page may be short, even empty, and still be followed by others'),
    next_cursor: z.string().nullable().describe('Pass as cursor for the next page; null on the last one.'),
    total: z.int().min(0).nullable().describe('Null on later pages of a filtered list'),
    total_is_exact: z
      .boolean()
      .describe('False where only the first 100,000 rows were looked at, or counting stopped at 10,000'),
    columns: z.array(z.string()),
  })
  .meta({ id: 'DatasetRowListResponse' })

const Cell = z.union([z.string().max(1_000_000), z.number(), z.boolean()]).nullable()

const Cells = z
  .record(z.string(), Cell)
  .refine((cells) => Object.keys(cells).length > 0, 'needs at least one column')
  .describe('Column to value; null empties the cell, columns that are not named stay')

export const RowUpdateRequest = z
  .strictObject({
    cells: Cells,
    version: z
      .string()
      .max(100)
      .optional()
      .describe('The version you saw; ROW_CHANGED when the row is another by now. Without it the last writer wins.'),
    allow_duplicate: z.boolean().default(false).describe('Take an address that another row of the dataset has'),
  })
  .meta({ id: 'DatasetRowUpdateRequest' })

export const RowAddRequest = z
  .strictObject({
    rows: z.array(z.record(z.string(), Cell)).min(1).max(1_000).describe('Column to value, for each row'),
    duplicates: z
      .enum(DUPLICATES)
      .default('skip')
      .describe(
        'What becomes of a row whose address is in the dataset: left out, written over what is there, or added beside it',
      ),
  })
  .meta({ id: 'DatasetRowAddRequest' })

export const RowAddResponse = z
  .object({
    dataset_id: z.uuid(),
    rows_added: z.int(),
    rows_updated: z.int(),
    rows_unchanged: z.int(),
    rows_duplicate: z.int(),
    row_ids: z.array(z.uuid()).describe('Of the rows that were added, in their order'),
    row_count: z.int().describe('Rows in the dataset now'),
    issues: z.array(
      z.object({
        row: z.int().describe('Which of the rows, counted from 1'),
        severity: z.string(),
        code: z.string(),
        message: z.string(),
        column: z.string().nullable(),
      }),
    ),
    message: z.string(),
  })
  .meta({ id: 'DatasetRowAddResponse' })

/** One of the three ways to say which rows are meant. */
const selection = {
  row_ids: z.array(z.uuid()).min(1).max(10_000).optional().describe('These rows'),
  filter: RowFilter.optional().describe('Rows that match'),
  search: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Rows of which any cell contains this; together with filter both have to hold'),
  all: z.literal(true).optional().describe('Every row'),
}

type Selection = { row_ids?: unknown; filter?: unknown; search?: unknown; all?: unknown }

const isOneWay = (body: Selection): boolean =>
  [body.row_ids, body.filter ?? body.search, body.all].filter((one) => one !== undefined).length === 1

const ONE_WAY = { error: 'say which rows: one of row_ids, filter (with or without search), or all', path: ['filter'] }

const dryRun = z.boolean().default(false).describe('Count only; nothing changes')

export const RowsUpdateRequest = z
  .strictObject({ ...selection, cells: Cells, dry_run: dryRun })
  .refine(isOneWay, ONE_WAY)
  .meta({ id: 'DatasetRowsUpdateRequest' })

export const RowsRemoveRequest = z
  .strictObject({ ...selection, dry_run: dryRun })
  .refine(isOneWay, ONE_WAY)
  .meta({ id: 'DatasetRowsRemoveRequest' })

export const RowsRestoreRequest = z
  .strictObject({
    row_ids: z.array(z.uuid()).min(1).max(10_000).optional(),
    removed_at: timestamp.optional().describe('What was removed together, by the removed_at of that answer'),
    all: z.literal(true).optional(),
  })
  .refine((body) => [body.row_ids, body.removed_at, body.all].filter((one) => one !== undefined).length === 1, {
    error: 'say which rows: one of row_ids, removed_at or all',
    path: ['row_ids'],
  })
  .meta({ id: 'DatasetRowsRestoreRequest' })

export const DatasetChangeResponse = z
  .object({
    dataset_id: z.uuid(),
    status: z.enum(['completed', 'queued']).describe('queued: a job carries it out, follow job_id'),
    job_id: z.uuid().nullable(),
    dry_run: z.boolean(),
    result: z
      .object({
        rows_changed: z.int().optional(),
        rows_removed: z.int().optional(),
        removed_at: timestamp.optional().describe('Names what was removed together, to restore it together'),
        rows_restored: z.int().optional(),
        rows_copied: z.int().optional(),
        rows_added: z.int().optional(),
        rows_updated: z.int().optional(),
        rows_unchanged: z.int().optional(),
        rows_duplicate: z.int().optional(),
        rows_without_email: z.int().optional(),
        columns_added: z.array(z.string()).optional(),
        new_dataset_id: z.uuid().optional(),
        row_count: z.int().optional(),
        campaigns: z
          .array(z.object({ campaign_id: z.uuid(), name: z.string(), status: z.string(), leads: z.int() }))
          .optional()
          .describe('Campaigns that have leads of removed rows and go on writing to them'),
      })
      .nullable(),
    message: z.string(),
  })
  .meta({ id: 'DatasetChange' })

const ColumnName = z.string().min(1).max(200)
const Field = z.enum(leadFields)

export const ColumnAddRequest = z
  .strictObject({
    name: ColumnName,
    after: z.string().max(1_000).optional().describe('Behind this column; at the end without it'),
    field: Field.optional().describe('The lead field that it holds'),
    value: z
      .union([z.string().max(100_000), z.number(), z.boolean()])
      .optional()
      .describe('A value for every row'),
  })
  .meta({ id: 'DatasetColumnAddRequest' })

export const ColumnUpdateRequest = z
  .strictObject({
    column: z.string().max(1_000),
    name: ColumnName.optional().describe('Its new name'),
    field: Field.nullable().optional().describe('The lead field that it holds from now on; null for none'),
  })
  .refine((body) => (body.name === undefined) !== (body.field === undefined), {
    error: 'one of name and field is needed',
    path: ['name'],
  })
  .meta({ id: 'DatasetColumnUpdateRequest' })

export const ColumnRemoveRequest = z
  .strictObject({ column: z.string().max(1_000) })
  .meta({ id: 'DatasetColumnRemoveRequest' })

export const ColumnOrderRequest = z
  .strictObject({ columns: z.array(z.string()).max(100_000).describe('Every column once, in the new order') })
  .meta({ id: 'DatasetColumnOrderRequest' })

export const MergeRequest = z
  .strictObject({
    source_dataset_id: z.uuid().describe('The dataset whose rows are added to this one'),
    duplicates: z
      .enum(DUPLICATES)
      .default('skip')
      .describe(
        'People who are here already: left out, their empty and changed cells written from the other dataset, or added beside',
      ),
    archive_source: z.boolean().default(false).describe('Archive the other dataset when it is done'),
    dry_run: dryRun,
  })
  .meta({ id: 'DatasetMergeRequest' })

const NewName = z.string().trim().min(1).max(255).describe('Name of the new dataset')

export const SplitRequest = z
  .strictObject({
    ...selection,
    dataset_name: NewName,
    move: z.boolean().default(false).describe('Remove the rows from this dataset; they can be restored there'),
    dry_run: dryRun,
  })
  .refine(isOneWay, ONE_WAY)
  .meta({ id: 'DatasetSplitRequest' })

export const CopyRequest = z.strictObject({ dataset_name: NewName }).meta({ id: 'DatasetCopyRequest' })
