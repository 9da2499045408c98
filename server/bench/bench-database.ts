import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { migrate } from '../src/db/migrate.ts'
import { generateKey } from '../src/features/sending-domains/dkim-key.ts'
import { newId } from '../src/ids.ts'
import { createSecrets } from '../src/secrets.ts'

export const BENCH_SECRET = 'b5'.repeat(32)

/** A migrated database of its own on the benchmark's server. */
export const createBenchDatabase = async (
  serverUrl: string,
): Promise<{ url: string; client: pg.Client; drop: () => Promise<void> }> => {
  const name = `bench_${randomBytes(5).toString('hex')}`
  const admin = new pg.Client({ connectionString: serverUrl })
  // A restart of the server, which the crash test brings about, must not end the program that asked for it.
  admin.on('error', () => {})
  await admin.connect()
  await admin.query(`create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await migrate(url.href)
  const client = new pg.Client({ connectionString: url.href })
  client.on('error', () => {})
  await client.connect()
  return {
    url: url.href,
    client,
    drop: async () => {
      await client.end()
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}

export type BenchTenant = {
  workspace_id: string
  user_id: string
  domain_id: string
  private_key: string
  alias_ids: string[]
  template_id: string
  dataset_id: string
}

/** About 2 KB of text, so that a message with its two parts is 4 KB on the wire. */
export const BENCH_BODY = `<p>Hi {{ first_name | default: "there" }},</p>\n${'<p>We looked at how {{ company_name }} writes to its customers and found three things that take an afternoon to mend and pay for themselves within a quarter.</p>\n'.repeat(9)}<p>Is that worth a short call?</p>`

/** A live workspace with a verified domain, aliases, a template and an empty dataset, written by SQL. */
export const createBenchTenant = async (
  client: pg.Client,
  options: { aliases: number; mode?: 'live' | 'sandbox' },
): Promise<BenchTenant> => {
  const now = new Date()
  const [user_id, workspace_id, domain_id, template_id, dataset_id] = [newId(), newId(), newId(), newId(), newId()]
  const secrets = createSecrets(BENCH_SECRET)
  const key = await generateKey(secrets, domain_id, 'rsa')
  const alias_ids = Array.from({ length: options.aliases }, () => newId())
  await client.query(
    `insert into users (id, name, email, created_at, updated_at) values ($1, 'Bench', 'bench@example.com', $2, $2)`,
    [user_id, now],
  )
  await client.query(
    `insert into workspaces (id, name, mode, postal_address, created_by, personal_of, created_at, updated_at) values ($1, 'Bench', $2, 'Street 1, Oslo', $3, $3, $4, $4)`,
    [workspace_id, options.mode ?? 'live', user_id, now],
  )
  await client.query(`insert into workspace_members values ($1, $2, 'owner', $3)`, [workspace_id, user_id, now])
  await client.query(
    `insert into sending_domains (id, workspace_id, user_id, domain, is_sandbox, status, ownership_token, created_at, updated_at)
     values ($1, $2, $3, 'bench.example', $4, 'verified', 'x', $5, $5)`,
    [domain_id, workspace_id, user_id, options.mode === 'sandbox', now],
  )
  await client.query(
    `insert into domain_keys (id, workspace_id, domain_id, selector, algorithm, public_key, private_key, state, created_at, activated_at)
     values ($1, $2, $1, 'bav1', 'rsa', $3, $4, 'active', $5, $5)`,
    [domain_id, workspace_id, key.public_key, key.private_key, now],
  )
  await client.query(
    `insert into aliases (id, workspace_id, user_id, domain_id, alias, full_email, daily_limit, jitter_ratio, created_at, updated_at)
     select id, $2, $3, $4, 's' || n, 's' || n || '@bench.example', 1000000, 0, $5, $5 from unnest($1::uuid[]) with ordinality as a (id, n)`,
    [alias_ids, workspace_id, user_id, domain_id, now],
  )
  await client.query(
    `insert into templates (template_id, workspace_id, user_id, name, subject, body, created_at, updated_at) values ($1, $2, $3, 'Bench', 'A question for {{ company_name }}', $4, $5, $5)`,
    [template_id, workspace_id, user_id, BENCH_BODY, now],
  )
  await client.query(
    `insert into datasets (dataset_id, workspace_id, user_id, dataset_name, pipeline_type, source_type, status, columns, column_mapping, created_at, updated_at)
     values ($1, $2, $3, 'Bench', 'personalization', 'csv', 'completed', '["email","first_name","company_name"]', '{"email":"email","first_name":"first_name","company_name":"company_name"}', $4, $4)`,
    [dataset_id, workspace_id, user_id, now],
  )
  return {
    workspace_id,
    user_id,
    domain_id,
    private_key: secrets.open(key.private_key, domain_id).toString(),
    alias_ids,
    template_id,
    dataset_id,
  }
}

/** An active campaign that may send at any hour of any day, without leads. */
export const createBenchCampaign = async (
  client: pg.Client,
  tenant: BenchTenant,
  options: { name?: string; status?: string; steps?: number } = {},
): Promise<string> => {
  const campaign_id = newId()
  const now = new Date()
  const steps = Array.from({ length: options.steps ?? 1 }, (_, i) => ({
    step: i + 1,
    delay_days: i * 3,
    channel: 'email',
    variants: [{ label: 'A', weight: 100, type: 'TEMPLATE', template_id: tenant.template_id }],
    ai_personalization_enabled: false,
    track_clicks: false,
    track_opens: false,
  }))
  await client.query(
    `insert into campaigns (campaign_id, workspace_id, user_id, dataset_id, name, type, status, launch_type, alias_ids, daily_limit, sending_window_start, sending_window_end,
       min_interval_seconds, timezone, send_days, steps_config, launched_at, created_at, updated_at)
     values ($1, $2, $3, $4, $5, 'email', $6, 'immediate', $7, 10000000, '00:00', '23:59:59', 60, 'UTC', '{mon,tue,wed,thu,fri,sat,sun}', $8, $9, $9, $9)`,
    [
      campaign_id,
      tenant.workspace_id,
      tenant.user_id,
      tenant.dataset_id,
      options.name ?? 'Bench',
      options.status ?? 'active',
      tenant.alias_ids,
      JSON.stringify(steps),
      now,
    ],
  )
  await client.query(`insert into campaign_zones values ($1, '')`, [campaign_id])
  return campaign_id
}

/** Leads by SQL, spread over the tenant's aliases; `due_at` null leaves them waiting for nothing. */
export const insertBenchLeads = async (
  client: pg.Client,
  tenant: BenchTenant,
  campaignId: string,
  options: { count: number; first: number; due_at: Date | null; status?: string },
): Promise<void> => {
  await client.query(
    `insert into campaign_leads (campaign_lead_id, workspace_id, campaign_id, dataset_row_id, row_index, status, email, email_domain, receiving_provider, lead_data, zone, alias_id,
       variant_assignments, next_action_at, created_at, updated_at)
     select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, $2, gen_random_uuid(), n, $3, 'person' || n || '@company' || (n % 5000) || '.example', 'company' || (n % 5000) || '.example',
       'company' || (n % 5000) || '.example', jsonb_build_object('email', 'person' || n || '@company' || (n % 5000) || '.example', 'first_name', 'Person', 'company_name', 'Company ' || (n % 5000)),
       '', ($4::uuid[])[1 + n % array_length($4::uuid[], 1)], '{"1":"A"}', $5, $6, $6
     from generate_series($7::bigint, $7::bigint + $8::bigint - 1) n`,
    [
      tenant.workspace_id,
      campaignId,
      options.status ?? 'pending',
      tenant.alias_ids,
      options.due_at,
      new Date(),
      options.first,
      options.count,
    ],
  )
}
