import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { Webhook } from 'standardwebhooks'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createSender, type TestSender } from '../../../test/outgoing.ts'
import { startReceiver, type WebhookReceiver } from '../../../test/webhook-receiver.ts'
import { transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { mailSignature, verifyMailSignature } from '../../webhook-signature.ts'
import { type EventType, recordEvents } from '../campaigns/record-events.ts'
import { claimDeliveries, findDue } from './claim-deliveries.ts'
import { applyWebhookRetention } from './keep-webhooks.ts'
import { publishWaiting } from './publish-waiting.ts'

type Made = {
  id: string
  secret: string
  signing_secret: string
  is_active: boolean
  is_verified: boolean
  event_types: string[]
}
type Envelope = {
  event_id: string
  event_type: string
  timestamp: string
  data: Record<string, unknown>
  verification_code?: string
}
type Delivery = {
  id: string
  event_id: string
  event_type: string
  kind: string
  status: string
  attempts: number
  next_attempt_at: string | null
  response_status: number | null
  error: string | null
  body: string
  tries: { attempt: number; response_status: number | null; response_body: string | null; error: string | null }[]
}
type Page<T> = { items: T[]; total: number }

const ENDPOINTS = '/api/v1/webhook-endpoints'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

let h: Harness
let receiver: WebhookReceiver
let other: WebhookReceiver
before(async () => {
  receiver = await startReceiver()
  other = await startReceiver()
  h = await startHarness({
    env: { EGRESS_ALLOW: `127.0.0.1:${receiver.port},127.0.0.1:${other.port}`, WEBHOOK_ENDPOINTS: '3' },
  })
})
after(async () => {
  await h?.close()
  await receiver.close()
  await other.close()
})

let tenant: TestTenant
let sender: TestSender
beforeEach(async () => {
  // What a test left waiting must not arrive in the next.
  await sql`delete from webhook_endpoints`.execute(h.deps.db)
  tenant = await createTenant(h)
  sender = await createSender(h, tenant)
  for (const one of [receiver, other]) {
    one.posts.length = 0
    one.answer = (_post, response) => void response.end('thanks')
  }
})

const envelopes = (from: WebhookReceiver = receiver): Envelope[] => from.posts.map(({ body }) => JSON.parse(body))

const create = async (input: { url?: string; event_types?: string[] } = {}, owner = tenant): Promise<Made> => {
  const made = await h.call<Made>('POST', ENDPOINTS, {
    as: owner.key,
    body: { url: receiver.url, event_types: ['*'], ...input },
  })
  assert.equal(made.status, 201, made.text)
  return made.body
}

/** An endpoint whose code was read at its address and given back. */
const register = async (input: { url?: string; event_types?: string[] } = {}, owner = tenant): Promise<Made> => {
  const made = await create(input, owner)
  await h.worker.drain()
  const at = input.url === other.url ? other : receiver
  const code = envelopes(at).findLast((event) => event.data.webhook_id === made.id)?.verification_code
  const verified = await h.call<Made>('POST', `${ENDPOINTS}/${made.id}/verify`, {
    as: owner.key,
    body: { verification_code: code },
  })
  assert.equal(verified.status, 200, verified.text)
  at.posts.length = 0
  return made
}

const insertEmail = async (owner = tenant, from = sender): Promise<string> => {
  const id = newId()
  const now = h.clock.now()
  await h.deps.db
    .insertInto('emails')
    .values({
      id,
      workspace_id: owner.workspace_id,
      user_id: owner.user_id,
      alias_id: from.alias_id,
      domain_id: from.domain_id,
      from_email: from.full_email,
      to_email: 'ada@people.example',
      receiving_provider: 'people.example',
      status: 'delivered',
      message_id: `<${id}@people.example>`,
      due_at: now,
      sent_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute()
  await h.deps.db
    .insertInto('email_contents')
    .values({ email_id: id, workspace_id: owner.workspace_id, subject: 'A question', body_text: 'Hello Ada,\n\nwhy?' })
    .execute()
  return id
}

const happen = (
  events: { type: EventType; email_id: string; metadata?: Record<string, unknown>; url?: string }[],
  owner = tenant,
): Promise<void> =>
  transaction(h.deps.db, (tx) =>
    recordEvents(
      tx,
      events.map(({ type, ...event }) => ({
        workspace_id: owner.workspace_id,
        campaign_id: null,
        campaign_lead_id: null,
        event_type: type,
        occurred_at: h.clock.now(),
        ...event,
      })),
    ),
  )

const deliveries = async (id: string, query = ''): Promise<Delivery[]> =>
  (await h.call<Page<Delivery>>('GET', `${ENDPOINTS}/${id}/deliveries${query}`, { as: tenant.key })).body.items

const endpoint = async (id: string) =>
  (
    await h.call<{
      is_active: boolean
      is_verified: boolean
      consecutive_failures: number
      disabled_at: string | null
      disabled_reason: string | null
    }>('GET', `${ENDPOINTS}/${id}`, { as: tenant.key })
  ).body

describe('registration', () => {
  test('nothing is delivered until the code that was posted to the address is given back', async () => {
    const made = await create()
    assert.match(made.secret, /^[0-9a-f]{64}$/)
    assert.equal(made.signing_secret, `whsec_${Buffer.from(made.secret, 'hex').toString('base64')}`)
    assert.deepEqual([made.is_active, made.is_verified], [false, false])
    await happen([{ type: 'sent', email_id: await insertEmail() }])
    await h.worker.drain()
    assert.deepEqual(
      envelopes().map(({ event_type }) => event_type),
      ['webhook.verification'],
    )
    const [post] = receiver.posts
    assert.equal(
      verifyMailSignature(
        [made.secret],
        {
          signature: String(post?.headers['x-webhook-signature']),
          timestamp: String(post?.headers['x-webhook-timestamp']),
          body: post?.body ?? '',
        },
        h.clock.now(),
      ),
      'ok',
    )
    const wrong = await h.call<{ detail: string }>('POST', `${ENDPOINTS}/${made.id}/verify`, {
      as: tenant.key,
      body: { verification_code: 'AAAAAAAA' },
    })
    assert.deepEqual([wrong.status, wrong.body.detail], [422, 'VERIFICATION_FAILED'])
    const right = await h.call<Made>('POST', `${ENDPOINTS}/${made.id}/verify`, {
      as: tenant.key,
      body: { verification_code: envelopes()[0]?.verification_code?.toLowerCase() },
    })
    assert.deepEqual([right.status, right.body.is_active, right.body.is_verified], [200, true, true])
    const listed = await h.call('GET', ENDPOINTS, { as: tenant.key })
    assert.ok(!listed.text.includes(made.secret), 'the secret is shown once')
    assert.ok(!listed.text.includes('verification_code'))
  })

  test('the code stands in no answer and in no log that the workspace can read', async () => {
    const made = await create()
    await h.worker.drain()
    const code = envelopes()[0]?.verification_code ?? 'none'
    const [delivery] = await deliveries(made.id)
    const detail = await h.call<Delivery>('GET', `${ENDPOINTS}/${made.id}/deliveries/${delivery?.id}`, {
      as: tenant.key,
    })
    assert.equal(detail.body.body, null)
    for (const text of [detail.text, (await h.call('GET', ENDPOINTS, { as: tenant.key })).text])
      assert.ok(!text.includes(code))
  })

  test('a new code makes the one before void, and a code is good for a day', async () => {
    const made = await create()
    await h.worker.drain()
    const first = envelopes()[0]?.verification_code
    await h.call('POST', `${ENDPOINTS}/${made.id}/resend-verification`, { as: tenant.key })
    await h.worker.drain()
    const second = envelopes()[1]?.verification_code
    assert.notEqual(first, second)
    const verify = (verification_code: string | undefined) =>
      h.call('POST', `${ENDPOINTS}/${made.id}/verify`, { as: tenant.key, body: { verification_code } })
    assert.equal((await verify(first)).status, 422)
    h.clock.advance(25 * HOUR)
    assert.equal((await verify(second)).status, 422)
  })

  test('an address inside is refused in every disguise, and so is one that cannot be looked up or is not https', async () => {
    const refused = [
      'https://127.0.0.1/hook',
      'https://localhost/hook',
      'https://10.0.0.7/',
      'https://169.254.169.254/latest/meta-data/',
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:7f00:1]/',
      'https://[64:ff9b::a00:1]/',
      'https://[2002:7f00:1::]/',
      'https://[fe80::1]/',
      'https://[fd00:ec2::254]/',
      'https://0/',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://127.1/',
      'https://no-such-host.invalid/',
      'http://8.8.8.8/',
      `http://127.0.0.1:${receiver.port + 1}/`,
      'https://user:password@8.8.8.8/',
      'https://8.8.8.8/#part',
      'ftp://8.8.8.8/',
      'https:8.8.8.8',
      'no address',
      `https://8.8.8.8/${'x'.repeat(2_000)}`,
    ]
    for (const url of refused) {
      const { status, body } = await h.call<{ details: { loc: string[] }[] }>('POST', ENDPOINTS, {
        as: tenant.key,
        body: { url, event_types: ['*'] },
      })
      assert.deepEqual([url, status, body.details?.[0]?.loc.join('.')], [url, 422, 'body.url'])
    }
    assert.equal((await h.call<Page<Made>>('GET', ENDPOINTS, { as: tenant.key })).body.total, 0)
  })

  test('subscriptions are types, groups or everything, and what cannot be is named', async () => {
    const bad = await h.call<{ details: { loc: (string | number)[] }[] }>('POST', ENDPOINTS, {
      as: tenant.key,
      body: { url: receiver.url, event_types: ['email.*', 'email.outbond.sent', 'lead', 'e*', '*'] },
    })
    assert.equal(bad.status, 422)
    assert.deepEqual(
      bad.body.details.map(({ loc }) => loc[2]),
      [1, 2, 3],
    )
    const made = await create({ event_types: ['lead.*', 'email.outbound.sent', 'lead.*'] })
    assert.deepEqual(made.event_types, ['lead.*', 'email.outbound.sent'])
  })

  test('a workspace has no more endpoints than the setting says, however many ask at once', async () => {
    const asked = await Promise.all(
      Array.from({ length: 6 }, () =>
        h.call<{ detail?: string }>('POST', ENDPOINTS, {
          as: tenant.key,
          body: { url: receiver.url, event_types: ['*'] },
        }),
      ),
    )
    assert.deepEqual(asked.map(({ status }) => status).sort(), [201, 201, 201, 403, 403, 403])
    assert.equal(asked.find(({ status }) => status === 403)?.body.detail, 'WEBHOOK_LIMIT_REACHED')
  })

  test('another address has to be verified anew and hears nothing until then', async () => {
    const made = await register()
    const moved = await h.call<Made>('PATCH', `${ENDPOINTS}/${made.id}`, { as: tenant.key, body: { url: other.url } })
    assert.deepEqual([moved.status, moved.body.is_active, moved.body.is_verified], [200, false, false])
    await happen([{ type: 'sent', email_id: await insertEmail() }])
    await h.worker.drain()
    assert.deepEqual(
      envelopes(other).map(({ event_type }) => event_type),
      ['webhook.verification'],
    )
    const active = await h.call<{ detail: string }>('PATCH', `${ENDPOINTS}/${made.id}`, {
      as: tenant.key,
      body: { is_active: true },
    })
    assert.deepEqual([active.status, active.body.detail], [409, 'CONFLICT'])
  })
})

describe('delivery', () => {
  test('an event arrives signed both ways, and an independent library believes it', async () => {
    const made = await register()
    const email_id = await insertEmail()
    await happen([{ type: 'sent', email_id, metadata: { verdict: 'accepted' } }])
    await h.worker.drain()
    assert.equal(receiver.posts.length, 1)
    const post = receiver.posts[0] as (typeof receiver.posts)[0]
    const event = JSON.parse(post.body) as Envelope
    assert.equal(post.headers['webhook-id'], event.event_id)
    assert.equal(post.headers['x-webhook-endpoint-id'], made.id)
    assert.equal(post.headers['x-webhook-mode'], 'sandbox')
    const library = new Webhook(made.signing_secret)
    const headers = post.headers as Record<string, string>
    // The library compares with the time of this machine; the test's clock stands elsewhere.
    const now = Math.floor(Date.now() / 1000)
    assert.throws(() => library.verify(post.body, headers), /too old/)
    const signature = library.sign(event.event_id, new Date(h.clock.now()), post.body)
    assert.equal(post.headers['webhook-signature'], signature)
    assert.ok(
      library.verify(post.body, {
        ...headers,
        'webhook-timestamp': String(now),
        'webhook-signature': library.sign(event.event_id, new Date(now * 1000), post.body),
      }),
    )
    assert.equal(
      post.headers['x-webhook-signature'],
      mailSignature(made.secret, h.clock.now().getTime() / 1000, post.body),
    )
    assert.deepEqual(Object.keys(event), ['event_id', 'event_type', 'timestamp', 'data'])
    assert.deepEqual(
      { ...event.data },
      {
        email_id,
        alias_id: sender.alias_id,
        domain_id: sender.domain_id,
        from_email: sender.full_email,
        to_email: 'ada@people.example',
        inbox_id: sender.alias_id,
        to_emails: ['ada@people.example'],
        subject: 'A question',
        campaign_id: null,
        campaign_lead_id: null,
        step: null,
        variant_label: null,
        sent_at: h.clock.now().toISOString(),
        provider_message_id: `<${email_id}@people.example>`,
        ses_message_id: `<${email_id}@people.example>`,
        completion_source: 'provider',
        body_preview: 'Hello Ada,\n\nwhy?',
        verdict: 'accepted',
      },
    )
  })

  test('an endpoint hears what it subscribes to and nothing of other workspaces', async () => {
    await register({ event_types: ['email.outbound.delivered', 'email.inbound.*'] })
    const stranger = await createTenant(h)
    const strangeSender = await createSender(h, stranger)
    const foreign = await insertEmail(stranger, strangeSender)
    const own = await insertEmail()
    await happen([{ type: 'delivered', email_id: foreign }], stranger)
    await happen([
      { type: 'sent', email_id: own },
      { type: 'delivered', email_id: own },
      { type: 'voided', email_id: own },
    ])
    await h.worker.drain()
    assert.deepEqual(
      envelopes().map(({ event_type, data }) => [event_type, data.email_id]),
      [['email.outbound.delivered', own]],
    )
  })

  test('opens and clicks say how many there were at that moment, and machines count for nothing', async () => {
    await register()
    const email_id = await insertEmail()
    await sql`insert into email_links (email_id, workspace_id, position, original_url, anchor_text) values (${email_id}, ${tenant.workspace_id}, 1, 'https://a.example/', 'A')`.execute(
      h.deps.db,
    )
    const url = 'https://a.example/'
    await happen([
      { type: 'opened', email_id, metadata: { is_machine: true, reason: 'apple_proxy' } },
      { type: 'opened', email_id, metadata: { is_machine: false } },
      { type: 'opened', email_id, metadata: { is_machine: false } },
      {
        type: 'clicked',
        email_id,
        url,
        metadata: {
          is_machine: false,
          position: 1,
          user_agent:
            'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36',
        },
      },
      { type: 'clicked', email_id, url, metadata: { is_machine: false, position: 2 } },
    ])
    await h.worker.drain()
    const told = envelopes()
      .sort((a, b) => (a.event_id < b.event_id ? -1 : 1))
      .map(({ data }) => data)
    assert.deepEqual(
      told
        .slice(0, 3)
        .map(({ is_bot, bot_reason, is_first_open, open_count }) => [is_bot, bot_reason, is_first_open, open_count]),
      [
        [true, 'apple_proxy', false, 0],
        [false, null, true, 1],
        [false, null, false, 2],
      ],
    )
    assert.deepEqual(
      told
        .slice(3)
        .map((data) => [
          data.link_url,
          data.original_url,
          data.position,
          data.is_first_click,
          data.link_click_count,
          data.email_click_count,
          data.anchor_text,
          data.browser_name,
        ]),
      [
        [url, url, 1, true, 1, 1, 'A', 'Chrome'],
        [url, url, 2, true, 1, 2, null, null],
      ],
    )
  })

  test('a refused delivery is tried nine times over a day with the same bytes, then lies among the dead letters', async () => {
    const made = await register()
    receiver.answer = (_post, response) => void response.writeHead(500).end('x'.repeat(5_000))
    await happen([{ type: 'sent', email_id: await insertEmail() }])
    const began = h.clock.now().getTime()
    const at: number[] = []
    for (let tries = 1; tries <= 9; tries++) {
      await h.worker.drain()
      assert.equal(receiver.posts.length, tries, 'and not before its time')
      at.push(h.clock.now().getTime() - began)
      const [delivery] = await deliveries(made.id, '?event_type=email.outbound.sent')
      if (tries < 9) {
        assert.equal(delivery?.status, 'waiting')
        h.clock.set(new Date(new Date(delivery?.next_attempt_at ?? 0).getTime() - 1))
        await h.worker.drain()
        h.clock.advance(1)
      }
    }
    assert.ok((at[8] as number) > 19 * HOUR && (at[8] as number) < 26 * HOUR, `${at}`)
    assert.equal(new Set(receiver.posts.map(({ body }) => body)).size, 1)
    assert.equal(new Set(receiver.posts.map(({ headers }) => headers['webhook-id'])).size, 1)
    assert.equal(new Set(receiver.posts.map(({ headers }) => headers['webhook-timestamp'])).size, 9)
    const dead = await h.call<Page<Delivery>>('GET', `${ENDPOINTS}/${made.id}/dead-letters`, { as: tenant.key })
    assert.deepEqual(
      dead.body.items.map(({ event_type, attempts, response_status }) => [event_type, attempts, response_status]),
      [['email.outbound.sent', 9, 500]],
    )
    const detail = await h.call<Delivery>('GET', `${ENDPOINTS}/${made.id}/deliveries/${dead.body.items[0]?.id}`, {
      as: tenant.key,
    })
    assert.equal(detail.body.tries.length, 9)
    assert.equal(detail.body.tries[0]?.response_body, 'x'.repeat(1_024))
    assert.equal(detail.body.body, receiver.posts[0]?.body)
    assert.equal((await endpoint(made.id)).consecutive_failures, 9)
    assert.equal((await endpoint(made.id)).is_active, true, 'one lost event is no reason to give an endpoint up')
    const counts = await h.call<{ attempts: number; delivered: number; dead: number; failed_attempts: number }>(
      'GET',
      `${ENDPOINTS}/${made.id}/counts`,
      { as: tenant.key },
    )
    assert.deepEqual(
      [counts.body.attempts, counts.body.delivered, counts.body.failed_attempts, counts.body.dead],
      [10, 1, 9, 1],
      'the code counts as a delivery too',
    )
  })

  test('410 disables the endpoint at once, tells the people, and keeps what waits', async () => {
    const made = await register()
    receiver.answer = (_post, response) => void response.writeHead(410).end()
    const email_id = await insertEmail()
    await happen([{ type: 'sent', email_id }])
    await h.worker.drain()
    const state = await endpoint(made.id)
    assert.deepEqual([state.is_active, state.disabled_at !== null], [false, true])
    const alerts = await h.call<{ items?: unknown[] }>('GET', '/api/v1/notifications/alerts', { as: tenant.key })
    assert.ok(alerts.text.includes('A webhook was disabled'), alerts.text)
    await happen([{ type: 'delivered', email_id }])
    await h.worker.drain()
    assert.equal(receiver.posts.length, 1, 'a disabled endpoint hears no more')
    receiver.answer = (_post, response) => void response.end()
    const mended = await h.call<{ is_active: boolean; disabled_at: string | null }>(
      'PATCH',
      `${ENDPOINTS}/${made.id}`,
      {
        as: tenant.key,
        body: { is_active: true },
      },
    )
    assert.deepEqual([mended.body.is_active, mended.body.disabled_at], [true, null])
    const [dead] = await deliveries(made.id, '?status=dead')
    const again = await h.call<Delivery>('POST', `${ENDPOINTS}/${made.id}/deliveries/${dead?.id}/replay`, {
      as: tenant.key,
    })
    assert.deepEqual(
      [again.status, again.body.kind, again.body.event_id, again.body.id === dead?.id],
      [202, 'replay', dead?.event_id, false],
    )
    await h.worker.drain()
    assert.equal(receiver.posts.length, 2)
    assert.equal(receiver.posts[1]?.body, receiver.posts[0]?.body)
  })

  test('an endpoint that has taken nothing for a day of many tries is disabled; one that recovers is not', async () => {
    const made = await register()
    receiver.answer = (_post, response) => void response.writeHead(503).end()
    const email_id = await insertEmail()
    await happen(Array.from({ length: 3 }, () => ({ type: 'sent' as const, email_id })))
    for (let hours = 0; hours < 24 && (await endpoint(made.id)).is_active; hours++) {
      await h.worker.drain()
      h.clock.advance(HOUR)
    }
    assert.equal((await endpoint(made.id)).is_active, true, 'not before a day is over')
    await happen([{ type: 'sent', email_id }])
    h.clock.advance(HOUR)
    await h.worker.drain()
    const state = await endpoint(made.id)
    assert.deepEqual([state.is_active, state.consecutive_failures >= 15], [false, true])
    assert.match(state.disabled_reason ?? '', /Nothing has arrived since/)
    assert.deepEqual(
      new Set((await deliveries(made.id)).map(({ status, kind }) => (kind === 'verification' ? 'code' : status))),
      new Set(['dead', 'code']),
    )
  })

  test('a redirect is not followed, wherever it leads, and a silent or closed server is a failed try', async () => {
    const made = await register()
    receiver.answer = (_post, response) => void response.writeHead(302, { location: other.url }).end()
    await happen([{ type: 'sent', email_id: await insertEmail() }])
    await h.worker.drain()
    assert.equal(other.posts.length, 0)
    let [delivery] = await deliveries(made.id)
    assert.deepEqual(
      [delivery?.status, delivery?.response_status, delivery?.error],
      ['waiting', 302, 'It answered 302.'],
    )
    receiver.answer = (_post, response) => void response.destroy()
    h.clock.advance(MINUTE)
    await h.worker.drain()
    ;[delivery] = await deliveries(made.id)
    assert.deepEqual(
      [delivery?.attempts, delivery?.response_status, delivery?.error],
      [2, null, 'The connection was cut.'],
    )
  })

  test('Retry-After is granted, up to an hour', async () => {
    const made = await register()
    receiver.answer = (_post, response) => void response.writeHead(429, { 'retry-after': '1800' }).end()
    await happen([{ type: 'sent', email_id: await insertEmail() }])
    await h.worker.drain()
    const [delivery] = await deliveries(made.id)
    const wait = new Date(delivery?.next_attempt_at ?? 0).getTime() - h.clock.now().getTime()
    assert.ok(wait >= 1_800_000 && wait < 1_830_000, String(wait))
  })

  test('a process that dies between sending and recording sends again: the same event id, another try', async () => {
    const made = await register()
    await happen([{ type: 'sent', email_id: await insertEmail() }])
    await publishWaiting(h.deps)
    const now = h.clock.now()
    const due = await findDue(h.deps.db, { now, limit: 10, per_endpoint: 10, busy: new Map() })
    const [claimed] = await claimDeliveries(
      h.deps.db,
      due.map(({ id }) => id),
      now,
    )
    assert.equal(claimed?.endpoint_id, made.id)
    // As the process that died had sent it.
    await fetch(receiver.url, { method: 'POST', body: claimed?.body })
    await h.worker.drain()
    assert.equal(receiver.posts.length, 1, 'held until the lease ends')
    h.clock.advance(31_000)
    await h.worker.drain()
    assert.equal(receiver.posts.length, 2)
    assert.equal(receiver.posts[1]?.body, receiver.posts[0]?.body)
    assert.equal((await deliveries(made.id))[0]?.status, 'delivered')
  })

  test('two claimers never get the same delivery', async () => {
    const made = await register()
    const email_id = await insertEmail()
    await happen(Array.from({ length: 40 }, () => ({ type: 'sent' as const, email_id })))
    await publishWaiting(h.deps)
    const now = h.clock.now()
    const take = async () => {
      const due = await findDue(h.deps.db, { now, limit: 100, per_endpoint: 100, busy: new Map() })
      return claimDeliveries(
        h.deps.db,
        due.map(({ id }) => id),
        now,
      )
    }
    const taken = (await Promise.all([take(), take(), take(), take()]))
      .flat()
      .filter(({ endpoint_id }) => endpoint_id === made.id)
    assert.equal(taken.length, 40)
    assert.equal(new Set(taken.map(({ id }) => id)).size, 40)
    h.clock.advance(MINUTE)
    await h.worker.drain()
    assert.equal(new Set(envelopes().map(({ event_id }) => event_id)).size, 40)
    assert.equal(receiver.posts.length, 40)
  })

  test('a pause drops what happens meanwhile and keeps what was waiting', async () => {
    const made = await register()
    receiver.answer = (_post, response) => void response.writeHead(500).end()
    const email_id = await insertEmail()
    await happen([{ type: 'sent', email_id }])
    await h.worker.drain()
    await h.call('PATCH', `${ENDPOINTS}/${made.id}`, { as: tenant.key, body: { is_active: false } })
    await happen([{ type: 'delivered', email_id }])
    h.clock.advance(HOUR)
    await h.worker.drain()
    assert.equal(receiver.posts.length, 1)
    receiver.answer = (_post, response) => void response.end()
    await h.call('PATCH', `${ENDPOINTS}/${made.id}`, { as: tenant.key, body: { is_active: true } })
    await h.worker.drain()
    assert.deepEqual(
      envelopes().map(({ event_type }) => event_type),
      ['email.outbound.sent', 'email.outbound.sent'],
    )
  })

  test('while a rotation overlaps, webhook-signature is good for both secrets and x-webhook-signature for the new one', async () => {
    const made = await register()
    const rotated = await h.call<{ secret: string; signing_secret: string }>(
      'POST',
      `${ENDPOINTS}/${made.id}/rotate-secret`,
      { as: tenant.key },
    )
    assert.notEqual(rotated.body.secret, made.secret)
    const send = async () => {
      await h.call('POST', `${ENDPOINTS}/${made.id}/test`, { as: tenant.key })
      await h.worker.drain()
      return receiver.posts.at(-1) as (typeof receiver.posts)[0]
    }
    const signedBy = (post: (typeof receiver.posts)[0], secret: string): boolean =>
      String(post.headers['webhook-signature'])
        .split(' ')
        .includes(new Webhook(secret).sign(String(post.headers['webhook-id']), h.clock.now(), post.body))
    const during = await send()
    assert.deepEqual(
      [signedBy(during, rotated.body.signing_secret), signedBy(during, made.signing_secret)],
      [true, true],
    )
    assert.equal(
      during.headers['x-webhook-signature'],
      mailSignature(rotated.body.secret, Math.floor(h.clock.now().getTime() / 1000), during.body),
    )
    h.clock.advance(24 * HOUR + 1)
    const after = await send()
    assert.deepEqual(
      [signedBy(after, rotated.body.signing_secret), signedBy(after, made.signing_secret)],
      [true, false],
    )
  })

  test('a stretch of time is sent again by a job, with the same event ids, once each', async () => {
    const made = await register()
    const email_id = await insertEmail()
    await happen([{ type: 'sent', email_id }])
    await h.worker.drain()
    h.clock.advance(HOUR)
    const from = h.clock.now()
    receiver.answer = (_post, response) => void response.writeHead(410).end()
    await happen(
      Array.from({ length: 5 }, () => ({ type: 'opened' as const, email_id, metadata: { is_machine: false } })),
    )
    await h.worker.drain()
    receiver.answer = (_post, response) => void response.end()
    await h.call('PATCH', `${ENDPOINTS}/${made.id}`, { as: tenant.key, body: { is_active: true } })
    receiver.posts.length = 0
    const body = { from: from.toISOString(), to: new Date(from.getTime() + HOUR).toISOString() }
    const started = await h.call<{ job_id: string }>('POST', `${ENDPOINTS}/${made.id}/replay`, { as: tenant.key, body })
    assert.equal(started.status, 202)
    await h.worker.drain()
    assert.equal(receiver.posts.length, 5)
    assert.equal(new Set(envelopes().map(({ event_id }) => event_id)).size, 5)
    const job = await h.call<{ status: string; result: { queued: number } }>(
      'GET',
      `/api/v1/jobs/${started.body.job_id}`,
      { as: tenant.key },
    )
    assert.deepEqual([job.body.status, job.body.result.queued], ['completed', 5])
    await h.call('POST', `${ENDPOINTS}/${made.id}/replay`, { as: tenant.key, body })
    await h.worker.drain()
    assert.equal(receiver.posts.length, 5, 'what was taken meanwhile is left out')
    await h.call('POST', `${ENDPOINTS}/${made.id}/replay`, {
      as: tenant.key,
      body: { ...body, only_undelivered: false },
    })
    await h.worker.drain()
    assert.equal(receiver.posts.length, 10)
  })

  test('the log and the events are kept for as many days as the setting says, and then go with their tries', async () => {
    const made = await register()
    await happen([{ type: 'sent', email_id: await insertEmail() }])
    await h.worker.drain()
    const count = async (): Promise<number[]> =>
      Object.values(
        (
          await sql<Record<string, number>>`
            select (select count(*)::int from webhook_deliveries where endpoint_id = ${made.id}) as deliveries,
              (select count(*)::int from webhook_attempts where delivery_id in (select id from webhook_deliveries where endpoint_id = ${made.id})) as tries,
              (select count(*)::int from published_events where workspace_id = ${tenant.workspace_id}) as events,
              (select count(*)::int from webhook_day_counts where endpoint_id = ${made.id}) as days`.execute(h.deps.db)
        ).rows[0] ?? {},
      )
    // Ids carry this machine's time, the rest the test's.
    const early = Math.min(Date.now(), h.clock.now().getTime())
    const late = Math.max(Date.now(), h.clock.now().getTime())
    await applyWebhookRetention(h.deps.db, new Date(early + 29 * 24 * HOUR), 30)
    assert.deepEqual(await count(), [2, 2, 1, 1])
    await applyWebhookRetention(h.deps.db, new Date(late + 32 * 24 * HOUR), 30)
    assert.deepEqual(await count(), [0, 0, 0, 0])
  })

  test('an endpoint that begins to fail is tried one at a time from then on, whatever was at hand for it', async () => {
    await register()
    const email_id = await insertEmail()
    let open = 0
    const atOnce: number[] = []
    receiver.answer = (_post, response) => {
      atOnce.push(++open)
      setImmediate(() => {
        open--
        response.writeHead(500).end()
      })
    }
    await happen(Array.from({ length: 40 }, () => ({ type: 'sent' as const, email_id })))
    await h.worker.drain()
    assert.equal(atOnce.length, 40)
    assert.deepEqual(new Set(atOnce.slice(10)), new Set([1]))
  })

  test('a server that never answers does not hold up another', async () => {
    const slow = await register()
    await register({ url: other.url })
    const email_id = await insertEmail()
    const hanging: (() => void)[] = []
    receiver.answer = (_post, response) => void hanging.push(() => response.end())
    await happen(Array.from({ length: 30 }, () => ({ type: 'sent' as const, email_id })))
    const working = h.worker.drain()
    await other.until(30)
    assert.equal(receiver.posts.length, 10, 'so many and no more wait at the silent one')
    receiver.answer = (_post, response) => void response.end()
    for (const release of hanging) release()
    await working
    assert.equal(
      (await deliveries(slow.id, '?status=delivered&limit=100')).filter(({ kind }) => kind === 'event').length,
      30,
    )
  })
})

describe('the product’s own receiver', () => {
  const HOOK = '/api/v1/webhooks/bavimail'
  const RE_REGISTER = '/api/v1/bavimail/webhooks/re-register'
  type State = { status: string; webhook_id: string; url: string; is_active: boolean }

  test('re-registering makes it, leaves a living one alone, and replaces a dead one', async () => {
    const call = async () => (await h.call<State>('POST', RE_REGISTER, { as: tenant.key })).body
    const first = await call()
    assert.deepEqual([first.status, first.url, first.is_active], ['registered', h.base_url + HOOK, true])
    assert.deepEqual([(await call()).status, (await call()).webhook_id], ['already_active', first.webhook_id])
    await sql`update webhook_endpoints set consecutive_failures = 5 where id = ${first.webhook_id}`.execute(h.deps.db)
    const second = await call()
    assert.equal(second.status, 'recreated')
    assert.notEqual(second.webhook_id, first.webhook_id)
    await happen([{ type: 'sent', email_id: await insertEmail() }])
    await h.worker.drain()
    const receipts = await sql<{
      event_type: string
    }>`select event_type from mail_event_receipts where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
    assert.deepEqual(receipts.rows, [{ event_type: 'email.outbound.sent' }])
    assert.equal((await deliveries(second.webhook_id))[0]?.status, 'delivered')
  })

  test('it can be asked for ten times a minute', async () => {
    const asked = []
    for (let n = 0; n < 11; n++) asked.push(await h.call('POST', RE_REGISTER, { as: tenant.key }))
    assert.deepEqual(
      asked.map(({ status }) => status),
      [...Array(10).fill(200), 429],
    )
    assert.ok(asked[10]?.headers['retry-after'])
  })

  test('only what is signed with the workspace’s secret, lately, is taken, and a repeat changes nothing', async () => {
    const { webhook_id } = (await h.call<State>('POST', RE_REGISTER, { as: tenant.key })).body
    const sealed = await sql<{ secret: string }>`select secret from webhook_endpoints where id = ${webhook_id}`.execute(
      h.deps.db,
    )
    const secret = h.deps.secrets.open(sealed.rows[0]?.secret ?? '', webhook_id).toString('utf8')
    const email_id = await insertEmail()
    const event = {
      event_id: newId(),
      event_type: 'email.outbound.sent',
      timestamp: h.clock.now().toISOString(),
      data: { email_id },
    }
    const post = (
      body: string,
      options: { at?: number; secret?: string; prefix?: string; headers?: Record<string, string> } = {},
    ) => {
      const at = options.at ?? Math.floor(h.clock.now().getTime() / 1000)
      return h.call<{ error?: string; status?: string }>('POST', HOOK, {
        body,
        headers: {
          'x-webhook-signature': (options.prefix ?? '') + mailSignature(options.secret ?? secret, at, body),
          'x-webhook-timestamp': String(at),
          ...options.headers,
        },
      })
    }
    const body = JSON.stringify(event)
    const now = Math.floor(h.clock.now().getTime() / 1000)
    const outcomes: [name: string, answer: Awaited<ReturnType<typeof post>>, status: number][] = [
      ['good', await post(body), 200],
      ['again', await post(body, { prefix: 'sha256=' }), 200],
      ['299 seconds', await post(body, { at: now - 299 }), 200],
      ['stale', await post(body, { at: now - 301 }), 403],
      ['of the future', await post(body, { at: now + 301 }), 403],
      ['forged', await post(body, { secret: 'ab'.repeat(32) }), 403],
      [
        'other bytes',
        await h.call('POST', HOOK, {
          body: `${body} `,
          headers: { 'x-webhook-signature': mailSignature(secret, now, body), 'x-webhook-timestamp': String(now) },
        }),
        403,
      ],
      ['no headers', await h.call('POST', HOOK, { body }), 403],
      ['bad timestamp', await post(body, { headers: { 'x-webhook-timestamp': 'soon' } }), 403],
      ['nobody’s', await post(JSON.stringify({ ...event, data: {} })), 403],
      [
        'named by header',
        await post(JSON.stringify({ ...event, data: {} }), { headers: { 'x-webhook-endpoint-id': webhook_id } }),
        200,
      ],
      [
        'a type that only newer senders know',
        await post(JSON.stringify({ ...event, event_id: newId(), event_type: 'email.outbound.eaten' })),
        200,
      ],
      ['no type', await post(JSON.stringify({ ...event, event_type: undefined })), 400],
      ['no event id', await post(JSON.stringify({ ...event, event_id: undefined })), 400],
      ['no JSON', await post('{', { headers: { 'x-webhook-endpoint-id': webhook_id } }), 400],
      ['no JSON of nobody', await post('{'), 403],
    ]
    for (const [name, answer, status] of outcomes) {
      assert.deepEqual([name, answer.status], [name, status], answer.text)
      assert.deepEqual([name, Object.keys(answer.body)], [name, [status === 200 ? 'status' : 'error']])
    }
    const receipts = await sql`select 1 from mail_event_receipts where workspace_id = ${tenant.workspace_id}`.execute(
      h.deps.db,
    )
    assert.equal(receipts.rows.length, 1)
    assert.deepEqual((await h.call('GET', HOOK)).body, { status: 'ok' })
  })
})

describe('the mail service’s face', () => {
  test('one table behind both: it shows hooks about mail, and none that hears of leads', async () => {
    const made = await h.call<Made>('POST', '/mail/v1/webhooks', {
      headers: { 'x-api-key': tenant.key },
      body: { url: receiver.url, event_types: ['email.outbound.sent', 'domain.*'], description: 'CI' },
    })
    assert.equal(made.status, 200, made.text)
    assert.deepEqual([made.body.is_active, made.body.is_verified, made.body.secret.length], [false, false, 64])
    const wide = await create({ event_types: ['*'] })
    const list = await h.call<Made[]>('GET', '/mail/v1/webhooks', { as: tenant.key })
    assert.deepEqual(
      list.body.map(({ id }) => id),
      [made.body.id],
    )
    assert.equal((await h.call('GET', `/mail/v1/webhooks/${wide.id}`, { as: tenant.key })).status, 404)
    assert.equal((await h.call('GET', `${ENDPOINTS}/${made.body.id}`, { as: tenant.key })).status, 200)
    const leads = await h.call<{ detail: { code: string } }>('POST', '/mail/v1/webhooks', {
      as: tenant.key,
      body: { url: receiver.url, event_types: ['lead.replied'] },
    })
    assert.deepEqual([leads.status, leads.body.detail.code], [400, 'VALIDATION_ERROR'])
    const early = await h.call('POST', `/mail/v1/webhooks/${made.body.id}/test`, { as: tenant.key })
    assert.equal(early.status, 409)
    await h.worker.drain()
    const code = envelopes().find(({ data }) => data.webhook_id === made.body.id)?.verification_code
    await h.call('POST', `/mail/v1/webhooks/${made.body.id}/verify`, {
      as: tenant.key,
      body: { verification_code: code },
    })
    const tested = await h.call('POST', `/mail/v1/webhooks/${made.body.id}/test`, { as: tenant.key })
    assert.deepEqual(tested.body, { status: 'test_event_enqueued' })
    receiver.posts.length = 0
    await h.worker.drain()
    assert.deepEqual(
      envelopes().map(({ event_type, data }) => [event_type, data]),
      [['webhook.test', { webhook_id: made.body.id, test: true }]],
    )
    const rotated = await h.call<{ secret: string }>('POST', `/mail/v1/webhooks/${made.body.id}/rotate-secret`, {
      as: tenant.key,
    })
    assert.deepEqual(Object.keys(rotated.body), ['secret'])
    const gone = await h.call('DELETE', `/mail/v1/webhooks/${made.body.id}`, { as: tenant.key })
    assert.deepEqual([gone.status, gone.text], [204, ''])
  })
})
