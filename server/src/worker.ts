import type { Deps } from './deps.ts'
import { createProcessRegistry } from './queue/process-registry.ts'
import { createRunner, type Runner } from './queue/runner.ts'
import { bindings, ticks } from './workers.ts'

/** Jobs and ticks over `deps`. `drain` runs all that is due and returns; `start` keeps running until `stop`. */
export const buildWorker = (deps: Deps, role = 'worker'): Runner => {
  const registry = createProcessRegistry(deps, role)
  const runner = createRunner(deps, bindings, ticks, registry)
  return {
    drain: runner.drain,
    start: async () => {
      await registry.start()
      await runner.start()
    },
    stop: async () => {
      await runner.stop()
      await registry.stop()
    },
  }
}
