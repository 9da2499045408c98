import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
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
import type { DeliveryReply } from '../../ports/mail/port.ts'
import { openSmtpConnection } from '../../ports/mail/smtp-client.ts'
import { worldGreeting } from '../../world-greeting.ts'

let h: Harness
let tenant: TestTenant
let sender: TestSender
let campaign: TestCampaign

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
  sender = await createSender(h, tenant)
  campaign = await createTestCampaign(h, tenant, sender)
})
after(() => h.close())

type Sent = SentMail & { lead: string }

const send = async (name: string): Promise<Sent> => {
  const to = `${name}@example.net`
  const lead = await createTestLead(h, tenant, campaign, sender, to)
  return { ...(await sendMail(h, tenant, sender, to, { campaign, campaign_lead_id: lead })), lead }
}

/** Through the real listener, as a server of the workspace's world would bring it, and understood. */
const deliver = async (to: string, raw: string, from = ''): Promise<DeliveryReply> => {
  const session = await openSmtpConnection({
    host: '127.0.0.1',
    port: h.deps.address.inbound_smtp_port as number,
    name: worldGreeting(h.deps.secrets.key('mail-tokens'), tenant.workspace_id),
    secure: 'none',
  })
  const reply = await session.send({ mail_from: from, rcpt_to: to, raw: Buffer.from(raw.replaceAll('\n', '\r\n')) })
  session.close()
  await h.worker.drain()
  return reply
}

type Failure = { recipient: string; action?: string; status?: string; said?: string; original?: string }

const delivery = (recipients: Failure[], messageId: string, to = sender.full_email): string =>
  `From: MAILER-DAEMON@mx.example.net
To: ${to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

This is the mail system at host mx.example.net.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

${recipients
  .map(
    ({ recipient, action = 'failed', status = '5.1.1', said = '550 5.1.1 User unknown', original }) =>
      `${original ? `Original-Recipient: rfc822; ${original}\n` : ''}Final-Recipient: rfc822; ${recipient}\nAction: ${action}\nStatus: ${status}\nDiagnostic-Code: smtp; ${said}\n`,
  )
  .join('\n')}
--x
Content-Type: text/rfc822-headers

Message-ID: ${messageId}
From: ${sender.full_email}

--x--
`

const feedback = (type: string, messageId: string, recipient: string): string =>
  `From: Feedback Loop <fbl@stranger.example>
To: ${sender.full_email}
Subject: FW: A question
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="x"

--x
Content-Type: text/plain

This is an email abuse report.

--x
Content-Type: message/feedback-report

Feedback-Type: ${type}
User-Agent: Loop/1.0
Version: 1
Original-Rcpt-To: ${recipient}

--x
Content-Type: message/rfc822

Message-ID: ${messageId}
From: ${sender.full_email}
To: ${recipient}
Subject: A question

Hello

--x--
`

/** A token of the right shape that no key of ours has made. */
const spoil = (text: string): string =>
  text.replace(/^(<?(?:[bu]\+)?)(.)/, (_all, head: string, one: string) => head + (one === 'a' ? 'b' : 'a'))

const state = async (sent: SentMail & { lead?: string }) => {
  const { db } = h.deps
  const email = await db
    .selectFrom('emails')
    .select(['status', 'bounced_at', 'bounce_kind', 'bounce_reason', 'complained_at', 'unsubscribed_at'])
    .where('id', '=', sent.email_id)
    .executeTakeFirstOrThrow()
  const events = await db.selectFrom('events').select('event_type').where('email_id', '=', sent.email_id).execute()
  const suppressed = await db.selectFrom('suppressions').select('reason').where('email', '=', sent.to).execute()
  const lead = sent.lead
    ? await db
        .selectFrom('campaign_leads')
        .select('status')
        .where('campaign_lead_id', '=', sent.lead)
        .executeTakeFirst()
    : undefined
  return {
    status: email.status,
    bounce: email.bounced_at && `${email.bounce_kind} ${email.bounce_reason}`,
    complained: email.complained_at !== null,
    unsubscribed: email.unsubscribed_at !== null,
    lead: lead?.status,
    events: events.map(({ event_type }) => event_type).sort(),
    suppressed: suppressed.map(({ reason }) => reason),
  }
}

const UNTOUCHED = {
  status: 'delivered',
  bounce: null,
  complained: false,
  unsubscribed: false,
  lead: 'active',
  events: [],
  suppressed: [],
}

