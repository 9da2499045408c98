import { z } from 'zod'
import { cursorFields, cursorParam, limitParam, offsetParam } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'
import { promptText, senderFacts } from '../sender-profiles/schema.ts'
import { MERGE_STRATEGIES } from './merge-sender-data.ts'
import { SESSION_STATUSES } from './session-state.ts'

const SessionType = z.enum(['enrichment', 'personalization'])

const unixSeconds = z.number().describe('Unix seconds')

export const SessionCreateRequest = z
  .object({
    session_type: SessionType.describe('What the session will do'),
    sender_data: senderFacts.nullable().optional().describe('Sender fields to start with; any keys'),
  })
  .meta({ id: 'SessionCreateRequest' })

export const SessionCreateResponse = z
  .object({
    session_id: z.string(),
    status: z.enum(SESSION_STATUSES).describe('Current session status'),
    created_at: unixSeconds,
  })
  .meta({ id: 'SessionCreateResponse' })

export const SessionParams = z.object({ session_id: z.string().min(1).max(200) })

export const SessionJobParams = SessionParams.extend({ job_id: z.string().min(1).max(200) })

export const SessionDatasetParams = z.object({ dataset_id: idParam })

const Job = z.record(z.string(), z.unknown())

export const SessionStatus = z
  .object({
    session_id: z.string(),
    status: z.enum(SESSION_STATUSES).describe('processing also while a file is being read into it'),
    created_at: unixSeconds,
    leads_count: z.int().describe('Leads in the session'),
    processed_count: z.int().describe('Leads that were worked on with success'),
    failed_count: z.int().describe('Leads that could not be worked on'),
    progress_percentage: z.number().describe('0 to 100'),
    metadata: z.record(z.string(), z.unknown()).nullable().optional(),
    active_jobs: z.array(Job).nullable().optional().describe('Jobs still running'),
    job_history: z.array(Job).nullable().optional().describe('Recent jobs'),
  })
  .meta({ id: 'SessionStatus' })

export const SessionJobStatus = z
  .object({
    job_id: z.string(),
    job_type: z.string(),
    status: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']).describe('Current job status'),
    progress: z.number().nullable().describe('Percent'),
    progress_detail: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('percentage, processed, failed and total when known'),
    result: z.record(z.string(), z.unknown()).nullable().describe('Filled once completed'),
    error: z.string().nullable(),
    created_at: unixSeconds.nullable(),
    completed_at: unixSeconds.nullable(),
  })
  .meta({ id: 'SessionJobStatus' })

const MergeStrategy = z
  .enum(MERGE_STRATEGIES)
  .default('update')
  .describe(
    'update: later values win; fill: only what is missing or empty is added; deep_update: as update, inside nested objects too; replace: starts afresh.',
  )

export const SenderDataUpdateRequest = z
  .object({
    sender_data: senderFacts
      .refine((data) => Object.keys(data).length > 0, 'needs at least one field')
      .meta({ minProperties: 1 })
      .describe('Sender fields; any keys'),
    merge_strategy: MergeStrategy,
  })
  .meta({ id: 'SenderDataUpdateRequest' })

export const SenderDataBulkRequest = z
  .array(senderFacts.describe('Sender source'))
  .max(1_000)
  .describe('Sources in order')

export const SenderDataBulkQuery = z.object({ merge_strategy: MergeStrategy })

export const SenderDataUpdateResponse = z
  .object({
    session_id: z.string(),
    sources_updated: z.int().describe('How many sources were taken in'),
    merge_strategy: z.string(),
    message: z.string(),
    job_id: z.string().nullable().describe('Set when the work was queued; it never is here'),
    estimated_completion_time: z.number().nullable().describe('Unix seconds'),
    processing_status: z.string().nullable().describe('State of that job'),
  })
  .meta({ id: 'SenderDataUpdateResponse' })

export const AddLeadsRequest = z
  .object({
    leads: z.array(z.record(z.string(), z.unknown()).describe('Lead fields; any keys')).min(1).max(1_000),
  })
  .meta({ id: 'AddLeadsRequest' })

export const AddLeadsResponse = z
  .object({
    session_id: z.string(),
    dataset_id: z.uuid().describe('Where the leads are; ours.'),
    leads_added: z.int().min(0),
    leads_duplicate: z.int().min(0).describe('Left out because the address is in the session already; ours.'),
    leads_rejected: z.int().min(0).describe('Left out because there is nothing in them or too much; ours.'),
    leads_count: z.int().min(0).describe('Leads in the session now'),
    status: z.enum(SESSION_STATUSES),
    job_id: z.string().nullable(),
    message: z.string(),
  })
  .meta({ id: 'AddLeadsResponse' })

export const SessionProcessRequest = z
  .object({
    priority: z.enum(['low', 'normal', 'high']).default('normal'),
    custom_prompt: promptText.nullable().optional().describe('Personalization sessions only'),
    options: z
      .looseObject({
        fill_empty_cells: z
          .boolean()
          .optional()
          .describe('Also write what was learned into empty cells of the dataset; true when absent. Ours.'),
      })
      .nullable()
      .optional(),
  })
  .meta({ id: 'SessionProcessRequest' })

export const SessionProcessResponse = z
  .object({
    session_id: z.string(),
    job_id: z.string(),
    status: z.enum(SESSION_STATUSES),
    leads_count: z.int().min(0).describe('Leads handed to workers'),
    credits_required: z.int().min(0).nullable(),
    estimated_completion_time: z.number().nullable().describe('Unix seconds'),
    message: z.string(),
  })
  .meta({ id: 'SessionProcessResponse' })

export const RESULT_STATUSES = ['pending', 'processing', 'completed', 'failed'] as const

export const SessionResult = z
  .object({
    row_index: z.int().min(0),
    row_id: z.uuid().describe('The row of the dataset; ours.'),
    status: z.enum(RESULT_STATUSES),
    lead_data: z.record(z.string(), z.unknown()),
    result: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe(
        'Enriched fields and, under sources, where each is from; subject_line and personalised_email for personalization sessions',
      ),
    error: z.string().nullable(),
    processed_at: timestamp.nullable(),
  })
  .meta({ id: 'SessionResult' })

export const SessionResultsQuery = z.object({
  limit: limitParam(1_000),
  offset: offsetParam,
  status: z.enum(RESULT_STATUSES).optional(),
  cursor: cursorParam,
})

export const SessionResultsResponse = z
  .object({
    session_id: z.string(),
    status: z.enum(SESSION_STATUSES),
    session_type: SessionType,
    items: z.array(SessionResult),
    limit: z.int(),
    offset: z.int(),
    ...cursorFields,
  })
  .meta({ id: 'SessionResultsResponse' })

export const SessionDeleteQuery = z.object({
  cancel: booleanParam(false).describe('Stop work that is under way first; without it that is a 409. Ours.'),
})

export const SessionDeleteResponse = z
  .object({ session_id: z.string(), deleted: z.boolean(), message: z.string() })
  .meta({ id: 'SessionDeleteResponse' })

export const SessionCancelResponse = z
  .object({ session_id: z.string(), status: z.enum(SESSION_STATUSES), message: z.string() })
  .meta({ id: 'SessionCancelResponse' })
