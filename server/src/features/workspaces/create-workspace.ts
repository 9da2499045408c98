import type { Tx } from '../../db/transaction.ts'
import type { Workspace } from '../../http/access.ts'
import { newId } from '../../ids.ts'

export type NewWorkspace = {
  name: string
  mode: Workspace['mode']
  timezone?: string
  user_id: string
  /** The workspace a session of this user acts in unless it names another. A user has one. */
  personal: boolean
  now: Date
}

/** Makes a workspace with its creator as the owner, in the caller's transaction. Its mode never changes afterwards. */
export const createWorkspace = async (tx: Tx, made: NewWorkspace): Promise<string> => {
  const id = newId()
  await tx
    .insertInto('workspaces')
    .values({
      id,
      name: made.name,
      mode: made.mode,
      timezone: made.timezone ?? 'UTC',
      created_by: made.user_id,
      personal_of: made.personal ? made.user_id : null,
      created_at: made.now,
      updated_at: made.now,
    })
    .execute()
  await tx
    .insertInto('workspace_members')
    .values({ workspace_id: id, user_id: made.user_id, role: 'owner', created_at: made.now })
    .execute()
  return id
}
