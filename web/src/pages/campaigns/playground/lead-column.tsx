import { CircleAlert, CircleCheck, CircleDashed, LoaderCircle, PenLine, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from '../../../ui/class-names.ts'
import { leadName } from '../lead-name.ts'
import type { Entry } from './use-drafts.ts'

const markOf = ({ status, draft }: Entry): { icon: ReactNode; words: string } => {
  if (status === 'failed') return { icon: <CircleAlert className="text-bad" />, words: 'Failed' }
  if (status === 'cancelled') return { icon: <CircleDashed className="text-ink-faint" />, words: 'Cancelled' }
  if (status !== 'completed')
    return { icon: <LoaderCircle className="animate-spin text-ink-faint" />, words: 'Being written' }
  if (draft?.is_approved) return { icon: <CircleCheck className="text-good" />, words: 'Approved' }
  if (draft && (draft.edit?.quality ?? draft.quality)?.passed === false)
    return { icon: <TriangleAlert className="text-warn" />, words: 'Failed a check' }
  if (draft?.edit) return { icon: <PenLine className="text-info" />, words: 'Edited' }
  return { icon: <CircleDashed className="text-accent" />, words: 'To review' }
}

/** The leads with the state of their draft. Rows have one height and keep their places while texts come in. */
export const LeadColumn = ({
  entries,
  left_out,
  onAll,
  shown_id,
  onSelect,
}: {
  entries: Entry[]
  /** Leads whose drafts are in older batches than are read here. */
  left_out: number
  /** Where the drafts of one batch are shown: back to the last draft of each lead. */
  onAll: (() => void) | undefined
  shown_id: string | null
  onSelect: (id: string) => void
}) => (
  <>
    {onAll ? (
      <p className="sticky top-0 z-10 flex items-center justify-between gap-2 border-b border-line bg-accent-soft px-3 py-2 text-xs text-ink">
        One batch only
        <button type="button" onClick={onAll} className="font-medium text-accent-strong hover:underline">
          Show all
        </button>
      </p>
    ) : null}
    <ul aria-label="Leads with drafts">
      {entries.map((entry) => {
        const { icon, words } = markOf(entry)
        const quality = entry.draft?.edit?.quality ?? entry.draft?.quality
        return (
          <li key={entry.id} id={`draft-${entry.id}`} className="border-b border-line">
            <button
              type="button"
              aria-current={entry.id === shown_id ? 'true' : undefined}
              onClick={() => onSelect(entry.id)}
              className={cn(
                'flex h-14 w-full items-center gap-3 px-3 text-left hover:bg-sunken/60 focus-visible:-outline-offset-2',
                entry.id === shown_id && 'bg-accent-soft hover:bg-accent-soft',
              )}
            >
              <span className="[&_svg]:size-4" aria-hidden>
                {icon}
              </span>
              <span className="min-w-0 flex-1">
                <span className="flex items-baseline justify-between gap-2">
                  <span className="truncate text-sm font-medium">{entry.lead ? leadName(entry.lead) : 'Lead'}</span>
                  <span className="text-2xs text-ink-faint tabular-nums">
                    {quality ? `${Math.round(quality.score * 100)}%` : ''}
                  </span>
                </span>
                <span className="block truncate text-xs text-ink-faint">
                  <span className="sr-only">{words}. </span>
                  {entry.draft?.edit?.subject ?? entry.draft?.subject ?? entry.subject_preview ?? entry.error ?? words}
                </span>
              </span>
            </button>
          </li>
        )
      })}
    </ul>{' '}
    {left_out ? (
      <p className="px-3 py-3 text-xs text-ink-faint">
        {left_out.toLocaleString()} more in older batches; open one beside the prompt.
      </p>
    ) : null}
  </>
)
