import { sql } from 'kysely'
import { transaction } from '../src/db/transaction.ts'
import { enqueueSends } from '../src/features/campaigns/dispatch-due.ts'
import { generateKey } from '../src/features/sending-domains/dkim-key.ts'
import { newId } from '../src/ids.ts'
import { createTemplate, createTenant, type TestTenant } from './builders.ts'
import type { Harness } from './harness.ts'

export type LiveSender = {
  tenant: TestTenant
  campaign_id: string
  domain: string
  /** Queues one message to an address, from an alias of its own, as the dispatcher does. Returns the id of its row. */
  queue: (to: string) => Promise<string>
  /** Wakes the sender and runs all that is due. */
  run: () => Promise<void>
}

export type OutcomeRow = {
  id: string
  to_email: string
  status: string
  verdict: string | null
  attempts: number
  due_at: Date
  bounce_kind: string | null
  bounce_reason: string | null
  smtp_code: number | null
  smtp_enhanced: string | null
  smtp_text: string | null
  error_message: string | null
  cause: string | null
  advice: string | null
}

/** A live workspace with a verified domain and an active campaign that may send at any hour. */
export const createLiveSender = async (h: Harness): Promise<LiveSender> => {
  const { db, clock, secrets } = h.deps
  const tenant = await createTenant(h, { mode: 'live' })
  const now = clock.now()
  const [domain_id, campaign_id, dataset_id] = [newId(), newId(), newId()]
  const domain = `d${domain_id.slice(-8)}.example`
  const key = await generateKey(secrets, domain_id, 'rsa')
  await sql`
    insert into sending_domains (id, workspace_id, user_id, domain, is_sandbox, status, ownership_token, created_at, updated_at)
    values (${domain_id}, ${tenant.workspace_id}, ${tenant.user_id}, ${domain}, false, 'verified', 'x', ${now}, ${now})`.execute(
    db,
  )
  await sql`
    insert into domain_keys (id, workspace_id, domain_id, selector, algorithm, public_key, private_key, state, created_at, activated_at)
    values (${domain_id}, ${tenant.workspace_id}, ${domain_id}, 'bav1', 'rsa', ${key.public_key}, ${key.private_key}, 'active', ${now}, ${now})`.execute(
    db,
  )
  const template_id = await createTemplate(h, tenant, { subject: 'A question', body: 'Hi there, a question.' })
  await sql`
    insert into datasets (dataset_id, workspace_id, user_id, dataset_name, pipeline_type, source_type, status, columns, column_mapping, created_at, updated_at)
    values (${dataset_id}, ${tenant.workspace_id}, ${tenant.user_id}, 'People', 'personalization', 'csv', 'completed', '["email"]', '{"email":"email"}', ${now}, ${now})`.execute(
    db,
  )
  const steps = [
    {
      step: 1,
      delay_days: 0,
      channel: 'email',
      variants: [{ label: 'A', weight: 100, type: 'TEMPLATE', template_id }],
      ai_personalization_enabled: false,
      track_clicks: false,
      track_opens: false,
    },
  ]
  await sql`
    insert into campaigns (campaign_id, workspace_id, user_id, dataset_id, name, type, status, launch_type, alias_ids, daily_limit, sending_window_start,
      sending_window_end, min_interval_seconds, timezone, send_days, steps_config, launched_at, created_at, updated_at)
    values (${campaign_id}, ${tenant.workspace_id}, ${tenant.user_id}, ${dataset_id}, 'Zoo', 'email', 'active', 'immediate', '{}', 10000, '00:00', '23:59:59', 60,
      'UTC', '{mon,tue,wed,thu,fri,sat,sun}', ${JSON.stringify(steps)}, ${now}, ${now}, ${now})`.execute(db)
  await sql`insert into campaign_zones values (${campaign_id}, '')`.execute(db)
  // Somebody who waits for ever, so that the campaign is never completed.
  await sql`
    insert into campaign_leads (campaign_lead_id, workspace_id, campaign_id, dataset_row_id, row_index, status, email, email_domain, receiving_provider,
      lead_data, zone, variant_assignments, next_action_at, created_at, updated_at)
    values (${newId()}, ${tenant.workspace_id}, ${campaign_id}, ${newId()}, 0, 'pending', 'wait@later.test', 'later.test', 'later.test', '{}', '', '{"1":"A"}',
      '2100-01-01', ${now}, ${now})`.execute(db)
  let made = 0

  return {
    tenant,
    campaign_id,
    domain,
    queue: async (to) => {
      const at = clock.now()
      const [alias_id, lead_id, email_id] = [newId(), newId(), newId()]
      const alias = `s${++made}`
      const receiver = to.slice(to.lastIndexOf('@') + 1)
      await sql`
        insert into aliases (id, workspace_id, user_id, domain_id, alias, full_email, daily_limit, jitter_ratio, created_at, updated_at)
        values (${alias_id}, ${tenant.workspace_id}, ${tenant.user_id}, ${domain_id}, ${alias}, ${`${alias}@${domain}`}, 1000, 0, ${at}, ${at})`.execute(
        db,
      )
      await sql`update campaigns set alias_ids = alias_ids || ${alias_id}::uuid where campaign_id = ${campaign_id}`.execute(
        db,
      )
      await sql`
        insert into campaign_leads (campaign_lead_id, workspace_id, campaign_id, dataset_row_id, row_index, status, email, email_domain, receiving_provider,
          lead_data, zone, alias_id, variant_assignments, created_at, updated_at)
        values (${lead_id}, ${tenant.workspace_id}, ${campaign_id}, ${newId()}, ${made}, 'active', ${to}, ${receiver}, ${receiver},
          ${JSON.stringify({ email: to })}, '', ${alias_id}, '{"1":"A"}', ${at}, ${at})`.execute(db)
      await sql`
        insert into emails (id, workspace_id, user_id, campaign_id, campaign_lead_id, step, variant_label, alias_id, domain_id, from_email, to_email,
          receiving_provider, status, due_at, created_at, updated_at)
        values (${email_id}, ${tenant.workspace_id}, ${tenant.user_id}, ${campaign_id}, ${lead_id}, 1, 'A', ${alias_id}, ${domain_id}, ${`${alias}@${domain}`}, ${to},
          ${receiver}, 'queued', ${at}, ${at}, ${at})`.execute(db)
      return email_id
    },
    run: async () => {
      await transaction(db, (tx) => enqueueSends(tx, tenant.workspace_id, 100))
      await h.worker.drain()
    },
  }
}

export const outcomeOf = async (h: Harness, id: string): Promise<OutcomeRow> => {
  const { rows } = await sql<OutcomeRow>`
    select id, to_email, status, verdict, attempts, due_at, bounce_kind, bounce_reason, smtp_code, smtp_enhanced, smtp_text, error_message, cause, advice
    from emails where id = ${id}`.execute(h.deps.db)
  const row = rows[0]
  if (!row) throw new Error(`there is no message ${id}`)
  return row
}
