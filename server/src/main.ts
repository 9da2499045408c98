import { stdin } from 'node:process'
import { createInterface } from 'node:readline/promises'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { backup } from './backup/backup.ts'
import { restore } from './backup/restore.ts'
import { boot, formatTable, type Role, readVersion } from './boot.ts'
import { type Printer, userCreate, userReset } from './cli/accounts.ts'
import { keyCreate } from './cli/api-key.ts'
import { examine, formatChecks } from './cli/doctor.ts'
import { generate, openApiText, writeOpenApi } from './cli/generate.ts'
import { HELP } from './cli/help.ts'
import { withInstance } from './cli/with-instance.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { DataDirInUseError } from './db/data-dir-lock.ts'
import { migrate } from './db/migrate.ts'
import { runDemo } from './demo/run-demo.ts'
import { joinDatabase, messageOf } from './instance.ts'
import { createLogger, type Logger } from './log.ts'
import { systemClock } from './ports/clock.ts'
import { StopError } from './stop-error.ts'

// The only file that acts on import, and with config.ts the only one that knows the environment and the arguments.
const { env } = process
const stopping = new AbortController()
const print: Printer = {
  out: (text) => process.stdout.write(`${text}\n`),
  note: (text) => process.stderr.write(`${text}\n`),
}

/** npm hands a Ctrl-C on that the terminal has given us already, so one press can arrive twice. */
const SAME_PRESS_MS = 2_000
/** Below the 30 s after which containers are killed. */
const LONGEST_STOP_MS = 25_000

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => onSignal(signal))
let askedAt: number | null = null
function onSignal(signal: NodeJS.Signals): void {
  if (askedAt === null) {
    askedAt = performance.now()
    stopping.abort(new Error(`stopped by ${signal}`))
    const watchdog = setTimeout(() => {
      print.note(`Work under way did not end within ${LONGEST_STOP_MS / 1000} s; stopping without it.`)
      process.exit(1)
    }, LONGEST_STOP_MS)
    watchdog.unref()
  } else if (performance.now() - askedAt > SAME_PRESS_MS) process.exit(130)
}

const options = <T extends ParseArgsOptionsConfig>(args: string[], config: T) => {
  try {
    return parseArgs({ args, options: config, allowPositionals: true, strict: true })
  } catch (error) {
    throw new StopError(`${messageOf(error)}\nSee "npx bavlio help".`, 2)
  }
}

const needed = (value: string | undefined, name: string): string => {
  if (!value?.trim()) throw new StopError(`${name} is needed. See "npx bavlio help".`, 2)
  return value.trim()
}

const none = (positionals: string[]): void => {
  if (positionals.length)
    throw new StopError(`"${positionals.join(' ')}" is not understood here. See "npx bavlio help".`, 2)
}

/** Commands say what goes wrong themselves; the log is for the server. */
const quietLog = (config: Config): Logger =>
  createLogger(['trace', 'debug'].includes(config.log_level) ? config.log_level : 'error')

const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    if (stopping.signal.aborted) return resolve()
    stopping.signal.addEventListener('abort', () => resolve(), { once: true })
    // A promise keeps no process alive; listening sockets do, but a worker in its own process may have none.
    const alive = setInterval(() => {}, 3_600_000)
    stopping.signal.addEventListener('abort', () => clearInterval(alive), { once: true })
  })

const serve = async (role: Role): Promise<void> => {
  const config = readConfig(env)
  const log = createLogger(config.log_level)
  const running = await boot({
    config,
    role,
    log,
    version: await readVersion(),
    signal: stopping.signal,
    check_responses: env.NODE_ENV === 'development',
  })
  print.out(`Bavlio ${await readVersion()}, role ${role}\n${formatTable(running.table)}`)
  if (running.is_empty && role !== 'worker')
    print.out(
      running.deps.config.signup === 'invite'
        ? 'Nobody can log in yet. Make an account: npx bavlio user create --email you@example.com --name "Your Name"'
        : `Nobody can log in yet. Make the first account at ${running.base_url}/sign-up`,
    )
  print.out(`ready ${running.base_url}`)
  await untilStopped()
  log.info({}, 'stopping')
  await running.close()
}

