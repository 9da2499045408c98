import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import { migrate } from './db/migrate.ts'
import { createDeps, type Deps } from './deps.ts'
import { type InboundListener, listenInbound } from './features/inbound/inbound-listener.ts'
import {
  type InstanceDatabase,
  messageOf,
  openDatabase,
  refuseSecondHost,
  secretOf,
  waitForSchema,
} from './instance.ts'
import type { Logger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { systemClock } from './ports/clock.ts'
import { createProcessRegistry } from './queue/process-registry.ts'
import { StopError } from './stop-error.ts'
import { buildWorker } from './worker.ts'

export type Role = 'all' | 'api' | 'worker'

/** One line of the boot table: what serves a port, and why that one. */
export type PortLine = { port: string; adapter: string; why: string }

export type Running = {
  deps: Deps
  role: Role
  base_url: string
  database: InstanceDatabase
  table: PortLine[]
  /** Nobody can log in yet. */
  is_empty: boolean
  /** Finishes what is under way, then closes everything. Safe to call twice. */
  close: () => Promise<void>
}

export type BootOptions = {
  config: Config
  role: Role
  log: Logger
  version: string
  signal?: AbortSignal
  check_responses?: boolean
}

/** How long an open request may hold up a stop. */
const DRAIN_MS = 10_000
const LAST_WORDS_MS = 1_000

/** Brings an instance up: database, secret, schema, HTTP, inbound SMTP, worker. What was started is closed when a step fails. */
export const boot = async (options: BootOptions): Promise<Running> => {
  const { config, role, log } = options
  const signal = options.signal ?? new AbortController().signal
  if (role === 'worker' && config.port === 0 && !config.base_url)
    throw new StopError('A worker beside an API has to know where that is: set PORT or BASE_URL.', 2)
  const undo: (() => Promise<unknown>)[] = []
  let closing: Promise<void> | null = null
  const close = (): Promise<void> => {
    closing ??= (async () => {
      let failed: unknown
      for (const step of undo.reverse()) {
        try {
          await step()
        } catch (error) {
          failed ??= error
          log.error({ err: error }, 'a part could not be closed')
        }
      }
      if (failed) throw failed
    })()
    return closing
  }

  try {
    const database = await openDatabase(config, log)
    undo.push(database.close)
    signal.throwIfAborted()
    const secretKey = await secretOf(config, database)
    if (role === 'all') await migrate(database.url, ({ name }) => log.info({ migration: name }, 'migrated'))
    else await waitForSchema(database.url, log, signal)
    await refuseSecondHost(config, database.url, systemClock.now())

    const deps = await createDeps(
      { config, database_url: database.url, secret_key: secretKey, log },
      { metrics: createMetrics({ process: true }), check_responses: options.check_responses ?? false },
    )
    undo.push(() => closeDeps(deps))
    const local = reachableHost(config.host)
    setAddress(deps, config, local, config.port)
    signal.throwIfAborted()

    if (role !== 'worker') {
      const app = await buildApp(deps)
      undo.push(async () => {
        // Event streams never end by themselves.
        const patience = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS)
        await app.close().finally(() => clearTimeout(patience))
      })
      await app.listen({ host: config.host, port: config.port }).catch((error) => {
        throw listenError(error, 'HTTP', config.host, config.port, 'HOST', 'PORT')
      })
      setAddress(deps, config, local, (app.server.address() as AddressInfo).port)
    }

    let inbound: InboundListener | null = null
    if (role !== 'api') {
      const { host, port } = config.inbound_smtp
      inbound = await listenInbound(deps).catch((error) => {
        throw listenError(error, 'inbound SMTP', host, port, 'INBOUND_SMTP_HOST', 'INBOUND_SMTP_PORT')
      })
      deps.address.inbound_smtp_port = inbound.port
      undo.push(inbound.close)
      const worker = buildWorker(deps, role)
      undo.push(worker.stop)
      await worker.start()
    } else {
      // An API process runs no jobs, but it shows itself, so that a second host is noticed and `doctor` can list it.
      const registry = createProcessRegistry(deps, role)
      undo.push(registry.stop)
      await registry.start()
    }
    signal.throwIfAborted()
    const users = await deps.db.selectFrom('users').select('id').limit(1).execute()
    return {
      deps,
      role,
      base_url: deps.address.base_url,
      database,
      table: describePorts(deps, role, database, inbound),
      is_empty: users.length === 0,
      close,
    }
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
}

/**
 * A pool says it has ended once it has told its connections to end. The embedded PostgreSQL is stopped next, and would cut
 * those that are still there, each with a warning; so they are waited for, but not long.
 */
const closeDeps = async (deps: Deps): Promise<void> => {
  const gone = [deps.pool, deps.planned_pool].map(
    (pool) =>
      new Promise<void>((resolve) => {
        let left = pool.totalCount
        if (left === 0) resolve()
        pool.on('remove', () => {
          left--
          if (left <= 0) resolve()
        })
      }),
  )
  await deps.close()
  const patience = AbortSignal.timeout(LAST_WORDS_MS)
  const impatient = new Promise<void>((resolve) => patience.addEventListener('abort', () => resolve(), { once: true }))
  await Promise.race([Promise.all(gone), impatient])
}

/** Where a server that binds every interface can be reached from here. */
const reachableHost = (host: string): string => {
  const name = host === '0.0.0.0' || host === '::' || host === '' ? '127.0.0.1' : host
  return name.includes(':') ? `[${name}]` : name
}

const setAddress = (deps: Deps, config: Config, host: string, port: number): void => {
  deps.address.local_url = `http://${host}:${port}`
  deps.address.base_url = config.base_url ?? deps.address.local_url
}

const listenError = (
  error: unknown,
  what: string,
  host: string,
  port: number,
  hostSetting: string,
  portSetting: string,
): Error => {
  const code = (error as NodeJS.ErrnoException).code
  const where = `${what} cannot listen on ${host}:${port}`
  if (code === 'EADDRINUSE')
    return new StopError(
      `${where}: another program has the port. Stop it, or set ${portSetting} to another port (0 takes a free one).`,
      1,
      { cause: error },
    )
  if (code === 'EACCES')
    return new StopError(
      `${where}: ports below 1024 need special rights. Set ${portSetting} to a higher one and forward to it.`,
      1,
      { cause: error },
    )
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StopError(`${where}: this machine has no such address. Correct ${hostSetting}.`, 1, { cause: error })
  return error instanceof Error ? error : new Error(messageOf(error))
}

/** An address of a server without its credentials. */
const liveMail = (config: Config): [adapter: string, why: string] => {
  if (config.mail_delivery === 'direct') return [`direct to MX as ${config.mail_host_name}`, 'MAIL_DELIVERY=direct']
  if (config.mail_delivery === 'relay' && config.smtp_relay)
    return [`SMTP relay ${hostOf(config.smtp_relay.url)}`, 'SMTP_RELAY_URL']
  const why =
    'neither SMTP_RELAY_URL nor MAIL_DELIVERY=direct: live workspaces without a way of their own answer MAIL_NOT_CONFIGURED'
  return ['none', why]
}

const hostOf = (url: string): string => {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

const describePorts = (
  deps: Deps,
  role: Role,
  database: InstanceDatabase,
  inbound: InboundListener | null,
): PortLine[] => {
  const { config, address } = deps
  const lines: PortLine[] = []
  const add = (port: string, adapter: string, why: string): void => {
    lines.push({ port, adapter, why })
  }
  const { postgres } = database
  if (postgres) {
    const { placement } = postgres
    const moved = placement.moved_because
    add('database', `embedded PostgreSQL, 127.0.0.1:${postgres.port}`, 'DATABASE_URL is not set')
    add('', `data in ${placement.data}`, moved ? `moved: ${moved}` : 'DATA_DIR')
    if (moved) add('', `programs in ${placement.binaries}`, `run as ${placement.user}`)
  } else add('database', `PostgreSQL at ${new URL(database.url).host}`, 'DATABASE_URL')
  add('queue', 'graphile-worker', 'lives in the database')
  if (role === 'worker') add('http', 'none in this process', `role worker; the API is expected at ${address.base_url}`)
  else add('http', address.local_url, config.port === 0 ? 'PORT=0 took a free one' : 'HOST and PORT')
  if (config.base_url) add('public address', address.base_url, 'BASE_URL')
  add('mail, live', ...liveMail(config))
  add('mail, sandbox', 'local mail world', 'a sandbox never reaches a real transport')
  if (inbound)
    add(
      'inbound mail',
      `SMTP ${config.inbound_smtp.host}:${inbound.port}`,
      config.inbound_smtp.port === 0 ? 'INBOUND_SMTP_PORT=0 took a free one, for the sandbox' : 'INBOUND_SMTP_PORT',
    )
  add(
    'system mail',
    config.system_mail ? hostOf(config.system_mail.url) : 'none',
    config.system_mail ? 'SYSTEM_SMTP_URL' : 'SYSTEM_SMTP_URL is not set: passwords are reset by "bavlio user reset"',
  )
  add('dns', 'system resolver; zone in memory for sandboxes', "the workspace's mode decides")
  add('clock', 'system; steered in sandboxes', "the workspace's mode decides")
  add(
    'storage',
    deps.storage.where,
    config.s3 ? 'S3_BUCKET' : config.shared_data_dir ? 'DATA_DIR, shared by every host' : 'DATA_DIR',
  )
  add(
    'enrichment',
    deps.enrichment.name,
    "from a lead's own cells and the workspace's other datasets, nothing is asked outside",
  )
  add(
    'search, live',
    deps.search.engineFor({ mode: 'live' })?.name ?? 'none',
    config.search ? 'SEARCH_PROVIDER' : 'SEARCH_PROVIDER is not set: nothing is searched',
  )
  add('search, sandbox', 'bundled corpus', 'a sandbox reaches nothing outside, and reads no pages')
  add(
    'pages, live',
    config.research.pages ? `at most ${config.research.pages} of a site` : 'none',
    config.research.pages ? 'RESEARCH_PAGES; by robots.txt' : 'RESEARCH_PAGES=0',
  )
  add(
    'writer',
    config.llm ? config.llm.models.map(({ name }) => name).join(', ') : 'by rule',
    config.llm
      ? `LLM_MODEL at ${config.llm.provider}`
      : 'LLM_PROVIDER is not set; workspaces may have models of their own',
  )
  add('rate limits', config.rate_limit.store, 'RATE_LIMIT_STORE')
  add(
    'accounts',
    config.outside_issuer ? `own, and ${config.outside_issuer.issuer}` : 'own',
    config.outside_issuer ? 'JWT_ISSUER' : `SIGNUP=${config.signup}`,
  )
  if (config.google) add('', 'Google log-in', 'GOOGLE_CLIENT_ID')
  add(
    'secret',
    config.secret_key ? 'SECRET_KEY' : `${join(config.data_dir, 'secret')}`,
    config.secret_key ? 'set in the environment' : 'SECRET_KEY is not set',
  )
  return lines
}

/** The boot table as text, columns aligned. */
export const formatTable = (lines: PortLine[]): string => {
  const head = { port: 'port', adapter: 'adapter', why: 'why' }
  const first = Math.max(...[head, ...lines].map(({ port }) => port.length))
  const second = Math.max(...[head, ...lines].map(({ adapter }) => adapter.length))
  return [head, ...lines]
    .map(({ port, adapter, why }) => `  ${port.padEnd(first)}  ${adapter.padEnd(second)}  ${why}`.trimEnd())
    .join('\n')
}

/** The version in package.json. */
export const readVersion = async (): Promise<string> => {
  const manifest: { version: string } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version
}
