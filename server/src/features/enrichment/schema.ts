import { z } from 'zod'
import { limitParam, offsetParam } from '../../http/pagination.ts'
import { timestamp } from '../../http/params.ts'

const Texts = z.array(z.string().min(1).max(500)).min(1).max(1_000).nullable().optional()

export const ProcessFileRequest = z
  .object({
    session_id: z.string().describe('Processing session that owns the rows'),
    linkedin_urls: z
      .array(z.string().max(500).meta({ format: 'uri' }))
      .min(1)
      .max(1_000)
      .optional()
      .describe(
        'Profile URLs on linkedin.com/in/; malformed ones are left out and listed. One of the three lists is needed.',
      ),
    domains: Texts.describe('Companies by their domain or web address: all rows of each; ours.'),
    names: Texts.describe('People by name, as “Ann Lee, Havn AS” or “Ann Lee at havn.example”; ours.'),
    chat_session_id: z.string().nullable().optional().describe('Chat that asked for the work'),
    priority: z.enum(['low', 'normal', 'high']).default('normal'),
    options: z
      .looseObject({
        fill_empty_cells: z
          .boolean()
          .optional()
          .describe('Also write what was learned into empty cells of the dataset; true when absent.'),
      })
      .nullable()
      .optional()
      .describe('Enrichment switches'),
  })
  .meta({ id: 'ProcessFileRequest' })

export const ProcessFileResponse = z
  .object({
    job_id: z.uuid(),
    session_id: z.string(),
    status: z.enum(['queued']),
    total_urls: z.int().min(1).describe('Leads that are worked on'),
    skipped_urls: z.array(z.string()).describe('Malformed or duplicate URLs, domains and names left out'),
    credits_required: z.int().min(0).describe('Held now; what could not be enriched is given back'),
    estimated_duration_minutes: z.int().min(0),
    priority: z.enum(['low', 'normal', 'high']),
    message: z.string(),
  })
  .meta({ id: 'ProcessFileResponse' })

export const EnrichmentJobParams = z.object({ job_id: z.string().max(200) })

export const EnrichmentJobStatus = z
  .object({
    job_id: z.string().describe('Job identifier'),
    status: z
      .string()
      .regex(/^(queued|started|processing|finished|failed|cancelled)$/)
      .describe('queued, started, processing, finished, failed or cancelled'),
    progress: z.int().min(0).max(100).describe('Percent'),
    total: z.int().min(0).describe('Items to process'),
    processed: z.int().min(0).describe('Items done with success'),
    failed: z.int().min(0).describe('Items failed'),
    started_at: timestamp.nullable(),
    completed_at: timestamp.nullable(),
    estimated_remaining_minutes: z.int().min(0).nullable().describe('By the pace so far'),
    credits_used: z.int().min(0).nullable().describe('Credits spent so far'),
    result: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe(
        'Once finished: session_id, adapter, cells_filled, and the first hundred leads with what was learned and from where. All are under get_session_results.',
      ),
    error: z.string().nullable(),
  })
  .meta({ id: 'EnrichmentJobStatus' })

export const EnrichmentChatMessage = z
  .object({
    role: z.enum(['user', 'assistant', 'system']),
    content: z.string(),
    id: z.string(),
    timestamp,
    metadata: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'EnrichmentChatMessage' })

export const EnrichmentChatRequest = z
  .object({
    session_id: z.string().describe('Chat session from start'),
    message: z.string().min(1).max(10_000),
    context: z
      .record(z.string(), z.unknown())
      .nullable()
      .optional()
      .describe('Extra client context. It is taken and changes nothing: what is to be done is said in message.'),
  })
  .meta({ id: 'EnrichmentChatRequest' })

export const EnrichmentChatResponse = z
  .object({
    session_id: z.string(),
    message: EnrichmentChatMessage,
    status: z.enum(['awaiting_file', 'ready', 'processing', 'completed', 'failed']),
    processing_session_id: z.string().nullable().describe('Processing session bound to the chat'),
    job_id: z.string().nullable().describe('Enrichment job the turn started'),
    estimated_credits: z.int().min(0).nullable().describe('The most that the offered work may cost'),
    suggestions: z.array(z.string()).nullable(),
    response_time_ms: z.number().min(0),
  })
  .meta({ id: 'EnrichmentChatResponse' })

export const EnrichmentChatParams = z.object({ session_id: z.string().max(200) })

export const EnrichmentFileInfo = z
  .looseObject({
    filename: z.string().max(255),
    file_type: z.enum(['csv', 'excel']).optional(),
    processing_session_id: z.string().nullable().optional().describe('Session that holds the rows'),
    row_count: z.int().min(0).nullable().optional(),
    columns: z.array(z.string()).nullable().optional(),
    size_bytes: z.int().min(0).nullable().optional(),
  })
  .meta({ id: 'EnrichmentFileInfo' })

export const EnrichmentFileAck = z
  .object({ session_id: z.string(), status: z.enum(['ready']), message: z.string() })
  .meta({ id: 'EnrichmentFileAck' })

export const FileDataQuery = z.object({ limit: limitParam(1_000), offset: offsetParam })

export const EnrichmentFileData = z
  .object({
    session_id: z.string(),
    filename: z.string().nullable(),
    columns: z.array(z.string()),
    leads: z.array(z.record(z.string(), z.unknown())),
    total_leads: z.int().min(0),
    limit: z.int(),
    offset: z.int(),
    has_more: z.boolean(),
    metadata: z
      .record(z.string(), z.unknown())
      .describe('processing_session_id, dataset_id, its state, and which column holds which field'),
  })
  .meta({ id: 'EnrichmentFileData' })

export const EnrichmentChatStatus = z
  .object({
    session_id: z.string(),
    session_kind: z.enum(['chat', 'processing']).describe('Which kind of id was passed'),
    status: z.enum(['idle', 'awaiting_file', 'ready', 'queued', 'processing', 'completed', 'failed']),
    processing_session_id: z.string().nullable(),
    job_id: z.string().nullable(),
    progress: z.int().min(0).max(100),
    total: z.int().min(0),
    processed: z.int().min(0),
    failed: z.int().min(0),
    credits_used: z.int().min(0).nullable(),
    results: z.record(z.string(), z.unknown()).nullable(),
    error: z.string().nullable(),
    updated_at: timestamp.nullable(),
  })
  .meta({ id: 'EnrichmentChatStatus' })
