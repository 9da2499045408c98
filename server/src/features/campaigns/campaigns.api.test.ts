import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import type { z } from 'zod'
import {
  createAliases,
  createCampaign,
  createDataset,
  createTemplate,
  createTenant,
  type TestTenant,
} from '../../../test/builders.ts'
import { type Failure, launch, patch, people, post, statusOf } from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { newId } from '../../ids.ts'
import type { Campaign } from './schema.ts'

type CampaignBody = z.output<typeof Campaign>
type Page = {
  items: CampaignBody[]
  total: number
  page: number
  page_size: number
  total_pages: number
  has_more: boolean
  next_cursor: string | null
}

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const draftBody = async (tenant: TestTenant, more: Record<string, unknown> = {}) => ({
  name: 'Spring',
  dataset_id: await createDataset(h, tenant, people(2)),
  alias_ids: (await createAliases(h, tenant, { domain: `d${newId().slice(-10)}.example` })).alias_ids,
  steps: [
    {
      step: 1,
      delay_days: 0,
      variants: [
        {
          label: 'A',
          weight: 100,
          type: 'TEMPLATE',
          template_id: await createTemplate(h, tenant, { subject: 'Hi', body: 'Hello' }),
        },
      ],
    },
  ],
  ...more,
})

const create = (tenant: TestTenant, body: unknown) =>
  post<CampaignBody & Failure>(h, tenant, '/api/v1/campaigns/', body)
const setStatus = (id: string, status: string) =>
  sql`update campaigns set status = ${status} where campaign_id = ${id}`.execute(h.deps.db)

test('a campaign is made as a draft with the documented defaults and read back the same', async () => {
  const tenant = await createTenant(h)
  const made = await create(tenant, await draftBody(tenant))
  assert.equal(made.status, 201, made.text)
  const { body } = made
  assert.deepEqual(
    [
      body.status,
      body.type,
      body.launch_type,
      body.daily_limit,
      body.min_interval_seconds,
      body.timezone,
      body.sending_window_start,
      body.sending_window_end,
    ],
    ['draft', 'email', 'immediate', 500, 300, 'UTC', '09:00:00', '17:00:00'],
  )
  assert.deepEqual(body.send_days, ['mon', 'tue', 'wed', 'thu', 'fri'])
  assert.equal(body.steps_config[0]?.track_opens, false)
  assert.equal(body.user_id, tenant.user_id)
  const read = await h.call<CampaignBody>('GET', `/api/v1/campaigns/${body.campaign_id}`, { as: tenant.key })
  assert.deepEqual(read.body, body)
})

test('a list pages by page, by offset and by cursor, newest first, and every style gives the same rows', async () => {
  const tenant = await createTenant(h)
  const body = await draftBody(tenant)
  const made: string[] = []
  for (let i = 0; i < 7; i++) made.unshift((await create(tenant, { ...body, name: `No ${i}` })).body.campaign_id)
  const get = async (query: string): Promise<Page> => {
    const answer = await h.call<Page>('GET', `/api/v1/campaigns/?${query}`, { as: tenant.key })
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }
  const ids = (page: Page) => page.items.map((row) => row.campaign_id)

  const byPage = [await get('page=1&page_size=3'), await get('page=2&page_size=3'), await get('page=3&page_size=3')]
  assert.deepEqual(byPage.flatMap(ids), made)
  assert.deepEqual(
    byPage.map(({ page, page_size, total, total_pages, has_more }) => [page, page_size, total, total_pages, has_more]),
    [
      [1, 3, 7, 3, true],
      [2, 3, 7, 3, true],
      [3, 3, 7, 3, false],
    ],
  )
  assert.deepEqual(
    [await get('limit=3&offset=0'), await get('limit=3&offset=3'), await get('limit=3&offset=6')].flatMap(ids),
    made,
  )
  const byCursor: string[] = []
  for (let cursor: string | null = null; ; ) {
    const page: Page = await get(cursor ? `limit=3&cursor=${encodeURIComponent(cursor)}` : 'limit=3')
    byCursor.push(...ids(page))
    // Whatever is made while someone pages by cursor neither repeats a row nor hides one.
    if (cursor === null) await create(tenant, { ...body, name: 'made meanwhile' })
    cursor = page.next_cursor
    assert.equal(page.has_more, cursor !== null)
    if (!cursor) break
  }
  assert.deepEqual(byCursor, made)
  assert.deepEqual(ids(await get('page=99&page_size=3')), [])

  for (const mixed of ['page=1&offset=0', 'page=1&limit=2', 'offset=0&cursor=x', 'page_size=5&cursor=x']) {
    const refused = await h.call<Failure>('GET', `/api/v1/campaigns/?${mixed}`, { as: tenant.key })
    assert.deepEqual([refused.status, refused.body.details?.[0]?.type], [422, 'mixed_pagination'], mixed)
  }
  const forged = await h.call<Failure>(
    'GET',
    `/api/v1/campaigns/?cursor=${Buffer.from('["x"]').toString('base64url')}`,
    { as: tenant.key },
  )
  assert.deepEqual([forged.status, forged.body.details?.[0]?.type], [422, 'cursor_invalid'])
})

