import { listCampaigns } from '@bavlio/sdk/operations'
import type { Campaign, CampaignFigures, CampaignStatus } from '@bavlio/sdk/types'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Plus, Send } from 'lucide-react'
import { refetchMs, useLiveReads } from '../../api/live-events.ts'
import { keyOf, useRead } from '../../api/query.ts'
import { FilterSelect } from '../../forms/filter-select.tsx'
import { SearchField } from '../../forms/search-field.tsx'
import { PageTurner } from '../../table/page-turner.tsx'
import { buttonStyle } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { cn } from '../../ui/class-names.ts'
import { Page } from '../../ui/page.tsx'
import { Empty, Loaded } from '../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { CAMPAIGN_STATES, CampaignState } from './campaign-state.tsx'
import { percent } from './rates.ts'

type Search = { q?: string; status?: CampaignStatus; page?: number }

/** All campaigns of the workspace, newest first; what is looked for stands in the address, so that a link brings it back. */
export const CampaignListPage = () => {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const change = (next: Search): void =>
    void navigate({ to: '.', search: { ...search, page: undefined, ...next }, replace: true })
  const { is_live } = useLiveReads([keyOf(listCampaigns)], ({ data }) => typeof data.campaign_id === 'string')
  const read = useRead(
    listCampaigns,
    { search: search.q, status_filter: search.status, page: search.page ?? 1, page_size: 25, include_figures: true },
    { refetch_ms: refetchMs(is_live, 5_000), keep_previous: true },
  )
  const is_filtered = Boolean(search.q || search.status)
  return (
    <Page
      title="Campaigns"
      actions={
        <Link to="/campaigns/new" className={buttonStyle({ look: 'primary' })}>
          <Plus aria-hidden />
          New campaign
        </Link>
      }
    >
      <div className="flex flex-wrap gap-2">
        <SearchField label="Search campaigns" value={search.q ?? ''} onChange={(q) => change({ q: q || undefined })} />
        <FilterSelect
          label="State"
          all="Every state"
          value={search.status}
          onChange={(status) => change({ status })}
          options={CAMPAIGN_STATES.map(({ status, words }) => [status, words])}
        />
      </div>
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <CampaignTable campaigns={list.items} />
                <PageTurner
                  page={list.page}
                  pages={list.total_pages}
                  total={list.total}
                  onTurn={(page) => change({ page })}
                />
              </>
            ) : is_filtered ? (
              <Empty title="No campaign fits">Another word or another state may.</Empty>
            ) : (
              <Empty
                icon={<Send aria-hidden />}
                title="No campaigns yet"
                action={
                  <Link to="/campaigns/new" className={buttonStyle({ look: 'primary' })}>
                    Build the first one
                  </Link>
                }
              >
                A campaign writes to the leads of a dataset, step by step, and stops for whoever answers.
              </Empty>
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}

const CampaignTable = ({ campaigns }: { campaigns: Campaign[] }) => (
  <Table>
    <thead>
      <tr>
        <Th>Name</Th>
        <Th className="max-sm:hidden">State</Th>
        <Th className="w-56 max-md:hidden">Progress</Th>
        <Th className="text-right">Sent</Th>
        <Th className="text-right max-sm:hidden">Opened</Th>
        <Th className="text-right">Replied</Th>
        <Th className="text-right max-md:hidden">Bounced</Th>
        <Th className="text-right max-lg:hidden">Steps</Th>
        <Th className="max-sm:hidden">Changed</Th>
      </tr>
    </thead>
    <tbody>
      {campaigns.map((campaign) => (
        <Tr key={campaign.campaign_id} className="relative">
          <Td className="max-w-80 min-w-40 max-sm:w-full max-sm:max-w-0">
            <Link
              to="/campaigns/$campaign_id"
              params={{ campaign_id: campaign.campaign_id }}
              className="block truncate font-medium after:absolute after:inset-0"
            >
              {campaign.name}
            </Link>
            {/* On a phone the state stands under the name, where it is seen without scrolling. */}
            <span className="block pt-1 sm:hidden">
              <CampaignState status={campaign.status} />
            </span>
          </Td>
          <Td className="max-sm:hidden">
            <CampaignState status={campaign.status} />
          </Td>
          <Td className="max-md:hidden">
            <LeadProgress campaign={campaign} />
          </Td>
          <CampaignNumbers figures={campaign.figures} />
          <Td className="text-right tabular-nums max-lg:hidden">{campaign.steps_config.length}</Td>
          <Td className="text-ink-soft max-sm:hidden">
            <Time at={campaign.updated_at} />
          </Td>
        </Tr>
      ))}
    </tbody>
  </Table>
)

const LeadProgress = ({ campaign }: { campaign: Campaign }) => {
  const total = campaign.total_leads ?? 0
  // The playground makes leads before a launch; none of them has begun anything.
  if (!total || campaign.status === 'draft') return <span className="text-ink-faint">–</span>
  const percent = Math.round((campaign.processed_leads / total) * 100)
  return (
    <div className="flex items-center gap-2.5">
      <div
        role="progressbar"
        aria-label={`Leads of ${campaign.name} begun`}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-1.5 w-20 shrink-0 overflow-hidden rounded-full bg-sunken"
      >
        <div className="h-full rounded-full bg-accent" style={{ width: `${percent}%` }} />
      </div>
      <span className="text-xs whitespace-nowrap text-ink-soft tabular-nums">
        {campaign.processed_leads.toLocaleString()} of {total.toLocaleString()}
      </span>
    </div>
  )
}

/** What went out and what came back, with its share; a draft has none. */
const CampaignNumbers = ({ figures }: { figures: CampaignFigures | undefined }) => {
  const cell = (value: number | undefined, note?: string, className?: string) => (
    <Td className={cn('text-right tabular-nums', className)}>
      {value ? value.toLocaleString() : <span className="text-ink-faint">–</span>}
      {value && note ? <span className="block text-2xs text-ink-faint">{note}</span> : null}
    </Td>
  )
  return (
    <>
      {cell(figures?.sent)}
      {cell(figures?.opened, figures && percent(figures.opened, figures.delivered), 'max-sm:hidden')}
      {cell(figures?.replied, figures && percent(figures.replied, figures.delivered))}
      {cell(figures?.bounced, figures && percent(figures.bounced, figures.sent), 'max-md:hidden')}
    </>
  )
}
