import { getWorkspaceClock, listWorkspaces } from '@bavlio/sdk/operations'
import type { WorkspaceClock } from '@bavlio/sdk/types'
import { useSyncExternalStore } from 'react'
import { call } from './call.ts'
import { keyOf, queryClient } from './query.ts'
import { currentWorkspace, isLoggedIn } from './session.ts'

/**
 * The workspace's present. A sandbox whose clock was advanced lives in its own time, and "3 min ago" is meant by that clock.
 * It runs as the system's does, so one reading and the difference are enough; every reading that any page makes counts.
 */
const TICK_MS = 15_000
const READ_AGAIN_MS = 60_000

let offset_ms = 0
let present = new Date()
let timer: ReturnType<typeof setInterval> | null = null
let asked_at = 0
const listeners = new Set<() => void>()

const tick = (): void => {
  present = new Date(Date.now() + offset_ms)
  for (const listener of listeners) listener()
}

const ask = async (): Promise<void> => {
  if (!isLoggedIn() || document.hidden || Date.now() - asked_at < READ_AGAIN_MS) return
  asked_at = Date.now()
  try {
    let workspace_id = currentWorkspace()
    if (!workspace_id) {
      // Not through the cache: a component that leaves meanwhile would cancel the reading there.
      const { items } = await listWorkspaces(call, {})
      workspace_id = items.find((item) => item.is_personal)?.workspace_id ?? null
    }
    if (!workspace_id) return
    const input = { workspace_id }
    await queryClient.fetchQuery({
      queryKey: keyOf(getWorkspaceClock, input),
      queryFn: () => getWorkspaceClock(call, input),
    })
  } catch {
    // Without an answer the last difference holds, and the next tick asks again; the page that needs the clock itself shows the error.
    asked_at = 0
  }
}

queryClient.getQueryCache().subscribe((event) => {
  if (event.type !== 'updated' || event.action.type !== 'success') return
  const [workspace, operation] = event.query.queryKey
  const [current, clock] = keyOf(getWorkspaceClock)
  if (operation !== clock || workspace !== current) return
  const { mode, now } = event.query.state.data as WorkspaceClock
  offset_ms = mode === 'live' ? 0 : new Date(now).getTime() - event.query.state.dataUpdatedAt
  tick()
})

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  timer ??= setInterval(() => {
    tick()
    void ask()
  }, TICK_MS)
  void ask()
  return () => {
    listeners.delete(listener)
    if (listeners.size || !timer) return
    clearInterval(timer)
    timer = null
  }
}

/** The workspace's present, at most 15 seconds old. */
export const useWorkspaceNow = (): Date => useSyncExternalStore(subscribe, () => present)

/** The same for what is no component. */
export const workspaceNow = (): Date => new Date(Date.now() + offset_ms)
