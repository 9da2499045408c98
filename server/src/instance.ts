import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Config } from './config.ts'
import { leaveToOwner } from './db/data-dir-lock.ts'
import { type EmbeddedPostgres, findRunningPostgres, startEmbeddedPostgres } from './db/embedded-postgres.ts'
import { readSchemaVersion, wantedSchemaVersion } from './db/migrate.ts'
import type { Logger } from './log.ts'
import { StopError } from './stop-error.ts'

/** The database of this instance, and what has to happen when it is no longer needed. */
export type InstanceDatabase = {
  url: string
  /** `given` by DATABASE_URL, `embedded` and started here, or embedded and started by another process (`running`). */
  origin: 'given' | 'embedded' | 'running'
  /** Process that owns a running one. */
  owner_pid: number | null
  postgres: EmbeddedPostgres | null
  close: () => Promise<void>
}

/**
 * A new database knows nothing of its tables until they are first analysed, and reads them from end to end until then. The
 * standard minute between two looks is the whole of a demo; with it the demo took a third longer.
 */
const embeddedSettings = { autovacuum_naptime: '5s' }

/** For the server: the given database, or the embedded one, started here. Throws when the data folder is in use. */
export const openDatabase = async (config: Config, log: Logger): Promise<InstanceDatabase> => {
  if (config.database.url) {
    // Files are stored here also when the database is elsewhere.
    await makeDataDir(config.data_dir)
    return { url: config.database.url, origin: 'given', owner_pid: null, postgres: null, close: async () => {} }
  }
  const postgres = await startEmbeddedPostgres({ dataDir: config.data_dir, log, settings: embeddedSettings })
  return { url: postgres.url, origin: 'embedded', owner_pid: null, postgres, close: () => postgres.stop() }
}

/** For commands beside the server: the same, but an embedded one that is running already is used as it is. */
export const joinDatabase = async (config: Config, log: Logger): Promise<InstanceDatabase> => {
  if (!config.database.url) {
    const running = await findRunningPostgres(config.data_dir)
    if (running)
      return {
        url: running.url,
        origin: 'running',
        owner_pid: running.owner_pid,
        postgres: null,
        close: async () => {},
      }
  }
  return openDatabase(config, log)
}

/** As root an ordinary user's database has to walk through, see postgres-placement.ts; secrets in it have mode 0600 themselves. */
const makeDataDir = async (folder: string): Promise<void> => {
  const made = await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new StopError(
      `The data folder ${folder} cannot be made (${error.code}). Correct the owner or mode of its parent, or set DATA_DIR.`,
      1,
      { cause: error },
    )
  })
  if (made !== undefined) await chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700)
}

export const secretPathOf = (config: Config): string => join(config.data_dir, 'secret')

/** The key in DATA_DIR/secret; null when there is no such file. */
export const readSecretFile = async (config: Config): Promise<string | null> => {
  const text = await readFile(secretPathOf(config), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw new StopError(`The secret in ${secretPathOf(config)} cannot be read (${error.code}).`, 1, { cause: error })
  })
  if (text === null) return null
  const key = text.trim().toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(key))
    throw new StopError(
      `${secretPathOf(config)} does not hold a key of 64 hexadecimal characters. Put the original back.`,
    )
  return key
}

