import { sql } from 'kysely'
import { readConfig } from '../src/config.ts'
import { createDeps } from '../src/deps.ts'
import { queueDrafts } from '../src/features/personalization/queue-drafts.ts'
import { runDrafts } from '../src/features/personalization/run-drafts.ts'
import { createLogger } from '../src/log.ts'
import { BENCH_SECRET } from './bench-database.ts'
import { DRAFT_SENDER, draftLead } from './draft-leads.ts'
import { takeTurns } from './turns.ts'

/**
 * Writes the messages of jobs, as a worker process does. Answers each number of drafts it is sent with a Turn, of which queueing
 * them is no part, and looks afterwards whether all are there, passed, and took two calls each.
 */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  database_url: string
  folder: string
  port: number
  workspace_id: string
  user_id: string
  jobs_at_once: number
  at_once: number
  leads: number
}
const log = createLogger('error')
const deps = await createDeps({
  config: readConfig({
    DATABASE_URL: args.database_url,
    SECRET_KEY: BENCH_SECRET,
    DATA_DIR: args.folder,
    EGRESS_ALLOW: `127.0.0.1:${args.port}`,
    LLM_PROVIDER: 'openai_compatible',
    LLM_BASE_URL: `http://127.0.0.1:${args.port}/v1`,
    LLM_MODEL: 'bench',
    LLM_CONCURRENCY: String(args.at_once),
  }),
  database_url: args.database_url,
  secret_key: BENCH_SECRET,
  log,
})
const who = { workspace_id: args.workspace_id, user_id: args.user_id }
const queue = async (first: number, leads: number): Promise<string> => {
  const requests = Array.from({ length: leads }, (_, n) => ({
    lead_data: { data: draftLead(first + n) },
    sender_data: { data: DRAFT_SENDER },
  }))
  const { job_id } = await queueDrafts(deps, who, requests, deps.clock.now())
  const { rows } = await sql<{ run_id: string }>`select run_id from generation_runs where job_id = ${job_id}`.execute(
    deps.db,
  )
  return rows[0]?.run_id as string
}
const work = (run_id: string): Promise<void> =>
  runDrafts({ run_id }, deps, { job_id: '0', attempt: 1, signal: new AbortController().signal, log })

let queued = 0
const runs: string[] = []
const prepare = async (drafts: number): Promise<void> => {
  runs.length = 0
  for (let left = drafts; left > 0; left -= args.leads) {
    runs.push(await queue(queued, args.leads))
    queued += args.leads
  }
}
const writeAll = async (): Promise<void> => {
  const waiting = [...runs]
  const workSome = async (): Promise<void> => {
    for (let run_id = waiting.shift(); run_id; run_id = waiting.shift()) await work(run_id)
  }
  await Promise.all(Array.from({ length: args.jobs_at_once }, workSome))
}
const examine = async (wanted: number): Promise<void> => {
  const { rows } = await sql<{ drafts: number; passed: number; attempts: number }>`
    select count(*)::int as drafts, count(*) filter (where (quality->>'passed')::boolean)::int as passed, sum((use->>'attempts')::int)::int as attempts
    from generations where run_id = any(${runs}::uuid[]) and status = 'generated'`.execute(deps.db)
  const { drafts, passed, attempts } = rows[0] as { drafts: number; passed: number; attempts: number }
  if (drafts !== wanted || passed !== drafts || attempts !== drafts * 2) {
    const failed = await sql<{ text: string }>`
      select c.value::text || ' ' || g.body as text from generations g, json_array_elements(g.quality->'checks') c
      where g.run_id = any(${runs}::uuid[]) and json_typeof(c.value) = 'object' limit 5`.execute(deps.db)
    const why = failed.rows.map(({ text }) => text).join('\n')
    throw new Error(
      `${drafts} drafts, ${passed} of them passed, took ${attempts} calls: not one message and look each.\n${why}`,
    )
  }
}
takeTurns(writeAll, { prepare, examine })
