import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTenant, type TestTenant } from '../../../test/builders.ts'
import {
  alertsOf,
  DAY_MS,
  emailsOf,
  eventsOf,
  launch,
  leadOf,
  leadsOf,
  MINUTE_MS,
  people,
  post,
  recordWire,
  sequence,
  statusOf,
} from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { openPixelUrl } from '../emails/link-builder.ts'

type Stats = {
  status: string
  sent: number
  delivered: number
  replied: number
  bounced: number
  complained: number
  in_flight: number
  unknown: number
  queued: number
}

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const statsOf = async (l: Harness, tenant: TestTenant, id: string): Promise<Stats> =>
  (await l.call<Stats>('GET', `/api/v1/campaigns/${id}/stats`, { as: tenant.key })).body

const suppressed = async (l: Harness, tenant: TestTenant): Promise<string[]> => {
  const found = await sql<{
    entry: string
  }>`select email || ' ' || reason as entry from suppressions where workspace_id = ${tenant.workspace_id} and released_at is null order by 1`.execute(
    l.deps.db,
  )
  return found.rows.map((row) => row.entry)
}

const twoSteps = (tenant: TestTenant) => sequence(h, tenant, [{}, { delay_days: 4, subject: '' }])

/** One person in an active campaign with a follow-up ahead, and in a second one that has not begun; what became of both. */
const fateOf = async (tag: string) => {
  const tenant = await createTenant(h)
  const rows = [...people(1, tag, 'acme.example'), { email: 'bystander+accept@acme.example' }]
  const one = await createCampaign(h, tenant, { rows, steps: await twoSteps(tenant), aliases: 2 })
  const two = await createCampaign(h, tenant, {
    rows,
    steps: await twoSteps(tenant),
    body: { allow_overlap: true, launch_type: 'scheduled', start_date: '2026-02-16T09:00:00Z' },
  })
  for (const { campaign_id } of [one, two]) await launch(h, tenant, campaign_id)
  await advance(h, tenant, { to: '2026-02-13T00:00:00Z' })
  const email = rows[0]?.email as string
  const first = await leadOf(h, one.campaign_id, email)
  const other = await leadOf(h, two.campaign_id, email)
  const bystanders = [
    await leadOf(h, one.campaign_id, 'bystander+accept@acme.example'),
    await leadOf(h, two.campaign_id, 'bystander+accept@acme.example'),
  ]
  const steps = (await emailsOf(h, one.campaign_id))
    .filter(({ to_email }) => to_email === email)
    .map(({ step }) => step)
  await advance(h, tenant, { until_idle: true })
  const written = (await emailsOf(h, two.campaign_id)).filter(({ to_email }) => to_email === email).length
  return {
    tenant,
    first,
    other,
    bystanders,
    steps,
    written,
    suppressed: await suppressed(h, tenant),
    events: await eventsOf(h, first.campaign_lead_id),
    one: one.campaign_id,
  }
}

test('a human reply stops the person in every campaign and nobody else, and suppresses nobody', async () => {
  const fate = await fateOf('reply')
  assert.deepEqual([fate.first.status, fate.other.status], ['replied', 'stopped'])
  assert.deepEqual([fate.steps, fate.written], [[1], 0])
  assert.deepEqual(
    fate.bystanders.map(({ status }) => status),
    ['completed', 'pending'],
  )
  assert.deepEqual(fate.suppressed, [])
  assert.deepEqual(fate.events, ['sent', 'delivered', 'replied'])
  assert.equal((await statsOf(h, fate.tenant, fate.one)).replied, 1)
})

test('a hard bounce suppresses the address and stops it everywhere', async () => {
  const fate = await fateOf('bounce')
  assert.deepEqual([fate.first.status, fate.other.status, fate.steps, fate.written], ['bounced', 'stopped', [1], 0])
  assert.deepEqual(fate.suppressed, ['p0+bounce@acme.example bounced'])
})

test('an address that the receiving server refuses in the session bounces at once and is never tried again', async () => {
  const fate = await fateOf('refuse')
  assert.deepEqual([fate.first.status, fate.other.status, fate.steps, fate.written], ['bounced', 'stopped', [1], 0])
  assert.deepEqual(fate.suppressed, ['p0+refuse@acme.example bounced'])
  const stats = await statsOf(h, fate.tenant, fate.one)
  assert.deepEqual([stats.sent, stats.delivered, stats.bounced], [3, 2, 1])
})

