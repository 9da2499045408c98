import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { BENCH_SECRET, type BenchTenant, createBenchDatabase, createBenchTenant } from '../../bench/bench-database.ts'
import { readConfig } from '../../src/config.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts'
import { transaction } from '../../src/db/transaction.ts'
import { createDeps } from '../../src/deps.ts'
import { startChange } from '../../src/features/datasets/carry-out-change.ts'
import { createDataset } from '../../src/features/datasets/create-dataset.ts'
import type { DatasetChange, RowSelection } from '../../src/features/datasets/dataset-change.ts'
import { runChange } from '../../src/features/datasets/run-change.ts'
import { runSession } from '../../src/features/sessions/run-session.ts'
import { startProcessing } from '../../src/features/sessions/start-processing.ts'
import { newId } from '../../src/ids.ts'
import { createLogger } from '../../src/log.ts'

/**
 * Every long change of a dataset, and the processing of a session, is killed with SIGKILL in the middle and started again:
 * columns are renamed, mapped, added with a value and removed, rows changed, removed and restored by filter, datasets merged
 * and split, each on a dataset of its own and several at a time. Until a change is whole nothing of it shows; the counts of a
 * session are those of its results whenever it dies; and in the end rows, tables, results, counts and jobs are those of an
 * undisturbed run, byte for byte.
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '11000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const ROWS = Number(values.rows)
const LONGEST_WAIT_MS = 120_000

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
const startProcess = (): void => {
  child = fork(new URL('./worker-program.ts', import.meta.url), [args], {
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

type Tables = { who: BenchTenant; main: string; other: string }

const insertDataset = async (who: BenchTenant, columns: string[]): Promise<string> => {
  const dataset_id = newId()
  await transaction(deps.db, (tx) =>
    createDataset(tx, {
      workspace_id: who.workspace_id,
      user_id: who.user_id,
      dataset_id,
      dataset_name: 'Crash',
      pipeline_type: 'enrichment',
      source_type: 'csv',
      session_id: null,
      columns,
      column_mapping: Object.fromEntries(
        [
          ['Email', 'email'],
          ['Name', 'full_name'],
          ['Phone', 'phone'],
        ].filter(([column]) => columns.includes(column as string)),
      ),
      now: deps.clock.now(),
    }),
  )
  return dataset_id
}

/** A dataset of people and, for a merge, a second one that half of them are in with other cells. */
const build = async (who: BenchTenant, hasOther: boolean): Promise<Tables> => {
  const main = await insertDataset(who, ['Email', 'Work email', 'Name', 'Country', 'Score', 'Note'])
  await database.client.query(
    `insert into dataset_rows (id, workspace_id, dataset_id, row_index, source_row, email, data)
     select gen_random_uuid(), $1, $2, n, n + 2, case when n % 9 > 0 then 'p' || n || '@acme' || (n % 500) || '.example' end,
       jsonb_strip_nulls(jsonb_build_object('Email', case when n % 9 > 0 then 'p' || n || '@acme' || (n % 500) || '.example' end, 'Work email', case when n % 5 > 0 then 'W' || n || '@work.example' end,
         'Name', case when n % 11 > 0 then 'Pia Person' || n end, 'Country', (array['Norway', 'Germany', 'France'])[1 + n % 3], 'Score', (n % 100)::text, 'Note', 'note ' || n))
     from generate_series(0, $3::int - 1) n`,
    [who.workspace_id, main, ROWS],
  )
  const other = hasOther ? await insertDataset(who, ['Email', 'Name', 'Phone']) : main
  if (hasOther)
    await database.client.query(
      `insert into dataset_rows (id, workspace_id, dataset_id, row_index, source_row, email, data)
       select gen_random_uuid(), $1, $2, n, n + 2, email, jsonb_build_object('Email', email, 'Name', 'Other Person' || n, 'Phone', '+47 ' || n)
       from (select n, 'p' || (n * 2 + 1) || '@acme' || ((n * 2 + 1) % 500) || '.example' as email from generate_series(0, $3::int - 1) n) n`,
      [who.workspace_id, other, ROWS],
    )
  await database.client.query(
    `update datasets d set status = 'completed', row_count = (select count(*) from dataset_rows r where r.dataset_id = d.dataset_id) where dataset_id = any($1)`,
    [[main, other]],
  )
  return { who, main, other }
}

