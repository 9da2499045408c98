import { listCampaigns } from '@bavlio/sdk/operations'
import { Link } from '@tanstack/react-router'
import { useRead } from '../../api/query.ts'
import { Button } from '../../ui/button.tsx'
import { Card, CardHeader } from '../../ui/card.tsx'
import { Loaded, LoadingRows } from '../../ui/states.tsx'
import { CampaignState } from '../campaigns/campaign-state.tsx'

const MOST = 5

/** The newest campaigns and how far each is. */
export const RunningCampaigns = ({ refetch_ms }: { refetch_ms: number }) => {
  const read = useRead(listCampaigns, { page: 1, page_size: MOST }, { refetch_ms })
  return (
    <Card>
      <CardHeader
        title="Campaigns"
        actions={
          <Button asChild look="quiet" size="sm">
            <Link to="/campaigns">All campaigns</Link>
          </Button>
        }
      />
      <Loaded read={read} loading={<LoadingRows rows={3} />}>
        {({ items }) => (
          <ul>
            {items.map((campaign) => (
              <li key={campaign.campaign_id} className="border-b border-line last:border-0">
                <Link
                  to="/campaigns/$campaign_id"
                  params={{ campaign_id: campaign.campaign_id }}
                  className="flex items-center gap-3 px-4 py-2.5 hover:bg-sunken/60 focus-visible:-outline-offset-2"
                >
                  <span className="min-w-0 flex-1">
                    <span className="block truncate text-sm font-medium text-ink">{campaign.name}</span>
                    <span className="text-xs text-ink-faint tabular-nums">
                      {campaign.total_leads
                        ? `${campaign.processed_leads.toLocaleString()} of ${campaign.total_leads.toLocaleString()} leads begun`
                        : 'No leads yet'}
                    </span>
                  </span>
                  <CampaignState status={campaign.status} />
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  )
}
