import {
  deleteWebhookEndpoint,
  getWebhookEndpoint,
  getWebhookEndpointCounts,
  listWebhookDeliveries,
  listWebhookEndpoints,
  rotateWebhookSecret,
  testWebhookEndpoint,
  updateWebhookEndpoint,
} from '@bavlio/sdk/operations'
import type { WebhookEndpoint } from '@bavlio/sdk/types'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { ArrowLeft, KeyRound, Pause, Pencil, Play, Send, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Facts, Numbers } from '../../../ui/facts.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Loaded } from '../../../ui/states.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { SecretBox } from '../secret-box.tsx'
import { DeliveryLog } from './delivery-log.tsx'
import { EndpointDialog } from './endpoint-dialog.tsx'
import { VerifyForm } from './verify-form.tsx'
import { EndpointState, eventsInWords } from './webhook-state.tsx'

export const WebhookPage = () => {
  const { endpoint_id } = useParams({ strict: false }) as { endpoint_id: string }
  const read = useRead(getWebhookEndpoint, { endpoint_id }, { refetch_ms: 10_000 })
  return (
    <>
      <Link
        to="/settings/webhooks"
        className="inline-flex items-center gap-1.5 self-start text-sm text-ink-soft hover:text-ink [&_svg]:size-4"
      >
        <ArrowLeft aria-hidden />
        All webhooks
      </Link>
      <Loaded read={read}>{(endpoint) => <Endpoint endpoint={endpoint} />}</Loaded>
    </>
  )
}

const Endpoint = ({ endpoint }: { endpoint: WebhookEndpoint }) => {
  const { id: endpoint_id } = endpoint
  const counts = useRead(getWebhookEndpointCounts, { endpoint_id }, { refetch_ms: 10_000 })
  return (
    <>
      <Card>
        <EndpointHeader endpoint={endpoint} />
        {endpoint.disabled_at ? (
          <Notice tone="bad" className="m-4 mb-0" title="It was disabled because it kept failing">
            {endpoint.disabled_reason} What happened meanwhile can be sent again below, once it works.
          </Notice>
        ) : null}
        {endpoint.is_verified ? null : <VerifyForm endpoint={endpoint} />}
        <Facts
          className="p-4"
          facts={[
            { name: 'Hears of', value: eventsInWords(endpoint.event_types) },
            { name: 'Last success', value: <Time at={endpoint.last_success_at} clock="system" /> },
            { name: 'Last failure', value: <Time at={endpoint.last_failure_at} clock="system" /> },
            ...(endpoint.secret_overlap_until
              ? [
                  {
                    name: 'Old secret',
                    value: (
                      <>
                        signs too until <Time at={endpoint.secret_overlap_until} clock="system" is_exact />
                      </>
                    ),
                  },
                ]
              : []),
          ]}
        />
      </Card>
      {counts.data ? (
        <Numbers
          numbers={[
            { name: 'Delivered', value: counts.data.delivered, note: 'in 30 days' },
            { name: 'Failed tries', value: counts.data.failed_attempts, note: 'in 30 days' },
            {
              name: 'Given up',
              value: counts.data.dead,
              note: 'in 30 days',
              ...(counts.data.dead ? { tone: 'bad' as const } : {}),
            },
            { name: 'Waiting', value: counts.data.waiting },
            { name: 'A try takes', value: counts.data.average_ms === null ? '–' : `${counts.data.average_ms} ms` },
          ]}
        />
      ) : null}
      <DeliveryLog endpoint={endpoint} />
    </>
  )
}

const EndpointHeader = ({ endpoint }: { endpoint: WebhookEndpoint }) => {
  const { id: endpoint_id } = endpoint
  const navigate = useNavigate()
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null)
  const refreshes = [getWebhookEndpoint, listWebhookEndpoints]
  const update = useWrite(updateWebhookEndpoint, { refreshes })
  const test = useWrite(testWebhookEndpoint, {
    refreshes: [listWebhookDeliveries],
    onDone: () => showDone('A test event is on its way; see the log.'),
  })
  const rotate = useWrite(rotateWebhookSecret, { refreshes: [getWebhookEndpoint] })
  const remove = useWrite(deleteWebhookEndpoint, {
    refreshes: [listWebhookEndpoints],
    onDone: () => {
      showDone('The endpoint is deleted.')
      void navigate({ to: '/settings/webhooks' })
    },
  })
  const turn = (is_active: boolean): void =>
    update.mutate(
      { endpoint_id, body: { is_active } },
      {
        onSuccess: () =>
          showDone(is_active ? 'The endpoint is active.' : 'The endpoint is paused.', () => turn(!is_active)),
      },
    )
  return (
    <>
      <CardHeader
        title={hostOf(endpoint.url)}
        note={<span className="break-all">{endpoint.url}</span>}
        actions={
          <>
            <EndpointState endpoint={endpoint} />
            <Button
              size="sm"
              icon={<Send aria-hidden />}
              disabled={!endpoint.is_verified || !endpoint.is_active}
              is_busy={test.isPending}
              onClick={() => test.mutate({ endpoint_id })}
            >
              Send a test
            </Button>
            {endpoint.is_internal ? null : (
              <ActionMenu
                label="More for this endpoint"
                actions={[
                  { label: 'Change', icon: <Pencil aria-hidden />, onSelect: () => setOpen('edit') },
                  endpoint.is_active
                    ? { label: 'Pause', icon: <Pause aria-hidden />, onSelect: () => turn(false) }
                    : {
                        label: 'Take up again',
                        icon: <Play aria-hidden />,
                        onSelect: () => turn(true),
                        is_disabled: !endpoint.is_verified,
                      },
                  {
                    label: 'New signing secret',
                    icon: <KeyRound aria-hidden />,
                    onSelect: () => rotate.mutate({ endpoint_id }),
                  },
                  {
                    label: 'Delete',
                    icon: <Trash2 aria-hidden />,
                    onSelect: () => setOpen('delete'),
                    is_dangerous: true,
                  },
                ]}
              />
            )}
          </>
        }
      />
      <EndpointDialog is_open={open === 'edit'} onClose={() => setOpen(null)} endpoint={endpoint} />
      <Confirm
        is_open={open === 'delete'}
        onClose={() => setOpen(null)}
        title="Delete the endpoint?"
        description="Its log goes with it, and nothing more is sent there."
        action="Delete"
        is_busy={remove.isPending}
        onConfirm={() => remove.mutate({ endpoint_id })}
      />
      <Dialog
        is_open={rotate.data !== undefined}
        onClose={() => rotate.reset()}
        title="Copy the new signing secret now"
        description="It is shown this once. For a day requests are signed with both, so that you can change it in peace."
        footer={
          <Button look="primary" onClick={() => rotate.reset()}>
            I have copied it
          </Button>
        }
      >
        <SecretBox label="signing secret" value={rotate.data?.signing_secret ?? ''} />
      </Dialog>
    </>
  )
}

const hostOf = (url: string): string => {
  try {
    return new URL(url).host
  } catch {
    return url
  }
}
