import type { Overview, Workspace } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { FastForward } from 'lucide-react'
import { Button } from '../../ui/button.tsx'
import { Card, CardHeader } from '../../ui/card.tsx'
import { Loaded, LoadingRows } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { Advance } from '../settings/clock/advance.tsx'
import { inZone } from '../settings/clock/in-zone.ts'
import { useAdvance } from '../settings/clock/use-advance.ts'

const DAY = 86_400

/**
 * A campaign sends on working days in working hours, and its people answer days later. In a sandbox nobody has to wait for
 * that, so where something is due the way to let time pass stands on the first page.
 */
export const SandboxClock = ({ workspace, overview }: { workspace: Workspace; overview: Overview }) => {
  const { read, job, left_seconds, is_busy, go } = useAdvance(workspace.workspace_id)
  const is_first = overview.totals.sent === 0
  return (
    <Card>
      <CardHeader
        title={is_first ? 'Let time pass, and watch the first letters leave' : 'Sandbox clock'}
        note="Letters leave in their hours and people answer as they would; no need to wait for it."
        actions={
          <Button asChild look="quiet" size="sm">
            <Link to="/settings/clock">All of the clock</Link>
          </Button>
        }
      />
      <Loaded read={read} loading={<LoadingRows rows={2} />}>
        {(clock) => (
          <div className="flex flex-col gap-3 p-4">
            <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
              <p className="min-w-0 flex-1 basis-60 text-sm text-ink-soft">
                It is <span className="font-medium text-ink">{inZone(clock.now, workspace.timezone)}</span> in{' '}
                {workspace.timezone.replaceAll('_', ' ')}.{' '}
                {clock.next_due_at ? (
                  <>
                    The next thing is due <Time at={clock.next_due_at} now={new Date(clock.now)} />.
                  </>
                ) : (
                  'Nothing is left to wait for.'
                )}
              </p>
              <div className="flex gap-2">
                <Button disabled={is_busy} onClick={() => go({ seconds: DAY })}>
                  One day
                </Button>
                <Button
                  look={is_first ? 'primary' : 'plain'}
                  disabled={is_busy}
                  icon={<FastForward aria-hidden />}
                  onClick={() => go({ seconds: 7 * DAY })}
                >
                  One week
                </Button>
              </div>
            </div>
            {job ? <Advance job={job} left_seconds={left_seconds} /> : null}
          </div>
        )}
      </Loaded>
    </Card>
  )
}
