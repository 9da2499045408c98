import { randomBytes } from 'node:crypto'
import { newId } from '../src/ids.ts'
import { sha256 } from '../src/secrets.ts'
import type { BenchContext, Measurement } from './bench.ts'
import { BENCH_SECRET, createBenchCampaign, createBenchDatabase, createBenchTenant } from './bench-database.ts'
import { startProgram } from './child-process.ts'
import { median } from './median.ts'

const SECONDS = 4
const CONNECTIONS = 10
const ROUNDS = 3

/** Closed-loop load: `CONNECTIONS` requests in flight for `SECONDS`. Returns answers a second. */
const load = async (url: string, key: string): Promise<number> => {
  let answered = 0
  const end = performance.now() + SECONDS * 1000
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } })
      const body = (await response.json()) as { items: unknown[] }
      if (response.status !== 200 || body.items.length !== 50) throw new Error(`unexpected answer ${response.status}`)
      answered++
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, loop))
  return answered / SECONDS
}

/**
 * `GET /api/v1/campaigns/` with a key, the limiter on and 50 rows, against a bare Fastify route that runs the same SQL. In
 * the same run a key is revoked in the first process and must be refused by a second within a second.
 */
export const measureApiList = async (context: BenchContext): Promise<Measurement> => {
  const database = await createBenchDatabase(context.database_url)
  try {
    const tenant = await createBenchTenant(database.client, { aliases: 2 })
    await database.client.query('update plans set requests_per_minute = 100000000')
    for (let i = 0; i < 200; i++)
      await createBenchCampaign(database.client, tenant, { name: `Campaign ${i}`, status: 'draft' })
    const keys = [
      `bav_live_${randomBytes(32).toString('base64url')}`,
      `bav_live_${randomBytes(32).toString('base64url')}`,
    ]
    for (const key of keys)
      await database.client.query(
        `insert into api_keys (id, workspace_id, user_id, name, key_prefix, key_hash, created_at) values ($1, $2, $3, 'bench', $4, $5, $6)`,
        [newId(), tenant.workspace_id, tenant.user_id, key.slice(0, 17), sha256(key), new Date()],
      )
    await database.client.query('analyze')
    const args = JSON.stringify({
      database_url: database.url,
      workspace_id: tenant.workspace_id,
      folder: context.folder,
      secret: BENCH_SECRET,
    })
    const first = await startProgram('./api-server.ts', [args, 'product'])
    const second = await startProgram('./api-server.ts', [args, 'product'])
    const bare = await startProgram('./api-server.ts', [args, 'bare'])
    try {
      const [key = '', doomed = ''] = keys
      const path = '/api/v1/campaigns/?limit=50'
      await load(first.line + path, key)
      await load(bare.line + path, key)
      const ours: number[] = []
      const limit: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        ours.push(await load(first.line + path, key))
        limit.push(await load(bare.line + path, key))
      }
      await checkRevocation(database, [first.line, second.line], doomed)
      context.note('a revoked key was refused by both processes within a second')
      return { ours: median(ours), limit: median(limit), unit: 'requests/s' }
    } finally {
      await Promise.all([first.stop(), second.stop(), bare.stop()])
    }
  } finally {
    await database.drop()
  }
}

const checkRevocation = async (
  database: Awaited<ReturnType<typeof createBenchDatabase>>,
  addresses: string[],
  key: string,
): Promise<void> => {
  const ask = async (address: string): Promise<number> =>
    (await fetch(`${address}/api/v1/auth/me`, { headers: { authorization: `Bearer ${key}` } })).status
  for (const address of addresses)
    if ((await ask(address)) !== 200) throw new Error('the key does not work before its revocation')
  await database.client.query('update api_keys set revoked_at = $2 where key_hash = $1', [sha256(key), new Date()])
  await new Promise((done) => setTimeout(done, 1_000))
  for (const address of addresses)
    if ((await ask(address)) !== 401) throw new Error('a revoked key was still believed after a second')
}