/** Written aside, synced and renamed: a crash leaves either no key or the whole key. */
export const writeSecretFile = async (config: Config, key: string): Promise<void> => {
  const path = secretPathOf(config)
  const draft = `${path}.${randomBytes(4).toString('hex')}.new`
  try {
    const handle = await open(draft, 'wx', 0o600)
    await handle.writeFile(`${key}\n`)
    await handle.sync()
    await handle.close()
    await leaveToOwner(draft, config.data_dir)
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

/**
 * SECRET_KEY, else DATA_DIR/secret, which is made for a new embedded database. A database with accounts whose key is gone
 * stops the start: a new key would silently break every link sent and every stored secret.
 */
export const secretOf = async (config: Config, database: InstanceDatabase): Promise<string> => {
  if (config.secret_key) return config.secret_key
  const kept = await readSecretFile(config)
  if (kept) return kept
  if (database.origin === 'given')
    throw new StopError('SECRET_KEY is needed with DATABASE_URL (openssl rand -hex 32).', 2)
  if (await hasAccounts(database.url))
    throw new StopError(
      `The key in ${secretPathOf(config)} is gone, but the database holds data sealed with it. Put the file back. If it is lost for good, set SECRET_KEY to a new key (openssl rand -hex 32): links in mail already sent and the signing keys of domains then stop working.`,
    )
  if (database.origin === 'running')
    throw new StopError(
      `The running instance (process ${database.owner_pid}) has not made its secret yet; try again in a moment.`,
    )
  const key = randomBytes(32).toString('hex')
  await writeSecretFile(config, key)
  return key
}

/** One statement on a connection of its own, for what comes before there are Deps. */
export const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new StopError(
      `The database cannot be reached: ${messageOf(error)}. Check DATABASE_URL and that PostgreSQL runs.`,
      1,
      {
        cause: error,
      },
    )
  }
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const hasAccounts = (url: string): Promise<boolean> =>
  withClient(url, async (client) => {
    if ((await readSchemaVersion(client)) === 0) return false
    return (await client.query('select 1 from users limit 1')).rowCount === 1
  })

const WAIT_MS = 500
const SAY_EVERY_MS = 10_000

/**
 * Waits until somebody has brought the schema to the version this program needs; throws when it is newer, since then this
 * program is the old one of an upgrade and must not touch the data.
 */
export const waitForSchema = async (url: string, log: Logger, signal: AbortSignal): Promise<void> => {
  const wanted = await wantedSchemaVersion()
  for (let waited = 0; ; waited += WAIT_MS) {
    signal.throwIfAborted()
    const found = await withClient(url, readSchemaVersion).catch((error: Error) => {
      if (waited % SAY_EVERY_MS === 0) log.warn({ message: error.message }, 'waiting for the database')
      return -1
    })
    if (found === wanted) return
    if (found > wanted)
      throw new StopError(
        `The database has schema version ${found}, this program knows ${wanted}: run the newer program.`,
      )
    if (found >= 0 && waited % SAY_EVERY_MS === 0)
      log.warn({ found, wanted }, 'waiting for the schema; run "bavlio migrate" or the role all')
    await new Promise((done) => setTimeout(done, WAIT_MS))
  }
}

/** A heartbeat older than this belongs to a process that is gone, see process-registry.ts. */
const ALIVE_MS = 12_000

export type LivingProcess = { role: string; hostname: string; pid: number; age_ms: number }

/** The processes that work on this database, by their heartbeats. */
export const listProcesses = (url: string, now: Date): Promise<LivingProcess[]> =>
  withClient(url, async (client) => {
    const found = await client.query<{ role: string; hostname: string; pid: number; heartbeat_at: Date }>(
      'select role, hostname, pid, heartbeat_at from processes where heartbeat_at > $1 order by role, hostname, pid',
      [new Date(now.getTime() - ALIVE_MS)],
    )
    return found.rows.map(({ heartbeat_at, ...rest }) => ({
      ...rest,
      age_ms: Math.max(0, now.getTime() - heartbeat_at.getTime()),
    }))
  })

/** Files lie on this host's disk, so a second host on the database would not find them, unless the folder is shared. */
export const refuseSecondHost = async (config: Config, url: string, now: Date): Promise<void> => {
  if (!config.database.url || config.shared_data_dir || config.s3) return
  const others = [...new Set((await listProcesses(url, now)).map((process) => process.hostname))].filter(
    (name) => name !== hostname(),
  )
  if (others.length)
    throw new StopError(
      `Other hosts work on this database (${others.join(', ')}), and uploaded files lie on the disk of one host. Keep files in a bucket (S3_BUCKET), or give all hosts one shared DATA_DIR and set SHARED_DATA_DIR=1 on each.`,
    )
}

export const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
