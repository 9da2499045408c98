import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createPayingTenant, createTenant, type TestTenant } from '../../../test/builders.ts'
import {
  alertsOf,
  eventsOf,
  type Failure,
  launch,
  patch,
  post,
  recordWire,
  statusOf,
} from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { type ModelServer, startModelServer } from '../../../test/model-server.ts'
import { approve, createWrittenCampaign, draftsOf, generate, prospects } from '../../../test/playground-steps.ts'
import { transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { holdCredits, readBalance } from '../credits/ledger.ts'
import { claimDrafts, releaseDeadClaims } from './claim-drafts.ts'
import { waitingReference } from './draft-credits.ts'
import { writeDrafts } from './write-drafts.ts'

const COST = 2

let model: ModelServer
/** Texts by rule, at no cost. */
let h: Harness
/** Texts by a model that costs credits. */
let m: Harness
before(async () => {
  model = await startModelServer()
  h = await startHarness()
  m = await startHarness({
    env: {
      ...model.env('test-good'),
      LLM_CREDITS_PER_DRAFT: String(COST),
      LLM_TIMEOUT_SECONDS: '5',
      LLM_TOTAL_SECONDS: '8',
    },
  })
})
after(async () => {
  await h?.close()
  await m?.close()
  await model?.close()
})

const textsOf = async (l: Harness, campaignId: string) => {
  const { rows } = await sql<{
    email: string
    status: string
    text_state: string | null
    error: string | null
    approved: boolean
    sent: boolean
  }>`
    select l.email, l.status, l.text_state, l.error, l.approvals <> '{}' as approved, l.current_step > 0 as sent from campaign_leads l
    where l.campaign_id = ${campaignId} order by l.row_index`.execute(l.deps.db)
  return rows
}

const approveFirst = async (l: Harness, tenant: TestTenant, campaignId: string, count: number): Promise<string[]> => {
  const batch = await generate(l, tenant, campaignId, { n_leads: count })
  const made = await post<{ approved_lead_ids: string[] }>(
    l,
    tenant,
    `/api/v1/campaigns/${campaignId}/playground/approve`,
    { batch_id: batch.batch_id, checks: [] },
  )
  assert.equal(made.body.approved_lead_ids.length, count, made.text)
  return made.body.approved_lead_ids
}

const balanceOf = async (tenant: TestTenant) => {
  const { available_credits, reserved_credits, used_credits } = await readBalance(
    m.deps.db,
    tenant.workspace_id,
    m.clock.now(),
  )
  return { available_credits, reserved_credits, used_credits }
}

/** Makes a fault of the model concern only requests about this first name. */
const onlyFor = (name: string, behaviour: Parameters<ModelServer['next']>[0]): void =>
  model.decide((request) => (request.text.includes(name) ? behaviour : undefined))

test('launch_default: unreviewed texts are written before their turn to be sent, approved ones go out without a model', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createWrittenCampaign(h, tenant, { rows: prospects(4), steps: [{}, {}] })
  await approveFirst(h, tenant, campaign_id, 2)
  await launch(h, tenant, campaign_id)
  const wire = recordWire(h)
  await advance(h, tenant, { until_idle: true })
  assert.equal(wire.length, 8)
  const written = await sql<{ step: number; n: number }>`
    select step, count(*)::int as n from campaign_drafts where campaign_id = ${campaign_id} and batch_id is null and status = 'completed' group by step order by step`.execute(
    h.deps.db,
  )
  assert.deepEqual(written.rows, [
    { step: 1, n: 2 },
    { step: 2, n: 4 },
  ])
  const sources = await sql<{ source: string; n: number }>`
    select metadata->>'text_source' as source, count(*)::int as n from events where campaign_id = ${campaign_id} and event_type = 'delivered' group by 1 order by 1`.execute(
    h.deps.db,
  )
  assert.deepEqual(sources.rows, [
    { source: 'approved', n: 2 },
    { source: 'written', n: 6 },
  ])
  assert.equal(await statusOf(h, campaign_id), 'completed')
})

