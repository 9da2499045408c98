import { type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { advanceClock } from './advance-clock.ts'
import { advanceJob } from './jobs.ts'

export const bindings: JobBinding[] = [work(advanceJob, advanceClock)]

export const ticks: Tick[] = []
