import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { expirePlans } from './expire-plans.ts'
import { importFileJob, undoImportJob } from './jobs.ts'
import { runImport } from './run-import.ts'
import { runUndo } from './run-undo.ts'

export const bindings: JobBinding[] = [work(importFileJob, runImport), work(undoImportJob, runUndo)]

export const ticks: Tick[] = [defineTick({ name: 'expire_import_plans', every_ms: 600_000, run: expirePlans })]