test('hold: an immediate launch with unreviewed texts is paused and told, and what is approved goes out on resuming', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createWrittenCampaign(h, tenant, {
    rows: prospects(4),
    body: { unreviewed_launch_policy: 'hold' },
  })
  await approveFirst(h, tenant, campaign_id, 2)
  await launch(h, tenant, campaign_id)
  assert.equal(await statusOf(h, campaign_id), 'paused')
  const [alert] = await alertsOf(h, tenant)
  assert.deepEqual([alert?.alert_type, alert?.metadata.unreviewed], ['campaign_paused', 2])
  const wire = recordWire(h)
  await advance(h, tenant, { seconds: 6 * 3_600 })
  assert.equal(wire.length, 0)
  assert.equal((await post(h, tenant, `/api/v1/campaigns/${campaign_id}/resume`)).status, 200)
  await advance(h, tenant, { seconds: 2 * 3_600 })
  assert.equal(wire.length, 2)
  assert.deepEqual(
    (await textsOf(h, campaign_id)).map(({ text_state, sent }) => [text_state, sent]),
    [
      [null, true],
      [null, true],
      ['review', false],
      ['review', false],
    ],
  )
  assert.equal(await statusOf(h, campaign_id), 'active')
  const waiting = await sql<{
    id: string
  }>`select campaign_lead_id as id from campaign_leads where campaign_id = ${campaign_id} and text_state = 'review' order by row_index`.execute(
    h.deps.db,
  )
  const listed = await h.call<{ items: { campaign_lead_id: string }[]; total: number }>(
    'GET',
    `/api/v1/campaigns/${campaign_id}/leads?text_state=review`,
    { as: tenant.key },
  )
  assert.deepEqual(
    [listed.body.total, ...listed.body.items.map(({ campaign_lead_id }) => campaign_lead_id)],
    [2, ...waiting.rows.map(({ id }) => id)],
  )
  const [third, fourth] = waiting.rows as [{ id: string }, { id: string }]
  const why = await h.call<{ limit: string }>('GET', `/api/v1/campaigns/${campaign_id}/leads/${third.id}/explain`, {
    as: tenant.key,
  })
  assert.equal(why.body.limit, 'text')
  assert.equal(
    (await approve(h, tenant, campaign_id, third.id, { subject: 'Mine', body: 'Words of my own.' })).status,
    200,
  )
  await advance(h, tenant, { until_idle: true })
  assert.equal(wire.length, 3)
  await patch(h, tenant, campaign_id, { unreviewed_launch_policy: 'launch_default' })
  await advance(h, tenant, { until_idle: true })
  assert.equal(wire.length, 4)
  assert.ok((await eventsOf(h, fourth.id)).includes('delivered'))
})

test('cancel: a launch with unreviewed texts ends as a draft, with leads and approvals kept', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createWrittenCampaign(h, tenant, {
    rows: prospects(3),
    body: { unreviewed_launch_policy: 'cancel' },
  })
  await approveFirst(h, tenant, campaign_id, 1)
  await launch(h, tenant, campaign_id)
  assert.equal(await statusOf(h, campaign_id), 'draft')
  assert.deepEqual(
    (await textsOf(h, campaign_id)).map(({ approved, status }) => [approved, status]),
    [
      [true, 'pending'],
      [false, 'pending'],
      [false, 'pending'],
    ],
  )
  assert.match((await alertsOf(h, tenant))[0]?.message ?? '', /leads and approvals are kept/)
  const wire = recordWire(h)
  await advance(h, tenant, { seconds: 3 * 3_600 })
  assert.equal(wire.length, 0)
  await approveFirst(h, tenant, campaign_id, 2)
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  assert.equal(wire.length, 3)
})

