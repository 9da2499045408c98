import { type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { processSessionJob } from './jobs.ts'
import { processSession } from './personalize-session.ts'

export const bindings: JobBinding[] = [work(processSessionJob, processSession)]

export const ticks: Tick[] = []
