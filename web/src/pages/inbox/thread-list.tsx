import type { InboxThread } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { AlarmClock, Paperclip, Star } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useWorkspaceNow } from '../../api/workspace-clock.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { cn } from '../../ui/class-names.ts'
import { relativeTime, Time } from '../../ui/time.tsx'
import type { Selection } from './use-selection.ts'
import { type InboxSearch, KINDS, OUTCOMES } from './words.ts'

export const ThreadList = ({
  threads,
  current,
  search,
  selection,
  has_more,
  is_loading_more,
  onMore,
}: {
  threads: InboxThread[]
  current: string | undefined
  search: InboxSearch
  selection: Selection
  has_more: boolean
  is_loading_more: boolean
  onMore: () => void
}) => {
  const end = useRef<HTMLDivElement>(null)
  const more = useRef(onMore)
  more.current = onMore
  // The next page is asked for before one is at the end of this one.
  useEffect(() => {
    if (!end.current || !has_more) return
    const watcher = new IntersectionObserver(([entry]) => entry?.isIntersecting && more.current(), {
      rootMargin: '400px',
    })
    watcher.observe(end.current)
    return () => watcher.disconnect()
  }, [has_more])
  return (
    <>
      <ul aria-label="Threads">
        {threads.map((thread) => (
          <Row
            key={thread.thread_id}
            thread={thread}
            is_current={thread.thread_id === current}
            is_chosen={selection.ids.has(thread.thread_id)}
            is_choosing={selection.threads.length > 0}
            onChoose={selection.toggle}
            search={search}
          />
        ))}
      </ul>
      {has_more ? (
        <div ref={end} className="p-3 text-center">
          <Button look="quiet" size="sm" is_busy={is_loading_more} onClick={onMore}>
            Older threads
          </Button>
        </div>
      ) : null}
    </>
  )
}

const Row = ({
  thread,
  is_current,
  is_chosen,
  is_choosing,
  onChoose,
  search,
}: {
  thread: InboxThread
  is_current: boolean
  is_chosen: boolean
  is_choosing: boolean
  onChoose: (id: string, is_range: boolean) => void
  search: InboxSearch
}) => {
  const now = useWorkspaceNow()
  const row = useRef<HTMLAnchorElement>(null)
  useEffect(() => {
    if (is_current) row.current?.scrollIntoView({ block: 'nearest' })
  }, [is_current])
  const kind = thread.kind && thread.kind !== 'human_reply' ? KINDS[thread.kind] : null
  // What the server lists among the open ones is back, whatever this page's reading of the clock says.
  const is_open_view = (search.view ?? 'open') === 'open'
  const is_asleep = thread.snoozed_until !== null && !is_open_view && new Date(thread.snoozed_until) > now
  const is_back = thread.snoozed_until !== null && !is_asleep
  const name = thread.person_name ?? thread.person_email
  return (
    <li
      className={cn(
        'group relative border-b border-line',
        is_chosen ? 'bg-accent-soft/60' : is_current && !is_choosing ? 'bg-accent-soft' : 'hover:bg-sunken/60',
        // Where the keys stand, which is not all that is selected.
        is_current && is_choosing && 'shadow-[inset_3px_0_0_var(--accent)]',
      )}
    >
      {/* Beside the link and not in it: a box within a link is neither. It takes the dot's place when it is wanted. */}
      <label className="absolute inset-y-0 left-0 z-1 flex w-9 justify-center pt-3.5">
        <input
          type="checkbox"
          aria-label={`Select ${name}, ${thread.subject || 'no subject'}`}
          checked={is_chosen}
          onChange={(event) => onChoose(thread.thread_id, (event.nativeEvent as MouseEvent).shiftKey === true)}
          className={cn(
            'peer size-4 accent-(--accent) focus-visible:opacity-100 pointer-coarse:opacity-100',
            is_choosing ? 'opacity-100' : 'opacity-0 group-hover:opacity-100',
          )}
        />
        {thread.is_read || is_choosing ? null : (
          <span
            aria-hidden
            className="pointer-events-none absolute top-4.5 size-2 rounded-full bg-accent group-hover:hidden peer-focus-visible:hidden pointer-coarse:top-9"
          />
        )}
      </label>
      <Link
        ref={row}
        to="/inbox"
        search={{ ...search, thread: thread.thread_id } as never}
        aria-current={is_current ? 'true' : undefined}
        className="flex py-2.5 pr-3 pl-9 focus-visible:-outline-offset-2"
      >
        {thread.is_read ? null : <span className="sr-only">Unread.</span>}
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span
              className={cn(
                'min-w-0 flex-1 truncate text-sm text-ink',
                thread.is_read ? 'font-medium' : 'font-semibold',
              )}
            >
              {name}
            </span>
            {thread.is_starred ? (
              <Star role="img" aria-label="Starred" className="size-3.5 shrink-0 self-center fill-current text-warn" />
            ) : null}
            {thread.attachment_count ? (
              <Paperclip
                role="img"
                aria-label="Has attachments"
                className="size-3.5 shrink-0 self-center text-ink-faint"
              />
            ) : null}
            <span className="text-xs text-ink-faint">
              <Time at={thread.last_message_at} />
            </span>
          </span>
          <span className={cn('block truncate text-sm', thread.is_read ? 'text-ink-soft' : 'text-ink')}>
            {thread.subject || 'No subject'}
          </span>
          <span className="block truncate text-xs text-ink-faint">
            {thread.last_direction === 'outbound' ? 'You: ' : ''}
            {thread.snippet ?? ''}
          </span>
          {kind || thread.outcome || is_asleep || is_back ? (
            <span className="mt-1 flex flex-wrap gap-1.5">
              {kind ? <Badge tone={kind.tone}>{kind.words}</Badge> : null}
              {thread.outcome ? (
                <Badge tone={OUTCOMES[thread.outcome].tone}>{OUTCOMES[thread.outcome].words}</Badge>
              ) : null}
              {is_asleep || is_back ? (
                <span className="inline-flex items-center gap-1 text-xs text-ink-soft [&_svg]:size-3.5">
                  <AlarmClock aria-hidden />
                  {is_asleep ? `back ${relativeTime(thread.snoozed_until as string, now)}` : 'back from snooze'}
                </span>
              ) : null}
            </span>
          ) : null}
        </span>
      </Link>
    </li>
  )
}
