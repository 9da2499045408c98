import { getCampaignClickStats } from '@bavlio/sdk/operations'
import type { Campaign } from '@bavlio/sdk/types'
import { useRead } from '../../api/query.ts'
import { Card, CardHeader } from '../../ui/card.tsx'
import { Table, Td, Th, Tr } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { percent } from './rates.ts'

const SHOWN = 10

/** Which links were followed, by how many; nothing where no step counts clicks. */
export const LinkClicks = ({ campaign }: { campaign: Campaign }) => {
  const { campaign_id, steps_config } = campaign
  const is_counted = steps_config.some(({ track_clicks }) => track_clicks)
  const { data } = useRead(getCampaignClickStats, { campaign_id }, { enabled: is_counted, refetch_ms: 30_000 })
  if (!data?.links.length) return null
  return (
    <Card>
      <CardHeader
        title="Links followed"
        note={`${data.unique_clicks.toLocaleString()} of ${data.tracked_emails.toLocaleString()} (${percent(data.unique_clicks, data.tracked_emails) ?? '0%'}) followed a link; machines are not counted.`}
      />
      <Table>
        <thead>
          <tr>
            <Th>Link</Th>
            <Th className="text-right">Leads</Th>
            <Th className="text-right max-sm:hidden">Clicks</Th>
            <Th className="max-sm:hidden">Last</Th>
          </tr>
        </thead>
        <tbody>
          {data.links.slice(0, SHOWN).map((link) => (
            <Tr key={link.url}>
              <Td className="max-w-36 truncate sm:max-w-64 font-mono text-xs" title={link.url}>
                {link.url}
              </Td>
              <Td className="text-right tabular-nums">{link.unique_clicks.toLocaleString()}</Td>
              <Td className="text-right tabular-nums max-sm:hidden">{link.total_clicks.toLocaleString()}</Td>
              <Td className="text-ink-soft max-sm:hidden">
                <Time at={link.last_clicked_at} />
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  )
}
