import type { LoggedIn } from '@bavlio/sdk/types'
import { useSyncExternalStore } from 'react'

/**
 * Who is logged in on this device. The refresh token lies in localStorage, because the API takes no cookies (so that no other
 * site can act for the person); the access token lives in memory and is renewed shortly before it ends.
 */
type Stored = { refresh_token: string; workspace_id: string | null }
type State = { stored: Stored | null; access_token: string | null; ends_at: number }

const KEY = 'bavlio.session'
const EARLY_MS = 30_000

const readStored = (): Stored | null => {
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Stored | null
    return value?.refresh_token ? value : null
  } catch {
    return null
  }
}

let state: State = { stored: readStored(), access_token: null, ends_at: 0 }
let renewing: Promise<string | null> | null = null
const listeners = new Set<() => void>()

const set = (next: State): void => {
  state = next
  if (next.stored) localStorage.setItem(KEY, JSON.stringify(next.stored))
  else localStorage.removeItem(KEY)
  for (const listener of listeners) listener()
}

// Another tab that logs in or out, or renews the token, speaks for this one too.
addEventListener('storage', (event) => {
  if (event.key !== KEY && event.key !== null) return
  state = { ...state, stored: readStored() }
  if (!state.stored) state = { stored: null, access_token: null, ends_at: 0 }
  for (const listener of listeners) listener()
})

type Tokens = Pick<LoggedIn, 'access_token' | 'refresh_token' | 'expires_in'>

export const openSession = (tokens: Tokens, workspaceId: string | null): void =>
  set({
    stored: { refresh_token: tokens.refresh_token, workspace_id: workspaceId },
    access_token: tokens.access_token,
    ends_at: Date.now() + tokens.expires_in * 1000,
  })

export const closeSession = (): void => set({ stored: null, access_token: null, ends_at: 0 })

export const refreshToken = (): string | null => state.stored?.refresh_token ?? null
export const currentWorkspace = (): string | null => state.stored?.workspace_id ?? null
export const isLoggedIn = (): boolean => state.stored !== null

export const chooseWorkspace = (workspaceId: string): void => {
  if (state.stored) set({ ...state, stored: { ...state.stored, workspace_id: workspaceId } })
}

/** The access token to send, renewed where it is about to end; null where nobody is logged in any more. */
export const accessToken = async (): Promise<string | null> => {
  if (state.access_token && Date.now() < state.ends_at - EARLY_MS) return state.access_token
  // Tabs take turns, since a refresh token is used up by its first use.
  renewing ??= navigator.locks.request('bavlio.renew', renew).finally(() => {
    renewing = null
  })
  return renewing
}

const renew = async (): Promise<string | null> => {
  const stored = readStored()
  if (!stored) {
    if (state.stored) closeSession()
    return null
  }
  const response = await fetch('/api/v1/account/refresh', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: stored.refresh_token }),
  })
  if (response.status === 401 || response.status === 422) {
    closeSession()
    return null
  }
  // The server being away is no reason to forget who is logged in; the call itself fails and says so.
  if (!response.ok) return state.access_token
  openSession((await response.json()) as Tokens, stored.workspace_id)
  return state.access_token
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Re-renders when the person logs in or out, or changes the workspace. */
export const useSession = (): { is_logged_in: boolean; workspace_id: string | null } => {
  const stored = useSyncExternalStore(subscribe, () => state.stored)
  return { is_logged_in: stored !== null, workspace_id: stored?.workspace_id ?? null }
}