test('the public drain_all helper reads the whole list once', async () => {
  const tenant = await createTenant(h)
  const body = await draftBody(tenant)
  const made = new Set<string>()
  for (let i = 0; i < 5; i++) made.add((await create(tenant, body)).body.campaign_id)
  // The loop of the pagination guide: offset + limit until has_more is false.
  const drained: string[] = []
  for (let offset = 0; ; offset += 2) {
    const { body: payload } = await h.call<Page>('GET', `/api/v1/campaigns/?offset=${offset}&limit=2`, {
      as: tenant.key,
    })
    drained.push(...payload.items.map((row) => row.campaign_id))
    if (!payload.has_more) break
  }
  assert.equal(drained.length, 5)
  assert.deepEqual(new Set(drained), made)
})

test('a list is narrowed by part of the name, by exact name and by status, and % is only a character', async () => {
  const tenant = await createTenant(h)
  const body = await draftBody(tenant)
  for (const name of ['Spring sale', 'spring cleaning', '100% off', 'Autumn']) await create(tenant, { ...body, name })
  const paused = (await create(tenant, { ...body, name: 'Winter' })).body.campaign_id
  await setStatus(paused, 'paused')
  const names = async (query: string): Promise<string[]> =>
    (await h.call<Page>('GET', `/api/v1/campaigns/?${query}`, { as: tenant.key })).body.items.map((row) => row.name)
  assert.deepEqual(await names('search=SPRING'), ['spring cleaning', 'Spring sale'])
  assert.deepEqual(await names('search=100%25'), ['100% off'])
  assert.deepEqual(await names('search=%25'), ['100% off'])
  assert.deepEqual(await names('name=Autumn'), ['Autumn'])
  assert.deepEqual(await names('name=autumn'), [])
  assert.deepEqual(await names('status_filter=paused'), ['Winter'])
  assert.equal((await h.call('GET', '/api/v1/campaigns/?status_filter=asleep', { as: tenant.key })).status, 422)
})

test('every problem of the fields is named in one answer', async () => {
  const tenant = await createTenant(h)
  const body = await draftBody(tenant)
  const refused = await create(tenant, {
    ...body,
    alias_ids: [],
    timezone: 'Mars/Olympus',
    sending_window_start: '09:00',
    sending_window_end: '09:00',
    send_days: [],
    launch_type: 'scheduled',
    holiday_countries: ['ZZ'],
    steps: [
      {
        step: 2,
        delay_days: 0,
        variants: [
          { label: 'A', weight: 60, type: 'TEMPLATE' },
          { label: 'A', weight: 60, type: 'PERSONALIZATION' },
        ],
      },
    ],
  })
  assert.equal(refused.status, 422)
  const places = new Set(refused.body.details?.map(({ loc }) => loc.slice(1).join('.')))
  for (const place of [
    'timezone',
    'sending_window_end',
    'send_days',
    'start_date',
    'holiday_countries',
    'alias_ids',
    'steps.0.step',
    'steps.0.variants',
    'steps.0.variants.0.template_id',
    'steps.0.variants.1.sender_profile_id',
  ])
    assert.ok(places.has(place), `${place} is named among ${[...places].join(', ')}`)
  const shapes = await create(tenant, { name: '', daily_limit: 0, min_interval_seconds: 59, steps: [] })
  assert.equal(shapes.status, 422)
  assert.deepEqual(
    new Set(shapes.body.details?.map(({ loc }) => loc[1])),
    new Set(['name', 'dataset_id', 'daily_limit', 'min_interval_seconds', 'steps']),
  )
  assert.equal((await h.call<Page>('GET', '/api/v1/campaigns/', { as: tenant.key })).body.total, 0)
})

