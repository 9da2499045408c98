import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { chmod, chown, mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join, resolve as resolvePath } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { findDataDirOwner, leaveToOwner, lockDataDir, readProcess } from './data-dir-lock.ts'
import { findPostgresBinaries } from './postgres-binaries.ts'
import {
  claimHome,
  findClusterParent,
  type PostgresPlacement,
  placePostgres,
  reachableFolders,
  removePointer,
} from './postgres-placement.ts'

/** What is needed of a pino logger. */
export type PostgresLog = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export type EmbeddedPostgresOptions = {
  dataDir: string
  log: PostgresLog
  /** Server settings beyond or instead of ours, by PostgreSQL's names. */
  settings?: Record<string, string>
  /** As root, where data and binaries may go when the database's user cannot reach them. */
  folders?: string[]
}

export type EmbeddedPostgres = {
  url: string
  port: number
  placement: { data: string; binaries: string; user: string; moved_because: string | null }
  /** Ends connections, writes a checkpoint, waits for the end and frees the data folder. Safe to call twice. */
  stop(): Promise<void>
  /** Stops and starts on the same port, so the url stays; `immediate` skips the checkpoint, as a crash does. */
  restart(how?: 'fast' | 'immediate'): Promise<void>
}

const user = 'bavlio'
const database = 'bavlio'
const passwordName = 'postgres-password'

/**
 * Durable, small, quiet. Given on the command line and not in postgresql.conf, so that a newer program's settings hold
 * for an older database as well.
 */
const ourSettings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '60',
  shared_buffers: '64MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  effective_cache_size: '512MB',
  huge_pages: 'off',
  max_wal_size: '1GB',
  // Nothing replicates from here: no sender or launcher processes, and bulk loads into a new table skip the log.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_worker_processes: '4',
  autovacuum_max_workers: '2',
  // The default keeps three reader processes waiting; a database of this size is read from memory.
  io_method: 'sync',
  // Parallel plans need /dev/shm, of which a container has 64 MB, and two cores have better things to do.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_destination: 'stderr',
  log_line_prefix: '',
  // A failed statement is reported by whoever sent it; repeating it here would put addresses into the log.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  log_autovacuum_min_duration: '-1',
}

/**
 * Starts a real PostgreSQL in `dataDir`, makes it on the first start, and waits until it answers. Copes with whatever an
 * earlier crash left behind; a folder that another living instance uses is a DataDirInUseError.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, settings = {}, folders = reachableFolders } = options
  const binaries = await findPostgresBinaries()
  const dataDir = await openDataDir(options.dataDir)
  const locks = [await orExplain(lockDataDir(dataDir), dataDir)]
  const releaseLocks = async () => {
    for (const lock of locks) await lock.release()
  }
  try {
    const clusterParent = await findClusterParent(dataDir)
    if (clusterParent !== dataDir) {
      locks.push(await orExplain(lockDataDir(clusterParent), clusterParent))
      await claimHome(dataDir, clusterParent)
    }
    for (const parent of new Set([clusterParent, dataDir])) await endOrphan(join(parent, 'postgres'), log)
    const placement = await placePostgres(dataDir, clusterParent, binaries, folders)
    const parent = resolvePath(placement.data, '..')
    if (parent !== clusterParent) locks.push(await lockDataDir(parent))
    await checkVersion(placement)
    const password = await readyCluster(placement, dataDir, log)
    const server = await runPostmaster(placement, { ...ourSettings, ...settings }, log)
    try {
      await createDatabase(`postgres://${user}:${password}@127.0.0.1:${server.port}/postgres`)
    } catch (error) {
      await server.stop()
      throw error
    }
    let stopped: Promise<void> | undefined
    return {
      url: urlOf(password, server.port),
      port: server.port,
      placement: {
        data: placement.data,
        binaries: placement.binaries.directory,
        user: placement.userName,
        moved_because: placement.movedBecause,
      },
      stop() {
        stopped ??= server.stop().finally(releaseLocks)
        return stopped
      },
      restart: (how = 'fast') => server.restart(how),
    }
  } catch (error) {
    await releaseLocks()
    throw error
  }
}

/**
 * The database of an instance that is already running on this data folder, for commands given beside it; null when none
 * is. Waits a little for one that is just starting.
 */
