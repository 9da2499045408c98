import { sql } from 'kysely'
import type { Deps } from '../deps.ts'
import { mintApiKey } from '../features/api-keys/mint-api-key.ts'
import { SCOPES } from '../http/access.ts'
import { StopError } from '../stop-error.ts'
import type { Printer } from './accounts.ts'

export type KeyCreate = { email: string; name: string; scopes: string[] | null; workspace_id: string | null }

/** Mints a key for an account's workspace and prints it alone, so that a script can take it: `KEY=$(bavlio key create …)`. */
export const keyCreate = async (deps: Deps, options: KeyCreate, print: Printer): Promise<void> => {
  const unknown = (options.scopes ?? []).filter((scope) => !(SCOPES as string[]).includes(scope))
  if (unknown.length)
    throw new StopError(`There is no scope ${unknown.join(', ')}. The scopes are: ${SCOPES.join(', ')}.`, 2)
  const found = await sql<{ user_id: string; workspace_id: string; name: string; is_personal: boolean }>`
    select u.id as user_id, w.id as workspace_id, w.name, w.personal_of is not distinct from u.id as is_personal
    from users u
    join workspace_members m on m.user_id = u.id
    join workspaces w on w.id = m.workspace_id
    where u.email = ${options.email.toLowerCase()}
    order by w.created_at, w.id`.execute(deps.db)
  if (!found.rows.length)
    throw new StopError(`There is no account ${options.email} with a workspace. Make one with "bavlio user create".`)
  const workspace = options.workspace_id
    ? found.rows.find(({ workspace_id }) => workspace_id === options.workspace_id)
    : (found.rows.find(({ is_personal }) => is_personal) ?? found.rows[0])
  if (!workspace)
    throw new StopError(
      `${options.email} is not a member of the workspace ${options.workspace_id}. Theirs: ${found.rows.map((row) => `${row.workspace_id} (${row.name})`).join(', ')}.`,
    )
  const minted = await mintApiKey(deps.db, {
    workspace_id: workspace.workspace_id,
    user_id: workspace.user_id,
    name: options.name,
    scopes: options.scopes,
    now: deps.clock.now(),
  })
  print.note(`A key for the workspace "${workspace.name}", shown this once:`)
  print.out(minted.key)
}
