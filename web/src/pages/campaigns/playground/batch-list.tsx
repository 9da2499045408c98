import { listPlaygroundBatches } from '@bavlio/sdk/operations'
import type { PlaygroundBatch } from '@bavlio/sdk/types'
import { usePages } from '../../../api/use-pages.ts'
import { Button } from '../../../ui/button.tsx'
import { cn } from '../../../ui/class-names.ts'
import { Time } from '../../../ui/time.tsx'

const PAGE = 20

/** What came of a batch, in a line. */
const outcomeOf = ({ counts, approved, total, is_over }: PlaygroundBatch): string =>
  [
    is_over
      ? `${(counts.completed ?? 0).toLocaleString()} of ${total.toLocaleString()} written`
      : `${(total - (counts.pending ?? 0) - (counts.running ?? 0)).toLocaleString()} of ${total.toLocaleString()} so far`,
    ...(counts.failed ? [`${counts.failed.toLocaleString()} failed`] : []),
    ...(counts.cancelled ? [`${counts.cancelled.toLocaleString()} cancelled`] : []),
    ...(approved ? [`${approved.toLocaleString()} approved by now`] : []),
  ].join(', ')

/** The batches of a step, each a way to its drafts as they were written then, and back to the prompt they came from. */
export const BatchList = ({
  campaign_id,
  step,
  shown_id,
  onShow,
  onPrompt,
}: {
  campaign_id: string
  step: number
  /** The one whose drafts are shown; null for the last draft of each lead. */
  shown_id: string | null
  onShow: (batch_id: string | null) => void
  onPrompt: (prompt: string) => void
}) => {
  const read = usePages(listPlaygroundBatches, { campaign_id, step_index: step, limit: PAGE })
  const batches = read.data?.pages.flatMap(({ items }) => items) ?? []
  const total = read.data?.pages[0]?.total ?? 0
  if (!batches.length) return null
  return (
    <details className="text-sm" open={shown_id !== null || undefined}>
      <summary className="cursor-pointer text-sm font-medium text-ink-soft hover:text-ink">
        Batches so far ({total.toLocaleString()})
      </summary>
      <ul aria-label="Batches" className="mt-2 flex flex-col gap-1">
        {batches.map((batch) => (
          <li
            key={batch.batch_id}
            className={cn('rounded-md px-2 py-1.5', batch.batch_id === shown_id ? 'bg-accent-soft' : 'bg-sunken/60')}
          >
            <button
              type="button"
              aria-pressed={batch.batch_id === shown_id}
              onClick={() => onShow(batch.batch_id === shown_id ? null : batch.batch_id)}
              className="block w-full text-left"
            >
              <span className="block font-medium">
                <Time at={batch.created_at} is_exact />
              </span>
              <span className="block text-xs text-ink-soft tabular-nums">{outcomeOf(batch)}</span>
            </button>
            {batch.custom_prompt ? (
              <button
                type="button"
                onClick={() => onPrompt(batch.custom_prompt ?? '')}
                className="text-xs font-medium text-accent-strong hover:underline"
              >
                Take its prompt
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {read.hasNextPage ? (
        <Button
          size="sm"
          look="quiet"
          className="mt-1"
          is_busy={read.isFetchingNextPage}
          onClick={() => void read.fetchNextPage()}
        >
          Earlier ones
        </Button>
      ) : null}
    </details>
  )
}
