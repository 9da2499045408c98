import type { BavlioError } from '@bavlio/sdk'
import { getStepPerformance } from '@bavlio/sdk/operations'
import type { Campaign, CampaignStats } from '@bavlio/sdk/types'
import type { UseQueryResult } from '@tanstack/react-query'
import { refetchMs } from '../../api/live-events.ts'
import { useRead } from '../../api/query.ts'
import { useJob } from '../../api/use-job.ts'
import { useWorkspaceNow } from '../../api/workspace-clock.ts'
import { Card, CardHeader } from '../../ui/card.tsx'
import { Numbers } from '../../ui/facts.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Loaded } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { MendLink } from './builder/mends.tsx'
import { isWritten } from './campaign-actions.tsx'
import { LaunchFindings } from './launch-findings.tsx'
import { LeadStates } from './lead-states.tsx'
import { LinkClicks } from './link-clicks.tsx'
import { percent } from './rates.ts'
import { StepPerformance } from './step-performance.tsx'

/** How a campaign goes: what holds it up, how far it is, what came back, and which words worked. */
export const CampaignOverview = ({
  campaign,
  stats,
  is_live,
}: {
  campaign: Campaign
  stats: UseQueryResult<CampaignStats, BavlioError>
  /** Events come in and ask the numbers again. */
  is_live: boolean
}) => {
  const steps = useRead(
    getStepPerformance,
    { campaign_id: campaign.campaign_id },
    { refetch_ms: refetchMs(is_live, ['active', 'draining'].includes(campaign.status) ? 8_000 : 60_000) },
  )
  const counts = {
    open: campaign.steps_config.some(({ track_opens }) => track_opens),
    click: campaign.steps_config.some(({ track_clicks }) => track_clicks),
  }
  return (
    <div className="flex flex-col gap-5">
      {campaign.status === 'launching' ? <Launching campaign={campaign} /> : null}
      {campaign.status === 'paused' ? (
        <Notice
          tone="warn"
          title="Nothing is sent while it is paused"
          action={
            isWritten(campaign) ? (
              <MendLink to="playground" params={{ campaign_id: campaign.campaign_id }} />
            ) : undefined
          }
        >
          {campaign.paused_reason}
        </Notice>
      ) : null}
      {campaign.status === 'failed' ? (
        <Notice tone="bad" title="The launch did not work out">
          {campaign.launch_error}
        </Notice>
      ) : null}
      {campaign.status === 'scheduled' && campaign.start_date ? (
        <Notice title="Scheduled">
          It starts <Time at={campaign.start_date} />, on <Time at={campaign.start_date} is_exact />.
        </Notice>
      ) : null}
      <Loaded read={stats}>
        {(found) => (
          <>
            <Progressed campaign={campaign} stats={found} />
            <Numbers
              numbers={[
                {
                  name: 'Sent',
                  value: found.sent,
                  note: found.in_flight ? `${found.in_flight.toLocaleString()} on their way` : undefined,
                },
                { name: 'Delivered', value: found.delivered, note: percent(found.delivered, found.sent) },
                counted('Opened', found.opened, found.delivered, counts.open),
                counted('Clicked', found.clicked, found.delivered, counts.click),
                {
                  name: 'Replied',
                  value: found.replied,
                  note: percent(found.replied, found.delivered),
                  tone: found.replied ? 'good' : undefined,
                },
                {
                  name: 'Bounced',
                  value: found.bounced,
                  note: percent(found.bounced, found.sent),
                  tone: found.bounce_rate >= 0.05 ? 'bad' : found.bounce_rate >= 0.03 ? 'warn' : undefined,
                },
                { name: 'Unsubscribed', value: found.unsubscribed },
                { name: 'Complained', value: found.complained, tone: found.complained ? 'bad' : undefined },
              ]}
            />
          </>
        )}
      </Loaded>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-5">
          <Card>
            <CardHeader
              title="Steps and variants"
              note="The line around each bar is where the true rate lies with 95% certainty."
            />
            <Loaded read={steps}>{(found) => <StepPerformance steps={found.steps} counts={counts} />}</Loaded>
          </Card>
          <LinkClicks campaign={campaign} />
          <LaunchFindings campaign={campaign} />
        </div>
        <Card>
          <CardHeader title="Where the leads stand" />
          <Loaded read={stats}>{(found) => <LeadStates counts={found.lead_status_counts} />}</Loaded>
        </Card>
      </div>
    </div>
  )
}

/** A figure that no step measures is not 0: nobody knows it. */
const counted = (name: string, value: number, whole: number, is_counted: boolean) =>
  is_counted || value ? { name, value, note: percent(value, whole) } : { name, value: '–', note: 'not counted' }

const Launching = ({ campaign }: { campaign: Campaign }) => {
  const { job, left_seconds } = useJob(campaign.launch_job_id)
  return (
    <Card className="p-4">
      <Progress
        label={job?.message ?? 'Launching: making the leads'}
        done={job?.progress_done ?? 0}
        total={job?.progress_total ?? 0}
        left_seconds={left_seconds}
      />
    </Card>
  )
}

const Progressed = ({ campaign, stats }: { campaign: Campaign; stats: CampaignStats }) => {
  const total = stats.total_leads
  const present = useWorkspaceNow()
  if (!total || campaign.status === 'draft') return null
  // While a sandbox's clock runs ahead its activity is later than the present that was last read.
  const now = new Date(Math.max(present.getTime(), Date.parse(stats.last_activity_at ?? '') || 0))
  const over = total - stats.queued - stats.in_flight
  return (
    <Card className="flex flex-col gap-2 p-4">
      <Progress label="Leads that have begun" done={stats.processed_leads} total={total} />
      <p className="flex flex-wrap gap-x-4 text-xs text-ink-faint tabular-nums">
        <span>{stats.queued.toLocaleString()} have a message ahead of them</span>
        <span>{Math.max(0, over).toLocaleString()} are through</span>
        {stats.last_activity_at ? (
          <span>
            last activity <Time at={stats.last_activity_at} now={now} />
          </span>
        ) : null}
        {stats.unknown ? <span>{stats.unknown.toLocaleString()} with an unknown outcome</span> : null}
        {stats.machine_opened ? (
          <span>{stats.machine_opened.toLocaleString()} opened by machines, not counted above</span>
        ) : null}
      </p>
    </Card>
  )
}
