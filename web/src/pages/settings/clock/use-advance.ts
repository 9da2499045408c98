import { advanceWorkspaceClock, getWorkspaceClock } from '@bavlio/sdk/operations'
import type { ClockAdvanceRequest, Job } from '@bavlio/sdk/types'
import { useState } from 'react'
import { queryClient, useRead, useWrite } from '../../../api/query.ts'
import { useJob } from '../../../api/use-job.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

export const CLOCK_STEPS: { words: string; body: ClockAdvanceRequest }[] = [
  { words: 'One hour', body: { seconds: HOUR } },
  { words: 'One day', body: { seconds: DAY } },
  { words: 'One week', body: { seconds: 7 * DAY } },
  { words: 'Until nothing is due', body: { until_idle: true } },
]

/** The sandbox's clock, and the advance that was begun here; whoever else advances it is seen too. */
export const useAdvance = (workspace_id: string, is_shown = true) => {
  const [job_id, setJob] = useState<string | null>(null)
  const { job, left_seconds } = useJob(job_id, () => void queryClient.invalidateQueries())
  const is_working = job_id !== null && (job === null || job.status === 'queued' || job.status === 'running')
  const read = useRead(getWorkspaceClock, { workspace_id }, { refetch_ms: is_working ? 700 : 5_000, enabled: is_shown })
  const advance = useWrite(advanceWorkspaceClock, {
    refreshes: [getWorkspaceClock],
    onDone: (started) => setJob(started.job_id),
  })
  return {
    read,
    job: job as Job | null,
    left_seconds,
    is_busy: is_working || advance.isPending || read.data?.is_advancing === true,
    go: (body: ClockAdvanceRequest): void => advance.mutate({ workspace_id, body }),
  }
}
