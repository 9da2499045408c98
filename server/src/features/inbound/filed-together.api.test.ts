import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import {
  createSender,
  createTestCampaign,
  createTestLead,
  type SentMail,
  sendMail,
  type TestCampaign,
  type TestSender,
} from '../../../test/outgoing.ts'
import { newId } from '../../ids.ts'
import { worldGreeting } from '../../world-greeting.ts'
import { processDeliveries } from './process-inbound.ts'

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

type World = {
  tenant: TestTenant
  sender: TestSender
  campaign: TestCampaign
  other: TestCampaign
  sent: Map<string, SentMail>
}

/** People who were written to, the same in every world. */
const PEOPLE = ['ada', 'ben', 'cid', 'dot', 'eve', 'fay', 'gus', 'hal'].map((name) => `${name}@${name}.example.net`)
const COLLEAGUES = ['ivy@firm.example.net', 'jan@firm.example.net']
const [ada, ben, cid, dot, eve, fay, gus, hal] = PEOPLE as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
]
const [ivy] = COLLEAGUES as [string]

const createWorld = async (): Promise<World> => {
  const tenant = await createTenant(h)
  const sender = await createSender(h, tenant, `d${newId().slice(-10)}.example`)
  const campaign = await createTestCampaign(h, tenant, sender)
  const other = await createTestCampaign(h, tenant, sender)
  await h.deps.db
    .updateTable('campaigns')
    .set({ stop_company_on_reply: true })
    .where('campaign_id', '=', campaign.campaign_id)
    .execute()
  const sent = new Map<string, SentMail>()
  for (const to of [...PEOPLE, ...COLLEAGUES]) {
    const lead = await createTestLead(h, tenant, campaign, sender, to)
    sent.set(to, await sendMail(h, tenant, sender, to, { campaign, campaign_lead_id: lead }))
    await queueNextStep({ tenant, sender, campaign }, lead, to)
  }
  // The same address waits in a second campaign.
  const second = await createTestLead(h, tenant, other, sender, ada)
  await queueNextStep({ tenant, sender, campaign: other }, second, ada)
  return { tenant, sender, campaign, other, sent }
}

const queueNextStep = async (
  { tenant, sender, campaign }: Pick<World, 'tenant' | 'sender' | 'campaign'>,
  lead: string,
  to: string,
): Promise<void> => {
  const now = h.clock.now()
  await h.deps.db
    .insertInto('emails')
    .values({
      id: newId(),
      workspace_id: tenant.workspace_id,
      user_id: tenant.user_id,
      campaign_id: campaign.campaign_id,
      campaign_lead_id: lead,
      step: 2,
      variant_label: 'A',
      alias_id: sender.alias_id,
      domain_id: sender.domain_id,
      from_email: sender.full_email,
      to_email: to,
      receiving_provider: to.split('@')[1] as string,
      status: 'queued',
      due_at: new Date(now.getTime() + 86_400_000),
      created_at: now,
      updated_at: now,
    })
    .execute()
}

type Mail = { from: string; to?: string; headers: Record<string, string>; body: string }

/** Stores mail as the listener does. Returns the ids in their order. */
const store = async ({ tenant, sender }: World, mails: readonly Mail[]): Promise<string[]> => {
  const ids: string[] = []
  for (const { from, to, headers, body } of mails) {
    const fields = Object.entries({ From: from, ...headers }).map(([name, value]) => `${name}: ${value}`)
    const id = newId()
    await h.deps.db
      .insertInto('inbound_deliveries')
      .values({
        id,
        mail_from: from,
        rcpt_to: to ?? sender.full_email,
        raw: Buffer.from(`${fields.join('\n')}\n\n${body}\n`.replaceAll('\n', '\r\n')),
        remote_address: '127.0.0.1',
        helo: worldGreeting(h.deps.secrets.key('mail-tokens'), tenant.workspace_id),
        received_at: h.clock.now(),
      })
      .execute()
    ids.push(id)
  }
  return ids
}

const dsn = (to: string): string =>
  `--x\nContent-Type: text/plain\n\nNo such user.\n--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; ${to}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No such user\n\n--x--`
const file = (text: string): string =>
  `--m\n\nSee below.\n--m\nContent-Type: text/csv; name=a.csv\nContent-Disposition: attachment; filename=a.csv\n\n${text}\n--m--`

