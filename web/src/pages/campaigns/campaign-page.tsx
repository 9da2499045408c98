import {
  getCampaign,
  getCampaignClickStats,
  getCampaignLead,
  getCampaignStats,
  getLeadEvents,
  getStepPerformance,
  listCampaignLeads,
} from '@bavlio/sdk/operations'
import type { Campaign } from '@bavlio/sdk/types'
import { useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { refetchMs, useLiveReads } from '../../api/live-events.ts'
import { keyOf, queryClient, useRead } from '../../api/query.ts'
import { useListSearch } from '../../table/use-list-search.ts'
import { Page } from '../../ui/page.tsx'
import { ErrorPanel, LoadingRows } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { CampaignActions } from './campaign-actions.tsx'
import { CampaignOverview } from './campaign-overview.tsx'
import { CampaignSetup } from './campaign-setup.tsx'
import { CampaignState } from './campaign-state.tsx'
import { LeadList } from './lead-list.tsx'

export type CampaignSearch = {
  tab?: 'leads' | 'setup'
  status?: string
  text?: string
  q?: string
  page?: number
  lead?: string
}

/** One campaign: how it goes, its leads, and how it is set up. */
export const CampaignPage = () => {
  const { campaign_id } = useParams({ strict: false }) as { campaign_id: string }
  const [search, change] = useListSearch<CampaignSearch>()
  const { is_live: hears } = useLiveReads(
    [
      keyOf(getCampaign, { campaign_id }),
      keyOf(getCampaignStats, { campaign_id }),
      keyOf(getStepPerformance, { campaign_id }),
      keyOf(getCampaignClickStats, { campaign_id }),
      keyOf(listCampaignLeads),
      keyOf(getCampaignLead),
      keyOf(getLeadEvents),
    ],
    ({ data }) => data.campaign_id === campaign_id,
  )
  const known = queryClient.getQueryData<Campaign>(keyOf(getCampaign, { campaign_id }))
  // No event tells of the first steps of a launch, so they are asked for by the clock.
  const is_live_read = hears && known?.status !== 'launching'
  const read = useRead(getCampaign, { campaign_id }, { refetch_ms: refetchMs(is_live_read, 4_000) })
  const campaign = read.data
  const is_sending = campaign ? ['launching', 'active', 'draining'].includes(campaign.status) : false
  const stats = useRead(
    getCampaignStats,
    { campaign_id },
    { refetch_ms: refetchMs(is_live_read, is_sending ? 4_000 : 20_000) },
  )
  const status = campaign?.status
  // Numbers are asked for less often once it rests, so the last ones are fetched when it comes to rest.
  useEffect(() => {
    if (!status) return
    void queryClient.invalidateQueries({ queryKey: keyOf(getCampaignStats, { campaign_id }) })
    void queryClient.invalidateQueries({ queryKey: keyOf(getStepPerformance, { campaign_id }) })
  }, [status, campaign_id])
  if (!campaign)
    return read.error ? <ErrorPanel error={read.error} retry={() => void read.refetch()} /> : <LoadingRows />
  const tab = search.tab === 'leads' || search.tab === 'setup' ? search.tab : 'overview'
  return (
    <Page
      title={campaign.name}
      note={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1 pt-1">
          <CampaignState status={campaign.status} />
          {campaign.description ? <span>{campaign.description}</span> : null}
        </span>
      }
      actions={<CampaignActions campaign={campaign} />}
    >
      <Tabs
        label="Views of the campaign"
        current={tab}
        onChange={(next) =>
          change({
            tab: next === 'overview' ? undefined : next,
            status: undefined,
            text: undefined,
            q: undefined,
            lead: undefined,
          })
        }
        tabs={[
          { id: 'overview', label: 'Overview' },
          { id: 'leads', label: 'Leads', count: campaign.total_leads },
          { id: 'setup', label: 'Setup' },
        ]}
      />
      {tab === 'overview' ? <CampaignOverview campaign={campaign} stats={stats} is_live={is_live_read} /> : null}
      {tab === 'leads' ? (
        <LeadList
          campaign={campaign}
          counts={stats.data?.lead_status_counts ?? {}}
          search={search}
          change={change}
          is_live={is_live_read}
        />
      ) : null}
      {tab === 'setup' ? <CampaignSetup campaign={campaign} /> : null}
    </Page>
  )
}
