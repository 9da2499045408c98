import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** Messages that were accepted in one commit are understood by one job. */
export const processInboundJob = defineJob({
  name: 'process_inbound',
  input: z.object({ delivery_ids: z.array(z.uuid()).min(1).max(500) }),
  attempts: 8,
  timeout_ms: 120_000,
})
