import { z } from 'zod'
import { cursorFields, listParams } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'

const PipelineType = z.enum(['enrichment', 'personalization', 'lead_finder', 'email_finder'])

export const DatasetSummary = z
  .object({
    dataset_id: z.uuid(),
    dataset_name: z.string().max(255),
    pipeline_type: PipelineType.describe('Which pipeline the rows belong to'),
    source_type: z
      .enum(['csv', 'excel', 'google_sheets', 'extraction', 'linkedin_search', 'lead_finder', 'email_finder', 'api'])
      .describe('Where the rows came from'),
    session_id: z.uuid().nullable().optional().describe('Latest processing session bound to the dataset'),
    status: z.enum(['pending', 'processing', 'completed', 'failed']),
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
  search: z.string().max(200).optional(),
  include_archived: booleanParam(false),
})

export const DatasetListResponse = z
  .object({ items: z.array(DatasetSummary), ...cursorFields, limit: z.int(), offset: z.int() })
  .meta({ id: 'DatasetListResponse' })

export const DatasetParams = z.object({ dataset_id: idParam })

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
