import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { equalSecrets } from '../../secrets.ts'
import { checkUrl, type EndpointDeps } from './create-endpoint.ts'
import { type EndpointRow, type Face, getEndpoint, lockEndpoint } from './endpoint-row.ts'
import { newSecret, OVERLAP_MS } from './endpoint-secret.ts'
import { envelopeText, untypedTestText } from './event-types.ts'
import { updateListening } from './listening.ts'
import { cancelVerification, sendVerification } from './send-verification.ts'
import { CODE_LIVES_MS, openCode } from './verification.ts'

/** Which endpoint, seen from which face. */
export type EndpointRef = { workspace_id: string; endpoint_id: string; face: Face }

export type EndpointChange = { url?: string; event_types?: string[]; description?: string | null; is_active?: boolean }

const VERIFIES_PER_MINUTE = 10

const refuseInternal = (endpoint: EndpointRow): void => {
  if (endpoint.is_internal)
    throw problem('CONFLICT', 'This is the product’s own receiver; it is made and mended by re-registering it.')
}

const writeChange = async (tx: Tx, id: string, values: Record<string, unknown>): Promise<void> => {
  const assignments = Object.entries(values).map(([column, value]) => sql`${sql.ref(column)} = ${value}`)
  await sql`update webhook_endpoints set ${sql.join(assignments)} where id = ${id}`.execute(tx)
}

/**
 * Changes the fields given. Another address has to be verified anew, and hears nothing until then; what waits for the old
 * one then goes to the new. Throws NOT_FOUND, VALIDATION_ERROR for the address, CONFLICT for activating what is not verified.
 */
export const changeEndpoint = async (
  deps: EndpointDeps,
  ref: EndpointRef,
  change: EndpointChange,
): Promise<EndpointRow> => {
  const { workspace_id, endpoint_id, face } = ref
  const known = await getEndpoint(deps.db, workspace_id, endpoint_id, face)
  refuseInternal(known)
  if (change.url !== undefined && change.url !== known.url) await checkUrl(deps, change.url)
  const now = deps.clock.now()
  return transaction(deps.db, async (tx) => {
    const endpoint = await lockEndpoint(tx, workspace_id, endpoint_id, face)
    const moves = change.url !== undefined && change.url !== endpoint.url
    if (change.is_active && (moves || !endpoint.is_verified))
      throw problem('CONFLICT', 'The address has to be verified before the webhook can be active.')
    const wakes = change.is_active === true && !endpoint.is_active
    await writeChange(tx, endpoint_id, {
      ...(change.event_types ? { event_types: change.event_types } : {}),
      ...(change.description === undefined ? {} : { description: change.description }),
      ...(change.is_active === undefined ? {} : { is_active: change.is_active }),
      ...(moves ? { url: change.url, is_active: false, is_verified: false, verified_at: null } : {}),
      ...(wakes || moves
        ? { consecutive_failures: 0, failing_since: null, disabled_at: null, disabled_reason: null }
        : {}),
      updated_at: now,
    })
    if (moves) await sendVerification(tx, deps, endpoint, now)
    await updateListening(tx, workspace_id, now)
    return getEndpoint(tx, workspace_id, endpoint_id, face)
  })
}

/** Removes it with its log. Throws NOT_FOUND. */
export const deleteEndpoint = (deps: Pick<Deps, 'db' | 'clock'>, ref: EndpointRef): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const now = deps.clock.now()
    // The publisher takes the listener before it refers to endpoints; a deletion in the other order would deadlock with it.
    await updateListening(tx, ref.workspace_id, now)
    await lockEndpoint(tx, ref.workspace_id, ref.endpoint_id, ref.face)
    await sql`delete from webhook_endpoints where id = ${ref.endpoint_id}`.execute(tx)
    await updateListening(tx, ref.workspace_id, now)
  })

