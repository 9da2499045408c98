import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** Works through the leads of a session, batch by batch. Runs again from where it stopped. */
export const processSessionJob = defineJob({
  name: 'process_session',
  input: z.object({ job_id: z.uuid() }),
  attempts: 10,
  timeout_ms: 6 * 3_600_000,
})
