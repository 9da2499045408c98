import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createSender } from '../../../test/outgoing.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { ensureEventPartitions } from '../campaigns/event-partitions.ts'
import { recordEvents } from '../campaigns/record-events.ts'
import { EVENT_TYPES, isEventType } from './event-types.ts'
import { listenForStream, stopListening } from './listening.ts'
import { publishEvents } from './publish-events.ts'

type Published = { event_id: string; position: number; event_type: string; body: string }

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const published = async (
  tenant: TestTenant,
): Promise<{ type: string; data: Record<string, unknown>; row: Published }[]> => {
  const { rows } = await sql<Published>`
    select event_id, position, event_type, body from published_events where workspace_id = ${tenant.workspace_id} order by position`.execute(
    h.deps.db,
  )
  return rows.map((row) => ({ type: row.event_type, data: JSON.parse(row.body).data, row }))
}

const listen = (tenant: TestTenant): Promise<void> => listenForStream(h.deps, tenant.workspace_id, h.clock.now())

test('a sandbox campaign tells its whole life, each event once and as its schema says', async () => {
  const tenant = await createTenant(h)
  await listen(tenant)
  const rows = ['accept', 'reply', 'bounce', 'ooo', 'unsubscribe', 'complain'].map((what, n) => ({
    email: `person${n}+${what}@people.example`,
    first_name: what,
  }))
  const { campaign_id } = await createCampaign(h, tenant, { rows })
  await h.call('POST', `/api/v1/campaigns/${campaign_id}/launch`, { as: tenant.key })
  await h.worker.drain()
  await h.call('POST', `/api/v1/campaigns/${campaign_id}/pause`, { as: tenant.key })
  await h.call('POST', `/api/v1/campaigns/${campaign_id}/resume`, { as: tenant.key })
  await advance(h, tenant, { seconds: 20 * 86_400 })
  await h.worker.drain()
  const events = await published(tenant)
  const types = new Set(events.map(({ type }) => type))
  for (const expected of [
    'campaign.launched',
    'campaign.paused',
    'campaign.resumed',
    'email.outbound.sent',
    'email.outbound.delivered',
    'lead.completed',
    'email.inbound.received',
    'lead.replied',
    'email.outbound.replied',
    'email.outbound.bounced',
  ])
    assert.ok(types.has(expected), `${expected} is missing among ${[...types].sort().join(', ')}`)
  // Held against the timeline: each of its rows that is told is told once.
  const timeline = await sql<{ event_id: string; event_type: string }>`
    select event_id, event_type from events where workspace_id = ${tenant.workspace_id} and event_type <> 'voided'`.execute(
    h.deps.db,
  )
  const ids = events.map(({ row }) => row.event_id)
  assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(
    timeline.rows.filter(({ event_id }) => !ids.includes(event_id)),
    [],
    'nothing is lost',
  )
  assert.deepEqual(
    events.map(({ row }) => row.position),
    events.map((_, at) => (events[0]?.row.position ?? 0) + at),
    'positions have no hole',
  )
  for (const { type, data } of events) {
    assert.ok(isEventType(type))
    assert.ok(EVENT_TYPES[type].data.strict().safeParse(data).success, `${type} ${JSON.stringify(data)}`)
  }
  const left = await sql`select 1 from event_outbox where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
  assert.equal(left.rows.length, 0)
})

const stop = (tx: Tx, tenant: TestTenant, occurred_at: Date): Promise<void> =>
  recordEvents(tx, [
    {
      workspace_id: tenant.workspace_id,
      campaign_id: null,
      campaign_lead_id: null,
      email_id: tenant.user_id,
      event_type: 'failed',
      occurred_at,
    },
  ])
const happen = (tenant: TestTenant): Promise<void> => transaction(h.deps.db, (tx) => stop(tx, tenant, h.clock.now()))

test('where nobody listens nothing is captured, and listening ends a day after the last stream', async () => {
  const [heard, unheard] = [await createTenant(h), await createTenant(h)]
  await listen(heard)
  await happen(heard)
  await happen(unheard)
  const captured = await sql<{ workspace_id: string }>`
    select workspace_id from event_outbox where workspace_id in (${heard.workspace_id}, ${unheard.workspace_id})`.execute(
    h.deps.db,
  )
  assert.deepEqual(captured.rows, [{ workspace_id: heard.workspace_id }])
  await h.worker.drain()
  h.clock.advance(23 * 3_600_000)
  await stopListening(h.deps, h.clock.now())
  await happen(heard)
  await h.worker.drain()
  assert.equal((await published(heard)).length, 2)
  h.clock.advance(2 * 3_600_000)
  await stopListening(h.deps, h.clock.now())
  await happen(heard)
  await h.worker.drain()
  assert.equal((await published(heard)).length, 2)
})

test('a received message that a program announces beside the table is one event', async () => {
  const tenant = await createTenant(h)
  const { alias_id, domain_id, full_email } = await createSender(h, tenant)
  await listen(tenant)
  const now = h.clock.now()
  const id = newId()
  const receive = async (tx: Tx, values: { id: string; kind: string; is_warmup?: boolean }): Promise<void> => {
    await tx
      .insertInto('inbound_emails')
      .values({
        workspace_id: tenant.workspace_id,
        user_id: tenant.user_id,
        alias_id,
        domain_id,
        from_email: 'ada@people.example',
        to_email: full_email,
        subject: 'Hello',
        body_text: 'A question.',
        raw_email_size: 100,
        received_at: now,
        created_at: now,
        updated_at: now,
        ...values,
      })
      .execute()
  }
  await transaction(h.deps.db, async (tx) => {
    await receive(tx, { id, kind: 'unmatched' })
    await publishEvents(tx, [
      {
        workspace_id: tenant.workspace_id,
        event_type: 'email.inbound.received',
        data: { email_id: id },
        occurred_at: now,
      },
    ])
    await receive(tx, { id: newId(), kind: 'unmatched', is_warmup: true })
    await receive(tx, { id: newId(), kind: 'bounce' })
  })
  await h.worker.drain()
  const events = await published(tenant)
  assert.deepEqual(
    events.map(({ type, data }) => [type, data.email_id, data.alias, data.to_email, data.body_preview]),
    [['email.inbound.received', id, full_email, full_email, 'A question.']],
  )
})

test('a transaction that is rolled back tells nothing', async () => {
  const tenant = await createTenant(h)
  await listen(tenant)
  await assert.rejects(
    transaction(h.deps.db, async (tx) => {
      await stop(tx, tenant, h.clock.now())
      throw new Error('no')
    }),
  )
  await h.worker.drain()
  assert.deepEqual(await published(tenant), [])
})

test('rows of the timeline that move to another partition are not told again', async () => {
  const tenant = await createTenant(h)
  await listen(tenant)
  const far = new Date('2031-05-10T00:00:00Z')
  await sql`insert into events (event_id, workspace_id, event_type, occurred_at) values (gen_random_uuid(), ${tenant.workspace_id}, 'stopped', ${far})`.execute(
    h.deps.db,
  )
  const outbox = () => sql`select 1 from event_outbox where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
  assert.equal((await outbox()).rows.length, 1)
  await transaction(h.deps.db, (tx) => ensureEventPartitions(tx, far, far))
  assert.equal((await outbox()).rows.length, 1)
})
