import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** Sends what is queued and due in a workspace until nothing is left. The rows are the queue; the job only wakes a sender. */
export const sendJob = defineJob({
  name: 'send_emails',
  input: z.object({ workspace_id: z.uuid() }),
  attempts: 5,
  timeout_ms: 6 * 3_600_000,
})
