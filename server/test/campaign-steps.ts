import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { DeliveryReply, MailEnvelope } from '../src/ports/mail/port.ts'
import { createTemplate, type TestTenant } from './builders.ts'
import type { Harness } from './harness.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

export type Failure = {
  detail: string
  message: string
  details?: { loc: (string | number)[]; msg: string; type: string }[]
}

/** So many rows whose people all behave as the tag says; `accept` takes every message and never reacts. */
export const people = (count: number, tag = 'accept', domain = 'people.example'): Record<string, string>[] =>
  Array.from({ length: count }, (_, i) => ({ email: `p${i}+${tag}@${domain}`, first_name: `N${i}` }))

/** Steps with one template each; an empty subject continues the thread. */
export const sequence = async (
  h: Harness,
  tenant: TestTenant,
  steps: { delay_days?: number; subject?: string; body?: string; track_opens?: boolean; track_clicks?: boolean }[],
) =>
  Promise.all(
    steps.map(async ({ delay_days = 0, subject = 'Hello', body = 'Hi there, a question.', ...tracking }) => ({
      delay_days,
      templates: [{ id: await createTemplate(h, tenant, { subject, body }), weight: 100, label: 'A' }],
      ...tracking,
    })),
  )

/** Launches and lets the job make the leads. The harness starts an hour before the usual window, so nothing is sent yet. */
export const launch = async (h: Harness, tenant: TestTenant, campaignId: string): Promise<void> => {
  const launched = await h.call('POST', `/api/v1/campaigns/${campaignId}/launch`, { as: tenant.key })
  assert.equal(launched.status, 200, launched.text)
  await h.worker.drain()
}

export const post = <T = Record<string, never>>(h: Harness, tenant: TestTenant, path: string, body?: unknown) =>
  h.call<T>('POST', path, { as: tenant.key, body })

export const patch = (h: Harness, tenant: TestTenant, campaignId: string, body: Record<string, unknown>) =>
  h.call<Record<string, unknown> & Failure>('PATCH', `/api/v1/campaigns/${campaignId}`, { as: tenant.key, body })

export const statusOf = async (h: Harness, campaignId: string): Promise<string> => {
  const found = await sql<{ status: string }>`select status from campaigns where campaign_id = ${campaignId}`.execute(
    h.deps.db,
  )
  return found.rows[0]?.status ?? 'deleted'
}

export type EmailRow = {
  id: string
  campaign_id: string
  campaign_lead_id: string
  step: number
  variant_label: string
  alias_id: string
  to_email: string
  status: string
  verdict: string | null
  attempts: number
  due_at: Date
  sent_at: Date | null
  message_id: string | null
  in_reply_to: string | null
  subject: string | null
  body_text: string | null
  thread_references: string[] | null
}

/** Every message of these campaigns in the order in which they left. */
export const emailsOf = async (h: Harness, ...campaignIds: string[]): Promise<EmailRow[]> => {
  const found = await sql<EmailRow>`
    select e.id, e.campaign_id, e.campaign_lead_id, e.step, e.variant_label, e.alias_id, e.to_email, e.status, e.verdict, e.attempts, e.due_at, e.sent_at,
      e.message_id, e.in_reply_to, c.subject, c.body_text, c.thread_references
    from emails e left join email_contents c on c.email_id = e.id
    where e.campaign_id = any(${campaignIds}::uuid[]) order by e.sent_at nulls last, e.id`.execute(h.deps.db)
  return found.rows
}

export const sentAt = (emails: EmailRow[]): Date[] => emails.flatMap(({ sent_at }) => (sent_at ? [sent_at] : []))

export type LeadRow = {
  campaign_lead_id: string
  email: string
  status: string
  stop_reason: string | null
  current_step: number
  next_action_at: Date | null
  alias_id: string
  variant_assignments: Record<string, string>
  zone: string
  row_index: number
}

export const leadsOf = async (h: Harness, campaignId: string): Promise<LeadRow[]> => {
  const found = await sql<LeadRow>`
    select campaign_lead_id, email, status, stop_reason, current_step, next_action_at, alias_id, variant_assignments, zone, row_index
    from campaign_leads where campaign_id = ${campaignId} order by row_index`.execute(h.deps.db)
  return found.rows
}

export const leadOf = async (h: Harness, campaignId: string, email: string): Promise<LeadRow> => {
  const lead = (await leadsOf(h, campaignId)).find((row) => row.email === email)
  assert.ok(lead, `${email} is a lead`)
  return lead
}

export const eventsOf = async (h: Harness, leadId: string): Promise<string[]> => {
  const found = await sql<{ event_type: string }>`
    select event_type from events where campaign_lead_id = ${leadId} order by occurred_at, event_id`.execute(h.deps.db)
  return found.rows.map((row) => row.event_type)
}

export type WireMail = MailEnvelope & { reply: DeliveryReply }

/**
 * Notes every message at the moment at which it really leaves, on top of the real transport, and what was answered. `before`
 * runs when a message has been claimed and written, just before it goes out.
 */
export const recordWire = (h: Harness, before: (mail: MailEnvelope) => Promise<void> | void = () => {}): WireMail[] => {
  const seen: WireMail[] = []
  const { mail } = h.deps
  const transportFor = mail.transportFor.bind(mail)
  mail.transportFor = async (workspace) => {
    const transport = await transportFor(workspace)
    if (!transport) return null
    return {
      ...transport,
      // Sessions are kept by the transport's name; those of an earlier test must not be taken for these.
      name: `recorded ${transport.name}`,
      open: async () => {
        const connection = await transport.open()
        return {
          get alive() {
            return connection.alive
          },
          close: () => connection.close(),
          send: async (envelope) => {
            await before(envelope)
            const reply = await connection.send(envelope)
            seen.push({ ...envelope, reply })
            return reply
          },
        }
      },
    }
  }
  return seen
}

/** A header of a message on the wire, unfolded. */
export const headerOf = (raw: Buffer, name: string): string | null => {
  const head = raw.toString('utf8').split('\r\n\r\n')[0] ?? ''
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const line = lines.find((text) => text.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line ? line.slice(name.length + 1).trim() : null
}

export const alertsOf = async (
  l: Harness,
  tenant: TestTenant,
): Promise<{ alert_type: string; severity: string; message: string; metadata: Record<string, unknown> }[]> => {
  const found = await sql<{
    alert_type: string
    severity: string
    message: string
    metadata: Record<string, unknown>
  }>`select alert_type, severity, message, metadata from alerts where workspace_id = ${tenant.workspace_id} order by created_at`.execute(
    l.deps.db,
  )
  return found.rows
}