test('a scheduled campaign is looked at when its date comes, not when it is launched', async () => {
  for (const [policy, ending] of [
    ['hold', 'paused'],
    ['cancel', 'draft'],
    ['launch_default', 'completed'],
  ] as const) {
    const tenant = await createTenant(h)
    const { campaign_id } = await createWrittenCampaign(h, tenant, {
      rows: prospects(2),
      body: { unreviewed_launch_policy: policy, launch_type: 'scheduled', start_date: '2026-01-16T09:00:00Z' },
    })
    await launch(h, tenant, campaign_id)
    assert.equal(await statusOf(h, campaign_id), 'scheduled')
    await advance(h, tenant, { to: '2026-01-16T12:00:00Z' })
    assert.equal(await statusOf(h, campaign_id), ending, policy)
  }
})

test('under hold a follow-up that comes due unreviewed pauses the campaign, and those that are due wait together', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createWrittenCampaign(h, tenant, {
    rows: prospects(3),
    steps: [{}, {}],
    body: { unreviewed_launch_policy: 'hold' },
  })
  await approveFirst(h, tenant, campaign_id, 3)
  await launch(h, tenant, campaign_id)
  const wire = recordWire(h)
  await advance(h, tenant, { until_idle: true })
  assert.deepEqual([wire.length, await statusOf(h, campaign_id)], [3, 'paused'])
  await post(h, tenant, `/api/v1/campaigns/${campaign_id}/resume`)
  await advance(h, tenant, { until_idle: true })
  assert.deepEqual(
    (await textsOf(h, campaign_id)).map(({ text_state }) => text_state),
    ['review', 'review', 'review'],
  )
  assert.equal(wire.length, 3)
})

test('a text that cannot be written leaves its lead failed with the reason; the others go on, and an approval brings it back', async () => {
  model.reset()
  const tenant = await createTenant(m)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(4), steps: [{}, {}] })
  await launch(m, tenant, campaign_id)
  onlyFor('Edsger', 'refusal')
  const wire = recordWire(m)
  await advance(m, tenant, { seconds: 6 * 3_600 })
  const leads = await textsOf(m, campaign_id)
  assert.deepEqual(
    leads.map(({ status, text_state }) => [status, text_state]),
    [
      ['active', null],
      ['failed', 'failed'],
      ['active', null],
      ['active', null],
    ],
  )
  assert.match(leads[1]?.error ?? '', /could not be written/)
  assert.equal(wire.length, 3)
  assert.ok((await alertsOf(m, tenant)).some(({ metadata }) => metadata.reason === 'texts_failed'))
  const failed = await sql<{ id: string }>`
    select campaign_lead_id as id from campaign_leads where campaign_id = ${campaign_id} and status = 'failed'`.execute(
    m.deps.db,
  )
  const id = failed.rows[0]?.id as string
  assert.deepEqual(await eventsOf(m, id), ['failed'])
  assert.equal((await approve(m, tenant, campaign_id, id, { subject: 'Mine', body: 'My own words.' })).status, 200)
  await advance(m, tenant, { seconds: 3_600 })
  assert.ok(wire[3]?.raw.toString().includes('My own words.'))
})

test('a model that answers nobody pauses the campaign after a few leads, and the rest are written when it is mended', async () => {
  model.reset()
  const tenant = await createTenant(m)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(20), aliases: 2 })
  await launch(m, tenant, campaign_id)
  model.decide(() => 'rubbish')
  await advance(m, tenant, { until_idle: true })
  assert.equal(await statusOf(m, campaign_id), 'paused')
  const failed = (await textsOf(m, campaign_id)).filter(({ status }) => status === 'failed')
  assert.ok(failed.length >= 5 && failed.length <= 10, `${failed.length} leads failed`)
  model.reset()
  const wire = recordWire(m)
  assert.equal((await post(m, tenant, `/api/v1/campaigns/${campaign_id}/resume`)).status, 200)
  await advance(m, tenant, { until_idle: true })
  const after = await textsOf(m, campaign_id)
  // Some are too much like others; that is for a person to see, and nothing has failed since.
  const rejected = after.filter(({ text_state }) => text_state === 'rejected').length
  assert.deepEqual(
    [after.filter(({ status }) => status === 'failed').length, wire.length],
    [failed.length, 20 - failed.length - rejected],
  )
  assert.ok(wire.length > 0)
})

