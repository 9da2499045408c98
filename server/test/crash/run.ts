import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import {
  BENCH_SECRET,
  createBenchCampaign,
  createBenchDatabase,
  createBenchTenant,
  insertBenchLeads,
} from '../../bench/bench-database.ts'
import { startProgram } from '../../bench/child-process.ts'
import { readConfig } from '../../src/config.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts'
import { createDeps } from '../../src/deps.ts'
import { settleUnknown } from '../../src/features/emails/settle-unknown.ts'
import { createLogger } from '../../src/log.ts'

/**
 * `npm run test:crash`: a campaign of 5,000 leads and two steps, while worker processes are killed with SIGKILL at random
 * moments and PostgreSQL is restarted twice, once as by a crash. Counted at the sink: no lead gets a step twice, at most
 * kills × connections messages are unknown, and every other lead has each step exactly once (DOMAIN.md §5).
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    leads: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const KILLS = Number(values.kills)
const LEADS = Number(values.leads)
const CONNECTIONS = 10
const WORKERS = 2
const ALIASES = 250
const STEPS = 2
const GIVE_UP_MS = 8 * 60_000

/** A small seeded generator (mulberry32), so that a run can be told from its seed; the operating system adds its own chance. */
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
const log = createLogger('error')
const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log })
const database = await createBenchDatabase(server.url)
const sink = await startProgram('../test/crash/counting-sink.ts')
const tenant = await createBenchTenant(database.client, { aliases: ALIASES })
await database.client.query(`update templates set subject = 'Step', body = 'Hello {{ first_name }}'`)
const campaign = await createBenchCampaign(database.client, tenant, { steps: STEPS })
// One second between two messages of an alias, below what the API allows: the kills are to meet traffic, not pauses.
await database.client.query(
  `update campaigns set min_interval_seconds = 1, steps_config = (
     select jsonb_agg(jsonb_set(s, '{delay_days}', '0') order by s->>'step') from jsonb_array_elements(steps_config) s)`,
)
await insertBenchLeads(database.client, tenant, campaign, {
  count: LEADS,
  first: 1,
  due_at: new Date(Date.now() - 1000),
})
await database.client.query(`update campaign_leads set variant_assignments = '{"1":"A","2":"A"}'`)
await database.client.query(
  `insert into templates select gen_random_uuid(), workspace_id, user_id, name, 'Step 2', body, body_text, created_at, updated_at from templates`,
)
await database.client.query(
  `update campaigns set steps_config = jsonb_set(steps_config, '{1,variants,0,template_id}', (select to_jsonb(template_id) from templates where subject = 'Step 2'))`,
)
await database.client.query(`update templates set subject = 'Step 1' where subject = 'Step'`)
await database.client.query('analyze')
await database.client.end()

const args = JSON.stringify({
  database_url: database.url,
  secret: BENCH_SECRET,
  sink_port: Number(sink.line),
  folder,
  connections: CONNECTIONS,
})
const workers = new Set<ChildProcess>()
/** Whether a worker that ends by itself is started again. */
let isWatched = true
const startWorker = (): void => {
  const child = fork(new URL('./worker-program.ts', import.meta.url), [args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  })
  workers.add(child)
  child.once('exit', (_code, signal) => {
    workers.delete(child)
    // One that came up while PostgreSQL was away ends by itself; whoever runs the product starts it again.
    if (signal !== 'SIGKILL') setTimeout(() => isWatched && startWorker(), 500)
  })
}

/** One question to the database, asked again while PostgreSQL is away. */
const ask = async <T extends pg.QueryResultRow>(text: string, params: unknown[] = []): Promise<T[]> => {
  for (;;) {
    const client = new pg.Client({ connectionString: database.url })
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query<T>(text, params)
      await client.end()
      return rows
    } catch {
      await client.end().catch(() => {})
      await pause(200)
    }
  }
}

for (let i = 0; i < WORKERS; i++) startWorker()
const started = performance.now()
let kills = 0
let restarts = 0
const deadline = started + GIVE_UP_MS
const left = async (): Promise<{ queued: number; sending: number; live: number }> =>
  (
    await ask<{ queued: number; sending: number; live: number }>(
      `select (select count(*)::int from emails where status in ('queued', 'scheduled')) as queued, (select count(*)::int from emails where status = 'sending') as sending,
         (select count(*)::int from campaign_leads where next_action_at is not null) as live`,
    )
  )[0] as never

