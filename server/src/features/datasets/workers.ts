import { type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { changeDatasetJob } from './jobs.ts'
import { runChange } from './run-change.ts'

export const bindings: JobBinding[] = [work(changeDatasetJob, runChange)]

export const ticks: Tick[] = []
