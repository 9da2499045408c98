import { BavlioError } from '@bavlio/sdk'
import { streamEvents } from '@bavlio/sdk/operations'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { call } from './call.ts'
import { queryClient } from './query.ts'
import { currentWorkspace, useSession } from './session.ts'

/**
 * The workspace's events as they happen, over one connection for all of the page. It is open while something listens and the
 * page is seen: a browser allows six connections to a server, and pages in the background would use them up. What happened
 * while it was away is told when it is back; what cannot be told any more is told as `null`, for "anything may have changed".
 */
export type LiveEvent = { type: string; data: Record<string, unknown> }
type Hear = (event: LiveEvent | null) => void

/** Before it asks again; after each failure twice as long, up to the longest. */
const RECONNECT_MS = 3_000
const LONGEST_RECONNECT_MS = 60_000
/** A page that follows another takes the connection over. */
const LINGER_MS = 2_000

const listeners = new Set<Hear>()
const watchers = new Set<() => void>()
let is_open = false
let last_id: string | undefined
let workspace: string | null = null
let running: AbortController | null = null
let leaving: ReturnType<typeof setTimeout> | null = null

const setOpen = (open: boolean): void => {
  if (is_open === open) return
  is_open = open
  for (const watcher of watchers) watcher()
}
const tell = (event: LiveEvent | null): void => {
  for (const hear of [...listeners]) hear(event)
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      done()
    })
  })

const follow = async (signal: AbortSignal): Promise<void> => {
  if (workspace !== currentWorkspace()) last_id = undefined
  workspace = currentWorkspace()
  let pause_ms = RECONNECT_MS
  while (!signal.aborted) {
    try {
      // Without a position nobody can say what was missed before the stream began.
      const is_new = last_id === undefined
      const events = await streamEvents(call, { last_event_id: last_id }, { signal })
      setOpen(true)
      pause_ms = RECONNECT_MS
      if (is_new) tell(null)
      for await (const { event, data, id } of events) {
        if (id) last_id = id
        if (event === 'stream.gap') tell(null)
        else tell({ type: event, data: ((data as { data?: unknown })?.data ?? {}) as LiveEvent['data'] })
      }
    } catch (error) {
      // A role that may not hear it, or an older server: the pages ask again and again instead.
      if (!signal.aborted && error instanceof BavlioError && [403, 404].includes(error.status)) return setOpen(false)
      pause_ms = Math.min(pause_ms * 2, LONGEST_RECONNECT_MS)
    }
    // Another one may be open by now.
    if (signal.aborted) return
    setOpen(false)
    await pause(pause_ms, signal)
  }
}

const stop = (): void => {
  running?.abort()
  running = null
  setOpen(false)
}

const adjust = (): void => {
  const is_wanted = listeners.size > 0 && !document.hidden
  if (running && workspace !== currentWorkspace()) stop()
  if (is_wanted && !running) {
    running = new AbortController()
    void follow(running.signal)
  } else if (!is_wanted && running) stop()
}
document.addEventListener('visibilitychange', adjust)

const listen = (hear: Hear): (() => void) => {
  if (leaving) clearTimeout(leaving)
  leaving = null
  listeners.add(hear)
  adjust()
  return () => {
    listeners.delete(hear)
    if (!listeners.size) leaving = setTimeout(adjust, LINGER_MS)
  }
}
const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** At most so often the reads of a page are asked again, however much happens. */
const REST_MS = 1_500

/**
 * Asks the reads under `keys` again when an event comes that `concerns` them, at once for the first and then with a rest
 * between. Returns whether events come in; while they do not, the page has to ask by the clock.
 */
export const useLiveReads = (
  keys: unknown[][],
  concerns: (event: LiveEvent) => boolean,
  rest_ms = REST_MS,
): { is_live: boolean } => {
  const { workspace_id } = useSession()
  const latest = useRef({ keys, concerns })
  latest.current = { keys, concerns }
  // biome-ignore lint/correctness/useExhaustiveDependencies: another workspace has another stream.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null
    let is_due = false
    const refresh = (): void => {
      is_due = false
      for (const queryKey of latest.current.keys) void queryClient.invalidateQueries({ queryKey })
      timer = setTimeout(() => {
        timer = null
        if (is_due) refresh()
      }, rest_ms)
    }
    const leave = listen((event) => {
      if (event && !latest.current.concerns(event)) return
      if (timer) is_due = true
      else refresh()
    })
    return () => {
      leave()
      if (timer) clearTimeout(timer)
    }
  }, [rest_ms, workspace_id])
  return { is_live: useSyncExternalStore(watch, () => is_open) }
}

/** How often a read is asked again by the clock: seldom while events come in, as a net under them. */
export const refetchMs = (is_live: boolean, without_ms: number): number => (is_live ? 30_000 : without_ms)
