import { advanceWorkspaceClock, getWorkspaceClock } from '@bavlio/sdk/operations'
import type { ClockAdvanceRequest, Job, Workspace } from '@bavlio/sdk/types'
import { FastForward } from 'lucide-react'
import { useState } from 'react'
import { queryClient, useRead, useWrite } from '../../../api/query.ts'
import { useJob } from '../../../api/use-job.ts'
import { useWorkspace } from '../../../api/use-workspace.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Facts } from '../../../ui/facts.tsx'
import { TextField } from '../../../ui/field.tsx'
import { Progress } from '../../../ui/progress.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { formatDateTime, Time } from '../../../ui/time.tsx'

const HOUR = 3_600
const DAY = 24 * HOUR

const STEPS: { words: string; body: ClockAdvanceRequest }[] = [
  { words: 'One hour', body: { seconds: HOUR } },
  { words: 'One day', body: { seconds: DAY } },
  { words: 'One week', body: { seconds: 7 * DAY } },
  { words: 'Until nothing is due', body: { until_idle: true } },
]

export const ClockPage = () => {
  const workspace = useWorkspace()
  if (workspace && workspace.mode !== 'sandbox')
    return (
      <Card>
        <Empty title="A live workspace’s clock is everybody’s">Only a sandbox can be advanced.</Empty>
      </Card>
    )
  return workspace ? <Clock workspace={workspace} /> : null
}

const Clock = ({ workspace }: { workspace: Workspace }) => {
  const { workspace_id, timezone } = workspace
  const [job_id, setJob] = useState<string | null>(null)
  const { job, left_seconds } = useJob(job_id, () => void queryClient.invalidateQueries())
  const is_working = job_id !== null && (job === null || job.status === 'queued' || job.status === 'running')
  const read = useRead(getWorkspaceClock, { workspace_id }, { refetch_ms: is_working ? 700 : 5_000 })
  const advance = useWrite(advanceWorkspaceClock, {
    refreshes: [getWorkspaceClock],
    onDone: (started) => setJob(started.job_id),
  })
  const [until, setUntil] = useState('')
  const go = (body: ClockAdvanceRequest): void => advance.mutate({ workspace_id, body })
  return (
    <Card>
      <CardHeader
        title="Sandbox clock"
        note="Let time pass: campaigns send inside their windows and limits, people answer, and you watch."
      />
      <Loaded read={read}>
        {(clock) => {
          const is_busy = is_working || clock.is_advancing || advance.isPending
          return (
            <div className="flex flex-col gap-5 p-4">
              <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
                <p className="text-2xl font-semibold text-ink tabular-nums" aria-live="off">
                  {inZone(clock.now, timezone)}
                </p>
                <p className="text-sm text-ink-faint">in {timezone.replaceAll('_', ' ')}</p>
                {is_busy ? <Badge tone="info">Advancing</Badge> : null}
              </div>
              <Facts
                facts={[
                  { name: 'Your time', value: formatDateTime(clock.now) },
                  {
                    name: 'Next due',
                    value: clock.next_due_at ? (
                      <>
                        {formatDateTime(clock.next_due_at)}{' '}
                        <span className="text-ink-faint">
                          (<Time at={clock.next_due_at} now={new Date(clock.now)} />)
                        </span>
                      </>
                    ) : (
                      'Nothing is left to wait for'
                    ),
                  },
                ]}
              />
              <fieldset className="flex flex-wrap gap-2" aria-label="Advance the clock">
                {STEPS.map(({ words, body }, index) => (
                  <Button
                    key={words}
                    look={index === STEPS.length - 1 ? 'primary' : 'plain'}
                    disabled={is_busy}
                    onClick={() => go(body)}
                    icon={index === STEPS.length - 1 ? <FastForward aria-hidden /> : undefined}
                  >
                    {words}
                  </Button>
                ))}
              </fieldset>
              <form
                className="flex max-w-md items-end gap-2"
                onSubmit={(event) => {
                  event.preventDefault()
                  if (until) go({ to: new Date(until).toISOString() })
                }}
              >
                <TextField
                  label="Advance to"
                  type="datetime-local"
                  className="flex-1"
                  value={until}
                  hint="In your own time."
                  onChange={(event) => setUntil(event.target.value)}
                />
                <Button type="submit" className="mb-6 h-9" disabled={!until || is_busy}>
                  Advance
                </Button>
              </form>
              {job ? <Advance job={job} left_seconds={left_seconds} /> : null}
            </div>
          )
        }}
      </Loaded>
    </Card>
  )
}

const inZone = (at: string, timeZone: string): string =>
  new Date(at).toLocaleString(undefined, { timeZone, dateStyle: 'full', timeStyle: 'short' })

type Ended = { messages_sent?: number; is_idle?: boolean; now?: string }

const Advance = ({ job, left_seconds }: { job: Job; left_seconds: number | null }) => {
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