/** Takes the code that was posted to the address; the endpoint is active from then on. Throws NOT_FOUND, VERIFICATION_FAILED. */
export const verifyEndpoint = async (
  deps: Pick<Deps, 'db' | 'clock' | 'secrets' | 'rate_limiter'>,
  ref: EndpointRef,
  code: string,
): Promise<EndpointRow> => {
  const { workspace_id, endpoint_id, face } = ref
  await getEndpoint(deps.db, workspace_id, endpoint_id, face)
  await deps.rate_limiter.consume(`webhook-verify:${endpoint_id}`, VERIFIES_PER_MINUTE)
  const now = deps.clock.now()
  return transaction(deps.db, async (tx) => {
    const endpoint = await lockEndpoint(tx, workspace_id, endpoint_id, face)
    if (endpoint.is_verified) return endpoint
    const { rows } = await sql<{
      verification_code: string | null
    }>`select verification_code from webhook_endpoints where id = ${endpoint_id}`.execute(tx)
    const sealed = rows[0]?.verification_code
    const sentAt = endpoint.verification_sent_at
    if (!sealed || !sentAt || now.getTime() - sentAt.getTime() > CODE_LIVES_MS)
      throw problem('VERIFICATION_FAILED', 'The code is more than a day old; ask for a new one.')
    if (!equalSecrets(openCode(deps.secrets, endpoint_id, sealed), code.trim().toUpperCase()))
      throw problem('VERIFICATION_FAILED')
    await writeChange(tx, endpoint_id, {
      is_verified: true,
      is_active: true,
      verified_at: now,
      verification_code: null,
      consecutive_failures: 0,
      failing_since: null,
      disabled_at: null,
      disabled_reason: null,
      updated_at: now,
    })
    await cancelVerification(tx, endpoint_id, now)
    await updateListening(tx, workspace_id, now)
    return getEndpoint(tx, workspace_id, endpoint_id, face)
  })
}

/** Posts a new code. Throws NOT_FOUND, CONFLICT for one that is verified. */
export const resendVerification = async (
  deps: Pick<Deps, 'db' | 'clock' | 'secrets' | 'rate_limiter'>,
  ref: EndpointRef,
): Promise<EndpointRow> => {
  const { workspace_id, endpoint_id, face } = ref
  await getEndpoint(deps.db, workspace_id, endpoint_id, face)
  await deps.rate_limiter.consume(`webhook-code:${endpoint_id}`, VERIFIES_PER_MINUTE)
  const now = deps.clock.now()
  return transaction(deps.db, async (tx) => {
    const endpoint = await lockEndpoint(tx, workspace_id, endpoint_id, face)
    if (endpoint.is_verified) throw problem('CONFLICT', 'The webhook is verified already.')
    await sendVerification(tx, deps, endpoint, now)
    return getEndpoint(tx, workspace_id, endpoint_id, face)
  })
}

/** Queues a test event for this endpoint alone. Throws NOT_FOUND, CONFLICT unless it is verified and active. */
export const testEndpoint = (
  deps: Pick<Deps, 'db' | 'clock'>,
  ref: EndpointRef,
  occurredAt: Date,
  options: { untyped: boolean } = { untyped: false },
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const endpoint = await lockEndpoint(tx, ref.workspace_id, ref.endpoint_id, ref.face)
    if (!endpoint.is_verified || !endpoint.is_active)
      throw problem('CONFLICT', 'Only a verified and active webhook can be tested.')
    const now = deps.clock.now()
    const event_id = newId()
    const data = { webhook_id: endpoint.id, test: true as const }
    const body = options.untyped
      ? untypedTestText(event_id, occurredAt, data)
      : envelopeText({ event_id, event_type: 'webhook.test', occurred_at: occurredAt, data })
    await sql`
      insert into webhook_deliveries (id, workspace_id, endpoint_id, event_id, event_type, kind, body, due_at, created_at)
      values (${newId()}, ${ref.workspace_id}, ${endpoint.id}, ${event_id}, 'webhook.test', 'test', ${body}, ${now}, ${now})`.execute(
      tx,
    )
  })

/** A new secret; the one before signs beside it for a day. Throws NOT_FOUND, CONFLICT for the product's own receiver. */
export const rotateSecret = (
  deps: Pick<Deps, 'db' | 'clock' | 'secrets'>,
  ref: EndpointRef,
): Promise<{ secret: string; secret_overlap_until: Date }> =>
  transaction(deps.db, async (tx) => {
    const endpoint = await lockEndpoint(tx, ref.workspace_id, ref.endpoint_id, ref.face)
    refuseInternal(endpoint)
    const now = deps.clock.now()
    const secret = newSecret()
    const until = new Date(now.getTime() + OVERLAP_MS)
    await sql`
      update webhook_endpoints set previous_secret = secret, previous_secret_until = ${until}, secret = ${deps.secrets.seal(secret, endpoint.id)}, updated_at = ${now}
      where id = ${endpoint.id}`.execute(tx)
    return { secret, secret_overlap_until: until }
  })
