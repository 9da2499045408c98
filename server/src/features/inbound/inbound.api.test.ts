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
import { processDeliveries, processPending } from './process-inbound.ts'

const DAY_MS = 86_400_000

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

const sendToLead = async (to: string, options: { verdict?: 'accepted' | 'unknown' } = {}): Promise<Sent> => {
  const lead = await createTestLead(h, tenant, campaign, sender, to)
  return { ...(await sendMail(h, tenant, sender, to, { campaign, campaign_lead_id: lead, ...options })), lead }
}

/** Mail as the local mail world brings it into this workspace. */
const deliver = async (mail: { from: string; to: string; raw: string; greeting?: string }): Promise<DeliveryReply> => {
  const name = mail.greeting ?? worldGreeting(h.deps.secrets.key('mail-tokens'), tenant.workspace_id)
  const session = await openSmtpConnection({
    host: '127.0.0.1',
    port: h.deps.address.inbound_smtp_port as number,
    name,
    secure: 'none',
  })
  const reply = await session.send({
    mail_from: mail.from,
    rcpt_to: mail.to,
    raw: Buffer.from(mail.raw.replaceAll('\n', '\r\n')),
  })
  session.close()
  return reply
}

const emailRow = (id: string) =>
  h.deps.db.selectFrom('emails').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const leadRow = (id: string) =>
  h.deps.db.selectFrom('campaign_leads').selectAll().where('campaign_lead_id', '=', id).executeTakeFirstOrThrow()
const inboundOf = (emailId: string) =>
  h.deps.db.selectFrom('inbound_emails').selectAll().where('email_id', '=', emailId).execute()
const eventsOf = async (emailId: string) =>
  (await h.deps.db.selectFrom('events').select('event_type').where('email_id', '=', emailId).execute()).map(
    (row) => row.event_type,
  )
const suppressionOf = (email: string) =>
  h.deps.db.selectFrom('suppressions').select(['reason']).where('email', '=', email).execute()

const later = async (days: number): Promise<void> => {
  h.clock.advance(days * DAY_MS)
  await h.worker.drain()
}

const letter = (headers: Record<string, string>, body: string): string =>
  `${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n\n${body}\n`

