import { createClient } from '@bavlio/sdk'
import { accessToken, currentWorkspace } from './session.ts'

/** The one client of the dashboard: every operation of the SDK is called with it. */
export const call = createClient({ credential: accessToken, workspace_id: currentWorkspace })

/** For log-in, sign-up and the like, which take no credential. */
export const publicCall = createClient()
