import type { Workspace } from '@bavlio/sdk/types'
import { FastForward } from 'lucide-react'
import { useState } from 'react'
import { useWorkspace } from '../../../api/use-workspace.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Facts } from '../../../ui/facts.tsx'
import { TextField } from '../../../ui/field.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { formatDateTime, Time } from '../../../ui/time.tsx'
import { Advance } from './advance.tsx'
import { inZone } from './in-zone.ts'
import { CLOCK_STEPS, useAdvance } from './use-advance.ts'

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
  const { read, job, left_seconds, is_busy, go } = useAdvance(workspace_id)
  const [until, setUntil] = useState('')
  return (
    <Card>
      <CardHeader
        title="Sandbox clock"
        note="Let time pass: campaigns send inside their windows and limits, people answer, and you watch."
      />
      <Loaded read={read}>
        {(clock) => {
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
                {CLOCK_STEPS.map(({ words, body }, index) => (
                  <Button
                    key={words}
                    look={index === CLOCK_STEPS.length - 1 ? 'primary' : 'plain'}
                    disabled={is_busy}
                    onClick={() => go(body)}
                    icon={index === CLOCK_STEPS.length - 1 ? <FastForward aria-hidden /> : undefined}
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
