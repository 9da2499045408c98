import { randomBytes } from 'node:crypto'
import { newId } from '../src/ids.ts'
import { sha256 } from '../src/secrets.ts'
import type { BenchContext, Measurement } from './bench.ts'
import { BENCH_SECRET, createBenchCampaign, createBenchDatabase, createBenchTenant } from './bench-database.ts'
import { startProgram } from './child-process.ts'
import { median } from './median.ts'

const LEADS = 200
/** Other batches of the same campaign, which the question must not read. */
const BATCHES = 20
const SECONDS = 3
const CONNECTIONS = 10
const ROUNDS = 3

const load = async (url: string, key: string): Promise<number> => {
  let answered = 0
  const end = performance.now() + SECONDS * 1000
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } })
      const body = (await response.json()) as { per_lead: unknown[] }
      if (response.status !== 200 || body.per_lead.length !== LEADS)
        throw new Error(`unexpected answer ${response.status} with ${body.per_lead?.length} leads`)
      answered++
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, loop))
  return answered / SECONDS
}

/**
 * The status of a playground batch of 200 leads, as clients poll it, against a bare Fastify route that reads the same rows by
 * their index: the price of key, limiter, ownership, counts and the checks between.
 */
export const measurePlaygroundStatus = async (context: BenchContext): Promise<Measurement> => {
  const database = await createBenchDatabase(context.database_url)
  const { client } = database
  try {
    const tenant = await createBenchTenant(client, { aliases: 1 })
    await client.query('update plans set requests_per_minute = 100000000')
    const campaign_id = await createBenchCampaign(client, tenant, { status: 'draft' })
    const now = new Date()
    const leads = Array.from({ length: LEADS }, () => newId())
    await client.query(
      `insert into campaign_leads (campaign_lead_id, workspace_id, campaign_id, dataset_row_id, row_index, status, email, lead_data, zone, created_at, updated_at)
       select id, $2, $3, gen_random_uuid(), n, 'pending', 'lead' || n || '@people.example', '{}', '', $4, $4 from unnest($1::uuid[]) with ordinality as l (id, n)`,
      [leads, tenant.workspace_id, campaign_id, now],
    )
    const batches = Array.from({ length: BATCHES }, () => newId())
    for (const batch_id of batches) {
      await client.query(
        `insert into draft_batches (batch_id, workspace_id, campaign_id, step, prompt_version_hash, credits_per_draft, created_at) values ($1, $2, $3, 1, 'x', 0, $4)`,
        [batch_id, tenant.workspace_id, campaign_id, now],
      )
      await client.query(
        `insert into campaign_drafts (draft_id, workspace_id, campaign_id, campaign_lead_id, batch_id, step, variant_label, prompt_version_hash, status, due_at,
           subject_preview, created_at, completed_at, updated_at)
         select gen_random_uuid(), $2, $3, id, $4, 1, 'A', 'x', 'completed', $5, 'A question about the warehouse in Bergen ' || n, $5, $5, $5
         from unnest($1::uuid[]) with ordinality as l (id, n)`,
        [leads, tenant.workspace_id, campaign_id, batch_id, now],
      )
    }
    const key = `bav_live_${randomBytes(32).toString('base64url')}`
    await client.query(
      `insert into api_keys (id, workspace_id, user_id, name, key_prefix, key_hash, created_at) values ($1, $2, $3, 'bench', $4, $5, $6)`,
      [newId(), tenant.workspace_id, tenant.user_id, key.slice(0, 17), sha256(key), now],
    )
    await client.query('analyze')
    const args = JSON.stringify({
      database_url: database.url,
      workspace_id: tenant.workspace_id,
      folder: context.folder,
      secret: BENCH_SECRET,
    })
    const product = await startProgram('./api-server.ts', [args, 'product'])
    const bare = await startProgram('./playground-status-bare.ts', [args])
    try {
      const batch_id = batches[BATCHES >> 1]
      const ourUrl = `${product.line}/api/v1/campaigns/${campaign_id}/playground/status?batch_id=${batch_id}`
      const bareUrl = `${bare.line}/status?batch_id=${batch_id}`
      await load(ourUrl, key)
      await load(bareUrl, key)
      const ours: number[] = []
      const limit: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        ours.push(await load(ourUrl, key))
        limit.push(await load(bareUrl, key))
      }
      return { ours: median(ours), limit: median(limit), unit: 'requests/s' }
    } finally {
      await Promise.all([product.stop(), bare.stop()])
    }
  } finally {
    await database.drop()
  }
}
