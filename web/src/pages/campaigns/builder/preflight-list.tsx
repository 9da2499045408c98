import type { LaunchWarning } from '@bavlio/sdk/types'
import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { buttonStyle } from '../../../ui/button.tsx'
import { MendLink, mendOf } from './mends.tsx'

const MARKS: Record<LaunchWarning['severity'], { icon: ReactNode; words: string }> = {
  blocking: { icon: <CircleAlert aria-hidden className="text-bad" />, words: 'Stands in the way' },
  warning: { icon: <TriangleAlert aria-hidden className="text-warn" />, words: 'Warning' },
  info: { icon: <Info aria-hidden className="text-info" />, words: 'To know' },
}
const ORDER = ['blocking', 'warning', 'info']
/** More rows of one kind are not read by anybody; their count stands in the line above. */
const SHOWN_ROWS = 20

/** Every finding with the way to its mend; rows of a kind are folded under the line that counts them. */
export const PreflightList = ({
  warnings,
  params,
  is_past = false,
}: {
  warnings: LaunchWarning[]
  /** Of a launch that is over: only what is mended elsewhere has a way there. */
  is_past?: boolean
  params: { campaign_id?: string; dataset_id?: string }
}) => {
  const lines = warnings
    .filter(({ row_index, severity }) => row_index === null && !(is_past && severity === 'info'))
    .sort((one, other) => ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity))
  if (!lines.length)
    return (
      <p className="flex items-center gap-2 rounded-lg border border-line px-3 py-3 text-sm text-ink-soft">
        <CircleCheck aria-hidden className="size-4 text-good" />
        Nothing stands in the way.
      </p>
    )
  return (
    <ul className="overflow-hidden rounded-lg border border-line">
      {lines.map((warning) => {
        // Only a line that counts rows has rows; another one of the same code is about the campaign itself.
        const rows = warning.affected_rows
          ? warnings.filter((other) => other.row_index !== null && other.code === warning.code)
          : []
        const mend = mendOf({ ...warning, step_index: warning.step_index ?? rows[0]?.step_index ?? null })
        const { icon, words } = MARKS[warning.severity]
        return (
          <li
            key={`${warning.code} ${warning.message}`}
            className="flex flex-wrap items-start gap-x-3 gap-y-2 border-b border-line px-3 py-2.5 last:border-0"
          >
            <span className="mt-0.5 [&_svg]:size-4">
              {icon}
              <span className="sr-only">{words}: </span>
            </span>
            <div className="min-w-0 flex-1 basis-64 text-sm">
              <p>
                {warning.message}
                {is_past && warning.affected_rows ? (
                  <span className="text-ink-faint"> {warning.affected_rows.toLocaleString()} in all.</span>
                ) : null}
              </p>
              {rows.length ? (
                <details className="mt-1 text-xs text-ink-soft">
                  <summary className="cursor-pointer text-ink-faint hover:text-ink">
                    {rows.length > SHOWN_ROWS ? `The first ${SHOWN_ROWS} rows` : 'Which rows'}
                  </summary>
                  <ul className="mt-1 flex flex-col gap-0.5">
                    {rows.slice(0, SHOWN_ROWS).map((row) => (
                      <li key={`${row.row_index} ${row.step_index} ${row.message}`} className="break-words">
                        <span className="text-ink-faint tabular-nums">
                          Row {((row.row_index ?? 0) + 1).toLocaleString()}:
                        </span>{' '}
                        {row.message}
                      </li>
                    ))}
                  </ul>
                </details>
              ) : null}
            </div>
            {mend === null || (is_past && 'anchor' in mend) ? null : 'anchor' in mend ? (
              <a href={`#${mend.anchor}`} className={buttonStyle({ look: 'plain', size: 'sm' })}>
                {mend.label}
              </a>
            ) : (
              <MendLink to={mend.page} params={{ ...params, ...mend.params }} label={mend.label} />
            )}
          </li>
        )
      })}
    </ul>
  )
}
