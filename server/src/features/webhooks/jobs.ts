import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** Sends a stretch of the past to an endpoint again; where it is stands in webhook_replays. */
export const replayWebhooksJob = defineJob({
  name: 'replay_webhooks',
  input: z.object({ job_id: z.uuid() }),
  attempts: 10,
  timeout_ms: 30 * 60_000,
})
