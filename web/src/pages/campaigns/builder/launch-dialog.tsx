import { getCampaign, launchCampaign, listCampaigns } from '@bavlio/sdk/operations'
import type { LaunchPreflight } from '@bavlio/sdk/types'
import { useNavigate } from '@tanstack/react-router'
import { useWrite } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Facts } from '../../../ui/facts.tsx'
import { formatDateTime } from '../../../ui/time.tsx'
import type { Draft } from './draft.ts'
import { forgetDraft } from './kept-draft.ts'

/** The one question before mail leaves: to how many, from where, from when. */
export const LaunchDialog = ({
  campaign_id,
  draft,
  preflight,
  onClose,
}: {
  campaign_id: string
  draft: Draft
  preflight: LaunchPreflight
  onClose: () => void
}) => {
  const navigate = useNavigate()
  const launch = useWrite(launchCampaign, {
    refreshes: [getCampaign, listCampaigns],
    onDone: () => {
      forgetDraft(campaign_id)
      void navigate({ to: '/campaigns/$campaign_id', params: { campaign_id } })
    },
  })
  const { summary, forecast } = preflight
  const skipped = summary.total_rows - summary.launchable_rows
  return (
    <Dialog
      is_open
      onClose={onClose}
      title={`Launch ${draft.name}`}
      description="Mail that has left cannot be called back. You can pause at any time."
      footer={
        <>
          <Button onClick={onClose}>Not yet</Button>
          <Button look="primary" is_busy={launch.isPending} onClick={() => launch.mutate({ campaign_id })}>
            {draft.launch_type === 'scheduled'
              ? `Schedule for ${summary.launchable_rows.toLocaleString()} leads`
              : `Launch to ${summary.launchable_rows.toLocaleString()} leads`}
          </Button>
        </>
      }
    >
      <Facts
        facts={[
          {
            name: 'Leads',
            value: `${summary.launchable_rows.toLocaleString()}${skipped ? `, ${skipped.toLocaleString()} rows are skipped` : ''}`,
          },
          { name: 'Messages', value: forecast ? `up to ${forecast.messages.toLocaleString()}` : '–' },
          {
            name: 'Senders',
            value: `${draft.alias_ids.length} ${draft.alias_ids.length === 1 ? 'address' : 'addresses'}`,
          },
          { name: 'First', value: forecast?.first_send_at ? formatDateTime(forecast.first_send_at) : '–' },
          { name: 'Last', value: forecast?.last_send_at ? formatDateTime(forecast.last_send_at) : '–' },
          ...(preflight.estimated_credits
            ? [{ name: 'Credits', value: preflight.estimated_credits.toLocaleString() }]
            : []),
        ]}
      />
    </Dialog>
  )
}
