import { defineTick, type JobBinding, type Tick } from '../../queue/define-job.ts'
import { applyRetention } from './retention.ts'

export const bindings: JobBinding[] = []

export const ticks: Tick[] = [
  defineTick({
    name: 'retention',
    every_ms: 300_000,
    run: (deps) => applyRetention(deps.db, deps.clock.now()),
  }),
]
