import type { Deps } from './deps.ts'
import { type MailboxWatcher, watchMailboxes } from './features/mailboxes/watch-mailboxes.ts'
import { createWebhookSender } from './features/webhooks/send-deliveries.ts'
import { createProcessRegistry } from './queue/process-registry.ts'
import { createRunner, type Runner } from './queue/runner.ts'
import { bindings, ticks } from './workers.ts'

/** Jobs and ticks over `deps`. `drain` runs all that is due and returns; `start` keeps running until `stop`. */
export const buildWorker = (deps: Deps, role = 'worker'): Runner => {
  const registry = createProcessRegistry(deps, role)
  const webhooks = createWebhookSender(deps)
  const runner = createRunner(deps, bindings, [...ticks, webhooks.tick], registry)
  let mailboxes: MailboxWatcher | null = null
  return {
    drain: runner.drain,
    start: async () => {
      await registry.start()
      await runner.start()
      mailboxes = watchMailboxes(deps)
    },
    stop: async () => {
      await Promise.all([runner.stop(), mailboxes?.stop()])
      await webhooks.idle()
      await registry.stop()
    },
  }
}
