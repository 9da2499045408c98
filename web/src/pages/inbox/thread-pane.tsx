import { getInboxThread } from '@bavlio/sdk/operations'
import type { InboxOutcome, InboxThreadDetail } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import {
  AlarmClock,
  ArrowLeft,
  Check,
  CornerUpLeft,
  Mail,
  MailOpen,
  ShieldX,
  Star,
  Tag,
  Trash2,
  Undo2,
} from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useRead } from '../../api/query.ts'
import { useWorkspaceNow } from '../../api/workspace-clock.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { ActionMenu } from '../../ui/menu.tsx'
import { Loaded } from '../../ui/states.tsx'
import { formatDateTime } from '../../ui/time.tsx'
import { Composer } from './composer.tsx'
import { Message } from './message.tsx'
import { markThread } from './use-thread-actions.ts'
import { KINDS, OUTCOMES } from './words.ts'

export type PaneActions = {
  onBack: () => void
  onDone: () => void
  onSnooze: () => void
  onStar: () => void
  onUnread: () => void
  onMove: (place: 'spam' | 'trash') => void
  onRestore: () => void
}

export const ThreadPane = ({
  id,
  actions,
  answerRef,
}: {
  id: string
  actions: PaneActions
  answerRef: React.Ref<HTMLDivElement>
}) => {
  const read = useRead(getInboxThread, { thread_id: id }, { refetch_ms: 10_000 })
  const thread = read.data
  const seen = useRef<string | null>(null)
  // What is opened is read, once: marked as unread it stays so until it is opened again.
  useEffect(() => {
    if (!thread || seen.current === thread.thread_id) return
    seen.current = thread.thread_id
    if (!thread.is_read) void markThread(thread, { is_read: true })
  }, [thread])
  return (
    <section aria-label="Thread" className="flex h-full min-w-0 flex-1 flex-col bg-surface">
      <Loaded read={read}>
        {(detail) => <Detail key={detail.thread_id} thread={detail} actions={actions} answerRef={answerRef} />}
      </Loaded>
    </section>
  )
}

const Detail = ({
  thread,
  actions,
  answerRef,
}: {
  thread: InboxThreadDetail
  actions: PaneActions
  answerRef: React.Ref<HTMLDivElement>
}) => {
  const newest = thread.messages.at(-1)
  const lastReceived = thread.messages.findLast(({ direction }) => direction === 'inbound')
  const end = useRef<HTMLDivElement>(null)
  const count = thread.messages.length
  // biome-ignore lint/correctness/useExhaustiveDependencies: another message is the reason to go to the end.
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'end' })
  }, [count])
  return (
    <>
      <PaneHeader thread={thread} actions={actions} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard. */}
      <section className="min-h-0 flex-1 overflow-y-auto" tabIndex={0} aria-label="Messages">
        <div className="mx-auto flex max-w-3xl flex-col gap-2.5 px-4 py-4 sm:px-6">
          {thread.messages.map((message) => (
            <Message
              key={message.id}
              message={message}
              is_open_first={message === newest || message === lastReceived}
            />
          ))}
          <div ref={end} />
        </div>
      </section>
      <footer className="border-t border-line bg-surface">
        <div className="mx-auto max-w-3xl px-4 py-3 sm:px-6">
          <Composer thread={thread} fieldRef={answerRef} onDone={actions.onBack} />
        </div>
      </footer>
    </>
  )
}

