import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { startEmbeddedPostgres } from '../src/db/embedded-postgres.ts'
import { migrate } from '../src/db/migrate.ts'
import { createDeps, type Deps } from '../src/deps.ts'
import { listenInbound } from '../src/features/inbound/inbound-listener.ts'
import { newId } from '../src/ids.ts'
import { createLogger } from '../src/log.ts'
import { type Clock, steeredClock } from '../src/ports/clock.ts'
import type { Runner } from '../src/queue/runner.ts'
import { buildWorker } from '../src/worker.ts'
import './record-statements.ts'

/** A Wednesday morning, far from any change of clocks. */
export const TEST_START = new Date('2026-01-14T08:00:00Z')
const SECRET = '5a'.repeat(32)

export type TestDatabase = { url: string; drop: () => Promise<void> }

/** A migrated database of its own for one test file: cloned from the template that the test run made, or from one made here. */
export const createTestDatabase = async (): Promise<TestDatabase> => {
  const given = process.env.TEST_DATABASE_URL
  let serverUrl = given
  let stopServer = async (): Promise<void> => {}
  if (!serverUrl) {
    const folder = await mkdtemp(join(tmpdir(), 'bavlio-test-'))
    // Run by root, PostgreSQL would keep its data elsewhere if it could not enter, and nobody would remove them.
    await chmod(folder, 0o711)
    const server = await startEmbeddedPostgres({
      dataDir: folder,
      log: createLogger('silent'),
      settings: { fsync: 'off' },
    })
    serverUrl = server.url
    stopServer = async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }
  const admin = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: serverUrl })
    await client.connect()
    try {
      await client.query(statement)
    } finally {
      await client.end()
    }
  }
  const name = `test_${randomBytes(6).toString('hex')}`
  const template = process.env.TEST_TEMPLATE_DATABASE
  // Copied as files, which costs a fraction of copying page by page through the log; nothing is flushed here anyway.
  await admin(`create database ${name}${template ? ` template ${template} strategy file_copy` : ''}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  if (!template) await migrate(url.href)
  return {
    url: url.href,
    drop: async () => {
      await admin(`drop database if exists ${name} with (force)`)
      await stopServer()
    },
  }
}

export type TestAnswer<T = never> = { status: number; headers: Record<string, string>; body: T; text: string }

export type Harness = {
  deps: Deps
  app: FastifyInstance
  worker: Runner
  clock: Clock & { set: (at: Date) => void; advance: (ms: number) => void }
  base_url: string
  /** One request over a real socket. `as` is a bearer credential. */
  call: <T = Record<string, never>>(
    method: string,
    path: string,
    options?: { as?: string; body?: unknown; form?: FormData; headers?: Record<string, string> },
  ) => Promise<TestAnswer<T>>
  close: () => Promise<void>
}

/**
 * The whole product in one process on a database of its own: HTTP and inbound SMTP listen on loopback, jobs run when the
 * test says `worker.drain()`, the system's clock stands still until the test moves it, answers are held against their schemas.
 */
export const startHarness = async (
  options: {
    env?: Record<string, string>
    overrides?: Partial<Deps>
    start?: Date
    database?: TestDatabase
    /** Folder of a built dashboard; without one there is none, whatever lies in web/dist. */
    dashboard?: string
  } = {},
): Promise<Harness> => {
  const database = options.database ?? (await createTestDatabase())
  const folder = await mkdtemp(join(tmpdir(), 'bavlio-data-'))
  const clock = steeredClock(options.start ?? TEST_START)
  const config = readConfig({
    PORT: '0',
    DATA_DIR: folder,
    LOG_LEVEL: process.env.TEST_LOG ?? 'silent',
    ...options.env,
  })
  const deps = await createDeps(
    { config, database_url: database.url, secret_key: SECRET, log: createLogger(config.log_level) },
    { clock, check_responses: true, ...options.overrides },
  )
  const app = await buildApp(deps, options.dashboard ?? folder)
  const base_url = await app.listen({ host: '127.0.0.1', port: 0 })
  deps.address.base_url = base_url
  deps.address.local_url = base_url
  const inbound = await listenInbound(deps)
  deps.address.inbound_smtp_port = inbound.port
  const worker = buildWorker(deps)
  return {
    deps,
    app,
    worker,
    clock,
    base_url,
    call: async (method, path, { as, body, form, headers } = {}) => {
      const response = await fetch(base_url + path, {
        method,
        headers: {
          ...(as ? { authorization: `Bearer ${as}` } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: form ?? (body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)),
        redirect: 'manual',
      })
      const text = await response.text()
      const json = /json/.test(response.headers.get('content-type') ?? '')
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: json && text ? JSON.parse(text) : undefined,
        text,
      } as never
    },
    close: async () => {
      await app.close()
      await inbound.close()
      await deps.close()
      if (!options.database) await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Some unique word, for names that must not collide inside one test file. */
export const unique = (prefix: string): string => `${prefix}-${newId().slice(-8)}`
