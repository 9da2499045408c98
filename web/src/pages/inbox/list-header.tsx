import type { InboxCounts } from '@bavlio/sdk/types'
import { Keyboard } from 'lucide-react'
import type { ReactNode } from 'react'
import { SearchField } from '../../forms/search-field.tsx'
import { Button } from '../../ui/button.tsx'
import { cn } from '../../ui/class-names.ts'
import { inputStyle } from '../../ui/field.tsx'
import { type InboxSearch, KIND_FILTERS, VIEWS } from './words.ts'

/** Folder, search and kinds; `bar` stands in the place of the kinds while threads are chosen. */
export const ListHeader = ({
  search,
  counts,
  bar,
  onChange,
  onKeys,
}: {
  search: InboxSearch
  counts: InboxCounts | undefined
  bar: ReactNode
  onChange: (next: InboxSearch) => void
  onKeys: () => void
}) => {
  const view = search.view ?? 'open'
  const countOf = (name: string): string => {
    const count =
      name === 'open' ? counts?.open : name === 'snoozed' ? counts?.snoozed : name === 'done' ? counts?.done : 0
    return count ? ` (${count.toLocaleString()})` : ''
  }
  const chips = [
    {
      id: 'all',
      words: 'All',
      count: null as number | null,
      on: !search.kind && !search.starred,
      next: { kind: undefined, starred: undefined },
    },
    ...KIND_FILTERS.map(({ kind, words }) => ({
      id: kind as string,
      words,
      count: view === 'open' ? (counts?.kinds.find((row) => row.kind === kind)?.open ?? 0) : null,
      on: search.kind === kind,
      next: { kind, starred: undefined } as InboxSearch,
    })),
    {
      id: 'starred',
      words: 'Starred',
      count: view === 'open' ? (counts?.starred ?? 0) : null,
      on: Boolean(search.starred),
      next: { kind: undefined, starred: true },
    },
  ]
  return (
    <header className="flex flex-col gap-2.5 border-b border-line px-3 pt-3 pb-2.5">
      <div className="flex items-center gap-2">
        <select
          aria-label="Folder"
          value={view}
          onChange={(event) => onChange({ view: event.target.value as InboxSearch['view'], kind: undefined })}
          className={cn(inputStyle, 'h-8 flex-1 pr-8 font-semibold')}
        >
          {VIEWS.map((one) => (
            <option key={one.view} value={one.view}>
              {one.words}
              {countOf(one.view)}
            </option>
          ))}
        </select>
        <Button
          look="quiet"
          size="icon"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          className="max-lg:hidden"
          onClick={onKeys}
          icon={<Keyboard aria-hidden />}
        />
      </div>
      <div className="[&>div]:!w-full">
        <SearchField label="Search the mail" value={search.q ?? ''} onChange={(q) => onChange({ q: q || undefined })} />
      </div>
      {bar ? (
        bar
      ) : view === 'sent' ? null : (
        <fieldset className="flex min-h-13 flex-wrap content-start gap-1" aria-label="Kind">
          {chips.map((chip) => (
            <button
              key={chip.id}
              type="button"
              aria-pressed={chip.on}
              onClick={() => onChange(chip.next)}
              className={cn(
                'inline-flex h-6 shrink-0 items-center gap-1 rounded-full border px-2 text-xs font-medium focus-visible:-outline-offset-1',
                chip.on
                  ? 'border-accent bg-accent-soft text-accent-strong'
                  : 'border-line text-ink-soft hover:bg-sunken hover:text-ink',
              )}
            >
              {chip.words}
              {chip.count ? <span className="tabular-nums opacity-80">{chip.count.toLocaleString()}</span> : null}
            </button>
          ))}
        </fieldset>
      )}
    </header>
  )
}