test('credits of a text that somebody waited for come back when the process that wrote it is gone', async () => {
  model.reset()
  const tenant = await createPayingTenant(m, 20)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(1) })
  const [lead] = (await generate(m, tenant, campaign_id, { n_leads: 1 })).enqueued_lead_ids
  model.decide(() => 'silent')
  const ask = post(m, tenant, `/api/v1/campaigns/${campaign_id}/personalize`, { campaign_lead_id: lead, step_index: 1 })
  while ((await balanceOf(tenant)).reserved_credits === 0) await new Promise((done) => setImmediate(done))
  await m.worker.drain()
  assert.equal((await balanceOf(tenant)).reserved_credits, COST, 'its process is there')
  assert.equal((await ask).status, 503)
  assert.equal((await balanceOf(tenant)).reserved_credits, 0)
  // As a process leaves it that dies while it waits for the model.
  await transaction(m.deps.db, (tx) =>
    holdCredits(tx, {
      workspace_id: tenant.workspace_id,
      operation_type: 'personalization',
      credits: COST,
      reference: waitingReference(newId()),
      now: m.clock.now(),
    }),
  )
  await m.worker.drain()
  assert.deepEqual(await balanceOf(tenant), { available_credits: 18, reserved_credits: 0, used_credits: 2 })
})

test('a writer that is late neither takes nor gives back the credits of the one who followed it', async () => {
  model.reset()
  const tenant = await createPayingTenant(m, 20)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(1) })
  await launch(m, tenant, campaign_id)
  let takeover: Promise<unknown> | null = null
  model.decide(() => {
    // While the first is at it, its claim is taken for dead and the text is claimed by another.
    takeover ??= sql`
      update campaign_drafts set status = 'pending', claim_id = null, claimed_process = null, claimed_at = null
      where campaign_id = ${campaign_id} and status = 'running'`
      .execute(m.deps.db)
      .then(() => writeDrafts(m.deps, tenant.workspace_id, { scope: 'sending' }))
    return { delay_ms: 200 }
  })
  const wire = recordWire(m)
  await advance(m, tenant, { until_idle: true })
  await takeover
  assert.equal(wire.length, 1)
  assert.deepEqual(await balanceOf(tenant), { available_credits: 18, reserved_credits: 0, used_credits: 2 })
})

test('a text that does not pass its checks is not sent: it waits for a person, who is told', async () => {
  model.reset()
  const tenant = await createTenant(m)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(3) })
  await launch(m, tenant, campaign_id)
  onlyFor('Barbara', 'injected')
  const wire = recordWire(m)
  await advance(m, tenant, { until_idle: true })
  assert.deepEqual(
    (await textsOf(m, campaign_id)).map(({ text_state }) => text_state),
    [null, null, 'rejected'],
  )
  assert.equal(wire.length, 2)
  assert.ok(wire.every(({ raw }) => !raw.toString().includes('Wire transfer')))
  const id = await sql<{
    id: string
  }>`select campaign_lead_id as id from campaign_leads where campaign_id = ${campaign_id} and text_state = 'rejected'`.execute(
    m.deps.db,
  )
  assert.equal(
    (await approve(m, tenant, campaign_id, id.rows[0]?.id as string, { subject: 'Mine', body: 'Words of my own.' }))
      .status,
    200,
  )
  await advance(m, tenant, { until_idle: true })
  assert.equal(wire.length, 3)
})

