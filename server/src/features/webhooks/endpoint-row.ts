import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { notFound } from '../../http/errors.ts'
import { isMailPattern } from './event-pattern.ts'

/** An endpoint without its secrets. */
export type EndpointRow = {
  id: string
  workspace_id: string
  user_id: string
  url: string
  event_types: string[]
  description: string | null
  integration_id: string | null
  is_internal: boolean
  is_active: boolean
  is_verified: boolean
  consecutive_failures: number
  failing_since: Date | null
  disabled_at: Date | null
  disabled_reason: string | null
  verified_at: Date | null
  verification_sent_at: Date | null
  secret_overlap_until: Date | null
  last_success_at: Date | null
  last_failure_at: Date | null
  created_at: Date
  updated_at: Date
}

export const endpointColumns = sql`id, workspace_id, user_id, url, event_types, description, integration_id, is_internal, is_active, is_verified, consecutive_failures,
  failing_since, disabled_at, disabled_reason, verified_at, verification_sent_at, previous_secret_until as secret_overlap_until, last_success_at,
  last_failure_at, created_at, updated_at`

/** Which endpoints a face shows: the mail service's only those that hear of nothing but messages and domains. */
export type Face = 'house' | 'mail'

export const isShownOn = (face: Face, endpoint: Pick<EndpointRow, 'event_types' | 'is_internal'>): boolean =>
  face === 'house' || (!endpoint.is_internal && endpoint.event_types.every(isMailPattern))

const read = async (db: Db | Tx, workspaceId: string, id: string, face: Face, lock: boolean): Promise<EndpointRow> => {
  const { rows } = await sql<EndpointRow>`
    select ${endpointColumns} from webhook_endpoints where workspace_id = ${workspaceId} and id = ${id} ${lock ? sql`for no key update` : sql``}`.execute(
    db,
  )
  const row = rows[0]
  if (!row || !isShownOn(face, row)) throw notFound('There is no such webhook in this workspace.')
  return row
}

/** Throws NOT_FOUND, also for one that this face does not show. */
export const getEndpoint = (db: Db, workspaceId: string, id: string, face: Face): Promise<EndpointRow> =>
  read(db, workspaceId, id, face, false)

/** The same, held until the transaction ends. */
export const lockEndpoint = (tx: Tx, workspaceId: string, id: string, face: Face): Promise<EndpointRow> =>
  read(tx, workspaceId, id, face, true)