/** The first line of stdin; asked for when a person sits there. */
const readPassphrase = async (): Promise<string> => {
  const given = env.BAVLIO_PASSPHRASE
  if (given) return given
  const lines = createInterface({ input: stdin, output: stdin.isTTY ? process.stderr : undefined })
  try {
    if (stdin.isTTY) return (await lines.question('Passphrase: ')).trim()
    for await (const line of lines) return line.trim()
    return ''
  } finally {
    lines.close()
  }
}

const password = { type: 'string' } as const

const commands: Record<string, (args: string[]) => Promise<void>> = {
  start: async (args) => {
    const { values, positionals } = options(args, { role: { type: 'string' } })
    none(positionals.slice(1))
    const role = values.role ?? positionals[0] ?? 'all'
    if (role === 'all' || role === 'api' || role === 'worker') return serve(role)
    if (role === 'migrate' || role === 'openapi') return (commands[role] as (args: string[]) => Promise<void>)([])
    throw new StopError(`"${role}" is not a role. The roles are all, api, worker, migrate and openapi.`, 2)
  },
  all: async () => serve('all'),
  api: async () => serve('api'),
  worker: async () => serve('worker'),

  migrate: async (args) => {
    none(options(args, {}).positionals)
    const config = readConfig(env)
    const database = await joinDatabase(config, quietLog(config))
    try {
      const version = await migrate(database.url, ({ name }) => print.note(`migrated ${name}`))
      print.out(`The schema has version ${version}.`)
    } finally {
      await database.close()
    }
  },

  openapi: async (args) => {
    const { values, positionals } = options(args, { stdout: { type: 'boolean' } })
    none(positionals)
    const version = await readVersion()
    if (values.stdout) return void process.stdout.write(openApiText(version))
    await writeOpenApi(version)
    print.note('openapi.json is written.')
  },

  generate: async (args) => {
    const { values, positionals } = options(args, { check: { type: 'boolean' } })
    none(positionals)
    const stale = await generate({ version: await readVersion(), log: createLogger('error'), write: !values.check })
    if (!values.check)
      return print.note(stale.length ? `written: ${stale.join(', ')}` : 'Everything generated is up to date.')
    if (stale.length) throw new StopError(`Not what would be generated: ${stale.join(', ')}. Run "npm run generate".`)
  },

  demo: async (args) => {
    const { values, positionals } = options(args, {
      csv: { type: 'string' },
      fresh: { type: 'boolean' },
      exit: { type: 'boolean' },
      json: { type: 'boolean' },
    })
    none(positionals)
    const config = readConfig(env)
    const running = await runDemo(
      {
        config,
        log: createLogger(env.LOG_LEVEL ? config.log_level : 'warn'),
        version: await readVersion(),
        signal: stopping.signal,
        print,
      },
      { csv: values.csv ?? null, fresh: values.fresh ?? false, json: values.json ?? false, serves: !values.exit },
    )
    try {
      if (!values.exit) await untilStopped()
    } finally {
      await running.close()
    }
  },

  doctor: async (args) => {
    const { values, positionals } = options(args, { json: { type: 'boolean' } })
    none(positionals)
    const config = readConfig(env)
    const checks = await examine(config, createLogger('silent'), systemClock)
    print.out(values.json ? JSON.stringify(checks) : formatChecks(checks))
    const failed = checks.filter(({ state }) => state === 'failed').length
    if (failed) throw new StopError(`${failed} of ${checks.length} checks failed.`)
  },

  user: async (args) => {
    const [what, ...rest] = args
    if (what !== 'create' && what !== 'reset')
      throw new StopError('Say "user create" or "user reset". See "npx bavlio help".', 2)
    const config = readConfig(env)
    if (what === 'reset') {
      const { values, positionals } = options(rest, { email: { type: 'string' }, password })
      none(positionals)
      const email = needed(values.email, '--email')
      return withInstance(config, quietLog(config), (deps) =>
        userReset(deps, { email, password: values.password ?? null }, print),
      )
    }
    const { values, positionals } = options(rest, {
      email: { type: 'string' },
      name: { type: 'string' },
      password,
      mode: { type: 'string' },
      timezone: { type: 'string' },
    })
    none(positionals)
    const mode: 'sandbox' | 'live' | null = values.mode === 'sandbox' || values.mode === 'live' ? values.mode : null
    if (values.mode !== undefined && mode === null) throw new StopError('--mode is sandbox or live.', 2)
    const account = {
      email: needed(values.email, '--email'),
      name: needed(values.name, '--name'),
      password: values.password ?? null,
      mode,
      timezone: values.timezone ?? null,
    }
    return withInstance(config, quietLog(config), (deps) => userCreate(deps, account, print))
  },

  key: async (args) => {
    const [what, ...rest] = args
    if (what !== 'create') throw new StopError('Say "key create". See "npx bavlio help".', 2)
    const { values, positionals } = options(rest, {
      email: { type: 'string' },
      name: { type: 'string' },
      scopes: { type: 'string' },
      workspace: { type: 'string' },
    })
    none(positionals)
    const config = readConfig(env)
    const wanted = {
      email: needed(values.email, '--email'),
      name: values.name?.trim() || 'made by the operator',
      scopes: values.scopes
        ? values.scopes
            .split(',')
            .map((scope) => scope.trim())
            .filter(Boolean)
        : null,
      workspace_id: values.workspace ?? null,
    }
    return withInstance(config, quietLog(config), (deps) => keyCreate(deps, wanted, print))
  },

  backup: async (args) => {
    const { values, positionals } = options(args, { to: { type: 'string' }, 'with-secrets': { type: 'boolean' } })
    none(positionals)
    const to = needed(values.to, '--to')
    const config = readConfig(env)
    const passphrase = values['with-secrets'] ? await readPassphrase() : null
    const version = await readVersion()
    const made = await withInstance(config, quietLog(config), (deps, database) =>
      backup(
        { pool: deps.pool, storage: deps.storage, secrets: deps.secrets, clock: deps.clock },
        { to, version, passphrase, config, database },
      ),
    )
    print.note(
      `${to}: ${made.rows.toLocaleString('en')} rows of ${made.tables} tables, ${made.jobs} waiting jobs, ${made.files} files, ${made.bytes.toLocaleString('en')} bytes.${passphrase === null ? ' The secret key is not in it: keep it apart.' : ''}`,
    )
    for (const warning of made.warnings) print.note(`warning: ${warning}`)
  },

  restore: async (args) => {
    const { values, positionals } = options(args, { from: { type: 'string' } })
    none(positionals)
    const from = needed(values.from, '--from')
    const config = readConfig(env)
    const made = await restore({ config, log: quietLog(config), clock: systemClock, passphrase: readPassphrase }, from)
    print.note(
      `Restored ${made.rows.toLocaleString('en')} rows of ${made.tables} tables, ${made.jobs} jobs and ${made.files} files, as they were on ${made.created_at}.`,
    )
    for (const warning of made.warnings) print.note(`warning: ${warning}`)
  },

  help: async () => void process.stdout.write(HELP),
  '--help': async () => void process.stdout.write(HELP),
  '-h': async () => void process.stdout.write(HELP),
  version: async () => print.out(await readVersion()),
  '--version': async () => print.out(await readVersion()),
}