const where = (column: string, value: string): RowSelection => ({
  filter: { match: 'all', conditions: [{ column, operator: 'equals', value }] },
  search: null,
})

/** Begins a step over its own tables; answers its job. */
type Step = { name: string; hasOther?: boolean; begin: (tables: Tables) => Promise<string> }
const change = (name: string, make: (tables: Tables) => DatasetChange | Promise<DatasetChange>): Step => ({
  name,
  begin: async (tables) => {
    const { job_id } = await startChange(deps, tables.who, tables.main, { now: deps.clock.now() }, async () =>
      make(tables),
    )
    if (!job_id) throw new Error(`"${name}" needs no job; more --rows do.`)
    return job_id
  },
})
const steps: Step[] = [
  {
    name: 'a session, processed',
    begin: async ({ who, main }) => {
      const session_id = newId()
      await database.client.query(
        `insert into processing_sessions (session_id, workspace_id, user_id, session_type, status, dataset_id, created_at, updated_at) values ($1, $2, $3, 'enrichment', 'ready', $4, $5, $5)`,
        [session_id, who.workspace_id, who.user_id, main, deps.clock.now()],
      )
      return (await startProcessing(deps, who, session_id, { priority: 'normal' }, deps.clock.now())).job_id
    },
  },
  change('a column renamed', () => ({ kind: 'rename_column', column: 'Note', name: 'Remark' })),
  change('another column with the addresses', () => ({ kind: 'map_column', column: 'Work email', field: 'email' })),
  change('a column with a value', () => ({
    kind: 'add_column',
    name: 'Source',
    after: 'Name',
    field: null,
    value: 'the fair',
  })),
  change('a column removed', () => ({ kind: 'remove_column', column: 'Email' })),
  change('rows changed by filter', () => ({
    kind: 'update_rows',
    rows: where('Country', 'norway'),
    cells: { Country: 'Norge', Score: null },
  })),
  change('rows removed by filter', () => ({ kind: 'remove_rows', rows: where('Country', 'France') })),
  {
    name: 'rows restored',
    begin: async (tables) => {
      await database.client.query(`update dataset_rows set removed_at = $2 where dataset_id = $1`, [
        tables.main,
        new Date(),
      ])
      await database.client.query('update datasets set row_count = 0 where dataset_id = $1', [tables.main])
      return change('rows restored', () => ({ kind: 'restore_rows', rows: { all: true } })).begin(tables)
    },
  },
  {
    ...change('a merge that updates', ({ other }) => ({
      kind: 'merge',
      source_id: other,
      duplicates: 'update',
      archive_source: true,
      dry_run: false,
    })),
    hasOther: true,
  },
  change('a split that moves', async ({ who }) => ({
    kind: 'split',
    target_id: await insertDataset(who, []),
    rows: where('Country', 'Germany'),
    move: true,
  })),
]

type Job = { id: string; kind: string; status: string; told: string }
const jobsOf = async (who: BenchTenant): Promise<Map<string, Job>> => {
  const { rows } = await database.client.query<Job>(
    `select id, kind, status, status || ' ' || updated_at as told from jobs where workspace_id = $1`,
    [who.workspace_id],
  )
  return new Map(rows.map((job) => [job.id, job]))
}
const isOpen = (job: Job | undefined): boolean => job?.status === 'queued' || job?.status === 'running'

