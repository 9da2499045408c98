import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { BENCH_SECRET, createBenchDatabase, createBenchTenant } from '../../bench/bench-database.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts'
import { newId } from '../../src/ids.ts'
import { createLogger } from '../../src/log.ts'
import { createSecrets } from '../../src/secrets.ts'
import { startReceiver } from '../webhook-receiver.ts'

/**
 * `node server/test/crash/webhooks.ts`: events happen while worker processes are killed with SIGKILL at random moments and
 * PostgreSQL is restarted as by a crash. Counted at the receiver: every event whose transaction committed arrives at each
 * endpoint at least once with the same bytes, none that was rolled back arrives, and what arrives twice is bounded by the kills.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '12' },
    events: { type: 'string', default: '1500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const KILLS = Number(values.kills)
const EVENTS = Number(values.events)
const WORKERS = 2
const ENDPOINTS = 3
const CONNECTIONS = 100
const GIVE_UP_MS = 4 * 60_000

let state = Number(values.seed)
const random = (): number => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const folder = await mkdtemp(join(tmpdir(), 'bavlio-crash-'))
// As root the database runs as another user, who has to walk in here; else it would be placed elsewhere, and stay there.
await chmod(folder, 0o711)
const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: createLogger('error') })
const database = await createBenchDatabase(server.url)
const receiver = await startReceiver()
const tenant = await createBenchTenant(database.client, { aliases: 1 })
const secrets = createSecrets(BENCH_SECRET)
for (let n = 0; n < ENDPOINTS; n++) {
  const id = newId()
  await database.client.query(
    `insert into webhook_endpoints (id, workspace_id, user_id, url, event_types, secret, is_verified, is_active, created_at, updated_at)
     values ($1, $2, $3, $4, '{*}', $5, true, true, $6, $6)`,
    [
      id,
      tenant.workspace_id,
      tenant.user_id,
      `http://127.0.0.1:${receiver.port}/${n}`,
      secrets.seal('ab'.repeat(32), id),
      new Date(),
    ],
  )
}
await database.client.query(`insert into event_listeners (workspace_id, is_listening) values ($1, true)`, [
  tenant.workspace_id,
])
await database.client.end()

// Some answers are late, so that kills meet deliveries in every state.
receiver.answer = (_post, response) => void setTimeout(() => response.end(), random() < 0.5 ? random() * 300 : 0)

const args = JSON.stringify({
  database_url: database.url,
  secret: BENCH_SECRET,
  sink_port: receiver.port,
  folder,
  connections: 1,
})
const workers = new Set<ChildProcess>()
let isOver = false
/** One that ends, killed or because PostgreSQL was away when it began, is followed by another, as by a supervisor. */
const startWorker = (): void => {
  const child = fork(new URL('./worker-program.ts', import.meta.url), [args], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
  })
  workers.add(child)
  child.once('exit', () => {
    workers.delete(child)
    if (!isOver) setTimeout(startWorker, 100)
  })
}

const withClient = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: database.url })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

/** Batches of a few events each; a tenth of the transactions is rolled back, and some die with PostgreSQL. */
const rolledBack = new Set<string>()
const write = async (): Promise<void> => {
  for (let written = 0; written < EVENTS; ) {
    const ids = Array.from({ length: 1 + Math.floor(random() * 8) }, () => newId())
    const isTaken = random() > 0.1
    try {
      await withClient(async (client) => {
        await client.query('begin')
        await client.query(
          `insert into events (event_id, workspace_id, email_id, event_type, occurred_at) select id, $1, id, 'delivered', $2 from unnest($3::uuid[]) id`,
          [tenant.workspace_id, new Date(), ids],
        )
        await pause(random() * 20)
        await client.query(isTaken ? 'commit' : 'rollback')
      })
      if (isTaken) written += ids.length
      else for (const id of ids) rolledBack.add(id)
    } catch {
      await pause(100)
    }
  }
}

for (let n = 0; n < WORKERS; n++) startWorker()
const started = performance.now()
const writing = write()
let kills = 0
while (kills < KILLS) {
  await pause(200 + random() * 800)
  const victims = [...workers].filter((child) => child.pid && child.exitCode === null)
  const victim = victims[Math.floor(random() * victims.length)]
  if (!victim) continue
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  kills++
  if (kills === Math.floor(KILLS / 2)) await server.restart('immediate')
}
await writing

/** Also what a dead process held, which is due again when its lease ends. */
const settled = async (): Promise<boolean> =>
  withClient(async (client) => {
    const { rows } = await client.query<{ left: number }>(
      `select ((select count(*) from event_outbox) + (select count(*) from webhook_deliveries where status = 'waiting'))::int as left`,
    )
    return rows[0]?.left === 0
  }).catch(() => false)
let isThrough = false
while (!isThrough && performance.now() - started < GIVE_UP_MS) {
  await pause(500)
  isThrough = await settled()
}
isOver = true
for (const worker of workers) worker.kill('SIGKILL')

const truth = await withClient(async (client) => {
  const { rows } = await client.query<{ event_id: string }>('select event_id from events')
  return new Set(rows.map(({ event_id }) => event_id))
})
const got = new Map<string, string[]>()
for (const { path, headers, body } of receiver.posts) {
  const key = `${path} ${headers['webhook-id']}`
  got.set(key, [...(got.get(key) ?? []), body])
}
const paths = Array.from({ length: ENDPOINTS }, (_, n) => `/${n}`)
const missing = paths.flatMap((path) => [...truth].filter((id) => !got.has(`${path} ${id}`)))
const invented = [...got.keys()].filter((key) => !truth.has(key.split(' ')[1] as string))
const changed = [...got.values()].filter((bodies) => new Set(bodies).size > 1)
const repeats = receiver.posts.length - got.size

const checks: [string, boolean, string][] = []
const check = (name: string, holds: boolean, detail: string): void => void checks.push([name, holds, detail])
check('everything that was captured is delivered', isThrough, `${truth.size} events`)
check(`at least ${KILLS} kills and a crash of PostgreSQL`, kills >= KILLS, `${kills} kills`)
check(
  'every event arrives at every endpoint',
  missing.length === 0,
  `${missing.length} of ${truth.size * ENDPOINTS} missing`,
)
check(
  'nothing arrives that did not become true',
  invented.length === 0,
  `${invented.length}, with ${rolledBack.size} events rolled back`,
)
check('a repeat has the same bytes', changed.length === 0, `${changed.length} changed`)
const most = (kills + WORKERS) * CONNECTIONS
check('repeats are no more than what the dead had in hand', repeats <= most, `${repeats} of ${most}`)
await receiver.close()
await server.stop()
await rm(folder, { recursive: true, force: true })
for (const [name, holds, detail] of checks) console.log(`${holds ? 'ok  ' : 'FAIL'} ${name} (${detail})`)
const failed = checks.filter(([, holds]) => !holds).length
const seconds = ((performance.now() - started) / 1000).toFixed(0)
console.log(`seed ${values.seed}: ${got.size} deliveries, ${kills} kills, ${seconds} s`)
console.log(`${checks.length - failed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
