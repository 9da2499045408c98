import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { startDnsServer, type TestDns } from './dns-server.ts'
import { type Harness, startHarness } from './harness.ts'
import { createLiveSender, type LiveSender, outcomeOf } from './live-sender.ts'
import { type Postfix, postfixMissing, startPostfix } from './postfix.ts'
import { zooAuthority } from './smtp-zoo.ts'

/** Direct delivery to a real Postfix, found by MX and address at a name server: what it answers, and what it has stored. */
const DOMAIN = 'sts-enforce.test'
const HOST = `mx.${DOMAIN}`
const USERS = ['ann', 'bob', 'later', ...Array.from({ length: 30 }, (_, i) => `p${i}`)]

let h: Harness
let dns: TestDns
let live: LiveSender
let postfix: Postfix

before(async () => {
  if (postfixMissing) return
  postfix = await startPostfix({ host: HOST, domain: DOMAIN, users: USERS })
  dns = await startDnsServer({
    mx: {
      [DOMAIN]: [{ exchange: HOST, priority: 10 }],
      'elsewhere.test': [{ exchange: HOST, priority: 10 }],
    },
    a: { [HOST]: ['127.0.0.1'] },
  })
  h = await startHarness({
    env: {
      MAIL_DELIVERY: 'direct',
      MAIL_HOST_NAME: 'sender.zoo.test',
      MX_PORT: String(postfix.port),
      DNS_SERVERS: dns.server,
      EGRESS_ALLOW: `127.0.0.1:${postfix.port}`,
    },
    overrides: { mail_ca: zooAuthority() },
  })
  live = await createLiveSender(h)
  const { rows } = await sql<{ public_key: string }>`
    select public_key from domain_keys where workspace_id = ${live.tenant.workspace_id}`.execute(h.deps.db)
  dns.zone.txt[`bav1._domainkey.${live.domain}`] = [`v=DKIM1; k=rsa; p=${rows[0]?.public_key}`]
})
after(async () => {
  if (postfixMissing) return
  await h?.close()
  await dns?.close()
  await postfix?.close()
})

const sendOne = async (to: string): Promise<string> => {
  const id = await live.queue(to)
  await live.run()
  return id
}

/** Its answer says that the message is queued; it is in the mailbox a moment later. */
const inbox = async (address: string, count: number): Promise<string[]> => {
  for (let tries = 0; tries < 100; tries++) {
    const found = postfix.stored(address)
    if (found.length >= count) return found
    await pause(50)
  }
  return assert.fail(`${address} has ${postfix.stored(address).length} messages: ${postfix.log()}`)
}

const skip = postfixMissing

test('a real Postfix stores the message once, over TLS, from the name of this machine, with a signature that holds', {
  skip,
}, async () => {
  const id = await sendOne(`ann@${DOMAIN}`)
  const row = await outcomeOf(h, id)
  assert.deepEqual([row.status, row.attempts, row.smtp_code, row.smtp_enhanced], ['delivered', 1, 250, '2.0.0'])
  assert.match(row.smtp_text ?? '', /^Ok: queued as [0-9A-Za-z]+$/)
  const [stored = '', ...more] = await inbox(`ann@${DOMAIN}`, 1)
  assert.equal(more.length, 0)
  assert.match(stored, new RegExp(`^Return-Path: <\\S+@${live.domain}>\\n`))
  assert.match(stored, /^Received: from sender\.zoo\.test \(unknown \[127\.0\.0\.1\]\)\n\s+\(using TLSv1\.3 /m)
  assert.match(stored, new RegExp(`^To: .*ann@${DOMAIN}`, 'm'))
  const { results } = await dkimVerify(Buffer.from(stored.replaceAll('\n', '\r\n'), 'latin1'), {
    resolver: async (name: string) => (dns.zone.txt[name] ?? []).map((text) => [text]),
  })
  assert.deepEqual(
    results.map(({ status, signingDomain }) => [status.result, signingDomain]),
    [['pass', live.domain]],
  )
})

test('its 5xx for an unknown user is a hard bounce in plain words; its 4xx for a domain of others waits and slows nobody down', {
  skip,
}, async () => {
  const gone = await outcomeOf(h, await sendOne(`nobody@${DOMAIN}`))
  assert.deepEqual(
    [gone.status, gone.bounce_kind, gone.bounce_reason, gone.smtp_code, gone.smtp_enhanced],
    ['bounced', 'hard', 'user_unknown', 550, '5.1.1'],
  )
  assert.match(gone.smtp_text ?? '', /User unknown in virtual mailbox table/)
  assert.equal(gone.cause, 'The address does not exist.')
  const relayed = await outcomeOf(h, await sendOne('ann@elsewhere.test'))
  assert.deepEqual([relayed.status, relayed.smtp_code, relayed.smtp_enhanced], ['scheduled', 454, '4.7.1'])
  assert.equal(relayed.cause, 'The server that was asked does not take mail for this domain.')
  const { rows } = await sql<{ email: string }>`
    select email from suppressions where workspace_id = ${live.tenant.workspace_id}`.execute(h.deps.db)
  assert.deepEqual(rows, [{ email: `nobody@${DOMAIN}` }])
  assert.equal((await outcomeOf(h, await sendOne(`bob@${DOMAIN}`))).status, 'delivered')
})

test('a recipient that it greylists by policy is written to again after the time it names, and gets the message once', {
  skip,
}, async () => {
  let asked = 0
  postfix.policy = (recipient) =>
    recipient.startsWith('later@') && asked++ === 0 ? 'defer_if_permit Greylisted, try again in 300 seconds' : 'dunno'
  const id = await sendOne(`later@${DOMAIN}`)
  const waiting = await outcomeOf(h, id)
  assert.deepEqual([waiting.status, waiting.attempts, waiting.smtp_code], ['scheduled', 1, 450])
  const wait = waiting.due_at.getTime() - h.clock.now().getTime()
  assert.ok(wait >= 300_000 && wait < 330_000, `${wait}`)
  // Another recipient of the same server is not held up by it.
  assert.equal((await outcomeOf(h, await sendOne(`bob@${DOMAIN}`))).status, 'delivered')
  assert.equal(asked, 1)
  h.clock.advance(wait)
  await live.run()
  assert.deepEqual([(await outcomeOf(h, id)).status, (await outcomeOf(h, id)).attempts], ['delivered', 2])
  assert.equal((await inbox(`later@${DOMAIN}`, 1)).length, 1)
  assert.equal((await inbox(`bob@${DOMAIN}`, 2)).length, 2)
})

test('thirty messages reach thirty mailboxes once each, over a few sessions', { skip }, async () => {
  const sessions = (): number => postfix.log().match(/: connect from /g)?.length ?? 0
  const before = sessions()
  const people = USERS.filter((user) => /^p\d/.test(user)).map((user) => `${user}@${DOMAIN}`)
  const ids = await Promise.all(people.map((address) => live.queue(address)))
  await live.run()
  for (const id of ids)
    assert.deepEqual([(await outcomeOf(h, id)).status, (await outcomeOf(h, id)).attempts], ['delivered', 1])
  for (const address of people) assert.equal((await inbox(address, 1)).length, 1, address)
  assert.ok(sessions() - before <= 20, `${sessions() - before} sessions`)
})
