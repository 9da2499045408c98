import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** Makes the leads of a campaign, batch by batch, and starts it. Runs again from where it stopped. */
export const launchJob = defineJob({
  name: 'launch_campaign',
  input: z.object({ campaign_id: z.uuid(), job_id: z.uuid() }),
  attempts: 10,
  timeout_ms: 6 * 3_600_000,
})
