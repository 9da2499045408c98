import { getLaunchWarnings } from '@bavlio/sdk/operations'
import type { Campaign } from '@bavlio/sdk/types'
import { useRead } from '../../api/query.ts'
import { Card, CardHeader } from '../../ui/card.tsx'
import { Time } from '../../ui/time.tsx'
import { PreflightList } from './builder/preflight-list.tsx'

/** What the launch found, where it was launched and found something. */
export const LaunchFindings = ({ campaign }: { campaign: Campaign }) => {
  const { campaign_id, dataset_id } = campaign
  const read = useRead(getLaunchWarnings, { campaign_id }, { enabled: campaign.launch_requested_at !== null })
  if (!read.data?.launched_at || read.data.warnings.every(({ severity }) => severity === 'info')) return null
  const { summary, launched_at } = read.data
  return (
    <Card>
      <CardHeader
        title="Found at the launch"
        note={
          <>
            {summary
              ? `${summary.launchable_rows.toLocaleString()} of ${summary.total_rows.toLocaleString()} rows became leads, `
              : ''}
            <Time at={launched_at} />
          </>
        }
      />
      <div className="p-3">
        <PreflightList warnings={read.data.warnings} params={{ campaign_id, dataset_id }} is_past />
      </div>
    </Card>
  )
}
