import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

export const syncMailboxJob = defineJob({
  name: 'sync_mailbox',
  input: z.object({ mailbox_id: z.uuid() }),
  attempts: 2,
  timeout_ms: 600_000,
})
