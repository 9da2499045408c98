import type { CampaignLeadStatus } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { LEAD_STATES, LeadState } from './lead-state.tsx'

/** How many leads are in which state, each a way to them. */
export const LeadStates = ({ counts }: { counts: Record<string, number> }) => {
  const present = LEAD_STATES.filter(({ status }) => counts[status])
  const total = present.reduce((sum, { status }) => sum + (counts[status] ?? 0), 0)
  if (!total) return <p className="p-4 text-sm text-ink-faint">There are no leads before the launch.</p>
  return (
    <ul className="py-1">
      {present.map(({ status }) => (
        <li key={status}>
          <Link
            to="."
            search={{ tab: 'leads', status: status as CampaignLeadStatus } as never}
            className="relative flex items-center justify-between gap-3 px-4 py-1.5 text-sm hover:bg-sunken/60"
          >
            <LeadState status={status} />
            <span className="flex items-center gap-3 text-ink-soft tabular-nums">
              <span aria-hidden className="h-1 w-16 overflow-hidden rounded-full bg-sunken">
                <span
                  className="block h-full rounded-full bg-line-strong"
                  style={{ width: `${((counts[status] ?? 0) / total) * 100}%` }}
                />
              </span>
              <span className="w-12 text-right">{(counts[status] ?? 0).toLocaleString()}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
