import type { BavlioError } from '@bavlio/sdk'
import {
  getCampaignLead,
  getCampaignStats,
  getDataset,
  getLeadEvents,
  listCampaignLeads,
  stopCampaignLead,
} from '@bavlio/sdk/operations'
import type { Campaign, CampaignLead, CampaignLeadDetail, LeadExplanation } from '@bavlio/sdk/types'
import type { UseQueryResult } from '@tanstack/react-query'
import { Ban } from 'lucide-react'
import { refetchMs } from '../../api/live-events.ts'
import { useRead, useWrite } from '../../api/query.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Loaded } from '../../ui/states.tsx'
import { formatDateTime, Time } from '../../ui/time.tsx'
import { showDone } from '../../ui/toast.tsx'
import { leadName, leadRole } from './lead-name.ts'
import { LeadState } from './lead-state.tsx'
import { LeadTimeline } from './lead-timeline.tsx'

/**
 * One lead beside the list: what it waits for, what happened, and what is known of it. It is read by its id, so a link opens it
 * whatever page and filter the list has, and it stays when a change of state takes it off the list.
 */
export const LeadDrawer = ({
  campaign_lead_id,
  listed,
  campaign,
  is_live,
  onClose,
}: {
  campaign_lead_id: string
  /** As the list has it, to be seen at once. */
  listed: CampaignLead | undefined
  campaign: Campaign
  is_live: boolean
  onClose: () => void
}) => {
  const place = { campaign_id: campaign.campaign_id, campaign_lead_id }
  const refetch_ms = refetchMs(is_live, 8_000)
  const detail = useRead(getCampaignLead, place, { refetch_ms })
  const lead = detail.data ?? listed
  if (!lead)
    return (
      <Dialog is_open onClose={onClose} place="side" title="Lead" description="One lead of the campaign">
        <Loaded read={detail}>{() => null}</Loaded>
      </Dialog>
    )
  return <LoadedLead lead={lead} detail={detail} campaign={campaign} refetch_ms={refetch_ms} onClose={onClose} />
}

const LoadedLead = ({
  lead,
  detail,
  campaign,
  refetch_ms,
  onClose,
}: {
  lead: CampaignLead
  detail: UseQueryResult<CampaignLeadDetail, BavlioError>
  campaign: Campaign
  refetch_ms: number
  onClose: () => void
}) => {
  const place = { campaign_id: lead.campaign_id, campaign_lead_id: lead.campaign_lead_id }
  const events = useRead(getLeadEvents, { ...place, limit: 200 }, { refetch_ms })
  const dataset = useRead(getDataset, { dataset_id: campaign.dataset_id })
  // The row comes without an order of its own.
  const columns = [...new Set([...(dataset.data?.columns ?? []), ...Object.keys(lead.lead_data)])]
  const stop = useWrite(stopCampaignLead, {
    refreshes: [listCampaignLeads, getCampaignLead, getLeadEvents, getCampaignStats],
    onDone: () => showDone(`${leadName(lead)} gets nothing more from this campaign`),
  })
  const is_over = detail.data?.explanation.limit === 'finished'
  return (
    <Dialog
      is_open
      onClose={onClose}
      place="side"
      title={leadName(lead)}
      description={[leadRole(lead), lead.email].filter(Boolean).join(' · ')}
      footer={
        is_over ? undefined : (
          <Button
            look="danger"
            icon={<Ban aria-hidden />}
            is_busy={stop.isPending}
            onClick={() => stop.mutate({ ...place, body: {} })}
          >
            Stop this lead
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-6">
        <section aria-labelledby="lead-next" className="flex flex-col gap-2">
          <h3 id="lead-next" className="flex items-center justify-between gap-3 text-sm font-semibold">
            What happens next
            <LeadState status={lead.status} />
          </h3>
          <Loaded read={detail}>
            {({ explanation, approved_steps }) => (
              <Explanation explanation={explanation} approved_steps={approved_steps} campaign={campaign} />
            )}
          </Loaded>
        </section>
        <section aria-labelledby="lead-timeline" className="flex flex-col gap-3">
          <h3 id="lead-timeline" className="text-sm font-semibold">
            Timeline
          </h3>
          <Loaded read={events}>{({ items }) => <LeadTimeline events={items} />}</Loaded>
        </section>
        <section aria-labelledby="lead-data" className="flex flex-col gap-2">
          <h3 id="lead-data" className="text-sm font-semibold">
            Row {(lead.row_index + 1).toLocaleString()} of the dataset
          </h3>
          <Facts
            facts={columns
              .filter((name) => lead.lead_data[name] != null && lead.lead_data[name] !== '')
              .map((name) => ({ name, value: String(lead.lead_data[name]) }))}
          />
        </section>
      </div>
    </Dialog>
  )
}

const LIMITS: Record<LeadExplanation['limit'], string> = {
  none: 'Nothing holds it back',
  campaign_state: 'The campaign’s state',
  campaign_daily: 'The campaign’s limit for the day',
  alias_daily: 'The address’s limit for the day',
  alias_interval: 'The pause between two messages of the address',
  domain_daily: 'The domain’s limit for the day',
  provider_daily: 'The receiving provider’s limit for the day',
  window: 'The sending window',
  holiday: 'A public holiday',
  suppression: 'The suppression list',
  domain_unverified: 'The sender',
  text: 'The text',
  in_hand: 'It is being sent',
  finished: 'The sequence is over',
}

const Explanation = ({
  explanation,
  approved_steps,
  campaign,
}: {
  explanation: LeadExplanation
  approved_steps: number[]
  campaign: Campaign
}) => (
  <div className="flex flex-col gap-3 rounded-lg border border-line p-3">
    <p className="text-sm">{explanation.detail}</p>
    {explanation.limit === 'finished' ? null : (
      <Facts
        className="text-xs"
        facts={[
          ...(explanation.next_step
            ? [{ name: 'Next step', value: `${explanation.next_step} of ${campaign.steps_config.length}` }]
            : []),
          ...(approved_steps.length ? [{ name: 'Approved texts', value: `step ${approved_steps.join(', ')}` }] : []),
          { name: 'What binds', value: LIMITS[explanation.limit] },
          ...(explanation.due_at ? [{ name: 'Due by the sequence', value: formatDateTime(explanation.due_at) }] : []),
          ...(explanation.until ? [{ name: 'Lets go', value: formatDateTime(explanation.until) }] : []),
          ...(explanation.earliest_at
            ? [
                {
                  name: 'Earliest',
                  value: (
                    <>
                      {formatDateTime(explanation.earliest_at)} (
                      <Time at={explanation.earliest_at} now={new Date(explanation.now)} />)
                    </>
                  ),
                },
              ]
            : []),
        ]}
      />
    )}
    <p className="text-2xs text-ink-faint">Times in your own zone; the campaign sends by {campaign.timezone}.</p>
  </div>
)
