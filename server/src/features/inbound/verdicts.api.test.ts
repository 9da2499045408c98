import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant } from '../../../test/builders.ts'
import { startDnsServer, type TestDns } from '../../../test/dns-server.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { dkimSigner } from '../../dkim.ts'
import { newId } from '../../ids.ts'
import { composeMessage } from '../../mime-message.ts'
import { openSmtpConnection } from '../../ports/mail/smtp-client.ts'

let dns: TestDns
let h: Harness
let key: string
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const signer = dkimSigner({
  domain: 'people.example',
  selector: 's1',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
})
const KEY = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`

before(async () => {
  dns = await startDnsServer({
    txt: {
      'people.example': ['v=spf1 ip4:127.0.0.1 -all'],
      's1._domainkey.people.example': [KEY],
      '_dmarc.people.example': ['v=DMARC1; p=reject; rua=mailto:d@people.example'],
      'strict.example': ['v=spf1 -all'],
      '_dmarc.strict.example': ['v=DMARC1; p=quarantine; rua=mailto:d@strict.example'],
    },
  })
  h = await startHarness({ env: { DNS_SERVERS: dns.server } })
  const tenant = await createTenant(h, { mode: 'live' })
  key = tenant.key
  const [domain_id, now] = [newId(), h.clock.now()]
  await sql`
    insert into sending_domains (id, workspace_id, user_id, domain, is_sandbox, status, ownership_token, created_at, updated_at)
    values (${domain_id}, ${tenant.workspace_id}, ${tenant.user_id}, 'ours.example', false, 'verified', 'x', ${now}, ${now})`.execute(
    h.deps.db,
  )
  await sql`
    insert into aliases (id, workspace_id, user_id, domain_id, alias, full_email, created_at, updated_at)
    values (${newId()}, ${tenant.workspace_id}, ${tenant.user_id}, ${domain_id}, 'anna', 'anna@ours.example', ${now}, ${now})`.execute(
    h.deps.db,
  )
})
after(async () => {
  await h?.close()
  await dns?.close()
})

type Verdict = { status: string; details: string | null } | null
type Shown = Record<'spf_verdict' | 'dkim_verdict' | 'dmarc_verdict' | 'spam_verdict' | 'virus_verdict', Verdict>

/** Hands a message in over SMTP from loopback and reads it over the API. */
const receive = async (mail_from: string, raw: Buffer): Promise<{ shown: Shown; status: string[] }> => {
  const session = await openSmtpConnection({
    host: '127.0.0.1',
    port: h.deps.address.inbound_smtp_port as number,
    name: 'mx.people.example',
    secure: 'none',
  })
  const reply = await session.send({ mail_from, rcpt_to: 'anna@ours.example', raw })
  session.close()
  assert.equal(reply.reply_code, 250)
  await h.worker.drain()
  const list = await h.call<{ id: string }[]>('GET', '/api/v1/bavimail/inbound-emails?limit=1', { as: key })
  const { body } = await h.call<Shown>('GET', `/api/v1/bavimail/inbound-emails/${list.body[0]?.id}`, { as: key })
  return {
    shown: body,
    status: [body.spf_verdict, body.dkim_verdict, body.dmarc_verdict].map((verdict) => verdict?.status ?? ''),
  }
}

let sent = 0
const letter = async (from = 'ada@people.example'): Promise<Buffer> => {
  const message = composeMessage({
    from: { address: from },
    to: { address: 'anna@ours.example' },
    subject: `Hello ${++sent}`,
    date: h.clock.now(),
    message_id: `<${newId()}@people.example>`,
    text: 'Hello there,\n\nAda\n',
  })
  const signature = await signer.sign(message)
  return Buffer.concat([Buffer.from(`DKIM-Signature: ${signature}\r\n`), message.raw])
}

test('what was signed and sent by its author’s domain passes SPF, DKIM and DMARC', async () => {
  const { shown, status } = await receive('ada@people.example', await letter())
  assert.deepEqual(status, ['PASS', 'PASS', 'PASS'], JSON.stringify(shown))
  assert.deepEqual([shown.virus_verdict?.status, shown.spam_verdict?.status], ['GRAY', 'GRAY'])
})

test('a body that was changed on the way fails DKIM; SPF alone still carries DMARC', async () => {
  const raw = Buffer.from((await letter()).toString('latin1').replace('Hello there', 'Hello Eve'), 'latin1')
  assert.deepEqual((await receive('ada@people.example', raw)).status, ['PASS', 'FAIL', 'PASS'])
})

test('a forged author fails DMARC, whatever else is in order', async () => {
  const { status, shown } = await receive('ada@people.example', await letter('boss@strict.example'))
  assert.equal(status[2], 'FAIL', JSON.stringify(shown))
  const sender = await receive(
    'boss@strict.example',
    Buffer.from('From: boss@strict.example\r\nSubject: pay\r\n\r\nnow\r\n'),
  )
  assert.deepEqual(sender.status, ['FAIL', 'GRAY', 'FAIL'], JSON.stringify(sender.shown))
})

test('two From headers are vouched for by nobody', async () => {
  const raw = Buffer.concat([Buffer.from('From: boss@strict.example\r\n'), await letter()])
  assert.equal((await receive('ada@people.example', raw)).status[2], 'FAIL')
})

test('name servers that fail conclude nothing and never hold a message up', async () => {
  for (const name of ['people.example', 's1._domainkey.people.example', '_dmarc.people.example']) dns.broken.add(name)
  const { status, shown } = await receive('ada@people.example', await letter())
  dns.broken.clear()
  for (const one of status) assert.match(one, /^(?:GRAY|PROCESSING_FAILED)$/, JSON.stringify(shown))
})

test('a record that sends us round in circles ends, and so does one of many signatures', async () => {
  dns.zone.txt['loop.example'] = ['v=spf1 include:loop.example -all']
  dns.asked.length = 0
  const raw = Buffer.from('From: a@loop.example\r\nSubject: loop\r\n\r\nx\r\n')
  assert.match((await receive('a@loop.example', raw)).status[0] ?? '', /^(?:GRAY|FAIL)$/)
  assert.ok(dns.asked.length < 60, `${dns.asked.length} questions`)
  const many = Array.from(
    { length: 300 },
    (_, i) => `DKIM-Signature: v=1; a=rsa-sha256; d=d${i}.example; s=s; h=From; bh=AA==; l=${i}; b=AA==\r\n`,
  )
  dns.asked.length = 0
  const flooded = await receive(
    'a@b.example',
    Buffer.from(`${many.join('')}From: a@b.example\r\nSubject: many\r\n\r\nx\r\n`),
  )
  assert.notEqual(flooded.status[1], 'PASS')
  assert.ok(dns.asked.length < 80, `${dns.asked.length} questions`)
})
