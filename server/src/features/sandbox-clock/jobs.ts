import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** Lets a sandbox's time pass. Runs again from the instant it had reached. */
export const advanceJob = defineJob({
  name: 'advance_clock',
  input: z.object({
    workspace_id: z.uuid(),
    job_id: z.uuid(),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    until_idle: z.boolean(),
    resolution_seconds: z.int(),
  }),
  attempts: 25,
  timeout_ms: 12 * 3_600_000,
})
