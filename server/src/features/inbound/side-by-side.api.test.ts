import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { createTestDatabase, type Harness, startHarness, type TestDatabase } from '../../../test/harness.ts'
import {
  createSender,
  createTestCampaign,
  createTestLead,
  sendMail,
  type TestCampaign,
  type TestSender,
} from '../../../test/outgoing.ts'
import { openSmtpConnection } from '../../ports/mail/smtp-client.ts'
import { worldGreeting } from '../../world-greeting.ts'
import { processDeliveries } from './process-inbound.ts'

const GROUPS = 6
const IN_GROUP = 5
/** PostgreSQL looks for a deadlock only after this long, so that one cannot be mistaken for slowness. */
const DEADLOCK_MS = 40_000

let database: TestDatabase
let h: Harness
let tenant: TestTenant
let sender: TestSender
let campaign: TestCampaign

before(async () => {
  database = await createTestDatabase()
  const url = new URL(database.url)
  url.searchParams.set('options', `-c deadlock_timeout=${DEADLOCK_MS}`)
  h = await startHarness({ database: { url: url.href, drop: database.drop } })
  tenant = await createTenant(h)
  sender = await createSender(h, tenant)
  campaign = await createTestCampaign(h, tenant, sender)
})
after(async () => {
  await h?.close()
  await database?.drop()
})

const KINDS = [
  (to: string, id: string) => `From: ${to}\nSubject: Re: A question\nIn-Reply-To: ${id}\n\nYes.\n`,
  (to: string, id: string) =>
    `From: ${to}\nSubject: Automatic reply: A question\nAuto-Submitted: auto-replied\nIn-Reply-To: ${id}\n\nI am out of the office until 26 January 2026.\n`,
  (to: string, id: string) => `From: ${to}\nSubject: unsubscribe\nIn-Reply-To: ${id}\n\nunsubscribe\n`,
]

test('answers of all kinds to one campaign, understood side by side, wait for each other and never deadlock', async () => {
  const session = await openSmtpConnection({
    host: '127.0.0.1',
    port: h.deps.address.inbound_smtp_port as number,
    name: worldGreeting(h.deps.secrets.key('mail-tokens'), tenant.workspace_id),
    secure: 'none',
  })
  for (let n = 0; n < GROUPS * IN_GROUP; n++) {
    const to = `person${n}@example.net`
    const lead = await createTestLead(h, tenant, campaign, sender, to)
    const sent = await sendMail(h, tenant, sender, to, { campaign, campaign_lead_id: lead })
    // Every group begins with another kind, and so with other figures.
    const kind = KINDS[(n + Math.floor(n / IN_GROUP)) % KINDS.length] as (to: string, id: string) => string
    const raw = Buffer.from(kind(to, sent.message_id).replaceAll('\n', '\r\n'))
    assert.equal((await session.send({ mail_from: to, rcpt_to: sender.full_email, raw })).reply_code, 250)
  }
  session.close()
  const rows = await h.deps.db.selectFrom('inbound_deliveries').select('id').orderBy('id').execute()
  const groups = Array.from({ length: GROUPS }, (_, g) =>
    rows.slice(g * IN_GROUP, (g + 1) * IN_GROUP).map(({ id }) => id),
  )
  const began = performance.now()
  const done = await Promise.all(groups.map((ids) => processDeliveries(h.deps, ids)))
  assert.deepEqual(
    done,
    groups.map(() => IN_GROUP),
  )
  assert.ok(performance.now() - began < DEADLOCK_MS / 2, `${Math.round(performance.now() - began)} ms`)
  const statuses = await h.deps.db.selectFrom('campaign_leads').select('status').execute()
  const counted = await h.deps.db
    .selectFrom('campaign_lead_counts')
    .select(['status', 'leads'])
    .where('leads', '<>', 0)
    .orderBy('status')
    .execute()
  const recount = Map.groupBy(statuses, ({ status }) => status)
  assert.deepEqual(
    counted.map(({ status, leads }) => [status, leads]),
    [...recount].map(([status, all]) => [status, all.length] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  assert.ok(recount.size >= 3, [...recount.keys()].join())
})
