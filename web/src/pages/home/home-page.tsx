import { getOverview, listCampaigns } from '@bavlio/sdk/operations'
import type { Overview } from '@bavlio/sdk/types'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { refetchMs, useLiveReads } from '../../api/live-events.ts'
import { keyOf, useRead } from '../../api/query.ts'
import { useWorkspace } from '../../api/use-workspace.ts'
import { Card, CardHeader } from '../../ui/card.tsx'
import { Numbers } from '../../ui/facts.tsx'
import { inputStyle } from '../../ui/field.tsx'
import { Page } from '../../ui/page.tsx'
import { Loaded, Skeleton } from '../../ui/states.tsx'
import { FirstRun } from './first-run.tsx'
import { Needs } from './needs.tsx'
import { RunningCampaigns } from './running-campaigns.tsx'
import { SandboxClock } from './sandbox-clock.tsx'

// The chart's library is heavier than all the rest of this page.
const Traffic = lazy(() => import('./traffic.tsx').then(({ Traffic }) => ({ default: Traffic })))

const SPANS = [7, 30, 90]

/** Whatever happens changes a figure here, and each is counted over weeks. */
const REST_MS = 5_000

export const HomePage = () => {
  const { days = 30 } = useSearch({ strict: false }) as { days?: number }
  const navigate = useNavigate()
  const { is_live } = useLiveReads([keyOf(getOverview), keyOf(listCampaigns)], () => true, REST_MS)
  const refetch_ms = refetchMs(is_live, 20_000)
  const read = useRead(getOverview, { days }, { refetch_ms, keep_previous: true, is_fresh: true })
  const workspace = useWorkspace()
  const is_begun = read.data?.first_run.has_launched ?? false
  return (
    <Page
      title="Home"
      actions={
        is_begun ? (
          <select
            aria-label="Time shown"
            value={days}
            onChange={(event) =>
              void navigate({ to: '/', search: { days: Number(event.target.value) } as never, replace: true })
            }
            className={`${inputStyle} h-8 !w-auto pr-8`}
          >
            {SPANS.map((span) => (
              <option key={span} value={span}>
                Last {span} days
              </option>
            ))}
          </select>
        ) : null
      }
    >
      <Loaded read={read} loading={<HomeSkeleton />}>
        {(overview) => (
          <>
            {overview.first_run.has_launched ? null : <FirstRun first={overview.first_run} />}
            {overview.first_run.has_campaign || overview.needs.domains.length ? (
              <div className="grid gap-5 lg:grid-cols-2 lg:items-start">
                <Needs overview={overview} />
                <RunningCampaigns refetch_ms={refetch_ms} />
              </div>
            ) : null}
            {overview.first_run.has_launched && workspace?.mode === 'sandbox' ? (
              <SandboxClock workspace={workspace} overview={overview} />
            ) : null}
            {overview.first_run.has_launched ? <Figures overview={overview} /> : null}
          </>
        )}
      </Loaded>
    </Page>
  )
}

const share = (part: number, whole: number): string =>
  whole ? (part / whole).toLocaleString(undefined, { style: 'percent', maximumFractionDigits: 1 }) : '–'

const against = (now: number, before: number, days: number): string => {
  if (!before) return `none in the ${days} days before`
  const change = (now - before) / before
  const shown = Math.abs(change).toLocaleString(undefined, { style: 'percent', maximumFractionDigits: 0 })
  return Math.round(change * 100) === 0
    ? 'as before'
    : `${change > 0 ? 'up' : 'down'} ${shown} on the ${days} days before`
}

const Figures = ({ overview }: { overview: Overview }) => {
  const { totals, previous, days, timezone } = overview
  return (
    <Card>
      <CardHeader title={`The last ${days} days`} note={`Days in ${timezone.replaceAll('_', ' ')}.`} />
      <div className="[&>dl]:rounded-none [&>dl]:border-x-0 [&>dl]:border-t-0">
        <Numbers
          numbers={[
            { name: 'Sent', value: totals.sent, note: against(totals.sent, previous.sent, days) },
            { name: 'Delivered', value: totals.delivered, note: `${share(totals.delivered, totals.sent)} of sent` },
            { name: 'Replies', value: totals.replied, note: against(totals.replied, previous.replied, days) },
            { name: 'Opened', value: totals.opened, note: `${share(totals.opened, totals.delivered)} of delivered` },
            { name: 'Clicked', value: totals.clicked, note: `${share(totals.clicked, totals.delivered)} of delivered` },
            {
              name: 'Bounced',
              value: totals.bounced,
              note: `${share(totals.bounced, totals.sent)} of sent`,
              ...(totals.sent >= 50 && totals.bounced / totals.sent >= 0.05 ? { tone: 'bad' as const } : {}),
            },
          ]}
        />
      </div>
      <Suspense fallback={<Skeleton className="m-4 h-48" />}>
        <Traffic overview={overview} />
      </Suspense>
    </Card>
  )
}

const HomeSkeleton = () => (
  <div role="status" className="flex flex-col gap-5">
    <span className="sr-only">Loading…</span>
    <Skeleton className="h-80 rounded-xl" />
    <div className="grid gap-5 lg:grid-cols-2">
      <Skeleton className="h-56 rounded-xl" />
      <Skeleton className="h-56 rounded-xl" />
    </div>
  </div>
)
