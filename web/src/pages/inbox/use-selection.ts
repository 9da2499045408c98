import type { InboxThread } from '@bavlio/sdk/types'
import { useEffect, useRef, useState } from 'react'

export type Selection = {
  ids: ReadonlySet<string>
  /** Those of the list that are chosen; what has left the list is chosen no more. */
  threads: InboxThread[]
  /** Chooses it, or no longer; with `is_range` also all between it and the one before. */
  toggle: (id: string, is_range?: boolean) => void
  chooseAll: () => void
  clear: () => void
}

/** Which threads are chosen for what is done to many at once. Another list, which `scope` names, begins without any. */
export const useSelection = (threads: InboxThread[], scope: string): Selection => {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const anchor = useRef<string | null>(null)
  const clear = (): void => {
    anchor.current = null
    setIds(new Set())
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another list is a reason.
  useEffect(clear, [scope])
  const toggle = (id: string, is_range = false): void => {
    const at = threads.findIndex(({ thread_id }) => thread_id === id)
    const from = threads.findIndex(({ thread_id }) => thread_id === anchor.current)
    const next = new Set(ids)
    if (is_range && at >= 0 && from >= 0)
      for (const { thread_id } of threads.slice(Math.min(at, from), Math.max(at, from) + 1)) next.add(thread_id)
    else if (!next.delete(id)) next.add(id)
    anchor.current = id
    setIds(next)
  }
  return {
    ids,
    threads: threads.filter(({ thread_id }) => ids.has(thread_id)),
    toggle,
    chooseAll: () => setIds(new Set(threads.map(({ thread_id }) => thread_id))),
    clear,
  }
}
