import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTemplate, createTenant, type TestTenant } from '../../../test/builders.ts'
import { startDnsServer, type TestDns } from '../../../test/dns-server.ts'
import { type Harness, startHarness, unique } from '../../../test/harness.ts'
import { insertMailbox } from '../../../test/mailbox-account.ts'
import { createSender } from '../../../test/outgoing.ts'
import { startReceiver, type WebhookReceiver } from '../../../test/webhook-receiver.ts'
import { MailboxFault } from '../../ports/mailbox/port.ts'
import { renewCredentials } from '../mailboxes/connect-mailbox.ts'
import { findMailboxRow } from '../mailboxes/find-mailbox.ts'
import { recordFault } from '../mailboxes/mailbox-faults.ts'
import { recheckDomains } from '../sending-domains/recheck-domains.ts'
import { createEndpoint } from './create-endpoint.ts'
import { EVENT_TYPES, eventTypeNames, isEventType } from './event-types.ts'

/**
 * Nothing may be offered for subscription that never comes. Each type is brought about by what brings it about in life, from the
 * operation or the mail that causes it to the customer's server, where everything that arrives is collected.
 */
let h: Harness
let dns: TestDns
let receiver: WebhookReceiver
before(async () => {
  receiver = await startReceiver()
  dns = await startDnsServer({ a: { 'mx.bavlio.example': ['192.0.2.1'] } })
  h = await startHarness({
    env: {
      EGRESS_ALLOW: `127.0.0.1:${receiver.port}`,
      DNS_SERVERS: dns.server,
      MAIL_HOST_NAME: 'mx.bavlio.example',
      MAIL_DELIVERY: 'direct',
    },
  })
})
after(async () => {
  await h?.close()
  await dns?.close()
  await receiver?.close()
})

type Told = { event_id: string; event_type: string; timestamp: string; data: Record<string, unknown> }

/** What arrived, each event once. */
const told = (): Told[] => [
  ...new Map(
    receiver.posts.map(({ body }) => JSON.parse(body) as Told).map((event) => [event.event_id, event]),
  ).values(),
]
const since = (from: number, type: string): Told[] =>
  told()
    .slice(from)
    .filter(({ event_type }) => event_type === type)

const listen = (tenant: TestTenant) =>
  createEndpoint(
    h.deps,
    { workspace_id: tenant.workspace_id, user_id: tenant.user_id },
    { url: receiver.url, event_types: ['*'] },
    { verified: true },
  )

const post = async <T>(tenant: TestTenant, path: string, body?: unknown): Promise<T> => {
  const answered = await h.call<T>('POST', path, { as: tenant.key, body })
  assert.ok(answered.status < 300, `${path} ${answered.status} ${answered.text}`)
  return answered.body
}

/** A campaign in which people do everything that people do. */
const runCampaign = async (tenant: TestTenant): Promise<void> => {
  const template = await createTemplate(h, tenant, {
    subject: 'A question',
    body: '<p>Hello {{ first_name }}, <a href="https://example.com/offer">look here</a>.</p>',
  })
  const step = { templates: [{ id: template, weight: 100, label: 'A' }], track_opens: true, track_clicks: true }
  const people = ['accept', 'reply', 'bounce', 'ooo', 'unsub', 'complain', 'defer', 'open', 'click', 'refuse']
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people.map((what, n) => ({ email: `person${n}+${what}@people.example`, first_name: what })),
    steps: [
      { ...step, delay_days: 0 },
      { ...step, delay_days: 1 },
    ],
  })
  await post(tenant, `/api/v1/campaigns/${campaign_id}/launch`)
  await h.worker.drain()
  await post(tenant, `/api/v1/campaigns/${campaign_id}/pause`)
  await post(tenant, `/api/v1/campaigns/${campaign_id}/resume`)
  const { rows } = await sql<{ campaign_lead_id: string }>`
    select campaign_lead_id from campaign_leads where campaign_id = ${campaign_id} and email like 'person0+%'`.execute(
    h.deps.db,
  )
  await post(tenant, `/api/v1/campaigns/${campaign_id}/leads/${rows[0]?.campaign_lead_id}/stop`, {})
  await advance(h, tenant, { seconds: 45 * 86_400 })
  await h.worker.drain()
}

/** One whose only person asks not to be written to while the launch is on its way. */
const failLaunch = async (tenant: TestTenant): Promise<void> => {
  const { campaign_id } = await createCampaign(h, tenant, { rows: [{ email: 'nobody@people.example' }] })
  await post(tenant, `/api/v1/campaigns/${campaign_id}/launch`)
  await post(tenant, '/api/v1/suppression/', { email: 'nobody@people.example', reason: 'manual' })
  await h.worker.drain()
}