export async function findRunningPostgres(
  dataDir: string,
): Promise<{ url: string; port: number; owner_pid: number } | null> {
  const folder = resolvePath(dataDir)
  for (let attempt = 0; attempt < 100; attempt++) {
    const owner = await findDataDirOwner(folder)
    if (owner === null) return null
    const postmaster = await readPostmasterFile(join(await findClusterParent(folder), 'postgres'))
    if (postmaster?.status === 'ready') {
      const password = (await readFile(join(folder, passwordName), 'utf8')).trim()
      return { url: urlOf(password, postmaster.port), port: postmaster.port, owner_pid: owner }
    }
    await wait(100)
  }
  throw new Error(`The instance running on ${folder} has no database that answers; look at its log.`)
}

/** Deletes the database of a data folder, wherever it was placed. The rest of the folder stays. */
export async function removeEmbeddedPostgres(dataDir: string, log: PostgresLog): Promise<void> {
  const folder = await openDataDir(dataDir)
  const lock = await orExplain(lockDataDir(folder), folder)
  try {
    const parent = await findClusterParent(folder)
    if (parent !== folder) {
      const parentLock = await lockDataDir(parent)
      try {
        await claimHome(folder, parent)
        await endOrphan(join(parent, 'postgres'), log)
        // In this order a kill in between leaves files behind, and not a pointer to nowhere that stops the next start.
        await removePointer(folder)
        await rm(parent, { recursive: true, force: true })
      } finally {
        await parentLock.release()
      }
    }
    await endOrphan(join(folder, 'postgres'), log)
    await rm(join(folder, 'postgres'), { recursive: true, force: true })
    await rm(join(folder, passwordName), { force: true })
  } finally {
    await lock.release()
  }
}

function urlOf(password: string, port: number): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
}

async function openDataDir(path: string): Promise<string> {
  const folder = resolvePath(path)
  return orExplain(
    (async () => {
      const made = await mkdir(folder, { recursive: true })
      // As root the database's user has to walk through; what must stay secret in here has mode 0600 itself.
      if (made !== undefined) await chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700)
      return realpath(folder)
    })(),
    folder,
  )
}

async function orExplain<T>(work: Promise<T>, folder: string): Promise<T> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC'].includes(error.code ?? '')) throw error
    throw new Error(
      `The data folder ${folder} cannot be written by the user ${userInfo().username} (${error.code}). Correct its owner or mode, or set DATA_DIR to another folder.`,
      { cause: error },
    )
  })
}

async function checkVersion({ data, binaries }: PostgresPlacement): Promise<void> {
  const found = Number((await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '')).trim())
  if (found === 0 || found === binaries.major) return
  throw new Error(
    `The database in ${data} was made by PostgreSQL ${found}; this version brings PostgreSQL ${binaries.major}, which cannot read it. Make a backup with the version that wrote it ("bavlio backup"), start this one with an empty DATA_DIR and restore the backup there ("bavlio restore").`,
  )
}

