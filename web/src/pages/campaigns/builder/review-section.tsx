import { launchPreflight } from '@bavlio/sdk/operations'
import type { LaunchForecast, LaunchPreflight } from '@bavlio/sdk/types'
import { Rocket } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Empty, ErrorPanel, LoadingRows, Skeleton } from '../../../ui/states.tsx'
import { formatDateTime } from '../../../ui/time.tsx'
import type { Draft } from './draft.ts'
import type { DraftProblem } from './draft-problems.ts'
import { LaunchDialog } from './launch-dialog.tsx'
import { PreflightList } from './preflight-list.tsx'
import { Section } from './section.tsx'

const DayBars = lazy(() => import('../../../charts/day-bars.tsx').then(({ DayBars }) => ({ default: DayBars })))

/** What a launch would do, what stands in its way, and when it would be through. */
export const ReviewSection = ({
  draft,
  campaign_id,
  is_dirty,
  is_saving,
  problems,
  number,
  onSave,
}: {
  draft: Draft
  campaign_id: string | null
  is_dirty: boolean
  is_saving: boolean
  problems: DraftProblem[]
  number: number
  onSave: () => void
}) => {
  const [is_asked, setAsked] = useState(false)
  const is_stored = campaign_id !== null && !is_dirty
  const read = useRead(
    launchPreflight,
    { campaign_id: campaign_id ?? '' },
    { enabled: campaign_id !== null, keep_previous: true },
  )
  const checked = is_stored ? read.data : undefined
  return (
    <Section
      id="review"
      number={number}
      title="Review and launch"
      note="Checked against every row, the suppression list and your senders. Nothing is sent before you confirm."
      is_complete={Boolean(checked?.can_launch)}
      problems={[]}
      actions={
        checked ? (
          <Button
            look="primary"
            icon={<Rocket aria-hidden />}
            disabled={!checked.can_launch}
            onClick={() => setAsked(true)}
          >
            {draft.launch_type === 'scheduled' ? 'Schedule' : 'Launch'}
          </Button>
        ) : undefined
      }
    >
      {!is_stored ? (
        <Empty
          title={
            problems.length
              ? `${problems.length === 1 ? 'One thing is' : `${problems.length} things are`} missing`
              : 'Save to check it'
          }
          action={
            <Button look="primary" is_busy={is_saving} onClick={onSave}>
              Save and check
            </Button>
          }
        >
          {problems.length ? (
            <ul className="text-left">
              {problems.map(({ section, field, message }) => (
                <li key={`${field} ${message}`}>
                  <a href={`#${section}`} className="text-accent-strong hover:underline">
                    {message}
                  </a>
                </li>
              ))}
            </ul>
          ) : (
            'The checks read the campaign as it is stored.'
          )}
        </Empty>
      ) : checked ? (
        <Checked preflight={checked} draft={draft} campaign_id={campaign_id} />
      ) : read.error ? (
        <ErrorPanel error={read.error} retry={() => void read.refetch()} />
      ) : (
        <LoadingRows rows={4} />
      )}
      {is_asked && checked && campaign_id ? (
        <LaunchDialog campaign_id={campaign_id} draft={draft} preflight={checked} onClose={() => setAsked(false)} />
      ) : null}
    </Section>
  )
}

const Checked = ({
  preflight,
  draft,
  campaign_id,
}: {
  preflight: LaunchPreflight
  draft: Draft
  campaign_id: string
}) => {
  const { summary } = preflight
  return (
    <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,24rem)]">
      <div className="flex min-w-0 flex-col gap-3">
        <p className="text-sm text-ink-soft">
          <span className="text-xl font-semibold text-ink tabular-nums">
            {summary.launchable_rows.toLocaleString()}
          </span>{' '}
          of {summary.total_rows.toLocaleString()} rows become leads.
          {preflight.estimated_credits
            ? ` Writing their texts takes ${preflight.estimated_credits.toLocaleString()} credits.`
            : ''}
        </p>
        <PreflightList
          warnings={preflight.warnings}
          params={{ campaign_id, dataset_id: draft.dataset_id ?? undefined }}
        />
      </div>
      {preflight.forecast ? <Forecast forecast={preflight.forecast} zone={draft.timezone} /> : null}
    </div>
  )
}

const DAY_MS = 86_400_000
/** Longer forecasts are drawn without their empty days, which nobody could tell apart any more. */
const MOST_DAYS = 400

/** The forecast names only days on which something is sent; the picture needs the others too, or a weekend is not seen. */
const everyDay = ({ days }: LaunchForecast): { date: string; value: number }[] => {
  const planned = new Map(days.map((day) => [day.date, day.planned]))
  const first = Date.parse(days[0]?.date ?? '')
  const count = Math.round((Date.parse(days.at(-1)?.date ?? '') - first) / DAY_MS) + 1
  if (!(count <= MOST_DAYS)) return days.map(({ date, planned }) => ({ date, value: planned }))
  return Array.from({ length: count }, (_, index) => {
    const date = new Date(first + index * DAY_MS).toISOString().slice(0, 10)
    return { date, value: planned.get(date) ?? 0 }
  })
}

const Forecast = ({ forecast, zone }: { forecast: LaunchForecast; zone: string }) => (
  <section aria-label="Forecast" className="flex min-w-0 flex-col gap-3 rounded-lg border border-line p-4">
    <h3 className="text-sm font-semibold">If nobody answered</h3>
    <dl className="grid grid-cols-2 gap-3 text-sm">
      <div>
        <dt className="text-xs text-ink-faint">First message</dt>
        <dd>{forecast.first_send_at ? formatDateTime(forecast.first_send_at) : 'never'}</dd>
      </div>
      <div>
        <dt className="text-xs text-ink-faint">Last message</dt>
        <dd>{forecast.last_send_at ? formatDateTime(forecast.last_send_at) : 'later than can be forecast'}</dd>
      </div>
    </dl>
    {forecast.days.length ? (
      <Suspense fallback={<Skeleton className="h-40" />}>
        <DayBars
          label={`${forecast.messages.toLocaleString()} messages over ${forecast.days.length} ${forecast.days.length === 1 ? 'day' : 'days'}, at most ${Math.max(...forecast.days.map(({ planned }) => planned)).toLocaleString()} on one`}
          unit="messages"
          days={everyDay(forecast)}
        />
      </Suspense>
    ) : null}
    <p className="text-xs text-ink-faint">
      {forecast.messages.toLocaleString()} messages. Days of {zone}, times in your own zone. Every answer makes it less.
    </p>
  </section>
)
