import { z } from 'zod'

export const SessionCreateRequest = z
  .object({
    session_type: z.enum(['enrichment', 'personalization']).describe('What the session will do'),
    sender_data: z
      .record(z.string(), z.unknown())
      .nullable()
      .optional()
      .describe('Sender fields to start with; any keys'),
  })
  .meta({ id: 'SessionCreateRequest' })

export const SessionCreateResponse = z
  .object({
    session_id: z.string(),
    status: z.string().describe('Current session status'),
    created_at: z.number().describe('Unix seconds'),
  })
  .meta({ id: 'SessionCreateResponse' })

export const SessionParams = z.object({ session_id: z.string().min(1).max(200) })

const Job = z.record(z.string(), z.unknown())

export const SessionStatus = z
  .object({
    session_id: z.string(),
    status: z.string().describe('created, ready, processing, completed or failed'),
    created_at: z.number().describe('Unix seconds'),
    leads_count: z.int().describe('Leads in the session'),
    processed_count: z.int(),
    failed_count: z.int(),
    progress_percentage: z.number().describe('0 to 100'),
    metadata: z.record(z.string(), z.unknown()).nullable().optional(),
    active_jobs: z.array(Job).nullable().optional().describe('Jobs still running'),
    job_history: z.array(Job).nullable().optional().describe('Recent jobs'),
  })
  .meta({ id: 'SessionStatus' })
