import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import type { EndpointRow } from './endpoint-row.ts'
import { newVerificationCode, sealCode } from './verification.ts'

/** Gives the endpoint a new code and has it posted there. An earlier code is void, and is not posted any more. */
export const sendVerification = async (
  tx: Tx,
  deps: Pick<Deps, 'secrets'>,
  endpoint: Pick<EndpointRow, 'id' | 'workspace_id'>,
  now: Date,
): Promise<void> => {
  const { id, workspace_id } = endpoint
  await sql`
    update webhook_endpoints set verification_code = ${sealCode(deps.secrets, id, newVerificationCode())}, verification_sent_at = ${now}, updated_at = ${now}
    where id = ${id}`.execute(tx)
  await cancelVerification(tx, id, now)
  await sql`
    insert into webhook_deliveries (id, workspace_id, endpoint_id, event_id, event_type, kind, due_at, created_at)
    values (${newId()}, ${workspace_id}, ${id}, ${newId()}, 'webhook.verification', 'verification', ${now}, ${now})`.execute(
    tx,
  )
}

/** No code is on its way any more. */
export const cancelVerification = async (tx: Tx, endpointId: string, now: Date): Promise<void> => {
  await sql`
    update webhook_deliveries set status = 'cancelled', finished_at = ${now}, claim_id = null
    where endpoint_id = ${endpointId} and kind = 'verification' and status = 'waiting'`.execute(tx)
}
