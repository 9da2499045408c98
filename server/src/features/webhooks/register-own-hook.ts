import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { type EndpointOwner, insertEndpoint } from './create-endpoint.ts'
import { type EndpointRow, endpointColumns } from './endpoint-row.ts'
import { MAIL_EVENT_TYPES } from './event-types.ts'
import { updateListening } from './listening.ts'

export const OWN_HOOK_PATH = '/api/v1/webhooks/bavimail'

/** As the mail service's clients judge it. */
const DEAD_AFTER_FAILURES = 5

export type HookState = EndpointRow & { status: 'already_active' | 'registered' | 'recreated' }

/**
 * Makes sure that the workspace's events reach this instance's own receiver. The instance is mail service and client in one,
 * so the hook is delivered within the process: its secret and signature are real, only the network is left out, and an instance
 * behind a proxy or with workers apart needs no way to itself. One that is dead, or points at an address that this instance no
 * longer has, is replaced.
 */
export const registerOwnHook = (
  deps: Pick<Deps, 'db' | 'clock' | 'secrets' | 'address'>,
  who: EndpointOwner,
): Promise<HookState> =>
  transaction(deps.db, async (tx) => {
    const now = deps.clock.now()
    const url = deps.address.base_url + OWN_HOOK_PATH
    // Two calls at once must not both find none.
    await sql`select 1 from workspaces where id = ${who.workspace_id} for no key update`.execute(tx)
    await updateListening(tx, who.workspace_id, now)
    const { rows } = await sql<EndpointRow>`
      select ${endpointColumns} from webhook_endpoints where workspace_id = ${who.workspace_id} and is_internal for no key update`.execute(
      tx,
    )
    const known = rows[0]
    const lives =
      known?.is_active &&
      known.is_verified &&
      !known.disabled_at &&
      known.consecutive_failures < DEAD_AFTER_FAILURES &&
      known.url === url
    if (known && lives) return { ...known, status: 'already_active' }
    if (known) await sql`delete from webhook_endpoints where id = ${known.id}`.execute(tx)
    const { secret: _secret, ...made } = await insertEndpoint(
      tx,
      deps,
      who,
      { url, event_types: [...MAIL_EVENT_TYPES], description: 'The product’s own receiver of mail events.' },
      { verified: true, is_internal: true, now },
    )
    return { ...made, status: known ? 'recreated' : 'registered' }
  })
