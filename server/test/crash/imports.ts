import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { BENCH_SECRET, type BenchTenant, createBenchDatabase, createBenchTenant } from '../../bench/bench-database.ts'
import { readConfig } from '../../src/config.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts'
import { writeDemoCsv } from '../../src/demo/demo-leads.ts'
import { createDeps } from '../../src/deps.ts'
import { applyPlan } from '../../src/features/uploads/apply-plan.ts'
import { runImport } from '../../src/features/uploads/run-import.ts'
import { runUndo } from '../../src/features/uploads/run-undo.ts'
import { startAppend, startUpload } from '../../src/features/uploads/start-upload.ts'
import { undoImport } from '../../src/features/uploads/undo-import.ts'
import { newId } from '../../src/ids.ts'
import { createLogger } from '../../src/log.ts'

/**
 * Every long job of imports, while the process that does it is killed with SIGKILL at random moments and started again: a file
 * of 25,000 rows into a new dataset, a plan to update that from another file, the plan carried out, and both undone. Nothing
 * is visible before the end, and in the end rows, values, issues and counts are those of an undisturbed run, byte for byte.
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '25000' },
    kills: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const ROWS = Number(values.rows)
const KILLS = Number(values.kills)
const LONGEST_WAIT_MS = 180_000

/** A small seeded generator (mulberry32); the operating system adds its own chance. */
let state = Number(values.seed)
const random = (): number => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const started = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'bavlio-crash-'))
// Run by root, PostgreSQL would keep its data elsewhere if it could not enter, and nobody would remove them.
await chmod(folder, 0o711)
const log = createLogger('error')
const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log })
const database = await createBenchDatabase(server.url)
const deps = await createDeps({
  config: readConfig({ DATABASE_URL: database.url, SECRET_KEY: BENCH_SECRET, DATA_DIR: folder }),
  database_url: database.url,
  secret_key: BENCH_SECRET,
  log,
})

const args = JSON.stringify({
  database_url: database.url,
  secret: BENCH_SECRET,
  folder,
  sink_port: 2525,
  connections: 1,
})
let child: ChildProcess | null = null
/** Starts the process, unless it lives: one step is ended by the process that is killed first in the next. */
const startProcess = (): void => {
  child ??= fork(new URL('./worker-program.ts', import.meta.url), [args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  })
}
const killProcess = async (): Promise<void> => {
  const victim = child
  child = null
  if (!victim || victim.exitCode !== null) return
  const ended = once(victim, 'exit')
  victim.kill('SIGKILL')
  await ended
  // A minute passes for the dead one, after which its job goes back to the queue.
  await database.client.query(`update processes set heartbeat_at = heartbeat_at - interval '1 minute' where pid = $1`, [
    victim.pid,
  ])
}

const fresh = writeDemoCsv(ROWS, 'crash')
/** Half of the same people with other cells and one column more, some of them twice, and a new one. */
const later = (() => {
  const lines = fresh.split('\n')
  const header = (lines[0] ?? '').replace('\ufeff', '')
  const body = lines.slice(1).filter(Boolean)
  const changed = body.map(
    (line, n) => `${n % 5},${n % 3 === 0 ? line.replace(/Head|Director|Manager/, 'Chief') : line}`,
  )
  const twice = changed.slice(0, 2_000).map((line) => `1${line}`)
  const newcomer = `9,${(body[0] ?? '').replaceAll('@', '.new@')}`
  return [`Wave,${header}`, ...changed.slice(0, Math.floor(ROWS / 2)), ...twice, newcomer, ''].join('\n')
})()

const uploaded = async (content: string) => {
  const path = join(folder, newId())
  await writeFile(path, content)
  return {
    filename: 'leads.csv',
    mime_type: 'text/csv',
    path,
    size_bytes: Buffer.byteLength(content),
    sha256: createHash('sha256').update(content).digest(),
  }
}
const openSession = async (who: BenchTenant): Promise<string> => {
  const session_id = newId()
  await database.client.query(
    `insert into processing_sessions (session_id, workspace_id, user_id, session_type, status, created_at, updated_at) values ($1, $2, $3, 'enrichment', 'created', $4, $4)`,
    [session_id, who.workspace_id, who.user_id, deps.clock.now()],
  )
  return session_id
}