while (kills < KILLS && performance.now() < deadline) {
  await pause(300 + random() * 900)
  const victims = [...workers].filter((child) => child.pid && child.exitCode === null)
  const victim = victims[Math.floor(random() * victims.length)]
  if (victim) {
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    kills++
    startWorker()
  }
  if (restarts < 2 && kills >= ((restarts + 1) * KILLS) / 3) {
    await server.restart(restarts === 0 ? 'immediate' : 'fast')
    restarts++
  }
  if (kills % 10 === 0)
    console.error(`${kills} kills, ${restarts} restarts of PostgreSQL, ${JSON.stringify(await left())}`)
}
const underFire = await left()
console.error(
  `the killing is over after ${((performance.now() - started) / 1000).toFixed(0)} s: ${JSON.stringify(underFire)}`,
)

// What a dead process had claimed is settled 15 minutes later. Here that time passes at once, so nobody may be alive while
// it does: a living sender has far longer than its messages take.
const config = readConfig({ DATABASE_URL: database.url, SECRET_KEY: BENCH_SECRET, DATA_DIR: folder })
const deps = await createDeps({ config, database_url: database.url, secret_key: BENCH_SECRET, log })
isWatched = false
for (const worker of [...workers]) {
  worker.kill('SIGKILL')
  await once(worker, 'exit')
  kills++
}
let settled = 0
for (;;) {
  const some = await settleUnknown(deps, tenant.workspace_id, new Date(Date.now() + 16 * 60_000))
  if (!some) break
  settled += some
}
isWatched = true
for (let i = 0; i < WORKERS; i++) startWorker()
let isThrough = false
while (!isThrough && performance.now() < deadline) {
  await pause(500)
  const { queued, sending, live } = await left()
  isThrough = queued === 0 && sending === 0 && live === 0
}
isWatched = false
for (const worker of workers) worker.kill('SIGKILL')

sink.child.send('counts')
const [counted] = (await once(sink.child, 'message')) as [[string, number][]]
const atSink = new Map(counted)
const rows = await ask<{ to_email: string; step: number; status: string; verdict: string | null }>(
  `select to_email, step, status, verdict from emails`,
)
const figures = (
  await ask<{ sent: number; delivered: number; unknown: number }>(
    `select sum(sent)::int as sent, sum(delivered)::int as delivered, sum(unknown)::int as unknown from campaign_step_counts`,
  )
)[0]

const checks: [string, boolean, string][] = []
const check = (name: string, holds: boolean, detail: string): void => void checks.push([name, holds, detail])
const doubled = counted.filter(([, n]) => n > 1)
const unknownRows = rows.filter(({ verdict }) => verdict === 'unknown')
const missing = rows.filter(
  ({ to_email, step, verdict }) => verdict === 'accepted' && atSink.get(`${to_email} Step ${step}`) !== 1,
)
const strangers = counted.filter(([key]) => !rows.some(({ to_email, step }) => key === `${to_email} Step ${step}`))
check('the campaign came to its end', isThrough, JSON.stringify(await left()))
check(
  `at least ${KILLS} kills and two restarts of PostgreSQL`,
  kills >= KILLS && restarts === 2,
  `${kills} kills, ${restarts} restarts`,
)
check('no lead got a step twice', doubled.length === 0, doubled.slice(0, 3).join('; '))
check(
  'at most kills × connections are unknown',
  unknownRows.length <= kills * CONNECTIONS,
  `${unknownRows.length} of ${kills * CONNECTIONS}`,
)
check(
  'every lead has each step once: accepted, and at the sink',
  rows.length === LEADS * STEPS && missing.length === 0,
  `${rows.length} messages, ${missing.length} accepted ones not at the sink`,
)
check('the sink has nothing that we do not know of', strangers.length === 0, strangers.slice(0, 3).join('; '))
check(
  'every message is accepted or unknown',
  rows.every(({ verdict }) => verdict === 'accepted' || verdict === 'unknown'),
  JSON.stringify(rows.find(({ verdict }) => verdict !== 'accepted' && verdict !== 'unknown') ?? {}),
)
check(
  'the figures are a recount',
  figures?.sent === rows.length &&
    figures.unknown === unknownRows.length &&
    figures.delivered === rows.length - unknownRows.length,
  JSON.stringify(figures),
)
const lost = unknownRows.filter(({ to_email, step }) => !atSink.has(`${to_email} Step ${step}`)).length

await deps.close()
await sink.stop()
await server.stop()
await rm(folder, { recursive: true, force: true })
for (const [name, holds, detail] of checks) console.log(`${holds ? 'ok  ' : 'FAIL'} ${name} (${detail})`)
console.log(
  `seed ${values.seed}: ${LEADS} leads, ${kills} kills, ${restarts} restarts, ${unknownRows.length} unknown of which ${lost} never arrived, ${settled} settled, ${((performance.now() - started) / 1000).toFixed(0)} s`,
)
const failed = checks.filter(([, holds]) => !holds).length
console.log(`${checks.length - failed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
