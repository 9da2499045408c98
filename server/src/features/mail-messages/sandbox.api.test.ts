import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createSender, type TestSender } from '../../../test/outgoing.ts'

type Message = {
  id: string
  status: string
  sent_at: string | null
  bounced_at: string | null
  open_count: number
  click_count: number
  recipients: { email: string; status: string; bounce_kind: string | null; bounce_reason: string | null }[]
}

let h: Harness
let tenant: TestTenant
let sender: TestSender

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
  sender = await createSender(h, tenant)
  await sql`update aliases set daily_limit = 10000 where id = ${sender.alias_id}`.execute(h.deps.db)
})
after(() => h?.close())

const accept = async (body: object): Promise<Message> => {
  const made = await h.call<Message>('POST', '/api/v1/bavimail/emails', {
    as: tenant.key,
    body: {
      alias_id: sender.alias_id,
      subject: 'A question',
      body: '<p>Hello <a href="https://example.com/x">there</a></p>',
      ...body,
    },
  })
  assert.equal(made.status, 200, made.text)
  return made.body
}
const read = async (id: string): Promise<Message> =>
  (await h.call<Message>('GET', `/api/v1/bavimail/emails/${id}`, { as: tenant.key })).body
const eventsOf = async (id: string) =>
  (
    await h.call<{
      events: {
        event_type: string
        recipient: string | null
        bounce_type: string | null
        bounce_sub_type: string | null
        complaint_feedback_type: string | null
      }[]
    }>('GET', `/mail/v1/emails/${id}/events?limit=100`, { as: tenant.key })
  ).body.events
const isSuppressed = async (email: string): Promise<string | null> =>
  (
    await sql<{ reason: string }>`
      select reason from suppressions where workspace_id = ${tenant.workspace_id} and email = ${email} and released_at is null`.execute(
      h.deps.db,
    )
  ).rows[0]?.reason ?? null

describe('a sandbox sends to its own world', () => {
  test('a report that comes back hours later bounces its own recipient and no other', async () => {
    const [fine, gone] = ['fine+accept@people.example', 'gone+bounce@people.example']
    const { id } = await accept({ to_emails: [fine, gone] })
    await advance(h, tenant, { seconds: 30 })
    assert.deepEqual((await read(id)).status, 'delivered')
    await advance(h, tenant, { seconds: 86_400 })
    const done = await read(id)
    assert.deepEqual(
      done.recipients.map(({ status, bounce_kind }) => [status, bounce_kind]),
      [
        ['delivered', null],
        ['bounced', 'hard'],
      ],
    )
    assert.equal(done.status, 'sent')
    const bounced = (await eventsOf(id)).filter(({ event_type }) => event_type === 'bounced')
    assert.deepEqual(
      bounced.map(({ recipient, bounce_type, bounce_sub_type }) => [recipient, bounce_type, bounce_sub_type]),
      [[gone, 'Permanent', 'NoEmail']],
    )
    assert.deepEqual([await isSuppressed(gone as string), await isSuppressed(fine as string)], ['bounced', null])
  })

  test('time that passes sends what is scheduled at its moment, retries what was deferred, and shows opens and clicks', async () => {
    const clock = await h.call<{ now: string }>('GET', `/api/v1/workspaces/${tenant.workspace_id}/clock`, {
      as: tenant.key,
    })
    const due = new Date(new Date(clock.body.now).getTime() + 5 * 3_600_000)
    const scheduled = await accept({ to_email: 'later+accept@people.example', send_at: due.toISOString() })
    const deferred = await accept({ to_email: 'slow+defer@people.example' })
    const clicked = await accept({ to_email: 'keen+click@people.example', track_clicks: true })
    assert.equal(scheduled.status, 'scheduled')
    await advance(h, tenant, { seconds: 4 * 86_400 })
    const [one, two, three] = await Promise.all([scheduled, deferred, clicked].map(({ id }) => read(id)))
    assert.equal(one?.status, 'delivered')
    const late = new Date(one?.sent_at as string).getTime() - due.getTime()
    assert.ok(late >= 0 && late <= 60_000, `${late} ms after its time`)
    assert.equal(two?.status, 'delivered')
    assert.ok((await eventsOf(deferred.id)).some(({ event_type }) => event_type === 'deferred'))
    assert.ok((three?.open_count ?? 0) > 0 && (three?.click_count ?? 0) > 0)
  })

  test('an unsubscribe and a complaint silence the person who made them, whichever copy it was', async () => {
    const people = ['calm+accept', 'leaves+unsub', 'mails+unsubmail', 'angry+complain'].map(
      (name) => `${name}@people.example`,
    )
    const { id } = await accept({ to_emails: people.slice(0, 2), bcc_emails: people.slice(2) })
    await advance(h, tenant, { seconds: 6 * 86_400 })
    assert.deepEqual(await Promise.all(people.map(isSuppressed)), [null, 'unsubscribed', 'unsubscribed', 'complained'])
    const events = await eventsOf(id)
    const about = (type: string) =>
      events.filter(({ event_type }) => event_type === type).map(({ recipient }) => recipient)
    assert.deepEqual([about('unsubscribed').sort(), about('complained')], [[people[1], people[2]], [people[3]]])
  })

  test('an answer to a composed message lands in its conversation and on its timeline', async () => {
    const { id } = await accept({ to_email: 'talks+reply@people.example' })
    await advance(h, tenant, { seconds: 6 * 86_400 })
    const replied = (await eventsOf(id)).filter(({ event_type }) => event_type === 'replied')
    assert.equal(replied.length, 1)
    const { rows } = await sql<{ same: boolean }>`
      select i.conversation_id = e.conversation_id as same from inbound_emails i join emails e on e.id = i.email_id where e.id = ${id}`.execute(
      h.deps.db,
    )
    assert.deepEqual(rows, [{ same: true }])
  })

  test('a message with attachments and pictures is read by the world as any other', async () => {
    const { id } = await accept({
      to_email: 'keen+open@people.example',
      attachments: [
        { filename: 'a.pdf', content: Buffer.alloc(50_000, 7).toString('base64'), mime_type: 'application/pdf' },
        { filename: 'b.png', content: 'iVBORw0KGgo=', mime_type: 'image/png', is_inline: true },
      ],
    })
    await advance(h, tenant, { seconds: 3 * 86_400 })
    assert.ok((await read(id)).open_count > 0)
  })

  test('an advance until nothing is left to wait for ends', async () => {
    const unverified = await createSender(h, tenant)
    const { id } = await accept({ alias_id: unverified.alias_id, to_email: 'held+accept@people.example' })
    await sql`update sending_domains set status = 'failed' where id = ${unverified.domain_id}`.execute(h.deps.db)
    await advance(h, tenant, { until_idle: true })
    assert.equal((await read(id)).status, 'failed')
  })
})
