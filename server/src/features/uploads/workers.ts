import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { expirePlans } from './expire-plans.ts'
import { importFileJob } from './jobs.ts'
import { runImport } from './run-import.ts'

export const bindings: JobBinding[] = [work(importFileJob, runImport)]

export const ticks: Tick[] = [defineTick({ name: 'expire_import_plans', every_ms: 600_000, run: expirePlans })]
