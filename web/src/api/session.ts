import { BavlioError, createClient } from '@bavlio/sdk'
import { refreshSession } from '@bavlio/sdk/operations'
import type { LoggedIn } from '@bavlio/sdk/types'
import { useSyncExternalStore } from 'react'

/**
 * Who is logged in on this device. The refresh token lies in localStorage, because the API takes no cookies (so that no other
 * site can act for the person); the access token lives in memory and is renewed shortly before it ends, or when the server
 * refuses it: a machine's clock may be wrong, and may have slept.
 */
type Stored = { refresh_token: string; workspace_id: string | null }
type State = { stored: Stored | null; access_token: string | null; ends_at: number }

const KEY = 'bavlio.session'
const WORKSPACE_KEY = 'bavlio.workspace'
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
  // Outlives the session, so that the way back after a log-in leads to the same pages.
  if (next.stored?.workspace_id) localStorage.setItem(WORKSPACE_KEY, next.stored.workspace_id)
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

/** The workspace that was last worked in on this device, also by somebody else. */
export const lastWorkspace = (): string | null => localStorage.getItem(WORKSPACE_KEY)

export const closeSession = (): void => set({ stored: null, access_token: null, ends_at: 0 })

export const refreshToken = (): string | null => state.stored?.refresh_token ?? null
export const currentWorkspace = (): string | null => state.stored?.workspace_id ?? null
export const isLoggedIn = (): boolean => state.stored !== null

export const chooseWorkspace = (workspaceId: string): void => {
  if (state.stored) set({ ...state, stored: { ...state.stored, workspace_id: workspaceId } })
}

/**
 * The access token to send, renewed where it is about to end or was `refused`; null where nobody is logged in any more. Calls
 * that ask at the same time wait for one renewal, and one that was refused with an older token gets the newer one.
 */
export const accessToken = async (refused?: string | null): Promise<string | null> => {
  const { access_token, ends_at } = state
  if (access_token && access_token !== refused && Date.now() < ends_at - EARLY_MS) return access_token
  renewing ??= renew().finally(() => {
    renewing = null
  })
  return renewing
}

/** Without a credential: the refresh token is one. */
const open_call = createClient()

const renew = async (): Promise<string | null> => {
  const stored = readStored()
  if (!stored) {
    if (state.stored) closeSession()
    return null
  }
  try {
    const tokens = await refreshSession(open_call, { body: { refresh_token: stored.refresh_token } })
    // Another tab may have logged out meanwhile, or gone to another workspace.
    const now = readStored()
    if (!now) return null
    openSession(tokens, now.workspace_id)
  } catch (error) {
    // The server being away is no reason to forget who is logged in: then the call itself fails, and says so.
    if (!(error instanceof BavlioError) || (error.status !== 401 && error.status !== 422)) throw error
    // Another tab may have logged in meanwhile, whose session is not the one that has ended.
    if (readStored()?.refresh_token === stored.refresh_token) closeSession()
    return null
  }
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
