import { listWorkspaces } from '@bavlio/sdk/operations'
import type { Workspace } from '@bavlio/sdk/types'
import { useRead } from './query.ts'
import { useSession } from './session.ts'

/** The workspace that is worked in; undefined before it is known. */
export const useWorkspace = (): Workspace | undefined => {
  const { workspace_id } = useSession()
  const items = useRead(listWorkspaces, {}).data?.items
  return items?.find((one) => one.workspace_id === workspace_id) ?? items?.find((one) => one.is_personal)
}

/** Owners and admins may change what belongs to the whole workspace. */
export const canAdminister = (workspace: Workspace | undefined): boolean =>
  workspace?.role === 'owner' || workspace?.role === 'admin'
