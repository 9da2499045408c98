import type { EnrichmentRun, SessionState } from './queries.ts'

/** Leads that the embedded adapter does in a minute on a slow machine; others say nothing about their pace beforehand. */
const LEADS_A_MINUTE = 10_000

/** Whole minutes that work on so many leads takes, one at least. */
export const estimatedMinutes = (leads: number): number => Math.max(1, Math.ceil(leads / LEADS_A_MINUTE))

const STATUSES = {
  queued: 'queued',
  running: 'processing',
  completed: 'finished',
  failed: 'failed',
  cancelled: 'cancelled',
} as const

/** `started` is a job that has been taken up and has no outcome yet. */
export const jobStatusOf = (run: Pick<EnrichmentRun, 'status' | 'processed_count' | 'failed_count'>) =>
  run.status === 'running' && run.processed_count + run.failed_count === 0 ? 'started' : STATUSES[run.status]

/** Percent, rounded down: 100 is said only when every lead has its outcome. */
export const percentOf = (run: Pick<EnrichmentRun, 'leads_count' | 'processed_count' | 'failed_count'>): number =>
  run.leads_count === 0
    ? 100
    : Math.min(100, Math.floor(((run.processed_count + run.failed_count) / run.leads_count) * 100))

/** Whole minutes by the pace so far; null before the first outcome and when the work is over. */
export const minutesLeft = (
  run: Pick<EnrichmentRun, 'status' | 'leads_count' | 'processed_count' | 'failed_count' | 'started_at'>,
  systemNow: Date,
): number | null => {
  const done = run.processed_count + run.failed_count
  if (run.status !== 'running' || !run.started_at || done === 0) return null
  const each = (systemNow.getTime() - run.started_at.getTime()) / done
  return Math.max(0, Math.ceil((each * (run.leads_count - done)) / 60_000))
}

export const creditsOf = (run: Pick<EnrichmentRun, 'processed_count' | 'credits_per_lead'>): number =>
  run.processed_count * run.credits_per_lead

/** How a conversation or a session stands, from its session and the work on it. */
export const stateOf = (
  session: Pick<SessionState, 'status'> | null,
  run: Pick<EnrichmentRun, 'status'> | null,
): 'awaiting_file' | 'ready' | 'queued' | 'processing' | 'completed' | 'failed' => {
  if (run?.status === 'queued') return 'queued'
  if (run?.status === 'running') return 'processing'
  if (!session || session.status === 'created') return 'awaiting_file'
  return session.status
}
