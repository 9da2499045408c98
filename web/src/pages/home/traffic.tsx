import type { Overview } from '@bavlio/sdk/types'
import { DayBars } from '../../charts/day-bars.tsx'

/** What went out and what came back, each on its own scale: a few answers beside hundreds of letters would not be seen. */
export const Traffic = ({ overview }: { overview: Overview }) => (
  <div className="grid gap-x-8 gap-y-4 p-4 md:grid-cols-2">
    <div>
      <h3 className="pb-2 text-sm font-medium text-ink-soft">Sent</h3>
      <DayBars
        label={`Messages sent on each of the last ${overview.days} days: ${overview.totals.sent.toLocaleString()} in all`}
        unit="sent"
        days={overview.series.map(({ day, sent }) => ({ date: day, value: sent }))}
      />
    </div>
    <div>
      <h3 className="pb-2 text-sm font-medium text-ink-soft">Replies</h3>
      <DayBars
        label={`Replies on each of the last ${overview.days} days: ${overview.totals.replied.toLocaleString()} in all`}
        unit="replies"
        days={overview.series.map(({ day, replied }) => ({ date: day, value: replied }))}
      />
    </div>
  </div>
)
