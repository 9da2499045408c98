import { Bar, BarChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'

const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' })

/** One number for each day. The label tells a screen reader what the bars say together. */
export const DayBars = ({
  label,
  unit,
  days,
  height = 160,
}: {
  label: string
  unit: string
  days: { date: string; value: number }[]
  height?: number
}) => (
  <div role="img" aria-label={label} style={{ height }} className="text-xs">
    <ResponsiveContainer width="100%" height="100%">
      <BarChart data={days} margin={{ top: 4, right: 0, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <XAxis
          dataKey="date"
          tickFormatter={(date: string) => shortDay.format(new Date(date))}
          tick={{ fill: 'var(--ink-faint)', fontSize: 11 }}
          tickLine={false}
          axisLine={{ stroke: 'var(--line)' }}
          minTickGap={24}
        />
        <YAxis
          width={36}
          allowDecimals={false}
          tickCount={4}
          interval={0}
          tick={{ fill: 'var(--ink-faint)', fontSize: 11 }}
          tickLine={false}
          axisLine={false}
        />
        <Tooltip
          cursor={{ fill: 'var(--sunken)' }}
          isAnimationActive={false}
          content={({ active, payload }) => {
            const day = payload?.[0]?.payload as { date: string; value: number } | undefined
            return active && day ? (
              <div className="rounded-md border border-line bg-raised px-2.5 py-1.5 shadow-raised">
                <p className="text-ink-faint">{longDay.format(new Date(day.date))}</p>
                <p className="font-medium text-ink tabular-nums">
                  {day.value.toLocaleString()} {unit}
                </p>
              </div>
            ) : null
          }}
        />
        <Bar dataKey="value" fill="var(--accent)" radius={[3, 3, 0, 0]} maxBarSize={28} isAnimationActive={false} />
      </BarChart>
    </ResponsiveContainer>
  </div>
)
