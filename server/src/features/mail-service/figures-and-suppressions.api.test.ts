import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createSender, sendMail, type TestSender } from '../../../test/outgoing.ts'
import { newId } from '../../ids.ts'

type Failure = { detail: { code: string; category: string; context: { details?: { loc: unknown[] }[] } } }
type Suppression = {
  id: string
  user_id: string
  email: string
  reason: string
  source: string
  status: string
  note: string | null
  metadata: object
  suppressed_at: string
  released_at: string | null
} & Failure
type Summary = Record<string, number>
type Series = { range: string; bucket: string; points: ({ bucket_start: string } & Record<string, number>)[] }

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h.close())

describe('suppressions', () => {
  let tenant: TestTenant
  before(async () => {
    tenant = await createTenant(h)
  })
  const create = (body: object, as = tenant.key) => h.call<Suppression>('POST', '/mail/v1/suppressions', { as, body })
  const list = async (query = '', as = tenant.key) =>
    (await h.call<Suppression[]>('GET', `/mail/v1/suppressions${query}`, { as })).body
  const release = (id: string, as: string, body?: object) =>
    h.call<Suppression>('POST', `/mail/v1/suppressions/${id}/release`, { as, body })

  test('are the rows that campaigns look at, in the service’s words', async () => {
    const made = await create({
      email: ' Ada@People.example ',
      reason: 'manual',
      source: null,
      note: null,
      metadata: { ticket: 7 },
    })
    assert.equal(made.status, 200)
    assert.deepEqual(
      [made.body.email, made.body.reason, made.body.source, made.body.status, made.body.metadata, made.body.user_id],
      ['ada@people.example', 'manual', 'api', 'active', { ticket: 7 }, tenant.user_id],
    )
    const house = await h.call<{ items: { entry_id: string; email: string }[] }>('GET', '/api/v1/suppression/', {
      as: tenant.key,
    })
    assert.deepEqual(
      house.body.items.map(({ entry_id, email }) => [entry_id, email]),
      [[made.body.id, 'ada@people.example']],
    )
    assert.equal((await create({ email: 'ada@people.example', reason: 'complaint' })).body.id, made.body.id)
    const domain = await create({ email: '@acme.example', reason: 'manual' })
    assert.equal(domain.body.email, '@acme.example')
    for (const body of [{ email: 'no address', reason: 'manual' }, { email: 'a@b.example', reason: 'because' }, {}])
      assert.equal((await create(body)).status, 400, JSON.stringify(body))
  })

  test('are searched, and narrowed by status and reason; a released one stays and may be released again', async () => {
    const { body } = await create({ email: 'bounced@people.example', reason: 'hard_bounce', source: 'crm' })
    assert.deepEqual([body.reason, body.source], ['bounced', 'crm'])
    const released = await release(body.id, tenant.key)
    assert.deepEqual([released.status, released.body.status], [200, 'released'])
    assert.ok(released.body.released_at)
    assert.deepEqual((await release(body.id, tenant.key)).body, released.body)
    assert.deepEqual(
      (await list('?status=released')).map(({ id }) => id),
      [body.id],
    )
    assert.deepEqual(
      (await list('?reason=bounce')).map(({ id }) => id),
      [body.id],
    )
    assert.deepEqual(
      (await list('?search=BOUNCED@')).map(({ id }) => id),
      [body.id],
    )
    assert.deepEqual(await list('?search=%25'), [])
    assert.deepEqual((await list('?limit=1&offset=1')).length, 1)
    assert.notEqual((await create({ email: 'bounced@people.example', reason: 'manual' })).body.id, body.id)
  })

  test('that a person asked for are released by a person with a note, not by a key', async () => {
    const { body } = await create({ email: 'leave-me@people.example', reason: 'unsubscribe' })
    assert.equal(body.reason, 'unsubscribed')
    const byKey = await release(body.id, tenant.key, { note: 'please' })
    assert.deepEqual([byKey.status, byKey.body.detail.code], [403, 'SESSION_REQUIRED'])
    assert.equal((await release(body.id, tenant.session)).status, 400)
    const lifted = await release(body.id, tenant.session, { note: 'Asked by phone.' })
    assert.deepEqual([lifted.status, lifted.body.status, lifted.body.note], [200, 'released', 'Asked by phone.'])
    const stranger = await createTenant(h)
    assert.equal((await release(body.id, stranger.session, { note: 'x' })).status, 404)
  })
})

