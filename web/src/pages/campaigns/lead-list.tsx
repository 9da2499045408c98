import { listCampaignLeads } from '@bavlio/sdk/operations'
import type { Campaign, CampaignLead, CampaignLeadStatus, LeadTextState } from '@bavlio/sdk/types'
import { Users } from 'lucide-react'
import { refetchMs } from '../../api/live-events.ts'
import { useRead } from '../../api/query.ts'
import { FilterSelect } from '../../forms/filter-select.tsx'
import { SearchField } from '../../forms/search-field.tsx'
import { PageTurner } from '../../table/page-turner.tsx'
import { Card } from '../../ui/card.tsx'
import { Empty, Loaded } from '../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import type { CampaignSearch } from './campaign-page.tsx'
import { LeadDrawer } from './lead-drawer.tsx'
import { leadName } from './lead-name.ts'
import { LEAD_STATES, LeadState, TEXT_STATES } from './lead-state.tsx'

const PAGE_SIZE = 50

/** The leads of a campaign; one opens beside the list, with what happened to it and what it waits for. */
export const LeadList = ({
  campaign,
  counts,
  search,
  change,
  is_live,
}: {
  campaign: Campaign
  counts: Record<string, number>
  search: CampaignSearch
  change: (next: Partial<CampaignSearch>) => void
  /** Events come in and ask the list again. */
  is_live: boolean
}) => {
  const { campaign_id } = campaign
  const page = search.page ?? 1
  const read = useRead(
    listCampaignLeads,
    {
      campaign_id,
      status_filter: search.status as CampaignLeadStatus | undefined,
      text_state: search.text as LeadTextState | undefined,
      search: search.q,
      page,
      page_size: PAGE_SIZE,
    },
    { refetch_ms: refetchMs(is_live, 8_000), keep_previous: true },
  )
  const is_filtered = Boolean(search.status || search.text || search.q)
  const listed = read.data?.items.find(({ campaign_lead_id }) => campaign_lead_id === search.lead)
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <SearchField
          label="Search by address"
          value={search.q ?? ''}
          // Comes a moment after the typing; a lead opened meanwhile stays open.
          onChange={(q) => change({ q: q || undefined })}
        />
        <FilterSelect
          label="State of the lead"
          all="Every state"
          value={search.status}
          onChange={(status) => change({ status, lead: undefined })}
          options={LEAD_STATES.filter(({ status }) => counts[status] || status === search.status).map(
            ({ status, words }) => [status, `${words} (${(counts[status] ?? 0).toLocaleString()})`],
          )}
        />
        <FilterSelect
          label="State of the text"
          all="Any text"
          value={search.text}
          onChange={(text) => change({ text, lead: undefined })}
          options={Object.entries(TEXT_STATES)}
        />
      </div>
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <LeadTable
                  leads={list.items}
                  steps={campaign.steps_config.length}
                  onOpen={(lead) => change({ lead, page })}
                />
                <PageTurner
                  page={list.page}
                  pages={list.total_pages}
                  total={list.total}
                  onTurn={(next) => change({ page: next, lead: undefined })}
                />
              </>
            ) : is_filtered ? (
              <Empty title="No lead fits">Another word or another state may.</Empty>
            ) : (
              <Empty icon={<Users aria-hidden />} title="There are no leads yet">
                The rows of the dataset become leads when the campaign is launched, or when the playground writes for
                them.
              </Empty>
            )
          }
        </Loaded>
      </Card>
      {search.lead ? (
        <LeadDrawer
          key={search.lead}
          campaign_lead_id={search.lead}
          listed={listed}
          campaign={campaign}
          is_live={is_live}
          onClose={() => change({ lead: undefined, page: search.page })}
        />
      ) : null}
    </div>
  )
}

const LeadTable = ({
  leads,
  steps,
  onOpen,
}: {
  leads: CampaignLead[]
  steps: number
  onOpen: (id: string) => void
}) => (
  <Table>
    <thead>
      <tr>
        <Th>Lead</Th>
        <Th>State</Th>
        <Th className="text-right max-md:hidden">Step</Th>
        <Th className="max-sm:hidden">Last</Th>
        <Th className="max-md:hidden">Next</Th>
      </tr>
    </thead>
    <tbody>
      {leads.map((lead) => (
        <Tr key={lead.campaign_lead_id} className="relative">
          <Td className="max-w-72 max-sm:max-w-44">
            <button
              type="button"
              onClick={() => onOpen(lead.campaign_lead_id)}
              className="block w-full truncate text-left font-medium after:absolute after:inset-0"
            >
              {leadName(lead)}
            </button>
            <span className="block truncate text-xs text-ink-faint">{lead.email}</span>
          </Td>
          <Td>
            <LeadState status={lead.status} />
            {lead.text_state ? (
              <span className="block pt-0.5 text-xs text-ink-faint">{TEXT_STATES[lead.text_state]}</span>
            ) : null}
          </Td>
          <Td className="text-right text-ink-soft tabular-nums max-md:hidden">
            {lead.current_step} of {steps}
          </Td>
          <Td className="text-ink-soft max-sm:hidden">
            {lead.last_event ? `${lead.last_event.replaceAll('_', ' ')}, ` : ''}
            <Time at={lead.last_action_at} />
          </Td>
          <Td className="text-ink-soft max-md:hidden">
            <Time at={lead.next_action_at} />
          </Td>
        </Tr>
      ))}
    </tbody>
  </Table>
)