test('another workspace’s dataset, alias and template read like missing ones, and all are named', async () => {
  const [tenant, stranger] = [await createTenant(h), await createTenant(h)]
  const own = await draftBody(tenant)
  const foreign = await draftBody(stranger)
  const template_id = foreign.steps[0]?.variants[0]?.template_id as string
  const refused = await create(tenant, foreign)
  assert.deepEqual([refused.status, refused.body.detail], [404, 'NOT_FOUND'])
  for (const id of [foreign.dataset_id, foreign.alias_ids[0] as string, template_id])
    assert.match(refused.body.message, new RegExp(id))
  const made = await create(tenant, own)
  for (const change of [
    { dataset_id: foreign.dataset_id },
    { alias_ids: foreign.alias_ids },
    { steps: foreign.steps },
    { alias_ids: ['not-a-uuid'] },
  ]) {
    const patched = await patch(h, tenant, made.body.campaign_id, change)
    assert.equal(patched.status, 404, JSON.stringify(change))
  }
  assert.deepEqual(
    (await h.call<CampaignBody>('GET', `/api/v1/campaigns/${made.body.campaign_id}`, { as: tenant.key })).body,
    made.body,
  )
})

test('LinkedIn campaigns and steps are refused by name', async () => {
  const tenant = await createTenant(h)
  const body = await draftBody(tenant)
  const linkedin = { step: 2, delay_days: 1, channel: 'linkedin', action_type: 'connection_request' }
  for (const change of [{ type: 'linkedin' }, { type: 'mixed' }, { steps: [...body.steps, linkedin] }]) {
    const refused = await create(tenant, { ...body, ...change })
    assert.deepEqual([refused.status, refused.body.detail], [422, 'CHANNEL_NOT_AVAILABLE'])
  }
  const made = await create(tenant, body)
  const patched = await patch(h, tenant, made.body.campaign_id, { steps: [...body.steps, linkedin] })
  assert.deepEqual([patched.status, patched.body.detail], [422, 'CHANNEL_NOT_AVAILABLE'])
})

test('launch, pause and resume happen in their states and are a 409 in every other', async () => {
  const tenant = await createTenant(h)
  const allowed: Record<string, string[]> = {
    launch: ['draft', 'failed'],
    pause: ['scheduled', 'active', 'draining'],
    resume: ['paused'],
  }
  const { campaign_id } = await createCampaign(h, tenant)
  for (const status of ['draft', 'launching', 'scheduled', 'active', 'draining', 'paused', 'completed', 'failed'])
    for (const action of ['launch', 'pause', 'resume']) {
      await setStatus(campaign_id, status)
      const answer = await post<Failure>(h, tenant, `/api/v1/campaigns/${campaign_id}/${action}`)
      if (allowed[action]?.includes(status)) {
        assert.equal(answer.status, 200, `${action} when ${status}: ${answer.text}`)
        assert.notEqual(await statusOf(h, campaign_id), status)
      } else {
        assert.deepEqual([answer.status, answer.body.detail], [409, 'CAMPAIGN_STATE'], `${action} when ${status}`)
        assert.match(answer.body.message, new RegExp(`this one is ${status}`))
        assert.equal(await statusOf(h, campaign_id), status)
      }
    }
  // The jobs of those launches belong to a state that was overwritten.
  await setStatus(campaign_id, 'draft')
  await h.worker.drain()
})

const OPEN_WHILE_ACTIVE = {
  name: 'Summer',
  description: 'Renamed while it runs',
  daily_limit: 77,
  sending_window_start: '10:00:00',
  sending_window_end: '16:00:00',
  min_interval_seconds: 120,
  timezone: 'Europe/Oslo',
  send_days: ['mon', 'sat'],
  holiday_countries: ['NO'],
  stop_company_on_reply: true,
  unreviewed_launch_policy: 'hold',
  playground_discovery_dismissed_at: '2026-01-14T08:00:00.000Z',
}

