import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { closeAbandonedRuns } from './close-abandoned.ts'
import { personalizeLeadsJob } from './jobs.ts'
import { runDrafts } from './run-drafts.ts'

export const bindings: JobBinding[] = [work(personalizeLeadsJob, runDrafts)]

export const ticks: Tick[] = [defineTick({ name: 'close_abandoned_runs', every_ms: 30_000, run: closeAbandonedRuns })]
