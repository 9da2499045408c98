import { getCreditBalance, listApiKeys, listWebhookEndpoints } from '@bavlio/sdk/operations'
import { useRead } from '../../../api/query.ts'
import { useWorkspace } from '../../../api/use-workspace.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Facts } from '../../../ui/facts.tsx'
import { Progress } from '../../../ui/progress.tsx'
import { Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { formatDate } from '../../../ui/time.tsx'

const PLANS: Record<string, string> = {
  self_hosted: 'Self-hosted',
  free: 'Free',
  starter: 'Starter',
  growth: 'Growth',
  scale: 'Scale',
}

const PACKAGES: Record<string, string> = {
  subscription: 'Subscription',
  top_up: 'Top-up',
  referral: 'Referral',
  trial: 'Trial',
  adjustment: 'Adjustment',
}

/** What the workspace may use and how much of it is used. */
export const PlanPage = () => {
  const workspace = useWorkspace()
  const credits = useRead(getCreditBalance, {})
  const keys = useRead(listApiKeys, {})
  const hooks = useRead(listWebhookEndpoints, {})
  const plan = workspace ? (PLANS[workspace.plan] ?? workspace.plan) : '…'
  return (
    <>
      <Card>
        <CardHeader title="Plan" actions={<Badge tone="accent">{plan}</Badge>} />
        <div className="flex max-w-xl flex-col gap-4 p-4">
          {keys.data ? <Progress label="API keys" done={keys.data.count} total={keys.data.tier_limit} /> : null}
          {hooks.data ? <Progress label="Webhook endpoints" done={hooks.data.total} total={hooks.data.limit} /> : null}
          <p className="text-sm text-ink-faint">
            How many requests a key may make in a minute stands in the header X-RateLimit-Limit of every answer.
          </p>
        </div>
      </Card>
      <Card>
        <CardHeader title="Credits" note="What verifying, finding and writing cost." />
        <Loaded read={credits}>
          {(balance) => (
            <>
              <Facts
                className="p-4"
                facts={[
                  {
                    name: 'Available',
                    value: balance.unlimited ? 'Unlimited on this plan' : balance.available_credits.toLocaleString(),
                  },
                  { name: 'Used', value: balance.used_credits.toLocaleString() },
                  { name: 'Held for work in progress', value: balance.reserved_credits.toLocaleString() },
                ]}
              />
              {balance.packages.length ? (
                <Table>
                  <thead>
                    <tr>
                      <Th>Package</Th>
                      <Th>Kind</Th>
                      <Th className="text-right">Remaining</Th>
                      <Th className="text-right">Of</Th>
                      <Th>Ends</Th>
                    </tr>
                  </thead>
                  <tbody>
                    {balance.packages.map((row) => (
                      <Tr key={row.package_id}>
                        <Td className="font-medium">{row.name}</Td>
                        <Td className="text-ink-soft">{PACKAGES[row.package_type] ?? row.package_type}</Td>
                        <Td className="text-right tabular-nums">{row.remaining_credits.toLocaleString()}</Td>
                        <Td className="text-right text-ink-soft tabular-nums">{row.total_credits.toLocaleString()}</Td>
                        <Td className="text-ink-soft">{row.expires_at ? formatDate(row.expires_at) : 'Never'}</Td>
                      </Tr>
                    ))}
                  </tbody>
                </Table>
              ) : null}
            </>
          )}
        </Loaded>
      </Card>
    </>
  )
}
