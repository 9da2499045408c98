import type { Tx } from '../../db/transaction.ts'
import type { Principal, Role } from '../../http/access.ts'
import { notFound, problem } from '../../http/errors.ts'
import { findMemberLocked, removeMember, setMemberRole } from './queries.ts'

type Change = { workspace_id: string; user_id: string; by: { user_id: string; role: Role } }

/** Only an owner makes, unmakes or removes owners; otherwise an admin could take the workspace over. */
const needsOwner = (by: Role, ...roles: Role[]): void => {
  if (by !== 'owner' && roles.includes('owner')) throw problem('FORBIDDEN', 'Only an owner may change who is an owner.')
}

/** Changes a member's role. Throws LAST_OWNER when nobody would own the workspace afterwards. */
export const changeRole = async (tx: Tx, change: Change & { role: Role }): Promise<void> => {
  const member = await findMemberLocked(tx, change.workspace_id, change.user_id)
  if (!member) throw notFound('There is no such member in this workspace.')
  needsOwner(change.by.role, member.role, change.role)
  if (member.only_owner && change.role !== 'owner') throw problem('LAST_OWNER')
  await setMemberRole(tx, change.workspace_id, change.user_id, change.role)
}

/** Takes a member out; their keys of this workspace stop with the membership. Everybody may leave by themselves. */
export const takeOut = async (tx: Tx, change: Change): Promise<void> => {
  const member = await findMemberLocked(tx, change.workspace_id, change.user_id)
  if (!member) throw notFound('There is no such member in this workspace.')
  if (change.user_id !== change.by.user_id) needsOwner(change.by.role, member.role)
  if (member.only_owner) throw problem('LAST_OWNER')
  if (member.is_personal) throw problem('CONFLICT', 'This is the personal workspace of that member.')
  await removeMember(tx, change.workspace_id, change.user_id)
}

export const actorOf = (principal: Principal, role: Role): Change['by'] => ({ user_id: principal.user_id, role })
