import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Tables } from './types.ts'

export type Db = Kysely<Tables>

// Counters and sizes stay far below 2^53, so bigint columns are plain numbers; a date column is a calendar day, not an instant.
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') => {
    if (oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC) return Number
    if (oid === pg.types.builtins.DATE) return (day: string) => day
    return pg.types.getTypeParser(oid, format)
  }) as pg.CustomTypesConfig['getTypeParser'],
}

export type Database = {
  db: Db
  pool: pg.Pool
  /** For the named statements of the sender's hot path: planned once for each connection, whatever the parameters. */
  planned_pool: pg.Pool
  close: () => Promise<void>
}

const SESSION_SETTINGS = '-c timezone=UTC -c lock_timeout=30s -c idle_in_transaction_session_timeout=120s -c jit=off'

/**
 * Opens a pool. Connections are UTC and give up on a lock after 30 s rather than hanging for ever. `onError` hears of idle
 * connections that broke, for instance when PostgreSQL restarts; the pool replaces them by itself.
 */
export const connectDatabase = (url: string, options: { pool: number; onError?: (error: Error) => void }): Database => {
  const open = (max: number, settings: string): pg.Pool => {
    const pool = new pg.Pool({
      connectionString: url,
      max,
      types,
      options: settings,
      connectionTimeoutMillis: 15_000,
      idleTimeoutMillis: 30_000,
    })
    pool.on('error', (error) => options.onError?.(error))
    // A client that is checked out when its connection breaks would otherwise raise an unhandled 'error'.
    pool.on('connect', (client) => client.on('error', (error) => options.onError?.(error)))
    return pool
  }
  const pool = open(options.pool, SESSION_SETTINGS)
  // Planning the claim statement costs as much as running it (1.6 of 3.9 ms measured), and its best plan never changes: a
  // handful of rows by their keys. A plan made without parameters would guess a hundred and read whole tables instead.
  const byKeys =
    '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off'
  const planned_pool = open(Math.max(2, Math.floor(options.pool / 4)), `${SESSION_SETTINGS} ${byKeys}`)
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  return {
    db,
    pool,
    planned_pool,
    close: async () => {
      await planned_pool.end()
      await db.destroy()
    },
  }
}

/** Connection faults that are worth another try: the server went away or is starting, a deadlock, a serialization failure. */
export const isTransientDatabaseError = (error: unknown): boolean => {
  const code = (error as { code?: string })?.code
  const message = error instanceof Error ? error.message : ''
  return (
    [
      '40001',
      '40P01',
      '57P01',
      '57P02',
      '57P03',
      '08000',
      '08003',
      '08006',
      '08001',
      '53300',
      'ECONNREFUSED',
      'ECONNRESET',
      'EPIPE',
    ].includes(code ?? '') ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
      message,
    )
  )
}

/** The name of the violated unique or foreign key constraint, or null when the error is something else. */
export const violatedConstraint = (error: unknown): string | null => {
  const { code, constraint } = (error ?? {}) as { code?: string; constraint?: string }
  return (code === '23505' || code === '23503' || code === '23514') && constraint ? constraint : null
}