test('after the launch pacing and names may change, and every other field is a 409 with its reason', async () => {
  const tenant = await createTenant(h)
  const { campaign_id, alias_ids } = await createCampaign(h, tenant)
  await launch(h, tenant, campaign_id)
  assert.equal(await statusOf(h, campaign_id), 'active')
  for (const [field, value] of Object.entries(OPEN_WHILE_ACTIVE)) {
    const changed = await patch(h, tenant, campaign_id, { [field]: value })
    assert.equal(changed.status, 200, `${field}: ${changed.text}`)
    assert.deepEqual(changed.body[field], value)
  }
  const other = await draftBody(tenant)
  const locked: Record<string, [unknown, RegExp]> = {
    steps: [other.steps, /variants/],
    dataset_id: [other.dataset_id, /that dataset/],
    launch_type: ['scheduled', /how the launch goes/],
    start_date: ['2026-03-01T09:00:00Z', /started/],
    connected_account_id: [newId(), /conversations/],
    system_prompt: ['x'.repeat(200), /prompt/],
    use_lead_timezone: [true, /time zone at launch/],
    allow_overlap: [true, /chosen/],
  }
  for (const [field, [value, reason]] of Object.entries(locked)) {
    const refused = await patch(h, tenant, campaign_id, { [field]: value })
    assert.deepEqual([refused.status, refused.body.detail], [409, 'CAMPAIGN_FIELD_LOCKED'], field)
    assert.match(refused.body.message, new RegExp(field))
    assert.match(refused.body.message, reason)
  }
  // One refused field refuses the whole request.
  const both = await patch(h, tenant, campaign_id, { name: 'Not taken', steps: other.steps, allow_overlap: true })
  assert.equal(both.status, 409)
  assert.match(both.body.message, /steps.*allow_overlap/)
  const added = await patch(h, tenant, campaign_id, { alias_ids: [...alias_ids, ...other.alias_ids] })
  assert.equal(added.status, 200, added.text)
  for (const alias_ids of [other.alias_ids, null, []]) {
    const removed = await patch(h, tenant, campaign_id, { alias_ids })
    assert.deepEqual([removed.status, removed.body.detail], [409, 'CAMPAIGN_FIELD_LOCKED'])
  }
  assert.equal(
    (await h.call<CampaignBody>('GET', `/api/v1/campaigns/${campaign_id}`, { as: tenant.key })).body.name,
    'Summer',
  )
})

test('a completed campaign only takes a new name, and a launching one only what its launch does not read', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant)
  await setStatus(campaign_id, 'completed')
  for (const [field, value] of Object.entries(OPEN_WHILE_ACTIVE)) {
    const answer = await patch(h, tenant, campaign_id, { [field]: value })
    const expected = ['name', 'description', 'playground_discovery_dismissed_at'].includes(field) ? 200 : 409
    assert.equal(answer.status, expected, field)
  }
  await setStatus(campaign_id, 'launching')
  const extra = await createAliases(h, tenant, { domain: `d${newId().slice(-10)}.example` })
  assert.equal((await patch(h, tenant, campaign_id, { alias_ids: extra.alias_ids })).status, 409)
  assert.equal((await patch(h, tenant, campaign_id, { start_date: '2026-03-01T09:00:00Z' })).status, 409)
  assert.equal((await patch(h, tenant, campaign_id, { daily_limit: 10 })).status, 200)
})

test('a PATCH takes a failed campaign back to draft, and null clears only what may be empty', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { body: { description: 'to be cleared' } })
  await sql`update campaigns set status = 'failed', launch_error = 'broken' where campaign_id = ${campaign_id}`.execute(
    h.deps.db,
  )
  const nothing = await patch(h, tenant, campaign_id, {})
  assert.equal(nothing.body.status, 'failed')
  const fixed = await patch(h, tenant, campaign_id, { description: null, name: null, daily_limit: null })
  assert.deepEqual(
    [fixed.status, fixed.body.status, fixed.body.description, fixed.body.launch_error],
    [200, 'draft', null, null],
  )
  assert.notEqual(fixed.body.name, null)
  assert.equal(fixed.body.daily_limit, 500)
})

