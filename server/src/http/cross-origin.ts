import type { FastifyCorsOptions } from '@fastify/cors'
import type { FastifyRequest } from 'fastify'

const EXTENSION = /^(?:chrome|moz)-extension:\/\/[\w-]+$/
const EXTENSION_PATHS = /^\/api\/v1\/user-extractions(?:\/|$)/

const COMMON: FastifyCorsOptions = {
  // A bearer token is the only credential, so cookies are never part of a cross-origin call.
  credentials: false,
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  optionsSuccessStatus: 200,
  exposedHeaders: [
    'idempotency-replayed',
    'link',
    'retry-after',
    'x-ratelimit-limit',
    'x-ratelimit-remaining',
    'x-ratelimit-reset',
    'x-request-id',
  ],
}

/**
 * Whether a page of this origin may call this path from a browser. The origins of CORS_ORIGINS may call everything. Browser
 * extensions may call the operations on extractions without being listed, because their origins cannot be known beforehand
 * (Firefox makes up a new one for each installation). That gives nothing away: each of these operations wants a key, and the
 * API knows no cookie, so no browser adds a credential by itself. Public operations such as the log-in are not among them.
 */
export const isAllowedOrigin = (origin: string, path: string, listed: readonly string[]): boolean =>
  listed.includes(origin) || (EXTENSION.test(origin) && EXTENSION_PATHS.test(path))

/** The answer to each request's Origin, for @fastify/cors. */
export const crossOrigin =
  (listed: readonly string[]) =>
  (request: FastifyRequest, done: (error: Error | null, options: FastifyCorsOptions) => void): void => {
    const { origin } = request.headers
    const allowed = origin !== undefined && isAllowedOrigin(origin, request.url.split('?')[0] ?? '', listed)
    done(null, { ...COMMON, origin: allowed })
  }
