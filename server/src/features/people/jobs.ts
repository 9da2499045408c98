import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

export const erasePersonJob = defineJob({
  name: 'erase_person',
  input: z.object({ erasure_id: z.uuid(), job_id: z.uuid() }),
  attempts: 5,
  timeout_ms: 30 * 60_000,
})
