import { getModelUsage } from '@bavlio/sdk/operations'
import type { ModelUsage } from '@bavlio/sdk/types'
import { ChartColumn } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Numbers } from '../../../ui/facts.tsx'
import { inputStyle } from '../../../ui/field.tsx'
import { Empty, Loaded, LoadingRows, Skeleton } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { dollars, PURPOSES } from './model-words.ts'

const DayBars = lazy(() => import('../../../charts/day-bars.tsx').then(({ DayBars }) => ({ default: DayBars })))

const SPANS = [7, 30, 90]
const DAY_MS = 86_400_000

type Item = ModelUsage['items'][number]
type Line = Pick<
  Item,
  'owner' | 'model' | 'purpose' | 'calls' | 'failed_calls' | 'cost_microusd' | 'unpriced_calls'
> & {
  tokens: number
}

/** What models took: the sum, each day, and by model and purpose. */
export const UsageCard = ({ workspace_id }: { workspace_id: string }) => {
  const [days, setDays] = useState(30)
  // What a provider bills goes by the system's days in the workspace's zone; which day that is, the server says.
  const month = useRead(getModelUsage, { workspace_id })
  const from = month.data ? new Date(Date.parse(month.data.to) - (days - 1) * DAY_MS).toISOString().slice(0, 10) : ''
  const span = useRead(
    getModelUsage,
    { workspace_id, from },
    { keep_previous: true, enabled: days !== 30 && from !== '' },
  )
  const read = days === 30 || span.data === undefined ? month : span
  return (
    <Card>
      <CardHeader
        title="Cost and usage"
        note={
          read.data
            ? `Days in ${read.data.timezone.replaceAll('_', ' ')}. Requests are kept for ${read.data.kept_days} days.`
            : 'What models took.'
        }
        actions={
          <select
            aria-label="Time shown"
            value={days}
            onChange={(event) => setDays(Number(event.target.value))}
            className={`${inputStyle} h-8 !w-auto pr-8`}
          >
            {SPANS.map((span) => (
              <option key={span} value={span}>
                Last {span} days
              </option>
            ))}
          </select>
        }
      />
      <Loaded read={read} loading={<LoadingRows rows={3} />}>
        {(usage) =>
          usage.items.length ? (
            <Usage usage={usage} />
          ) : (
            <Empty icon={<ChartColumn aria-hidden />} title="No request was made">
              The writer by rule asks no model and does not count here.
            </Empty>
          )
        }
      </Loaded>
    </Card>
  )
}

const daysOf = ({ from, to, items }: ModelUsage): { date: string; value: number }[] => {
  const count = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1
  const byDay = Map.groupBy(items, ({ day }) => day)
  return Array.from({ length: count }, (_, at) => {
    const date = new Date(Date.parse(from) + at * DAY_MS).toISOString().slice(0, 10)
    return { date, value: (byDay.get(date) ?? []).reduce((sum, { calls }) => sum + calls, 0) }
  })
}

const linesOf = (items: Item[]): Line[] =>
  [...Map.groupBy(items, ({ owner, model, purpose }) => `${owner} ${model} ${purpose}`).values()]
    .map((group) => {
      const sum = (of: (item: Item) => number): number => group.reduce((total, item) => total + of(item), 0)
      const { owner, model, purpose } = group[0] as Item
      return {
        owner,
        model,
        purpose,
        calls: sum(({ calls }) => calls),
        failed_calls: sum(({ failed_calls }) => failed_calls),
        tokens: sum(({ input_tokens, output_tokens }) => input_tokens + output_tokens),
        cost_microusd: sum(({ cost_microusd }) => cost_microusd),
        unpriced_calls: sum(({ unpriced_calls }) => unpriced_calls),
      }
    })
    .sort((a, b) => b.cost_microusd - a.cost_microusd || b.calls - a.calls)

const cost = ({
  cost_microusd,
  calls,
  unpriced_calls,
}: {
  cost_microusd: number
  calls: number
  unpriced_calls: number
}) => (unpriced_calls === calls && calls > 0 ? 'Not known' : dollars(cost_microusd))

const Usage = ({ usage }: { usage: ModelUsage }) => {
  const { total } = usage
  return (
    <>
      <div className="[&>dl]:rounded-none [&>dl]:border-x-0 [&>dl]:border-t-0">
        <Numbers
          numbers={[
            {
              name: 'Cost',
              value: cost(total),
              ...(total.unpriced_calls
                ? { note: `without ${total.unpriced_calls.toLocaleString()} requests of unknown price` }
                : {}),
            },
            { name: 'Requests', value: total.calls },
            {
              name: 'Failed',
              value: total.failed_calls,
              ...(total.failed_calls ? { tone: 'warn' as const } : {}),
            },
            { name: 'Tokens in', value: total.input_tokens },
            { name: 'Tokens out', value: total.output_tokens },
          ]}
        />
      </div>
      <div className="p-4">
        <Suspense fallback={<Skeleton className="h-40" />}>
          <DayBars
            label={`Requests on each day: ${total.calls.toLocaleString()} in all`}
            unit="requests"
            days={daysOf(usage)}
          />
        </Suspense>
      </div>
      <Table>
        <thead>
          <tr>
            <Th>Model</Th>
            <Th>For</Th>
            <Th className="text-right">Requests</Th>
            <Th className="text-right">Failed</Th>
            <Th className="text-right">Tokens</Th>
            <Th className="text-right">Cost</Th>
          </tr>
        </thead>
        <tbody>
          {linesOf(usage.items).map((line) => (
            <Tr key={`${line.owner} ${line.model} ${line.purpose}`}>
              <Td className="font-medium">
                {line.model}
                {line.owner === 'instance' ? <span className="text-xs text-ink-faint"> of the instance</span> : null}
              </Td>
              <Td className="text-ink-soft">{PURPOSES[line.purpose] ?? line.purpose}</Td>
              <Td className="text-right tabular-nums">{line.calls.toLocaleString()}</Td>
              <Td className="text-right text-ink-soft tabular-nums">{line.failed_calls.toLocaleString()}</Td>
              <Td className="text-right text-ink-soft tabular-nums">{line.tokens.toLocaleString()}</Td>
              <Td className="text-right tabular-nums">{cost(line)}</Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </>
  )
}
