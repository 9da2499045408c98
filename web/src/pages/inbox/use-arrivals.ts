import type { InboxThread } from '@bavlio/sdk/types'
import { type RefObject, useEffect, useRef, useState } from 'react'

/** Closer to the top than this, what arrives is seen as it arrives. */
const NEAR_TOP_PX = 40

/** A thread somebody wrote in again has arrived again. */
const keyOfThread = ({ thread_id, last_direction, last_message_at }: InboxThread): string =>
  last_direction === 'inbound' ? `${thread_id} ${last_message_at}` : thread_id

/**
 * How many threads came in above what is looked at, since one was last at the top of the list. The browser holds the place
 * that is scrolled to, so what arrives would go unseen without a word of it.
 */
export const useArrivals = (
  threads: InboxThread[],
  scope: string,
  list: RefObject<HTMLElement | null>,
): { count: number; show: () => void } => {
  const [count, setCount] = useState(0)
  const seen = useRef<{ scope: string; keys: Set<string> } | null>(null)
  useEffect(() => {
    const keys = threads.map(keyOfThread)
    if (seen.current?.scope !== scope) {
      setCount(0)
      seen.current = keys.length ? { scope, keys: new Set(keys) } : null
      return
    }
    const known = seen.current.keys
    const first = keys.findIndex((key) => known.has(key))
    const arrived = keys.slice(0, Math.max(0, first)).length
    for (const key of keys) known.add(key)
    if (arrived && (list.current?.scrollTop ?? 0) > NEAR_TOP_PX) setCount((before) => before + arrived)
  }, [threads, scope, list])
  useEffect(() => {
    const element = list.current
    const look = (): void => {
      if (element && element.scrollTop <= NEAR_TOP_PX) setCount(0)
    }
    element?.addEventListener('scroll', look, { passive: true })
    return () => element?.removeEventListener('scroll', look)
  }, [list])
  return {
    count,
    show: () => {
      list.current?.scrollTo({ top: 0 })
      setCount(0)
    },
  }
}