describe('answers of the local mail world', () => {
  test('a reply is filed in its conversation, cut from its quote, and stops the lead', async () => {
    const sent = await sendToLead('rita+reply@example.org')
    await later(4)
    const [filed] = await inboundOf(sent.email_id)
    assert.equal(filed?.kind, 'human_reply')
    assert.equal(filed?.matched_by, 'reference_token')
    assert.equal(filed?.conversation_id, sent.conversation_id)
    assert.match(filed?.quoted_text ?? '', /how do you do it/)
    assert.doesNotMatch(filed?.reply_text ?? '', /how do you do it/)
    assert.ok((await emailRow(sent.email_id)).replied_at)
    assert.equal((await leadRow(sent.lead)).status, 'replied')
    assert.deepEqual(await eventsOf(sent.email_id), ['replied'])
    const conversation = await h.deps.db
      .selectFrom('conversations')
      .selectAll()
      .where('id', '=', sent.conversation_id)
      .executeTakeFirstOrThrow()
    assert.equal(conversation.message_count, 2)
  })

  test('a reply stops the address in all campaigns of the workspace', async () => {
    const sent = await sendToLead('nora+reply@example.org')
    const other = await createTestLead(
      h,
      tenant,
      await createTestCampaign(h, tenant, sender),
      sender,
      'nora+reply@example.org',
    )
    await later(4)
    assert.equal((await leadRow(sent.lead)).status, 'replied')
    assert.equal((await leadRow(other)).status, 'stopped')
  })

  test('a delivery report for an unknown user bounces the lead and suppresses the address', async () => {
    const sent = await sendToLead('gone+bounce@example.org')
    await later(1)
    const email = await emailRow(sent.email_id)
    assert.equal(email.status, 'bounced')
    assert.equal(email.bounce_kind, 'hard')
    assert.equal(email.bounce_reason, 'user_unknown')
    assert.equal((await leadRow(sent.lead)).status, 'bounced')
    assert.deepEqual(await suppressionOf('gone+bounce@example.org'), [{ reason: 'bounced' }])
    const [filed] = await inboundOf(sent.email_id)
    assert.equal(filed?.kind, 'bounce')
    assert.equal(filed?.matched_by, 'envelope_token')
    const refused = await h.deps.db
      .selectFrom('campaign_step_counts')
      .select('hard_bounced')
      .where('campaign_id', '=', campaign.campaign_id)
      .executeTakeFirstOrThrow()
    assert.equal(refused.hard_bounced, 1)
  })

  test('a soft bounce is recorded; the lead goes on and nothing is suppressed', async () => {
    const sent = await sendToLead('full+softbounce@example.org')
    await later(3)
    const email = await emailRow(sent.email_id)
    assert.equal(email.bounce_kind, 'soft')
    assert.equal((await leadRow(sent.lead)).status, 'active')
    assert.deepEqual(await suppressionOf('full+softbounce@example.org'), [])
    assert.deepEqual(await eventsOf(sent.email_id), ['bounced'])
  })

  test('a complaint stops the lead and suppresses the address', async () => {
    const sent = await sendToLead('cross+complain@example.org')
    await later(4)
    assert.ok((await emailRow(sent.email_id)).complained_at)
    assert.equal((await leadRow(sent.lead)).status, 'complained')
    assert.deepEqual(await suppressionOf('cross+complain@example.org'), [{ reason: 'complained' }])
  })

  test('an out-of-office notice postpones the next step to the day of return in the lead’s zone', async () => {
    const sent = await sendToLead('away+ooo@example.org')
    await h.deps.db
      .updateTable('campaign_leads')
      .set({ next_action_at: new Date(h.clock.now().getTime() + DAY_MS) })
      .where('campaign_lead_id', '=', sent.lead)
      .execute()
    await later(0.1)
    const [filed] = await inboundOf(sent.email_id)
    assert.equal(filed?.kind, 'auto_reply')
    const back = (filed?.details as { return_date: string } | undefined)?.return_date ?? ''
    assert.match(back, /^2026-/)
    const lead = await leadRow(sent.lead)
    assert.equal(lead.status, 'postponed')
    assert.equal(
      lead.next_action_at?.getTime(),
      Temporal.PlainDate.from(back).toZonedDateTime('Europe/Oslo').epochMilliseconds,
    )
    assert.equal((await emailRow(sent.email_id)).replied_at, null)
    assert.deepEqual((await eventsOf(sent.email_id)).sort(), ['auto_replied', 'postponed'])
  })

  test('unsubscribing by mail and by link suppresses the address and stops the lead', async () => {
    const byMail = await sendToLead('one+unsubmail@example.org')
    const byLink = await sendToLead('two+unsub@example.org')
    await later(4)
    for (const sent of [byMail, byLink]) {
      assert.ok((await emailRow(sent.email_id)).unsubscribed_at)
      assert.equal((await leadRow(sent.lead)).status, 'unsubscribed')
      assert.deepEqual(await suppressionOf(sent.to), [{ reason: 'unsubscribed' }])
      assert.deepEqual(await eventsOf(sent.email_id), ['unsubscribed'])
    }
  })

  test('opens and clicks of people count, those of a scanner are counted apart', async () => {
    const person = await sendToLead('pat+open+click@example.org')
    const scanner = await sendToLead('sam+scanner@example.org')
    await later(4)
    const [seen, scanned] = [await emailRow(person.email_id), await emailRow(scanner.email_id)]
    assert.deepEqual(
      [seen.open_count, seen.click_count, seen.machine_open_count, seen.machine_click_count],
      [1, 1, 0, 0],
    )
    assert.deepEqual(
      [scanned.open_count, scanned.click_count, scanned.machine_open_count, scanned.machine_click_count],
      [0, 0, 1, 1],
    )
    assert.equal(scanned.first_opened_at, null)
  })

  test('a greylisting server defers the first try only, and an unknown user is refused in the session', async () => {
    const deferred = await sendToLead('slow+defer@example.org')
    assert.deepEqual(
      [deferred.reply.phase, deferred.reply.reply_code, deferred.reply.enhanced_code],
      ['rcpt', 450, '4.7.1'],
    )
    const again = await sendToLead('slow+defer@example.org')
    assert.equal(again.reply.reply_code, 250)
    const refused = await sendToLead('nobody+refuse@example.org')
    assert.deepEqual([refused.reply.phase, refused.reply.reply_code], ['rcpt', 550])
  })

  test('an answer proves that a message of which nobody knew had arrived', async () => {
    const sent = await sendToLead('lost+reply@example.org', { verdict: 'unknown' })
    await later(4)
    const email = await emailRow(sent.email_id)
    assert.equal(email.verdict, 'accepted')
    assert.equal(email.status, 'delivered')
  })
})

