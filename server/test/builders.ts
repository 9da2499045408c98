import { randomBytes } from 'node:crypto'
import { transaction } from '../src/db/transaction.ts'
import { grantCredits } from '../src/features/credits/ledger.ts'
import { newId } from '../src/ids.ts'
import { sha256 } from '../src/secrets.ts'
import { type Harness, unique } from './harness.ts'

export type TestTenant = { workspace_id: string; user_id: string; email: string; key: string; session: string }

/** A user with a workspace, an API key with every scope, and an open session. */
export const createTenant = async (
  h: Harness,
  options: {
    mode?: 'sandbox' | 'live'
    timezone?: string
    scopes?: string[] | null
    postal_address?: string | null
    plan?: string
  } = {},
): Promise<TestTenant> => {
  const { db, clock, sessions } = h.deps
  const now = clock.now()
  const user_id = newId()
  const workspace_id = newId()
  const email = `user-${user_id.slice(-12)}@example.com`
  const key = `bav_live_${randomBytes(32).toString('base64url')}`
  await db
    .insertInto('users')
    .values({ id: user_id, name: 'Test Person', email, email_verified: true, created_at: now, updated_at: now })
    .execute()
  await db
    .insertInto('workspaces')
    .values({
      id: workspace_id,
      name: 'Test workspace',
      mode: options.mode ?? 'sandbox',
      plan: options.plan ?? 'self_hosted',
      timezone: options.timezone ?? 'UTC',
      postal_address:
        options.postal_address === undefined ? 'Main Street 1, 0150 Oslo, Norway' : options.postal_address,
      created_by: user_id,
      personal_of: user_id,
      created_at: now,
      updated_at: now,
    })
    .execute()
  await db.insertInto('workspace_members').values({ workspace_id, user_id, role: 'owner', created_at: now }).execute()
  await db
    .insertInto('api_keys')
    .values({
      id: newId(),
      workspace_id,
      user_id,
      name: 'test',
      key_prefix: key.slice(0, 17),
      key_hash: sha256(key),
      scopes: options.scopes ?? null,
      created_at: now,
    })
    .execute()
  const { access_token } = await sessions.open(user_id)
  return { workspace_id, user_id, email, key, session: access_token }
}

/** A workspace that counts its credits, and has so many of them. */
export const createPayingTenant = async (h: Harness, credits: number): Promise<TestTenant> => {
  const tenant = await createTenant(h, { plan: 'free' })
  const { workspace_id } = tenant
  if (credits)
    await transaction(h.deps.db, (tx) =>
      grantCredits(tx, { workspace_id, name: 'Trial', package_type: 'trial', credits, now: h.clock.now() }),
    )
  return tenant
}

/** Credits spent, and held for work under way. */
export const creditsOf = async (h: Harness, tenant: TestTenant): Promise<{ used: number; held: number }> => {
  const { body } = await h.call<{ used_credits: number; reserved_credits: number }>('GET', '/api/v1/credits/balance', {
    as: tenant.key,
  })
  return { used: body.used_credits, held: body.reserved_credits }
}

/** A verified sandbox domain with aliases on it, through the product's own operations. */
export const createAliases = async (
  h: Harness,
  tenant: TestTenant,
  options: { domain?: string; count?: number; daily_limit?: number; jitter_ratio?: number } = {},
): Promise<{ domain: string; alias_ids: string[] }> => {
  const domain = options.domain ?? `mail-${tenant.workspace_id.slice(-8)}.example`
  const made = await h.call<{ id: string }>('POST', '/api/v1/bavimail/domains', { as: tenant.key, body: { domain } })
  if (made.status !== 200) throw new Error(`domain: ${made.status} ${made.text}`)
  const alias_ids: string[] = []
  for (let i = 0; i < (options.count ?? 1); i++) {
    const alias = await h.call<{ id: string }>('POST', '/api/v1/bavimail/aliases', {
      as: tenant.key,
      body: {
        domain_id: made.body.id,
        alias: `sender${i + 1}`,
        daily_limit: options.daily_limit ?? 1000,
        jitter_ratio: options.jitter_ratio ?? 0,
      },
    })
    if (alias.status !== 200) throw new Error(`alias: ${alias.status} ${alias.text}`)
    alias_ids.push(alias.body.id)
  }
  return { domain, alias_ids }
}