const PaneHeader = ({ thread, actions }: { thread: InboxThreadDetail; actions: PaneActions }) => {
  const now = useWorkspaceNow()
  const is_asleep = thread.snoozed_until !== null && new Date(thread.snoozed_until) > now
  const is_away = thread.place === 'spam' || thread.place === 'trash'
  return (
    <header className="flex flex-col gap-2 border-b border-line px-4 py-3 sm:px-6">
      <div className="flex flex-wrap items-center gap-x-1 gap-y-2">
        <Button
          look="quiet"
          size="icon"
          aria-label="Back to the list"
          className="-ml-2 lg:hidden"
          onClick={actions.onBack}
          icon={<ArrowLeft aria-hidden />}
        />
        <h2 className="min-w-0 flex-1 basis-48 truncate text-lg font-semibold text-ink">
          {thread.subject || 'No subject'}
        </h2>
        <div className="flex items-center gap-1">
          {thread.done_at || is_away ? (
            <Button size="sm" icon={<Undo2 aria-hidden />} onClick={actions.onRestore}>
              To the inbox
            </Button>
          ) : (
            <>
              <Button size="sm" icon={<Check aria-hidden />} onClick={actions.onDone} title="E">
                Done
              </Button>
              <Button size="sm" icon={<AlarmClock aria-hidden />} onClick={actions.onSnooze} title="S">
                Snooze
              </Button>
            </>
          )}
          <Button
            look="quiet"
            size="icon"
            aria-label={thread.is_starred ? 'Take the star off' : 'Star'}
            aria-pressed={thread.is_starred}
            title="*"
            onClick={actions.onStar}
            icon={<Star aria-hidden className={thread.is_starred ? 'fill-current text-warn' : ''} />}
          />
          <ActionMenu
            label="More for this thread"
            actions={[
              { label: 'Mark as unread', icon: <Mail aria-hidden />, onSelect: actions.onUnread },
              {
                label: 'Move to spam',
                icon: <ShieldX aria-hidden />,
                onSelect: () => actions.onMove('spam'),
                is_disabled: thread.place === 'spam',
              },
              {
                label: 'Move to the trash',
                icon: <Trash2 aria-hidden />,
                onSelect: () => actions.onMove('trash'),
                is_disabled: thread.place === 'trash',
              },
            ]}
          />
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 text-xs text-ink-faint">
        <span className="truncate">
          <span className="font-medium text-ink-soft">{thread.person_name ?? thread.person_email}</span>
          {thread.person_name ? ` ${thread.person_email}` : ''}
        </span>
        {thread.campaign_id ? (
          <Link
            to="/campaigns/$campaign_id"
            params={{ campaign_id: thread.campaign_id }}
            className="inline-flex items-center gap-1 truncate text-accent-strong underline underline-offset-2 [&_svg]:size-3.5"
          >
            <CornerUpLeft aria-hidden />
            {thread.campaign_name}
          </Link>
        ) : null}
        {thread.kind && thread.kind !== 'human_reply' ? (
          <Badge tone={KINDS[thread.kind].tone}>{KINDS[thread.kind].words}</Badge>
        ) : null}
        {is_asleep ? (
          <span className="inline-flex items-center gap-1 [&_svg]:size-3.5">
            <AlarmClock aria-hidden />
            Snoozed until {formatDateTime(thread.snoozed_until as string)}
          </span>
        ) : null}
        {thread.done_at ? (
          <span className="inline-flex items-center gap-1 [&_svg]:size-3.5">
            <MailOpen aria-hidden />
            Done
          </span>
        ) : null}
        <OutcomeChoice thread={thread} />
      </div>
    </header>
  )
}

const OutcomeChoice = ({ thread }: { thread: InboxThreadDetail }) => (
  <label className="ml-auto inline-flex items-center gap-1.5 [&_svg]:size-3.5">
    <Tag aria-hidden />
    <span className="sr-only">Outcome</span>
    <select
      value={thread.outcome ?? ''}
      onChange={(event) => void markThread(thread, { outcome: (event.target.value || null) as InboxOutcome | null })}
      className="rounded border-0 bg-transparent py-0.5 text-xs font-medium text-ink-soft hover:text-ink"
    >
      <option value="">No outcome yet</option>
      {Object.entries(OUTCOMES).map(([outcome, { words }]) => (
        <option key={outcome} value={outcome}>
          {words}
        </option>
      ))}
    </select>
  </label>
)