describe('deliverability', () => {
  let tenant: TestTenant
  let sender: TestSender
  let other: TestSender
  before(async () => {
    tenant = await createTenant(h, { timezone: 'Europe/Oslo' })
    sender = await createSender(h, tenant)
    other = await createSender(h, tenant)
    const now = h.clock.now()
    const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000)
    const marks: [TestSender, number, object][] = [
      [sender, 1, {}],
      [sender, 2, { first_opened_at: now, open_count: 2, first_clicked_at: now, click_count: 1 }],
      [sender, 30, { status: 'bounced', bounced_at: now, bounce_kind: 'hard' }],
      [other, 5, { complained_at: now }],
      [sender, 24 * 20, {}],
      [sender, 24 * 80, {}],
      [sender, 24 * 100, {}],
      // The other end of the window: exactly as old as the range is not in it any more.
      [sender, 24 * 7, {}],
    ]
    for (const [from, hours, set] of marks) {
      const { email_id } = await sendMail(h, tenant, from, `lead${hours}+accept@people.example`)
      await h.deps.db
        .updateTable('emails')
        .set({ sent_at: ago(hours), delivered_at: ago(hours), ...set })
        .where('id', '=', email_id)
        .execute()
    }
    // One that never left does not count anywhere.
    await h.deps.db
      .insertInto('emails')
      .values({
        id: newId(),
        workspace_id: tenant.workspace_id,
        user_id: tenant.user_id,
        alias_id: sender.alias_id,
        domain_id: sender.domain_id,
        from_email: sender.full_email,
        to_email: 'later@people.example',
        receiving_provider: 'people.example',
        status: 'queued',
        due_at: now,
        created_at: now,
        updated_at: now,
      })
      .execute()
  })
  const get = async <T>(path: string): Promise<T> =>
    (await h.call<T>('GET', `/mail/v1/analytics/deliverability/${path}`, { as: tenant.key })).body

  test('the summary has exactly the keys that clients unpack, and its figures are those of the rows', async () => {
    assert.deepEqual(await get('summary?range=7d'), {
      range: '7d',
      total_sent: 4,
      delivered: 3,
      bounced: 1,
      complained: 1,
      opened: 1,
      clicked: 1,
      delivery_rate: 0.75,
      bounce_rate: 0.25,
      complaint_rate: 0.3333,
      open_rate: 0.3333,
      click_rate: 0.3333,
    })
    const sent = async (query: string) => (await get<Summary>(`summary${query}`)).total_sent
    assert.deepEqual(
      [await sent('?range=24h'), await sent(''), await sent('?range=90d')],
      [3, 6, 7],
      '24 hours, 30 days as standard, 90 days',
    )
    assert.equal(await sent(`?range=7d&alias_id=${other.alias_id}`), 1)
    assert.equal(await sent(`?range=7d&domain_id=${sender.domain_id}`), 3)
    assert.equal(await sent(`?alias_id=${newId()}`), 0)
    assert.equal(
      (await h.call('GET', '/mail/v1/analytics/deliverability/summary?range=1y', { as: tenant.key })).status,
      400,
    )
  })

  test('the points add up to the summary, none is missing, and days are the workspace’s', async () => {
    for (const [range, bucket, points] of [
      ['24h', 'hour', 25],
      ['24h', 'day', 2],
      ['7d', 'day', 8],
      ['7d', 'hour', 7 * 24 + 1],
      ['90d', 'day', 91],
    ] as const) {
      const summary = await get<Summary>(`summary?range=${range}`)
      const series = await get<Series>(`timeseries?range=${range}&bucket=${bucket}`)
      assert.deepEqual([series.range, series.bucket, series.points.length], [range, bucket, points])
      for (const name of ['delivered', 'bounced', 'complained', 'opened', 'clicked'])
        assert.equal(
          series.points.reduce((sum, point) => sum + (point[name] ?? 0), 0),
          summary[name],
          `${name} of ${range} by ${bucket}`,
        )
    }
    const days = await get<Series>('timeseries')
    assert.deepEqual([days.bucket, days.points.at(-1)?.bucket_start], ['day', '2026-01-13T23:00:00.000Z'])
    assert.equal((await get<Series>('timeseries?range=24h')).bucket, 'hour')
  })

  test('the newest messages come first, with what became of them', async () => {
    const { rows } = await get<{ rows: Record<string, unknown>[] }>('recent?limit=4')
    assert.deepEqual(
      rows.map((row) => [row.recipient, row.status, row.open_count, row.bounce_type, row.complaint_feedback_type]),
      [
        ['lead1+accept@people.example', 'delivered', 0, null, null],
        ['lead2+accept@people.example', 'delivered', 2, null, null],
        ['lead5+accept@people.example', 'delivered', 0, null, 'abuse'],
        ['lead30+accept@people.example', 'bounced', 0, 'Permanent', null],
      ],
    )
    const narrowed = await get<{ rows: { recipient: string }[] }>(`recent?alias_id=${other.alias_id}`)
    assert.deepEqual(
      narrowed.rows.map(({ recipient }) => recipient),
      ['lead5+accept@people.example'],
    )
  })
})