test('a fault that passes is tried again later by the campaign’s clock, and sent then', async () => {
  model.reset()
  const tenant = await createTenant(m)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(2) })
  await launch(m, tenant, campaign_id)
  onlyFor('Ada', { status: 500 })
  await advance(m, tenant, { seconds: 3_600 + 30 })
  const [first] = await textsOf(m, campaign_id)
  assert.deepEqual([first?.text_state, first?.status], ['writing', 'pending'])
  model.reset()
  const wire = recordWire(m)
  await advance(m, tenant, { until_idle: true })
  assert.ok(wire.some(({ rcpt_to }) => rcpt_to.startsWith('lead0+')))
})

test('a writer that stays away for hours pauses the campaign, and no lead has failed for it', async () => {
  model.reset()
  const tenant = await createTenant(m)
  const { campaign_id } = await createWrittenCampaign(m, tenant, {
    rows: prospects(1),
    body: { send_days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] },
  })
  await launch(m, tenant, campaign_id)
  model.decide(() => ({ status: 500 }))
  await advance(m, tenant, { seconds: 9 * 3_600 })
  assert.equal(await statusOf(m, campaign_id), 'paused')
  assert.deepEqual(
    (await textsOf(m, campaign_id)).map(({ status, text_state }) => [status, text_state]),
    [['pending', null]],
  )
})

test('a wrong key pauses the campaign with the reason instead of failing every lead', async () => {
  model.reset()
  const tenant = await createTenant(m)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(3) })
  await launch(m, tenant, campaign_id)
  model.decide(() => ({ status: 401 }))
  await advance(m, tenant, { seconds: 2 * 3_600 })
  assert.equal(await statusOf(m, campaign_id), 'paused')
  assert.deepEqual(
    (await textsOf(m, campaign_id)).map(({ status }) => status),
    ['pending', 'pending', 'pending'],
  )
  model.reset()
  await post(m, tenant, `/api/v1/campaigns/${campaign_id}/resume`)
  await advance(m, tenant, { until_idle: true })
  assert.equal(await statusOf(m, campaign_id), 'completed')
})

test('a sender profile that is deleted under a running campaign pauses it instead of failing every lead', async () => {
  const tenant = await createTenant(h)
  const { campaign_id, profile_id } = await createWrittenCampaign(h, tenant, { rows: prospects(3) })
  await launch(h, tenant, campaign_id)
  const gone = await h.call('DELETE', `/api/v1/sender-profiles/${profile_id}`, { as: tenant.key })
  assert.equal(gone.status, 204, gone.text)
  await advance(h, tenant, { until_idle: true })
  assert.equal(await statusOf(h, campaign_id), 'paused')
  assert.deepEqual(
    (await textsOf(h, campaign_id)).map(({ status, text_state }) => [status, text_state]),
    Array(3).fill(['pending', null]),
  )
  assert.ok((await alertsOf(h, tenant)).some(({ metadata }) => metadata.reason === 'not_writable'))
})

test('a batch holds what it may cost, and pays for what was written: not for what failed or was cancelled', async () => {
  model.reset()
  const tenant = await createPayingTenant(m, 20)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(4) })
  onlyFor('Edsger', 'refusal')
  const path = `/api/v1/campaigns/${campaign_id}/playground`
  const made = await post<{ batch_id: string }>(m, tenant, `${path}/generate`, { step_index: 1, n_leads: 4 })
  assert.deepEqual(await balanceOf(tenant), { available_credits: 12, reserved_credits: 8, used_credits: 0 })
  await m.worker.drain()
  const drafts = await draftsOf(m, tenant, campaign_id, made.body.batch_id)
  assert.deepEqual(
    drafts.map(({ status }) => status),
    ['completed', 'failed', 'completed', 'completed'],
  )
  assert.deepEqual(await balanceOf(tenant), { available_credits: 14, reserved_credits: 0, used_credits: 6 })
  const second = await post<{ batch_id: string }>(m, tenant, `${path}/generate`, { step_index: 1, n_leads: 2 })
  await post(m, tenant, `${path}/cancel`, { batch_id: second.body.batch_id })
  assert.deepEqual(await balanceOf(tenant), { available_credits: 14, reserved_credits: 0, used_credits: 6 })
  const poor = await createPayingTenant(m, 3)
  const other = await createWrittenCampaign(m, poor, { rows: prospects(2) })
  const refused = await post<Failure>(m, poor, `/api/v1/campaigns/${other.campaign_id}/playground/generate`, {
    step_index: 1,
  })
  assert.deepEqual([refused.status, refused.body.detail], [402, 'INSUFFICIENT_CREDITS'])
  assert.equal(
    (await post<Failure>(m, poor, `/api/v1/campaigns/${other.campaign_id}/launch`)).body.detail,
    'INSUFFICIENT_CREDITS',
  )
})