type Step = { name: string; begin: (who: BenchTenant, dataset: string | null) => Promise<string> }
let first = ''
let planned = ''
const steps: Step[] = [
  {
    name: 'a new dataset',
    begin: async (who) => {
      first = (await startUpload(deps, who, await openSession(who), await uploaded(fresh), {}, deps.clock.now()))
        .import_id
      return first
    },
  },
  {
    name: 'a plan to update it',
    begin: async (who, dataset) => {
      const fields = { duplicates: 'update' as const, dry_run: true }
      planned = (await startAppend(deps, who, String(dataset), await uploaded(later), fields, deps.clock.now()))
        .import_id
      return planned
    },
  },
  {
    name: 'that plan, carried out',
    begin: async (who) => (await applyPlan(deps, who, planned, deps.clock.now())).import_id,
  },
  {
    name: 'the update undone',
    begin: async (who) => (await undoImport(deps, who, planned, deps.clock.now())).import_id,
  },
  {
    name: 'the import undone',
    begin: async (who) => (await undoImport(deps, who, first, deps.clock.now())).import_id,
  },
]

type Look = { job_id: string; kind: string; status: string; told_at: Date | null }
const look = async (importId: string): Promise<Look> =>
  (
    await database.client.query<Look>(
      `select j.id as job_id, j.kind, j.status, case when j.status = 'running' then j.updated_at end as told_at
       from imports i join jobs j on j.id = coalesce(i.undo_job_id, i.job_id) where i.import_id = $1`,
      [importId],
    )
  ).rows[0] ?? { job_id: '', kind: '', status: 'gone', told_at: null }

const isOpen = ({ status }: Look): boolean => status === 'queued' || status === 'running'

/** What somebody sees of a workspace, as one hash each of rows in order, of issues, of changes and of counts. */
const sumOf = async (who: BenchTenant): Promise<Record<string, string>> => {
  const { rows } = await database.client.query<Record<string, string>>(
    `select
       (select md5(coalesce(string_agg(md5(concat_ws('|', row_index, source_row, email, linkedin_url, data)), '' order by row_index), '')) || ' ' || count(*)
        from dataset_rows where workspace_id = $1 and removed_at is null) as rows,
       (select md5(coalesce(string_agg(md5(concat_ws('|', i.n, s.seq, s.source_row, s.severity, s.code, s.message, s.column_name, s.row_values)), '' order by i.n, s.seq), '')) || ' ' || count(*)
        from import_issues s join (select import_id, row_number() over (order by import_id) as n from imports where workspace_id = $1) i using (import_id)) as issues,
       (select md5(coalesce(string_agg(md5(concat_ws('|', c.source_row, c.action, c.cells, c.email)), '' order by c.import_id, c.seq), '')) || ' ' || count(*)
        from import_changes c where workspace_id = $1) as changes,
       (select string_agg(concat_ws(' ', status, is_plan, rows_read, rows_imported, rows_updated, rows_unchanged, rows_rejected, rows_duplicate, rows_known), ', ' order by import_id)
        from imports where workspace_id = $1) as counts,
       (select string_agg(concat_ws(' ', status, row_count, columns), ', ' order by dataset_id) from datasets where workspace_id = $1) as datasets,
       (select string_agg(concat_ws(' ', status, counts), ', ' order by id) from jobs where workspace_id = $1) as jobs`,
    [who.workspace_id],
  )
  return rows[0] ?? {}
}
const visibleRows = async (who: BenchTenant): Promise<string> =>
  (
    await database.client.query<{ seen: string }>(
      `select count(*) || ' ' || coalesce(bit_xor(hashtextextended(data::text, row_index)), 0) as seen from dataset_rows where workspace_id = $1 and removed_at is null`,
      [who.workspace_id],
    )
  ).rows[0]?.seen ?? ''
const datasetOf = async (importId: string): Promise<string | null> =>
  (await database.client.query('select dataset_id from imports where import_id = $1', [importId])).rows[0]?.dataset_id

const undisturbed = await createBenchTenant(database.client, { aliases: 1 })
await database.client.query('delete from datasets where workspace_id = $1', [undisturbed.workspace_id])
const calm: Record<string, string>[] = []
const lasted: number[] = []
let dataset: string | null = null
for (const step of steps) {
  const importId = await step.begin(undisturbed, dataset)
  const began = performance.now()
  const { job_id, kind, status } = await look(importId)
  if (status !== 'queued') throw new Error(`${step.name} is no job: too few rows.`)
  const run = kind === 'undo_import' ? runUndo : runImport
  await run({ import_id: importId, job_id }, deps, {
    job_id: '1',
    attempt: 1,
    signal: new AbortController().signal,
    log,
  })
  lasted.push(performance.now() - began)
  dataset = (await datasetOf(importId)) ?? dataset
  calm.push(await sumOf(undisturbed))
}

