import {
  createCampaign,
  deleteCampaign,
  getCampaign,
  getCampaignStats,
  launchCampaign,
  listCampaigns,
  pauseCampaign,
  resumeCampaign,
} from '@bavlio/sdk/operations'
import type { Campaign } from '@bavlio/sdk/types'
import { Link, useNavigate } from '@tanstack/react-router'
import { Copy, Pause, Pencil, Play, Rocket, Sparkles, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { keyOf, queryClient, useWrite } from '../../api/query.ts'
import { Button, buttonStyle } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { ActionMenu } from '../../ui/menu.tsx'
import { showDone } from '../../ui/toast.tsx'
import { createRequestOf, draftOf } from './builder/draft.ts'

/** Whether a step of it is written by AI, so that there is something to review. */
export const isWritten = (campaign: Campaign): boolean =>
  campaign.steps_config.some(({ variants }) => variants.some(({ type }) => type === 'PERSONALIZATION'))

/** What can be done with a campaign in the state it is in. */
export const CampaignActions = ({ campaign }: { campaign: Campaign }) => {
  const { campaign_id, status } = campaign
  const [is_deleting, setDeleting] = useState(false)
  const navigate = useNavigate()
  const refreshes = [getCampaign, getCampaignStats, listCampaigns]
  const show = (next: Campaign): void => {
    queryClient.setQueryData(keyOf(getCampaign, { campaign_id }), next)
  }
  const resume = useWrite(resumeCampaign, { refreshes, onDone: show })
  const pause = useWrite(pauseCampaign, {
    refreshes,
    onDone: (next) => {
      show(next)
      showDone('Paused. Messages already handed over still go out.', () => resume.mutate({ campaign_id }))
    },
  })
  const relaunch = useWrite(launchCampaign, { refreshes })
  const copy = useWrite(createCampaign, {
    refreshes: [listCampaigns],
    onDone: (made) => {
      showDone('Copied as a draft')
      void navigate({ to: '/campaigns/$campaign_id/edit', params: { campaign_id: made.campaign_id } })
    },
  })
  const remove = useWrite(deleteCampaign, {
    refreshes: [listCampaigns],
    onDone: () => void navigate({ to: '/campaigns' }),
  })
  const params = { campaign_id }
  return (
    <>
      {isWritten(campaign) ? (
        <Link to="/campaigns/$campaign_id/playground" params={params} className={buttonStyle({ look: 'plain' })}>
          <Sparkles aria-hidden />
          Playground
        </Link>
      ) : null}
      {status === 'completed' ? null : (
        <Link
          to="/campaigns/$campaign_id/edit"
          params={params}
          className={buttonStyle({ look: status === 'draft' ? 'primary' : 'plain' })}
        >
          <Pencil aria-hidden />
          {status === 'draft' ? 'Edit and launch' : 'Edit'}
        </Link>
      )}
      {['active', 'draining', 'scheduled'].includes(status) ? (
        <Button icon={<Pause aria-hidden />} is_busy={pause.isPending} onClick={() => pause.mutate({ campaign_id })}>
          Pause
        </Button>
      ) : null}
      {status === 'paused' ? (
        <Button
          look="primary"
          icon={<Play aria-hidden />}
          is_busy={resume.isPending}
          onClick={() => resume.mutate({ campaign_id })}
        >
          Resume
        </Button>
      ) : null}
      {status === 'failed' ? (
        <Button
          look="primary"
          icon={<Rocket aria-hidden />}
          is_busy={relaunch.isPending}
          onClick={() => relaunch.mutate({ campaign_id })}
        >
          Launch again
        </Button>
      ) : null}
      <ActionMenu
        label={`Actions for ${campaign.name}`}
        actions={[
          {
            label: 'Copy as a draft',
            icon: <Copy />,
            onSelect: () => {
              const draft = draftOf(campaign)
              copy.mutate({
                body: createRequestOf({
                  ...draft,
                  name: `${draft.name.slice(0, 248)}, copy`,
                  start_date: null,
                  launch_type: 'immediate',
                }),
              })
            },
          },
          { label: 'Delete', icon: <Trash2 />, onSelect: () => setDeleting(true), is_dangerous: true },
        ]}
      />
      <Confirm
        is_open={is_deleting}
        onClose={() => setDeleting(false)}
        title={`Delete ${campaign.name}`}
        description="It stops first. Its leads, drafts and waiting messages go; sent mail, events and numbers stay."
        action="Delete the campaign"
        is_busy={remove.isPending}
        onConfirm={() => remove.mutate({ campaign_id })}
      />
    </>
  )
}