/** How the last message that came in was filed: it is never lost, whatever it claims. */
const lastFiled = () =>
  h.deps.db
    .selectFrom('inbound_emails')
    .select(['kind', 'matched_by', 'email_id'])
    .where('workspace_id', '=', tenant.workspace_id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()

describe('what anybody can make up changes nothing', () => {
  test('a delivery report whose token does not verify', async () => {
    const sent = await send('forged-dsn')
    await deliver(sender.full_email, delivery([{ recipient: sent.to }], spoil(sent.message_id)))
    assert.deepEqual(await state(sent), UNTOUCHED)
    assert.deepEqual(await lastFiled(), { kind: 'bounce', matched_by: null, email_id: null })
  })

  test('a delivery report that names the address and no message', async () => {
    const sent = await send('nameless-dsn')
    await deliver(sender.full_email, delivery([{ recipient: sent.to }], `<${newId()}@example.net>`))
    assert.deepEqual(await state(sent), UNTOUCHED)
  })

  test('a complaint whose token does not verify, and one that names only the address', async () => {
    const sent = await send('forged-arf')
    await deliver(sender.full_email, feedback('abuse', spoil(sent.message_id), sent.to))
    await deliver(sender.full_email, feedback('abuse', `<${newId()}@example.net>`, sent.to))
    assert.deepEqual(await state(sent), UNTOUCHED)
    assert.deepEqual(await lastFiled(), { kind: 'complaint', matched_by: null, email_id: null })
  })

  test('a return or unsubscribe address whose token does not verify is refused at the door', async () => {
    const sent = await send('forged-envelope')
    const { mail_tokens } = h.deps
    const unsubscribe = mail_tokens.unsubscribeAddress(sent.email_id, sender.domain)
    const report = delivery([{ recipient: sent.to }], '<x@example.net>')
    for (const address of [spoil(sent.bounce_address), spoil(unsubscribe)]) {
      const reply = await deliver(address, report)
      assert.deepEqual([reply.phase, reply.reply_code], ['rcpt', 550], address)
    }
    // The token of one purpose is none for the other.
    const swapped = sent.bounce_address.replace(/^b/, 'u')
    assert.equal((await deliver(swapped, report)).reply_code, 550)
    assert.deepEqual(await state(sent), UNTOUCHED)
  })

  test('reports and unsubscribe mail with the token of another workspace’s message', async () => {
    const stranger = await createTenant(h)
    const theirs = await createSender(h, stranger)
    const foreign = await sendMail(h, stranger, theirs, 'victim@example.net')
    await deliver(sender.full_email, delivery([{ recipient: foreign.to }], foreign.message_id))
    await deliver(sender.full_email, feedback('abuse', foreign.message_id, foreign.to))
    const theirUnsubscribe = h.deps.mail_tokens.unsubscribeAddress(foreign.email_id, theirs.domain)
    for (const address of [foreign.bounce_address, theirUnsubscribe]) {
      const reply = await deliver(address, delivery([{ recipient: foreign.to }], foreign.message_id))
      assert.equal(reply.reply_code, 550, 'a sandbox cannot be reached from another')
    }
    // Their token in front of our domain names no message of this world.
    const grafted = foreign.bounce_address.replace(/@.*/, `@${sender.domain}`)
    await deliver(grafted, delivery([{ recipient: foreign.to }], foreign.message_id))
    const { lead: _none, ...untouched } = UNTOUCHED
    const { lead: _lead, ...found } = await state(foreign)
    assert.deepEqual(found, untouched)
  })

  test('a person who pastes a report with the token of the message answers; nothing bounces', async () => {
    const sent = await send('pasted')
    await deliver(
      sender.full_email,
      `From: ${sent.to}
To: ${sender.full_email}
Subject: Undelivered Mail Returned to Sender
In-Reply-To: ${sent.message_id}
Content-Type: text/plain

Is this yours? I found it in my folder:

> <${sent.to}>: 550 5.1.1 User unknown
`,
      sent.to,
    )
    const after = await state(sent)
    assert.deepEqual([after.bounce, after.suppressed], [null, []])
    assert.equal((await lastFiled()).kind, 'human_reply')
  })
})

describe('a valid token counts for the message it names, and only for that', () => {
  test('of several recipients in one report only ours counts', async () => {
    const sent = await send('one-of-three')
    await deliver(
      sent.bounce_address,
      delivery(
        [
          { recipient: 'other@example.org' },
          { recipient: sent.to, status: '5.2.2', said: '552 5.2.2 Mailbox full' },
          { recipient: 'third@example.org' },
        ],
        sent.message_id,
      ),
    )
    const after = await state(sent)
    assert.deepEqual([after.bounce, after.lead, after.suppressed], ['soft mailbox_full', 'active', []])
  })

  test('others failed and ours was delivered: nothing bounced', async () => {
    const sent = await send('ours-delivered')
    await deliver(
      sent.bounce_address,
      delivery(
        [
          { recipient: 'other@example.org' },
          { recipient: sent.to, action: 'delivered', status: '2.0.0', said: '250 OK' },
        ],
        sent.message_id,
      ),
    )
    assert.deepEqual(await state(sent), UNTOUCHED)
  })

  test('a dead address that the mail was forwarded to never makes the one we wrote to dead', async () => {
    const sent = await send('forwards-silently')
    await deliver(sent.bounce_address, delivery([{ recipient: 'elsewhere@example.org' }], sent.message_id))
    const after = await state(sent)
    assert.deepEqual([after.bounce, after.lead, after.suppressed], ['soft user_unknown', 'active', []])
    assert.deepEqual(
      await h.deps.db
        .selectFrom('suppressions')
        .select('reason')
        .where('email', '=', 'elsewhere@example.org')
        .execute(),
      [],
    )
  })

  test('where the report says who the mail was for, the address is known', async () => {
    const sent = await send('forwards-openly')
    await deliver(
      sent.bounce_address,
      delivery([{ recipient: 'elsewhere@example.org', original: sent.to }], sent.message_id),
    )
    const after = await state(sent)
    assert.deepEqual([after.bounce, after.lead, after.suppressed], ['hard user_unknown', 'bounced', ['bounced']])
  })

  test('a delay is recorded and changes nothing; the failure that follows it counts', async () => {
    const sent = await send('delayed-then-gone')
    const delay = { recipient: sent.to, action: 'delayed', status: '4.4.1', said: 'connection timed out' }
    await deliver(sent.bounce_address, delivery([delay], sent.message_id))
    assert.deepEqual(await state(sent), { ...UNTOUCHED, events: ['deferred'] })
    assert.equal((await lastFiled()).kind, 'delivery_notice')
    await deliver(sent.bounce_address, delivery([{ recipient: sent.to }], sent.message_id))
    const after = await state(sent)
    assert.deepEqual([after.bounce, after.events], ['hard user_unknown', ['bounced', 'deferred']])
  })

  test('a soft bounce after acceptance is recorded once and nothing is sent again', async () => {
    const sent = await send('late-and-full')
    const full = { recipient: sent.to, status: '4.2.2', said: '452 4.2.2 Mailbox full' }
    for (let copy = 0; copy < 2; copy++) await deliver(sent.bounce_address, delivery([full], sent.message_id))
    const after = await state(sent)
    assert.deepEqual([after.status, after.bounce, after.events], ['bounced', 'soft mailbox_full', ['bounced']])
    const rows = await h.deps.db.selectFrom('emails').select(['id', 'status']).where('to_email', '=', sent.to).execute()
    assert.deepEqual(rows, [{ id: sent.email_id, status: 'bounced' }])
    await deliver(sent.bounce_address, delivery([{ recipient: sent.to }], sent.message_id))
    assert.equal((await state(sent)).bounce, 'hard user_unknown', 'a harder verdict replaces a softer one')
    await deliver(sent.bounce_address, delivery([full], sent.message_id))
    assert.equal((await state(sent)).bounce, 'hard user_unknown', 'and never the other way')
  })

  test('a complaint counts by its token, whoever brings it', async () => {
    const sent = await send('complains')
    await deliver(
      sender.full_email,
      feedback('abuse', sent.message_id, 'redacted@example.invalid'),
      'fbl@stranger.example',
    )
    const after = await state(sent)
    assert.deepEqual([after.complained, after.lead, after.suppressed], [true, 'complained', ['complained']])
    assert.deepEqual(
      await h.deps.db
        .selectFrom('suppressions')
        .select('reason')
        .where('email', '=', 'redacted@example.invalid')
        .execute(),
      [],
    )
  })

  test('feedback that is no complaint leaves everything as it is', async () => {
    const sent = await send('no-complaint')
    for (const type of ['auth-failure', 'not-spam', 'dmarc'])
      await deliver(sender.full_email, feedback(type, sent.message_id, sent.to))
    assert.deepEqual(await state(sent), UNTOUCHED)
  })
})
