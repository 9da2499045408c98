import { getDataset, listAliases, listTemplates } from '@bavlio/sdk/operations'
import type { Campaign } from '@bavlio/sdk/types'
import { useRead } from '../../api/query.ts'
import { Card, CardHeader } from '../../ui/card.tsx'
import { Facts } from '../../ui/facts.tsx'
import { formatDateTime } from '../../ui/time.tsx'
import { draftOf, SEND_DAYS } from './builder/draft.ts'
import { MendLink } from './builder/mends.tsx'

const POLICIES: Record<Campaign['unreviewed_launch_policy'], string> = {
  launch_default: 'written and sent when their turn comes',
  hold: 'the campaign pauses until they are reviewed',
  cancel: 'the campaign goes back to draft',
}

/** How the campaign is set up, to read; changing it is the builder's. */
export const CampaignSetup = ({ campaign }: { campaign: Campaign }) => {
  const dataset = useRead(getDataset, { dataset_id: campaign.dataset_id })
  const aliases = useRead(listAliases, {})
  const templates = useRead(listTemplates, { limit: 100 })
  const draft = draftOf(campaign)
  const senders = (aliases.data ?? []).filter(({ id }) => draft.alias_ids.includes(id))
  const nameOf = (id: string | null | undefined): string =>
    templates.data?.items.find(({ template_id }) => template_id === id)?.name ?? (id ? 'a template' : 'no template')
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Card>
        <CardHeader
          title="Audience and schedule"
          actions={<MendLink to="dataset" params={{ dataset_id: campaign.dataset_id }} />}
        />
        <Facts
          className="p-4"
          facts={[
            { name: 'Dataset', value: dataset.data?.dataset_name ?? '…' },
            {
              name: 'Days',
              value: SEND_DAYS.filter(({ id }) => draft.send_days.includes(id))
                .map(({ short }) => short)
                .join(', '),
            },
            {
              name: 'Window',
              value: `${draft.sending_window_start} to ${draft.sending_window_end}, ${draft.timezone}${draft.use_lead_timezone ? ', or the lead’s own zone' : ''}`,
            },
            {
              name: 'Pace',
              value: `${draft.daily_limit.toLocaleString()} a day, ${draft.min_interval_seconds} s between two of an address`,
            },
            {
              name: 'Holidays',
              value: draft.holiday_countries.length ? draft.holiday_countries.join(', ') : 'none are skipped',
            },
            { name: 'Start', value: draft.start_date ? formatDateTime(draft.start_date) : 'when launched' },
            {
              name: 'Company',
              value: draft.stop_company_on_reply ? 'a reply stops everybody there' : 'a reply stops its lead only',
            },
            { name: 'Unreviewed texts', value: POLICIES[draft.unreviewed_launch_policy] },
          ]}
        />
      </Card>
      <Card>
        <CardHeader title="Steps" />
        <ol className="flex flex-col gap-3 p-4">
          {draft.steps.map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place.
            <li key={index} className="text-sm">
              <p className="font-medium">
                Step {index + 1}
                <span className="font-normal text-ink-faint">
                  {index === 0 && step.delay_days === 0
                    ? ''
                    : `, ${step.delay_days} ${step.delay_days === 1 ? 'day' : 'days'} after`}
                  {step.track_opens ? ', opens counted' : ''}
                  {step.track_clicks ? ', clicks counted' : ''}
                </span>
              </p>
              <ul className="text-ink-soft">
                {step.variants.map((variant) => (
                  <li key={variant.label}>
                    {step.variants.length > 1 ? `${variant.label}, ${variant.weight}%: ` : ''}
                    {variant.type === 'TEMPLATE' ? nameOf(variant.template_id) : 'written by AI for each lead'}
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ol>
      </Card>
      <Card className="lg:col-span-2">
        <CardHeader title="Senders" note={`${draft.alias_ids.length} addresses`} actions={<MendLink to="senders" />} />
        <ul className="grid gap-x-6 gap-y-1 p-4 text-sm sm:grid-cols-2 lg:grid-cols-3">
          {senders.map((alias) => (
            <li key={alias.id} className="truncate">
              {alias.full_email}
            </li>
          ))}
        </ul>
      </Card>
    </div>
  )
}
