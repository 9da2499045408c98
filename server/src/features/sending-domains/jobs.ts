import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

export const verifyDomainJob = defineJob({
  name: 'verify_domain',
  input: z.object({ workspace_id: z.uuid(), domain_id: z.uuid() }),
  attempts: 5,
  timeout_ms: 60_000,
})
