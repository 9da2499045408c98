import type { InboxThread } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { AlarmClock, Paperclip, Star } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useWorkspaceNow } from '../../api/workspace-clock.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { cn } from '../../ui/class-names.ts'
import { relativeTime, Time } from '../../ui/time.tsx'
import { type InboxSearch, KINDS, OUTCOMES } from './words.ts'

export const ThreadList = ({
  threads,
  current,
  search,
  has_more,
  is_loading_more,
  onMore,
}: {
  threads: InboxThread[]
  current: string | undefined
  search: InboxSearch
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
          <li key={thread.thread_id}>
            <Row thread={thread} is_current={thread.thread_id === current} search={search} />
          </li>
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

const Row = ({ thread, is_current, search }: { thread: InboxThread; is_current: boolean; search: InboxSearch }) => {
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
  return (
    <Link
      ref={row}
      to="/inbox"
      search={{ ...search, thread: thread.thread_id } as never}
      aria-current={is_current ? 'true' : undefined}
      className={cn(
        'flex gap-2.5 border-b border-line px-3 py-2.5 hover:bg-sunken/60 focus-visible:-outline-offset-2',
        is_current && 'bg-accent-soft hover:bg-accent-soft',
      )}
    >
      <span className="pt-1.5">
        <span
          className={cn('block size-2 rounded-full', thread.is_read ? 'bg-transparent' : 'bg-accent')}
          aria-hidden
        />
        {thread.is_read ? null : <span className="sr-only">Unread.</span>}
      </span>
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-2">
          <span
            className={cn('min-w-0 flex-1 truncate text-sm text-ink', thread.is_read ? 'font-medium' : 'font-semibold')}
          >
            {thread.person_name ?? thread.person_email}
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
  )
}
