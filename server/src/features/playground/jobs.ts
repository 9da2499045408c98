import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/**
 * Writes what waits to be written in a workspace. The rows are the queue; the job only wakes a writer, and goes behind the
 * sending of mail in the queue, because a text may take a minute.
 */
export const writeDraftsJob = defineJob({
  name: 'write_drafts',
  input: z.object({ workspace_id: z.uuid() }),
  attempts: 10,
  timeout_ms: 10 * 60_000,
  priority: 10,
})