/** What somebody sees of a step, without ids and times. */
const sumOf = async (jobId: string, { main, other }: Tables): Promise<Record<string, string>> => {
  const { rows } = await database.client.query<Record<string, string>>(
    `with tables as (
       select d.*, row_number() over (order by dataset_id) as n from datasets d
       where dataset_id = any($2) or dataset_id = (select (request->>'target_id')::uuid from dataset_changes where job_id = $1))
     select
       (select md5(coalesce(string_agg(md5(concat_ws('|', t.n, r.row_index, r.source_row, r.email, r.linkedin_url, r.data, r.removed_at is null)), '' order by t.n, r.row_index, r.source_row, r.data::text), '')) || ' ' || count(*)
        from dataset_rows r join tables t using (dataset_id)) as rows,
       (select string_agg(concat_ws(' ', status, row_count, columns, column_mapping, archived_at is null), ', ' order by n) from tables) as datasets,
       (select md5(coalesce(string_agg(md5(concat_ws('|', row_index, status, result, error)), '' order by row_index), '')) || ' ' || count(*)
        from session_results where session_id in (select session_id from session_runs where job_id = $1)) as results,
       (select concat_ws(' ', s.status, s.processed_count, s.failed_count, r.status, r.leads_count, r.processed_count, r.failed_count, done_index, batch_index, cells_filled)
        from processing_sessions s join session_runs r using (session_id) where r.job_id = $1) as session,
       (select concat_ws(' ', kind, status) from dataset_changes where job_id = $1) as change,
       (select concat_ws(' ', kind, status, progress_done, progress_total, counts, message, result - '{removed_at,new_dataset_id}'::text[]) from jobs where id = $1) as job`,
    [jobId, [main, other]],
  )
  return rows[0] ?? {}
}
/** Of a change rows and tables as they show; of a session only whether its counts are those of its results. */
const visible = async (jobId: string, { main, other }: Tables, isSession: boolean): Promise<string> =>
  (
    await database.client.query<{ seen: string }>(
      isSession
        ? `select (s.processed_count = x.completed and s.failed_count = x.failed and r.processed_count = x.completed and r.failed_count = x.failed)::text as seen
           from session_runs r join processing_sessions s using (session_id) cross join lateral (
             select count(*) filter (where status = 'completed') as completed, count(*) filter (where status = 'failed') as failed from session_results x where x.session_id = s.session_id) x
           where r.job_id = $1`
        : `with tables as (
             select * from datasets where dataset_id = any($2) or dataset_id = (select (request->>'target_id')::uuid from dataset_changes where job_id = $1))
           select (select count(*) || ' ' || coalesce(bit_xor(hashtextextended(concat_ws('|', r.dataset_id, r.data, r.email, r.removed_at), r.row_index)), 0) from dataset_rows r join tables using (dataset_id))
             || ' ' || (select string_agg(concat_ws(' ', status, row_count, columns, column_mapping, archived_at), ', ' order by dataset_id) from tables) as seen`,
      isSession ? [jobId] : [jobId, [main, other]],
    )
  ).rows[0]?.seen ?? ''

const calm: Record<string, string>[] = []
const lasted: number[] = []
const undisturbed = await createBenchTenant(database.client, { aliases: 1 })
for (const [index, step] of steps.entries()) {
  const tables = await build(undisturbed, step.hasOther ?? false)
  const job_id = await step.begin(tables)
  const began = performance.now()
  const run = { job_id: '1', attempt: 1, signal: new AbortController().signal, log }
  await (index === 0 ? runSession({ job_id }, deps, run) : runChange({ job_id }, deps, run))
  lasted.push(performance.now() - began)
  calm.push(await sumOf(job_id, tables))
}

