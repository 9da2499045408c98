import { z } from 'zod'
import { cursorFields, listParams } from '../../http/pagination.ts'
import { idParam, timestamp } from '../../http/params.ts'

const Title = z.string().min(1).max(255)
const hasText = (text: string): boolean => text.trim() !== ''
const blank = 'must not be blank'

const extraction = {
  extraction_id: z.uuid(),
  title: z.string().max(255),
  source: z.string().describe('Origin, e.g. PitchBook, LinkedIn, google_sheets'),
  leads_count: z.int().min(0),
  columns: z.array(z.string()).optional().describe('Names under columnValues, without that prefix'),
  session_id: z.uuid().nullable().describe('Session made from it'),
  file_size_bytes: z.int().min(0).nullable().optional(),
  metadata: z.record(z.string(), z.unknown()),
  created_at: timestamp,
  updated_at: timestamp.nullable().optional(),
}

export const UserExtraction = z
  .object(extraction)
  .meta({ id: 'UserExtraction', description: 'Leads captured by the browser extension or imported from a sheet.' })

export const UserExtractionDetail = z
  .object({
    ...extraction,
    columns: z.array(z.string()),
    sheets: z.array(z.string()).nullable().optional().describe('Sheet names when the data has several'),
    sample_data: z.array(z.record(z.string(), z.unknown())).max(10).optional().describe('First rows'),
  })
  .meta({ id: 'UserExtractionDetail' })

export const ExtractionListQuery = z.object({
  ...listParams(200),
  source: z.string().max(100).optional().describe('For example PitchBook; upper and lower case are the same.'),
})

export const UserExtractionListResponse = z
  .object({ items: z.array(UserExtraction), ...cursorFields, limit: z.int(), offset: z.int() })
  .meta({ id: 'UserExtractionListResponse' })

export const ExtractionParams = z.object({ extraction_id: idParam })

const PageUrl = z
  .string()
  .max(2_000)
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http(s) address')
const SourceHost = z.string().max(253)
const Source = z.string().min(1).max(100).refine(hasText, blank)

export const PageUrls = z.array(PageUrl).max(500)
export const Metadata = z
  .record(z.string().max(100), z.unknown())
  .refine((value) => JSON.stringify(value).length <= 65_536, 'must be at most 65,536 characters as JSON')

/** As a form beside the file; lists and objects are JSON texts there. */
export const ExtractionUploadFields = z.object({
  title: Title.refine(hasText, blank).optional(),
  source: Source.optional().describe('Origin; the host of the page when absent'),
  source_host: SourceHost.optional().describe('Host of the page the leads were found on'),
  page_urls: z.string().optional().meta({
    contentMediaType: 'application/json',
    description: 'JSON list of the pages the leads were found on',
  }),
  metadata: z
    .string()
    .optional()
    .meta({ contentMediaType: 'application/json', description: 'JSON object with whatever else is worth keeping' }),
})

export const ExtractionUploadRequest = z
  .strictObject({
    title: Title.refine(hasText, blank).optional(),
    source: Source.optional().describe('Origin; the host of the page when absent'),
    source_host: SourceHost.optional().describe('Host of the page the leads were found on'),
    page_urls: PageUrls.optional().describe('Pages the leads were found on'),
    metadata: Metadata.optional().describe('Whatever else is worth keeping'),
    leads: z
      .array(z.record(z.string(), z.unknown()))
      .min(1)
      .describe('Each with its columns under columnValues, or a plain object whose fields are all columns'),
  })
  .meta({ id: 'ExtractionUploadRequest' })

export const ExtractionRenameRequest = z
  .strictObject({ title: Title.refine(hasText, blank) })
  .meta({ id: 'ExtractionRenameRequest' })

export const ExtractionRenameResponse = z
  .object({ success: z.boolean(), extraction_id: z.string(), title: z.string(), message: z.string() })
  .meta({ id: 'ExtractionRenameResponse' })

export const ExtractionDeleteResponse = z
  .object({ success: z.boolean(), extraction_id: z.string(), message: z.string() })
  .meta({ id: 'ExtractionDeleteResponse' })

export const BulkDeleteExtractionsRequest = z
  .strictObject({
    extraction_ids: z
      .array(z.uuid())
      .min(1)
      .max(100)
      .refine((ids) => new Set(ids.map((id) => id.toLowerCase())).size === ids.length, 'must not name one twice')
      .meta({ uniqueItems: true }),
  })
  .meta({ id: 'BulkDeleteExtractionsRequest' })

export const BulkDeleteExtractionsResponse = z
  .object({
    deleted_count: z.int().min(0),
    deleted_ids: z.array(z.string()),
    failed: z
      .array(z.object({ extraction_id: z.string(), reason: z.string() }).meta({ id: 'BulkDeleteFailure' }))
      .describe('Ids missing, foreign or not removable'),
    message: z.string(),
  })
  .meta({ id: 'BulkDeleteExtractionsResponse' })

export const ExtractionSessionResponse = z
  .object({
    session_id: z.string(),
    dataset_id: z.string(),
    leads_count: z.int().describe('Leads loaded'),
    status: z.string().describe('Session status'),
  })
  .meta({ id: 'ExtractionSessionResponse' })

const SheetChoice = z.looseObject({
  enabled: z.boolean().optional().describe('false leaves the sheet out'),
})

export const ExtractionProcessRequest = z
  .object({
    session_id: z.string().describe('Session to load into'),
    sheet_config: z
      .record(z.string(), SheetChoice)
      .nullable()
      .optional()
      .describe(
        'Choice of sheets when there are several: sheet name to {enabled}; sheets that are not named are loaded',
      ),
  })
  .meta({ id: 'ExtractionProcessRequest' })

export const ExtractionProcessResponse = z
  .object({
    session_id: z.string(),
    status: z.string(),
    leads_queued: z.int(),
    file_info: z.record(z.string(), z.unknown()).describe('Facts about the processed file'),
    message: z.string(),
    import_id: z.string().nullable().optional().describe('The import that holds counts and rejected rows; ours.'),
    job_id: z.string().nullable().optional().describe('Set while a larger extraction is being read; ours.'),
  })
  .meta({ id: 'ExtractionProcessResponse' })

export const ExtractionDownloadQuery = z.object({ format: z.enum(['csv', 'excel', 'json']).default('csv') })