/** A morning's mail in which one thing bears on another in every way that there is. */
const post = ({ sent, sender }: World): Mail[] => {
  const of = (to: string): SentMail => sent.get(to) as SentMail
  const answer = (to: string, headers: Record<string, string> = {}): Record<string, string> => ({
    Subject: 'Re: A question',
    'In-Reply-To': of(to).message_id,
    'Message-ID': `<${newId()}@example.net>`,
    ...headers,
  })
  const away = { 'Auto-Submitted': 'auto-replied', Subject: 'Automatic reply: A question' }
  return [
    { from: ada, headers: answer(ada), body: 'Yes, tell me more.' },
    { from: ben, headers: answer(ben, away), body: 'I am out of the office until 26 January 2026.' },
    { from: cid, headers: answer(cid), body: 'Interesting.' },
    {
      from: 'mailer-daemon@example.net',
      to: of(dot).bounce_address,
      headers: { Subject: 'Undelivered', 'Content-Type': 'multipart/report; report-type=delivery-status; boundary=x' },
      body: dsn(dot),
    },
    { from: eve, headers: { Subject: 'About something else' }, body: 'Do you also paint houses?' },
    // A stranger begins a thread, goes on with it by its reference, and then by its subject alone.
    {
      from: 'zoe@stranger.example',
      headers: { Subject: 'New here', 'Message-ID': '<first@stranger.example>' },
      body: 'Hello',
    },
    {
      from: 'zoe@stranger.example',
      headers: {
        Subject: 'Other words',
        References: '<first@stranger.example>',
        'Message-ID': '<second@stranger.example>',
      },
      body: 'And also',
    },
    { from: 'zoe@stranger.example', headers: { Subject: 'Re: New here' }, body: 'One more thing' },
    { from: 'zoe@stranger.example', headers: { Subject: 'Quite another matter' }, body: 'Hello again' },
    // The second word of the same people.
    { from: ben, headers: answer(ben), body: 'I am back already. Call me.' },
    { from: cid, headers: answer(cid, { Subject: 'unsubscribe' }), body: 'unsubscribe' },
    { from: dot, headers: answer(dot), body: 'I do exist.' },
    { from: ada, headers: answer(ada), body: 'Are you there?' },
    { from: fay, headers: answer(fay, away), body: 'I am out of the office until 26 January 2026.' },
    { from: ivy, headers: answer(ivy), body: 'Let us talk.' },
    {
      from: gus,
      headers: answer(gus, { 'Content-Type': 'multipart/mixed; boundary=m' }),
      body: file('the same for both'),
    },
    {
      from: hal,
      headers: answer(hal, { 'Content-Type': 'multipart/mixed; boundary=m', 'X-Odd': 'a\0b' }),
      body: file('the same for both'),
    },
    { from: 'nul@stranger.example', headers: { Subject: 'Odd', References: '<a\0b@stranger.example>' }, body: 'A\0B' },
    { from: 'nobody@stranger.example', to: `nobody@${sender.domain}`, headers: { Subject: 'Lost' }, body: 'Hello' },
  ]
}

/** Everything that the mail left behind, without what differs from world to world. */
const stateOf = async ({ tenant, campaign }: World, deliveries: readonly string[]) => {
  const { db } = h.deps
  const of = tenant.workspace_id
  const rows = async (query: ReturnType<typeof sql>): Promise<unknown[]> => (await query.execute(db)).rows
  const inbound = await db
    .selectFrom('inbound_emails')
    .selectAll()
    .where('workspace_id', '=', of)
    .orderBy('id')
    .execute()
  const thread = (id: string | null): number | null =>
    id === null ? null : inbound.findIndex((row) => row.conversation_id === id)
  const conversations = await db.selectFrom('conversations').selectAll().where('workspace_id', '=', of).execute()
  return {
    deliveries: await rows(sql`
      select outcome, processed_at is not null as is_done, octet_length(raw) > 0 as is_kept from inbound_deliveries
      where id = any(${deliveries}::uuid[]) order by id`),
    inbound: inbound.map((row) => ({
      kind: row.kind,
      matched_by: row.matched_by,
      from: row.from_email,
      subject: row.subject,
      text: row.body_text,
      reply: row.reply_text,
      thread: thread(row.conversation_id),
      files: (row.attachments as { sha256: string }[]).map(({ sha256 }) => sha256),
      processing_error: row.processing_error,
      size: row.raw_email_size > 0,
    })),
    conversations: conversations
      .map((row) => [
        thread(row.id),
        row.subject,
        row.message_count,
        row.inbound_count,
        row.unread_count,
        row.first_from_email?.replace(/d\w{10}\.example$/, 'ours.example'),
      ])
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    leads: await rows(sql`
      select l.email, l.campaign_id = ${campaign.campaign_id} as is_first, l.status, l.stop_reason, l.last_event, l.next_action_at from campaign_leads l
      where l.workspace_id = ${of} order by 1, 2`),
    emails: await rows(sql`
      select e.to_email, e.step, e.campaign_id = ${campaign.campaign_id} as is_first, e.status, e.replied_at is not null as replied, e.bounce_kind, e.bounce_reason,
        e.unsubscribed_at is not null as unsubscribed from emails e where e.workspace_id = ${of} order by 1, 2, 3`),
    events: await rows(sql`
      select l.email, l.campaign_id = ${campaign.campaign_id} as is_first, array_agg(e.event_type order by e.event_id) as events,
        array_agg(coalesce(e.metadata ->> 'reason', '') order by e.event_id) as reasons
      from events e join campaign_leads l on l.campaign_lead_id = e.campaign_lead_id where e.workspace_id = ${of} group by 1, 2 order by 1, 2`),
    step_counts: await rows(sql`
      select c.campaign_id = ${campaign.campaign_id} as is_first, step, queued, sent, delivered, replied, bounced, hard_bounced, unsubscribed
      from campaign_step_counts c where c.workspace_id = ${of} order by 1, 2`),
    lead_counts: await rows(sql`
      select n.campaign_id = ${campaign.campaign_id} as is_first, n.status, n.leads from campaign_lead_counts n join campaigns c using (campaign_id)
      where c.workspace_id = ${of} and n.leads <> 0 order by 1, 2`),
    suppressed: await rows(sql`select email, reason from suppressions where workspace_id = ${of} order by 1, 2`),
    files: await rows(sql`
      select a.filename, encode(a.sha256, 'hex') as sha256, a.position from inbound_attachments a where a.workspace_id = ${of} order by a.inbound_email_id, a.position`),
  }
}

