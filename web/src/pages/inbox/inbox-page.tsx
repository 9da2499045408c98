import { countInboxThreads, getInboxThread, listInboxThreads } from '@bavlio/sdk/operations'
import type { InboxThread, InboxThreadUpdate } from '@bavlio/sdk/types'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ArrowUp, CopyCheck, Inbox } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { refetchMs, useLiveReads } from '../../api/live-events.ts'
import { keyOf, useRead } from '../../api/query.ts'
import { usePages } from '../../api/use-pages.ts'
import { useWorkspaceNow } from '../../api/workspace-clock.ts'
import { Button } from '../../ui/button.tsx'
import { cn } from '../../ui/class-names.ts'
import { useKeys } from '../../ui/keys.ts'
import { Empty, ErrorPanel, LoadingRows } from '../../ui/states.tsx'
import { formatDateTime } from '../../ui/time.tsx'
import { ListHeader } from './list-header.tsx'
import { type BulkActions, SelectionBar } from './selection-bar.tsx'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'
import { SnoozeDialog } from './snooze-dialog.tsx'
import { ThreadList } from './thread-list.tsx'
import { ThreadPane } from './thread-pane.tsx'
import { useArrivals } from './use-arrivals.ts'
import { useSelection } from './use-selection.ts'
import { markThread, markThreads } from './use-thread-actions.ts'
import { type InboxSearch, threadsInWords, VIEWS } from './words.ts'