describe('matching and proof', () => {
  test('an answer without any reference is matched by its address: it stops that lead, moves no figure, stops no other campaign', async () => {
    const sent = await sendToLead('plain@example.net')
    const other = await createTestLead(
      h,
      tenant,
      await createTestCampaign(h, tenant, sender),
      sender,
      'plain@example.net',
    )
    await deliver({
      from: 'plain@example.net',
      to: sender.full_email,
      raw: letter(
        {
          From: 'Plain <plain@example.net>',
          To: sender.full_email,
          Subject: 'About your offer',
          'Message-ID': `<${newId()}@example.net>`,
        },
        'Could you call me tomorrow about the price?',
      ),
    })
    await h.worker.drain()
    const [filed] = await inboundOf(sent.email_id)
    assert.equal(filed?.matched_by, 'address')
    assert.equal((await leadRow(sent.lead)).status, 'replied')
    assert.equal((await leadRow(other)).status, 'active')
    assert.equal((await emailRow(sent.email_id)).replied_at, null)
  })

  test('a wish to be left alone that is matched by address alone stops the lead and suppresses nobody', async () => {
    const sent = await sendToLead('leave@example.net')
    await deliver({
      from: 'leave@example.net',
      to: sender.full_email,
      raw: letter(
        { From: 'leave@example.net', To: sender.full_email, Subject: 'Mail', 'Message-ID': `<${newId()}@example.net>` },
        'unsubscribe',
      ),
    })
    await h.worker.drain()
    assert.equal((await leadRow(sent.lead)).status, 'stopped')
    assert.deepEqual(await suppressionOf('leave@example.net'), [])
    assert.equal((await emailRow(sent.email_id)).unsubscribed_at, null)
  })

  const report = (sent: Sent, options: { message_id: string }) =>
    letter(
      {
        From: 'MAILER-DAEMON@mx.example.net',
        To: sender.full_email,
        Subject: 'Undelivered Mail Returned to Sender',
        'MIME-Version': '1.0',
        'Content-Type': 'multipart/report; report-type=delivery-status; boundary="x"',
      },
      `--x\nContent-Type: text/plain\n\nUser unknown\n--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; ${sent.to}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--x\nContent-Type: text/rfc822-headers\n\nMessage-ID: ${options.message_id}\nTo: ${sent.to}\nFrom: ${sender.full_email}\n\n--x--`,
    )

  test('a forged bounce, with a token that does not verify, does nothing', async () => {
    const sent = await sendToLead('victim@example.net')
    const forged = sent.message_id.replace(/^<(.)/, (_whole, first: string) => `<${first === 'a' ? 'b' : 'a'}`)
    await deliver({ from: '', to: sender.full_email, raw: report(sent, { message_id: forged }) })
    await h.worker.drain()
    assert.equal((await emailRow(sent.email_id)).bounced_at, null)
    assert.equal((await leadRow(sent.lead)).status, 'active')
    assert.deepEqual(await suppressionOf('victim@example.net'), [])
  })

  test('a genuine bounce that came to the alias is matched by the token in the returned headers', async () => {
    const sent = await sendToLead('proved@example.net')
    await deliver({ from: '', to: sender.full_email, raw: report(sent, { message_id: sent.message_id }) })
    await h.worker.drain()
    assert.equal((await emailRow(sent.email_id)).bounce_reason, 'user_unknown')
    assert.deepEqual(await suppressionOf('proved@example.net'), [{ reason: 'bounced' }])
  })

  test('a token of another workspace does not count here', async () => {
    const stranger = await createTenant(h)
    const theirs = await createSender(h, stranger)
    const foreign = await sendMail(h, stranger, theirs, 'kim@example.net')
    await deliver({
      from: 'kim@example.net',
      to: sender.full_email,
      raw: letter(
        {
          From: 'kim@example.net',
          To: sender.full_email,
          Subject: 'Re: A question',
          'In-Reply-To': foreign.message_id,
          'Message-ID': `<${newId()}@example.net>`,
        },
        'A late answer',
      ),
    })
    await h.worker.drain()
    assert.equal((await emailRow(foreign.email_id)).replied_at, null)
    assert.deepEqual(await inboundOf(foreign.email_id), [])
  })

  test('processing the same delivery twice does everything once', async () => {
    const sent = await sendToLead('twice@example.net')
    await deliver({
      from: 'twice@example.net',
      to: sender.full_email,
      raw: letter(
        { From: 'twice@example.net', To: sender.full_email, Subject: 'Re: A question', 'In-Reply-To': sent.message_id },
        'Yes, tell me more',
      ),
    })
    const delivery = await h.deps.db
      .selectFrom('inbound_deliveries')
      .select('id')
      .where('processed_at', 'is', null)
      .executeTakeFirstOrThrow()
    const outcomes = await Promise.all([
      processDeliveries(h.deps, [delivery.id]),
      processDeliveries(h.deps, [delivery.id]),
      processPending(h.deps, tenant.workspace_id),
    ])
    await h.worker.drain()
    assert.equal(
      outcomes.reduce((sum, n) => sum + n, 0),
      1,
    )
    assert.equal((await inboundOf(sent.email_id)).length, 1)
    assert.deepEqual(await eventsOf(sent.email_id), ['replied'])
  })
})