test('an update is checked like a create: it cannot leave a window that never opens or a schedule without a date', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant)
  for (const [change, place] of [
    [{ sending_window_end: '09:00:00' }, 'sending_window_end'],
    [{ send_days: [] }, 'send_days'],
    [{ launch_type: 'scheduled' }, 'start_date'],
    [{ alias_ids: null }, 'alias_ids'],
    [{ timezone: 'Nowhere' }, 'timezone'],
  ] as const) {
    const refused = await patch(h, tenant, campaign_id, change)
    assert.deepEqual([refused.status, refused.body.details?.[0]?.loc.join('.')], [422, `body.${place}`])
  }
  assert.equal(
    (await patch(h, tenant, campaign_id, { launch_type: 'scheduled', start_date: '2026-02-02T09:00:00+01:00' })).status,
    200,
  )
})

test('a deleted campaign is gone with its leads, and deleting it again is a 404', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(3) })
  await launch(h, tenant, campaign_id)
  const path = `/api/v1/campaigns/${campaign_id}`
  assert.equal((await h.call('DELETE', path, { as: tenant.key })).status, 204)
  assert.equal((await h.call('GET', path, { as: tenant.key })).status, 404)
  assert.equal((await h.call('DELETE', path, { as: tenant.key })).status, 404)
  const left = await sql<{
    n: number
  }>`select count(*)::int as n from campaign_leads where campaign_id = ${campaign_id}`.execute(h.deps.db)
  assert.equal(left.rows[0]?.n, 0)
})

test('a campaign that is deleted while it is being launched ends the launch without a trace', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(3) })
  const launched = await post<{ campaign: CampaignBody }>(h, tenant, `/api/v1/campaigns/${campaign_id}/launch`)
  assert.equal((await h.call('DELETE', `/api/v1/campaigns/${campaign_id}`, { as: tenant.key })).status, 204)
  await h.worker.drain()
  const job = await sql<{
    status: string
  }>`select status from jobs where id = ${launched.body.campaign.launch_job_id}`.execute(h.deps.db)
  assert.equal(job.rows[0]?.status, 'cancelled')
  const left = await sql<{
    n: number
  }>`select count(*)::int as n from campaign_leads where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
  assert.equal(left.rows[0]?.n, 0)
})

test('a live workspace without a mail transport answers MAIL_NOT_CONFIGURED at preflight and launch, and stays a draft', async () => {
  const tenant = await createTenant(h, { mode: 'live' })
  const { campaign_id } = await createCampaign(h, tenant)
  for (const action of ['launch-preflight', 'launch']) {
    const refused = await post<Failure>(h, tenant, `/api/v1/campaigns/${campaign_id}/${action}`)
    assert.deepEqual([refused.status, refused.body.detail], [409, 'MAIL_NOT_CONFIGURED'], action)
  }
  assert.equal(await statusOf(h, campaign_id), 'draft')
})

test('a template is previewed for one row as it would be sent, and nothing is stored', async () => {
  const tenant = await createTenant(h)
  const template = await createTemplate(h, tenant, {
    subject: 'For {{ first_name }}',
    body: 'Hi {{ first_name }} of {{ company }}',
  })
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: [{ email: 'a+accept@people.example', first_name: 'Ada' }],
    steps: [{ delay_days: 0, templates: [{ id: template, weight: 100, label: 'A' }] }],
  })
  const shown = await post<{ subject: string; body_text: string; missing_variables: string[] }>(
    h,
    tenant,
    `/api/v1/campaigns/${campaign_id}/template-preview`,
  )
  assert.equal(shown.status, 200, shown.text)
  assert.equal(shown.body.subject, 'For Ada')
  assert.match(shown.body.body_text, /Hi Ada of[\s\S]*Main Street 1/)
  assert.deepEqual(shown.body.missing_variables, ['company'])
  for (const query of ['step_index=1', 'variant_label=B', 'lead_row_index=1'])
    assert.equal(
      (await post(h, tenant, `/api/v1/campaigns/${campaign_id}/template-preview?${query}`)).status,
      404,
      query,
    )
})
