import type { Pool } from 'pg'
import { listenChannel } from '../../db/listen-channel.ts'
import { problem } from '../../http/errors.ts'
import { EVENTS_CHANNEL } from './publish-waiting.ts'

export type Subscription = {
  /** Resolves when there may be something new, after `ms` at the latest, or when the signal says that nobody waits any more. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>
  close: () => void
}

/** Wakes the open streams of this process; one database connection serves all of them, and none is open without a stream. */
export type EventHub = {
  /** Throws RATE_LIMITED when the workspace has as many streams open here as it may. */
  subscribe: (workspaceId: string) => Subscription
  close: () => Promise<void>
}

const RETRY_AFTER_S = '30'

export const createEventHub = (deps: { pool: Pool }, options: { streams_per_workspace: number }): EventHub => {
  type Listener = { fresh: boolean; wake: () => void }
  const listeners = new Map<string, Set<Listener>>()
  let channel: ReturnType<typeof listenChannel> | null = null
  let closing: Promise<void> = Promise.resolve()

  const rouse = (listener: Listener): void => {
    listener.fresh = true
    listener.wake()
  }
  const hear = (workspaceId: string | null): void => {
    for (const [id, all] of listeners) if (workspaceId === null || workspaceId === id) all.forEach(rouse)
  }
  const release = (): void => {
    const old = channel
    channel = null
    if (old) closing = Promise.all([closing, old.close()]).then(() => {})
  }

  return {
    subscribe: (workspaceId) => {
      const all = listeners.get(workspaceId) ?? new Set()
      if (all.size >= options.streams_per_workspace)
        throw problem('RATE_LIMITED', `A workspace can have ${options.streams_per_workspace} event streams open.`, {
          headers: { 'retry-after': RETRY_AFTER_S },
        })
      const listener: Listener = { fresh: false, wake: () => {} }
      all.add(listener)
      listeners.set(workspaceId, all)
      channel ??= listenChannel(deps.pool, EVENTS_CHANNEL, hear)
      return {
        wait: (ms, signal) =>
          new Promise<void>((resolve) => {
            const done = (): void => {
              clearTimeout(timer)
              signal.removeEventListener('abort', done)
              listener.wake = () => {}
              listener.fresh = false
              resolve()
            }
            const timer = setTimeout(done, ms)
            signal.addEventListener('abort', done, { once: true })
            listener.wake = done
            // What was heard while the last events were being written is not slept over.
            if (listener.fresh || signal.aborted) done()
          }),
        close: () => {
          all.delete(listener)
          if (!all.size && listeners.get(workspaceId) === all) listeners.delete(workspaceId)
          if (!listeners.size) release()
        },
      }
    },
    close: async () => {
      release()
      await closing
    },
  }
}
