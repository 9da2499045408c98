import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Deps } from '../../deps.ts'
import { notFound } from '../../http/errors.ts'
import { deleteEndpoint } from '../webhooks/change-endpoint.ts'
import { type EndpointRow, endpointColumns } from '../webhooks/endpoint-row.ts'
import type { IntegrationUser } from './integration-keys.ts'

/** What a partner made for one user, oldest first. Hooks that the user or another partner made are none of its business. */
export const listIntegrationWebhooks = async (db: Db, user: IntegrationUser): Promise<EndpointRow[]> => {
  const { rows } = await sql<EndpointRow>`
    select ${endpointColumns} from webhook_endpoints
    where workspace_id = ${user.workspace_id} and integration_id = ${user.integration_id} order by id`.execute(db)
  return rows
}

/** Throws NOT_FOUND, also for a hook that somebody else made. */
export const deleteIntegrationWebhook = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  user: IntegrationUser,
  id: string,
): Promise<void> => {
  const own = await listIntegrationWebhooks(deps.db, user)
  if (!own.some((row) => row.id === id.toLowerCase()))
    throw notFound('This integration has no such webhook for this user.')
  await deleteEndpoint(deps, { workspace_id: user.workspace_id, endpoint_id: id, face: 'mail' })
}
