import { countInboxThreads, getInboxThread, listInboxThreads, updateInboxThread } from '@bavlio/sdk/operations'
import type { InboxThread, InboxThreadDetail, InboxThreadList, InboxThreadUpdate } from '@bavlio/sdk/types'
import type { InfiniteData } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import { keyOf, queryClient } from '../../api/query.ts'
import { showDone, showError } from '../../ui/toast.tsx'

type Lists = InfiniteData<InboxThreadList>

const editLists = (edit: (thread: InboxThread) => InboxThread | null, id: string): void => {
  queryClient.setQueriesData<Lists>({ queryKey: keyOf(listInboxThreads) }, (lists) =>
    lists?.pages
      ? {
          ...lists,
          pages: lists.pages.map((page) => ({
            ...page,
            items: page.items.flatMap((item) => (item.thread_id === id ? (edit(item) ?? []) : item)),
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
  editLists((item) => (moves(change) ? null : changed(item, change)), thread.thread_id)
  queryClient.setQueryData<InboxThreadDetail>(key, (known) => known && changed(known, change))
  if (done)
    showDone(done.words, () => {
      done.onUndo?.()
      void markThread(thread, done.undo)
    })
  try {
    queryClient.setQueryData(key, await updateInboxThread(call, { ...input, body: change }))
  } catch (error) {
    showError(error)
    void queryClient.invalidateQueries({ queryKey: key })
  }
  refreshInbox()
}
