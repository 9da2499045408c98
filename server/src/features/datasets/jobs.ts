import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** Carries a change of a large dataset out in one transaction. Runs again from the start after a crash. */
export const changeDatasetJob = defineJob({
  name: 'change_dataset',
  input: z.object({ job_id: z.uuid() }),
  attempts: 10,
  timeout_ms: 6 * 3_600_000,
})