describe('the listener', () => {
  test('refuses who is not known, and sandbox addresses to anybody but the local mail world', async () => {
    const raw = letter({ From: 'a@example.net', To: 'x', Subject: 'x' }, 'x')
    const unknown = await deliver({ from: 'a@example.net', to: `nobody@${sender.domain}`, raw })
    assert.deepEqual([unknown.phase, unknown.reply_code, unknown.enhanced_code], ['rcpt', 550, '5.1.1'])
    const outside = await deliver({ from: 'a@example.net', to: sender.full_email, raw, greeting: 'mail.example.net' })
    assert.equal(outside.reply_code, 550)
    const pretending = await deliver({
      from: 'a@example.net',
      to: sender.full_email,
      raw,
      greeting: `${'0'.repeat(32)}.${tenant.workspace_id}.sandbox.invalid`,
    })
    assert.equal(pretending.reply_code, 550)
    const forged = await deliver({ from: '', to: `b+${'a'.repeat(42)}@${sender.domain}`, raw })
    assert.equal(forged.reply_code, 550)
  })

  test('what a stranger adds behind a + still reaches the alias', async () => {
    const raw = letter({ From: 'plus@example.net', To: 'x', Subject: 'Hello' }, 'Hello there')
    const reply = await deliver({ from: 'plus@example.net', to: sender.full_email.replace('@', '+news@'), raw })
    assert.equal(reply.reply_code, 250)
    await h.worker.drain()
    const filed = await h.deps.db
      .selectFrom('inbound_emails')
      .selectAll()
      .where('from_email', '=', 'plus@example.net')
      .executeTakeFirstOrThrow()
    assert.equal(filed.kind, 'unmatched')
    assert.ok(filed.conversation_id)
  })

  test('garbage is kept, filed with what could be read, and breaks nothing', async () => {
    const nasty = Buffer.concat([
      Buffer.from(
        'Subject: \0\u0001 =?utf-8?B?////?=\r\nContent-Type: multipart/mixed; boundary="\0"\r\nTo: <<<>>>\r\n\r\n--\0\r\n',
      ),
      Buffer.from([0, 255, 254, 13, 10, 0xed, 0xa0, 0x80]),
    ])
    for (const raw of [
      nasty.toString('latin1'),
      '',
      '\n\n\n',
      `Subject: ${'x'.repeat(900)}\n\n${'>'.repeat(50_000)}`,
    ]) {
      assert.equal((await deliver({ from: 'weird@example.net', to: sender.full_email, raw })).reply_code, 250)
    }
    await h.worker.drain()
    const left = await h.deps.db
      .selectFrom('inbound_deliveries')
      .select('id')
      .where('processed_at', 'is', null)
      .execute()
    assert.deepEqual(left, [])
  })

  test('a message over the limit is refused and not kept', async () => {
    const small = await startHarness({ env: { INBOUND_MAX_BYTES: '65536' } })
    try {
      const owner = await createTenant(small)
      const box = await createSender(small, owner)
      const session = await openSmtpConnection({
        host: '127.0.0.1',
        port: small.deps.address.inbound_smtp_port as number,
        name: worldGreeting(small.deps.secrets.key('mail-tokens'), owner.workspace_id),
        secure: 'none',
      })
      const reply = await session.send({
        mail_from: 'a@example.net',
        rcpt_to: box.full_email,
        raw: Buffer.from(`Subject: big\r\n\r\n${'line of text\r\n'.repeat(8_000)}`),
      })
      session.close()
      assert.equal(reply.reply_code, 552)
      assert.deepEqual(await small.deps.db.selectFrom('inbound_deliveries').select('id').execute(), [])
    } finally {
      await small.close()
    }
  })
})

describe('received messages in the API', () => {
  test('are listed newest first with a cursor, read whole, and are a 404 to other workspaces', async () => {
    const first = await h.call<{ id: string; full_email: string }[]>('GET', '/api/v1/bavimail/inbound-emails?limit=2', {
      as: tenant.key,
    })
    assert.equal(first.body.length, 2)
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.link ?? '')?.[1] as string
    const second = await h.call<{ id: string }[]>('GET', next, { as: tenant.key })
    assert.ok((second.body[0]?.id as string) < (first.body[1]?.id as string))
    const id = first.body[0]?.id as string
    const whole = await h.call<{ id: string; headers: { name: string }[] }>(
      'GET',
      `/api/v1/bavimail/inbound-emails/${id}`,
      { as: tenant.key },
    )
    assert.equal(whole.status, 200)
    const stranger = await createTenant(h)
    assert.equal((await h.call('GET', `/api/v1/bavimail/inbound-emails/${id}`, { as: stranger.key })).status, 404)
    assert.deepEqual((await h.call('GET', '/api/v1/bavimail/inbound-emails', { as: stranger.key })).body, [])
  })
})