test('texts for sending are paid one by one, and a campaign that runs out of credits is paused', async () => {
  model.reset()
  const tenant = await createPayingTenant(m, 4 * COST)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(4) })
  await launch(m, tenant, campaign_id)
  await generate(m, tenant, campaign_id, { n_leads: 1 })
  const wire = recordWire(m)
  await advance(m, tenant, { until_idle: true })
  assert.equal(wire.length, 3)
  assert.equal(await statusOf(m, campaign_id), 'paused')
  assert.deepEqual(await balanceOf(tenant), { available_credits: 0, reserved_credits: 0, used_credits: 4 * COST })
  assert.ok((await alertsOf(m, tenant)).some(({ alert_type }) => alert_type === 'credits_exhausted'))
})

test('a writer that died is followed by another, and what both bring is kept and charged once', async () => {
  model.reset()
  const tenant = await createPayingTenant(m, 20)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(2) })
  const made = await post<{ batch_id: string }>(m, tenant, `/api/v1/campaigns/${campaign_id}/playground/generate`, {
    step_index: 1,
    n_leads: 2,
  })
  const dead = { ...m.deps, process_id: newId() }
  const claimed = await claimDrafts(dead, tenant.workspace_id, { want: 2, scope: 'all', now: m.clock.now() })
  assert.equal(claimed.length, 2)
  // While its process lives nobody takes its texts away.
  await sql`insert into processes (id, role, hostname, pid, data_dir, queue_worker_ids, started_at, heartbeat_at) values (${dead.process_id}, 'worker', 'x', 1, '/', '{}', ${m.clock.now()}, ${m.clock.now()})`.execute(
    m.deps.db,
  )
  assert.deepEqual(await releaseDeadClaims(m.deps), [])
  assert.deepEqual(await writeDrafts(m.deps, tenant.workspace_id, { scope: 'all' }), { written: 0, is_over: false })
  await sql`delete from processes where id = ${dead.process_id}`.execute(m.deps.db)
  assert.deepEqual(await releaseDeadClaims(m.deps), [tenant.workspace_id])
  await Promise.all([
    writeDrafts(m.deps, tenant.workspace_id, { scope: 'all' }),
    writeDrafts({ ...m.deps, process_id: newId() }, tenant.workspace_id, { scope: 'all' }),
  ])
  const drafts = await draftsOf(m, tenant, campaign_id, made.body.batch_id)
  assert.deepEqual(
    drafts.map(({ status }) => status),
    ['completed', 'completed'],
  )
  assert.deepEqual(await balanceOf(tenant), { available_credits: 16, reserved_credits: 0, used_credits: 4 })
  assert.equal(model.requests.filter(({ system }) => system.length > 0).length >= 2, true)
})

test('what is cancelled while the model writes is not kept, and not charged', async () => {
  model.reset()
  const tenant = await createPayingTenant(m, 20)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(1) })
  const path = `/api/v1/campaigns/${campaign_id}/playground`
  const made = await post<{ batch_id: string }>(m, tenant, `${path}/generate`, { step_index: 1, n_leads: 1 })
  let cancelled: Promise<unknown> | null = null
  model.decide(() => {
    cancelled ??= post(m, tenant, `${path}/cancel`, { batch_id: made.body.batch_id })
    return { delay_ms: 300 }
  })
  await writeDrafts(m.deps, tenant.workspace_id, { scope: 'all' })
  await cancelled
  const [draft] = await draftsOf(m, tenant, campaign_id, made.body.batch_id)
  assert.deepEqual([draft?.status, draft?.subject], ['cancelled', null])
  assert.deepEqual(await balanceOf(tenant), { available_credits: 20, reserved_credits: 0, used_credits: 0 })
})