describe('messages that are filed together', () => {
  test('leave behind exactly what they leave one by one', async () => {
    const apart = await createWorld()
    const together = await createWorld()
    const first = await store(apart, post(apart))
    for (const id of first) assert.equal(await processDeliveries(h.deps, [id]), 1)
    const second = await store(together, post(together))
    assert.equal(await processDeliveries(h.deps, second), second.length)
    const state = await stateOf(together, second)
    assert.deepEqual(state, await stateOf(apart, first))

    // What both of them are is what it should be.
    const leads = new Map(
      (state.leads as { email: string; is_first: boolean; status: string }[]).map((lead) => [
        `${lead.email} ${lead.is_first}`,
        lead.status,
      ]),
    )
    const statusOf = (email: string): string | undefined => leads.get(`${email} true`)
    assert.deepEqual(
      [...[ada, ben, cid, dot, eve, fay, gus, hal, ...COLLEAGUES].map(statusOf), leads.get(`${ada} false`)],
      [
        ...['replied', 'replied', 'unsubscribed', 'replied', 'replied', 'postponed', 'replied', 'replied'],
        ...['replied', 'stopped', 'stopped'],
      ],
    )
    assert.equal((state.emails as { step: number }[]).filter(({ step }) => step === 2).length, 0)
    assert.equal(state.inbound.length, second.length - 1)
    assert.equal(state.inbound.filter(({ thread }) => thread === null).length, 1)
    // One for each of the eight, one for the colleague, two of the first stranger, one of the second, and none for the report.
    assert.equal(new Set(state.inbound.map(({ thread }) => thread)).size, 8 + 1 + 2 + 1 + 1)
  })

  test('do everything once, however often and side by side they are handed over', async () => {
    const apart = await createWorld()
    const together = await createWorld()
    const first = await store(apart, post(apart))
    for (const id of first) await processDeliveries(h.deps, [id])
    const second = await store(together, post(together))
    const done = await Promise.all([
      processDeliveries(h.deps, second),
      processDeliveries(h.deps, second.slice(0, 7)),
      processDeliveries(h.deps, [...second].reverse()),
    ])
    assert.equal(
      done.reduce((sum, n) => sum + n, 0),
      second.length,
    )
    assert.equal(await processDeliveries(h.deps, second), 0)
    const { leads, lead_counts, step_counts, suppressed } = await stateOf(together, second)
    const expected = await stateOf(apart, first)
    assert.deepEqual(
      { leads, lead_counts, step_counts, suppressed },
      {
        leads: expected.leads,
        lead_counts: expected.lead_counts,
        step_counts: expected.step_counts,
        suppressed: expected.suppressed,
      },
    )
    const filed = await h.deps.db
      .selectFrom('inbound_emails')
      .select('id')
      .where('workspace_id', '=', together.tenant.workspace_id)
      .execute()
    assert.equal(filed.length, second.length - 1)
  })

  test('a message that cannot be stored takes no other with it', async () => {
    const world = await createWorld()
    const ids = await store(world, post(world))
    const { storage } = h.deps
    const broken = Object.assign(Object.create(storage) as typeof storage, {
      adopt: async (path: string, sha256: Buffer) => {
        if ((await readFile(path, 'utf8')).includes('the same for both')) throw new RangeError('nobody thought of that')
        await storage.adopt(path, sha256)
      },
    })
    assert.equal(await processDeliveries({ ...h.deps, storage: broken }, ids), ids.length)
    const filed = await h.deps.db
      .selectFrom('inbound_emails')
      .select(['from_email', 'processing_error', 'raw'])
      .where('workspace_id', '=', world.tenant.workspace_id)
      .execute()
    assert.equal(filed.length, ids.length - 1)
    const bare = filed.filter(({ processing_error }) => processing_error !== null)
    assert.deepEqual(
      bare
        .map(({ from_email, processing_error, raw }) => [from_email, processing_error, (raw?.length ?? 0) > 0])
        .sort(),
      [gus, hal].map((from) => [from, 'the message could not be processed', true]),
    )
  })
})
