import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createSender, type TestSender } from '../../../test/outgoing.ts'
import { newId } from '../../ids.ts'
import type { DeliveryReply, MailEnvelope, MailTransport } from '../../ports/mail/port.ts'

/** An adapter of the mail port that answers what the test says, to see what the sender makes of each kind of answer. */
const taken: MailEnvelope[] = []
let answer: (envelope: MailEnvelope) => DeliveryReply
const accepted: DeliveryReply = { phase: 'final', reply_code: 250, text: '2.0.0 Ok' }
const transport: MailTransport = {
  name: 'scripted',
  connections: 3,
  open: async () => ({
    alive: true,
    send: async (envelope) => {
      const reply = answer(envelope)
      if (reply.reply_code === 250) taken.push(envelope)
      return reply
    },
    close: () => {},
  }),
}

let h: Harness
let tenant: TestTenant
let sender: TestSender

before(async () => {
  h = await startHarness({ overrides: { mail: { transportFor: async () => transport } } })
  tenant = await createTenant(h, { mode: 'live' })
  sender = await createSender(h, tenant)
  await sql`update sending_domains set status = 'verified', next_check_at = null where id = ${sender.domain_id}`.execute(
    h.deps.db,
  )
})
after(() => h?.close())
beforeEach(() => {
  taken.length = 0
  answer = () => accepted
})

type Message = {
  id: string
  status: string
  cause: string | null
  recipients: { status: string; attempts: number; cause: string | null; advice: string | null }[]
}

const accept = async (body: object = {}): Promise<Message> => {
  const made = await h.call<Message>('POST', '/mail/v1/emails', {
    as: tenant.key,
    body: { alias_id: sender.alias_id, to_email: 'ada@people.example', subject: 's', body: 'b', ...body },
  })
  assert.equal(made.status, 200, made.text)
  return made.body
}
const read = async (id: string): Promise<Message> =>
  (await h.call<Message>('GET', `/mail/v1/emails/${id}`, { as: tenant.key })).body

test('where the receiver is left alone nothing counts as a try, the message can still be cancelled, and it comes again', async () => {
  answer = () => ({ phase: 'connect', held_ms: 30_000, text: 'left alone' })
  const one = await accept()
  const two = await accept()
  await h.worker.drain()
  const held = await read(one.id)
  assert.deepEqual([held.status, held.recipients[0]?.attempts], ['queued', 0])
  const cancelled = await h.call('POST', `/mail/v1/emails/${two.id}/cancel`, { as: tenant.key })
  assert.equal(cancelled.status, 200, cancelled.text)
  answer = () => accepted
  await h.worker.drain()
  assert.equal(taken.length, 0, 'not before its time')
  h.clock.advance(30_000)
  await h.worker.drain()
  assert.equal(taken.length, 1)
  assert.deepEqual([(await read(one.id)).status, (await read(two.id)).status], ['delivered', 'cancelled'])
})

test('a receiver that is left alone for 72 hours is given up', async () => {
  answer = () => ({ phase: 'connect', held_ms: 6 * 3_600_000, text: 'left alone' })
  const { id } = await accept()
  for (let hours = 0; hours < 84; hours += 6) {
    await h.worker.drain()
    h.clock.advance(6 * 3_600_000)
  }
  assert.equal((await read(id)).status, 'failed')
  const { rows } =
    await sql`select 1 from email_recipients where email_id = ${id} and bounce_reason = 'expired'`.execute(h.deps.db)
  assert.equal(rows.length, 1)
})

test('a connection that breaks after the content leaves the recipient unknown, and it is not sent to again', async () => {
  let tries = 0
  answer = () => {
    tries++
    return { phase: 'final', error_name: 'ECLOSED' }
  }
  const { id } = await accept()
  await h.worker.drain()
  h.clock.advance(4 * 86_400_000)
  await h.worker.drain()
  const done = await read(id)
  assert.deepEqual([done.status, done.recipients[0]?.status, tries], ['sent', 'unknown', 1])
})

test('the plain words of a refusal stand with the recipient and with the message', async () => {
  answer = () => ({ phase: 'rcpt', reply_code: 552, text: '5.2.2 The mailbox is full' })
  const { id } = await accept()
  await h.worker.drain()
  const done = await read(id)
  assert.equal(done.recipients[0]?.status, 'bounced')
  assert.match(done.recipients[0]?.cause ?? '', /full/i)
  assert.equal(done.cause, done.recipients[0]?.cause)
})

test('an alias that is a connected mailbox sends through it: unsigned, from its own address, its copy kept for the Sent folder', async () => {
  const mailbox_id = newId()
  const now = h.clock.now()
  await sql`
    insert into mailboxes (id, workspace_id, user_id, email, provider, auth_kind, smtp_host, smtp_port, smtp_security, smtp_user, imap_host, imap_port,
      imap_security, imap_user, status, connected_at, next_attempt_at, next_sync_at, created_at, updated_at)
    values (${mailbox_id}, ${tenant.workspace_id}, ${tenant.user_id}, ${sender.full_email}, 'other', 'password', 'smtp.invalid', 465, 'tls', 'u', 'imap.invalid', 993,
      'tls', 'u', 'active', ${now}, ${now}, ${new Date(now.getTime() + 900 * 86_400_000)}, ${now}, ${now})`.execute(
    h.deps.db,
  )
  await sql`update aliases set mailbox_id = ${mailbox_id} where id = ${sender.alias_id}`.execute(h.deps.db)
  const status = (value: string) =>
    sql`update mailboxes set status = ${value} where id = ${mailbox_id}`.execute(h.deps.db)
  const { id } = await accept({ to_email: 'bob@people.example' })
  await status('needs_attention')
  await h.worker.drain()
  assert.equal(taken.length, 0, 'a mailbox out of use waits for its owner')
  assert.equal((await read(id)).status, 'queued')
  await status('active')
  h.clock.advance(3_600_000)
  const { sendMessages } = await import('./send-messages.ts')
  await sendMessages(h.deps, tenant.workspace_id)
  assert.equal(taken.length, 1)
  const [envelope] = taken as [MailEnvelope]
  assert.deepEqual([envelope.mailbox_id, envelope.mail_from], [mailbox_id, sender.full_email])
  const head = envelope.raw.toString('latin1').split('\r\n\r\n')[0] as string
  assert.ok(!/^DKIM-Signature:/im.test(head))
  assert.match(head, /^List-Unsubscribe: <http/m)
  assert.ok(!head.includes('mailto:'))
  const copies = await sql<{ raw: Buffer }>`select raw from mailbox_sent_copies where email_id = ${id}`.execute(
    h.deps.db,
  )
  assert.ok(copies.rows[0]?.raw.equals(envelope.raw))
})
