import { getJob, streamJob } from '@bavlio/sdk/operations'
import type { Job } from '@bavlio/sdk/types'
import { useEffect, useRef, useState } from 'react'
import { call } from './call.ts'

const isOver = (job: Job): boolean => ['completed', 'failed', 'cancelled'].includes(job.status)

/**
 * Follows a long piece of work to its end; null before the first word of it. `left_seconds` is judged by the pace so far and
 * null while there is none. A stream that breaks off is taken up again.
 */
export const useJob = (
  jobId: string | null | undefined,
  onOver?: (job: Job) => void,
): { job: Job | null; left_seconds: number | null } => {
  const [job, setJob] = useState<Job | null>(null)
  const over = useRef(onOver)
  over.current = onOver
  const begun = useRef<{ at: number; done: number } | null>(null)

  useEffect(() => {
    setJob(null)
    begun.current = null
    if (!jobId) return
    const aborter = new AbortController()
    const { signal } = aborter
    const take = (next: Job): boolean => {
      begun.current ??= { at: Date.now(), done: next.progress_done }
      setJob(next)
      if (isOver(next)) over.current?.(next)
      return isOver(next)
    }
    const follow = async (): Promise<void> => {
      while (!signal.aborted) {
        try {
          if (take(await getJob(call, { job_id: jobId }, { signal }))) return
          const events = await streamJob(call, { job_id: jobId }, { signal })
          for await (const { data } of events) if (take(data as Job)) return
        } catch {
          if (signal.aborted) return
        }
        await new Promise((done) => setTimeout(done, 1_000))
      }
    }
    void follow()
    return () => aborter.abort()
  }, [jobId])

  return { job, left_seconds: job ? secondsLeft(job, begun.current) : null }
}

const secondsLeft = (job: Job, begun: { at: number; done: number } | null): number | null => {
  const seconds = begun ? (Date.now() - begun.at) / 1000 : 0
  const done = job.progress_done - (begun?.done ?? 0)
  if (!job.progress_total || seconds < 2 || done <= 0) return null
  return ((job.progress_total - job.progress_done) / done) * seconds
}
