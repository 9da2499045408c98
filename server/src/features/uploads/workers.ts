import { type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { importFileJob } from './jobs.ts'
import { runImport } from './run-import.ts'

export const bindings: JobBinding[] = [work(importFileJob, runImport)]

export const ticks: Tick[] = []
