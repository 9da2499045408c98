import { newId } from '../src/ids.ts'
import { createSecrets } from '../src/secrets.ts'
import type { BenchContext, Measurement } from './bench.ts'
import { BENCH_SECRET, createBenchDatabase, createBenchTenant } from './bench-database.ts'
import { runProgram, startProgram } from './child-process.ts'
import { median } from './median.ts'

const ENDPOINTS = 5
const EVENTS = 1_000
const DELIVERIES = ENDPOINTS * EVENTS
const ROUNDS = 3

/**
 * Deliveries a second from the captured event to the recorded outcome (derive, publish, claim, sign, post, record with fsync),
 * against a bare loop of undici posts of the same bodies with the same signatures and as many at once, in one process each, to
 * the same receiver, turn and turn about.
 */
export const measureWebhooks = async (context: BenchContext): Promise<Measurement> => {
  const sink = await startProgram('./webhook-sink.ts')
  const port = Number(sink.line)
  const ours: number[] = []
  const limit: number[] = []
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const database = await createBenchDatabase(context.database_url)
      try {
        const { client } = database
        const tenant = await createBenchTenant(client, { aliases: 1 })
        const now = new Date()
        const secrets = createSecrets(BENCH_SECRET)
        for (let n = 0; n < ENDPOINTS; n++) {
          const id = newId()
          await client.query(
            `insert into webhook_endpoints (id, workspace_id, user_id, url, event_types, secret, is_verified, is_active, created_at, updated_at)
             values ($1, $2, $3, $4, '{*}', $5, true, true, $6, $6)`,
            [
              id,
              tenant.workspace_id,
              tenant.user_id,
              `http://127.0.0.1:${port}/hook`,
              secrets.seal('ab'.repeat(32), id),
              now,
            ],
          )
        }
        await client.query(`insert into event_listeners (workspace_id, is_listening) values ($1, true)`, [
          tenant.workspace_id,
        ])
        await client.query(
          `with made as (
             insert into emails (id, workspace_id, user_id, alias_id, domain_id, from_email, to_email, receiving_provider, status, due_at, created_at, updated_at)
             select gen_random_uuid(), $1, $2, $3, $4, 's1@bench.example', 'person' || n || '@company.example', 'company.example', 'delivered', $5, $5, $5
             from generate_series(1, ${EVENTS}) n returning id
           ), written as (
             insert into email_contents (email_id, workspace_id, subject, body_text) select id, $1, 'A question', repeat('We looked at how you write. ', 40) from made
           )
           insert into events (event_id, workspace_id, email_id, event_type, occurred_at) select gen_random_uuid(), $1, id, 'delivered', $5 from made`,
          [tenant.workspace_id, tenant.user_id, tenant.alias_ids[0], tenant.domain_id, now],
        )
        await client.query('analyze')
        const args = { database_url: database.url, folder: context.folder, port, deliveries: DELIVERIES }
        const done = await runProgram<{ per_second: number; body: string }>('./webhooks-ours.ts', [
          JSON.stringify(args),
        ])
        ours.push(done.per_second)
        const bare = { port, deliveries: DELIVERIES, at_once: 50, body: done.body }
        limit.push((await runProgram<{ per_second: number }>('./webhooks-bare.ts', [JSON.stringify(bare)])).per_second)
        context.note(
          `round ${round + 1}: ours ${Math.round(ours.at(-1) ?? 0)}, bare ${Math.round(limit.at(-1) ?? 0)} deliveries/s`,
        )
      } finally {
        await database.drop()
      }
    }
    return { ours: median(ours), limit: median(limit), unit: 'deliveries/s' }
  } finally {
    await sink.stop()
  }
}
