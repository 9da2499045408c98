import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { replayWebhooksJob } from './jobs.ts'
import { applyWebhookRetention } from './keep-webhooks.ts'
import { stopListening } from './listening.ts'
import { dropOrphans, publishWaiting } from './publish-waiting.ts'
import { runReplay } from './replay-deliveries.ts'

export const bindings: JobBinding[] = [work(replayWebhooksJob, ({ job_id }, deps, run) => runReplay(deps, job_id, run))]

export const ticks: Tick[] = [
  defineTick({ name: 'publish_events', every_ms: 200, run: publishWaiting }),
  defineTick({
    name: 'webhook_retention',
    every_ms: 300_000,
    run: async (deps) => {
      const now = deps.clock.now()
      await stopListening(deps, now)
      await dropOrphans(deps.db)
      return applyWebhookRetention(deps.db, now, deps.config.webhooks.kept_days)
    },
  }),
]