const sendMessages = async (tenant: TestTenant): Promise<void> => {
  const { alias_id } = await createSender(h, tenant)
  const accept = (body: object) =>
    post<{ id: string }>(tenant, '/api/v1/bavimail/emails', {
      alias_id,
      subject: 'A question',
      body: '<p>Hello</p>',
      ...body,
    })
  const clock = await h.call<{ now: string }>('GET', `/api/v1/workspaces/${tenant.workspace_id}/clock`, {
    as: tenant.key,
  })
  const send_at = new Date(Date.parse(clock.body.now) + 3_600_000).toISOString()
  const { id } = await accept({ to_email: 'later@people.example', send_at })
  await post(tenant, `/api/v1/bavimail/emails/${id}/cancel`)
  await accept({ to_email: 'silent@people.example' })
  await post(tenant, '/api/v1/suppression/', { email: 'silent@people.example', reason: 'manual' })
  await h.worker.drain()
}

type Setup = { dns_records: { type: string; name: string; value: string; priority: number | null }[] }

const verifyDomain = async (tenant: TestTenant): Promise<void> => {
  const BASE = '/api/v1/bavimail/domains'
  const { id } = await post<{ id: string }>(tenant, BASE, { domain: `${unique('told')}.example` })
  await post(tenant, `${BASE}/${id}/verify`, {})
  await h.worker.drain()
  const setup = await h.call<Setup>('GET', `${BASE}/${id}/setup`, { as: tenant.key })
  for (const { type, name, value, priority } of setup.body.dns_records)
    if (type === 'TXT') dns.zone.txt[name] = [value]
    else if (type === 'CNAME') dns.zone.cname[name] = [value]
    else dns.zone.mx[name] = [{ exchange: value, priority: priority ?? 10 }]
  await post(tenant, `${BASE}/${id}/verify`, { force: true })
  await h.worker.drain()
}

/** Fails and comes back. The domain behind it is nobody's claim, so nothing is told of that. */
const breakMailbox = async (tenant: TestTenant): Promise<string> => {
  const id = await insertMailbox(h, tenant, `${unique('ada')}@mailbox-host.example`)
  await sql`update mailboxes set status = 'active' where id = ${id}`.execute(h.deps.db)
  await sql`update sending_domains set next_check_at = ${h.clock.now()} where workspace_id = ${tenant.workspace_id} and kind = 'mailbox'`.execute(
    h.deps.db,
  )
  await recheckDomains(h.deps)
  const fault = new MailboxFault('AUTH', 'The server refused the log-in.')
  await recordFault(h.deps, { id, credentials_version: 1 }, fault)
  await recordFault(h.deps, { id, credentials_version: 1 }, fault)
  const row = await findMailboxRow(h.deps.db, id, tenant.workspace_id)
  assert.ok(row)
  const session = {
    alive: true,
    extensions: { idle: true, condstore: true },
    folders: async () => ({ inbox: 'INBOX' }),
    open: async () => ({ uid_validity: 1n, uid_next: 1, highest_modseq: null, exists: 0 }),
    close: async () => {},
  }
  const server = { host: 'mail.example.com', port: 993, security: 'tls' as const, user: row.email }
  await renewCredentials(
    { ...h.deps, mailboxes: { open: async () => session as never, checkSubmission: async () => {} } },
    { workspace: { workspace_id: tenant.workspace_id, mode: 'live' } as never },
    row,
    {
      auth_kind: 'password',
      credentials: { password: 'a-new-one' },
      access: null,
      smtp: { ...server, port: 465 },
      imap: server,
    },
    h.clock.now(),
  )
  await h.worker.drain()
  return id
}

test('every type that can be subscribed to arrives when what it tells of happens', async () => {
  const sandbox = await createTenant(h)
  const live = await createTenant(h, { mode: 'live' })
  const endpoint = await listen(sandbox)
  await listen(live)
  await post(sandbox, `/api/v1/webhook-endpoints/${endpoint.id}/test`)
  await runCampaign(sandbox)
  await failLaunch(sandbox)
  await sendMessages(sandbox)
  await verifyDomain(live)
  const before = told().length
  const mailbox_id = await breakMailbox(live)
  const events = told()
  assert.deepEqual(
    eventTypeNames.filter((type) => !events.some(({ event_type }) => event_type === type)),
    [],
    'these are offered and never come',
  )
  for (const { event_type, data } of events) {
    assert.ok(isEventType(event_type), `${event_type} is not offered`)
    const result = EVENT_TYPES[event_type].data.strict().safeParse(data)
    assert.ok(result.success, `${event_type} ${JSON.stringify(data)} ${result.error?.message}`)
  }
  assert.deepEqual(
    events.slice(before).map(({ event_type }) => event_type),
    ['mailbox.needs_attention', 'mailbox.recovered'],
    'the second fault tells nothing new, and a mailbox’s domain nothing at all',
  )
  assert.deepEqual(
    since(before, 'mailbox.needs_attention').map(({ data }) => [data.mailbox_id, data.status, data.previous_status]),
    [[mailbox_id, 'needs_attention', 'active']],
  )
  assert.deepEqual(
    ['domain.failed', 'domain.verified'].map((type) => {
      const data = events.find(({ event_type }) => event_type === type)?.data
      return [data?.previous_status, data?.status, data?.old_status, data?.new_status]
    }),
    [
      ['verifying', 'failed', 'verifying', 'failed'],
      ['verifying', 'verified', 'verifying', 'verified'],
    ],
  )
})
