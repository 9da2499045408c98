import {
  getWebhookDelivery,
  listWebhookDeliveries,
  replayWebhookDelivery,
  replayWebhookEvents,
} from '@bavlio/sdk/operations'
import type { WebhookDelivery, WebhookEndpoint } from '@bavlio/sdk/types'
import { RotateCcw, ScrollText } from 'lucide-react'
import { useState } from 'react'
import { queryClient, useRead, useWrite } from '../../../api/query.ts'
import { useJob } from '../../../api/use-job.ts'
import { usePages } from '../../../api/use-pages.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Facts } from '../../../ui/facts.tsx'
import { inputStyle } from '../../../ui/field.tsx'
import { Empty, ErrorPanel, Loaded, LoadingRows } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { DELIVERY_STATES, DeliveryState } from './webhook-state.tsx'

const DAY_MS = 86_400_000

export const DeliveryLog = ({ endpoint }: { endpoint: WebhookEndpoint }) => {
  const { id: endpoint_id } = endpoint
  const [status, setStatus] = useState<WebhookDelivery['status'] | undefined>()
  const [open, setOpen] = useState<string | null>(null)
  const list = usePages(listWebhookDeliveries, { endpoint_id, status, limit: 25 }, { refetch_ms: 5_000 })
  const items = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Card>
      <CardHeader
        title="Deliveries"
        note="Kept for 30 days."
        actions={
          <>
            <select
              aria-label="State"
              value={status ?? ''}
              onChange={(event) =>
                setStatus((event.target.value || undefined) as WebhookDelivery['status'] | undefined)
              }
              className={`${inputStyle} h-8 !w-auto pr-8`}
            >
              <option value="">Every state</option>
              {Object.entries(DELIVERY_STATES).map(([name, { words }]) => (
                <option key={name} value={name}>
                  {words}
                </option>
              ))}
            </select>
            {endpoint.is_verified ? <ReplayMissed endpoint_id={endpoint_id} /> : null}
          </>
        }
      />
      {list.data === undefined ? (
        list.error ? (
          <ErrorPanel error={list.error} retry={() => void list.refetch()} />
        ) : (
          <LoadingRows rows={4} />
        )
      ) : items.length ? (
        <>
          <Table>
            <thead>
              <tr>
                <Th>Event</Th>
                <Th>State</Th>
                <Th>Answer</Th>
                <Th className="text-right">Tries</Th>
                <Th>When</Th>
              </tr>
            </thead>
            <tbody>
              {items.map((delivery) => (
                <Tr key={delivery.id}>
                  <Td>
                    <button
                      type="button"
                      onClick={() => setOpen(delivery.id)}
                      className="rounded font-mono text-xs text-ink underline-offset-2 hover:underline"
                    >
                      {delivery.event_type}
                    </button>
                    {delivery.kind === 'event' ? null : (
                      <span className="ml-2 text-xs text-ink-faint">{KINDS[delivery.kind]}</span>
                    )}
                  </Td>
                  <Td>
                    <DeliveryState status={delivery.status} />
                  </Td>
                  <Td className="max-w-64 truncate text-ink-soft">
                    {delivery.response_status ?? delivery.error ?? '–'}
                    {delivery.duration_ms === null ? '' : ` in ${delivery.duration_ms} ms`}
                  </Td>
                  <Td className="text-right tabular-nums">{delivery.attempts}</Td>
                  <Td className="text-ink-soft">
                    <Time at={delivery.created_at} clock="system" />
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
          {list.hasNextPage ? (
            <div className="border-t border-line p-2 text-center">
              <Button
                look="quiet"
                size="sm"
                is_busy={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
              >
                Older deliveries
              </Button>
            </div>
          ) : null}
        </>
      ) : (
        <Empty icon={<ScrollText aria-hidden />} title={status ? 'No delivery fits' : 'Nothing was sent there yet'} />
      )}
      <DeliveryDialog endpoint_id={endpoint_id} delivery_id={open} onClose={() => setOpen(null)} />
    </Card>
  )
}

const KINDS: Record<Exclude<WebhookDelivery['kind'], 'event'>, string> = {
  test: 'test',
  verification: 'code',
  replay: 'sent again',
}

/** What the endpoint has not taken of the last days; what it has taken is left out. */
const ReplayMissed = ({ endpoint_id }: { endpoint_id: string }) => {
  const [job_id, setJob] = useState<string | null>(null)
  const { job } = useJob(job_id, (ended) => {
    void queryClient.invalidateQueries()
    showDone(ended.status === 'completed' ? 'What was missed is on its way.' : (ended.error ?? 'It could not be done.'))
    setJob(null)
  })
  const replay = useWrite(replayWebhookEvents, { onDone: (started) => setJob(started.job_id) })
  return (
    <Button
      size="sm"
      icon={<RotateCcw aria-hidden />}
      is_busy={replay.isPending || job_id !== null}
      title={job?.message ?? 'Events of the last 7 days that the endpoint has not taken'}
      onClick={() => {
        const now = Date.now()
        replay.mutate({
          endpoint_id,
          body: {
            from: new Date(now - 7 * DAY_MS).toISOString(),
            to: new Date(now).toISOString(),
            only_undelivered: true,
          },
        })
      }}
    >
      Send what was missed
    </Button>
  )
}

const DeliveryDialog = ({
  endpoint_id,
  delivery_id,
  onClose,
}: {
  endpoint_id: string
  delivery_id: string | null
  onClose: () => void
}) => {
  const read = useRead(
    getWebhookDelivery,
    { endpoint_id, delivery_id: delivery_id ?? '' },
    { enabled: delivery_id !== null },
  )
  const replay = useWrite(replayWebhookDelivery, {
    refreshes: [listWebhookDeliveries],
    onDone: () => {
      showDone('Sent again; it stands on top of the log.')
      onClose()
    },
  })
  // What waits is tried again by itself.
  const may_replay = read.data !== undefined && read.data.kind !== 'verification' && read.data.status !== 'waiting'
  return (
    <Dialog
      is_open={delivery_id !== null}
      onClose={onClose}
      place="side"
      title="Delivery"
      description={read.data?.event_type ?? 'What was sent and what was answered.'}
      footer={
        may_replay && delivery_id ? (
          <Button
            icon={<RotateCcw aria-hidden />}
            is_busy={replay.isPending}
            onClick={() => replay.mutate({ endpoint_id, delivery_id })}
          >
            Send again
          </Button>
        ) : null
      }
    >
      <Loaded read={read}>
        {(delivery) => (
          <div className="flex flex-col gap-5">
            <Facts
              facts={[
                { name: 'State', value: <DeliveryState status={delivery.status} /> },
                { name: 'Event', value: <code className="font-mono text-xs">{delivery.event_id}</code> },
                { name: 'Next try', value: <Time at={delivery.next_attempt_at} clock="system" is_exact /> },
              ]}
            />
            <section>
              <h3 className="pb-2 text-sm font-medium text-ink">Tries</h3>
              {delivery.tries.length ? (
                <ol className="flex flex-col gap-2">
                  {delivery.tries.map((one) => (
                    <li key={one.attempt} className="rounded-lg border border-line px-3 py-2 text-sm">
                      <p className="flex flex-wrap justify-between gap-x-3 text-ink">
                        <span>
                          {one.response_status ?? one.error ?? 'No answer'} in {one.duration_ms} ms
                        </span>
                        <span className="text-ink-faint">
                          <Time at={one.attempted_at} clock="system" is_exact />
                        </span>
                      </p>
                      {one.response_body ? <Code text={one.response_body} /> : null}
                    </li>
                  ))}
                </ol>
              ) : (
                <p className="text-sm text-ink-faint">None yet.</p>
              )}
            </section>
            {delivery.body ? (
              <section>
                <h3 className="pb-2 text-sm font-medium text-ink">What is sent</h3>
                <Code text={pretty(delivery.body)} />
              </section>
            ) : null}
          </div>
        )}
      </Loaded>
    </Dialog>
  )
}

const Code = ({ text }: { text: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard.
  <pre tabIndex={0} className="mt-1 max-h-96 overflow-auto rounded-md bg-sunken p-3 font-mono text-xs text-ink-soft">
    {text}
  </pre>
)

const pretty = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
