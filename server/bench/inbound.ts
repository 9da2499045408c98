import { once } from 'node:events'
import { newId } from '../src/ids.ts'
import { openSmtpConnection } from '../src/ports/mail/smtp-client.ts'
import { startDnsServer } from '../test/dns-server.ts'
import type { BenchContext, Measurement } from './bench.ts'
import {
  type BenchTenant,
  createBenchCampaign,
  createBenchDatabase,
  createBenchTenant,
  insertBenchLeads,
} from './bench-database.ts'
import { startProgram } from './child-process.ts'
import { type Answered, benchInbound, benchTokens, type InboundMail } from './inbound-messages.ts'
import { median } from './median.ts'

const MESSAGES = 1_500
const SESSIONS = 10
const ROUNDS = 3

type Database = Awaited<ReturnType<typeof createBenchDatabase>>

/** A campaign whose first message has gone to everybody, each in a conversation of its own; their answers are what comes in. */
const sendCampaign = async ({ client }: Database, tenant: BenchTenant): Promise<Answered[]> => {
  const campaign = await createBenchCampaign(client, tenant, { steps: 2 })
  await insertBenchLeads(client, tenant, campaign, { count: MESSAGES, first: 1, due_at: null, status: 'active' })
  const { rows: leads } = await client.query<{ campaign_lead_id: string; email: string }>(
    'select campaign_lead_id, email from campaign_leads order by row_index',
  )
  const tokens = benchTokens()
  const answered = leads.map(({ email }) => ({ email_id: newId(), to_email: email, from_email: 's1@bench.example' }))
  await client.query(
    `with made as (
       insert into emails (id, workspace_id, user_id, campaign_id, campaign_lead_id, step, variant_label, alias_id, domain_id, from_email, to_email, receiving_provider,
         status, verdict, due_at, sent_at, delivered_at, message_id, conversation_id, created_at, updated_at)
       select g.id, $1, $2, $3, l.campaign_lead_id, 1, 'A', $4, $5, 's1@bench.example', l.email, l.receiving_provider, 'delivered', 'accepted', $6, $6, $6, g.message_id, g.id, $6, $6
       from unnest($7::uuid[], $8::uuid[], $9::text[]) as g (id, lead, message_id) join campaign_leads l on l.campaign_lead_id = g.lead
       returning *
     ), threads as (
       insert into conversations (id, workspace_id, user_id, alias_id, domain_id, campaign_lead_id, subject, first_from_email, first_to_email, message_count,
         first_message_at, last_message_at, created_at, updated_at)
       select conversation_id, workspace_id, user_id, alias_id, domain_id, campaign_lead_id, 'A question', from_email, to_email, 1, $6, $6, $6, $6 from made
     ) insert into email_contents (email_id, workspace_id, subject, body_text) select id, $1, 'A question', 'Hello' from made`,
    [
      tenant.workspace_id,
      tenant.user_id,
      campaign,
      tenant.alias_ids[0],
      tenant.domain_id,
      new Date(),
      answered.map(({ email_id }) => email_id),
      leads.map(({ campaign_lead_id }) => campaign_lead_id),
      answered.map(({ email_id }) => tokens.messageId(email_id, 'bench.example')),
    ],
  )
  await client.query('analyze')
  return answered
}

const feed = async (port: number, mails: readonly InboundMail[]): Promise<void> => {
  let next = 0
  const session = async (): Promise<void> => {
    const connection = await openSmtpConnection({ host: '127.0.0.1', port, name: 'mx.people.example', secure: 'none' })
    for (let mail = mails[next++]; mail; mail = mails[next++]) {
      const reply = await connection.send(mail)
      if (reply.reply_code !== 250) throw new Error(`It answered ${reply.reply_code} ${reply.text}.`)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: SESSIONS }, session))
}

/**
 * Messages a second from the first word to the last one filed (taken with fsync, parsed, SPF, DKIM and DMARC looked up in a
 * name server, classified, matched to what it answers, its lead stopped and counted), against smtp-server and postal-mime
 * that write one row for each: one Node process each, the same feeder and messages, turn and turn about. The name server and
 * the feeder share a process, and a campaign's answers all change the same figures, which is the hard case.
 */
export const measureInbound = async (context: BenchContext): Promise<Measurement> => {
  const dns = await startDnsServer()
  const ours: number[] = []
  const limit: number[] = []
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const database = await createBenchDatabase(context.database_url)
      try {
        const mails = benchInbound(
          await sendCampaign(database, await createBenchTenant(database.client, { aliases: 1 })),
        )
        const args = {
          database_url: database.url,
          folder: context.folder,
          dns_server: dns.server,
          messages: MESSAGES,
        }
        const product = await startProgram('./inbound-ours.ts', [JSON.stringify(args)])
        const filed = once(product.child, 'message')
        let started = performance.now()
        await feed(Number(product.line), mails)
        const taken = MESSAGES / ((performance.now() - started) / 1000)
        await filed
        ours.push(MESSAGES / ((performance.now() - started) / 1000))
        await product.stop()
        const { rows } = await database.client.query<{ matched: number; untouched: number }>(
          `select (select count(*) from inbound_emails where email_id is not null)::int as matched,
            (select count(*) from campaign_leads l where status = 'active' and not exists (
              select from inbound_emails i where i.campaign_lead_id = l.campaign_lead_id and i.kind = 'auto_reply'))::int as untouched`,
        )
        if (rows[0]?.matched !== MESSAGES) throw new Error(`${rows[0]?.matched} of ${MESSAGES} were matched`)
        if (rows[0].untouched) throw new Error(`${rows[0].untouched} leads go on as if nobody had answered`)
        const bare = await startProgram('./inbound-bare.ts', [JSON.stringify({ database_url: database.url })])
        started = performance.now()
        await feed(Number(bare.line), mails)
        limit.push(MESSAGES / ((performance.now() - started) / 1000))
        await bare.stop()
        context.note(
          `round ${round + 1}: ours ${Math.round(ours.at(-1) ?? 0)} (taken at ${Math.round(taken)}), bare ${Math.round(limit.at(-1) ?? 0)} messages/s`,
        )
      } finally {
        await database.drop()
      }
    }
    return { ours: median(ours), limit: median(limit), unit: 'messages/s' }
  } finally {
    await dns.close()
  }
}
