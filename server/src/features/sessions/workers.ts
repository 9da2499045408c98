import { type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { processSessionJob } from './jobs.ts'
import { runSession } from './run-session.ts'

export const bindings: JobBinding[] = [work(processSessionJob, runSession)]

export const ticks: Tick[] = []
