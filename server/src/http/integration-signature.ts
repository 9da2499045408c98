import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import type { Integration } from '../config.ts'
import type { Db } from '../db/connect.ts'
import { sha256 } from '../secrets.ts'
import { notFound, problem } from './errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The JSON body as it was sent, for whoever has to check a signature over it. */
    raw_body?: string
  }
}

/** How far the clock of a partner may be off, both ways; a signature is remembered for twice as long. */
const SKEW_MS = 300_000

/**
 * What a partner signs: method, path without query, Unix seconds and the SHA-256 of the body (of nothing, too), one a line.
 * HMAC-SHA-256 (RFC 2104) under the bytes of its hexadecimal secret, in lower-case hexadecimal.
 */
export const integrationSignature = (
  secret: string,
  request: { method: string; path: string; timestamp: string; body: string },
): string =>
  createHmac('sha256', Buffer.from(secret, 'hex'))
    .update(
      [request.method, request.path, request.timestamp, createHash('sha256').update(request.body).digest('hex')].join(
        '\n',
      ),
    )
    .digest('hex')

const unsigned = (message: string) =>
  problem('UNAUTHORIZED', message, { headers: { 'www-authenticate': 'HMAC-SHA256' } })

const header = (request: FastifyRequest, name: string): string => {
  const value = request.headers[name]
  return typeof value === 'string' ? value.trim() : ''
}

/**
 * Which partner a signed request comes from. Throws NOT_FOUND for a partner that this instance does not know (their list is
 * public), UNAUTHORIZED for a missing, stale or wrong signature, SIGNATURE_REUSED for one that has done its work already.
 * Reading again with the same signature is harmless, and a client that reads twice in a second cannot help it.
 */
export const authenticateIntegration = async (
  request: FastifyRequest,
  deps: { db: Db; integrations: readonly Integration[] },
  now: Date,
): Promise<Integration> => {
  const { integration_id } = request.params as { integration_id?: string }
  const integration = deps.integrations.find(({ id }) => id === integration_id)
  if (!integration) throw notFound('There is no such integration.')
  const timestamp = header(request, 'x-timestamp')
  const given = header(request, 'x-signature').toLowerCase()
  if (!/^\d{1,12}$/.test(timestamp) || !/^[0-9a-f]{64}$/.test(given))
    throw unsigned('X-Timestamp (Unix seconds) and X-Signature (64 hexadecimal characters) are needed.')
  const expected = integrationSignature(integration.secret, {
    method: request.method,
    path: request.url.split('?')[0] as string,
    timestamp,
    body: request.raw_body ?? '',
  })
  if (!timingSafeEqual(Buffer.from(given, 'hex'), Buffer.from(expected, 'hex')))
    throw unsigned('The signature does not fit this request.')
  if (Math.abs(Number(timestamp) * 1000 - now.getTime()) > SKEW_MS)
    throw unsigned('X-Timestamp is more than 300 seconds away from this server’s clock.')
  if (request.method !== 'GET') {
    await sql`delete from integration_requests where seen_at < ${new Date(now.getTime() - 2 * SKEW_MS)}`.execute(
      deps.db,
    )
    const { numAffectedRows } = await sql`
      insert into integration_requests (signature_digest, seen_at) values (${sha256(`${integration.id} ${expected}`)}, ${now})
      on conflict do nothing`.execute(deps.db)
    if (!numAffectedRows) throw problem('SIGNATURE_REUSED')
  }
  return integration
}
