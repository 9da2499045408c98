import {
  countInboxThreads,
  getInboxThread,
  listInboxThreads,
  updateInboxThread,
  updateInboxThreads,
} from '@bavlio/sdk/operations'
import type { InboxThread, InboxThreadDetail, InboxThreadList, InboxThreadUpdate } from '@bavlio/sdk/types'
import type { InfiniteData } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import { keyOf, queryClient } from '../../api/query.ts'
import { workspaceNow } from '../../api/workspace-clock.ts'
import { showDone, showError } from '../../ui/toast.tsx'

type Lists = InfiniteData<InboxThreadList>

const editLists = (edit: (thread: InboxThread) => InboxThread | null, ids: ReadonlySet<string>): void => {
  queryClient.setQueriesData<Lists>({ queryKey: keyOf(listInboxThreads) }, (lists) =>
    lists?.pages
      ? {
          ...lists,
          pages: lists.pages.map((page) => ({
            ...page,
            items: page.items.flatMap((item) => (ids.has(item.thread_id) ? (edit(item) ?? []) : item)),
          })),
        }
      : lists,
  )
}

/** The thread as it will be, so that the page need not wait to hear it. */
const changed = <T extends InboxThread>(thread: T, change: InboxThreadUpdate): T => ({
  ...thread,
  ...(change.is_read === undefined
    ? {}
    : { is_read: change.is_read, unread_count: change.is_read ? 0 : Math.max(1, thread.unread_count) }),
  ...(change.is_starred === undefined ? {} : { is_starred: change.is_starred }),
  ...(change.outcome === undefined ? {} : { outcome: change.outcome }),
  ...(change.snoozed_until === undefined ? {} : { snoozed_until: change.snoozed_until, done_at: null }),
  ...(change.is_done === undefined
    ? {}
    : { done_at: change.is_done ? new Date().toISOString() : null, snoozed_until: null }),
})

const moves = (change: InboxThreadUpdate): boolean =>
  change.is_done !== undefined || change.snoozed_until !== undefined || change.place !== undefined

export const refreshInbox = (): void => {
  void queryClient.invalidateQueries({ queryKey: keyOf(listInboxThreads) })
  void queryClient.invalidateQueries({ queryKey: keyOf(countInboxThreads) })
}

/**
 * Changes a thread at once and tells the server meanwhile. What takes it out of the list offers to be taken back instead of
 * asking before; what the server refuses is put right by what it says.
 */
export const markThread = async (
  thread: InboxThread,
  change: InboxThreadUpdate,
  done?: { words: string; undo: InboxThreadUpdate; onUndo?: () => void },
): Promise<void> => {
  const input = { thread_id: thread.thread_id }
  const key = keyOf(getInboxThread, input)
  await queryClient.cancelQueries({ queryKey: keyOf(listInboxThreads) })
  editLists((item) => (moves(change) ? null : changed(item, change)), new Set([thread.thread_id]))
  queryClient.setQueryData<InboxThreadDetail>(key, (known) => known && changed(known, change))
  const sent = updateInboxThread(call, { ...input, body: change })
  if (done)
    showDone(done.words, () => {
      done.onUndo?.()
      // Who undoes faster than the server answers must not be overtaken by what is undone.
      const undo = (): void => void markThread(thread, done.undo)
      sent.then(undo, undo)
    })
  try {
    queryClient.setQueryData(key, await sent)
  } catch (error) {
    showError(error)
    void queryClient.invalidateQueries({ queryKey: key })
  }
  refreshInbox()
}

/** As many as one request takes. */
const AT_ONCE = 200

/** What brings each of these threads back to how it was, with those beside each other that need the same. */
const undoing = (threads: InboxThread[], change: InboxThreadUpdate): { ids: string[]; change: InboxThreadUpdate }[] => {
  const before = (thread: InboxThread): InboxThreadUpdate => ({
    ...(change.is_read === undefined ? {} : { is_read: thread.is_read }),
    ...(change.is_starred === undefined ? {} : { is_starred: thread.is_starred }),
    ...(change.outcome === undefined ? {} : { outcome: thread.outcome }),
    ...(change.is_done === undefined && change.snoozed_until === undefined
      ? {}
      : thread.done_at
        ? { is_done: true }
        : { is_done: false, snoozed_until: isAhead(thread.snoozed_until) ? thread.snoozed_until : null }),
    ...(change.place === undefined
      ? {}
      : { place: thread.place === 'spam' || thread.place === 'trash' ? thread.place : 'inbox' }),
  })
  return [...Map.groupBy(threads, (thread) => JSON.stringify(before(thread)))].map(([words, group]) => ({
    ids: group.map(({ thread_id }) => thread_id),
    change: JSON.parse(words) as InboxThreadUpdate,
  }))
}

/** The server refuses a snooze that is over; the workspace's clock is ahead of the system's, if anything. */
const isAhead = (at: string | null): boolean => at !== null && new Date(at) > workspaceNow()

/** As `markThread`, for many at once. */
export const markThreads = async (threads: InboxThread[], change: InboxThreadUpdate, words: string): Promise<void> => {
  if (!threads.length) return
  const ids = threads.map(({ thread_id }) => thread_id)
  const steps = undoing(threads, change)
  await queryClient.cancelQueries({ queryKey: keyOf(listInboxThreads) })
  editLists((item) => (moves(change) ? null : changed(item, change)), new Set(ids))
  const sent = send([{ ids, change }])
  // Who undoes faster than the server answers must not be overtaken by what is undone.
  showDone(words, () => void sent.then(() => send(steps)))
  await sent
}

const send = async (steps: { ids: string[]; change: InboxThreadUpdate }[]): Promise<void> => {
  try {
    for (const { ids, change } of steps)
      for (let at = 0; at < ids.length; at += AT_ONCE)
        await updateInboxThreads(call, { body: { thread_ids: ids.slice(at, at + AT_ONCE), ...change } })
  } catch (error) {
    showError(error)
  }
  void queryClient.invalidateQueries({ queryKey: keyOf(getInboxThread) })
  refreshInbox()
}
