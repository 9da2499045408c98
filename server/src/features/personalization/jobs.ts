import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** Writes what waits of a run. What was written before a crash stays written. */
export const personalizeLeadsJob = defineJob({
  name: 'personalize_leads',
  input: z.object({ run_id: z.uuid() }),
  attempts: 10,
  timeout_ms: 6 * 3_600_000,
})
