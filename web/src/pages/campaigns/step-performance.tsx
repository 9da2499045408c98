import type { CampaignStepPerformanceRow, CampaignVariantPerformance } from '@bavlio/sdk/types'
import { useState } from 'react'
import { RateBars } from '../../charts/rate-bars.tsx'
import { Empty } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { formatRate, interval } from './rates.ts'

type Figures = Pick<CampaignVariantPerformance, 'sent' | 'delivered' | 'opened' | 'clicked' | 'replied' | 'bounced'>
type Measure = { id: 'reply' | 'open' | 'click' | 'bounce'; label: string; part: keyof Figures; whole: keyof Figures }

const MEASURES: Measure[] = [
  { id: 'reply', label: 'Replies', part: 'replied', whole: 'delivered' },
  { id: 'open', label: 'Opens', part: 'opened', whole: 'delivered' },
  { id: 'click', label: 'Clicks', part: 'clicked', whole: 'delivered' },
  { id: 'bounce', label: 'Bounces', part: 'bounced', whole: 'sent' },
]
/** Below this a rate says more about chance than about words. */
const FEW = 30

/** Rates of each step and variant with how many messages they rest on. */
export const StepPerformance = ({
  steps,
  counts,
}: {
  steps: CampaignStepPerformanceRow[]
  /** Whether any step counts opens and clicks at all. */
  counts: { open: boolean; click: boolean }
}) => {
  const [id, setId] = useState<Measure['id']>('reply')
  const measure = MEASURES.find((item) => item.id === id) ?? (MEASURES[0] as Measure)
  const is_counted =
    (measure.id !== 'open' && measure.id !== 'click') ||
    counts[measure.id] ||
    steps.some((step) => step[measure.part] > 0)
  if (steps.every(({ sent }) => sent === 0))
    return (
      <Empty title="Nothing has been sent yet">Rates of each step and variant appear with the first messages.</Empty>
    )
  return (
    <div className="flex flex-col gap-3 px-4 pb-4">
      <Tabs label="What is measured" current={id} onChange={setId} tabs={MEASURES} />
      {is_counted ? (
        <>
          <RateBars
            unit={measure.whole === 'sent' ? 'sent' : 'delivered'}
            rows={steps.flatMap((step) => [
              barOf(`Step ${step.step_index}`, step, measure, true),
              ...(step.variants.length > 1
                ? step.variants.map((variant) => barOf(`Variant ${variant.label}`, variant, measure, false))
                : []),
            ])}
          />
          <p className="text-xs text-ink-faint">{verdictOf(steps, measure)}</p>
        </>
      ) : (
        <p className="py-6 text-sm text-ink-faint">
          No step of this campaign counts {measure.label.toLowerCase()}, so nobody knows how many there were.
        </p>
      )}
    </div>
  )
}

const barOf = (label: string, figures: Figures, { part, whole }: Measure, is_strong: boolean) => ({
  label,
  is_strong,
  part: figures[part],
  whole: figures[whole],
  range: interval(figures[part], figures[whole]),
})

/** Whether two variants differ by more than chance: their intervals do not touch. */
const verdictOf = (steps: CampaignStepPerformanceRow[], { part, whole, label }: Measure): string => {
  for (const step of steps) {
    const tried = step.variants.filter((variant) => variant[whole] > 0)
    if (tried.length < 2) continue
    const where = `Step ${step.step_index}`
    if (tried.some((variant) => variant[whole] < FEW))
      return `${where}: too few messages so far to compare the variants.`
    const ranked = [...tried].sort((one, other) => other[part] / other[whole] - one[part] / one[whole])
    const [best, next] = ranked
    if (!best || !next) continue
    const low = interval(best[part], best[whole])?.low ?? 0
    const high = interval(next[part], next[whole])?.high ?? 1
    const rate = formatRate(best[part] / best[whole])
    return low > high
      ? `${where}: variant ${best.label} has the most ${label.toLowerCase()} (${rate}), by more than chance explains.`
      : `${where}: the variants do not differ by more than chance explains.`
  }
  return `Of messages ${whole}; machines are not counted.`
}
