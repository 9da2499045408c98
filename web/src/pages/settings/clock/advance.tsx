import type { Job } from '@bavlio/sdk/types'
import { Progress } from '../../../ui/progress.tsx'
import { formatDateTime } from '../../../ui/time.tsx'

const DAY = 86_400

type Ended = { messages_sent?: number; is_idle?: boolean; now?: string }

/** How far the advance is; then what came of it. */
export const Advance = ({ job, left_seconds }: { job: Job; left_seconds: number | null }) => {
  if (job.status === 'failed') return <p className="text-sm text-bad">{job.error}</p>
  if (job.status === 'completed') {
    const { messages_sent = 0, is_idle, now } = (job.result ?? {}) as Ended
    return (
      <p role="status" className="rounded-lg bg-good-soft px-4 py-3 text-sm text-good">
        {messages_sent === 1 ? 'One message' : `${messages_sent.toLocaleString()} messages`} sent
        {now ? ` by ${formatDateTime(now)}` : ''}
        {is_idle ? '; nothing is left to wait for' : ''}.
      </p>
    )
  }
  const days = (job.progress_total ?? 0) / DAY
  const done = job.progress_done / DAY
  const sent = /(\d+) messages sent/.exec(job.message ?? '')?.[1]
  return (
    <Progress
      label={`Days that have passed${sent ? `; ${Number(sent).toLocaleString()} messages sent` : ''}`}
      done={Math.round(done * 10) / 10}
      total={Math.round(days * 10) / 10}
      left_seconds={left_seconds}
    />
  )
}