test('nothing is written for a paused campaign or a stopped lead', async () => {
  model.reset()
  const tenant = await createTenant(m)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(2) })
  await launch(m, tenant, campaign_id)
  model.decide(() => ({ status: 503 }))
  await advance(m, tenant, { seconds: 3_600 + 20 })
  assert.deepEqual(
    (await textsOf(m, campaign_id)).map(({ text_state }) => text_state),
    ['writing', 'writing'],
  )
  await post(m, tenant, `/api/v1/campaigns/${campaign_id}/pause`)
  model.reset()
  await advance(m, tenant, { seconds: 3_600 })
  assert.equal(model.requests.length, 0)
  const leads = await sql<{
    id: string
  }>`select campaign_lead_id as id from campaign_leads where campaign_id = ${campaign_id} order by row_index`.execute(
    m.deps.db,
  )
  await post(m, tenant, `/api/v1/campaigns/${campaign_id}/leads/${leads.rows[0]?.id}/stop`, { reason: 'a friend' })
  await post(m, tenant, `/api/v1/campaigns/${campaign_id}/resume`)
  const wire = recordWire(m)
  await advance(m, tenant, { until_idle: true })
  assert.deepEqual(
    wire.map(({ rcpt_to }) => rcpt_to.slice(0, 5)),
    ['lead1'],
  )
  assert.equal(await statusOf(m, campaign_id), 'completed')
})

test('a campaign that is deleted gives back the credits of what it had still to write', async () => {
  model.reset()
  const tenant = await createPayingTenant(m, 20)
  const { campaign_id } = await createWrittenCampaign(m, tenant, { rows: prospects(3) })
  await post(m, tenant, `/api/v1/campaigns/${campaign_id}/playground/generate`, { step_index: 1, n_leads: 3 })
  assert.equal((await balanceOf(tenant)).reserved_credits, 6)
  assert.equal((await m.call('DELETE', `/api/v1/campaigns/${campaign_id}`, { as: tenant.key })).status, 204)
  assert.deepEqual(await balanceOf(tenant), { available_credits: 20, reserved_credits: 0, used_credits: 0 })
})

test('an approval that nobody rechecked ends right before sending, and its message waits under hold', async () => {
  const tenant = await createTenant(h)
  const { campaign_id, alias_ids } = await createWrittenCampaign(h, tenant, {
    rows: prospects(2),
    body: { unreviewed_launch_policy: 'hold' },
  })
  const [first] = await approveFirst(h, tenant, campaign_id, 2)
  await launch(h, tenant, campaign_id)
  await sql`update aliases set signature_text = 'Grace Hopper, new title' where id = ${alias_ids[0]}`.execute(h.deps.db)
  const wire = recordWire(h)
  await advance(h, tenant, { until_idle: true })
  assert.equal(wire.length, 0)
  assert.equal(await statusOf(h, campaign_id), 'paused')
  assert.deepEqual(await eventsOf(h, first as string), ['voided'])
  const records = await sql<{ reason: string }>`
    select reason from approval_records where campaign_lead_id = ${first} and kind = 'voided'`.execute(h.deps.db)
  assert.deepEqual(records.rows, [{ reason: 'footer_changed' }])
  const used = await sql<{ used: number }>`
    select coalesce(sum(used), 0)::int as used from send_counts where workspace_id = ${tenant.workspace_id}`.execute(
    h.deps.db,
  )
  assert.equal(used.rows[0]?.used, 0, 'what was taken from the caps of the day is given back')
})