/** Makes the cluster when there is none yet, and returns its password. */
async function readyCluster(placement: PostgresPlacement, dataDir: string, log: PostgresLog): Promise<string> {
  const { data } = placement
  const parent = resolvePath(data, '..')
  const passwordPath = join(dataDir, passwordName)
  const exists = (await stat(data).catch(() => null)) !== null
  const kept = (await readFile(passwordPath, 'utf8').catch(() => '')).trim()
  if (exists && kept !== '') return kept

  const password = kept || randomBytes(32).toString('base64url')
  // Kept before it is used: a crash right after leaves a password that the next start uses, never a locked database.
  const draft = `${passwordPath}.new`
  await rm(draft, { force: true })
  await writeFile(draft, `${password}\n`, { mode: 0o600, flush: true })
  await leaveToOwner(draft, dataDir)
  if (exists) {
    log.warn({ file: passwordPath }, 'the password file of the database was missing; a new password is set')
    await setPassword(placement, password)
    await rename(draft, passwordPath)
    return password
  }
  await rename(draft, passwordPath)

  for (const name of await readdir(parent)) {
    if (name.startsWith('postgres.init-')) await rm(join(parent, name), { recursive: true, force: true })
  }
  // Made aside and renamed: a kill in the middle of initdb must not leave a half-made database to start from.
  const making = join(parent, `postgres.init-${randomBytes(6).toString('hex')}`)
  const passwordFile = `${making}-password`
  try {
    await mkdir(making, { mode: 0o700 })
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
    if (placement.runAs !== null) {
      for (const path of [making, passwordFile]) await chown(path, placement.runAs.uid, placement.runAs.gid)
    }
    await run(placement, 'initdb', [
      `--pgdata=${making}`,
      `--username=${user}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // PostgreSQL's own C.UTF-8 sorts alike on every machine and release; the system's locales do not, and an index
      // sorted by another one is corrupt. A database made here opens on machines without any locale installed.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
    ])
    await rename(making, data)
  } finally {
    await rm(making, { recursive: true, force: true })
    await rm(passwordFile, { force: true })
  }
  return password
}

/** Single-user mode needs no password, only the right to the files. */
async function setPassword(placement: PostgresPlacement, password: string): Promise<void> {
  const settings = Object.entries(ourSettings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  await run(
    placement,
    'postgres',
    ['--single', '-D', placement.data, ...settings, 'postgres'],
    `alter role ${user} password '${password}'\n`,
  )
}

function spawnOptions({ runAs }: PostgresPlacement) {
  return {
    ...(runAs === null ? {} : { uid: runAs.uid, gid: runAs.gid }),
    // The database's user may be anybody, and can read this environment: none of our secrets belongs in it.
    ...(process.platform === 'win32' ? {} : { cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } }),
  }
}

function program(placement: PostgresPlacement, name: string): string {
  return join(placement.binaries.directory, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
}

async function run(placement: PostgresPlacement, name: string, args: string[], input = ''): Promise<void> {
  const child = spawn(program(placement, name), args, { ...spawnOptions(placement), stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      output = (output + text).slice(-4000)
    })
  }
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.on('error', (error) => reject(new Error(`${name} could not be started: ${error.message}`)))
  child.on('close', (code, signal) => {
    if (code === 0) resolve()
    else reject(new Error(`${name} failed (${signal ?? `exit code ${code}`}): ${output.trim()}`))
  })
  await promise
}

type Postmaster = { port: number; stop(): Promise<void>; restart(how: 'fast' | 'immediate'): Promise<void> }

/** Runs the server process, and starts it again on its port when it dies unasked. */
async function runPostmaster(
  placement: PostgresPlacement,
  settings: Record<string, string>,
  log: PostgresLog,
): Promise<Postmaster> {
  let deaths: number[] = []
  let wanted = true
  let current: RunningPostmaster
  let busy: Promise<void> = Promise.resolve()

  const watch = (running: RunningPostmaster) => {
    current = running
    running.exited.then((how) => {
      if (!wanted || current !== running) return
      log.error({ pid: running.pid, how }, 'PostgreSQL died; starting it again')
      const now = performance.now()
      deaths = [...deaths.filter((at) => now - at < 60_000), now]
      if (deaths.length > 5) {
        log.error({}, 'PostgreSQL died six times within a minute; it is left stopped')
        return
      }
      busy = busy.then(async () => {
        if (wanted && current === running) watch(await startOnPort(placement, running.port, settings, log))
      })
      busy = busy.catch((error: unknown) => log.error({ err: error }, 'PostgreSQL could not be started again'))
    })
  }

  for (let attempt = 1; ; attempt++) {
    try {
      watch(await startOnPort(placement, await findFreePort(), settings, log))
      break
    } catch (error) {
      // Between finding a free port and PostgreSQL taking it, somebody else may have.
      if (attempt >= 5 || !(error instanceof Error && /Address already in use/.test(error.message))) throw error
    }
  }

  return {
    get port() {
      return current.port
    },
    async stop() {
      wanted = false
      await busy
      if (current.isRunning()) await endPostmaster(placement, current.pid, 'fast', log)
      await current.exited
    },
    restart(how) {
      const work = busy.then(async () => {
        const before = current
        wanted = false
        try {
          if (before.isRunning()) await endPostmaster(placement, before.pid, how, log)
          await before.exited
          watch(await startOnPort(placement, before.port, settings, log))
        } finally {
          wanted = true
        }
      })
      busy = work.catch(() => undefined)
      return work
    },
  }
}

type RunningPostmaster = { pid: number; port: number; isRunning(): boolean; exited: Promise<string> }

async function startOnPort(
  placement: PostgresPlacement,
  port: number,
  settings: Record<string, string>,
  log: PostgresLog,
): Promise<RunningPostmaster> {
  const deadline = performance.now() + 5_000
  for (;;) {
    try {
      return await spawnPostmaster(placement, port, settings, log)
    } catch (error) {
      // After a SIGKILL of the server its children need a moment to notice, and hold the shared memory until then.
      const leftover = error instanceof Error && /pre-existing shared memory block/.test(error.message)
      if (!leftover || performance.now() > deadline) throw error
      await wait(50)
    }
  }
}

async function spawnPostmaster(
  placement: PostgresPlacement,
  port: number,
  settings: Record<string, string>,
  log: PostgresLog,
): Promise<RunningPostmaster> {
  const args = ['-D', placement.data, '-p', String(port)]
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
  const child = spawn(program(placement, 'postgres'), args, {
    ...spawnOptions(placement),
    // A session of its own: Ctrl-C in a terminal reaches every process there, and the server needs its database to
    // finish its work before the database stops.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const { promise: exited, resolve: onExit } = Promise.withResolvers<string>()
  const { promise: ready, resolve: onReady, reject: onFailure } = Promise.withResolvers<void>()
  const recent: string[] = []

  const lines = createInterface({ input: child.stderr })
  lines.on('line', (line) => {
    recent.push(line)
    if (recent.length > 20) recent.shift()
    const [, level = '', text = line] = /^([A-Z]+):\s+(.*)$/.exec(line) ?? []
    // Every connection that is open at a shutdown says this; it is what was asked for.
    const expected = text === 'terminating connection due to administrator command'
    if ((level === 'FATAL' && !expected) || level === 'PANIC') log.warn({ source: 'postgres', level }, text)
    else log.debug({ source: 'postgres', level }, text)
    if (text === 'database system is ready to accept connections') onReady()
  })
  child.on('error', (error) => {
    onExit(error.message)
    onFailure(new Error(`PostgreSQL could not be started: ${error.message}`))
  })
  let guard: ChildProcess | null = null
  child.on('close', (code, signal) => {
    const how = signal ?? `exit code ${code}`
    guard?.kill('SIGKILL')
    onExit(how)
    onFailure(new Error(`PostgreSQL did not start (${how}): ${recent.join('\n')}`))
  })
  if (child.pid !== undefined) guard = guardAgainstOurDeath(placement, child.pid)
  const slow = setTimeout(() => {
    log.info({ data: placement.data }, 'PostgreSQL is still starting; after a crash it first replays its log')
  }, 3_000)
  try {
    await ready
  } finally {
    clearTimeout(slow)
  }
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  return { pid: child.pid ?? 0, port, isRunning, exited }
}

/**
 * If this process is killed outright, nobody would stop the database, which has a session of its own. A small shell waits
 * on a pipe that the operating system closes with us, and then asks the database to shut down. Should that be killed
 * too, the next start deals with what is left (endOrphan).
 */
function guardAgainstOurDeath(placement: PostgresPlacement, pid: number): ChildProcess | null {
  if (process.platform === 'win32') return null
  const guard = spawn('/bin/sh', ['-c', 'read _; kill -INT "$1"', 'bavlio-postgres-guard', String(pid)], {
    ...spawnOptions(placement),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.on('error', () => undefined)
  guard.stdin?.on('error', () => undefined)
  guard.unref()
  const { stdin } = guard
  if (stdin !== null && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return guard
}

/** Fast shutdown; where that takes too long, the one that leaves recovery to the next start. */
async function endPostmaster(
  placement: PostgresPlacement | null,
  pid: number,
  how: 'fast' | 'immediate',
  log: PostgresLog,
  patience_ms = 10_000,
): Promise<void> {
  const stages =
    how === 'fast'
      ? ([
          ['SIGINT', patience_ms],
          ['SIGQUIT', 5_000],
          ['SIGKILL', 2_000],
        ] as const)
      : ([
          ['SIGQUIT', 5_000],
          ['SIGKILL', 2_000],
        ] as const)
  for (const [signal, stage_ms] of stages) {
    await signalPostmaster(placement, pid, signal)
    const deadline = performance.now() + stage_ms
    for (let pause = 5; performance.now() < deadline; pause = Math.min(pause * 2, 50)) {
      if ((await readProcess(pid)) === null) return
      await wait(pause)
    }
    log.warn({ pid, signal, waited_ms: stage_ms }, 'PostgreSQL has not stopped yet')
  }
  throw new Error(`PostgreSQL (process ${pid}) could not be stopped.`)
}

async function signalPostmaster(
  placement: PostgresPlacement | null,
  pid: number,
  signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL',
) {
  // Windows has no signals; PostgreSQL's own tool asks through a pipe there.
  if (process.platform === 'win32' && placement !== null && signal !== 'SIGKILL') {
    await run(placement, 'pg_ctl', ['kill', signal.slice(3), String(pid)]).catch(() => undefined)
    return
  }
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/**
 * Stops a server that a killed instance left running on this data. It is stopped and not adopted, because an adopted one
 * keeps the older program's settings, and its messages go nowhere. The caller holds the folder's lock, so no living
 * instance owns it. A process id is believed only when that process really works in this folder: ids are reused.
 */
async function endOrphan(data: string, log: PostgresLog): Promise<void> {
  const left = await readPostmasterFile(data)
  if (left === null) return
  if ((await readProcess(left.pid)) !== null) {
    const works = await worksIn(left.pid, data)
    if (works === null) {
      throw new Error(
        `The database in ${data} seems to be in use by process ${left.pid}. If that is PostgreSQL, stop it; if it is not, delete ${join(data, 'postmaster.pid')}.`,
      )
    }
    if (works) {
      log.info({ pid: left.pid, data }, 'stopping the PostgreSQL that an earlier run left behind')
      await endPostmaster(null, left.pid, 'fast', log, 2_000)
    }
  }
  // PostgreSQL deals with its stale lock file by itself, except where the id in it still answers: it takes a stranger
  // with that id, or a zombie that nobody collects (common in containers), for a running server and refuses to start.
  if ((await readPostmasterFile(data)) === null || !isSignalable(left.pid)) return
  const deadline = performance.now() + 5_000
  while (await hasWorkers(data)) {
    // Without its lock file PostgreSQL cannot see that children of the dead server still write, so they must be gone.
    if (performance.now() > deadline) {
      throw new Error(`Processes of a dead PostgreSQL still work in ${data}; stop them and start again.`)
    }
    await wait(20)
  }
  await rm(join(data, 'postmaster.pid'), { force: true })
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** Every process of a PostgreSQL server works in its data folder. */
async function hasWorkers(data: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (Number.isInteger(pid) && (await worksIn(pid, data)) === true && (await readProcess(pid)) !== null) return true
  }
  return false
}

/** Whether the process is the server of this data folder; null when the system does not tell. */
async function worksIn(pid: number, data: string): Promise<boolean | null> {
  const folder = await stat(data)
  const cwd = await workingFolderOf(pid)
  if (cwd === null) return (await readProcess(pid)) === null ? false : null
  return cwd.ino === folder.ino && cwd.dev === folder.dev
}

async function workingFolderOf(pid: number): Promise<Stats | null> {
  if (process.platform === 'win32') return null
  if (process.platform === 'linux') return stat(`/proc/${pid}/cwd/`).catch(() => null)
  const found = await promisify(execFile)('lsof', ['-a', '-p', String(pid), '-d', 'cwd', '-Fn']).catch(() => null)
  const path = found?.stdout.split('\n').find((line) => line.startsWith('n'))
  return path === undefined ? null : stat(path.slice(1)).catch(() => null)
}

/** PostgreSQL's own lock file, one value a line: pid, folder, start, port, socket folder, address, memory, status. */
async function readPostmasterFile(data: string): Promise<{ pid: number; port: number; status: string } | null> {
  const content = await readFile(join(data, 'postmaster.pid'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EACCES') return ''
    throw error
  })
  const lines = content.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  return { pid, port: Number(lines[3]), status: (lines[7] ?? '').trim() }
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
  })
  return promise
}

async function createDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database])
    if (rowCount === 0) await client.query(`create database ${database}`)
  } finally {
    await client.end()
  }
}