test('a soft bounce after the 250 is recorded, neither suppressed nor sent again, and the sequence goes on', async () => {
  const fate = await fateOf('softbounce')
  assert.deepEqual([fate.first.status, fate.steps, fate.suppressed], ['completed', [1, 2], []])
  const emails = (await emailsOf(h, fate.one)).filter(({ to_email }) => to_email.includes('softbounce'))
  assert.deepEqual(
    emails.map(({ status, attempts }) => [status, attempts]),
    [
      ['bounced', 1],
      ['bounced', 1],
    ],
  )
  assert.equal(fate.written, 2)
})

test('a full mailbox is not called dead: the message fails, the address stays good', async () => {
  const fate = await fateOf('full')
  assert.deepEqual([fate.first.status, fate.steps, fate.suppressed], ['failed', [1], []])
  assert.notEqual(fate.other.status, 'stopped')
})

test('a complaint suppresses and stops the person everywhere', async () => {
  const fate = await fateOf('complain')
  assert.deepEqual([fate.first.status, fate.other.status, fate.steps, fate.written], ['complained', 'stopped', [1], 0])
  assert.deepEqual(fate.suppressed, ['p0+complain@acme.example complained'])
})

for (const [tag, how] of [
  ['unsub', 'by the link'],
  ['unsubmail', 'by mail'],
] as const)
  test(`an unsubscribe ${how} suppresses and stops the person everywhere`, async () => {
    const fate = await fateOf(tag)
    assert.deepEqual(
      [fate.first.status, fate.other.status, fate.steps, fate.written],
      ['unsubscribed', 'stopped', [1], 0],
    )
    assert.deepEqual(fate.suppressed, [`p0+${tag}@acme.example unsubscribed`])
    assert.deepEqual(
      fate.bystanders.map(({ status }) => status),
      ['completed', 'pending'],
    )
  })

test('a reply stops everybody at the same company where asked for, but never everybody at a mailbox provider', async () => {
  const run = async (domain: string, stop_company_on_reply: boolean) => {
    const tenant = await createTenant(h)
    const rows = [
      ...people(1, 'reply', domain),
      ...people(2, 'accept', domain),
      ...people(1, 'accept', 'unrelated.example'),
    ]
    const { campaign_id } = await createCampaign(h, tenant, {
      rows,
      aliases: 2,
      steps: await twoSteps(tenant),
      body: { stop_company_on_reply },
    })
    await launch(h, tenant, campaign_id)
    await advance(h, tenant, { until_idle: true })
    return (await leadsOf(h, campaign_id)).map(({ status }) => status)
  }
  assert.deepEqual(await run('acme.example', true), ['replied', 'stopped', 'stopped', 'completed'])
  assert.deepEqual(await run('acme.example', false), ['replied', 'completed', 'completed', 'completed'])
  assert.deepEqual(await run('gmail.com', true), ['replied', 'completed', 'completed', 'completed'])
})

test('a lead that is stopped by hand gets nothing more, and only in that campaign', async () => {
  const tenant = await createTenant(h)
  const rows = people(2)
  const one = await createCampaign(h, tenant, { rows, steps: await twoSteps(tenant) })
  const two = await createCampaign(h, tenant, { rows, body: { allow_overlap: true } })
  for (const { campaign_id } of [one, two]) await launch(h, tenant, campaign_id)
  await advance(h, tenant, { to: '2026-01-14T12:00:00Z' })
  const lead = await leadOf(h, one.campaign_id, 'p0+accept@people.example')
  const stopped = await post<{ status: string; stop_reason: string }>(
    h,
    tenant,
    `/api/v1/campaigns/${one.campaign_id}/leads/${lead.campaign_lead_id}/stop`,
    { reason: 'asked on the phone' },
  )
  assert.deepEqual(
    [stopped.status, stopped.body.status, stopped.body.stop_reason],
    [200, 'stopped', 'asked on the phone'],
  )
  await advance(h, tenant, { until_idle: true })
  assert.deepEqual((await emailsOf(h, one.campaign_id)).map(({ to_email, step }) => `${to_email[1]}:${step}`).sort(), [
    '0:1',
    '1:1',
    '1:2',
  ])
  assert.equal((await leadOf(h, two.campaign_id, 'p0+accept@people.example')).status, 'completed')
  assert.deepEqual((await eventsOf(h, lead.campaign_lead_id)).sort(), ['delivered', 'sent', 'stopped'])
})