const checks: [string, boolean, string][] = []
// The domain of the first tenant would be in the way of the second.
await database.client.query(`update sending_domains set domain = 'calm.example'`)
await database.client.query(`update aliases set full_email = 'calm-' || full_email`)
await database.client.query(`update users set email = 'calm@example.com'`)
// What waits in the queue for the first run is done.
await database.client.query('delete from graphile_worker._private_jobs')
const under = await createBenchTenant(database.client, { aliases: 1 })
type Trial = {
  index: number
  name: string
  tables: Tables
  job_id: string
  before: string
  inTheMiddle: number
  shown: number
}
const trials: Trial[] = []
for (const [index, step] of steps.entries()) {
  const tables = await build(under, step.hasOther ?? false)
  const job_id = await step.begin(tables)
  const before = await visible(job_id, tables, index === 0)
  trials.push({ index, name: step.name, tables, job_id, before, inTheMiddle: 0, shown: 0 })
}
/** Holds rows of what no kill has met yet, so that a change comes to a stop in its middle however fast the machine is. */
const blocker = new pg.Client({ connectionString: database.url })
await blocker.connect()
const { rows: own } = await blocker.query<{ pid: number }>('select pg_backend_pid() as pid')
const hold = async (): Promise<void> => {
  const unmet = trials.filter(({ inTheMiddle }) => !inTheMiddle).map(({ tables }) => tables.main)
  await blocker.query('begin')
  await blocker.query('select 1 from dataset_rows where dataset_id = any($1) and row_index >= $2 for update', [
    unmet,
    Math.floor(random() * 0.8 * ROWS),
  ])
}
const countHeld = async (): Promise<number> => {
  const { rows } = await database.client.query<{ n: number }>(
    'select count(*)::int as n from pg_stat_activity where $1 = any(pg_blocking_pids(pid))',
    [own[0]?.pid],
  )
  return rows[0]?.n ?? 0
}

const deadline = performance.now() + LONGEST_WAIT_MS
let kills = 0
for (;;) {
  const told = await jobsOf(under)
  await hold()
  startProcess()
  /** Those that this process has begun and no kill has met yet. */
  let begun: Trial[] = []
  let seen = told
  while ([...seen.values()].some(isOpen) && performance.now() < deadline) {
    await pause(5)
    seen = await jobsOf(under)
    begun = trials.filter(
      ({ job_id, inTheMiddle }) =>
        !inTheMiddle && seen.get(job_id)?.status === 'running' && seen.get(job_id)?.told !== told.get(job_id)?.told,
    )
    if (begun.length && (await countHeld())) break
  }
  // It dies a random while later, when others have come as far.
  if (begun.length) await pause(random() * 100)
  const running = await jobsOf(under)
  if (!begun.length) {
    await blocker.query('rollback')
    break
  }
  await killProcess()
  await blocker.query('rollback')
  kills++
  // PostgreSQL notices that its client is gone at its next read; what it had not committed is then away.
  await pause(50)
  seen = await jobsOf(under)
  for (const trial of trials) {
    if (!isOpen(seen.get(trial.job_id))) continue
    const now = running.get(trial.job_id)
    if (now?.status === 'running' && now.told !== told.get(trial.job_id)?.told) trial.inTheMiddle++
    if ((await visible(trial.job_id, trial.tables, trial.index === 0)) !== trial.before) trial.shown++
  }
}
await blocker.end()
await killProcess()
for (const { index, name, tables, job_id, inTheMiddle, shown } of trials) {
  const sum = await sumOf(job_id, tables)
  const differs = Object.entries(calm[index] ?? {}).filter(([key, expected]) => sum[key] !== expected)
  checks.push([
    index === 0
      ? `${name}: its counts are those of its results whenever it dies`
      : `${name}: nothing shows before the end`,
    shown === 0,
    `${shown} times it did not hold`,
  ])
  checks.push([
    `${name}: everything is as after an undisturbed run`,
    differs.length === 0,
    differs.length
      ? differs.map(([key, expected]) => `${key}: ${sum[key]} instead of ${expected}`).join('; ')
      : `${inTheMiddle} times killed in the middle`,
  ])
}
const missed = trials.filter(({ inTheMiddle }) => !inTheMiddle)
checks.push([
  'each was killed in the middle',
  missed.length === 0,
  `${kills} kills${missed.length ? `; over before: ${missed.map(({ name }) => name).join(', ')}` : ''}`,
])

await deps.close()
await database.client.end()
await server.stop()
await rm(folder, { recursive: true, force: true })
for (const [name, holds, detail] of checks) console.log(`${holds ? 'ok  ' : 'FAIL'} ${name} (${detail})`)
console.log(
  `seed ${values.seed}: ${ROWS} rows, ${kills} kills, undisturbed ${lasted.map((ms) => (ms / 1000).toFixed(1)).join(' + ')} s, ${((performance.now() - started) / 1000).toFixed(0)} s in all`,
)
const failed = checks.filter(([, holds]) => !holds).length
console.log(`${checks.length - failed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
