import { listWorkspaces } from '@bavlio/sdk/operations'
import { call } from '../../api/call.ts'
import { chooseWorkspace, lastWorkspace } from '../../api/session.ts'

/** An address of our own pages: what stands in a link must not lead a person who has just logged in to another site. */
export const placeToReturn = (next: string | undefined): string => (next && /^\/(?![/\\])/.test(next) ? next : '/')

/** The page one was on belongs to the workspace one was in; where that is no longer one's own, the personal one is meant. */
export const returnToWorkspace = async (): Promise<void> => {
  const last = lastWorkspace()
  if (!last) return
  const { items } = await listWorkspaces(call, {})
  if (items.some(({ workspace_id }) => workspace_id === last)) chooseWorkspace(last)
}