/** A dataset as an import leaves it. A row is the text of its columns; `email` is the mapped address. */
export const createDataset = async (
  h: Harness,
  tenant: TestTenant,
  rows: Record<string, string>[],
): Promise<string> => {
  const { db, clock } = h.deps
  const dataset_id = newId()
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const now = clock.now()
  await db
    .insertInto('datasets')
    .values({
      dataset_id,
      workspace_id: tenant.workspace_id,
      user_id: tenant.user_id,
      dataset_name: 'Test leads',
      pipeline_type: 'personalization',
      source_type: 'csv',
      status: 'completed',
      row_count: rows.length,
      columns: JSON.stringify(columns),
      column_mapping: JSON.stringify(
        Object.fromEntries(columns.filter((column) => MAPPED.has(column)).map((column) => [column, column])),
      ),
      created_at: now,
      updated_at: now,
    })
    .execute()
  for (let at = 0; at < rows.length; at += 1000)
    await db
      .insertInto('dataset_rows')
      .values(
        rows.slice(at, at + 1000).map((row, i) => ({
          id: newId(),
          workspace_id: tenant.workspace_id,
          dataset_id,
          row_index: at + i,
          source_row: at + i + 2,
          email: row.email || null,
          data: JSON.stringify(row),
        })),
      )
      .execute()
  return dataset_id
}

const MAPPED = new Set(['email', 'first_name', 'last_name', 'company_name', 'timezone', 'linkedin_url'])

export const createTemplate = async (
  h: Harness,
  tenant: TestTenant,
  content: { subject: string; body: string },
): Promise<string> => {
  const made = await h.call<{ template_id: string }>('POST', '/api/v1/templates/', {
    as: tenant.key,
    body: { name: unique('template'), content },
  })
  if (made.status !== 201) throw new Error(`template: ${made.status} ${made.text}`)
  return made.body.template_id
}

export type CampaignOptions = {
  rows?: Record<string, string>[]
  steps?: {
    delay_days: number
    templates: { id: string; weight: number; label: string }[]
    track_opens?: boolean
    track_clicks?: boolean
  }[]
  aliases?: number
  domain?: string
  body?: Record<string, unknown>
}

/** A draft campaign, ready to launch, with as many one-template steps as asked for. */
export const createCampaign = async (
  h: Harness,
  tenant: TestTenant,
  options: CampaignOptions = {},
): Promise<{ campaign_id: string; dataset_id: string; alias_ids: string[]; domain: string }> => {
  const { alias_ids, domain } = await createAliases(h, tenant, {
    count: options.aliases ?? 1,
    domain: options.domain ?? `${unique('mail')}.example`,
  })
  const dataset_id = await createDataset(
    h,
    tenant,
    options.rows ?? [{ email: 'ada+accept@people.example', first_name: 'Ada' }],
  )
  const steps = options.steps ?? [
    {
      delay_days: 0,
      templates: [
        {
          id: await createTemplate(h, tenant, {
            subject: 'Hello {{ first_name | default: "there" }}',
            body: 'Hi {{ first_name | default: "there" }}, a question.',
          }),
          weight: 100,
          label: 'A',
        },
      ],
    },
  ]
  const made = await h.call<{ campaign_id: string }>('POST', '/api/v1/campaigns/', {
    as: tenant.key,
    body: {
      name: unique('campaign'),
      dataset_id,
      alias_ids,
      min_interval_seconds: 60,
      steps: steps.map((step, i) => ({
        step: i + 1,
        delay_days: step.delay_days,
        track_opens: step.track_opens ?? false,
        track_clicks: step.track_clicks ?? false,
        variants: step.templates.map(({ id, weight, label }) => ({ label, weight, type: 'TEMPLATE', template_id: id })),
      })),
      ...options.body,
    },
  })
  if (made.status !== 201) throw new Error(`campaign: ${made.status} ${made.text}`)
  return { campaign_id: made.body.campaign_id, dataset_id, alias_ids, domain }
}

/** Advances the sandbox's clock and waits for the job by draining. */
export const advance = async (
  h: Harness,
  tenant: TestTenant,
  body: Record<string, unknown>,
): Promise<{ messages_sent: number; now: string }> => {
  const started = await h.call<{ job_id: string }>('POST', `/api/v1/workspaces/${tenant.workspace_id}/clock/advance`, {
    as: tenant.key,
    body,
  })
  if (started.status !== 202) throw new Error(`advance: ${started.status} ${started.text}`)
  await h.worker.drain()
  const job = await h.deps.db
    .selectFrom('jobs')
    .select(['status', 'result', 'error'])
    .where('id', '=', started.body.job_id)
    .executeTakeFirstOrThrow()
  if (job.status !== 'completed') throw new Error(`advance is ${job.status}: ${job.error}`)
  return job.result
}