/** The next step of somebody who is away, with the return date that their notice named. */
const absence = async (timezone: string) => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: [{ email: 'away+ooo@people.example', timezone }],
    steps: await sequence(h, tenant, [{}, { delay_days: 1, subject: '' }]),
    body: { use_lead_timezone: true, timezone: 'Europe/Oslo' },
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { to: '2026-01-15T05:00:00Z' })
  const lead = await leadOf(h, campaign_id, 'away+ooo@people.example')
  const notice = await sql<{
    until: string
  }>`select metadata->>'return_date' as until from events where campaign_lead_id = ${lead.campaign_lead_id} and event_type = 'auto_replied'`.execute(
    h.deps.db,
  )
  await advance(h, tenant, { until_idle: true })
  const second = (await emailsOf(h, campaign_id)).find(({ step }) => step === 2)
  const zone = timezone || 'Europe/Oslo'
  const sent = Temporal.Instant.fromEpochMilliseconds(second?.sent_at?.getTime() ?? 0).toZonedDateTimeISO(zone)
  return {
    lead,
    return_date: notice.rows[0]?.until as string,
    sent,
    events: await eventsOf(h, lead.campaign_lead_id),
    after: await leadOf(h, campaign_id, lead.email),
  }
}

test('an out-of-office reply does not stop: the next step waits for the return date', async () => {
  const { lead, return_date, sent, events, after } = await absence('Asia/Tokyo')
  assert.deepEqual([lead.status, lead.current_step], ['postponed', 1])
  assert.ok(return_date > '2026-01-15', return_date)
  assert.ok(sent.toPlainDate().toString() >= return_date, `${sent} is not before ${return_date}`)
  assert.ok(sent.toPlainTime().hour >= 9)
  assert.deepEqual(events.slice(0, 4), ['sent', 'delivered', 'auto_replied', 'postponed'])
  assert.equal(after.status, 'completed')
})

test('an out-of-office reply postpones a lead in the campaign’s own zone too', async () => {
  const { lead, return_date, sent } = await absence('')
  assert.equal(lead.status, 'postponed')
  assert.ok(sent.toPlainDate().toString() >= return_date, `${sent} is not before ${return_date}`)
})

test('a lead whose message has an unknown fate is postponed by an absence like any other', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: [{ email: 'away+ooo@people.example', timezone: 'Europe/London' }],
    steps: await sequence(h, tenant, [{}, { delay_days: 1, subject: '' }]),
    body: { use_lead_timezone: true },
  })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { to: '2026-01-14T09:00:30Z' })
  await sql`update campaign_leads set status = 'unknown' where campaign_id = ${campaign_id}`.execute(h.deps.db)
  await advance(h, tenant, { to: '2026-01-14T12:00:00Z' })
  assert.equal((await leadsOf(h, campaign_id))[0]?.status, 'postponed')
})

test('a reply after the campaign is completed still counts', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(1, 'reply') })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { to: '2026-01-14T09:10:00Z' })
  assert.deepEqual(
    [await statusOf(h, campaign_id), (await leadsOf(h, campaign_id))[0]?.status],
    ['completed', 'completed'],
  )
  await advance(h, tenant, { until_idle: true })
  const stats = await statsOf(h, tenant, campaign_id)
  assert.deepEqual([stats.status, stats.replied], ['completed', 1])
  assert.equal((await leadsOf(h, campaign_id))[0]?.status, 'replied')
})

const unhealthy = async (rows: Record<string, string>[]) => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows, aliases: 10, steps: await twoSteps(tenant) })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  const steps = (await emailsOf(h, campaign_id)).map(({ step }) => step)
  return {
    tenant,
    campaign_id,
    status: await statusOf(h, campaign_id),
    first: steps.filter((step) => step === 1).length,
    second: steps.filter((step) => step === 2).length,
    alerts: await alertsOf(h, tenant),
  }
}

test('a campaign with too many bounces is paused with a reason and an alert, and its follow-ups stay at home', async () => {
  const { tenant, campaign_id, status, first, second, alerts } = await unhealthy([
    ...people(54),
    ...people(6, 'bounce'),
  ])
  assert.deepEqual([status, first, second], ['paused', 60, 0])
  const alert = alerts.find(({ alert_type }) => alert_type === 'campaign_paused')
  assert.deepEqual(
    [alert?.severity, alert?.metadata.campaign_id, alert?.metadata.reason],
    ['critical', campaign_id, 'bounce_rate'],
  )
  const shown = await h.call<{ paused_reason: string }>('GET', `/api/v1/campaigns/${campaign_id}`, { as: tenant.key })
  assert.match(shown.body.paused_reason, /bounces on \d+ messages .* the line is 5%/)
  assert.equal(shown.body.paused_reason, alert?.message)
  const listed = await h.call<{ items?: { alert_type: string }[] }>('GET', '/api/v1/notifications/alerts', {
    as: tenant.key,
  })
  assert.match(listed.text, /campaign_paused/)
})

