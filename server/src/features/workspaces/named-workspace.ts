import type { Deps } from '../../deps.ts'
import { type Principal, ROLE_SCOPES, type Scope } from '../../http/access.ts'
import { notFound, problem } from '../../http/errors.ts'
import { findWorkspace, type WorkspaceRow } from './queries.ts'

/**
 * The workspace that a path names, as the caller may see it: a session any it is a member of, whichever it acts in; a key
 * its own. Everything else is the same 404. The role counts in the named workspace, not in the one acted in.
 */
export const workspaceOf = async (
  deps: Pick<Deps, 'db'>,
  principal: Principal,
  id: string,
  needs: Scope,
): Promise<WorkspaceRow> => {
  const own = principal.kind === 'session' || principal.workspace.workspace_id === id
  const found = own ? await findWorkspace(deps.db, principal.user_id, id) : undefined
  if (!found) throw notFound('There is no such workspace, or you are not a member of it.')
  if (!ROLE_SCOPES[found.role].has(needs))
    throw problem('FORBIDDEN', `Your role in this workspace (${found.role}) does not include ${needs}.`)
  return found
}