/** Threads left, the open one right; on a phone one at a time. What is looked at stands in the address. */
export const InboxPage = () => {
  const search = useSearch({ strict: false }) as InboxSearch
  const navigate = useNavigate()
  const view = search.view ?? 'open'
  const go = (next: InboxSearch, replace = true): void =>
    void navigate({ to: '/inbox', search: { ...search, ...next } as never, replace })
  const { is_live } = useLiveReads(
    [keyOf(listInboxThreads), keyOf(countInboxThreads), keyOf(getInboxThread)],
    ({ type }) => type === 'email.inbound.received',
  )
  const refetch_ms = refetchMs(is_live, 10_000)
  const filter = { view, kind: search.kind, starred: search.starred, q: search.q, limit: 40 }
  const list = usePages(listInboxThreads, filter, { refetch_ms })
  const counts = useRead(countInboxThreads, {}, { refetch_ms })
  const threads = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data])
  const scope = JSON.stringify(filter)
  const selection = useSelection(threads, scope)
  const is_choosing = selection.threads.length > 0
  const scroller = useRef<HTMLElement>(null)
  const arrivals = useArrivals(threads, scope, scroller)
  const at = threads.findIndex(({ thread_id }) => thread_id === search.thread)
  // A thread that a link opened, or that left the list meanwhile, can be worked on all the same.
  const opened = useRead(
    getInboxThread,
    { thread_id: search.thread ?? '' },
    { enabled: search.thread !== undefined && at < 0 && !is_choosing },
  )
  const current: InboxThread | undefined =
    threads[at] ?? (opened.data?.thread_id === search.thread ? opened.data : undefined)
  const [is_snoozing, setSnoozing] = useState(false)
  const [shows_keys, setShowsKeys] = useState(false)
  const answer = useRef<HTMLDivElement>(null)
  const now = useWorkspaceNow()

  useEffect(() => {
    document.title = 'Inbox · Bavlio'
  }, [])

  const open = (thread: InboxThread | undefined): void => go({ thread: thread?.thread_id })
  /** The one that comes into the place of a thread that leaves the list. */
  const goOn = (): void => open(at < 0 ? undefined : (threads[at + 1] ?? threads[at - 1]))
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
  const is_out = view === 'done' || view === 'spam' || view === 'trash'
  const markChosen = (change: InboxThreadUpdate, words: string): void => {
    const chosen = selection.threads
    selection.clear()
    if (chosen.some(({ thread_id }) => thread_id === search.thread)) open(undefined)
    void markThreads(chosen, change, `${threadsInWords(chosen.length)} ${words}`)
  }
  const bulk: BulkActions = {
    onDone: is_out ? null : () => markChosen({ is_done: true }, 'marked as done.'),
    onRestore: () =>
      markChosen({ is_done: false, ...(view === 'done' ? {} : { place: 'inbox' }) }, 'back in the inbox.'),
    onSnooze: () => setSnoozing(true),
    onRead: (is_read) => markChosen({ is_read }, `marked as ${is_read ? 'read' : 'unread'}.`),
    onStar: (is_starred) => markChosen({ is_starred }, is_starred ? 'starred.' : 'without a star.'),
    onMove: (place) => markChosen({ place }, place === 'spam' ? 'moved to spam.' : 'moved to the trash.'),
  }
  const focusAnswer = (): void => answer.current?.querySelector('textarea')?.focus()
  const move = (by: number): void => {
    const next = threads[at < 0 ? 0 : at + by]
    if (next) open(next)
    if (at + by >= threads.length - 2 && list.hasNextPage) void list.fetchNextPage()
  }
  const choose = (is_range: boolean): void => {
    const thread = threads[Math.max(0, at)]
    if (!thread) return
    selection.toggle(thread.thread_id, is_range)
    if (at < 0) open(thread)
  }
  const chooseRange = (): void => choose(true)
  const alone = is_choosing ? undefined : current
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    x: () => choose(false),
    X: chooseRange,
    A: selection.chooseAll,
    e: is_choosing ? (bulk.onDone ?? undefined) : alone && !alone.done_at ? actions.onDone : undefined,
    s: is_choosing || alone ? actions.onSnooze : undefined,
    r: alone ? focusAnswer : undefined,
    u: is_choosing ? () => bulk.onRead(false) : alone ? actions.onUnread : undefined,
    I: is_choosing ? () => bulk.onRead(true) : undefined,
    '*': is_choosing
      ? () => bulk.onStar(selection.threads.some(({ is_starred }) => !is_starred))
      : alone
        ? actions.onStar
        : undefined,
    '#': is_choosing ? () => bulk.onMove('trash') : alone ? () => actions.onMove('trash') : undefined,
    '!': is_choosing ? () => bulk.onMove('spam') : alone ? () => actions.onMove('spam') : undefined,
    '/': () => document.querySelector<HTMLInputElement>('input[aria-label="Search the mail"]')?.focus(),
    '?': () => setShowsKeys(true),
    Escape: is_choosing ? selection.clear : search.thread ? actions.onBack : undefined,
  })

  return (
    <div className="flex h-full">
      <h1 className="sr-only">Inbox</h1>
      <div
        className={cn(
          'flex h-full w-full flex-col border-r border-line bg-surface lg:w-[23rem] lg:shrink-0',
          search.thread && !is_choosing && 'max-lg:hidden',
        )}
      >
        <ListHeader
          search={search}
          counts={counts.data}
          bar={is_choosing ? <SelectionBar selection={selection} count={threads.length} actions={bulk} /> : null}
          onChange={(next) => go({ ...next, thread: undefined })}
          onKeys={() => setShowsKeys(true)}
        />
        <section
          ref={scroller}
          className="relative min-h-0 flex-1 overflow-y-auto"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard.
          tabIndex={0}
          aria-label="List of threads"
        >
          <div role="status" className="sticky top-2 z-10 flex h-0 justify-center">
            {arrivals.count ? (
              <Button
                look="primary"
                size="sm"
                className="rounded-full shadow-raised"
                icon={<ArrowUp aria-hidden />}
                onClick={arrivals.show}
              >
                {arrivals.count === 1 ? 'One has' : `${arrivals.count.toLocaleString()} have`} come in
              </Button>
            ) : null}
          </div>
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
              selection={selection}
              has_more={list.hasNextPage}
              is_loading_more={list.isFetchingNextPage}
              onMore={() => !list.isFetchingNextPage && void list.fetchNextPage()}
            />
          ) : (
            <NoThreads search={search} onClear={() => go({ q: undefined, kind: undefined, starred: undefined })} />
          )}
        </section>
      </div>
      {is_choosing ? (
        <div className="hidden flex-1 items-center justify-center lg:flex">
          <Empty
            icon={<CopyCheck aria-hidden />}
            title={
              selection.threads.length === 1
                ? 'One thread is selected'
                : `${threadsInWords(selection.threads.length)} are selected`
            }
          >
            What you press now is done to {selection.threads.length === 1 ? 'it' : 'all of them'}: E done, S snooze, U
            unread, # trash. X selects one more, Shift+X all in between, Esc none.
          </Empty>
        </div>
      ) : search.thread ? (
        <ThreadPane id={search.thread} actions={actions} answerRef={answer} />
      ) : (
        <div className="hidden flex-1 items-center justify-center lg:flex">
          <Empty icon={<Inbox aria-hidden />} title="No thread is open">
            Choose one, or press J for the first.
          </Empty>
        </div>
      )}
      <SnoozeDialog
        is_open={is_snoozing && (is_choosing || current !== undefined)}
        onClose={() => setSnoozing(false)}
        onChoose={(until) =>
          is_choosing
            ? markChosen({ snoozed_until: until.toISOString() }, `snoozed until ${formatDateTime(until)}.`)
            : takeOut({ snoozed_until: until.toISOString() }, `Snoozed until ${formatDateTime(until)}.`, {
                snoozed_until:
                  current?.snoozed_until && new Date(current.snoozed_until) > now ? current.snoozed_until : null,
              })
        }
      />
      <ShortcutsDialog is_open={shows_keys} onClose={() => setShowsKeys(false)} />
    </div>
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
