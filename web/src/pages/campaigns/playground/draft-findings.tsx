import type { PlaygroundDraft, UsedFact } from '@bavlio/sdk/types'
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { Badge } from '../../../ui/badge.tsx'

const ABOUT: Record<UsedFact['about'], string> = {
  lead: 'the lead',
  company: 'the company',
  correspondence: 'earlier mail',
  sender: 'the sender',
}

/** What the draft leans on, and how it was judged; the edited text where there is one. */
export const DraftFindings = ({ draft }: { draft: PlaygroundDraft }) => {
  const quality = draft.edit?.quality ?? draft.quality
  const failed = quality?.checks.filter(({ passed }) => !passed) ?? []
  const passed = quality?.checks.filter(({ passed }) => passed) ?? []
  return (
    <div className="grid gap-6 border-t border-line pt-5 xl:grid-cols-2">
      <section aria-labelledby="facts-title" className="flex flex-col gap-2">
        <h3 id="facts-title" className="text-sm font-semibold">
          Facts used
        </h3>
        {draft.used_facts.length ? (
          <ul className="flex flex-col gap-2.5 text-sm">
            {draft.used_facts.map((fact) => (
              <li key={fact.id}>
                <p>{fact.text}</p>
                <p className="text-xs text-ink-faint">
                  About {ABOUT[fact.about]}, from{' '}
                  {fact.source.url ? (
                    <a
                      href={fact.source.url}
                      target="_blank"
                      rel="noreferrer"
                      className="text-accent-strong hover:underline"
                    >
                      {fact.source.name}
                    </a>
                  ) : (
                    fact.source.name
                  )}
                </p>
              </li>
            ))}
          </ul>
        ) : (
          <p className="text-sm text-ink-faint">It leans on no fact.</p>
        )}
      </section>
      <section aria-labelledby="quality-title" className="flex flex-col gap-2">
        <h3 id="quality-title" className="flex items-center gap-2 text-sm font-semibold">
          Quality
          {quality ? (
            <Badge tone={quality.passed ? (quality.score >= 0.8 ? 'good' : 'warn') : 'bad'}>
              {Math.round(quality.score * 100)}%
            </Badge>
          ) : null}
        </h3>
        {quality ? (
          <>
            <ul className="flex flex-col gap-1.5 text-sm">
              {failed.map((check) => (
                <li key={check.name} className="flex gap-2">
                  <TriangleAlert aria-label="Failed" className="mt-0.5 size-4 shrink-0 text-warn" />
                  {check.message}
                </li>
              ))}
              {failed.length ? null : (
                <li className="flex gap-2">
                  <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
                  Every check passed.
                </li>
              )}
            </ul>
            {passed.length ? (
              <details className="text-xs text-ink-faint">
                <summary className="cursor-pointer hover:text-ink">{passed.length} checks passed</summary>
                <ul className="mt-1 flex flex-col gap-0.5">
                  {passed.map((check) => (
                    <li key={check.name}>{check.message}</li>
                  ))}
                </ul>
              </details>
            ) : null}
          </>
        ) : (
          <p className="text-sm text-ink-faint">It was not checked.</p>
        )}
      </section>
    </div>
  )
}
