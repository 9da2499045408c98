import type { Pool } from 'pg'
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { systemNowMs } from '../ports/clock.ts'
import { problem } from './errors.ts'

const WINDOW_SECONDS = 60

export type RateLimiter = {
  /**
   * Counts one request of `key` against `limit` a minute (0: no limit) and returns the headers to send. Throws RATE_LIMITED
   * with Retry-After. When the shared store fails, a limit of this process takes over, which is logged and counted.
   */
  consume: (key: string, limit: number) => Promise<Record<string, string>>
  close: () => Promise<void>
}

const headersOf = (limit: number, result: RateLimiterRes): Record<string, string> => {
  const resetSeconds = Math.max(1, Math.ceil(result.msBeforeNext / 1000))
  const remaining = Math.max(0, limit - result.consumedPoints)
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(Math.ceil((systemNowMs() + result.msBeforeNext) / 1000)),
    // draft-ietf-httpapi-ratelimit-headers-10: quota, remaining and seconds to the end of the window.
    ratelimit: `"minute";r=${remaining};t=${resetSeconds}`,
    'ratelimit-policy': `"minute";q=${limit};w=${WINDOW_SECONDS}`,
  }
}

export const createRateLimiter = async (
  config: Config['rate_limit'],
  deps: { pool: Pool; log: Logger; metrics: Metrics },
): Promise<RateLimiter> => {
  // Points are compared here, not in the store, so that keys of different plans share one store.
  const shape = { points: Number.MAX_SAFE_INTEGER, duration: WINDOW_SECONDS, keyPrefix: 'rl' }
  const memory = new RateLimiterMemory(shape)
  let shared: RateLimiterAbstract | null = null
  let closeStore = async (): Promise<void> => {}
  if (config.store === 'postgres')
    shared = new RateLimiterPostgres({
      ...shape,
      storeClient: deps.pool,
      tableName: 'rate_limit_windows',
      tableCreated: true,
      clearExpiredByTimeout: false,
    })
  if (config.store === 'redis') {
    const { createClient } = await import('redis')
    const client = createClient({
      url: config.redis_url ?? '',
      disableOfflineQueue: true,
      socket: { reconnectStrategy: (n) => Math.min(n * 100, 3_000) },
    })
    client.on('error', (error: Error) => deps.log.warn({ message: error.message }, 'rate limit store: Redis'))
    await client.connect().catch(() => {})
    shared = new RateLimiterRedis({ ...shape, storeClient: client, useRedisPackage: true })
    closeStore = async () => void client.destroy()
  }

  const count = async (key: string): Promise<RateLimiterRes> => {
    if (shared) {
      try {
        return await shared.consume(key)
      } catch (error) {
        if (error instanceof RateLimiterRes) return error
        deps.metrics.rate_limit_fallbacks.inc()
        deps.log.warn({ message: (error as Error).message }, 'rate limit store failed; this process counts alone')
      }
    }
    return memory.consume(key)
  }

  return {
    consume: async (key, limit) => {
      if (limit === 0) return {}
      const result = await count(key)
      const headers = headersOf(limit, result)
      if (result.consumedPoints <= limit) return headers
      const wait = Math.max(1, Math.ceil(result.msBeforeNext / 1000))
      throw problem('RATE_LIMITED', `Too many requests; retry after ${wait}s`, {
        headers: { ...headers, 'retry-after': String(wait) },
      })
    },
    close: closeStore,
  }
}
