import { randomBytes } from 'node:crypto'
import { chmod, glob, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startEmbeddedPostgres } from '../src/db/embedded-postgres.ts'
import { migrate } from '../src/db/migrate.ts'
import { createLogger } from '../src/log.ts'

/**
 * Runs the suite: one PostgreSQL for all files (or the one of TEST_DATABASE_URL), a database migrated once that each file
 * clones, `node:test` over the files. Ends with one line that counts, and fails when a test failed or none ran.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: 'string', default: '2' },
    'test-name-pattern': { type: 'string', multiple: true },
    'test-concurrency': { type: 'string' },
  },
})

const PATTERNS = ['server/{src,test,bench}/**/*.test.ts', '{extension,sdk,web}/test/**/*.test.ts', 'e2e/**/*.test.ts']

/** Files as they are given; a folder stands for all tests in it. Without any: the whole suite. */
const listFiles = async (given: string[]): Promise<string[]> => {
  const files: string[] = []
  for (const path of given) {
    const found = await stat(path).catch(() => null)
    if (!found) throw new Error(`There is no file ${path}.`)
    if (found.isFile()) files.push(resolve(path))
    else for await (const file of glob('**/*.test.ts', { cwd: path })) files.push(resolve(path, file))
  }
  if (!given.length) for await (const file of glob(PATTERNS, { cwd: root })) files.push(join(root, file))
  return [...new Set(files)].sort()
}

type Server = { url: string; stop: () => Promise<void> }

const startServer = async (): Promise<Server> => {
  const given = process.env.TEST_DATABASE_URL
  if (given) return { url: given, stop: async () => {} }
  const folder = await mkdtemp(join(tmpdir(), 'bavlio-test-'))
  // As root the database runs as another user, who has to walk in here.
  await chmod(folder, 0o711)
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'data'),
    log: createLogger('silent'),
    // What a test loses in a power cut is of no use to anybody.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
  })
  return {
    url: server.url,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const administer = async (url: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort())

const files = await listFiles(positionals)
if (!files.length) throw new Error('There is no test to run.')
const server = await startServer()
const template = `bavlio_template_${randomBytes(4).toString('hex')}`
const counts = { passed: 0, failed: 0, skipped: 0 }
let failedFiles: string[] = []
const took: { file: string; seconds: number }[] = []
try {
  await administer(server.url, `create database ${template}`)
  const url = new URL(server.url)
  url.pathname = `/${template}`
  await migrate(url.href)
  process.env.TEST_DATABASE_URL = server.url
  process.env.TEST_TEMPLATE_DATABASE = template

  const stream = run({
    files,
    concurrency: Number(values['test-concurrency'] ?? values.concurrency),
    signal: stopping.signal,
    ...(values['test-name-pattern'] ? { testNamePatterns: values['test-name-pattern'] } : {}),
  })
  stream.on('test:summary', ({ file, success, counts: found, duration_ms }) => {
    if (file) {
      if (!success) failedFiles.push(file)
      took.push({ file, seconds: duration_ms / 1000 })
      return
    }
    counts.passed = found.passed
    counts.failed = found.tests - found.passed - found.skipped - found.todo
    counts.skipped = found.skipped + found.todo
  })
  const report = stream.compose(spec)
  report.pipe(process.stdout)
  await new Promise<void>((done) => report.once('end', done))
} finally {
  await administer(server.url, `drop database if exists ${template} with (force)`).catch(() => {})
  await server.stop()
}
const slowest = took.sort((one, other) => other.seconds - one.seconds).slice(0, 12)
if (files.length > slowest.length) {
  const told = slowest.map(({ file, seconds }) => `${relative(root, file)} ${Math.round(seconds)} s`)
  process.stdout.write(`\nthe slowest: ${told.join(', ')}\n`)
}
failedFiles = failedFiles.map((file) => relative(root, file)).sort()
if (failedFiles.length) process.stdout.write(`\nfailed in: ${failedFiles.join(', ')}\n`)
if (stopping.signal.aborted) process.stdout.write('\nstopped before the end\n')
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
process.exit(counts.failed || !counts.passed || failedFiles.length || stopping.signal.aborted ? 1 : 0)
