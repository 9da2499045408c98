import { cn } from '../ui/class-names.ts'

const format = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

export type RateRow = {
  label: string
  /** A sum over the rows below it. */
  is_strong: boolean
  part: number
  whole: number
  /** Where the true rate may lie, 0 to 1. */
  range: { low: number; high: number } | null
}

/**
 * Rates as bars with their uncertainty and what they rest on. A table underneath its looks, so that it is read as one; the
 * scale ends at the highest rate that may be true.
 */
export const RateBars = ({ rows, unit }: { rows: RateRow[]; unit: string }) => {
  const most = Math.max(0.01, ...rows.map(({ range }) => range?.high ?? 0))
  const at = (rate: number): string => `${Math.min(100, (rate / most) * 100)}%`
  return (
    <table className="w-full border-separate border-spacing-y-1 text-sm">
      <thead className="sr-only">
        <tr>
          <th scope="col">Of</th>
          <th scope="col">Chart</th>
          <th scope="col">Rate</th>
          <th scope="col">Messages</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => {
          const rate = row.whole > 0 ? row.part / row.whole : null
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of variants share their names over the steps.
            <tr key={index}>
              <th
                scope="row"
                className={cn(
                  'w-20 pr-3 text-left whitespace-nowrap',
                  row.is_strong ? 'font-medium' : 'pl-3 font-normal text-ink-soft',
                )}
              >
                {row.label}
              </th>
              <td className="w-full">
                <div className={cn('relative rounded bg-sunken', row.is_strong ? 'h-5' : 'h-4')}>
                  {rate === null ? null : (
                    <>
                      <span
                        className={cn(
                          'absolute inset-y-0 left-0 rounded',
                          row.is_strong ? 'bg-accent' : 'bg-accent/55',
                        )}
                        style={{ width: at(rate) }}
                      />
                      {row.range ? (
                        <span
                          title={`between ${format.format(row.range.low)} and ${format.format(row.range.high)}`}
                          className="absolute top-1/2 h-px border-t border-ink/60 before:absolute before:-top-1 before:left-0 before:h-2 before:border-l before:border-ink/60 after:absolute after:-top-1 after:right-0 after:h-2 after:border-r after:border-ink/60"
                          style={{
                            left: at(row.range.low),
                            width: `calc(${at(row.range.high)} - ${at(row.range.low)})`,
                          }}
                        />
                      ) : null}
                    </>
                  )}
                </div>
              </td>
              <td className="w-14 pl-3 text-right font-medium tabular-nums">
                {rate === null ? '–' : format.format(rate)}
              </td>
              <td className="w-32 pl-3 text-right text-xs whitespace-nowrap text-ink-faint tabular-nums">
                {row.part.toLocaleString()} of {row.whole.toLocaleString()} {unit}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
