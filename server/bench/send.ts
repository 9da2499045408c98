import type { BenchContext, Measurement } from './bench.ts'
import {
  BENCH_BODY,
  createBenchCampaign,
  createBenchDatabase,
  createBenchTenant,
  insertBenchLeads,
} from './bench-database.ts'
import { runProgram, startProgram } from './child-process.ts'
import { median } from './median.ts'

const MESSAGES = 6_000
const ROUNDS = 3

/**
 * Messages a second through the whole path from queued rows (job pick-up, claim, render, RSA-2048, SMTP, record with fsync)
 * against a bare nodemailer pool of ten with the same key and body: one Node process each, the same sink, turn and turn about.
 */
export const measureSend = async (context: BenchContext): Promise<Measurement> => {
  const database = await createBenchDatabase(context.database_url)
  const sink = await startProgram('./smtp-sink.ts')
  try {
    const tenant = await createBenchTenant(database.client, { aliases: 10 })
    const ours: number[] = []
    const limit: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const campaign = await createBenchCampaign(database.client, tenant)
      await insertBenchLeads(database.client, tenant, campaign, {
        count: MESSAGES,
        first: 1 + round * MESSAGES,
        due_at: null,
      })
      await database.client.query(
        `insert into emails (id, workspace_id, user_id, campaign_id, campaign_lead_id, step, variant_label, alias_id, domain_id, from_email, to_email, receiving_provider, status, due_at, created_at, updated_at)
         select gen_random_uuid(), workspace_id, $2, campaign_id, campaign_lead_id, 1, 'A', alias_id, $3, 's1@bench.example', email, receiving_provider, 'queued', $4, $4, $4
         from campaign_leads where campaign_id = $1`,
        [campaign, tenant.user_id, tenant.domain_id, new Date()],
      )
      await database.client.query('analyze')
      const args = {
        database_url: database.url,
        workspace_id: tenant.workspace_id,
        sink_port: Number(sink.line),
        messages: MESSAGES,
        folder: context.folder,
      }
      ours.push((await runProgram<{ per_second: number }>('./send-ours.ts', [JSON.stringify(args)])).per_second)
      const bare = {
        sink_port: Number(sink.line),
        messages: MESSAGES,
        private_key: tenant.private_key,
        body: BENCH_BODY,
      }
      limit.push((await runProgram<{ per_second: number }>('./send-nodemailer.ts', [JSON.stringify(bare)])).per_second)
      context.note(
        `round ${round + 1}: ours ${Math.round(ours.at(-1) ?? 0)}, nodemailer ${Math.round(limit.at(-1) ?? 0)} messages/s`,
      )
    }
    return { ours: median(ours), limit: median(limit), unit: 'messages/s' }
  } finally {
    await sink.stop()
    await database.drop()
  }
}