/** What a person can do something about is told in a sentence; anything else is a fault of ours and shows where. */
const explain = (error: unknown): number => {
  if (stopping.signal.aborted && (error === stopping.signal.reason || (error as Error)?.name === 'AbortError')) return 0
  if (error instanceof ConfigError) {
    print.note(error.message)
    return 2
  }
  if (error instanceof StopError || error instanceof DataDirInUseError) {
    print.note(error.message)
    return error instanceof StopError ? error.exit_code : 1
  }
  const programming =
    error instanceof TypeError ||
    error instanceof ReferenceError ||
    error instanceof RangeError ||
    error instanceof SyntaxError
  print.note(
    error instanceof Error && (programming || env.LOG_LEVEL === 'debug')
      ? (error.stack ?? error.message)
      : messageOf(error),
  )
  return 1
}

const [command = 'start', ...rest] = process.argv.slice(2)
const isOption = command.startsWith('-') && !Object.hasOwn(commands, command)
const name = isOption ? 'start' : command
let code = 0
try {
  const wantsHelp = rest.includes('--help') || rest.includes('-h')
  const run = wantsHelp ? commands.help : Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!run) throw new StopError(`There is no command "${name}". See "npx bavlio help".`, 2)
  await run(isOption ? [command, ...rest] : rest)
} catch (error) {
  code = explain(error)
}
// Everything is closed by now; exiting here keeps a forgotten handle from holding the terminal.
process.exit(code)
