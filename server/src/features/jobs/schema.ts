import { z } from 'zod'
import { idParam, timestamp } from '../../http/params.ts'

export const JobParams = z.object({ job_id: idParam })

export const JobEventsQuery = z.object({
  last_event_id: z.string().max(100).optional().describe('For clients that cannot set the header Last-Event-ID.'),
})

export const jobStatus = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled'])

export const JobProgress = z
  .object({
    job_id: z.uuid(),
    kind: z.string().describe('What runs: an import, a launch, an advance of the clock.'),
    subject_id: z.uuid().nullable().describe('What it works on.'),
    status: jobStatus,
    progress_done: z.int().min(0),
    progress_total: z.int().min(0).nullable().describe('Null while it is not known.'),
    counts: z
      .record(z.string(), z.int())
      .nullable()
      .describe(
        'What it has counted so far, where it counts more than one thing; an import: rows_read, rows_imported and so on.',
      ),
    message: z.string().nullable().describe('What it does just now.'),
    result: z.record(z.string(), z.unknown()).nullable(),
    error: z.string().nullable(),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'Job' })