test('three complaints pause a campaign, two do not', async () => {
  const three = await unhealthy([...people(20), ...people(3, 'complain')])
  assert.deepEqual([three.status, three.second], ['paused', 0])
  assert.equal(
    three.alerts.find(({ alert_type }) => alert_type === 'campaign_paused')?.metadata.reason,
    'complaint_rate',
  )
  const two = await unhealthy([...people(20), ...people(2, 'complain')])
  assert.deepEqual([two.status, two.second], ['completed', 20])
})

test('below 50 messages or five hard bounces the bounce rate pauses nothing', async () => {
  const few = await unhealthy([...people(30), ...people(6, 'bounce')])
  assert.deepEqual([few.status, few.second], ['completed', 30])
  const four = await unhealthy([...people(52), ...people(4, 'bounce'), ...people(4, 'softbounce')])
  assert.equal(four.status, 'completed')
  assert.deepEqual(
    [...few.alerts, ...four.alerts].filter(({ alert_type }) => alert_type === 'campaign_paused'),
    [],
  )
})

/** A sender that dies with one message on the wire: the row stays claimed by a process that is not there any more. */
const withCrash = async (run: (l: Harness, tenant: TestTenant, campaignId: string) => Promise<void>): Promise<void> => {
  const l = await startHarness()
  try {
    const tenant = await createTenant(l)
    recordWire(l, ({ rcpt_to }) => {
      if (rcpt_to.startsWith('dies')) throw new Error('killed')
    })
    const { campaign_id } = await createCampaign(l, tenant, {
      rows: [{ email: 'dies+accept@people.example' }],
      steps: await sequence(l, tenant, [
        { track_opens: true, body: '<p>Hi</p>' },
        { delay_days: 1, subject: '' },
      ]),
    })
    await launch(l, tenant, campaign_id)
    l.clock.set(new Date('2026-01-14T09:00:00Z'))
    await l.worker.drain()
    assert.equal((await emailsOf(l, campaign_id))[0]?.status, 'sending')
    await run(l, tenant, campaign_id)
  } finally {
    await l.close()
  }
}

test('a message whose sender died is in flight for 15 minutes, then sent with an unknown fate, and the sequence goes on', () =>
  withCrash(async (l, tenant, campaign_id) => {
    l.clock.advance(15 * MINUTE_MS - 1_000)
    await l.worker.drain()
    const waiting = await statsOf(l, tenant, campaign_id)
    assert.deepEqual([waiting.in_flight, waiting.sent, waiting.unknown], [1, 0, 0])
    l.clock.advance(1_000)
    await l.worker.drain()
    const [email] = await emailsOf(l, campaign_id)
    assert.deepEqual(
      [email?.status, email?.verdict, email?.sent_at?.toISOString()],
      ['sent', 'unknown', '2026-01-14T09:00:00.000Z'],
    )
    const settled = await statsOf(l, tenant, campaign_id)
    assert.deepEqual([settled.in_flight, settled.sent, settled.delivered, settled.unknown], [0, 1, 0, 1])
    const lead = await leadOf(l, campaign_id, 'dies+accept@people.example')
    assert.deepEqual(
      [lead.status, lead.current_step, lead.next_action_at?.toISOString()],
      ['unknown', 1, '2026-01-15T09:00:00.000Z'],
    )
    // Never again, however long one waits.
    l.clock.advance(3 * 3_600_000)
    await l.worker.drain()
    assert.equal((await emailsOf(l, campaign_id)).length, 1)
    l.clock.advance(DAY_MS)
    await l.worker.drain()
    assert.deepEqual(
      (await emailsOf(l, campaign_id)).map(({ step }) => step),
      [1, 2],
    )
  }))

test('an open proves at once that a message of a dead sender arrived', () =>
  withCrash(async (l, tenant, campaign_id) => {
    l.clock.advance(5 * MINUTE_MS)
    const [email] = await emailsOf(l, campaign_id)
    const pixel = openPixelUrl(
      { base_url: l.deps.address.base_url, mail_tokens: l.deps.mail_tokens },
      email?.id as string,
    )
    const opened = await l.call('GET', new URL(pixel).pathname, {
      headers: {
        'user-agent':
          'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      },
    })
    assert.equal(opened.status, 200)
    await l.worker.drain()
    const stats = await statsOf(l, tenant, campaign_id)
    assert.deepEqual([stats.in_flight, stats.sent, stats.delivered, stats.unknown], [0, 1, 1, 0])
    const lead = await leadOf(l, campaign_id, 'dies+accept@people.example')
    assert.deepEqual([lead.status, lead.current_step], ['active', 1])
  }))
