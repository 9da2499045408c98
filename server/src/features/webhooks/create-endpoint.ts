import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { EgressRefused } from '../../ports/egress.ts'
import { SECRET_PATTERN } from '../../webhook-signature.ts'
import { type EndpointRow, endpointColumns } from './endpoint-row.ts'
import { newSecret } from './endpoint-secret.ts'
import { isKnownPattern } from './event-pattern.ts'
import { updateListening } from './listening.ts'
import { sendVerification } from './send-verification.ts'
import { portOf, urlProblem } from './webhook-url.ts'

export type EndpointDeps = Pick<Deps, 'db' | 'clock' | 'secrets' | 'egress' | 'config'>

export type EndpointOwner = { workspace_id: string; user_id: string }

export type NewEndpoint = {
  url: string
  event_types: string[]
  description?: string | null
  /** Hexadecimal, 64 to 128 characters; a new one when absent. */
  secret?: string | null
  integration_id?: string | null
}

const bad = (field: string, msg: string, type = 'value_error') => invalid([{ loc: ['body', field], msg, type }])

/** Throws VALIDATION_ERROR unless the address may be delivered to as things are; every delivery asks again. */
export const checkUrl = async (deps: Pick<Deps, 'egress' | 'config'>, text: string): Promise<void> => {
  const wrong = urlProblem(text, deps.config.egress_allow)
  if (wrong) throw bad('url', wrong, 'url_invalid')
  const url = new URL(text)
  try {
    await deps.egress.resolve(url.hostname, portOf(url))
  } catch (error) {
    throw error instanceof EgressRefused
      ? bad('url', 'does not lead to the public internet', 'url_not_public')
      : bad('url', 'has a host name that cannot be found', 'url_not_found')
  }
}

/** One more fits. Held against endpoints made at the same moment by the lock on the workspace. */
const checkLimit = async (tx: Tx, deps: EndpointDeps, workspaceId: string): Promise<void> => {
  await sql`select 1 from workspaces where id = ${workspaceId} for no key update`.execute(tx)
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from webhook_endpoints where workspace_id = ${workspaceId} and not is_internal`.execute(
    tx,
  )
  const most = deps.config.webhooks.endpoints
  if ((rows[0]?.n ?? 0) >= most)
    throw problem('WEBHOOK_LIMIT_REACHED', `A workspace can have ${most} webhook endpoints.`)
}

/** Writes an endpoint whose address is known to be good. A verified one is active at once. */
export const insertEndpoint = async (
  tx: Tx,
  deps: Pick<Deps, 'secrets'>,
  who: EndpointOwner,
  input: NewEndpoint,
  options: { verified: boolean; is_internal?: boolean; now: Date },
): Promise<EndpointRow & { secret: string }> => {
  const id = newId()
  const secret = (input.secret ?? newSecret()).toLowerCase()
  const { now, verified } = options
  const { rows } = await sql<EndpointRow>`
    insert into webhook_endpoints (id, workspace_id, user_id, integration_id, is_internal, url, description, event_types, secret, is_verified, is_active, verified_at, created_at, updated_at)
    values (${id}, ${who.workspace_id}, ${who.user_id}, ${input.integration_id ?? null}, ${options.is_internal ?? false}, ${input.url}, ${input.description ?? null},
      ${input.event_types}, ${deps.secrets.seal(secret, id)}, ${verified}, ${verified}, ${verified ? now : null}, ${now}, ${now})
    returning ${endpointColumns}`.execute(tx)
  if (verified) await updateListening(tx, who.workspace_id, now)
  return { ...(rows[0] as EndpointRow), secret }
}

/**
 * Registers an endpoint; a partner's is verified at once, any other gets a code posted that has to be given back. The answer
 * holds the secret, which is never shown again. Throws VALIDATION_ERROR for an address, types or a secret that cannot be used,
 * WEBHOOK_LIMIT_REACHED. Looks names up, so it must not be called inside a transaction.
 */
export const createEndpoint = async (
  deps: EndpointDeps,
  who: EndpointOwner,
  input: NewEndpoint,
  options: { verified: boolean },
): Promise<EndpointRow & { secret: string }> => {
  if (input.secret != null && !SECRET_PATTERN.test(input.secret))
    throw bad('secret', 'must be 64 to 128 hexadecimal characters')
  const unknown = input.event_types.filter((type) => !isKnownPattern(type))
  if (unknown.length || !input.event_types.length)
    throw bad(
      'event_types',
      unknown.length ? `holds what is no event type: ${unknown.join(', ')}` : 'must not be empty',
    )
  await checkUrl(deps, input.url)
  const now = deps.clock.now()
  return transaction(deps.db, async (tx) => {
    await checkLimit(tx, deps, who.workspace_id)
    const made = await insertEndpoint(tx, deps, who, input, { ...options, now })
    if (options.verified) return made
    await sendVerification(tx, deps, made, now)
    return { ...made, verification_sent_at: now }
  })
}
