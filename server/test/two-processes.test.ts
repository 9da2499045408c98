import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createAliases, createDataset, createTemplate, createTenant } from './builders.ts'
import { createTestDatabase, type Harness, startHarness, type TestAnswer, type TestDatabase } from './harness.ts'

/** The product as it runs on several machines: two API and two worker processes, started by their command, on one database. */
const SECRET = '5a'.repeat(32)
const LEADS = 60

type Program = { child: ChildProcess; address: string | null; output: () => string }

let database: TestDatabase
let folder: string
let maker: Harness | undefined
const programs: Program[] = []

const start = async (role: 'api' | 'worker', base_url?: string | null): Promise<Program> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts'), 'start', role], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: database.url,
      SECRET_KEY: SECRET,
      DATA_DIR: folder,
      PORT: '0',
      LOG_LEVEL: 'error',
      ...(base_url ? { BASE_URL: base_url } : {}),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stderr?.on('data', (chunk) => {
    text += chunk
  })
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      text += chunk
      if (/^ready/m.test(text)) resolve()
    })
    child.once('exit', (code) => reject(new Error(`${role} ended with ${code}: ${text}`)))
  })
  await ready
  const program = { child, address: /^ready (http:\S+)/m.exec(text)?.[1] ?? null, output: () => text }
  programs.push(program)
  return program
}

before(async () => {
  database = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'bavlio-two-'))
  const [{ address }] = await Promise.all([start('api'), start('api')])
  await Promise.all([start('worker', address), start('worker', address)])
  maker = await startHarness({ database, start: new Date() })
})

after(async () => {
  await maker?.close()
  for (const { child } of programs) child.kill('SIGKILL')
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

const call = async <T>(
  program: Program | undefined,
  method: string,
  path: string,
  key: string,
  body?: unknown,
): Promise<TestAnswer<T>> => {
  const response = await fetch(`${program?.address}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, headers: {}, body: text ? JSON.parse(text) : undefined, text } as never
}

const until = async <T>(what: string, look: () => Promise<T | null>): Promise<T> => {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await pause(150)) {
    const found = await look()
    if (found !== null) return found
  }
  throw new Error(`waited a minute for ${what}: ${programs.map(({ output }) => output()).join('\n')}`)
}

test('two API and two worker processes run a campaign together: each lead has each message once', async () => {
  const [first, second] = programs.filter(({ address }) => address)
  const h = maker as Harness
  const tenant = await createTenant(h)
  const { alias_ids } = await createAliases(h, tenant, { count: 6 })
  const rows = Array.from({ length: LEADS }, (_, i) => ({ email: `p${i}+accept@people.example`, first_name: `P${i}` }))
  const dataset_id = await createDataset(h, tenant, rows)
  const template_id = await createTemplate(h, tenant, { subject: 'Hello', body: 'Hi {{ first_name }}' })
  const made = await call<{ campaign_id: string }>(first, 'POST', '/api/v1/campaigns/', tenant.key, {
    name: 'Together',
    dataset_id,
    alias_ids,
    min_interval_seconds: 60,
    steps: [{ step: 1, delay_days: 0, variants: [{ label: 'A', weight: 100, type: 'TEMPLATE', template_id }] }],
  })
  assert.equal(made.status, 201, made.text)
  const path = `/api/v1/campaigns/${made.body.campaign_id}`
  assert.equal((await call(second, 'POST', `${path}/launch`, tenant.key)).status, 200)
  const started = await call<{ job_id: string }>(
    first,
    'POST',
    `/api/v1/workspaces/${tenant.workspace_id}/clock/advance`,
    tenant.key,
    { until_idle: true },
  )
  assert.equal(started.status, 202, started.text)
  await until('the clock', async () => {
    const job = await call<{ status: string }>(second, 'GET', `/api/v1/jobs/${started.body.job_id}`, tenant.key)
    return job.body.status === 'completed' ? job : null
  })
  const stats = await call<{ status: string; sent: number; delivered: number }>(
    second,
    'GET',
    `${path}/stats`,
    tenant.key,
  )
  assert.deepEqual([stats.body.status, stats.body.sent, stats.body.delivered], ['completed', LEADS, LEADS])
})

test('a key that is revoked through one API process is refused by the other within a second', async () => {
  const [first, second] = programs.filter(({ address }) => address)
  const h = maker as Harness
  const tenant = await createTenant(h)
  assert.equal((await call(first, 'GET', '/api/v1/auth/me', tenant.key)).status, 200)
  assert.equal((await call(second, 'GET', '/api/v1/auth/me', tenant.key)).status, 200)
  const keys = await call<{ keys: { id: string }[] }>(first, 'GET', '/api/v1/api-keys', tenant.key)
  const revoked = await call(first, 'DELETE', `/api/v1/api-keys/${keys.body.keys[0]?.id}`, tenant.session)
  assert.equal(revoked.status, 204, revoked.text)
  await pause(1_000)
  for (const program of [first, second])
    assert.equal((await call(program, 'GET', '/api/v1/auth/me', tenant.key)).status, 401)
})

test('every process ends by itself, and cleanly, when it is asked to', async () => {
  for (const { child } of programs) child.kill('SIGTERM')
  const codes = await Promise.all(
    programs.map(async ({ child }) =>
      child.exitCode === null ? ((await once(child, 'exit')) as [number])[0] : child.exitCode,
    ),
  )
  assert.deepEqual(
    codes,
    programs.map(() => 0),
  )
})
