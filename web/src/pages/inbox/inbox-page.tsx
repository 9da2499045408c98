import { countInboxThreads, listInboxThreads } from '@bavlio/sdk/operations'
import type { InboxCounts, InboxThread, InboxThreadUpdate } from '@bavlio/sdk/types'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Inbox, Keyboard } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useRead } from '../../api/query.ts'
import { usePages } from '../../api/use-pages.ts'
import { useWorkspaceNow } from '../../api/workspace-clock.ts'
import { SearchField } from '../../forms/search-field.tsx'
import { Button } from '../../ui/button.tsx'
import { cn } from '../../ui/class-names.ts'
import { inputStyle } from '../../ui/field.tsx'
import { useKeys } from '../../ui/keys.ts'
import { Empty, ErrorPanel, LoadingRows } from '../../ui/states.tsx'
import { formatDateTime } from '../../ui/time.tsx'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'
import { SnoozeDialog } from './snooze-dialog.tsx'
import { ThreadList } from './thread-list.tsx'
import { ThreadPane } from './thread-pane.tsx'
import { markThread } from './use-thread-actions.ts'
import { type InboxSearch, KIND_FILTERS, VIEWS } from './words.ts'

/** Threads left, the open one right; on a phone one at a time. What is looked at stands in the address. */
export const InboxPage = () => {
  const search = useSearch({ strict: false }) as InboxSearch
  const navigate = useNavigate()
  const view = search.view ?? 'open'
  const go = (next: InboxSearch, replace = true): void =>
    void navigate({ to: '/inbox', search: { ...search, ...next } as never, replace })
  const list = usePages(
    listInboxThreads,
    { view, kind: search.kind, starred: search.starred, q: search.q, limit: 40 },
    { refetch_ms: 10_000 },
  )
  const counts = useRead(countInboxThreads, {}, { refetch_ms: 10_000 })
  const threads = list.data?.pages.flatMap((page) => page.items) ?? []
  const at = threads.findIndex(({ thread_id }) => thread_id === search.thread)
  const current = threads[at]
  const [is_snoozing, setSnoozing] = useState(false)
  const [shows_keys, setShowsKeys] = useState(false)
  const answer = useRef<HTMLDivElement>(null)
  const now = useWorkspaceNow()

  useEffect(() => {
    document.title = 'Inbox · Bavlio'
  }, [])

  const open = (thread: InboxThread | undefined): void => go({ thread: thread?.thread_id })
  /** The one that comes into the place of a thread that leaves the list. */
  const goOn = (): void => open(threads[at + 1] ?? threads[at - 1])
  const takeOut = (change: InboxThreadUpdate, words: string, undo: InboxThreadUpdate): void => {
    if (!current) return
    const thread = current
    goOn()
    void markThread(thread, change, { words, undo, onUndo: () => open(thread) })
  }
  const actions = {
    onBack: () => go({ thread: undefined }),
    onDone: () => takeOut({ is_done: true }, 'Marked as done.', { is_done: false }),
    onSnooze: () => setSnoozing(true),
    onStar: () => current && void markThread(current, { is_starred: !current.is_starred }),
    onUnread: () => current && void markThread(current, { is_read: false }),
    onMove: (place: 'spam' | 'trash') =>
      takeOut({ place }, place === 'spam' ? 'Moved to spam.' : 'Moved to the trash.', { place: 'inbox' }),
    onRestore: () =>
      takeOut(
        { is_done: false, ...(view === 'spam' || view === 'trash' ? { place: 'inbox' } : {}) },
        'Back in the inbox.',
        view === 'spam' || view === 'trash' ? { place: view } : { is_done: true },
      ),
  }
  const focusAnswer = (): void => answer.current?.querySelector('textarea')?.focus()
  const move = (by: number): void => {
    const next = threads[at < 0 ? 0 : at + by]
    if (next) open(next)
    if (at + by >= threads.length - 2 && list.hasNextPage) void list.fetchNextPage()
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    e: current && !current.done_at ? actions.onDone : undefined,
    s: current ? actions.onSnooze : undefined,
    r: current ? focusAnswer : undefined,
    u: current ? actions.onUnread : undefined,
    '*': current ? actions.onStar : undefined,
    '#': current ? () => actions.onMove('trash') : undefined,
    '!': current ? () => actions.onMove('spam') : undefined,
    '/': () => document.querySelector<HTMLInputElement>('input[aria-label="Search the mail"]')?.focus(),
    '?': () => setShowsKeys(true),
    Escape: search.thread ? actions.onBack : undefined,
  })

  return (
    <div className="flex h-full">
      <h1 className="sr-only">Inbox</h1>
      <div
        className={cn(
          'flex h-full w-full flex-col border-r border-line bg-surface lg:w-[23rem] lg:shrink-0',
          search.thread && 'max-lg:hidden',
        )}
      >
        <ListHeader
          search={search}
          counts={counts.data}
          onChange={(next) => go({ ...next, thread: undefined })}
          onKeys={() => setShowsKeys(true)}
        />
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard. */}
        <section className="min-h-0 flex-1 overflow-y-auto" tabIndex={0} aria-label="List of threads">
          {list.data === undefined ? (
            list.error ? (
              <ErrorPanel error={list.error} retry={() => void list.refetch()} />
            ) : (
              <LoadingRows rows={9} />
            )
          ) : threads.length ? (
            <ThreadList
              threads={threads}
              current={search.thread}
              search={search}
              has_more={list.hasNextPage}
              is_loading_more={list.isFetchingNextPage}
              onMore={() => !list.isFetchingNextPage && void list.fetchNextPage()}
            />
          ) : (
            <NoThreads search={search} onClear={() => go({ q: undefined, kind: undefined, starred: undefined })} />
          )}
        </section>
      </div>
      {search.thread ? (
        <ThreadPane id={search.thread} actions={actions} answerRef={answer} />
      ) : (
        <div className="hidden flex-1 items-center justify-center lg:flex">
          <Empty icon={<Inbox aria-hidden />} title="No thread is open">
            Choose one, or press J for the first.
          </Empty>
        </div>
      )}
      <SnoozeDialog
        is_open={is_snoozing && current !== undefined}
        onClose={() => setSnoozing(false)}
        onChoose={(until) =>
          takeOut({ snoozed_until: until.toISOString() }, `Snoozed until ${formatDateTime(until)}.`, {
            snoozed_until:
              current?.snoozed_until && new Date(current.snoozed_until) > now ? current.snoozed_until : null,
          })
        }
      />
      <ShortcutsDialog is_open={shows_keys} onClose={() => setShowsKeys(false)} />
    </div>
  )
}

const ListHeader = ({
  search,
  counts,
  onChange,
  onKeys,
}: {
  search: InboxSearch
  counts: InboxCounts | undefined
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
      {view === 'sent' ? null : (
        <fieldset className="flex flex-wrap gap-1" aria-label="Kind">
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

const NoThreads = ({ search, onClear }: { search: InboxSearch; onClear: () => void }) => {
  const view = VIEWS.find((one) => one.view === (search.view ?? 'open')) ?? VIEWS[0]
  if (search.q || search.kind || search.starred)
    return (
      <Empty title="No thread fits" action={<Button onClick={onClear}>Show all</Button>}>
        Another word or another kind may.
      </Empty>
    )
  return (
    <Empty icon={<Inbox aria-hidden />} title={view?.empty ?? ''}>
      {view?.note}
    </Empty>
  )
}
