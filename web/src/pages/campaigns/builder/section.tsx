import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { Card } from '../../../ui/card.tsx'
import type { DraftProblem, SectionId } from './draft-problems.ts'

/** One part of the builder: its number, whether it is complete, and what is missing once somebody tried to save. */
export const Section = ({
  id,
  number,
  title,
  note,
  is_complete,
  problems,
  actions,
  children,
}: {
  id: SectionId
  number: number
  title: string
  note?: ReactNode
  is_complete: boolean
  /** Shown above the content; empty until a save was tried. */
  problems: DraftProblem[]
  actions?: ReactNode
  children: ReactNode
}) => (
  <Card id={id} aria-labelledby={`${id}-title`} className="scroll-mt-16">
    <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-4 sm:px-5">
      <div className="flex min-w-0 gap-3">
        <span
          aria-hidden
          className={
            is_complete
              ? 'flex size-6 shrink-0 items-center justify-center rounded-full bg-good-soft text-good [&_svg]:size-3.5'
              : 'flex size-6 shrink-0 items-center justify-center rounded-full bg-sunken text-xs font-semibold text-ink-soft tabular-nums'
          }
        >
          {is_complete ? <Check /> : number}
        </span>
        <div className="min-w-0">
          <h2 id={`${id}-title`} className="text-lg font-semibold text-ink">
            {title}
          </h2>
          {note ? <p className="text-sm text-ink-faint">{note}</p> : null}
        </div>
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </header>
    {problems.length ? (
      <ul role="alert" className="mx-4 mt-3 list-disc rounded-md bg-bad-soft py-2 pr-3 pl-7 text-sm text-bad sm:mx-5">
        {problems.map(({ field, message }) => (
          <li key={`${field} ${message}`}>{message}</li>
        ))}
      </ul>
    ) : null}
    <div className="p-4 sm:p-5">{children}</div>
  </Card>
)
