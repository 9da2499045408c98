import { listWebhookEndpoints } from '@bavlio/sdk/operations'
import { Link } from '@tanstack/react-router'
import { Plus, Webhook } from 'lucide-react'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { canAdminister, useWorkspace } from '../../../api/use-workspace.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { EndpointDialog } from './endpoint-dialog.tsx'
import { EndpointState, eventsInWords } from './webhook-state.tsx'

export const WebhookListPage = () => {
  const read = useRead(listWebhookEndpoints, {}, { refetch_ms: 15_000 })
  const workspace = useWorkspace()
  const [is_adding, setAdding] = useState(false)
  const add = canAdminister(workspace) ? (
    <Button look="primary" icon={<Plus aria-hidden />} onClick={() => setAdding(true)}>
      Add an endpoint
    </Button>
  ) : null
  return (
    <Card>
      <CardHeader title="Webhooks" note="What happens here is told to your own server as it happens." actions={add} />
      <Loaded read={read}>
        {({ items }) =>
          items.length ? (
            <Table>
              <thead>
                <tr>
                  <Th>Address</Th>
                  <Th>State</Th>
                  <Th>Hears of</Th>
                  <Th>Last success</Th>
                </tr>
              </thead>
              <tbody>
                {items.map((endpoint) => (
                  <Tr key={endpoint.id}>
                    <Td className="max-w-80">
                      <Link
                        to="/settings/webhooks/$endpoint_id"
                        params={{ endpoint_id: endpoint.id }}
                        className="block truncate font-medium text-ink underline-offset-2 hover:underline"
                      >
                        {endpoint.url}
                      </Link>
                      {endpoint.description ? (
                        <span className="block truncate text-xs text-ink-faint">{endpoint.description}</span>
                      ) : null}
                    </Td>
                    <Td>
                      <EndpointState endpoint={endpoint} />
                    </Td>
                    <Td className="max-w-64 truncate text-ink-soft">{eventsInWords(endpoint.event_types)}</Td>
                    <Td className="text-ink-soft">
                      <Time at={endpoint.last_success_at} clock="system" />
                    </Td>
                  </Tr>
                ))}
              </tbody>
            </Table>
          ) : (
            <Empty icon={<Webhook aria-hidden />} title="No endpoints yet" action={add}>
              Each event is signed, tried again for a day where your server does not take it, and kept in a log from
              which it can be sent again.
            </Empty>
          )
        }
      </Loaded>
      <EndpointDialog is_open={is_adding} onClose={() => setAdding(false)} />
    </Card>
  )
}
