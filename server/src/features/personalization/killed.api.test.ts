import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createDataset, createPayingTenant, type TestTenant } from '../../../test/builders.ts'
import { createTestDatabase, type Harness, startHarness, type TestDatabase } from '../../../test/harness.ts'
import { type ModelServer, startModelServer } from '../../../test/model-server.ts'
import { QUEUE_SCHEMA } from '../../db/migrate.ts'

/**
 * The process that writes is killed with SIGKILL while the model is asked, at the third and at the ninth lead, and the work is
 * taken up again: each lead has one message, and each message is paid for once.
 */
let h: Harness
let database: TestDatabase
let models: ModelServer
before(async () => {
  models = await startModelServer()
  database = await createTestDatabase()
  h = await startHarness({ database, env: { ...models.env('test-good'), LLM_CREDITS_PER_DRAFT: '2' } })
})
after(async () => {
  await h?.close()
  await database?.drop()
  await models?.close()
})

const LEADS = Array.from({ length: 12 }, (_, n) => ({
  first_name: `Person${n}`,
  company: `Havn ${n} AS`,
  industry: `Havn ${n} runs the container terminal of harbour ${n}`,
  email: `person${n}@havn.example`,
}))
const SENDER = { full_name: 'Grete Lind', company: 'Fjordlys', offer: 'Fjordlys plans the shifts of harbour crews.' }
const KILLED_AT = [2, 8]

const startWorker = (): ChildProcess =>
  fork(
    new URL('../../../test/draft-worker-program.ts', import.meta.url),
    [
      JSON.stringify({
        database_url: database.url,
        env: { ...models.env('test-good'), LLM_CREDITS_PER_DRAFT: '2', DATA_DIR: h.deps.config.data_dir },
      }),
    ],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] },
  )

/** Works until the model is asked about this lead, and dies there. */
const workUntil = async (lead: number): Promise<void> => {
  const asked = Promise.withResolvers<void>()
  models.decide(({ text }) => {
    if (!text.includes(`"Person${lead}"`)) return undefined
    asked.resolve()
    return 'silent'
  })
  const child = startWorker()
  const ended = once(child, 'exit')
  await Promise.race([asked.promise, ended.then(() => assert.fail('the worker ended by itself'))])
  child.kill('SIGKILL')
  await ended
  models.reset()
  // What the registry of processes does once the dead one has not been heard of for a while.
  await sql`
    update ${sql.ref(`${QUEUE_SCHEMA}._private_jobs`)} set locked_at = null, locked_by = null where locked_at is not null`.execute(
    h.deps.db,
  )
  await sql`update ${sql.ref(`${QUEUE_SCHEMA}._private_job_queues`)} set locked_at = null, locked_by = null`.execute(
    h.deps.db,
  )
}

const money = async (owner: TestTenant) => {
  const { rows } = await sql<{ used: number; held: number; entries: number }>`
    select (select coalesce(sum(used_credits), 0)::int from credit_packages where workspace_id = ${owner.workspace_id}) as used,
      (select coalesce(sum(credits), 0)::int from credit_holds where workspace_id = ${owner.workspace_id} and state = 'held') as held,
      (select count(*)::int from credit_entries where workspace_id = ${owner.workspace_id} and kind = 'consumption') as entries`.execute(
    h.deps.db,
  )
  return rows[0]
}

const drafts = async (owner: TestTenant) => {
  const { rows } = await sql<{ lead_index: number; status: string }>`
    select lead_index, status from generations where workspace_id = ${owner.workspace_id} order by lead_index`.execute(
    h.deps.db,
  )
  return rows
}
const EACH_ONCE = LEADS.map((_, lead_index) => ({ lead_index, status: 'generated' }))

test('a job whose process is killed twice writes one message to each lead and charges for each once', async () => {
  const owner = await createPayingTenant(h, 100)
  const requests = LEADS.map((lead) => ({ lead_data: { data: lead }, sender_data: { data: SENDER } }))
  const queued = await h.call<{ job_id: string }>('POST', '/api/v1/personalize/bulk', {
    as: owner.key,
    body: { requests },
  })
  assert.equal(queued.status, 202, queued.text)
  const seen: number[] = []
  for (const lead of KILLED_AT) {
    await workUntil(lead)
    const { body } = await h.call<{ processed_leads: number; status: string }>(
      'GET',
      `/api/v1/personalize/status/${queued.body.job_id}`,
      { as: owner.key },
    )
    assert.equal(body.status, 'processing')
    assert.equal(body.processed_leads, (await drafts(owner)).length, 'the count is true between two kills')
    seen.push(body.processed_leads)
  }
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  )
  assert.deepEqual(await money(owner), { used: 0, held: 24, entries: 0 })
  await h.worker.drain()
  assert.deepEqual(await drafts(owner), EACH_ONCE)
  assert.deepEqual(await money(owner), { used: 24, held: 0, entries: 1 })
})

test('a personalization session whose process is killed twice has one result for each lead and charges for each once', async () => {
  const owner = await createPayingTenant(h, 100)
  const dataset_id = await createDataset(h, owner, LEADS)
  const opened = await h.call<{ session_id: string }>('POST', `/api/v1/sessions/datasets/${dataset_id}/new-session`, {
    as: owner.key,
    body: { session_type: 'personalization', sender_data: SENDER },
  })
  const { session_id } = opened.body
  const started = await h.call('POST', `/api/v1/sessions/${session_id}/process`, { as: owner.key })
  assert.equal(started.status, 202, started.text)
  for (const lead of KILLED_AT) {
    await workUntil(lead)
    const { body } = await h.call<{ processed_count: number; status: string }>(
      'GET',
      `/api/v1/sessions/${session_id}/status`,
      { as: owner.key },
    )
    const { rows } = await sql`select 1 from session_results where session_id = ${session_id}`.execute(h.deps.db)
    assert.deepEqual([body.status, body.processed_count], ['processing', rows.length])
    assert.equal((await drafts(owner)).length, rows.length)
  }
  await h.worker.drain()
  assert.deepEqual(await drafts(owner), EACH_ONCE)
  const results = await h.call<{ items: { status: string; result: { personalised_email: string } }[] }>(
    'GET',
    `/api/v1/sessions/${session_id}/results`,
    { as: owner.key },
  )
  assert.equal(results.body.items.filter(({ status }) => status === 'completed').length, LEADS.length)
  for (const [n, { result }] of results.body.items.entries())
    assert.ok(result.personalised_email.startsWith(`Hi Person${n},`), result.personalised_email)
  assert.deepEqual(await money(owner), { used: 24, held: 0, entries: 1 })
})