const checks: [string, boolean, string][] = []
// The domain of the first tenant would be in the way of the second.
await database.client.query(`update sending_domains set domain = 'calm.example'`)
await database.client.query(`update aliases set full_email = 'calm-' || full_email`)
await database.client.query(`update users set email = 'calm@example.com'`)
// Its sums are taken; its people would only keep the processes busy that are to be killed at their imports.
await database.client.query('delete from dataset_rows where workspace_id = $1', [undisturbed.workspace_id])
const under = await createBenchTenant(database.client, { aliases: 1 })
await database.client.query('delete from datasets where workspace_id = $1', [under.workspace_id])
let kills = 0
let inTheMiddle = 0
let resumedAfter = 0
dataset = null
for (const [index, step] of steps.entries()) {
  const before = await visibleRows(under)
  let early = 0
  let middle = 0
  const importId = await step.begin(under, dataset)
  /** What the process that was killed last has said; a new one says something newer as soon as it begins. */
  let last: number | undefined
  const begun = async (): Promise<void> => {
    const from = performance.now()
    let seen = await look(importId)
    while (isOpen(seen) && (seen.told_at?.getTime() ?? last) === last && performance.now() < from + LONGEST_WAIT_MS) {
      await pause(10)
      seen = await look(importId)
    }
    if (last !== undefined) resumedAfter = Math.max(resumedAfter, performance.now() - from)
  }
  // The first job is killed once more, so that one is resumed twice.
  for (let round = index === 0 ? -1 : 0; round < KILLS; round++) {
    startProcess()
    await begun()
    // It dies a random while after it began; not too late, or it might be through on a fast machine.
    await pause(random() * 0.4 * (lasted[index] ?? 1_000))
    await killProcess()
    last = (await look(importId)).told_at?.getTime()
    kills++
    // PostgreSQL notices that its client is gone at its next read; what it had not committed is then away.
    await pause(50)
    if (!isOpen(await look(importId))) break
    middle++
    if ((await visibleRows(under)) !== before) early++
  }
  startProcess()
  await begun()
  const deadline = performance.now() + LONGEST_WAIT_MS
  while (isOpen(await look(importId)) && performance.now() < deadline) await pause(50)
  dataset = (await datasetOf(importId)) ?? dataset
  const sum = await sumOf(under)
  const differs = Object.entries(calm[index] ?? {}).filter(([name, expected]) => sum[name] !== expected)
  inTheMiddle += middle
  checks.push([
    `${step.name}: killed in the middle, and nothing was visible before the end`,
    middle > 0 && early === 0,
    `${middle} kills, visible ${early} times`,
  ])
  checks.push([
    `${step.name}: rows, issues, changes and counts are those of an undisturbed run`,
    differs.length === 0,
    differs.length
      ? differs.map(([name, expected]) => `${name}: ${sum[name]} instead of ${expected}`).join('; ')
      : `${sum.rows}`,
  ])
}
const [imported, , updated, restored, emptied] = calm
checks.push([
  'the update changed rows, undoing it gave them back as they were, and undoing the import left none',
  imported?.rows !== updated?.rows &&
    imported?.rows === restored?.rows &&
    imported?.datasets === restored?.datasets &&
    emptied?.rows?.endsWith(' 0') === true,
  `${imported?.rows}, ${updated?.rows}, ${restored?.rows}, ${emptied?.rows}`,
])
checks.push([
  'what a dead process had begun is taken up soon',
  resumedAfter < 40_000,
  `after ${(resumedAfter / 1000).toFixed(1)} s at most`,
])

await killProcess()
await deps.close()
await database.client.end()
await server.stop()
await rm(folder, { recursive: true, force: true })
for (const [name, holds, detail] of checks) console.log(`${holds ? 'ok  ' : 'FAIL'} ${name} (${detail})`)
console.log(
  `seed ${values.seed}: ${ROWS} rows, ${kills} kills, ${inTheMiddle} in the middle, undisturbed ${lasted.map((ms) => (ms / 1000).toFixed(1)).join(' + ')} s, ${((performance.now() - started) / 1000).toFixed(0)} s in all`,
)
const failed = checks.filter(([, holds]) => !holds).length
console.log(`${checks.length - failed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
